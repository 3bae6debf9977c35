"""What MATLAB's own classes keep in their properties, in the terms that MATLAB shows them in.

    string            {"value": text}; of a missing one an object of the class missing
    datetime          {"value": ISO 8601 text, "milliseconds": since 1970}, and "TimeZone", "Format" where it has them
    duration          {"value": ISO 8601 text, "milliseconds"}, and "Format"
    calendarDuration  {"value": ISO 8601 text, "months", "days", "milliseconds"}, and "Format"
    categorical       {"value": category, "code": from 1, 0 for none, "categories": Cell, "ordinal", "protected"}
    containers.Map    a `pybn.values.Map`, no Object; with keys that none has, NaN for one, an Object of
                      {"keys": Cell, "values": Cell, "KeyType", "ValueType"}
    dictionary        {"keys", "values"}
    table             {"variables": {name: column}, "row_names": Cell, "properties": what else is said of it}
    timetable         {"variables": ..., "row_times": datetime, duration, or a struct of start and step, "properties"}

The first five have one dict an element (`Columns`). Numbers are as they are stored, which is exact: milliseconds of a
datetime are complex where one double does not hold them, the imaginary part then what is missing in the real one.
What does not look as these classes do is left as it is stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.formats import mat_times
from pybn.values import Cell, CharArray, Map, Object
from pybn.values.columns import Columns

MISSING = Object("missing", (1, 1), ({},))
NO_CHARACTERS = 0xFFFFFFFFFFFFFFFF  # the length of a missing string
Properties = Mapping[str, Any]


def flat(class_name: str, properties: Properties, order: str) -> Object | None:
    """Return objects of a class of FLAT; None for what is not stored as those are. Raises FormatError."""
    if class_name == "string":
        return _string(properties, order)
    return FLAT[class_name](properties)


def converted(class_name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of an object in the terms of its class; of classes not of MATLAB's as they are."""
    found = WHOLE[class_name](properties) if class_name in WHOLE else None
    return properties if found is None else found


def _array(value: Any, kinds: str) -> Any:
    """Return a value that is an array of some kind, None for another."""
    dtype = getattr(value, "dtype", None)
    fits = dtype is not None and dtype.kind in kinds and not hasattr(value, "indptr")
    return np.asarray(value) if fits else None


# One object that stands for many.


def _string(properties: Properties, order: str = "<") -> Object | None:
    """A version, the number of dimensions, dimensions, lengths, then all characters as UTF-16."""
    words = _array(properties.get("any"), "u")
    if words is None or words.dtype != np.uint64:
        return Object("string", (0, 0), Columns({"value": Cell((0, 0), ())})) if not properties else None
    if not words.size or int(words.flat[0]) != 1:
        return None
    row = words.ravel(order="F")
    ranks = int(row[1]) if row.size > 1 else 0
    shape = tuple(int(n) for n in row[2 : 2 + ranks]) if ranks <= 32 else ()
    count, first = math.prod(shape), 2 + ranks
    if not 2 <= ranks == len(shape) or count > row.size - first:
        raise FormatError("a string array does not have as many parts as it says; the file is damaged")
    lengths = row[first : first + count].tolist()
    texts = _texts(row[first + count :].astype(f"{order}u8").tobytes(), lengths, order)
    return Object("string", shape, Columns({"value": Cell(shape, texts)}))


def _texts(units: bytes, lengths: list[int], order: str) -> tuple[Any, ...]:
    found: list[Any] = []
    at = 0
    for length in lengths:
        if length == NO_CHARACTERS:
            found.append(MISSING)
            continue
        if 2 * length > len(units) - at:
            raise FormatError("the characters of a string array end too early; the file is damaged")
        piece = units[at : at + 2 * length]
        found.append(piece.decode("utf-16-le" if order == "<" else "utf-16-be", "surrogatepass"))
        at += 2 * length
    return tuple(found)


def _datetime(properties: Properties) -> Object | None:
    millis = _array(properties.get("data"), "fc")
    if millis is None:
        return None
    common = {
        name: text
        for name, stored in (("TimeZone", "tz"), ("Format", "fmt"))
        if (text := properties.get(stored)) and isinstance(text, str)
    }
    texts = mat_times.moments(millis, zoned="TimeZone" in common)
    each = {"value": Cell(millis.shape, texts), "milliseconds": millis}
    return Object("datetime", millis.shape, Columns(each, common))


def _duration(properties: Properties) -> Object | None:
    millis = _array(properties.get("millis"), "fc")
    if millis is None:
        return None
    each = {"value": Cell(millis.shape, mat_times.durations(millis)), "milliseconds": millis}
    return Object("duration", millis.shape, Columns(each, _format(properties)))


def _calendar_duration(properties: Properties) -> Object | None:
    parts = properties.get("components")
    if not isinstance(parts, Mapping):
        return None
    found = [_array(parts.get(name), "f") for name in ("months", "days", "millis")]
    if any(part is None for part in found):
        return None
    try:
        months, days, millis = np.broadcast_arrays(*found)  # what is the same for all is stored once
    except ValueError as error:
        raise FormatError(f"the parts of a calendarDuration do not fit: {error}") from error
    texts = mat_times.calendar_durations(months, days, millis)
    each = {"value": Cell(months.shape, texts), "months": months, "days": days, "milliseconds": millis}
    return Object("calendarDuration", months.shape, Columns(each, _format(properties)))


def _format(properties: Properties) -> dict[str, str]:
    text = properties.get("fmt")
    return {"Format": text} if isinstance(text, str) and text else {}


