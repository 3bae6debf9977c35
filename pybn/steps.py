"""The small language in which a case says what to call: parsed as data, never run as code.

    y = forward(x, weight, bias)                         a call; names are variables of the case
    q, r = qr(a)                                         several outputs; _ leaves one out
    {input: dx, weight: dw} = BackwardPropagation({input: dy})   fields of a struct, or attributes
    y = f(x, [2, 3], "same", axis=1, scale=$eps)         literals, keywords, attributes of the case
    y = f(self, x)                                       the object may be handed over as a variable is
    mean = self.running_mean                             a property, after the call before it
    y = self.inner.forward(x)                            a method of a property
    self.training = false                                set a property
    layer = Relu("r", 1)                                 another object, of a class that the case declares
    y = layer.forward(x)                                 a method of a variable, a property, and setting one
    y = map(@tools.smooth, x)                            a handle to a function that the case declares
    w = weights["fc1"]      weights["fc1"] = w           an element, in Python
    w = weights("fc1")      c{2} = w                     an element, in MATLAB: of an array, a containers.Map, a cell

Names are ASCII identifiers of at most 63 characters, as in MATLAB, so nothing else can stand where one stands;
what a step binds is none of the words self, true, false, none, inf and nan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")

WORDS = frozenset(
    {"self", "true", "false", "none", "inf", "nan"}
)  # a variable of such a name could not be read

Number = int | float


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a string, true, false or none."""

    value: Number | str | bool | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the case: an input, or what an earlier step bound."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the case, written $name."""

    name: str


@dataclass(frozen=True, slots=True)
class Handle:
    """A function that the case declares, to be called by whoever it is given to; written @name."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list: a row vector where all are numbers, otherwise a cell row."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """A struct: {name: value, ...}."""

    fields: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Which element of a value is meant, written [...] in Python, (...) or {...} in MATLAB; `mark` opens it."""

    mark: str
    items: tuple[Expression, ...]


Expression = Literal | Variable | Attribute | Handle | Items | Fields


@dataclass(frozen=True, slots=True)
class Pattern:
    """A target that takes fields out of an answer: (field, variable) pairs."""

    fields: tuple[tuple[str, str], ...]


Target = str | Pattern  # "_" leaves an output out


@dataclass(frozen=True, slots=True)
class Call:
    """Call `path` (a function, a method, or a method of a property) and bind what it returns."""

    text: str
    targets: tuple[Target, ...]
    path: tuple[str, ...]
    args: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Get:
    """Read a property of the object, of a variable, or of one of their properties; or an element of such a value."""

    text: str
    target: str
    path: tuple[str, ...]
    index: Index | None = None


@dataclass(frozen=True, slots=True)
class Set:
    """Set a property of the object or of a variable, or an element of a value."""

    text: str
    path: tuple[str, ...]
    value: Expression
    index: Index | None = None


Step = Call | Get | Set


def bound_names(step: Step) -> Iterator[str]:
    """Yield the variables that a step binds."""
    if isinstance(step, Get):
        yield step.target
    elif isinstance(step, Call):
        for target in step.targets:
            if isinstance(target, Pattern):
                yield from (name for _, name in target.fields)
            elif target not in ("_", "self"):
                yield target


def used_names(step: Step) -> Iterator[str]:
    """Yield the variables that a step reads."""
    yield from (leaf.name for leaf in _leaves(_values(step)) if isinstance(leaf, Variable))


def used_attributes(step: Step) -> Iterator[str]:
    """Yield the attributes of the case that a step reads."""
    yield from (leaf.name for leaf in _leaves(_values(step)) if isinstance(leaf, Attribute))


def used_handles(step: Step) -> Iterator[tuple[str, ...]]:
    """Yield the names of the functions that a step passes on."""
    yield from (leaf.path for leaf in _leaves(_values(step)) if isinstance(leaf, Handle))


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean at a step: the variables there are, the functions and classes declared, and whether `self` is.

    A path that begins with a declared name is that function's or class's; one that begins with a variable is of the
    variable; any other is of the object.
    """

    variables: frozenset[str]
    functions: frozenset[str]
    has_object: bool

    def declared(self, path: tuple[str, ...]) -> str:
        """Return the declared name that a path begins with, the longest; "" where it begins with none."""
        starts = (".".join(path[:k]) for k in range(len(path), 0, -1))
        return next((name for name in starts if name in self.functions), "")

    def root(self, step: Step) -> str | None:
        """Return whose a step is: "@" of a declared function, a variable's name, "self"; None where it is nobody's."""
        path = step.path
        if path[0] == "self":
            return "self" if self.has_object else None
        if not isinstance(step, Set) and self.declared(path):
            return "@"
        if path[0] in self.variables and (len(path) > 1 or not self.has_object or not isinstance(step, Call)):
            return path[0]
        return "self" if self.has_object and isinstance(step, Call) else None

    def after(self, step: Step) -> Scope:
        """Return what names mean when a step is done."""
        return Scope(self.variables | {*bound_names(step)}, self.functions, self.has_object)


def _values(step: Step) -> tuple[Expression, ...]:
    if isinstance(step, Call):
        return (*step.args, *(value for _, value in step.keywords))
    index = step.index.items if step.index else ()
    return (*index, step.value) if isinstance(step, Set) else index


def _leaves(values: Iterable[Expression]) -> Iterator[Expression]:
    for value in values:
        if isinstance(value, Items):
            yield from _leaves(value.items)
        elif isinstance(value, Fields):
            yield from _leaves(item for _, item in value.fields)
        else:
            yield value
