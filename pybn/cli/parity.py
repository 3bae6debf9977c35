"""`pybn parity`: compare a Python port with the MATLAB reference."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG, add_deadline, add_match, add_paths, matching, none_of, worst
from pybn.errors import AGREE, BAD_INPUT, DIFFER, PybnError

if TYPE_CHECKING:
    from pybn.cli.common import Commands
    from pybn.engines.golden import GoldenEngine
    from pybn.parity import Result
    from pybn.report.html import Album


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "parity",
        help="compare a Python port with the MATLAB reference",
        description="Run cases on two engines and compare every tensor. golden: the recorded answers; "
        "octave, matlab: the .m files, live; port: the Python under test.",
        epilog=EPILOG,
    )
    add_paths(command)
    engines = ("golden", "octave", "matlab", "port")
    command.add_argument(
        "--expected", choices=engines, default="golden", help="who is right (default: golden)"
    )
    command.add_argument(
        "--obtained", choices=engines, default="port", help="who is under test (default: port)"
    )
    add_match(command)
    add_deadline(command)
    command.add_argument("-v", "--verbose", action="store_true", help="every tensor of every case")
    command.add_argument(
        "-q", "--quiet", action="store_true", help="only the last line, and what does not agree"
    )
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    command.add_argument(
        "--report",
        metavar="FILE",
        help="also write all of it as one HTML file, with pictures of both sides and of what parts them",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn import parity
    from pybn.diagnosis import Patience
    from pybn.divergence import Reference
    from pybn.engines.golden import GoldenEngine
    from pybn.errors import UsageError
    from pybn.progress import progress
    from pybn.report import parity as told
    from pybn.report.style import Style

    names = (options.expected, options.obtained)
    if options.expected == options.obtained:
        raise UsageError(f"--expected and --obtained are both {options.expected}: nothing would be compared")
    golden = GoldenEngine()
    broken: list[PybnError] = []
    found = parity.find_cases(options.paths, broken)
    wanted = matching(found, options.match)
    if not wanted and not broken:
        raise UsageError(f"-k {options.match!r}: {none_of(len(found))} has that in its name")
    cases = [c for c in wanted if not c.live] if "golden" in names else wanted
    skipped = len(wanted) - len(cases)
    if skipped and not cases:
        raise UsageError(
            f"{'the only case is' if skipped == 1 else f'all {skipped} cases are'} live only, "
            f"so none is recorded; --expected octave runs {'it' if skipped == 1 else 'them'}"
        )
    expected, obtained = (parity.make_engine(name, golden, options.deadline) for name in names)
    album = _album(options, len(cases))
    with _page(options) as page, expected, obtained, Reference(golden, options.deadline) as reference:
        ran = parity.run_parity(cases, expected, obtained, golden)
        seen = ran if album is None else map(album.take, ran)
        sides = (expected.side, obtained.side)
        patience = Patience()
        answers = (parity.located(result, golden, reference, sides, patience) for result in seen)
        results = list(progress(answers, len(cases), f"{options.expected} against {options.obtained}"))
        versions = {k: v for e in (expected, obtained) for k, v in getattr(e, "versions", {}).items()}
        if page is not None and album is not None:
            _write(page, options, results, album, golden, versions, skipped, broken)
    if options.json:
        sys.stdout.write(told.parity_json(results, *names, skipped, versions, broken))
    elif cases:
        style = Style(sys.stdout)
        shown = [r for r in results if not r.passed] if options.quiet else results
        if shown:
            sys.stdout.write(told.parity_table(shown, style, verbose=options.verbose) + "\n")
        shown_as = [f"{name} {versions[name]}" if name in versions else name for name in names]
        sys.stdout.write(told.parity_summary(results, shown_as[0], shown_as[1], skipped, style, len(broken)))
    return worst(_code(results), broken)


def _album(options: argparse.Namespace, cases: int) -> Album | None:
    if options.report is None:
        return None
    from pybn.report.html import Album

    return Album(cases)


def _page(options: argparse.Namespace) -> AbstractContextManager[Path | None]:
    """Return where to write the report: a new file beside it from the start, so that what cannot be is told early."""
    if options.report is None:
        return nullcontext()
    from pybn.formats.base import atomic_write

    return atomic_write(options.report)


def _write(
    page: Path,
    options: argparse.Namespace,
    results: Sequence[Result],
    album: Album,
    golden: GoldenEngine,
    versions: dict[str, str],
    skipped: int,
    broken: Sequence[PybnError],
) -> None:
    from pybn.report.html import report_of

    text = report_of(
        results,
        album,
        golden,
        sides=(options.expected, options.obtained),
        versions=versions,
        arguments=options.arguments,
        skipped=skipped,
        broken=broken,
    )
    page.write_bytes(text.encode())
    if not options.quiet:
        sys.stderr.write(f"report: {options.report} ({page.stat().st_size / 1e6:.1f} MB)\n")


def _code(results: Sequence[Result]) -> int:
    from pybn.parity import Status

    bad = [r for r in results if not r.passed]
    if not bad:
        return AGREE
    return DIFFER if any(r.status is Status.DIFFERS for r in bad) else BAD_INPUT
