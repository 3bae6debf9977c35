"""What a function checks of its arguments: by validateattributes, and by an inputParser with names and defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pybn.mfile import Token
from pybn.scaffold.argument import Known
from pybn.scaffold.brackets import CLOSE, OPEN, closing
from pybn.scaffold.evidence import unquoted
from pybn.scaffold.words import CLASSES

TYPES = frozenset({*CLASSES, "char", "string", "struct", "cell", "function_handle"})
SIZES: Mapping[str, tuple[int | None, ...]] = {"vector": (1, None), "row": (1, None), "column": (None, 1)}
ADDS = ("addRequired", "addOptional", "addParameter", "addParamValue")
ASKS = {"isnumeric": "", "ischar": "char", "islogical": "logical", "iscell": "cell", "isstruct": "struct"}


@dataclass(slots=True)
class Checked:
    """By name: what is known of arguments, and in `added` those of an inputParser, each with the word that adds it."""

    known: dict[str, Known] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)


def checked(inside: Sequence[Token]) -> Checked:
    """Return what the tokens of a function check."""
    texts = [
        token.text for token in inside if token.kind not in ("space", "comment", "continuation", "newline")
    ]
    found = Checked()
    handles = {
        texts[k - 2]: known
        for k in range(2, len(texts))
        if texts[k - 1 : k + 1] == ["=", "@"] and (known := _validated(texts, k, _end(texts, k)))
    }
    for k, word in enumerate(texts[:-3]):
        if word in ADDS and texts[k + 1] == "(":
            _add(found, texts, k, handles)
        elif word == "validateattributes" and texts[k + 1] == "(":
            found.known.setdefault(texts[k + 2], _attributes(texts, k + 1))
    return found


def _add(found: Checked, texts: Sequence[str], k: int, handles: Mapping[str, Known]) -> None:
    """Take `addOptional(p, 'name', default, check)`, or p.addOptional('name', ...)."""
    given = list(_arguments(texts, k + 1))
    at = next((j for j in (0, 1) if j < len(given) and _is_string(given[j])), None)
    if at is None:
        return
    name = unquoted(given[at][0])
    required = texts[k] == "addRequired"
    default = "" if required else " ".join(given[at + 1] if at + 1 < len(given) else [])
    check = given[at + (1 if required else 2) :]
    known = handles.get(check[0][0]) if check and len(check[0]) == 1 else None
    known = known or _validated(texts, k, closing(texts, k + 1)) or Known()
    asked = ASKS.get(check[0][1], "") if check and len(check[0]) == 2 and check[0][0] == "@" else ""
    found.known[name] = replace(known, default=_joined(default), type=known.type or asked)
    found.added[name] = texts[k]


def _validated(texts: Sequence[str], start: int, end: int) -> Known | None:
    """Return what the first validateattributes between two places says, whatever it is given."""
    at = next((j for j in range(start, end) if texts[j] == "validateattributes"), None)
    return None if at is None or texts[at + 1 : at + 2] != ["("] else _attributes(texts, at + 1)


def _attributes(texts: Sequence[str], opened: int) -> Known:
    """Read `(x, {classes}, {attributes})`."""
    given = [part for part in _arguments(texts, opened) if part[0] == "{"]
    strings = [[unquoted(word) for word in part if _is_string([word])] for part in given]
    types = [text for text in (strings[0] if strings else []) if text in TYPES]
    said = strings[1] if len(strings) > 1 else []
    size = next((SIZES[text] for text in said if text in SIZES), ())
    if "size" in said:
        size = _size(given[1]) or size
    return Known(types[0] if len(types) == 1 else "", size, "scalar" in said)


def _size(part: Sequence[str]) -> tuple[int | None, ...]:
    """Read the numbers in `'size', [NaN, 6]`."""
    at = next((j for j, word in enumerate(part) if unquoted(word) == "size"), len(part))
    if part[at + 2 : at + 3] != ["["]:
        return ()
    inner = part[at + 3 : closing(part, at + 2)]
    words = [word for word in inner if word != ","]
    plain = all(word.isdecimal() or word.lower() == "nan" for word in words)
    return tuple(int(word) if word.isdecimal() else None for word in words) if plain else ()


def _arguments(texts: Sequence[str], opened: int) -> Iterator[list[str]]:
    """Yield the words of each argument of the bracket that opens at a place."""
    part: list[str] = []
    depth = 0
    for j in range(opened + 1, closing(texts, opened) + 1):
        if depth == 0 and texts[j] in (",", ")"):
            if part:
                yield part
            part = []
            continue
        depth += (texts[j] in OPEN) - (texts[j] in CLOSE)
        part.append(texts[j])


def _end(texts: Sequence[str], k: int) -> int:
    return next((j for j in range(k, len(texts)) if texts[j] == ";"), len(texts))


def _is_string(part: Sequence[str]) -> bool:
    return len(part) == 1 and len(part[0]) > 1 and part[0][0] in "'\""


def _joined(text: str) -> str:
    return text.replace("- ", "-").replace("+ ", "+")
