"""What is the same of many lines, said once: `name: why` of each, by its why, and the names together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from pybn.report.style import printable

Item = TypeVar("Item")
NAMES = re.compile(r"[^\s,]+(?:, [^\s,]+)*\Z")
LONGEST = 300  # letters of names; the rest is counted


def parted(why: str) -> tuple[str, str]:
    """Return the names before the first colon, and what is said of them; ("", why) where no names come first."""
    names, colon, rest = why.partition(": ")
    return (names, rest) if colon and NAMES.match(names) else ("", why)


def together(
    items: Iterable[Item], rule: Callable[[Item], str], told: Callable[[Item], tuple[str, ...]]
) -> Iterator[tuple[str, list[Item]]]:
    """Yield the items of one rule and reason, under what is said of them; `told` begins with why."""

    def reason(item: Item) -> tuple[str, ...]:
        why, *more = told(item)
        return (rule(item), parted(why)[1], *more)

    for key, group in groupby(sorted(items, key=reason), reason):
        same = list(group)
        yield _said([parted(told(item)[0])[0] for item in same], key[1]), same


def _said(names: Sequence[str], why: str) -> str:
    each = dict.fromkeys(name for joined in names for name in joined.split(", ") if name)
    text = ", ".join(each)
    if len(text) > LONGEST:
        kept = text[: text.rfind(", ", 0, LONGEST)]
        text = f"{kept} and {len(each) - kept.count(', ') - 1} more"
    return printable(f"{text}: {why}" if text else why)
