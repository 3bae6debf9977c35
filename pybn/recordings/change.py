"""How an answer that was recorded anew differs from the one before."""

from __future__ import annotations

from collections.abc import Sequence

from pybn.formats.fixture import Record
from pybn.recordings.file import changes, version
from pybn.values import match


def change(before: Sequence[Record], now: Record) -> str:
    """Say what is new in an answer, compared with the newest before it; "" where nothing is."""
    then = max(before, key=version)
    if then.refusal != now.refusal:
        return f"{_told(then)}, and now {_told(now)}"
    moved = [
        each.explain()
        for name in sorted(then.outputs.keys() | now.outputs.keys())
        for each in match(name, then.outputs.get(name), now.outputs.get(name), shapes=True)
        if each.verdict != "equal"
    ]
    if not moved:
        return ""
    why = changes(then.files, now.files)
    return "; ".join([*([why] if why else []), *moved[:3], *(["..."] if len(moved) > 3 else [])])


def _told(record: Record) -> str:
    return f"ended with {record.refusal[1]!r}" if record.refusal else "had an answer"
