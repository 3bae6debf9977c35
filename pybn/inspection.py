"""`pybn inspect`: what is in a .mat or HDF5 file, told without its values and without trusting it."""

from __future__ import annotations

import json
import math
import os
import unicodedata
from dataclasses import dataclass
from typing import Any

from pybn.errors import FormatError
from pybn.formats.child import call
from pybn.formats.contents import Contents, Row, decode
from pybn.formats.sniff import Kind, sniff

DEADLINE = 30.0
MEMORY = 4 << 30
MAX_ROWS = 100
FIRST_MEMBERS = 12
NUMERIC = frozenset(
    {"double", "single", "logical", *(f"{u}int{bits}" for u in ("", "u") for bits in (8, 16, 32, 64))}
)


MODELS = ("SeriesNetwork object", "DAGNetwork object", "dlnetwork object", "nnet.cnn.LayerGraph object")
LAYERS = "nnet.cnn.layer."


def holds_models(contents: Contents) -> bool:
    """Tell whether a listing looks as if there were a network in the file."""
    return any(
        row.type in MODELS
        or row.type.startswith(LAYERS)
        or (row.name == "layers" and row.type in ("cell", "struct"))
        for row in contents.rows
        if row.depth <= 1
    )


def models(
    path: str | os.PathLike[str], variable: str = "", *, draw: bool = False, deadline: float = DEADLINE
) -> list[dict[str, Any]]:
    """Return what there is to see of the networks in a file, read in a process of its own: see `pybn.report.model`.

    Raises as `inspect` does.
    """
    asked = json.dumps({"variable": variable, "draw": draw})
    told = call("pybn.report.model:models", os.fspath(path), deadline=deadline, memory=MEMORY, argument=asked)
    if not isinstance(told, list):
        raise FormatError(f"{os.fspath(path)}: its parser answered what cannot be")
    return told


def inspect(path: str | os.PathLike[str], *, deadline: float = DEADLINE, memory: int = MEMORY) -> Listing:
    """Return the names, types, shapes and axes in any file that `pybn.open` reads.

    The file is parsed in a process of its own, which gets `deadline` seconds and `memory` bytes.
    Raises FileError where the file cannot be opened, and FormatError where it is of another kind, is damaged,
    or takes its parser past a limit or down.
    """
    name = os.fspath(path)
    kind = sniff(name)
    module = kind if kind in (Kind.MAT, Kind.HDF5) else "listing"
    value = call(f"pybn.formats.{module}:contents", name, deadline=deadline, memory=memory)
    return Listing(name, decode(name, value))


@dataclass(frozen=True, slots=True)
class Listing:
    """What `inspect` found in the file `path`."""

    path: str
    contents: Contents

    def to_json(self) -> dict[str, Any]:
        """Return the whole listing as plain values, with every name exactly as the file has it."""
        place: list[str] = []
        rows = []
        for row in self.contents.rows:
            place[row.depth :] = [row.name]
            rows.append({"path": place.copy(), **row.encode(), "guess": self._guess(row)})
        head = {"file": self.path, "kind": self.contents.kind, "about": self.contents.about}
        return {**head, "rows": rows, "unlisted": self.contents.unlisted}

    def to_text(self, max_rows: int | None = MAX_ROWS) -> str:
        """Return a table to read: `max_rows` rows at most, those at the top first, or all of them if None."""
        rows = self.contents.rows
        shown = choose(rows, len(rows) if max_rows is None else max_rows)
        lines = [f"{escape(self.path)}: {escape(self.contents.kind)}"]
        lines += [f"  {escape(line)}" for line in self.contents.about]
        table = [(row, hidden, self._guess(row)) for row, hidden in _with_hidden(rows, shown)]
        lines += ["", *(_table(table) if rows else ["nothing in it"])]
        unlisted = self.contents.unlisted + sum(row.unlisted for row in rows)
        return "\n".join([*lines, *_footer(len(rows) - len(shown), unlisted)])

    def _guess(self, row: Row) -> str:
        """Guess what an array of MATLAB's without names for its axes is, by its shape."""
        matlab = self.contents.kind.startswith(("MATLAB", "Octave"))
        if not matlab or row.axes or not row.shape or row.type.split()[0] not in NUMERIC:
            return ""
        from pybn.convert.layout import guess  # which needs NumPy, as the parent of a parser does not

        found = guess(row.shape)
        return found.why.removeprefix("looks like ") if found.guessed else ""


