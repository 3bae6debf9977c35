"""Which recordings the tests of a session asked for, and of which modules that can be told: those that ran whole.

Under pytest-xdist every worker collects all tests and runs some of them. What a test asked for travels with its
report, so that a worker that crashes takes only the test with it that it was at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

SUFFIX = ".octave.h5"
MARK = "pybn_recordings"  # the attribute of a report: file -> the digests of what was asked
VERSIONS = "pybn_versions"  # and the versions of Octave that answered


def recordings_of(module: Path) -> Path:
    """Return where the recordings of a test module are, as pybn.recordings.file_of, which is not loaded yet."""
    return module.with_name((module.stem if module.suffix == ".py" else module.name) + SUFFIX)


class Usage:
    """What is known of the use of recordings, in the process that reports to the user."""

    def __init__(self) -> None:
        self.asked: dict[Path, set[str]] = defaultdict(set)
        self.versions: set[str] = set()
        self._wanted: dict[Path, set[str]] = {}
        self._partial: set[Path] = set()
        self._orphans: set[Path] = set()
        self._passed: set[str] = set()
        self._troubled: set[str] = set()

    def collected(self, told: Mapping[str, Any]) -> None:
        """Take what `collected` of this module says of a collection, this process's or a worker's."""
        for file, tests in told["wanted"].items():
            self._wanted.setdefault(Path(file), set()).update(tests)
        self._partial.update(map(Path, told["partial"]))
        self._orphans.update(map(Path, told["orphans"]))

    def reported(self, report: pytest.TestReport) -> None:
        """Take the report of a phase of a test."""
        for file, digests in getattr(report, MARK, {}).items():
            self.asked[Path(file)].update(digests)
        self.versions.update(getattr(report, VERSIONS, ()))
        if not report.passed or hasattr(report, "wasxfail"):
            self._troubled.add(report.nodeid)
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def whole(self) -> set[Path]:
        """Return the files of recordings all of whose module's tests ran and passed."""
        good = self._passed - self._troubled
        ran = {file for file, tests in self._wanted.items() if tests <= good and file not in self._partial}
        return ran | self._orphans

    @property
    def files(self) -> set[Path]:
        """Return the files of recordings that this session has to do with."""
        return self._wanted.keys() | self._orphans


def collected(config: pytest.Config, items: Iterable[pytest.Item], seen: Iterable[Path]) -> dict[str, Any]:
    """Return what a collection tells, as data that travels: call it before anything is deselected.

    "wanted": file of recordings -> the tests of its module; "partial": files of whose modules only a part was asked
    for; "orphans": files in the folders that were collected whose module is gone.
    """
    wanted: dict[str, list[str]] = {}
    known: dict[Path, str] = {}
    for item in items:
        if item.path not in known:
            file = recordings_of(item.path)
            known[item.path] = str(file) if file.exists() else ""
        if file_ := known[item.path]:
            wanted.setdefault(file_, []).append(item.nodeid)
    everything = bool(config.getoption("lf", False)) or config.option.collectonly
    partial = set(wanted) if everything else _named(config, wanted)
    orphans = [str(file) for file in seen if module_of(file) is None]
    return {"wanted": wanted, "partial": sorted(partial), "orphans": orphans}


def _named(config: pytest.Config, wanted: Mapping[str, Any]) -> set[str]:
    """Return the files of modules of which some tests were named: tests/test_a.py::test_one."""
    found: set[str] = set()
    for argument in config.args:
        path, double, _ = str(argument).partition("::")
        if double:
            module = config.invocation_params.dir / path
            found.update([str(recordings_of(module))] if module.is_file() else wanted)
    return found


def module_of(file: Path) -> Path | None:
    """Return the test module that a file of recordings is of, None where it is gone."""
    stem = file.name.removesuffix(SUFFIX)
    return next(
        (file.with_name(name) for name in (f"{stem}.py", stem) if file.with_name(name).exists()), None
    )
