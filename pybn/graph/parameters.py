"""The parameters of a model, which the layers do not hold: by name, of known shape and one dtype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np

from pybn.errors import GraphError
from pybn.graph.node import plural
from pybn.layers.base import Array, Shape


class Parameters(MutableMapping[str, Array]):
    """Arrays by "layer.weight" and "layer.bias", of the shapes and the dtype that the model wants.

    What is set is copied, so that nobody else's array is the model's; what is read is the model's own array.
    Raises GraphError for an unknown name, a wrong shape or dtype, NaN or Inf; none can be deleted. Only `move` lets
    NaN and Inf be: a training that diverges goes on, and what came of it is loaded to be looked at.
    """

    def __init__(self, wanted: Mapping[str, Shape], dtype: np.dtype[Any]) -> None:
        self._wanted = dict(wanted)
        self._dtype = dtype
        self._values: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        return self._values[name]

    def __setitem__(self, name: str, value: Array) -> None:
        self.check(name, value)
        check_finite({name: value})
        self.move(name, value)

    def __delitem__(self, name: str) -> None:
        raise GraphError(f"{name}: a model keeps its parameters; set another value instead")

    def __iter__(self) -> Iterator[str]:
        return iter(self._wanted)

    def __len__(self) -> int:
        return len(self._wanted)

    def __repr__(self) -> str:
        told = ", ".join(f"{name}: {shape}" for name, shape in self._wanted.items())
        return f"Parameters({{{told}}}, {self._dtype})"

    def of(self, layer: str, names: Sequence[str]) -> SimpleNamespace:
        """Return the parameters of these names of a layer, `.weight` and `.bias` None where it has none."""
        return SimpleNamespace(
            **dict.fromkeys(("weight", "bias")) | {name: self[f"{layer}.{name}"] for name in names}
        )

    def set(
        self, layer: str, names: Sequence[str], values: Sequence[Array], named: Mapping[str, Array]
    ) -> None:
        """Set values in the order of `names`, and others by name; or none of them, where one does not fit."""
        if len(values) > len(names):
            raise GraphError(
                f"{layer}: wanted {' and '.join(names) or 'no parameters'}, got {plural(len(values), 'value')}"
            )
        given = {**dict(zip(names, values, strict=False)), **named}
        for name, value in given.items():
            self.check(f"{layer}.{name}", value)
            check_finite({f"{layer}.{name}": value})
        for name, value in given.items():
            self.move(f"{layer}.{name}", value)

    def move(self, name: str, value: Array) -> None:
        """Set what a training made of a parameter, NaN and Inf too. Raises GraphError where it does not fit."""
        self.check(name, value)
        self._values[name] = np.array(value, subok=False)

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each parameter."""
        return MappingProxyType(self._wanted)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all parameters."""
        return self._dtype

    def check(self, name: str, value: object) -> None:
        """Raise GraphError unless the model has a parameter of this name, and this value fits it."""
        if name not in self._wanted:
            raise GraphError(f"{name}: unknown parameter; there are {', '.join(self._wanted) or 'none'}")
        check_array(name, value, self._wanted[name], self._dtype)


def check_array(name: str, value: object, shape: Shape | None, dtype: np.dtype[Any]) -> None:
    """Raise GraphError unless `value` is an array of this shape (None: any) and dtype."""
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray | np.matrix):
        raise GraphError(
            f"{name}: wanted a plain NumPy array, got {type(value).__name__}; np.asarray converts"
        )
    if value.dtype != dtype:
        raise GraphError(f"{name}: wanted {dtype}, the dtype of the model, got {value.dtype}")
    if shape is not None and value.shape != shape:
        hint = "; its .T is of that shape" if value.ndim == 2 and value.shape[::-1] == shape else ""
        raise GraphError(f"{name}: wanted shape {shape}, got {value.shape}{hint}")


def check_finite(values: Mapping[str, Array]) -> None:
    """Raise GraphError where a parameter holds NaN or Inf."""
    if found := not_finite(values):
        raise GraphError(f"{found[0]}: wanted finite numbers, got {found[1]}")


def not_finite(values: Mapping[str, Array]) -> tuple[str, str] | None:
    """Return the name of the first of these arrays that holds NaN or Inf, and what it holds where, in words."""
    for name, value in values.items():
        if not (finite := np.isfinite(value)).all():
            at = np.argwhere(~finite)[0].tolist()
            return name, f"{value[tuple(at)]} at {at}"
    return None


def check_dtype(dtype: object) -> np.dtype[Any]:
    """Return the dtype of a model, by its name or as NumPy's. Raises GraphError for others than the two."""
    name = dtype.name if isinstance(dtype, np.dtype) else dtype
    if isinstance(dtype, type) and dtype in (np.float64, np.float32):
        name = dtype.__name__
    if name not in ("float64", "float32"):
        raise GraphError(f"dtype: wanted 'float64' or 'float32', got {dtype!r:.60}")
    return np.dtype(str(name))


def check_seed(seed: object) -> None:
    """Raise GraphError for what starts no stream of draws."""
    known = isinstance(seed, int | np.integer) and not isinstance(seed, bool) and 0 <= seed < 2**32
    if seed is not None and not known:
        raise GraphError(f"seed: wanted None or a whole number from 0 to 2**32 - 1, got {seed!r:.60}")
