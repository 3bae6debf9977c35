"""Layers with parameters of a description by hand: the arrays of a plain file as the layer takes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.graph.node import Sizes
from pybn.layers.base import Array
from pybn.migrate.imported import Oracle, Parameter
from pybn.migrate.importers.building import Made, constant, parameter, times, vector, zeros
from pybn.migrate.importers.legacy_layers import layer_of
from pybn.migrate.importers.weights_values import axes_of, numbers_at, ordered
from pybn.migrate.rules import Chain, drop, flip, permute, reshape, square, take

ORDERS = ("row-major", "column")
PLACES = ("first", "last")  # of a bias inside its weight
_SIDES = {"kh": 2, "kw": 3}  # axes of a filter of the port


@dataclass(frozen=True, slots=True)
class Told:
    """What a description says of a layer.

    options  its table, less the type, the name and the inputs; what the layer itself takes is left in the end
    file     the file of weights
    sizes    of what comes in
    """

    name: str
    kind: str
    options: dict[str, Any]
    file: Mapping[str, Any]
    sizes: Sizes

    def one_of(self, key: str, choices: tuple[Any, ...], instead: Any) -> Any:
        """Take an option that is one of a few. Raises FormatError."""
        value = self.options.pop(key, instead)
        if not any(value is one or (isinstance(one, str) and value == one) for one in choices):
            raise FormatError(
                f"{self.name}: {key}: wanted {' or '.join(map(repr, choices))}, got {value!r:.60}"
            )
        return value

    def tensor(self, key: str, axes: str = "") -> tuple[str, Array, tuple[str, ...]] | None:
        """Take an array: where it is, itself, and its axes where there are `axes`; None where none is named."""
        told = self.options.pop(key, None)
        if told is None:
            return None
        table = told if isinstance(told, Mapping) else {"var": told}
        path = table.get("var")
        if not isinstance(path, str) or set(table) - {"var", "axes"}:
            raise FormatError(
                f'{self.name}: {key}: wanted the name of a variable, or {{ var = "W1", axes = ... }}, got {told!r:.60}'
            )
        if "axes" in table and not axes:
            raise FormatError(f"{self.name}: {key} is a vector: leave its axes out")
        return path, numbers_at(self.file, path), axes_of(table.get("axes"), axes, f"{self.name}: {key}")

    def wanted(self, key: str, axes: str) -> tuple[str, Array, tuple[str, ...]]:
        """Take an array that has to be there. Raises FormatError."""
        found = self.tensor(key, axes)
        if found is None:
            raise FormatError(f'{self.name}: a layer of this type wants {key} = "the name of a variable"')
        return found

    def vector(self, key: str, count: int) -> tuple[str, Array] | None:
        """Take a vector of so many values, whatever its shape. Raises FormatError."""
        found = self.tensor(key)
        if found is None:
            return None
        path, value, _ = found
        if value.size != count:
            raise FormatError(f"{path}: wanted {count} values for {self.name}.{key}, got {times(value)}")
        return path, value

    def check(self, key: str, found: int) -> None:
        """Take a size that the weight has as well. Raises FormatError where they are not the same."""
        told = self.options.pop(key, found)
        if told != found:
            raise FormatError(
                f"{self.name}: {key} is {told!r:.60}, and the weight that is named has {key} = {found}"
            )


def dense(told: Told) -> Made:
    """Fully connected: rows (N, D), or images in either order of flattening, by a weight (D, M)."""
    order = told.one_of("flatten", ORDERS, ORDERS[0])
    place = told.one_of("bias_in_weight", (*PLACES, None), None)
    path, value, axes = told.wanted("weight", "D M")
    features, more = math.prod(n for n in told.sizes if n is not None), int(place is not None)
    chain = ordered(path, value, axes, ("D", "M"))
    rows, outputs = chain.shape
    if rows != features + more:
        raise FormatError(_misfit(told, path, value, axes, features, more))
    told.check("num_output", outputs)
    inside = None if place is None else (0 if place == PLACES[0] else rows - 1)
    weight = chain if inside is None else chain.then(drop(0, inside, rows))
    notes = [f"weight {' x '.join(axes)} to D x M"]
    if order == ORDERS[1] and len(told.sizes) == 4:
        weight = _in_columns(weight, told.sizes)
        notes.append(
            "rows of the weight in the order of a(:), (H, W, C) column by column, to that of (C, H, W)"
        )
    options, arrays = (
        {"axes": " ".join(axes), "flatten": order, "bias_in_weight": place or ""},
        {"weight": value},
    )
    if inside is None:
        bias = _bias(told, outputs, value.dtype, arrays)
    else:
        if "bias" in told.options:
            raise FormatError(f"{told.name}: wanted either bias or bias_in_weight, got both")
        bias = parameter(path, value, chain.then(take(0, inside, rows)))
        notes.append(f"the bias is the {place} of the weight's {rows} inputs")
    made = {"weight": parameter(path, value, weight), "bias": bias}
    return Made(
        layer_of(told.name, told.kind, told.options),
        made,
        Oracle("weights.fc", options, arrays),
        tuple(notes),
    )


def _in_columns(chain: Chain, sizes: Sizes) -> Chain:
    """Put rows in the order of MATLAB's a(:) into that of the port's flattening."""
    rows, outputs = chain.shape
    channels, height, width = (int(n) for n in sizes[1:] if n is not None)
    return chain.then(
        reshape((rows, outputs), (height, width, channels, outputs)),
        permute(2, 0, 1, 3),
        reshape((channels, height, width, outputs), (rows, outputs), "C"),
    )


def _misfit(told: Told, path: str, value: Array, axes: tuple[str, ...], features: int, more: int) -> str:
    come = f"{features} features come" + (" and one is the bias" if more else "")
    text = f"{path}: wanted the weight of {told.name} with D = {features + more}, for {come}, "
    text += f"got {times(value)} as {' x '.join(axes)}"
    sizes = dict(zip(axes, value.shape, strict=False))
    other, inside = f'axes = "{" ".join(reversed(axes))}"', 'bias_in_weight = "first" or "last"'
    fits = [
        ("M", more, other),
        ("D", 1 - more, inside),
        ("M", 1 - more, f"{other} with {inside}"),
    ]
    hints = [
        hint
        for axis, extra, hint in fits
        if sizes.get(axis) == features + extra and not (more and hint != other)
    ]
    return text + (f"; {', or '.join(hints)} would fit" if hints else "")


def convolution(told: Told) -> Made:
    """Convolution: filters (kH, kW, C/groups, F), a correlation unless flip is true."""
    return _filters(told, "conv", "kH kW C F", ("F", "C", "kH", "kW"))


def transposed(told: Told) -> Made:
    """Transposed convolution: filters (kH, kW, F/groups, C)."""
    return _filters(told, "deconv", "kH kW F C", ("C", "F", "kH", "kW"))


def _filters(told: Told, kind: str, default: str, order: tuple[str, ...]) -> Made:
    turned = told.one_of("flip", (True, False), False)
    path, value, axes = told.wanted("weight", default)
    chain = ordered(path, value, axes, order)
    arrays = {"weight": value}
    layer: Any = layer_of(told.name, told.kind, _less(told.options, ("bias", "num_output", *_SIDES)))
    _channels(told, kind, path, chain.shape[order.index("C")], layer.groups)
    outputs = chain.shape[order.index("F")] * (layer.groups if kind == "deconv" else 1)
    for key, found in (*((key, chain.shape[axis]) for key, axis in _SIDES.items()), ("num_output", outputs)):
        told.check(key, found)
    notes = [f"filters {' x '.join(axes)} to {' x '.join(order)}, {'flipped' if turned else 'not flipped'}"]
    made = {
        "weight": parameter(path, value, chain.then(flip(2, 3)) if turned else chain),
        "bias": _bias(told, outputs, value.dtype, arrays),
    }
    options = {k: v for k, v in layer.options().items() if k not in ("layout", "numerics")}
    options |= {"axes": " ".join(axes), "flip": turned}
    return Made(layer, made, Oracle(f"weights.{kind}", options, arrays), tuple(notes))


def _channels(told: Told, kind: str, path: str, found: int, groups: int) -> None:
    if len(told.sizes) != 4:
        raise FormatError(f"{told.name}: wanted images, and rows come; say input = [rows, cols, depth]")
    come = int(told.sizes[1] or 0)
    wanted = come if kind == "deconv" else come // groups
    if found != wanted or come % groups:
        raise FormatError(
            f"{path}: wanted the filters of {told.name} with C = {wanted}, for {come} channels come"
            f"{f' in {groups} groups' if groups > 1 else ''}, got {found}"
        )


def normalisation(told: Told) -> Made:
    """Batch normalisation: weight, bias, running_mean, and running_var or sigma = sqrt(variance + eps)."""
    count = int(told.sizes[1] or 0)
    arrays: dict[str, Array] = {}
    found = {
        key: told.vector(key, count) for key in ("weight", "bias", "running_mean", "running_var", "sigma")
    }
    mean, variance, sigma = found["running_mean"], found["running_var"], found["sigma"]
    if mean is None or (variance is None) == (sigma is None):
        raise FormatError(
            f"{told.name}: wanted running_mean, and either running_var or sigma; without them each batch's own "
            "would be used"
        )
    notes: tuple[str, ...] = ()
    if sigma is not None:
        if "eps" in told.options:
            raise FormatError(f"{told.name}: sigma = sqrt(variance + eps) has eps in it: leave eps out")
        told.options["eps"] = 0.0
        notes = ("sigma = sqrt(variance + eps): variance = sigma^2, eps = 0",)
    dtype = mean[1].dtype
    path, value = sigma or variance or mean
    chain = Chain.of(value.shape).to(count)
    made: dict[str, Parameter] = {
        "weight": _whole(found["weight"], np.ones(count, dtype)),
        "bias": _whole(found["bias"], np.zeros(count, dtype)),
        "running_mean": _whole(mean, np.zeros(count, dtype)),
        "running_var": parameter(path, value, chain.then(square()) if sigma is not None else chain),
    }
    arrays = {key: each[1] for key, each in found.items() if each is not None}
    layer = layer_of(told.name, told.kind, told.options)
    options = {"eps": layer.options()["eps"]}
    return Made(layer, made, Oracle("weights.norm", options, arrays), notes)


def _whole(found: tuple[str, Array] | None, instead: Array) -> Parameter:
    if found is None:
        return constant(instead)
    return vector(*found)


def _bias(told: Told, count: int, dtype: np.dtype[Any], arrays: dict[str, Array]) -> Parameter:
    """Take the bias, zeros where none is named, and put it beside the arrays for Octave."""
    found = told.vector("bias", count)
    if found is None:
        return zeros(count, dtype)
    arrays["bias"] = found[1]
    return _whole(found, found[1])


def _less(options: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in keys}


LAYERS: Mapping[str, Callable[[Told], Made]] = {
    "FullyConnected": dense,
    "ConvolutionLayer": convolution,
    "TransposedConvolutionLayer": transposed,
    "BatchNorm": normalisation,
    "SpatialBatchNorm": normalisation,
}
