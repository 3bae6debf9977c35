"""The `arguments` blocks of a function, read together: what they declare, and what of it cannot be written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pybn.mfile.blocks import Block
from pybn.mfile.declared import Declared, Signature, statements
from pybn.mfile.outline import attributes, attributes_end, declarations
from pybn.staging.code import is_whole, line_is_its_own
from pybn.staging.source import Source
from pybn.staging.tree import Tree
from pybn.staging.validation import PLAIN, unclear

KNOWN = frozenset({"input", "output", "repeating"})


@dataclass(slots=True)
class Blocks:
    """What the blocks of one function declare, in order, by how it is passed."""

    block: Block  # the function's
    head: Signature
    inside: tuple[Block, ...]
    positional: list[Declared] = field(default_factory=list)
    options: list[Declared] = field(default_factory=list)  # opts.name
    repeating: list[Declared] = field(default_factory=list)
    outputs: list[Declared] = field(default_factory=list)

    @property
    def group(self) -> str:
        """The struct that the options are fields of, "" where there are none."""
        return self.options[0].name.partition(".")[0] if self.options else ""

    @property
    def optional(self) -> list[str]:
        """The positional arguments with a default that a name of an option may take the place of."""
        return [each.name for each in self.positional if each.value] if self.options else []


def all_blocks_of(source: Source) -> Iterator[Blocks]:
    """Yield what is declared for each function of a file that has such blocks."""
    for block, head in source.functions:
        inside = tuple(b for b in block.inner if b.word == "arguments")
        if inside:
            yield _read(source, Blocks(block, head, inside))


def _read(source: Source, told: Blocks) -> Blocks:
    for block in told.inside:
        how = attributes(source.tokens, block.first + 1, block.last)
        for each in declarations(source.tokens, block):
            if "output" in how:
                told.outputs.append(each)
            elif "repeating" in how:
                told.repeating.append(each)
            else:
                (told.options if "." in each.name else told.positional).append(each)
    return told


def problem(source: Source, told: Blocks, tree: Tree) -> tuple[int, str, str] | None:
    """Return where, what, and of which argument, something cannot be written out; None where all can."""
    return _torn(source, told) or _shape(told) or _each(source, told, tree)


def _torn(source: Source, told: Blocks) -> tuple[int, str, str] | None:
    found = source.tokens
    for block in told.inside:
        line = found[block.first].line
        how = attributes(found, block.first + 1, block.last)
        if how.keys() - KNOWN:
            return line, f"what is declared of {', '.join(sorted(how))} arguments", ""
        if not block.closed or not line_is_its_own(source, block.last, block.last + 1):
            return line, "a block without an end on a line of its own", ""
        if not line_is_its_own(source, block.first, attributes_end(found, block)):
            return line, "a block that does not begin on a line of its own", ""
        if len(declarations(found, block)) != len(
            statements(found, attributes_end(found, block), block.last)
        ):
            return line, "a line that declares nothing", ""
    if not is_whole(source, told.block, told.head):
        return found[told.block.first].line, "a first line that is torn", ""
    if told.outputs and not told.block.closed:
        return found[told.block.first].line, "outputs of a function without an end", ""
    return None


def _shape(told: Blocks) -> tuple[int, str, str] | None:
    """Return what is passed in a way that cannot be written out."""
    names = told.head.inputs
    for each in told.repeating:
        if what := _repeats(told, each):
            return each.line, what, each.name
    for each in told.options:
        group, _, option = each.name.partition(".")
        if not names or group != names[-1]:
            return each.line, "an option that is not of the last argument", each.name
        if group == "varargin" or "?" in each.name or not PLAIN.match(option):
            return each.line, "the properties of a class as options", each.name
    for each in told.positional:
        if each.name not in names:
            return each.line, "an argument that the first line does not have", each.name
    for each in told.outputs:
        if each.name not in told.head.outputs or each.name == "varargout":
            return each.line, "an output that the first line does not name", each.name
    return None


def _repeats(told: Blocks, each: Declared) -> str:
    """Say why a repeating argument cannot be written out, "" if it can."""
    names = [other.name for other in told.repeating]
    if told.options or list(told.head.inputs[-len(names) :]) != names:
        return "repeating arguments that others follow"
    if each.value:
        return "a default of a repeating argument"
    if any(other in each.validators for other in names if other != each.name):
        return "a check of one repeating argument by another"
    return ""


def _each(source: Source, told: Blocks, tree: Tree) -> tuple[int, str, str] | None:
    own = frozenset(head.name for _, head in source.functions)
    for each in (*told.positional, *told.repeating, *told.options, *told.outputs):
        if what := unclear(each, own, tree):
            return each.line, what, each.name
    return None


def inputs(source: Source, told: Blocks) -> list[int]:
    """Return the tokens of a function's inputs, by their indices."""
    found, stop = source.tokens, told.head.last - 1
    opening = stop - 1
    while opening > told.block.first and not (
        found[opening].text == "(" and found[opening].depth == found[stop].depth
    ):
        opening -= 1
    inside = [i for i in range(opening, stop) if found[i].depth == found[stop].depth + 1]
    return [i for i in inside if found[i].kind == "name" or found[i].text == "~"]
