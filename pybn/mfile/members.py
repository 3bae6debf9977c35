"""What a .m file declares, as data: functions, classes and their members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pybn.mfile.declared import Declared

HANDLES = frozenset({"handle", "dynamicprops", "hgsetget", "matlab.mixin.Copyable", "matlab.mixin.SetGet"})


def is_set(told: Mapping[str, str], name: str) -> bool:
    """Tell whether an attribute is there and not false."""
    return told.get(name, "false").strip().lower() not in ("false", "0", "off")


@dataclass(frozen=True, slots=True)
class Function:
    """A function: `inputs` and `outputs` by name, "~" for one left out; `defaults` as text, by input.

    `arguments` is what its arguments blocks declare. `line` is its first, `last_line` its last one.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    line: int
    last_line: int
    help: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[Declared, ...] = ()

    @property
    def varargin(self) -> bool:
        """Any number of inputs are taken after those named."""
        return self.inputs[-1:] == ("varargin",)

    @property
    def varargout(self) -> bool:
        """Any number of outputs are given after those named."""
        return self.outputs[-1:] == ("varargout",)


@dataclass(frozen=True, slots=True)
class Method(Function):
    """A method; `attributes` are those of its block, by name in lower case: {"static": "true"}."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    signature_only: bool = False  # the body is elsewhere, or nowhere

    @property
    def static(self) -> bool:
        """Called without an object."""
        return is_set(self.attributes, "static")

    @property
    def abstract(self) -> bool:
        """A subclass has to have it."""
        return is_set(self.attributes, "abstract")

    @property
    def access(self) -> str:
        """Who may call it: public, protected, private, or a list of classes."""
        return self.attributes.get("access", "public").lower()


@dataclass(frozen=True, slots=True)
class Property:
    """A property, as its line declares it, with the attributes of its block by name in lower case."""

    name: str
    line: int
    declared: Declared
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def default(self) -> str:
        """Its default as it is written, "" where there is none."""
        return self.declared.default

    @property
    def constant(self) -> bool:
        """The same for all objects, and set once."""
        return is_set(self.attributes, "constant")

    @property
    def access(self) -> str:
        """Who may read it: public, protected, private, or a list of classes."""
        return self.attributes.get("getaccess", self.attributes.get("access", "public")).lower()

    @property
    def set_access(self) -> str:
        """Who may set it: the same, or immutable."""
        return self.attributes.get("setaccess", self.attributes.get("access", "public")).lower()


@dataclass(frozen=True, slots=True)
class Class:
    """A classdef: its bases as they are named, and its members in order."""

    name: str
    line: int
    bases: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    properties: tuple[Property, ...] = ()
    methods: tuple[Method, ...] = ()
    enumeration: tuple[tuple[str, str], ...] = ()  # each with its arguments as text, brackets left out
    events: tuple[str, ...] = ()
    help: str = ""

    @property
    def is_handle(self) -> bool:
        """One of its direct bases makes it a handle class; a base of the user's own may as well, elsewhere."""
        return any(base in HANDLES for base in self.bases)

    @property
    def constructor(self) -> Method | None:
        """The method of the class's own name."""
        return next((m for m in self.methods if m.name == self.name), None)


@dataclass(frozen=True, slots=True)
class Outline:
    """A file: "function", "class" or "script"; its functions (of a class, those after it), and its class."""

    kind: str
    name: str
    functions: tuple[Function, ...] = ()
    class_: Class | None = None

    @property
    def main(self) -> Function | None:
        """What a call of the file's name runs: its first function, or the constructor."""
        if self.class_ is not None:
            return self.class_.constructor
        return self.functions[0] if self.kind == "function" else None
