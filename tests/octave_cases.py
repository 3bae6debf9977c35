"""Make cases without a case file, and compare bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.case import Case, MatlabSide, PythonSide, Tensor
from pybn.engines.base import Job
from pybn.step_parser import parse_step

Array = npt.NDArray[Any]
Wanted = Mapping[str, tuple[Sequence[int], str]]
NONE: Mapping[str, Any] = MappingProxyType({})
PYTHON = PythonSide((), "no:thing", (), {}, False, ())


def tensor(name: str, shape: Sequence[int], dtype: str) -> Tensor:
    """Declare a tensor; fewer than two dimensions are a row in MATLAB, as in case files."""
    side = tuple(f"d{k}" for k in range(len(shape)))
    return Tensor(name, tuple(shape), dtype, (), (*["1"] * (2 - len(side)), *side), side)


def make_case(
    folder: Path | Sequence[Path],
    name: str,
    steps: Sequence[str],
    inputs: Mapping[str, Array] = NONE,
    outputs: Wanted = NONE,
    *,
    attrs: Mapping[str, Any] = NONE,
    new: Sequence[Any] | None = None,
    title: str = "",
) -> Case:
    """Make a case of the function `name`, or where `new` is given of the class `name`."""
    folders = (folder,) if isinstance(folder, Path) else tuple(folder)
    kind = "function" if new is None else "class"
    parsed = tuple(parse_step(step) for step in steps)
    return Case(
        file=Path("made.toml"),
        name=title or name,
        dtype="float64",
        attrs=attrs,
        matlab=MatlabSide(folders, kind, name, tuple(new or ()), parsed),
        python=PYTHON,
        inputs={key: tensor(key, x.shape, x.dtype.name) for key, x in inputs.items()},
        outputs={key: tensor(key, shape, dtype) for key, (shape, dtype) in outputs.items()},
    )


def make_job(
    folder: Path | Sequence[Path],
    name: str,
    steps: Sequence[str],
    inputs: Mapping[str, Array] = NONE,
    outputs: Wanted = NONE,
    **more: Any,
) -> Job:
    """Make a case and hand it its inputs."""
    return make_case(folder, name, steps, inputs, outputs, **more), inputs


def same_bits(x: Array, y: Array) -> bool:
    """Tell whether two arrays have the same shape, dtype and bits, NaN and the sign of zero included."""
    return x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()


def sample(dtype: str, shape: tuple[int, ...], order: str = "C") -> Array:
    """Fill a shape with the values of a dtype that are the easiest to lose."""
    x = np.resize(extremes(dtype), shape) if np.prod(shape) else np.zeros(shape, dtype)
    return np.array(x, order=order)  # type: ignore[call-overload, no-any-return]


def extremes(dtype: str) -> Array:
    """Return the values of a dtype that are the easiest to lose."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.array([True, False, False])
    if kind.kind in "iu":
        info = np.iinfo(kind)
        return np.array([info.max, info.min, 1, 0, info.max - 1, info.min + 1, info.max // 1023], kind)
    if kind.kind == "c":
        part = extremes("float64" if dtype == "complex128" else "float32")
        return np.stack([part, part[::-1]], 1).view(kind)[:, 0]
    bits = (0x7FF0000000000123, 0xFFF8000000000001) if dtype == "float64" else (0x7F800123, 0xFFC00001)
    nans = np.array(bits, f"u{kind.itemsize}").view(kind)
    info = np.finfo(kind)
    rest = [-0.0, 0.0, np.inf, -np.inf, info.smallest_subnormal, info.tiny, info.max, info.eps, 1 / 3]
    return np.concatenate([np.array(rest, kind), nans])
