""".npz: the port's own arrays, in its layout, by "node.parameter"."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pybn.formats.base import atomic_write
from pybn.formats.lazy import InMemory
from pybn.formats.tensor import Options, Sink, Tensor, Writer
from pybn.formats.write_npz import WRITER
from pybn.migrate.exporters.base import Exported, Plan


def write_npz(path: Path, plan: Plan) -> tuple[Exported, ...]:
    """Write every parameter and running statistic, all of it or nothing, and return them. Raises FileError."""
    tensors = tuple(
        unit.tensor(name, f"{unit.name}.{name}", plan.dtype, axes_of(one.value.ndim))
        for unit in plan.units
        for name, one in unit.piece.parameters.items()
    )
    write_arrays(path, WRITER, tensors)
    return tensors


def write_arrays(path: Path, writer: Writer, tensors: Iterable[Exported]) -> None:
    """Write tensors by a writer of arrays, all of them or nothing. Raises FileError."""
    told = [Tensor(one.name, InMemory(one.value), one.axes) for one in tensors]
    with atomic_write(path) as temporary:
        writer.write(temporary, told, Options(), Sink())


def axes_of(rank: int) -> tuple[str, ...]:
    """Return names for the axes of an array of the port, of which no more is known here."""
    return tuple(f"d{k}" for k in range(rank))
