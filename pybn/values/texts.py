"""Compare texts: to the letter, word by word, or with their numbers taken as numbers."""

from __future__ import annotations

import math
import re
from itertools import zip_longest

import numpy as np

from pybn.compare import EXACT, Comparison, Tolerance, Verdict, compare_tensor

HOWS = ("text", "words", "numbers")
NUMBER = re.compile(
    r"(?<![\w.])[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[Ii]nf(?:inity)?|[Nn]a[Nn]|NA)(?![\w])"
)
SHOWN = 60  # characters of a line that is shown


def compare_text(
    name: str, expected: str, obtained: str, how: str = "text", tolerance: Tolerance = EXACT
) -> Comparison:
    """Compare two texts by `how`: "text" to the letter, "words" white space aside, "numbers" numbers by their value.

    By "numbers", what is between numbers is compared word by word, and numbers within `tolerance`; a difference is
    told by the position of the number.
    """
    if how == "numbers":
        return _by_value(name, expected, obtained, tolerance)
    want, got = (expected, obtained) if how == "text" else (_words(expected), _words(obtained))
    if want == got:
        return Comparison(name, Verdict.EQUAL)
    return _differs(name, expected, obtained, how)


def _words(text: str) -> str:
    return " ".join(text.split())


def _by_value(name: str, expected: str, obtained: str, tolerance: Tolerance) -> Comparison:
    if [_words(part) for part in NUMBER.split(expected)] != [_words(part) for part in NUMBER.split(obtained)]:
        return _differs(name, NUMBER.sub("#", expected), NUMBER.sub("#", obtained), "words")
    want, got = ([_value(number) for number in NUMBER.findall(text)] for text in (expected, obtained))
    return compare_tensor(name, np.array(want, np.float64), np.array(got, np.float64), tolerance)


def _value(number: str) -> float:
    return math.nan if number == "NA" else float(number)


def _differs(name: str, expected: str, obtained: str, how: str) -> Comparison:
    """Tell by the first line that differs; a text of one line by where it does."""
    lines = [text.splitlines() if how == "text" else _told(text) for text in (expected, obtained)]
    pairs = enumerate(zip_longest(*lines), 1)
    number, (want, got) = next(
        ((k, pair) for k, pair in pairs if pair[0] != pair[1]),
        (0, (expected, obtained)),  # line ends alone
    )
    told = f"line {number}: " if number and max(map(len, lines)) > 1 else ""
    shown = [f"{told}{_shown(one, other)}" for one, other in ((want, got), (got, want))]
    return Comparison(
        name, Verdict.DIFFERS, math.nan, math.nan, 0, math.nan, expected=shown[0], obtained=shown[1]
    )


def _told(text: str) -> list[str]:
    return [_words(line) for line in text.splitlines() if line.strip()]


def _shown(text: str | None, other: str | None) -> str:
    """Return a line from where it differs, less a few characters, cut where it is long."""
    if text is None:
        return "nothing"
    at = next((k for k, (a, b) in enumerate(zip(text, other or "", strict=False)) if a != b), 0)
    start = max(0, at - SHOWN // 2) if len(text) > SHOWN else 0
    end = start + SHOWN
    return f"{'...' if start else ''}{text[start:end]!r}{'...' if end < len(text) else ''}"
