"""Eigenvectors and their signs, and slices in another order: what a decomposition leaves open."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import ARITHMETIC, chosen_bits, moved_bits, value_bits
from pybn.diagnosis.question import Question

VECTORS = 256.0  # ULP of the largest element: a decomposition is iterated, and rounds more than a formula
MOST = 512  # slices that are matched with each other


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield signs and orders of vectors, and the same slices in another order."""
    if not q.same_shape or q.expected.size < 2:
        return
    if q.expected.dtype.kind in "fc" and q.obtained.dtype.kind in "fc":
        yield from _signs(q)
    if 1 <= q.expected.ndim <= 4:
        yield from _slices(q)


def _signs(q: Question) -> Iterator[Candidate]:
    """Yield vectors of the other sign, or of another phase: columns or rows of a matrix, each as it likes."""
    if q.expected.ndim != 2:
        return
    for axis in (0, 1):  # along which the vectors lie
        y, turned = aligned(q.expected, q.obtained, axis)
        many = int(turned.sum())
        length, vectors = q.expected.shape[axis], q.expected.shape[1 - axis]
        if many == 0 or length < 2 or y is None:
            continue
        unit = np.allclose((np.abs(q.expected) ** 2).sum(axis=axis), 1.0, rtol=1e-4)
        word = ("column" if axis == 0 else "row") + ("s" if many > 1 else "")
        words = "columns" if axis == 0 else "rows"
        which = ", ".join(str(k) for k in np.flatnonzero(turned)[:8]) + (" ..." if many > 8 else "")
        phase = (
            "times another factor of magnitude 1" if q.expected.dtype.kind == "c" else "with the other sign"
        )
        hit = np.take(q.expected, np.flatnonzero(turned), 1 - axis)
        arrangement = chosen_bits(int((q.expected != 0).sum()), int((hit != 0).sum())) - vectors
        unit = unit or _triangular(q.expected)
        yield Candidate(
            "eigenvector sign",
            f"obtained has {word} {which} of expected {phase}: eigenvectors and singular vectors "
            "are determined up to that",
            f"fix the sign on both sides, such as the largest element of each of the {words} positive, or compare abs",
            lambda y=y: y,
            1.0 if many < vectors else 3.0,
            VECTORS,
            "computed",
            bits=(arrangement + 12.0) if unit and value_bits(q) > 12 else arrangement,
        )
    if q.expected.shape[0] == q.expected.shape[1] > 2:
        yield from _turned(q)


def _turned(q: Question) -> Iterator[Candidate]:
    """Yield a square matrix that is transposed, and whose vectors have signs of their own besides."""
    if value_bits(q) <= 12:
        return
    for axis in (0, 1):  # along which the vectors lie in what was obtained
        y, turned = aligned(q.expected.T, q.obtained, axis)
        if y is not None and turned.any() and not turned.all():
            yield Candidate(
                "axes permuted",
                f"obtained is expected transposed, {'columns for rows' if axis == 0 else 'rows for columns'}, "
                f"and {int(turned.sum())} of these have the other sign, as vectors of a decomposition may",
                "answer.T: np.linalg.svd gives V', where MATLAB's svd gives V; then compare up to the sign",
                lambda y=y: y,
                2.0,
                VECTORS,
                "computed",
                bits=moved_bits(q, q.obtained) + (0.5 * value_bits(q) - 1) * len(turned),
            )


def _triangular(x: Array) -> bool:
    """Tell whether this may be the factor of a QR decomposition."""
    return min(x.shape) > 2 and np.array_equal(x, np.triu(x)) and bool(np.any(np.triu(x, 1)))


def aligned(a: Array, b: Array, axis: int) -> tuple[Array | None, Array]:
    """Return a with its vectors turned to b's phase, and which were; None where the phases are none of magnitude 1."""
    size = np.abs(a)
    where = np.expand_dims(np.where(np.isfinite(size), size, -1).argmax(axis=axis), axis)
    with np.errstate(all="ignore"):
        ratio = np.take_along_axis(b, where, axis) / np.take_along_axis(a, where, axis)
    if a.dtype.kind != "c" and b.dtype.kind != "c":
        ratio = np.where(ratio < 0, -1.0, 1.0)
    elif not np.allclose(np.abs(ratio), 1, rtol=1e-3):
        return None, np.zeros(0, bool)
    ratio = ratio / np.abs(ratio)
    return (a * ratio).astype(a.dtype), (np.abs(ratio - 1) > 1e-6).reshape(-1)


def _slices(q: Question) -> Iterator[Candidate]:
    """Yield the same slices along an axis in another order: columns of eigenvectors, rows of unique, channels."""
    for axis, n in enumerate(q.expected.shape):
        if not 3 <= n <= MOST and not (n == 2 and q.expected.ndim > 1):
            continue
        for signed in (False, True):
            if signed and (q.expected.ndim != 2 or q.expected.dtype.kind not in "fc"):
                continue
            order = matched(q, axis, signed)
            if order is None or np.array_equal(order, np.arange(n)):
                continue
            told = ", ".join(map(str, order[:8])) + (" ..." if n > 8 else "")
            also = ", and some with the other sign" if signed else ""
            if q.expected.ndim == 1 or q.expected.size == n:
                continue  # a vector in any order is no finding
            yield Candidate(
                "order of slices",
                f"obtained is expected with its slices along {q.axis(axis)} in another order: {told}{also}",
                "sort both sides by one key; eigenvalues of general matrices come in no order that is promised",
                partial(_reordered, q, order, axis, signed),
                2.0 + signed,
                VECTORS if signed else ARITHMETIC,
                bits=moved_bits(q, q.obtained) - math.lgamma(n + 1) / math.log(2) - (n if signed else 0),
            )


def _reordered(q: Question, order: Array, axis: int, signed: bool) -> Array:
    y = np.take(q.expected, order, axis)
    if not signed:
        return y
    found, _ = aligned(y, q.obtained, 1 - axis)
    return y if found is None else found


def matched(q: Question, axis: int, signed: bool) -> Array | None:
    """Return the order of expected's slices that gives obtained's, by a key; None where there is none."""
    a, b = (np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1) for x in (q.expected, q.obtained))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    if signed:
        a, b = np.abs(a), np.abs(b)
    some = np.linspace(0, a.shape[1] - 1, min(32, a.shape[1])).astype(np.intp)
    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    left, right = a[:, some].astype(wide), b[:, some].astype(wide)
    off = np.abs(right[:, None, :] - left[None, :, :]).max(axis=2)
    order = off.argmin(axis=1)
    return order if np.unique(order).size == order.size else None
