"""MATLAB's Deep Learning Toolbox: networks, layer graphs and layer arrays as objects in a .mat file.

`SeriesNetwork`, `DAGNetwork`, `dlnetwork`, `nnet.cnn.LayerGraph` and arrays of layers. What MATLAB writes is the
struct of each class's saveobj, under `any`, whose fields change with its `Version`: fields are looked for, not counted
on. The class of each element of an array of layers is its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pybn.errors import FormatError
from pybn.graph import Input
from pybn.migrate.imported import Imported, Piece, Preprocessing
from pybn.migrate.importers.building import (
    Builder,
    Namer,
    empty,
    guarded,
    ordered,
    piece_of,
    shown,
    text_of,
    texts_of,
)
from pybn.migrate.importers.toolbox_given import Given
from pybn.migrate.importers.toolbox_inputs import INPUTS, input_piece
from pybn.migrate.importers.toolbox_layers import LAYERS
from pybn.values import Object

NETWORKS = ("SeriesNetwork", "DAGNetwork", "dlnetwork", "nnet.cnn.LayerGraph")
LAYER = "nnet.cnn.layer."
LOSS = re.compile(r"(classification|regression|loss|output)(output)?(layer)?$", re.IGNORECASE)
OUTPUTS = ("ClassificationOutputLayer", "RegressionOutputLayer", "PixelClassificationLayer")


@dataclass(frozen=True, slots=True)
class Told:
    """A layer as the file tells it: its class, less the package of MATLAB's own, its fields, and where it is."""

    name: str
    kind: str
    fields: Mapping[str, Any]
    path: str


def is_model(value: Any) -> bool:
    """Tell whether a value of a file is such a network."""
    return isinstance(value, Object) and (
        value.class_name in NETWORKS
        or any(value.class_of(k).startswith(LAYER) for k in range(len(value.properties)))
    )


def imported(value: Object, variable: str) -> Imported:
    """Return the model of such an object. Raises FormatError or GraphError, naming the layer, for what cannot be one.

    Layers that are not known here are holes; output layers, which are losses, are left out, and said.
    """
    layers, connections, ends = _opened(value, variable)
    told = list(_told(layers, variable))
    wires = _wires(told, connections)
    taken = {source for sources in wires.values() for source, _ in sources}
    builder, namer = Builder(), Namer()
    names = {each.name: namer.give(each.name, _word(each.kind)) for each in told}
    preprocessing: list[Preprocessing] = []
    left: list[str] = []
    classes: tuple[str, ...] = ()
    output_of: dict[str, str] = {}  # a loss stands for what it takes
    by_name = {each.name: each for each in told}
    order, stuck = ordered({name: [source for source, _ in sources] for name, sources in wires.items()})
    if stuck:
        raise FormatError(f"the connections go round in a circle: {', '.join(stuck[:10])}")
    for each in map(by_name.__getitem__, order):
        inputs = tuple(output_of.get(source, names[source]) for source, _ in wires[each.name])
        if _is_loss(each, taken):
            left.append(f"{each.name or each.kind}: {each.kind}, the loss")
            classes = classes or _classes(each.fields)
            if inputs:
                output_of[each.name] = inputs[0]
            elif each.name in taken:
                raise FormatError(f"{each.path}: {each.name}, a loss, takes nothing, and is taken")
            continue
        builder.add(_piece(each, names[each.name], inputs, wires[each.name], builder, preprocessing))
    if not builder.pieces:
        raise FormatError(f"{variable}: has no layers")
    outputs = [output_of.get(end, names[end]) for end in (_port(end, names)[0] for end in ends)]
    return Imported(
        source=f"{value.class_name} in the variable {variable}",
        pieces=tuple(builder.pieces),
        outputs=tuple(outputs) or builder.ends,
        free=("T",) if any(len(getattr(p.layer, "shape", ())) == 3 for p in builder.pieces) else (),
        preprocessing=tuple(preprocessing),
        classes=classes,
        left=(*left, *_notes(builder.pieces)),
    )


def _notes(pieces: Sequence[Piece]) -> list[str]:
    """Return what was left to the user before the first layer."""
    return [f"{p.original}: {note}" for p in pieces if isinstance(p.layer, Input) for note in p.notes]


def _is_loss(told: Told, taken: set[str]) -> bool:
    """Tell whether a layer is a loss: by its class, or, of a class of the user's, because nothing takes it."""
    if told.kind in OUTPUTS or told.kind in LAYERS or told.kind in INPUTS:
        return told.kind in OUTPUTS
    return told.name not in taken and ("LossFunction" in told.fields or LOSS.search(told.kind) is not None)


