"""Recurrent cells: one step of an LSTM or a GRU, with its gates in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations, product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "gates": "order of gates",
    "update": "momentum reversed",
    "reset": "another function",
    "bias": "bias forgotten",
    "output": "outputs exchanged",
    "states": "operands exchanged",
}
LARGEST = 1 << 18
MOST = 10  # inputs


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of steps of a cell whose weights, bias and states are among the inputs, for one row or a batch."""
    if (
        q.expected.dtype.kind != "f"
        or not q.same_shape
        or not 1 < q.expected.size <= LARGEST
        or len(q.inputs) > MOST
    ):
        return
    known = {
        n: np.atleast_2d(x.astype(np.float64))
        for n, x in q.inputs.items()
        if x.dtype.kind == "f" and x.ndim <= 2
    }
    size = np.atleast_2d(q.expected).shape
    for hidden in sorted({size[0], size[1]} if min(size) > 1 else {max(size)}):
        if hidden > 1:
            many = q.expected.size // hidden
            yield from twin_candidates(q, list(_lstm(q, known, hidden, many)), NAMES)
            yield from twin_candidates(q, list(_gru(q, known, hidden, many)), NAMES)


def _rows(x: Array, width: int, many: int) -> Array | None:
    """Return x as `many` rows of so many elements; None where it is no such thing."""
    if x.shape == (many, width):
        return x
    return x.T if x.shape == (width, many) else None


def _sums(
    known: Mapping[str, Array], hidden: int, many: int, gates: int
) -> Iterator[tuple[str, str, Array, str, Array]]:
    """Yield what gates are made of: in words, the bias, the sums by the input, the name of the state, and its weights.

    Weights are two matrices, for input and state, or one for both, the input first.
    """
    states = {n: s for n, x in known.items() if (s := _rows(x, hidden, many)) is not None}
    biases: dict[str, Array] = {"adds no bias": np.zeros(1)}
    biases |= {
        f"adds {n}": x.reshape(1, -1) for n, x in known.items() if x.size == gates * hidden == max(x.shape)
    }
    for n, (u, x), (w, wx), (v, wh) in product(states, known.items(), known.items(), known.items()):
        if w == v or u == n:
            continue
        a, b = _oriented(wx, gates * hidden), _oriented(wh, gates * hidden)
        rows = None if a is None else _rows(x, a.shape[0], many)
        if a is None or b is None or rows is None or b.shape[0] != hidden:
            continue
        for bias, c in biases.items():
            yield f"{u}, {n} by {w} and {v}", bias, rows @ a + c, n, b
    for n, (u, x), (w, wx) in product(states, known.items(), known.items()):
        a = _oriented(wx, gates * hidden)
        rows = None if a is None else _rows(x, a.shape[0] - hidden, many) if a.shape[0] > hidden else None
        if a is None or rows is None or u == n:
            continue
        for bias, c in biases.items():
            yield f"{u}, {n} by {w}", bias, rows @ a[:-hidden] + c, n, a[-hidden:]


def _oriented(w: Array, columns: int) -> Array | None:
    return w if w.shape[1] == columns else w.T if w.shape[0] == columns else None


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _lstm(q: Question, known: Mapping[str, Array], hidden: int, many: int) -> Iterator[Formula]:
    states = {n: s for n, x in known.items() if (s := _rows(x, hidden, many)) is not None}
    for about, bias, by_input, state, by_state in _sums(known, hidden, many, 4):
        z = (by_input + states[state] @ by_state).reshape(many, 4, hidden)
        for cell, c in states.items():
            if cell == state:
                continue
            for gates in permutations("ifgo"):
                i, f, g, o = (z[:, gates.index(k)] for k in "ifgo")
                after = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
                for output, y in (("returns h", _sigmoid(o) * np.tanh(after)), ("returns c", after)):
                    yield Formula(
                        f"a step of an LSTM of {about}, with {cell} as its cell state",
                        {
                            "gates": f"has the gates in the order {' '.join(gates)}",
                            "bias": bias,
                            "output": output,
                        },
                        lambda y=y: _shaped(y, q),
                        terms=64,
                        fixes={
                            "gates": f"split the sums in the order {' '.join(gates)}: input, forget, cell (g), output"
                        },
                    )


def _gru(q: Question, known: Mapping[str, Array], hidden: int, many: int) -> Iterator[Formula]:
    states = {n: s for n, x in known.items() if (s := _rows(x, hidden, many)) is not None}
    for about, bias, by_input, state, weights in _sums(known, hidden, many, 3):
        old = states[state]
        x, h = by_input.reshape(many, 3, hidden), (old @ weights).reshape(many, 3, hidden)
        for gates in permutations("zrn"):
            z, r, n = (gates.index(k) for k in "zrn")
            update, reset = _sigmoid(x[:, z] + h[:, z]), _sigmoid(x[:, r] + h[:, r])
            before = (reset * old) @ weights[:, n * hidden : (n + 1) * hidden]
            for when, fresh in (
                ("resets the state before the product", before),
                ("resets after the product", reset * h[:, n]),
            ):
                new = np.tanh(x[:, n] + fresh)
                for told, y in (
                    ("weighs the old state by z", update * old + (1 - update) * new),
                    ("weighs the old state by 1 - z", (1 - update) * old + update * new),
                ):
                    order = " ".join(gates)
                    yield Formula(
                        f"a step of a GRU of {about}",
                        {
                            "gates": f"has the gates in the order {order}",
                            "bias": bias,
                            "update": told,
                            "reset": when,
                        },
                        lambda y=y: _shaped(y, q),
                        terms=64,
                        fixes={
                            "gates": f"split the sums in the order {order}: update z, reset r, new n",
                            "update": "z * h + (1 - z) * n"
                            if told.endswith("by z")
                            else "(1 - z) * h + z * n",
                            "reset": "(r * h) @ U" if "before" in when else "r * (h @ U)",
                        },
                    )


def _shaped(y: Array, q: Question) -> Array:
    shape = q.expected.shape
    return (
        y.T if y.ndim == 2 and y.T.shape == shape != y.shape else y.reshape(shape) if min(y.shape) == 1 else y
    )
