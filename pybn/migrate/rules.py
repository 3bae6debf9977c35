"""What is done to an array on its way from MATLAB's memory to a model's: rules that are data, applied and undone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pybn.errors import FormatError
from pybn.layers.base import Array

Rule = Mapping[str, Any]  # {"rule": its name, ...}: nothing but numbers, text and lists, as JSON has them


def permute(*order: int) -> Rule:
    """Put the axes into another order, as NumPy's transpose does."""
    return {"rule": "permute", "order": list(order)}


def reshape(before: Sequence[int], after: Sequence[int], order: str = "F") -> Rule:
    """Give another shape, the elements counted in Fortran order as MATLAB counts, or in C order."""
    return {"rule": "reshape", "from": list(before), "to": list(after), "order": order}


def flip(*axes: int) -> Rule:
    """Turn axes round, as true convolution wants of a correlation."""
    return {"rule": "flip", "axes": list(axes)}


def blocks(axis: int, order: Sequence[int]) -> Rule:
    """Cut an axis into as many equal blocks as there are in `order`, and put them in that order: gates."""
    return {"rule": "blocks", "axis": axis, "order": list(order)}


def take(axis: int, index: int, of: int) -> Rule:
    """Take one index of an axis, which goes: a column of moments. The others are not in the result."""
    return {"rule": "take", "axis": axis, "index": index, "of": of}


def drop(axis: int, index: int, of: int) -> Rule:
    """Leave one index of an axis out: a bias that is stored inside its weight."""
    return {"rule": "drop", "axis": axis, "index": index, "of": of}


def square(minus: float = 0.0) -> Rule:
    """Square, and take a number off: sigma to variance. Not undone to the last bit."""
    return {"rule": "square", "minus": float(minus)}


def scale(by: float) -> Rule:
    """Multiply by a number. Not undone to the last bit."""
    return {"rule": "scale", "by": float(by)}


def cast(before: str, after: str) -> Rule:
    """Change the dtype. Undone to the last bit where `after` is the wider one."""
    return {"rule": "cast", "from": before, "to": after}


@dataclass(frozen=True, slots=True)
class _Step:
    apply: Callable[[Array, Rule], Array]
    undo: Callable[[Array, Rule], Array] | None  # None: not to the last bit


def apply(rules: Sequence[Rule], x: Array) -> Array:
    """Return an array that the rules made of x, in C order. Raises FormatError for a rule that does not fit."""
    for rule in rules:
        x = _done(rule, x, "apply")
    return np.array(x, order="C")  # 0-D arrays stay 0-D


def undo(rules: Sequence[Rule], y: Array) -> Array:
    """Return the array that the rules made y of, bit for bit. Raises FormatError where a rule cannot be undone."""
    for rule in reversed(rules):
        y = _done(rule, y, "undo")
    return y


def exact(rules: Sequence[Rule]) -> bool:
    """Tell whether the rules can be undone to the last bit."""
    return all(_exact(rule) for rule in rules)


def _exact(rule: Rule) -> bool:
    if rule["rule"] == "cast":
        return bool(np.can_cast(np.dtype(rule["from"]), np.dtype(rule["to"]), "safe"))
    return STEPS[rule["rule"]].undo is not None


def _done(rule: Rule, x: Array, what: str) -> Array:
    step = STEPS.get(str(rule.get("rule")))
    function = None if step is None else getattr(step, what)
    if function is None or (what == "undo" and not _exact(rule)):
        raise FormatError(f"the rule {dict(rule)!r:.200} cannot be {'undone' if step else 'understood'}")
    try:
        made: Array = function(x, rule)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise FormatError(
            f"the rule {dict(rule)!r:.200} does not fit an array {list(x.shape)}: {error}"
        ) from error
    return made


def _permute_back(y: Array, rule: Rule) -> Array:
    return y.transpose([int(k) for k in np.argsort(rule["order"])])


