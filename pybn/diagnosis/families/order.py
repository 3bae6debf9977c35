"""C order where MATLAB has Fortran order: reshape, flatten, linear indices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from math import log2, prod

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question, alike

MOST = 40  # shapes that are tried


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield reshapes in the other order, axes flattened in another order, and linear indices of the other order."""
    if q.expected.size > 3 and q.expected.ndim and q.rearranged:
        if not alike(q.expected.shape, q.obtained.shape) or q.same_shape:
            yield from _reshaped(q)
        yield from _flattened(q)
    if q.same_shape:
        yield from _linear(q)
        yield from _counted(q)
        yield from _collected(q)


def _reshaped(q: Question) -> Iterator[Candidate]:
    """Yield what comes of reading the same source in the other order: flat(expected) is read back by its shape."""
    yield from reshaped(q, _sources(q, q.expected.size), 0.0)


def reshaped(q: Question, sources: list[tuple[int, ...]], cost: float) -> Iterator[Candidate]:
    """Yield what comes of each of these shapes of the source."""
    for shape in sources:
        source = "" if len(shape) == 1 else f" of {shape}"
        for read, written in (("F", "C"), ("C", "F")):
            name = "C order for Fortran order" if written == "C" else "Fortran order for C order"
            wrong, right = ("C", "Fortran") if written == "C" else ("Fortran", "C")
            yield Candidate(
                name,
                f"the port reads and writes elements in {wrong} order where {right} order is meant: "
                f"a reshape or flatten{source} to {q.obtained.shape}",
                f"x.reshape({q.expected.shape}, order={read!r}), and ravel(order={read!r}) where x is flattened",
                lambda shape=shape, read=read, written=written: (
                    q.expected.reshape(-1, order=read)
                    .reshape(shape, order=read)
                    .reshape(-1, order=written)
                    .reshape(q.obtained.shape, order=written)
                ),
                cost + (written == "F"),
            )


def _sources(q: Question, size: int) -> list[tuple[int, ...]]:
    """Return the shapes that the elements may have come in: flat, or an input's, its axes in any order."""
    found: list[tuple[int, ...]] = [(size,)]
    found += [x.shape for x in q.inputs.values() if x.size == size]
    for x in q.inputs.values():
        dims = [n for n in x.shape if n > 1]
        if prod(dims) == size and len(dims) <= 4:
            found += [order for order in permutations(dims) if order not in found]
    return list(dict.fromkeys(found))[:MOST]


