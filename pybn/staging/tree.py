"""The .m files of a tree by what they are called, and its classes with those that they build on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

from pybn.mfile import Class
from pybn.mfile.members import HANDLES
from pybn.staging.source import Source

WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
NUMBERS = frozenset(
    {"double", "single", "logical", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64))}
)


class Tree:
    """All sources that are staged together: a rule asks here for what another file says."""

    def __init__(
        self, sources: Iterable[Source], compiled: Iterable[str] = (), data: Iterable[str] = ()
    ) -> None:
        self.sources = tuple(sources)
        self.compiled = frozenset(compiled)  # what has a source or a binary of a mex function
        self.data = frozenset(data)  # where the files are that are no code
        self._reached: dict[str, set[str]] = {}

    @cached_property
    def places(self) -> dict[str, Source]:
        """The files by where they are below the tree."""
        return {source.where: source for source in self.sources}

    def free(self, place: str) -> bool:
        """Tell whether a file can go to a place: nothing is there, no folder either, and no file is on the way."""
        ways = [place[: found.start()] for found in re.finditer("/", place)]
        files = {place, *ways}
        return place not in self._folders and files.isdisjoint(self.places) and files.isdisjoint(self.data)

    @cached_property
    def _folders(self) -> frozenset[str]:
        places = (*self.places, *self.data)
        return frozenset(place[: found.start()] for place in places for found in re.finditer("/", place))

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
        read = {name: source.outline.class_ for name, source in self.files.items()}
        return {name: told for name, told in read.items() if told is not None}

    @cached_property
    def inherits(self) -> bool:
        """A class of the tree may build on another one of it: what many rules need not ask further without."""
        names = {source.class_name for source in self.sources} - {""}
        lines = [source.class_line[1] for source in self.sources if source.class_name]
        return any(names & set(WORD.findall(line)) or "..." in line for line in lines)

    @cached_property
    def files(self) -> dict[str, Source]:
        """The file of each class."""
        found: dict[str, Source] = {}
        for source in self.sources:
            if source.class_name and source.outline.class_ is not None:
                found.setdefault(".".join([*packages(source.where), source.outline.class_.name]), source)
        return found

    @cached_property
    def class_folders(self) -> frozenset[str]:
        """The names of the folders @Name."""
        return frozenset(
            p[1:] for source in self.sources for p in source.where.split("/")[:-1] if p.startswith("@")
        )

    @cached_property
    def private(self) -> dict[str, dict[str, str]]:
        """What a folder in a package has in its folder private, by the folder: the whole names in the copy."""
        found: dict[str, dict[str, str]] = {}
        for source in self.sources:
            moved = private_package(source.where)
            if moved and self.free(moved):
                folder = source.where.rpartition("/")[0].removesuffix("/private")
                name = ".".join([*packages(moved), source.path.stem])
                found.setdefault(folder, {})[source.path.stem] = name
        return found

    @cached_property
    def packages(self) -> frozenset[str]:
        """The outermost packages."""
        return frozenset(name for source in self.sources for name in packages(source.where)[:1])

    @cached_property
    def packaged(self) -> frozenset[str]:
        """The functions and classes in packages, by their whole names in the copy."""
        inside = {source.where for source in self.sources if packages(source.where)}
        names = {".".join([*packages(where), where.rpartition("/")[2][:-2]]) for where in inside}
        names |= {name for moved in self.private.values() for name in moved.values()}
        return frozenset(names) | {name for name in self.classes if "." in name}

    def has(self, name: str) -> bool:
        """Tell whether a function, class or package of this name, or the start of it before a dot, is in the tree."""
        first = name.partition(".")[0]
        return first in self.by_name or first in self.packages

    @cached_property
    def properties(self) -> dict[str, list[str]]:
        """The classes that have a property, by the property's name."""
        found: dict[str, list[str]] = {}
        for name, told in self.classes.items():
            for each in told.properties:
                found.setdefault(each.name, []).append(name)
        return found

    @cached_property
    def methods(self) -> dict[str, list[str]]:
        """The classes that have a method, by the method's name."""
        found: dict[str, list[str]] = {}
        for name, told in self.classes.items():
            for method in told.methods:
                found.setdefault(method.name, []).append(name)
        return found

    @cached_property
    def enumerated(self) -> dict[str, str]:
        """The enumerations whose members are numbers, with the class of those."""
        return {
            ".".join([*packages(source.where), told.name]): told.bases[0]
            for source in self.sources
            if "enumeration" in source.text and source.class_name
            if (told := source.outline.class_) is not None
            if told.enumeration and len(told.bases) == 1 and told.bases[0] in NUMBERS
        }

    @cached_property
    def enumerations(self) -> dict[str, frozenset[str]]:
        """The members of all enumerations, by the names of their classes."""
        told = {
            name: self.classes[name] for name, source in self.files.items() if "enumeration" in source.text
        }
        return {
            name: frozenset(m for m, _ in each.enumeration) for name, each in told.items() if each.enumeration
        }

    def checkable(self, kind: str) -> str:
        """Return a declared class where a value of it is one in the copy as well, else ""."""
        return "" if kind in self.enumerated else kind

    def members(self, name: str) -> set[str]:
        """Return the properties and methods that a class and what it builds on declare."""
        told = [self.classes[each] for each in self.lineage(name) if each in self.classes]
        return {p.name for c in told for p in c.properties} | {m.name for c in told for m in c.methods}

    def reached(self, name: str) -> set[str]:
        """Return the names that come after a dot in a class's file."""
        if name not in self._reached:
            found = self.files[name].meaning
            dots = pairwise(found)
            self._reached[name] = {b.text for a, b in dots if a.text == "." and b.kind == "name"}
        return self._reached[name]

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


def private_package(where: str) -> str:
    """Return where a file of a folder private in a package goes: of +p/private, +p/@C/private; "" if it is no such."""
    *folders, file = where.split("/")
    if len(folders) < 2 or folders[-1] != "private" or not file.endswith(".m"):
        return ""
    around = folders[:-1]
    inside, name = around, "+pybn_private"
    if around[-1].startswith("@"):
        inside, name = around[:-1], f"+pybn_private_{around[-1][1:]}"
    return "/".join([*inside, name, file]) if inside and inside[-1].startswith("+") else ""
