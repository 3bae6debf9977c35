"""The comment that is a function's or a class's help."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from pybn.mfile.lexer import Token
from pybn.mfile.patterns import NEWLINE

MARK = re.compile(r"^[ \t]*[%#]+[{}]?")


def help_after(found: Sequence[Token], index: int) -> str:
    """Return the comment that begins after the line of a token, without its marks; "" where there is none."""
    while index < len(found) and found[index].kind != "newline":
        if found[index].kind not in ("space", "comment", "op"):
            return ""
        index += 1
    return _told(found, index + 1)


def help_before(found: Sequence[Token], index: int) -> str:
    """Return the comment that a file begins with, where nothing else comes before the token."""
    if any(token.kind not in ("comment", "space", "newline") for token in islice(found, index)):
        return ""
    first = next((i for i in range(index) if found[i].kind == "comment"), index)
    return _told(found, first)


def _told(found: Sequence[Token], index: int) -> str:
    """Join the comment lines that begin at an index, up to the first line that is none."""
    told: list[str] = []
    blank = 0
    while index < len(found) and found[index].kind in ("space", "newline", "comment"):
        token = found[index]
        blank = blank + 1 if token.kind == "newline" else blank
        if token.kind == "comment":
            if told and blank > 1:
                break
            told.extend(MARK.sub("", line).rstrip() for line in NEWLINE.split(token.text))
            blank = 0
        index += 1
    while told and not told[0].strip():
        del told[0]
    return "\n".join(told).rstrip()
