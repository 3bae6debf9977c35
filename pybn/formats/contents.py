"""What is in a file, without its values: the rows that every reader of this package fills in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pybn.errors import FormatError

_ROW = ("name", "depth", "type", "shape", "axes", "bytes", "note", "unlisted")


@dataclass(slots=True)
class Row:
    """One variable, dataset, group or link.

    name, depth  where it is: depth 0 for the top, and a row's members follow it one deeper
    type         a MATLAB class such as "single complex", a NumPy dtype, "group", "soft link"
    shape        () for a scalar, None for what has no shape
    axes         names for the axes of `shape`, "" for an axis without one; () where the file names none
    bytes        what the values take in memory, or None where that is not known without reading them
    note         whatever else a reader should know
    unlisted     how many direct members have no row of their own
    """

    name: str
    depth: int
    type: str
    shape: tuple[int, ...] | None = None
    axes: tuple[str, ...] = ()
    bytes: int | None = None
    note: str = ""
    unlisted: int = 0

    def encode(self) -> dict[str, Any]:
        """Return the same as a plain dictionary."""
        return {name: getattr(self, name) for name in _ROW}


@dataclass(slots=True)
class Contents:
    """The rows of a file in its own order, what kind of file it is, and what is worth knowing of it."""

    kind: str
    about: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    unlisted: int = 0

    def encode(self) -> dict[str, Any]:
        """Return the same as plain dictionaries, lists, strings and numbers."""
        rows = [row.encode() for row in self.rows]
        return {"kind": self.kind, "about": self.about, "rows": rows, "unlisted": self.unlisted}


class Rows:
    """Rows within limits, so that no file can ask for an endless listing.

    At most TOP rows stand at the top, about NESTED below it and MEMBERS in any one of them, none deeper than
    DEPTH. What goes over is counted in `unlisted`.
    """

    TOP, NESTED, MEMBERS, DEPTH = 10_000, 10_000, 1_000, 24

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.unlisted = 0
        self._top, self._nested = self.TOP, self.NESTED

    def add(self, row: Row) -> bool:
        """Keep `row` if there is room for it, or count it at the top; for members ask `admit` first.

        Raises ValueError for a shape that no array can have.
        """
        if row.shape and min(row.shape) < 0:
            raise ValueError(f"an array of the dimensions {row.shape!r:.80}")
        if row.depth:
            self._nested -= 1
        elif self._top:
            self._top -= 1
        else:
            self.unlisted += 1
            return False
        self.rows.append(row)
        return True

    def admit_top(self, count: int) -> int:
        """Return how many of `count` rows at the top may be listed, and note the others as unlisted."""
        self.unlisted = max(0, count - self._top)
        return count - self.unlisted

    def admit(self, row: Row, count: int) -> int:
        """Return how many of the `count` members of `row` may be listed, and note the others as unlisted."""
        room = 0 if row.depth >= self.DEPTH else max(0, min(count, self.MEMBERS, self._nested))
        row.unlisted = count - room
        return room


def decode(path: str, value: object) -> Contents:
    """Return the Contents that `Contents.encode` made `value` from; FormatError on `path` for anything else."""
    try:
        kind, about, rows, unlisted = _fields(value, ("kind", "about", "rows", "unlisted"))
        result = Contents(_text(kind), [_text(line) for line in _list(about)], [], _count(unlisted))
        for row in _list(rows):
            result.rows.append(_row(row, result.rows[-1].depth + 1 if result.rows else 0))
    except (TypeError, KeyError, ValueError) as error:
        raise FormatError(f"{path}: its parser gave an answer that makes no sense: {error}") from error
    return result


def _row(value: object, deepest: int) -> Row:
    name, depth, type_, shape, axes, size, note, unlisted = _fields(value, _ROW)
    if _count(depth) > deepest:
        raise ValueError("a row without the row that it belongs to")
    return Row(
        name=_text(name),
        depth=_count(depth),
        type=_text(type_),
        shape=None if shape is None else tuple(_count(extent) for extent in _list(shape)),
        axes=tuple(_text(axis) for axis in _list(axes)),
        bytes=None if size is None else _count(size),
        note=_text(note),
        unlisted=_count(unlisted),
    )


def _fields(value: object, names: tuple[str, ...]) -> list[Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise TypeError(f"{type(value).__name__} where a record of {', '.join(names)} was wanted")
    return [value[name] for name in names]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where text was wanted")
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r:.40} where a count was wanted")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list was wanted")
    return value
