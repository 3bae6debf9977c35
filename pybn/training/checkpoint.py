"""A training on disk: everything that the steps to come depend on, in one file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.formats import bundle

Array = npt.NDArray[Any]

KIND = "pybn training checkpoint"
VERSION = 1


@dataclass(slots=True)
class Moment:
    """A training between two steps: all that the next ones depend on.

    `model` has the parameters and running statistics, `solver` its state, `random` the words of the stream;
    `order` is that of the epoch under way, empty between two epochs.
    """

    step: int
    model: dict[str, Array]
    solver: dict[str, Array]
    learning_rate: float
    random: Array
    random_rest: list[Any]
    order: Array

    def digest(self) -> str:
        """Return the SHA-256 of what a run begins from: all but the place in it."""
        told = hashlib.sha256(json.dumps([self.learning_rate, self.random_rest]).encode())
        for group in (self.model, self.solver, {"random": self.random}):
            for name in sorted(group):
                told.update(f"{name} {array_digest(group[name])}\n".encode())
        return told.hexdigest()


def array_digest(x: Array) -> str:
    """Return the SHA-256 of an array's shape, dtype and elements, whatever its order in memory."""
    told = hashlib.sha256(f"{x.shape} {x.dtype.str}".encode())
    told.update(np.ascontiguousarray(x).data.cast("B") if x.size else b"")
    return told.hexdigest()


class Checkpoint:
    """The file of a run, for these settings, begun from the state of this digest.

    Raises FileError where the file cannot be read or written, FormatError where it is damaged or belongs to
    another run.
    """

    def __init__(self, path: str | os.PathLike[str], settings: Mapping[str, Any], begun: str) -> None:
        self.path = Path(path)
        self.settings = json.loads(json.dumps(settings))  # as they will come back
        self.begun = begun

    def save(self, moment: Moment, history: Mapping[str, list[float]]) -> None:
        """Write the file; it is the one before or the new one at any moment."""
        groups = {"model": moment.model, "solver": moment.solver, "history": history}
        arrays = {
            f"{group}/{name}": np.asarray(x) for group, items in groups.items() for name, x in items.items()
        }
        arrays |= {"random": moment.random, "order": moment.order}
        told = {
            "kind": KIND,
            "version": VERSION,
            "settings": self.settings,
            "begun": self.begun,
            "now": moment.digest(),
            "step": moment.step,
            "learning_rate": moment.learning_rate,
            "random": moment.random_rest,
        }
        bundle.write(self.path, arrays, json.dumps(told))

    def load(self) -> tuple[Moment, dict[str, list[float]]] | None:
        """Return what the file holds; None where there is none."""
        if not os.path.lexists(self.path):
            return None
        arrays, told = self._read()
        self._check(told)
        self.begun = told["begun"]
        history = _group(arrays, "history")
        return _moment(arrays, told), {name: x.tolist() for name, x in history.items()}

    def _read(self) -> tuple[dict[str, Array], dict[str, Any]]:
        try:
            arrays, text = bundle.read(self.path)
            told = json.loads(text)
            if not isinstance(told, dict) or (told.get("kind"), told.get("version")) != (KIND, VERSION):
                raise ValueError(f"wanted a {KIND} of version {VERSION}")
            if _moment(arrays, told).digest() != told["now"]:
                raise ValueError("what is in it is not what was written")
        except (ValueError, KeyError, TypeError) as error:  # a FormatError is a ValueError
            reason = str(error).removeprefix(f"{self.path}: ")
            raise FormatError(
                f"{self.path}: is no checkpoint of a training, or a damaged one ({reason}); "
                "delete it to train from the start"
            ) from error
        return arrays, told

    def _check(self, told: Mapping[str, Any]) -> None:
        """Raise FormatError where a checkpoint is of another run."""
        theirs = told["settings"]
        other = [key for key in {**theirs, **self.settings} if theirs.get(key) != self.settings.get(key)]
        if not other and self.begun not in (told["begun"], told["now"]):
            other = ["initial parameters, seed or learning rate"]
        if other:
            raise FormatError(
                f"{self.path}: is the checkpoint of another training: it differs in {', '.join(other)}; "
                "run that one, name another file, or delete this one to train from the start"
            )


def _moment(arrays: Mapping[str, Array], told: Mapping[str, Any]) -> Moment:
    return Moment(
        told["step"],
        _group(arrays, "model"),
        _group(arrays, "solver"),
        told["learning_rate"],
        arrays["random"],
        told["random"],
        arrays["order"],
    )


def _group(arrays: Mapping[str, Array], group: str) -> dict[str, Array]:
    return {name.removeprefix(f"{group}/"): x for name, x in arrays.items() if name.startswith(f"{group}/")}
