"""What integers may be rounded from: small expressions in the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.question import Question

Value = Callable[..., Array]
NUMBERS = (
    *map(float, range(2, 11)),
    12.0,
    16.0,
    32.0,
    64.0,
    100.0,
    127.0,
    128.0,
    255.0,
    256.0,
    1000.0,
    32767.0,
    32768.0,
    65535.0,
)


def expressions(q: Question) -> Iterator[tuple[str, Value]]:
    """Yield an input, two of them combined, or one and a number: in words, and as what computes it in double."""
    arrays = {n: x.astype(np.float64) for n, x in q.inputs.items() if x.dtype.kind in "biuf"}
    for n, x in arrays.items():
        yield from _of_one(q, n, x)
    names = list(arrays)[:6]
    for k, n in enumerate(names):
        for m in names[k + 1 :]:
            try:
                np.broadcast_shapes(arrays[n].shape, arrays[m].shape)
            except ValueError:
                continue
            yield from _of_two(q, n, m, arrays[n], arrays[m])


def _of_one(q: Question, n: str, x: Array) -> Iterator[tuple[str, Value]]:
    yield n, lambda: x
    yield f"-{n}", partial(np.negative, x)
    yield f"abs({n})", partial(np.abs, x)
    yield f"{n}^2", partial(np.square, x)
    yield f"sqrt({n})", partial(np.sqrt, x)
    labels = {c: f"{c:g}" for c in NUMBERS} | {v: k for k, v in q.scalars.items()}
    for c, label in labels.items():
        yield f"{n} * {label}", partial(np.multiply, x, c)
        yield f"{n} / {label}", partial(np.divide, x, c)
        yield f"{n} + {label}", partial(np.add, x, c)
        yield f"{n} - {label}", partial(np.subtract, x, c)
        yield f"{label} - {n}", partial(np.subtract, c, x)
    for label, c in q.scalars.items():
        if 0.01 < c < 100 and x.min(initial=0) >= 0:
            yield f"255 * ({n} / 255)**{label}", lambda c=c: 255 * (x / 255) ** c
    for axis in range(min(x.ndim, 4)):
        if x.size // x.shape[axis] == q.expected.size:
            yield f"the mean of {n} over axis {axis}", lambda a=axis: x.mean(axis=a)
            yield f"the sum of {n} over axis {axis}", lambda a=axis: x.sum(axis=a)


def _of_two(q: Question, n: str, m: str, a: Array, b: Array) -> Iterator[tuple[str, Value]]:
    yield f"{n} + {m}", partial(np.add, a, b)
    yield f"{n} - {m}", partial(np.subtract, a, b)
    yield f"{m} - {n}", partial(np.subtract, b, a)
    yield f"abs({n} - {m})", lambda: np.abs(a - b)
    yield f"{n} * {m}", partial(np.multiply, a, b)
    yield f"{n} / {m}", partial(np.divide, a, b)
    yield f"{m} / {n}", partial(np.divide, b, a)
    yield f"({n} + {m}) / 2", lambda: (a + b) / 2
    yield f"{n} * {m} / 255", lambda: a * b / 255
    for label, c in q.scalars.items():
        yield f"{label} * {n} + (1 - {label}) * {m}", lambda c=c: c * a + (1 - c) * b
        yield f"(1 - {label}) * {n} + {label} * {m}", lambda c=c: (1 - c) * a + c * b
        yield f"{n} + {label} * {m}", lambda c=c: a + c * b
        yield f"{n} - {label} * {m}", lambda c=c: a - c * b
