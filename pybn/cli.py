"""The command line: `pybn parity`, `record`, `inspect`, `doctor`. Standard output is data, standard error progress."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence

from pybn import __version__
from pybn.errors import AGREE, BAD_INPUT, DIFFER, IO_FAILED, USAGE, PybnError

EPILOG = "exit codes: 0 agree or done, 1 differ, 2 usage, 3 Octave is missing, 4 bad input, 5 input or output failed"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
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
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError("wanted a number of seconds above 0")
    return value


def _parity(options: argparse.Namespace) -> int:
    from pybn import parity, report
    from pybn.engines.golden import GoldenEngine
    from pybn.errors import UsageError
    from pybn.progress import progress

    if options.expected == options.obtained:
        raise UsageError(f"--expected and --obtained are both {options.expected}: nothing would be compared")
    golden = GoldenEngine()
    found = parity.find_cases(options.paths)
    wanted = [c for c in found if options.match in c.id or options.match in c.stem]
    if not wanted:
        raise UsageError(f"-k {options.match!r}: none of {len(found)} cases has that in its name")
    cases = (
        wanted if "golden" not in (options.expected, options.obtained) else [c for c in wanted if not c.live]
    )
    skipped = len(wanted) - len(cases)
    expected = parity.make_engine(options.expected, golden, options.deadline)
    obtained = parity.make_engine(options.obtained, golden, options.deadline)
    with expected, obtained:
        run = parity.run_parity(cases, expected, obtained, golden)
        results = list(progress(run, len(cases), f"{options.expected} against {options.obtained}"))
        versions = {
            key: value for e in (expected, obtained) for key, value in getattr(e, "versions", {}).items()
        }
    if options.json:
        sys.stdout.write(report.parity_json(results, options.expected, options.obtained, skipped, versions))
    else:
        style = report.Style(sys.stdout)
        shown = [r for r in results if not r.passed] if options.quiet else results
        if shown:
            sys.stdout.write(report.parity_table(shown, style, verbose=options.verbose) + "\n")
        named = f"octave {versions['octave']}" if "octave" in versions else ""
        sides = [named if named and s == "octave" else s for s in (options.expected, options.obtained)]
        sys.stdout.write(report.parity_summary(results, sides[0], sides[1], skipped, style))
    return _parity_code(results)


def _parity_code(results: Sequence[object]) -> int:
    from pybn.parity import Result, Status

    bad = [r for r in results if isinstance(r, Result) and not r.passed]
    if not bad:
        return AGREE
    return DIFFER if any(r.status is Status.DIFFERS for r in bad) else BAD_INPUT


def _record(options: argparse.Namespace) -> int:
    from pybn import parity
    from pybn.engines.octave import OctaveEngine, find_octave
    from pybn.progress import progress
    from pybn.record import record

    find_octave()
    cases = parity.find_cases(options.paths)
    which = {"missing"} if options.missing else {"stale"} if options.stale else {"missing", "stale"}
    which |= {"fresh"} if options.all else set()
    with OctaveEngine(options.deadline, lazily=True) as engine:
        changes = list(progress(record(cases, frozenset(which), engine), len(cases), "recording"))
    if options.json:
        told = [{"file": str(c.file), "case": c.id, "what": c.what, "why": c.why} for c in changes]
        sys.stdout.write(
            json.dumps({"schema": 1, "pybn": __version__, "job": "record", "changes": told}, indent=2) + "\n"
        )
    else:
        _print_changes(changes)
    return BAD_INPUT if any(c.what == "failed" for c in changes) else AGREE


def _print_changes(changes: Sequence[object]) -> None:
    from collections import Counter

    from pybn.record import Change
    from pybn.report import printable

    known = [c for c in changes if isinstance(c, Change)]
    for change in known:
        if change.what in ("recorded", "dropped", "failed") or change.why:
            why = f": {change.why}" if change.why else ""
            sys.stdout.write(printable(f"{change.what:<9} {change.file.stem}: {change.id}{why}") + "\n")
    counts = Counter(c.what for c in known)
    sys.stdout.write(", ".join(f"{n} {what}" for what, n in counts.items()) + "\n")


def _inspect(options: argparse.Namespace) -> int:
    from pybn.inspection import inspect

    listings = []
    for file in options.files:
        listing = inspect(file)
        if options.json:
            listings.append(listing.to_json())
        else:
            sys.stdout.write(listing.to_text().rstrip("\n") + "\n")
    if options.json:
        sys.stdout.write(
            json.dumps({"schema": 1, "pybn": __version__, "job": "inspect", "files": listings}, indent=2)
            + "\n"
        )
    return AGREE


def _doctor(options: argparse.Namespace) -> int:
    from pybn import doctor

    findings = doctor.examine()
    if options.json:
        sys.stdout.write(json.dumps(doctor.to_json(findings), indent=2) + "\n")
    else:
        sys.stdout.write(doctor.to_text(findings))
    return doctor.exit_code(findings)
