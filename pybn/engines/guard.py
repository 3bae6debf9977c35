"""What a port may do to the process that it is called in: not end it, and not keep it for ever.

Only what Python can see is guarded: code in C that hangs or crashes takes the process with it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class Ended(BaseException):
    """The port called os._exit: no Exception, so that nothing in between takes it for one of its own."""


class Late(BaseException):
    """The port ran past its deadline."""


@contextmanager
def guarded(deadline: float) -> Iterator[None]:
    """Turn os._exit into Ended, and what takes longer than `deadline` seconds into Late.

    The deadline holds in the main thread, where nobody else waits for SIGALRM; 0 is none.
    """
    owner, end = os.getpid(), os._exit

    def refuse(status: int) -> NoReturn:
        if os.getpid() != owner:  # a process that the port forked ends as it likes
            end(status)
        raise Ended(f"called os._exit({status})")

    os._exit = refuse
    try:
        with _alarm(deadline):
            yield
    finally:
        os._exit = end


@contextmanager
def _alarm(deadline: float) -> Iterator[None]:
    main = threading.current_thread() is threading.main_thread()
    if not deadline or not main or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return

    def late(_number: int, _frame: FrameType | None) -> None:
        raise Late(f"was still running after {deadline:g} s")

    signal.signal(signal.SIGALRM, late)
    try:
        signal.setitimer(signal.ITIMER_REAL, deadline, 1.0)  # again and again, for those who catch everything
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
