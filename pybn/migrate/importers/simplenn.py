"""MatConvNet's simplenn: a cell of layers, one after the other, at the top of a file or under `net`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pybn.errors import FormatError
from pybn.migrate.imported import Imported, Piece
from pybn.migrate.importers.building import (
    Builder,
    Namer,
    array,
    empty,
    full,
    guarded,
    piece_of,
    shown,
    text_of,
)
from pybn.migrate.importers.matconvnet_blocks import SIMPLE, Block
from pybn.migrate.importers.matconvnet_meta import classes_of, input_of, meta_of, preprocessing_of
from pybn.values import Cell

LOSSES = {"softmaxloss": "softmax", "loss": "", "pdist": ""}  # and what is left of them in testing


def is_model(value: Any) -> bool:
    """Tell whether a value of a file is such a network."""
    if not isinstance(value, Mapping) or not isinstance(value.get("layers"), Cell):
        return False
    items = value["layers"].items
    return bool(items) and all(isinstance(each, Mapping) and "type" in each for each in items)


def imported(net: Mapping[str, Any], variable: str) -> Imported:
    """Return the model. Raises FormatError, naming the layer, for what cannot be one; other types are holes."""
    layers = net["layers"].items
    if not all(isinstance(layer, Mapping) for layer in layers):
        raise FormatError(f"{variable}: wanted a struct for each of the layers")
    prefix = f"{variable}." if variable else ""
    meta = meta_of(net)
    builder, namer = Builder(), Namer()
    before = first = namer.give("input", "input")
    given, free = input_of(meta, f"{prefix}meta", _channels(layers, prefix))
    builder.add(Piece(before, "input", "input", given))
    left: list[str] = []
    for k, layer in enumerate(layers):
        path = f"{prefix}layers{{{k + 1}}}"
        kind = text_of(layer.get("type"), f"{path}.type")
        original = (
            text_of(layer["name"], f"{path}.name") if not empty(layer.get("name")) else f"{kind}{k + 1}"
        )
        if kind in LOSSES:
            left.append(f"{original}: {kind}, the loss" + (", as softmax" if LOSSES[kind] else ""))
            if not LOSSES[kind]:
                continue
        name = namer.give(original, kind if kind.isidentifier() else "layer")
        builder.add(_piece(layer, path, kind, original, name, before, builder))
        before = name
    if before == first:
        raise FormatError(f"{prefix}layers: holds nothing but losses")
    return Imported(
        source=f"MatConvNet simplenn{f' in the variable {variable}' if variable else ''}",
        pieces=tuple(builder.pieces),
        outputs=(before,),
        free=free,
        preprocessing=preprocessing_of(meta, first, f"{prefix}meta"),
        classes=classes_of(meta),
        meta=shown(meta),
        left=tuple(left),
    )


def _piece(
    layer: Mapping[str, Any], path: str, kind: str, original: str, name: str, before: str, builder: Builder
) -> Piece:
    make = SIMPLE.get(LOSSES.get(kind, kind))
    block = Block(layer, path, _arrays(layer, path), (builder.sizes[before],))
    made = guarded(lambda: make(block), path, original) if make else None
    told = shown(layer, ("weights", "filters", "biases", "name", "type"))
    return piece_of(name, original, kind, (before,), made, told)


def _arrays(layer: Mapping[str, Any], path: str) -> list[tuple[str, Any]]:
    """Return the arrays of a layer: its `weights`, or `filters` and `biases` of older files."""
    weights = layer.get("weights")
    if isinstance(weights, Cell):
        return [(f"{path}.weights{{{k + 1}}}", value) for k, value in enumerate(weights.items)]
    old = [(f"{path}.{name}", layer.get(name)) for name in ("filters", "biases")]
    return old if any(value is not None for _, value in old) else []


def _channels(layers: Any, prefix: str) -> int:
    """Return the channels that the first convolution takes."""
    for k, layer in enumerate(layers):
        kind = layer.get("type")
        if (
            isinstance(kind, str)
            and kind == "conv"
            and (found := _arrays(layer, f"{prefix}layers{{{k + 1}}}"))
        ):
            path, value = found[0]
            return full(array(value, path), 4)[2] if not empty(value) else 1
    return 1
