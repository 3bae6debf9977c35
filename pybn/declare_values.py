"""What a case file declares that is no tensor: inputs of any structure, outputs of any structure, printed text.

A TOML value means what it means everywhere in a case file: a number is a 1x1 double, true and false are logical, a
list is a row where all are numbers and otherwise a cell row, a table is a struct. What TOML cannot say is a table
with a key that no field of a struct can have:

    { _int32 = [1, 2, 3] }            an array of a class: a number is 1x1, a list a row, a list of lists rows
    { _double = [[1], [2]] }          a column
    { _double = [], _size = [0, 3] }  `_size` gives any other shape, filled column by column
    { _single = [1, 2], _imag = [3, 4] }
    { _logical = [true, false] }
    { _char = ["ab", "cd"] }          a char array of rows; one row is plain text
    { _cell = [1, 2, 3] }             a cell row whatever is in it; with `_size`, of another shape
    { _struct = [{ a = 1 }, { a = 2 }] }   a struct array, likewise
    { _map = { a = 1, "b c" = [2] } }      a containers.Map; `_map = [[1, "a"], [2, "b"]]` has numbers for its keys
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pybn.case import Source, Value
from pybn.case_keys import check_value, is_number, is_size, only, resolve, show, text
from pybn.compare import Tolerance
from pybn.errors import CaseError
from pybn.sources import checksum
from pybn.steps import NAME
from pybn.values import Cell, CharArray, Map, StructArray, to_matlab, to_python
from pybn.values.texts import HOWS

KINDS = ("tensor", "value", "printed")
CLASSES = {"double": "float64", "single": "float32", "logical": "bool"}
CLASSES |= {name: name for bits in (8, 16, 32, 64) for name in (f"int{bits}", f"uint{bits}")}
OTHERS = {"_char", "_cell", "_struct", "_map"}
FORMS = {f"_{name}" for name in CLASSES} | OTHERS
VAR = re.compile(r"/?[^/\x00-\x1f\x7f.{}()]+([/.][^/\x00-\x1f\x7f.{}()]+|\{\d+(,\d+)*\}|\(\d+(,\d+)*\))*\Z")
LARGEST = 1 << 24  # elements of an array that a case file spells out

INPUT = frozenset({"value", "shapes"})
FILE = frozenset({"file", "var", "shapes"})
OUTPUT = {"value": frozenset({"kind", "shapes", "layer"}), "printed": frozenset({"kind", "compare"})}

Table = Mapping[str, Any]
Bounds = Callable[[], Tolerance]


def is_value(key: str, own: Table) -> bool:
    """Tell whether a table of [inputs] or [outputs] declares something that is no tensor."""
    if key == "outputs":
        return bool(own.get("kind", "tensor") != "tensor")
    return ("value" in own and "draw" not in own) or ("file" in own and not own.keys() & {"axes", "shape"})


def input_value(where: str, name: str, own: Table, known: Table, folder: Path) -> Value:
    """Return an input that a case file spells out, or that is in a file. Raises CaseError."""
    if "file" in own:
        only(own, FILE, f"{where}, which has no axes and so is a value")
        return Value(name, source=source(where, own, known, folder), shapes=_shapes(where, own))
    only(own, INPUT, where)
    told = resolve(own["value"], known)
    return Value(name, given=given(f"{where}: value", told), told=told, shapes=_shapes(where, own))


def output_value(where: str, name: str, own: Table, close: frozenset[str], bounds: Bounds) -> Value:
    """Return an output of any structure, or what is printed; `bounds` reads its tolerance. Raises CaseError."""
    kind = own["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise CaseError(f"{where}: kind: wanted one of {', '.join(KINDS)}, got {show(kind)}")
    only(own, OUTPUT[kind] | close, f"{where}, which is of kind {kind!r}")
    how = own.get("compare", "text")
    if not isinstance(how, str) or how not in HOWS:
        raise CaseError(f"{where}: compare: wanted one of {', '.join(HOWS)}, got {show(how)}")
    if kind == "printed" and how != "numbers" and own.keys() & close:
        raise CaseError(f'{where}: a tolerance is for numbers: compare = "numbers"')
    layer = text(own, "layer", f"{where}: ")
    return Value(name, kind, shapes=_shapes(where, own), how=how, tolerance=bounds(), layer=layer)


def source(where: str, own: Table, known: Table, folder: Path) -> Source:
    """Return which variable of which file an input is, relative to the case file's folder. Raises CaseError."""
    file, var = resolve(own["file"], known), resolve(own.get("var", ""), known)
    if not isinstance(file, str) or not file or "\0" in file:
        raise CaseError(f"{where}: file: wanted the name of a file, got {show(file)}")
    if not isinstance(var, str) or not (VAR.match(var) or not var):
        raise CaseError(
            f"{where}: var: wanted a name such as 'x', 's.w', 'c{{2}}' or 'group/x', got {show(var)}"
        )
    path = (folder / file).resolve()
    return Source(path, var, checksum(where, path))