def _categorical(properties: Properties) -> Object | None:
    codes, names = _array(properties.get("codes"), "u"), properties.get("categoryNames")
    if codes is None or not isinstance(names, Cell):
        return None
    if codes.size and int(codes.max()) > len(names.items):
        raise FormatError(
            f"a categorical has a code {int(codes.max()):,} of {len(names.items):,} categories; it is damaged"
        )
    texts = (MISSING, *names.items)
    each = {
        "value": Cell(codes.shape, tuple(texts[k] for k in codes.ravel(order="F").tolist())),
        "code": codes,
    }
    flags = {"ordinal": properties.get("isOrdinal"), "protected": properties.get("isProtected")}
    common = {"categories": names, **{name: flag for name, flag in flags.items() if flag is not None}}
    return Object("categorical", codes.shape, Columns(each, common))


FLAT: dict[str, Callable[[Properties], Object | None]] = {
    "string": _string,
    "datetime": _datetime,
    "duration": _duration,
    "calendarDuration": _calendar_duration,
    "categorical": _categorical,
}


# One object that holds others.


def mapped(properties: Properties) -> tuple[Map, tuple[Any, ...]] | None:
    """Return a containers.Map with its keys, and its values as they are stored; None for what is no such Map."""
    stored = _serialized(properties)
    if stored is None or len(stored["keys"].items) != len(stored["values"].items):
        return None
    kinds = [str(stored.get(name) or "any") for name in ("keyType", "valueType")]
    keys = tuple(map(_key, stored["keys"].items))
    try:
        order = sorted(range(len(keys)), key=keys.__getitem__)
        items = tuple(stored["values"].items[k] for k in order)
        return Map(tuple(keys[k] for k in order), items, *kinds), items
    except (ValueError, TypeError):
        return None


def _key(stored: Any) -> Any:
    """Return a key as text or a Python number, None for anything else."""
    if isinstance(stored, str):
        return stored
    number = _array(stored, "iuf")
    return number.item() if number is not None and number.size == 1 else None


def _serialized(properties: Properties) -> Mapping[str, Any] | None:
    stored = properties.get("serialization")
    cells = isinstance(stored, Mapping) and all(isinstance(stored.get(n), Cell) for n in ("keys", "values"))
    return stored if cells else None


def _map(properties: Properties) -> dict[str, Any] | None:
    stored = _serialized(properties)
    if stored is None:
        return None
    types = {"KeyType": stored.get("keyType"), "ValueType": stored.get("valueType")}
    known = {name: type_ for name, type_ in types.items() if isinstance(type_, str)}
    return {"keys": stored["keys"], "values": stored["values"], **known}


def _dictionary(properties: Properties) -> dict[str, Any] | None:
    stored = properties.get("data")
    if not isinstance(stored, Mapping) or not {"Key", "Value"} <= set(stored):
        return None
    return {"keys": stored["Key"], "values": stored["Value"]}


def _table(properties: Properties) -> dict[str, Any] | None:
    about = properties.get("props")
    about = about if isinstance(about, Mapping) else {}
    variables = _variables(properties, about, ("varnames", "VariableNames"), "VariableNames")
    if variables is None:
        return None
    rows = properties.get("rownames")
    found: dict[str, Any] = {"variables": variables}
    if isinstance(rows, Cell) and rows.items:
        found["row_names"] = rows
    return found | _about(about)


def _timetable(properties: Properties) -> dict[str, Any] | None:
    stored = properties.get("any")
    if not isinstance(stored, Mapping) or "rowTimes" not in stored:
        return None
    variables = _variables(stored, stored, ("varNames",), "varNames")
    if variables is None:
        return None
    return {"row_times": stored["rowTimes"], "variables": variables} | _about(
        {name: item for name, item in stored.items() if name not in _MACHINERY}
    )


def _variables(
    stored: Properties, about: Properties, plain: tuple[str, ...], name: str
) -> dict[str, Any] | None:
    """Return the columns by name; long names, and those that are no identifiers, are kept apart."""
    columns = stored.get("data")
    used = [f"{name}2048"] * _on(about, f"use{name[0].upper()}{name[1:]}2048")
    for suffix in ("Original", "Orig"):
        used += [f"{name}{suffix}"] * _on(about, f"use{name[0].upper()}{name[1:]}{suffix}")
    names = next((about[key] for key in used if isinstance(about.get(key), Cell)), None)
    names = names or next((stored[key] for key in plain if isinstance(stored.get(key), Cell)), None)
    if not isinstance(columns, Cell) or names is None or len(names.items) != len(columns.items):
        return None
    found = dict(zip(map(str, names.items), columns.items, strict=True))
    return found if len(found) == len(columns.items) else None


def _on(about: Properties, flag: str) -> bool:
    found = _array(about.get(flag), "bf")
    return found is not None and found.size == 1 and bool(found.item())


_MACHINERY = {"data", "varNames", "rowTimes", "numVars", "numRows", "numDims"}


def _about(stored: Properties) -> dict[str, Any]:
    """Return what is said of a table, without what is empty or about how it is stored."""
    found = {
        name: item
        for name, item in stored.items()
        if not name.lower().startswith(("use", "version", "mincompatible", "incompatib")) and not _empty(item)
    }
    return {"properties": found} if found else {}


def _empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_empty, value.values()))
    if isinstance(value, Cell):
        return all(map(_empty, value.items))
    if isinstance(value, str | CharArray):
        return not value
    shape = getattr(value, "shape", None)
    return shape is not None and 0 in shape


WHOLE: dict[str, Callable[[Properties], dict[str, Any] | None]] = {
    "containers.Map": _map,
    "dictionary": _dictionary,
    "table": _table,
    "timetable": _timetable,
}
