"""`ME.rethrow()`, `ME.getReport()`: what Octave catches is a struct without methods. The function is called instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.code import after, before, closing, is_field, replaced
from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "caught-error"
METHODS = frozenset({"rethrow", "throw", "throwAsCaller", "getReport"})
TRIGGER = re.compile(r"\.\s*(?:rethrow|throw|throwAsCaller|getReport)\b")
WHY = "{0}: what Octave catches has no methods; the function of that name does the same"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each such call of a variable that `catch` or MException gave."""
    found = source.tokens
    caught = _caught(source)
    for index, token in enumerate(found):
        if token.kind != "name" or token.text not in caught or is_field(found, index):
            continue
        dot = index + 1
        if dot + 1 >= len(found) or found[dot].text != "." or found[dot + 1].text not in METHODS:
            continue
        name, stop, given = found[dot + 1].text, dot + 2, ""
        if stop < len(found) and found[stop].text == "(":
            last = closing(found, stop)
            given = source.text[found[stop].end : found[last].start].strip()
            stop = last + 1
        text = f"{name}({token.text}{', ' if given else ''}{given})"
        yield replaced(source, index, stop, text, WHY.format(name))


def _caught(source: Source) -> set[str]:
    """Return the variables that hold an error: `catch ME`, `ME = MException(...)`."""
    found, names = source.tokens, set[str]()
    for index, token in enumerate(found):
        then = after(found, index)
        if token.text == "catch" and token.kind == "keyword" and then < len(found):
            named = found[then].kind == "name" and found[then].line == token.line
            names |= {found[then].text} if named else set()
        if token.text == "MException" and token.kind == "name":
            equals = before(found, index)
            name = before(found, equals) if equals >= 0 and found[equals].text == "=" else -1
            if name >= 0 and found[name].kind == "name":
                names.add(found[name].text)
    return names
