"""The key of a question, and what a person calls it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pybn.engines.driver.wire import dump
from pybn.recordings.history import Handle, Nest, Step
from pybn.recordings.source import place
from pybn.values import Cell, CharArray, Map, StructArray

LONGEST = 100  # characters of a label


def digest(steps: Sequence[Step], home: Path) -> str:
    """Return the SHA-256 of a question: every call, every bit of its arguments, and where its .m files are.

    Those are named from `home`, the folder of the test module. What Octave answers depends on the .m files as well,
    which is for a recording to say.
    """
    told = []
    number = {step: k for k, step in enumerate(steps)}
    for step in steps:
        owner = _argument(step.owner, number) if step.owner else None
        args = [_argument(value, number) for value in step.args]
        told.append([step.kind, step.name, _places(step, home), owner, args, step.nargout])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _places(step: Step, home: Path) -> list[str]:
    """Say where a step's .m files are; of one that will be elsewhere in the next run, what is in it."""
    named = [place(folder, home) for folder in step.folders]
    if step.tree is not None:
        named.append(place(step.tree, home))
    if step.source is None:
        return named
    where = place(step.source.file, home)
    return [where or hashlib.sha256(step.source.file.read_bytes()).hexdigest(), *named]


def _argument(value: Any, number: dict[Step, int]) -> Any:
    if isinstance(value, Handle):
        return [number[value.step], value.output]
    if isinstance(value, Nest):
        return {"items": [_argument(item, number) for item in value.items], "names": value.names}
    stream = io.BytesIO()
    dump(value, stream)
    return hashlib.sha256(stream.getbuffer()).hexdigest()


def label(step: Step) -> str:
    """Return what a person calls a step: smooth(float64 10x2, 3)."""
    owner = f"{step.owner.class_name}." if step.owner else ""
    if step.kind == "get":
        return f"{owner}{step.name}" if step.name else f"what {owner.rstrip('.')} holds"
    if step.kind == "set":
        return _cut(f"{owner}{step.name} = {_brief(step.args[0])}")
    return _cut(f"{owner}{step.name}({', '.join(_brief(value) for value in step.args)})")


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.size == 1 and value.ndim == 2:
            return f"{value.item():g}" if value.dtype.kind == "f" else str(value.item())
        return f"{value.dtype} {'x'.join(map(str, value.shape))}"
    if isinstance(value, str):
        return repr(value if len(value) <= 20 else f"{value[:17]}...")
    if isinstance(value, Handle):
        return value.class_name
    if isinstance(value, Nest):
        return "{...}"
    if isinstance(value, Map):
        return "containers.Map"
    kinds = {Cell: "cell", StructArray: "struct", CharArray: "char"}
    return f"{kinds[type(value)]} {'x'.join(map(str, value.shape))}" if type(value) in kinds else "struct"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
