"""The child process that holds Octave through oct2py. Started by session.py; never imported by pybn.

Standard input brings one JSON command a line; an empty one, or its end, ends everything. Replies go to standard
output, one JSON object a line. No process and no file stays behind: this process kills all that descends from it,
and where it is killed itself, a keeper does so.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import resource
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
INSTALL = "install it with: pip install 'pybn[octave]'"
GIB = 1 << 30
FILE_LIMIT = 4 * GIB  # of any one file that Octave, or what it starts, writes

KEEPER = Path(__file__).parent.parent / "driver" / "keeper.sh"


def main() -> None:
    """Start Octave, say so, and run batches until the parent is done or gone."""
    parent = os.getppid()
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints must not end up among the replies
    _limit()
    keeper = subprocess.Popen(["/bin/sh", KEEPER], stdin=subprocess.PIPE, start_new_session=True)
    keeper.returncode = 0  # nobody waits for it: it is to outlive us
    _tie_children_to_us()

    def reply(**fields: Any) -> None:
        replies.write(json.dumps(fields) + "\n")

    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(commands, parent), daemon=True).start()
    try:
        import oct2py  # starts a session; making our own would cost a second one
    except ImportError as error:
        reply(error=f"oct2py is not here ({error}); {INSTALL}", missing=True)
        return
    session = getattr(oct2py, "octave", None)
    if session is None:
        reply(error="oct2py could not start Octave", missing=True)
        return
    session.eval("addpath(getenv('PYBN_DRIVER'))", nout=0)  # as data it would lose what is not ASCII
    reply(
        ready=session._engine.repl.child.pid,  # noqa: SLF001  # there is no public way to it
        octave=str(session.feval("version")),
        blas=str(session.feval("version", "-blas")),
        oct2py=oct2py.__version__,
        lacks=str(session.feval("pybn_lacks")),
    )
    while True:
        command = commands.get()
        try:
            session.feval("pybn_batch", command["first"], command["last"], command["programs"], nout=0)
            reply(done=True)
        except Exception as error:  # whatever happened, the parent decides what it means
            reply(error=f"{type(error).__name__}: {error}"[:2000])


def _limit() -> None:
    """Keep a case that goes wrong from taking the machine with it. Inherited by Octave and all that it starts."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: FILE_LIMIT,
        resource.RLIMIT_AS: max(memory * 3 // 4, 4 * GIB),
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))
    with contextlib.suppress(OSError):  # where memory does run out, this goes first
        Path("/proc/self/oom_score_adj").write_text("1000")


def _tie_children_to_us() -> None:
    """Have the kernel kill Octave when this process dies, and give us what Octave's processes leave (Linux)."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        os.register_at_fork(after_in_child=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL))


def _listen(commands: queue.Queue[dict[str, Any]], parent: int) -> None:
    """Pass commands on until the parent is done or gone."""
    pending = b""
    while os.getppid() == parent:  # a process that it forked may hold our standard input open
        if not select.select([0], [], [], 0.5)[0]:
            continue
        chunk = os.read(0, 1 << 16)
        *lines, pending = (pending + chunk).split(b"\n")
        told = [json.loads(line) for line in lines]
        if not chunk or {} in told:
            break
        for command in told:
            commands.put(command)
    _end_children()
    shutil.rmtree(os.environ["PYBN_SESSION"], ignore_errors=True)
    os._exit(0)


def _end_children(patience: float = 5.0) -> None:
    """Kill our children until there are none; those of a child that was killed become ours."""
    until = time.monotonic() + patience
    while (found := list(_children())) and time.monotonic() < until:
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.002)


def _children() -> Iterator[int]:
    ours = str(os.getpid()).encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "stat").read_bytes().rsplit(b")", 1)[1].split()[1] == ours:
                yield int(entry.name)


if __name__ == "__main__":
    main()
