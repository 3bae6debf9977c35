"""Level 4 and 5 files that are written here, element by element, from MathWorks' description of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

DOUBLE, SINGLE, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 = range(6, 16)
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
COMPLEX, GLOBAL, LOGICAL = 0x0800, 0x0400, 0x0200
TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12, "u8": 13}


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    padding = b"" if kind == 15 else bytes(-len(data) % 8)
    return struct.pack(order + "II", kind, len(data)) + data + padding


def small(kind: int, data: bytes, order: str = "<") -> bytes:
    """An element of at most four bytes, in its tag."""
    return struct.pack(order + "I", len(data) << 16 | kind) + data.ljust(4, b"\0")


def array(
    class_: int,
    shape: tuple[int, ...],
    name: str,
    *rest: bytes,
    flags: int = 0,
    order: str = "<",
    nonzeros: int = 0,
) -> bytes:
    head = [
        element(6, struct.pack(order + "II", class_ | flags, nonzeros), order),
        element(5, struct.pack(f"{order}{len(shape)}i", *shape), order) if shape else b"",
        element(1, name.encode(), order),
    ]
    return element(14, b"".join([*head, *rest]), order)


def level_5(path: Path, *arrays: bytes, order: str = "<", subsystem: int = 0) -> Path:
    header = b"MATLAB 5.0 MAT-file, Platform: TEST".ljust(116) + struct.pack(order + "QH", subsystem, 0x0100)
    path.write_bytes(header + (b"IM" if order == "<" else b"MI") + b"".join(arrays))
    return path


def doubles(count: int, order: str = "<") -> bytes:
    return element(9, struct.pack(f"{order}{count}d", *range(count)), order)


def numbers(values: Sequence[float], stored: str, order: str = "<") -> bytes:
    """An element of numbers that are stored as this dtype."""
    return element(TYPES[stored], np.array(values).astype(order + stored).tobytes(), order)


def names(width: int, *fields: str, order: str = "<") -> bytes:
    """The elements with the names of a struct's fields."""
    joined = b"".join(field.encode().ljust(width, b"\0") for field in fields)
    return small(5, struct.pack(order + "i", width), order) + element(1, joined, order)


def sparse(rows: list[int], starts: list[int], values: int = 3, shape: tuple[int, ...] = (3, 3)) -> bytes:
    """A 3x3 sparse matrix, or what pretends to be one."""
    return array(SPARSE, shape, "x", numbers(rows, "i4"), numbers(starts, "i4"), doubles(values))


def everything() -> list[bytes]:
    """Small variables of every kind."""
    text = array(CHAR, (1, 3), "text", element(16, b"abc"))
    fields = names(4, "a", "b"), array(CHAR, (2, 2), "", element(4, b"a\0b\0c\0d\0")), element(14, b"")
    opaque = array(
        OPAQUE,
        (),
        "o",
        element(1, b"MCOS"),
        element(1, b"string"),
        array(9, (1, 1), "", element(2, b"a")),
    )
    return [
        array(DOUBLE, (2, 3), "x", doubles(6)),
        array(DOUBLE, (1, 2), "z", doubles(2), numbers([1, 2], "u1"), flags=COMPLEX),
        array(UINT8, (1, 2), "flags", small(2, b"\1\0"), flags=LOGICAL),
        text,
        array(CELL, (1, 2), "c", text, element(14, b"")),
        array(STRUCT, (1, 1), "s", *fields),
        sparse([0, 1, 2], [0, 1, 2, 3]),
        opaque,
        array(FUNCTION, (1, 1), "f", text),
        array(OBJECT, (1, 1), "old", element(1, b"network"), *fields),
    ]


