"""What a diagnosis is made from: both answers to one question, and what the functions were given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, permutations
from typing import Any

import numpy as np

from pybn.compare import EXACT, Array, Tolerance
from pybn.diagnosis.arrays import gap, top, unit
from pybn.values import leaves

LARGEST = 1 << 26  # elements: more than these are not looked at
MOST_INPUTS = 12  # arrays that both sides were given: formulas combine them
MOST_AXES = 5  # of an array whose axes are combined in all ways


@dataclass(frozen=True)
class Question:
    """Why is `obtained` not `expected`? Both are arrays of numbers, in native byte order.

    `inputs` are the arrays that both functions were given, `scalars` their numbers, attributes among them;
    `axes` names the axes of `expected`, or is empty, `input_axes` those of inputs.
    """

    expected: Array
    obtained: Array
    inputs: Mapping[str, Array] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)
    tolerance: Tolerance = EXACT
    axes: tuple[str, ...] = ()
    input_axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def same_shape(self) -> bool:
        """Whether the two sides can be compared element by element."""
        return self.expected.shape == self.obtained.shape

    def axis(self, k: int) -> str:
        """Name an axis of `expected`: "axis 1 (W)"."""
        return _axis(k, self.axes, self.expected.ndim)

    def along(self, name: str, *axes: int) -> str:
        """Name axes of an input: "axis 1 (W)", "axes 0 (H), 1 (W)"."""
        x = self.inputs.get(name)
        return _listed(axes, self.input_axes.get(name, ()), -1 if x is None else x.ndim)

    @cached_property
    def differing(self) -> Array:
        """A mask of the elements of `obtained` that want an explanation: all of them where the shape is wrong."""
        if not self.same_shape:
            return np.ones(self.obtained.shape, bool)
        both_nan = (self.expected != self.expected) & (self.obtained != self.obtained)
        return np.asarray(~((self.expected == self.obtained) | both_nan))

    @cached_property
    def rearranged(self) -> bool:
        """Whether obtained may have the elements of expected in another order: by sums that no order changes."""
        a, b = self.expected, self.obtained
        return a.size == b.size and (self.tolerance != EXACT or same_elements(a, b))

    @cached_property
    def step(self) -> float:
        """A unit in the last place of the largest element; 0 for integers."""
        return unit(self.expected, self.obtained)

    @cached_property
    def largest(self) -> float:
        """The largest finite magnitude expected."""
        return top(self.expected)

    @cached_property
    def between(self) -> float:
        """The largest difference of the two sides; where the shape is wrong, the largest magnitude."""
        far = gap(self.expected, self.obtained) if self.same_shape else math.inf
        return far if math.isfinite(far) else max(self.largest, top(self.obtained))

    @cached_property
    def sizes(self) -> dict[int, str]:
        """Counts that may have been divided by: sizes of axes and products of them, with what each is the count of."""
        found: dict[int, str] = {}
        named = {**self.input_axes, "the answer": self.axes}
        for name, x in {**self.inputs, "the answer": self.expected}.items():
            for n, told in _counts(x.shape, named.get(name, ())):
                found.setdefault(n, f"{told} of {name}")
        return found


def _axis(k: int, names: Sequence[str], ndim: int) -> str:
    return f"axis {k} ({names[k]})" if len(names) == ndim else f"axis {k}"


def _listed(axes: Sequence[int], names: Sequence[str], ndim: int) -> str:
    told = [_axis(k, names, ndim) for k in axes]
    return told[0] if len(told) == 1 else f"axes {', '.join(each.removeprefix('axis ') for each in told)}"


def same_elements(a: Array, b: Array) -> bool:
    """Tell whether b may have the elements of a in another order, by sums that no order changes."""
    return a.size == b.size and all(
        f(_bits(a)) == f(_bits(b)) for f in (np.bitwise_xor.reduce, np.add.reduce)
    )


def _bits(x: Array) -> Array:
    """Return the elements as whole numbers, equal ones for equal values, whatever their dtype."""
    wide = (x if x.dtype.kind == "c" else x.astype(np.float64)).astype(np.complex128).reshape(-1)
    parts = wide.view(np.float64) + 0.0
    bits: Array = np.where(np.isnan(parts), np.nan, parts).view(np.uint64).reshape(-1, 2)
    return np.asarray(bits.sum(axis=1, dtype=np.uint64))


def _counts(shape: Sequence[int], names: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the sizes of axes, then of all groups of axes; those of one element are left out."""
    if len(shape) > MOST_AXES:
        yield int(np.prod(shape, dtype=float)), "the number of elements"
        return
    for k in range(1, len(shape) + 1):
        for group in combinations(range(len(shape)), k):
            n = int(np.prod([shape[a] for a in group], dtype=float))
            if n > 1:
                told = _listed(group, names, len(shape))
                yield n, f"the size of {told}" if k == 1 else f"the number of elements along {told}"


