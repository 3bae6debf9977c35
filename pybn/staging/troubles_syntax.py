"""What is no MATLAB by its characters or its blocks: torn files, spaces that are none, curly quotes."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.staging.code import all_blocks
from pybn.staging.findings import CANNOT, OTHER, Trouble
from pybn.staging.source import Source, readable
from pybn.staging.tree import Tree

SYNTAX, LETTERS = "syntax", "non-ascii-text"
IN_OCTAVE = True  # of files written for Octave too
RULES = {
    SYNTAX: "what is torn, or holds characters that are no MATLAB",
    LETTERS: "characters outside ASCII: one in MATLAB, several bytes in Octave (said, never refused)",
}
TORN = "put back what is missing, as it is in the place that the file was copied from"


def troubles(source: Source, _tree: Tree) -> Iterator[Trouble]:
    """Yield the first character that is no MATLAB, the first block or bracket that is not closed, and one of text."""
    if "\0" in source.text:
        yield source.trouble(1, "this is no text in UTF-8: it has NULs", "save it as UTF-8", SYNTAX, CANNOT)
        return
    odd = next((t for t in source.tokens if t.kind == "other"), None)
    if odd is not None and odd.text[0] in "'\"":
        why = "a quote opens a text that nothing closes on its line"
        yield source.trouble(odd.line, why, "close the quote", SYNTAX, CANNOT)
    elif odd is not None:
        letter = readable(odd.text)[:1] or odd.text[:1]
        why = f"the character U+{ord(letter):04X} is no MATLAB outside of texts and comments"
        yield source.trouble(odd.line, why, "put a plain space or quote in its place", SYNTAX, CANNOT)
    yield from _unclosed(source)
    if not source.text.isascii():
        yield from _letters(source)


def _unclosed(source: Source) -> Iterator[Trouble]:
    found = source.tokens
    for block in all_blocks(source):
        if not block.closed and block.word != "function":
            why = f"nothing closes this {block.word}: the file is torn, or an end is missing"
            yield source.trouble(found[block.first].line, why, TORN, SYNTAX, CANNOT)
            return
    last = next((t for t in reversed(found) if t.kind not in ("space", "newline", "comment")), None)
    if last is not None and last.depth and last.text not in (")", "]", "}"):
        why = "nothing closes this bracket: the file is torn, or a bracket is missing"
        opening = next(t for t in reversed(found) if t.depth < last.depth and t.text in ("(", "[", "{"))
        yield source.trouble(opening.line, why, TORN, SYNTAX, CANNOT)


def _letters(source: Source) -> Iterator[Trouble]:
    for token in source.tokens:
        if token.kind in ("string", "dstring") and not token.text.isascii():
            why = "a character outside ASCII is one in MATLAB, several bytes in Octave: numel, indices, regexp tell"
            fix = "leave such text out of what is computed; in messages it does no harm"
            yield source.trouble(token.line, why, fix, LETTERS, OTHER)
            return
