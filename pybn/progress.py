"""Progress on standard error: a bar that redraws itself on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

EVERY = 0.1  # seconds between two drawings
KNOWN = 1.0  # seconds after which an estimate is worth something


def progress(items: Iterable[T], total: int, what: str, told: Callable[[], str] = str) -> Iterator[T]:
    """Yield the items, drawing how many came, how many there will be and how long it will still take.

    `told` returns what else there is to say at a drawing; nothing, unless given.
    """
    stream = sys.stderr
    if not stream.isatty() or total < 2:
        yield from items
        return
    begun = drawn = time.monotonic()
    try:
        _draw(what, 0, total, 0.0, told())
        for done, item in enumerate(items, 1):
            now = time.monotonic()
            if now - drawn > EVERY:
                drawn = now
                _draw(what, done, total, now - begun, told())
            yield item
    finally:
        stream.write("\r\x1b[K")
        stream.flush()


def _draw(what: str, done: int, total: int, seconds: float, told: str) -> None:
    width = 24
    full = width * done // total
    left = f"{seconds / done * (total - done):.0f} s left" if done and seconds >= KNOWN else ""
    words = (f"{what} [{'#' * full}{'.' * (width - full)}] {done}/{total}", told, left)
    sys.stderr.write("\r\x1b[K" + "  ".join(filter(None, words)))
    sys.stderr.flush()
