"""The blocks of a file: which keyword opens what, and where it is closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pybn.mfile.lexer import Token
from pybn.mfile.words import CLASS_BLOCKS, ENDS, OCTAVE_OPENERS, OPENERS

OPEN = OPENERS | OCTAVE_OPENERS | CLASS_BLOCKS | {"arguments"}


@dataclass(slots=True)
class Block:
    """A block: its word, and the indices of the tokens that open and close it.

    `last` is that of the `end`; of a block that none closes, the first token that is no longer in it.
    """

    word: str
    first: int
    last: int
    closed: bool = False
    inner: list[Block] = field(default_factory=list)

    def walk(self) -> Iterator[Block]:
        """Yield this block and all within, in the order in which they open."""
        waiting = [self]
        while waiting:
            block = waiting.pop()
            yield block
            waiting.extend(reversed(block.inner))


def blocks(found: Sequence[Token]) -> list[Block]:
    """Return the outermost blocks. A file may close its functions by `end`, all of them, or leave that out."""
    top = _nest(found, ended=True)
    unclosed = any(b.word == "function" and not b.closed for outer in top for b in outer.walk())
    classes = any(b.word == "classdef" for b in top)
    return _nest(found, ended=False) if unclosed and not classes else top


def _nest(found: Sequence[Token], *, ended: bool) -> list[Block]:
    top: list[Block] = []
    stack: list[Block] = []
    for index, token in enumerate(found):
        if token.kind != "keyword":
            continue
        if token.text == "function" and not ended:
            for block in stack:
                block.last = index
            stack.clear()
        if token.text in OPEN:
            block = Block(token.text, index, len(found))
            (stack[-1].inner if stack else top).append(block)
            stack.append(block)
        elif token.text in ENDS and stack:
            block = stack.pop()
            block.last, block.closed = index, True
    return top
