"""The inputs of a case: drawn, spelled out in the case file, or read from a file that the user has."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.case import Case, Source, Tensor
from pybn.draw import draw_inputs
from pybn.engines.base import from_side, side_shape
from pybn.engines.driver.wire import WireError, dump, load
from pybn.errors import CaseError, FormatError, PybnError
from pybn.formats.child import ANSWER_LIMIT, call
from pybn.values import describe, foreign

Array = npt.NDArray[Any]

DEADLINE = 60.0
MEMORY = 4 << 30
LARGEST = 3 * ANSWER_LIMIT // 4 - 1024  # bytes of a variable: as base64 it is a third more


def make_inputs(case: Case) -> dict[str, Any]:
    """Return every input of a case: tensors at their declared shape and dtype, and values.

    Raises CaseError where one cannot be drawn, or is not in its file as it is declared; FormatError and FileError
    where a file cannot be read.
    """
    made: dict[str, Any] = draw_inputs(case)
    for name, tensor in case.inputs.items():
        if tensor.source is not None:
            made[name] = _tensor(f"{case.file}: case {case.name!r}: input {name!r}", tensor, tensor.source)
    for name, value in case.input_values.items():
        where = f"{case.file}: case {case.name!r}: input {name!r}"
        made[name] = value.given if value.source is None else _stored(where, value.source)
    return made


def _stored(where: str, source: Source) -> Any:
    """Return a variable of a file as MATLAB has it."""
    try:
        value, _ = read_variable(source)
    except PybnError as error:
        raise type(error)(f"{where}: {error}") from error
    for path, found in foreign(value, source.var).items():
        raise CaseError(f"{where}: {source.path}: {path} is an object of class {found.class_name}")
    return value


def _tensor(where: str, tensor: Tensor, source: Source) -> Array:
    """Return a tensor of a file: of a .mat file with the axes that MATLAB has, of others with Python's."""
    try:
        value, matlab = read_variable(source)
    except PybnError as error:
        raise type(error)(f"{where}: {error}") from error
    if not isinstance(value, np.ndarray):
        raise CaseError(
            f"{where}: {source.path}: wanted an array, got {describe(value)}; without axes it is a value"
        )
    side = tensor.matlab if matlab else tensor.python
    shape = side_shape(tensor, side)
    if _bare(value.shape) != _bare(shape):
        raise CaseError(
            f"{where}: {source.path}: wanted shape {list(shape)}, {' '.join(side)}, got {list(value.shape)}"
        )
    return np.ascontiguousarray(
        from_side(_cast(where, value, tensor).reshape(shape, order="A"), tensor, side)
    )


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _cast(where: str, value: Array, tensor: Tensor) -> Array:
    """Bring numbers of a file to the declared dtype: exactly, or rounded from double to single."""
    wanted = np.dtype(tensor.dtype)
    if value.dtype == wanted:
        return value
    with np.errstate(all="ignore"):
        cast = None if value.dtype.kind == "c" != wanted.kind else value.astype(wanted)
    rounded = value.dtype.kind in "fc" and wanted.kind in "fc"
    if cast is None or not (rounded or np.array_equal(cast, value)):
        raise CaseError(
            f"{where}: {tensor.source.path if tensor.source else ''}: wanted {wanted}, got {value.dtype}; "
            f'declare dtype = "{value.dtype}", or convert it in a step'
        )
    return cast


@lru_cache(maxsize=32)
def read_variable(source: Source) -> tuple[Any, bool]:
    """Return a variable of a .mat, .npy, .npz or HDF5 file as MATLAB has it, and whether MATLAB's axes are its own.

    The file is parsed in a process of its own, with limits. Raises FormatError or FileError.
    """
    found = call(
        "pybn.inputs:encoded", str(source.path), deadline=DEADLINE, memory=MEMORY, argument=source.var
    )
    try:
        assert isinstance(found, dict)  # noqa: S101
        return load(io.BytesIO(base64.b64decode(found["value"]))), bool(found["matlab"])
    except (AssertionError, KeyError, TypeError, ValueError, WireError) as error:
        raise FormatError(f"{source.path}: its parser gave an answer that cannot be read") from error


def encoded(path: str, var: str) -> dict[str, Any]:
    """Return a variable of a file as JSON data: what the parser's process answers. Raises FormatError."""
    from pybn.formats.variables import variable

    value, matlab = variable(path, var)
    stream = io.BytesIO()
    try:
        dump(value, stream)
    except WireError as error:
        raise FormatError(str(error)) from error
    size = stream.getbuffer().nbytes
    if size > LARGEST:
        raise FormatError(f"{var or 'the variable'} takes {size:,} bytes; wanted at most {LARGEST >> 20} MiB")
    return {"value": base64.b64encode(stream.getbuffer()).decode(), "matlab": matlab}
