"""A description in TOML and a plain file of weights: which arrays are what is said by hand.

    input = 2                          # features, or [rows, cols, depth]
    [[layer]]
    type = "fc"                        # the types of pybn.graph.metadata, with their options
    weight = "W1"                      # or net.layers{2}.W, or { var = "W1", axes = "M D" }
    bias = "b1"
    [[layer]]
    type = "relu"

`flatten = "column"` (MATLAB's a(:)), `flip = true` (kernels of true convolution), beside `input` or in one layer;
`bias_in_weight = "first"` for a weight whose first input is the constant 1; batch-norms have weight, bias,
running_mean, and running_var or sigma. `mean` and `std` name what is taken off inputs, and what they are divided by;
`classes` lists the names of classes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.graph import Input
from pybn.graph.files import load_toml
from pybn.layers.base import Array
from pybn.migrate.imported import Imported, Piece, Preprocessing
from pybn.migrate.importers.building import Builder, Made, Namer, full, piece_of, shown
from pybn.migrate.importers.legacy_layers import JOINS, class_of, plain, types
from pybn.migrate.importers.weights_layers import LAYERS, Told
from pybn.migrate.importers.weights_values import numbers_at

KEYS = ("input", "layer", "flatten", "flip", "mean", "std", "classes")
WIRES = ("type", "name", "inputs", "inputLayer")
_DEFAULTS = {"flatten": ("FullyConnected",), "flip": ("ConvolutionLayer", "TransposedConvolutionLayer")}


def read_description(path: Path) -> dict[str, Any]:
    """Return a description. Raises FileError where it cannot be read, FormatError where it is none."""
    told = load_toml(path, "a description in TOML")
    if unknown := sorted(set(told) - set(KEYS)):
        raise FormatError(f"{path}: there is no key {unknown[0]!r}; there are {', '.join(KEYS)}")
    return told


def imported(told: Mapping[str, Any], file: Mapping[str, Any]) -> Imported:
    """Return the model that a description makes of a file's arrays. Raises FormatError, GraphError."""
    builder, namer = Builder(), Namer()
    first = namer.give("input", "input")
    builder.add(Piece(first, "input", "input", _input(told.get("input"))))
    tables = told.get("layer")
    if not isinstance(tables, list) or not tables or not all(isinstance(one, Mapping) for one in tables):
        raise FormatError("wanted tables [[layer]], one a layer")
    names, before = {"input": first}, first
    for k, table in enumerate(tables):
        original = _text(table, "name", f"{table.get('type')}{k + 1}")
        if original in names:
            raise FormatError(f"{original}: two layers have that name")
        inputs = tuple(_known(original, name, names) for name in _inputs(original, table)) or (before,)
        before = namer.give(original, "layer")
        builder.add(_piece(before, original, table, inputs, told, file, builder))
        names[original] = before
    return Imported(
        source="a description by hand of arrays in a plain file",
        pieces=tuple(builder.pieces),
        outputs=builder.ends,
        preprocessing=_preprocessing(told, file, first, builder),
        classes=_classes(told.get("classes", [])),
    )


def _piece(
    name: str,
    original: str,
    table: Mapping[str, Any],
    inputs: tuple[str, ...],
    told: Mapping[str, Any],
    file: Mapping[str, Any],
    builder: Builder,
) -> Piece:
    kind = _text(table, "type", "")
    found = class_of(kind)
    if found is None:
        raise FormatError(f"{original}: there are no layers of the type {kind!r}; there are {types()}")
    if (found in JOINS) == (len(inputs) < 2):
        wanted = "two or more inputs" if found in JOINS else "one input"
        raise FormatError(f"{original}: {kind} takes {wanted}, got {len(inputs)}")
    options = {key: told[key] for key, kinds in _DEFAULTS.items() if key in told and found in kinds}
    options |= {key: value for key, value in table.items() if key not in WIRES}
    made: Made
    if found in LAYERS:
        sizes = builder.sizes[inputs[0]]
        assert sizes is not None  # noqa: S101  # there are no holes here
        made = LAYERS[found](Told(original, found, options, file, sizes))
    else:
        made = plain(original, found, options)
    return piece_of(name, original, found, inputs, made, shown(table, WIRES))


def _input(told: object) -> Input:
    sizes: list[Any] = told if isinstance(told, list) else [told]
    whole = all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n < 2**31 for n in sizes)
    if not whole or len(sizes) not in (1, 3):
        raise FormatError(f"input: wanted a number of features, or [rows, cols, depth], got {told!r:.60}")
    if len(sizes) == 1:
        return Input((None, sizes[0]))
    rows, cols, depth = sizes
    return Input((None, depth, rows, cols))


def _inputs(name: str, table: Mapping[str, Any]) -> list[str]:
    if "inputs" in table and "inputLayer" in table:
        raise FormatError(f"{name}: wanted either inputs or inputLayer, got both")
    given = table.get("inputs", table.get("inputLayer", []))
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise FormatError(f"{name}: inputs: wanted names of layers, got {given!r:.60}")
    return listed


def _known(name: str, wanted: str, names: Mapping[str, str]) -> str:
    if wanted not in names:
        raise FormatError(
            f"{name}: takes {wanted!r:.60}, and no layer before it has that name: {', '.join(names)}"
        )
    return names[wanted]


def _text(table: Mapping[str, Any], key: str, instead: str) -> str:
    value = table.get(key, instead)
    if not isinstance(value, str) or not value:
        raise FormatError(
            f"{table.get('name') or table.get('type') or 'layer'!s:.60}: wanted text for {key}, got {value!r:.60}"
        )
    return value


def _classes(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise FormatError(f"classes: wanted a list of names, got {told!r:.60}")
    return tuple(told)


def _preprocessing(
    told: Mapping[str, Any], file: Mapping[str, Any], name: str, builder: Builder
) -> tuple[Preprocessing, ...]:
    """Return (x - mean) / std as x * scale + shift."""
    sizes = builder.sizes[name] or ()
    found = {key: _statistic(told[key], key, file, sizes[1:]) for key in ("mean", "std") if key in told}
    if not found:
        return ()
    dtype = next(iter(found.values())).dtype
    mean, std = found.get("mean", np.zeros(1, dtype)), found.get("std", np.ones(1, dtype))
    if not (std > 0).all():
        raise FormatError(f"std: {told['std']}: holds values that are not positive")
    words = ", ".join(f"{key} {told[key]}" for key in found)
    return (Preprocessing(name, 1 / std, -mean / std, words),)


def _statistic(path: object, key: str, file: Mapping[str, Any], sizes: tuple[int | None, ...]) -> Array:
    """Return a mean or a deviation: one number, one for each channel or feature, or one for each pixel."""
    if not isinstance(path, str):
        raise FormatError(f"{key}: wanted the name of a variable, got {path!r:.60}")
    value = numbers_at(file, path)
    if value.size in (1, sizes[0]):
        return value.reshape(-1, order="F")
    if len(sizes) == 3 and full(value, 3) == (sizes[1], sizes[2], sizes[0]):
        return np.ascontiguousarray(value.reshape(full(value, 3)).transpose(2, 0, 1))
    each = math.prod(n or 1 for n in sizes)
    came = "x".join(map(str, value.shape))
    raise FormatError(f"{key}: {path}: wanted 1, {sizes[0]} or {each} values, got {came}")
