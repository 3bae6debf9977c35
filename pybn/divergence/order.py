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
    A call that takes dy and binds y itself computes both ways: y is forward, and the rest goes by its names.
    An update moved what is read, after a call that computed, by a step that speaks of parameters.
    """
    known = {*case.inputs, *case.outputs, *(step.path[-1] for step in case.matlab.steps)}
    declared = {name: k for k, name in enumerate(case.outputs)}
    groups: dict[tuple[int, int], list[str]] = {}
    returned: list[tuple[tuple[int, int], str]] = []
    block, after = 0, False
    for step in case.matlab.steps:
        used = [name for name in used_names(step) if name in case.inputs]
        seeds = [name[1:] for name in used if name.startswith("d") and name[1:] in case.outputs]
        bound = [name for name in bound_names(step) if name in case.outputs]
        own = [name for name in bound if name in seeds]
        if used and bound and (own or not seeds):
            block, after = block + 1, False
        after = after or bool(seeds)
        for name in bound:
            told = _speaks_of_gradients(step, name, known, reads=not used, after=after)
            way = 1 if name not in own and (told or (seeds and not own)) else 0
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
    of = {word: (word[1:], word[1:].rstrip("0123456789")) for word in words if PREFIX.match(word)}
    return any(after or not known.isdisjoint(names) for names in of.values())
