"""Windows over the steps of sequences as PyTorch says them: its layers of (N, C, T), turned there and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pybn.layers import SequenceAvgPool, SequenceConvolution, SequenceGlobalPool, SequenceMaxPool
from pybn.migrate.exporters.base import Unit
from pybn.migrate.exporters.torch_builder import Builder


def convolution(build: Builder, unit: Unit) -> None:
    """nn.Conv1d."""
    layer = unit.layer
    assert isinstance(layer, SequenceConvolution)  # noqa: S101
    weight = unit.shape("weight")
    build.tensor(unit, "weight", "out in T")
    build.tensor(unit, "bias", "out")
    options: dict[str, Any] = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups}
    options = {key: value for key, value in options.items() if value != 1}
    build.module(
        unit, "SequenceConv1d", weight[1] * layer.groups, weight[0], weight[2], pad=layer.pad, **options
    )


def max_pool(build: Builder, unit: Unit) -> None:
    """nn.MaxPool1d."""
    layer = unit.layer
    assert isinstance(layer, SequenceMaxPool)  # noqa: S101
    build.module(unit, "SequenceMaxPool1d", layer.size, layer.stride, layer.pad)


def avg_pool(build: Builder, unit: Unit) -> None:
    """nn.AvgPool1d, with the padding counted or not."""
    layer = unit.layer
    assert isinstance(layer, SequenceAvgPool)  # noqa: S101
    build.module(unit, "SequenceAvgPool1d", layer.size, layer.stride, layer.pad, layer.count_include_pad)


def global_pool(build: Builder, unit: Unit) -> None:
    """The mean or the maximum along the steps."""
    layer = unit.layer
    assert isinstance(layer, SequenceGlobalPool)  # noqa: S101
    build.module(unit, "SequenceMean" if layer.kind == "avg" else "SequenceMax")


LAYERS: Mapping[type, Callable[[Builder, Unit], None]] = {
    SequenceAvgPool: avg_pool,
    SequenceConvolution: convolution,
    SequenceGlobalPool: global_pool,
    SequenceMaxPool: max_pool,
}
