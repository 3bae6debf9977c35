"""The .m files of a tree by what they are called, and its classes with those that they build on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from pybn.mfile import Class
from pybn.mfile.outline import HANDLES
from pybn.staging.source import Source


class Tree:
    """All sources that are staged together: a rule asks here for what another file says."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(sources)

    @cached_property
    def by_name(self) -> dict[str, list[Source]]:
        """The files by their stems: functions, classes, scripts."""
        found: dict[str, list[Source]] = {}
        for source in self.sources:
            found.setdefault(source.path.stem, []).append(source)
        return found

    @cached_property
    def classes(self) -> dict[str, Class]:
        """The classdefs by name, package names included: pkg.sub.Name."""
        found: dict[str, Class] = {}
        for source in self.sources:
            if "classdef" in source.text and source.outline.class_ is not None:
                told = source.outline.class_
                found.setdefault(".".join([*packages(source.where), told.name]), told)
        return found

    def lineage(self, name: str) -> Iterator[str]:
        """Yield a class's name and those of all that it builds on, nearest first; those of no file too."""
        waiting, seen = [name], set()
        while waiting:
            each = waiting.pop(0)
            if each not in seen:
                seen.add(each)
                yield each
                waiting.extend(self.classes[each].bases if each in self.classes else ())

    def is_handle(self, name: str) -> bool | None:
        """Tell whether a class is a handle class; None where a base is in no file."""
        lineage = list(self.lineage(name))
        if any(each in HANDLES for each in lineage):
            return True
        return None if any(each not in self.classes for each in lineage) else False


def packages(where: str) -> list[str]:
    """Return the packages that a path lies in: ["pkg", "sub"] of lib/+pkg/+sub/f.m."""
    return [part[1:] for part in where.split("/")[:-1] if part.startswith("+")]
