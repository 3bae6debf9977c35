"""Tell the driver what a case wants, as data, and bring its answers to their declared shapes and dtypes."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.case import Case, Tensor, bound_values, scope
from pybn.declare_values import spelled
from pybn.engines.base import from_side, no_step, side_shape, to_side
from pybn.errors import CaseError, DTypeError, ShapeError
from pybn.steps import (
    NAME,
    Attribute,
    Call,
    Expression,
    Fields,
    Get,
    Handle,
    Index,
    Items,
    Literal,
    Pattern,
    Scope,
    Set,
    Step,
    Target,
    Variable,
)
from pybn.values import Cell, CharArray, Foreign, Map, StructArray, foreign, to_matlab

Array = npt.NDArray[Any]

CLASS_NAMES: dict[type, str] = {
    str: "char",
    CharArray: "char",
    Cell: "cell",
    dict: "struct",
    StructArray: "struct",
    Map: "containers.Map",
}


def to_spec(case: Case, inputs: Mapping[str, Array]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what pybn_case.m takes: the program, which many cases share, and the data of this one.

    Raises CaseError where a name, a folder or a value cannot be handed over, ShapeError or DTypeError where an
    input is not as it is declared.
    """
    wanted = [*case.outputs, *bound_values(case)]
    called = [part for name in case.matlab.callables for part in name.split(".")]
    for name in (*called, *case.inputs, *case.input_values, *wanted):
        _name(name, f"{case.file}: {case.id}")
    constants: list[Any] = []
    writer = _Writer(case, constants)
    program = {
        "kind": case.matlab.kind,
        "name": case.matlab.name,
        "path": [_folder(case, folder) for folder in case.matlab.path],
        "new": [writer.argument(value) for value in case.matlab.new],
        "steps": writer.steps(),
        "outputs": wanted,
        "open": [name for name in bound_values(case) if not case.output_values[name].foreign],
    }
    given = {name: to_side(_checked(case, t, inputs), t, t.matlab) for name, t in case.inputs.items()}
    given |= {name: _value(case, name, inputs) for name in case.input_values}
    return program, {"inputs": given, "constants": constants}


def _checked(case: Case, tensor: Tensor, inputs: Mapping[str, Array]) -> Array:
    """Return an input that is as it is declared: NumPy would let many another pass, changed."""
    where = f"{case.file}: {case.id}: input {tensor.name!r}: wanted {_want(tensor)}, got"
    if tensor.name not in inputs:
        raise CaseError(f"{where} none")
    x = inputs[tensor.name]
    if not isinstance(x, np.ndarray) or x.dtype != np.dtype(tensor.dtype):
        raise DTypeError(f"{where} {x.dtype.str if isinstance(x, np.ndarray) else type(x).__name__}")
    if x.shape != tensor.shape:
        raise ShapeError(f"{where} shape {list(x.shape)}")
    return x


def _value(case: Case, name: str, inputs: Mapping[str, Any]) -> Any:
    """Return an input of any structure as MATLAB has it."""
    if name not in inputs:
        raise CaseError(f"{case.file}: {case.id}: input {name!r}: wanted a value, got none")
    try:
        return to_matlab(inputs[name], name)
    except DTypeError as error:
        raise DTypeError(f"{case.file}: {case.id}: input {error}") from error


def _folder(case: Case, folder: os.PathLike[str]) -> str:
    text = os.fspath(folder)
    if os.pathsep in text or "\n" in text or not _encodes(text):
        raise CaseError(
            f"{case.file}: matlab: path: the folder {text!r} cannot be put on its path; rename it"
        )
    if not os.path.isdir(text):  # noqa: PTH112
        raise CaseError(f"{case.file}: matlab: path: there is no folder {text}")
    return text


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Writer:
    """Writes steps as data; literals and attributes become constants, which are sent with the case."""

    def __init__(self, case: Case, constants: list[Any]) -> None:
        self.case = case
        self.constants = constants

    def steps(self) -> list[dict[str, Any]]:
        here = scope(self.case, "matlab")
        told = []
        for step in self.case.matlab.steps:
            told.append(self.step(step, here))
            here = here.after(step)
        return told

    def step(self, step: Step, here: Scope) -> dict[str, Any]:
        root = here.root(step)
        if root is None:
            raise CaseError(
                f"{self.case.file}: matlab step {step.text!r}: wanted a call of {self.case.matlab.name}"
            )
        path = step.path if root == "@" or step.path[0] != root else step.path[1:]
        where = {"root": "" if root in ("self", "@") else root, "path": list(path)}
        if isinstance(step, Set):
            return {"kind": "set", **where, **self.index(step.index), "value": self.expression(step.value)}
        if isinstance(step, Get):
            if root != "@":
                return {"kind": "get", **where, **self.index(step.index), "target": step.target}
            return self.call(
                Call(step.text, (step.target,), step.path, ()), where, root
            )  # a constant of a class
        if step.keywords:
            raise CaseError(f"{self.case.file}: matlab step {step.text!r}: MATLAB has no keyword arguments")
        return self.call(step, where, root)

    def call(self, step: Call, where: dict[str, Any], root: str) -> dict[str, Any]:
        return {
            "kind": "call",
            **where,
            "function": self.called(step.path) if root == "@" else "",
            "args": [self.expression(value) for value in step.args],
            "targets": [_target(target) for target in step.targets],
        }

    def called(self, path: Sequence[str]) -> str:
        """Return the name of a function, and nothing that could be more."""
        return ".".join(_name(part, f"{self.case.file}: {self.case.id}") for part in path)

    def index(self, index: Index | None) -> dict[str, Any]:
        """Return which element is meant: "" for the whole value."""
        items = index.items if index else ()
        return {"mark": index.mark if index else "", "index": [self.expression(item) for item in items]}

    def expression(self, value: Expression) -> dict[str, Any]:
        if isinstance(value, Variable):
            return {"kind": "variable", "name": value.name}
        if isinstance(value, Handle):
            return {"kind": "handle", "name": self.called(value.path)}
        if isinstance(value, Attribute):
            if value.name not in self.case.named:
                raise CaseError(
                    f"{self.case.file}: case {self.case.name!r}: ${value.name} names no attribute"
                )
            return self.constant(self.case.named[value.name])
        if isinstance(value, Literal):
            return self.constant(value.value)
        if isinstance(value, Fields):
            names = [name for name, _ in value.fields]
            return {"kind": "struct", "names": names, "values": [self.expression(v) for _, v in value.fields]}
        if isinstance(value, Items) and value.items:
            return {"kind": "list", "items": [self.expression(item) for item in value.items]}
        return self.constant([])

    def argument(self, value: Any) -> dict[str, Any]:
        """Return an argument of the constructor: an input of the case, or a value."""
        return self.expression(value) if isinstance(value, Variable) else self.constant(value)

    def constant(self, value: Any) -> dict[str, Any]:
        where = f"{self.case.file}: {self.case.id}"
        self.constants.append(_matlab_value(spelled(where, value, python=False), where))
        return {"kind": "constant", "number": len(self.constants)}


