"""What a help text says of an argument: "POLY is a N-by-2 array", "TOL is a scalar", "LINE is [x0 y0 dx dy]"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

FAR, NEAR = 150, 60  # characters after a name in which something is said of it; of its kind
OPTION = re.compile(r"['\"]([A-Za-z][\w-]{1,30})['\"]")
SIZE = re.compile(
    r"(?<![\w.])\(?\[?\s*(\d{1,2}|[A-Z]\w?)(?:\s?-?by-?\s?|\s?[x*\u00d7]\s?)(\d{1,2}|[A-Z]\w?)"
    r"(?:(?:\s?-?by-?\s?|\s?[x*\u00d7]\s?)(\d{1,2}|[A-Z]\w?))?(?!\w|\.\d)"
)
LISTED = re.compile(r"\[\s*([A-Za-z]\w*(?:[\s,]+[A-Za-z]\w*){1,11})\s*\]")
END = re.compile(r"\.\s+[A-Z]|\n\s*\n|\.\s*\Z|;\s|\b([Rr]eturns?|[Tt]he result)\b")
BEFORE = re.compile(r"(\s|row|column|numeric|double|array|matrix|vector|of|points?|values?)*\Z")
TOLD = {
    "cell": r"cell array|cell of|list of strings|cellstr",
    "function_handle": r"function handle|handle to a function",
    "struct": r"struct|structure",
    "char": r"string|character (array|vector)|char array|file ?name|the name of",
    "logical": r"boolean|logical (scalar|value|flag)|true or false|true if",
    "index": r"indices|index (array|vector|list)",
    "scalar": r"scalar|an? (positive )?(integer|number|angle|factor|radius|percentage)|"
    r"the (number|radius|angle|tolerance|order|degree) of",
    "column": r"column vector",
    "vector": r"vector",
}
KINDS = [(re.compile(rf"\b({words})\b", re.IGNORECASE), kind) for kind, words in TOLD.items()]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said: `size` with letters for what is any; `kind`, one of TOLD."""

    size: tuple[str, ...] = ()
    kind: str = ""
    option: str = ""  # the first text in quotes that is said of a text


def spoken(text: str, names: Mapping[str, str], calls: Sequence[str] = ()) -> dict[str, Spoken]:
    """Return what a help text says of some arguments, each with the name that the help has for it."""
    for call in calls:
        text = text.replace(call, "\n\n")
    words = {word: name for name, other in names.items() for word in _written(name, other)}
    every = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)"
    places = list(re.finditer(rf"(?<![\w.'\[])({every})(?![\w(])", text))
    found: dict[str, Spoken] = {}
    for k, place in enumerate(places):
        name = words[place.group()]
        others = (other.start() for other in places[k + 1 :] if words[other.group()] != name)
        said = text[place.end() : min(next(others, len(text)), place.end() + FAR)]
        stop = END.search(said)
        before, new = found.get(name, Spoken()), _said(said[: stop.start() if stop else len(said)])
        for size in SIZE.finditer(text[max(0, place.start() - NEAR) : place.start()]):
            if BEFORE.match(
                text[max(0, place.start() - NEAR) : place.start()], size.end()
            ):  # a N-by-2 array POINTS
                new = replace(new, size=tuple(part for part in size.groups() if part))
        kind = before.kind or new.kind
        found[name] = Spoken(
            before.size or new.size, kind, before.option or (new.option if kind == "char" else "")
        )
    return found


def _written(name: str, other: str) -> set[str]:
    """Return how a help may write an argument: as the code does, as its call does, in capitals; no article alone."""
    written = {name, other, name.upper(), other.upper()}
    return {word for word in written if len(word) > 1 or word.isupper()} - {
        "A",
        "I",
        "In",
        "Is",
        "IN",
        "IS",
        "",
    }


def _said(text: str) -> Spoken:
    size = SIZE.search(text)
    listed = LISTED.search(text)
    kind = next((kind for pattern, kind in KINDS if pattern.search(text[:NEAR])), "")
    option = OPTION.search(text)
    said = Spoken((), kind, option.group(1) if option else "")
    if size:
        return replace(said, size=tuple(part for part in size.groups() if part))
    if listed and not LISTED.match(text[listed.end() :].lstrip(" ,\n")):  # one form, not several
        return replace(said, size=("1", str(len(re.split(r"[\s,]+", listed.group(1).strip())))))
    return said
