"""Python's values as MATLAB has them, and MATLAB's as a Python programmer wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import DTypeError
from pybn.steps import NAME
from pybn.values.model import Cell, CharArray, Foreign, Map, StructArray, describe

Array = npt.NDArray[Any]

NUMBERS = "?bBhHiIlLqQfdFD"  # the dtypes that MATLAB has a class for
DEEPEST = 64  # levels; a list that holds itself has no end


def to_matlab(value: Any, where: str = "value") -> Any:
    """Return a Python value as MATLAB has it; `where` names it in errors.

    int, float: 1x1 double; bool: 1x1 logical; complex: 1x1 complex double; str: a char row; None: []. A NumPy array
    keeps its dtype: of no dimension it is 1x1, of one a row. A list or a tuple: [] where it is empty, a row where
    all are numbers, else a cell row. A mapping: a struct. Cell, StructArray, CharArray, Map: themselves.
    Raises DTypeError, naming the place, for what MATLAB has no counterpart of.
    """
    return _matlab(value, where, 0)


def _matlab(value: Any, where: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise DTypeError(f"{where[:200]}: wanted at most {DEEPEST} levels of lists and dicts")
    if value is None:
        return np.zeros((0, 0))
    if isinstance(value, str):
        return _text(str(value), where)
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        return _array(value, where, depth)
    if isinstance(value, bool | int | float | complex):
        return _scalar(value, where)
    if isinstance(value, CharArray):
        return value
    return _container(value, where, depth)


def _container(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {_field(name, where): _matlab(v, f"{where}.{name}", depth + 1) for name, v in value.items()}
    if isinstance(value, list | tuple | range):
        return _list(value, where, depth)
    if isinstance(value, Cell):
        return Cell(value.shape, tuple(_each(value.items, where, depth)))
    if isinstance(value, Map):
        paths = [f"{where}({key!r})" for key in value.keys]
        inner = [_matlab(item, path, depth + 1) for item, path in zip(value.items, paths, strict=True)]
        return Map(value.keys, tuple(inner), value.key_type)
    if isinstance(value, StructArray):
        elements = [_matlab(dict(e), f"{where}({k})", depth + 1) for k, e in enumerate(value.elements, 1)]
        return StructArray(value.shape, value.fields, tuple(elements))
    raise DTypeError(f"{where}: {_nothing(value)}")


def _nothing(value: Any) -> str:
    if isinstance(value, Foreign):
        return f"{describe(value)} never left Octave, and cannot be handed to it"
    hint = ""
    if isinstance(value, bytes | bytearray):
        hint = "; decode it to text, or make it an array: np.frombuffer(value, np.uint8)"
    elif isinstance(value, set | frozenset):
        hint = "; give it an order: sorted(value)"
    elif hasattr(value, "__dict__"):
        hint = "; make it a dict: vars(value)"
    return f"MATLAB has no counterpart of {describe(value)}{hint}"


def _text(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DTypeError(f"{where}: {text!r} is no text that can be written") from error
    return text


def _scalar(value: complex, where: str) -> Array:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            exact = int(float(value)) == value
        except OverflowError:
            exact = False
        if not exact:
            raise DTypeError(f"{where}: {value} is no exact double; say which integer it is: np.int64(...)")
        value = float(value)
    return np.full((1, 1), value)


def _field(name: Any, where: str) -> str:
    if not isinstance(name, str) or not NAME.match(name):
        raise DTypeError(
            f"{where}: {name!r}: wanted the name of a field (a letter, then letters, digits or _, at most 63)"
        )
    return name


def _each(items: Sequence[Any], where: str, depth: int) -> Iterator[Any]:
    return (_matlab(item, f"{where}{{{k}}}", depth + 1) for k, item in enumerate(items, 1))


def _list(items: Sequence[Any], where: str, depth: int) -> Any:
    if not items:
        return np.zeros((0, 0))
    row = _row(items, where)
    return row if row is not None else Cell((1, len(items)), tuple(_each(items, where, depth)))


def _row(items: Sequence[Any], where: str) -> Array | None:
    """Return numbers as a row, None where not all are numbers of one dtype; true and false are none."""
    if all(isinstance(v, int | float | complex) and not isinstance(v, bool) for v in items):
        return np.hstack([_scalar(v, where) for v in items])
    dtypes = {v.dtype for v in items if isinstance(v, np.number)}
    if len(dtypes) == 1 and all(isinstance(v, np.number) for v in items):
        return _array(np.array(items), where, 0)  # type: ignore[no-any-return]
    return None


def _array(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(f"{where}: MATLAB has no masked arrays; fill it: value.filled(np.nan)")
    x = np.asarray(value)
    shape = (1, *x.shape) if x.ndim == 1 else x.shape or (1, 1)
    if x.dtype.char in NUMBERS:
        return x.astype(x.dtype.newbyteorder("="), copy=False).reshape(shape)
    if x.dtype.names:
        names = tuple(_field(name, where) for name in x.dtype.names)
        records = [{n: x[n][at] for n in names} for at in _places(x.shape)]
        elements = [_matlab(e, f"{where}({k})", depth + 1) for k, e in enumerate(records, 1)]
        return elements[0] if x.size == 1 else StructArray(shape, names, tuple(elements))
    if x.dtype.kind == "U" and not x.ndim:
        return _text(str(x[()]), where)
    if x.dtype.kind in "OU":
        items = [x[at] for at in _places(x.shape)]
        return Cell(shape, tuple(_each(items, where, depth)))
    raise DTypeError(f"{where}: MATLAB has no counterpart of NumPy's {x.dtype}")


def _places(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the indices of all elements in MATLAB's order."""
    return (index[::-1] for index in np.ndindex(*shape[::-1]))


