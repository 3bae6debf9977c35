"""Recordings in a session of pytest: which tests ask for which, where new ones go, and what the user is told."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pybn.pytest_plugin.cases import octave_engine, octave_missing
from pybn.pytest_plugin.options import mode_of, near, remedy
from pybn.pytest_plugin.usage import MARK, VERSIONS, Usage, collected

if TYPE_CHECKING:
    from pybn.formats.fixture import Record
    from pybn.recordings.session import Made, Recordings
    from pybn.sources import Seen

PARTS = "pybn_parts"  # in a worker's input: the folder for what it records


class Recorded:
    """What one process of a session knows: the tests' recordings, and their use.

    Nothing is loaded before a test asks for an answer. Under pytest-xdist the process that reports to the user hands
    its workers a folder, and merges in the end what they leave there.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.usage = Usage()
        self.seen: list[Path] = []  # files of recordings, where tests were collected
        self.used: Seen = {}  # .m files, as they are for as long as one test runs
        self.made: list[Made] = []
        self.pruned: dict[Path, list[Record]] = {}
        self.troubles: list[str] = []
        self.parts: Path | None = None
        self._recordings: Recordings | None = None
        self._asked: dict[str, set[str]] = defaultdict(set)
        self._versions: set[str] = set()

    @property
    def recordings(self) -> Recordings:
        """The recordings of this process."""
        if self._recordings is None:
            from pybn.recordings.mode import Mode
            from pybn.recordings.oracle import OctaveOracle
            from pybn.recordings.session import Recordings

            oracle = OctaveOracle(octave_engine(self.config), octave_missing)
            folder = Path(self.worker[PARTS]) if self.worker else None
            self._recordings = Recordings(
                Mode(mode_of(self.config)), oracle, lambda module: remedy(self.config, module), folder
            )
        return self._recordings

    def asked(self, file: Path, record: Record) -> None:
        """Note that the test that runs now was answered by this recording."""
        self._asked[str(file)].add(record.digest)
        self._versions.add(record.versions.get("octave", "?"))

    def collection(self, items: list[pytest.Item]) -> dict[str, Any]:
        """Take note of all tests that were found, before any are deselected; return it as data that travels."""
        told = collected(self.config, items, self.seen)
        self.usage.collected(told)
        return told

    def mark(self, report: pytest.TestReport) -> None:
        """Let the report of a test that ends tell what the test asked for."""
        if self._asked:
            setattr(report, MARK, {file: sorted(digests) for file, digests in self._asked.items()})
            setattr(report, VERSIONS, sorted(self._versions))
        self._asked.clear()
        self.used.clear()
        self._versions.clear()

    def flush(self) -> None:
        """Save what was recorded."""
        from pybn.errors import PybnError

        if self._recordings is None:
            return
        try:
            self.made += self._recordings.flush()
        except PybnError as error:
            self.troubles.append(str(error))

    def new_worker(self, told: dict[str, Any]) -> None:
        """Say to a worker where to leave what it records."""
        if self.parts is None:
            self.parts = Path(tempfile.mkdtemp(prefix="pybn-recordings-"))
        told[PARTS] = str(self.parts)

    def finish(self) -> None:
        """Save and merge what was recorded, prune, and leave nothing behind."""
        self.flush()
        if self.worker is not None:
            return
        if self.parts is not None:
            self._merge(self.parts)
            shutil.rmtree(self.parts, ignore_errors=True)
        if self.config.getoption("octave_prune"):
            self._prune()

    def _merge(self, folder: Path) -> None:
        from pybn.errors import PybnError
        from pybn.recordings.parts import parts
        from pybn.recordings.session import merged

        try:
            for file, records in parts(folder):
                self.made += merged(file, records.values())
        except PybnError as error:
            self.troubles.append(str(error))

    def _prune(self) -> None:
        from pybn.errors import PybnError
        from pybn.recordings.file import prune

        for file in sorted(self.usage.whole()):
            try:
                self.pruned[file] = prune(file, self.usage.asked[file])
            except PybnError as error:
                self.troubles.append(str(error))

    def unused(self) -> dict[Path, list[Record]]:
        """Return the recordings that no test asked for, of modules all of whose tests ran and passed."""
        files = sorted(self.usage.whole())
        if not files:
            return {}
        from pybn.errors import PybnError
        from pybn.recordings.file import read

        found: dict[Path, list[Record]] = {}
        for file in files:
            try:
                records = read(file).values()
            except PybnError as error:
                self.troubles.append(str(error))
                continue
            if left := [record for record in records if record.digest not in self.usage.asked[file]]:
                found[file] = left
        return found

    def near(self, path: Path) -> str:
        """Return a path as a person would write it."""
        return near(self.config, path)


RECORDED = pytest.StashKey[Recorded]()