def level_4(
    name: str,
    mopt: int,
    shape: tuple[int, int],
    values: Sequence[float],
    stored: str,
    *,
    imaginary: bool = False,
) -> bytes:
    """A variable of a level 4 file; of complex ones all real parts come first."""
    order = "<>"[mopt // 1000 % 2]
    label = name.encode() + b"\0"
    head = struct.pack(order + "5i", mopt, *shape, imaginary, len(label))
    return head + label + np.array(values).astype(order + stored).tobytes()


def cells(*items: bytes, order: str = "<") -> bytes:
    """A cell array that is a column."""
    return array(CELL, (len(items), 1), "", *items, order=order)


def char(text: str, order: str = "<") -> bytes:
    return array(CHAR, (1, len(text)), "", numbers([ord(one) for one in text], "u2", order), order=order)


def matrix(values: Sequence[float], shape: tuple[int, ...], order: str = "<") -> bytes:
    return array(DOUBLE, shape, "", numbers(values, "f8", order), order=order)


def handles(numbered: Sequence[int], class_: int, shape: tuple[int, ...] = (), order: str = "<") -> bytes:
    """What stands for objects: a mark, dimensions, the number of each, and that of their class."""
    shape = shape or (len(numbered), 1)
    words = [0xDD000000, len(shape), *shape, *numbered, class_]
    return array(UINT32, (len(words), 1), "", numbers(words, "u4", order), order=order)


def modern(name: str, class_name: str, described: bytes, order: str = "<") -> bytes:
    """A variable that is objects of a class of MATLAB code."""
    labels = element(1, b"MCOS", order), element(1, class_name.encode(), order)
    return array(OPAQUE, (), name, *labels, described, order=order)


Properties = Sequence[tuple[str, int, int]]


def object_data(
    classes: Sequence[str],
    objects: Sequence[tuple[int, Properties]],
    values: Sequence[bytes],
    *,
    defaults: Sequence[bytes] = (),
    saved: Sequence[int] = (),
    more: Sequence[str] = (),
    dynamic: Sequence[tuple[int, ...]] = (),
    version: int = 4,
    order: str = "<",
) -> bytes:
    """The variable that holds all of objects: (class, properties), the latter (name, kind, value); from 1.

    `saved` are the objects that have a saveobj, `more` names besides those of classes and properties.
    """
    table = _table(classes, objects, saved, more, dynamic, version, order)
    fields = small(5, struct.pack(order + "i", 1), order), element(1, b"", order)
    empty = array(STRUCT, (1, 1), "", *fields, order=order)
    templates = cells(*(defaults or [empty] * (len(classes) + 1)), order=order)
    about = [cells(*[empty] * (len(classes) + 1), order=order), matrix([0], (1, 1), order), templates]
    wrapped = cells(table, matrix([], (0, 0), order), *values, *about[4 - version :], order=order)
    holder = modern("", "FileWrapper__", wrapped, order)
    inner = array(STRUCT, (1, 1), "", names(8, "MCOS", order=order), holder, order=order)
    start = (b"\0\1IM" if order == "<" else b"\1\0MI") + bytes(4)
    return array(UINT8, (1, len(start + inner)), "", element(2, start + inner, order), flags=0, order=order)


def _table(
    classes: Sequence[str],
    objects: Sequence[tuple[int, Properties]],
    saved: Sequence[int],
    more: Sequence[str],
    dynamic: Sequence[tuple[int, ...]],
    version: int,
    order: str,
) -> bytes:
    known: list[str] = [*more]

    def number(text: str) -> int:
        if text and text not in known:
            known.append(text)
        return known.index(text) + 1 if text else 0

    regions: list[list[int]] = [[0, 0, 0, 0], [0, 0], [0] * 6, [0, 0], [0, 0]]
    for name in classes:
        space, _, last = name.rpartition(".")
        regions[0] += [number(space), number(last), 0, 0]
    counts = [0, 0]
    for k, (class_, properties) in enumerate(objects):
        kind = 0 if k + 1 in saved else 1
        counts[kind] += 1
        record = [len(properties), *(word for p in properties for word in (number(p[0]), *p[1:]))]
        regions[1 if kind == 0 else 3] += record + [0] * (len(record) % 2)
        extra = dynamic[k] if dynamic else ()
        regions[4] += [len(extra), *extra] + [0] * ((1 + len(extra)) % 2)
        regions[2] += [class_, 0, 0, *((counts[0], 0) if kind == 0 else (0, counts[1])), k + 1]
    texts = b"".join(name.encode() + b"\0" for name in known)
    texts += bytes(-len(texts) % 8)
    starts, at = [], 40 + len(texts)
    for words in regions:
        starts.append(at)
        at += 4 * len(words)
    head = struct.pack(order + "10I", version, len(known), *starts, at, at, at + 8)
    body = b"".join(struct.pack(f"{order}{len(words)}I", *words) for words in regions)
    data = head + texts + body + bytes(8)
    return array(UINT8, (len(data), 1), "", element(2, data, order), order=order)


def with_objects(path: Path, *variables: bytes, data: bytes, order: str = "<") -> Path:
    return level_5(path, *variables, data, order=order, subsystem=128 + len(b"".join(variables)))
