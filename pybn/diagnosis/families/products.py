"""Products of two inputs: a factor transposed, * for @, flattened in another order, the two exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "left": "factor transposed",
    "right": "factor transposed",
    "product": "* for @",
    "flatten": "C order for Fortran order",
    "bias": "bias forgotten",
    "order": "operands exchanged",
    "kind": "* for @",
    "conjugate": "conjugate",
}
CONJUGATED = ("conjugates nothing", "conjugates the left", "conjugates the right")
WORK = 1 << 26  # multiplications


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of products of two inputs, with a third one added."""
    if len(q.inputs) <= 8:
        yield from twin_candidates(q, list(_products(q)), NAMES)
        yield from twin_candidates(q, list(_solutions(q)), NAMES)
        yield from twin_candidates(q, list(_outer(q)), NAMES)
        yield from twin_candidates(q, list(_powers(q)), NAMES)


def _matrices(x: Array) -> Iterator[tuple[str, str, tuple[int, int], Callable[[], Array]]]:
    """Yield an array as matrices, with shape: as it is, transposed; one of more axes flattened in any order."""
    if x.ndim <= 2:
        y = x.reshape(1, -1) if x.ndim == 1 else x
        yield "takes it as it is", "flattens nothing", (y.shape[0], y.shape[1]), lambda: y
        yield "takes it transposed", "flattens nothing", (y.shape[1], y.shape[0]), lambda: y.T
    elif x.ndim <= 4 and x.size <= 1 << 20:
        for batch in {0, x.ndim - 1}:
            rest = [k for k in range(x.ndim) if k != batch]
            many = x.shape[batch], x.size // x.shape[batch]
            for order in permutations(rest):
                flat = partial(_flattened, x, (batch, *order))
                told = f"flattens axes {tuple(rest)} with axis {order[-1]} the fastest and {order[0]} the slowest"
                yield "takes it as it is", told, many, flat
                yield "takes it transposed", told, many[::-1], partial(_turned, flat)


def _turned(matrix: Callable[[], Array]) -> Array:
    return matrix().T


def _flattened(x: Array, order: tuple[int, ...]) -> Array:
    return x.transpose(order).reshape(x.shape[order[0]], -1)


def _added(q: Question, shape: tuple[int, ...], taken: set[str]) -> Iterator[tuple[str, Array | float]]:
    yield "adds nothing", 0.0
    for name, b in q.inputs.items():
        if name not in taken and b.ndim <= 2 and b.size in (shape[0], shape[-1]):
            yield f"adds {name}", b.reshape(1, -1) if b.size == shape[-1] else b.reshape(-1, 1)


def _products(q: Question) -> Iterator[Formula]:
    sizes = {q.expected.size, q.obtained.size}
    for n, x in q.inputs.items():
        for m, w in q.inputs.items():
            kinds = 3 if "c" in (x.dtype.kind, w.dtype.kind) else 1
            for left, flat, (rows, inner), a in _matrices(x):
                for right, other, (across, columns), b in _matrices(w):
                    if other != "flattens nothing" or inner != across or rows * columns not in sizes:
                        continue
                    if rows * columns * inner > WORK:
                        continue
                    for bias, c in _added(q, (rows, columns), {n, m}):
                        for conj in CONJUGATED[:kinds]:
                            yield _product(n, m, (left, right, flat, bias, conj), a, b, c, inner)
            if n != m and x.shape == w.shape:
                yield _elementwise(n, m, x, w)


def _product(
    n: str,
    m: str,
    told: tuple[str, ...],
    a: Callable[[], Array],
    b: Callable[[], Array],
    c: Array | float,
    terms: int,
) -> Formula:
    left, right, flat, bias, conj = told
    return Formula(
        f"the product of {n} and {m}",
        {
            "left": f"takes {n} {left[9:]}",
            "right": f"takes {m} {right[9:]}",
            "flatten": flat,
            "bias": bias,
            "product": "multiplies matrices",
            "conjugate": conj,
        },
        lambda: (
            (np.conj(a()) if conj == CONJUGATED[1] else a())
            @ (np.conj(b()) if conj == CONJUGATED[2] else b())
            + c
        ),
        terms=terms,
        fixes={
            "left": f"{n}.T" if "transposed" in left else f"{n}, not {n}.T",
            "right": f"{m}.T" if "transposed" in right else f"{m}, not {m}.T",
            "flatten": f"{n}.reshape(..., order='F'), or transpose before it is flattened",
            "product": "use @ for MATLAB's *",
            "conjugate": {
                CONJUGATED[0]: "do not conjugate, as MATLAB's .'",
                CONJUGATED[1]: f"conjugate {n}: MATLAB's ' does, .' and NumPy's .T do not",
                CONJUGATED[2]: f"conjugate {m}: MATLAB's ' does, .' and NumPy's .T do not",
            }[conj],
        },
    )


