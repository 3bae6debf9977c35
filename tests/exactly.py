"""Whether two values are the same to the last bit: classes, shapes, the bits of NaNs, the order of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse

from pybn.formats.lazy import LazyArray
from pybn.values import Cell, CharArray, Foreign, Object, StructArray


def differs(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Say where two values are not the same; what is lazy or sparse counts as the full array."""
    if isinstance(found, LazyArray):
        shape, dtype = found.shape, found.dtype
        found = np.asarray(found)
        if (found.shape, found.dtype) != (shape, dtype):
            return [f"{path}: promised {dtype}{shape}, gave {found.dtype}{found.shape}"]
    if scipy.sparse.issparse(found):
        found = found.toarray()
    if isinstance(wanted, np.ndarray):
        if not isinstance(found, np.ndarray) or (wanted.dtype, wanted.shape) != (found.dtype, found.shape):
            return [f"{path}: wanted {wanted.dtype}{wanted.shape}, got {_told(found)}"]
        if wanted.tobytes("F") != found.tobytes("F"):
            return [f"{path}: wanted {wanted!s:.200}, got {found!s:.200}"]
        return []
    if isinstance(wanted, Foreign) and isinstance(found, Object):
        return [] if wanted.class_name == found.class_name else [f"{path}: {wanted}, {found}"]
    if isinstance(wanted, str | CharArray | Foreign):
        return [] if wanted == found else [f"{path}: wanted {wanted!r:.200}, got {_told(found)}"]
    return _nested(wanted, found, path)


def _nested(wanted: Any, found: Any, path: str) -> list[str]:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        if list(wanted) != list(found):
            return [f"{path}: wanted fields {list(wanted)}, got {list(found)}"]
        return [line for name in wanted for line in differs(wanted[name], found[name], f"{path}.{name}")]
    if type(wanted) is not type(found) or wanted.shape != found.shape:
        return [f"{path}: wanted {_told(wanted)}, got {_told(found)}"]
    if isinstance(wanted, StructArray) and wanted.fields != found.fields:
        return [f"{path}: wanted fields {wanted.fields}, got {found.fields}"]
    parts = (
        "items"
        if isinstance(wanted, Cell)
        else "elements"
        if isinstance(wanted, StructArray)
        else "properties"
    )
    pairs = zip(getattr(wanted, parts), getattr(found, parts), strict=True)
    return [line for k, (a, b) in enumerate(pairs) for line in differs(a, b, f"{path}[{k}]")]


def _told(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}"
    return f"{value!r:.200}"
