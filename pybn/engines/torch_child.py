"""The child that runs a generated PyTorch module: called by path, for pybn is not there, with one file as argument."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch


def main(folder: Path) -> None:
    """Run the job that `folder` has, job.json and inputs.npz, and leave outputs.npz there."""
    told = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    torch.manual_seed(0)
    model = _module(Path(told["path"])).load()
    own = {one.dtype for one in model.state_dict().values() if one.is_floating_point()}
    dtype = torch.float64 if told["double"] or torch.float64 in own else torch.float32
    model.to(dtype).train(told["training"])
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.eval()  # its draws are nobody else's
    with np.load(folder / "inputs.npz") as file:
        given = [torch.from_numpy(file[f"x{k}"]).to(dtype) for k in range(told["inputs"])]
        gradient = torch.from_numpy(file["dy"]).to(dtype) if "dy" in file.files else None
    found = _run(model, given, gradient)
    np.savez(folder / "outputs.npz", *(one.detach().numpy() for one in found.values()))
    (folder / "names.json").write_text(json.dumps(list(found)), encoding="utf-8")


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("exported", path)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(model: Any, inputs: list[Any], gradient: Any) -> dict[str, Any]:
    """Return what each node made ("node:..."), and after a backward the gradients and the running statistics."""
    found: dict[str, Any] = {}
    for name, part in model.named_children():
        part.register_forward_hook(lambda _, __, y, name=name: found.update({f"node:{name}": y}))
    if gradient is None:
        with torch.no_grad():
            y = model(*inputs)
    else:
        for x in inputs:
            x.requires_grad_()
        y = model(*inputs)
        (y[-1] if isinstance(y, tuple) else y).backward(gradient)
        found |= {f"input:{k}": x.grad for k, x in enumerate(inputs) if x.grad is not None}
        found |= {
            f"gradient:{name}": one.grad for name, one in model.named_parameters() if one.grad is not None
        }
        found |= {f"buffer:{name}": one for name, one in model.named_buffers()}
    made = y if isinstance(y, tuple) else (y,)
    return found | {f"output:{k}": one for k, one in enumerate(made)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
