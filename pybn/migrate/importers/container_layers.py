"""Layers of the classes of LEGACY.md, under the names of properties that such frameworks have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pybn.errors import FormatError
from pybn.graph.node import Sizes
from pybn.kernels.windows import pair, sides
from pybn.layers.base import Array
from pybn.migrate.importers.building import Made, array, empty, full, number_of, text_of, whole_numbers
from pybn.migrate.importers.legacy_layers import PLAIN, plain
from pybn.migrate.importers.weights_layers import LAYERS as WEIGHTS
from pybn.migrate.importers.weights_layers import Told

IMAGES = (
    "ConvolutionLayer",
    "TransposedConvolutionLayer",
    "SpatialBatchNorm",
    "MaxPoolLayer",
    "AvgPoolLayer",
    "GlobalAvgPoolLayer",
    "GlobalMaxPoolLayer",
    "LocalResponseNorm",
)
STRIDE, PAD = ("stride", "m_stride"), ("pad", "m_padding", "padding")
EPS, SLOPE = ("epsilon", "eps"), ("slope",)
KERNEL = ("m_kernelHeight", "m_kernelWidth")
PROB = ("prob", "dropoutProb")
MOMENTS = "running_mean", "running_var"


@dataclass(frozen=True, slots=True)
class Saved:
    """A layer of the file: where it is, its name and class, its properties and parameters, what comes in."""

    path: str
    name: str
    kind: str
    properties: Mapping[str, Any]
    parameters: Mapping[str, Any]
    sizes: tuple[Sizes | None, ...]

    def value(self, *keys: str) -> tuple[str, Any]:
        """Return where a property is that has one of several names, and its value; None where there is none."""
        for key in keys:
            if not empty(self.properties.get(key)):
                return f"{self.path}.properties.{key}", self.properties[key]
        return f"{self.path}.properties.{keys[0]}", None

    def whole(
        self, keys: tuple[str, ...], instead: int | None, counts: tuple[int, ...], least: int
    ) -> list[int]:
        """Return a property of whole numbers. Raises FormatError."""
        path, value = self.value(*keys)
        if value is None and instead is not None:
            return [instead]
        return whole_numbers(value, path, counts, least)

    def number(self, *keys: str, instead: float) -> float:
        """Return a property that is a number. Raises FormatError."""
        path, value = self.value(*keys)
        return instead if value is None else number_of(value, path)

    def array(self, key: str) -> tuple[str, Array] | None:
        """Return where a parameter is, and its value; None where there is none."""
        value = self.parameters.get(key)
        path = f"{self.path}.parameters.{key}"
        return None if empty(value) else (path, array(value, path))

    def moments(self) -> dict[str, tuple[str, Array]]:
        """Return the running statistics, of the layer or of the one inside it. Raises FormatError."""
        places = [(self.path, self.properties), *_within(self.path, self.properties)]
        for path, held in places:
            if not any(empty(held.get(key)) for key in MOMENTS):
                paths = {key: f"{path}.properties.{key}" for key in MOMENTS}
                return {key: (where, array(held[key], where)) for key, where in paths.items()}
        raise FormatError(
            f"{self.path}: {self.name} has no running statistics: it never saw a batch in training; "
            "train it, or run it once over data in training mode"
        )


def _within(path: str, properties: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the objects inside a layer that say their class and properties."""
    return [
        (f"{path}.properties.{key}", value["properties"])
        for key, value in properties.items()
        if isinstance(value, Mapping) and isinstance(value.get("properties"), Mapping)
    ]


def _weighted(
    saved: Saved, options: dict[str, Any], found: Mapping[str, tuple[str, Array]], sizes: Sizes
) -> Made:
    """Return a layer with parameters: what a description of these arrays would give."""
    named = {key: path for key, (path, _) in found.items()}
    file = dict(found.values())
    return WEIGHTS[saved.kind](Told(saved.name, saved.kind, {**options, **named}, file, sizes))


def _parameters(saved: Saved) -> dict[str, tuple[str, Array]]:
    found = {key: saved.array(key) for key in ("weight", "bias")}
    if found["weight"] is None:
        raise FormatError(
            f"{saved.path}: {saved.name}, of class {saved.kind}, has no weight: it is exported with the model that "
            "holds its parameters, and after they were set"
        )
    return {key: each for key, each in found.items() if each is not None}


def _dense(saved: Saved) -> Made:
    found = _parameters(saved)
    rows = found["weight"][1].shape[0]
    return _weighted(saved, {}, found, saved.sizes[0] or (None, rows))