def _target(target: Target) -> dict[str, Any]:
    if isinstance(target, Pattern):
        return {"fields": [field for field, _ in target.fields], "names": [name for _, name in target.fields]}
    return {"fields": [], "names": [] if target == "_" else [target]}


def _matlab_value(value: Any, where: str) -> Any:
    """Numbers become doubles, lists of numbers rows, other lists cells, tables structs, nothing []."""
    if isinstance(value, np.ndarray | CharArray | Cell | StructArray | Map):  # spelled out as such
        return to_matlab(value, where)
    if value is None or value == []:
        return np.zeros((0, 0))
    if isinstance(value, list):
        if all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            return np.array([[_number(v, where) for v in value]], np.float64)
        return [_matlab_value(item, where) for item in value]
    if isinstance(value, Mapping):
        return {_name(name, where): _matlab_value(item, where) for name, item in value.items()}
    if isinstance(value, bool) or (isinstance(value, str) and _encodes(value)):
        return value
    return np.array([[_number(value, where)]], np.float64)


def _number(value: Any, where: str) -> float:
    """Return a number as a double, which an int beyond 2^53 may not be."""
    with suppress(TypeError, ValueError, OverflowError):
        if isinstance(value, float) or (isinstance(value, int) and int(float(value)) == value):
            return float(value)
    raise CaseError(f"{where}: the value {reprlib.repr(value)} cannot be handed over unchanged")


def _name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not NAME.match(name):
        raise CaseError(f"{where}: {name!r}: wanted a name (a letter, then letters, digits or _, at most 63)")
    return name


def restore(case: Case, name: str, value: Any) -> Array:
    """Return the answer at its declared shape and dtype.

    MATLAB drops trailing ones, which come back, and narrows a complex without imaginary part, which is undone.
    Raises EngineError where the answer is something else.
    """
    tensor = case.outputs[name]
    shape = side_shape(tensor, tensor.matlab)
    where = f"output {name!r}: wanted {_want(tensor)}, {list(shape)} in MATLAB, got"
    if value is None:
        raise no_step(case, f"{where} none")
    if not isinstance(value, np.ndarray):
        kind = value.class_name if isinstance(value, Foreign) else CLASS_NAMES[type(value)]
        raise no_step(case, f"{where} a value of class {kind}")
    if _bare(value.shape) != _bare(shape):
        raise no_step(case, f"{where} shape {list(value.shape)}")
    if value.dtype != tensor.dtype:
        if np.result_type(value.dtype, np.complex64) != tensor.dtype or value.dtype.kind != "f":
            raise no_step(case, f"{where} {value.dtype}")
        value = value.astype(tensor.dtype)
    return np.ascontiguousarray(from_side(value.reshape(shape, order="F"), tensor, tensor.matlab)).reshape(
        tensor.shape
    )


def restore_value(case: Case, name: str, value: Any) -> Any:
    """Return an answer of any structure. Raises EngineError where a part of it does not leave its program."""
    if value is None:
        raise no_step(case, f"output {name!r}: wanted a value, got none")
    if case.output_values[name].foreign:
        return value
    for path, found in foreign(value, name).items():
        kind = "a function handle"
        if found.class_name != "function_handle":
            kind = f"an object of class {found.class_name}, without public properties or too deep inside"
        raise no_step(
            case,
            f"output {name!r}: {path} is {kind}, which stays where it is; "
            "bind what is wanted of it to an output of its own, and leave this one out",
        )
    return value


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _want(tensor: Tensor) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"