def _opened(value: Object, variable: str) -> tuple[Object, list[tuple[str, str]] | None, list[str]]:
    """Return the layers of a network, its connections where it has some, and the names of its outputs."""
    fields = _fields(value.properties[0]) if value.class_name in NETWORKS and value.properties else {}
    if value.class_name not in NETWORKS:
        return value, None, []
    graph = fields.get("LayerGraph")
    if isinstance(graph, Object):
        ends = texts_of(fields.get("OutputNames"), f"{variable}.OutputNames")
        layers, connections, _ = _opened(graph, f"{variable}.LayerGraph")
        return layers, connections, ends
    listed = fields.get("Layers")
    if not isinstance(listed, Object):
        raise FormatError(
            f"{variable}: a {value.class_name} without Layers: it has {', '.join(fields) or 'no fields'}"
        )
    table = fields.get("Connections")
    return listed, _connections(table, f"{variable}.Connections") if table is not None else None, []


def _connections(table: Any, path: str) -> list[tuple[str, str]]:
    columns = (
        table.properties[0].get("variables", {}) if isinstance(table, Object) and table.properties else table
    )
    if not isinstance(columns, Mapping) or not {"Source", "Destination"} <= set(columns):
        raise FormatError(f"{path}: wanted a table with Source and Destination")
    source, destination = (texts_of(columns[name], f"{path}.{name}") for name in ("Source", "Destination"))
    if len(source) != len(destination):
        raise FormatError(f"{path}: {len(source)} sources and {len(destination)} destinations")
    return list(zip(source, destination, strict=True))


def _fields(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what saveobj wrote, beside the properties of the object itself."""
    saved = properties.get("any")
    return {**properties, **saved} if isinstance(saved, Mapping) else properties


def _told(layers: Object, variable: str) -> Iterator[Told]:
    seen: dict[str, int] = {}
    for k, properties in enumerate(layers.properties):
        fields, kind = _fields(properties), layers.class_of(k).removeprefix(LAYER)
        path = f"{variable}.Layers({k + 1})"
        name = fields.get("Name")
        name = "" if empty(name) else text_of(name, f"{path}.Name")
        if not name or name in seen:  # a layer array gives names only once it becomes a network
            name = f"{name or _word(kind)}_{k + 1}"
        seen[name] = k
        yield Told(name, kind, fields, path)


def _word(kind: str) -> str:
    """Return what a layer without a name is called: conv, relu."""
    last = kind.rpartition(".")[2].removesuffix("Layer")
    short = {"Convolution2D": "conv", "BatchNormalization": "batchnorm", "FullyConnected": "fc"}
    return short.get(last, last.lower() or "layer")


Wires = dict[str, list[tuple[str, str]]]  # by layer: which layer it takes, and which of that one's outputs


def _wires(told: Sequence[Told], connections: Sequence[tuple[str, str]] | None) -> Wires:
    """Return what each layer takes, in the order of its inputs. Raises FormatError for names that are not there."""
    names = [each.name for each in told]
    if connections is None:
        return {name: [(names[k - 1], "out")] if k else [] for k, name in enumerate(names)}
    found: dict[str, list[tuple[tuple[int, int], str, str]]] = {name: [] for name in names}
    for count, (source, destination) in enumerate(connections):
        (start, output), (end, place) = _port(source, found), _port(destination, found)
        digits = re.search(r"(\d+)$", place)
        found[end].append(((int(digits[1]) if digits else 0, count), start, output or "out"))
    return {name: [(start, output) for _, start, output in sorted(each)] for name, each in found.items()}


def _port(text: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """Return the layer and the port of "layer/port"; names may themselves have strokes."""
    if text in known:
        return text, ""
    name, _, port = text.rpartition("/")
    if name not in known:
        raise FormatError(f"a connection names the layer {text!r:.80}, and there is none")
    return name, port


def _piece(
    told: Told,
    name: str,
    inputs: tuple[str, ...],
    wires: Sequence[tuple[str, str]],
    builder: Builder,
    preprocessing: list[Preprocessing],
) -> Piece:
    if told.kind in INPUTS:
        piece, before = input_piece(told.kind, name, told.name, told.fields, told.path)
        preprocessing.extend(before)
        return piece
    strange = [f"{source}/{port}" for source, port in wires if port != "out"]
    make = None if strange else LAYERS.get(told.kind)
    made = None
    if make is not None:
        given = Given(told.fields, told.path, tuple(builder.sizes[source] for source in inputs), told.kind)
        made = guarded(lambda: make(given), told.path, told.name)
    return piece_of(name, told.name, told.kind, inputs, made, _shown(told.fields, strange))


def _shown(fields: Mapping[str, Any], strange: Sequence[str] = ()) -> dict[str, Any]:
    told = shown(fields, ("any", "Name", "Version"))
    return {**told, **({"takes": ", ".join(strange)} if strange else {})}


def _classes(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the classes: a categorical's, or a cell of older versions."""
    known = (
        "Categories",
        "ClassNames",
        "Classes",
    )  # as later and earlier versions, and the user's own, call them
    value = next((fields[name] for name in known if not empty(fields.get(name))), None)
    if isinstance(value, Object) and value.class_name == "categorical":
        return tuple(str(each.get("value")) for each in value.properties)
    return tuple(texts_of(value, "classes")) if not empty(value) else ()