def _convolution(saved: Saved) -> Made:
    found = _parameters(saved)
    options: dict[str, Any] = {
        "stride": pair("stride", saved.whole(STRIDE, 1, (1, 2), 1)),
        "pad": sides("pad", saved.whole(PAD, 0, (1, 2, 4), 0)),
        "groups": saved.whole(("groups",), 1, (1,), 1)[0],
        "dilation": pair("dilation", saved.whole(("dilation",), 1, (1, 2), 1)),
    }
    channels = full(found["weight"][1], 4)[2] * options["groups"]
    return _weighted(saved, options, found, saved.sizes[0] or (None, channels, 1, 1))


def _transposed(saved: Saved) -> Made:
    found = _parameters(saved)
    options: dict[str, Any] = {
        "stride": pair("stride", saved.whole(STRIDE, 1, (1, 2), 1)),
        "crop": sides("crop", saved.whole(("crop",), 0, (1, 2, 4), 0)),
        "groups": saved.whole(("groups",), 1, (1,), 1)[0],
    }
    return _weighted(saved, options, found, saved.sizes[0] or (None, full(found["weight"][1], 4)[3], 1, 1))


def _norm(saved: Saved) -> Made:
    found = {**_parameters(saved), **saved.moments()}
    inner = [held for _, held in _within(saved.path, saved.properties)]
    held = next((each for each in (saved.properties, *inner) if any(key in each for key in EPS)), {})
    own = Saved(saved.path, saved.name, saved.kind, held, {}, saved.sizes)
    options = {
        "eps": own.number(*EPS, instead=1e-5),
        "momentum": own.number("momentum", instead=0.9),
    }
    return _weighted(saved, options, found, saved.sizes[0] or (None, found["weight"][1].size))


def _pool(saved: Saved) -> Made:
    kernel = saved.value("kernel")[1]
    window = (
        pair("kernel", saved.whole(("kernel",), None, (1, 2), 1))
        if kernel is not None
        else [saved.whole((key, key.removeprefix("m_")), None, (1,), 1)[0] for key in KERNEL]
    )
    options: dict[str, Any] = {
        "kh": window[0],
        "kw": window[1],
        "stride": pair("stride", saved.whole(STRIDE, 1, (1, 2), 1)),
        "pad": sides("pad", saved.whole(PAD, 0, (1, 2, 4), 0)),
    }
    if saved.kind == "AvgPoolLayer":
        options["count_include_pad"] = bool(saved.number("countIncludePad", instead=0.0))
    return plain(saved.name, saved.kind, options)


def _lrn(saved: Saved) -> Made:
    options = {
        key: saved.number(key, instead=instead)
        for key, instead in (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0))
    }
    options["size"] = saved.whole(("windowSize", "size"), 5, (1,), 1)[0]
    return plain(saved.name, saved.kind, options)


def _leaky(saved: Saved) -> Made:
    return plain(saved.name, saved.kind, {"slope": saved.number(*SLOPE, instead=0.01)})


def _dropout(saved: Saved) -> Made:
    return plain(saved.name, saved.kind, {"prob": saved.number(*PROB, instead=0.5)})


def _elu(saved: Saved) -> Made:
    return plain(saved.name, saved.kind, {"alpha": saved.number("alpha", instead=1.0)})


def _clipped(saved: Saved) -> Made:
    path, value = saved.value("ceiling")
    return plain(saved.name, saved.kind, {"ceiling": number_of(value, path)})


def _gelu(saved: Saved) -> Made:
    path, value = saved.value("approximate")
    return plain(saved.name, saved.kind, {} if value is None else {"approximate": text_of(value, path)})


def _simple(saved: Saved) -> Made:
    return plain(saved.name, saved.kind, {})


LAYERS: Mapping[str, Callable[[Saved], Made]] = {
    **dict.fromkeys(PLAIN, _simple),
    "FullyConnected": _dense,
    "ConvolutionLayer": _convolution,
    "TransposedConvolutionLayer": _transposed,
    "BatchNorm": _norm,
    "SpatialBatchNorm": _norm,
    "MaxPoolLayer": _pool,
    "AvgPoolLayer": _pool,
    "LocalResponseNorm": _lrn,
    "LeakyRelu": _leaky,
    "Elu": _elu,
    "ClippedRelu": _clipped,
    "Gelu": _gelu,
    "Dropout": _dropout,
}
