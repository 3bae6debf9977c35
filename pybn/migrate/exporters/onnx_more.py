"""Layers that came later, as ONNX says them: activations, normalisations within a sample, scales, crops."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pybn.layers import (
    ClippedRelu,
    CropLayer,
    EltWiseMul,
    Elu,
    Flatten,
    Gelu,
    GroupNorm,
    LayerNorm,
    PRelu,
    ScaleLayer,
    Softplus,
    Swish,
)
from pybn.migrate.exporters.base import Unit, spread_axes, spread_rules
from pybn.migrate.exporters.onnx_builder import Builder
from pybn.migrate.exporters.onnx_images import chain, simple


def clipped_relu(build: Builder, unit: Unit) -> None:
    """Clip, from 0 to the ceiling."""
    assert isinstance(unit.layer, ClippedRelu)  # noqa: S101
    least = build.constant(f"{unit.name}.least", 0.0)
    most = build.constant(f"{unit.name}.most", unit.layer.ceiling)
    build.op("Clip", [unit.inputs[0], least, most], unit.name)


def elu(build: Builder, unit: Unit) -> None:
    """Elu."""
    assert isinstance(unit.layer, Elu)  # noqa: S101
    build.op("Elu", list(unit.inputs), unit.name, alpha=unit.layer.alpha)


def swish(build: Builder, unit: Unit) -> None:
    """x times its sigmoid: the operation Swish is younger than most runtimes."""
    gate = build.op("Sigmoid", list(unit.inputs), f"{unit.name}.gate")
    build.op("Mul", [unit.inputs[0], gate], unit.name)


def gelu(build: Builder, unit: Unit) -> None:
    """Gelu, exact or by tanh."""
    assert isinstance(unit.layer, Gelu)  # noqa: S101
    build.op("Gelu", list(unit.inputs), unit.name, approximate=unit.layer.approximate)


def p_relu(build: Builder, unit: Unit) -> None:
    """PRelu, its slopes shaped so that they spread over the pixels."""
    slope = build.tensor(unit, "weight", spread_axes(unit, "weight"), *spread_rules(unit, "weight"))
    build.op("PRelu", [*unit.inputs, slope], unit.name)


def group_norm(build: Builder, unit: Unit) -> None:
    """GroupNormalization, a scale and a shift for each channel."""
    layer = unit.layer
    assert isinstance(layer, GroupNorm)  # noqa: S101
    tensors = [build.tensor(unit, name, "channel") for name in ("weight", "bias")]
    build.op(
        "GroupNormalization", [*unit.inputs, *tensors], unit.name, num_groups=layer.groups, epsilon=layer.eps
    )


def layer_norm(build: Builder, unit: Unit) -> None:
    """LayerNormalization over the last axis."""
    assert isinstance(unit.layer, LayerNorm)  # noqa: S101
    tensors = [build.tensor(unit, name, "channel") for name in ("weight", "bias")]
    build.op("LayerNormalization", [*unit.inputs, *tensors], unit.name, axis=-1, epsilon=unit.layer.eps)


def scale(build: Builder, unit: Unit) -> None:
    """Mul and Add."""
    weight, bias = (
        build.tensor(unit, name, spread_axes(unit, name), *spread_rules(unit, name))
        for name in ("weight", "bias")
    )
    scaled = build.op("Mul", [unit.inputs[0], weight], f"{unit.name}.scaled")
    build.op("Add", [scaled, bias], unit.name)


def multiply(build: Builder, unit: Unit) -> None:
    """Mul, from left to right."""
    chain(build, unit, "Mul")


def crop(build: Builder, unit: Unit) -> None:
    """Slice, to the height and width of the second input, whatever they are."""
    assert isinstance(unit.layer, CropLayer)  # noqa: S101
    name, (x, like) = unit.name, unit.inputs
    size = build.op("Shape", [like], f"{name}.size", start=2, end=4)
    starts = build.constant(f"{name}.starts", unit.layer.offset, "int64")
    ends = build.op("Add", [starts, size], f"{name}.ends")
    build.op("Slice", [x, starts, ends, build.constant(f"{name}.axes", [2, 3], "int64")], name)


def flatten(build: Builder, unit: Unit) -> None:
    """Flatten, of columns with H and W exchanged first."""
    assert isinstance(unit.layer, Flatten)  # noqa: S101
    x = unit.inputs[0]
    if unit.layer.order == "column":
        x = build.op("Transpose", [x], f"{unit.name}.turned", perm=[0, 1, 3, 2])
    build.op("Flatten", [x], unit.name, axis=1)


LAYERS: Mapping[type, Callable[[Builder, Unit], object]] = {
    ClippedRelu: clipped_relu,
    CropLayer: crop,
    EltWiseMul: multiply,
    Elu: elu,
    Flatten: flatten,
    Gelu: gelu,
    GroupNorm: group_norm,
    LayerNorm: layer_norm,
    PRelu: p_relu,
    ScaleLayer: scale,
    Softplus: simple("Softplus"),
    Swish: swish,
}
