"""Why a case differs, as lines under it and as JSON."""

from __future__ import annotations

import io
from typing import Any

from pybn.diagnosis import NONE_FITS, CaseDiagnosis, Diagnosis
from pybn.diagnosis.whole import listed
from pybn.report.style import Style, printable

SHOWN = 3  # mistakes of a case


def why_lines(found: CaseDiagnosis | None, style: Style | None = None) -> list[str]:
    """Return the sentence that says why, what else would explain it, and the fix; none where nothing was asked."""
    if found is None:
        return []
    style = style or Style(io.StringIO())
    if not found.groups:
        return [f"{style.paint('why:', 'bold')} {printable(found.sentence)}"]
    lines = []
    for names, each in found.groups[:SHOWN]:
        lines.append(f"{style.paint('why:', 'bold')} {printable(listed(names))}: {printable(each.sentence)}")
        lines += [f"  {style.paint('or:', 'bold')} {printable(other)}" for other in each.others]
        lines.append(f"  {style.paint('fix:', 'bold')} {printable(each.fix)}")
    if rest := [f"{listed(names)}: {each.name}" for names, each in found.groups[SHOWN:]]:
        lines.append(f"{style.paint('why:', 'bold')} {printable('; '.join(rest))} (in full with --json)")
    if found.unknown:
        lines.append(f"{style.paint('why:', 'bold')} {printable(listed(found.unknown))}: {NONE_FITS}")
    return lines


def why_json(found: CaseDiagnosis | None) -> dict[str, Any] | None:
    """Return all of it as JSON data: the case's sentence and fix, and those of each tensor."""
    if found is None:
        return None
    return {
        "name": found.name or None,
        "sentence": found.sentence,
        "fix": found.fix or None,
        "others": list(found.others),
        "tensors": {name: _tensor_json(each) for name, each in found.tensors.items()},
        "not_looked_at": found.left,
    }


def _tensor_json(each: Diagnosis | None) -> dict[str, Any] | None:
    if each is None:
        return None
    return {"name": each.name, "sentence": each.sentence, "fix": each.fix, "others": list(each.others)}
