"""What the layers share that join inputs element by element: all inputs alike, and a gradient for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.elementwise import check_any, deliver
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


class EltWise(Layer):
    """A layer of two or more inputs, all of the shape and dtype of y, one to four axes.

    Checks, `out` and the order of calls are seen to here; a layer gives the arithmetic: `_join` returns y and what
    a backward needs, memory of its own; `_divide` is given that, and returns a gradient for each of `count` inputs.
    """

    fan_in = None
    _cache: tuple[Shape, np.dtype[Any], int, Any] | None = None

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
            y, kept = self._join(inputs, out)
        self._cache = (shape, y.dtype, len(inputs), kept)
        return y

    def backward(self, dy: Array, *, out: tuple[Array, ...] | None = None) -> JoinGradients:
        """Return the gradient by each input, in memory of its own, or written into `out`, an array an input."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        shape, dtype, count, kept = self._cache
        check_like("dy", dy, shape, dtype)
        if out is not None:
            if not isinstance(out, tuple) or len(out) != count:
                raise ShapeError(f"out: wanted a tuple of {count} arrays, one an input")
            for each in out:
                check_out(each, shape, dtype)
        with np.errstate(all="ignore"):
            gradients = self._divide(dy, count, kept)
        if out is None:
            return JoinGradients(gradients)
        return JoinGradients(tuple(deliver(dx, each) for dx, each in zip(gradients, out, strict=True)))

    def _join(self, inputs: tuple[Array, ...], out: Array | None) -> tuple[Array, Any]:
        raise NotImplementedError

    def _divide(self, dy: Array, count: int, kept: Any) -> tuple[Array, ...]:
        raise NotImplementedError
