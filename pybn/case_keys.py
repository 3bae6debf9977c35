"""Read the keys of a case file's tables, each of the type that is wanted, and resolve `$name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pybn.errors import CaseError

LARGEST = 2**63  # beyond it, no side has an integer
SHOWN = 200  # characters of an offending value


def only(table: Mapping[str, Any], keys: set[str] | frozenset[str], where: str) -> None:
    """Raise CaseError where a table has a key that means nothing."""
    if unknown := sorted(table.keys() - keys):
        raise CaseError(
            f"{where}: {show(unknown[0])} means nothing here; known are {', '.join(sorted(keys))}"
        )


def table(owner: Mapping[str, Any], key: str, where: str = "") -> dict[str, Any]:
    """Return the table under `key`, an empty one where there is none."""
    value = owner.get(key, {})
    if not isinstance(value, dict):
        raise CaseError(f"{where}{key}: wanted a table, got {show(value)}")
    return value


def tables(owner: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the list of tables under `key`, an empty one where there is none."""
    value = owner.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise CaseError(f"{key}: wanted tables under [[{key}]], got {show(value)}")
    return value


def text(owner: Mapping[str, Any], key: str, where: str = "") -> str:
    """Return the text under `key`, "" where there is none."""
    value = owner.get(key, "")
    if not isinstance(value, str):
        raise CaseError(f"{where}{key}: wanted text, got {show(value)}")
    return value


def flag(owner: Mapping[str, Any], key: str) -> bool:
    """Return what is under `key`, true or false; false where there is nothing."""
    value = owner.get(key, False)
    if not isinstance(value, bool):
        raise CaseError(f"{key}: wanted true or false, got {show(value)}")
    return value


def is_number(value: object) -> bool:
    """Tell whether a value is an integer of 64 bits or a float; true and false are none."""
    if isinstance(value, int):
        return not isinstance(value, bool) and -LARGEST <= value < LARGEST
    return isinstance(value, float)


def is_size(value: object) -> bool:
    """Tell whether a value is a number of elements."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def check_value(where: str, value: Any) -> None:
    """Raise CaseError unless a value is what both languages have: numbers, text, true, false, lists, tables."""
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            check_value(where, item)
    elif not isinstance(value, str | bool) and not is_number(value):
        raise CaseError(
            f"{where}: wanted a number (integers of 64 bits), text, true, false, a list or a table, got {show(value)}"
        )


def resolve(value: Any, known: Mapping[str, Any]) -> Any:
    """Replace "$name" by the attribute of that name, at any depth; "$$" at the start is one plain $."""
    if isinstance(value, list):
        return [resolve(item, known) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item, known) for key, item in value.items()}
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$$"):
        return value[1:]
    if value[1:] not in known:
        raise CaseError(f"{show(value)} names no attribute; there are {sorted(known)}")
    return known[value[1:]]


def show(value: object) -> str:
    """Return the repr of a value from a file, cut where it is long."""
    try:
        said = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return f"a value of type {type(value).__name__} that is too long to show"
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."
