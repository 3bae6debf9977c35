"""Damaged files of every format: read, listed and converted as `--untrusted` does it, and what came of each."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pybn.convert.apart
import pybn.inspection
from pybn.convert.apart import Limits, converted_apart
from pybn.convert.plan import Request
from pybn.errors import FileError, FormatError, PybnError
from pybn.formats import child
from tests.forked import Forked
from tests.mutant_seeds import SEEDS
from tests.mutations import damaged

DEADLINE, MEMORY, OUTPUT = 10.0, 1 << 30, 64 << 20
Ends = Iterator[tuple[str, str]]
ENDS = ("whole", "refused", "died", "late", "memory", "wrong")


@dataclass(slots=True)
class Mutant:
    """One damaged file: how it came to be, how it ended (one of ENDS), in words, and what it took at most."""

    name: str
    change: str
    end: str = "whole"
    words: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory: float = 0.0

    def ended(self, end: str, *words: str) -> None:
        """Note an end, of which the worst counts."""
        self.end = max(self.end, end, key=ENDS.index)
        self.words += [f"{end}: {each}" for each in words]


class Campaign:
    """Makes mutants one after the other: the same for the same seed, format and number."""

    def __init__(self, folder: Path, server: Forked, seed: int = 0) -> None:
        self.folder, self.server, self.seed = folder, server, seed
        self._seeds: dict[str, list[Path]] = {}

    def seeds(self, kind: str) -> list[Path]:
        """Return the whole files of a format."""
        if kind not in self._seeds:
            (self.folder / "seeds").mkdir(exist_ok=True)
            self._seeds[kind] = SEEDS[kind](self.folder / "seeds")
        return self._seeds[kind]

    def mutant(self, kind: str, number: int) -> Mutant:
        """Make one, and try it: all of it is read; every fourth is listed, too, and every eighth converted."""
        chance = random.Random(f"{self.seed}/{kind}/{number}")
        seeds = self.seeds(kind)
        path = self.folder / f"mutant.{kind}"
        mutant = Mutant(f"{kind}:{number}", damaged(chance.choice(seeds), path, kind, chance))
        self.tried(mutant, path, number)
        return mutant

    def tried(self, mutant: Mutant, path: Path, number: int) -> None:
        """Read a file, and list or convert it."""
        self._try(mutant, str(path), self._read)
        if number % 4 == 1:
            self._try(mutant, str(path), self._listed)
        if number % 8 == 3:
            self._try(mutant, str(path), self._converted)

    def _try(self, mutant: Mutant, path: str, do: Callable[[str], Ends]) -> None:
        self.server.cost.status, self.server.cost.late = 0, False
        self.server.cost.seconds = self.server.cost.memory = 0.0
        try:
            for end, words in do(path):
                mutant.ended(end, words)
        except (FormatError, FileError) as error:
            mutant.ended(*self._refused(path, error))
        except PybnError as error:  # what the converter says of names and layouts
            mutant.ended("refused" if str(error).startswith(path) else "wrong", str(error))
        except Exception as error:
            mutant.ended("wrong", f"{type(error).__name__}: {error}")
        mutant.seconds = max(mutant.seconds, self.server.cost.seconds)
        mutant.memory = max(mutant.memory, self.server.cost.memory)

    def _refused(self, path: str, error: Exception) -> tuple[str, str]:
        """Tell what kind of an error it was, and the words after the path."""
        words = str(error)
        if not words.startswith(f"{path}: "):
            return "wrong", words
        words = words.removeprefix(f"{path}: ")
        if self.server.cost.late or "took longer than" in words:
            return "late", words
        if self.server.cost.status < 0:
            return "died", words
        if "of memory that it is given" in words:
            return "memory", words
        bad = re.match(r"cannot be parsed|its parser", words) or not well_told(words)
        return "wrong" if bad else "refused", words

    def _read(self, path: str) -> Ends:
        told: Any = self.server.call("mutant_reader:read", path, deadline=DEADLINE, memory=MEMORY)
        if "wrong" in told:
            yield "wrong", told["wrong"]
        for words in map(child.shown, told["errors"]):
            yield "refused" if well_told(words) else "wrong", words

    def _listed(self, path: str) -> Ends:
        listing = pybn.inspection.inspect(path, deadline=DEADLINE, memory=MEMORY)
        assert all(line.isprintable() for line in listing.to_text(None).splitlines())
        json.dumps(listing.to_json())
        return iter(())

    def _converted(self, path: str) -> Ends:
        room = self.folder / "converted"
        room.mkdir(exist_ok=True)
        try:
            converted_apart(path, room / "a.npz", Request(skip=True), Limits(DEADLINE, MEMORY, OUTPUT))
        finally:
            left = sorted(each.name for each in room.iterdir())
            shutil.rmtree(room)
        assert left == ["a.npz", "a.npz.pybn.json"], left
        return iter(())


# A byte, a line, what is called by a name, the header; or what the file is taken for by its start.
WHERE = re.compile(r"\bbytes? |\bline \d|^[^:]+: |\bheader\b|^looks like |^is a folder|^starts as |^'")


def well_told(words: str) -> bool:
    """Tell whether an error says what is wrong and where, in characters that can be shown."""
    return len(words.split()) >= 3 and words.isprintable() and bool(WHERE.search(words))


@contextmanager
def campaign(folder: Path, seed: int = 0) -> Iterator[Campaign]:
    """Have all that is parsed apart parsed by processes that are forked, not started."""
    with Forked() as server:
        before = pybn.inspection.call, pybn.convert.apart.call
        pybn.inspection.call = pybn.convert.apart.call = server.call
        try:
            yield Campaign(folder, server, seed)
        finally:
            pybn.inspection.call, pybn.convert.apart.call = before
