"""Text in an older encoding than UTF-8: Octave would replace its letters. In the copy they are UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "encoding"
TRIGGER = re.compile(r"[\x80-\xff]")
WHY = "the file is not in UTF-8: Octave would put other characters for these, taken here for Windows-1252"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each text with such letters; comments stay as they are."""
    try:
        source.text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        for token in source.tokens:
            if token.kind in ("string", "dstring") and not token.text.isascii():
                yield Edit(token.start, token.end, _utf8(token.text), WHY)


def _utf8(text: str) -> str:
    """Return latin-1 text of a file as the bytes of UTF-8, one character each."""
    read = (c.encode("latin-1").decode("cp1252", "replace") if c > "\x7f" else c for c in text)
    return "".join(read).encode("utf-8").decode("latin-1")
