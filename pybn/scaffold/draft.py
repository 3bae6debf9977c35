"""A first case as data: its arguments, outputs and steps, each under a name that nothing else has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pybn.scaffold.argument import Argument, Known, decide, usable
from pybn.scaffold.evidence import gather, meaning
from pybn.scaffold.signature import Signature

COLUMNS = re.compile(r"C[1-9][0-9]?\Z", re.ASCII)
SIZES = (5, 4, 3, 2)  # of the first axes: all different, so that no transposition passes


@dataclass(slots=True)
class Draft:
    """What goes into the case file."""

    arguments: list[Argument] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)  # their kinds: value, printed
    new: list[Argument] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    called: dict[str, str] = field(default_factory=dict)  # the names of arguments in MATLAB, by those here

    def construct(self, signature: Signature) -> None:
        """Add the arguments of a constructor; the case file holds them, so a tensor becomes a row of numbers."""
        for argument in self.given(signature):
            if argument.kind == "tensor":
                row = [float(k) for k in range(1, 4)]
                self.arguments.remove(argument)
                argument = replace(argument, kind="value", axes=(), shape=(), value=row, note="fill in")
                self.arguments.append(argument)
            self.new.append(argument)

    def call(self, signature: Signature, matlab: str, python: str) -> None:
        """Add a step that calls a function, or a method of the object."""
        given = ", ".join(argument.given for argument in self.given(signature))
        bound = [self._output(name, signature) for name in signature.outputs]
        targets = ", ".join(name for name in bound if name)
        steps = [
            f"{targets} = {called}({given})" if targets else f"{called}({given})"
            for called in (matlab, python)
        ]
        self.steps.append((steps[0], steps[1]))

    def read(self, name: str) -> None:
        """Add a step that reads a property."""
        bound = usable(name, self.taken)
        self.outputs[bound] = "value"
        self.steps.append((f"{bound} = self.{name}", f"{bound} = self.{name}"))

    def given(self, signature: Signature) -> list[Argument]:
        """Return the arguments of a call, up to the first that may be left out and of which too little is known."""
        seen = gather(meaning(signature.tokens), signature.inputs)
        found: list[Argument] = []
        for k, name in enumerate(signature.inputs):
            argument = decide(name, seen[name], signature.known.get(name, Known()))
            unknown = name in signature.optional and argument.kind != "value"
            if name in ("varargin", *signature.options) or unknown:
                left = ", ".join(signature.inputs[k:])
                told = (
                    "may take more than its step gives it"
                    if found
                    else "is given nothing: fill in what it takes"
                )
                self.notes.append(f"{signature.name} {told}: {left}")
                break
            found.append(self._named(argument, name, signature.name))
        return found

    def sizes(self) -> dict[str, int]:
        """Return a size for each axis, the first ones all different; the axis C4 has four elements."""
        axes = dict.fromkeys(axis for argument in self.arguments for axis in argument.axes)
        free = [axis for axis in axes if not COLUMNS.match(axis)]
        sizes = {axis: SIZES[k] if k < len(SIZES) else 6 + k for k, axis in enumerate(free)}
        return {axis: sizes.get(axis) or int(axis[1:]) for axis in axes}

    def _named(self, argument: Argument, name: str, function: str) -> Argument:
        """Give an argument a name: one that stands already where it is the same thing, otherwise a new one."""
        if argument.kind == "foreign":
            self.notes.append(f"fill in: {name} of {function} is {argument.note}")
        if argument.kind in ("foreign", "unused"):
            return argument
        for other in self.arguments:
            if self.called.get(other.name) == name and replace(argument, name=other.name) == other:
                return other
        named = replace(argument, name=usable(name, self.taken))
        self.called[named.name] = name
        self.arguments.append(named)
        return named

    def _output(self, name: str, signature: Signature) -> str:
        if signature.object and name == signature.object:
            return "self"
        if name == "varargout":
            self.notes.append(
                f"{signature.name} may give more outputs: add them to its step and to [outputs]"
            )
            return ""
        bound = usable(name, self.taken)
        self.outputs[bound] = "value"
        return bound

    def print(self, name: str) -> None:
        """Compare what is printed, of a function that returns nothing."""
        self.outputs[usable("printed", self.taken)] = "printed"
        self.notes.append(f"{name} returns nothing: what it prints is compared")
