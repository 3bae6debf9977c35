"""What a case file declares of its tensors: axes, dtype, how an input is drawn, how close an output must be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pybn.case import DTYPES, Source, Tensor, Value
from pybn.case_keys import is_number, is_size, only, resolve, show, table, text
from pybn.compare import Tolerance
from pybn.declare_values import input_value, is_value, output_value, source
from pybn.draw import OPTIONS, check_draw
from pybn.errors import CaseError
from pybn.steps import NAME, WORDS

LARGEST = 1 << 30  # bytes of one tensor
TENSOR = frozenset({"axes", "shape", "dtype", "matlab", "python"})
CLOSE = frozenset({"ulp", "rtol", "atol", "ulp_of_max", "because"})
TOLD = frozenset({"layer"})
FROM_FILE = frozenset({"file", "var", "stored"})
KEYS = {
    "inputs": TENSOR | OPTIONS | FROM_FILE | {"shapes"},
    "outputs": TENSOR | CLOSE | TOLD | {"kind", "shapes", "compare"},
}

Table = Mapping[str, Any]


def declared(
    key: str, told: Table, each: Table, known: Table, wanted: set[str], folder: Path
) -> tuple[dict[str, Tensor], dict[str, Value]]:
    """Return the tensors and the other values of [inputs] or [outputs] that a case's steps speak of.

    A case's own keys stand over the file's; files are named from `folder`. Printed text is of every case.
    Raises CaseError, naming the tensor and the key.
    """
    common, special = table(told, key), table(each, key)
    size = _sizes(table(each, "size"))
    for name in {**common, **special}:
        if not NAME.match(name) or name in WORDS:
            raise CaseError(
                f"{key}: {show(name)}: wanted a name (a letter, then letters, digits or _, at most 63) "
                f"other than {', '.join(sorted(WORDS))}"
            )
        if name not in common:
            raise CaseError(f"{key}: {name!r} is not declared in [{key}]")
    tensors: dict[str, Tensor] = {}
    values: dict[str, Value] = {}
    for name in common:
        own = _merged(table(common, name, f"{key}: "), table(special, name, f"{key}: "))
        where = f"{key}: {name}"
        only(own, KEYS[key], where)
        if name not in wanted and own.get("kind") != "printed":
            continue
        if not is_value(key, own):
            tensors[name] = _tensor(where, name, own, size, known, folder)
        elif key == "inputs":
            values[name] = input_value(where, name, own, known, folder)
        else:
            bounds = partial(_tolerance, where, own, dtype_of("$dtype", known))
            values[name] = output_value(where, name, own, CLOSE, bounds)
    return tensors, values


def dtype_of(value: Any, known: Table) -> str:
    """Return the name of a dtype, given as such or as $name."""
    dtype = resolve(value, known)
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise CaseError(f"dtype: wanted one of {', '.join(sorted(DTYPES))}, got {show(dtype)}")
    return dtype


def _merged(common: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    """Put a case's keys over the file's; another drawing or another kind of shape replaces all that went with it."""
    dropped: set[str] = set()
    spelled = "value" in special and "draw" not in special and common.get("draw") != "full"
    if {"draw", "values", "file"} & special.keys() or spelled:
        dropped |= OPTIONS | FROM_FILE
    if {"draw", "values"} & special.keys():
        dropped |= {"shapes"}
    if spelled:
        dropped |= TENSOR
    if common.get("kind", "tensor") != special.get("kind", common.get("kind", "tensor")):
        dropped |= TENSOR | CLOSE | {"kind", "shapes", "compare"}
    if "axes" in special:
        dropped |= {"shape"}
    if "shape" in special:
        dropped |= {"axes", "matlab", "python"}
    return {key: value for key, value in common.items() if key not in dropped} | special


def _tensor(
    where: str, name: str, own: dict[str, Any], size: dict[str, int], known: Table, folder: Path
) -> Tensor:
    only(own, own.keys() - {"shapes", "compare"}, f"{where}, which has axes and so is a tensor")
    try:
        dtype = dtype_of(own.get("dtype", "$dtype"), known)
    except CaseError as error:
        raise CaseError(f"{where}: {error}") from error
    axes, side, shape = _shape(where, own, size, known)
    if math.prod(max(n, 1) for n in shape) * np.dtype(dtype).itemsize > LARGEST:
        raise CaseError(
            f"{where}: wanted at most {LARGEST >> 30} GiB, got {dtype} of shape {show(list(shape))}"
        )
    matlab = _side(where, "matlab", own, side, known) or side
    # MATLAB has no fewer than two axes: a vector is a row there.
    matlab = (*["1"] * (2 - len(matlab)), *matlab)
    python = _side(where, "python", own, side, known) or side
    options = {key: resolve(value, known) for key, value in own.items() if key in OPTIONS}
    from_file = _stored(where, own, known, folder, side) if "file" in own else None
    if "stored" in own and not from_file:
        raise CaseError(f"{where}: stored: wanted a file, too, got none")
    if from_file and options:
        raise CaseError(f"{where}: wanted either file or {min(options)}, got both")
    if not from_file:
        check_draw(where, options, shape)
    close, layer = _tolerance(where, own, dtype), text(own, "layer", f"{where}: ")
    return Tensor(name, shape, dtype, axes, matlab, python, options, close, layer, from_file)


def _stored(where: str, own: Table, known: Table, folder: Path, axes: tuple[str, ...]) -> Source:
    """Return where a tensor is, and how its axes lie there."""
    return replace(source(where, own, known, folder), axes=_side(where, "stored", own, axes, known))


def _shape(
    where: str, own: Table, size: dict[str, int], known: Table
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Return the names of the axes, of which a mere shape has none, what sides may call them, and the sizes."""
    if "shape" not in own:
        axes = _axis_names(where, "axes", own.get("axes"), known)
        if missing := [axis for axis in axes if axis not in size]:
            raise CaseError(f"{where}: no size for the axis {missing[0]!r}; size has {sorted(size)}")
        return axes, axes, tuple(size[axis] for axis in axes)
    if "axes" in own:
        raise CaseError(f"{where}: wanted either axes or shape, got both")
    shape = resolve(own["shape"], known)
    if not isinstance(shape, list) or not all(is_size(n) for n in shape):
        raise CaseError(f"{where}: shape: wanted a list of sizes, got {show(shape)}")
    return (), tuple(f"d{k}" for k in range(len(shape))), tuple(shape)


