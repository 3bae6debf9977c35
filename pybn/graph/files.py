"""Models on disk: a saved model, wiring and all that it has learnt; or a description in TOML, by hand.

A saved model is a bundle (see `pybn.formats.bundle`) of the arrays of `state` and a description in JSON. A
description names classes of pybn.layers and pybn.losses; nothing else can come of reading one.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import FileError, FormatError, GraphError, PybnError
from pybn.formats import bundle
from pybn.graph.metadata import class_named, loss_named, make
from pybn.graph.node import Input, Node, article
from pybn.graph.other_files import what_is_told, what_it_is
from pybn.layers.base import Array

VERSION = 1
_KEYS = {"pybn_model", "nodes", "loss", "output", "dtype", "layout"}
_MODEL_KEYS = {"loss", "layout", "dtype", "seed", "output"}
_LARGEST = 16 << 20  # bytes of a description in TOML


def describe(
    nodes: Sequence[Node], loss: object, output: str, dtype: str, layout: str | None
) -> dict[str, Any]:
    """Return what makes the same model again, parameters apart, as JSON has it.

    Raises GraphError for layers and losses that are not pybn's own, since a file could not name them.
    """
    return {
        "pybn_model": VERSION,
        "nodes": [_describe(node) for node in nodes],
        "loss": None if loss is None else _named("loss", loss, "loss", loss_named),
        "output": output,
        "dtype": dtype,
        "layout": layout,
    }


def write_model(
    path: str | os.PathLike[str], description: Mapping[str, Any], state: Mapping[str, Array]
) -> None:
    """Write a saved model, all of it or nothing. Raises FileError."""
    bundle.write(path, state, json.dumps(description, indent=1))


def read_model(path: str | os.PathLike[str]) -> tuple[list[Node], Any, dict[str, Any], dict[str, Array]]:
    """Return nodes, loss, the whole description and the state of a saved model.

    Raises FileError where the file cannot be read, FormatError where it is damaged or no saved model.
    """
    try:
        state, text = bundle.read(path)
    except FormatError as error:
        if known := what_it_is(path):
            raise FormatError(f"{path}: {known}") from error
        raise
    if known := what_is_told(text):
        raise FormatError(f"{path}: {known}")
    try:
        told = json.loads(text)
        if not isinstance(told, dict) or told.get("pybn_model") != VERSION:
            raise ValueError(f"wanted a saved model of version {VERSION}")
        if set(told) != _KEYS:
            raise ValueError(f"wanted {', '.join(sorted(_KEYS))}, got {', '.join(sorted(told))}")
        if not all(isinstance(told[key], str) for key in ("output", "dtype")):
            raise ValueError("wanted text for output and dtype")
        nodes = [_node(one) for one in told["nodes"]]
        loss = None if told["loss"] is None else _make("loss", told["loss"], "loss", loss_named)
    except (PybnError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FormatError(f"{path}: is no saved model, or a damaged one: {error}") from error
    return nodes, loss, told, state


def load_toml(path: str | os.PathLike[str], wanted: str) -> dict[str, Any]:
    """Return what a TOML file holds. Raises FileError where it cannot be read, FormatError where it is none."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise FormatError(f"{path}: wanted a description of at most {_LARGEST:,} bytes")
        return tomllib.loads(raw.decode())
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: wanted {wanted}: {error}") from error


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return a description in TOML as the arguments of `Graph.from_metadata`.

    A table [model] with loss, layout, dtype, seed and output, all of which may be left out, and a table [[layer]]
    for each layer, with the keys of the metadata.
    Raises FileError where it cannot be read, FormatError where it is no TOML, GraphError for other keys.
    """
    told = load_toml(path, "a saved model or a description in TOML")
    model, layers = told.get("model", {}), told.get("layer", [])
    if not isinstance(model, dict) or not isinstance(layers, list) or set(told) - {"model", "layer"}:
        raise GraphError(f"{path}: wanted [model] and [[layer]] tables, got {', '.join(told)}")
    if unknown := sorted(set(model) - _MODEL_KEYS):
        raise GraphError(
            f"{path}: [model] has no key {unknown[0]!r}; it has {', '.join(sorted(_MODEL_KEYS))}"
        )
    return {"layers": layers, **model}


def _describe(node: Node) -> dict[str, Any]:
    if isinstance(node.layer, Input):
        return {
            "name": node.name,
            "class": "Input",
            "options": {"shape": list(node.layer.shape)},
            "inputs": [],
        }
    told = _named(node.name, node.layer, "layer", class_named)
    return {"name": node.name, **told, "inputs": list(node.inputs)}


def _named(name: str, thing: Any, what: str, look_up: Any) -> dict[str, Any]:
    kind = type(thing)
    if look_up(kind.__name__) is not kind:
        raise GraphError(
            f"{name}: {article(kind.__name__)} of {kind.__module__} is no {what} of pybn, so that no file can name it; "
            "keep model.state instead, and make the model again in code"
        )
    return {"class": kind.__name__, "options": {key: _plain(value) for key, value in thing.options().items()}}


def _plain(value: Any) -> Any:
    """Return an option as JSON has it; whole numbers, numbers, texts, truth values and lists of them."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _node(told: Mapping[str, Any]) -> Node:
    if set(told) != {"name", "class", "options", "inputs"}:
        raise ValueError(f"a node of {', '.join(map(str, told))}")
    if not isinstance(told["inputs"], list):
        raise TypeError("inputs that are no list")
    if told["class"] == "Input":
        return Node(told["name"], Input(*_options(told, {"shape"}).values()))
    return Node(told["name"], _make(told["name"], told, "layer", class_named), tuple(told["inputs"]))


def _make(name: str, told: Mapping[str, Any], what: str, look_up: Any) -> Any:
    kind = look_up(told["class"])
    if kind is None:
        raise ValueError(f"{name}: there is no {what} {told['class']!r:.60}")
    return make(name, kind, _options(told))


def _options(told: Mapping[str, Any], wanted: set[str] | None = None) -> dict[str, Any]:
    options = told["options"]
    if not isinstance(options, dict) or (wanted is not None and set(options) != wanted):
        raise ValueError(f"options {options!r:.60}")
    return options
