"""`pybn gradcheck`: compare gradients with differences of what they are gradients of."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG, add_deadline, add_match, add_paths, matching, none_of, worst
from pybn.errors import AGREE, BAD_INPUT, DIFFER, PybnError

if TYPE_CHECKING:
    from pybn.cli.common import Commands

ABOUT = """\
Compare the gradients that a port, or the .m files under Octave, compute with
differences of what they compute.

A float64 case holds a gradient where its steps go: y = f(x, w), then dx, dw =
g(dy). The names say it: the input dNAME is the gradient by the output NAME,
the output dNAME the one by the input NAME. So dx is by x and dweight by
weight; after y2 and dy2, dx2 is by x2, and dweight2 by weight. The function is
sum(dy .* y). An output of one element without a dNAME, a loss, is the function
itself. An input is moved, and the case runs again. One call may do both: y, dx
= f(x, dy). Gradients in single are not checked: differences tell too little
there.

The error of a tensor is max|analytic - numeric| / max(max|analytic|,
max|numeric|), above a floor that rounding sets. Where the function has a kink
(a tie of maxima, relu at 0) it has no derivative: "not differentiable here".
Where differences drown in rounding they "do not settle". Both are shown and
counted, as neither right nor wrong.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "gradcheck",
        help="compare gradients with differences of what is computed",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_paths(command)
    command.add_argument(
        "--engine", choices=("port", "octave"), default="port", help="who computes (default: port)"
    )
    add_match(command)
    command.add_argument(
        "--limit",
        type=_limit,
        default=1e-7,
        metavar="E",
        help="the largest error that agrees (default: 1e-7)",
    )
    command.add_argument(
        "--elements",
        type=_count,
        default=12,
        metavar="N",
        help="of a tensor that are looked at (default: 12)",
    )
    add_deadline(command)
    command.add_argument("-v", "--verbose", action="store_true", help="every gradient of every case")
    command.add_argument("-q", "--quiet", action="store_true", help="only the last line, and what is wrong")
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    command.set_defaults(run=run)


def _limit(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"wanted a number from 0 to 1, got {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1 << 31:
        raise argparse.ArgumentTypeError(f"wanted a whole number above 0, got {text!r}")
    return int(text)


def _nothing(match: str, found: int, single: int, wanted: int) -> PybnError:
    """Return the complaint where there is nothing to check."""
    from pybn.errors import UsageError
    from pybn.report.gradients import IN_DOUBLE

    if found and not wanted:
        return UsageError(f"-k {match!r}: {none_of(found)} has that in its name")
    if single:
        return UsageError(f"{none_of(wanted)} holds a gradient in double, {single} in single: {IN_DOUBLE}")
    told = "a gradient to check (dx of x, after dy of y); see --help"
    return UsageError(f"{none_of(wanted)} holds {told}")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn import parity
    from pybn.engines.golden import GoldenEngine
    from pybn.gradient_check import Status
    from pybn.gradient_check.cases import check_case, sort_cases
    from pybn.progress import progress
    from pybn.report import gradients
    from pybn.report.style import Style

    golden = GoldenEngine()
    broken: list[PybnError] = []
    found = parity.find_cases(options.paths, broken)
    engine = parity.make_engine(options.engine, golden, options.deadline)
    wanted = matching(found, options.match)
    cases, single, without = sort_cases(wanted, engine.side)
    if not cases and not broken:
        raise _nothing(options.match, len(found), len(single), len(wanted))
    with engine:
        checks = (
            check_case(
                case,
                parity.inputs_of(case, golden),
                engine,
                limit=options.limit,
                elements=options.elements,
            )
            for case in cases
        )
        results = list(progress(checks, len(cases), f"gradients of {options.engine}"))
        versions: dict[str, str] = getattr(engine, "versions", {})
    left = (len(without), len(single))
    if options.json:
        told = gradients.gradients_json(results, options.engine, *left, options.limit, versions, broken)
        sys.stdout.write(told)
    elif cases:
        style = Style(sys.stdout)
        status = [result.status(options.limit) for result in results]
        bad = [r for r, s in zip(results, status, strict=True) if s in (Status.DIFFERS, None)]
        if shown := bad if options.quiet else results:
            table = gradients.gradients_table(shown, options.limit, style, verbose=options.verbose)
            sys.stdout.write(table + "\n")
        name = f"octave {versions['octave']}" if options.engine == "octave" else options.engine
        sys.stdout.write(gradients.gradients_summary(results, name, *left, options.limit, style))
    ended = {result.status(options.limit) for result in results}
    return worst(DIFFER if Status.DIFFERS in ended else BAD_INPUT if None in ended else AGREE, broken)
