"""The Python side of a first case: a function or class of that name in a .py beside it, read and never run."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybn.case_sides import DOTTED

LARGEST = 1 << 20  # bytes of a .py that is looked at
MOST = 200  # files


@dataclass(frozen=True, slots=True)
class Target:
    """What to call in Python: "module:name", the folder it lies in, whether it is there, and a class's methods."""

    text: str
    found: bool
    methods: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The name of the module."""
        return self.text.partition(":")[0]

    @property
    def name(self) -> str:
        """The name of the function or class in it."""
        return self.text.partition(":")[2]

    def method(self, name: str) -> str:
        """Return the name of a MATLAB method in Python: as it is where the class has it, otherwise in snake_case."""
        return name if name in self.methods else snake_case(name)


def snake_case(name: str) -> str:
    """Return a MATLAB name as Python writes names: ForwardPropagation is forward_propagation, and not is not_."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", name).lower()
    return f"{parted}_" if keyword.iskeyword(parted) else parted


def find_target(folder: Path, stem: str, *, is_class: bool) -> Target:
    """Return the function or class in `folder` that is the port of `stem`, or a name for one that is to be written."""
    names = [stem] if is_class else [snake_case(stem), stem]
    for file in _modules(folder, stem):
        for node in _top(file):
            fits = isinstance(node, ast.ClassDef) == is_class and node.name in names
            if fits:
                return Target(f"{file.stem}:{node.name}", True, _methods(node))
    return Target(f"{snake_case(stem)}_port:{names[0]}", False)


def given_target(text: str) -> Target:
    """Return the target that a user named."""
    return Target(text, True)


def _modules(folder: Path, stem: str) -> Iterator[Path]:
    """Yield the modules of a folder, first those whose names say that they are it."""
    likely = [snake_case(stem), stem, f"{snake_case(stem)}_port", f"{stem}_port"]
    files = [file for file in sorted(folder.glob("*.py"))[:MOST] if DOTTED.match(file.stem)]
    yield from sorted(files, key=lambda file: (file.stem not in likely, file.name))


def _top(file: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield the functions and classes at the top of a module; one that is no Python has none."""
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the user's escapes
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def _methods(node: ast.FunctionDef | ast.ClassDef) -> tuple[str, ...]:
    return tuple(each.name for each in node.body if isinstance(each, ast.FunctionDef))
