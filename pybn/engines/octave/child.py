"""The child process that holds Octave through oct2py. Started by session.py; never imported by pybn.

Standard input brings one JSON command a line; its end means that the parent is gone, and then nothing stays
behind. Replies go to standard output, one JSON object a line.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import resource
import signal
import sys
import threading
from typing import Any

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Start Octave, say so, and run batches until the parent is done or gone."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints must not end up among the replies
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _tie_children_to_us()

    def reply(**fields: Any) -> None:
        replies.write(json.dumps(fields) + "\n")

    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    octave: list[int] = []
    threading.Thread(target=_listen, args=(commands, octave), daemon=True).start()
    try:
        import oct2py  # starts a session; making our own would cost a second one
    except ImportError as error:
        reply(error=f"oct2py cannot be imported: {error}", missing=True)
        return
    session = getattr(oct2py, "octave", None)
    if session is None:
        reply(error="oct2py could not start Octave", missing=True)
        return
    octave.append(session._engine.repl.child.pid)
    session.addpath(os.path.dirname(os.path.abspath(__file__)), nout=0)
    reply(
        ready=octave[0],
        octave=str(session.feval("version")),
        blas=str(session.feval("version", "-blas")),
        oct2py=oct2py.__version__,
    )
    while True:
        command = commands.get()
        try:
            session.feval("pybn_batch", command["folder"], command["first"], command["last"], nout=0)
            reply(done=True)
        except Exception as error:  # whatever happened, the parent decides what it means
            reply(error=f"{type(error).__name__}: {error}"[:2000])


def _tie_children_to_us() -> None:
    """Ask the kernel to kill Octave when this process dies, in whatever way it does (Linux)."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        os.register_at_fork(after_in_child=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL))


def _listen(commands: queue.Queue[dict[str, Any]], octave: list[int]) -> None:
    for line in sys.stdin:
        commands.put(json.loads(line))
    for pid in octave:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