def _shapes(where: str, own: Table) -> bool:
    shapes = own.get("shapes", "python")
    if shapes not in ("matlab", "python"):
        raise CaseError(f'{where}: shapes: wanted "python" or "matlab", got {show(shapes)}')
    return str(shapes) == "matlab"


def given(where: str, told: Any) -> Any:
    """Return what a TOML value stands for, as Python has it: ints stay ints, rows and forms are MATLAB's values."""
    if isinstance(told, list):
        return _listed(where, told)
    if not isinstance(told, dict):
        check_value(where, told)
        return told
    forms = sorted(key for key in told if key.startswith("_"))
    if forms:
        return _formed(where, told, forms)
    for name in told:
        if not NAME.match(name):
            raise CaseError(
                f"{where}: {show(name)}: wanted the name of a field (a letter, then letters, digits or _, at most 63)"
            )
    return {name: given(f"{where}.{name}", item) for name, item in told.items()}


def check_spelled(where: str, told: Any) -> None:
    """Raise CaseError unless an attribute or an argument is what both sides can have."""
    check_value(where, told)
    spelled(where, told, python=False)


def spelled(where: str, told: Any, *, python: bool) -> Any:
    """Return an attribute or an argument as a side has it: what a form such as {_int32 = [1, 2]} stands for.

    All else stays as it is written. Raises CaseError.
    """
    if isinstance(told, list):
        return [spelled(f"{where}[{k}]", item, python=python) for k, item in enumerate(told)]
    if not isinstance(told, dict):
        return told
    if any(isinstance(key, str) and key.startswith("_") for key in told):
        value = given(where, told)
        return to_python(value) if python else value
    return {key: spelled(f"{where}.{key}", item, python=python) for key, item in told.items()}


def _listed(where: str, told: list[Any]) -> Any:
    if all(is_number(item) for item in told):
        return to_matlab(told) if told else np.zeros((0, 0))
    return Cell((1, len(told)), tuple(given(f"{where}{{{k}}}", item) for k, item in enumerate(told, 1)))


def _formed(where: str, told: Table, forms: list[str]) -> Any:
    chosen = [key for key in forms if key in FORMS]
    only(told, FORMS | {"_size", "_imag"}, where)
    if len(chosen) != 1:
        raise CaseError(
            f"{where}: wanted one of {', '.join(sorted(FORMS))}, got {' and '.join(chosen) or 'none'}"
        )
    form, data = chosen[0], told[chosen[0]]
    size = _size(where, told["_size"]) if "_size" in told else None
    if form in OTHERS and "_imag" in told:
        raise CaseError(f"{where}: _imag: {form} has no imaginary part")
    if form == "_map":
        only(told, {"_map"}, where)
        return _map(f"{where}: {form}", data)
    if form == "_char":
        return _chars(f"{where}: {form}", data, size)
    if form in OTHERS:
        return _container(f"{where}: {form}", form, data, size)
    return _numbers(where, form, told, size)


def _size(where: str, size: Any) -> tuple[int, ...]:
    whole = isinstance(size, list) and len(size) >= 2 and all(is_size(n) for n in size)
    if not whole or math.prod(map(int, size)) > LARGEST:
        raise CaseError(f"{where}: _size: wanted two sizes or more, such as [2, 3], got {show(size)}")
    return tuple(size)


def _fitting(where: str, size: tuple[int, ...] | None, count: int) -> tuple[int, ...]:
    if size is None:
        return (1, count) if count else (0, 0)
    if math.prod(size) != count:
        raise CaseError(f"{where}: _size: {list(size)} wants {math.prod(size)} elements, got {count}")
    return size


