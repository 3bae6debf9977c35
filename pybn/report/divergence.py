"""Where two answers part, as a table under the case that differs, and as JSON."""

from __future__ import annotations

import math
from typing import Any

from pybn.divergence import Divergence, Row
from pybn.report.fold import folded
from pybn.report.style import Style, finite, printable

UNMEASURED = "there is no answer in double to measure both against: record the case in float64 too"

HEAD = ("tensor", "layer", "way", "verdict", "of its scale", "ULP")


def divergence_lines(found: Divergence, style: Style) -> list[str]:
    """Return the first difference in words, the tensors around it in a table, and who is further from the truth."""
    return [*place_lines(found, style), *folded(verdict_lines(found), style.columns)]


def place_lines(found: Divergence, style: Style) -> list[str]:
    """Return the first difference in words, and the tensors around it in a table."""
    layer = f" of layer {printable(found.place.layer)}" if found.place.layer else ""
    first = (
        f"        first to differ: {style.paint(found.place.name, 'bold')}{layer}, {found.place.direction}"
    )
    return [*folded([first], style.columns), *_table(found, style)]


def _table(found: Divergence, style: Style) -> list[str]:
    cells = [_cells(row) for row in found.rows]
    head: tuple[str, ...] = HEAD
    if not any(row.place.layer for row in found.rows):  # no model: no layers
        head, *cells = ((row[0], *row[2:]) for row in (head, *cells))
    width = [max(len(row[k]) for row in (head, *cells)) for k in range(len(head))]
    lines = [style.paint(f"          {_spread(head, width)}", "dim")]
    if found.skipped:
        lines.append(style.paint(f"          {found.skipped} before, which agree", "dim"))
    for row, texts in zip(found.rows, cells, strict=True):
        mark = ">" if row.place == found.place else " "
        text = f"        {mark} {_spread(texts, width)}"
        lines.append(text if row.comparison.verdict.agrees else style.paint(text, "bad"))
    if found.left:
        lines.append(style.paint(f"          {found.left} after", "dim"))
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    place, seen = row.place, row.comparison
    error = "" if math.isnan(row.error) else f"{row.error:.1e}" if row.error else "0"
    known = not math.isnan(row.error)
    return (
        printable(place.name),
        printable(place.layer) or "-",
        place.direction,
        str(seen.verdict),
        error or "-",
        _count(seen.max_ulp) if known else "-",
    )


def _spread(texts: tuple[str, ...], width: list[int]) -> str:
    """Lay texts out in columns, the last two of them numbers."""
    left = "  ".join(f"{text:<{n}}" for text, n in zip(texts[:-2], width[:-2], strict=True))
    right = "  ".join(f"{text:>{n}}" for text, n in zip(texts[-2:], width[-2:], strict=True))
    return f"{left}  {right}"


def verdict_lines(found: Divergence) -> list[str]:
    """Return in a line who is further from the truth; in none where that cannot be known."""
    if found.unmeasured:
        return [f"          {UNMEASURED}"]
    offs = {"expected": found.expected_off, "obtained": found.obtained_off}
    if not found.reference or any(math.isnan(off) for off in offs.values()):
        return []
    for side, other in (("expected", "obtained"), ("obtained", "expected")):
        if found.reference.startswith(f"the {side} side"):
            told = f"the {side} side is Octave's own double, the reference"
            far = "infinitely far" if math.isinf(offs[other]) else f"{offs[other]:.1e} of its scale"
            return [f"          {told}: {other} is {far} away from it"]
    told = f"{found.farther} is further off" if found.farther else "both are as far off"
    numbers = f"expected {found.expected_off:.1e}, obtained {found.obtained_off:.1e} of its scale"
    return [f"          {told}: {numbers} from {found.reference}"]


def _count(ulp: int) -> str:
    return str(ulp) if ulp < 10_000_000 else f"{ulp:.0e}"


def divergence_json(found: Divergence | None) -> dict[str, Any] | None:
    """Return all of it as JSON data."""
    if found is None:
        return None
    return {
        "tensor": found.place.name,
        "layer": found.place.layer,
        "direction": found.place.direction,
        "reference": found.reference,
        "expected_off": finite(found.expected_off),
        "obtained_off": finite(found.obtained_off),
        "farther": found.farther,
        "agreeing_before": found.skipped,
        "not_shown_after": found.left,
        "around": [
            {
                "tensor": row.place.name,
                "layer": row.place.layer,
                "direction": row.place.direction,
                "verdict": str(row.comparison.verdict),
                "error": finite(row.error),
                "max_ulp": row.comparison.max_ulp,
            }
            for row in found.rows
        ],
    }
