"""What windows over the steps of sequences share: they run on images of one row, whose pixels are the steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pybn.kernels.windows import Pair, Window, ends
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
    check_sequences,
)
from pybn.layouts import convert

Pad = Pair | str


class OverSteps(Layer):
    """A layer of sequences whose y are sequences of as many steps as its window has positions."""

    layout: str
    stride: int
    pad: Pad
    floor: bool
    # The layer of images that made y, the shapes of x and y, and their dtype.
    _ran: tuple[Layer, Shape, Shape, np.dtype[np.floating]] | None = None

    def _window(self, size: int, dilation: int, steps: int) -> Window:
        """Return the window over so many steps, with the padding that "same" means there."""
        extent = (size - 1) * dilation + 1
        if self.pad == "same":
            # As many positions as make ceil(steps / stride): what is left over then is meant to be.
            sides, floor = same_ends(steps, extent, self.stride), True
        else:
            assert isinstance(self.pad, tuple)  # noqa: S101  # for the type checker
            sides, floor = self.pad, self.floor
        return Window((1, size), (1, self.stride), (0, 0, *sides), (1, dilation), floor)

    def _answer_shape(self, x: Shape, channels: int, window: Window) -> Shape:
        sizes = {"N": x[self.layout.index("N")], "T": window.steps(self._steps(x)), "C": channels}
        return tuple(sizes[axis] for axis in self.layout)

    def _steps(self, x: Shape) -> int:
        check_sequences("x", x, self.layout)
        return x[self.layout.index("T")]

    def _run(
        self, image: Layer, x: Array, shape: Shape, parameters: Sequence[Array], out: Array | None
    ) -> Array:
        """Return y of `shape`, made by a layer of images (N, C, 1, T)."""
        check_float("x", x)
        if out is not None:
            check_out(out, shape, x.dtype)
        y = np.empty_like(x, shape=shape, subok=False) if out is None else out
        image.forward(self._images(x), *parameters, out=self._images(y))  # type: ignore[attr-defined]
        self._ran = image, x.shape, shape, x.dtype
        return y

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x, written into `out` where one is given, and by what else the layer has."""
        check_cached(self._ran)
        assert self._ran is not None  # noqa: S101  # for the type checker
        image, x_shape, shape, dtype = self._ran
        check_like("dy", dy, shape, dtype)
        if out is not None:
            check_out(out, x_shape, dtype)
        dx = np.empty_like(dy, shape=x_shape, subok=False) if out is None else out
        found = image.backward(self._images(dy), out=self._images(dx))  # type: ignore[attr-defined]
        weight = None if found.weight is None else np.ascontiguousarray(found.weight[:, :, 0])
        return Gradients(dx, weight, found.bias)

    def _images(self, x: Array) -> Array:
        """Return a view of sequences as images (N, C, 1, T)."""
        return convert(x[np.newaxis], f"H{self.layout}".replace("T", "W"), "NCHW")


def step_pad(pad: object, size: int | None = None) -> Pad:
    """Return (left, right) of a whole number for both, or of two; "same" as it is.

    Raises ValueError for anything else, and for a side that is not smaller than a window of `size`: it could lie in
    the padding alone.
    """
    if isinstance(pad, str):
        if pad != "same":
            raise ValueError(f"pad: wanted a whole number >= 0, two (left, right) or 'same', got {pad!r}")
        return "same"
    both = ends("pad", pad)
    if size is not None and max(both) >= size:
        raise ValueError(f"pad: wanted both ends smaller than the window, {size}, got {pad!r}")
    return both


def same_ends(steps: int, extent: int, stride: int) -> Pair:
    """Return the padding (left, right) that makes ceil(steps / stride) positions, the smaller half on the left."""
    total = max((-(-steps // stride) - 1) * stride + extent - steps, 0)
    return total // 2, total - total // 2
