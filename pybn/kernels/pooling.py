"""What the layers that pool images share: the window that their options make, and the results it leads to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.kernels.windows import Window, flag, pair, sides, whole
from pybn.layouts import convert

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


def pool_window(
    kernel_height: object, kernel_width: object, stride: object, pad: object, floor: object = False
) -> Window:
    """Return the window of a pooling layer, with its padding.

    Raises ValueError, naming the argument, also where a window could lie in the padding alone: it would have
    nothing to pool.
    """
    kernel = (whole("kernel_height", kernel_height), whole("kernel_width", kernel_width))
    window = Window(kernel, pair("stride", stride), sides("pad", pad), floor=flag("floor", floor))
    if max(window.pad[:2]) >= kernel[0] or max(window.pad[2:]) >= kernel[1]:
        raise ValueError(
            f"pad: wanted every side smaller than the kernel, {kernel[0]} by {kernel[1]}, got {pad!r}"
        )
    return window


def pooled_shape(window: Window, x: Shape, layout: str) -> Shape:
    """Return the shape that images of shape `x` have after `window`. Raises ShapeError where it does not fit."""
    height, width = layout.index("H"), layout.index("W")
    shape = list(x)
    shape[height], shape[width] = window.output(x[height], x[width])
    return tuple(shape)


def in_layout(images: Array, layout: str, out: Array | None) -> Array:
    """Return a copy of images (N, C, H, W) with their axes in the order `layout`, in `out` where one is given."""
    moved = convert(images, "NCHW", layout)
    result = np.empty(moved.shape, moved.dtype) if out is None else out
    np.copyto(result, moved)
    return result


def global_shape(x: Shape, layout: str) -> Shape:
    """Return the shape that images of shape `x` have once each channel is one pixel."""
    return tuple(1 if axis in "HW" else size for axis, size in zip(layout, x, strict=True))