def _reshape(x: Array, rule: Rule) -> Array:
    if list(x.shape) != list(rule["from"]):
        raise ValueError(f"wanted {rule['from']}")
    return x.reshape([int(n) for n in rule["to"]], order=rule["order"])


def _reshape_back(y: Array, rule: Rule) -> Array:
    return y.reshape([int(n) for n in rule["from"]], order=rule["order"])


def _blocks(x: Array, axis: int, order: Sequence[int]) -> Array:
    if sorted(order) != list(range(len(order))):
        raise ValueError("wanted an order of all blocks")
    return np.concatenate([np.split(x, len(order), axis)[k] for k in order], axis)


def _take(x: Array, rule: Rule) -> Array:
    _check_axis(x, rule)
    made: Array = x.take(rule["index"], rule["axis"])
    return made


def _drop(x: Array, rule: Rule) -> Array:
    _check_axis(x, rule)
    return np.delete(x, rule["index"], rule["axis"])


def _check_axis(x: Array, rule: Rule) -> None:
    if x.shape[rule["axis"]] != rule["of"]:
        raise ValueError(f"wanted {rule['of']} along axis {rule['axis']}")


def _square(x: Array, rule: Rule) -> Array:
    """Square in double: the dtype of x would round twice."""
    made: Array = (x.astype(np.float64) ** 2 - rule["minus"]).astype(x.dtype)
    return made


def _flip(x: Array, rule: Rule) -> Array:
    return np.flip(x, tuple(rule["axes"]))


STEPS: Mapping[str, _Step] = {
    "permute": _Step(lambda x, rule: x.transpose(rule["order"]), _permute_back),
    "reshape": _Step(_reshape, _reshape_back),
    "flip": _Step(_flip, _flip),
    "blocks": _Step(
        lambda x, rule: _blocks(x, rule["axis"], rule["order"]),
        lambda y, rule: _blocks(y, rule["axis"], [int(k) for k in np.argsort(rule["order"])]),
    ),
    "take": _Step(_take, None),
    "drop": _Step(_drop, None),
    "square": _Step(_square, None),
    "scale": _Step(lambda x, rule: (x.astype(np.float64) * rule["by"]).astype(x.dtype), None),
    "cast": _Step(
        lambda x, rule: x.astype(np.dtype(rule["to"])), lambda y, rule: y.astype(np.dtype(rule["from"]))
    ),
}


class Chain(tuple[Rule, ...]):
    """Rules one after the other, for an array of a known shape: what follows has to fit what came before."""

    shape: tuple[int, ...]

    @classmethod
    def of(cls, shape: Sequence[int], *rules: Rule) -> Self:
        """Begin with an array of this shape."""
        made = cls(rules)
        made.shape = shape_after(rules, shape)
        return made

    def then(self, *rules: Rule) -> Self:
        """Go on with more rules."""
        made = type(self)((*self, *rules))
        made.shape = shape_after(rules, self.shape)
        return made

    def to(self, *after: int, order: str = "F") -> Self:
        """Reshape, where it is not of that shape already. Raises FormatError where the elements are not as many."""
        if after == self.shape:
            return self
        if math.prod(after) != math.prod(self.shape):
            raise FormatError(
                f"wanted an array of {list(after)}, or of as many elements, got {list(self.shape)}"
            )
        return self.then(reshape(self.shape, after, order))


def shape_after(rules: Sequence[Rule], shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of what the rules make of an array of this one; no element is needed for that."""
    made = tuple(int(n) for n in shape)
    for rule in rules:
        made = _shaped(rule, made)
    return made


def _shaped(rule: Rule, shape: tuple[int, ...]) -> tuple[int, ...]:
    if rule["rule"] == "permute":
        return tuple(shape[k] for k in rule["order"])
    if rule["rule"] == "take":
        return shape[: rule["axis"]] + shape[rule["axis"] + 1 :]
    if rule["rule"] == "drop":
        return tuple(n - (axis == rule["axis"]) for axis, n in enumerate(shape))
    return tuple(rule["to"]) if rule["rule"] == "reshape" else shape
