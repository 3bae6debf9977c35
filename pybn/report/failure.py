"""A case that failed under pytest: where its two sides part, then all that differs, no wider than the terminal."""

from __future__ import annotations

import io
import textwrap

from pybn.divergence import Divergence
from pybn.parity import Result
from pybn.report.divergence import place_lines, verdict_lines
from pybn.report.fold import folded
from pybn.report.style import Style, near, printable
from pybn.report.why import why_lines

NARROWEST = 60


def failure_text(result: Result, expected: str, obtained: str, width: int) -> str:
    """Return what is wrong with a result, its sides called by these names.

    The first line says the most: pytest repeats it in its summary. Long lines are folded at `width`, tables are not.
    """
    width = max(width, NARROWEST)
    differing = [printable(c.explain()) for c in result.comparisons if not c.verdict.agrees]
    lines = folded(printable(result.message).splitlines(), width)
    why = folded(why_lines(result.diagnosis), width)
    if result.divergence is not None:
        lines += [*_parting(result.divergence, width), *why]
        lines.append("all that differ:")
        differing = [f"  {line}" for line in differing]
    lines += folded(differing, width)
    if result.divergence is None:
        lines += why
    lines.append(f"{near(result.case.file)}: {printable(result.case.id)}")
    lines.append(f"expected: {expected}; obtained: {obtained}")
    return "\n".join(lines)


def _parting(found: Divergence, width: int) -> list[str]:
    table = textwrap.dedent("\n".join(place_lines(found, Style(io.StringIO()))))
    return [*table.splitlines(), *folded([f"  {line.strip()}" for line in verdict_lines(found)], width)]
