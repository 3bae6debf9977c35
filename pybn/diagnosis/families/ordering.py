"""Sorted another way: ties, NaN, complex numbers, direction; slices in another order; eigenvectors and their signs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import gap
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import ARITHMETIC, NEEDED, chosen_bits, moved_bits, value_bits
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question

VECTORS = 256.0  # ULP of the largest element: a decomposition is iterated, and rounds more than a formula
MOST = 512  # slices that are matched with each other


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield orders of sorting, and signs and orders of vectors."""
    if not q.same_shape or q.expected.size < 2:
        return
    yield from _ties(q)
    if q.expected.ndim == 1 or sum(n > 1 for n in q.expected.shape) == 1:
        yield from _vector(q)
    if q.expected.dtype.kind in "fc" and q.obtained.dtype.kind in "fc":
        yield from _signs(q)
    if 1 <= q.expected.ndim <= 4:
        yield from _slices(q)


def _ties(q: Question) -> Iterator[Candidate]:
    """Yield permutations that sort an input equally well: they differ among equal keys alone."""
    found, other = whole(q.expected), whole(q.obtained)
    if found is None or other is None:
        return
    yield from _inverse(found)
    for name, x in q.inputs.items():
        for axis in range(x.ndim):
            if (
                x.size != found.size
                or x.shape[axis] < 2
                or [n for n in x.shape if n > 1] != [n for n in found.shape if n > 1]
            ):
                continue
            a, b = found.reshape(x.shape), other.reshape(x.shape)
            for base in (0, 1):
                want, got = _taken(x, a - base, axis), _taken(x, b - base, axis)
                if want is None or got is None or not _same(want, got) or not _sorted(want, axis):
                    continue
                yield Candidate(
                    "order of ties",
                    f"both sides sort {name} along axis {axis}, and order equal elements in another way",
                    "np.argsort(x, kind='stable'); downwards np.argsort(-x, kind='stable'): [::-1] turns ties round",
                    lambda: q.obtained,
                    bits=NEEDED + 2.0,
                )


def _inverse(found: Array) -> Iterator[Candidate]:
    """Yield the inverse of a permutation: where each element goes, for where it comes from."""
    flat = found.reshape(-1)
    base = int(flat.min())
    if found.size == max(found.shape) and np.array_equal(np.sort(flat), np.arange(flat.size) + base):
        yield Candidate(
            "index for rank",
            "obtained is the inverse permutation of expected: ranks for indices, or the reverse",
            "np.argsort of the answer turns one into the other",
            lambda: (np.argsort(flat) + base).reshape(found.shape),
        )


def _taken(x: Array, index: Array, axis: int) -> Array | None:
    """Return x at a permutation of an axis; None where it is none."""
    n = x.shape[axis]
    if index.min() < 0 or index.max() >= n:
        return None
    order = np.sort(index, axis=axis)
    if not np.array_equal(
        order, np.broadcast_to(np.arange(n).reshape([-1 if k == axis else 1 for k in range(x.ndim)]), x.shape)
    ):
        return None
    return np.take_along_axis(x, index, axis)


def _same(a: Array, b: Array) -> bool:
    return bool(np.all((a == b) | ((a != a) & (b != b))))


def _sorted(x: Array, axis: int) -> bool:
    if x.dtype.kind == "c":
        x = np.abs(x)
    if x.dtype.kind == "b":
        x = x.astype(np.int8)
    first, after = (np.take(x, np.arange(k, x.shape[axis] - 1 + k), axis) for k in (0, 1))
    known = (first == first) & (after == after)
    return bool(np.all((first <= after) | ~known) or np.all((first >= after) | ~known))


def _vector(q: Question) -> Iterator[Candidate]:
    """Yield the same elements of a vector in another order: NaN elsewhere, complex numbers by magnitude, unsorted."""
    a, b = q.expected.reshape(-1), q.obtained.reshape(-1)
    if a.dtype.kind in "fc" and np.isnan(a).any():
        holes = np.isnan(a)
        for told, y in (
            ("last", np.concatenate([a[~holes], a[holes]])),
            ("first", np.concatenate([a[holes], a[~holes]])),
            ("last, in the other direction", np.concatenate([a[~holes][::-1], a[holes]])),
            ("first, in the other direction", np.concatenate([a[holes], a[~holes][::-1]])),
        ):
            yield Candidate(
                "NaN handling",
                f"the elements agree, but NaN is sorted to be {told}",
                "MATLAB's sort puts NaN last, first when it descends; np.sort puts it last, and [::-1] turns all round",
                lambda y=y: y.reshape(q.expected.shape),
            )
    if a.dtype.kind == "c":
        for told, y in (("real part", np.sort(a)), ("magnitude", a[np.lexsort((np.angle(a), np.abs(a)))])):
            yield Candidate(
                "order of complex numbers",
                f"obtained is expected sorted by {told}",
                "MATLAB sorts complex numbers by magnitude, then angle; NumPy by real part, then imaginary part",
                lambda y=y: y.reshape(q.expected.shape),
            )
    if _of_matrix(q) and not np.array_equal(a, b):
        order = np.lexsort((a.imag, a.real)) if a.dtype.kind == "c" else np.argsort(a)
        other = np.lexsort((b.imag, b.real)) if b.dtype.kind == "c" else np.argsort(b)
        if gap(a[order], b[other]) <= VECTORS * q.step:
            yield Candidate(
                "order of eigenvalues",
                "obtained has the elements of expected in another order: eigenvalues and roots come in no order",
                "sort both sides by one key, np.lexsort((y.imag, y.real))",
                lambda: q.obtained,
                2.0,
                bits=value_bits(q) * min(a.size, 8) if np.unique(a).size > 2 else 0.0,
            )
    plain = a.dtype.kind != "c" and not np.isnan(a.astype(np.float64)).any() and _sorted(a, 0)
    if plain and not _sorted(b, 0) and gap(np.sort(a), np.sort(b)) <= VECTORS * q.step:
        yield Candidate(
            "not sorted",
            "obtained has the elements of expected, which are sorted, in another order",
            "sort the port's answer: MATLAB's unique, eig of symmetric matrices and svd give sorted answers",
            lambda: q.obtained,
            1.0,
            bits=value_bits(q) * min(a.size, 64) if np.unique(a).size > 3 else 0.0,
        )


def _of_matrix(q: Question) -> bool:
    """Tell whether these may be eigenvalues: of a matrix among the inputs, or since they are conjugate pairs."""
    flat = q.expected.reshape(-1)
    if any(x.ndim == 2 and x.shape[0] == x.shape[1] == flat.size for x in q.inputs.values()):
        return True
    paired = flat.dtype.kind == "c" and bool(np.any(flat.imag != 0))
    return paired and bool(np.all(np.isin(np.conj(flat), flat)))


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
        word = "columns" if axis == 0 else "rows"
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
            f"fix the sign on both sides, such as the largest element of each of the {word} positive, or compare abs",
            lambda y=y: y,
            1.0 if many < vectors else 3.0,
            VECTORS,
            "computed",
            bits=(arrangement + 12.0) if unit and value_bits(q) > 12 else arrangement,
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
                bits=moved_bits(q) - math.lgamma(n + 1) / math.log(2) - (n if signed else 0),
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
