"""A call of a compiled function: it goes to the .m implementation that the tree has beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pybn.mfile import Function, Token, outline
from pybn.mfile.declared import statements
from pybn.mfile.lexer import MARKS, tokens
from pybn.mfile.lexer import SILENT as SILENT_KINDS
from pybn.staging.code import after, closing, inserted, is_field, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "mex"
TRIGGER = re.compile(r"")
WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
WHY = "{0}: compiled, which Octave cannot use; the tree has an implementation in MATLAB{1}"
NONE = "{0}: compiled, which Octave cannot use, and no implementation in MATLAB was found"
FIX = "put a .m file of that name beside it that computes the same"
TWINS = ("{}_m", "{}_mat", "{}_matlab", "{}_ref", "{}_vanilla", "{}_slow", "{}_custom", "ref_{}", "{}_")


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the edits: a call of a compiled function, or the file that is but its help."""
    if not tree.compiled:
        return
    stem = source.path.stem
    if source.text and stem in tree.compiled and not source.meaning and (twin := _twin(stem, None, tree)):
        text = f"function varargout = {stem}(varargin), [varargout{{1:max(nargout, 1)}}] = {twin}(varargin{{:}}); end "
        start = len(source.tokens[0].text) if source.text.startswith(MARKS) else 0
        yield inserted(start, text, WHY.format(stem, ", by its name"))
    if tree.compiled.isdisjoint(WORD.findall(source.text)):
        return  # before its tokens are asked for
    for first, last in statements(source.tokens, 0, len(source.tokens)):
        for at in range(first, last):
            token = source.tokens[at]
            if _is_compiled(source, at, tree):
                yield from _call(source, tree, (first, at, last), token)
                break


def _is_compiled(source: Source, at: int, tree: Tree) -> bool:
    token = source.tokens[at]
    if token.kind != "name" or token.text not in tree.compiled or is_field(source.tokens, at):
        return False
    named = [each for each in tree.by_name.get(token.text, ()) if each.meaning]
    return not named and source.path.stem != token.text


def _call(source: Source, tree: Tree, place: tuple[int, int, int], token: Token) -> Iterator[Edit | Trouble]:
    """Yield the edit of one call: to what a comment of the file shows in its place, else to a twin by name."""
    first, at, last = place
    opening = after(source.tokens, at)
    if opening >= len(source.tokens) or source.tokens[opening].text != "(":
        return
    if shown := _shown(source, tree, place):
        yield replaced(source, first, last, shown, WHY.format(token.text, ", as a comment here has it"))
        return
    inside = source.tokens[opening + 1 : closing(source.tokens, opening)]
    count = _arguments(inside, source.tokens[opening].depth + 1)
    if twin := _twin(token.text, (count, _outputs(source.tokens[first:at])), tree):
        yield replaced(source, at, at + 1, twin, WHY.format(token.text, ", by its name"))
    else:
        yield source.trouble(token.line, NONE.format(token.text), FIX, RULE, CANNOT)


def _arguments(inside: Sequence[Token], depth: int) -> int:
    if not any(t.kind not in SILENT_KINDS for t in inside):
        return 0
    return 1 + sum(1 for t in inside if t.text == "," and t.depth == depth)


def _outputs(found: Sequence[Token]) -> int:
    """Return how many outputs `[a, ~] =` takes."""
    return sum(1 for t in found if t.kind == "name" or t.text in ("~", "!"))


def _shown(source: Source, tree: Tree, place: tuple[int, int, int]) -> str:
    """Return `y = f(x)` of a comment in the same file that assigns the same first output by a function of the tree."""
    output = _output(source.tokens[place[0] : place[1]])
    if not output:
        return ""
    for token in source.tokens:
        text = token.text.lstrip("%# \t").rstrip().rstrip(";")
        if token.kind != "comment" or output not in text or "(" not in text:
            continue
        inner = [t for t in tokens(text) if t.kind not in SILENT_KINDS]
        equals = next((k for k, t in enumerate(inner) if t.text == "=" and t.depth == 0), -1)
        if equals < 1 or _output(inner[: equals + 1]) != output or equals + 2 >= len(inner):
            continue
        name, last = inner[equals + 1], inner[-1]
        plain = name.kind == "name" and inner[equals + 2].text == "(" and last.text == ")" and last.depth == 0
        if plain and name.text in tree.by_name and name.text not in tree.compiled:
            return text
    return ""


def _output(found: Sequence[Token]) -> str:
    """Return the first name that `[a, b] =` or `a =` assigns."""
    names = [t.text for t in found if t.kind == "name"]
    return names[0] if names and any(t.text == "=" for t in found) else ""


def _twin(name: str, counts: tuple[int, int] | None, tree: Tree) -> str:
    """Return a function of the tree that is called as a compiled one, but for the ends of its name.

    `counts` are those of the inputs and outputs of a call that it has to serve.
    """
    bare = re.sub(r"^mex_|_mex$|^mex(?=[A-Z])|(?<=[a-z0-9])Mex$", "", name)
    for pattern in ("{}", *TWINS):
        for stem in dict.fromkeys((pattern.format(name), pattern.format(bare))):
            for source in tree.by_name.get(stem, ()) if stem != name else ():
                told = outline(source.text, stem).main
                if told is not None and (counts is None or _serves(told, *counts)):
                    return stem
    return ""


def _serves(told: Function, inputs: int, outputs: int) -> bool:
    enough = told.varargin or len(told.inputs) == inputs
    return enough and (told.varargout or len(told.outputs) >= outputs)
