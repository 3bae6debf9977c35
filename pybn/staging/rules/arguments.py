"""`arguments` blocks: Octave passes over them, or does not read them. Defaults, conversions and checks, written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pybn.mfile.blocks import Block
from pybn.mfile.declared import Declared, Signature, statements
from pybn.mfile.outline import attributes, attributes_end, declarations
from pybn.staging.code import commented, functions, inserted, line_is_its_own, replaced
from pybn.staging.findings import CANNOT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree
from pybn.staging.validation import PLAIN, checks, unclear

RULE = "arguments"
TRIGGER = re.compile(r"arguments\b")
WHY = "Octave passes over arguments blocks, and applies neither defaults nor conversions nor checks"
FIX = "write the defaults and checks as statements: if nargin < 2, k = 3; end"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the edits of each function that has such blocks, or the trouble with it."""
    for block, head in functions(source):
        inside = [b for b in block.inner if b.word == "arguments"]
        if inside:
            problem = _problem(source, inside, head, tree)
            if problem:
                line, what = problem
                why = f"Octave passes over arguments blocks; {what} cannot be written out"
                yield source.trouble(line, why, FIX, RULE, CANNOT)
            else:
                yield from _function(source, tree, head, inside)


def _problem(source: Source, inside: Sequence[Block], head: Signature, tree: Tree) -> tuple[int, str] | None:
    """Return where, and what, in the blocks of a function cannot be carried over."""
    known = frozenset(tree.by_name)
    for block in inside:
        line = source.tokens[block.first].line
        told = attributes(source.tokens, block.first + 1, block.last)
        if told.keys() - {"input"}:
            return line, f"what is declared of {', '.join(sorted(told))} arguments"
        if not block.closed:
            return line, "a block without end"
        if not all(line_is_its_own(source, i, i + 1) for i in (block.last,)):
            return line, "an end that is not alone on its line"
        found = declarations(source.tokens, block)
        if len(found) != len(statements(source.tokens, attributes_end(source.tokens, block), block.last)):
            return line, "a line that declares nothing"
        for each in found:
            group, _, option = each.name.partition(".")
            if group not in head.inputs or "?" in each.name or not PLAIN.match(option or "x"):
                return each.line, f"the argument {each.name}"
            if option and (group != head.inputs[-1] or group == "varargin"):
                return each.line, f"the option {each.name}, which is not of the last argument,"
            if what := unclear(each, known):
                return each.line, f"{what} of {each.name}"
    return None


def _function(source: Source, tree: Tree, head: Signature, inside: Sequence[Block]) -> Iterator[Edit]:
    """Yield the edits of one function."""
    every = [d for b in inside for d in declarations(source.tokens, b)]
    options = [d.name.partition(".")[2] for d in every if "." in d.name]
    group = head.inputs[-1] if options else ""
    if group:
        at = max(
            i for i in range(head.last) if source.tokens[i].text == group and source.tokens[i].kind == "name"
        )
        yield replaced(source, at, at + 1, "varargin", WHY)
        names = ", ".join(f"'{name}'" for name in options)
        text = f"{group} = pybn_options(varargin, {{{names}}}); "
        yield inserted(source.tokens[inside[0].first].start, text, WHY)
    for block in inside:
        yield commented(source, block.first, WHY)
        yield commented(source, block.last, WHY)
        for each in declarations(source.tokens, block):
            yield replaced(source, each.first, each.last, _written(source, tree, head, each), WHY)


def _written(source: Source, tree: Tree, head: Signature, told: Declared) -> str:
    """Return one declaration as statements; the text of a default stays as it is, with its lines."""
    group, _, option = told.name.partition(".")
    default = (
        source.text[source.tokens[told.value].start : source.tokens[told.last - 1].end] if told.value else ""
    )
    check = checks(told, told.name, tree.checkable(told.kind))
    if option:
        missing = f"~isfield({group}, '{option}')"
        if not default:
            return f"if {missing}, else, {check} end" if check else ""
    else:
        missing = f"nargin < {head.inputs.index(group) + 1}"
    text = f"if {missing}, {told.name} = {default}; end" if default else ""
    return " ".join(part for part in (text, check) if part)
