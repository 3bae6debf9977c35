"""Solvers: how a weight moves against its gradient; and the L2 penalty that keeps weights small."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from pybn.errors import DTypeError, ShapeError
from pybn.kernels.sums import column_sums
from pybn.layers.base import Array, check_float, number

Scalar = np.floating[Any]
Slots = dict[str, Array]


class _Fraction:
    """A number from 0 to below 1 that a solver has, checked whenever it is set: ValueError."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, solver: Any, owner: type) -> Any:
        return self if solver is None else vars(solver)[self._name]

    def __set__(self, solver: Any, value: float) -> None:
        vars(solver)[self._name] = _fraction(self._name, value)


class Solver:
    """A solver: `weight = solver.step(name, weight, gradient)` returns the weight after one step.

    weight and gradient are of one shape, any, and of one dtype, float32 or float64; so is what returns, a new
    array. Arithmetic stays in that dtype, in the order of the reference. Each name has a state of its own,
    which begins with its first step; `state` gives all of it as a flat mapping such as
    {"conv1.weight/velocity": array} and takes it back, so that a solver with the same `options()`, learning
    rate included, goes on bit for bit.
    """

    slots: ClassVar[tuple[str, ...]] = ()  # what is kept of a name
    count: ClassVar[str] = ""  # the one of them that counts the steps of a name

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self._state: dict[str, Slots] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.options().items())})"

    @property
    def learning_rate(self) -> float:
        """How far a step goes. Setting raises ValueError unless it is a finite number >= 0."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if not 0 <= number(value) < math.inf:
            raise ValueError(f"learning_rate: wanted a finite number >= 0, got {value!r}")
        self._learning_rate = float(value)

    def decay(self, factor: float) -> None:
        """Multiply the learning rate. Raises ValueError unless `factor` is a finite number >= 0."""
        if not 0 <= number(factor) < math.inf:
            raise ValueError(f"factor: wanted a finite number >= 0, got {factor!r}")
        self.learning_rate *= float(factor)

    def options(self) -> dict[str, Any]:
        """Return the arguments that make such a solver again, by name; the learning rate as it is now."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    @property
    def state(self) -> dict[str, Array]:
        """Copies of all that is kept, by "name/slot". Setting replaces all of it.

        Setting raises ValueError for a key that is none of this solver's or lacks one that goes with it,
        DTypeError or ShapeError for a value that cannot serve; whether it fits its weight shows at the step.
        """
        return {
            f"{name}/{slot}": kept.copy() for name, own in self._state.items() for slot, kept in own.items()
        }

    @state.setter
    def state(self, given: Mapping[str, Array]) -> None:
        found: dict[str, Slots] = {}
        for key, value in given.items():
            name, _, slot = key.rpartition("/")
            if not name or slot not in self.slots:
                wanted = " or ".join(f"'name/{slot}'" for slot in self.slots) or "nothing"
                raise ValueError(f"state: wanted {wanted}, got {key!r}")
            kept = _count(key, value) if slot == self.count else _kept(key, value)
            found.setdefault(name, {})[slot] = kept
        for name, own in found.items():
            if missing := [slot for slot in self.slots if slot not in own]:
                raise ValueError(f"state: wanted '{name}/{missing[0]}' beside '{name}/{next(iter(own))}'")
        self._state = found

    def reset(self) -> None:
        """Forget all that is kept, as a new solver; the learning rate stays."""
        self._state = {}

    def step(self, name: str, weight: Array, gradient: Array) -> Array:
        """Return the weight after a step against its gradient; both stay as they are.

        Raises ShapeError or DTypeError where the gradient, or what is kept of the name, does not fit the weight.
        """
        if not isinstance(name, str) or not name:
            raise ValueError(f"name: wanted the name of a weight, such as 'conv1.weight', got {name!r}")
        check_float("weight", weight)
        if weight.size == 0:
            raise ShapeError(f"weight: wanted at least one element, got shape {weight.shape}")
        check_float("gradient", gradient)
        _fit("gradient", gradient, weight)
        own = self._state.get(name)
        for slot, kept in (own or {}).items():
            if slot != self.count:
                _fit(f"{name}/{slot}, of the steps before", kept, weight)
        with np.errstate(all="ignore"):
            moved, kept_now = self._move(weight, gradient, own or self._first(weight))
        if self.slots:
            self._state[name] = kept_now
        return np.asarray(moved)

    def _first(self, weight: Array) -> Slots:
        """Return what is kept of a weight before its first step."""
        zeros = {slot: np.zeros(weight.shape, weight.dtype) for slot in self.slots if slot != self.count}
        return zeros | ({self.count: np.asarray(0)} if self.count else {})

    def _move(self, weight: Array, gradient: Array, own: Slots) -> tuple[Array, Slots]:
        """Return the weight after the step, and what is kept then: new arrays."""
        raise NotImplementedError


class Sgd(Solver):
    """Stochastic gradient descent: w - lr g.

    Source: matlab_ref/Sgd.m.
    """

    def _move(self, weight: Array, gradient: Array, own: Slots) -> tuple[Array, Slots]:
        return weight - self.learning_rate * gradient, own


