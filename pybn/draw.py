"""Draw the inputs of a case: the same for the same case, on every machine that has the same NumPy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.case import Case, Tensor
from pybn.case_keys import is_number, only, show
from pybn.errors import CaseError

Array = npt.NDArray[Any]
Options = Mapping[str, Any]
Rng = np.random.Generator
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to draw: the function, its options, and whether a complex tensor is drawn as two halves."""

    draw: Callable[[Rng, Shape, Options], Any]
    options: frozenset[str] = frozenset()
    halves: bool = False


KINDS: dict[str, Kind] = {
    "normal": Kind(
        lambda rng, shape, o: o.get("mean", 0.0) + o.get("std", 1.0) * rng.standard_normal(shape),
        frozenset({"mean", "std"}),
        halves=True,
    ),
    "uniform": Kind(
        lambda rng, shape, o: rng.uniform(o.get("low", 0.0), o.get("high", 1.0), shape),
        frozenset({"low", "high"}),
        halves=True,
    ),
    "integers": Kind(
        lambda rng, shape, o: rng.integers(o.get("low", 0), o.get("high", 10), shape, endpoint=True),
        frozenset({"low", "high"}),
        halves=True,
    ),
    "bool": Kind(lambda rng, shape, _: rng.integers(0, 1, shape, endpoint=True).astype(bool)),
    "ramp": Kind(lambda _, shape, __: np.arange(1, 1 + int(np.prod(shape))).reshape(shape, order="F")),
    "full": Kind(lambda _, shape, o: np.full(shape, o.get("value", 0.0)), frozenset({"value"})),
    "values": Kind(lambda _, __, o: o["values"], frozenset({"values"})),
}
ALWAYS = frozenset({"draw", "same_along", "set"})
OPTIONS = ALWAYS.union(*(kind.options for kind in KINDS.values()))


def check_draw(where: str, options: Options, shape: Shape) -> None:
    """Raise CaseError unless `options` say how to draw, each of the type that is wanted."""
    name = _kind(options)
    if not isinstance(name, str) or name not in KINDS:
        raise CaseError(f"{where}: draw: wanted one of {', '.join(KINDS)}, got {show(name)}")
    only(options, ALWAYS | KINDS[name].options, f"{where}: drawn as {name!r}")
    for key in ("mean", "std", "low", "high", "value"):
        value = options.get(key, 0)
        if not (is_number(value) or (key == "value" and isinstance(value, bool))):
            raise CaseError(f"{where}: {key}: wanted a number, got {show(value)}")
        if name == "integers" and not isinstance(value, int):
            raise CaseError(f"{where}: {key}: wanted a whole number, got {show(value)}")
    if name == "values" and not _are_values(options.get("values")):
        raise CaseError(f"{where}: values: wanted lists of numbers, got {show(options.get('values'))}")
    if not isinstance(options.get("same_along", ""), str):
        raise CaseError(f"{where}: same_along: wanted names of axes, got {show(options['same_along'])}")
    _check_spots(f"{where}: set", options.get("set", []), shape)


def _kind(options: Options) -> Any:
    return options.get("draw", "values" if "values" in options else "normal")


def _are_values(values: Any) -> bool:
    if isinstance(values, list):
        return all(_are_values(value) for value in values)
    return is_number(values) or isinstance(values, bool)


def _check_spots(where: str, spots: Any, shape: Shape) -> None:
    """Check single elements that are set: `at`, an index from 0 a dimension, and `value`."""
    for spot in spots if isinstance(spots, list) else [spots]:
        if not isinstance(spot, dict) or spot.keys() != {"at", "value"}:
            raise CaseError(f"{where}: wanted a list of {{ at = [...], value = ... }}, got {show(spot)}")
        at, value = spot["at"], spot["value"]
        fits = isinstance(at, list) and len(at) == len(shape)
        if not fits or not all(type(k) is int and 0 <= k < n for k, n in zip(at, shape, strict=True)):
            raise CaseError(f"{where}: at: wanted an index into shape {list(shape)}, from 0, got {show(at)}")
        if not (is_number(value) or isinstance(value, bool)):
            raise CaseError(f"{where}: value: wanted a number, got {show(value)}")


def draw_inputs(case: Case) -> dict[str, Array]:
    """Return every input of `case` that is drawn, at its declared shape and dtype. Raises CaseError where it cannot."""
    return {name: _draw(case, tensor) for name, tensor in case.inputs.items() if tensor.source is None}


def _draw(case: Case, tensor: Tensor) -> Array:
    name = _kind(tensor.draw)
    # The dtype is left out: a case draws the same numbers in single and in double.
    seed = hashlib.sha256(f"{case.stem}/{case.name}/{tensor.name}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "little")))
    try:
        with np.errstate(all="ignore"):
            drawn = _cast(_numbers(KINDS[name], rng, tensor), tensor.dtype)
            value = np.array(np.broadcast_to(drawn, tensor.shape))
            for spot in tensor.draw.get("set", ()):
                value[tuple(spot["at"])] = _cast([spot["value"]], tensor.dtype)[0]
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
        raise CaseError(
            f"{case.file}: case {case.name!r}: input {tensor.name!r} "
            f"cannot be drawn as {name!r} of shape {list(tensor.shape)}, {tensor.dtype}: {error}"
        ) from error
    return value


def _numbers(kind: Kind, rng: Rng, tensor: Tensor) -> Any:
    shape = _drawn_shape(tensor)
    drawn = kind.draw(rng, shape, tensor.draw)
    if kind.halves and tensor.dtype.startswith("complex"):
        return drawn + 1j * kind.draw(rng, shape, tensor.draw)
    return drawn


def _cast(drawn: Any, dtype: str) -> Array:
    """Bring numbers to a dtype; a whole number that would become another is refused."""
    # As objects, since NumPy rounds a list of large integers with one float in it.
    value = np.asarray(drawn, object) if isinstance(drawn, list) else np.asarray(drawn)
    cast = value.astype(dtype)
    if np.dtype(dtype).kind in "iub" and not np.array_equal(cast, value):
        raise ValueError(f"not every value is an exact {dtype}")
    return cast


def _drawn_shape(tensor: Tensor) -> Shape:
    """Leave out the axes along which all elements are to be the same."""
    same = str(tensor.draw.get("same_along", "")).split()
    if unknown := set(same) - set(tensor.axes):
        raise ValueError(f"same_along names {sorted(unknown)}, which are no axes of it")
    return tuple(
        1 if name in same else size
        for name, size in zip(tensor.axes or [""] * len(tensor.shape), tensor.shape, strict=True)
    )
