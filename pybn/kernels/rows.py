"""Images and sequences as rows of channels, and back: for layers that treat every pixel or step alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.layouts import convert, orders_sequences

Array = npt.NDArray[Any]


def rows_of(x: Array, layout: str | None) -> Array:
    """Return rows (N * ..., C) of images or sequences in `layout`, the samples outermost; rows (N, D) themselves."""
    if layout is None or x.ndim == 2:
        return x
    moved = convert(x, layout, channels_last(layout))
    return moved.reshape(-1, moved.shape[-1])


def put_rows(rows: Array, result: Array, layout: str | None) -> Array:
    """Write rows, in the order of `rows_of`, into images, sequences or rows `result`, and return that."""
    there = result if layout is None or result.ndim == 2 else convert(result, layout, channels_last(layout))
    np.copyto(there, rows.reshape(there.shape))
    return result


def channels_last(layout: str) -> str:
    """Return the order of the same axes whose channels come last: "NHWC", or "NTC" of sequences."""
    return "NTC" if orders_sequences(layout) else "NHWC"
