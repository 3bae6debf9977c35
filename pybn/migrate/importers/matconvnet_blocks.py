"""MatConvNet's operations, each as a pybn layer and in MatConvNet's own terms; simplenn and dagnn share them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.graph.node import Sizes
from pybn.kernels.windows import sides
from pybn.layers.base import Array, Layer
from pybn.migrate.imported import Oracle, Parameter
from pybn.migrate.importers.building import (
    Made,
    array,
    constant,
    empty,
    full,
    number_of,
    numbers,
    parameter,
    text_of,
    times,
    vector,
    whole_numbers,
    zeros,
)
from pybn.migrate.rules import Chain, permute, square, take


@dataclass(frozen=True, slots=True)
class Block:
    """An operation of the file: its options, its arrays with where they are, and the sizes of what it takes."""

    options: Mapping[str, Any]
    path: str
    arrays: Sequence[tuple[str, Any]] = ()
    sizes: tuple[Sizes | None, ...] = ()

    @property
    def channels(self) -> int | None:
        """The channels of its first input."""
        return None if not self.sizes or self.sizes[0] is None else self.sizes[0][1]

    def number(self, name: str, instead: float) -> float:
        """Return an option that is one number."""
        value = self.options.get(name)
        return instead if empty(value) else number_of(value, f"{self.path}.{name}")

    def pair(self, name: str, instead: int, least: int = 1) -> tuple[int, int]:
        """Return an option that is (vertical, horizontal), or one number for both."""
        value = self.options.get(name)
        if empty(value):
            return instead, instead
        found = whole_numbers(value, f"{self.path}.{name}", (1, 2), least)
        return found[0], found[-1]

    def sides(self, name: str) -> tuple[int, int, int, int]:
        """Return an option that is [top bottom left right], or one number for all."""
        value = self.options.get(name)
        found = [0] if empty(value) else whole_numbers(value, f"{self.path}.{name}", (1, 4))
        return sides(name, found)

    def array(self, index: int) -> tuple[str, Array] | None:
        """Return where an array is, and its value; None where there is none."""
        if index >= len(self.arrays) or empty(self.arrays[index][1]):
            return None
        path, value = self.arrays[index]
        return path, array(value, path)


def oracle(kind: str, options: Mapping[str, Any] | None = None, **arrays: tuple[str, Array] | None) -> Oracle:
    """Return the operation in MatConvNet's terms: those arrays that there are."""
    held = {name: each[1] for name, each in arrays.items() if each is not None}
    return Oracle(f"matconvnet.{kind}", dict(options or {}), held)


def conv(block: Block) -> Made:
    """vl_nnconv: filters (kH, kW, C/groups, F), a correlation; pad [top bottom left right]."""
    filters, biases = _filters(block), block.array(1)
    path, value = filters
    shape = full(value, 4)
    channels = block.channels or shape[2]
    if channels % shape[2]:
        raise FormatError(f"{path}: filters of {shape[2]} channels do not divide the {channels} that come")
    options = {
        "stride": block.pair("stride", 1),
        "pad": block.sides("pad"),
        "dilation": block.pair("dilate", 1),
    }
    layer = pybn_layers.ConvolutionLayer(
        options["stride"],
        options["pad"],
        groups=channels // shape[2],
        dilation=options["dilation"],
        floor=True,
    )
    chain = Chain.of(value.shape).to(*shape).then(permute(3, 2, 0, 1))
    parameters = {"weight": parameter(path, value, chain), "bias": _bias(biases, shape[3], value.dtype)}
    notes = ["filters (kH, kW, C, F) to (F, C, kH, kW), not flipped"]
    return Made(layer, parameters, oracle("conv", options, filters=filters, biases=biases), tuple(notes))


