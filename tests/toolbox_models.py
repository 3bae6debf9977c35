"""Networks of the Deep Learning Toolbox made by hand: the objects that a reader finds in MATLAB's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pybn.values import Cell, Object

PACKAGE = "nnet.cnn.layer."


class Made:
    """Layers with random weights, in MATLAB's shapes, of a given seed."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)

    def weights(self, *shape: int, dropped: bool = True) -> dict[str, Any]:
        """Return a learnable; MATLAB drops trailing ones."""
        x = (self._rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)
        while dropped and x.ndim > 2 and x.shape[-1] == 1:
            x = x[..., 0]
        return {"Version": one(2), "Value": np.asfortranarray(x), "LearnRateFactor": one(1)}

    def bias(self, *shape: int) -> dict[str, Any]:
        """Return a bias."""
        return {"Version": one(2), "Value": self._rng.normal(size=shape).astype(np.float32)}

    def positive(self, *shape: int) -> np.ndarray[Any, Any]:
        """Return statistics."""
        return self._rng.uniform(0.5, 2, size=shape).astype(np.float32)

    def batch_norm(self, name: str, channels: int, version: int = 2, *, flat: bool = False) -> Layer:
        """Return a batch normalisation."""
        shape = (channels, 1) if flat else (1, 1, channels)
        moving = {"MeanDecay": one(0.1), "VarianceDecay": one(0.1), "IsMovingAverageMode": yes(False)}
        return layer(
            "BatchNormalizationLayer",
            name,
            version,
            Epsilon=one(1e-3),
            NumChannels=one(channels),
            TrainedMean=self._rng.normal(size=shape).astype(np.float32),
            TrainedVariance=self.positive(*shape),
            Offset=self.bias(*shape),
            Scale={"Value": self.positive(*shape)},
            **(moving if version >= 3 else {}),
        )

    def convolution(
        self,
        name: str,
        kernel: tuple[int, int],
        channels: int,
        filters: int,
        version: int = 5,
        **options: Any,
    ) -> Layer:
        """Return a convolution."""
        later = {"PaddingValue": one(0), "ConvolveOverTime": yes(False)} if version >= 8 else {}
        told = {
            "FilterSize": row(*kernel),
            "NumChannels": one(channels),
            "NumFilters": one(filters),
            "Stride": row(1, 1),
            "DilationFactor": row(1, 1),
            "PaddingMode": "manual",
            "PaddingSize": row(0, 0, 0, 0),
            "Weights": self.weights(*kernel, channels, filters),
            "Bias": self.bias(1, 1, filters),
            **later,
        }
        return layer("Convolution2DLayer", name, version, **{**told, **options})

    def step_convolution(self, name: str, size: int, channels: int, filters: int, **options: Any) -> Layer:
        """Return a convolution over steps."""
        told = {
            "FilterSize": one(size),
            "NumChannels": one(channels),
            "NumFilters": one(filters),
            "Stride": one(1),
            "DilationFactor": one(1),
            "PaddingMode": "manual",
            "PaddingSize": row(0, 0),
            "PaddingValue": one(0),
            "Weights": self.weights(size, channels, filters),
            "Bias": self.bias(1, filters),
        }
        return layer("Convolution1DLayer", name, 3, **{**told, **options})

    def connected(self, name: str, *shape: int, bias: Sequence[int] = ()) -> Layer:
        """Return a fully connected layer, its weights (H, W, C, Out) or (Out, In)."""
        outputs = shape[0] if len(shape) == 2 else shape[-1]
        size = one(outputs) if len(shape) == 2 else row(1, 1, outputs)
        return layer(
            "FullyConnectedLayer",
            name,
            3,
            InputSize=nothing(),
            OutputSize=size,
            Weights=self.weights(*shape),
            Bias=self.bias(*(bias or ((outputs, 1) if len(shape) == 2 else (1, 1, outputs)))),
        )

    def recurrent(self, kind: str, name: str, inputs: int, hidden: int, **options: Any) -> Layer:
        """Return an LSTM, a BiLSTM or a GRU."""
        rows = hidden * {"LSTMLayer": 4, "BiLSTMLayer": 8, "GRULayer": 3}[kind]
        biases = 2 * rows if "recurrent" in options.get("ResetGateMode", "") else rows
        told = {
            "InputSize": one(inputs),
            "NumHiddenUnits": one(hidden),
            "ReturnSequence": yes(True),
            "StateActivationFunction": "tanh",
            "GateActivationFunction": "sigmoid",
            "InputWeights": self.weights(rows, inputs),
            "RecurrentWeights": self.weights(rows, hidden),
            "Bias": self.bias(biases, 1),
        }
        return layer(kind, name, 5, **{**told, **options})


