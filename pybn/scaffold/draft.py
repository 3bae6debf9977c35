"""A first case as data: its arguments, outputs and steps, each under a name that nothing else has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pybn.scaffold.argument import AXES, Argument, Known, decide, usable
from pybn.scaffold.brackets import meaning
from pybn.scaffold.evidence import Evidence, gather
from pybn.scaffold.example import example
from pybn.scaffold.reach import Reach
from pybn.scaffold.signature import Signature
from pybn.scaffold.spoken import Spoken
from pybn.scaffold.words import LETTER, number
from pybn.scaffold.written import Named, as_written, extents

COLUMNS = re.compile(r"C[1-9][0-9]?\Z", re.ASCII)
SIZES = (9, 4, 3, 2)  # of the first axes: all different, so that no transposition passes


@dataclass(slots=True)
class Draft:
    """What goes into the case file. `reach` is asked what the functions that are called tell of what they get."""

    reach: Reach
    arguments: list[Argument] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)  # their kinds: value, printed
    new: list[Argument] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    members: frozenset[str] = frozenset()  # the properties and methods of the class
    called: dict[str, str] = field(default_factory=dict)  # the names of arguments in MATLAB, by those here

    def construct(self, signature: Signature) -> None:
        """Add the arguments of a constructor."""
        self.new += self.given(signature)

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
        """Return the arguments of a call: those of the help's example, or as far as enough is known of them."""
        found = self._guessed(signature)
        written = example(signature.help, signature.name)
        if written and not signature.object:
            found = as_written(found, written, signature.longest)
        elif len(found) < len(signature.inputs):
            self.notes.append(_left_out(signature, len(found)))
        if len(signature.usages) > 1:
            self.notes.append(f"{signature.name} may be called so: {'; '.join(signature.usages[:6])}")
        return [self._named(argument, name, signature.name) for name, argument in found]

    def _guessed(self, signature: Signature) -> list[Named]:
        """Return the arguments up to the first that may be left out and of which too little is known."""
        seen, said = self.known(signature)
        arrays = any(each.is_array for each in seen.values()) or any(each.size for each in said.values())
        found: list[Named] = []
        for name in signature.inputs:
            argument = decide(name, seen[name], signature.known.get(name, Known()), said.get(name))
            if LETTER.match(name) and seen[name].is_nothing and arrays and argument.kind == "tensor":
                argument = Argument("value", value=number(name), note="one number, by its name")
            reached = {*seen[name].fields, *seen[name].methods}
            if signature.object and reached and reached <= self.members:
                argument = Argument("self")
            unknown = name in signature.optional and argument.kind not in ("value", "self")
            if name in ("varargin", *signature.options) or unknown:
                break
            found.append((name, argument))
        return _as_long(found)

    def known(self, signature: Signature, depth: int = 3) -> tuple[dict[str, Evidence], dict[str, Spoken]]:
        """Return what is seen and said of the inputs, here and where they are passed on as they are."""
        names = {signature.seen_as.get(name, name): name for name in signature.inputs}
        seen = {names[own]: each for own, each in gather(meaning(signature.tokens), [*names]).items()}
        seen = {name: seen.get(name, Evidence()) for name in signature.inputs}
        said = dict(signature.spoken)
        for name, each in seen.items():
            for called, place in each.passed if depth else ():
                inner = self.reach.function(called)
                taken = inner.inputs[place] if inner is not None and place < len(inner.inputs) else "varargin"
                if inner is None or taken == "varargin" or inner.tokens is signature.tokens:
                    continue
                deeper, told = self.known(inner, depth - 1)
                each.merge(deeper[taken])
                more = told.get(taken, Spoken())
                said[name] = said[name] if said.get(name, Spoken()) != Spoken() else more
        return seen, said

    def sizes(self) -> dict[str, int]:
        """Return a size for each axis, the first ones all different; the axis C4 has four elements."""
        axes = dict.fromkeys(axis for argument in self.arguments for axis in argument.axes)
        free = [axis for axis in axes if not COLUMNS.match(axis)]
        sizes = {axis: SIZES[k] if k < len(SIZES) else 6 + k for k, axis in enumerate(free)}
        return {axis: sizes.get(axis) or int(axis[1:]) for axis in axes}

    def highest(self, argument: Argument) -> int:
        """Return the largest index that an argument may have: into the arrays of the case, or 3 into others."""
        sizes, found = self.sizes(), [3]
        for name, place in argument.index_of:
            into = next((each for each in self.arguments if self.called.get(each.name) == name), None)
            if into is not None and place < len(into.axes):
                found.append(sizes[into.axes[place]])
        return max(found)

    def example(self) -> dict[str, int]:
        """Return the sizes of the axes in the help's example; nothing where its arrays are not all written out."""
        tensors = [each for each in self.arguments if each.kind == "tensor"]
        if not all(each.written for each in tensors):
            return {}
        return {axis: n for each in tensors for axis, n in extents(each).items()}

    def _named(self, argument: Argument, name: str, function: str) -> Argument:
        """Give an argument a name: one that stands already where it is the same thing, otherwise a new one."""
        if argument.kind == "foreign":
            self.notes.append(f"fill in: {name} of {function} is {argument.note}")
        if argument.kind in ("foreign", "unused", "self"):
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


def _as_long(found: list[Named]) -> list[Named]:
    """Have arguments with as many columns be as long: the rows of the one that the help speaks of, N of N-by-2."""
    rows: dict[tuple[str, ...], str] = {}
    for _, each in found:
        if len(each.axes) == 2 and each.axes[0] != AXES[0]:
            rows[each.axes[1:]] = each.axes[0]
    return [
        (name, replace(each, axes=(rows[each.axes[1:]], *each.axes[1:])))
        if each.axes[:1] == (AXES[0],) and each.axes[1:] in rows
        else (name, each)
        for name, each in found
    ]


def _left_out(signature: Signature, first: int) -> str:
    """Say which arguments a step leaves out, and what an inputParser takes in their place."""
    left = ", ".join(signature.inputs[first:])
    told = "may take more than its step gives it" if first else "is given nothing: fill in what it takes"
    takes = ", ".join(f"{name} = {value or '?'}" for name, value in signature.added.items())
    return f"{signature.name} {told}: {left}" + (f" ({takes})" if takes and "varargin" in left else "")