def _container(where: str, form: str, data: Any, size: tuple[int, ...] | None) -> Any:
    if not isinstance(data, list):
        raise CaseError(f"{where}: wanted a list, got {show(data)}")
    items = tuple(given(f"{where}[{k}]", item) for k, item in enumerate(data))
    shape = _fitting(where, size, len(items))
    if form == "_cell":
        return Cell(shape, items)
    fields = tuple(items[0]) if items and isinstance(items[0], dict) else ()
    if not all(isinstance(item, dict) and item.keys() == set(fields) for item in items):
        raise CaseError(f"{where}: wanted tables of the same keys, got {show(data)}")
    return items[0] if len(items) == 1 else StructArray(shape, fields, items)


def _map(where: str, data: Any) -> Map:
    pairs = list(data.items()) if isinstance(data, dict) else data
    if not isinstance(pairs, list) or not all(isinstance(p, tuple | list) and len(p) == 2 for p in pairs):
        raise CaseError(
            f"{where}: wanted a table, or a list of [key, value] where keys are numbers, got {show(data)}"
        )
    keys = [key for key, _ in pairs]
    try:
        found = Map.of({key: given(f"{where}({show(key)})", item) for key, item in pairs})
    except (ValueError, TypeError, OverflowError) as error:
        raise CaseError(f"{where}: wanted keys that are all text or all numbers, got {show(keys)}") from error
    if len(found.keys) != len(keys):
        raise CaseError(f"{where}: wanted each key once, got {show(keys)}")
    return found


def _chars(where: str, data: Any, size: tuple[int, ...] | None) -> Any:
    rows = [data] if isinstance(data, str) else data
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise CaseError(f"{where}: wanted text or a list of rows, got {show(data)}")
    if len({len(row.encode()) for row in rows}) > 1:
        raise CaseError(f"{where}: wanted rows as long as each other, got {show(data)}")
    if size is not None:
        _fitting(where, size, sum(map(len, rows)))
        if size[0] != len(rows) and 0 not in size:
            raise CaseError(f"{where}: _size: wanted {len(rows)} rows, got {list(size)}")
    if len(rows) == 1 or (not rows and size in (None, (0, 0))):
        return rows[0] if rows else ""
    if size is None or 0 not in size:
        return CharArray((len(rows), len(rows[0].encode())), tuple(rows))
    return CharArray(size, ("",) * math.prod((size[0], *size[2:])))


def _numbers(where: str, form: str, told: Table, size: tuple[int, ...] | None) -> Any:
    dtype = np.dtype(CLASSES[form[1:]])
    real = _array(f"{where}: {form}", told[form], dtype)
    if "_imag" in told:
        imag = _array(f"{where}: _imag", told["_imag"], dtype)
        if dtype.kind != "f" or imag.shape != real.shape:
            raise CaseError(f"{where}: _imag: wanted as many numbers as _double or _single has")
        real = (real + 1j * imag).astype(np.result_type(dtype, np.complex64))
    if size is None:
        return real
    return real.reshape(-1, order="F").reshape(_fitting(where, size, real.size), order="F")


def _array(where: str, data: Any, dtype: np.dtype[Any]) -> Any:
    """Return numbers, lists of them, or lists of lists, each of which is exactly of the dtype."""
    try:
        x = np.array(data, object)
        flat = x.reshape(-1).tolist()
        fits = all(isinstance(v, bool) if dtype.kind == "b" else is_number(v) for v in flat)
        value = x.astype(dtype) if fits and x.size <= LARGEST else None
        if value is None or (dtype.kind in "iu" and value.reshape(-1).tolist() != flat):
            raise ValueError
    except (ValueError, TypeError, OverflowError) as error:
        what = "true and false" if dtype.kind == "b" else f"numbers of class {dtype}"
        raise CaseError(f"{where}: wanted {what}, or lists of them that are as long as each other, "
                        f"got {show(data)}") from error  # fmt: skip
    if value.ndim == 0:
        return value.reshape(1, 1)
    if value.size == 0 and value.ndim == 1:
        return value.reshape(0, 0)
    return value.reshape(1, -1) if value.ndim == 1 else value
