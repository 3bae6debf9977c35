"""`pybn record`: record the answers of Octave, or of MATLAB, as fixtures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pybn.cli.common import EPILOG, add_deadline, add_paths, print_json, worst
from pybn.errors import AGREE, BAD_INPUT, PybnError

if TYPE_CHECKING:
    from pybn.cli.common import Commands
    from pybn.engines.driver.engine import DrivenEngine
    from pybn.record import Change


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "record",
        help="record Octave's answers, or MATLAB's, as fixtures",
        description="Run cases under Octave, or MATLAB, and store inputs and answers beside the case files. "
        "Without an option: what is missing and what is stale.",
        epilog=EPILOG,
    )
    add_paths(command)
    which = command.add_mutually_exclusive_group()
    which.add_argument("--missing", action="store_true", help="only cases without a record")
    which.add_argument("--stale", action="store_true", help="only cases whose .m files or text changed")
    which.add_argument("--all", action="store_true", help="every case, fresh ones too")
    command.add_argument(
        "--engine", choices=("octave", "matlab"), default="octave", help="who answers (default: octave)"
    )
    add_deadline(command)
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn import parity
    from pybn.progress import progress
    from pybn.record import record

    engine = _engine(options)
    broken: list[PybnError] = []
    cases = parity.find_cases(options.paths, broken)
    which = {"missing"} if options.missing else {"stale"} if options.stale else {"missing", "stale"}
    which |= {"missing", "stale", "fresh"} if options.all else set()
    with engine:
        changes = list(progress(record(cases, frozenset(which), engine), len(cases), "recording"))
    if options.json:
        told = [{"file": str(c.file), "case": c.id, "what": c.what, "why": c.why} for c in changes]
        print_json("record", changes=told)
    else:
        _print_changes(changes)
    return worst(BAD_INPUT if any(c.what == "failed" for c in changes) else AGREE, broken)


def _engine(options: argparse.Namespace) -> DrivenEngine[Any]:
    """Return the engine that is asked for. Raises OctaveMissing or MatlabMissing where it is not here."""
    if options.engine == "matlab":
        from pybn.engines.matlab import MatlabEngine, find_matlab

        find_matlab()
        return MatlabEngine(options.deadline)
    from pybn.engines.octave import OctaveEngine, find_octave

    find_octave()
    return OctaveEngine(options.deadline, lazily=True)


def _print_changes(changes: Sequence[Change]) -> None:
    from collections import Counter

    from pybn.report.style import printable

    for change in changes:
        if change.what in ("recorded", "dropped", "failed") or change.why:
            said = change.why.removeprefix(f"{change.file.name}: ").removeprefix(f"{change.id}: ")
            why = f": {said}" if said else ""
            sys.stdout.write(printable(f"{change.what:<9} {change.file.stem}: {change.id}{why}") + "\n")
    counts = Counter(c.what for c in changes)
    sys.stdout.write(", ".join(f"{n} {what}" for what, n in counts.items()) + "\n")
