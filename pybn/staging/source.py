"""One .m file as staging sees it: its bytes as text, its tokens and its outline, each made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from pybn.mfile import Outline, Token, lines, significant, tokens
from pybn.mfile.blocks import Block, blocks
from pybn.mfile.declared import Signature, signature
from pybn.mfile.outline import outline_of
from pybn.mfile.words import OCTAVE_ONLY
from pybn.staging.findings import Edit, Trouble

CLASSDEF = re.compile(
    r"(?:\A|[\r\n\xbf])[ \t]*classdef\b[ \t]*(?:\([^()\r\n]*\)[ \t]*)?([A-Za-z]\w*)([^%\r\n]*)", re.ASCII
)
MAY_BE_OCTAVE = re.compile(r"\b(?:end[a-z_]+|unwind_protect|until)\b|[-+*/^|&!]=")
OCTAVE_OPERATORS = frozenset({"+=", "-=", "*=", "/=", "^=", "|=", "&=", "!="})
NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)


class Source:
    """A .m file: `where` is its path relative to its tree, `text` its bytes one character each (latin-1)."""

    def __init__(self, path: Path, where: str, text: str) -> None:
        self.path = path
        self.where = where
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines, with their ends."""
        return lines(self.text)

    @cached_property
    def openings(self) -> list[int]:
        """For each token the index of the bracket that it stands in, -1 where it is in none."""
        found: list[int] = []
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            del stack[token.depth :]
            found.append(stack[-1] if stack else -1)
            if token.kind == "op" and token.text in ("(", "[", "{"):
                stack.append(index)
        return found

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens."""
        return tokens(self.text)

    @cached_property
    def meaning(self) -> list[Token]:
        """The tokens less space, comments and line ends."""
        return significant(self.tokens)

    @cached_property
    def words(self) -> frozenset[str]:
        """The names in the code: not those in comments and strings."""
        return frozenset(t.text for t in self.tokens if t.kind == "name")

    @cached_property
    def is_octave(self) -> bool:
        """The file is written for Octave: it has endif, unwind_protect, x += 1, a != b, which are no MATLAB."""
        return MAY_BE_OCTAVE.search(self.text) is not None and any(
            (t.kind == "keyword" and t.text in OCTAVE_ONLY) or (t.kind == "op" and t.text in OCTAVE_OPERATORS)
            for t in self.tokens
        )

    @cached_property
    def blocks(self) -> list[Block]:
        """The outermost blocks."""
        return blocks(self.tokens)

    @cached_property
    def functions(self) -> list[tuple[Block, Signature]]:
        """Every function with its first line: methods, local and nested ones too."""
        inside = (block for outer in self.blocks for block in outer.walk() if block.word == "function")
        return [(block, signature(self.tokens, block.first + 1, block.last)) for block in inside]

    @cached_property
    def outline(self) -> Outline:
        """What the file declares."""
        return outline_of(self.tokens, self.blocks, self.path.stem)

    @cached_property
    def class_line(self) -> tuple[str, str]:
        """The name of the class that the file seems to be of, and the rest of that line: mostly without its tokens."""
        if "classdef" not in self.text:
            return "", ""
        if found := CLASSDEF.search(self.text):
            return found.group(1), found.group(2)
        told = self.outline.class_
        if told is None or not NAME.match(told.name):  # it may become the name of a file
            return "", ""
        return told.name, f"< {' & '.join(told.bases)}"

    @property
    def class_name(self) -> str:
        """The name of the class that the file seems to be of, "" where it is of none."""
        return self.class_line[0]

    def line(self, number: int) -> str:
        """Return a line (from 1) for a reader, without its end and the space around it; "" where there is none."""
        return readable(self.lines[number - 1]) if 0 < number <= len(self.lines) else ""

    def trouble(self, line: int, why: str, fix: str, rule: str, kind: str) -> Trouble:
        """Make a trouble of one of our lines; `kind` is findings.SILENT or findings.CANNOT."""
        return Trouble(self.where, line, self.line(line), why, fix, rule, kind)  # type: ignore[arg-type]

    def edited(self, edits: Iterable[Edit]) -> Source:
        """Return this source with the edits made; of two that overlap, the first."""
        parts, at = [], 0
        for edit in sorted(edits, key=lambda e: (e.start, e.end)):
            if edit.start >= at:
                parts += [self.text[at : edit.start], edit.text]
                at = edit.end
        return Source(self.path, self.where, "".join([*parts, self.text[at:]]))


def readable(text: str) -> str:
    """Return text of latin-1 bytes as a person reads it: as UTF-8 where it is that."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.lstrip("\ufeff").strip()