def to_python(value: Any, *, shapes: bool = False) -> Any:
    """Return a MATLAB value as Python code would have it.

    A 1x1 is a scalar of its dtype (logical: bool), a row or a column is 1-D, what is empty in all dimensions stays a
    (0, 0) array; other arrays are as they are, and with `shapes` all. A vector of cells or structs is a list, another
    array of them lists of lists, rows first; a char array is the list of its rows; a containers.Map is a dict, whole
    numbers among its keys ints. Arrays are copies. What is Python's own, an int for one, stays as it is.
    """
    if isinstance(value, np.ndarray):
        return value.copy(order="K") if shapes else _flat(value)
    if isinstance(value, Mapping):
        return {name: to_python(item, shapes=shapes) for name, item in value.items()}
    of = partial(to_python, shapes=shapes)
    if isinstance(value, Cell):
        return nested(value.shape, value.items, of)
    if isinstance(value, StructArray):
        return nested(value.shape, value.elements, of)
    if isinstance(value, CharArray):
        return list(value.rows)
    if isinstance(value, Map):
        return {_key(key): of(item) for key, item in zip(value.keys, value.items, strict=True)}
    return value


def _key(key: object) -> object:
    return int(key) if isinstance(key, float) and key.is_integer() else key


def _flat(x: Array) -> Any:
    if x.ndim > 2 or x.shape == (0, 0):
        return x.copy(order="K")
    if x.size == 1:
        return bool(x.item()) if x.dtype == bool else x.reshape(())[()]
    return x.reshape(-1).copy() if x.ndim == 2 and 1 in x.shape else x.copy(order="K")


def nested(shape: tuple[int, ...], items: Sequence[Any], of: Callable[[Any], Any]) -> list[Any]:
    """Return items that stand in MATLAB's order as a list, where they are a vector, or as lists of lists."""
    return _rows((len(items),) if len(shape) == 2 and 1 in shape else shape, items, of)


def _rows(shape: tuple[int, ...], items: Sequence[Any], of: Callable[[Any], Any]) -> list[Any]:
    if len(shape) == 1:
        return [of(item) for item in items]
    return [_rows(shape[1:], items[k :: shape[0]], of) for k in range(shape[0])]
