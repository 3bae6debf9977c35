"""Objects in Octave, as a test sees them, and how any question is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any, cast

from pybn.errors import StateError
from pybn.formats.fixture import Record
from pybn.pytest_plugin.answer import Answer, Answers, Origin
from pybn.pytest_plugin.failure import shortly
from pybn.pytest_plugin.recorded import Recorded
from pybn.recordings.error import OctaveError
from pybn.recordings.file import file_of
from pybn.recordings.history import Handle, History, Nest, Step
from pybn.recordings.key import label
from pybn.recordings.question import PRINTED, names_of, question
from pybn.report.style import printable
from pybn.values import Foreign, Map, to_matlab


class Object:
    """An object of a MATLAB class: bn.ForwardPropagation(x, w, b), bn.get("running_mean"), bn.set("training", False).

    Every question about it runs anew all that was done to it and to the objects that it met, in a process of its own.
    """

    def __init__(self, asker: Asker, handle: Handle) -> None:
        self._asker = asker
        self._handle = handle

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self.call, name)

    @shortly
    def call(self, method: str, *args: Any, nargout: int | None = None) -> Any:
        """Call a method, of any name: an Answer, or Answers where `nargout` says how many. Raises octave.Error."""
        told = tuple(given(value, f"argument {k}") for k, value in enumerate(args, 1))
        return self._asker.ask(Step("method", method, told, self._handle, nargout))

    @shortly
    def get(self, name: str) -> Answer:
        """Read a property; "inner.mean" reads one of a property. Raises octave.Error."""
        return cast("Answer", self._asker.ask(Step("get", name, owner=self._handle)))

    def _content(self) -> Answer:
        """Read all public properties, those of the objects in them as well, as a struct. Raises octave.Error."""
        return cast("Answer", self._asker.ask(Step("get", "", owner=self._handle)))

    @shortly
    def set(self, name: str, value: Any) -> None:
        """Set a property. Raises octave.Error."""
        self._asker.ask(Step("set", name, (given(value, name),), self._handle, nargout=0))

    def __repr__(self) -> str:
        return f"<an object of class {self._handle.class_name} in Octave>"


def given(value: Any, where: str) -> Any:
    """Return what a step takes for an argument. Raises DTypeError for what MATLAB has no counterpart of."""
    if isinstance(value, Object):
        return value._handle  # noqa: SLF001
    if isinstance(value, Answer):
        return value.object._handle if isinstance(value.matlab, Foreign | Map) else value.matlab  # noqa: SLF001
    if isinstance(value, list | tuple) and _has_object(value):
        return Nest(tuple(given(item, f"{where}{{{k}}}") for k, item in enumerate(value, 1)))
    if isinstance(value, Mapping) and _has_object(value):
        return Nest(tuple(given(item, f"{where}.{name}") for name, item in value.items()), tuple(value))
    return to_matlab(value, where)


def _has_object(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_object(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_object(item) for item in value)
    return isinstance(value, Object | Answer)


class Asker:
    """Asks the questions of one test module, and keeps what happened to each object."""

    def __init__(self, module: Path, recorded: Recorded) -> None:
        self.module = module
        self.recorded = recorded

    def ask(self, step: Step) -> Answer | Answers:
        """Take a step: return its answers, and let it be part of the history of all objects that it used.

        Raises octave.Error where it ends with an error, StateError where one before did.
        """
        history = History()
        for handle in step.handles():
            history = history.join(handle.history)
        if history.ended:
            raise StateError(f"{label(step)}: {history.ended} ended with an error; construct the object anew")
        asked = question([*history.steps, step], self.module, self.recorded.used)
        record = self.recorded.recordings.answer(self.module, asked)
        self.recorded.asked(file_of(self.module), record)
        if record.refusal is not None:
            history.ended = label(step)
            identifier, message = record.refusal
            raise OctaveError(printable(message), step=label(step), identifier=identifier)
        step.outputs = sum(name != PRINTED for name in record.outputs)
        printed = str(record.outputs.get(PRINTED, ""))
        known = _given([*history.steps, step])
        origin = Origin(label(step), self._told(record), known, printed.removeprefix(history.printed))
        if step.kind != "get" and any(True for _ in step.handles()):
            history.keep(step, printed)
        return self._answers(step, partial(self._object, step, history, printed), record, origin)

    def _answers(
        self, step: Step, thing: Callable[[int, Any], Object], record: Record, origin: Origin
    ) -> Answer | Answers:
        answers = []
        for k, name in enumerate(names_of(step)):
            value = record.outputs.get(name)
            shown = label(step) if step.nargout in (None, 1) else f"{label(step)}, answer {k + 1}"
            answers.append(Answer(shown, value, origin, partial(thing, k, value)))
        return answers[0] if step.nargout in (None, 1) else Answers.of(answers, origin)

    def _object(self, step: Step, history: History, printed: str, output: int, value: Any) -> Object:
        history.keep(step, printed)
        return Object(self, Handle(step, output, getattr(value, "class_name", "struct"), history.shared()))

    def _told(self, record: Record) -> tuple[str, ...]:
        file = self.recorded.near(file_of(self.module))
        octave = record.versions.get("octave", "?")
        return (
            f"expected: the answer of Octave {octave} ({file}); obtained: the test's value",
            f"closer: .value is the whole answer; pybn inspect {quote(file)} lists all that is recorded",
        )


def _given(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the arguments of the steps, the last ones' first, by what a person calls them."""
    return {
        f"argument {k} of {step.name}": value
        for step in reversed(steps)
        for k, value in enumerate(step.args, 1)
    }
