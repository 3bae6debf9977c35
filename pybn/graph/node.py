"""What a graph is made of: layers with names, and the inputs that come from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pybn.errors import DTypeError, GraphError, ShapeError
from pybn.layers.base import Array, Layer, Shape, check_float

Sizes = tuple[int | None, ...]

COMMON = ("NCHW", "HWCN", "NHWC")  # layouts that people have


def spell(sizes: Sequence[int | None]) -> str:
    """Return a shape as people write it, N for the batch: "N x 8 x 4 x 4"."""
    return " x ".join("N" if size is None else str(size) for size in sizes)


def article(kind: str) -> str:
    """Return a name of a class with its article: "a Relu", "an EltWiseAdd"."""
    return f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"


def plural(number: int, word: str) -> str:
    """Return how many there are of what a word names: "1 layer", "1,200 parameters"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Input:
    """What a model is given: one size an axis, None for the batch, e.g. (None, 1, 8, 8) or (8, 8, 1, None).

    Raises GraphError unless exactly one size is None and all others are whole numbers from 1 on.
    """

    shape: Sizes

    def __post_init__(self) -> None:
        given: object = self.shape
        sizes = tuple(given) if isinstance(given, Sequence | np.ndarray) else ()
        fits = all(size is None or (_whole(size) and size >= 1) for size in sizes)
        if not fits or sizes.count(None) != 1:
            raise GraphError(
                f"Input: wanted sizes >= 1 and None for the batch, such as (None, 1, 8, 8), got {given!r}"
            )
        object.__setattr__(self, "shape", tuple(None if size is None else int(size) for size in sizes))

    @property
    def axis(self) -> int:
        """The axis of the batch."""
        return self.shape.index(None)

    def check(self, name: str, x: object, dtype: np.dtype[np.generic], layout: str | None = None) -> int:
        """Return the size of the batch. Raises DTypeError or ShapeError unless `x` is such an input, of `dtype`.

        `layout` is that of the model's images, to tell which other one x may be in.
        """
        check_float(name, x, dtype.name)
        assert isinstance(x, np.ndarray)  # noqa: S101  # for the type checker: check_float saw to it
        if x.dtype != dtype:
            raise DTypeError(
                f"{name}: wanted {dtype}, the dtype of the model, got {x.dtype}; x.astype(np.{dtype}) converts, "
                f"or make the model with dtype='{x.dtype}'"
            )
        wanted = self.with_batch(x.shape[self.axis] if x.ndim == len(self.shape) else 0)
        if x.shape != wanted or not wanted[self.axis]:
            other = other_layout(x.shape, self.shape, layout)
            hint = f"; pybn.layouts.convert(x, {other!r}, {layout!r})?" if other else ""
            raise ShapeError(
                f"{name}: wanted {spell(self.shape)}, N any number from 1 on, got shape {x.shape}{hint}"
            )
        return wanted[self.axis]

    def with_batch(self, batch: int) -> Shape:
        """Return the shape of a batch of that size."""
        return tuple(batch if size is None else size for size in self.shape)


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, its name, and the names of the nodes whose outputs it takes; none: the node before in the list.

    Raises GraphError for a name that is no identifier, or for what is no layer.
    """

    name: str
    layer: Layer | Input
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.isascii() and self.name.isidentifier()):
            raise GraphError(f"wanted a name of letters, digits and _ such as 'conv1', got {self.name!r}")
        layer: object = self.layer
        if not isinstance(layer, Layer | Input):
            raise GraphError(f"{self.name}: wanted a layer such as Relu(), or an Input, got {layer!r}")
        if isinstance(layer, Layer) and not _names_of_parameters(layer.parameters):
            raise GraphError(
                f"{self.name}: wanted names of parameters such as ('weight', 'bias'), each once and none of them "
                f"'output' or 'input', got {layer.parameters!r}"
            )
        given: object = self.inputs
        inputs = (given,) if isinstance(given, str) else given
        if not isinstance(inputs, Sequence) or not all(isinstance(name, str) for name in inputs):
            raise GraphError(f"{self.name}: inputs: wanted names of nodes, got {given!r}")
        object.__setattr__(self, "inputs", tuple(inputs))

    @property
    def kind(self) -> str:
        """The name of the layer's class, or "Input"."""
        return type(self.layer).__name__


def other_layout(shape: Shape, wanted: Sizes, layout: str | None) -> str | None:
    """Return the common layout in which images of `shape` would be such as are `wanted` in `layout`, if any."""
    if layout is None or len(shape) != 4 or len(wanted) != 4:
        return None
    sizes = dict(zip(layout, wanted, strict=True))
    for other in COMMON:
        if all(sizes[axis] in (None, size) for axis, size in zip(other, shape, strict=True)):
            return other
    return None


def _names_of_parameters(names: object) -> bool:
    """Tell whether these can be the names of parameters, beside those that `NodeGradients` has itself."""
    if not isinstance(names, tuple | list) or not all(isinstance(name, str) for name in names):
        return False
    taken = re.compile(r"output|parameters|input(s|\d*)|_.*")
    good = all(name.isascii() and name.isidentifier() and not taken.fullmatch(name) for name in names)
    return good and len(set(names)) == len(names)


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_given(
    inputs: Mapping[str, Input], x: object, dtype: np.dtype[np.generic], layout: str | None = None
) -> tuple[dict[str, Array], int]:
    """Return what a model of these inputs is given, by name, and the size of the batch, the same in all.

    x is one array, or a mapping of as many as there are inputs; `layout` is that of the model's images.
    Raises GraphError where arrays are missing or of unknown names, DTypeError or ShapeError where one does not fit
    its input.
    """
    names = list(inputs)
    given = x if isinstance(x, Mapping) else {names[0]: x}
    if set(given) != set(names):
        came = ", ".join(map(repr, given)) if isinstance(x, Mapping) else type(x).__name__
        example = ", ".join(f"{name!r}: ..." for name in names)
        raise GraphError(f"x: wanted {{{example}}}, an array for each input, got {came or 'none'}")
    batches = {name: entrance.check(name, given[name], dtype, layout) for name, entrance in inputs.items()}
    if len(set(batches.values())) > 1:
        told = ", ".join(f"{name} {batch}" for name, batch in batches.items())
        raise ShapeError(f"x: wanted one size of the batch in all inputs, got {told}")
    return dict(given), next(iter(batches.values()))
