"""Two texts that differ, as much of them as a report has room for."""

from __future__ import annotations

from typing import Any

BEFORE, LONGEST = 1000, 6000  # letters that are kept: before the first difference, and of a text in all


def excerpt(expected: str, obtained: str, room: int = LONGEST) -> dict[str, Any]:
    """Return both texts as JSON data, whole lines from shortly before where they part: "texts", the number of the
    "line" that they start with, and whether "more" follows.
    """
    pairs = enumerate(zip(expected, obtained, strict=False))
    same = next((k for k, (a, b) in pairs if a != b), min(len(expected), len(obtained)))
    start = expected.rfind("\n", 0, max(0, same - BEFORE)) + 1
    room = min(room, LONGEST)
    told = [text[start : start + room] for text in (expected, obtained)]
    more = any(len(text) > start + room for text in (expected, obtained))
    return {"texts": told, "line": expected.count("\n", 0, start) + 1, "more": more}
