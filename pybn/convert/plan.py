"""What a conversion will do, decided before anything is written: files, tensors, names, orders of axes, bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from pybn.convert.flatten import Leaf, leaves
from pybn.convert.layout import Choice, Rule, choose
from pybn.convert.names import names
from pybn.errors import DTypeError, FileError, PybnError, UsageError
from pybn.formats.datafile import DataFile, open_file
from pybn.formats.oriented import Oriented
from pybn.formats.tensor import WRITERS, Options, Tensor, Writer, writer_for

READ = frozenset({".mat", ".h5", ".hdf5", ".npy", ".npz", ".safetensors", ".zarr", ".txt", ".oct", ".octave"})


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: which variables, which layouts, which dtype, and how files are written."""

    var: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    auto: bool = False
    dtype: str = ""
    skip: bool = False  # leave out what cannot be converted
    options: Options = field(default_factory=Options)

    def wants(self, path: str) -> bool:
        """Tell whether a variable, or a part of one, is asked for: by any of the patterns, and by no !pattern."""
        chosen = [p for p in self.var if not p.startswith("!")]
        return (not chosen or any(_matches(path, p) for p in chosen)) and not any(
            _matches(path, p[1:]) for p in self.var if p.startswith("!")
        )


def _matches(path: str, pattern: str) -> bool:
    """Match a path, or what it is a part of."""
    if fnmatchcase(path, pattern):
        return True
    return any(path.startswith(f"{pattern}{mark}") for mark in ".{(")


@dataclass(frozen=True, slots=True)
class Step:
    """One array of a plan: where it comes from, and what is written."""

    leaf: Leaf
    choice: Choice
    tensor: Tensor


@dataclass(frozen=True, slots=True)
class Plan:
    """One file to write: its source, its target, its steps, and what is left out, with the reason."""

    source: str
    target: Path
    kind: str
    steps: tuple[Step, ...]
    left_out: tuple[Leaf, ...] = ()

    @property
    def nbytes(self) -> int:
        """The bytes of all elements that are written."""
        return sum(step.tensor.data.nbytes for step in self.steps)


def plan(file: DataFile, target: Path, request: Request) -> Plan:
    """Decide on one file. Raises what reading it raises; UsageError where it cannot be as asked."""
    writer = writer_for(target)
    found = [leaf for name in file for leaf in leaves(name, file[name]) if request.wants(leaf.path)]
    if not found:
        raise UsageError(
            f"{file.path}: nothing in it is asked for; there is {', '.join(list(file)[:12]) or 'nothing'}"
        )
    kept, left = _parted(file.path, found, writer, request)
    if not writer.many and len(kept) != 1:
        told = ", ".join(leaf.path for leaf in kept[:12])
        raise UsageError(
            f"{target}: holds one array, {file.path} has {len(kept)}: {told}; choose one by --var"
        )
    steps = tuple(_steps(file, kept, writer, request, matlab=target.suffix.lower() == ".mat"))
    return Plan(file.path, target, file.kind, steps, tuple(left))


def _parted(path: str, found: list[Leaf], writer: Writer, request: Request) -> tuple[list[Leaf], list[Leaf]]:
    """Return what is written and, if that is asked for, what is left out. Raises UsageError, DTypeError."""
    told = [leaf if leaf.data is None else _checked(leaf, writer, request) for leaf in found]
    kept, left = (
        [leaf for leaf in told if leaf.data is not None],
        [leaf for leaf in told if leaf.data is None],
    )
    if left and not request.skip:
        problems = ", ".join(f"{leaf.path} ({leaf.problem})" for leaf in left[:5])
        raise UsageError(
            f"{path}: cannot be written as arrays: {problems}; leave them out by --skip-opaque, "
            f"or --var '!{left[0].path}'"
        )
    if not kept:
        problems = ", ".join(f"{leaf.path} ({leaf.problem})" for leaf in left[:5])
        raise UsageError(f"{path}: nothing of it can be written: {problems}")
    return kept, left


