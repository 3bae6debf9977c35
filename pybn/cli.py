"""The command line: `pybn parity`, `record`, `inspect`, `doctor`. Standard output is data, standard error progress."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pybn import __version__
from pybn.errors import AGREE, BAD_INPUT, DIFFER, IO_FAILED, USAGE, PybnError

if TYPE_CHECKING:
    from pybn.parity import Result
    from pybn.record import Change

EPILOG = "exit codes: 0 agree or done, 1 differ, 2 usage, 3 Octave is missing, 4 bad input, 5 input or output failed"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _mend_streams()
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        code = run(options)
        sys.stdout.flush()
        return code
    except PybnError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return IO_FAILED
    except OSError as error:
        _complain(str(error))
        return IO_FAILED


def _mend_streams() -> None:
    """Let what a stream's encoding has not be written as an escape, and a closed stream take all and show nothing."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _complain(message: str) -> None:
    from pybn.report import printable

    sys.stderr.write(f"pybn: {printable(message)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pybn",
        description="Port MATLAB code to Python and prove, against GNU Octave, that the port answers alike.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"pybn {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_parity(commands)
    _add_record(commands)
    _add_inspect(commands)
    _add_doctor(commands)
    return parser


def _add_parity(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "parity",
        help="compare a Python port with the MATLAB reference",
        description="Run cases on two engines and compare every tensor. golden: Octave's recorded answers; "
        "octave: the .m files, live; port: the Python under test.",
        epilog=EPILOG,
    )
    command.add_argument(
        "paths", nargs="*", metavar="PATH", help="case files, or folders of them (default: pybn's own)"
    )
    engines = ("golden", "octave", "port")
    command.add_argument(
        "--expected", choices=engines, default="golden", help="who is right (default: golden)"
    )
    command.add_argument(
        "--obtained", choices=engines, default="port", help="who is under test (default: port)"
    )
    command.add_argument(
        "-k", dest="match", default="", metavar="TEXT", help="only cases whose name or stem holds TEXT"
    )
    command.add_argument(
        "--deadline", type=_seconds, default=60.0, metavar="S", help="seconds a case may take in Octave"
    )
    command.add_argument("-v", "--verbose", action="store_true", help="every tensor of every case")
    command.add_argument(
        "-q", "--quiet", action="store_true", help="only the last line, and what does not agree"
    )
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    command.set_defaults(run=_parity)


def _add_record(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "record",
        help="record Octave's answers as fixtures",
        description="Run cases under Octave and store inputs and answers beside the case files. "
        "Without an option: what is missing and what is stale.",
        epilog=EPILOG,
    )
    command.add_argument(
        "paths", nargs="*", metavar="PATH", help="case files, or folders of them (default: pybn's own)"
    )
    which = command.add_mutually_exclusive_group()
    which.add_argument("--missing", action="store_true", help="only cases without a record")
    which.add_argument("--stale", action="store_true", help="only cases whose .m files or text changed")
    which.add_argument("--all", action="store_true", help="every case, fresh ones too")
    command.add_argument(
        "--deadline", type=_seconds, default=60.0, metavar="S", help="seconds a case may take in Octave"
    )
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=_record)


def _add_inspect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "inspect",
        help="list what a .mat or .h5 file holds",
        description="List names, axes, shapes and dtypes. The file is parsed in a process of its own, with limits.",
        epilog=EPILOG,
    )
    command.add_argument("files", nargs="+", metavar="FILE", help=".mat (any version) or HDF5")
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    command.set_defaults(run=_inspect)


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "doctor",
        help="tell what this machine has, what is wrong, and the fix",
        description="Look at Octave, oct2py, the packages and the fixtures; let Octave answer one case.",
        epilog=EPILOG,
    )
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=_doctor)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"wanted a number of seconds above 0, got {text!r}")
    return value


