"""Several inputs side by side: images and sequences along their channels, rows along their features."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.elementwise import deliver, own
from pybn.layers.base import (
    Array,
    JoinGradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_images,
    check_like,
    check_out,
    check_sequences,
    tensor_layout,
)


class Concat(Layer):
    """y is x1, x2 ... one after the other: images and sequences along C, rows (N, D) along D.

    Shapes, float32 or float64 throughout: all inputs images or sequences with the axes in the order that `layout`
    names ("NCHW", "HWCN", "NTC", any order), or all rows (N, D); all sizes equal but those of C or D, which y
    adds up.
    The gradient is cut at the same places: `backward(dy).input1`, `.input2` ..., or all in `.inputs`.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; LayoutError for what is
    no order of axes; StateError where a backward comes before any forward.
    Source: matlab_ref/Concat.m.
    """

    fan_in = None

    def __init__(self, layout: str = "NCHW") -> None:
        self.layout = tensor_layout(layout)
        self._cache: tuple[tuple[Shape, ...], np.dtype[Any]] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x1, with the channels, or features, of all inputs added up."""
        if len(inputs) < 2:
            raise ShapeError(f"inputs: wanted two or more, got {len(inputs)}")
        axis = self._axis(inputs[0])
        around = _without(inputs[0], axis)
        for k, shape in enumerate(inputs, 1):
            if len(shape) != 2 or 0 in shape:
                _check(f"x{k}", shape, self.layout)
            if len(shape) != len(inputs[0]) or _without(shape, axis) != around:
                wanted = [str(n) for n in inputs[0]]
                wanted[axis] = "any"
                raise ShapeError(f"x{k}: wanted shape ({', '.join(wanted)}) as x1, got {shape}")
        return (*inputs[0][:axis], sum(shape[axis] for shape in inputs), *inputs[0][axis + 1 :])

    def forward(self, *inputs: Array, out: Array | None = None) -> Array:
        """Return y, the inputs along C or D, written into `out` where one is given."""
        for k, x in enumerate(inputs, 1):
            check_float(f"x{k}", x)
        shapes = tuple(x.shape for x in inputs)
        shape = self.output_shape(*shapes)
        for k, x in enumerate(inputs, 1):
            check_like(f"x{k}", x, x.shape, inputs[0].dtype)
        if out is not None:
            check_out(out, shape, inputs[0].dtype)
        y = np.empty(shape, inputs[0].dtype)  # not into `out`, parts of which may be the inputs
        np.concatenate(inputs, self._axis(shape), out=y)
        self._cache = (shapes, y.dtype)
        return y if out is None else deliver(y, out)

    def backward(self, dy: Array, *, out: tuple[Array, ...] | None = None) -> JoinGradients:
        """Return the gradient by each input, in memory of its own, or written into `out`, an array an input."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        shapes, dtype = self._cache
        check_like("dy", dy, self.output_shape(*shapes), dtype)
        if out is not None:
            if not isinstance(out, tuple) or len(out) != len(shapes):
                raise ShapeError(f"out: wanted a tuple of {len(shapes)} arrays, one an input")
            for each, shape in zip(out, shapes, strict=True):
                check_out(each, shape, dtype)
            dy = own(dy)  # one of `out` may be part of its memory
        axis = self._axis(dy.shape)
        ends = np.cumsum([shape[axis] for shape in shapes])[:-1]
        parts = np.split(dy, ends, axis)
        return JoinGradients(
            tuple(deliver(part, each) for part, each in zip(parts, out or [None] * len(parts), strict=True))
        )

    def _axis(self, shape: Shape) -> int:
        return 1 if len(shape) == 2 else self.layout.index("C")


def _check(name: str, shape: Shape, layout: str) -> None:
    check = check_images if len(layout) == 4 else check_sequences
    check(name, shape, layout)


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])
