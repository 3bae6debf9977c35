"""What a test has asked of Octave so far, step by step, and the key of what it asks next.

Every answer comes from a process of its own, so that a method called on an object runs all that made and changed the
object before it. The steps of a history are kept in the order in which the test took them; where one object is given
to another, their histories become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from pybn.recordings.source import Source

_ORDER = count()


@dataclass(frozen=True, slots=True, eq=False)
class Handle:
    """An object in Octave: what a step answered with, its class, and the history that it lives in."""

    step: Step
    output: int
    class_name: str
    history: History


@dataclass(frozen=True, slots=True)
class Nest:
    """An argument with objects in it: a list or, where there are `names`, a struct."""

    items: tuple[Any, ...]
    names: tuple[str, ...] | None = None


@dataclass(eq=False)
class Step:
    """One thing asked: "call" of a function, "new" object, "method", "get" or "set" of a property; "get" of "" is all.

    `name` is the function's, class's, method's or property's, `owner` the object of the last three. Among `args`
    stand MATLAB values, Handles and Nests. `nargout` is how many answers are wanted, None where that is one, if there
    is one; `outputs` is how many there were. `folders` go on the path behind that of the source.
    """

    kind: str
    name: str
    args: tuple[Any, ...] = ()
    owner: Handle | None = None
    nargout: int | None = None
    source: Source | None = None
    folders: tuple[Path, ...] = ()
    tree: Path | None = None
    outputs: int = field(init=False)
    order: int = field(default_factory=lambda: next(_ORDER), init=False)

    def __post_init__(self) -> None:
        self.outputs = 1 if self.nargout is None else self.nargout

    def handles(self) -> Iterator[Handle]:
        """Yield the objects that the step uses."""
        yield from _handles((self.owner, *self.args))


def _handles(values: Iterable[Any]) -> Iterator[Handle]:
    for value in values:
        if isinstance(value, Handle):
            yield value
        elif isinstance(value, Nest):
            yield from _handles(value.items)


class History:
    """The steps that made the objects of a test what they are; the objects that met share one."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.ended = ""  # the step that ended with an error, which leaves nothing to go on with
        self.printed = ""  # what the steps print, each time that they run
        self._joined: History | None = None

    def shared(self) -> History:
        """Return the history that this one has become part of, or itself."""
        found = self
        while found._joined is not None:
            found = found._joined
        return found

    def join(self, other: History) -> History:
        """Become one history with another, and return it."""
        mine, its = self.shared(), other.shared()
        if mine is not its:
            mine.steps = sorted([*mine.steps, *its.steps], key=lambda step: step.order)
            mine.ended = mine.ended or its.ended
            mine.printed = "" if mine.printed and its.printed else mine.printed or its.printed
            its._joined = mine  # noqa: SLF001
        return mine

    def keep(self, step: Step, printed: str) -> None:
        """Let a step be part of what comes after it; `printed` is what all steps up to it print."""
        found = self.shared()
        if step not in found.steps:
            found.steps = sorted([*found.steps, step], key=lambda one: one.order)
            if found.steps[-1] is step:
                found.printed = printed
