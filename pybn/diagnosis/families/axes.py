"""The right values along the wrong axes: permuted, flipped, rolled, shifted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from math import factorial, log2

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import gap
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import content_bits, value_bits
from pybn.diagnosis.question import Question, named, orders

MOST_AXES = 5
SMALL = 1 << 22  # elements: combinations of permutation and flip are tried up to here
FEWEST_DIGITS = 16.0  # bits of an element
OPEN = 36.0  # bits: what it costs that something moves in of which nothing is known


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield permuted, flipped, rolled and shifted axes, and both at once."""
    if not 0 < q.expected.ndim <= MOST_AXES or q.expected.size != q.obtained.size:
        return
    if q.rearranged:
        yield from _permuted(q)
        if q.same_shape:
            yield from _flipped(q)
            yield from _rolled(q)
        if q.expected.size <= SMALL:
            yield from _turned(q)
    if q.expected.dtype.kind == "c":
        yield from _conjugated(q)
    if q.same_shape:
        yield from _shifted(q)


def _permuted(q: Question) -> Iterator[Candidate]:
    ndim = q.expected.ndim
    for order in orders(q):
        back = tuple(int(k) for k in np.argsort(order))
        words = (
            f"transposed{named(q, order)}"
            if ndim == 2
            else f"with its axes permuted to {order}{named(q, order)}"
        )
        fix = "answer.T" if ndim == 2 else f"np.transpose(answer, {back})"
        cost = log2(factorial(ndim)) - 4
        yield Candidate(
            "axes permuted",
            f"obtained is expected {words}",
            f"transpose the port's answer back: {fix}",
            partial(np.transpose, q.expected, order),
            cost,
        )


def _conjugated(q: Question) -> Iterator[Candidate]:
    for order in orders(q):
        words = "transposed" if q.expected.ndim == 2 else f"with its axes permuted to {order}"
        back = tuple(int(k) for k in np.argsort(order))
        yield Candidate(
            "conjugate",
            f"obtained is the conjugate of expected, {words}: ' where .' is meant, or the reverse",
            f"transpose back and conjugate: np.conj(np.transpose(answer, {back}))",
            lambda order=order: np.conj(np.transpose(q.expected, order)),
            log2(factorial(q.expected.ndim)) - 4,
        )


def _flipped(q: Question) -> Iterator[Candidate]:
    axes = [k for k, n in enumerate(q.expected.shape) if n > 1]
    for many in range(1, len(axes) + 1):
        for group in combinations(axes, many):
            told = " and ".join(q.axis(k) for k in group)
            kernel = (
                ", turned by 180 degrees: a flipped kernel, convolution for correlation?" if many > 1 else ""
            )
            what = group[0] if many == 1 else group
            yield Candidate(
                "flipped axes",
                f"obtained is expected reversed along {told}{kernel}",
                f"np.flip(answer, axis={what}), or reverse what it is computed from",
                partial(np.flip, q.expected, group),
                -2.0 if q.expected.ndim == 1 else float(many - 1) * 1.5,
            )


def _rolled(q: Question) -> Iterator[Candidate]:
    for k, n in enumerate(q.expected.shape):
        for by in (1, -1) if n > 2 else ():
            odd = ", or np.fft.fftshift for ifftshift, which differ by one for an odd size" if n % 2 else ""
            yield Candidate(
                "shifted by one",
                f"obtained is expected rolled by {by} along {q.axis(k)}: an index is off by one{odd}",
                f"np.roll(answer, {-by}, axis={k}), or count from the index before or after",
                partial(np.roll, q.expected, by, k),
                0.5,
            )
    axes = tuple(k for k, n in enumerate(q.expected.shape) if n > 1)
    if len(axes) > 1:
        for by in (1, -1):
            yield Candidate(
                "shifted by one",
                f"obtained is expected rolled by {by} along all axes: np.fft.fftshift for ifftshift, "
                "which differ by one for odd sizes, or an index that is off by one",
                "swap np.fft.fftshift and np.fft.ifftshift",
                partial(np.roll, q.expected, (by,) * len(axes), axes),
                1.0,
            )
    for group in {(k,) for k in axes} | {axes}:
        if group and max(q.expected.shape[k] for k in group) > 3:
            for shift in (np.fft.fftshift, np.fft.ifftshift):
                yield Candidate(
                    "fftshift",
                    f"obtained is expected after one more np.fft.{shift.__name__} along {_all(group, q)}: "
                    "the halves are swapped",
                    f"leave out np.fft.{shift.__name__}, or apply the inverse",
                    partial(shift, q.expected, group),
                    1.5,
                )


