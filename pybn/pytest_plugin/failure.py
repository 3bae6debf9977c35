"""What a test is told whose value does not match Octave's answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from pybn.compare import Comparison, Tolerance
from pybn.errors import PybnError
from pybn.report.fold import folded
from pybn.report.style import printable
from pybn.report.why import why_lines
from pybn.values import leaves
from pybn.values.fit import fitted

NARROWEST = 60
MOST = 20  # differing leaves that are told
EDGE = "E   "  # what pytest puts before a line


P = ParamSpec("P")
R = TypeVar("R")


def shortly(function: Callable[P, R]) -> Callable[P, R]:
    """Let an error that is meant for the user come from the line of the test, not from where pybn noticed it."""

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except PybnError as error:
            raise error.with_traceback(None)  # noqa: B904  # it is the same error

    return asked


def diagnosed(
    found: Sequence[Comparison],
    sides: Sequence[tuple[str, Any, Any]],
    given: Mapping[str, Any],
    close: Tolerance,
) -> list[str]:
    """Return the lines that say which mistake of porting makes the obtained of the expected, if one is known.

    `sides` are name, expected and obtained; `given` is what both were computed from, by name.
    """
    from pybn.diagnosis import diagnose_case

    both: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name, *values in sides:
        for side, value in zip(both, fitted(*values), strict=True):
            side.update(leaves(value, name))
    arrays = {name: value for name, value in given.items() if isinstance(value, np.ndarray)}
    names = [each.name for each in found if not each.verdict.agrees]
    why = diagnose_case(
        names,
        *both,
        inputs={name: x for name, x in arrays.items() if x.size > 1},
        attrs={name: x.item() for name, x in arrays.items() if x.size == 1},
        tolerances=dict.fromkeys(both[0], close),
        axes={},
    )
    return why_lines(why)


def mismatch(found: Sequence[Comparison], told: Sequence[str]) -> str:
    """Return the text of a failure: what differs, where most, then what else there is to tell.

    The first line says the most: pytest repeats it in its summary.
    """
    width = max(shutil.get_terminal_size().columns - len(EDGE), NARROWEST)
    bad = [each for each in found if not each.verdict.agrees]
    lines = [each.explain() for each in bad[:MOST]]
    if len(bad) > MOST:
        lines.append(f"and {len(bad) - MOST} more")
    return "\n".join(folded([printable(line) for line in [*lines, *told]], width))
