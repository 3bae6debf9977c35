"""The child process that holds Octave: started, watched and, when it must be, killed with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pybn.engines.driver import session
from pybn.engines.driver.processes import MARK, end_all
from pybn.engines.octave.copies import Copies
from pybn.errors import EngineError, OctaveMissing
from pybn.staging.stand_ins import stand_ins

HERE = Path(__file__).parent
DRIVER = HERE.parent / "driver"
INSTALL = "install it with: apt-get install --no-install-recommends octave"


def find_octave() -> str:
    """Return the Octave executable: $OCTAVE_EXECUTABLE, else octave-cli or octave on the PATH. Raises OctaveMissing."""
    named = os.environ.get("OCTAVE_EXECUTABLE")
    for name in [named] if named else ["octave-cli", "octave"]:
        if path := shutil.which(name):
            return path
    where = f"OCTAVE_EXECUTABLE={named}, which is no program" if named else "no octave-cli on the PATH"
    raise OctaveMissing(f"GNU Octave is not here ({where}); {INSTALL}")


class Session(session.Session):
    """One child with its Octave and its folder."""

    product = "Octave"
    copies: Copies

    def __init__(self, startup: float = 60.0) -> None:
        executable = find_octave()
        super().__init__()
        self.octave_pid = 0
        self._pending = b""
        self._busy = False
        self._outcome: dict[str, Any] | None = None
        self.copies = Copies(self.folder / "copies")
        try:
            _check(self.folder)
            self.process = self._start(executable)
            self.about = self._wait_ready(startup)
        except BaseException:
            self.close()
            raise

    def _start(self, executable: str) -> subprocess.Popen[bytes]:
        (self.folder / "tmp").mkdir()
        # The log is a file, so that nobody has to read it for Octave to go on.
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-P", str(HERE / "child.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.folder,
                env=_environment(executable, self.folder),
                start_new_session=True,
            )

    def _wait_ready(self, startup: float) -> dict[str, Any]:
        reply = self.reply(startup)
        if reply is None:
            raise EngineError(f"Octave did not start within {startup:g} s{self.log()}")
        if reply.get("missing"):
            raise OctaveMissing(f"{reply['error']}{self.log()}")
        if "ready" not in reply:
            raise EngineError(f"Octave did not start: {reply.get('error')}{self.log()}")
        self.octave_pid = int(reply["ready"])
        self.copies.lacking = frozenset(reply["lacks"].split(","))
        return reply

    def send(self, *, first: int, last: int, programs: list[int]) -> None:
        """Have the child run jobs. If it is gone, `outcome` says so."""
        command = {"first": first, "last": last, "programs": programs}
        assert self.process.stdin is not None  # noqa: S101
        self._busy, self._outcome = True, None
        try:
            self.process.stdin.write(json.dumps(command).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            self._outcome = {"error": f"the process that holds Octave is gone: {error}"}

    def reply(self, timeout: float) -> dict[str, Any] | None:
        """Return the child's next reply, None if none came in `timeout` seconds; {"error": ...} if it is gone."""
        until = time.monotonic() + timeout
        assert self.process.stdout is not None  # noqa: S101
        poll = select.poll()
        poll.register(self.process.stdout, select.POLLIN)
        while b"\n" not in self._pending:
            if not poll.poll(max(0.0, 1000 * (until - time.monotonic()))):
                return None
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                return {"error": "the process that holds Octave ended"}
            self._pending += chunk
        line, self._pending = self._pending.split(b"\n", 1)
        reply: dict[str, Any] = json.loads(line)
        return reply

    def outcome(self, timeout: float) -> dict[str, Any] | None:
        """Return how the last command ended, None if it has not after `timeout` seconds."""
        if self._outcome is None:
            self._outcome = self.reply(timeout)
        elif timeout:
            time.sleep(timeout)
        return self._outcome

    def settle(self, timeout: float = 5.0) -> None:
        """Wait for the last command to end; a session that does not come to rest, or is another's, is closed."""
        if self.owner != os.getpid():
            self.close()
        if self._busy and not self.closed:
            self._busy = False
            ended = self._outcome or self.reply(timeout)
            if ended is None or "error" in ended:
                self.close()

    def log(self) -> str:
        """Return the end of what the child wrote to its standard error, as a clause for a message."""
        with contextlib.suppress(OSError):
            text = (self.folder / "log").read_bytes()[-2000:].decode(errors="replace").strip()
            if text:
                return f"; it wrote: {text.splitlines()[-1][:500]}"
        return ""

    def close(self) -> None:
        """Kill the child, Octave and all that either started, and remove the folder."""
        if self.closed:
            return
        self.closed = True
        process: subprocess.Popen[bytes] | None = getattr(self, "process", None)
        if self.owner != os.getpid():  # a fork of the owner: Octave is not ours to end
            if process is not None:
                process.returncode = 0
            return
        if process is not None:
            self._kill(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(OSError):  # it ends what it started best itself, and leaves no zombies
            os.write(process.stdin.fileno(), b"{}\n")  # type: ignore[union-attr]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
        ended = process.returncode is not None and sys.platform == "linux"
        for group in () if ended else (self.octave_pid, process.pid):
            if group > 0:
                with contextlib.suppress(OSError):
                    os.killpg(group, signal.SIGKILL)
        end_all(self.folder)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _check(folder: Path) -> None:
    """Refuse a temporary folder that oct2py, which pastes its name into what Octave runs, would fall for."""
    if not re.fullmatch(r"""[^"\\\x00-\x1f\x7f\udc80-\udcff]*""", str(folder)):
        raise EngineError(
            f"Octave cannot work in the temporary folder {str(folder)!r}; set TMPDIR to another one"
        )


def _environment(executable: str, folder: Path) -> dict[str, str]:
    """One thread for Octave's BLAS unless the user says otherwise; no init file, no graphics, our own folder."""
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    scratch = str(folder / "tmp")
    ours = {
        MARK: str(folder),
        "PYBN_DRIVER": os.pathsep.join(map(str, (HERE, DRIVER))),
        "PYBN_STAND_INS": ",".join(stand_ins()),
        "TMPDIR": scratch,
        "OCTAVE_EXECUTABLE": shlex.quote(executable),
        "OCT2PY_TEMP_DIR": scratch,
        "OCT2PY_LOAD_OCTAVERC": "false",
        "OCT2PY_BACKEND": "disable",
        "OCT2PY_EXTRA_CLI_OPTIONS": "--no-gui --no-history --norc",
        "PYTHONWARNINGS": "ignore",
    }
    return threads | dict(os.environ) | ours
