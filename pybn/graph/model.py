"""The model: layers with names, wired, with parameters and a loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any, Self

import numpy as np

from pybn.errors import GraphError, ShapeError, StateError
from pybn.graph.loss import add_decay, differentiated_together, penalties
from pybn.graph.metadata import build, make_loss
from pybn.graph.node import Node, Sizes, as_inputs, spell
from pybn.graph.parameters import Parameters, check_array, check_finite
from pybn.graph.run import NodeGradients, run_backward, run_forward
from pybn.graph.shapes import infer
from pybn.graph.state import read_state, write_state
from pybn.graph.wiring import wire
from pybn.layers.base import Array, Layer, check_like, number
from pybn.losses import Loss

LossFunction = Callable[[Array, Array], tuple[Any, Array]]


class Graph:
    """Layers wired by name: a model that predicts, and that knows the gradients of its loss.

    Nodes may be listed in any order; a node without `inputs` takes the node before it in the list. `output` names
    the node whose output is the model's; it may be left out where one node alone is taken by none. What does not
    lead there is checked but never run; its gradients are zeros. `parameters` has an array of `dtype`
    ("float64" or "float32") for each "layer.weight" and "layer.bias". A layer object belongs to one graph.

    `loss(scores, targets)` returns its value and the gradient by the scores, or, where it says `through`, by the
    input of the last layer, which must then be of that class.

    All Dropout layers draw from one stream, `random`; `seed` starts it anew.
    Raises GraphError where the layers, their wiring and their parameters do not make a model.
    """

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
        if str(dtype) not in ("float64", "float32"):
            raise GraphError(f"dtype: wanted 'float64' or 'float32', got {dtype!r}")
        self._dtype = np.dtype(str(dtype))
        self._wiring = wire(nodes, output)
        given = dict(parameters or {})
        self._sizes, wanted = infer(self._wiring, given)
        self._parameters = Parameters(wanted, self._dtype)
        for name in {**wanted, **given}:
            if name not in given:
                raise GraphError(f"{name}: missing; wanted shape {wanted[name]}")
            self._parameters[name] = given[name]
        check_finite(self._parameters)
        self._loss = loss
        self._skip = differentiated_together(loss, self._node(self.output), self._sizes[self.output])
        self._made: dict[str, Array] = {}
        self._ready = False  # for a backward
        self._gradients: dict[str, NodeGradients] = {}
        self.seed(seed)

    @classmethod
    def from_metadata(
        cls,
        layers: Sequence[Mapping[str, Any]],
        layout: str = "NCHW",
        dtype: str = "float64",
        loss: Any = None,
        seed: int | None = 0,
        output: str | None = None,
    ) -> Self:
        """Return the model that tables describe as the legacy LayerContainer does; see `pybn.graph.metadata`.

        `layout` is the order of axes of all images, `loss` a legacy name such as "multi_class_cross_entropy", or a
        loss. `seed` is that of the first parameters and of `random`; models of one seed hold the same numbers in
        every layout. Raises GraphError or LayoutError, naming the layer, what was wanted and what came.
        """
        nodes, parameters = build(layers, layout, dtype, seed, output)
        return cls(nodes, parameters, make_loss(loss), dtype, output, seed=seed)

    # What it is.

    def __repr__(self) -> str:
        layers = sum(isinstance(node.layer, Layer) for node in self.nodes)
        numbers = sum(math.prod(shape) for shape in self._parameters.shapes.values())
        inputs = ", ".join(f"{name} {spell(self._sizes[name])}" for name in self.inputs)
        output = f"{self.output} {spell(self._sizes[self.output])}"
        return f"Graph({inputs} -> {output}: {layers} layers, {numbers:,} parameters, {self.dtype})"

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes in the order in which they run, the inputs of each written out."""
        return tuple(
            Node(name, node.layer, self._wiring.sources[name]) for name, node in self._wiring.nodes.items()
        )

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
        """The order of axes that all layers share; None where they name different ones, or none."""
        layouts = {getattr(node.layer, "layout", None) for node in self.nodes} - {None}
        return str(layouts.pop()) if len(layouts) == 1 else None

    @property
    def loss(self) -> LossFunction | None:
        """The loss, `value, gradient = loss(scores, targets)`."""
        return self._loss

    def layer(self, name: str) -> Any:
        """Return the layer, or the Input, of that name. Raises GraphError."""
        return self._node(name).layer

    def sizes(self, name: str) -> Sizes:
        """Return the shape of a node's output, None for the batch. Raises GraphError for an unknown name."""
        return self._sizes[self._node(name).name]

    # What it does.

    def predict(self, x: Any) -> Array:
        """Return the output for x, in evaluation mode: nothing is drawn, and no running statistic moves.

        x is an array of the input's shape and the model's dtype, or {name: array} where there are several inputs.
        Raises ShapeError or DTypeError, naming the input, and GraphError where arrays are missing.
        """
        return self.forward(x, training=False)

    def forward(self, x: Any, training: bool = True) -> Array:
        """Return the output for x, in training mode (where batch statistics serve and are gathered) or not.

        The array is the one that `activation` answers as well, not a copy. In training mode the layers stay in it;
        in evaluation mode they go back to the mode they were in.
        """
        given, batch = self._check_given(x)
        self._ready, self._made = False, {}
        before = [(node.layer, node.layer.training) for node in self.nodes if isinstance(node.layer, Layer)]
        try:
            for layer, _ in before:
                layer.training = bool(training)
            self._made = run_forward(self._wiring, self._sizes, given, self._parameters, batch)
            self._ready = bool(training)
        finally:
            for layer, mode in before:
                layer.training = mode if not training else True
        return self._made[self.output]

    def backward(self, dy: Array) -> dict[str, Array]:
        """Return the gradients by all parameters, given the gradient `dy` by the output, without any loss.

        Raises StateError unless a forward in training mode was the last thing to run.
        """
        if not self._ready:
            raise StateError("backward wants a forward in training mode right before it; there was none")
        check_array("dy", dy, self._made[self.output].shape, self._dtype)
        return self._backward(dy, skip=False)

    def loss_and_gradients(self, x: Any, t: Array, l2: float = 0.0) -> tuple[Any, dict[str, Array]]:
        """Return the loss of a batch, a NumPy scalar of the model's dtype, and its gradients by all parameters.

        Runs in training mode. `t` are the targets as the loss wants them. `l2` (lambda) adds 0.5 lambda sum(w^2)
        to the loss and lambda w to the gradient of every weight w, a batch-norm's included; biases are left out.
        Raises as `predict` and the loss do; ValueError unless l2 is a finite number >= 0.
        """
        if self._loss is None:
            raise GraphError("this model has no loss: wanted Graph(..., loss=...)")
        if not 0 <= number(l2) < math.inf:
            raise ValueError(f"l2: wanted a finite number >= 0, got {l2!r}")
        _, batch = self._check_given(x)
        self._check_targets(t, batch)
        value, start = self._loss(self.forward(x, training=True), t)
        gradients = self._backward(start, skip=self._skip, l2=float(l2))
        loss = self._dtype.type(value)
        if l2:
            loss = sum(penalties(self._gradients, self._wiring.nodes, self._parameters, float(l2)), loss)
        return loss, gradients

    def activation(self, name: str) -> Array:
        """Return a node's output at the last forward or predict, the array itself: it is kept until the next one.

        Raises StateError where there was none, or where the node does not lead to the output.
        """
        self._node(name)
        if name not in self._made:
            raise StateError(f"{name}: has no activation: {self._why_not(name, 'forward')}")
        return self._made[name]

    def gradients_of(self, name: str) -> NodeGradients:
        """Return `.output`, `.input` (`.input1` ... of a join), `.weight`, `.bias` of the last gradients.

        The arrays are kept until the next ones, and are those that `loss_and_gradients` returned, L2 included.
        Raises StateError where there was no backward, or where the node does not lead to the output.
        """
        self._node(name)
        if name not in self._gradients:
            raise StateError(f"{name}: has no gradients: {self._why_not(name, 'loss_and_gradients')}")
        return self._gradients[name]

    # What it has learnt.

    @property
    def parameters(self) -> Parameters:
        """The arrays by "layer.weight" and "layer.bias"; a value that is set is checked and copied."""
        return self._parameters

    def set_parameters(self, layer: str, *values: Array, **named: Array) -> None:
        """Set the weight and the bias of a layer, in this order or by name. Raises GraphError, and sets none."""
        known = self._parameters_of(layer)
        if len(values) > len(known):
            raise GraphError(
                f"{layer}: wanted {' and '.join(known) or 'no parameters'}, got {len(values)} values"
            )
        given = dict(zip(known, values, strict=False)) | named
        for name, value in given.items():
            self._parameters.check(f"{layer}.{name}", value)
        for name, value in given.items():
            self._parameters[f"{layer}.{name}"] = value

    def parameters_of(self, layer: str) -> SimpleNamespace:
        """Return `.weight` and `.bias` of a layer, None where it has none. Raises GraphError for an unknown name."""
        own = {name: self._parameters[f"{layer}.{name}"] for name in self._parameters_of(layer)}
        return SimpleNamespace(**{"weight": None, "bias": None} | own)

    @property
    def state(self) -> Mapping[str, Array]:
        """Copies of all parameters and running statistics, e.g. "bn1.running_mean", as PyTorch names them.

        What is assigned is checked as a whole and copied; statistics that are not in it start anew.
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
        """Start `random` anew, as Octave's rand does after rand('twister', seed); None: nobody knows where."""
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

    def _why_not(self, name: str, wanted: str) -> str:
        return f"wanted a {wanted} first" if name in self._wiring.live else f"does not lead to {self.output}"

    def _check_given(self, x: Any) -> tuple[dict[str, Array], int]:
        """Return the arrays by input, and the size of the batch, the same in all of them."""
        given = as_inputs(self.inputs, x)
        batches = {name: self.layer(name).check(name, value, self._dtype) for name, value in given.items()}
        if len(set(batches.values())) > 1:
            told = ", ".join(f"{name} {batch}" for name, batch in batches.items())
            raise ShapeError(f"x: wanted one size of the batch in all inputs, got {told}")
        return given, next(iter(batches.values()))

    def _check_targets(self, t: Any, batch: int) -> None:
        """Refuse bad targets before a forward has moved statistics; another's loss knows itself what it wants."""
        if isinstance(self._loss, Loss):
            check_like(
                "t", t, tuple(batch if n is None else n for n in self._sizes[self.output]), self._dtype
            )

    def _backward(self, start: Array, *, skip: bool, l2: float = 0.0) -> dict[str, Array]:
        found = run_backward(self._wiring, self._made, start, skip=skip)
        if l2:
            add_decay(found, self._parameters, l2)
        self._gradients = found
        return {name: self._gradient(*name.split(".")) for name in self._parameters}

    def _gradient(self, node: str, parameter: str) -> Array:
        if node not in self._gradients:
            return np.zeros(self._parameters.shapes[f"{node}.{parameter}"], self._dtype)
        value: Array = getattr(self._gradients[node], parameter)
        return value
