"""Draw the inputs of a case: the same for the same case, on every machine that has the same NumPy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.case import Case, Tensor
from pybn.errors import CaseError

Array = npt.NDArray[Any]
Draw = Callable[[np.random.Generator, tuple[int, ...], Mapping[str, Any]], Any]

OPTIONS = frozenset({"draw", "mean", "std", "low", "high", "value", "values", "same_along", "set"})

KINDS: dict[str, Draw] = {
    "normal": lambda rng, shape, o: o.get("mean", 0.0) + o.get("std", 1.0) * rng.standard_normal(shape),
    "uniform": lambda rng, shape, o: rng.uniform(o.get("low", 0.0), o.get("high", 1.0), shape),
    "integers": lambda rng, shape, o: rng.integers(o.get("low", 0), o.get("high", 10), shape, endpoint=True),
    "bool": lambda rng, shape, _: rng.integers(0, 1, shape, endpoint=True).astype(bool),
    "ramp": lambda _, shape, __: np.arange(1, 1 + int(np.prod(shape))).reshape(shape, order="F"),
    "full": lambda _, shape, o: np.full(shape, o.get("value", 0.0)),
    "values": lambda _, __, o: np.asarray(o["values"]),
}


def draw_inputs(case: Case) -> dict[str, Array]:
    """Return every input of `case` at its declared shape and dtype. Raises CaseError where that cannot be."""
    return {name: _draw(case, tensor) for name, tensor in case.inputs.items()}


def _draw(case: Case, tensor: Tensor) -> Array:
    where = f"{case.file}: case {case.name!r}: input {tensor.name!r}"
    options = tensor.draw
    kind = options.get("draw", "values" if "values" in options else "normal")
    if kind not in KINDS:
        raise CaseError(f"{where}: draw: wanted one of {', '.join(KINDS)}, got {kind!r}")
    # The dtype is left out: a case draws the same numbers in single and in double.
    seed = hashlib.sha256(f"{case.stem}/{case.name}/{tensor.name}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "little")))
    try:
        drawn = KINDS[kind](rng, _drawn_shape(tensor), options)
        with np.errstate(all="ignore"):
            value = np.array(np.broadcast_to(_cast(drawn, tensor.dtype), tensor.shape))
            for spot in options.get("set", ()):
                value[tuple(spot["at"])] = spot["value"]
    except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
        raise CaseError(f"{where}: cannot be drawn as {kind!r} of shape {list(tensor.shape)}, {tensor.dtype}: {error}") from error
    return value


def _cast(drawn: Any, dtype: str) -> Array:
    value = np.asarray(drawn)
    cast = value.astype(dtype)
    if np.dtype(dtype).kind in "iu" and not np.array_equal(cast, value):
        raise ValueError(f"not every value is an exact {dtype}")
    return cast


def _drawn_shape(tensor: Tensor) -> tuple[int, ...]:
    """Leave out the axes along which all elements are to be the same."""
    same = str(tensor.draw.get("same_along", "")).split()
    if unknown := set(same) - set(tensor.axes):
        raise ValueError(f"same_along names {sorted(unknown)}, which are no axes of it")
    return tuple(
        1 if name in same else size for name, size in zip(tensor.axes or [""] * len(tensor.shape), tensor.shape, strict=True)
    )
