"""One batch through the nodes of a graph, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pybn.errors import GraphError, ShapeError
from pybn.graph.node import Input, Node, Sizes, article, plural
from pybn.graph.wiring import Wiring
from pybn.layers.base import Array, JoinGradients, Layer, Shape


@dataclass(frozen=True, slots=True)
class NodeGradients:
    """The gradients of the loss at one node.

    `output`: by its output, summed over all nodes that take it; None where nothing arrives, because the loss is
    differentiated together with this node or because it does not lead to the output. `inputs`: by each of its
    inputs, also `input` where it is one, and `input1`, `input2` ... ; for an Input its output's.
    `parameters`: by each of its parameters, by name, which is an attribute as well; `weight` and `bias` are None
    where it has none.
    """

    output: Array | None
    inputs: tuple[Array, ...] = ()
    parameters: Mapping[str, Array] = field(default_factory=dict)

    @property
    def weight(self) -> Array | None:
        """The gradient by the weight; None where the node has none."""
        return self.parameters.get("weight")

    @property
    def bias(self) -> Array | None:
        """The gradient by the bias; None where the node has none."""
        return self.parameters.get("bias")

    def __getattr__(self, name: str) -> Array:
        if name in ("inputs", "parameters") or name.startswith("_"):  # one that is only being made
            raise AttributeError(name)
        if name in self.parameters:
            return self.parameters[name]
        known = {f"input{k}": x for k, x in enumerate(self.inputs, 1)}
        if len(known) == 1:
            known = {"input": self.inputs[0], **known}
        if name not in known:
            raise AttributeError(f"wanted output, {', '.join([*known, *self.parameters])}, got {name!r}")
        return known[name]


def run_forward(
    wiring: Wiring,
    sizes: Mapping[str, Sizes],
    given: Mapping[str, Array],
    parameters: Mapping[str, Array],
    batch: int,
) -> dict[str, Array]:
    """Return the output of every node that leads to the output, by name. Raises GraphError naming a layer."""
    made: dict[str, Array] = {}
    for name in wiring.live:
        node = wiring.nodes[name]
        if isinstance(node.layer, Input):
            made[name] = given[name]
            continue
        inputs = [made[source] for source in wiring.sources[name]]
        own = [parameters[f"{name}.{parameter}"] for parameter in node.layer.parameters]
        try:
            y = _forward(node.layer, inputs, own)
        except ShapeError as error:
            came = " and ".join(str(x.shape) for x in inputs)
            raise GraphError(f"{name}: {article(node.kind)} cannot take {came}: {error}") from error
        wanted = tuple(batch if size is None else size for size in sizes[name])
        _check_made(node, "an output", y, wanted, inputs[0].dtype)
        made[name] = y
    return made


def run_backward(
    wiring: Wiring, made: Mapping[str, Array], start: Array, *, skip: bool
) -> dict[str, NodeGradients]:
    """Return the gradients at every node that leads to the output, in the order in which they are reached.

    `start` is the gradient by the output, or, with `skip`, by the input of the node that makes it.
    What arrives at a node from several others is added up in the order in which it arrives.
    """
    arrived: dict[str, Array] = {} if skip else {wiring.output: start}
    found: dict[str, NodeGradients] = {}
    for name in reversed(wiring.live):
        node = wiring.nodes[name]
        dy = arrived.get(name)
        if isinstance(node.layer, Input):
            assert dy is not None  # noqa: S101  # it leads to the output, so something came from there
            found[name] = NodeGradients(dy, (dy,))
            continue
        found[name] = NodeGradients(None, (start,)) if dy is None else _backward(node, dy)
        sources = wiring.sources[name]
        if len(found[name].inputs) != len(sources):
            made_of = f"{plural(len(found[name].inputs), 'gradient')} of {plural(len(sources), 'input')}"
            raise GraphError(f"{name}: {node.kind} made {made_of}")
        for source, dx in zip(sources, found[name].inputs, strict=True):
            _check_made(node, f"a gradient by {source}", dx, made[source].shape, made[source].dtype)
            # Not in place: a join may answer one array for all its inputs.
            with np.errstate(all="ignore"):
                arrived[source] = arrived[source] + dx if source in arrived else dx
    return found


def parameter_gradients(
    found: Mapping[str, NodeGradients], shapes: Mapping[str, Shape], dtype: np.dtype[Any]
) -> dict[str, Array]:
    """Return the gradient by each parameter, "layer.weight", zeros where the layer does not lead to the output."""
    gradients = {}
    for name, shape in shapes.items():
        layer, _, parameter = name.partition(".")
        gradients[name] = getattr(found[layer], parameter) if layer in found else np.zeros(shape, dtype)
    return gradients


def _forward(layer: Layer, inputs: list[Array], parameters: list[Array]) -> Array:
    y: Array = layer.forward(*inputs, *parameters)  # type: ignore[attr-defined]
    return y


def _backward(node: Node, dy: Array) -> NodeGradients:
    found = node.layer.backward(dy)  # type: ignore[union-attr]
    parameters = {}
    for name in node.layer.parameters:  # type: ignore[union-attr]
        gradient = getattr(found, name, None)
        if gradient is None:
            raise GraphError(f"{node.name}: {node.kind} made no gradient by its {name}")
        parameters[name] = gradient
    inputs = found.inputs if isinstance(found, JoinGradients) else (found.input,)
    return NodeGradients(dy, inputs, parameters)


def _check_made(
    node: Node, what: str, value: object, shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> None:
    """Refuse what a layer answers against its own word, which can only be one of the user's."""
    if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype != dtype:
        came = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise GraphError(f"{node.name}: {node.kind} promised {what} {dtype} {shape}, and made {came}")
