"""Runs a generated PyTorch module, in a process of its own: it is code."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pybn.engines.base import Array
from pybn.errors import DeadlineError, EngineError

CHILD = Path(__file__).with_name("torch_child.py")


def run_torch(
    path: Path,
    inputs: Sequence[Array],
    *,
    double: bool = False,
    training: bool = False,
    dy: Array | None = None,
    deadline: float = 600.0,
) -> dict[str, Array]:
    """Return what a module made for inputs, in the order of the arguments of its forward.

    path      the generated .py; its safetensors lies beside it
    double    compute in float64, the parameters widened
    training  run in training mode; dropout alone stays out of it
    dy        the gradient by the last output: run a backward as well
    The answer has "node:NAME" for each submodule, "output:0" ..., and after a backward "input:0" ...,
    "gradient:NAME" for each parameter and "buffer:NAME" for each buffer, running statistics among them.
    Raises EngineError where PyTorch is missing or the module fails, DeadlineError where it takes too long.
    """
    if importlib.util.find_spec("torch") is None:
        raise EngineError("needs the package torch; pip install 'pybn[torch]'")
    with tempfile.TemporaryDirectory(prefix="pybn-") as name:
        folder = Path(name)
        arrays = {f"x{k}": np.asarray(x) for k, x in enumerate(inputs)}
        np.savez(folder / "inputs.npz", **arrays, **({} if dy is None else {"dy": dy}))  # type: ignore[arg-type]
        job = {"path": str(path.absolute()), "double": double, "training": training, "inputs": len(inputs)}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        _call([sys.executable, "-I", "-B", str(CHILD), str(folder)], path, deadline)
        with np.load(folder / "outputs.npz") as file:
            names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
            return {name: file[f"arr_{k}"] for k, name in enumerate(names)}


def _call(command: Sequence[str], path: Path, deadline: float) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=deadline, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(f"{path}: PyTorch took longer than {deadline:g} s and was stopped") from error
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise EngineError(f"{path}: PyTorch: {words[0][:500]}", said=words[0])
