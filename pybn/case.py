"""A case: what to call on both sides, with which inputs, what comes out, and how close it must be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pybn.compare import Tolerance
from pybn.errors import CaseError
from pybn.steps import Call, Step, bound_names, used_attributes, used_names

FLOATS = ("float64", "float32", "complex128", "complex64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = frozenset({*FLOATS, *INTEGERS, "bool"})


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output as it is declared.

    `shape` is the declared shape, which fixtures hold and comparisons see; `axes` names its axes, or is empty.
    `matlab` and `python` name the axes in the order that each side wants, where "1" is an axis of one element
    that only that side has: a vector of axes "D" is "1 D" in MATLAB. `layer` names the layer of a model that an
    output belongs to: a word for reports, on which no answer depends.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    axes: tuple[str, ...]
    matlab: tuple[str, ...]
    python: tuple[str, ...]
    draw: Mapping[str, Any] = field(default_factory=dict)
    tolerance: Tolerance = field(default_factory=Tolerance)
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One input or output of any structure: structs, cells, text, arrays as they come.

    An output is of kind "value", or "printed": all that the steps print. `given` is an input's own value, as Python
    has it (what `pybn.values.to_matlab` takes). With `shapes`, arrays are of MATLAB's shape on the Python side too.
    `how` says how printed text is compared: "text", "words" or "numbers".
    """

    name: str
    kind: str = "value"
    given: Any = None
    shapes: bool = False
    how: str = "text"
    tolerance: Tolerance = field(default_factory=Tolerance)
    layer: str = ""


@dataclass(frozen=True, slots=True)
class MatlabSide:
    """What the oracle runs: a class constructed with `new`, or a function; folders that go on its path.

    `tree` is a whole folder of code that is made fit for Octave and put on the path, below `path`; `allow` names
    the rules of constructs which Octave gets silently wrong and that the user accepts.
    """

    path: tuple[Path, ...]
    kind: str  # "class" or "function"
    name: str
    new: tuple[Any, ...]
    steps: tuple[Step, ...]
    allow: tuple[str, ...] = ()
    tree: Path | None = None


@dataclass(frozen=True, slots=True)
class PythonSide:
    """What is under test: "module:qualified.name", called with `new` where it is a class."""

    path: tuple[Path, ...]
    target: str
    new: tuple[Any, ...]
    keywords: Mapping[str, Any]
    is_class: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Both sides must refuse: by this MATLAB error identifier and by this Python exception."""

    matlab: str
    python: str


@dataclass(frozen=True, slots=True)
class Case:
    """One golden test vector."""

    file: Path
    name: str
    dtype: str
    attrs: Mapping[str, Any]
    matlab: MatlabSide
    python: PythonSide
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    refuses: Refusal | None = None
    diverges: str = ""
    no_derivative: str = ""  # why its gradients are, by design, no derivatives
    live: bool = False
    input_values: Mapping[str, Value] = field(default_factory=dict)
    output_values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name of the unit: batch_norm."""
        return self.file.stem

    @property
    def id(self) -> str:
        """The name and dtype, unique in the file."""
        return f"{self.name} [{self.dtype}]"

    @property
    def fixture(self) -> Path:
        """Where the recorded answers are: beside the case file."""
        return self.file.with_suffix(".h5")

    @property
    def tolerances(self) -> dict[str, Tolerance]:
        """How close each output must be."""
        found = {name: tensor.tolerance for name, tensor in self.outputs.items()}
        return found | {name: value.tolerance for name, value in self.output_values.items()}

    def digest(self) -> str:
        """Return the SHA-256 of all that the oracle's answer depends on, the .m files aside."""
        told = {
            "matlab": [
                self.matlab.kind,
                self.matlab.name,
                self.matlab.new,
                [s.text for s in self.matlab.steps],
            ],
            "attrs": {name: self.attrs[name] for s in self.matlab.steps for name in used_attributes(s)},
            "inputs": [_declared(t) for t in self.inputs.values()],
            "outputs": [_declared(t) for t in self.outputs.values()],
            "refuses": self.refuses.matlab if self.refuses else None,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def check_flow(case: Case) -> None:
    """Raise CaseError unless what a step uses is there by then, and every output is bound on both sides."""
    for side, steps in (("matlab", case.matlab.steps), ("python", case.python.steps)):
        known = {*case.inputs, *case.input_values}
        for step in steps:
            for name in used_names(step):
                if name not in known:
                    raise CaseError(
                        f"{side} step {step.text!r} uses {name!r}, which is no input and was not bound before"
                    )
            for name in used_attributes(step):
                if name not in case.attrs:
                    raise CaseError(
                        f"{side} step {step.text!r}: ${name} names no attribute; there are {sorted(case.attrs)}"
                    )
            known.update(bound_names(step))
        wanted = [name for name, value in case.output_values.items() if value.kind == "value"]
        for name in (*case.outputs, *wanted):
            if name not in known:
                raise CaseError(f"no {side} step binds the output {name!r}")


def check_calls(case: Case) -> None:
    """Raise CaseError where a step cannot be meant on its side: no object, another function, MATLAB keywords."""
    function = case.python.target.split(":")[1]
    construct = {
        "matlab": f"; if it is a class, say class = '{case.matlab.name}' under [matlab]",
        "python": "; if it is a class, give new = {} under [python] to construct it",
    }
    sides = (
        ("matlab", case.matlab.kind == "class", case.matlab.steps, {case.matlab.name}),
        ("python", case.python.is_class, case.python.steps, {function, function.split(".")[-1]}),
    )
    for side, has_object, steps, names in sides:
        for step in steps:
            if not has_object and (not isinstance(step, Call) or ".".join(step.path) not in names):
                raise CaseError(
                    f"{side} step {step.text!r}: wanted a call of {max(names, key=len)}{construct[side]}"
                )
            if not has_object and isinstance(step, Call) and "self" in step.targets:
                raise CaseError(
                    f"{side} step {step.text!r}: there is no object that 'self' could be{construct[side]}"
                )
            if side == "matlab" and isinstance(step, Call) and step.keywords:
                raise CaseError(f"matlab step {step.text!r}: MATLAB has no keyword arguments")
            if side == "matlab" and isinstance(step, Call) and step.path == ("self",):
                raise CaseError(f"matlab step {step.text!r}: wanted a method of the object")


def _declared(tensor: Tensor) -> list[Any]:
    return [tensor.name, tensor.shape, tensor.dtype, tensor.axes, tensor.matlab, dict(tensor.draw)]
