"""What a case file says of its two sides: what runs there, in which folders, and what constructs an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pybn.case import MatlabSide, PythonSide
from pybn.case_keys import only, resolve, show, table, text
from pybn.declare_values import check_spelled
from pybn.errors import CaseError
from pybn.steps import NAME, Step, Variable

MATLAB = {"path", "class", "function", "new", "functions", "tree", "allow"}
PYTHON = {"path", "target", "new", "targets"}
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)


def constructor_names(told: Mapping[str, Any]) -> set[str]:
    """Return the names that the arguments of constructors give as $name, on both sides of a case file."""
    found: set[str] = set()
    for side in ("matlab", "python"):
        new = table(told, side).get("new")
        values = list(new.values()) if isinstance(new, dict) else new if isinstance(new, list) else []
        found |= {v[1:] for v in values if isinstance(v, str) and v.startswith("$")}
    return found


def matlab_side(
    file: Path, told: dict[str, Any], known: Mapping[str, Any], steps: tuple[Step, ...]
) -> MatlabSide:
    """Return what the oracle runs; `known` has the attributes, and the inputs, which `new` may name. CaseError."""
    only(told, MATLAB, "matlab")
    functions = _names_of_code(told)
    kinds = [kind for kind in ("class", "function") if kind in told]
    if len(kinds) != 1 and (kinds or not functions):
        raise CaseError(f"matlab: wanted either class or function, got {' and '.join(kinds) or 'none'}")
    name = text(told, kinds[0], "matlab: ") if kinds else functions[0]
    if not _is_code(name):
        raise CaseError(
            f"matlab: {kinds[0]}: wanted a name such as 'BatchNorm' or 'package.name', got {show(name)}"
        )
    if "new" in told and kinds != ["class"]:
        raise CaseError("matlab: new: a function is not constructed; give the arguments in its step")
    new = resolve(told.get("new", []), known)
    if not isinstance(new, list):
        raise CaseError(f"matlab: new: wanted a list of arguments, got {show(new)}")
    _check_new("matlab: new", new)
    allow = told.get("allow", [])
    if not isinstance(allow, list) or not all(isinstance(rule, str) and rule for rule in allow):
        raise CaseError(f"matlab: allow: wanted a list of rules that pybn doctor names, got {show(allow)}")
    kind = kinds[0] if kinds else "function"
    folders, tree = _folders(file, told, "matlab"), _tree(file, told)
    return MatlabSide(folders, kind, name, tuple(new), steps, tuple(allow), tree, functions)


def _names_of_code(told: dict[str, Any]) -> tuple[str, ...]:
    functions = told.get("functions", [])
    if not isinstance(functions, list) or not all(isinstance(n, str) and _is_code(n) for n in functions):
        raise CaseError(
            "matlab: functions: wanted names of functions and classes such as 'Relu' or 'package.name', "
            f"got {show(functions)}"
        )
    return tuple(functions)


def _is_code(name: str) -> bool:
    return all(NAME.match(part) for part in name.split("."))


def _tree(file: Path, told: dict[str, Any]) -> Path | None:
    if "tree" not in told:
        return None
    [folder] = _folders(file, {"path": text(told, "tree", "matlab: ")}, "matlab", "tree")
    return folder


def python_side(
    file: Path, told: dict[str, Any], known: Mapping[str, Any], steps: tuple[Step, ...]
) -> PythonSide:
    """Return what is under test, in the same way."""
    only(told, PYTHON, "python")
    targets = table(told, "targets", "python: ")
    for name, value in targets.items():
        if not _is_code(name):
            raise CaseError(f"python: targets: wanted names that steps call, got {show(name)}")
        _check_target(f"targets: {name}", value)
    target = told.get("target", next(iter(targets.values()), ""))
    _check_target("target", target)
    new = resolve(told.get("new"), known)
    if not isinstance(new, dict | list | None):
        raise CaseError(f"python: new: wanted a table of keywords or a list of arguments, got {show(new)}")
    _check_new("python: new", list(new.values()) if isinstance(new, dict) else new or [])
    keywords = new if isinstance(new, dict) else {}
    args = new if isinstance(new, list) else []
    path = _folders(file, told, "python")
    return PythonSide(path, target, tuple(args), keywords, new is not None, steps, targets)


def _check_target(key: str, target: Any) -> None:
    if not isinstance(target, str):
        raise CaseError(f"python: {key}: wanted text, got {show(target)}")
    parts = target.split(":")
    if len(parts) != 2 or not all(DOTTED.match(part) for part in parts):
        raise CaseError(f"python: {key}: wanted 'module:name', got {show(target)}")


def _folders(file: Path, told: dict[str, Any], side: str, key: str = "path") -> tuple[Path, ...]:
    paths = told.get("path", [])
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or not all(isinstance(p, str) and "\0" not in p for p in paths):
        raise CaseError(f"{side}: {key}: wanted a folder or a list of folders, got {show(paths)}")
    folders = tuple((file.parent / path).resolve() for path in paths)
    for path, folder in zip(paths, folders, strict=True):
        if not folder.is_dir():
            raise CaseError(f"{side}: {key}: {show(path)}: there is no folder {folder}")
    return folders


def _check_new(where: str, new: list[Any]) -> None:
    """Raise CaseError where an argument is no value; an input is one, by itself."""
    for value in new:
        if not isinstance(value, Variable):
            check_spelled(where, value)
