"""MATLAB and its folder: started for a batch, watched and, when it must be, killed with all that it started."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from pybn.engines.driver import session
from pybn.engines.driver.processes import MARK, end_all, keep, limit, resident
from pybn.engines.driver.session import printed_too_much
from pybn.engines.driver.wire import dump, load
from pybn.engines.matlab.copies import Copies
from pybn.errors import EngineError, MatlabMissing

HERE = Path(__file__).parent
DRIVER = HERE.parent / "driver"
STARTUP = 300.0  # seconds for MATLAB to come up in; from a network it may take minutes
LEAVE = 20.0  # seconds for it to go in, once it has no more to do
WITHOUT = (
    "--expected golden does without it and takes the recorded answers, --expected octave asks GNU Octave"
)
COMMAND = ("-singleCompThread", "-batch", "pybn_matlab")  # in which nothing from outside has a place
LICENCE = re.compile(r"licen[cs]", re.IGNORECASE)


def find_matlab() -> str:
    """Return the MATLAB executable: $MATLAB_EXECUTABLE, else matlab on the PATH. Raises MatlabMissing."""
    named = os.environ.get("MATLAB_EXECUTABLE")
    if path := shutil.which(named or "matlab"):
        return os.path.abspath(path)  # noqa: PTH100  # what a link is called matters to a launcher
    where = f"MATLAB_EXECUTABLE={named}, which is no program" if named else "no matlab on the PATH"
    raise MatlabMissing(f"MATLAB is not here ({where}); set MATLAB_EXECUTABLE to its program; {WITHOUT}")


class Session(session.Session):
    """A folder for one MATLAB after the other, each of which runs one batch and goes."""

    product = "MATLAB"
    answered = ".done"
    wide = True
    copies: Copies

    def __init__(self) -> None:
        self.executable = find_matlab()
        super().__init__()
        self.folder = self.folder.resolve()  # as MATLAB names it
        self.process: subprocess.Popen[bytes] | None = None
        self.about: dict[str, str] = {}
        self.copies = Copies(self.folder / "copies")
        self._last = self.folder  # the last job of the batch
        self._watched: tuple[Path | None, int] = (None, 0)
        self._weighed = 0.0
        self._keeper: subprocess.Popen[bytes] | None = None
        try:
            self._lay()
            self._keeper = keep(self.folder)
        except BaseException:
            self.close()
            raise

    def _lay(self) -> None:
        """Put our .m files where no case can change those that are installed."""
        if os.pathsep in str(self.folder) or "\n" in str(self.folder):
            told = (
                f"MATLAB cannot work in the temporary folder {str(self.folder)!r}; set TMPDIR to another one"
            )
            raise EngineError(told)
        (self.folder / "tmp").mkdir()
        (self.folder / "driver").mkdir()
        for file in (*HERE.glob("*.m"), *DRIVER.glob("*.m")):
            shutil.copyfile(file, self.folder / "driver" / file.name)

    def send(self, *, first: int, last: int, programs: list[int]) -> None:
        """Start MATLAB on a batch. Raises MatlabMissing for want of a licence, EngineError where it does not start."""
        for name in ("about.out", "about.done", "leaving"):
            (self.folder / name).unlink(missing_ok=True)
        self._last = self.folder / f"{last:06d}.in"
        batch = {"first": first, "last": last, "programs": np.array([programs], np.float64)}
        with (self.folder / "batch").open("wb") as stream:
            dump(batch, stream)
        try:
            self._start()
            self._wait_ready()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        with (self.folder / "log").open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    [self.executable, *COMMAND],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder / "driver",
                    env=_environment(self.folder),
                    start_new_session=True,
                )
            except OSError as error:
                told = f"MATLAB does not start: {self.executable}: {error.strerror}; {WITHOUT}"
                raise MatlabMissing(told) from error
        limit(self.process.pid)

    def _wait_ready(self) -> None:
        until = time.monotonic() + STARTUP
        while not (self.folder / "about.done").exists():
            if time.monotonic() > until:
                told = f"MATLAB did not start within {STARTUP:g} s; it has to know -batch, as R2019a and newer ones do"
                raise EngineError(f"{told}{self.log()}")
            if (ended := self.outcome(0.02)) is not None and not (self.folder / "about.done").exists():
                if LICENCE.search(self._said()):
                    raise MatlabMissing(f"MATLAB has no licence{self.log()}; {WITHOUT}")
                raise EngineError(f"MATLAB did not start: {ended['error']}")
        with (self.folder / "about.out").open("rb") as stream:
            told = load(stream)
        self.about = {"matlab": f"R{told['release']}" if told["release"] else told["version"]}
        self.about |= {"matlab_version": told["version"], "matlab_blas": told["blas"]}

    def outcome(self, timeout: float) -> dict[str, Any] | None:
        """Return how MATLAB ended, as {"error": text}; None if it has not after `timeout` seconds."""
        if self.process is None:
            return {"error": "it did not start"}
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        if code < 0:
            return {"error": f"signal {-code}{self.log()}"}
        return {"error": f"exit code {code}{self.log() if code else ''}"}

    def settle(self) -> None:
        """Wait for MATLAB to end; where it does not, or is another process's, close the session."""
        if self.owner != os.getpid() or (not self.closed and not self._gone(5.0)):
            self.close()

    def _gone(self, patience: float) -> bool:
        """Wait for MATLAB to end; longer where it has no more to do. One that goes by itself gives its licence back."""
        if not self._last.exists() or (self.folder / "leaving").exists():
            patience = LEAVE
        return self.process is None or self.outcome(patience) is not None

    def excess(self, file: Path) -> str:
        """Say what a job takes too much of: it prints past what is captured, or takes too much memory."""
        with contextlib.suppress(OSError):
            size = (self.folder / "log").stat().st_size
            if self._watched[0] != file:
                self._watched = (file, size)
            if told := printed_too_much(size - self._watched[1]):
                return told
        if time.monotonic() - self._weighed < 1:
            return ""
        self._weighed = time.monotonic()
        return resident(self.folder)

    def log(self) -> str:
        """Return the end of what MATLAB wrote, from where it speaks of a licence on if it does, as a clause."""
        lines = [line.strip() for line in self._said().splitlines() if line.strip()]
        first = next((k for k, line in enumerate(lines) if LICENCE.search(line)), max(0, len(lines) - 3))
        told = " / ".join(lines[first : first + 4])[:500]
        return f"; it wrote: {told}" if told else ""

    def _said(self) -> str:
        try:
            with (self.folder / "log").open("rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - 10_000))
                return stream.read().decode(errors="replace")
        except OSError:
            return ""

    def close(self) -> None:
        """Let MATLAB go where it is about to, else kill it and all that it started; remove the folder."""
        if self.closed:
            return
        self.closed = True
        started = [process for process in (self.process, self._keeper) if process is not None]
        if self.owner != os.getpid():  # a fork of the owner: MATLAB is not ours to end
            for process in started:
                process.returncode = 0
            return
        if self.process is not None and (not self._gone(0) or sys.platform != "linux"):
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        end_all(self.folder)
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()
        for process in started:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """Our .m files on MATLAB's path; a folder of ours for what it leaves behind."""
    path = os.environ.get("MATLABPATH")
    scratch = str(folder / "tmp")
    ours = {
        MARK: str(folder),
        "MATLABPATH": os.pathsep.join([str(folder / "driver"), *([path] if path else [])]),
        "TMPDIR": scratch,
        "MATLAB_LOG_DIR": scratch,
    }
    return dict(os.environ) | ours
