"""A case: what to call on both sides, with which inputs, what comes out, and how close it must be."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pybn.compare import EXACT, Tolerance
from pybn.errors import EngineError
from pybn.steps import Scope, Step, Variable, used_attributes

FLOATS = ("float64", "float32", "complex128", "complex64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
LEAF = re.compile(r"[.{(]")  # what follows the name of an output in the path of a leaf
DTYPES = frozenset({*FLOATS, *INTEGERS, "bool"})


@dataclass(frozen=True, slots=True)
class Source:
    """A variable of a data file, "" for its only one, and the SHA-256 of the file.

    `axes` is the order of a tensor's axes there, where it is neither that of MATLAB nor that of Python.
    """

    path: Path
    var: str
    sha256: str
    axes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that the steps read, by its `name` in the folder where a side runs, and its SHA-256."""

    path: Path
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output as it is declared.

    `shape` is the declared shape, which fixtures hold and comparisons see; `axes` names its axes, or is empty.
    `matlab` and `python` name the axes in the order that each side wants, where "1" is an axis of one element
    that only that side has: a vector of axes "D" is "1 D" in MATLAB. `layer` names the layer of a model that an
    output belongs to: a word for reports, on which no answer depends. `source` is where an input is that is not drawn.
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
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One input or output of any structure: structs, cells, text, arrays as they come.

    An output is of kind "value", or "printed": all that the steps print. `given` is an input's own value, as Python
    has it (what `pybn.values.to_matlab` takes), `told` what the case file says of it. With `shapes`, arrays are of
    MATLAB's shape on the Python side too. `how` says how printed text is compared: "text", "words" or "numbers".
    With `foreign`, what does not leave Octave is told as such in the answer; otherwise it is an error.
    """

    name: str
    kind: str = "value"
    given: Any = None
    told: Any = None
    shapes: bool = False
    how: str = "text"
    foreign: bool = False
    tolerance: Tolerance = field(default_factory=Tolerance)
    layer: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class MatlabSide:
    """What the oracle runs: a class constructed with `new`, or a function; folders that go on its path.

    `tree` is a whole folder of code that is made fit for Octave and put on the path, below `path`; `allow` names
    the rules of constructs which Octave gets silently wrong and that the user accepts. `functions` are the functions,
    classes and packages that steps may call beside `name`.
    """

    path: tuple[Path, ...]
    kind: str  # "class" or "function"
    name: str
    new: tuple[Any, ...]
    steps: tuple[Step, ...]
    allow: tuple[str, ...] = ()
    tree: Path | None = None
    functions: tuple[str, ...] = ()

    @property
    def callables(self) -> frozenset[str]:
        """All names that steps may call."""
        return frozenset({self.name, *self.functions})


@dataclass(frozen=True, slots=True)
class PythonSide:
    """What is under test: "module:qualified.name", called with `new` where it is a class.

    `targets` are others that steps may call, by the name that the steps have for them.
    """

    path: tuple[Path, ...]
    target: str
    new: tuple[Any, ...]
    keywords: Mapping[str, Any]
    is_class: bool
    steps: tuple[Step, ...]
    targets: Mapping[str, str] = field(default_factory=dict)

    @property
    def callables(self) -> dict[str, str]:
        """All names that steps may call, each with what it stands for."""
        name = self.target.split(":")[1]
        return {name.split(".")[-1]: self.target, name: self.target, **self.targets}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Both sides must refuse: by this MATLAB error identifier and by this Python exception.

    Where a message is given, it has to be a piece of what the error says; with it the identifier may be "".
    """

    matlab: str
    python: str
    matlab_message: str = ""
    python_message: str = ""

    def fits(self, side: str, error: EngineError) -> bool:
        """Tell whether an error is the one that is wanted of a side."""
        word, message = self._wanted(side)
        return (not word or error.identifier == word) and message in (error.said or str(error))

    def word(self, side: str) -> str:
        """Return what is wanted of a side, in words."""
        word, message = self._wanted(side)
        return f"{word} {message!r}".strip() if message else word

    def _wanted(self, side: str) -> tuple[str, str]:
        if side == "matlab":
            return self.matlab, self.matlab_message
        return self.python, self.python_message


