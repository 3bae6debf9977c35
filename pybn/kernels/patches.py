"""The patches of images that a window sees, as a matrix (im2col), and patches added up to images (col2im).

Patches are (C, kW, kH, N, W', H') here, one contiguous block. As the two-dimensional (C kW kH, N W' H') that is,
read column by column as MATLAB does, a matrix of one row a position (h fastest, then w, then n) and one column
a spot (i fastest, then j, then c).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.kernels.windows import Pair, Window

Array = npt.NDArray[Any]


def gather(images: Array, window: Window, output: Pair) -> Array:
    """Return the patches that `window` sees of images (N, C, H, W) at its `output` positions; padding is 0."""
    n, c, height, width = images.shape
    framed = _frame(n, c, height, width, window, images.dtype)
    window.inside(framed)[...] = images
    patches = np.empty((c, *window.kernel[::-1], n, *output[::-1]), images.dtype)
    for i, j, spot in window.spots(framed, output):
        patches[:, j, i] = spot.transpose(1, 0, 3, 2)
    return patches


def scatter(patches: Array, window: Window, size: Pair) -> Array:
    """Return images (N, C, *size), each pixel the sum of all that `patches` holds of it.

    Spot after spot is added, in the order of `Window.spots`; what falls on the padding is dropped.
    """
    c, _, _, n, across, down = patches.shape
    framed = _frame(n, c, *size, window, patches.dtype)
    for i, j, spot in window.spots(framed, (down, across)):
        spot += patches[:, j, i].transpose(1, 0, 3, 2)
    return window.inside(framed)


def _frame(n: int, c: int, height: int, width: int, window: Window, dtype: np.dtype[Any]) -> Array:
    """Return zeros (N, C, H, W) for padded images, which lie in memory as patches do: copies run along both."""
    top, bottom, left, right = window.pad
    return np.zeros((c, n, width + left + right, height + top + bottom), dtype).transpose(1, 0, 3, 2)
