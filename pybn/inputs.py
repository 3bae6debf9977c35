"""The inputs of a case: drawn, spelled out in the case file, or read from a file that the user has."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.case import Case, Source, Tensor, Value
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
    declared: list[Tensor | Value] = [*case.inputs.values(), *case.input_values.values()]
    read_together(each.source for each in declared if each.source)
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
    """Return a tensor of a file: of a .mat file with the axes that MATLAB has, of others with Python's, or as told."""
    try:
        value, matlab = read_variable(source)
    except PybnError as error:
        raise type(error)(f"{where}: {error}") from error
    if not isinstance(value, np.ndarray):
        raise CaseError(
            f"{where}: {source.path}: wanted an array, got {describe(value)}; without axes it is a value"
        )
    side = source.axes or (tensor.matlab if matlab else tensor.python)
    shape = side_shape(tensor, side)
    if _bare(value.shape) != _bare(shape):
        raise CaseError(
            f"{where}: {source.path}: wanted shape {list(shape)}, {' '.join(side)}, got {list(value.shape)}"
            f"{_hint(tensor, value.shape)}"
        )
    return np.ascontiguousarray(
        from_side(_cast(where, value, tensor).reshape(shape, order="A"), tensor, side)
    )


def _hint(tensor: Tensor, shape: tuple[int, ...]) -> str:
    """Say how the axes of a file may lie that are there in another order."""
    if sorted(_bare(shape)) != sorted(_bare(tensor.shape)):
        return ""
    return '; stored = "..." tells the order of the axes in the file, where it is another one'


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


def read_variable(source: Source) -> tuple[Any, bool]:
    """Return a variable of a .mat, .npy, .npz or HDF5 file as MATLAB has it, and whether MATLAB's axes are its own.

    The file is parsed in a process of its own, with limits. Raises FormatError or FileError.
    """
    if source in _READ:
        _READ[source] = _READ.pop(source)  # the last used one last
        return _READ[source]
    found = _parsed(source.path, [source.var])
    if not found:
        raise FormatError(f"{source.path}: its parser gave no answer")
    return _keep(source, found[0])


def read_together(sources: Iterable[Source]) -> None:
    """Read what is wanted of each file by one process, which takes longer to start than to read.

    What cannot be read so is left to `read_variable`, which says why.
    """
    wanted: dict[Path, list[Source]] = {}
    for source in dict.fromkeys(sources):
        if source not in _READ:
            wanted.setdefault(source.path, []).append(source)
    for path, own in wanted.items():
        if len(own) > 1:
            with suppress(PybnError):
                for source, answer in zip(own, _parsed(path, [each.var for each in own]), strict=False):
                    _keep(source, answer)


_READ: dict[Source, tuple[Any, bool]] = {}
KEPT = 64  # variables


def _keep(source: Source, answer: tuple[Any, bool]) -> tuple[Any, bool]:
    _READ[source] = answer
    while len(_READ) > KEPT:
        del _READ[next(iter(_READ))]
    return answer


def _parsed(path: Path, variables: Sequence[str]) -> list[tuple[Any, bool]]:
    """Return variables of a file, fewer where all are too much to hand over at once; FormatError where none is."""
    asked = json.dumps(variables)
    answer = call("pybn.inputs:encoded", str(path), deadline=DEADLINE, memory=MEMORY, argument=asked)
    try:
        assert isinstance(answer, list)  # noqa: S101
        return [(load(io.BytesIO(base64.b64decode(each["value"]))), bool(each["matlab"])) for each in answer]
    except (AssertionError, KeyError, TypeError, ValueError, WireError) as error:
        raise FormatError(f"{path}: its parser gave an answer that cannot be read") from error


def encoded(path: str, asked: str) -> list[dict[str, Any]]:
    """Return variables of a file as JSON data: what the parser's process answers. Raises FormatError.

    `asked` is a JSON list of their names. Those that are too much after the others are left out.
    """
    from pybn.formats.variables import variable

    answers: list[dict[str, Any]] = []
    room = LARGEST
    for var in json.loads(asked):
        value, matlab = variable(path, var)
        stream = io.BytesIO()
        try:
            dump(value, stream)
        except WireError as error:
            raise FormatError(str(error)) from error
        size = stream.getbuffer().nbytes
        room -= size
        if room < 0 and answers:
            break
        if room < 0:
            raise FormatError(
                f"{var or 'the variable'} takes {size:,} bytes; wanted at most {LARGEST >> 20} MiB"
            )
        answers.append({"value": base64.b64encode(stream.getbuffer()).decode(), "matlab": matlab})
    return answers
