"""A training step of an exported PyTorch module, told in the port's terms: its arrays, its sense of statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pybn.engines.torch import run_torch
from pybn.errors import EngineError
from pybn.layers import BatchNorm, SpatialBatchNorm
from pybn.layers.base import Array
from pybn.migrate import rules
from pybn.migrate.export import Export, given_to
from pybn.migrate.exporters.base import Exported, Unit
from pybn.migrate.exporters.torch import module_path


@dataclass(frozen=True, slots=True)
class Step:
    """What a forward and a backward in training mode gave.

    outputs     by node
    inputs      the gradients by the inputs, by their names
    gradients   by all parameters that the output depends on, "conv1.weight", laid out as the port's
    statistics  the running ones afterwards, "bn1.running_var", as the port gathers them: the biased variance
    """

    outputs: Mapping[str, Array]
    inputs: Mapping[str, Array]
    gradients: Mapping[str, Array]
    statistics: Mapping[str, Array]


def step_exported(exported: Export, inputs: Mapping[str, Array], dy: Array, *, double: bool = True) -> Step:
    """Run a forward and a backward of PyTorch's in training mode, without dropout.

    inputs  by the names of the pieces
    dy      the gradient by the last of the model's outputs, shaped as it
    Raises EngineError for another form than PyTorch's, where PyTorch is missing, or fails.
    """
    if exported.form != "torch":
        raise EngineError(f"{exported.target}: only PyTorch's modules have a backward")
    order = given_to(exported, inputs)
    made = run_torch(module_path(exported.target), list(order.values()), double=double, training=True, dy=dy)
    batch = len(next(iter(order.values())))
    nodes = {unit.name: f"node:{exported.modules[unit.name]}" for unit in exported.plan.units}
    return Step(
        {name: made[key] for name, key in nodes.items() if key in made},
        {name: made[f"input:{k}"] for k, name in enumerate(order) if f"input:{k}" in made},
        _gradients(exported, made),
        _statistics(exported, made, batch),
    )


def _gradients(exported: Export, made: Mapping[str, Array]) -> dict[str, Array]:
    units = {unit.name: unit for unit in exported.plan.units}
    parts: dict[str, list[Exported]] = {}
    for one in exported.tensors:
        if f"gradient:{one.name}" in made and one.parameter in units[one.node].piece.parameters:
            parts.setdefault(f"{one.node}.{one.parameter}", []).append(one)
    return {
        name: joined(every, [made[f"gradient:{one.name}"] for one in every]) for name, every in parts.items()
    }


def joined(parts: Sequence[Exported], values: Sequence[Array]) -> Array:
    """Return the port's array of which tensors of the target are the parts, each laid out as the target has it."""
    (*chain, last) = parts[0].own or ({"rule": ""},)
    if last["rule"] != "take":
        return rules.undo(parts[0].own, values[0])
    order = np.argsort([one.own[-1]["index"] for one in parts])
    return rules.undo(chain, np.stack([values[k] for k in order], last["axis"]))


def _statistics(exported: Export, made: Mapping[str, Array], batch: int) -> dict[str, Array]:
    """Return running statistics as the port gathers them: PyTorch adds the variance times N / (N - 1)."""
    units = {unit.name: unit for unit in exported.plan.units}
    found = {}
    for one in exported.tensors:
        unit = units[one.node]
        if not isinstance(unit.layer, BatchNorm | SpatialBatchNorm) or f"buffer:{one.name}" not in made:
            continue
        value = made[f"buffer:{one.name}"]
        if one.parameter == "running_var":
            old, rows = unit.layer.momentum * one.value.astype(value.dtype), _rows(unit, batch)
            value = old + (value - old) * ((rows - 1) / rows)
        if one.parameter.startswith("running_"):
            found[f"{one.node}.{one.parameter}"] = value
    return found


def _rows(unit: Unit, batch: int) -> int:
    """Return how many numbers a channel has in a batch."""
    sizes = unit.given[0]
    channels = unit.shape("weight")[0]
    return math.prod(batch if size is None else size for size in sizes) // channels