@dataclass(frozen=True, slots=True)
class Known:
    """How far a known divergence goes: these outputs alone, or the error that one side alone ends with.

    `matlab` is an identifier or a piece of the message, `python` the name of an exception.
    """

    outputs: tuple[str, ...] = ()
    matlab: str = ""
    python: str = ""

    def fits(self, side: str, error: EngineError) -> bool:
        """Tell whether an error is the one that is declared of a side."""
        if side == "python":
            return bool(self.python) and error.identifier == self.python
        return bool(self.matlab) and (
            error.identifier == self.matlab or self.matlab in (error.said or str(error))
        )


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
    files: tuple[DataFile, ...] = ()
    known: Known | None = None  # where a divergence is declared to be in a part of the case only

    @property
    def only_values(self) -> bool:
        """Whether there are inputs or outputs, or an error is all that comes, and none of them is a tensor."""
        some = bool(self.input_values or self.output_values or self.refuses)
        return some and not self.inputs and not self.outputs

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
    def named(self) -> dict[str, Any]:
        """What steps may give by $name: the attributes, and the dtype of the case."""
        return {"dtype": self.dtype, **self.attrs}

    @property
    def tolerances(self) -> dict[str, Tolerance]:
        """How close each output must be."""
        found = {name: tensor.tolerance for name, tensor in self.outputs.items()}
        return found | {name: value.tolerance for name, value in self.output_values.items()}

    def tolerance(self, name: str) -> Tolerance:
        """How close what a comparison names has to be: an output, or a leaf of one, s.weights{2} of s."""
        found = self.tolerances
        return found.get(name) or found.get(LEAF.split(name, maxsplit=1)[0], EXACT)

    def digest(self) -> str:
        """Return the SHA-256 of all that the oracle's answer depends on, the .m files aside."""
        told = {
            "matlab": [
                self.matlab.kind,
                self.matlab.name,
                [_given(value) for value in self.matlab.new],
                [s.text for s in self.matlab.steps],
            ],
            "attrs": {name: self.named[name] for s in self.matlab.steps for name in used_attributes(s)},
            "inputs": [_declared(t) for t in self.inputs.values()],
            "outputs": [_declared(t) for t in self.outputs.values()],
            "refuses": self.refuses.matlab if self.refuses else None,
        }
        more: dict[str, Any] = {
            "functions": self.matlab.functions,
            "input_values": [[v.name, v.told, *_file(v.source)] for v in self.input_values.values()],
            "refuses_by": self.refuses.matlab_message if self.refuses else "",
            "output_values": [[v.name, v.kind] for v in self.output_values.values()],
            "files": [[each.name, each.sha256] for each in self.files],
        }
        told |= {key: value for key, value in more.items() if value}  # the cases of before have none of these
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def scope(case: Case, side: str) -> Scope:
    """Return what names mean to the first step of a side."""
    has_object = case.matlab.kind == "class" if side == "matlab" else case.python.is_class
    names = case.matlab.callables if side == "matlab" else frozenset(case.python.callables)
    return Scope(frozenset({*case.inputs, *case.input_values}), names, has_object)


def bound_values(case: Case) -> list[str]:
    """Return the outputs of any structure that steps bind: all but what is printed."""
    return [name for name, value in case.output_values.items() if value.kind == "value"]


def _given(argument: Any) -> Any:
    return {"input": argument.name} if isinstance(argument, Variable) else argument


def _declared(tensor: Tensor) -> list[Any]:
    told = [tensor.name, tensor.shape, tensor.dtype, tensor.axes, tensor.matlab, dict(tensor.draw)]
    return [*told, *_file(tensor.source)]


def _file(source: Source | None) -> list[str]:
    return [source.var, source.sha256, *source.axes] if source else []
