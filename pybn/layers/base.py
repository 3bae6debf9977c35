"""What all layers share: the gradients they return, and the checks that refuse what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import DTypeError, ShapeError

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Gradients:
    """The gradients of the loss by a layer's input and by its parameters; None where a layer has none."""

    input: Array
    weight: Array | None = None
    bias: Array | None = None


class Layer:
    """A layer: `forward` computes, `backward` differentiates, `training` tells which statistics serve."""

    training: bool = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def check_float(name: str, value: object) -> None:
    """Raise DTypeError unless `value` is a plain float32 or float64 array in native byte order."""
    # By type: a subclass may mean something else by `*` (matrix), or hide elements (masked arrays).
    if type(value) not in (np.ndarray, np.memmap):
        raise DTypeError(
            f"{name}: wanted a plain NumPy array, got {type(value).__name__}; np.asarray converts"
        )
    assert isinstance(value, np.ndarray)  # noqa: S101  # for the type checker
    if value.dtype.char not in "fd" or not value.dtype.isnative:
        raise DTypeError(
            f"{name}: wanted float32 or float64, got {value.dtype}; x.astype(np.float64) converts"
        )


def check_like(name: str, value: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise DTypeError or ShapeError unless `value` is an array of `shape` and `dtype`."""
    check_float(name, value)
    assert isinstance(value, np.ndarray)  # noqa: S101  # for the type checker: check_float saw to it
    if value.shape != shape:
        raise ShapeError(f"{name}: wanted shape {shape}, got {value.shape}")
    if value.dtype != dtype:
        raise DTypeError(f"{name}: wanted {dtype}, the dtype of x, got {value.dtype}")


def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """As `check_like`, for an array that a result is written into."""
    check_like("out", out, shape, dtype)
    assert isinstance(out, np.ndarray)  # noqa: S101
    if not out.flags.writeable:
        raise ShapeError("out: wanted a writable array, got a read-only one")
