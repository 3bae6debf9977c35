"""The way back: from an exported model and its manifest to the arrays of MATLAB's file, bit for bit."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import FileError, FormatError, PybnError
from pybn.formats.datafile import DataFile, open_file
from pybn.layers.base import Array
from pybn.migrate import rules
from pybn.migrate.exporters.manifest import KIND, LARGEST, VERSION, digest, target_path
from pybn.migrate.exporters.onnx_builder import onnx


def back(manifest: Path) -> dict[str, Array]:
    """Return the arrays that the tensors of a model were made of, by their paths in MATLAB's file.

    manifest  the path of the manifest, "net.onnx.pybn.json"; the model lies beside it
    Each array has the shape, the dtype and the bits that it has there, or there is an error: FileError where a file
    cannot be read, FormatError where the manifest is damaged, or the model is not the one that it is of.
    """
    told = read_manifest(manifest)
    target = target_path(manifest)
    read = _opened(target, told["form"])
    found: dict[str, Array] = {}
    try:
        for entry in told["tensors"]:
            if entry["source"] is not None and entry["exact"] and entry["source"] not in found:
                found[entry["source"]] = _undone(target, read, entry)
        for path, one in told["stored"].items():
            if path not in found:
                found[path] = _kept(one)
            _check(manifest, path, found[path], one)
        return {path: found[path] for path in told["stored"]}
    except PybnError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{manifest}: is damaged: {error!r:.200}") from error


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a migration. Raises FileError, FormatError."""
    try:
        if path.stat().st_size > LARGEST:
            raise FormatError(f"{path}: wanted a manifest of at most {LARGEST:,} bytes")
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: is no manifest: {error}") from error
    good = isinstance(told, dict) and told.get("kind") == KIND and told.get("version") == VERSION
    if not good or not isinstance(told.get("tensors"), list) or not isinstance(told.get("stored"), dict):
        raise FormatError(f"{path}: wanted the manifest of a migration, of version {VERSION}")
    return told


def _opened(target: Path, form: object) -> Callable[[str], Array]:
    """Return what gives a tensor of the model by its name."""
    if form == "onnx":
        return _initializers(target).__getitem__
    data: DataFile = open_file(target)
    return lambda name: np.asarray(data[name])


def _initializers(target: Path) -> Mapping[str, Array]:
    package = onnx()
    try:
        model = package.load(target, load_external_data=False)
        return {one.name: package.numpy_helper.to_array(one) for one in model.graph.initializer}
    except OSError as error:
        raise FileError(f"{target}: cannot be read: {error.strerror}") from error
    except Exception as error:  # whatever protobuf raises on a damaged file
        raise FormatError(f"{target}: is no ONNX model, or a damaged one: {error!r:.200}") from error


def _undone(target: Path, read: Callable[[str], Array], entry: Mapping[str, Any]) -> Array:
    try:
        value = read(entry["name"])
    except KeyError as error:
        raise FormatError(
            f"{target}: has no tensor {entry['name']!r:.80}, which its manifest tells of"
        ) from error
    if list(value.shape) != entry["shape"] or digest(value) != entry["sha256"]:
        raise FormatError(
            f"{target}: {entry['name']} is not the tensor that the manifest is of; was it trained on?"
        )
    return rules.undo(entry["rules"], value)


def _kept(one: Mapping[str, Any]) -> Array:
    raw = base64.b64decode(one["base64"], validate=True)
    dtype = np.dtype(str(one["dtype"]))
    if dtype.hasobject:
        raise ValueError(f"dtype {dtype}")
    made: Array = np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype).reshape(one["shape"])
    return made


def _check(manifest: Path, path: str, x: Array, one: Mapping[str, Any]) -> None:
    if list(x.shape) != one["shape"] or str(x.dtype) != one["dtype"] or digest(x) != one["sha256"]:
        raise FormatError(f"{manifest}: {path} does not come out as it was: the manifest is damaged")
