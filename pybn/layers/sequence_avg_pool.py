"""Average pooling of sequences: the mean of each channel under a window that slides over the steps."""

from __future__ import annotations

from collections.abc import Sequence

from pybn.kernels.windows import flag, whole
from pybn.layers.avg_pool_layer import AvgPoolLayer
from pybn.layers.base import Array, Shape, check_float, check_numerics, sequence_layout
from pybn.layers.over_steps import OverSteps, step_pad


class SequenceAvgPool(OverSteps):
    """Take the mean of each channel under each position of a window over steps.

    Shapes, float32 or float64 throughout, with the axes in the order that `layout` names:
        x, dx (N, T, C); y, dy (N, T', C), T' = (T + left + right - size) / stride + 1, which must be a whole number,
        or with `floor` is rounded down: steps at the end are left out
    `pad` is (left, right) or one number, each smaller than `size`, or "same": whatever makes T' = ceil(T / stride),
    the smaller half on the left. The mean is over the steps of the sequence under the window; with
    `count_include_pad`, PyTorch's default, the padding counts as steps of 0.
    Steps, and the gradients of overlapping windows, add up in the order of time, starting from +0:
    `numerics="octave"` is bit for bit the reference.
    Raises ValueError or LayoutError for options; ShapeError, DTypeError or StateError, naming the tensor, what was
    wanted and what came.
    Source: AvgPoolLayer along one axis; matlab_ref/SequenceAvgPool.m.
    """

    def __init__(
        self,
        size: int,
        stride: int = 1,
        layout: str = "NTC",
        *,
        pad: int | Sequence[int] | str = 0,
        floor: bool = False,
        count_include_pad: bool = False,
        numerics: str = "octave",
    ) -> None:
        self.size = whole("size", size)
        self.stride = whole("stride", stride)
        self.layout = sequence_layout(layout)
        self.pad = step_pad(pad, self.size)
        self.floor = flag("floor", floor)
        self.count_include_pad = flag("count_include_pad", count_include_pad)
        self.numerics = check_numerics(numerics)

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x with the positions of the window for T."""
        window = self._window(self.size, 1, self._steps(inputs[0]))
        return self._answer_shape(inputs[0], inputs[0][self.layout.index("C")], window)

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        window = self._window(self.size, 1, self._steps(x.shape))
        image = AvgPoolLayer(
            1,
            self.size,
            window.stride,
            pad=window.pad,
            floor=window.floor,
            count_include_pad=self.count_include_pad,
        )
        return self._run(image, x, shape, (), out)
