"""The processes that belong to a session: they carry its folder in their environment, and end with it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "PYBN_SESSION"  # names the session's folder in the environment of all that belongs to it
KEEPER = Path(__file__).parent / "keeper.sh"
GIB = 1 << 30
FILE_LIMIT = 4 * GIB  # of any one file that a session's processes write


def keep(folder: Path) -> subprocess.Popen[bytes]:
    """Start what ends a session whose owner, this process, is gone. It waits for the end of its standard input."""
    return subprocess.Popen(
        ["/bin/sh", str(KEEPER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, MARK: str(folder)},
        start_new_session=True,
    )


def limit(pid: int) -> None:
    """Limit the files that a process, and what it will start, may write; where memory runs out, it goes first (Linux).

    There is no limit to its address space, of which a MATLAB claims far more than it uses; see `resident`.
    """
    for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, FILE_LIMIT)):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            hard = resource.prlimit(pid, kind)[1]
            least = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, kind, (least, least))
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def resident(folder: Path) -> str:
    """Say that a session's processes hold more than three quarters of the memory, "" where they do not (Linux)."""
    page = os.sysconf("SC_PAGE_SIZE")
    most = os.sysconf("SC_PHYS_PAGES") * page * 3 // 4
    held = 0
    for pid in members(folder):
        with contextlib.suppress(OSError, ValueError, IndexError):
            held += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
    if held <= most:
        return ""
    return f"took {held / GIB:.1f} GiB of memory; wanted at most {most / GIB:.1f}"


def end_all(folder: Path, patience: float = 5.0) -> None:
    """Kill every process that belongs to a session, those too that come to be meanwhile."""
    until = time.monotonic() + patience
    while (found := list(members(folder))) and time.monotonic() < until:
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def members(folder: Path) -> Iterator[int]:
    """Yield the processes whose environment names the session: a group can be left, this is kept (Linux)."""
    mark = os.fsencode(f"{MARK}={folder}")
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
