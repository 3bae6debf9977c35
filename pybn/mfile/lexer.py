"""MATLAB source as tokens that join to the text they came from, whatever the text is.

The kinds of tokens:
    name        an identifier, a field that is named as a keyword is among them
    keyword     opens, divides or closes a block, or is one of return, global ...; of a class only inside one
    last        `end` inside brackets: the last index
    number      1, .5, 1e3, 0x1F, 2i
    string      '...', with its quotes
    dstring     "...", with its quotes
    op          operators, brackets, separators; ' and .' where they transpose
    command     what follows the first word of a command: the ` on` of `hold on`, less its space
    shell       !...
    comment     % or # to the end of the line, or a whole block %{ ... %}
    continuation  ... with the rest of its line and the line end
    newline, space
    other       whatever is none of these: a lone quote to the end of its line, bytes that are no MATLAB
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pybn.mfile.patterns import (
    ARGUMENTS,
    BLOCK_EDGE,
    COMMAND,
    DSTRING,
    LINE,
    MASTER,
    NEWLINE,
    OCTAVE_DSTRING,
    OPERATOR,
    SPACES,
    STRING,
    WORD,
    assigned,
)
from pybn.mfile.words import (
    ALWAYS,
    CLASS_BLOCKS,
    DECLARING,
    ENDS,
    OCTAVE_ONLY,
    OCTAVE_OPENERS,
    OPENERS,
    STATEMENT_FOLLOWS,
)

MARKS = ("\ufeff", "\xef\xbb\xbf")  # UTF-8's byte order mark, and its bytes
OPEN = {"(": ")", "[": "]", "{": "}"}
CLOSE = frozenset(OPEN.values())
OPERANDS = frozenset({"name", "number", "string", "dstring", "last"})
SILENT = frozenset({"space", "newline", "comment", "continuation"})


class Token(NamedTuple):
    """A piece of the text: its kind, itself, its first line (from 1), where it starts, and the brackets around it."""

    kind: str
    text: str
    line: int
    start: int
    depth: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


def tokens(text: str) -> list[Token]:
    """Return the tokens of any text; joined they are the text. Never raises; takes time linear in the text."""
    return list(_Lexer(text).run())


def significant(found: Iterable[Token]) -> list[Token]:
    """Return the tokens that mean something: no spaces, line ends, comments, continuations."""
    return [token for token in found if token.kind not in SILENT]


def lines(text: str) -> list[str]:
    """Return the lines of a text with their ends, as MATLAB counts them: LF, CRLF or CR. They join to the text."""
    found, start = [], 0
    for match in NEWLINE.finditer(text):
        found.append(text[start : match.end()])
        start = match.end()
    return [*found, text[start:]] if start < len(text) else found


class _Lexer:
    """The state of one pass over a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.line = 1
        self.brackets: list[str] = []
        self.blocks: list[str] = []
        self.fresh = False  # a function of which nothing was seen yet but its signature
        self.starting = True  # a statement starts here
        self.was_starting = True  # one started with the last word
        self.operand = False  # the last token that means something can be transposed
        self.spaced = False  # there is space, or a continuation, since
        self.field = False  # a dot came right before
        self.after_at = False  # an @ did: what is in these brackets are parameters
        self.edges = list(BLOCK_EDGE.finditer(text))
        self.edge = 0
        self._variables: frozenset[str] | None = None

    def run(self) -> Iterator[Token]:
        text, size, match = self.text, len(self.text), MASTER.match
        if mark := next((mark for mark in MARKS if text.startswith(mark)), ""):
            self.pos = len(mark)
            yield Token("space", mark, 1, 0, 0)
        while self.pos < size:
            found = match(text, self.pos)
            assert found is not None  # noqa: S101  # every character is in one of the alternatives
            kind = found.lastgroup or "other"
            depth = len(self.brackets)
            start, line = self.pos, self.line
            if kind == "name":
                kind, end = self._word(found.group(), found.end())
            elif kind == "op":
                kind, end = self._operator(found.group(), found.end())
                if found.group() in CLOSE:
                    depth = len(self.brackets)
            elif kind == "quote":
                kind, end = self._quote()
            elif kind == "comment":
                end = self._comment(found.end())
            else:
                end = found.end()
                self._plain(kind)
            self.pos = end
            piece = text[start:end]
            if kind in ("newline", "continuation", "comment"):
                self.line += len(NEWLINE.findall(piece))
            yield Token(kind, piece, line, start, depth)
            if kind == "name" and self._commands(piece):
                yield from self._command()

    def _plain(self, kind: str) -> None:
        if kind in ("space", "continuation"):
            self.spaced, self.field, self.after_at = True, False, False
        elif kind == "newline":
            if not self.brackets:
                self.starting = True
            self.operand = self.field = self.after_at = False
            self.spaced = True
        else:
            self._seen(operand=kind == "number")

    def _seen(self, *, operand: bool) -> None:
        self.starting = self.spaced = self.field = self.after_at = False
        self.operand = operand

    def _word(self, word: str, end: int) -> tuple[str, int]:
        """Tell what a word is, and keep the blocks."""
        starting, depth = self.starting, len(self.brackets)
        self.was_starting = starting and not self.field
        if self.field or not self._is_keyword(word, end, starting):
            last = word == "end" and not self.field and depth > 0
            if starting and self.blocks and self.blocks[-1] == "function":
                self.fresh = False
            self._seen(operand=True)
            return ("last" if last else "name"), end
        if starting and word not in ("end", "function", "arguments"):
            self.fresh = False
        self.brackets.clear()
        if word in ENDS:
            if self.blocks:
                self.blocks.pop()
        elif word in OPENERS or word in OCTAVE_OPENERS or word in CLASS_BLOCKS or word == "arguments":
            self.blocks.append(word)
            self.fresh = self.fresh or word == "function"
        self._seen(operand=False)
        self.starting = word in STATEMENT_FOLLOWS or word in ENDS
        return "keyword", end

    def _is_keyword(self, word: str, end: int, starting: bool) -> bool:
        if self.brackets:  # a bracket that is never closed must not swallow the rest
            return word in OPENERS and word != "spmd" and self._first_on_line()
        if word in ALWAYS:
            return starting or word not in ("classdef", "spmd")
        if not starting:
            return False
        top = self.blocks[-1] if self.blocks else ""
        if word in CLASS_BLOCKS:
            return top == "classdef" and self._next(end) != "="
        if word == "arguments":
            return top == "function" and self.fresh and ARGUMENTS.match(self.text, end) is not None
        return (
            word in OCTAVE_ONLY
            and self._next(end) not in ("=", ".")
            and not (self._next(end) == "(" and word != "until")
        )

    def _next(self, end: int) -> str:
        """Return the next character that is no space; == is no assignment."""
        at = SPACES.match(self.text, end).end()  # type: ignore[union-attr]
        piece = self.text[at : at + 2]
        return "" if piece == "==" else piece[:1]

    def _first_on_line(self) -> bool:
        before = self.text[max(0, self.pos - 200) : self.pos].rstrip(" \t")
        return before.endswith(("\n", "\r")) or not before

    def _operator(self, op: str, end: int) -> tuple[str, int]:
        if op == "!" and self.starting and not self.brackets:
            self._seen(operand=False)
            return "shell", LINE.match(self.text, self.pos).end()  # type: ignore[union-attr]
        if op in OPEN:
            self.brackets.append("@" if op == "(" and self.after_at else op)
            self._seen(operand=False)
        elif op in CLOSE:
            parameters = bool(self.brackets) and self.brackets.pop() == "@"
            self._seen(operand=not parameters)
        elif op == "." and self.operand:
            self._seen(operand=False)
            self.field = True
        else:
            self._seen(operand=op in (".'", ".^'"))
            self.after_at = op == "@"
            self.starting = op in (";", ",") and not self.brackets
        return "op", end

    def _quote(self) -> tuple[str, int]:
        text, pos = self.text, self.pos
        if text[pos] == "'" and self.operand and not (self.spaced and self._separates()):
            self._seen(operand=True)
            return "op", pos + 1
        self._seen(operand=True)
        if text[pos] == "'":
            found, kind = STRING.match(text, pos), "string"
        else:
            found, kind = DSTRING.match(text, pos), "dstring"
            escaped = found is not None and text[found.end() - 2] == "\\" and WORD.match(text, found.end())
            if found is None or escaped:
                found = OCTAVE_DSTRING.match(text, pos) or found
        if found is None:
            self.operand = False
            return "other", LINE.match(text, pos).end()  # type: ignore[union-attr]
        return kind, found.end()

    def _separates(self) -> bool:
        """Say whether space separates elements here: in [] and {}, and not in () within them."""
        return bool(self.brackets) and self.brackets[-1] in "[{"

    def _comment(self, end: int) -> int:
        """Return where a comment ends; a block's edges stand alone on their lines, and blocks nest."""
        self.spaced, self.field, self.after_at = True, False, False
        while self.edge < len(self.edges) and self.edges[self.edge].end() <= self.pos:
            self.edge += 1
        if self.edge == len(self.edges):
            return end
        first = self.edges[self.edge]
        if first.group(1) != "{" or not first.start() <= self.pos < first.end():
            return end
        deep = 0
        while self.edge < len(self.edges):
            edge = self.edges[self.edge]
            self.edge += 1
            deep += 1 if edge.group(1) == "{" else -1
            if deep == 0:
                return edge.start(1) + 1
        return len(self.text)

    def _commands(self, word: str) -> bool:
        """Say whether the name just read is the first word of a command: `hold on`, not `x = 1`, `x + 1`."""
        if not self.was_starting or self.brackets or (self.blocks and self.blocks[-1] in DECLARING):
            return False
        at = SPACES.match(self.text, self.pos).end()  # type: ignore[union-attr]
        if at == self.pos or at >= len(self.text) or self.text.startswith("...", at):
            return False
        mark = self.text[at]
        if mark.isalnum() or mark == "_" or mark in "\r\n%#;,=()]}":
            return mark.isalnum() or mark == "_"
        operator = OPERATOR.match(self.text, at)
        if operator is not None and self.text[operator.end() : operator.end() + 1] in (" ", "\t", ";", ""):
            return mark == "*" and self.text[operator.end() : operator.end() + 1] not in (" ", "\t")
        return word not in self.variables

    def _command(self) -> Iterator[Token]:
        text, start = self.text, self.pos
        at = SPACES.match(text, start).end()  # type: ignore[union-attr]
        yield Token("space", text[start:at], self.line, start, 0)
        end = COMMAND.match(text, at).end()  # type: ignore[union-attr]
        end = at + len(text[at:end].rstrip(" \t"))
        yield Token("command", text[at:end], self.line, at, 0)
        self.pos = end
        self._seen(operand=False)

    @property
    def variables(self) -> frozenset[str]:
        """The names that the text assigns to anywhere, or has as parameters."""
        if self._variables is None:
            self._variables = assigned(self.text)
        return self._variables
