"""The manifest beside a converted file: what each tensor was, what was done to it, and the SHA-256 of its elements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pybn import __version__
from pybn.convert.plan import Plan, Request, Step
from pybn.errors import FormatError
from pybn.formats.base import atomic_write

VERSION = 1
Digest = str | list[list[Any]]  # of the whole, or [start, stop, digest] for rows of the first axis
SUFFIX = ".pybn.json"


def manifest_path(target: Path) -> Path:
    """Return where the manifest of a file lies."""
    return target.with_name(target.name + SUFFIX)


def state(source: str) -> dict[str, Any]:
    """Return what tells a source from one that has changed: its size and the time of its last change."""
    path = Path(source)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {
        "bytes": sum(p.stat().st_size for p in files),
        "modified_ns": max((p.stat().st_mtime_ns for p in files), default=0),
    }


def request_of(request: Request) -> dict[str, Any]:
    """Return what was asked for, as JSON has it."""
    rules = [[r.pattern, " ".join(r.source), " ".join(r.target)] for r in request.rules]
    told: dict[str, Any] = {
        "var": list(request.var),
        "layout": rules,
        "auto": request.auto,
        "dtype": request.dtype,
    }
    options = request.options
    told["skip"] = request.skip
    told["options"] = [options.compression, options.level, options.chunk, options.shard, options.version]
    return told


def manifest(
    plan: Plan, request: Request, before: Mapping[str, Any], digests: Mapping[str, Digest]
) -> dict[str, Any]:
    """Return the manifest of a file that was written."""
    return {
        "pybn": __version__,
        "version": VERSION,
        "source": {"path": plan.source, "kind": plan.kind, **before},
        "request": request_of(request),
        "tensors": [_entry(step, digests[step.tensor.name]) for step in plan.steps],
        "left_out": [
            {"original": leaf.path, "class": leaf.class_name, "why": leaf.problem} for leaf in plan.left_out
        ],
    }


def _entry(step: Step, sha256: Digest) -> dict[str, Any]:
    data = step.tensor.data
    return {
        "name": step.tensor.name,
        **step.tensor.about,
        "shape": list(data.shape),
        "dtype": str(data.dtype),
        "axes": list(step.tensor.axes),
        "permutation": list(step.choice.order) if step.choice.order is not None else None,
        "source_shape": list(step.leaf.data.shape) if step.leaf.data is not None else None,
        "sha256": sha256,
    }


def write(target: Path, told: Mapping[str, Any]) -> None:
    """Write a manifest whole."""
    with atomic_write(manifest_path(target)) as temporary:
        temporary.write_text(json.dumps(told, indent=1, ensure_ascii=True) + "\n", encoding="ascii")


def read(target: Path) -> dict[str, Any] | None:
    """Return the manifest of a file, None where there is none. Raises FormatError where it is damaged."""
    path = manifest_path(target)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: cannot be read as a manifest: {error}") from error
    if (
        not isinstance(told, dict)
        or told.get("version") != VERSION
        or not isinstance(told.get("tensors"), list)
    ):
        raise FormatError(f"{path}: is no manifest of version {VERSION}")
    return told


def serves(told: Mapping[str, Any] | None, source: str, request: Request) -> bool:
    """Tell whether what is there was made of this source, as it is now, and as it is asked for now."""
    if told is None:
        return False
    own = told.get("source", {})
    return bool(
        own.get("path") == source
        and {key: own.get(key) for key in ("bytes", "modified_ns")} == state(source)
        and told.get("request") == json.loads(json.dumps(request_of(request)))
    )
