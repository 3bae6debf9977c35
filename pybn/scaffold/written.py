"""The arguments that a help's example writes out, in place of those that were guessed: a case of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pybn.scaffold.argument import Argument, usable
from pybn.scaffold.example import Given, Matrix

Named = tuple[str, Argument]
NOTE = "as in the help's example"


def as_written(guessed: Sequence[Named], given: Sequence[Given], names: Sequence[str]) -> list[Named]:
    """Return the arguments of an example's call: each as it is guessed, where that fits what is written.

    `names` are those that the help has for them, for those of which nothing was guessed.
    """
    sizes: dict[str, int] = {}
    found = []
    for k, value in enumerate(given):
        name = names[k] if k < len(names) and names[k] else f"arg{k + 1}"
        name, guess = guessed[k] if k < len(guessed) else (name, Argument("tensor"))
        if not isinstance(value, Matrix):
            found.append((name, Argument("value", value=_plain(value), note=NOTE)))
            continue
        argument = _fitting(guess, value) or _fresh(value, sizes)
        extents = dict(zip(argument.axes, _extents(argument, value), strict=True))
        if any(sizes.get(axis, extent) != extent for axis, extent in extents.items()):
            argument = _fresh(value, sizes)
            extents = dict(zip(argument.axes, _extents(argument, value), strict=True))
        sizes |= extents
        found.append((name, replace(argument, written=value)))
    return found


def extents(argument: Argument) -> dict[str, int]:
    """Return the sizes of the axes of an argument that is written out."""
    if argument.written is None:
        return {}
    return dict(zip(argument.axes, _extents(argument, argument.written), strict=True))


def values(argument: Argument) -> list[float] | list[list[float]]:
    """Return the elements that are written, as the case declares their axes."""
    rows = argument.written.rows if argument.written is not None else ()
    if len(argument.axes) > 1:
        return [[_plain_number(x) for x in row] for row in rows]
    return [_plain_number(x) for row in rows for x in row]


def _fitting(guess: Argument, value: Matrix) -> Argument | None:
    """Return the guess where its axes are as many as the array's, and those of a known size are of it."""
    shape = (len(value.rows), len(value.rows[0]))
    if guess.kind != "tensor" or guess.dtype or not guess.axes:
        return None
    fits = len(guess.axes) == 2 or (len(guess.axes) == 1 and shape[1 if guess.matlab else 0] == 1)
    known = zip(guess.axes, _extents(guess, value), strict=True) if fits else ()
    fixed = all(not axis[1:].isdecimal() or axis[0] != "C" or int(axis[1:]) == n for axis, n in known)
    return guess if fits and fixed else None


def _fresh(value: Matrix, sizes: dict[str, int]) -> Argument:
    taken = {*sizes}
    if len(value.rows) == 1:
        return Argument("tensor", axes=(usable("A", taken),), note="a row")
    return Argument("tensor", axes=(usable("A", taken), usable("B", taken)))


def _extents(argument: Argument, value: Matrix) -> tuple[int, ...]:
    rows, columns = len(value.rows), len(value.rows[0])
    return (rows, columns) if len(argument.axes) > 1 else (rows * columns,)


def _plain(value: Given) -> Given:
    return _plain_number(value) if isinstance(value, float) else value


def _plain_number(value: float) -> float:
    """Return a whole number as one, which a person reads more easily."""
    return int(value) if value == value and abs(value) < 2**53 and value == int(value) else value
