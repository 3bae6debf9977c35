"""Write an imported model as ONNX, as PyTorch's safetensors and module, or as .npz, each with its manifest; run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pybn.engines.onnx import run_onnx
from pybn.engines.torch import run_torch
from pybn.errors import EngineError, UsageError
from pybn.layers.base import Array
from pybn.migrate.exporters.base import Exported, Plan, plan
from pybn.migrate.exporters.manifest import manifest, write_manifest
from pybn.migrate.exporters.npz import write_npz
from pybn.migrate.exporters.onnx import write_onnx
from pybn.migrate.exporters.torch import module_path, write_torch
from pybn.migrate.imported import Imported

FORMS = {".onnx": "onnx", ".safetensors": "torch", ".npz": "npz"}


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """What was written: the form ("onnx", "torch" or "npz"), all files, and what to know to run them.

    files    the target first, then the module where there is one, the manifest last
    modules  by node, the attribute of PyTorch's module that makes its output
    """

    form: str
    target: Path
    files: tuple[Path, ...]
    plan: Plan
    tensors: tuple[Exported, ...]
    modules: Mapping[str, str]


def export(
    imported: Imported,
    target: Path,
    *,
    source: Path | None = None,
    dtype: str = "float32",
    preprocessing: bool = False,
    opset: int | None = None,
) -> Export:
    """Write a model to `target`, whose suffix says the form: .onnx, .safetensors (with a .py beside it) or .npz.

    source         the file that it was imported from, for the manifest
    dtype          float32 or float64, of all parameters (onnxruntime has float32 alone for many operations)
    preprocessing  make that of the inputs part of the model, as its first operation
    opset          of ONNX; the newest where none is said
    Each file appears whole or not at all. Raises UsageError for another suffix, GraphError for holes, FormatError
    for a layer that the form has no way to say and where the package onnx is missing, FileError.
    """
    form = FORMS.get(target.suffix)
    if form is None:
        raise UsageError(
            f"{target}: wanted a suffix that tells the form, {', '.join(FORMS)}, got {target.suffix!r}"
        )
    made = plan(imported, dtype, preprocessing=preprocessing)
    modules: Mapping[str, str] = {}
    notes: Mapping[str, list[str]] = {}
    files = [target]
    if form == "onnx":
        tensors = write_onnx(target, made, opset)
    elif form == "torch":
        tensors, modules, notes = write_torch(target, made)
        files.append(module_path(target))
    else:
        tensors = write_npz(target, made)
    told = manifest(form, made, tensors, source, modules, notes)
    files.append(write_manifest(target, told))
    return Export(form, target, tuple(files), made, tensors, modules)


def run_exported(
    exported: Export, inputs: Mapping[str, Array], *, nodes: bool = True, double: bool = False
) -> dict[str, Array]:
    """Run what was exported, and return the output of each node by its name, or with `nodes=False` the model's alone.

    inputs  by the names of the pieces, images NCHW, sequences (N, T, C); brought to the dtype that it runs in
    double  PyTorch in float64, the parameters widened; ONNX runs in the dtype that it was written in
    Raises EngineError where the engine is missing or fails, and for .npz, which nothing runs.
    """
    if exported.form == "npz":
        raise EngineError(f"{exported.target}: holds arrays alone, and nothing that runs")
    order = given_to(exported, inputs)
    if exported.form == "onnx":
        given = {name: np.asarray(x, exported.plan.dtype) for name, x in order.items()}
        every = [unit.name for unit in exported.plan.units] if nodes else []
        made = run_onnx(exported.target, given, every)
        wanted = every or exported.plan.outputs
        return {name: made[name] if name in made else given[name] for name in wanted}
    made = run_torch(module_path(exported.target), list(order.values()), double=double)
    if not nodes:
        return {name: made[f"output:{k}"] for k, name in enumerate(exported.plan.outputs)}
    return {
        unit.name: made.get(f"node:{exported.modules[unit.name]}", np.asarray(order.get(unit.name)))
        for unit in exported.plan.units
    }


def given_to(exported: Export, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the inputs that the exported model takes, in its order. Raises EngineError where one is missing."""
    wanted = [unit.name for unit in exported.plan.units if not unit.inputs]
    if missing := [name for name in wanted if name not in inputs]:
        raise EngineError(
            f"{exported.target}: wanted the inputs {', '.join(wanted)}, got none for {', '.join(missing)}"
        )
    return {name: inputs[name] for name in wanted}
