"""The model: layers with names, wired, that predict, and know the gradients of their loss."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from pybn.errors import FormatError, GraphError, LayoutError, StateError
from pybn.formats.bundle import is_hdf5
from pybn.graph.files import read_model, read_toml, write_model
from pybn.graph.loss import check_targets_of, regularise
from pybn.graph.metadata import build, make_loss
from pybn.graph.node import check_given
from pybn.graph.parameters import check_array, not_finite
from pybn.graph.picture import draw
from pybn.graph.run import NodeGradients, parameter_gradients, run_backward, run_forward
from pybn.graph.summary import summarise
from pybn.graph.wired import Wired
from pybn.layers.base import Array, Layer, number
from pybn.losses import Loss


class Graph(Wired):
    """Layers wired by name: a model that predicts, and that knows the gradients of its loss.

    Nodes may be listed in any order; a node without `inputs` takes the node before it in the list. `output` names
    the node whose output is the model's; it may be left out where one node alone is taken by none. What does not
    lead there is checked but never run; its gradients are zeros. `parameters` has an array of `dtype`
    ("float64" or "float32") for each "layer.weight" and "layer.bias". A layer object belongs to one graph.

    `loss(scores, targets)` returns its value and the gradient by the scores, or, where it says `through`, by the
    input of the last layer, which must then be of that class.

    All Dropout layers draw from one stream, `random`, whatever seed each was made with; `seed` starts it anew.
    Raises GraphError where the layers, their wiring and their parameters do not make a model.
    """

    _made: Mapping[str, Array] = MappingProxyType({})  # what each node made at the last forward
    _ready = False  # for a backward
    _gradients: Mapping[str, NodeGradients] = MappingProxyType({})

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

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the model that `save` wrote: wiring, options, parameters and statistics, to the last bit.

        Nothing in the file is run. `random` starts at seed 0. NaN or Inf in a parameter, which a training that
        diverged leaves behind, is a RuntimeWarning.
        Raises FileError where it cannot be read, FormatError where it is damaged or no saved model.
        """
        return cls._load(path)

    @classmethod
    def _load(cls, path: str | os.PathLike[str]) -> Self:
        nodes, loss, told, state = read_model(path)
        try:
            # Zeros first: the shapes are checked with them, and a training that diverged left NaN to load.
            names = {
                f"{node.name}.{name}" for node in nodes for name in getattr(node.layer, "parameters", ())
            }
            zeros = {name: np.zeros_like(value) for name, value in state.items() if name in names}
            graph = cls(nodes, zeros, loss, told["dtype"], told["output"])
            graph.state = state
        except GraphError as error:
            raise FormatError(f"{path}: is a saved model that cannot be: {error}") from error
        if told["layout"] not in (None, graph.layout):
            raise FormatError(f"{path}: says layout {told['layout']!r:.20}, and its layers {graph.layout!r}")
        if found := not_finite(graph.parameters):
            words = f"{path}: {found[0]} holds {found[1]}: a model of a training that diverged?"
            warnings.warn(words, RuntimeWarning, stacklevel=3)
        return graph

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Return the model of a file: one that `save` wrote, or a description in TOML.

        Raises as `load`; GraphError or LayoutError, naming file and layer, for a description that makes no model.
        """
        if is_hdf5(path):
            return cls._load(path)
        told = read_toml(path)
        try:
            return cls.from_metadata(**told)
        except (GraphError, LayoutError) as error:
            raise type(error)(f"{path}: {error}") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to `path`, in HDF5, all of it or nothing.

        Raises FileError where it cannot be written, GraphError for layers or a loss that are not pybn's own.
        """
        write_model(path, self.description, self.state)

    def summary(self) -> str:
        """Return a table: for each node its name, class, output shape, parameters and inputs; and the total."""
        return summarise(self)

    def to_svg(self) -> str:
        """Return a picture, the text of an SVG file: a box for each node, and shapes on the edges."""
        return draw(self)

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
        return self._keep(run_backward(self._wiring, self._made, dy, skip=False))

    def loss_and_gradients(self, x: Any, t: Array, l2: float = 0.0) -> tuple[Any, dict[str, Array]]:
        """Return the loss of a batch, a NumPy scalar of the model's dtype, and its gradients by all parameters.

        Runs in training mode. `t` are the targets as the loss wants them. `l2` (lambda) adds 0.5 lambda sum(w^2)
        to the loss and lambda w to the gradient of every weight w that the output depends on, a batch-norm's
        included; biases are left out.
        Raises as `predict` and the loss do; ValueError unless l2 is a finite number >= 0.
        """
        if self._loss is None:
            raise GraphError("this model has no loss: wanted Graph(..., loss=...)")
        if not 0 <= number(l2) < math.inf:
            raise ValueError(f"l2: wanted a finite number >= 0, got {l2!r}")
        _, batch = self._check_given(x)
        self._check_targets(t, batch)
        value, start = self._loss(self.forward(x, training=True), t)
        found = run_backward(self._wiring, self._made, start, skip=self._skip)
        loss = self._dtype.type(value)
        if l2:
            loss = regularise(loss, found, self._wiring.nodes, self._parameters, float(l2))
        return loss, self._keep(found)

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

    def _why_not(self, name: str, wanted: str) -> str:
        return f"wanted a {wanted} first" if name in self._wiring.live else f"does not lead to {self.output}"

    def _check_given(self, x: Any) -> tuple[dict[str, Array], int]:
        """Return the arrays by input, and the size of the batch, the same in all of them."""
        return check_given({name: self.layer(name) for name in self.inputs}, x, self._dtype, self.layout)

    def _check_targets(self, t: Any, batch: int) -> None:
        """Refuse bad targets before a forward has moved statistics; another's loss knows itself what it wants."""
        if isinstance(self._loss, Loss):
            check_targets_of(t, batch, self._sizes[self.output][1] or 0, self._dtype)

    def _keep(self, found: dict[str, NodeGradients]) -> dict[str, Array]:
        self._gradients = found
        return parameter_gradients(found, self._parameters.shapes, self._dtype)
