"""The older toolbox's `network` object: IW, LW, b, transfer functions, and the processing of inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.graph import Input
from pybn.layers.base import Array, Layer
from pybn.migrate.imported import Imported, Oracle, Parameter, Piece
from pybn.migrate.importers.building import (
    Builder,
    Namer,
    array,
    empty,
    hole,
    numbers,
    parameter,
    shown,
    text_of,
    times,
    vector,
    whole_numbers,
    zeros,
)
from pybn.migrate.importers.network_fields import Fields, fields_of, items_of, name_of
from pybn.migrate.importers.network_processing import processed, unchanged
from pybn.migrate.rules import Chain, permute
from pybn.values import Object

CLASS = "network"
NEEDED = ("IW", "LW", "b", "layers", "inputs", "numLayers", "inputConnect", "layerConnect", "outputConnect")
TRANSFER: Mapping[str, Callable[[], Layer]] = {
    "tansig": pybn_layers.Tanh,
    "logsig": pybn_layers.Sigmoid,
    "poslin": pybn_layers.Relu,
    "satlin": lambda: pybn_layers.ClippedRelu(1.0),
    "softmax": lambda: pybn_layers.Softmax("NCHW"),
}
ABOUT = ("name", "version", "trainFcn", "performFcn", "divideFcn", "sampleTime")


def is_model(value: Any) -> bool:
    """Tell whether a value of a file is such an object, or a struct of its properties."""
    if isinstance(value, Object):
        return value.class_name == CLASS and len(value.properties) == 1
    return isinstance(value, Mapping) and all(name in value for name in NEEDED)


def imported(net: Any, variable: str) -> Imported:
    """Return the model, rows in and rows out. Raises FormatError for what cannot be; other functions are holes."""
    fields = fields_of(net)
    if missing := [name for name in NEEDED if name not in fields]:
        raise FormatError(f"{variable}: has no {missing[0]}, as a network has")
    return _Network(Fields(fields, variable)).imported()


class _Network:
    """A network on its way: its fields, the pieces so far, and which piece is what a layer or input makes."""

    def __init__(self, held: Fields) -> None:
        self.held = held
        self.builder, self.namer = Builder(), Namer()
        self.inputs: list[str] = []
        self.made: dict[int, str] = {}

    def imported(self) -> Imported:
        """Return the model."""
        for k in range(self.held.input_to.shape[1]):
            self.add_input(k)
        for i in self.held.order():
            self.add_layer(i)
        outputs = tuple(self.output(i) for i in self.held.outputs())
        told = {name: value for name, value in self.held.fields.items() if name in ABOUT and not empty(value)}
        return Imported(
            source=f"network object, variable {self.held.variable}",
            pieces=tuple(self.builder.pieces),
            outputs=outputs,
            meta=shown(told),
        )

    def add_input(self, k: int) -> None:
        """Add an input and what is done to it before it is used."""
        told, path = self.held.part("inputs", k)
        original = name_of(told, f"input{k + 1}")
        size = whole_numbers(told.get("size"), f"{path}.size", (1,), 1)[0]
        name = self.namer.give(original, f"input{k + 1}")
        about = {} if empty(told.get("range")) else {"range": _range(told["range"], f"{path}.range", size)}
        self.builder.add(Piece(name, original, "input", Input((None, size)), properties=about))
        self.inputs.append(self.processing(name, original, told, path, reverse=False))

    def add_layer(self, i: int) -> None:
        """Add a layer: a product for each weight, their sum with the bias, and the transfer function."""
        told, path = self.held.part("layers", i)
        original = name_of(told, f"layer{i + 1}")
        function = text_of(told.get("netInputFcn", "netsum"), f"{path}.netInputFcn")
        terms = [self.product(i, original, *source) for source in self.sources(i)]
        if not terms:
            raise FormatError(f"{path}: takes nothing")
        before = terms[0]
        if function != "netsum":
            before = self.unknown(original, function, tuple(terms), told)
        elif len(terms) > 1:
            before = self.add(
                f"{original} sum",
                "netsum",
                pybn_layers.EltWiseAdd(),
                tuple(terms),
                {},
                Oracle("network.netsum"),
            )
        self.made[i] = self.transfer(before, original, told, path)

    def sources(self, i: int) -> Iterator[tuple[str, int, str]]:
        """Yield which weights a layer has: IW or LW, of which input or layer, and the piece that this is."""
        for j in np.flatnonzero(self.held.input_to[i]):
            yield "IW", int(j), self.inputs[j]
        for j in np.flatnonzero(self.held.layer_to[i]):
            yield "LW", int(j), self.made[int(j)]

    def product(self, i: int, original: str, kind: str, j: int, source: str) -> str:
        """Add the product with a weight; the first of a layer has its bias."""
        first = (kind, j) == next(self.sources(i))[:2]
        path = f"{self.held.variable}.{kind}{{{i + 1},{j + 1}}}"
        about, where = self.held.part("inputWeights" if kind == "IW" else "layerWeights", i, j)
        if any(numbers(about["delays"], f"{where}.delays") if not empty(about.get("delays")) else []):
            raise FormatError(f"{where}.delays: wanted none; a network with delays is not one of layers")
        label = original if first else f"{original} {kind}{i + 1}_{j + 1}"
        function = text_of(about.get("weightFcn", "dotprod"), f"{where}.weightFcn")
        if function != "dotprod":
            return self.unknown(label, function, (source,), about)
        value = array(self.held.item(kind, i, j), path)
        bias = self.held.bias(i) if first else None
        self.check(path, value, bias, source)
        weight = parameter(path, value, Chain.of(value.shape).then(permute(1, 0)))
        outputs = value.shape[0]
        made = {"weight": weight, "bias": zeros(outputs, value.dtype) if bias is None else vector(*bias)}
        arrays = {"W": value} | ({} if bias is None else {"b": bias[1]})
        return self.add(
            label,
            "dotprod",
            pybn_layers.FullyConnected(),
            (source,),
            made,
            Oracle("network.dotprod", {}, arrays),
            ("weight (outputs, inputs) to (inputs, outputs)",),
        )

    def check(self, path: str, value: Array, bias: tuple[str, Array] | None, source: str) -> None:
        """Raise FormatError where a weight or a bias does not fit."""
        sizes = self.builder.sizes[source]
        wanted = value.shape[-1] if sizes is None else sizes[1]
        if value.ndim != 2 or value.shape[1] != wanted:
            raise FormatError(f"{path}: wanted a weight (outputs, {wanted}), got {times(value)}")
        if bias is not None and bias[1].size != value.shape[0]:
            raise FormatError(f"{bias[0]}: wanted {value.shape[0]} values, got {bias[1].size}")

    def transfer(self, before: str, original: str, told: Mapping[str, Any], path: str) -> str:
        """Add the transfer function of a layer."""
        function = text_of(told.get("transferFcn"), f"{path}.transferFcn")
        if function == "purelin":
            return before
        make = TRANSFER.get(function)
        if make is None:
            return self.unknown(f"{original} {function}", function, (before,), told)
        oracle = Oracle(f"network.{function}")
        return self.add(f"{original} {function}", function, make(), (before,), {}, oracle)

    def output(self, i: int) -> str:
        """Add what is done to an output after it is made, in the opposite order, and return the last piece."""
        told, path = self.held.part("outputs", i)
        return self.processing(self.made[i], name_of(told, f"output{i + 1}"), told, path, reverse=True)

    def processing(
        self, before: str, original: str, told: Mapping[str, Any], path: str, *, reverse: bool
    ) -> str:
        """Add the functions that process an input, or that undo the processing of targets."""
        functions, settings = items_of(told.get("processFcns")), items_of(told.get("processSettings"))
        if len(functions) != len(settings):
            raise FormatError(f"{path}: wanted as many processSettings as processFcns, got {len(settings)}")
        steps = list(enumerate(zip(functions, settings, strict=True)))
        for n, (function, held) in reversed(steps) if reverse else steps:
            place = f"{path}.processSettings{{{n + 1}}}"
            kind = text_of(function, f"{path}.processFcns{{{n + 1}}}")
            fields = fields_of(held)
            sizes = self.builder.sizes[before]
            if unchanged(kind, fields, place):
                continue
            made = processed(kind, fields, place, None if sizes is None else sizes[1], reverse=reverse)
            label = f"{original} {kind}"
            if made is None:
                before = self.unknown(label, kind, (before,), fields)
            for step in made or ():
                assert step.oracle is not None  # noqa: S101  # all of these have one
                name = label if step is made[-1] else f"{label} offset"  # type: ignore[index]
                before = self.add(name, kind, step.layer, (before,), step.parameters, step.oracle, step.notes)
        return before

    def add(
        self,
        original: str,
        kind: str,
        layer: Layer,
        inputs: tuple[str, ...],
        parameters: Mapping[str, Parameter],
        oracle: Oracle,
        notes: tuple[str, ...] = (),
    ) -> str:
        """Add a piece and return its name."""
        name = self.namer.give(original, "layer")
        self.builder.add(Piece(name, original, kind, layer, inputs, parameters, oracle, {}, notes))
        return name

    def unknown(self, original: str, kind: str, inputs: tuple[str, ...], told: Mapping[str, Any]) -> str:
        """Add a hole and return its name."""
        name = self.namer.give(original, "layer")
        self.builder.add(hole(name, original, kind, inputs, shown(told)))
        return name


def _range(value: Any, path: str, size: int) -> list[list[float]]:
    """Return the least and the greatest value of each row in training. Raises FormatError."""
    found = np.asarray(numbers(value, path))
    if found.size != 2 * size:
        raise FormatError(f"{path}: wanted a range for each of {size} rows, got {found.size} numbers")
    return [[float(n) for n in pair] for pair in found.reshape(2, size).T]
