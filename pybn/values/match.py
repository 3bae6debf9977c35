"""Compare two nested values, MATLAB's or Python's, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pybn.compare import EXACT, Comparison, Tolerance, Verdict, compare_tensor
from pybn.values.fit import fitted
from pybn.values.leaves import children
from pybn.values.model import Cell, CharArray, Map, StructArray, describe
from pybn.values.texts import compare_text


def match(
    name: str, expected: Any, obtained: Any, tolerance: Tolerance = EXACT, *, shapes: bool = False
) -> list[Comparison]:
    """Compare leaf by leaf, each named by its path: s.weights{2}.bias; either side may be MATLAB's or Python's.

    A Python value matches a MATLAB value as follows. A NumPy array or scalar, of the same dtype, always. One of one
    dimension matches a row or a column as long, trailing dimensions of 1 do not count (with `shapes`, an array has to
    have MATLAB's shape). An int matches a whole number of any numeric class, a float a double, a bool a logical, a
    complex a complex double; one without imaginary part and a real one are the same, as in MATLAB. A str matches a
    char row, a list of them a char array (blanks at the end of its rows aside). A list or a tuple matches a cell, of
    numbers also an array, of dicts a struct array; where it is no vector, lists of lists do, rows first. A mapping
    with the same keys matches a struct or a containers.Map, and an object that has all fields of a struct as attributes
    matches that. None and an empty list match []. The order of fields does not count. `tolerance` is for leaves of
    floating point; all others have to be the same.
    """
    if obtained is None and expected is not None and not _empty(expected):
        return [Comparison(name, Verdict.MISSING, expected=describe(expected), obtained="nothing")]
    want, got = fitted(expected, obtained, shapes=shapes)
    return list(_walk(name, want, got, tolerance))


def _empty(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.shape == (0, 0)


def _walk(path: str, want: Any, got: Any, tolerance: Tolerance) -> Iterator[Comparison]:
    if isinstance(want, np.ndarray) and isinstance(got, np.ndarray):
        close = tolerance if want.dtype.kind in "fc" else EXACT
        yield compare_tensor(path, want, got, close)
    elif isinstance(want, str) and isinstance(got, str):
        yield compare_text(path, want, got)
    elif isinstance(want, CharArray) and isinstance(got, CharArray) and want.shape == got.shape:
        yield compare_text(path, "\n".join(want.rows), "\n".join(got.rows))
    elif isinstance(want, Map) and isinstance(got, Map):
        yield from _keys(path, want, got, tolerance)
    elif isinstance(want, Mapping) and isinstance(got, Mapping):
        yield from _fields(path, want, got, tolerance)
    elif isinstance(want, Cell | StructArray) and type(want) is type(got) and want.shape == got.shape:
        if isinstance(want, StructArray) and isinstance(got, StructArray) and not want.elements:
            same = set(want.fields) == set(got.fields)
            yield Comparison(path, Verdict.EQUAL) if same else _other(path, want, got)
            return
        inner = list(zip(children(want, path), children(got, path), strict=True))
        if not inner:
            yield Comparison(path, Verdict.EQUAL)
        for (place, left), (_, right) in inner:
            yield from _walk(place, left, right, tolerance)
    else:
        yield _other(path, want, got)


def _fields(
    path: str, want: Mapping[str, Any], got: Mapping[str, Any], tolerance: Tolerance
) -> Iterator[Comparison]:
    if set(want) != set(got):
        yield _other(path, want, got)
    elif not want:
        yield Comparison(path, Verdict.EQUAL)
    for name, value in want.items():
        if name in got:
            yield from _walk(f"{path}.{name}" if path else name, value, got[name], tolerance)


def _keys(path: str, want: Map, got: Map, tolerance: Tolerance) -> Iterator[Comparison]:
    """Compare two maps key by key; which class the numbers are that are keys does not count."""
    if set(want.keys) != set(got.keys):
        yield _other(path, want, got)
    elif not want.keys:
        yield Comparison(path, Verdict.EQUAL)
    theirs = dict(children(got, path))
    for place, value in children(want, path):
        if place in theirs:
            yield from _walk(place, value, theirs[place], tolerance)


def _other(path: str, want: Any, got: Any) -> Comparison:
    return Comparison(path, Verdict.WRONG_STRUCTURE, expected=describe(want), obtained=describe(got))
