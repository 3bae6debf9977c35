"""The manifest beside an exported model: each tensor's source, axes and rules, and all that was decided on."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pybn import __version__
from pybn.convert.manifest import SUFFIX
from pybn.errors import FormatError
from pybn.formats.base import atomic_write
from pybn.graph import Input
from pybn.layers.base import Array, Layer
from pybn.migrate import rules
from pybn.migrate.exporters.base import Exported, Plan, Unit
from pybn.migrate.imported import Imported, Stored

VERSION = 1
KIND = "migration"
_MANY = 4096  # elements of an array that is told in words and numbers
LARGEST = 8 << 30  # bytes


def manifest_path(target: Path) -> Path:
    """Return where the manifest of a file lies: beside it, its name and ".pybn.json"."""
    return target.with_name(target.name + SUFFIX)


def target_path(manifest: Path) -> Path:
    """Return the file that a manifest is of. Raises FormatError for a name that is no manifest's."""
    if not manifest.name.endswith(SUFFIX) or manifest.name == SUFFIX:
        raise FormatError(f"{manifest}: wanted a manifest, of a name that ends with {SUFFIX}")
    return manifest.with_name(manifest.name.removesuffix(SUFFIX))


def manifest(
    form: str,
    plan: Plan,
    tensors: Iterable[Exported],
    source: Path | None,
    modules: Mapping[str, str],
    notes: Mapping[str, Iterable[str]],
) -> dict[str, Any]:
    """Return the manifest: nothing but what JSON has.

    form     "onnx", "torch" or "npz"
    source   the file that was imported
    modules  by node, the attribute of the generated module that makes its output; empty for other forms
    notes    by node, what the exporter decided on
    """
    imported = plan.imported
    tensors = tuple(tensors)
    return {
        "pybn": __version__,
        "version": VERSION,
        "kind": KIND,
        "form": form,
        "dtype": plan.dtype,
        "source": {"imported": imported.source, **_file(source)},
        "outputs": list(plan.outputs),
        "free": list(imported.free),
        "classes": list(imported.classes),
        "meta": plain(imported.meta),
        "left": list(imported.left),
        "preprocessing": _preprocessing(imported),
        "nodes": [_node(unit, modules, notes) for unit in plan.units],
        "tensors": [_tensor(one) for one in tensors],
        "stored": _stored(tensors),
    }


def write_manifest(target: Path, told: Mapping[str, Any]) -> Path:
    """Write the manifest of a target whole, and return its path. Raises FileError."""
    path = manifest_path(target)
    with atomic_write(path) as temporary:
        temporary.write_text(
            json.dumps(told, indent=1, ensure_ascii=True, allow_nan=False) + "\n", encoding="ascii"
        )
    return path


def digest(x: Array) -> str:
    """Return the SHA-256 of an array's elements in C order, little-endian."""
    return hashlib.sha256(np.ascontiguousarray(x, x.dtype.newbyteorder("<")).data).hexdigest()


def plain(value: Any) -> Any:
    """Return a value as JSON has it: arrays as lists where they are short, numbers that JSON lacks as words."""
    match value:
        case np.ndarray():
            told = f"an array {list(value.shape)} of {value.dtype}"
            return plain(value.tolist()) if value.size <= _MANY and value.dtype.kind in "biufU" else told
        case np.generic():
            return plain(value.item())
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]
        case float():
            return value if math.isfinite(value) else repr(value)
        case bool() | int() | str() | None:
            return value
    return repr(value)[:200]


def _file(source: Path | None) -> dict[str, Any]:
    if source is None:
        return {}
    with source.open("rb") as file:
        return {
            "file": source.name,
            "bytes": source.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def _preprocessing(imported: Imported) -> list[dict[str, Any]]:
    return [
        {"input": one.input, "words": one.words, "scale": plain(one.scale), "shift": plain(one.shift)}
        for one in imported.preprocessing
    ]


def _node(unit: Unit, modules: Mapping[str, str], notes: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    layer = unit.layer
    told = {
        "name": unit.name,
        "original": unit.piece.original,
        "class": unit.piece.kind,
        "layer": type(layer).__name__,
        "options": plain(layer.options()) if isinstance(layer, Layer) else {},
        "inputs": list(unit.inputs),
        "sizes": ["N" if size is None else size for size in unit.sizes],
        "notes": [*unit.piece.notes, *notes.get(unit.name, ())],
    }
    if unit.name in modules and not isinstance(layer, Input):
        told["module"] = modules[unit.name]
    return told


def _tensor(one: Exported) -> dict[str, Any]:
    return {
        "name": one.name,
        "node": one.node,
        "parameter": one.parameter,
        "source": one.stored.path if one.stored else None,
        "axes": list(one.axes),
        "shape": list(one.value.shape),
        "dtype": str(one.value.dtype),
        "rules": plain(one.rules),
        "exact": rules.exact(one.rules),
        "sha256": digest(one.value),
    }


def _stored(tensors: Iterable[Exported]) -> dict[str, Any]:
    """Return each array of the file that tensors were made of, and its bytes where no tensor gives them again."""
    found: dict[str, Stored] = {}
    again: set[str] = set()
    for one in tensors:
        if one.stored is not None:
            if found.setdefault(one.stored.path, one.stored).value is not one.stored.value:
                _want_same(found[one.stored.path], one.stored)
            if rules.exact(one.rules):
                again.add(one.stored.path)
    return {path: _array(stored.value, path not in again) for path, stored in found.items()}


def _want_same(a: Stored, b: Stored) -> None:
    if a.value.shape != b.value.shape or digest(a.value) != digest(b.value):
        raise FormatError(f"{a.path}: the importer took two different arrays from there")


def _array(x: Array, whole: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"shape": list(x.shape), "dtype": str(x.dtype), "sha256": digest(x)}
    if whole:  # in C order
        told["base64"] = base64.b64encode(
            np.ascontiguousarray(x, x.dtype.newbyteorder("<")).tobytes()
        ).decode()
    return told
