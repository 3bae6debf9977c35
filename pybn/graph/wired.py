"""What a model is and what it has learnt: nodes, shapes, parameters, running statistics, the stream of draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np

from pybn.errors import GraphError
from pybn.graph.files import describe
from pybn.graph.layouts import layout_of
from pybn.graph.loss import differentiated_together
from pybn.graph.node import Node, Sizes, plural, spell
from pybn.graph.parameters import Parameters, check_dtype, check_finite, check_seed
from pybn.graph.shapes import infer
from pybn.graph.state import read_state, write_state
from pybn.graph.wiring import wire
from pybn.layers.base import Array, Layer

LossFunction = Callable[[Array, Array], tuple[Any, Array]]


class Wired:
    """Layers wired by name, with parameters and a loss: all of a `Graph` but what runs."""

    def __init__(
        self,
        nodes: Sequence[Node],
        parameters: Mapping[str, Array] | None = None,
        loss: LossFunction | None = None,
        dtype: str = "float64",
        output: str | None = None,
        *,
        seed: int | None = 0,
    ) -> None:
        self._dtype = check_dtype(dtype)
        self._wiring = wire(nodes, output)
        sources = self._wiring.sources
        self._nodes = tuple(Node(n, node.layer, sources[n]) for n, node in self._wiring.nodes.items())
        given = dict(parameters or {})
        self._sizes, wanted = infer(self._wiring, given)
        self._parameters = Parameters(wanted, self._dtype)
        for name in {**wanted, **given}:
            if name not in given:
                raise GraphError(f"{name}: missing; wanted shape {wanted[name]}")
            self._parameters.move(name, given[name])
        check_finite(self._parameters)
        self._loss = loss
        self._skip = differentiated_together(loss, self._node(self.output), self._sizes[self.output])
        self.seed(seed)

    # What it is.

    def __repr__(self) -> str:
        layers = sum(isinstance(node.layer, Layer) for node in self.nodes)
        numbers = sum(math.prod(shape) for shape in self._parameters.shapes.values())
        inputs = ", ".join(f"{name} {spell(self._sizes[name])}" for name in self.inputs)
        output = f"{self.output} {spell(self._sizes[self.output])}"
        size = f"{plural(layers, 'layer')}, {plural(numbers, 'parameter')}"
        return f"Graph({inputs} -> {output}: {size}, {self.dtype})"

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes in the order in which they run, the inputs of each written out."""
        return self._nodes

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that lead to the output."""
        return self._wiring.inputs

    @property
    def output(self) -> str:
        """The name of the node whose output is the model's."""
        return self._wiring.output

    @property
    def dtype(self) -> str:
        """Of all that goes in and comes out: "float64" or "float32"."""
        return self._dtype.name

    @property
    def layout(self) -> str | None:
        """The order of axes of the images that layers take, or else of sequences, or that which all layers share."""
        return layout_of(self.nodes, self._sizes)

    @property
    def loss(self) -> LossFunction | None:
        """The loss, `value, gradient = loss(scores, targets)`."""
        return self._loss

    @property
    def description(self) -> dict[str, Any]:
        """All but the state, as JSON has it. Raises GraphError for layers or a loss that are not pybn's own."""
        return describe(self.nodes, self._loss, self.output, self.dtype, self.layout)

    def leads(self, name: str) -> bool:
        """Tell whether a node leads to the output, and so is run. Raises GraphError for an unknown name."""
        return self._node(name).name in self._wiring.live

    def layer(self, name: str) -> Any:
        """Return the layer, or the Input, of that name. Raises GraphError."""
        return self._node(name).layer

    def sizes(self, name: str) -> Sizes:
        """Return the shape of a node's output, None for the batch. Raises GraphError for an unknown name."""
        return self._sizes[self._node(name).name]

    # What it has learnt.

    @property
    def parameters(self) -> Parameters:
        """The arrays by "layer.weight" and "layer.bias"; what is set is checked, NaN and Inf refused, and copied."""
        return self._parameters

    def set_parameters(self, layer: str, *values: Array, **named: Array) -> None:
        """Set the parameters of a layer, weight and bias for one, in its own order or by name, or none of them.

        Raises GraphError where one does not fit, or holds NaN or Inf.
        """
        self._parameters.set(layer, self._parameters_of(layer), values, named)

    def parameters_of(self, layer: str) -> SimpleNamespace:
        """Return a layer's parameters, `.weight` and `.bias` None where it has none. Raises GraphError."""
        return self._parameters.of(layer, self._parameters_of(layer))

    @property
    def state(self) -> Mapping[str, Array]:
        """Copies of all parameters and running statistics, e.g. "bn1.running_mean", as PyTorch names them.

        What is assigned is checked as a whole and copied; statistics that are not in it start anew. NaN and Inf are
        let be: a training that diverged can be gone back to.
        """
        return MappingProxyType(read_state(self.nodes, self._parameters))

    @state.setter
    def state(self, values: Mapping[str, Array]) -> None:
        write_state(self.nodes, self._parameters, values)

    @property
    def random(self) -> np.random.RandomState:
        """The stream that all Dropout layers draw from."""
        return self._random

    def seed(self, seed: int | None) -> None:
        """Start `random` anew, as Octave's rand does after rand('twister', seed); None: nobody knows where.

        Raises GraphError for another than a whole number from 0 to 2**32 - 1.
        """
        check_seed(seed)
        self._random = np.random.RandomState(None if seed is None else [seed])
        for node in self.nodes:
            if isinstance(getattr(node.layer, "random", None), np.random.RandomState):
                node.layer.random = self._random  # type: ignore[union-attr]

    # Inside.

    def _node(self, name: str) -> Node:
        if name not in self._wiring.nodes:
            raise GraphError(f"{name}: no such node; there are {', '.join(self._wiring.nodes)}")
        return self._wiring.nodes[name]

    def _parameters_of(self, layer: str) -> tuple[str, ...]:
        return getattr(self._node(layer).layer, "parameters", ())
