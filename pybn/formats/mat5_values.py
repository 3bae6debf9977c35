"""The values of level 5 .mat files (v5, v6, v7), read element by element, in `pybn.values`' terms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.flat import MappedArray
from pybn.formats.lazy import Array, LazyArray
from pybn.formats.mat5_elements import (
    CELL,
    CHAR,
    FUNCTION,
    LONGEST_NAMES,
    MATRIX,
    NUMERIC,
    OBJECT,
    OPAQUE,
    SPARSE,
    STORED,
    STORED_BYTES,
    STRUCT,
    Elements,
    Head,
    Tag,
)
from pybn.formats.mat_numbers import InClass, check, class_dtype, in_class, widens
from pybn.formats.mat_source import Stored
from pybn.formats.mat_sparse import from_columns
from pybn.formats.mat_text import FEW, text
from pybn.values import Cell, Foreign, Object, StructArray

Buffer = bytearray | memoryview
Numbers = Callable[[Elements, Head, Tag], Any]

DEEPEST = 100  # levels of cells and structs
MAPPED = 1 << 20  # bytes from which on an array inside others is not read at once, where it need not be
EMPTY = np.zeros((0, 0))


def value(array: Elements, head: Head, numbers: Numbers | None = None, depth: int = 0) -> Any:
    """Return the value of an array of which the head was read; numeric ones by `numbers`. Raises FormatError."""
    if depth > DEEPEST:
        raise FormatError(f"it is nested deeper than {DEEPEST} levels")
    if head.class_ in NUMERIC:
        tag = array.tag()
        if array.lost_sparse(head, tag):
            return _sparse(array, head, tag)
        return (numbers or nested)(array, head, tag)
    if head.class_ == CHAR:
        kind, _, _ = tag = array.tag()
        return text(kind, _bytes(array, tag), array.order, head.shape)
    if head.class_ == SPARSE:
        return _sparse(array, head, array.tag())
    if head.class_ == CELL:
        return Cell(head.shape, tuple(member(array, depth) for _ in range(_count(array, head.shape, 1))))
    if head.class_ in (STRUCT, OBJECT):
        return _structs(array, head, depth)
    return _foreign(array, head, depth)


# Numbers.


def stored(array: Elements, tag: Tag, shape: tuple[int, ...]) -> np.dtype[Any]:
    """Return what the numbers of an element are stored as. Raises FormatError where they do not fill the shape."""
    kind, length, _ = tag
    if kind not in STORED:
        if length or math.prod(shape):
            raise FormatError(f"numbers are stored as the type {kind}, and there is none such; it is damaged")
        kind = 9
    dtype = np.dtype(array.order + STORED[kind])
    check(dtype, length, shape)
    return dtype


def dtype_of(head: Head) -> np.dtype[Any]:
    """Return the dtype of a numeric array."""
    return class_dtype(NUMERIC[head.class_], complex_=head.complex, logical=head.logical)


def nested(array: Elements, head: Head, tag: Tag, *, mapped_from: int = MAPPED) -> Array | LazyArray:
    """Return a numeric array: here, or mapped where it is a run of as many bytes of the file."""
    source, dtype = array.source, dtype_of(head)
    if isinstance(source, Stored) and source.path and tag[1] >= mapped_from:
        return _mapped(array, source, head, tag)
    parts = [_part(array, head.shape, tag)]
    if head.complex:
        parts.append(_part(array, head.shape, array.tag()))
    return in_class(parts, dtype)


def _part(array: Elements, shape: tuple[int, ...], tag: Tag) -> Array:
    dtype = stored(array, tag, shape)
    return np.frombuffer(_bytes(array, tag), dtype).reshape(shape, order="F")


def _mapped(array: Elements, source: Stored, head: Head, tag: Tag) -> LazyArray:
    dtype, first = dtype_of(head), stored(array, tag, head.shape)
    if not head.complex and widens(first, dtype):
        return _run(array, source, head, tag, dtype)
    real = _run(array, source, head, tag)
    if not head.complex:
        return InClass(head.shape, dtype, real, None, array.where)
    imaginary = _run(array, source, head, array.tag())
    return InClass(head.shape, dtype, real, lambda: imaginary, array.where)


def _run(
    array: Elements, source: Stored, head: Head, tag: Tag, dtype: np.dtype[Any] | None = None
) -> MappedArray:
    start = source.start + source.position
    x = MappedArray(source.path, start, head.shape, stored(array, tag, head.shape), dtype=dtype)
    source.skip(tag[1])
    _pad(array, tag[1])
    return x


def _bytes(array: Elements, tag: Tag) -> Buffer:
    """Return the data of an element, in memory of the caller's, and leave the source after its padding."""
    _, length, small = tag
    if small is not None:
        return bytearray(small)
    data = np.empty(length, np.uint8).data
    array.source.fill(data)
    _pad(array, length)
    return data


