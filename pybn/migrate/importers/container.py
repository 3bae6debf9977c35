"""What `pybn_export.m` saves of a model of layer objects: their classes, their properties, their parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pybn.errors import FileError, FormatError
from pybn.formats.base import atomic_write
from pybn.graph import Input
from pybn.migrate.imported import Imported, Oracle, Piece
from pybn.migrate.importers.building import (
    Builder,
    Namer,
    empty,
    hole,
    piece_of,
    shown,
    text_of,
    texts_of,
    whole_numbers,
)
from pybn.migrate.importers.container_layers import IMAGES, LAYERS, Saved
from pybn.values import Cell

EXPORTER = "pybn_export.m"
FORMAT, VERSIONS = "pybn model", (1,)
NAMES = ("rows", "numRows"), ("cols", "numCols"), ("depth", "numChannels")


def write_exporter(folder: Path) -> Path:
    """Write pybn_export.m, which users run in MATLAB or Octave, into a folder; return its path. Raises FileError."""
    text = (Path(__file__).resolve().parent.parent / EXPORTER).read_bytes()
    if not folder.is_dir():
        raise FileError(f"{folder}: there is no such folder")
    with atomic_write(folder / EXPORTER) as file:
        file.write_bytes(text)
    return folder / EXPORTER


def is_model(value: Any) -> bool:
    """Tell whether a value of a file is such a struct."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def imported(model: Mapping[str, Any], variable: str) -> Imported:
    """Return the model; classes that are not known here are holes. Raises FormatError, naming the layer, GraphError."""
    version = whole_numbers(model.get("version"), f"{variable}.version", (1,))[0]
    if version not in VERSIONS:
        raise FormatError(
            f"{variable}.version: wanted {VERSIONS[-1]} at most, got {version}: a newer pybn wrote it"
        )
    layers = _layers(model.get("layers"), f"{variable}.layers")
    builder, namer = Builder(), Namer()
    names: dict[str, str] = {}
    for layer in layers:
        if layer.original in names:
            raise FormatError(f"{layer.path}: two layers have the name {layer.original!r}")
        for each in layer.inputs:
            if each not in names:
                raise FormatError(
                    f"{layer.path}: {layer.original} takes {each!r}, which does not come before it"
                )
        inputs = tuple(names[each] for each in layer.inputs)
        name = namer.give(layer.original, "layer")
        builder.add(_piece(name, layer, inputs, builder, layers))
        names[layer.original] = name
    loss = model.get("loss")
    return Imported(
        source=f"{_class(model)} saved by pybn_export, variable {variable}",
        pieces=tuple(builder.pieces),
        outputs=_outputs(model, names, builder, variable),
        meta=shown({key: value for key, value in model.items() if key != "layers"}),
        left=() if empty(loss) else (f"{loss}: the loss",),
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as the file has it."""

    path: str
    original: str
    kind: str
    inputs: tuple[str, ...]
    fields: Mapping[str, Any]

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a struct of the layer's."""
        value = self.fields.get(name)
        return value if isinstance(value, Mapping) else {}


def _layers(value: Any, path: str) -> list[_Layer]:
    if not isinstance(value, Cell) or not value.items:
        raise FormatError(f"{path}: wanted a cell of structs, one a layer")
    made = []
    for k, fields in enumerate(value.items):
        place = f"{path}{{{k + 1}}}"
        if not isinstance(fields, Mapping):
            raise FormatError(f"{place}: wanted a struct")
        made.append(
            _Layer(
                place,
                text_of(fields.get("name"), f"{place}.name"),
                text_of(fields.get("class"), f"{place}.class"),
                tuple(texts_of(fields.get("inputs"), f"{place}.inputs")),
                fields,
            )
        )
    return made


def _piece(
    name: str, layer: _Layer, inputs: tuple[str, ...], builder: Builder, layers: list[_Layer]
) -> Piece:
    told = shown(layer.part("properties"), ("name", "index"))
    if layer.kind == "InputLayer":
        if inputs:
            raise FormatError(
                f"{layer.path}: {layer.original} is an input and takes {', '.join(layer.inputs)}"
            )
        return Piece(name, layer.original, layer.kind, _input(layer, layers), properties=told)
    if not inputs:
        raise FormatError(
            f"{layer.path}: {layer.original} takes nothing; wanted the name of a layer before it"
        )
    make = LAYERS.get(layer.kind)
    if make is None:
        return hole(name, layer.original, layer.kind, inputs, told)
    sizes = tuple(builder.sizes[each] for each in inputs)
    saved = Saved(
        layer.path, layer.original, layer.kind, layer.part("properties"), layer.part("parameters"), sizes
    )
    made = make(saved)
    given = made.oracle or Oracle("")
    kind = given.kind if given.kind.startswith("legacy.") else f"legacy.{layer.kind}"
    oracle = replace(given, kind=kind)
    return piece_of(name, layer.original, layer.kind, inputs, replace(made, oracle=oracle), told)


def _input(layer: _Layer, layers: list[_Layer]) -> Input:
    """Return images, or rows: where the layer says that it takes a table, or where nothing wants images."""
    held, sizes = layer.part("properties"), []
    for keys in NAMES:
        key = next((key for key in keys if key in held), keys[0])
        sizes.append(whole_numbers(held.get(key), f"{layer.path}.properties.{key}", (1,), 1)[0])
    rows, cols, depth = sizes
    flat = rows == depth == 1
    table = bool(held["table"]) if "table" in held else flat and not any(one.kind in IMAGES for one in layers)
    if table and not flat:
        raise FormatError(f"{layer.path}: a table has 1 row and depth 1, got {rows} and {depth}")
    return Input((None, math.prod(sizes)) if table else (None, depth, rows, cols))


def _outputs(
    model: Mapping[str, Any], names: Mapping[str, str], builder: Builder, variable: str
) -> tuple[str, ...]:
    told = model.get("output")
    if not empty(told):
        output = text_of(told, f"{variable}.output")
        if output not in names:
            raise FormatError(f"{variable}.output: there is no layer {output!r}")
        return (names[output],)
    return builder.ends


def _class(model: Mapping[str, Any]) -> str:
    value = model.get("class")
    return value if isinstance(value, str) and value else "model"
