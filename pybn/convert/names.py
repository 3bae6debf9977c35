"""Names that a format can hold, and no reader can take for a path: each once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ODD = re.compile(r"[^A-Za-z0-9_\-+ ().,\u00a0-\uffff]")
MATLAB = re.compile(r"[^A-Za-z0-9_]")
LONGEST = 200
LONGEST_OF_MATLAB = 63
KEYWORDS = frozenset(
    ["break", "case", "catch", "classdef", "continue", "else", "elseif", "end", "for", "function", "global", "if",
     "otherwise", "parfor", "persistent", "return", "spmd", "switch", "try", "while"]
)  # fmt: skip
RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", "__metadata__", "zarr.json"})


def clean(part: str, *, matlab: bool = False) -> str:
    """Return one part of a name without what means something in a path, to a shell or to a terminal."""
    made = (MATLAB if matlab else ODD).sub("_", part)
    made = "".join(c if c.isprintable() else "_" for c in made).strip(" .") or "_"
    if matlab:
        made = (made if made[0].isalpha() and made not in KEYWORDS else f"x{made}")[:LONGEST_OF_MATLAB]
    return f"{made[:LONGEST]}_" if made in RESERVED else made[:LONGEST]


def names(paths: Iterable[Sequence[str]], *, separator: str, matlab: bool = False) -> list[str]:
    """Return a name for each path of parts, none like another even where case does not count.

    With the separator "/" no name is also the group of another.
    """
    taken: set[str] = set()
    groups: set[str] = set()
    made = []
    longest = LONGEST_OF_MATLAB if matlab else LONGEST
    for parts in paths:
        cleaned = [clean(part, matlab=matlab) for part in parts]
        name, count = separator.join(cleaned), 1
        while name.lower() in taken | groups or any(
            group in taken for group in _groups(name.lower(), separator)
        ):
            count += 1
            name = separator.join([*cleaned[:-1], _numbered(cleaned[-1], count, longest)])
            if any(group in taken for group in _groups(name.lower(), separator)):
                cleaned[0] = _numbered(clean(parts[0], matlab=matlab), count, longest)
        taken.add(name.lower())
        groups |= set(_groups(name.lower(), separator))
        made.append(name)
    return made


def _numbered(part: str, count: int, longest: int) -> str:
    """Return a part of a name with a number, no longer than it may be."""
    return f"{part[: longest - len(str(count)) - 1]}_{count}"


def _groups(name: str, separator: str) -> list[str]:
    """Return the groups that a name is in, where the separator makes groups."""
    if separator != "/":
        return []
    parts = name.split("/")
    return ["/".join(parts[:k]) for k in range(1, len(parts))]
