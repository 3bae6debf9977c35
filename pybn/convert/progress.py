"""A line on a terminal's standard error while bytes go by: how many, how fast, and how long it will still take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from pybn.convert.plan import Plan

EVERY = 0.1  # seconds between two drawings


class Meter:
    """Draws the progress of one file after the other; elsewhere than on a terminal nothing."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._plan: Plan | None = None
        self._begun = self._drawn = 0.0
        self._done = 0

    def begin(self, plan: Plan) -> Callable[[int], None]:
        """Start with a file, and return what is to be called with each number of bytes."""
        self._plan, self._done = plan, 0
        self._begun = self._drawn = time.monotonic()
        return self._advance

    def _advance(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if self._live and now - self._drawn > EVERY:
            self._drawn = now
            sys.stderr.write(f"\r\x1b[K{self.told(now - self._begun)}")
            sys.stderr.flush()

    def told(self, seconds: float) -> str:
        """Return the line."""
        assert self._plan is not None  # noqa: S101
        total = max(1, self._plan.nbytes)
        rate = self._done / max(seconds, 1e-9)
        left = f"  {(total - self._done) / rate:.0f} s left" if rate and seconds >= 1 else ""
        share = f"{human(self._done)} of {human(total)}"
        return f"{self._plan.target.name}: {100 * self._done // total} %  {share}  {human(rate)}/s{left}"

    def end(self) -> None:
        """Take the line away."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def human(count: float) -> str:
    """Return bytes as people say them: 1.5 GB, by thousands."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
