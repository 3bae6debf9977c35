"""The folder between an engine and its program: a job's files, the programs that jobs share, what is printed."""

from __future__ import annotations

import io
import os
import tempfile
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pybn.case import Case
from pybn.engines.driver.wire import dump
from pybn.sources import Seen

LOGS = (".log", ".err")  # what a job prints to standard output and to standard error
PRINT_LIMIT = 4 << 20  # bytes that a case may print


class Copies(Protocol):
    """The copies of users' trees that a session runs."""

    def look(self) -> None:
        """Have the next case of each tree look whether its files changed since the last one did."""

    def folders(self, case: Case, seen: Seen) -> list[str]:
        """Return what goes on the path for a case. Raises CaseError or FileError."""

    def intact(self, case: Case) -> bool:
        """Tell whether a case left its copy as it was; one that is not is not used again."""

    def told(self, text: str) -> str:
        """Return a message in which files are named where they are in the user's tree, not in the copy."""


class Session(ABC):
    """One program with its folder. `closed` once it ended for good; a new one has to be made then."""

    product: ClassVar[str]  # what the program is called
    answered: ClassVar[str] = ".out"  # the suffix of the file that is there once an answer is whole
    wide: ClassVar[bool] = False  # whether text goes as UTF-16 or as UTF-8

    copies: Copies

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.closed = False
        self._programs: dict[bytes, int] = {}
        self._jobs = 0
        self.folder = Path(tempfile.mkdtemp(prefix="pybn-")).absolute()

    @abstractmethod
    def send(self, *, first: int, last: int, programs: list[int]) -> None:
        """Have the jobs `first` to `last` run, each with its program."""

    @abstractmethod
    def outcome(self, timeout: float) -> dict[str, Any] | None:
        """Return how the last `send` ended, {"error": why} or another; None if not after `timeout` seconds."""

    @abstractmethod
    def settle(self) -> None:
        """Wait for the last `send` to end; a session that does not come to rest, or is another's, is closed."""

    @abstractmethod
    def close(self) -> None:
        """End the program and all that it started, and remove the folder."""

    def job(self) -> Path:
        """Return where a job's files go, less the suffix. No two jobs of a session share it."""
        self._jobs += 1
        return self.folder / f"{self._jobs:06d}"

    def program(self, program: dict[str, Any]) -> int:
        """Return the number of a program, written to the folder when it is new."""
        stream = io.BytesIO()
        dump(program, stream, wide=self.wide)
        raw = stream.getvalue()
        if raw not in self._programs:
            self._programs[raw] = len(self._programs)
            (self.folder / f"{self._programs[raw]:06d}.program").write_bytes(raw)
        return self._programs[raw]

    def excess(self, file: Path) -> str:
        """Say what a job takes too much of, "" where it does not."""
        size = 0
        for suffix in LOGS:
            with suppress(OSError):
                size += file.with_suffix(suffix).stat().st_size
        return printed_too_much(size)


def printed_too_much(size: int) -> str:
    """Say that so many bytes are more than a case may print, "" where they are not."""
    return "" if size <= PRINT_LIMIT else f"printed {size} bytes; wanted at most {PRINT_LIMIT}"
