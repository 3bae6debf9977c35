"""The rules that there are: modules of `rules/` rewrite, modules named `troubles...` tell. The folder is the list."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Protocol

from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

HERE = Path(__file__).parent
ORDER = ("enumerations", "imports", "mex")  # first, since others build on what these leave


class Rewriting(Protocol):
    """A module of rules/: `RULE`, the texts that it is for, and what it does to them."""

    RULE: str
    TRIGGER: re.Pattern[str]

    def rewrite(self, source: Source, tree: Tree, /) -> Iterable[Edit | Trouble]:
        """Yield edits of the source, and troubles where none will do."""
        ...


class Telling(Protocol):
    """A module named troubles...: what of a source Octave gets wrong or cannot run."""

    def troubles(self, source: Source, tree: Tree, /) -> Iterable[Trouble]:
        """Yield the troubles of a source as it is written."""
        ...


@cache
def rewriting() -> tuple[Rewriting, ...]:
    """Return the modules of rules/, in the order in which they are to run."""
    names = sorted(m.name for m in pkgutil.iter_modules([str(HERE / "rules")]))
    names.sort(key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return tuple(importlib.import_module(f"pybn.staging.rules.{name}") for name in names)


@cache
def telling() -> tuple[Telling, ...]:
    """Return the modules whose names begin with troubles."""
    names = sorted(m.name for m in pkgutil.iter_modules([str(HERE)]) if m.name.startswith("troubles"))
    return tuple(importlib.import_module(f"pybn.staging.{name}") for name in names)
