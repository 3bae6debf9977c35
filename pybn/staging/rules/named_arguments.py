"""`f(x, name=value)`: MATLAB passes 'name', value; Octave assigns to a variable and passes the value alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.lexer import SILENT
from pybn.staging.code import before, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "named-argument"
TRIGGER = re.compile(r"[(,][ \t]*[A-Za-z]\w*[ \t]*=(?!=)|\.\.\.[^\r\n]*[\r\n]+[ \t]*[A-Za-z]\w*[ \t]*=(?!=)")
CALL = re.compile(r"[\w)}]\(")
WHY = "Octave takes name=value for an assignment and passes the value alone"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each argument that is named."""
    if not any(_may_be(source.text, match.start()) for match in TRIGGER.finditer(source.text)):
        return
    found = source.tokens
    calls: list[bool] = []  # of each bracket that is open, whether it is a call's
    for index, token in enumerate(found):
        if token.kind != "op":
            continue
        del calls[token.depth :]
        if token.text in ("(", "[", "{"):
            left = before(found, index)
            calls.append(token.text == "(" and left >= 0 and _is_callable(found[left].kind, found[left].text))
        elif token.text == "=" and calls and calls[-1]:
            name = before(found, index)
            start = before(found, name)
            if found[name].kind == "name" and start >= 0 and found[start].text in ("(", ","):
                spaced = found[index + 1 : index + 2] and found[index + 1].kind in SILENT
                yield replaced(source, name, index + 1, f"'{found[name].text}',{'' if spaced else ' '}", WHY)


def _may_be(text: str, at: int) -> bool:
    """Say, by the line alone, whether a place may be within the brackets of a call."""
    line = text[max(text.rfind("\n", 0, at), text.rfind("\r", 0, at), at - 2000) + 1 : at + 1]
    return text.startswith("...", at) or (CALL.search(line) is not None and line.count("(") > line.count(")"))


def _is_callable(kind: str, text: str) -> bool:
    return kind == "name" or (kind == "op" and text in (")", "}"))
