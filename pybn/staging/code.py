"""What the rules have in common: walking tokens, and replacing a piece by one with as many lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pybn.mfile import Token
from pybn.mfile.blocks import Block
from pybn.mfile.declared import Signature
from pybn.mfile.lexer import SILENT
from pybn.mfile.patterns import NEWLINE
from pybn.staging.findings import Edit
from pybn.staging.source import Source

ENDS = ("\n", "\r")
DEEPEST = 64  # brackets within brackets: what is deeper is no code that anybody wrote


def replaced(source: Source, first: int, last: int, text: str, why: str) -> Edit:
    """Replace the tokens `first` to `last`, excluded, by a text; it gets as many lines as they have."""
    start, end = source.tokens[first].start, source.tokens[last - 1].end
    text += _missing(source.text[start:end], text)
    empty = text.endswith(ENDS) or (not text and (start == 0 or source.text[start - 1] in ENDS))
    if empty and end == len(source.text) and not source.text.endswith(ENDS):
        text += " "  # a last line that is empty would be none
    return Edit(start, end, text, why)


def inserted(at: int, text: str, why: str) -> Edit:
    """Put a text before a place in the file."""
    return Edit(at, at, text, why)


def commented(source: Source, index: int, why: str) -> Edit:
    """Make a comment of the rest of the line from a token on."""
    return inserted(source.tokens[index].start, "% ", why)


def _missing(before: str, after: str) -> str:
    """Return the line ends that are missing, as continuations."""
    ends = NEWLINE.findall(before)
    return "".join(" ..." + end for end in ends[len(NEWLINE.findall(after)) :])


def after(found: Sequence[Token], index: int) -> int:
    """Return the index of the next token that means something, or how many there are."""
    index += 1
    while index < len(found) and found[index].kind in SILENT:
        index += 1
    return index


def before(found: Sequence[Token], index: int) -> int:
    """Return the index of the last token before that means something on the same line, or -1."""
    index -= 1
    while index >= 0 and found[index].kind in ("space", "continuation"):
        index -= 1
    return index


def closing(found: Sequence[Token], opening: int) -> int:
    """Return the index of the bracket that closes one, or of the last token."""
    depth = found[opening].depth
    for index in range(opening + 1, len(found)):
        if found[index].depth <= depth:
            return index
    return len(found) - 1


def is_field(found: Sequence[Token], index: int) -> bool:
    """Tell whether a name comes after a dot."""
    at = before(found, index)
    return at >= 0 and found[at].text == "." and found[at].kind == "op"


def all_blocks(source: Source) -> Iterator[Block]:
    """Yield every block of a file."""
    for outer in source.blocks:
        yield from outer.walk()


def is_whole(source: Source, block: Block, head: Signature) -> bool:
    """Tell whether a function's first line has all its brackets: else nobody knows where it ends."""
    inside = source.tokens[block.first : head.last]
    return source.tokens[head.last - 1].text == ")" or not any(t.text == "(" and not t.depth for t in inside)


def line_is_its_own(source: Source, first: int, last: int) -> bool:
    """Tell whether nothing else stands on the lines of some tokens, a comment after them aside."""
    left = before(source.tokens, first)
    right = last
    while right < len(source.tokens) and source.tokens[right].kind == "space":
        right += 1
    ends = right == len(source.tokens) or source.tokens[right].kind in ("newline", "comment")
    return (left < 0 or source.tokens[left].kind == "newline") and ends
