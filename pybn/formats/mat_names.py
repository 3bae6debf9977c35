"""Names of the variables of a .mat file, as a mapping can have them."""

from __future__ import annotations

from collections.abc import Sequence


def unique(named: Sequence[tuple[str, int]]) -> list[str]:
    """Return a name for each variable, of which the own name and the position in the file are given.

    Of several with one name the last has it, as in MATLAB, and nothing is lost: the others are `x@` and the byte where
    they start. So are those without a name.
    """
    last = {name: position for name, position in named if name}
    return [name if last.get(name) == position else f"{name}@{position}" for name, position in named]
