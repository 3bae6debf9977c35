"""What a `network` does to inputs before its layers, and undoes of its outputs: all of it affine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.layers.base import Array
from pybn.migrate.imported import Oracle
from pybn.migrate.importers.building import (
    Made,
    array,
    constant,
    empty,
    number_of,
    numbers,
    parameter,
    vector,
    whole_numbers,
)
from pybn.migrate.rules import Chain, cast, permute, scale, square

# For each of the functions by row: where the data lies, its spread, and both after the processing.
BY_ROW = {"mapminmax": ("xmin", "xrange", "ymin", "yrange"), "mapstd": ("xmean", "xstd", "ymean", "ystd")}


def unchanged(kind: str, settings: Mapping[str, Any], path: str) -> bool:
    """Tell whether a function changes nothing: it says so, or there was nothing unknown in training."""
    if not empty(settings.get("no_change")):
        return bool(number_of(settings["no_change"], f"{path}.no_change"))
    rows = [settings.get(name) for name in ("xrows", "yrows")]
    if kind != "fixunknowns" or any(empty(each) for each in rows):
        return False
    return number_of(rows[0], f"{path}.xrows") == number_of(rows[1], f"{path}.yrows")


def processed(
    kind: str, settings: Mapping[str, Any], path: str, features: int | None, *, reverse: bool
) -> tuple[Made, ...] | None:
    """Return a function of that name, or what undoes it, in its steps; None for one that nobody knows.

    Raises FormatError where its settings do not fit `features` rows.
    """
    if kind in BY_ROW:
        return _by_row(kind, settings, path, features, reverse=reverse)
    if kind == "removeconstantrows":
        return (_constant_rows(settings, path, features, reverse=reverse),)
    made = _matrix(settings, path, features, reverse=reverse) if kind == "processpca" else None
    return None if made is None else (made,)


def _by_row(
    kind: str, settings: Mapping[str, Any], path: str, features: int | None, *, reverse: bool
) -> tuple[Made, ...]:
    """y = (x - xoffset) * gain + low; undone, x = (y - low) / gain + xoffset."""
    _, _, low_name, _ = BY_ROW[kind]
    gain, offset = _gain(kind, settings, path)
    low = number_of(settings.get(low_name), f"{path}.{low_name}")
    count = gain[1].size
    if features not in (None, count) or offset[1].size != count:
        raise FormatError(
            f"{path}: wanted {features or count} rows, got {count} gains and {offset[1].size} offsets"
        )
    options = {"low": low, "reverse": reverse}
    oracle = Oracle(f"network.{kind}", options, {"gain": gain[1], "xoffset": offset[1]})
    if not reverse:
        return _forward(gain, offset, low, oracle)
    if not (gain[1] > 0).all():
        raise FormatError(f"{gain[0]}: holds gains that are not positive, and cannot be undone")
    made = {
        "weight": constant(np.ones(count)),
        "bias": vector(*offset),
        "running_mean": constant(np.full(count, low)),
        "running_var": parameter(gain[0], gain[1], Chain.of(gain[1].shape).to(count).then(square())),
    }
    note = f"(y - {low:g}) / gain + offset, told as a batch-norm of variance gain^2"
    return (Made(pybn_layers.BatchNorm(0.0), made, oracle, (note,)),)


def _forward(
    gain: tuple[str, Array], offset: tuple[str, Array], low: float, oracle: Oracle
) -> tuple[Made, ...]:
    """Return (x - offset) * gain + low in two steps, which are as close in float32 however large the offset is.

    The first takes off the offset as float32 has it, which loses nothing; the second what that leaves of it.
    """
    count = offset[1].size
    chain = Chain.of(offset[1].shape).to(count)
    if offset[1].dtype == np.float64:
        chain = chain.then(cast("float64", "float32"), cast("float32", "float64"))
    taken = parameter(*offset, chain.then(scale(-1.0)))
    rest = offset[1].reshape(-1, order="F") + taken.value
    first = {"weight": constant(np.ones(count)), "bias": taken}
    second = {"weight": vector(*gain), "bias": constant(low - rest * gain[1].reshape(-1, order="F"))}
    notes = (
        "the offset, rounded to float32, taken off",
        "times the gain; what the rounding left is in the bias",
    )
    return (
        Made(
            pybn_layers.ScaleLayer(), first, Oracle("network.offset", {}, {"xoffset": offset[1]}), (notes[0],)
        ),
        Made(pybn_layers.ScaleLayer(), second, oracle, (notes[1],)),
    )


def _gain(kind: str, settings: Mapping[str, Any], path: str) -> tuple[tuple[str, Array], tuple[str, Array]]:
    """Return gain and offset with where they are; older files have what they are computed of."""
    start, spread, _, after = BY_ROW[kind]
    if not empty(settings.get("gain")) and not empty(settings.get("xoffset")):
        names = "gain", "xoffset"
        found = [(f"{path}.{name}", array(settings[name], f"{path}.{name}")) for name in names]
        return found[0], found[1]
    if kind == "mapminmax":
        least, most, low, high = (
            _column(settings.get(name), f"{path}.{name}") for name in ("xmin", "xmax", "ymin", "ymax")
        )
        offset, width, wanted = least, most - least, high - low
    else:
        offset, width, wanted = (
            _column(settings.get(name), f"{path}.{name}") for name in (start, spread, after)
        )
    if not (width > 0).all():
        raise FormatError(f"{path}: {spread} holds values that are not positive, and there is no gain")
    return (f"{path}: {after} / {spread}", wanted / width), (f"{path}.{start}", offset)


def _constant_rows(settings: Mapping[str, Any], path: str, features: int | None, *, reverse: bool) -> Made:
    """y = x(keep); undone, the rows that were constant get their constants again."""
    rows = whole_numbers(settings.get("xrows"), f"{path}.xrows", (1,), 1)[0]
    keep = [k - 1 for k in whole_numbers(settings.get("keep"), f"{path}.keep", (), 1)]
    remove = [k - 1 for k in whole_numbers(settings.get("remove"), f"{path}.remove", (), 1)]
    values = array(settings.get("constants", settings.get("value")), f"{path}.constants").ravel(order="F")
    come = len(keep) if reverse else rows
    if (
        sorted([*keep, *remove]) != list(range(rows))
        or len(values) != len(remove)
        or features not in (None, come)
    ):
        raise FormatError(
            f"{path}: wanted each of {rows} rows kept or removed, a constant for each that is, and {come} that come"
        )
    selection = np.zeros((rows, len(keep)))  # (inputs, outputs) of the port
    selection[keep, range(len(keep))] = 1
    bias = np.zeros(rows if reverse else len(keep))
    if reverse:
        bias[remove] = values
    made = {"weight": constant(selection.T if reverse else selection), "bias": constant(bias)}
    options = {
        "rows": rows,
        "keep": [k + 1.0 for k in keep],
        "remove": [k + 1.0 for k in remove],
        "reverse": reverse,
    }
    oracle = Oracle("network.removeconstantrows", options, {"constants": values})
    note = "rows that are constant put back" if reverse else "rows that are constant left out"
    return Made(pybn_layers.FullyConnected(), made, oracle, (note,))


def _matrix(settings: Mapping[str, Any], path: str, features: int | None, *, reverse: bool) -> Made | None:
    """y = transform * x; undone by the inverse that the settings have."""
    name = "inverseTransform" if reverse else "transform"
    if empty(settings.get(name)):
        return None
    value = array(settings[name], f"{path}.{name}")
    if value.ndim != 2 or features not in (None, value.shape[1]):
        raise FormatError(
            f"{path}.{name}: wanted (outputs, {features}), got {'x'.join(map(str, value.shape))}"
        )
    made = {
        "weight": parameter(f"{path}.{name}", value, Chain.of(value.shape).then(permute(1, 0))),
        "bias": constant(np.zeros(value.shape[0])),
    }
    return Made(pybn_layers.FullyConnected(), made, Oracle("network.dotprod", {}, {"W": value}))


def _column(value: Any, path: str) -> Array:
    return np.asarray(numbers(value, path)).reshape(-1, 1)
