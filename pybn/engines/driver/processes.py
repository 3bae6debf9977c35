"""The processes that belong to a session: they carry its folder in their environment, and end with it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "PYBN_SESSION"  # names the session's folder in the environment of all that belongs to it


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
