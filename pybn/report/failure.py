"""A case that failed under pytest: where its two sides part, then all that differs, no wider than the terminal."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable

from pybn.divergence import Divergence
from pybn.parity import Result
from pybn.report.divergence import place_lines, verdict_lines
from pybn.report.style import Style, near, printable

NARROWEST = 60


def failure_text(result: Result, expected: str, obtained: str, width: int) -> str:
    """Return what is wrong with a result, its sides called by these names.

    The first line says the most: pytest repeats it in its summary. Long lines are folded at `width`, tables are not.
    """
    width = max(width, NARROWEST)
    differing = [printable(c.explain()) for c in result.comparisons if not c.verdict.agrees]
    lines = _folded(printable(result.message).splitlines(), width)
    if result.divergence is not None:
        lines += _parting(result.divergence, width)
        lines.append("all that differ:")
        differing = [f"  {line}" for line in differing]
    lines += _folded(differing, width)
    lines.append(f"{near(result.case.file)}: {printable(result.case.id)}")
    lines.append(f"expected: {expected}; obtained: {obtained}")
    return "\n".join(lines)


def _parting(found: Divergence, width: int) -> list[str]:
    table = textwrap.dedent("\n".join(place_lines(found, Style(io.StringIO()))))
    return [*table.splitlines(), *_folded([f"  {line.strip()}" for line in verdict_lines(found)], width)]


def _folded(lines: Iterable[str], width: int) -> list[str]:
    """Return lines in parts of at most `width`, those after a first one set in; words and [1, 2] stay whole."""
    parts: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        whole = re.sub(r"\[[^\]]*\]", lambda index: index[0].replace(" ", "\0"), line.strip())
        folder = textwrap.TextWrapper(
            width, indent, f"{indent}  ", break_long_words=False, break_on_hyphens=False
        )
        parts += [part.replace("\0", " ") for part in folder.wrap(whole)]
    return parts
