"""The functions inside recurrent layers, by MATLAB's names, with their derivatives by their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Function = Callable[[Array], Array]


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _hard_sigmoid(x: Array) -> Array:
    """0 up to -2.5, 1 from 2.5 on, a line between; a NaN stays one."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def _softsign(x: Array) -> Array:
    return np.asarray(x / (1 + np.abs(x)))


def _relu(x: Array) -> Array:
    return np.asarray(np.where(x > 0, x, 0 * x))  # 0 * x: of the same dtype, and a NaN stays one


# Name -> the function, and its derivative by y, what the function answered.
GATES: dict[str, tuple[Function, Function]] = {
    "sigmoid": (_sigmoid, lambda y: y * (1 - y)),
    "hard-sigmoid": (_hard_sigmoid, lambda y: ((y > 0) & (y < 1)).astype(y.dtype) * y.dtype.type(0.2)),
}
STATES: dict[str, tuple[Function, Function]] = {
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "softsign": (_softsign, lambda y: (1 - np.abs(y)) ** 2),
    "relu": (_relu, lambda y: (y > 0).astype(y.dtype)),
}
