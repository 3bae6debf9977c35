"""What a .mat file says of its objects of classes of MATLAB code: their classes, and where their properties are.

MATLAB keeps it apart from the variables, in a cell array of the class FileWrapper__. Its first cell is a table of
32-bit words: version, number of names, where eight regions of it start; the names of classes and properties; classes
(name space, name, 0, 0); properties of objects that have a saveobj; objects (class, 0, 0, which record of the one kind,
which of the other, which of dynamic properties); properties of all other objects; dynamic properties. A record is a
count and then three words a property (name, kind, value), or one a dynamic property (an object), padded to an even
number of words. The cells that follow have the values; the last ones are about classes: the very last the defaults of
each. Nobody describes this officially; `mat-io`, which decodes the same, is the tests' second witness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.mat5_elements import decoded

MARK = 0xDD000000
VERSIONS = (2, 3, 4)
NAMED, SAVED, NUMBER = range(
    3
)  # kinds of a property: the name of an enumeration's member, a cell, a small number
CLASS_CELLS = {2: 1, 3: 2, 4: 3}  # how many cells at the end are about classes
_START = 40  # bytes before the names


@dataclass(frozen=True, slots=True)
class Handle:
    """What stands for objects where they are used: a shape, the object of each element, and the class of all."""

    shape: tuple[int, ...]
    objects: tuple[int, ...]
    class_: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an object: its class, its properties as (name, kind, value), and its dynamic ones, objects."""

    class_name: str
    class_: int
    properties: tuple[tuple[str, int, int], ...]
    dynamic: tuple[int, ...]


def handle_of(value: Any) -> Handle | None:
    """Return what a value stands for: a column of 32-bit words that starts with a mark; None for any other."""
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if len(shape) != 2 or shape[1] != 1 or shape[0] < 5 or getattr(value, "dtype", None) != np.uint32:
        return None
    if int(np.asarray(value[:1])[0, 0]) != MARK:
        return None
    words = [int(word) for word in np.asarray(value[:, 0]).ravel()]
    extents = tuple(words[2 : 2 + words[1]])
    if not 2 <= words[1] <= len(words) - 3 or math.prod(extents) != len(words) - 3 - words[1]:
        return None
    return Handle(extents, tuple(words[2 + words[1] : -1]), words[-1])


class Table:
    """The table of a file's objects. Raises FormatError where its parts do not fit."""

    def __init__(self, data: Any, order: str) -> None:
        raw = np.asarray(data).tobytes() if getattr(data, "dtype", None) == np.uint8 else b""
        if len(raw) < _START:
            raise FormatError("the table of its objects is too short, or is none; the file is damaged")
        head = [int(word) for word in np.frombuffer(raw, f"{order}u4", _START // 4)]
        self.version, count, starts = head[0], head[1], head[2:]
        if self.version not in VERSIONS:
            raise FormatError(
                f"its objects are stored as version {self.version}; known are {VERSIONS[0]} to {VERSIONS[-1]}"
            )
        if not all(_START <= a <= b <= len(raw) for a, b in pairwise(starts[:6])):
            raise FormatError("the table of its objects has parts outside of it; the file is damaged")
        self.names = [decoded(name) for name in raw[_START : starts[0]].split(b"\0") if name]
        if len(self.names) < count:
            raise FormatError(
                f"the table of its objects has {len(self.names):,} names, not {count:,}; it is damaged"
            )
        regions = [
            np.frombuffer(raw[a : b - (b - a) % 4], f"{order}u4").astype(np.int64)
            for a, b in pairwise(starts[:6])
        ]
        self._classes = regions[0][: regions[0].size // 4 * 4].reshape(-1, 4)
        self._objects = regions[2][: regions[2].size // 6 * 6].reshape(-1, 6)
        self._saved, self._plain = _Records(regions[1], 3), _Records(regions[3], 3)
        self._dynamic = _Records(regions[4], 1)

    @property
    def objects(self) -> int:
        """The number of objects, which are counted from 1."""
        return max(len(self._objects) - 1, 0)

    def has(self, handle: Handle) -> bool:
        """Say whether there are the class and the objects of a handle; object 0 is one that was deleted."""
        return 0 < handle.class_ < len(self._classes) and all(n <= self.objects for n in handle.objects)

    def class_name(self, class_: int) -> str:
        """Return the name of a class, with that of its name space. Raises FormatError."""
        if not 0 < class_ < len(self._classes):
            raise FormatError(
                f"an object is of class number {class_:,}, and there is none such; it is damaged"
            )
        space, name = (int(word) for word in self._classes[class_, :2])
        return f"{self.name(space)}.{self.name(name)}" if space else self.name(name)

    def name(self, number: int) -> str:
        """Return a name. Raises FormatError where there is none of that number."""
        if not 0 < number <= len(self.names):
            raise FormatError(f"an object uses name {number:,} of {len(self.names):,}; the file is damaged")
        return self.names[number - 1]

    def record(self, number: int) -> Record:
        """Return what is known of an object. Raises FormatError."""
        if not 0 < number <= self.objects:
            raise FormatError(f"there is no object {number:,} of {self.objects:,}; the file is damaged")
        class_, _, _, saved, plain, dynamic = (int(word) for word in self._objects[number])
        words = self._saved.of(saved) if saved else self._plain.of(plain)
        properties = tuple((self.name(name), kind, value) for name, kind, value in words.tolist())
        dynamics = tuple(n for (n,) in self._dynamic.of(dynamic).tolist()) if self._dynamic.size else ()
        return Record(self.class_name(class_), class_, properties, dynamics)


class _Records:
    """Records of a count and as many entries of `width` words, one behind the other, found as far as was asked."""

    def __init__(self, words: Any, width: int) -> None:
        self._words, self._width = words, width
        self._starts = [0]
        self.size = int(words.size)

    def of(self, number: int) -> Any:
        """Return the entries of a record, as rows; number 0 is none. Raises FormatError."""
        if not number:
            return self._words[:0].reshape(-1, self._width)
        while len(self._starts) <= number:
            self._starts.append(self._end(self._starts[-1]))
        start = self._starts[number] + 1
        return self._words[start : start - 1 + self._length(start - 1)].reshape(-1, self._width)

    def _end(self, start: int) -> int:
        end = start + self._length(start)
        return end + end % 2

    def _length(self, start: int) -> int:
        length = 1 + self._width * int(self._words[start]) if start < self.size else self.size + 1
        if start + length > self.size:
            raise FormatError("the properties of an object are not in the table of objects; it is damaged")
        return length
