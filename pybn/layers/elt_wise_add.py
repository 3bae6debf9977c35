"""The sum of several inputs, element by element: where the branches of a residual network meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.elementwise import check_any, deliver, own
from pybn.layers.base import (
    Array,
    JoinGradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
)


class EltWiseAdd(Layer):
    """y = x1 + x2 + ..., from left to right.

    Shapes: all inputs, y, dy and every dx alike, one to four axes, float32 or float64 throughout.
    Each input's gradient is a copy of dy: `backward(dy).input1`, `.input2` ..., or all in `.inputs`.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward comes before any forward.
    Source: matlab_ref/EltWiseAdd.m.
    """

    fan_in = None

    def __init__(self) -> None:
        self._cache: tuple[Shape, np.dtype[Any], int] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of each input."""
        if len(inputs) < 2:
            raise ShapeError(f"inputs: wanted two or more, got {len(inputs)}")
        check_any("x1", inputs[0])
        for k, shape in enumerate(inputs[1:], 2):
            if shape != inputs[0]:
                raise ShapeError(f"x{k}: wanted shape {inputs[0]} as x1, got {shape}")
        return inputs[0]

    def forward(self, x1: Array, x2: Array | None = None, *more: Array, out: Array | None = None) -> Array:
        """Return y, shaped as each of two or more inputs, written into `out` where one is given."""
        # x2 may be left out only to be told as every other lack of inputs is.
        inputs: tuple[Any, ...] = (x1,) if x2 is None and not more else (x1, x2, *more)
        for k, x in enumerate(inputs, 1):
            check_float(f"x{k}", x)
        shape = self.output_shape(*[x.shape for x in inputs])
        for k, x in enumerate(inputs, 1):
            check_like(f"x{k}", x, shape, inputs[0].dtype)
        if out is not None:
            check_out(out, shape, inputs[0].dtype)
        with np.errstate(all="ignore"):
            total = inputs[0]
            for x in inputs[1:-1]:  # not into `out`, which may be the memory of an input still to come
                total = total + x
            y: Array = np.add(total, inputs[-1], out=out)
        self._cache = (shape, y.dtype, len(inputs))
        return y

    def backward(self, dy: Array, *, out: tuple[Array, ...] | None = None) -> JoinGradients:
        """Return the gradient by each input, in memory of its own, or written into `out`, an array an input."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        shape, dtype, count = self._cache
        check_like("dy", dy, shape, dtype)
        if out is None:
            return JoinGradients(tuple(own(dy) for _ in range(count)))
        if not isinstance(out, tuple) or len(out) != count:
            raise ShapeError(f"out: wanted a tuple of {count} arrays, one an input")
        for each in out:
            check_out(each, shape, dtype)
        copy = own(dy)  # one of `out` may be its memory, or part of it
        return JoinGradients(tuple(deliver(copy, each) for each in out))
