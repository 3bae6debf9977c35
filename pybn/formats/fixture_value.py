"""How a fixture holds a value that is no plain array: its structure as JSON, its numbers in one vector a dtype.

{"array": [dtype, shape]}       the next elements of that dtype's vector, in MATLAB's order
{"text": text}                  a char row
{"chars": [shape, rows]}        a char array of another shape
{"cell": [shape, items]}
{"struct": [[field, item], ...]}
{"structs": [shape, fields, [[item, ...], ...]]}
{"map": [key type, keys, [item, ...]]}
{"foreign": class}              what did not leave Octave
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.values import Cell, CharArray, Foreign, Map, StructArray

Array = npt.NDArray[Any]


def encode(value: Any) -> tuple[bytes, dict[str, Array]]:
    """Return the structure of a value, and by dtype the elements of its arrays. Raises TypeError."""
    vectors: dict[str, list[Array]] = defaultdict(list)
    structure = json.dumps(_encoded(value, vectors), ensure_ascii=False, separators=(",", ":"))
    return structure.encode(), {name: np.concatenate(parts) for name, parts in vectors.items()}


def _encoded(value: Any, vectors: dict[str, list[Array]]) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        vectors[value.dtype.name].append(value.reshape(-1, order="F"))
        return {"array": [value.dtype.name, value.shape]}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, CharArray):
        return {"chars": [value.shape, value.rows]}
    if isinstance(value, Cell):
        return {"cell": [value.shape, [_encoded(item, vectors) for item in value.items]]}
    if isinstance(value, Mapping):
        return {"struct": [[name, _encoded(item, vectors)] for name, item in value.items()]}
    if isinstance(value, StructArray):
        rows = [[_encoded(e[name], vectors) for name in value.fields] for e in value.elements]
        return {"structs": [value.shape, value.fields, rows]}
    if isinstance(value, Map):
        return {"map": [value.key_type, value.keys, [_encoded(item, vectors) for item in value.items]]}
    if isinstance(value, Foreign):
        return {"foreign": value.class_name}
    raise TypeError(f"wanted a MATLAB value, got {type(value).__name__}")


def decode(structure: bytes, vectors: Mapping[str, Array]) -> Any:
    """Return the value that `encode` took. Raises ValueError, TypeError or KeyError where the two do not fit."""
    taken: dict[str, int] = defaultdict(int)
    value = _decoded(json.loads(structure), vectors, taken)
    if left := {name for name, vector in vectors.items() if taken[name] != vector.size}:
        raise ValueError(f"elements of {sorted(left)} that belong to nothing")
    return value


def _decoded(told: Any, vectors: Mapping[str, Array], taken: dict[str, int]) -> Any:
    match told:
        case {"array": [str(name), [*extents]]}:
            shape = _shape(extents)
            start, taken[name] = taken[name], taken[name] + math.prod(shape)
            return vectors[name][start : taken[name]].reshape(shape, order="F")
        case {"text": str(text)}:
            return text
        case {"chars": [[*extents], [*rows]]}:
            return CharArray(_shape(extents), tuple(map(str, rows)))
        case {"cell": [[*extents], [*items]]}:
            return Cell(_shape(extents), tuple(_decoded(item, vectors, taken) for item in items))
        case {"struct": [*pairs]}:
            return {str(name): _decoded(item, vectors, taken) for name, item in pairs}
        case {"structs": [[*extents], [*fields], [*rows]]}:
            elements = [
                {str(name): _decoded(item, vectors, taken) for name, item in zip(fields, row, strict=True)}
                for row in rows
            ]
            return StructArray(_shape(extents), tuple(map(str, fields)), tuple(elements))
        case {"map": [str(kind), [*keys], [*items]]}:
            return Map(tuple(keys), tuple(_decoded(item, vectors, taken) for item in items), kind)
        case {"foreign": str(name)}:
            return Foreign(name)
    raise ValueError(f"wanted the structure of a value, got {str(told)[:80]}")


def _shape(extents: list[Any]) -> tuple[int, ...]:
    if not all(type(n) is int and n >= 0 for n in extents):
        raise ValueError(f"wanted a shape, got {extents}")
    return tuple(extents)
