"""What `pybn parity` prints: a table that a person likes to read, and versioned JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pybn
from pybn.compare import Comparison, Verdict
from pybn.errors import PybnError
from pybn.parity import Result, Status
from pybn.report.divergence import divergence_json, divergence_lines
from pybn.report.fold import folded
from pybn.report.style import SCHEMA, Style, disagreeing, finite, near, plural, printable
from pybn.report.why import why_json, why_lines

LITTLE = 64  # ULP: what rounding may make, in an order of its own
SHOWN = 6  # tensors of a failing case that are listed


def parity_table(results: Sequence[Result], style: Style, *, verbose: bool = False) -> str:
    """Return one line a case, its precisions side by side, under a heading a case file; failures in full below it."""
    width = max((len(r.case.name) for r in results), default=0)
    width = min(max(width, 20), 52)
    if style.columns:
        width = max(min(width, style.columns - 47), 20)
    lines: list[str] = []
    for (_, file), group in _grouped(results, lambda r: (r.case.stem, r.case.file)).items():
        lines += ["", style.paint(file.stem, "bold") + style.paint(f"  {near(file)}", "dim")]
        for name, same in _grouped(group, lambda r: r.case.name).items():
            lines += folded([_line(name, same, width, style)], style.columns)
            said: list[str] = []
            for result in same:
                if not result.passed or verbose:
                    why = [*why_lines(result.diagnosis, style), *_rounding(result, style)]
                    told = [f"{style.paint('why:', 'bold')} as above"] if why and why == said else why
                    lines += _details(result, told, style, verbose=verbose)
                    said = why
    return "\n".join(lines[1:]) + "\n"


def _rounding(result: Result, style: Style) -> list[str]:
    """Say what to do where no mistake is known and all that differs is as little as rounding makes of it."""
    unknown = result.diagnosis is not None and not result.diagnosis.groups
    off = [each for each in result.comparisons if each.verdict is not Verdict.EQUAL]
    if not unknown or not all(each.verdict is Verdict.DIFFERS and _is_little(each) for each in off):
        return []
    most = max((each.max_ulp for each in off), default=0)
    told = f"{most} ULP may be rounding, of sums in another order for one: if so, give ulp or ulp_of_max, and because"
    return [f"  {style.paint('fix:', 'bold')} {told}"]


def _is_little(found: Comparison) -> bool:
    """Tell whether numbers of floating point differ by a few ULP; whole numbers and flags are not rounded."""
    return found.max_ulp <= LITTLE and any(mark in found.expected for mark in ".e") and found.max_rel < 1e-3


def _line(name: str, results: Sequence[Result], width: int, style: Style) -> str:
    mark, colour = style.good, "good"
    if any(r.status is Status.DIVERGES for r in results):
        mark, colour = style.warn, "warn"
    if not all(r.passed for r in results):
        mark, colour = style.bad, "bad"
    shown = printable(name) if len(name) <= width else printable(name[: width - 1]) + "…"
    dtypes = " ".join(r.case.dtype for r in results)
    return f"  {style.paint(mark, colour)} {shown:<{width}}  {dtypes:<17}  {style.paint(_verdict(results), colour)}"


def _verdict(results: Sequence[Result]) -> str:
    """Say in a few words how a case ended in all its precisions."""
    bad = [r for r in results if not r.passed]
    if bad:
        return ", ".join(sorted({str(r.status) for r in bad}))
    if results[0].case.refuses:
        return "both refuse"
    if any(r.status is Status.DIVERGES for r in results):
        return f"known divergence: {results[0].message}"
    found = [c for r in results for c in r.comparisons]
    close = "0 ULP" if all(c.verdict is Verdict.EQUAL for c in found) else f"close{_how_close(results)}"
    return f"{len(found):3d} tensor{plural(found)}, {close}"


def _how_close(results: Sequence[Result]) -> str:
    """Say by how many ULP at most: element by element, and of the largest magnitude where that is what counts.

    Tensors that are held to an absolute or relative tolerance are zero but for rounding, or no matter of ULP.
    """
    plain, scaled = 0, 0.0
    for result in results:
        for seen in result.comparisons:
            close = result.case.tolerance(seen.name)
            if close.atol or close.rtol:
                continue
            if close.ulp_of_max:
                scaled = max(scaled, seen.scaled)
            else:
                plain = max(plain, seen.max_ulp)
    told = [f"{plain} ULP"] if plain else []
    told += [f"{math.ceil(scaled)} ULP of the largest element"] if scaled else []
    return f", at most {' and '.join(told)}" if told else ""


def _details(result: Result, why: Sequence[str], style: Style, *, verbose: bool) -> list[str]:
    """Return what is told of a case below its line; `why` it differs, last."""
    lines = [f"      {style.paint(result.case.dtype, 'bold')}  {printable(result.message)}".rstrip()]
    chosen = [c for c in result.comparisons if verbose or not c.verdict.agrees]
    lines += [f"        {printable(c.explain())}" for c in (chosen if verbose else chosen[:SHOWN])]
    lines = folded(lines, style.columns)
    if not verbose and len(chosen) > SHOWN:
        lines.append(style.paint(f"        and {len(chosen) - SHOWN} more tensors; -v shows all", "dim"))
    if result.divergence is not None:
        lines += divergence_lines(result.divergence, style)
    lines += folded([f"        {line}" for line in why], style.columns)
    return lines if len(lines) > 1 or result.message else []


def _grouped(items: Iterable[Any], key: Any) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def parity_summary(
    results: Sequence[Result], expected: str, obtained: str, skipped: int, style: Style, broken: int = 0
) -> str:
    """Return the line that a person reads last, or only; `broken` counts the case files that cannot be read."""
    count = Counter(r.status for r in results)
    found = [c for r in results for c in r.comparisons]
    agreeing = [r for r in results if r.status is Status.AGREES]
    bad = [r for r in results if not r.passed]
    text = f"{expected} against {obtained}: {len(results)} case{plural(results)}, {len(found)} tensor{plural(found)}"
    if bad:
        words = [(count[Status.DIFFERS], "differs", "differ"), (count[Status.ERROR], "error", "errors")]
        told = ", ".join(f"{n} {one if n == 1 else more}" for n, one, more in words if n)
        verdict = style.paint(f"{style.bad} {disagreeing(len(bad), len(results))} ({told})", "bad")
    elif not count[Status.AGREES]:
        verdict = style.paint(f"{style.warn} none agrees, as declared", "warn")
    else:
        verdict = style.paint(f"{style.good} all agree{_how_well(agreeing)}", "good")
    extra = f", {count[Status.DIVERGES]} known to diverge" if count[Status.DIVERGES] else ""
    extra += f"\n{skipped} more, live only: --expected octave runs them" if skipped else ""
    unread = f"{broken} case file{'' if broken == 1 else 's'} cannot be read"
    extra += f"\n{style.paint(unread, 'bad')}" if broken else ""
    return "\n".join(folded([f"{text}: {verdict}{extra}"], style.columns)) + "\n"


def _how_well(agreeing: Sequence[Result]) -> str:
    found = [c for r in agreeing for c in r.comparisons]
    if not found:  # refusals alone
        return ""
    if all(c.verdict is Verdict.EQUAL for c in found):
        return ", bit for bit"
    return f", within what their cases allow{_how_close(agreeing)}"


def parity_json(
    results: Sequence[Result],
    expected: str,
    obtained: str,
    skipped: int,
    versions: dict[str, str],
    broken: Sequence[PybnError] = (),
) -> str:
    """Return all that was found, as JSON of version SCHEMA."""
    told = {
        "schema": SCHEMA,
        "pybn": pybn.__version__,
        "job": "parity",
        "expected": expected,
        "obtained": obtained,
        "versions": versions,
        "passed": all(r.passed for r in results) and not broken,
        "live_only_skipped": skipped,
        "broken": [str(error) for error in broken],
        "counts": {str(s): sum(r.status is s for r in results) for s in Status},
        "cases": [_result_json(r) for r in results],
    }
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def _result_json(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "file": str(case.file),
        "name": case.name,
        "dtype": case.dtype,
        "status": str(result.status),
        "passed": result.passed,
        "message": result.message,
        "first_divergence": divergence_json(result.divergence),
        "diagnosis": why_json(result.diagnosis),
        "tensors": [_comparison_json(c) for c in result.comparisons],
    }


def _comparison_json(found: Comparison) -> dict[str, Any]:
    told = asdict(found) | {
        "verdict": str(found.verdict),
        "worst": list(found.worst) if found.worst else None,
    }
    return {key: finite(value) for key, value in told.items()}
