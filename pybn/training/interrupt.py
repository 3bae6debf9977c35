"""Ctrl-C that waits for the end of a step: between two steps a training is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C came."""

    came: bool = False


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Yield what notes the first Ctrl-C instead of raising; a second one raises at once.

    Where Ctrl-C means something else already, and off the main thread, everything stays as it is.
    """
    noted = Interrupt()

    def note(*_: object) -> None:
        noted.came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield noted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
