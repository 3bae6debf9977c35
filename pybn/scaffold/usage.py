"""How a help text calls its function: `[C, A] = centroid(POLY)`, which tells names where the code has varargin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pybn.steps import NAME

EXAMPLES = re.compile(r"^\s*(examples?|see also|references?)\b", re.IGNORECASE)
CONTINUED = re.compile(r"\.\.\.[ \t]*\n[ \t]*")
MOST = 12  # arguments


@dataclass(frozen=True, slots=True)
class Usage:
    """One call as the help writes it: the names of its outputs and inputs, "" for one that is no name."""

    text: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]


def usages(text: str, name: str) -> list[Usage]:
    """Return the calls of a function in its help, those before the examples; those within where there are no others."""
    call = re.compile(
        rf"(?:(?P<out>\[[^\]=\n]*\]|[A-Za-z]\w*)[ \t]*=[ \t]*)?(?P<name>{re.escape(name)})(?!\w)"
        r"(?:[ \t]*\((?P<in>[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\))?",
        re.IGNORECASE,
    )
    told: list[Usage] = []
    shown: list[Usage] = []
    found = told
    for line in CONTINUED.sub(" ", text).split("\n"):
        found = shown if EXAMPLES.match(line) else found
        match = call.match(line.strip().removeprefix(">>").strip())
        if match and (match["out"] or match["in"] is not None):
            inputs = tuple(_inputs(match["in"] or ""))
            found.append(Usage(match.group().strip(), tuple(_outputs(match["out"] or "")), inputs))
    return told or shown


def fullest(found: Sequence[Usage]) -> Usage | None:
    """Return the first call whose arguments are all names, else the first with any, else the first."""
    named = (each for each in found if each.inputs and all(each.inputs))
    given = (each for each in found if each.inputs)
    return next(named, next(given, next(iter(found), None)))


def _outputs(text: str) -> Iterator[str]:
    for part in re.split(r"[\s,]+", text.strip("[] \t")):
        if NAME.match(part):
            yield plain(part)


def _inputs(text: str) -> Iterator[str]:
    """Yield the arguments, up to one that stands for more of them."""
    for part in re.split(r",(?![^\[{(]*[\]})])", text)[:MOST]:
        bare = part.strip()
        if bare.startswith(("...", "…")) or bare.lower() == "varargin":
            return
        if bare:
            yield plain(bare) if NAME.match(bare) else ""


def plain(name: str) -> str:
    """Return a name of a help text, which writes names in capitals, as code does; N and M stay."""
    return name.lower() if name.isupper() and len(name) > 1 else name
