"""ONNX: the model as a graph of operations, current opset, any batch; checked by ONNX's own checker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats.base import atomic_write
from pybn.graph import Input
from pybn.layers import Gelu, GroupNorm, LayerNorm
from pybn.migrate.exporters.base import Exported, Plan, Unit, own_way, unknown
from pybn.migrate.exporters.onnx_builder import Builder, onnx
from pybn.migrate.exporters.onnx_images import LAYERS as IMAGES
from pybn.migrate.exporters.onnx_images import shape_of
from pybn.migrate.exporters.onnx_more import LAYERS as MORE
from pybn.migrate.exporters.onnx_recurrent import LAYERS as RECURRENT
from pybn.migrate.exporters.onnx_sequences import LAYERS as SEQUENCES

LAYERS = {**IMAGES, **RECURRENT, **SEQUENCES, **MORE}
OLDEST = 15  # the first opset whose operations are those that are written here,
LATER = {LayerNorm: 17, Gelu: 20, GroupNorm: 21}  # and where they came later
LARGEST = (1 << 31) - (1 << 20)  # bytes of a message of protobuf


def write_onnx(path: Path, plan: Plan, opset: int | None = None) -> tuple[Exported, ...]:
    """Write the model, all of it or nothing, and return its tensors.

    Each node's output is a value of the node's name. `opset` is the newest that the package onnx knows, where none
    is said; an older runtime may want an older one. Raises FormatError for a layer that ONNX, or this function,
    has no way to say, for more than 2 GB, and where the package onnx is missing; FileError.
    """
    build = Builder(plan)
    if _bytes(plan) > LARGEST:
        raise FormatError(
            f"{path}: the model is larger than the 2 GB that one ONNX file holds; write .safetensors"
        )
    for unit in plan.units:
        if isinstance(unit.layer, Input):
            continue
        handler = LAYERS.get(type(unit.layer)) or own_way(unit, "write_onnx")
        if handler is None:
            raise unknown(unit, "ONNX", "write_onnx", LAYERS)
        _want_opset(unit, opset)
        handler(build, unit)
    model = _model(build, plan, opset)
    _check(path, model)
    with atomic_write(path) as temporary:
        temporary.write_bytes(model.SerializeToString())
    return tuple(build.tensors)


def _want_opset(unit: Unit, opset: int | None) -> None:
    """Refuse an opset in which an operation is missing, or means something else."""
    oldest = LATER.get(type(unit.layer), OLDEST)
    if opset is not None and opset < oldest:
        raise FormatError(
            f"{unit.name}: {type(unit.layer).__name__} wants an opset from {oldest} on, got {opset}"
        )


def _bytes(plan: Plan) -> int:
    """Return how many bytes the parameters take in the model."""
    arrays = [
        one.stored.value if one.stored else one.value
        for unit in plan.units
        for one in unit.piece.parameters.values()
    ]
    return sum(array.size for array in arrays) * np.dtype(plan.dtype).itemsize


def _model(build: Builder, plan: Plan, opset: int | None) -> Any:
    helper = onnx().helper
    kind = helper.np_dtype_to_tensor_dtype(build.dtype)
    free = plan.imported.free
    inputs = [
        helper.make_tensor_value_info(unit.name, kind, shape_of(unit.sizes, free))
        for unit in plan.units
        if isinstance(unit.layer, Input)
    ]
    outputs = [helper.make_tensor_value_info(name, kind, _output(plan, name)) for name in plan.outputs]
    graph = helper.make_graph(build.nodes, "model", inputs, outputs, build.initializers)
    opset = helper.make_opsetid("", opset or onnx().defs.onnx_opset_version())
    # The oldest format that has this opset: runtimes lag behind.
    version = helper.find_min_ir_version_for([opset])
    return helper.make_model(graph, opset_imports=[opset], ir_version=version, producer_name="pybn")


def _output(plan: Plan, name: str) -> list[str | int | None] | None:
    """Return the shape of an output; where axes of the inputs are free, only the batch is known."""
    sizes = plan.unit(name).sizes
    known = not plan.imported.free
    return ["N" if size is None else size if known else None for size in sizes]


def _check(path: Path, model: Any) -> None:
    package = onnx()
    try:
        package.checker.check_model(model, full_check=True)
    except (
        package.checker.ValidationError,
        package.shape_inference.InferenceError,
        ValueError,
        RuntimeError,
    ) as error:
        raise FormatError(f"{path}: ONNX's checker refuses the model: {str(error)[:500]}") from error
