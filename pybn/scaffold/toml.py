"""Write TOML: names, texts and values from a user's file are data there, whatever characters they hold."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
WIDEST = 96  # characters of a comment


def quoted(text: str) -> str:
    """Return a text as a TOML string, with escapes for what a TOML string may not hold as it is."""
    shown = json.dumps(re.sub(r"[\ud800-\udfff]", "\ufffd", text), ensure_ascii=False)
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", shown)


def key(name: str) -> str:
    """Return a name as a TOML key."""
    return name if BARE.match(name) else quoted(name)


def value(given: Any) -> str:
    """Return a number, text, true, false, list or table as TOML, on one line."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return quoted(given)
    if isinstance(given, float):
        return _number(given)
    if isinstance(given, Mapping):
        return inline(given)
    if isinstance(given, Sequence):
        return f"[{', '.join(value(item) for item in given)}]"
    return str(int(given))


def inline(table: Mapping[str, Any]) -> str:
    """Return a table on one line."""
    if not table:
        return "{}"
    return f"{{ {', '.join(f'{key(name)} = {value(item)}' for name, item in table.items())} }}"


def comment(text: str, indent: str = "") -> str:
    """Return a text as one line of comment, without what a comment may not hold; it is cut where it is long."""
    line = " ".join(UNSEEN.sub(" ", text).split())
    return f"{indent}# {line if len(line) <= WIDEST else line[: WIDEST - 3] + '...'}"


def comments(text: str) -> list[str]:
    """Return a text as as many lines of comment as it needs."""
    line = " ".join(UNSEEN.sub(" ", text).split())
    return [f"# {part}" for part in textwrap.wrap(line, WIDEST, subsequent_indent="  ")]


def _number(given: float) -> str:
    if math.isnan(given):
        return "nan"
    if math.isinf(given):
        return "inf" if given > 0 else "-inf"
    return repr(given)
