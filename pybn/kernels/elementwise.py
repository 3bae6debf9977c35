"""What layers share that work on single elements: the shapes they take, and where their answers go."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import ShapeError

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


def check_any(name: str, shape: Shape) -> None:
    """Raise ShapeError unless a shape has one to four axes, none of them empty."""
    if not 1 <= len(shape) <= 4 or 0 in shape:
        raise ShapeError(f"{name}: wanted one to four axes with no empty side, got shape {shape}")


def own(x: Array) -> Array:
    """Return a plain copy of `x`, in one piece of memory and in the order in which `x` lies."""
    return np.array(x, order="K")


def deliver(value: Array, out: Array | None) -> Array:
    """Return `out` filled with `value`, or a copy of `value`: never the layer's own memory."""
    if out is None:
        return own(value)
    np.copyto(out, value)
    return out


def where(mask: Array, x: Array, other: Array, out: Array | None) -> Array:
    """Return `x` where the mask is on and `other` elsewhere, in `out` (which may be the memory of `x`) or anew.

    Chosen, not multiplied: what the mask leaves out is gone, even NaN and infinities.
    """
    chosen = np.where(mask, x, other)
    if out is None:
        return chosen
    np.copyto(out, chosen)
    return out
