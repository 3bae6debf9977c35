"""All that a model has learnt, by name: parameters, and the running statistics that the layers hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pybn.errors import GraphError
from pybn.graph.node import Input, Node
from pybn.graph.parameters import Parameters, check_array
from pybn.layers.base import Array, Layer, Shape


def read_state(nodes: Sequence[Node], parameters: Parameters) -> dict[str, Array]:
    """Return copies of parameters and running statistics, e.g. "bn1.weight", "bn1.running_mean".

    Statistics of a layer that saw no training batch yet are left out.
    """
    state: dict[str, Array] = {}
    for node in nodes:
        if isinstance(node.layer, Input):
            continue
        state |= {f"{node.name}.{p}": parameters[f"{node.name}.{p}"].copy() for p in node.layer.parameters}
        held = {f"{node.name}.{buffer}": getattr(node.layer, buffer) for buffer in node.layer.buffers}
        state |= {name: np.array(value) for name, value in held.items() if value is not None}
    return state


def write_state(nodes: Sequence[Node], parameters: Parameters, state: Mapping[str, Array]) -> None:
    """Make the state that `read_state` returned the model's; nothing is changed where some of it does not fit.

    Statistics that are left out become those of a layer that saw no batch yet.
    Raises GraphError for names that are unknown or missing, wrong shapes and dtypes.
    """
    buffers = list(_buffers(nodes, parameters))
    _check_names(
        list(parameters), [[f"{name}.{b}" for b in layer.buffers] for name, layer, _ in buffers], state
    )
    for name in parameters:
        parameters.check(name, state[name])
    for name, layer, shape in buffers:
        for buffer in layer.buffers:
            if (full := f"{name}.{buffer}") in state:
                check_array(full, state[full], shape, parameters.dtype)
    for name in parameters:
        parameters.move(name, state[name])
    for name, layer, _ in buffers:
        for buffer in layer.buffers:
            value = state.get(f"{name}.{buffer}")
            setattr(layer, buffer, None if value is None else np.array(value, subok=False))


def _buffers(nodes: Sequence[Node], parameters: Parameters) -> Iterator[tuple[str, Layer, Shape | None]]:
    """Yield the layers that gather statistics, and the shape these have: that of the weight."""
    for node in nodes:
        if isinstance(node.layer, Layer) and node.layer.buffers:
            weight: Any = parameters.get(f"{node.name}.weight")
            yield node.name, node.layer, None if weight is None else weight.shape


def _check_names(wanted: list[str], groups: list[list[str]], state: Mapping[str, Array]) -> None:
    known = [*wanted, *(name for group in groups for name in group)]
    for name in state:
        if name not in known:
            raise GraphError(f"{name}: unknown; the state of this model has {', '.join(known) or 'nothing'}")
    # All statistics of a layer, or none: it knows no half of them.
    halves = [name for group in groups if set(group) & set(state) for name in group]
    for name in [*wanted, *halves]:
        if name not in state:
            raise GraphError(f"{name}: missing; the state of this model has {', '.join(known)}")