def convt(block: Block) -> Made:
    """vl_nnconvt: filters (kH, kW, F, C), upsampled, then cropped [top bottom left right]."""
    filters, biases = _filters(block), block.array(1)
    path, value = filters
    shape = full(value, 4)
    groups = int(block.number("numGroups", 1))
    options = {"upsample": block.pair("upsample", 1), "crop": block.sides("crop"), "groups": groups}
    layer = pybn_layers.TransposedConvolutionLayer(options["upsample"], options["crop"], groups=groups)  # type: ignore[arg-type]
    chain = Chain.of(value.shape).to(*shape).then(permute(3, 2, 0, 1))
    parameters = {
        "weight": parameter(path, value, chain),
        "bias": _bias(biases, shape[2] * groups, value.dtype),
    }
    told = oracle("convt", options, filters=filters, biases=biases)
    return Made(layer, parameters, told, ("filters (kH, kW, F, C) to (C, F, kH, kW)",))


def relu(block: Block) -> Made:
    """vl_nnrelu, with its leak."""
    leak = block.number("leak", 0.0)
    layer: Layer = pybn_layers.LeakyRelu(leak) if leak else pybn_layers.Relu()
    return Made(layer, {}, oracle("relu", {"leak": leak}))


def pool(block: Block, size: str = "pool") -> Made | None:
    """vl_nnpool: by maximum or by average; padding does not count."""
    kernel, stride, pad = block.pair(size, 1), block.pair("stride", 1), block.sides("pad")
    value = block.options.get("method")
    method = "max" if empty(value) else text_of(value, f"{block.path}.method")
    if method not in ("max", "avg") or max(pad[:2]) >= kernel[0] or max(pad[2:]) >= kernel[1]:
        return None
    layer: Layer
    if method == "max":
        layer = pybn_layers.MaxPoolLayer(*kernel, stride, pad=pad, floor=True)
    else:
        layer = pybn_layers.AvgPoolLayer(*kernel, stride, pad=pad, floor=True)
    options = {"size": kernel, "stride": stride, "pad": pad, "method": method}
    note = "padding never wins" if method == "max" else "padding does not count"
    return Made(layer, {}, oracle("pool", options), (note, "a last position that is not whole is left out"))


def lrn(block: Block) -> Made:
    """vl_nnnormalize: param [N kappa alpha beta]; its alpha is not divided by N."""
    value = block.options.get("param")
    path = f"{block.path}.param"
    found = [5.0, 1.0, 1e-4 / 5, 0.75] if empty(value) else numbers(value, path)
    if len(found) != 4 or not found[0].is_integer() or found[0] < 1:
        raise FormatError(f"{path}: wanted [N kappa alpha beta], got {len(found)} numbers")
    size, kappa, alpha, beta = int(found[0]), *found[1:]
    layer = pybn_layers.LocalResponseNorm(size, alpha * size, beta, kappa)
    return Made(layer, {}, oracle("lrn", {"param": found}), (f"alpha times N: {alpha:g} * {size}",))


def bnorm(block: Block) -> Made:
    """vl_nnbnorm in testing: moments (C, 2) are [mean, sigma], sigma = sqrt(variance + eps)."""
    scale, offset, moments = block.array(0), block.array(1), block.array(2)
    if scale is None or offset is None:
        raise FormatError(f"{block.path}: wanted a gain and an offset for each channel")
    if moments is None:
        raise FormatError(
            f"{block.path}: has no moments, and would use each batch's own; train it, or run it once over data"
        )
    path, value = moments
    channels = scale[1].size
    if value.size != 2 * channels:
        raise FormatError(f"{path}: wanted {channels}x2 moments, [mean sigma], got {times(value)}")
    columns = Chain.of(value.shape).to(channels, 2)
    parameters = {
        "weight": vector(*scale, channels),
        "bias": vector(*offset, channels),
        "running_mean": parameter(path, value, columns.then(take(1, 0, 2))),
        "running_var": parameter(path, value, columns.then(take(1, 1, 2), square())),
    }
    layer = pybn_layers.SpatialBatchNorm(0.0)
    told = oracle("bnorm", {}, scale=scale, offset=offset, moments=moments)
    return Made(
        layer, parameters, told, ("the file has sigma = sqrt(variance + eps): variance = sigma^2, eps = 0",)
    )