def _elementwise(n: str, m: str, x: Array, w: Array) -> Formula:
    told = {"left": f"takes {n} as it is", "right": f"takes {m} as it is", "flatten": "flattens nothing"}
    told |= {
        "bias": "adds nothing",
        "product": "multiplies element by element",
        "conjugate": "conjugates nothing",
    }
    return Formula(
        f"the product of {n} and {m}", told, lambda: x * w, fixes={"product": "use * for MATLAB's .*"}
    )


def _solutions(q: Question) -> Iterator[Formula]:
    """Yield solutions of linear systems: A \\ b, with A transposed, from the other side."""
    for n, a in q.inputs.items():
        if a.ndim != 2 or a.shape[0] != a.shape[1] or a.shape[0] > 256:
            continue
        for m, b in q.inputs.items():
            if b.size % a.shape[0] or b.ndim > 2 or b.size not in (q.expected.size, q.obtained.size):
                continue
            sides = [("solves from the left", b.reshape(a.shape[0], -1) if b.ndim == 1 else b, False)]
            if b.shape[0] == a.shape[0]:
                yield Formula(
                    f"the solution of a system of {n} and {m}",
                    {"left": f"takes {n} as it is", "order": "multiplies instead"},
                    partial(np.matmul, a, b),
                )
            if b.ndim == 2:
                sides.append(("solves from the right", b, True))
            for side, rhs, right in sides:
                for turned in (False, True):
                    yield Formula(
                        f"the solution of a system of {n} and {m}",
                        {"left": f"takes {n} {'transposed' if turned else 'as it is'}", "order": side},
                        lambda a=a, rhs=rhs, right=right, turned=turned: _solved(a, rhs, right, turned),
                        terms=a.shape[0] * 256,
                        fixes=dict.fromkeys(("left", "order"), _solve(n, m, turned, right)),
                    )


def _solve(n: str, m: str, turned: bool, right: bool) -> str:
    """Return how a system is solved, in Python."""
    matrix = f"{n}.T" if turned != right else n
    return f"np.linalg.solve({matrix}, {m}.T).T" if right else f"np.linalg.solve({matrix}, {m})"


def _solved(a: Array, b: Array, right: bool, turned: bool) -> Array:
    matrix = a.T if turned != right else a
    side = b.T if right else b
    if side.shape[0] != matrix.shape[0]:
        return np.empty(0)
    try:
        found = np.linalg.solve(matrix, side)
    except np.linalg.LinAlgError:
        return np.empty(0)
    return np.asarray(found.T if right else found)


def _outer(q: Question) -> Iterator[Formula]:
    for n, a in q.inputs.items():
        for m, b in q.inputs.items():
            if a.ndim > 2 or b.ndim > 2 or a.size * b.size not in (q.expected.size, q.obtained.size):
                continue
            x, y = np.atleast_2d(a), np.atleast_2d(b)
            if n < m:
                first: dict[str, Callable[[], Array]] = {
                    f"takes {n} first": partial(np.kron, x, y),
                    f"takes {m} first": partial(np.kron, y, x),
                }
                for told, make in first.items():
                    yield Formula(f"the Kronecker product of {n} and {m}", {"order": told}, make)


def _powers(q: Question) -> Iterator[Formula]:
    """Yield functions of a square matrix and of its elements: A^2 and A.^2, inv(A) and 1./A, expm(A) and exp(A)."""
    for n, a in q.inputs.items():
        if (
            a.ndim == 2
            and 1 < a.shape[0] == a.shape[1] <= 256
            and a.size == q.expected.size
            and a.dtype.kind in "fc"
        ):
            pairs: list[tuple[str, Callable[[], Array], Callable[[], Array]]] = [
                ("the square", partial(np.matmul, a, a), partial(np.multiply, a, a)),
                ("the cube", partial(np.linalg.matrix_power, a, 3), partial(np.power, a, 3)),
                ("the inverse", partial(_inverse, a), partial(np.divide, 1.0, a)),
            ]
            for told, matrix, single in pairs:
                about = f"{told} of {n}"
                yield Formula(about, {"kind": "is that of the matrix"}, matrix, terms=a.shape[0] * 256)
                yield Formula(about, {"kind": "is that of each element"}, single)


def _inverse(a: Array) -> Array:
    try:
        return np.asarray(np.linalg.inv(a))
    except np.linalg.LinAlgError:
        return np.empty(0)
