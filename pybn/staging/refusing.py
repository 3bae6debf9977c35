"""A copy that refuses: where Octave would get something silently wrong, what holds it raises an error when called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pybn.staging.code import after, all_blocks, inserted, is_whole
from pybn.staging.findings import Edit, Trouble
from pybn.staging.plan import Plan, Staged
from pybn.staging.source import Source

ERROR = (
    "error('pybn:refused', 'line {0}: {1}: Octave would get this silently wrong; pybn-staging.json says why')"
)
WHY = "refused"


def refusing(plan: Plan) -> Plan:
    """Return the plan with an error in each function, or script, that holds something refused; lines stay."""
    staged = dict(plan.staged)
    for where in dict.fromkeys(trouble.file for trouble in plan.refused):
        told = [trouble for trouble in plan.refused if trouble.file == where]
        each = staged[where]
        text = plan.tree.places[where].text if each.text is None else each.text
        source = Source(each.found.path, where, text)
        edits = {edit.start: edit for trouble in reversed(told) for edit in _guards(source, trouble)}
        staged[where] = Staged(each.found, each.to, each.state, source.edited(edits.values()).text)
    return replace(plan, staged=staged)


def _guards(source: Source, trouble: Trouble) -> Iterator[Edit]:
    """Yield the errors for one trouble: in its function; of a class's own lines, in its methods; of a script's, first.

    Nothing of a user's goes into them: a line's number, and the name of a rule.
    """
    text = ERROR.format(trouble.line, trouble.rule)
    found = source.tokens
    heads = [(block, head) for block, head in source.functions if is_whole(source, block, head)]
    around = [
        (block, head)
        for block, head in heads
        if found[block.first].line <= trouble.line <= found[min(block.last, len(found) - 1)].line
    ]
    if around:
        _, head = max(around, key=lambda pair: pair[0].first)
        yield inserted(found[head.last - 1].end, f", {text};", WHY)
    elif any(block.word == "classdef" for block in all_blocks(source)) and heads:
        for _, head in heads:
            yield inserted(found[head.last - 1].end, f", {text};", WHY)
    elif found:
        first = after(found, -1)
        yield inserted(found[first].start if first < len(found) else 0, f"{text}; ", WHY)
