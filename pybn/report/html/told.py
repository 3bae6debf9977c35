"""What was found of each case, as JSON data for the report's script."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pybn.case import Value
from pybn.compare import EXACT, Comparison, Tolerance, Verdict
from pybn.diagnosis import CaseDiagnosis
from pybn.divergence import Divergence, walk
from pybn.parity import Result
from pybn.report.divergence import verdict_lines
from pybn.report.style import finite

MEASURED = (Verdict.EQUAL, Verdict.CLOSE, Verdict.DIFFERS)
VALUE, MESSAGE = 200, 4000  # letters of a value and of a message that are told

Words = Callable[[str], str]


def case_told(result: Result, seen: Mapping[str, Mapping[str, Any]], words: Words) -> dict[str, Any]:
    """Return all that is told of a case; `seen` is what the album has of it, `words` takes paths out of messages."""
    case = result.case
    places = {place.name: place for place in walk(case)}
    return {
        "name": case.name,
        "dtype": case.dtype,
        "status": str(result.status),
        "passed": result.passed,
        "message": shortened(words(result.message), MESSAGE),
        "refuses": [case.refuses.word("matlab"), case.refuses.word("python")] if case.refuses else None,
        "diverges": case.diverges,
        "why": _in_words(_why(result.diagnosis), words),
        "parting": _parting(result.divergence),
        "tensors": [
            _tensor(found, case.tolerances.get(name, EXACT), words)
            | _in_words(dict(seen.get(found.name, {})), words)
            | (_place(places[name]) if name in places else {})
            for found in result.comparisons
            for name in [output_of(found.name, case.tolerances)]
        ],
        "matlab": [f"{case.matlab.kind} {case.matlab.name}", *(step.text for step in case.matlab.steps)],
        "python": [case.python.target, *(step.text for step in case.python.steps)],
        "attrs": {name: repr(value) for name, value in case.attrs.items()},
        "inputs": [
            {"name": t.name, "axes": list(t.axes), "shape": list(t.shape), "dtype": t.dtype}
            for t in case.inputs.values()
        ],
        "values": [[name, words(value_words(value))] for name, value in case.input_values.items()],
        "digest": case.digest(),
    }


def output_of(name: str, outputs: Iterable[str]) -> str:
    """Return the output that a comparison is about: s of s.weights{2}.bias, a leaf of a nested value."""
    return name if name in outputs else re.split(r"[.{(]", name, maxsplit=1)[0]


def _place(place: Any) -> dict[str, str]:
    return {"layer": place.layer, "way": place.direction}


def _why(found: CaseDiagnosis | None) -> dict[str, Any] | None:
    """Return each mistake with the tensors that it explains, and the tensors that none explains."""
    if found is None:
        return None
    mistakes = [
        {
            "tensors": names,
            "name": each.name,
            "sentence": each.sentence,
            "fix": each.fix,
            "others": list(each.others),
        }
        for names, each in found.groups
    ]
    return {"mistakes": mistakes, "unknown": found.unknown, "left": found.left}


def value_words(value: Value) -> str:
    """Return an input's value as its case file has it, or where it comes from."""
    if value.source is not None:
        return f"{value.source.var} of {value.source.path}".removeprefix(" of ")
    text = json.dumps(value.told, ensure_ascii=False, default=str)
    return shortened(text, VALUE)


def shortened(text: str, room: int) -> str:
    """Leave out what is too long: the middle, since an error says most at its start and at its end."""
    if len(text) <= room:
        return text
    half = room // 2
    return f"{text[:half]} ... {len(text) - 2 * half} letters more ... {text[-half:]}"


def _tensor(found: Comparison, tolerance: Tolerance, words: Words) -> dict[str, Any]:
    # Four digits tell a size, and all of them would be a large part of the report.
    numbers = {
        name: finite(float(f"{getattr(found, name):.3e}")) for name in ("max_abs", "max_rel", "scaled")
    }
    return {
        "name": found.name,
        "verdict": str(found.verdict),
        "agrees": found.verdict.agrees,
        "measured": found.verdict in MEASURED and not math.isnan(found.max_abs),
        "max_ulp": finite(found.max_ulp),
        "worst": list(found.worst) if found.worst is not None else None,
        "expected": words(found.expected),
        "obtained": words(found.obtained),
        "nonfinite": found.nonfinite,
        "zero_signs": found.zero_signs,
        "tolerance": tolerance_words(tolerance),
        "allowed": [finite(tolerance.ulp), finite(tolerance.atol), finite(tolerance.rtol)],
        "beyond": found.beyond,
        "size": found.size,
        "because": tolerance.because,
        **numbers,
    }


def tolerance_words(close: Tolerance) -> str:
    """Say how close an element has to be."""
    told = [f"{close.ulp:g} ULP"] if close.ulp else []
    told += [f"{close.ulp_of_max:g} ULP of the largest element"] if close.ulp_of_max else []
    if close.atol or close.rtol:
        parts = [f"{close.atol:g}"] if close.atol else []
        parts += [f"{close.rtol:g} of |expected|"] if close.rtol else []
        told.append(" + ".join(parts))
    return " or ".join(told) or "exact"


def _parting(found: Divergence | None) -> dict[str, Any] | None:
    """Return where two answers part: the tensors around it, and who is further from the truth."""
    if found is None:
        return None
    return {
        "tensor": found.place.name,
        "layer": found.place.layer,
        "way": found.place.direction,
        "before": found.skipped,
        "after": found.left,
        "verdict": " ".join(line.strip() for line in verdict_lines(found)),
        "rows": [
            {
                "name": row.place.name,
                "layer": row.place.layer,
                "way": row.place.direction,
                "verdict": str(row.comparison.verdict),
                "agrees": row.comparison.verdict.agrees,
                "error": None if math.isnan(row.error) else finite(row.error),
                "ulp": row.comparison.max_ulp,
            }
            for row in found.rows
        ],
    }


def _in_words(value: Any, words: Words) -> Any:
    """Take the paths of this machine out of all texts of JSON data."""
    if isinstance(value, str):
        return words(value)
    if isinstance(value, dict):
        return {key: _in_words(each, words) for key, each in value.items()}
    return [_in_words(each, words) for each in value] if isinstance(value, list) else value
