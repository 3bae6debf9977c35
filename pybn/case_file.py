"""Read case files (TOML). Every key is checked: one that means nothing is an error, not a silence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pybn.case import DTYPES, Case, MatlabSide, PythonSide, Refusal, Tensor, check_flow
from pybn.compare import Tolerance
from pybn.draw import OPTIONS
from pybn.errors import CaseError, FileError
from pybn.step_parser import parse_step
from pybn.steps import NAME, Step, bound_names, used_names

LIMIT = 4 << 20
TOP = {"about", "matlab", "python", "attrs", "inputs", "outputs", "scenario", "step", "case"}
CASE = {"name", "size", "attrs", "dtype", "scenario", "inputs", "outputs", "refuses", "diverges", "live"}
TENSOR = {"axes", "shape", "dtype", "matlab", "python"}
CLOSE = {"ulp", "rtol", "atol", "ulp_of_max", "because"}
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_case_file(path: Path) -> bool:
    """Tell whether a .toml file is one of ours: it has cases and a side to run them on."""
    try:
        told = _parse(path)
    except (CaseError, FileError):
        return False
    return "case" in told and ("matlab" in told or "python" in told)


def read_case_file(path: str | Path) -> list[Case]:
    """Return the cases of a file, one for each dtype of each, in the order they are written.

    Raises CaseError, naming the file, the case and the key; FileError where the file cannot be read.
    """
    file = Path(path)
    told = _parse(file)
    try:
        cases = [case for each in _tables(told, "case") for case in _cases(file, told, each)]
    except CaseError as error:
        prefix = "" if str(error).startswith(str(file)) else f"{file}: "
        raise CaseError(f"{prefix}{error}") from error
    if not cases:
        raise CaseError(f"{file}: wanted at least one [[case]], got none")
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{file}: case {case.id!r} stands twice; names must differ")
        seen.add(case.id)
    return cases


def _parse(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    if len(raw) > LIMIT:
        raise CaseError(f"{file}: wanted a case file of at most {LIMIT >> 20} MiB")
    try:
        return tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CaseError(f"{file}: is no TOML: {error}") from error


def _cases(file: Path, told: dict[str, Any], each: dict[str, Any]) -> Iterable[Case]:
    _only(told, TOP, "the file")
    name = each.get("name")
    if not isinstance(name, str) or not name.strip() or CONTROL.search(name):
        raise CaseError(f"case: name: wanted a line of text, got {name!r}")
    _only(each, CASE, f"case {name!r}")
    dtypes = each.get("dtype", ["float64", "float32"])
    for dtype in [dtypes] if isinstance(dtypes, str) else dtypes:
        try:
            yield _case(file, told, each, dtype)
        except CaseError as error:
            raise CaseError(f"case {name!r}: {error}" if "case " not in str(error) else str(error)) from error


def _case(file: Path, told: dict[str, Any], each: dict[str, Any], dtype: Any) -> Case:
    attrs = _table(told, "attrs") | _table(each, "attrs")
    pairs = _steps(told, each.get("scenario"))
    matlab = tuple(pair[0] for pair in pairs if pair[0])
    python = tuple(pair[1] for pair in pairs if pair[1])
    known = {"dtype": dtype, **attrs}
    _check_attrs(attrs)
    case = Case(
        file=file,
        name=each["name"],
        dtype=_dtype(dtype, known),
        attrs=attrs,
        matlab=_matlab_side(file, _table(told, "matlab"), known, matlab),
        python=_python_side(file, _table(told, "python"), known, python),
        inputs=_tensors("inputs", told, each, known, _used(matlab) | _used(python)),
        outputs=_tensors("outputs", told, each, known, _bound(matlab) | _bound(python)),
        refuses=_refusal(each.get("refuses")),
        diverges=_text(each, "diverges"),
        live=_flag(each, "live"),
    )
    if case.refuses:
        case = replace(case, outputs={})
    elif not case.outputs:
        raise CaseError("outputs: no step binds any of the declared outputs")
    check_flow(case)
    return case


def _steps(told: dict[str, Any], scenario: Any) -> list[tuple[Step | None, Step | None]]:
    scenarios = _table(told, "scenario")
    if scenario is None:
        tables = told.get("step", scenarios.get("main"))
    else:
        if not isinstance(scenario, str) or scenario not in scenarios:
            raise CaseError(f"scenario: wanted one of {sorted(scenarios)}, got {scenario!r}")
        tables = scenarios[scenario]
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise CaseError("step: wanted a list of tables with the keys matlab and python")
    pairs = []
    for table in tables:
        _only(table, {"matlab", "python"}, "step")
        pairs.append((_step(table, "matlab"), _step(table, "python")))
    return pairs


def _step(table: dict[str, Any], side: str) -> Step | None:
    return parse_step(_text(table, side)) if side in table else None


def _matlab_side(file: Path, told: dict[str, Any], known: dict[str, Any], steps: tuple[Step, ...]) -> MatlabSide:
    _only(told, {"path", "class", "function", "new"}, "matlab")
    kinds = [kind for kind in ("class", "function") if kind in told]
    if len(kinds) != 1:
        raise CaseError("matlab: wanted either class or function")
    name = _text(told, kinds[0])
    if not all(NAME.match(part) for part in name.split(".")):
        raise CaseError(f"matlab: {kinds[0]}: wanted a name such as 'BatchNorm' or 'package.name', got {name!r}")
    new = _resolve(told.get("new", []), known)
    if not isinstance(new, list):
        raise CaseError(f"matlab: new: wanted a list of arguments, got {new!r}")
    return MatlabSide(_folders(file, told), kinds[0], name, tuple(new), steps)


def _python_side(file: Path, told: dict[str, Any], known: dict[str, Any], steps: tuple[Step, ...]) -> PythonSide:
    _only(told, {"path", "target", "new"}, "python")
    target = _text(told, "target")
    parts = target.split(":")
    if len(parts) != 2 or not all(DOTTED.match(part) for part in parts):
        raise CaseError(f"python: target: wanted 'module:name', got {target!r}")
    new = _resolve(told.get("new"), known)
    if not isinstance(new, dict | list | None):
        raise CaseError(f"python: new: wanted a table of keywords or a list of arguments, got {new!r}")
    keywords = new if isinstance(new, dict) else {}
    args = new if isinstance(new, list) else []
    return PythonSide(_folders(file, told), target, tuple(args), keywords, new is not None, steps)


def _folders(file: Path, told: dict[str, Any]) -> tuple[Path, ...]:
    paths = told.get("path", [])
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or not all(isinstance(p, str) for p in paths):
        raise CaseError(f"path: wanted a folder or a list of folders, got {paths!r}")
    return tuple((file.parent / p).resolve() for p in paths)


def _tensors(
    key: str, told: dict[str, Any], each: dict[str, Any], known: dict[str, Any], wanted: set[str]
) -> dict[str, Tensor]:
    declared, special = _table(told, key), _table(each, key)
    for name in {**declared, **special}:
        if not NAME.match(name):
            raise CaseError(f"{key}: {name!r}: wanted a name (a letter, then letters, digits or _, at most 63)")
    for name in special:
        if name not in declared:
            raise CaseError(f"{key}: {name!r} is not declared in [{key}]")
    size = _sizes(_table(each, "size"))
    found = {}
    for name in declared:
        if name in wanted:
            table = _table(declared, name) | _table(special, name)
            found[name] = _tensor(f"{key}: {name}", name, table, size, known)
    return found


def _tensor(where: str, name: str, table: dict[str, Any], size: dict[str, int], known: dict[str, Any]) -> Tensor:
    _only(table, TENSOR | CLOSE | OPTIONS, where)
    dtype = _dtype(_resolve(table.get("dtype", "$dtype"), known), known)
    axes: tuple[str, ...] = ()
    if "shape" in table:
        shape = _resolve(table["shape"], known)
        if not isinstance(shape, list) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise CaseError(f"{where}: shape: wanted a list of sizes, got {shape!r}")
        side = tuple(f"d{k}" for k in range(len(shape)))
    else:
        side = axes = _axis_names(where, "axes", table.get("axes"), known)
        if missing := [axis for axis in axes if axis not in size]:
            raise CaseError(f"{where}: no size for the axis {missing[0]!r}; size has {sorted(size)}")
        shape = [size[axis] for axis in axes]
    matlab = _side(where, "matlab", table, side, known) or (side if len(side) > 1 else (*["1"] * (2 - len(side)), *side))
    python = _side(where, "python", table, side, known) or side
    options = {k: v for k, v in table.items() if k in OPTIONS}
    return Tensor(name, tuple(shape), dtype, axes, matlab, python, options, _tolerance(where, table, dtype))


def _side(where: str, key: str, table: dict[str, Any], axes: tuple[str, ...], known: dict[str, Any]) -> tuple[str, ...]:
    if key not in table:
        return ()
    names = _axis_names(where, key, table[key], known)
    if sorted(n for n in names if n != "1") != sorted(axes):
        raise CaseError(f"{where}: {key}: wanted the axes {' '.join(axes)!r} in some order, got {table[key]!r}")
    return names


def _axis_names(where: str, key: str, value: Any, known: dict[str, Any]) -> tuple[str, ...]:
    text = _resolve(value, known)
    if not isinstance(text, str):
        raise CaseError(f"{where}: {key}: wanted axes such as 'H W C N', got {text!r}")
    # A layout such as "NCHW" comes from an attribute: one letter an axis.
    names = tuple(text) if isinstance(value, str) and value.startswith("$") and " " not in text else tuple(text.split())
    if not all(NAME.match(n) or n == "1" for n in names) or len({*names} - {"1"}) != len([n for n in names if n != "1"]):
        raise CaseError(f"{where}: {key}: wanted different names of axes such as 'H W C N', got {text!r}")
    return names


def _tolerance(where: str, table: dict[str, Any], dtype: str) -> Tolerance:
    told = {key: table[key] for key in CLOSE & table.keys()}
    because = told.pop("because", "")
    for key, value in told.items():
        told[key] = value.get(dtype, 0) if isinstance(value, dict) else value
        if isinstance(told[key], bool) or not isinstance(told[key], int | float) or not 0 <= told[key] < float("inf"):
            raise CaseError(f"{where}: {key}: wanted a number >= 0, got {told[key]!r}")
    if any(told.values()) and not (isinstance(because, str) and because.strip()):
        raise CaseError(f"{where}: a tolerance wants a reason: because = \"...\"")
    return Tolerance(**told, because=because)


def _refusal(value: Any) -> Refusal | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != {"matlab", "python"} or not all(isinstance(v, str) for v in value.values()):
        raise CaseError(f"refuses: wanted {{ matlab = 'Class:identifier', python = 'ExceptionName' }}, got {value!r}")
    return Refusal(value["matlab"], value["python"])


def _resolve(value: Any, known: Mapping[str, Any]) -> Any:
    """Replace "$name" by the attribute of that name, at any depth; "$$" at the start is one plain $."""
    if isinstance(value, list):
        return [_resolve(item, known) for item in value]
    if isinstance(value, dict):
        return {key: _resolve(item, known) for key, item in value.items()}
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$$"):
        return value[1:]
    if value[1:] not in known:
        raise CaseError(f"{value!r} names no attribute; there are {sorted(known)}")
    return known[value[1:]]


def _check_attrs(attrs: dict[str, Any]) -> None:
    for name, value in attrs.items():
        if not NAME.match(name) or name == "dtype":
            raise CaseError(f"attrs: {name!r}: wanted a name (a letter, then letters, digits or _, at most 63) other than dtype")
        if not isinstance(value, str | bool | int | float | list | dict):
            raise CaseError(f"attrs: {name}: wanted a number, text, true or false, a list or a table, got {value!r}")


def _sizes(size: dict[str, Any]) -> dict[str, int]:
    for axis, n in size.items():
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise CaseError(f"size: {axis}: wanted a number of elements, got {n!r}")
    return size


def _dtype(value: Any, known: dict[str, Any]) -> str:
    dtype = _resolve(value, known)
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise CaseError(f"dtype: wanted one of {', '.join(sorted(DTYPES))}, got {dtype!r}")
    return dtype


def _used(steps: tuple[Step, ...]) -> set[str]:
    return {name for step in steps for name in used_names(step)}


def _bound(steps: tuple[Step, ...]) -> set[str]:
    return {name for step in steps for name in bound_names(step)}


def _only(table: dict[str, Any], keys: set[str] | frozenset[str], where: str) -> None:
    if unknown := sorted(table.keys() - keys):
        raise CaseError(f"{where}: {unknown[0]!r} means nothing here; known are {', '.join(sorted(keys))}")


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise CaseError(f"{key}: wanted a table, got {value!r}")
    return value


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise CaseError(f"{key}: wanted tables under [[{key}]], got {value!r}")
    return value


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise CaseError(f"{key}: wanted text, got {value!r}")
    return value


def _flag(table: dict[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise CaseError(f"{key}: wanted true or false, got {value!r}")
    return value