Layer = tuple[str, dict[str, Any]]


def one(value: float) -> np.ndarray[Any, Any]:
    """Return a number as MATLAB has it."""
    return np.array([[float(value)]])


def row(*values: float) -> np.ndarray[Any, Any]:
    """Return a row of numbers."""
    return np.array([values], np.float64)


def yes(value: bool) -> np.ndarray[Any, Any]:
    """Return a truth value as MATLAB has it."""
    return np.array([[value]])


def nothing() -> np.ndarray[Any, Any]:
    """Return []."""
    return np.empty((0, 0))


def layer(kind: str, name: str, version: int = 1, **fields: Any) -> Layer:
    """Return a layer: its class, and what saveobj writes."""
    return kind, {"Version": one(version), "Name": name, **fields}


def image_input(*size: int, normalization: Any = None) -> Layer:
    """Return an input of images."""
    told = nothing() if normalization is None else normalization
    return layer("ImageInputLayer", "input", 4, InputSize=row(*size), Normalization=told)


def pooling(kind: str, name: str, size: tuple[int, int], version: int = 2, **options: Any) -> Layer:
    """Return a pooling layer."""
    told = {
        "PoolSize": row(*size),
        "Stride": row(1, 1),
        "PaddingMode": "manual",
        "PaddingSize": row(0, 0, 0, 0),
    }
    return layer(f"{kind}Pooling2DLayer", name, version, **{**told, **options})


def step_pooling(kind: str, name: str, size: int, **options: Any) -> Layer:
    """Return a pooling layer over steps."""
    told = {"PoolSize": one(size), "Stride": one(1), "PaddingMode": "manual", "PaddingSize": row(0, 0)}
    return layer(f"{kind}Pooling1DLayer", name, 2, **{**told, **options})


def layers_of(*layers: Layer) -> Object:
    """Return an array of layers."""
    kinds = tuple(kind if "." in kind else PACKAGE + kind for kind, _ in layers)
    saved = [{"Version": one(1), "any": fields} for _, fields in layers]
    return Object(f"{PACKAGE}Layer", (len(layers), 1), saved, kinds)


def series(*layers: Layer) -> Object:
    """Return a SeriesNetwork."""
    return Object("SeriesNetwork", (1, 1), [{"any": {"Version": one(1), "Layers": layers_of(*layers)}}])


def table(connections: Sequence[tuple[str, str]]) -> Object:
    """Return a table of connections."""
    columns = zip(*connections, strict=True)
    told = {
        name: Cell((len(connections), 1), tuple(column))
        for name, column in zip(("Source", "Destination"), columns, strict=True)
    }
    return Object("table", (1, 1), [{"variables": told, "properties": {}}])


def wired(kind: str, connections: Sequence[tuple[str, str]], *layers: Layer) -> Object:
    """Return a DAGNetwork or a LayerGraph; of "dlnetwork" one around a graph."""
    fields = {"Version": one(1), "Layers": layers_of(*layers), "Connections": table(connections)}
    if kind != "dlnetwork":
        return Object(kind, (1, 1), [{"any": fields}])
    graph = Object("nnet.cnn.LayerGraph", (1, 1), [{"any": fields}])
    names = Cell((1, 1), (layers[-1][1]["Name"],))
    return Object(kind, (1, 1), [{"any": {"Version": one(6), "LayerGraph": graph, "OutputNames": names}}])
