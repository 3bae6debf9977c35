"""Losses: how far scores are from targets, and the gradient that the backward of a model starts from."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import numpy as np

from pybn.errors import DTypeError, ShapeError
from pybn.kernels.sums import column_sums
from pybn.layers.base import Array, check_float, check_out

Scalar = np.floating[Any]


class Loss:
    """A loss: `value, gradient = loss(scores, targets)`.

    Shapes, for N rows (the batch) and K classes or columns, float32 or float64 throughout:
        scores, targets, gradient (N, K); value a NumPy scalar of their dtype
    `through` names the layer that made the scores and is differentiated together with the loss: the gradient
    is by that layer's INPUT. Where it is "", the gradient is by the scores.
    Nothing is clipped: a probability of 0 gives Inf or NaN, one that is none (below 0 or above 1) gives NaN.
    Sums run in Octave's order: down each column, then along the row of sums.
    """

    through: ClassVar[str] = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.options().items())})"

    def options(self) -> dict[str, Any]:
        """Return the arguments that make such a loss again, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __call__(self, scores: Array, targets: Array, *, out: Array | None = None) -> tuple[Scalar, Array]:
        """Return the value and the gradient (N, K), which is written into `out` where one is given.

        Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came.
        """
        _check(scores, targets)
        if out is not None:
            check_out(out, scores.shape, scores.dtype)
        # In one order of memory, so that no logarithm takes another path through NumPy.
        p, t = np.ascontiguousarray(scores), np.ascontiguousarray(targets)
        with np.errstate(all="ignore"):
            value = self._value(p, t)  # first: `out` may be the memory of either
            return value, self._gradient(p, t, out)

    def _value(self, scores: Array, targets: Array) -> Scalar:
        raise NotImplementedError

    def _gradient(self, scores: Array, targets: Array, out: Array | None) -> Array:
        raise NotImplementedError


class CrossEntropy(Loss):
    """The binary cross-entropies of all elements, summed, over N; the scores are probabilities of a Sigmoid.

    The gradient, by the input of that Sigmoid, is p - t: NOT divided by N, although the value is, which makes
    a learning rate mean another one at each batch size. It is so in the legacy class, and models were tuned
    with it; `mean_gradient=True` gives (p - t) / N, the derivative of the value.
    p = t = 1 and p = t = 0 give NaN (0 times log 0).
    Source: matlab_ref/CrossEntropy.m.
    """

    through = "Sigmoid"

    def __init__(self, mean_gradient: bool = False) -> None:
        if not isinstance(mean_gradient, bool):
            raise ValueError(f"mean_gradient: wanted True or False, got {mean_gradient!r}")
        self.mean_gradient = mean_gradient

    def _value(self, scores: Array, targets: Array) -> Scalar:
        likelihood = targets * np.log(scores) + (1.0 - targets) * np.log(1.0 - scores)
        return _mean(-likelihood, scores.shape[0])

    def _gradient(self, scores: Array, targets: Array, out: Array | None) -> Array:
        gradient: Array = np.subtract(scores, targets, out=out)
        return np.divide(gradient, scores.shape[0], out=gradient) if self.mean_gradient else gradient


class MultiClassCrossEntropy(Loss):
    """The mean of -log of the probability that a Softmax gave to each row's class.

    A row's class is where its target is largest, the first of equals; NaN are passed over, and a row of
    nothing else is of the first class. So the targets may be one-hot or not: only their maximum counts.
    The gradient, by the input of that Softmax, is (p - onehot) / N.
    Source: matlab_ref/MultiClassCrossEntropy.m.
    """

    through = "Softmax"

    def _value(self, scores: Array, targets: Array) -> Scalar:
        of_class = np.take_along_axis(scores, classes(targets), axis=1)
        return _mean(-np.log(of_class), scores.shape[0])

    def _gradient(self, scores: Array, targets: Array, out: Array | None) -> Array:
        onehot = np.zeros(scores.shape, scores.dtype)
        np.put_along_axis(onehot, classes(targets), 1.0, axis=1)
        gradient: Array = np.subtract(scores, onehot, out=out)
        return np.divide(gradient, scores.shape[0], out=gradient)


class MeanSquaredError(Loss):
    """The mean of (y - t)^2 over ALL elements; the gradient, by the scores y, is 2 (y - t) / (N K).

    Source: matlab_ref/MeanSquaredError.m.
    """

    def _value(self, scores: Array, targets: Array) -> Scalar:
        difference = scores - targets
        return _mean(difference * difference, scores.size)

    def _gradient(self, scores: Array, targets: Array, out: Array | None) -> Array:
        gradient: Array = np.subtract(scores, targets, out=out)
        np.multiply(2.0, gradient, out=gradient)
        return np.divide(gradient, scores.size, out=gradient)


def classes(targets: Array) -> Array:
    """Return the column (N, 1) of each row's first maximum; NaN is none."""
    largest = np.fmax.reduce(targets, axis=1, keepdims=True)
    return np.asarray(np.argmax(targets == largest, axis=1, keepdims=True))


def check_targets(name: str, targets: object) -> None:
    """Raise ShapeError or DTypeError unless `targets` is a float array, and not of one number a sample."""
    if isinstance(targets, np.ndarray) and targets.ndim == 1:
        raise ShapeError(
            f"{name}: wanted rows (N, K), got shape {targets.shape} of {targets.dtype}; class numbers become "
            "rows by np.eye(K)[t], K the number of classes, and single values by t[:, np.newaxis]"
        )
    check_float(name, targets)


def _mean(x: Array, count: int) -> Scalar:
    """Return the sum of all elements, bit for bit Octave's `sum(sum(x, 1), 2)`, over `count`."""
    mean: Scalar = column_sums(column_sums(x)[:, np.newaxis])[0] / count
    return mean


def _check(scores: Any, targets: Any) -> None:
    check_float("scores", scores)
    if scores.ndim != 2 or 0 in scores.shape:
        raise ShapeError(
            f"scores: wanted (N, K) with at least one row and one column, got shape {scores.shape}"
        )
    check_targets("targets", targets)
    if targets.shape != scores.shape:
        raise ShapeError(f"targets: wanted shape {scores.shape}, that of scores, got {targets.shape}")
    if targets.dtype != scores.dtype:
        raise DTypeError(f"targets: wanted {scores.dtype}, the dtype of scores, got {targets.dtype}")
