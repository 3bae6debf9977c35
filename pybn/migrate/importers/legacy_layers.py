"""Layers without parameters, as frameworks of classes and descriptions by hand name them, each with its oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pybn.errors import FormatError, GraphError
from pybn.graph.metadata import KINDS, class_named, make
from pybn.layers.base import Layer
from pybn.migrate.imported import Oracle
from pybn.migrate.importers.building import Made

# Classes that matlab_ref/legacy_layer.m runs; the arguments of the layer are its options there.
PLAIN = (
    "Relu",
    "LeakyRelu",
    "Sigmoid",
    "Tanh",
    "Elu",
    "ClippedRelu",
    "Gelu",
    "Swish",
    "Softplus",
    "Softmax",
    "EltWiseAdd",
    "EltWiseMul",
    "Concat",
    "MaxPoolLayer",
    "AvgPoolLayer",
    "GlobalAvgPoolLayer",
    "GlobalMaxPoolLayer",
    "LocalResponseNorm",
    "Dropout",
)
WITH_PARAMETERS = (
    "FullyConnected",
    "ConvolutionLayer",
    "TransposedConvolutionLayer",
    "BatchNorm",
    "SpatialBatchNorm",
)
JOINS = ("EltWiseAdd", "EltWiseMul", "Concat")
SHORT = {"kh": "kernel_height", "kw": "kernel_width"}
_OURS = ("layout", "numerics", "seed")  # arguments that are not the model's


def class_of(kind: str) -> str | None:
    """Return the class that a type names: "fc" and "FullyConnected" are FullyConnected; None where there is none."""
    name = KINDS.get(kind, kind)
    return name if name in PLAIN or name in WITH_PARAMETERS else None


def types() -> str:
    """Say which types there are."""
    named = {KINDS.get(kind, kind) for kind in KINDS}
    return ", ".join([*KINDS, *(name for name in (*PLAIN, *WITH_PARAMETERS) if name not in named)])


def layer_of(name: str, kind: str, options: Mapping[str, Any]) -> Layer:
    """Return a layer of a class and its options, with kh and kw for the sides of a window.

    Raises FormatError where the class refuses them.
    """
    found = class_named(kind)
    given = {SHORT.get(key, key): value for key, value in options.items()}
    if bad := sorted(set(given) & set(_OURS)):
        raise FormatError(f"{name}: {bad[0]!r} is not said of a layer")
    if found is None:
        raise FormatError(f"{name}: there are no layers of the type {kind!r}; there are {types()}")
    layout = {"layout": "NCHW"} if kind == "Softmax" else {}
    try:
        made: Layer = make(name, found, {**given, **layout})
    except GraphError as error:
        raise FormatError(str(error)) from error
    return made


def plain(name: str, kind: str, options: Mapping[str, Any]) -> Made:
    """Return a layer without parameters, and the same for Octave. Raises FormatError."""
    layer = layer_of(name, kind, options)
    told = {key: value for key, value in layer.options().items() if key not in _OURS}
    if kind == "Dropout":
        return Made(layer, {}, Oracle("legacy.identity"), ("does nothing in prediction",))
    return Made(layer, {}, Oracle(f"legacy.{kind}", told))
