"""The oracle: a case's .m files, run by GNU Octave in a child process that the engine owns."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pybn.case import Case
from pybn.engines.base import Engine, Job, Tensors
from pybn.engines.octave.session import Session, find_octave
from pybn.engines.octave.spec import KEEP, restore, to_spec
from pybn.engines.octave.wire import WireError, dump, load
from pybn.errors import DeadlineError, EngineError, PybnError

Array = npt.NDArray[Any]
Answer = dict[str, Array] | PybnError

BATCH_BYTES = 256 << 20  # of inputs that lie on disk at a time

__all__ = ["OctaveEngine", "find_octave"]


class OctaveEngine(Engine):
    """Runs cases under GNU Octave, many to a call; one that fails, hangs or crashes spoils only itself.

    `deadline` is the wall-clock time of one case in seconds; a case that is still running then is killed with
    everything it started, and a new Octave goes on with the next. Entering starts Octave, unless `lazily`.
    """

    name = "octave"

    def __init__(self, deadline: float = 60.0, *, lazily: bool = False) -> None:
        self.deadline = deadline
        self.lazily = lazily
        self._session: Session | None = None

    def __enter__(self) -> Self:
        if not self.lazily:
            self._started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End Octave."""
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Octave, its BLAS and oct2py. Starts Octave."""
        about = self._started().about
        return {key: str(about[key]) for key in ("octave", "blas", "oct2py")}

    def run(self, case: Case, inputs: Tensors) -> dict[str, Array]:
        """Run one case; see `run_all` for many."""
        answer = next(iter(self.run_all([(case, inputs)])))
        if isinstance(answer, PybnError):
            raise answer
        return answer

    def run_all(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """Yield the outputs of each job in turn, or the error that it alone ended with."""
        waiting = list(jobs)
        while waiting:
            size = _fit(waiting)
            yield from self._run_batch(waiting[:size])
            del waiting[:size]

    def _started(self) -> Session:
        if self._session is not None:
            self._session.settle()
        if self._session is None or self._session.closed:
            self._session = Session()
        return self._session

    def _run_batch(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        at = 0
        while at < len(jobs):
            session = self._started()
            refused = _write(session, jobs, at)
            if refused is not None and refused[0] == at:
                yield refused[1]
                at += 1
                continue
            end = len(jobs) if refused is None else refused[0]
            session.send(folder=str(session.folder), first=at, last=end - 1)
            try:
                while at < end and not session.closed:
                    answer = self._await(session, jobs[at][0], at)
                    at += 1
                    yield answer
            finally:
                if at < end:  # whoever asked has had enough, or Octave is gone: nobody waits for the rest
                    session.close()

    def _await(self, session: Session, case: Case, number: int) -> Answer:
        """Wait for one answer; where none comes, end the session."""
        base = session.folder / f"{number:06d}"
        out, begun = base.with_suffix(".out"), base.with_suffix(".run")
        since, seen, pause = time.monotonic(), False, 0.001
        while True:
            if out.exists():
                answer = _read(case, out)
                for used in (out, begun, base.with_suffix(".in")):
                    used.unlink(missing_ok=True)
                return answer
            if not seen and begun.exists():
                seen, since = True, time.monotonic()
            if time.monotonic() - since > self.deadline:
                session.close()
                return DeadlineError(_told(case, f"was still running after {self.deadline:g} s and was ended"))
            reply = session.outcome(pause)
            pause = min(2 * pause, 0.02)
            if reply is not None and not out.exists():
                session.close()
                said = f"; {reply['error']}" if "error" in reply else ""
                return EngineError(_told(case, f"ended Octave before it was done{said}"))


def _fit(jobs: Sequence[Job]) -> int:
    """Return how many of the jobs go into one batch."""
    total = 0
    for count, (_, inputs) in enumerate(jobs):
        total += sum(x.nbytes for x in inputs.values())
        if count and total > BATCH_BYTES:
            return count
    return len(jobs)


def _write(session: Session, jobs: Sequence[Job], first: int) -> tuple[int, PybnError] | None:
    """Write what Octave reads; at a job that cannot be handed over stop, and return its number and why."""
    for number in range(first, len(jobs)):
        case, inputs = jobs[number]
        try:
            program, data = to_spec(case, inputs)
            data["program"] = session.program(program)
            with (session.folder / f"{number:06d}.in").open("wb") as stream:
                dump(data, stream)
        except WireError as error:
            return number, EngineError(_told(case, str(error)))
        except PybnError as error:
            return number, error
    return None


def _read(case: Case, out: Path) -> Answer:
    try:
        with out.open("rb") as stream:
            reply = load(stream)
    except (OSError, WireError) as error:
        return EngineError(_told(case, f"left an answer that cannot be read: {error}"))
    if not reply["ok"].item():
        return _failure(case, reply)
    if reply["bytes"].item() > KEEP:
        return EngineError(_told(case, f"printed {int(reply['bytes'].item())} bytes; wanted at most {KEEP}"))
    try:
        outputs = reply["outputs"]
        missing = [name for name in case.outputs if name not in outputs]
        if missing:
            return EngineError(_told(case, f"did not give the output {missing[0]!r}"))
        return {name: restore(case, name, outputs[name]) for name in case.outputs}
    except EngineError as error:
        return error


def _failure(case: Case, reply: dict[str, Any]) -> EngineError:
    number = int(np.asarray(reply["failed"]).item())
    step = case.matlab.steps[number - 1].text if number else f"constructing {case.matlab.name}"
    place = f" ({reply['place']})" if reply["place"] else ""
    return EngineError(
        _told(case, f"step {step!r}: {reply['message']}{place}"), step=step, identifier=reply["identifier"]
    )


def _told(case: Case, what: str) -> str:
    return f"{case.file.name}: {case.id}: {what}"