def _pad(array: Elements, length: int) -> None:
    array.source.skip(min(-length % 8, array.left))  # the last element of an array may lack it


# Sparse matrices.


def _sparse(array: Elements, head: Head, tag: Tag) -> Any:
    """Return a matrix stored as the row of each nonzero, where each column starts among them, and values."""
    rows, starts = _flat(array, tag), _flat(array, array.tag())
    parts = [_flat(array, array.tag()) for _ in range(2 if head.complex else 1)]
    dtype = class_dtype("double", complex_=head.complex, logical=head.logical)
    return from_columns(rows, starts, parts, head.shape, dtype)


def _flat(array: Elements, tag: Tag) -> Array:
    kind, length, _ = tag
    if kind not in STORED or length % STORED_BYTES[kind]:
        raise FormatError(f"a part of a sparse matrix is {length:,} bytes of the type {kind}; it is damaged")
    return _part(array, (length // STORED_BYTES[kind],), tag)


# What holds other arrays.


def _count(array: Elements, shape: tuple[int, ...], each: int) -> int:
    """Return how many elements there are, of which each holds so many arrays. Raises FormatError for too many."""
    count = math.prod(shape)
    if count * each * 8 > array.left or (count > FEW and not each):
        raise FormatError(f"it says it holds {count * max(each, 1):,} arrays, and ends before; it is damaged")
    return count


def member(array: Elements, depth: int) -> Any:
    """Read the next of the arrays that one holds. Raises FormatError."""
    kind, length, small = array.tag()
    if kind != MATRIX or small is not None:
        raise FormatError("a part of it should be an array, and is not; the file is damaged")
    if not length:
        return EMPTY
    inner = Elements(array.source, length, array.order, array.where, array.objects)
    found = value(inner, inner.head(), depth=depth + 1)
    if inner.left < 0:
        raise FormatError("a part of it is longer than its own length; the file is damaged")
    return found  # what is next starts here: Octave says that char arrays of four are longer than they are


def _structs(array: Elements, head: Head, depth: int) -> Any:
    class_ = array.text(LONGEST_NAMES) if head.class_ == OBJECT else ""
    fields = tuple(array.field_names())
    if len(set(fields)) != len(fields):
        raise FormatError("it has several fields of one name; the file is damaged")
    count = _count(array, head.shape, len(fields))
    elements = tuple({name: member(array, depth) for name in fields} for _ in range(count))
    if class_:
        return Object(class_, head.shape, elements)
    return elements[0] if math.prod(head.shape) == 1 else StructArray(head.shape, fields, elements)


def _foreign(array: Elements, head: Head, depth: int) -> Any:
    if head.class_ not in (FUNCTION, OPAQUE):
        raise FormatError(f"it is of class number {head.class_}, and there is none such")
    class_ = "function_handle"
    if head.class_ == OPAQUE:
        system = array.text(LONGEST_NAMES)  # MCOS, for classes of MATLAB code; or java
        class_ = array.text(LONGEST_NAMES) or "an object"
        if system == "MCOS" and array.objects:
            return array.objects(class_, member(array, depth))
    array.source.skip(array.left)
    return Foreign(class_)
