"""The stored answers of the oracle, and whether they may still be believed."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from pybn.case import Case
from pybn.engines.base import Array, Engine, Tensors
from pybn.errors import EngineError, MissingFixture, StaleFixture
from pybn.formats.fixture import Record, read_fixture
from pybn.sources import Seen, used_files


class GoldenEngine(Engine):
    """Answers from fixtures. A missing or a stale record is an error that names the command to record.

    Fixtures and .m files are read once, and taken to stay as they are for as long as the engine lives.
    """

    name = "golden"

    def __init__(self) -> None:
        self._files: dict[Path, dict[str, Record]] = {}
        self.seen: Seen = {}

    def run(self, case: Case, inputs: Tensors) -> dict[str, Array]:  # noqa: ARG002  # they were stored with the answers
        """Return the stored outputs. Raises MissingFixture, StaleFixture, or EngineError for a stored refusal."""
        record = self.record(case)
        if reason := stale(case, record, self.seen):
            engine = "--engine matlab " if "matlab" in record.versions else ""
            raise StaleFixture(
                f"{case.file.name}: {case.id}: the recorded answer is stale: {reason}; "
                f"pybn record --stale {engine}{quote(str(case.file))} records it again"
            )
        if record.refusal:
            identifier, message = record.refusal
            raise EngineError(message, identifier=identifier)
        return dict(record.outputs)

    def record(self, case: Case) -> Record:
        """Return what is stored of a case, stale or not. Raises MissingFixture."""
        records = self.records(case.fixture)
        if case.id not in records:
            raise MissingFixture(
                f"{case.file.name}: {case.id}: no recorded answer in {case.fixture}; {_remedy(case)}"
            )
        return records[case.id]

    def records(self, fixture: Path) -> dict[str, Record]:
        """Return all records of a fixture, read once."""
        if fixture not in self._files:
            self._files[fixture] = read_fixture(fixture)
        return self._files[fixture]

    def discard(self, fixture: Path) -> None:
        """From now on take a fixture for empty, whatever is in the file."""
        self._files[fixture] = {}


def _remedy(case: Case) -> str:
    if case.live:
        return "it is live only, and --expected octave runs it"
    return f"pybn record --missing {quote(str(case.file))} records it"


def stale(case: Case, record: Record, seen: Seen | None = None) -> str:
    """Say what changed since a case was recorded; "" where nothing did. `seen` as `used_files` takes it."""
    if record.digest != case.digest():
        return "the case changed"
    now, then = used_files(case, seen), record.files
    changed = [name for name in sorted(now.keys() | then.keys()) if now.get(name) != then.get(name)]
    if not changed:
        return ""
    name = changed[0]
    what = "changed" if name in now and name in then else "is gone" if name in then else "is new"
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{name} {what}{more}"
