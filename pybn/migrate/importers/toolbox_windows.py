"""Windows over images: convolution and pooling of the Deep Learning Toolbox."""

from __future__ import annotations

import math
from collections.abc import Callable

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.kernels.windows import sides
from pybn.layers.base import Layer
from pybn.migrate.imported import Parameter
from pybn.migrate.importers.building import (
    Made,
    empty,
    full,
    number_of,
    parameter,
    times,
    unlearnt,
    whole_numbers,
)
from pybn.migrate.importers.toolbox_given import Given, bias_of, oracle, truth
from pybn.migrate.rules import Chain, permute


def convolution(given: Given) -> Made | None:
    """2-D convolution, a correlation: Weights (kH, kW, C, F), or (kH, kW, C/groups, F/groups, groups)."""
    kernel, stride = given.pair("FilterSize"), given.pair("Stride", 1)
    dilation = given.pair("DilationFactor", 1)
    reach = (kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1
    pad = sides_of(given, "Padding", reach, stride)
    if pad is None or given.number("PaddingValue", 0.0) != 0 or given.rank not in (4, None):
        return None
    weights, bias = given.learnt("Weights"), given.learnt("Bias")
    groups = 1
    if not empty(given.fields.get("NumGroups")):
        groups = whole_numbers(given.fields["NumGroups"], f"{given.path}.NumGroups", (1,), 1)[0]
    parameters = {}
    if weights is not None:
        path, value = weights
        shape = full(value, 5)
        groups = shape[4] if groups == 1 else groups
        filters = math.prod(shape[3:])
        chain = Chain.of(value.shape).to(*shape[:3], filters).then(permute(3, 2, 0, 1))
        parameters = {"weight": parameter(path, value, chain)}
        if shape[:2] != kernel:
            raise FormatError(f"{path}: wanted filters of {kernel[0]}x{kernel[1]}, got {times(value)}")
        parameters |= bias_of(bias, filters)
    else:
        parameters = _unlearnt(given, kernel, groups)
    layer = pybn_layers.ConvolutionLayer(stride, pad, groups=groups, dilation=dilation, floor=True)
    options = {"stride": stride, "pad": pad, "dilation": dilation}
    return Made(
        layer,
        parameters,
        oracle("conv", options, weights=weights, bias=bias),
        (
            "filters (kH, kW, C, F) to (F, C, kH, kW), not flipped",
            "a last position that is not whole is left out",
        ),
    )


def _unlearnt(given: Given, kernel: tuple[int, int], groups: int) -> dict[str, Parameter]:
    """Return the shapes of a convolution that was never trained, where they are known."""
    filters = given.fields.get("NumFilters", given.fields.get("NumFiltersPerGroup"))
    if given.channels is None or empty(filters):
        return {}
    count = int(number_of(filters, f"{given.path}.NumFilters")) * (
        1 if "NumFilters" in given.fields else groups
    )
    return {"weight": unlearnt(count, given.channels // groups, *kernel), "bias": unlearnt(count)}


def transposed_convolution(given: Given) -> Made | None:
    """2-D transposed convolution: Weights (kH, kW, F, C)."""
    kernel, stride = given.pair("FilterSize"), given.pair("Stride", 1)
    if given.text("CroppingMode", "manual") == "same":
        crop: tuple[int, ...] | None = _same_crop(kernel, stride)
    else:
        crop = sides_of(given, "Cropping", kernel, stride)
    if crop is None or given.rank not in (4, None):
        return None
    weights, bias = given.learnt("Weights"), given.learnt("Bias")
    parameters = {}
    if weights is not None:
        path, value = weights
        shape = full(value, 4)
        parameters = {
            "weight": parameter(path, value, Chain.of(value.shape).to(*shape).then(permute(3, 2, 0, 1)))
        }
        parameters |= bias_of(bias, shape[2])
    elif (channels := given.channels) is not None:
        filters = int(given.number("NumFilters"))
        parameters = {"weight": unlearnt(channels, filters, *kernel), "bias": unlearnt(filters)}
    return Made(
        pybn_layers.TransposedConvolutionLayer(stride, crop),
        parameters,
        oracle("transposed_conv", {"stride": stride, "crop": crop}, weights=weights, bias=bias),
        ("filters (kH, kW, F, C) to (C, F, kH, kW)",),
    )


def _same_crop(kernel: tuple[int, int], stride: tuple[int, int]) -> tuple[int, ...] | None:
    """Return the cropping that makes the output stride times the size."""
    if any(k < s for k, s in zip(kernel, stride, strict=True)):
        return None
    total = [k - s for k, s in zip(kernel, stride, strict=True)]
    return total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2


def pooling(kind: str) -> Callable[[Given], Made | None]:
    """2-D pooling."""

    def made(given: Given) -> Made | None:
        size, stride = given.pair("PoolSize"), given.pair("Stride", 1)
        pad = sides_of(given, "Padding", size, stride)
        if pad is None or given.rank not in (4, None) or truth(given.fields.get("HasUnpoolingOutputs")):
            return None
        options = {"size": size, "stride": stride, "pad": pad}
        if kind == "max":
            layer: Layer = pybn_layers.MaxPoolLayer(*size, stride, pad=pad, floor=True)  # type: ignore[arg-type]
            return Made(layer, {}, oracle("maxpool", options), ("padding never wins",))
        value = given.fields.get("PaddingValue")
        counted = not (isinstance(value, str) and value == "mean")
        layer = pybn_layers.AvgPoolLayer(*size, stride, pad=pad, count_include_pad=counted, floor=True)  # type: ignore[arg-type]
        note = "padding counts as zeros" if counted else "padding does not count"
        return Made(layer, {}, oracle("avgpool", {**options, "counted": counted}), (note,))

    return made


def sides_of(
    given: Given, prefix: str, kernel: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, ...] | None:
    """Return (top, bottom, left, right); of "same" what makes the output ceil(size / stride), None where unknown."""
    size = given.fields.get(f"{prefix}Size", given.fields.get(prefix))  # as the first versions called it
    mode = given.text(f"{prefix}Mode", "manual")
    if mode == "same" and given.sizes and given.sizes[0] is not None and len(given.sizes[0]) == 4:
        return same(given.sizes[0][2:], kernel, stride)
    if empty(size):
        return None if mode == "same" else (0, 0, 0, 0)
    path = f"{given.path}.{prefix}Size"
    return sides(path, whole_numbers(size, path, (1, 2, 4)))


def same(size: tuple[int | None, ...], kernel: tuple[int, int], stride: tuple[int, int]) -> tuple[int, ...]:
    """Return the padding of "same": the smaller half first."""
    made: list[int] = []
    for n, k, s in zip(size, kernel, stride, strict=True):
        total = max((-(-(n or 1) // s) - 1) * s + k - (n or 1), 0)
        made += [total // 2, total - total // 2]
    return tuple(made)
