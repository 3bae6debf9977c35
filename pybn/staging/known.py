"""Names that staging knows: functions of Octave, of MATLAB's toolboxes, and what to do where one is missing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "names"
METHODS = frozenset(
    {
        "isKey", "keys", "remove", "values", "addOptional", "addParamValue", "addParameter", "addRequired", "addSwitch",
        "parse",
    }
)  # fmt: skip  # of containers.Map and inputParser, called as functions


@cache
def octave() -> frozenset[str]:
    """Return the names of Octave 7's functions and classes, packages included: containers.Map."""
    told = _lines("octave.txt")
    return frozenset(name for line in told for name in line.split()) | METHODS


@cache
def toolboxes() -> dict[str, str]:
    """Return the product that each known MATLAB function belongs to which Octave lacks."""
    found: dict[str, str] = {}
    for line in _lines("toolboxes.txt"):
        product, _, names = line.partition(":")
        found |= dict.fromkeys(names.split(), product)
    return found


@cache
def advice() -> dict[str, tuple[str, str]]:
    """Return why some names cannot be used and what to do, by name or by `package.`."""
    found: dict[str, tuple[str, str]] = {}
    for line in _lines("advice.txt"):
        names, why, fix = (part.strip() for part in line.split("|"))
        found |= dict.fromkeys(names.split(), (why, fix))
    return found


@cache
def options() -> dict[str, list[tuple[str, str, str]]]:
    """Return what functions of Octave do not have: the option, "cannot" or "silent", and what to write."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in _lines("options.txt"):
        names, option, kind, fix = (part.strip() for part in line.split("|"))
        for name in names.split():
            found.setdefault(name, []).append((option, kind, fix))
    return found


@cache
def needs(what: str) -> frozenset[str]:
    """Return the names of what Octave has, but which needs "drawing" or a "person"; or each "keyword"."""
    told = (line.partition(":") for line in _lines("needs.txt"))
    return frozenset(name for kind, _, names in told if kind == what for name in names.split())


def _lines(name: str) -> list[str]:
    """Return the lines of a list, less comments; a line that begins with a space goes on the one before."""
    read: list[str] = []
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line.startswith(" ") and read:
            read[-1] += line
        elif line.strip() and not line.startswith("#"):
            read.append(line)
    return read
