"""Models that the tests of graphs share."""

# ruff: noqa: ARG002  -- layers take what the protocol gives them

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.graph import Graph, Input, Node
from pybn.layers import BatchNorm, EltWiseAdd, FullyConnected, Relu, Softmax
from pybn.layers.base import Array, Gradients, JoinGradients, Layer, Shape
from pybn.losses import MultiClassCrossEntropy


def draw(*shape: int, seed: int = 0, dtype: str = "float64") -> Array:
    """Normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def onehot(rows: int, classes: int, dtype: str = "float64") -> Array:
    """Targets, one class after the other."""
    return np.eye(classes, dtype=dtype)[np.arange(rows) % classes]


def rows_model(dtype: str = "float64", **changes: Any) -> Graph:
    """x (N, 4) -> fc1 -> relu -> add(relu, fc2(relu)) -> bn -> fc3 -> softmax."""
    parameters = {
        "fc1.weight": draw(4, 5, seed=1, dtype=dtype),
        "fc1.bias": draw(5, seed=2, dtype=dtype),
        "fc2.weight": draw(5, 5, seed=3, dtype=dtype),
        "fc2.bias": draw(5, seed=4, dtype=dtype),
        "bn.weight": draw(5, seed=5, dtype=dtype),
        "bn.bias": draw(5, seed=6, dtype=dtype),
        "fc3.weight": draw(5, 3, seed=7, dtype=dtype),
        "fc3.bias": draw(3, seed=8, dtype=dtype),
    }
    nodes = [
        Node("x", Input((None, 4))),
        Node("fc1", FullyConnected()),
        Node("relu", Relu()),
        Node("fc2", FullyConnected()),
        Node("add", EltWiseAdd(), ("relu", "fc2")),
        Node("bn", BatchNorm()),
        Node("fc3", FullyConnected()),
        Node("prob", Softmax()),
    ]
    given: dict[str, Any] = {"parameters": parameters, "loss": MultiClassCrossEntropy(), "dtype": dtype}
    return Graph(changes.pop("nodes", nodes), **given | changes)


def images_tables(**dropout: Any) -> list[dict[str, Any]]:
    """Metadata of a residual model of images (8, 6, 2)."""
    return [
        {"type": "input", "name": "image", "rows": 8, "cols": 6, "depth": 2, "batchsize": 7},
        {"type": "conv", "name": "conv1", "kh": 3, "kw": 3, "stride": 1, "pad": 1, "num_output": 4},
        {"type": "sp_batchnorm", "name": "bn1", "eps": 1e-5, "momentum": 0.9},
        {"type": "relu", "name": "relu1"},
        {"type": "conv", "name": "conv2", "kh": 3, "kw": 3, "stride": 1, "pad": 1, "num_output": 4},
        {"type": "add", "name": "add1", "inputs": ["relu1", "conv2"]},
        {"type": "maxpool", "name": "pool1", "kh": 2, "kw": 2, "stride": 2},
        {"type": "dropout", "name": "drop1", "prob": 0.3, **dropout},
        {"type": "fc", "name": "fc1", "num_output": 5},
        {"type": "softmax", "name": "prob"},
    ]


def images_model(**changes: Any) -> Graph:
    """The model of `images_tables`."""
    given: dict[str, Any] = {"loss": "multi_class_cross_entropy", "seed": 3}
    return Graph.from_metadata(images_tables(), **given | changes)


class Double(Layer):
    """y = 2 x, a layer of the user's own."""

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """As x."""
        return inputs[0]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y."""
        return 2 * x

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return 2 dy."""
        return Gradients(2 * dy)


class Same(Layer):
    """y = x1 + x2, whose two gradients are one and the same array."""

    fan_in = 2

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """As x1."""
        return inputs[0]

    def forward(self, x1: Array, x2: Array, *, out: Array | None = None) -> Array:
        """Return y."""
        return x1 + x2

    def backward(self, dy: Array, *, out: Array | None = None) -> JoinGradients:
        """Return dy twice."""
        return JoinGradients((dy, dy))


def differences(graph: Graph, x: Any, t: Array, name: str, l2: float = 0.0) -> Array:
    """The gradient by a parameter, by central differences of the loss; the stream of draws starts anew each time."""
    w = graph.parameters[name]
    found = np.empty_like(w)
    for at in np.ndindex(w.shape):
        sides = []
        for h in (1e-6, -1e-6):
            kept = w[at]
            w[at] = kept + h
            graph.seed(3)
            sides.append(graph.loss_and_gradients(x, t, l2)[0])
            w[at] = kept
        found[at] = (sides[0] - sides[1]) / 2e-6
    return found
