"""How MATLAB code gives its inputs defaults: `if nargin < 2`, `if ~exist('k', 'var')`."""

from __future__ import annotations

from collections.abc import Sequence

from pybn.mfile.blocks import Block
from pybn.mfile.declared import statements, text_of
from pybn.mfile.lexer import SILENT, Token

ASKS = frozenset({"nargin", "exist", "isempty"})


def defaults_of(found: Sequence[Token], block: Block, inputs: Sequence[str]) -> dict[str, str]:
    """Return the defaults that a function gives its inputs in blocks that ask whether they were given, as text."""
    told: dict[str, str] = {}
    for inner in block.inner:
        if inner.word not in ("if", "switch"):
            continue
        if not any(t.kind == "name" and t.text in ASKS for t in _condition(found, inner)):
            continue
        for name, text in _assigned(found, inner):
            if name in inputs:
                told.setdefault(name, text)
    return told


def _condition(found: Sequence[Token], block: Block) -> Sequence[Token]:
    stop = next((i for i in range(block.first, block.last) if found[i].kind == "newline"), block.last)
    return found[block.first : stop]


def _assigned(found: Sequence[Token], block: Block) -> list[tuple[str, str]]:
    """Return `name = text` of each assignment in a block, the one on the line of its condition among them."""
    read = []
    for first, last in statements(found, block.first + 1, block.last):
        part = [i for i in range(first, last) if found[i].kind not in SILENT]
        for k, i in enumerate(part[:-1]):
            if found[i].text == "=" and found[i].depth == 0 and k and found[part[k - 1]].kind == "name":
                plain = k == 1 or found[part[k - 2]].text != "."
                if plain:
                    read.append((found[part[k - 1]].text, text_of(found[part[k + 1] : last])))
                break
    return read
