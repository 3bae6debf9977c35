"""Decide what an argument of a first case is: a tensor that is drawn, or a value that stands in the case."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from pybn.scaffold import words
from pybn.scaffold.evidence import Evidence
from pybn.scaffold.example import Matrix
from pybn.scaffold.spoken import Spoken
from pybn.steps import NAME, WORDS

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
ROW = re.compile(r"\[[\d\s,.eE+-]*\]\Z", re.ASCII)
AXES = "ABCDEFGH"  # no first case has more dimensions
CELL = [1.0, "two"]
HANDLE = "a function handle: give @name, with name under functions in [matlab] and targets in [python]"
OBJECT = (
    "an object: make it in a step before, with its class under functions in [matlab] and targets in [python]"
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `axes` or `shape` of a tensor, or else `value`; `note` tells why, or what to fill in."""

    kind: str  # "tensor", "value", "self", "unused" or "foreign"
    axes: tuple[str, ...] = ()
    matlab: str = ""  # the order of axes in MATLAB where it is another
    shape: tuple[int, ...] = ()  # fixed sizes
    dtype: str = ""
    value: Any = None
    note: str = ""
    index_of: tuple[
        tuple[str, int], ...
    ] = ()  # it has whole numbers, indices into these, by name and dimension
    written: Matrix | None = None  # in the help's example
    name: str = ""  # what the case calls it

    @property
    def given(self) -> str:
        """How a step names it."""
        return {"tensor": self.name, "value": f"${self.name}", "self": "self"}.get(self.kind, "none")


@dataclass(frozen=True, slots=True)
class Known:
    """What the file declares of an argument: a MATLAB class, sizes (None for any), its default as it is written."""

    type: str = ""
    size: tuple[int | None, ...] = ()
    is_scalar: bool = False
    default: str = ""


def usable(name: str, taken: set[str]) -> str:
    """Return a name that a case may have and that is not taken yet: this one, or one with a number after it."""
    clean = re.sub(r"[^A-Za-z0-9_]", "", name).lstrip("_0123456789")[:55] or "unused"
    found, count = clean, 1
    while found in taken or found in WORDS or found == "dtype":
        count += 1
        found = f"{clean}{count}"
    taken.add(found)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """An argument's name, what was seen of it, and what is declared of it."""

    name: str
    seen: Evidence
    known: Known
    said: Spoken = field(default_factory=Spoken)

    @property
    def default(self) -> Any:
        return literal(self.known.default)

    def value(self, usual: Any, note: str) -> Argument:
        """Return a value: the default where it is of the same kind."""
        fits = type(self.default) is type(usual) or (is_number(self.default) and is_number(usual))
        return Argument("value", value=self.default if fits else usual, note=note)


def decide(name: str, seen: Evidence, known: Known, said: Spoken | None = None) -> Argument:
    """Return what an argument is, by what is declared and said of it, done with it, its default, or its name."""
    if name == "~":
        return Argument("unused", note="the function does not use it")
    asked = _Asked(name, seen, known, said or Spoken())
    found = _by_class(asked) or _by_size(asked) or _by_use(asked) or _by_help(asked) or _by_shape(asked)
    found = found or _by_default(asked) or _by_name(asked) or _tensor(seen, words.CLASSES.get(known.type, ""))
    if found.kind == "tensor" and not found.dtype and (seen.index_of or asked.said.kind == "index"):
        return replace(found, index_of=tuple(seen.index_of) or (("", 0),), note=found.note or "indices")
    return found


def _by_class(asked: _Asked) -> Argument | None:
    """Go by the class that an arguments block or validateattributes wants."""
    if asked.known.type in ("char", "string"):
        return asked.value(next(iter(asked.seen.strings), "text"), "text")
    if asked.known.type == "struct":
        return _struct(asked.seen)
    if asked.known.type == "cell":
        return asked.value(CELL, "a cell array")
    if asked.known.type == "function_handle":
        return _handle()
    return None


