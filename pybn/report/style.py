"""How anything is shown: colours and ticks where they can be, and nothing that a terminal would act on."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import IO, Any

SCHEMA = 1

COLOURS = {"good": "32", "bad": "31;1", "warn": "33", "dim": "2", "bold": "1"}


class Style:
    """Colour and ticks where the stream can show them: a terminal, without NO_COLOR, in an encoding that has them."""

    def __init__(self, stream: IO[str]) -> None:
        self.colour = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self.columns = shutil.get_terminal_size().columns if stream.isatty() else 0
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        self.good, self.bad, self.warn = (
            ("✓", "✗", "~") if encoding.startswith("utf") else ("ok", "FAIL", "~")
        )

    def paint(self, text: str, colour: str) -> str:
        """Return the text in a colour of COLOURS, or as it is."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colour else text


def printable(text: str) -> str:
    """Escape what a terminal would act on instead of showing."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def near(file: Path) -> str:
    """Return the path as a person would write it from here."""
    try:
        return printable(str(file.resolve().relative_to(Path.cwd())))
    except (ValueError, OSError):
        return printable(str(file))


def finite(value: Any) -> Any:
    """Return a value that JSON has: NaN and infinities as text."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def plural(items: Any) -> str:
    """Return the s that a number of items other than one takes."""
    return "" if len(items) == 1 else "s"


def disagreeing(bad: int, all_of_them: int) -> str:
    """Say how many of the cases do not agree."""
    if all_of_them == 1:
        return "does not agree"
    return f"{bad} of them {'does' if bad == 1 else 'do'} not agree"
