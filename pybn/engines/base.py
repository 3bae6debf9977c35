"""What an engine is: something that runs a case on given inputs and returns its outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pybn.case import Case, Tensor
from pybn.errors import EngineError, PybnError

Array = npt.NDArray[Any]
Tensors = Mapping[str, Array]
Job = tuple[Case, Tensors]


class Engine(ABC):
    """Runs cases. Entering it starts what it needs, leaving it ends that."""

    name: str
    side: str = "matlab"  # the side of a case that it runs: "matlab" or "python"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @abstractmethod
    def run(self, case: Case, inputs: Tensors) -> dict[str, Array]:
        """Return the outputs of `case`, each at its declared shape and dtype.

        Raises EngineError, which names the step and carries the engine's own message.
        """

    def run_all(self, jobs: Sequence[Job]) -> Iterator[dict[str, Array] | PybnError]:
        """Yield the outputs of each job in turn, or the error that it alone ended with."""
        for case, inputs in jobs:
            try:
                yield self.run(case, inputs)
            except PybnError as error:
                yield error


def to_side(x: Array, tensor: Tensor, side: tuple[str, ...]) -> Array:
    """Bring a tensor from its declared axes to those of one side: permuted, with the axes of one element put in."""
    names = _declared(tensor)
    moved = x.transpose([names.index(name) for name in side if name != "1"])
    return np.expand_dims(moved, [k for k, name in enumerate(side) if name == "1"])


def from_side(x: Array, tensor: Tensor, side: tuple[str, ...]) -> Array:
    """Undo `to_side`. An array whose shape does not fit comes back as it is, for the comparison to say so."""
    if x.ndim != len(side) or any(x.shape[k] != 1 for k, name in enumerate(side) if name == "1"):
        return x
    bare = x.reshape([size for size, name in zip(x.shape, side, strict=True) if name != "1"], order="A")
    order = [name for name in side if name != "1"]
    return bare.transpose([order.index(name) for name in _declared(tensor)])


def side_shape(tensor: Tensor, side: tuple[str, ...]) -> tuple[int, ...]:
    """Return the shape that a tensor has on one side."""
    size = dict(zip(_declared(tensor), tensor.shape, strict=True))
    return tuple(1 if name == "1" else size[name] for name in side)


def _declared(tensor: Tensor) -> tuple[str, ...]:
    return tensor.axes or tuple(f"d{k}" for k in range(len(tensor.shape)))


def no_step(case: Case, message: str) -> EngineError:
    """Make an EngineError for what happened outside any step."""
    return EngineError(f"{case.file.name}: {case.id}: {message}")
