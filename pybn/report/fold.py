"""Lines that are longer than the terminal is wide, in parts that are not."""

from __future__ import annotations

import re
from collections.abc import Iterable

NARROWEST = 40  # columns: in fewer than these no part would hold much

COLOUR = re.compile(r"\x1b\[[\d;]*m")
INDEX = re.compile(r"(?<!\x1b)\[[^\]]*\]")
WORD = re.compile(r" +[^ ]+")


def folded(lines: Iterable[str], width: int) -> list[str]:
    """Return lines in parts of at most `width`, those after a first one set in by two; as they are where it is 0.

    Words and [1, 2] stay whole, however long. Colours take no room.
    """
    if not width:
        return list(lines)
    single = (one for line in lines for one in line.split("\n"))
    return [part for line in single for part in _parts(line, max(width, NARROWEST))]


def _parts(line: str, width: int) -> list[str]:
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    whole = INDEX.sub(lambda index: index[0].replace(" ", "\0"), text)
    parts = [indent]
    for k, word in enumerate(WORD.findall(f" {whole}")):
        added = word if k else word[1:]
        if k and _length(parts[-1] + added) > width:
            parts.append(f"{indent}  {added.lstrip()}")
        else:
            parts[-1] += added
    return [part.replace("\0", " ") for part in parts]


def _length(text: str) -> int:
    return len(COLOUR.sub("", text))
