"""Read case files (TOML). Every key is checked: one that means nothing is an error, not a silence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pybn.case import Case, MatlabSide, PythonSide
from pybn.case_checks import check_calls, check_flow
from pybn.case_keys import check_value, flag, only, resolve, show, table, tables, text
from pybn.declare import declared, dtype_of
from pybn.declare_failures import known_divergence, reason, refusal
from pybn.errors import CaseError, FileError
from pybn.step_parser import parse_step
from pybn.steps import NAME, Step, bound_names, used_names

LIMIT = 4 << 20
DEEPEST = 32  # levels of tables and lists
LONGEST = 200  # characters of a case's name
TOP = {"about", "matlab", "python", "attrs", "inputs", "outputs", "scenario", "step", "case"}
MATLAB = {"path", "class", "function", "new", "functions", "tree", "allow"}
PYTHON = {"path", "target", "new", "targets"}
CASE = {"name", "size", "attrs", "dtype", "scenario", "inputs", "outputs"}
CASE |= {"refuses", "diverges", "no_derivative", "live"}
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Pairs = list[tuple[Step | None, Step | None]]


def is_case_file(path: Path) -> bool:
    """Tell whether a .toml file is one of ours: it has both sides, or cases and a side to run them on.

    A case file that is broken must not pass for none: it is one, and reading it says what is wrong.
    """
    try:
        told = _parse(path)
    except (CaseError, FileError):
        return _speaks_of_us(path)
    return told.keys() >= {"matlab", "python"} or (
        "case" in told and bool(told.keys() & {"matlab", "python"})
    )


def _speaks_of_us(path: Path) -> bool:
    try:
        raw = path.read_bytes()[:LIMIT]
    except OSError:
        return False
    return b"[matlab]" in raw and b"[python]" in raw


def read_case_file(path: str | Path) -> list[Case]:
    """Return the cases of a file, one for each dtype of each, in the order they are written.

    Raises CaseError, naming the file, the case and the key; FileError where the file cannot be read.
    """
    file = Path(path)
    told = _parse(file)
    try:
        return _read(file, told)
    except CaseError as error:
        raise CaseError(f"{file}: {error}") from error


def _parse(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"{file}: cannot be read: {reason}") from error
    if len(raw) > LIMIT:
        raise CaseError(f"{file}: wanted a case file of at most {LIMIT >> 20} MiB")
    try:
        told = tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{file}: is no TOML: {error}") from error
    if _depth(told) > DEEPEST:
        raise CaseError(f"{file}: wanted at most {DEEPEST} levels of tables and lists")
    return told


def _depth(told: object) -> int:
    """Count levels without recursion; a few more than DEEPEST are not told apart."""
    level, depth = [told], 0
    while level and depth <= DEEPEST:
        nested = [list(v.values()) if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level, depth = [item for items in nested for item in items], depth + 1
    return depth


def _read(file: Path, told: dict[str, Any]) -> list[Case]:
    only(told, TOP, "the file")
    text(told, "about")
    for name in table(told, "scenario"):
        _steps(told, name)  # also those that no case takes
    cases = [case for each in tables(told, "case") for case in _cases(file, told, each)]
    if not cases:
        raise CaseError("case: wanted at least one [[case]], got none")
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise CaseError(f"case {case.id!r} stands twice; names must differ")
        seen.add(case.id)
    return cases


def _cases(file: Path, told: dict[str, Any], each: dict[str, Any]) -> Iterable[Case]:
    name = each.get("name")
    if not isinstance(name, str) or not name.strip() or CONTROL.search(name) or len(name) > LONGEST:
        raise CaseError(f"case: name: wanted a line of 1 to {LONGEST} characters, got {show(name)}")
    try:
        only(each, CASE, "the case")
        dtypes = each.get("dtype", ["float64", "float32"])
        dtypes = [dtypes] if isinstance(dtypes, str) else dtypes
        if not isinstance(dtypes, list) or not dtypes:
            raise CaseError(f"dtype: wanted the name of a dtype or a list of them, got {show(dtypes)}")
        for dtype in dtypes:
            case = _case(file, told, each, dtype)
            yield case
            if "dtype" not in each and case.only_values:
                break  # of no dtype: nothing in it would be another in single
    except CaseError as error:
        raise CaseError(f"case {name!r}: {error}") from error


def _case(file: Path, told: dict[str, Any], each: dict[str, Any], named: Any) -> Case:
    attrs = table(told, "attrs") | table(each, "attrs")
    _check_attrs(attrs)
    dtype = dtype_of(named, attrs)
    known = {"dtype": dtype, **attrs}
    pairs = _steps(told, each.get("scenario"))
    matlab = tuple(pair[0] for pair in pairs if pair[0])
    python = tuple(pair[1] for pair in pairs if pair[1])
    reads = {*_names(used_names, matlab, python), *(s.path[0] for s in (*matlab, *python) if len(s.path) > 1)}
    inputs, input_values = declared("inputs", told, each, known, reads, file.parent)
    binds = _names(bound_names, matlab, python)
    outputs, output_values = declared("outputs", told, each, known, binds, file.parent)
    case = Case(
        file=file,
        name=each["name"],
        dtype=dtype,
        attrs=attrs,
        matlab=_matlab_side(file, table(told, "matlab"), known, matlab),
        python=_python_side(file, table(told, "python"), known, python),
        inputs=inputs,
        outputs=outputs,
        refuses=refusal(each.get("refuses")),
        diverges=reason(each.get("diverges")),
        no_derivative=text(each, "no_derivative"),
        live=flag(each, "live"),
        input_values=input_values,
        output_values=output_values,
        known=known_divergence(each.get("diverges"), {**outputs, **output_values}),
    )
    if case.refuses and case.diverges:
        raise CaseError("refuses, diverges: wanted one of them, got both")
    if not case.refuses and not case.outputs and not case.output_values:
        raise CaseError("outputs: no step binds any of the declared outputs")
    case = replace(case, outputs={}, output_values={}) if case.refuses else case
    check_flow(case)
    check_calls(case)
    return case


def _steps(told: dict[str, Any], scenario: Any) -> Pairs:
    scenarios = table(told, "scenario")
    if "step" in told and "main" in scenarios:
        raise CaseError("step: wanted either [[step]] or scenario.main, got both")
    if scenario is None:
        where, steps = "step", told.get("step", scenarios.get("main"))
    elif isinstance(scenario, str) and scenario in scenarios:
        where, steps = f"scenario: {scenario}", scenarios[scenario]
    else:
        raise CaseError(f"scenario: wanted one of {sorted(scenarios)}, got {show(scenario)}")
    if not isinstance(steps, list) or not steps or not all(isinstance(t, dict) and t for t in steps):
        raise CaseError(
            f"{where}: wanted a list of tables with the keys matlab and python, got {show(steps)}"
        )
    for each in steps:
        only(each, {"matlab", "python"}, where)
    return [(_step(each, "matlab", where), _step(each, "python", where)) for each in steps]


def _step(pair: dict[str, Any], side: str, where: str) -> Step | None:
    if side not in pair:
        return None
    try:
        return parse_step(text(pair, side))
    except CaseError as error:
        raise CaseError(f"{where}: {side}: {error}") from error


def _matlab_side(
    file: Path, told: dict[str, Any], known: dict[str, Any], steps: tuple[Step, ...]
) -> MatlabSide:
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
    check_value("matlab: new", new)
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


def _python_side(
    file: Path, told: dict[str, Any], known: dict[str, Any], steps: tuple[Step, ...]
) -> PythonSide:
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
    check_value("python: new", new or [])
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


def _check_attrs(attrs: dict[str, Any]) -> None:
    for name, value in attrs.items():
        if not NAME.match(name) or name == "dtype":
            raise CaseError(
                f"attrs: {show(name)}: wanted a name (a letter, then letters, digits or _, at most 63) but not dtype"
            )
        check_value(f"attrs: {name}", value)


def _names(of: Any, *sides: tuple[Step, ...]) -> set[str]:
    return {name for steps in sides for step in steps for name in of(step)}
