"""What the user is told of recordings in the end: served, made, changed, unused, removed; and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pybn.formats.fixture import Record
    from pybn.pytest_plugin.recorded import Recorded

MOST = 20  # unused recordings of a file that are named


def write_summary(reporter: pytest.TerminalReporter, recorded: Recorded) -> None:
    """Write a section, where there is something to tell."""
    lines = [*_served(recorded), *_made(recorded), *_unused(recorded)]
    lines += [(f"ERROR: {text}", "red") for text in recorded.troubles]
    if not lines:
        return
    reporter.section("recordings of Octave", "-", bold=False)
    from pybn.report.style import printable

    for text, colour in lines:
        reporter.line(printable(text), **{colour: True} if colour else {})


Line = tuple[str, str]


def _served(recorded: Recorded) -> Iterator[Line]:
    usage = recorded.usage
    count = sum(len(digests) for digests in usage.asked.values()) - len(recorded.made)
    if count > 0 and recorded.config.get_verbosity() >= 0:
        versions = ", ".join(sorted(usage.versions))
        yield f"{count} recorded answer{_s(count)} served (Octave {versions})", ""


def _made(recorded: Recorded) -> Iterator[Line]:
    by_file: dict[Path, list[Line]] = {}
    for made in recorded.made:
        lines = by_file.setdefault(made.file, [])
        if made.before:
            from pybn.recordings.change import change

            told = change(made.before, made.record)
            if told:
                lines.append((f"  {made.record.id}: {told}", "yellow"))
    for file, changes in by_file.items():
        count = sum(made.file == file for made in recorded.made)
        yield f"{count} answer{_s(count)} recorded in {recorded.near(file)}; commit it", "green"
        yield from changes


def _unused(recorded: Recorded) -> Iterator[Line]:
    for file, records in recorded.pruned.items():
        if records:
            yield (
                f"{len(records)} unused recording{_s(len(records))} removed from {recorded.near(file)}",
                "yellow",
            )
    if recorded.config.getoption("octave_prune"):
        for file in sorted(recorded.usage.files - recorded.usage.whole()):
            yield (
                f"nothing removed from {recorded.near(file)}: not all tests of its module ran and passed",
                "",
            )
        return
    unused = recorded.unused()
    for file, left in unused.items():
        yield f"{len(left)} unused recording{_s(len(left))} in {recorded.near(file)}:", "yellow"
        yield from _names(left)
    if unused:
        yield f"pytest --octave-prune {' '.join(_modules(recorded, unused))} removes what is unused", "yellow"


def _names(records: Sequence[Record]) -> Iterator[Line]:
    for record in records[:MOST]:
        yield f"  {record.id}", ""
    if len(records) > MOST:
        yield f"  and {len(records) - MOST} more", ""


def _modules(recorded: Recorded, files: Mapping[Path, Sequence[Record]]) -> Iterator[str]:
    from pybn.pytest_plugin.usage import module_of

    for file in files:
        module = module_of(file)
        yield recorded.near(module if module is not None else file.parent)


def _s(count: int) -> str:
    return "" if count == 1 else "s"
