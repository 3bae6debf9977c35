"""`pybn parity --report out.html`: one file for a browser, with pictures of both sides and of what parts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pybn.case import Case
from pybn.engines.golden import GoldenEngine
from pybn.errors import PybnError
from pybn.parity import Result
from pybn.report.html.album import Album
from pybn.report.html.page import html_report
from pybn.report.html.provenance import command_line, hashes, now, pathless, recorders, versions_told
from pybn.report.html.staged import staging_told

__all__ = ["Album", "report_of"]


def report_of(
    results: Sequence[Result],
    album: Album,
    golden: GoldenEngine,
    *,
    sides: tuple[str, str],
    versions: Mapping[str, str],
    arguments: Sequence[str],
    skipped: int = 0,
    broken: Sequence[PybnError] = (),
) -> str:
    """Return the report of a run as HTML, of results whose answers `album` took.

    `sides` are the names of the expected and the obtained one, `versions` those of live engines, `arguments` the
    command line after `pybn`; `skipped` counts live cases that were left out, `broken` are the errors of case
    files that cannot be read.
    """
    cases = [result.case for result in results]
    words = pathless({case.file.parent for case in cases})
    files, used = hashes(cases, golden)
    about = {
        "schema": 1,
        "expected": _side(sides[0], versions, cases, golden),
        "obtained": _side(sides[1], versions, cases, golden),
        "versions": versions_told(versions, cases, golden),
        "command": command_line(arguments, words),
        "options": _options(sides),
        "date": now(),
        "files": [[words(name), digest] for name, digest in files],
        "used": used,
        "skipped": skipped,
        "staging": staging_told(cases, words),
    }
    return html_report(results, album, about, words, broken)


def _options(sides: tuple[str, str]) -> list[str] | None:
    """Return what `pybn parity` has to be told to run a case again on the same sides; None where it cannot."""
    if "exported" in sides:
        return None
    usual = zip(("--expected", "--obtained"), sides, ("golden", "port"), strict=True)
    return [word for option, side, default in usual if side != default for word in (option, side)]


def _side(name: str, versions: Mapping[str, str], cases: Sequence[Case], golden: GoldenEngine) -> str:
    """Say in words who answered."""
    if name == "golden":
        return f"{recorders(cases, golden)} recorded answers"
    if name == "port":
        return "the Python port"
    if name == "exported":
        return "the port, and the model as it was exported"
    product = {"octave": "Octave", "matlab": "MATLAB"}[name]
    return f"{product} {versions.get(name, '')}".rstrip() + ", live"
