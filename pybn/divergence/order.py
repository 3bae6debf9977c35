"""The order in which a case computes its outputs, and whether it is made forward, backward or by an update."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pybn.case import Case
from pybn.steps import Call, Step, bound_names, used_names

BACK = re.compile(r"grad|backw|backprop", re.IGNORECASE)
WAYS = ("forward", "backward", "update")
MOVED = re.compile(r"parameter", re.IGNORECASE)
PREFIX = re.compile(r"d[A-Za-z]\w*\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """An output in the order of computation: its name, its layer ("" where none is declared), its direction."""

    name: str
    layer: str
    direction: str

    @property
    def backward(self) -> bool:
        """Whether it is a gradient."""
        return self.direction == "backward"


def walk(case: Case) -> list[Place]:
    """Return the outputs of a case in the order in which they are computed, by the steps of the reference.

    A call that takes inputs computes; what is read after it, until the next one, it has left behind: first what is
    forward, then what is backward, then what an update moved, each in the order of the steps. What a call returns
    stands among what is read of it where [outputs] lists it, so that a file may list the activations of a model
    before the loss.

    Backward is what a call makes that takes a gradient (dy, where y is an output), what is read by a step or has a
    name that speaks of gradients, and what is named dNAME, where there is a NAME or a gradient was taken before.
    An update moved what is read, after a call that computed, by a step that speaks of parameters.
    """
    known = {*case.inputs, *case.outputs, *(step.path[-1] for step in case.matlab.steps)}
    declared = {name: k for k, name in enumerate(case.outputs)}
    groups: dict[tuple[int, int], list[str]] = {}
    returned: list[tuple[tuple[int, int], str]] = []
    block, after = 0, False
    for step in case.matlab.steps:
        used = [name for name in used_names(step) if name in case.inputs]
        seeded = any(name.startswith("d") and name[1:] in case.outputs for name in used)
        bound = [name for name in bound_names(step) if name in case.outputs]
        if used and bound and not seeded:
            block, after = block + 1, False
        after = after or seeded
        for name in bound:
            way = 1 if seeded or _speaks_of_gradients(step, name, known, reads=not used, after=after) else 0
            way = 2 if not way and not used and block and MOVED.search(step.path[-1]) else way
            group = groups.setdefault((block, way), [])
            if used:
                returned.append(((block, way), name))
            else:
                group.append(name)
    for key, name in returned:
        group = groups[key]
        at = next((k for k, read in enumerate(group) if declared[read] > declared[name]), len(group))
        group.insert(at, name)
    ordered = [(name, WAYS[way]) for (_, way), group in sorted(groups.items()) for name in group]
    ways = dict(reversed(ordered))  # of a name that is bound twice, its first place
    return [
        Place(name, case.outputs[name].layer, ways[name]) for name in dict.fromkeys(n for n, _ in ordered)
    ]


def _speaks_of_gradients(step: Step, name: str, known: set[str], *, reads: bool, after: bool) -> bool:
    if BACK.search(name) or (reads and BACK.search(step.path[-1])):
        return True
    words = [name] if isinstance(step, Call) else [name, step.path[-1]]
    return any(PREFIX.match(word) and (after or word[1:].rstrip("0123456789") in known) for word in words)
