"""Doing what was planned: each file is written beside its target, read back, compared, and then given its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pybn.convert import manifest
from pybn.convert.apart import Limits, converted_apart
from pybn.convert.flatten import joined, leaves
from pybn.convert.flusher import Flusher
from pybn.convert.layout import AUTO, rule
from pybn.convert.manifest import Digest
from pybn.convert.place import placed
from pybn.convert.plan import Plan, Request, pairs, planned
from pybn.errors import FormatError, PybnError, UsageError
from pybn.formats.datafile import open_file
from pybn.formats.lazy import InMemory, LazyArray
from pybn.formats.oriented import Oriented, Spilled
from pybn.formats.tensor import Options, Sink, Tensor, check, digest, writer_for

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: done, skipped (what is there serves), verified, differs, planned or failed."""

    source: str
    target: Path
    status: str
    plan: Plan | None = None
    error: PybnError | None = None
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a tensor has to be: its shape, its dtype, and a SHA-256 or a CRC-32 of its elements."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    digest: Digest | int


def convert(
    sources: Sequence[str],
    target: str,
    *,
    to: str = "",
    layout: Sequence[str] = (),
    var: Sequence[str] = (),
    dtype: str = "",
    skip: bool = False,
    resume: bool = False,
    dry_run: bool = False,
    confirm: bool = False,
    options: Options | None = None,
    limits: Limits | None = None,
    begin: Callable[[Plan], Advance] = lambda _: lambda _: None,
) -> Iterator[Outcome]:
    """Convert each source and yield what became of it; one that fails does not stop the others.

    `sources` are files or folders, `target` is a file, or a folder where there are more (then `to` names the format).
    `layout` has rules such as "HWCN:NCHW", "w*=HWIO:OIHW" or "auto", which only a dry run does without `confirm`.
    With `limits` each file is read in a process of its own, which may take no more. Raises UsageError where it cannot
    be meant; what happens to a single file is in its outcome.
    """
    request = request_for(layout, var, dtype, skip=skip, options=options or Options())
    if request.auto and not (confirm or dry_run):
        raise UsageError(
            "--layout auto guesses: look at the plan (--dry-run), then say --confirm, or name the layouts"
        )
    for source, file in pairs(sources, target, to):
        if resume and _serves(source, file, request):
            yield Outcome(source, file, "skipped")
        elif limits is not None and not dry_run:
            yield _apart(source, file, request, limits)
        else:
            yield converted(source, file, request, dry_run=dry_run, begin=begin)


def request_for(
    layout: Sequence[str], var: Sequence[str], dtype: str, *, skip: bool, options: Options
) -> Request:
    """Return what is asked for. Raises UsageError where it cannot be meant."""
    if dtype:
        try:
            np.dtype(dtype)
        except TypeError as error:
            raise UsageError(f"--dtype {dtype}: {error}; wanted a dtype of NumPy, as float32") from error
    rules = tuple(rule(text) for text in layout if text != AUTO)
    return Request(tuple(var), rules, AUTO in layout, dtype, skip, options)


def _serves(source: str, target: Path, request: Request) -> bool:
    try:
        return target.exists() and manifest.serves(manifest.read(target), source, request)
    except (FormatError, OSError):
        return False


def converted(
    source: str,
    target: Path,
    request: Request,
    *,
    dry_run: bool = False,
    begin: Callable[[Plan], Advance] = lambda _: lambda _: None,
) -> Outcome:
    """Convert one file, or plan it; what fails is in the outcome."""
    try:
        before = manifest.state(source)
        file, plan = planned(source, target, request)
        with file:
            if dry_run:
                return Outcome(source, target, "planned", plan)
            told = manifest.manifest(plan, request, before, _written(plan, request.options, begin(plan)))
            manifest.write(target, told)
            return Outcome(source, target, "done", plan, told=told)
    except (PybnError, KeyError, OSError) as error:
        return Outcome(source, target, "failed", error=_told(error, source))


def _apart(source: str, target: Path, request: Request, limits: Limits) -> Outcome:
    try:
        return Outcome(source, target, "done", told=converted_apart(source, target, request, limits))
    except PybnError as error:
        return Outcome(source, target, "failed", error=error)


