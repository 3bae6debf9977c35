"""A question as a case, which an engine can run: the steps of a history, the last of which is asked about."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pybn.case import Case, MatlabSide, PythonSide, Value
from pybn.recordings.file import Files
from pybn.recordings.history import Handle, Nest, Step
from pybn.recordings.key import digest, label
from pybn.recordings.source import place
from pybn.sources import Seen, used_files
from pybn.steps import Call, Expression, Fields, Get, Items, Set, Variable
from pybn.steps import Step as CaseStep

PRINTED = "printed"  # the output that holds what was printed


@dataclass(frozen=True, slots=True)
class Question:
    """What a test asks: its key, what a person calls it, and the .m files that answer it now."""

    digest: str
    label: str
    files: Callable[[], Files]
    steps: Sequence[Step] = ()
    module: Path = Path()


def question(steps: Sequence[Step], module: Path, seen: Seen) -> Question:
    """Return the question of what the last of these steps answers; `seen` as `used_files` takes it."""
    return Question(
        digest(steps, module.parent),
        label(steps[-1]),
        lambda: _files(case_of(steps, module)[0], seen),
        tuple(steps),
        module,
    )


def names_of(step: Step) -> list[str]:
    """Return the names of a step's answers in its recording."""
    return [f"y{k + 1}" for k in range(1 if step.nargout is None else step.nargout)]


def case_of(steps: Sequence[Step], module: Path) -> tuple[Case, dict[str, Any]]:
    """Return steps as a case whose outputs are the last one's answers, with its inputs."""
    writer = _Writer(steps)
    told = tuple(writer.step(k, step) for k, step in enumerate(steps))
    called = list(dict.fromkeys(step.source.name for step in steps if step.source is not None))
    tree = next((step.tree for step in steps if step.tree is not None), None)
    matlab = MatlabSide(
        _path(steps, tree), "function", called[0], (), told, tree=tree, functions=tuple(called[1:])
    )
    opened = steps[-1].kind == "get" and not steps[-1].name
    outputs = {name: Value(name, foreign=not opened) for name in names_of(steps[-1])[: steps[-1].outputs]}
    outputs[PRINTED] = Value(PRINTED, "printed")
    case = Case(
        module,
        label(steps[-1]),
        "",
        {},
        matlab,
        PythonSide((), "", (), {}, False, ()),
        {},
        {},
        input_values={name: Value(name) for name in writer.inputs},
        output_values=outputs,
    )
    return case, writer.inputs


def _path(steps: Sequence[Step], tree: Path | None) -> tuple[Path, ...]:
    """Return the folders for Octave's path; what is in the tree comes from its staged copy."""
    folders: dict[Path, None] = {}
    for step in steps:
        if step.source is not None:
            folders[step.source.folder] = None
        folders |= dict.fromkeys(step.folders)
    return tuple(each for each in folders if tree is None or not each.is_relative_to(tree))


class _Writer:
    """Writes steps in the language of cases; arguments become inputs x1, x2, ..., answers variables."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.number = {step: k for k, step in enumerate(steps)}
        self.last = len(steps) - 1
        self.inputs: dict[str, Any] = {}

    def step(self, k: int, step: Step) -> CaseStep:
        """Return one step; the answers of the last are called as `names_of` says, those before s1_1, s1_2, ..."""
        text = label(step)
        owner = (self.variable(step.owner),) if step.owner else ()
        names = names_of(step)[: step.outputs]
        targets = tuple(names if k == self.last else (f"s{k + 1}_{name}" for name in names))
        if step.kind == "get":
            return Get(text, targets[0], (*owner, *filter(None, step.name.split("."))))
        args = [self.expression(value) for value in step.args]
        if step.kind == "set":
            return Set(text, (*owner, *step.name.split(".")), args[0])
        return Call(text, targets, (*owner, *step.name.split(".")), tuple(args))

    def variable(self, handle: Handle) -> str:
        return f"s{self.number[handle.step] + 1}_{names_of(handle.step)[handle.output]}"

    def expression(self, value: Any) -> Expression:
        if isinstance(value, Handle):
            return Variable(self.variable(value))
        if isinstance(value, Nest):
            items = tuple(self.expression(item) for item in value.items)
            return (
                Items(items) if value.names is None else Fields(tuple(zip(value.names, items, strict=True)))
            )
        name = f"x{len(self.inputs) + 1}"
        self.inputs[name] = value
        return Variable(name)


def _files(case: Case, seen: Seen) -> Files:
    """Return the files that the steps reach, by what recordings call them, with their SHA-256."""
    home = case.file.parent
    found = {}
    for path, sha in used_files(case, seen).items():
        file = Path(os.path.normpath(home / path))
        found[place(file, home) or file.name] = sha
    return dict(sorted(found.items()))