def _side(where: str, key: str, own: Table, axes: tuple[str, ...], known: Table) -> tuple[str, ...]:
    if key not in own:
        return ()
    names = _axis_names(where, key, own[key], known)
    if sorted(n for n in names if n != "1") != sorted(axes):
        raise CaseError(
            f"{where}: {key}: wanted the axes {' '.join(axes)!r} in some order, got {show(' '.join(names))}"
        )
    return names


def _axis_names(where: str, key: str, value: Any, known: Table) -> tuple[str, ...]:
    said = resolve(value, known)
    if not isinstance(said, str):
        raise CaseError(f"{where}: {key}: wanted axes such as 'H W C N', got {show(said)}")
    # A layout such as "NCHW" comes from an attribute: one letter an axis.
    names = tuple(said) if str(value).startswith("$") and " " not in said else tuple(said.split())
    named = [name for name in names if name != "1" or key == "axes"]
    if not all(NAME.match(name) for name in named) or len({*named}) != len(named):
        raise CaseError(f"{where}: {key}: wanted different names of axes such as 'H W C N', got {show(said)}")
    return names


def _sizes(size: dict[str, Any]) -> dict[str, int]:
    for axis, n in size.items():
        if not NAME.match(axis):
            raise CaseError(f"size: wanted names of axes, got {show(axis)}")
        if not is_size(n):
            raise CaseError(f"size: {axis}: wanted a number of elements, got {show(n)}")
    return size


def _tolerance(where: str, own: Table, dtype: str) -> Tolerance:
    because = own.get("because", "")
    if not isinstance(because, str):
        raise CaseError(f"{where}: because: wanted text, got {show(because)}")
    close = {
        key: _how_close(f"{where}: {key}", own[key], dtype)
        for key in sorted(CLOSE - {"because"})
        if key in own
    }
    if any(close.values()) and not because.strip():
        raise CaseError(f'{where}: {", ".join(close)}: a tolerance wants a reason: because = "..."')
    return Tolerance(**close, because=because)


def _how_close(where: str, value: Any, dtype: str) -> float:
    """Return a bound, which is a number or, in a table, a number a dtype."""
    if isinstance(value, dict):
        only(value, DTYPES, where)
    bounds = value if isinstance(value, dict) else {dtype: value}
    for bound in bounds.values():
        if not is_number(bound) or not 0 <= bound < float("inf"):
            raise CaseError(f"{where}: wanted a number >= 0, got {show(bound)}")
    found: float = bounds.get(dtype, 0)
    return found
