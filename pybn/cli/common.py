"""What the commands share: options, complaints, JSON, and the exit code of a job of which some files were broken."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pybn import __version__
from pybn.errors import AGREE, PybnError

if TYPE_CHECKING:
    from pybn.case import Case

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # argparse has no other name for it

EPILOG = (
    "exit codes: 0 agree or done, 1 differ, 2 usage, 3 Octave or MATLAB is missing, 4 bad input, "
    "5 input or output failed"
)


def add_paths(command: argparse.ArgumentParser) -> None:
    """Add the case files that a command works on."""
    command.add_argument(
        "paths", nargs="*", metavar="PATH", help="case files, or folders of them (default: pybn's own)"
    )


def add_match(command: argparse.ArgumentParser) -> None:
    """Add the choice of cases by their names."""
    command.add_argument(
        "-k",
        dest="match",
        default="",
        metavar="TEXT",
        help="only cases whose name or stem holds TEXT; 'name [dtype]' in full chooses that case alone",
    )


def matching(cases: Sequence[Case], text: str) -> list[Case]:
    """Return the cases whose name or stem holds a text, or those alone whose name and dtype it is in full."""
    whole = [case for case in cases if case.id == text]
    return whole or [case for case in cases if text in case.id or text in case.stem]


def add_deadline(command: argparse.ArgumentParser) -> None:
    """Add the time that a case may take."""
    command.add_argument(
        "--deadline", type=seconds, default=60.0, metavar="S", help="seconds a case may take"
    )


def seconds(text: str) -> float:
    """Return a number of seconds. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"wanted a number of seconds above 0, got {text!r}")
    return value


def none_of(cases: int) -> str:
    """Return the subject of what holds for no case."""
    return "no case (there is one)" if cases == 1 else f"none of {cases} cases"


def complain(message: str) -> None:
    """Write a line to standard error."""
    from pybn.report.style import printable

    sys.stderr.write(f"pybn: {printable(message)}\n")


def worst(code: int, broken: Sequence[PybnError]) -> int:
    """Complain of each file that could not be read, after the rest was done, and return what to exit with."""
    for error in broken:
        complain(str(error))
    return code or (broken[0].exit_code if broken else AGREE)


def print_json(job: str, **told: object) -> None:
    """Write what a job found to standard output, as JSON of version 1."""
    sys.stdout.write(json.dumps({"schema": 1, "pybn": __version__, "job": job, **told}, indent=2) + "\n")