def _footer(hidden: int, unlisted: int) -> list[str]:
    """Say how much is not shown, and how much of that the other form of output has."""
    if not hidden + unlisted:
        return []
    where = f"; --json lists {f'{hidden:,} of them' if unlisted else 'all'}" if hidden else ""
    return ["", f"... and {hidden + unlisted:,} more{where}"]


def choose(rows: list[Row], most: int) -> set[int]:
    """Return which `most` rows to show.

    Every level that fits as a whole; then, from the front, the first members of what is deeper; and if there
    is room even then, from the front again, the others. Where not even the top fits, its first rows.
    """
    depth, room = -1, most
    while (count := sum(row.depth == depth + 1 for row in rows)) and count <= room:
        depth, room = depth + 1, room - count
    if depth < 0:
        return set([index for index, row in enumerate(rows) if not row.depth][:room])
    shown = {index for index, row in enumerate(rows) if row.depth <= depth}
    shown |= set([index for index in _first_members(rows) if index not in shown][:room])
    return shown | set([index for index in range(len(rows)) if index not in shown][: most - len(shown)])


def _first_members(rows: list[Row]) -> list[int]:
    """Return the rows that are, like all that they are in, among the first members of what they are in."""
    counts: list[float] = []  # at each depth, the place of the last row there, infinite below one that is out
    result = []
    for index, row in enumerate(rows):
        place = counts[row.depth] + 1 if row.depth < len(counts) else 1
        inside = not row.depth or counts[row.depth - 1] <= FIRST_MEMBERS
        counts[row.depth :] = [place if inside else math.inf]
        if counts[-1] <= FIRST_MEMBERS:
            result.append(index)
    return result


def _with_hidden(rows: list[Row], shown: set[int]) -> list[tuple[Row, int]]:
    """Return the shown rows, each with the number of rows somewhere inside it that are not."""
    counts: dict[int, int] = {}
    owners: list[int] = []  # at each depth, the shown row that stands for the last row there
    for index, row in enumerate(rows):
        owners[row.depth :] = [index if index in shown or not row.depth else owners[row.depth - 1]]
        counts[owners[-1]] = counts.get(owners[-1], 0) + row.unlisted + (index not in shown)
    return [(row, counts[index]) for index, row in enumerate(rows) if index in shown]


def _table(rows: list[tuple[Row, int, str]]) -> list[str]:
    """Return a heading and a line for each row, in columns, without a column for what no row has."""
    cells = [("name", "type", "shape", "axes", "bytes", "")] + [_cells(*row) for row in rows]
    columns = [_padded(column) for column in zip(*cells, strict=True) if any(column[1:])]
    return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]


def _padded(column: tuple[str, ...]) -> list[str]:
    """Return a column's cells at one width, numbers of bytes to the right."""
    width = max(map(_width, column))
    spaces = [" " * (width - _width(cell)) for cell in column]
    right = column[0] == "bytes"
    return [space + cell if right else cell + space for cell, space in zip(column, spaces, strict=True)]


def _cells(row: Row, hidden: int, guessed: str) -> tuple[str, ...]:
    shape = "scalar" if row.shape == () else "x".join(map(str, row.shape or ()))
    axes = " ".join(escape(axis) or "?" for axis in row.axes)
    size = "" if row.bytes is None else f"{row.bytes:,}"
    notes = [shorten(escape(row.note), 120), f"{hidden:,} more inside" if hidden else ""]
    notes.append(f"{guessed}?" if guessed else "")
    name = "  " * row.depth + (shorten(escape(row.name), 48) or '""')
    return name, shorten(escape(row.type), 40), shape, shorten(axes, 32), size, "; ".join(filter(None, notes))


def escape(text: str) -> str:
    """Return text that a terminal shows as it is: control characters and all else unprintable as escapes."""
    shown = (
        one if one.isprintable() and one != "\\" else one.encode("unicode_escape").decode() for one in text
    )
    return "".join(shown)


def shorten(text: str, most: int) -> str:
    """Return text of at most `most` characters, with its middle left out where it is longer."""
    return text if len(text) <= most else f"{text[: most // 2]}...{text[len(text) - most // 2 + 3 :]}"


def _width(text: str) -> int:
    """Return how many columns of a terminal text takes."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(bool(unicodedata.combining(one)) for one in text)
