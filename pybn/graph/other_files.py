"""What a file is that is no saved model, in words that say what to do with it."""

from __future__ import annotations

import json
import os
import tomllib
from contextlib import suppress
from pathlib import Path

import h5py

from pybn.errors import FileError
from pybn.formats.bundle import is_hdf5

_CHECKPOINT = "pybn training checkpoint"  # as pybn.training.checkpoint, which builds on models, has it
_LARGEST = 1 << 20  # bytes that are looked through


def what_is_told(text: str) -> str | None:
    """Return what a bundle of this text is; None for a saved model, or where nobody knows."""
    with suppress(ValueError, RecursionError):
        told = json.loads(text)
        if isinstance(told, dict) and told.get("kind") == _CHECKPOINT:
            return "is a training checkpoint, not a saved model; Training.run(..., checkpoint=path) goes on from it"
    return None


def what_it_is(path: str | os.PathLike[str]) -> str | None:
    """Return what a file is that is no bundle, None where nobody knows. Raises nothing, whatever it is."""
    with suppress(FileError):
        return _hdf5(Path(path)) if is_hdf5(path) else _text(Path(path))
    return None


def _hdf5(path: Path) -> str | None:
    # A damaged file makes h5py raise anything.
    with suppress(Exception), h5py.File(path, "r") as file:
        if "pybn_fixture" in file.attrs:
            return "is a fixture, recorded answers of a case file, not a saved model"
    return None


def _text(path: Path) -> str | None:
    with suppress(OSError, ValueError, RecursionError):
        with path.open("rb") as file:
            raw = file.read(_LARGEST)
        if path.suffix.lower() == ".toml" or "layer" in tomllib.loads(raw.decode()):
            return "is a description in TOML: Graph.from_file reads it"
    return None
