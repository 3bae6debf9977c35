"""`arguments` blocks: Octave passes over them, or does not read them. Defaults, conversions and checks, written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.declared import Declared
from pybn.mfile.outline import declarations
from pybn.mfile.patterns import NEWLINE
from pybn.staging.argument_blocks import Blocks, all_blocks_of, inputs, problem
from pybn.staging.code import before, commented, inserted, is_field, replaced
from pybn.staging.findings import SILENT, Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree
from pybn.staging.validation import checks

RULE = "arguments"
TRIGGER = re.compile(r"arguments\b")
WHY = "Octave passes over arguments blocks, and applies neither defaults nor conversions nor checks"
LEFT = "left out: Octave passes over it, or does not read it"
FIX = "write the defaults and checks as statements: if nargin < 2, k = 3; end"


def rewrite(source: Source, tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield the edits of each function that has such blocks; where they cannot be written out, a trouble."""
    for told in all_blocks_of(source):
        if wrong := problem(source, told, tree):
            line, what, name = wrong
            why = f"Octave passes over arguments blocks, defaults and all; {what}: that cannot be written out"
            yield source.trouble(line, f"{name}: {why}" if name else why, FIX, RULE, SILENT)
            yield from _left_out(source, told)
        else:
            yield from _signature(source, told)
            yield from _declared(source, tree, told)
            yield from _outputs(source, tree, told)


def _left_out(source: Source, told: Blocks) -> Iterator[Edit]:
    """Make comments of the lines of the blocks, so that Octave reads the rest of the file."""
    for block in told.inside if all(block.closed for block in told.inside) else ():
        start, end = source.tokens[block.first].start, source.tokens[block.last].start
        yield inserted(start, "% ", LEFT)
        for match in NEWLINE.finditer(source.text, start, end):
            yield inserted(match.end(), "% ", LEFT)


def _signature(source: Source, told: Blocks) -> Iterator[Edit]:
    """Take as varargin what has to be sorted first, and sort it where the first block begins."""
    sorting = [*told.optional, told.group] if told.options else [each.name for each in told.repeating]
    if not sorting or sorting == ["varargin"]:
        return
    names = inputs(source, told)
    first = next(i for i in names if source.tokens[i].text == sorting[0])
    yield replaced(source, first, names[-1] + 1, "varargin", WHY)
    at = source.tokens[told.inside[0].first].start
    if not told.options:
        text = f"[{', '.join(sorting)}] = pybn_repeating(varargin, {len(sorting)}); "
        yield inserted(at, text, WHY)
        return
    options = ", ".join(f"'{each.name.partition('.')[2]}'" for each in told.options)
    given = f"[{told.group}, pybn_given] = pybn_options(varargin, {{{options}}}, {len(told.optional)}); "
    yield inserted(at, given, WHY)
    required = len(told.head.inputs) - len(sorting)
    for index in range(told.head.last, told.block.last):
        token = source.tokens[index]
        if token.text == "nargin" and token.kind == "name" and not is_field(source.tokens, index):
            yield replaced(source, index, index + 1, f"({required} + numel(pybn_given))", WHY)


def _declared(source: Source, tree: Tree, told: Blocks) -> Iterator[Edit]:
    """Yield the edits of the blocks themselves: comments of their edges, statements of their lines."""
    for block in told.inside:
        yield commented(source, block.first, WHY)
        yield commented(source, block.last, WHY)
        for each in declarations(source.tokens, block):
            yield replaced(source, each.first, each.last, _written(source, tree, told, each), WHY)


def _written(source: Source, tree: Tree, told: Blocks, each: Declared) -> str:
    """Return one declaration as statements; the text of a default stays as it is, with its lines."""
    default = (
        source.text[source.tokens[each.value].start : source.tokens[each.last - 1].end] if each.value else ""
    )
    kind = tree.checkable(each.kind)
    if each in told.outputs:
        return ""
    if each in told.repeating:
        check = checks(each, each.name, kind, element=f"{each.name}{{pybn_k}}")
        return f"for pybn_k = 1:numel({each.name}), {check} end" if check else ""
    check = checks(each, each.name, kind)
    group, _, option = each.name.partition(".")
    if option:
        missing = f"~isfield({group}, '{option}')"
        if not default:
            return f"if {missing}, else, {check} end" if check else ""
        text = f"if {missing}, {each.name} = {default}; end"
    elif each.name in told.optional:
        place = told.optional.index(each.name) + 1
        given = f"{each.name} = pybn_given{{{place}}}"
        text = f"if numel(pybn_given) < {place}, {each.name} = {default}; else, {given}; end"
    elif default:
        text = f"if nargin < {told.head.inputs.index(each.name) + 1}, {each.name} = {default}; end"
    else:
        return check
    return f"{text}, {check}" if check else text


def _outputs(source: Source, tree: Tree, told: Blocks) -> Iterator[Edit]:
    """Check the outputs wherever the function returns: before each `return`, and before its end."""
    text = ""
    for each in told.outputs:
        if check := checks(each, each.name, tree.checkable(each.kind)):
            text += f"if exist('{each.name}', 'var'), {check} end, "
    if not text:
        return
    nested = [(b.first, b.last) for b in told.block.inner if b.word == "function"]
    for index in range(told.head.last, told.block.last + 1):
        token = source.tokens[index]
        returns = token.text == "return" and token.kind == "keyword"
        if any(first <= index <= last for first, last in nested) or not (returns or index == told.block.last):
            continue
        left = before(source.tokens, index)
        divided = left < 0 or source.tokens[left].kind in ("newline", "keyword", "comment")
        divided = divided or source.tokens[left].text in (";", ",")
        yield inserted(token.start, text if divided else f", {text}", WHY)
