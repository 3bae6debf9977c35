"""Sorted another way: ties, NaN, complex numbers, direction; eigenvalues in another order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import gap
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import NEEDED, arranged_bits, value_bits
from pybn.diagnosis.families.order import whole
from pybn.diagnosis.question import Question

COLUMNS = 16  # of a matrix that are tried as keys
VECTORS = 256.0  # ULP of the largest element: a decomposition is iterated, and rounds more than a formula


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield orders of sorting."""
    if not q.same_shape or q.expected.size < 2:
        return
    yield from _ties(q)
    if q.expected.ndim == 1 or sum(n > 1 for n in q.expected.shape) == 1:
        yield from _vector(q)


def _ties(q: Question) -> Iterator[Candidate]:
    """Yield permutations that sort an input equally well: they differ among equal keys alone."""
    found, other = whole(q.expected), whole(q.obtained)
    if found is None or other is None:
        return
    yield from _inverse(found)
    for name, x in q.inputs.items():
        yield from _rows(q, name, x, found, other)
        yield from _best(q, name, x, found, other)
    for name, x in _keys(q, found.size):
        if [n for n in x.shape if n > 1] == [n for n in found.shape if n > 1]:
            for axis in (k for k, n in enumerate(x.shape) if n > 1):
                yield from _sorting(q, name, x, axis, (found.reshape(x.shape), other.reshape(x.shape)))


def _best(q: Question, name: str, x: Array, found: Array, other: Array) -> Iterator[Candidate]:
    """Yield the first few of a sorted vector, equal elements taken in another way."""
    a, b, flat = found.reshape(-1), other.reshape(-1), x.reshape(-1)
    if not 2 < a.size < flat.size or flat.size != max(x.shape) or flat.dtype.kind not in "biuf":
        return
    for base in (1, 0):
        if (
            min(a.min(), b.min()) < base
            or max(a.max(), b.max()) >= flat.size + base
            or np.unique(a).size < a.size
        ):
            continue
        best = np.sort(flat)
        for told, values in (("largest", best[::-1][: a.size]), ("smallest", best[: a.size])):
            if np.unique(values).size > 2 and all(np.array_equal(flat[v - base], values) for v in (a, b)):
                yield Candidate(
                    "order of ties",
                    f"both sides take the {a.size} {told} of {name}, and order equal elements in another way",
                    "np.argsort(x, kind='stable'); downwards np.argsort(-x, kind='stable'): [::-1] turns ties round",
                    lambda: q.obtained,
                    bits=NEEDED + 2.0,
                )


def _keys(q: Question, size: int) -> Iterator[tuple[str, Array]]:
    """Yield the inputs that may have been sorted, and the columns of matrices."""
    for name, x in q.inputs.items():
        if x.size == size:
            yield name, x
        elif x.ndim == 2 and x.shape[0] == size and x.shape[1] <= COLUMNS:
            yield from ((f"{name}[:, {k}]", x[:, k]) for k in range(x.shape[1]))


def _sorting(q: Question, name: str, x: Array, axis: int, sides: tuple[Array, Array]) -> Iterator[Candidate]:
    """Yield that both sides sort this along an axis: equal elements in another way, or in the other direction."""
    bases = [int(side.min()) for side in sides]
    if not set(bases) <= {0, 1}:
        return
    want, got = (_taken(x, side - base, axis) for side, base in zip(sides, bases, strict=True))
    if want is None or got is None or not _sorted(want, axis):
        return
    also = "" if bases[0] == bases[1] else f", and the port counts from {bases[1]}"
    if _same(want, got):
        if not np.array_equal(sides[0] - bases[0], sides[1] - bases[1]):
            yield Candidate(
                "order of ties",
                f"both sides sort {name} along axis {axis}, and order equal elements in another way{also}",
                "np.argsort(x, kind='stable'); downwards np.argsort(-x, kind='stable'): [::-1] turns ties round"
                + ("; add 1" if also else ""),
                lambda: q.obtained,
                bits=NEEDED + 2.0,
            )
    elif _sorted(got, axis) and _same(np.flip(got, axis), want):
        yield _downwards(q, name, axis, also)


def _rows(q: Question, name: str, x: Array, found: Array, other: Array) -> Iterator[Candidate]:
    """Yield orders of the rows of a matrix, as sortrows gives: of equal rows, or by the first column alone."""
    if x.ndim != 2 or x.shape[1] < 2 or x.shape[0] != found.size or x.dtype.kind not in "biuf":
        return
    a, b = found.reshape(-1), other.reshape(-1)
    base = int(a.min())
    if base not in (0, 1) or any(not np.array_equal(np.sort(v), np.arange(a.size) + base) for v in (a, b)):
        return
    right, wrong = x[a - base], x[b - base]
    if not np.array_equal(right, x[np.lexsort(x.T[::-1])]):
        return
    if np.array_equal(right, wrong):
        told = "order equal rows in another way"
    elif np.array_equal(right[:, 0], wrong[:, 0]):
        told = "expected by all columns, the port by the first one alone"
    else:
        return
    yield Candidate(
        "order of ties",
        f"both sides sort the rows of {name}: they {told}"
        if told.startswith("order")
        else f"both sides sort the rows of {name}, {told}",
        f"np.lexsort({name}.T[::-1]), as sortrows: by the first column, then by the next ones, and stable",
        lambda: q.obtained,
        bits=NEEDED + 2.0,
    )


def _downwards(q: Question, name: str, axis: int, also: str) -> Candidate:
    return Candidate(
        "sorted the other way",
        f"both sides sort {name} along {q.along(name, axis)}, one upwards and one downwards{also}",
        "downwards is np.argsort(-x, kind='stable'), as sort(x, 'descend')" + ("; add 1" if also else ""),
        lambda: q.obtained,
        bits=arranged_bits(q.expected),
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
