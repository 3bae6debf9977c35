"""What staging says about a tree: what it rewrites, and what Octave cannot run or gets silently wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SILENT: Literal["silently wrong"] = "silently wrong"
CANNOT: Literal["cannot run"] = "cannot run"
OTHER: Literal["other than MATLAB"] = "other than MATLAB"  # said, and never refused


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One line that is other in the copy. `file` is relative to its tree; `before` and `after` are whole lines."""

    file: str
    line: int
    before: str
    after: str
    why: str
    rule: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One construct that Octave gets silently wrong, or cannot run: where, its text, why, and what to do about it.

    `rule` is the name by which a user accepts what is silently wrong.
    """

    file: str
    line: int
    text: str
    why: str
    fix: str
    rule: str
    kind: Literal["silently wrong", "cannot run", "other than MATLAB"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a file's text, `start` to `end`, that becomes another one with as many lines."""

    start: int
    end: int
    text: str
    why: str
