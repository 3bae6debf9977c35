"""Which shapes follow from which, and which shapes parameters must have: told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pybn.errors import GraphError, PybnError, ShapeError
from pybn.graph.layouts import Agreement
from pybn.graph.node import Input, Node, Sizes, article, spell
from pybn.graph.wiring import Wiring
from pybn.layers.base import Array, Layer, Shape

# Two batches tell which axis of an output is the batch's: the one that differs.
_BATCHES = (2, 3)


def follow(node: Node, given: Sequence[Sizes], weight: Shape | None = None) -> Sizes:
    """Return the sizes of a node's output for inputs of the sizes `given`. Raises GraphError where they do not fit."""
    if isinstance(node.layer, Input):
        return node.layer.shape
    layer = node.layer
    shapes = []
    with _named(node, given, weight):
        for batch in _BATCHES:
            shape = layer.output_shape(*(_with(sizes, batch) for sizes in given), weight=weight)
            shapes.append(tuple(int(size) for size in shape))
    sizes = tuple(None if pair == _BATCHES else pair[0] for pair in zip(*shapes, strict=False))
    if any(_with(sizes, batch) != shape for batch, shape in zip(_BATCHES, shapes, strict=True)) or (
        sizes.count(None) != 1
    ):
        raise GraphError(
            f"{node.name}: wanted an output with one axis for the batch, got {shapes[0]} for a batch of "
            f"{_BATCHES[0]} and {shapes[1]} for one of {_BATCHES[1]}"
        )
    return sizes


def parameter_shapes(node: Node, given: Sequence[Sizes], weight: Shape | None) -> dict[str, Shape]:
    """Return the shape of each parameter of a node, by "layer.parameter", for this input and weight.

    Raises GraphError where the weight is missing or does not fit.
    """
    layer = node.layer
    if isinstance(layer, Input) or not layer.parameters:
        return {}
    x = _with(given[0], _BATCHES[0])
    if weight is None and "weight" in layer.parameters:
        raise GraphError(
            f"{node.name}.weight: missing; wanted {_wanted(layer, x)} for an input {spell(given[0])}"
        )
    with _named(node, given, weight):
        shapes = layer.parameter_shapes(x, weight or ())
    return {f"{node.name}.{name}": shapes[name] for name in layer.parameters}


def infer(wiring: Wiring, parameters: Mapping[str, Array]) -> tuple[dict[str, Sizes], dict[str, Shape]]:
    """Return the sizes of every node's output and the shape of every parameter. Raises GraphError."""
    sizes: dict[str, Sizes] = {}
    wanted: dict[str, Shape] = {}
    agreement = Agreement()
    for name, node in wiring.nodes.items():
        given = [sizes[source] for source in wiring.sources[name]]
        agreement.check(node, wiring.sources[name], given)
        value = parameters.get(f"{name}.weight")
        weight = None if value is None else tuple(getattr(value, "shape", ()))
        wanted |= parameter_shapes(node, given, weight)
        sizes[name] = follow(node, given, weight)
    return sizes, wanted


def _with(sizes: Sizes, batch: int) -> Shape:
    return tuple(batch if size is None else size for size in sizes)


def _wanted(layer: Layer, x: Shape) -> str:
    """Return in words which weight a layer wants for an input of shape `x`."""
    try:
        return f"shape {layer.parameter_shapes(x, ())['weight']}"
    except ShapeError as error:
        return str(error).removeprefix("weight: wanted ").split(", got ")[0]
    except (PybnError, ValueError, IndexError, KeyError, TypeError):
        return "one"


@contextmanager
def _named(node: Node, given: Sequence[Sizes], weight: Shape | None) -> Iterator[None]:
    """Say which layer refused which shapes."""
    came: Any = " and ".join(spell(sizes) for sizes in given)
    told = "" if not weight else f" with a weight {spell(weight)}"
    try:
        yield
    except NotImplementedError as error:
        raise GraphError(f"{node.name}: {node.kind} does not say its output_shape") from error
    except (ShapeError, ArithmeticError) as error:
        raise GraphError(
            f"{node.name}: {article(node.kind)} cannot take {came}{told}: {error} (tried with N = {_BATCHES[0]})"
        ) from error
