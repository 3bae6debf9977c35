"""Layers of images, and those of any shape, as ONNX says them: one function a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pybn.graph.node import Sizes
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
from pybn.migrate.exporters.base import Unit, axis_names, channel_axis, is_flattened, zeros
from pybn.migrate.exporters.onnx_builder import Builder
from pybn.migrate.imported import Preprocessing

Handler = Callable[[Builder, Unit], object]


def simple(kind: str, **attributes: Any) -> Handler:
    """Return what adds an operation of one input and no parameters."""
    return lambda build, unit: build.op(kind, list(unit.inputs), unit.name, **attributes)


def convolution(build: Builder, unit: Unit) -> None:
    """Conv: a correlation in ONNX too, pads at the beginnings first."""
    layer = unit.layer
    assert isinstance(layer, ConvolutionLayer)  # noqa: S101
    weight = build.tensor(unit, "weight", "out in H W")
    build.op(
        "Conv",
        [*unit.inputs, weight, build.tensor(unit, "bias", "out")],
        unit.name,
        kernel_shape=list(unit.shape("weight")[2:]),
        strides=list(layer.stride),
        pads=_pads(layer.pad),
        dilations=list(layer.dilation),
        group=layer.groups,
    )


def transposed_convolution(build: Builder, unit: Unit) -> None:
    """ConvTranspose, whose pads are what is cut off."""
    layer = unit.layer
    assert isinstance(layer, TransposedConvolutionLayer)  # noqa: S101
    weight = build.tensor(unit, "weight", "in out H W")
    build.op(
        "ConvTranspose",
        [*unit.inputs, weight, build.tensor(unit, "bias", "out")],
        unit.name,
        kernel_shape=list(unit.shape("weight")[2:]),
        strides=list(layer.stride),
        pads=_pads(layer.crop),
        group=layer.groups,
    )


def batch_norm(build: Builder, unit: Unit) -> None:
    """BatchNormalization in inference, the channels on axis 1."""
    layer = unit.layer
    assert isinstance(layer, SpatialBatchNorm | BatchNorm)  # noqa: S101
    tensors = [build.tensor(unit, name, "channel") for name in ("weight", "bias")]
    never = zeros(unit)
    tensors += [
        build.tensor(unit, name, "channel", missing=never) for name in ("running_mean", "running_var")
    ]
    with_channels_second(
        build,
        unit,
        lambda x, y: build.op(
            "BatchNormalization", [x, *tensors], y, epsilon=layer.eps, momentum=layer.momentum
        ),
    )


def with_channels_second(build: Builder, unit: Unit, add: Callable[[str, str], object]) -> None:
    """Add an operation that takes the channels on axis 1, to which those of sequences are brought and from there."""
    if len(unit.given[0]) != 3:
        add(unit.inputs[0], unit.name)
        return
    turned = build.op("Transpose", [unit.inputs[0]], f"{unit.name}.turned", perm=[0, 2, 1])
    add(turned, f"{unit.name}.made")
    build.op("Transpose", [f"{unit.name}.made"], unit.name, perm=[0, 2, 1])


def fully_connected(build: Builder, unit: Unit) -> None:
    """Gemm for rows and for images made rows in NCHW order; for sequences a product with each row."""
    x = unit.inputs[0]
    weight = build.tensor(unit, "weight", "in out")
    bias = build.tensor(unit, "bias", "out")
    if len(unit.given[0]) == 3:
        product = build.op("MatMul", [x, weight], f"{unit.name}.product")
        build.op("Add", [product, bias], unit.name)
        return
    if is_flattened(unit):
        x = build.op("Flatten", [x], f"{unit.name}.rows", axis=1)
    build.op("Gemm", [x, weight, bias], unit.name)


def max_pool(build: Builder, unit: Unit) -> None:
    """MaxPool, whose padding never wins."""
    layer = unit.layer
    assert isinstance(layer, MaxPoolLayer)  # noqa: S101
    build.op("MaxPool", list(unit.inputs), unit.name, **_window(layer))


def avg_pool(build: Builder, unit: Unit) -> None:
    """AveragePool, with the padding counted or not."""
    layer = unit.layer
    assert isinstance(layer, AvgPoolLayer)  # noqa: S101
    counted = int(layer.count_include_pad)
    build.op("AveragePool", list(unit.inputs), unit.name, count_include_pad=counted, **_window(layer))


def local_response_norm(build: Builder, unit: Unit) -> None:
    """The operations that LRN stands for.

    onnxruntime refuses an LRN of even size, and of odd size its own moves one sum from channel to channel, which
    costs two digits where the channels are of different energy.
    """
    layer = unit.layer
    assert isinstance(layer, LocalResponseNorm)  # noqa: S101
    name, x = unit.name, unit.inputs[0]
    pads = [(layer.size - 1) // 2, 0, 0, layer.size // 2, 0, 0]
    square = build.op("Mul", [x, x], f"{name}.square")
    volume = build.op("Unsqueeze", [square, build.constant(f"{name}.axis", [1], "int64")], f"{name}.volume")
    mean = build.op(
        "AveragePool",
        [volume],
        f"{name}.mean",
        kernel_shape=[layer.size, 1, 1],
        pads=pads,
        count_include_pad=1,
    )
    energy = build.op("Squeeze", [mean, f"{name}.axis"], f"{name}.energy")
    scaled = build.op("Mul", [energy, build.constant(f"{name}.alpha", layer.alpha)], f"{name}.scaled")
    base = build.op("Add", [scaled, build.constant(f"{name}.k", layer.k)], f"{name}.base")
    power = build.op("Pow", [base, build.constant(f"{name}.beta", layer.beta)], f"{name}.power")
    build.op("Div", [x, power], name)


def leaky_relu(build: Builder, unit: Unit) -> None:
    """LeakyRelu."""
    assert isinstance(unit.layer, LeakyRelu)  # noqa: S101
    build.op("LeakyRelu", list(unit.inputs), unit.name, alpha=unit.layer.slope)


def softmax(build: Builder, unit: Unit) -> None:
    """Softmax over the channels."""
    build.op("Softmax", list(unit.inputs), unit.name, axis=channel_axis(unit.given[0]))


def concat(build: Builder, unit: Unit) -> None:
    """Concat along the channels."""
    build.op("Concat", list(unit.inputs), unit.name, axis=channel_axis(unit.given[0]))


def add_all(build: Builder, unit: Unit) -> None:
    """Add, from left to right."""
    chain(build, unit, "Add")


def chain(build: Builder, unit: Unit, kind: str) -> None:
    """Add an operation of two inputs as often as it takes, from left to right."""
    first, *more, last = unit.inputs
    for k, other in enumerate(more, 1):
        first = build.op(kind, [first, other], f"{unit.name}.{k}")
    build.op(kind, [first, last], unit.name)


def preprocess(build: Builder, unit: Unit) -> None:
    """y = x * scale + shift."""
    axes = axis_names(unit.sizes)
    tensors = {name: unit.piece.parameters[name].value.ndim for name in ("scale", "shift")}
    scale, shift = (
        build.tensor(unit, name, " ".join(axes[len(axes) - rank :])) for name, rank in tensors.items()
    )
    scaled = build.op("Mul", [unit.inputs[0], scale], f"{unit.name}.scaled")
    build.op("Add", [scaled, shift], unit.name)


def _pads(sides: Sides) -> list[int]:
    top, bottom, left, right = sides
    return [top, left, bottom, right]


def _window(layer: MaxPoolLayer | AvgPoolLayer) -> dict[str, Any]:
    return {
        "kernel_shape": [layer.kernel_height, layer.kernel_width],
        "strides": list(layer.stride),
        "pads": _pads(layer.pad),
    }


def shape_of(sizes: Sizes, free: tuple[str, ...]) -> list[str | int]:
    """Return the shape of an input as ONNX has it: numbers, and names for the batch and the axes that are free."""
    names = axis_names(sizes)
    return [
        axis if size is None or (axis in free and axis in "HWT") else size
        for axis, size in zip(names, sizes, strict=True)
    ]


LAYERS: Mapping[type, Handler] = {
    AvgPoolLayer: avg_pool,
    BatchNorm: batch_norm,
    Concat: concat,
    ConvolutionLayer: convolution,
    Dropout: simple("Identity"),
    EltWiseAdd: add_all,
    FullyConnected: fully_connected,
    GlobalAvgPoolLayer: simple("GlobalAveragePool"),
    GlobalMaxPoolLayer: simple("GlobalMaxPool"),
    LeakyRelu: leaky_relu,
    LocalResponseNorm: local_response_norm,
    MaxPoolLayer: max_pool,
    Preprocessing: preprocess,
    Relu: simple("Relu"),
    Sigmoid: simple("Sigmoid"),
    Softmax: softmax,
    SpatialBatchNorm: batch_norm,
    Tanh: simple("Tanh"),
    TransposedConvolutionLayer: transposed_convolution,
}
