"""Where a port runs: what Python imports, and the folder that it is in."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pybn.case import Case
from pybn.data_files import lay
from pybn.engines.base import no_step


def loaded(case: Case, target: str) -> Any:
    """Return what a target "module:name" is. Raises EngineError."""
    module, _, path = target.partition(":")
    try:
        _make_way(case, module)
        value = importlib.import_module(module)
        for name in path.split("."):
            value = getattr(value, name)
    except (Exception, SystemExit) as error:
        raise no_step(case, f"python target {target!r}: {type(error).__name__}: {error}") from error
    return value


_FROM_CASES: set[str] = set()  # top-level modules that came from the folder of some case


def _make_way(case: Case, module: str) -> None:
    """Drop a module of this name that came from another case's folder, so that this case's own is imported.

    One that came from elsewhere, the standard library for one, is not ours to drop: refuse.
    """
    top = module.partition(".")[0]
    spec = PathFinder.find_spec(top, [str(p) for p in case.python.path]) if case.python.path else None
    if spec is None:
        return
    there = getattr(sys.modules.get(top), "__file__", None)
    if top in sys.modules and there != spec.origin:
        if top not in _FROM_CASES:
            raise ImportError(f"{top} was imported from {there} before, not from {spec.origin}; rename one")
        for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
            del sys.modules[name]
    if top not in sys.modules:
        _FROM_CASES.add(top)


@contextmanager
def folder(case: Case) -> Iterator[None]:
    """Be in a folder of the case's own, as its other side is, with the files that it reads; then go back."""
    with TemporaryDirectory(prefix="pybn-", ignore_cleanup_errors=True) as place:
        lay(case.files, Path(place))
        before = os.open(".", os.O_RDONLY)  # which may have no name any more
        try:
            os.chdir(place)
            yield
        finally:
            os.fchdir(before)
            os.close(before)


@contextmanager
def importable(case: Case) -> Iterator[None]:
    """Have the case's folders in front of all others that Python imports from."""
    folders = [str(folder) for folder in case.python.path]
    sys.path[:0] = folders
    try:
        yield
    finally:
        for folder in folders:
            with suppress(ValueError):  # the port may have been at it
                sys.path.remove(folder)