def _parity(options: argparse.Namespace) -> int:
    from pybn import parity, report
    from pybn.engines.golden import GoldenEngine
    from pybn.errors import UsageError
    from pybn.progress import progress

    names = (options.expected, options.obtained)
    if options.expected == options.obtained:
        raise UsageError(f"--expected and --obtained are both {options.expected}: nothing would be compared")
    golden = GoldenEngine()
    broken: list[PybnError] = []
    found = parity.find_cases(options.paths, broken)
    wanted = [c for c in found if options.match in c.id or options.match in c.stem]
    if not wanted and not broken:
        raise UsageError(f"-k {options.match!r}: none of {len(found)} cases has that in its name")
    cases = [c for c in wanted if not c.live] if "golden" in names else wanted
    skipped = len(wanted) - len(cases)
    if skipped and not cases:
        raise UsageError(
            f"all {skipped} cases are live only, so none is recorded; --expected octave runs them"
        )
    expected, obtained = (parity.make_engine(name, golden, options.deadline) for name in names)
    with expected, obtained:
        run = parity.run_parity(cases, expected, obtained, golden)
        results = list(progress(run, len(cases), f"{options.expected} against {options.obtained}"))
        versions = {k: v for e in (expected, obtained) for k, v in getattr(e, "versions", {}).items()}
    if options.json:
        sys.stdout.write(report.parity_json(results, *names, skipped, versions, broken))
    elif cases:
        style = report.Style(sys.stdout)
        shown = [r for r in results if not r.passed] if options.quiet else results
        if shown:
            sys.stdout.write(report.parity_table(shown, style, verbose=options.verbose) + "\n")
        sides = [f"octave {versions['octave']}" if name == "octave" else name for name in names]
        sys.stdout.write(report.parity_summary(results, sides[0], sides[1], skipped, style))
    return _worst(_parity_code(results), broken)


def _parity_code(results: Sequence[Result]) -> int:
    from pybn.parity import Status

    bad = [r for r in results if not r.passed]
    if not bad:
        return AGREE
    return DIFFER if any(r.status is Status.DIFFERS for r in bad) else BAD_INPUT


def _worst(code: int, broken: Sequence[PybnError]) -> int:
    """Complain of each file that could not be read, after the rest was done, and return what to exit with."""
    for error in broken:
        _complain(str(error))
    return code or (broken[0].exit_code if broken else AGREE)


def _record(options: argparse.Namespace) -> int:
    from pybn import parity
    from pybn.engines.octave import OctaveEngine, find_octave
    from pybn.progress import progress
    from pybn.record import record

    find_octave()
    broken: list[PybnError] = []
    cases = parity.find_cases(options.paths, broken)
    which = {"missing"} if options.missing else {"stale"} if options.stale else {"missing", "stale"}
    which |= {"missing", "stale", "fresh"} if options.all else set()
    with OctaveEngine(options.deadline, lazily=True) as engine:
        changes = list(progress(record(cases, frozenset(which), engine), len(cases), "recording"))
    if options.json:
        told = [{"file": str(c.file), "case": c.id, "what": c.what, "why": c.why} for c in changes]
        _print_json("record", changes=told)
    else:
        _print_changes(changes)
    return _worst(BAD_INPUT if any(c.what == "failed" for c in changes) else AGREE, broken)


def _print_changes(changes: Sequence[Change]) -> None:
    from collections import Counter

    from pybn.report import printable

    for change in changes:
        if change.what in ("recorded", "dropped", "failed") or change.why:
            why = f": {change.why}" if change.why else ""
            sys.stdout.write(printable(f"{change.what:<9} {change.file.stem}: {change.id}{why}") + "\n")
    counts = Counter(c.what for c in changes)
    sys.stdout.write(", ".join(f"{n} {what}" for what, n in counts.items()) + "\n")


def _inspect(options: argparse.Namespace) -> int:
    from pybn.inspection import inspect

    listings, broken = [], []
    for file in options.files:
        try:
            listing = inspect(file)
        except PybnError as error:
            broken.append(error)
            continue
        if options.json:
            listings.append(listing.to_json())
        else:
            sys.stdout.write(listing.to_text().rstrip("\n") + "\n")
    if options.json and listings:
        _print_json("inspect", files=listings)
    return _worst(AGREE, broken)


def _print_json(job: str, **told: object) -> None:
    sys.stdout.write(json.dumps({"schema": 1, "pybn": __version__, "job": job, **told}, indent=2) + "\n")


def _doctor(options: argparse.Namespace) -> int:
    from pybn import doctor

    findings = doctor.examine()
    if options.json:
        sys.stdout.write(json.dumps(doctor.to_json(findings), indent=2) + "\n")
    else:
        sys.stdout.write(doctor.to_text(findings))
    return doctor.exit_code(findings)
