"""Layers as PyTorch says them: one function a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pybn.kernels.windows import Sides
from pybn.layers import (
    AvgPoolLayer,
    BatchNorm,
    Concat,
    ConvolutionLayer,
    Dropout,
    EltWiseAdd,
    FullyConnected,
    GlobalAvgPoolLayer,
    GlobalMaxPoolLayer,
    LeakyRelu,
    LocalResponseNorm,
    MaxPoolLayer,
    Relu,
    Sigmoid,
    Softmax,
    SpatialBatchNorm,
    Tanh,
    TransposedConvolutionLayer,
)
from pybn.migrate import rules
from pybn.migrate.exporters.base import Unit, axis_names, channel_axis, is_flattened, zeros
from pybn.migrate.exporters.torch_builder import Builder
from pybn.migrate.imported import Preprocessing

Handler = Callable[[Builder, Unit], None]


def simple(kind: str, *sizes: Any) -> Handler:
    """Return what adds a submodule without parameters."""
    return lambda build, unit: build.module(unit, kind, *sizes)


def convolution(build: Builder, unit: Unit) -> None:
    """nn.Conv2d; where the padding is not the same at both sides, nn.ZeroPad2d before it."""
    layer = unit.layer
    assert isinstance(layer, ConvolutionLayer)  # noqa: S101
    weight = unit.shape("weight")
    build.tensor(unit, "weight", "out in H W")
    build.tensor(unit, "bias", "out")
    options: dict[str, Any] = {"stride": layer.stride}
    if both := _even(layer.pad):
        options["padding"] = both
    else:
        unit = build.before(unit, "pad", "nn.ZeroPad2d", _sides(layer.pad))
    options |= {"dilation": layer.dilation, "groups": layer.groups}
    plain = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    options = {key: value for key, value in options.items() if value != plain[key]}
    build.module(unit, "nn.Conv2d", weight[1] * layer.groups, weight[0], weight[2:], **options)


def transposed_convolution(build: Builder, unit: Unit) -> None:
    """nn.ConvTranspose2d, whose padding is what is cut off; by ourselves where that differs at the sides."""
    layer = unit.layer
    assert isinstance(layer, TransposedConvolutionLayer)  # noqa: S101
    weight = unit.shape("weight")
    build.tensor(unit, "weight", "in out H W")
    build.tensor(unit, "bias", "out")
    sizes = (weight[0], weight[1] * layer.groups, weight[2:])
    options: dict[str, Any] = {"stride": layer.stride, "groups": layer.groups}
    if both := _even(layer.crop):
        build.module(unit, "nn.ConvTranspose2d", *sizes, padding=both, **options)
    else:
        build.module(unit, "CroppedConvTranspose2d", *sizes, crop=layer.crop, **options)


def batch_norm(build: Builder, unit: Unit) -> None:
    """nn.BatchNorm2d for images, BatchNorm1d for rows; its momentum weighs the new value."""
    layer = unit.layer
    assert isinstance(layer, SpatialBatchNorm | BatchNorm)  # noqa: S101
    for name in ("weight", "bias"):
        build.tensor(unit, name, "channel")
    for name in ("running_mean", "running_var"):
        build.tensor(unit, name, "channel", missing=zeros(unit))
    build.zeros(unit, "num_batches_tracked", (), "int64")
    kind = {2: "nn.BatchNorm1d", 3: "SequenceBatchNorm", 4: "nn.BatchNorm2d"}[len(unit.given[0])]
    momentum = 1 - layer.momentum
    build.note(unit, f"momentum = 1 - {layer.momentum:g}: PyTorch's weighs the new value")
    build.note(unit, "in training PyTorch gathers the variance times N / (N - 1)")
    build.module(unit, kind, unit.shape("weight")[0], eps=layer.eps, momentum=round(momentum, 12))


def fully_connected(build: Builder, unit: Unit) -> None:
    """nn.Linear, with nn.Flatten before it where images come."""
    size = unit.shape("weight")
    build.tensor(unit, "weight", "out in", rules.permute(1, 0))
    build.tensor(unit, "bias", "out")
    if is_flattened(unit):
        unit = build.before(unit, "flatten", "nn.Flatten")
    build.module(unit, "nn.Linear", *size)


def max_pool(build: Builder, unit: Unit) -> None:
    """nn.MaxPool2d, never with ceil_mode; the padding before it is -Inf."""
    layer = unit.layer
    assert isinstance(layer, MaxPoolLayer)  # noqa: S101
    kernel = (layer.kernel_height, layer.kernel_width)
    both = _half(layer.pad, kernel)
    if both is None:
        unit = build.before(unit, "pad", "NegativeInfinityPad2d", _sides(layer.pad))
    build.module(unit, "nn.MaxPool2d", kernel, layer.stride, both or (0, 0))


def avg_pool(build: Builder, unit: Unit) -> None:
    """nn.AvgPool2d, or by ourselves where its padding is more than PyTorch takes, or not the same at both sides."""
    layer = unit.layer
    assert isinstance(layer, AvgPoolLayer)  # noqa: S101
    kernel, counted = (layer.kernel_height, layer.kernel_width), layer.count_include_pad
    both = _half(layer.pad, kernel)
    if both is None:
        build.module(unit, "PaddedAvgPool2d", kernel, layer.stride, layer.pad, counted)
    else:
        build.module(unit, "nn.AvgPool2d", kernel, layer.stride, both, count_include_pad=counted)


def local_response_norm(build: Builder, unit: Unit) -> None:
    """nn.LocalResponseNorm, of which a window of even size reaches one channel further down than MATLAB's."""
    layer = unit.layer
    assert isinstance(layer, LocalResponseNorm)  # noqa: S101
    kind = "nn.LocalResponseNorm" if layer.size % 2 else "EvenLocalResponseNorm"
    build.note(unit, "alpha is divided by the size of the window")
    build.module(unit, kind, layer.size, alpha=layer.alpha, beta=layer.beta, k=layer.k)


