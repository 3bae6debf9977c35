"""Read case files (TOML). Every key is checked: one that means nothing is an error, not a silence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pybn.case import Case
from pybn.case_checks import check_calls, check_flow
from pybn.case_keys import flag, only, show, table, tables, text
from pybn.case_sides import constructor_names, matlab_side, python_side
from pybn.data_files import data_files
from pybn.declare import declared, dtype_of
from pybn.declare_failures import known_divergence, reason, refusal
from pybn.declare_values import check_spelled
from pybn.errors import CaseError, FileError
from pybn.step_parser import parse_step
from pybn.steps import NAME, Step, Variable, bound_names, used_names

LIMIT = 4 << 20
DEEPEST = 32  # levels of tables and lists
LONGEST = 200  # characters of a case's name
TOP = {"about", "matlab", "python", "attrs", "inputs", "outputs", "scenario", "step", "case", "files"}
CASE = {"name", "size", "attrs", "dtype", "scenario", "inputs", "outputs"}
CASE |= {"files", "refuses", "diverges", "no_derivative", "live"}
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
    reads = {*_names(used_names, matlab, python), *(s.path[0] for s in (*matlab, *python))}
    reads |= constructor_names(told) - attrs.keys()
    inputs, input_values = declared("inputs", told, each, known, reads, file.parent)
    binds = _names(bound_names, matlab, python)
    outputs, output_values = declared("outputs", told, each, known, binds, file.parent)
    given = known | {name: Variable(name) for name in {**inputs, **input_values} if name not in known}
    case = Case(
        file=file,
        name=each["name"],
        dtype=dtype,
        attrs=attrs,
        matlab=matlab_side(file, table(told, "matlab"), given, matlab),
        python=python_side(file, table(told, "python"), given, python),
        inputs=inputs,
        outputs=outputs,
        refuses=refusal(each.get("refuses")),
        diverges=reason(each.get("diverges")),
        no_derivative=text(each, "no_derivative"),
        live=flag(each, "live"),
        input_values=input_values,
        output_values=output_values,
        files=data_files(told, each, file.parent),
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


def _check_attrs(attrs: dict[str, Any]) -> None:
    for name, value in attrs.items():
        if not NAME.match(name) or name == "dtype":
            raise CaseError(
                f"attrs: {show(name)}: wanted a name (a letter, then letters, digits or _, at most 63) but not dtype"
            )
        check_spelled(f"attrs: {name}", value)


def _names(of: Any, *sides: tuple[Step, ...]) -> set[str]:
    return {name for steps in sides for step in steps for name in of(step)}