class SgdMomentum(Solver):
    """Gradient descent with momentum: v = mu v - lr g, then w + v; v is 0 before a name's first step.

    Source: matlab_ref/SgdMomentum.m.
    """

    slots = ("velocity",)
    momentum = _Fraction()

    def __init__(self, learning_rate: float, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = _fraction("momentum", momentum)

    def _move(self, weight: Array, gradient: Array, own: Slots) -> tuple[Array, Slots]:
        velocity = np.asarray(self.momentum * own["velocity"] - self.learning_rate * gradient)
        return weight + velocity, {"velocity": velocity}


class Adam(Solver):
    """Adam: w - lr mhat / (sqrt(vhat) + eps), with the bias of both moments corrected by the name's own steps.

    m = beta1 m + (1 - beta1) g and mhat = m / (1 - beta1^t); v and vhat alike, of g^2 and beta2. eps stands
    outside the square root. m and v are 0 before a name's first step, which is t = 1.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization"; matlab_ref/Adam.m.
    """

    slots = ("m", "v", "t")
    count = "t"
    beta1 = _Fraction()
    beta2 = _Fraction()

    def __init__(
        self, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = _fraction("beta1", beta1)
        self.beta2 = _fraction("beta2", beta2)
        if not 0 < number(eps) < math.inf:
            raise ValueError(f"eps: wanted a finite number > 0, got {eps!r}")
        self.eps = float(eps)

    def _move(self, weight: Array, gradient: Array, own: Slots) -> tuple[Array, Slots]:
        t = int(own["t"]) + 1
        m = np.asarray(self.beta1 * own["m"] + (1.0 - self.beta1) * gradient)
        v = np.asarray(self.beta2 * own["v"] + (1.0 - self.beta2) * (gradient * gradient))
        # Powers of Python's floats: the C library's, as Octave's.
        mhat = m / (1.0 - self.beta1**t)
        vhat = v / (1.0 - self.beta2**t)
        moved = weight - self.learning_rate * mhat / (np.sqrt(vhat) + self.eps)
        return moved, {"m": m, "v": v, "t": np.asarray(t)}


def l2_penalty(weights: Mapping[str, Array] | Iterable[Array], l2: float) -> Scalar:
    """Return 0.5 l2 sum(w^2) over all weights, a scalar of their dtype (of float64, and 0, without any).

    A sum runs as Octave's `sum(w(:))`, the first axis fastest: hand in a weight with its axes in MATLAB's order
    (a view will do) to get Octave's own bits. Raises ValueError unless l2 is a finite number >= 0.
    """
    factor = 0.5 * _l2(l2)
    parts: list[Scalar] = []
    for weight in weights.values() if isinstance(weights, Mapping) else weights:
        check_float("weights", weight)
        with np.errstate(all="ignore"):
            squares = np.reshape(weight * weight, (-1, 1), order="F")
            parts.append(factor * column_sums(squares)[0])
    with np.errstate(all="ignore"):
        return sum(parts[1:], start=parts[0]) if parts else np.float64(0)


def l2_gradient(weight: Array, gradient: Array, l2: float) -> Array:
    """Return gradient + l2 weight, the gradient with that of the L2 penalty: a new array.

    Raises as a solver's step; ValueError unless l2 is a finite number >= 0.
    """
    factor = _l2(l2)
    check_float("weight", weight)
    check_float("gradient", gradient)
    _fit("gradient", gradient, weight)
    with np.errstate(all="ignore"):
        return np.asarray(gradient + factor * weight)


def _l2(value: object) -> float:
    if not 0 <= number(value) < math.inf:
        raise ValueError(f"l2: wanted a finite number >= 0, got {value!r}")
    return number(value)


def _fraction(name: str, value: object) -> float:
    if not 0 <= number(value) < 1:
        raise ValueError(f"{name}: wanted a number from 0 to below 1, got {value!r}")
    return number(value)


def _fit(name: str, value: Array, weight: Array) -> None:
    if value.shape != weight.shape:
        raise ShapeError(f"{name}: wanted shape {weight.shape}, that of weight, got {value.shape}")
    if value.dtype != weight.dtype:
        raise DTypeError(f"{name}: wanted {weight.dtype}, the dtype of weight, got {value.dtype}")


def _kept(key: str, value: object) -> Array:
    """Return a copy of a value of a state. Raises DTypeError unless it is a float array."""
    check_float(f"state: {key}", value)
    return np.array(value)


def _count(key: str, value: object) -> Array:
    """Return a count of steps of a state. Raises DTypeError or ShapeError unless it is one whole number >= 1."""
    count = np.asarray(value)
    if count.dtype.kind not in "iu":
        raise DTypeError(f"state: {key}: wanted a whole number, got {count.dtype}")
    if count.shape or not 1 <= int(count) < 2**63:
        raise ShapeError(f"state: {key}: wanted one whole number >= 1, got {value!r}")
    return np.asarray(int(count))
