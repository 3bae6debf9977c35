"""Damaged and hostile networks: whatever a field holds, there is a model or one clear error."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import test_migrate as models

from pybn.errors import PybnError
from pybn.migrate.imported import Imported
from pybn.migrate.importers import dagnn, simplenn, toolbox
from pybn.report.model import picture, summary, to_json
from pybn.values import Cell, Object, StructArray

NASTY: list[Any] = [
    None,
    "",
    "import os",
    "a" * 5000,
    "\x00\x1b[31m\u202e<script>",
    np.empty((0, 0)),
    np.array([[-1.0]]),
    np.array([[0.5]]),
    np.array([[np.nan]]),
    np.array([[np.inf]]),
    np.array([[2.0**40]]),
    np.array([[7.0]]),
    np.array([[1.0, 2.0, 3.0]]),
    np.full((3, 3, 2, 2), 1 + 2j),
    np.ones((2, 3, 4, 5, 6), np.float32),
    np.array([[True]]),
    Cell((1, 1), ("x",)),
    {"Value": np.ones((1, 1))},
    Object("string", (1, 1), [{"value": "x"}]),
    b"bytes",
]
NETS: dict[str, tuple[Any, Any]] = {
    **{name: (toolbox, net) for name, net in models.TOOLBOX.items()},
    "simplenn": (simplenn, models.SIMPLE),
    "dagnn": (dagnn, models.DAG),
}


SEED, COUNT = 0, 120


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where something can be changed."""
    if path:
        yield path
    if isinstance(value, Object):
        for k, each in enumerate(value.properties):
            yield from places(each, (*path, ("property", k)))
    elif isinstance(value, StructArray):
        for k, each in enumerate(value.elements):
            yield from places(each, (*path, ("element", k)))
    elif isinstance(value, Cell):
        for k, each in enumerate(value.items):
            yield from places(each, (*path, ("item", k)))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from places(each, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any, *, gone: bool) -> Any:
    """Return the same with something else there, or nothing."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(first, str):
        if gone and not rest:
            return {key: each for key, each in value.items() if key != first}
        return {**value, first: changed(value[first], rest, new, gone=gone)}
    word, k = first
    if word == "property":
        items = list(value.properties)
        items[k] = changed(items[k], rest, new, gone=gone) if rest else {}
        return Object(value.class_name, value.shape, items, value.classes)
    if word == "element":
        items = list(value.elements)
        items[k] = changed(items[k], rest, new, gone=gone) if rest else items[k]
        return (
            StructArray(value.shape, value.fields, tuple(items))
            if set(items[k]) == set(value.fields)
            else value
        )
    items = list(value.items)
    items[k] = changed(items[k], rest, new, gone=gone)
    return Cell(value.shape, tuple(items))


def mutants(seed: int, count: int, net: Any) -> Iterator[Any]:
    draw = random.Random(seed)
    found = list(places(net))
    for _ in range(count):
        path = draw.choice(found)
        yield path, changed(net, path, draw.choice(NASTY), gone=draw.random() < 0.25)


def look(model: Imported) -> None:
    assert summary(model)
    assert picture(model).startswith("<svg")
    assert to_json(model)


@pytest.mark.parametrize("name", NETS)
def test_any_field_may_hold_anything(name: str) -> None:
    importer, net = NETS[name]
    said = []
    for path, damaged in mutants(SEED + len(name), COUNT, net):
        try:
            if not importer.is_model(damaged):
                continue
            model = importer.imported(damaged, "net")
            look(model)
            model.graph("float32")
        except PybnError as error:
            said.append((path, str(error)))
    assert len(said) > 10
    assert [path for path, words in said if not 10 < len(words) < 6000] == []
