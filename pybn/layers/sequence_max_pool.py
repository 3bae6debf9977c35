"""Max pooling of sequences: the largest number of each channel under a window that slides over the steps."""

from __future__ import annotations

from collections.abc import Sequence

from pybn.kernels.windows import flag, whole
from pybn.layers.base import Array, Shape, check_float, sequence_layout
from pybn.layers.max_pool_layer import MaxPoolLayer
from pybn.layers.over_steps import OverSteps, step_pad


class SequenceMaxPool(OverSteps):
    """Take the maximum of each channel under each position of a window over steps.

    Shapes, float32 or float64 throughout, with the axes in the order that `layout` names:
        x, dx (N, T, C); y, dy (N, T', C), T' = (T + left + right - size) / stride + 1, which must be a whole number,
        or with `floor` is rounded down: steps at the end are left out
    `pad` is (left, right) or one number, each smaller than `size`, or "same": whatever makes T' = ceil(T / stride),
    the smaller half on the left. Padding never wins, not even over -Inf. Every maximum of a window receives the full
    gradient. NaN is ignored unless a window holds nothing else: its y is NaN, and its gradient reaches nobody.
    Raises ValueError or LayoutError for options; ShapeError, DTypeError or StateError, naming the tensor, what was
    wanted and what came.
    Source: MaxPoolLayer along one axis; matlab_ref/SequenceMaxPool.m.
    """

    def __init__(
        self,
        size: int,
        stride: int = 1,
        layout: str = "NTC",
        *,
        pad: int | Sequence[int] | str = 0,
        floor: bool = False,
    ) -> None:
        self.size = whole("size", size)
        self.stride = whole("stride", stride)
        self.layout = sequence_layout(layout)
        self.pad = step_pad(pad, self.size)
        self.floor = flag("floor", floor)

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x with the positions of the window for T."""
        window = self._window(self.size, 1, self._steps(inputs[0]))
        return self._answer_shape(inputs[0], inputs[0][self.layout.index("C")], window)

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        window = self._window(self.size, 1, self._steps(x.shape))
        image = MaxPoolLayer(1, self.size, window.stride, pad=window.pad, floor=window.floor)
        return self._run(image, x, shape, (), out)