def question(
    expected: Any,
    obtained: Any,
    inputs: Mapping[str, Any],
    attrs: Mapping[str, Any],
    tolerance: Tolerance,
    axes: Sequence[str],
    input_axes: Mapping[str, Sequence[str]] | None = None,
) -> Question | None:
    """Return the question that these values pose; None where one side is no array of numbers, or none too large.

    Of an input that is a struct or a cell, each leaf is one.
    """
    want, got = numbers(expected), numbers(obtained)
    if want is None or got is None or max(want.size, got.size) > LARGEST:
        return None
    arrays: dict[str, Array] = {}
    scalars: dict[str, float] = {}
    for name, value in _leaves({**attrs, **inputs}):
        array = numbers(value)
        if array is None or not array.size or array.size > LARGEST:
            continue
        if array.size == 1 and array.dtype.kind in "iuf" and np.isfinite(array.astype(np.float64)).all():
            scalars[name] = float(array.reshape(-1)[0])
        elif array.size > 1 and len(arrays) < MOST_INPUTS:
            arrays[name] = array
    named = {str(n): tuple(map(str, a)) for n, a in (input_axes or {}).items()}
    return Question(want, got, arrays, scalars, tolerance, tuple(map(str, axes)), named)


def _leaves(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        yield from leaves(value, str(name)).items()


def numbers(value: Any) -> Array | None:
    """Return a value as an array of numbers in native byte order; None where it is none."""
    if value is None or isinstance(value, str | bytes | Mapping | np.ma.MaskedArray):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if array.dtype.kind not in "biufc":
        return None
    if array.dtype.char in "gG":  # no MATLAB class is as wide
        array = array.astype(np.float64 if array.dtype.char == "g" else np.complex128)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)


def alike(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Tell whether two shapes differ in axes of one element alone, if at all."""
    return [n for n in a if n != 1] == [n for n in b if n != 1]


def thinned(q: Question, many: int) -> Question | None:
    """Return the same question about some elements, those that differ among them, as vectors; None if shapes differ.

    Inputs that do not broadcast to the answer are left out.
    """
    shape = q.expected.shape
    if not q.same_shape:
        return None
    wrong = np.flatnonzero(q.differing)
    half = np.linspace(0, max(wrong.size - 1, 0), min(many // 2, wrong.size)).astype(np.intp)
    rest = np.linspace(0, q.expected.size - 1, many // 2).astype(np.intp)
    where = np.unravel_index(np.unique(np.concatenate([wrong[half], rest])), shape)
    inputs: dict[str, Array] = {}
    for name, x in q.inputs.items():
        fitted = x.reshape(shape) if alike(x.shape, shape) else x
        with suppress(ValueError):
            inputs[name] = np.broadcast_to(fitted, shape)[where]
    return replace(
        q, expected=q.expected[where], obtained=q.obtained[where], inputs=inputs, axes=(), input_axes={}
    )


def orders(q: Question) -> Iterator[tuple[int, ...]]:
    """Yield the permutations of axes, other than none, that give the shape obtained; of 1s the order is no matter."""
    shape = q.expected.shape
    seen = set()
    for order in permutations(range(len(shape))):
        moved = tuple(k for k in order if shape[k] > 1)
        if tuple(shape[k] for k in order) == q.obtained.shape and moved not in seen:
            seen.add(moved)
            if moved != tuple(sorted(moved)):
                yield order


def named(q: Question, order: tuple[int, ...]) -> str:
    """Return the names of the axes in their order and in that of the port, where they have any."""
    if len(q.axes) != len(order):
        return ""
    return f": {' '.join(q.axes[k] for k in order)} for {' '.join(q.axes)}"