def _by_size(asked: _Asked) -> Argument | None:
    """Go by the sizes that are declared, None for any."""
    size, dtype = asked.known.size, words.CLASSES.get(asked.known.type, "")
    if asked.known.is_scalar or size == (1, 1):
        if dtype in ("", "float64", "bool"):
            usual = True if dtype == "bool" else words.number(asked.name)
            return asked.value(usual, "true or false" if dtype == "bool" else "one number")
        return Argument("tensor", shape=(1, 1), dtype=dtype, note=f"one {asked.known.type}")
    if len(size) == 2 and size[0] == 1 and size[1] is None:
        return Argument("tensor", axes=("A",), dtype=dtype, note="a row")
    if len(size) == 2 and size[1] == 1 and size[0] is None:
        return Argument("tensor", axes=("A",), matlab="A 1", dtype=dtype, note="a column")
    if any(size):
        shape = tuple(5 - k % 4 if n is None else n for k, n in enumerate(size))
        return Argument("tensor", shape=shape[:8], dtype=dtype, note="sizes as declared")
    return Argument("tensor", axes=tuple(AXES[: len(size)]), dtype=dtype) if size else None


def _by_use(asked: _Asked) -> Argument | None:
    """Go by what the function does with it; where it asks what it is, it may be a tensor as well."""
    seen = asked.seen
    if seen.keys:
        return _map(seen)
    other = seen.ndim > 1 or bool(seen.axes) or "array" in seen.may_be
    if (seen.strings or "text" in seen.seen) and not ("text" in seen.may_be and other):
        return asked.value(next(iter(seen.strings), "text"), "text")
    sized = bool(asked.said.size)
    if (seen.fields or "struct" in seen.seen) and not sized and not seen.may_be & {"struct", "array"}:
        return _struct(seen)
    if "called" in seen.seen:
        return Argument("foreign", note=OBJECT)
    if "cell" in seen.seen and not sized and not seen.may_be & {"cell", "array"}:
        return asked.value(CELL, "a cell array")
    if "handle" in seen.seen and not other:
        return _handle()
    if "dim" in seen.seen:
        return asked.value(1, "a dimension")
    if "flag" in seen.seen and not seen.seen & {"number", "vector"} and not is_number(asked.default):
        return asked.value(True, "true or false")
    if "number" in seen.seen and not seen.is_array:
        return asked.value(words.number(asked.name), "one number")
    return None


def _by_help(asked: _Asked) -> Argument | None:
    """Go by what the help says of it."""
    said, is_array = asked.said, asked.seen.is_array
    if said.kind == "char":
        return asked.value(said.option or "text", "text, says the help")
    if said.kind == "cell" and not is_array:
        return asked.value(CELL, "a cell array, says the help")
    if said.kind == "struct" and not is_array:
        return _struct(asked.seen)
    if said.kind == "function_handle":
        return _handle()
    if said.kind == "logical" and not said.size:
        return asked.value(True, "true or false, says the help")
    if said.size == ("1", "1") or (said.kind == "scalar" and not said.size and not is_array):
        return asked.value(words.number(asked.name), "one number, says the help")
    return _sized(said) if said.size or (said.kind in ("vector", "column") and asked.seen.ndim < 2) else None


def _sized(said: Spoken) -> Argument:
    """Return a tensor of the sizes that the help says."""
    size = said.size
    note = f"{' x '.join(size)}, says the help" if size else f"a {said.kind}, says the help"
    if not size:
        return Argument("tensor", axes=("A",), matlab="A 1" if said.kind == "column" else "", note=note)
    if len(size) == 2 and size[0] == "1":
        return Argument("tensor", axes=(_axis(size[1]),), note=note)
    if len(size) == 2 and size[1] == "1":
        return Argument("tensor", axes=(_axis(size[0]),), matlab=f"{_axis(size[0])} 1", note=note)
    if len(set(size)) < len(size):  # no axis stands twice
        return Argument("tensor", shape=tuple(int(n) if n.isdecimal() else 4 for n in size), note=note)
    return Argument("tensor", axes=tuple(_axis(n) for n in size), note=note)


