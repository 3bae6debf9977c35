"""Convolution of images with filters, as one matrix product a group over the patches that the filters see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.patches import gather, scatter
from pybn.kernels.sums import column_sums
from pybn.kernels.windows import Pair, Window, flag, pair, sides, whole
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_cached,
    check_float,
    check_images,
    check_like,
    check_numerics,
    check_out,
    image_layout,
)
from pybn.layouts import convert


class ConvolutionLayer(Layer):
    """Slide filters over images: at each position, the sum of the window's pixels times the filter's weights.

    Shapes, float32 or float64 throughout, with the axes of images in the order that `layout` names:
        x, y, dy, dx four axes, e.g. (N, C, H, W), (N, F, H', W'); bias (F,)
        weight as x, with the F filters in the place of N and C/groups in that of C: NCHW (F, C/groups, kH, kW),
        HWCN (kH, kW, C/groups, F), NHWC (F, kH, kW, C/groups)
    It is a correlation: the filters are not flipped. H' = (H + top + bottom - dilation (kH - 1) - 1) / stride + 1,
    W' alike; a fraction is an error, or with `floor` rounded down: pixels at the end are left out.
    `stride` and `dilation` are (vertical, horizontal) or one number for both, `pad` is (top, bottom, left, right),
    (vertical, horizontal) or one number, zeros all; as attributes they are written out. `groups` cuts channels and
    filters into as many blocks, each filter seeing its own block alone.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where no
    forward came before backward.
    Source: the definition as a sum over channels and spots, rearranged (im2col); matlab_ref/ConvolutionLayer.m.
    """

    parameters = ("weight", "bias")

    def __init__(
        self,
        stride: int | Sequence[int] = 1,
        pad: int | Sequence[int] = 0,
        layout: str = "NCHW",
        *,
        groups: int = 1,
        dilation: int | Sequence[int] = 1,
        floor: bool = False,
        numerics: str = "octave",
    ) -> None:
        self.stride = pair("stride", stride)
        self.pad = sides("pad", pad)
        self.layout = image_layout(layout)
        self.groups = whole("groups", groups)
        self.dilation = pair("dilation", dilation)
        self.floor = flag("floor", floor)
        self.numerics = check_numerics(numerics)
        self._filters = self.layout.replace("N", "F")  # the axes of the weight
        # Patches (groups, spots, positions), filters (groups, F/groups, spots), the window, the shapes of x and y.
        self._cache: tuple[Array, Array, Window, Shape, Shape] | None = None

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """Return the shape of y for an input and a weight of these shapes."""
        if weight is None:
            raise ShapeError(f"weight: wanted its shape ({', '.join(self._filters)}), got None")
        x = inputs[0]
        (filters,) = self.parameter_shapes(x, weight)["bias"]
        height, width = self._window(weight).output(*self._size(x))
        sizes = {"N": x[self.layout.index("N")], "C": filters, "H": height, "W": width}
        return tuple(sizes[axis] for axis in self.layout)

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return the weight's shape, where it fits x, and (F,) for the bias."""
        check_images("x", x, self.layout)
        check_images("weight", weight, self._filters)
        channels, groups = x[self.layout.index("C")], self.groups
        seen, filters = weight[self._filters.index("C")], weight[self._filters.index("F")]
        if channels % groups or filters % groups:
            raise ShapeError(
                f"groups: {groups} of them do not divide the {channels} channels of x {x} and the {filters} "
                f"filters of the weight {weight}"
            )
        if seen * groups != channels:
            raise ShapeError(
                f"weight: wanted filters of {channels // groups} channels, C/groups of x {x}, got shape {weight}"
            )
        return {"weight": weight, "bias": (filters,)}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, written into `out` where one is given."""
        check_float("x", x)
        check_float("weight", weight)
        shape = self.output_shape(x.shape, weight=weight.shape)
        for name, wanted in self.parameter_shapes(x.shape, weight.shape).items():
            check_like(name, {"weight": weight, "bias": bias}[name], wanted, x.dtype)
        if out is not None:
            check_out(out, shape, x.dtype)
        window = self._window(weight.shape)
        self._cache = None  # the patches of the batch before are large: not both at once
        patches = gather(convert(x, self.layout, "NCHW"), window, window.output(*self._size(x.shape)))
        patches = patches.reshape(self.groups, -1, patches[0, 0, 0].size)
        filters = np.array(convert(weight, self._filters, "FCWH"), order="C")
        filters = filters.reshape(self.groups, bias.size // self.groups, -1)
        y = np.empty_like(x, shape=shape, subok=False) if out is None else out
        there = convert(y, self.layout, "CNWH")
        with np.errstate(all="ignore"):
            products = (filters @ patches).reshape(there.shape)
            np.add(products, bias.reshape(-1, 1, 1, 1), out=there)
        self._cache = (patches, filters, window, x.shape, shape)
        return y

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped as x, written into `out` where one is given), weight and bias."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        patches, filters, window, x_shape, shape = self._cache
        check_like("dy", dy, shape, patches.dtype)
        if out is not None:
            check_out(out, x_shape, patches.dtype)
        given = np.ascontiguousarray(convert(dy, self.layout, "CNWH"))
        spots = (x_shape[self.layout.index("C")], *window.kernel[::-1], *given.shape[1:])
        rows = given.reshape(*filters.shape[:2], -1)
        with np.errstate(all="ignore"):
            dfilters = rows @ patches.transpose(0, 2, 1)
            dpatches = filters.transpose(0, 2, 1) @ rows
            dbias = column_sums(given.reshape(given.shape[0], -1).T)
            images = scatter(dpatches.reshape(spots), window, self._size(x_shape))
        dx = np.empty_like(dy, shape=x_shape, subok=False) if out is None else out
        np.copyto(convert(dx, self.layout, "NCHW"), images)
        dfilters = dfilters.reshape(given.shape[0], -1, *window.kernel[::-1])
        return Gradients(dx, np.ascontiguousarray(convert(dfilters, "FCWH", self._filters)), dbias)

    def _size(self, shape: Shape) -> Pair:
        """Return the rows and columns of images or of filters: their axes stand in the same places."""
        return shape[self.layout.index("H")], shape[self.layout.index("W")]

    def _window(self, weight: Shape) -> Window:
        return Window(self._size(weight), self.stride, self.pad, self.dilation, self.floor)
