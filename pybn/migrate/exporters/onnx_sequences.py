"""Windows over the steps of sequences as ONNX says them: its operations on (N, C, T), turned there and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pybn.layers import SequenceAvgPool, SequenceConvolution, SequenceGlobalPool, SequenceMaxPool
from pybn.layers.over_steps import OverSteps, same_ends
from pybn.migrate.exporters.base import Unit
from pybn.migrate.exporters.onnx_builder import Builder
from pybn.migrate.exporters.onnx_images import with_channels_second


def convolution(build: Builder, unit: Unit) -> None:
    """Conv."""
    layer = unit.layer
    assert isinstance(layer, SequenceConvolution)  # noqa: S101
    tensors = [build.tensor(unit, "weight", "out in T"), build.tensor(unit, "bias", "out")]
    window = _window(layer, unit.shape("weight")[2], layer.dilation)
    told = {"group": layer.groups, "dilations": [layer.dilation], **window}

    def add(x: str, y: str) -> None:
        if "auto_pad" in told and layer.dilation > 1:  # onnxruntime refuses the two together
            del told["auto_pad"]
            x = _padded(
                build, x, f"{unit.name}.", layer, (window["kernel_shape"][0] - 1) * layer.dilation + 1
            )
        build.op("Conv", [x, *tensors], y, **told)

    with_channels_second(build, unit, add)


def _padded(build: Builder, x: str, name: str, layer: OverSteps, extent: int) -> str:
    """Add what "same" means, worked out from the steps that come: ceil(T / stride) positions."""

    def number(word: str, value: int) -> str:
        return build.constant(f"{name}{word}", [value], "int64")

    def op(kind: str, word: str, *inputs: str) -> str:
        return build.op(kind, list(inputs), f"{name}{word}")

    count = build.op("Shape", [x], f"{name}count", start=2, end=3)
    stride, none, two = number("stride", layer.stride), number("none", 0), number("two", 2)
    # (ceil(T / s) - 1) s is what T - 1 leaves without its rest.
    last = op("Mul", "last", op("Div", "whole", op("Sub", "before", count, number("one", 1)), stride), stride)
    wanted = op("Sub", "wanted", op("Add", "end", last, number("extent", extent)), count)
    total = op("Max", "total", wanted, none)
    left = op("Div", "left", total, two)
    right = op("Sub", "right", total, left)
    pads = build.op("Concat", [none, none, left, none, none, right], f"{name}pads", axis=0)
    return op("Pad", "padded", x, pads)


def max_pool(build: Builder, unit: Unit) -> None:
    """MaxPool, whose padding never wins."""
    layer = unit.layer
    assert isinstance(layer, SequenceMaxPool)  # noqa: S101
    _pool(build, unit, "MaxPool", **_window(layer, layer.size))


def avg_pool(build: Builder, unit: Unit) -> None:
    """AveragePool, with the padding counted or not."""
    layer = unit.layer
    assert isinstance(layer, SequenceAvgPool)  # noqa: S101
    counted = int(layer.count_include_pad)
    _pool(build, unit, "AveragePool", count_include_pad=counted, **_window(layer, layer.size))


def global_pool(build: Builder, unit: Unit) -> None:
    """GlobalAveragePool or GlobalMaxPool, and the one step that is left made rows."""
    layer = unit.layer
    assert isinstance(layer, SequenceGlobalPool)  # noqa: S101
    turned = build.op("Transpose", list(unit.inputs), f"{unit.name}.turned", perm=[0, 2, 1])
    kind = "GlobalAveragePool" if layer.kind == "avg" else "GlobalMaxPool"
    build.op("Flatten", [build.op(kind, [turned], f"{unit.name}.made")], unit.name, axis=1)


def _pool(build: Builder, unit: Unit, kind: str, **attributes: Any) -> None:
    with_channels_second(build, unit, lambda x, y: build.op(kind, [x], y, **attributes))


def _window(layer: OverSteps, size: int, dilation: int = 1) -> dict[str, Any]:
    told: dict[str, Any] = {"kernel_shape": [size], "strides": [layer.stride]}
    if layer.pad != "same":
        return {**told, "pads": list(layer.pad)}
    if layer.stride == 1:  # as much on sequences of any length
        return {**told, "pads": list(same_ends(size, (size - 1) * dilation + 1, 1))}
    return {**told, "auto_pad": "SAME_UPPER"}


LAYERS: Mapping[type, Callable[[Builder, Unit], object]] = {
    SequenceAvgPool: avg_pool,
    SequenceConvolution: convolution,
    SequenceGlobalPool: global_pool,
    SequenceMaxPool: max_pool,
}