def leaky_relu(build: Builder, unit: Unit) -> None:
    """nn.LeakyReLU."""
    assert isinstance(unit.layer, LeakyRelu)  # noqa: S101
    build.module(unit, "nn.LeakyReLU", unit.layer.slope)


def dropout(build: Builder, unit: Unit) -> None:
    """nn.Dropout, which does nothing in evaluation."""
    assert isinstance(unit.layer, Dropout)  # noqa: S101
    build.module(unit, "nn.Dropout", unit.layer.prob)


def softmax(build: Builder, unit: Unit) -> None:
    """nn.Softmax over the channels."""
    build.module(unit, "nn.Softmax", dim=channel_axis(unit.given[0]))


def concat(build: Builder, unit: Unit) -> None:
    """One after the other along the channels."""
    build.module(unit, "Concat", channel_axis(unit.given[0]))


def preprocess(build: Builder, unit: Unit) -> None:
    """y = x * scale + shift."""
    shapes = [unit.shape(name) for name in ("scale", "shift")]
    axes = axis_names(unit.sizes)
    for name, shape in zip(("scale", "shift"), shapes, strict=True):
        build.tensor(unit, name, " ".join(axes[len(axes) - len(shape) :]))
    build.module(unit, "Preprocess", *shapes)


def _even(sides: Sides) -> tuple[int, int] | None:
    """Return what is the same at top and bottom, and at left and right; None where something is not."""
    top, bottom, left, right = sides
    return (top, left) if top == bottom and left == right else None


def _half(sides: Sides, kernel: tuple[int, int]) -> tuple[int, int] | None:
    """The same, of a padding of at most half the kernel, the most that PyTorch takes."""
    both = _even(sides)
    fits = both is not None and all(2 * pad <= size for pad, size in zip(both, kernel, strict=True))
    return both if fits else None


def _sides(sides: Sides) -> tuple[int, ...]:
    top, bottom, left, right = sides
    return left, right, top, bottom


LAYERS: Mapping[type, Handler] = {
    AvgPoolLayer: avg_pool,
    BatchNorm: batch_norm,
    Concat: concat,
    ConvolutionLayer: convolution,
    Dropout: dropout,
    EltWiseAdd: simple("Add"),
    FullyConnected: fully_connected,
    GlobalAvgPoolLayer: simple("nn.AdaptiveAvgPool2d", 1),
    GlobalMaxPoolLayer: simple("nn.AdaptiveMaxPool2d", 1),
    LeakyRelu: leaky_relu,
    LocalResponseNorm: local_response_norm,
    MaxPoolLayer: max_pool,
    Preprocessing: preprocess,
    Relu: simple("nn.ReLU"),
    Sigmoid: simple("nn.Sigmoid"),
    Softmax: softmax,
    SpatialBatchNorm: batch_norm,
    Tanh: simple("nn.Tanh"),
    TransposedConvolutionLayer: transposed_convolution,
}
