"""The port under test: any Python class or function, called as the case says, in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from copy import deepcopy
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np

from pybn.case import Case, bound_values, scope
from pybn.declare_values import spelled
from pybn.engines.base import Array, Engine, Tensors, from_side, no_step, to_side
from pybn.engines.guard import Ended, Late, guarded
from pybn.engines.port_place import folder, importable, loaded
from pybn.errors import CaseError, DeadlineError, EngineError
from pybn.steps import (
    Attribute,
    Expression,
    Fields,
    Get,
    Handle,
    Index,
    Items,
    Literal,
    Pattern,
    Set,
    Step,
    Target,
    Variable,
    bound_names,
)
from pybn.values import to_python


class PortEngine(Engine):
    """Runs the Python side of a case, for `deadline` seconds at most; 0 is without end."""

    name = "port"
    side = "python"

    def __init__(self, deadline: float = 0) -> None:
        self.deadline = deadline

    def run(self, case: Case, inputs: Tensors) -> dict[str, Array]:
        """Return the outputs as the port gave them, tensors with their axes brought to the declared order.

        A wrong shape or dtype is left for the comparison to tell, an output that is None is left out. What the port
        prints is an output where the case says so; otherwise it goes to standard error, as no data.
        Raises EngineError with the exception's class and message where the port raises.
        """
        variables = {name: _own(to_side(inputs[name], t, t.python)) for name, t in case.inputs.items()}
        for name, value in case.input_values.items():
            variables[name] = to_python(inputs[name], shapes=value.shapes)
        printed = [name for name, value in case.output_values.items() if value.kind == "printed"]
        said = io.StringIO()
        with importable(case), folder(case), redirect_stdout(said if printed else sys.stderr):
            run = self._run(case, variables, said)
        given = {name: variables[name] for name in case.outputs if variables.get(name) is not None}
        tensors = {
            name: from_side(_as_array(case, name, value), case.outputs[name], case.outputs[name].python)
            for name, value in given.items()
        }
        return tensors | run.taken | dict.fromkeys(printed, said.getvalue())

    def _run(self, case: Case, variables: dict[str, Any], said: io.StringIO) -> Run:
        try:
            with guarded(self.deadline):
                run = Run(case, variables)
                said.seek(said.truncate(0))  # what an import printed is of no step
                run.all()
        except Late as error:  # between two steps
            raise DeadlineError(str(no_step(case, f"{error} and was ended"))) from error
        except Ended as error:
            raise no_step(case, f"the port {error}") from error
        return run


class Run:
    """One run of the Python steps of a case over its variables."""

    def __init__(self, case: Case, variables: dict[str, Any]) -> None:
        self.case = case
        self.variables = variables
        self.scope = scope(case, "python")
        self.target = loaded(case, case.python.target)
        self.object: Any = None
        self.taken: dict[str, Any] = {}  # outputs of any structure, as they were when they were bound

    def all(self) -> None:
        """Construct the object, where the case has one, and perform the steps."""
        side = self.case.python
        if side.is_class:
            self.object = self._guarded(
                f"constructing {side.target}",
                lambda: self.target(
                    *map(self._given, side.new), **{k: self._given(v) for k, v in side.keywords.items()}
                ),
            )
        for step in side.steps:
            self._guarded(step.text, lambda step=step: self._perform(step))  # type: ignore[misc]
            self.scope = self.scope.after(step)
            bound = {*bound_names(step)} & {*bound_values(self.case)}
            self.taken |= {name: _snapshot(self.variables[name]) for name in bound}

    def _given(self, argument: Any) -> Any:
        """Return an argument of the constructor: an input, or a value of its own."""
        return self.variables[argument.name] if isinstance(argument, Variable) else self._spelled(argument)

    def _spelled(self, value: Any) -> Any:
        """Return a copy of what the case file says, which is the case's own."""
        return deepcopy(spelled(f"{self.case.file}: {self.case.id}", value, python=True))

    def _guarded(self, text: str, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except CaseError:
            raise
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except Late as error:
            told = f"{self.case.file.name}: {self.case.id}: step {text!r}: {error} and was ended"
            raise DeadlineError(told, step=text) from error
        except BaseException as error:  # SystemExit too: a port must not end the run
            told = f"{self.case.file.name}: {self.case.id}: step {text!r}: {_told(self.case, error)}"
            raise EngineError(told, step=text, identifier=type(error).__name__, said=str(error)) from error

    def _perform(self, step: Step) -> None:
        if isinstance(step, Get):
            value = self._reach(step, step.path)
            self.variables[step.target] = _own(value[self._key(step.index)] if step.index else value)
        elif isinstance(step, Set) and step.index:
            self._reach(step, step.path)[self._key(step.index)] = self._value(step.value)
        elif isinstance(step, Set):
            setattr(self._reach(step, step.path[:-1]), step.path[-1], self._value(step.value))
        else:
            args = [self._value(value) for value in step.args]
            keywords = {name: self._value(value) for name, value in step.keywords}
            self._bind(step.targets, self._reach(step, step.path)(*args, **keywords))

    def _key(self, index: Index) -> Any:
        """Return the key of an element: of several numbers, a tuple, as x[1, 2] has it."""
        keys = tuple(self._value(item) for item in index.items)
        return keys if len(keys) > 1 else keys[0]

    def _reach(self, step: Step, path: tuple[str, ...]) -> Any:
        """Return what a path of a step stands for: from a declared name, a variable or the object on."""
        root = self.scope.root(step)
        if root is None:
            name = self.case.python.target.split(":")[1]
            raise CaseError(f"{self.case.file}: python step {step.text!r}: wanted a call of {name}")
        if root == "@":
            return self._declared(path)
        start = self.object if root == "self" else self.variables[root]
        return _walk(start, path[1:] if path[0] == root else path)

    def _declared(self, path: tuple[str, ...]) -> Any:
        name = self.scope.declared(path)
        target = self.case.python.callables[name]
        found = self.target if target == self.case.python.target else loaded(self.case, target)
        return _walk(found, path[name.count(".") + 1 :])

    def _bind(self, targets: tuple[Target, ...], answer: Any) -> None:
        if not targets:
            return
        answers = (answer,) if len(targets) == 1 else answer
        if len(answers) != len(targets):
            raise ValueError(f"wanted {len(targets)} outputs, got {len(answers)}")
        for target, value in zip(targets, answers, strict=True):
            if isinstance(target, Pattern):
                self.variables |= {name: _own(_field(value, field)) for field, name in target.fields}
            elif target == "self":
                self.object = value
            elif target != "_":
                self.variables[target] = _own(value)

    def _value(self, value: Expression) -> Any:
        if isinstance(value, Variable):
            return self.object if value.name == "self" else self.variables[value.name]
        if isinstance(value, Handle):
            return self._declared(value.path)
        if isinstance(value, Attribute):
            return self._spelled(self.case.named[value.name])
        if isinstance(value, Items):
            return [self._value(item) for item in value.items]
        if isinstance(value, Fields):
            return {name: self._value(item) for name, item in value.fields}
        assert isinstance(value, Literal)  # noqa: S101
        return value.value


def _told(case: Case, error: BaseException) -> str:
    """Say what the port raised, and where in its own files."""
    text = str(error) or ("it is to be filled in" if isinstance(error, NotImplementedError) else "")
    folders = [str(folder) for folder in case.python.path]
    frames = [each for each in extract_tb(error.__traceback__) if each.filename.startswith((*folders,))]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{text and ': '}{text}{place}"


def _own(value: Any) -> Any:
    """Copy an array, so that a later step that writes in place does not change an answer already taken."""
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def _snapshot(value: Any) -> Any:
    """Copy an answer, so that a later step that changes it in place does not change what was taken."""
    try:
        return deepcopy(value)
    except Exception:  # what cannot be copied, a generator, is no answer either: the comparison says so
        return value


def _as_array(case: Case, name: str, value: Any) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise no_step(case, f"output {name!r}: wanted an array, got a masked one, which hides elements")
    try:
        return np.array(value)
    except Exception as error:
        told = f"output {name!r}: wanted an array, got {type(value).__name__}: {error}"
        raise no_step(case, told) from error


def _field(value: Any, name: str) -> Any:
    """Return an attribute, or the value under a key of a mapping."""
    if isinstance(value, Mapping):
        return value[name]
    return getattr(value, name)


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = _field(value, name)
    return value