def _all(group: tuple[int, ...], q: Question) -> str:
    return " and ".join(q.axis(k) for k in group)


def _shifted(q: Question) -> Iterator[Candidate]:
    for k, n in enumerate(q.expected.shape):
        for by in (1, -1, 2, -2):
            if n <= abs(by) + 1:
                continue
            for fill in ("zeros", "edge", "nan"):
                if fill == "nan" and (q.obtained.dtype.kind not in "fc" or q.expected.dtype.kind not in "fc"):
                    continue
                told = {"zeros": "zeros", "edge": "the edge repeated", "nan": "NaN"}[fill]
                yield Candidate(
                    "shifted by one" if abs(by) == 1 else "shifted",
                    f"obtained is expected shifted by {by} along {q.axis(k)}, with {told} moving in: "
                    f"an index is off by {abs(by)}",
                    f"begin the loop or slice along {q.axis(k)} {abs(by)} {'earlier' if by > 0 else 'later'}: "
                    "MATLAB counts from 1, NumPy from 0",
                    partial(shifted, q.expected, by, k, fill),
                    0.0 if abs(by) == 1 else 2.0,
                )


def displaced(q: Question) -> Iterator[Candidate]:
    """Yield a shift by one, with something moving in that expected does not have: a window that begins elsewhere."""
    values = value_bits(q)
    if values < FEWEST_DIGITS:
        return
    for k, n in enumerate(q.expected.shape):
        for by in (1, -1) if n > 3 else ():
            e, o, edge = (
                _but(q.expected, k, by > 0),
                _but(q.obtained, k, by < 0),
                _but(q.differing, k, by < 0),
            )
            if not edge.any() or gap(e, o) > 4 * q.step:
                continue
            yield Candidate(
                "shifted by one",
                f"obtained is expected shifted by {by} along {q.axis(k)}, with what moves in "
                f"{'before' if by > 0 else 'behind'} not among expected: a loop or window that is off by one",
                f"begin along {q.axis(k)} one {'later' if by > 0 else 'earlier'}: MATLAB counts from 1, NumPy from 0",
                lambda: q.obtained,
                1.0,
                bits=content_bits(o[edge], values) - OPEN,
            )


def _but(x: Array, axis: int, last: bool) -> Array:
    """Return all but the last, or the first, along an axis."""
    return np.take(x, range(x.shape[axis] - 1) if last else range(1, x.shape[axis]), axis)


def shifted(x: Array, by: int, axis: int, fill: str) -> Array:
    """Return x moved along an axis, with zeros, NaN or its own edge moving in."""
    y = np.roll(x, by, axis)
    hole = [slice(None)] * x.ndim
    hole[axis] = slice(0, by) if by > 0 else slice(by, None)
    edge = [slice(None)] * x.ndim
    edge[axis] = slice(0, 1) if by > 0 else slice(-1, None)
    y[tuple(hole)] = x[tuple(edge)] if fill == "edge" else 0 if fill == "zeros" else np.nan
    return y


def _turned(q: Question) -> Iterator[Candidate]:
    """Yield permutations with one flip: np.rot90 the other way, or axes that also run the other way."""
    if not 2 <= q.expected.ndim <= 4:
        return
    for order in orders(q):
        for k, n in enumerate(q.obtained.shape):
            if n > 1:
                yield Candidate(
                    "axes permuted and flipped",
                    f"obtained is expected with its axes permuted to {order}, then reversed along axis {k}",
                    f"np.transpose(np.flip(answer, {k}), {tuple(int(a) for a in np.argsort(order))}); "
                    "for a picture, np.rot90 the other way",
                    lambda order=order, k=k: np.flip(np.transpose(q.expected, order), k),
                    log2(factorial(q.expected.ndim)) + 2,
                )
