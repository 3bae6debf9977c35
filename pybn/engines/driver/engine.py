"""An engine that has its cases run by a program of its own, many to a call."""

from __future__ import annotations

import shutil
import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

import numpy as np

from pybn.case import Case
from pybn.data_files import lay
from pybn.engines.base import Array, Engine, Job, Tensors, no_step
from pybn.engines.driver.answers import Answer, wait
from pybn.engines.driver.session import Session
from pybn.engines.driver.spec import to_spec
from pybn.engines.driver.wire import WireError, dump
from pybn.errors import CaseError, FileError, PybnError, StateError
from pybn.sources import Seen

BATCH_BYTES = 256 << 20  # of inputs that lie on disk at a time

SomeSession = TypeVar("SomeSession", bound=Session)


class DrivenEngine(Engine, Generic[SomeSession]):
    """Runs cases in a program that a session holds; one that fails, hangs or crashes spoils only itself.

    `deadline` is the wall-clock time of one case in seconds; a case that is still running then is killed with
    everything it started, and a new program goes on with the next. An engine serves one thread at a time; more
    threads want more engines.
    """

    def __init__(self, deadline: float = 60.0) -> None:
        self.deadline = deadline
        self._session: SomeSession | None = None
        self._lock = threading.Lock()
        self._users: list[int] = []  # the thread of every batch under way

    @abstractmethod
    def _open(self) -> SomeSession:
        """Start a session."""

    @property
    @abstractmethod
    def versions(self) -> dict[str, str]:
        """The versions of the program and its BLAS, by names that no other engine has for other things."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def run(self, case: Case, inputs: Tensors) -> dict[str, Array]:
        """Run one case; see `run_all` for many."""
        [answer] = self.run_all([(case, inputs)])
        if isinstance(answer, PybnError):
            raise answer
        return answer

    def run_all(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """Yield the outputs of each job in turn, or the error that it alone ended with.

        Raises StateError where another thread is at it, and OctaveMissing, MatlabMissing or EngineError where the
        program cannot be started.
        """
        waiting = list(jobs)
        with self._alone():
            while waiting:
                size = self._fit(waiting)
                yield from self._run_batch(waiting[:size])
                del waiting[:size]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        me = threading.get_ident()
        with self._lock:
            if any(user != me for user in self._users):
                kind = type(self).__name__
                raise StateError(f"an engine ({kind}) serves one thread at a time; make one for each thread")
            self._users.append(me)
        try:
            yield
        finally:
            self._users.remove(me)

    def _started(self) -> SomeSession:
        if self._session is not None:
            self._session.settle()
        if self._session is None or self._session.closed:
            self._session = self._open()
        return self._session

    def _fit(self, jobs: Sequence[Job]) -> int:
        """Return how many of the jobs, one at least, go into one batch."""
        total = 0
        for count, (_, inputs) in enumerate(jobs):
            total += sum(x.nbytes for x in inputs.values() if isinstance(x, np.ndarray))
            if count and total > BATCH_BYTES:
                return count
        return len(jobs)

    def _run_batch(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """Send as many jobs as can be handed over; after one that ended the program, send those after it again."""
        at, lost = 0, -1
        while at < len(jobs):
            session = self._started()
            files, programs, refusal = _write(session, jobs[at:])
            if refusal is not None and not files:
                yield refusal
                at += 1
                continue
            session.send(first=int(files[0].name), last=int(files[-1].name), programs=programs)
            remaining = len(files)
            try:
                for file in files:
                    case = jobs[at][0]
                    answer = wait(session, case, file, self.deadline)
                    if answer is None and lost != at:  # not its own doing, since it has not begun: once more
                        lost = at
                        break
                    remaining -= 1
                    at += 1
                    if answer is None:
                        answer = no_step(case, f"{session.product} ended before the case began, twice")
                    elif isinstance(answer, PybnError):
                        answer.args = (session.copies.told(str(answer)),)
                    spoiled = not session.copies.intact(case)
                    if case.files:
                        shutil.rmtree(file.with_suffix(".work"), ignore_errors=True)
                    yield answer
                    if spoiled:  # what ran after it may have met what it left: once more, on a new copy
                        break
            finally:
                if (
                    remaining
                ):  # whoever asked has had enough, or the program is gone: nobody waits for the rest
                    session.close()


def _write(session: Session, jobs: Sequence[Job]) -> tuple[list[Path], list[int], PybnError | None]:
    """Write what the program reads; stop at a job that cannot be handed over.

    Returns the jobs' files, their programs, and why the one after them cannot be handed over.
    """
    files: list[Path] = []
    programs: list[int] = []
    seen: Seen = {}
    session.copies.look()
    for case, inputs in jobs:
        try:
            program, data = to_spec(case, inputs)
            program["path"] = session.copies.folders(case, seen)
            number = session.program(program)
            file = session.job()
            if case.files:
                lay(case.files, file.with_suffix(".work"))
            with file.with_suffix(".in").open("wb") as stream:
                dump(data, stream, wide=session.wide)
        except PybnError as error:
            return files, programs, error
        except WireError as error:
            return files, programs, CaseError(f"{case.file}: {case.id}: {error}")
        except OSError as error:
            return files, programs, FileError(f"{error.filename}: cannot be written: {error.strerror}")
        files.append(file)
        programs.append(number)
    return files, programs, None
