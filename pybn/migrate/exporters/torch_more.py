"""Layers that came later, as PyTorch says them: activations, normalisations within a sample, scales, crops."""

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
from pybn.migrate.exporters.base import Unit, spread_axes, spread_rules, spread_shape
from pybn.migrate.exporters.torch_builder import Builder
from pybn.migrate.exporters.torch_layers import simple


def clipped_relu(build: Builder, unit: Unit) -> None:
    """nn.Hardtanh from 0 to the ceiling."""
    assert isinstance(unit.layer, ClippedRelu)  # noqa: S101
    build.module(unit, "nn.Hardtanh", 0.0, unit.layer.ceiling)


def elu(build: Builder, unit: Unit) -> None:
    """nn.ELU."""
    assert isinstance(unit.layer, Elu)  # noqa: S101
    build.module(unit, "nn.ELU", unit.layer.alpha)


def gelu(build: Builder, unit: Unit) -> None:
    """nn.GELU, exact or by tanh."""
    assert isinstance(unit.layer, Gelu)  # noqa: S101
    tanh = unit.layer.approximate == "tanh"
    build.module(unit, "nn.GELU", **({"approximate": "tanh"} if tanh else {}))


def p_relu(build: Builder, unit: Unit) -> None:
    """nn.PReLU, whose channels are axis 1."""
    build.tensor(unit, "weight", "channel")
    kind = "SequencePReLU" if len(unit.given[0]) == 3 else "nn.PReLU"
    build.module(unit, kind, *unit.shape("weight"))


def group_norm(build: Builder, unit: Unit) -> None:
    """nn.GroupNorm."""
    layer = unit.layer
    assert isinstance(layer, GroupNorm)  # noqa: S101
    for name in ("weight", "bias"):
        build.tensor(unit, name, "channel")
    build.module(unit, "nn.GroupNorm", layer.groups, *unit.shape("weight"), eps=layer.eps)


def layer_norm(build: Builder, unit: Unit) -> None:
    """nn.LayerNorm over the last axis."""
    assert isinstance(unit.layer, LayerNorm)  # noqa: S101
    for name in ("weight", "bias"):
        build.tensor(unit, name, "channel")
    build.module(unit, "nn.LayerNorm", *unit.shape("weight"), eps=unit.layer.eps)


def scale(build: Builder, unit: Unit) -> None:
    """x * weight + bias, shaped so that they spread over the pixels."""
    for name in ("weight", "bias"):
        build.tensor(unit, name, spread_axes(unit, name), *spread_rules(unit, name))
    build.module(unit, "Scale", spread_shape(unit, "weight"))


def crop(build: Builder, unit: Unit) -> None:
    """To the height and width of the second input."""
    assert isinstance(unit.layer, CropLayer)  # noqa: S101
    build.module(unit, "Crop", *unit.layer.offset)


def flatten(build: Builder, unit: Unit) -> None:
    """nn.Flatten, of columns with H and W exchanged first."""
    assert isinstance(unit.layer, Flatten)  # noqa: S101
    build.module(unit, "nn.Flatten" if unit.layer.order == "row" else "ColumnFlatten")


def softplus(build: Builder, unit: Unit) -> None:
    """nn.Softplus, a line only from where double sees no more of the curve."""
    build.module(unit, "nn.Softplus", threshold=40)


LAYERS: Mapping[type, Callable[[Builder, Unit], None]] = {
    ClippedRelu: clipped_relu,
    CropLayer: crop,
    EltWiseMul: simple("Multiply"),
    Elu: elu,
    Flatten: flatten,
    Gelu: gelu,
    GroupNorm: group_norm,
    LayerNorm: layer_norm,
    PRelu: p_relu,
    ScaleLayer: scale,
    Softplus: softplus,
    Swish: simple("nn.SiLU"),
}
