"""Which model a file holds, and which importer reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pybn.errors import FormatError, UsageError
from pybn.formats.datafile import open_file
from pybn.migrate.imported import Imported
from pybn.migrate.importers import container, dagnn, network_object, simplenn, toolbox, weights
from pybn.values import Object

DEPTH = 2  # fields of fields, in which a model is looked for
Importer = Callable[[Any, str], Imported]
KINDS = (toolbox, simplenn, dagnn, container, network_object)


def read_model(path: str, variable: str = "", like: Path | None = None) -> Imported:
    """Return the model of a file: of the variable that is one, or of the one that is named.

    `like` is a description in TOML of what the arrays of a plain file are, see `weights`.
    Raises FormatError where the file is damaged or holds no model, UsageError where it holds several, or not the
    variable that is asked for; FormatError and GraphError name the layer that cannot be.
    """
    if like is not None:
        return _described(path, variable, like)
    with open_file(path) as file:
        found = dict(candidates(file))
        if variable:
            if variable not in found:
                raise UsageError(
                    f"{path}: the variable {variable!r} is no model; {_there(found) or 'there is none'}"
                )
            found = {variable: found[variable]}
        if not found:
            raise FormatError(f"{path}: holds no model that is known here; {_held(file)}")
        if len(found) > 1:
            raise UsageError(f"{path}: {_there(found)}; name one of them with --var")
        ((name, (importer, value)),) = found.items()
        try:
            model: Imported = importer(value, name)
        except (FormatError, RecursionError) as error:
            raise FormatError(f"{path}: {error}") from error
        return model


def _described(path: str, variable: str, like: Path) -> Imported:
    if variable:
        raise UsageError(f"{like}: says which variables are what; leave --var {variable} out")
    told = weights.read_description(like)
    with open_file(path) as file:
        try:
            return weights.imported(told, file)
        except FormatError as error:
            raise FormatError(f"{like}, with {path}: {error}") from error


def candidates(file: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Importer, Any]]]:
    """Yield the variables that are models, each with its importer; "" where the file's variables are a network's."""
    values = {name: file[name] for name in file}
    for kind in KINDS[1:]:
        if kind.is_model(values):
            yield "", (kind.imported, values)
            return
    for name, value in values.items():
        yield from _within(name, value, DEPTH)


def _within(name: str, value: Any, depth: int) -> Iterator[tuple[str, tuple[Importer, Any]]]:
    """Yield a value that is a model, or else the models in its fields or properties: a detector has its Network."""
    for kind in KINDS:
        if kind.is_model(value):
            yield name, (kind.imported, value)
            return
    if isinstance(value, Object) and len(value.properties) == 1:
        value = value.properties[0]
    if depth and isinstance(value, Mapping):
        for field, each in value.items():
            inner = name if field == "any" else f"{name}.{field}"  # what saveobj wrote
            if isinstance(each, Mapping | Object):
                yield from _within(inner, each, depth if field == "any" else depth - 1)


def _there(found: Mapping[str, Any]) -> str:
    return f"models are {', '.join(found)}" if found else ""


def _held(file: Mapping[str, Any]) -> str:
    from pybn.values import describe

    told = [f"{name}: {describe(file[name])}" for name in list(file)[:8]]
    return f"it has {'; '.join(told)}" if told else "it is empty"