def _checked(leaf: Leaf, writer: Writer, request: Request) -> Leaf:
    """Return a leaf, without its data if the format cannot hold it and such are left out. Raises DTypeError."""
    assert leaf.data is not None  # noqa: S101
    try:
        writer.check(Tensor(leaf.path, Oriented(leaf.data, None, _dtype(request.dtype, leaf.data.dtype))))
    except DTypeError as error:
        if not request.skip:
            raise DTypeError(f"{error}; or leave out what cannot be written by --skip-opaque") from error
        return replace(leaf, data=None, problem=str(error).removeprefix(f"{leaf.path}: "))
    return leaf


def _steps(
    file: DataFile, kept: list[Leaf], writer: Writer, request: Request, *, matlab: bool
) -> Iterator[Step]:
    separator = "/" if writer.groups else "."
    for leaf, name in zip(
        kept, names([leaf.parts for leaf in kept], separator=separator, matlab=matlab), strict=True
    ):
        assert leaf.data is not None  # noqa: S101
        choice = choose(leaf.path, leaf.data.shape, request.rules, auto=request.auto and not file.row_major)
        axes = choice.axes
        if choice.order is None and len(leaf.parts) == 1:
            axes = file.axes(leaf.parts[0]) or ()
        dtype = _dtype(request.dtype, leaf.data.dtype)
        about = {"original": leaf.path, "class": leaf.class_name, **leaf.about}
        yield Step(leaf, choice, Tensor(name, Oriented(leaf.data, choice.order, dtype), axes, about))


def _dtype(asked: str, own: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that is written: the one asked for where it is of numbers of the same kind, else its own."""
    if not asked or own.kind not in "biufc":
        return own
    wanted = np.dtype(asked)
    if own.kind == "c" and wanted.kind == "f":
        return np.dtype(np.result_type(wanted, np.complex64))
    if wanted.kind == "f" and own.kind in "biu":
        return own  # counts, labels and masks stay what they are
    return wanted


def pairs(sources: Sequence[str], target: str, to: str) -> list[tuple[str, Path]]:
    """Return each file to read and the file to write. Raises UsageError and FileError."""
    into = Path(target)
    files = [(Path(source), *each) for source in sources for each in _files(Path(source))]
    if not files:
        raise UsageError(f"no data file in {', '.join(sources)}; looked for {', '.join(sorted(READ))}")
    single = len(files) == 1 and not _is_container(Path(sources[0]))
    if single and not to and not target.endswith(os.sep) and (into.suffix or not into.is_dir()):
        return [(str(files[0][1]), into)]
    suffix = f".{to.lstrip('.')}" if to else ""
    if suffix not in WRITERS:
        raise UsageError(
            f"{target}: many files go into a folder; say which format: --to {' or '.join(s[1:] for s in WRITERS)}"
        )
    found = [(str(file), into / relative.with_name(relative.stem + suffix)) for _, file, relative in files]
    _once(found)
    return found


def _is_container(path: Path) -> bool:
    return path.is_dir() and not _is_store(path)


def _is_store(path: Path) -> bool:
    return path.suffix == ".zarr" or (path / "zarr.json").is_file()


def _files(source: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the data files of a source, each with its place relative to it; links to folders are not followed."""
    if not source.exists():
        raise FileError(f"{source}: there is no such file or folder")
    if not _is_container(source):
        yield source, Path(source.name)
        return
    for folder, inner, files in os.walk(source):
        here = Path(folder)
        stores = sorted(name for name in inner if _is_store(here / name))
        inner[:] = sorted(set(inner) - set(stores))
        for name in sorted([*stores, *(f for f in files if Path(f).suffix.lower() in READ and f[0] != ".")]):
            yield here / name, (here / name).relative_to(source)


def _once(found: Sequence[tuple[str, Path]]) -> None:
    first: dict[str, str] = {}
    for source, target in found:
        if (other := first.setdefault(str(target).lower(), source)) != source:
            raise UsageError(
                f"{source} and {other} would both become {target}; convert them into folders of their own"
            )


def planned(source: str, target: Path, request: Request) -> tuple[DataFile, Plan]:
    """Open a file and decide on it."""
    file = open_file(source)
    try:
        return file, plan(file, target, request)
    except (PybnError, KeyError):
        file.close()
        raise
