"""What `pybn gradcheck` prints: a line a case, what is wrong below it, and versioned JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import pybn
from pybn.errors import PybnError
from pybn.gradient_check import GradientError, Status
from pybn.gradient_check.cases import CaseGradients
from pybn.report.fold import folded
from pybn.report.style import SCHEMA, Style, disagreeing, finite, near, plural, printable

IN_DOUBLE = 'gradients are checked in double only; add "float64" to dtype'


def gradients_table(results: Sequence[CaseGradients], limit: float, style: Style, *, verbose: bool) -> str:
    """Return one line a case under a heading a case file; below it each gradient that does not simply agree."""
    width = min(max([20, *(len(r.case.name) for r in results)]), 52)
    if style.columns:
        width = max(min(width, style.columns - 42), 20)
    lines: list[str] = []
    for file, group in groupby(results, key=lambda r: r.case.file):
        lines += ["", style.paint(file.stem, "bold") + style.paint(f"  {near(file)}", "dim")]
        for result in group:
            lines += folded([_line(result, limit, width, style)], style.columns)
            lines += folded(_details(result, limit, verbose=verbose), style.columns)
    return "\n".join(lines[1:]) + "\n"


def _line(result: CaseGradients, limit: float, width: int, style: Style) -> str:
    status = result.status(limit)
    mark, colour = _mark(status, style)
    name = printable(result.case.name)
    shown = name if len(name) <= width else name[: width - 1] + "…"
    numbers = [e.error for e in result.errors if not (math.isnan(e.error) or e.message)]
    told = f"{len(result.errors):2d} gradient{plural(result.errors)}"
    told += f", error at most {max(numbers):.1e}" if numbers else ""
    told += "" if status in (Status.AGREES, None) else f": {status}"
    if status is None:
        told = "error"
    return f"  {style.paint(mark, colour)} {shown:<{width}}  {style.paint(told, colour)}"


def _mark(status: Status | None, style: Style) -> tuple[str, str]:
    if status is Status.AGREES:
        return style.good, "good"
    return (style.bad, "bad") if status in (Status.DIFFERS, None) else (style.warn, "warn")


def _details(result: CaseGradients, limit: float, *, verbose: bool) -> list[str]:
    if result.message:
        return [f"        {printable(result.message)}"]
    declared, status = result.case.no_derivative, result.status(limit)
    wrong = [error for error in result.errors if error.message]
    lines = []
    if declared and not wrong:
        agrees = "" if status is Status.DECLARED else "differs nowhere, but is declared to: "
        lines = [f"        {agrees}{printable(declared)}"]
    shown = [error for error in result.errors if error.status(limit) is not Status.AGREES]
    shown = wrong if declared else shown
    return lines + [f"        {explain(error, limit)}" for error in (result.errors if verbose else shown)]


def explain(error: GradientError, limit: float) -> str:
    """Say in one line what was found of a gradient."""
    of = "" if error.checked == error.size else f" of {error.size}"
    told = f"{error.name}: {error.status(limit)}"
    if error.message:
        told += f": {error.message}"
    if error.worst is not None:
        told += f": error {error.error:.1e} at {list(error.worst)}: "
        told += f"analytic {error.analytic!r}, numeric {error.numeric!r}"
    left = [(error.kinks, "at a kink"), (error.rough, "too rough to tell"), (error.not_finite, "NaN or Inf")]
    told += f"; {error.checked}{of} elements" if error.checked else ""
    return told + "".join(f", {count} {why}" for count, why in left if count)


def gradients_summary(
    results: Sequence[CaseGradients], engine: str, without: int, single: int, limit: float, style: Style
) -> str:
    """Return the line that a person reads last, or only.

    `without` counts cases that hold no gradient, `single` those whose gradients are in single precision alone.
    """
    count = Counter(result.status(limit) for result in results)
    errors = [error for result in results for error in result.errors]
    text = f"{engine}: {len(results)} case{plural(results)}, {len(errors)} gradient{plural(errors)} against differences"
    bad = count[Status.DIFFERS] + count[None]
    if bad:
        words = [
            (count[Status.DIFFERS], f"above {limit:g}"),
            (count[None], f"error{'' if count[None] == 1 else 's'}"),
        ]
        told = ", ".join(f"{n} {word}" for n, word in words if n)
        verdict = style.paint(f"{style.bad} {disagreeing(bad, len(results))} ({told})", "bad")
    elif not count[Status.AGREES]:
        verdict = style.paint(f"{style.warn} none could be told", "warn")
    else:
        agree = "agrees" if count[Status.AGREES] == 1 else "agree"
        verdict = style.paint(f"{style.good} {count[Status.AGREES]} {agree} within {limit:g}", "good")
    apart = (Status.KINK, Status.ROUGH, Status.NOT_FINITE, Status.DECLARED)
    extra = "".join(f", {count[status]} {status}" for status in apart if count[status])
    lines = [f"{text}: {verdict}{extra}", *_left_out(without, single)]
    return "\n".join(folded(lines, style.columns)) + "\n"


def _left_out(without: int, single: int) -> list[str]:
    lines = []
    if single:
        cases = "case is" if single == 1 else "cases are"
        lines.append(f"{single} more {cases} in single alone: {IN_DOUBLE}")
    if without:
        lines.append(f"{without} more {'case holds' if without == 1 else 'cases hold'} no gradient to check")
    return lines


def gradients_json(
    results: Sequence[CaseGradients],
    engine: str,
    without: int,
    single: int,
    limit: float,
    versions: dict[str, str],
    broken: Sequence[PybnError] = (),
) -> str:
    """Return all that was found, as JSON of version SCHEMA."""
    count = Counter(result.status(limit) for result in results)
    told = {
        "schema": SCHEMA,
        "pybn": pybn.__version__,
        "job": "gradcheck",
        "engine": engine,
        "versions": versions,
        "limit": limit,
        "passed": not (count[Status.DIFFERS] or count[None] or broken),
        "without_gradient": without,
        "single_only": single,
        "broken": [str(error) for error in broken],
        "counts": {str(s): count[s] for s in Status} | {"error": count[None]},
        "cases": [_case_json(result, limit) for result in results],
    }
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def _case_json(result: CaseGradients, limit: float) -> dict[str, Any]:
    return {
        "file": str(result.case.file),
        "name": result.case.name,
        "status": str(result.status(limit) or "error"),
        "message": result.message or result.case.no_derivative,
        "gradients": [
            {key: finite(value) for key, value in asdict(error).items()}
            | {"status": str(error.status(limit))}
            for error in result.errors
        ],
    }
