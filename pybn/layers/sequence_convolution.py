"""Convolution of sequences: filters that slide over their steps."""

from __future__ import annotations

from collections.abc import Sequence

from pybn.errors import ShapeError
from pybn.kernels.windows import Window, flag, whole
from pybn.layers.base import Array, Shape, check_float, check_like, check_numerics, sequence_layout
from pybn.layers.convolution_layer import ConvolutionLayer
from pybn.layers.over_steps import OverSteps, step_pad


class SequenceConvolution(OverSteps):
    """Slide filters over the steps of sequences: at each position, the sum of what they see times their weights.

    Shapes, float32 or float64 throughout, sequences with the axes in the order that `layout` names:
        x (N, T, C), y, dy (N, T', F); weight (F, C/groups, k), bias (F,)
    It is a correlation: the filters are not flipped. T' = (T + left + right - dilation (k - 1) - 1) / stride + 1; a
    fraction is an error, or with `floor` rounded down: steps at the end are left out.
    `pad` is (left, right) or one number, zeros all, or "same": whatever makes T' = ceil(T / stride), the smaller half
    on the left. (dilation (k - 1), 0) makes a convolution causal: no step sees a later one. `groups` cuts channels
    and filters into as many blocks, each filter seeing its own block alone.
    Raises ValueError or LayoutError for options; ShapeError or DTypeError, naming the tensor, what was wanted and what
    came; StateError where no forward came before backward.
    Source: the definition as a sum over channels and steps; matlab_ref/SequenceConvolution.m.
    """

    parameters = ("weight", "bias")

    def __init__(
        self,
        stride: int = 1,
        pad: int | Sequence[int] | str = 0,
        layout: str = "NTC",
        *,
        dilation: int = 1,
        groups: int = 1,
        floor: bool = False,
        numerics: str = "octave",
    ) -> None:
        self.stride = whole("stride", stride)
        self.pad = step_pad(pad)
        self.layout = sequence_layout(layout)
        self.dilation = whole("dilation", dilation)
        self.groups = whole("groups", groups)
        self.floor = flag("floor", floor)
        self.numerics = check_numerics(numerics)

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """Return the shape of y for an input and a weight of these shapes."""
        if weight is None:
            raise ShapeError("weight: wanted its shape (F, C/groups, k), got None")
        x = inputs[0]
        (filters,) = self.parameter_shapes(x, weight)["bias"]
        return self._answer_shape(x, filters, self._seen(x, weight))

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return the weight's shape, where it fits x, and (F,) for the bias."""
        self._steps(x)
        if len(weight) != 3 or 0 in weight:
            raise ShapeError(f"weight: wanted (F, C/groups, k) with no empty side, got shape {weight}")
        channels, groups = x[self.layout.index("C")], self.groups
        if channels % groups or weight[0] % groups:
            raise ShapeError(
                f"groups: {groups} of them do not divide the {channels} channels of x {x} and the {weight[0]} "
                f"filters of the weight {weight}"
            )
        if weight[1] * groups != channels:
            raise ShapeError(
                f"weight: wanted filters of {channels // groups} channels, C/groups of x {x}, got shape {weight}"
            )
        return {"weight": weight, "bias": weight[:1]}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        check_float("weight", weight)
        shape = self.output_shape(x.shape, weight=weight.shape)
        for name, wanted in self.parameter_shapes(x.shape, weight.shape).items():
            check_like(name, {"weight": weight, "bias": bias}[name], wanted, x.dtype)
        window = self._seen(x.shape, weight.shape)
        image = ConvolutionLayer(
            window.stride, window.pad, groups=self.groups, dilation=window.dilation, floor=window.floor
        )
        return self._run(image, x, shape, (weight[:, :, None], bias), out)

    def _seen(self, x: Shape, weight: Shape) -> Window:
        return self._window(weight[2], self.dilation, self._steps(x))
