"""Runs an exported ONNX model by onnxruntime: the file itself, or with every node's value among its outputs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pybn.engines.base import Array
from pybn.errors import EngineError, FileError


def run_onnx(path: Path, inputs: Mapping[str, Array], nodes: Sequence[str] = ()) -> dict[str, Array]:
    """Return the outputs of a model for inputs by their names, and with them the values that `nodes` names.

    Without `nodes` it is the very file that runs; with them a copy of it in memory that has more outputs.
    Raises EngineError where onnxruntime is missing, or refuses the model or its inputs; FileError.
    """
    runtime = _package("onnxruntime")
    try:
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # what it warns of is no news here
        model = _with_outputs(path, nodes) if nodes else path.read_bytes()
        session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_outputs()]
        made = session.run(names, {name: np.ascontiguousarray(x) for name, x in inputs.items()})
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except EngineError:
        raise
    except Exception as error:  # onnxruntime has a class of its own for each of its failures
        raise EngineError(
            f"{path}: onnxruntime: {str(error)[:500]}", identifier=type(error).__name__
        ) from error
    return dict(zip(names, made, strict=True))


def _with_outputs(path: Path, nodes: Sequence[str]) -> bytes:
    package = _package("onnx")
    model = package.load(path, load_external_data=False)
    graph = model.graph
    have = {one.name for one in graph.output}
    values = {output: node for node in graph.node for output in node.output}
    kind = graph.output[0].type.tensor_type.elem_type
    for name in nodes:
        if name in have or name not in values:
            continue
        graph.output.append(package.helper.make_tensor_value_info(name, kind, None))
    raw: bytes = model.SerializeToString()
    return raw


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EngineError(f"needs the package {name} ({error}); pip install 'pybn[onnx]'") from error