def _told(error: Exception, source: str) -> PybnError:
    if isinstance(error, PybnError):
        return error
    return FormatError(f"{source}: {error.args[0] if isinstance(error, KeyError) else error}")


def _written(plan: Plan, options: Options, advance: Advance) -> dict[str, str]:
    """Write a file, read it back, and return the digests; only then it has its name."""
    writer = writer_for(plan.target)
    with placed(plan.target, folder=writer.folder) as temporary, Spilled(plan.target.parent) as spilled:
        tensors = [_ready(step.tensor, spilled) for step in plan.steps]
        with Flusher(temporary) as flusher:
            sink = Sink(advance, flusher.advance)
            writer.write(temporary, tensors, options, sink)
        prove(
            temporary,
            {t.name: Told(t.data.shape, t.data.dtype, sink.checks[t.name]) for t in tensors},
            plan.target,
        )
    return sink.digests


def _ready(tensor: Tensor, spilled: Spilled) -> Tensor:
    assert isinstance(tensor.data, Oriented)  # noqa: S101
    return Tensor(tensor.name, spilled(tensor.data), tensor.axes, tensor.about)


def prove(path: Path, wanted: Mapping[str, Told], target: Path) -> None:
    """Read a file and compare every tensor's digest. Raises FormatError, naming what is not as it was written."""
    try:
        for name, found in differing(path, wanted):
            raise FormatError(
                f"{target}: {name} was not read back as it was written ({found}); nothing was replaced"
            )
    except FormatError as error:
        raise FormatError(str(error).replace(f"{path}: ", f"{target}: as it was written: ")) from error


def differing(path: Path, wanted: Mapping[str, Told]) -> Iterator[tuple[str, str]]:
    """Yield the tensors of a file that are not these, by SHA-256 or CRC-32, each with what is wrong."""
    with _opened(path) as held:
        for name, told in wanted.items():
            x = held.get(name) if len(wanted) > 1 or name in held else next(iter(held.values()), None)
            if (wrong := "missing" if x is None else _unlike(x, told)) is not None:
                yield name, wrong


def _unlike(x: LazyArray, told: Told) -> str | None:
    """Say what of an array is not as it was told, None where all is.

    Texts may have more or less room, and what has no elements in a cell does not tell whether it was text.
    """
    if _bare(x.shape) != _bare(told.shape):
        return f"shape {list(x.shape)} for {list(told.shape)}"
    kinds = {x.dtype.kind, told.dtype.kind}
    if x.dtype != told.dtype and kinds != {"U"} and ("U" not in kinds or x.size):
        return f"{x.dtype} for {told.dtype}"
    return _other(Oriented(x), told.digest)


def _other(x: Oriented, wanted: Digest | int) -> str | None:
    """Say which elements are not of this digest, None where all are."""
    if isinstance(wanted, int):
        return None if check(x) == wanted else "other elements"
    if isinstance(wanted, str):
        return None if digest(x) == wanted else "other elements"
    for start, stop, sha256 in wanted:
        rows = x.read((slice(start, stop), *(slice(0, n) for n in x.shape[1:])))
        if digest(Oriented(InMemory(rows))) != sha256:
            return f"other elements in rows {start} to {stop}"
    return None


def _bare(shape: tuple[int, ...]) -> list[int]:
    """Return the axes that are not 1, which MATLAB's files add and drop."""
    return [n for n in shape if n != 1]


@contextmanager
def _opened(path: Path) -> Iterator[Mapping[str, LazyArray]]:
    with open_file(path) as file:
        found = [(leaf.parts, leaf.data) for name in file for leaf in leaves(name, joined(file[name]))]
        yield {"/".join(parts): data for parts, data in found if data is not None}


def verify(target: Path) -> list[tuple[str, str]]:
    """Return the tensors of a converted file that are not as its manifest says. Raises FormatError without one."""
    told = manifest.read(target)
    if told is None:
        raise FormatError(
            f"{target}: there is no manifest {manifest.manifest_path(target).name} to verify it by"
        )
    try:
        wanted = {
            each["name"]: Told(tuple(each["shape"]), np.dtype(each["dtype"]), each["sha256"])
            for each in told["tensors"]
        }
    except (TypeError, KeyError) as error:
        raise FormatError(f"{manifest.manifest_path(target)}: is damaged: {error}") from error
    return list(differing(target, wanted))