def softmax(_: Block) -> Made:
    """vl_nnsoftmax, over the channels."""
    return Made(pybn_layers.Softmax("NCHW"), {}, oracle("softmax"))


def sigmoid(_: Block) -> Made:
    """vl_nnsigmoid."""
    return Made(pybn_layers.Sigmoid(), {}, oracle("sigmoid"))


def dropout(block: Block) -> Made:
    """vl_nndropout, which does nothing in testing; rate is that of zeros."""
    return Made(pybn_layers.Dropout(block.number("rate", 0.5)), {}, oracle("identity"))


def added(_: Block) -> Made:
    """dagnn.Sum."""
    return Made(pybn_layers.EltWiseAdd(), {}, oracle("sum"))


def concat(block: Block) -> Made | None:
    """dagnn.Concat along the channels."""
    return Made(pybn_layers.Concat(), {}, oracle("concat")) if block.number("dim", 3) == 3 else None


def scaled(block: Block) -> Made | None:
    """dagnn.Scale by an array of parameters: y = x * factor + bias, for each channel or each element."""
    make: Any = getattr(pybn_layers, "ScaleLayer", None)
    factor, bias = block.array(0), block.array(1)
    if make is None or factor is None or len(block.sizes) != 1:
        return None
    path, value = factor
    shape = full(value, 3)
    if math.prod(shape[3:]) != 1 or (shape[:2] == (1, 1)) != (value.size == shape[2]):
        return None
    per_channel = shape[:2] == (1, 1)
    chain = (
        Chain.of(value.shape).to(shape[2])
        if per_channel
        else Chain.of(value.shape).to(*shape[:3]).then(permute(2, 0, 1))
    )
    parameters = {"weight": parameter(path, value, chain)}
    shaped = parameters["weight"].value.shape
    if bias is None:
        parameters["bias"] = constant(np.zeros(shaped, value.dtype))
    else:
        own = Chain.of(bias[1].shape)
        own = own.to(shape[2]) if per_channel else own.to(*shape[:3]).then(permute(2, 0, 1))
        parameters["bias"] = parameter(*bias, own)
    return Made(make(), parameters, oracle("scale", {}, factor=factor, bias=bias))


def crop(block: Block) -> Made | None:
    """dagnn.Crop: the first input cut to the size of the second."""
    make: Any = getattr(pybn_layers, "CropLayer", None)
    if make is None:
        return None
    value = block.options.get("crop")
    found = [0, 0] if empty(value) else whole_numbers(value, f"{block.path}.crop", (2,))
    return Made(make((found[0], found[1])), {}, oracle("crop", {"crop": found}))


def _filters(block: Block) -> tuple[str, Array]:
    found = block.array(0)
    if found is None:
        raise FormatError(f"{block.path}: has no filters")
    return found


def _bias(biases: tuple[str, Array] | None, count: int, dtype: np.dtype[Any]) -> Parameter:
    return zeros(count, dtype) if biases is None else vector(*biases, count)


SIMPLE: dict[str, Callable[[Block], Made | None]] = {
    "conv": conv,
    "convt": convt,
    "relu": relu,
    "pool": pool,
    "normalize": lrn,
    "lrn": lrn,
    "bnorm": bnorm,
    "softmax": softmax,
    "sigmoid": sigmoid,
    "dropout": dropout,
}

DAG: dict[str, Callable[[Block], Made | None]] = {
    "dagnn.Conv": conv,
    "dagnn.ConvTranspose": convt,
    "dagnn.ReLU": relu,
    "dagnn.Pooling": lambda block: pool(block, "poolSize"),
    "dagnn.LRN": lrn,
    "dagnn.BatchNorm": bnorm,
    "dagnn.SoftMax": softmax,
    "dagnn.Sigmoid": sigmoid,
    "dagnn.DropOut": dropout,
    "dagnn.Sum": added,
    "dagnn.Concat": concat,
    "dagnn.Scale": scaled,
    "dagnn.Crop": crop,
}
