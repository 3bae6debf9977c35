"""Models described as legacy code does: a list of tables with a type, a name and numbers.

    [{"type": "input", "name": "image", "rows": 8, "cols": 8, "depth": 1},
     {"type": "conv", "name": "conv1", "kh": 3, "kw": 3, "stride": 1, "pad": 1, "num_output": 8}, ...]

A table takes the one before, or what `inputLayer` (one name) or `inputs` (a list) says. A type is a legacy name
(see KINDS) or the name of a class of pybn.layers; its other keys are the arguments of the class, and
`num_output`, `kh`, `kw` of those that have weights. Nothing of a description is ever run: names are looked up.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import pybn.layers
import pybn.losses
from pybn.errors import GraphError
from pybn.graph.initial import WEIGHTS, Weight, initial
from pybn.graph.node import Input, Node, article
from pybn.graph.parameters import check_dtype, check_seed
from pybn.graph.shapes import follow
from pybn.graph.wiring import wire
from pybn.layers.base import Array, Layer, image_layout, number

KINDS = {
    "fc": "FullyConnected",
    "conv": "ConvolutionLayer",
    "deconv": "TransposedConvolutionLayer",
    "maxpool": "MaxPoolLayer",
    "avgpool": "AvgPoolLayer",
    "global_maxpool": "GlobalMaxPoolLayer",
    "global_avgpool": "GlobalAvgPoolLayer",
    "batchnorm": "BatchNorm",
    "sp_batchnorm": "SpatialBatchNorm",
    "lrn": "LocalResponseNorm",
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softmax": "Softmax",
    "dropout": "Dropout",
    "add": "EltWiseAdd",
    "concat": "Concat",
}
LOSSES = {
    "cross_entropy": "CrossEntropy",
    "multi_class_cross_entropy": "MultiClassCrossEntropy",
    "mean_squared_error": "MeanSquaredError",
}
_WIRES = {"type", "name", "inputs", "inputLayer"}
_SHORT = {"kernel_height": "kh", "kernel_width": "kw"}
# Given once for the whole model, not layer by layer.
_SHARED = {"layout", "seed"}
# A description has images and rows: these take rows, and sequences where a layout is named.
_NO_IMAGES = {"BatchNorm", "Lstm", "Gru"}
_NO_IMAGES |= {"SequenceAvgPool", "SequenceConvolution", "SequenceGlobalPool", "SequenceMaxPool"}


def class_named(name: str) -> type[Layer] | None:
    """Return the layer of that class name, among the public ones of pybn.layers and nowhere else."""
    found = getattr(pybn.layers, name, None) if name in pybn.layers.__all__ else None
    return found if isinstance(found, type) and issubclass(found, Layer) and found is not Layer else None


def loss_named(name: str) -> type[pybn.losses.Loss] | None:
    """Return the loss of that class name, among those of pybn.losses and nowhere else."""
    found = vars(pybn.losses).get(name)
    known = isinstance(found, type) and issubclass(found, pybn.losses.Loss) and found is not pybn.losses.Loss
    return found if known else None


def make_loss(told: Any) -> Any:
    """Return the loss of a legacy or class name, or of a table of its `type` and options; a loss is returned as is.

    Raises GraphError.
    """
    options = dict(told) if isinstance(told, Mapping) else {"type": told}
    name = options.pop("type", None)
    if not isinstance(name, str):
        return told
    kind = loss_named(LOSSES.get(name, name))
    if kind is None:
        raise GraphError(f"loss: wanted one of {', '.join(LOSSES)}, got {name!r}")
    return make("loss", kind, options)


def make(name: str, kind: type[Any], options: Mapping[str, Any]) -> Any:
    """Return `kind(**options)`. Raises GraphError where it refuses them."""
    known = inspect.signature(kind).parameters
    for key in options:
        if key not in known:
            raise GraphError(
                f"{name}: {article(kind.__name__)} has no {key!r}; it has {', '.join(known) or 'no options'}"
            )
    try:
        return kind(**options)
    except (ValueError, TypeError, OverflowError) as error:
        raise GraphError(f"{name}: {article(kind.__name__)} with {_told(options)}: {error}") from error


def build(
    entries: object, layout: str, dtype: str, seed: int | None, output: str | None
) -> tuple[list[Node], dict[str, Array]]:
    """Return the nodes of a description, and initial parameters drawn from `seed`. Raises GraphError, LayoutError."""
    layout = image_layout(layout)
    dtype = check_dtype(dtype).name
    check_seed(seed)
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise GraphError(f"layers: wanted a list of tables, got {entries!r:.60}")
    parsed = [_entry(place, entry, layout) for place, entry in enumerate(entries)]
    nodes = [node for node, _ in parsed]
    weights = {node.name: weight for node, weight in parsed}
    wiring = wire(nodes, output)
    random = np.random.Generator(np.random.PCG64(seed))
    sizes: dict[str, Any] = {}
    parameters: dict[str, Array] = {}
    for name, node in wiring.nodes.items():
        given = [sizes[source] for source in wiring.sources[name]]
        own = initial(node, given, weights[name], random, dtype)
        parameters |= own
        sizes[name] = follow(node, given, own[f"{name}.weight"].shape if own else None)
    return nodes, parameters


def _entry(place: int, entry: Any, layout: str) -> tuple[Node, Weight | None]:
    if not isinstance(entry, Mapping):
        raise GraphError(f"layers[{place}]: wanted a table with a type and a name, got {entry!r:.60}")
    for key in ("type", "name"):
        if not isinstance(entry.get(key), str):
            came = f"got {entry[key]!r:.60}" if key in entry else "which is missing"
            raise GraphError(f"layers[{place}]: wanted text for {key!r}, {came}")
    kind, name = str(entry["type"]), str(entry["name"])
    options = {key: value for key, value in entry.items() if key not in _WIRES}
    inputs = _inputs(name, entry)
    if kind in ("input", "InputLayer"):
        return Node(name, _input(name, options, layout), inputs), None
    found = class_named(KINDS.get(kind, kind))
    if found is None:
        raise GraphError(f"{name}: unknown type {kind!r}; there are input, {', '.join(KINDS)}")
    layer, weight = _layer(name, kind, found, options, layout)
    return Node(name, layer, inputs), weight


def _inputs(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    if "inputs" in entry and "inputLayer" in entry:
        raise GraphError(f"{name}: wanted either inputs or inputLayer, got both")
    given = entry.get("inputs", entry.get("inputLayer", ()))
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, Sequence | np.ndarray) or not all(isinstance(one, str) for one in listed):
        raise GraphError(f"{name}: inputs: wanted names of layers, got {given!r:.60}")
    return tuple(str(one) for one in listed)


def _input(name: str, options: Mapping[str, Any], layout: str) -> Input:
    table = "features" in options
    wanted = ["features"] if table else ["rows", "cols", "depth"]
    _keys(name, "input", options, wanted, ["batchsize"])  # the batch is whatever comes
    sizes = {key: whole(name, key, options[key]) for key in wanted}
    if table:
        return Input((None, sizes["features"]))
    by_axis = {"N": None, "H": sizes["rows"], "W": sizes["cols"], "C": sizes["depth"]}
    return Input(tuple(by_axis[axis] for axis in layout))


def _layer(
    name: str, kind: str, found: type[Layer], options: Mapping[str, Any], layout: str
) -> tuple[Layer, Weight | None]:
    signature = inspect.signature(found).parameters
    short = {_SHORT.get(argument, argument): argument for argument in signature if argument not in _SHARED}
    needed = [
        key for key, argument in short.items() if signature[argument].default is inspect.Parameter.empty
    ]
    of_weight = WEIGHTS.get(found.__name__, ())
    renamed = _renamed(name, options, [*short, *of_weight])
    _keys(name, kind, renamed, [*of_weight, *needed], list(short))
    arguments = {short[key]: value for key, value in renamed.items() if key not in of_weight}
    if "layout" in signature and found.__name__ not in _NO_IMAGES:
        arguments["layout"] = layout
    layer = make(name, found, arguments)
    if not of_weight:
        return layer, None
    return layer, Weight(**{key: whole(name, key, renamed[key]) for key in of_weight})


def _renamed(name: str, options: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """Return options by their short names, of those that are `known`: kernel_height as kh."""
    renamed: dict[str, Any] = {}
    for key, value in options.items():
        short = _SHORT.get(key, key)
        taken = short if short in known else key
        if taken in renamed:
            raise GraphError(f"{name}: wanted either kh and kw or kernel_height and kernel_width, got both")
        renamed[taken] = value
    return renamed


def _keys(name: str, kind: str, options: Mapping[str, Any], needed: list[str], others: list[str]) -> None:
    known = list(dict.fromkeys([*needed, *others]))
    for key in options:
        if key not in known:
            raise GraphError(f"{name}: {kind} has no key {key!r}; it has {', '.join(known) or 'none'}")
    for key in needed:
        if key not in options:
            raise GraphError(f"{name}: {kind} wants {', '.join(needed)}; {key!r} is missing")


def whole(name: str, key: str, value: object) -> int:
    """Return a whole number from 1 on, MATLAB's 3.0 too. Raises GraphError."""
    huge = isinstance(value, int) and value >= 2**31  # too large for a float, perhaps
    if huge or not (number(value).is_integer() and 1 <= number(value) < 2**31):
        raise GraphError(f"{name}: {key}: wanted a whole number >= 1, got {value!r:.60}")
    return int(number(value))


def _told(options: Mapping[str, Any]) -> str:
    return (
        ", ".join(f"{key} = {value!r:.40}" for key, value in options.items() if key not in _SHARED)
        or "no options"
    )