def _axis(size: str) -> str:
    """Return the name of an axis: the help's letter, or C4 for one of four elements."""
    return f"C{size}" if size.isdecimal() else size


def _by_shape(asked: _Asked) -> Argument | None:
    return _tensor(asked.seen) if asked.seen.axes or asked.seen.ndim > 1 else None


def _by_default(asked: _Asked) -> Argument | None:
    value = asked.default
    if value is None or value == [] or (is_number(value) and asked.seen.is_array):
        return None
    return Argument("value", value=value, note=f"its default is {asked.known.default}")


def _by_name(asked: _Asked) -> Argument | None:
    name = words.plain(asked.name)
    if words.TEXT.match(name):
        return asked.value("text", "text, by its name")
    if name in words.STRUCT:
        return _struct(asked.seen)
    if words.FLAG.match(asked.name) and not asked.seen.is_array:
        return asked.value(True, "true or false, by its name")
    if words.is_number(asked.name) and not asked.seen.is_array and not asked.seen.index_of:
        return asked.value(words.number(asked.name), "one number, by its name")
    return None


def _tensor(seen: Evidence, dtype: str = "") -> Argument:
    """Draw a tensor, of as many axes as its sizes are asked for, or indices are given to it; two if nothing tells."""
    if len({*seen.axes} - {"~", "!"}) > 1:
        taken: set[str] = set()
        named = [AXES[k] if axis in ("~", "!") else axis for k, axis in enumerate(seen.axes[: len(AXES)])]
        return Argument("tensor", axes=tuple(usable(axis, taken) for axis in named), dtype=dtype)
    if "row" in seen.seen and seen.ndim <= 2:
        axis = f"C{max(seen.columns, seen.length)}" if max(seen.columns, seen.length) > 1 else "A"
        return Argument("tensor", axes=(axis,), dtype=dtype, note="a row: of more the function refuses")
    if seen.columns > 1 and max(seen.ndim, len(seen.axes)) <= 2:
        note = f"columns up to {seen.columns} are read"
        return Argument("tensor", axes=("A", f"C{seen.columns}"), dtype=dtype, note=note)
    if "vector" in seen.seen and seen.ndim < 2:
        axis = f"C{seen.length}" if seen.length > 2 else "A"
        return Argument("tensor", axes=(axis,), dtype=dtype, note=f'a row; a column has matlab = "{axis} 1"')
    return Argument("tensor", axes=tuple(AXES[: max(seen.ndim, len(seen.axes), 2)]), dtype=dtype)


def _struct(seen: Evidence) -> Argument:
    """Return a struct of the fields that are read; of each the name tells the value, as of an argument."""
    fields = [name for name in dict.fromkeys(seen.fields) if NAME.match(name)]
    values = {name: _field(name) for name in fields}
    return Argument("value", value=values, note="a struct" if values else "a struct: fill in its fields")


def _map(seen: Evidence) -> Argument:
    """Return a containers.Map of the keys that are asked for, each of a value that its name tells."""
    values = {name: _field(name) for name in dict.fromkeys(seen.keys)}
    return Argument("value", value={"_map": values}, note="a containers.Map, a dict in Python")


def _field(name: str) -> Any:
    found = _by_name(_Asked(name, Evidence(), Known()))
    return 1.0 if found is None else found.value


def _handle() -> Argument:
    return Argument("foreign", note=HANDLE)


def is_number(value: object) -> bool:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def literal(text: str) -> Any:
    """Return what a MATLAB literal says: a number, text, true, false, or a row of numbers; None for all else."""
    text = text.strip().rstrip(";").strip()
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        inner = text[1:-1].replace(text[0] * 2, "")
        return None if text[0] in inner else text[1:-1].replace(text[0] * 2, text[0])
    if ROW.match(text):
        parts = text[1:-1].replace(",", " ").split()
        return [_parsed(part) for part in parts] if all(NUMBER.match(part) for part in parts) else None
    return _parsed(text) if NUMBER.match(text) else None


def _parsed(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d{1,15}", text, re.ASCII) else float(text)
