"""The recordings of a session of tests: served, or made where the mode says so, and kept for the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pybn.errors import FileError, FixtureError, MissingFixture, StaleFixture
from pybn.formats.fixture import Record
from pybn.recordings.file import file_of, find, merge, read
from pybn.recordings.mode import Mode
from pybn.recordings.parts import add_part
from pybn.recordings.question import Question


@dataclass(frozen=True, slots=True)
class Made:
    """A recording that was made, and those of the same question that its file had before."""

    file: Path
    record: Record
    before: Sequence[Record]


def merged(file: Path, records: Collection[Record]) -> list[Made]:
    """Put new recordings into a file, and say what was there before. Raises FileError or FormatError."""
    before = merge(file, records)
    return [Made(file, record, before[record.id]) for record in records]


class Oracle(Protocol):
    """Who answers questions that no recording answers."""

    def missing(self) -> str:
        """Say why it cannot be asked; "" where it can."""

    def version(self) -> str:
        """Return the version of Octave, without starting it."""

    def ask(self, question: Question) -> Record:
        """Return the answer to a question, which may be the error that it ends with. Raises PybnError."""


class Recordings:
    """The recordings that one process of a session serves and makes.

    `parts` is where they go if other processes make some as well, None where this one is alone. `command` says how to
    have the recordings of a module made, for messages.
    """

    def __init__(
        self, mode: Mode, oracle: Oracle, command: Callable[[Path], str], parts: Path | None = None
    ) -> None:
        self.mode = mode
        self.oracle = oracle
        self.command = command
        self.parts = parts
        self.fresh: dict[Path, dict[str, Record]] = {}
        self._known: dict[Path, dict[str, Record]] = {}
        self._recorded: dict[tuple[Path, str], Record] = {}
        self._new: set[Path] = set()

    def answer(self, module: Path, question: Question) -> Record:
        """Return the answer to a question of a test module, recorded or, where the mode says so, asked for now.

        Raises MissingFixture, StaleFixture, FormatError, FileError, or what the oracle raises.
        """
        file = file_of(module)
        if (made := self._recorded.get((file, question.digest))) is not None:
            return made
        known = self.known(file)
        refusal: FixtureError | None = None
        if self.mode is not Mode.ALL:
            octave = self._version() if self.mode is Mode.MISSING else ""
            found = find(known.values(), question.digest, question.files, octave)
            if found.record is not None:
                return found.record
            refusal = self._refusal(module, file, question, found.stale)
            if self.mode is Mode.NONE or (self.mode is Mode.ONCE and file not in self._new):
                raise refusal
        return self._make(file, question, refusal)

    def known(self, file: Path) -> dict[str, Record]:
        """Return what was recorded in a file before this session, read once."""
        if file not in self._known:
            if not file.exists():
                self._new.add(file)
            self._known[file] = read(file)
        return self._known[file]

    def flush(self) -> list[Made]:
        """Write what was recorded since the last time. Raises FileError."""
        told: list[Made] = []
        while self.fresh:
            file, records = self.fresh.popitem()
            if self.parts is not None:
                add_part(self.parts, file, records.values())
            else:
                told += merged(file, records.values())
        return told

    def _make(self, file: Path, question: Question, refusal: FixtureError | None) -> Record:
        if problem := self.oracle.missing():
            if refusal is None:
                raise MissingFixture(f"{question.label}: cannot be recorded: {problem}")
            raise type(refusal)(f"{refusal}; {problem}")
        if not os.access(file.parent, os.W_OK):
            raise FileError(f"{_near(file)}: {question.label} cannot be recorded: the folder is not writable")
        record = self.oracle.ask(question)
        self._recorded[file, question.digest] = record
        self.fresh.setdefault(file, {})[record.id] = record
        return record

    def _version(self) -> str:
        return "" if self.oracle.missing() else self.oracle.version()

    def _refusal(self, module: Path, file: Path, question: Question, stale: str) -> FixtureError:
        if stale:
            text = f"{question.label}: the recorded answer in {_near(file)} is stale: {stale}"
            return StaleFixture(f"{text}; {self.command(module)}")
        text = f"{question.label}: there is no recorded answer in {_near(file)}, of this call with these arguments"
        return MissingFixture(f"{text}; {self.command(module)}")


def _near(file: Path) -> Path:
    """Return the path as a person would write it from here."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