def factors(size: int) -> list[tuple[int, ...]]:
    """Return the shapes of two axes, then of three, that hold so many elements."""
    divisors = [n for n in range(2, int(size**0.5) + 1) if size % n == 0]
    divisors += [size // n for n in reversed(divisors) if n * n != size]
    two: list[tuple[int, ...]] = [(n, size // n) for n in divisors if size // n > 1]
    three: list[tuple[int, ...]] = [
        (a, b, size // a // b) for a in divisors for b in divisors if size % (a * b) == 0 and a * b < size
    ]
    return two + three


def _flattened(q: Question) -> Iterator[Candidate]:
    """Yield an axis that was flattened from several, whose elements come in another order of those."""
    if q.expected.ndim < 2 or not q.same_shape:
        return
    for axis, n in enumerate(q.expected.shape):
        rows = [s[1:] for s in _sources_of_axis(q, n)]
        for k, parts in enumerate(dict.fromkeys(rows)):
            for order in permutations(range(len(parts))):
                if order == tuple(range(len(parts))):
                    continue
                whole = order == tuple(reversed(range(len(parts))))
                undo = tuple(int(a) for a in np.argsort(order))
                yield Candidate(
                    "C order for Fortran order",
                    f"{q.axis(axis)} is {' x '.join(map(str, parts))} flattened, and the port "
                    + (
                        "flattens these in C order for Fortran order"
                        if whole
                        else f"takes these in the order {order}"
                    ),
                    "flatten with order='F' for 'C', or transpose before"
                    if whole
                    else f"np.transpose(..., {undo}) of these before they are flattened",
                    lambda axis=axis, parts=parts, order=order: regrouped(q.expected, axis, parts, order),
                    1.0 + log2(k + 1),
                )


def _sources_of_axis(q: Question, n: int) -> list[tuple[int, ...]]:
    """Return 0 and the sizes of the axes that may have been flattened to n: an input's first, any two otherwise."""
    spans = [
        (x.shape, a, b) for x in q.inputs.values() for a in range(x.ndim) for b in range(a + 2, x.ndim + 1)
    ]
    found = [(0, *s[a:b]) for s, a, b in spans if prod(s[a:b]) == n and min(s[a:b]) > 1]
    return (found + [(0, *two) for two in factors(n)])[:12]


def regrouped(x: Array, axis: int, parts: tuple[int, ...], order: tuple[int, ...]) -> Array:
    """Return x with one axis taken for several, these permuted, and flattened again."""
    split = x.reshape(*x.shape[:axis], *parts, *x.shape[axis + 1 :])
    axes = [*range(axis), *(axis + k for k in order), *range(axis + len(parts), split.ndim)]
    return split.transpose(axes).reshape(x.shape)


def _linear(q: Question) -> Iterator[Candidate]:
    """Yield linear indices into an array, counted along the other order."""
    found = whole(q.expected)
    if found is None or whole(q.obtained) is None:
        return
    shapes = {x.shape for x in q.inputs.values() if x.ndim > 1}
    given = [int(v) for v in q.scalars.values() if v == int(v) and 1 < v < 1 << 20]
    shapes |= {(a, b) for a in given for b in given} if len(given) <= 6 else set()
    shapes |= {
        tuple(v.reshape(-1).astype(int).tolist())
        for v in q.inputs.values()
        if 1 < v.size < 6 and _is_shape(v)
    }
    for shape in sorted(shapes):
        for base in (1, 0):
            for read, write in (("F", "C"), ("C", "F")):
                if int(found.min()) - base >= 0 and int(found.max()) - base < prod(shape):
                    yield Candidate(
                        "C order for Fortran order",
                        f"the linear indices into {shape} count along {'rows' if write == 'C' else 'columns'}, "
                        f"where {'columns' if write == 'C' else 'rows'} are meant",
                        f"np.ravel_multi_index(..., {shape}, order={read!r}), np.unravel_index likewise",
                        lambda shape=shape, base=base, read=read, write=write: (
                            np.ravel_multi_index(
                                np.unravel_index(found - base, shape, order=read), shape, order=write
                            )
                            + base
                        ),
                        1.0,
                        kind="computed",
                    )


def _counted(q: Question) -> Iterator[Candidate]:
    """Yield linear indices of subscripts among the inputs, counted along the other order: of a shape that they tell."""
    found, other = whole(q.expected), whole(q.obtained)
    if found is None or other is None or found.size < 3:
        return
    given = {
        n: w.reshape(-1) for n, x in q.inputs.items() if (w := whole(x)) is not None and x.size == found.size
    }
    for (n, r), (m, c) in permutations(given.items(), 2):
        if r.min() < 1 or c.min() < 1 or c.max() == 1 or r.max() == 1:
            continue
        rows = _stride(found.reshape(-1) - r, c - 1)
        columns = _stride(other.reshape(-1) - c, r - 1)
        if rows is None or columns is None or rows < r.max() or columns < c.max():
            continue
        yield Candidate(
            "C order for Fortran order",
            f"the linear indices of {n} and {m} count along the rows of ({rows}, {columns}), where expected goes "
            "down the columns",
            f"{n} + {rows} * ({m} - 1), or np.ravel_multi_index(..., ({rows}, {columns}), order='F') + 1",
            lambda: q.obtained,
            1.0,
            bits=(np.unique(found).size - 2) * log2(rows * columns),
        )


def _stride(index: Array, place: Array) -> int | None:
    """Return the one whole number that the index is of the place; None where there is none."""
    some = np.flatnonzero(place)
    if not some.size or (index[some] % place[some]).any():
        return None
    step = np.unique(index[some] // place[some])
    return int(step[0]) if step.size == 1 and step[0] > 0 and not index[place == 0].any() else None


def _collected(q: Question) -> Iterator[Candidate]:
    """Yield elements of an input, or their indices, collected along rows where columns are meant: x(x > 0), find."""
    if q.expected.size != max(q.expected.shape, default=0) or q.expected.size < 3:
        return
    e, shape = q.expected.reshape(-1), q.expected.shape
    for name, x in q.inputs.items():
        if x.ndim < 2 or x.size < e.size or x.size > 1 << 20:
            continue
        told = f"the elements of {name} are collected along rows, in C order, where expected goes down the columns"
        fix = f"{name}.T[mask.T], or np.flatnonzero(mask.ravel(order='F'))"
        flat = x.reshape(-1)
        by_value = np.argsort(flat, kind="stable")
        place = by_value[np.minimum(np.searchsorted(flat[by_value], e), x.size - 1)]
        name_of = "C order for Fortran order"
        if np.array_equal(flat[place], e) and np.unique(place).size == place.size:
            yield Candidate(name_of, told, fix, lambda flat=flat, p=place: flat[np.sort(p)].reshape(shape))
        found = whole(q.expected)
        for base in (1, 0) if found is not None else ():
            if found is not None and found.min() >= base and found.max() - base < x.size:
                at = np.unravel_index(found.reshape(-1) - base, x.shape, order="F")
                rows = (np.sort(np.ravel_multi_index(at, x.shape)) + base).reshape(shape)
                yield Candidate(
                    name_of, f"{told}: linear indices", fix, lambda rows=rows: rows, 1.0, kind="computed"
                )


def _is_shape(v: Array) -> bool:
    return v.dtype.kind in "iuf" and bool(np.all((v == np.round(v)) & (v > 0) & (v < 1 << 20)))


def whole(x: Array) -> Array | None:
    """Return x as int64 where all its elements are whole numbers that this holds; None otherwise."""
    if not x.size or x.dtype.kind not in "iuf":
        return None
    with np.errstate(all="ignore"):
        if not bool(np.all((np.abs(x.astype(np.float64)) < 2.0**52) & (x == np.round(x)))):
            return None
    return x.astype(np.int64)
