"""Conversions on many processes or machines: dask.distributed runs the tasks, and nothing here schedules anything.

A task is a whole file, or for zarr whole shards of one array: it may run twice and do no harm. The manifest of a target
is removed first and written last, so that a target with a manifest is whole. What is done is kept as it comes in
(`Journal`), and a run that was killed goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pybn.convert import manifest, remote
from pybn.convert.manifest import Digest
from pybn.convert.plan import Plan, Request, planned
from pybn.convert.run import Outcome, converted
from pybn.errors import FormatError, PybnError
from pybn.formats.tensor import Tensor, import_extra, little
from pybn.formats.write_zarr import create, rows_of_a_write

TOGETHER = 256 << 20  # bytes of small tensors that one task writes


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one tensor of a plan: `index` counts its steps."""

    index: int
    start: int
    stop: int

    @property
    def key(self) -> str:
        """Its name in a journal."""
        return f"{self.index}:{self.start}:{self.stop}"


def convert_on(
    client: Any, sources: Sequence[str], target: str, request: Request, *, to: str = "", resume: bool = False
) -> Iterator[Outcome]:
    """Convert on a dask.distributed client; yield what became of each file as it is done. Paths may be URLs.

    Raises UsageError and FileError where it cannot be meant; what happens to a single file is in its outcome.
    """
    distributed = import_extra("distributed", "cluster")
    waiting = {}
    for source, place in remote.remote_pairs(sources, target, to):
        if resume and _serves(source, place, request):
            yield Outcome(source, Path(place), "skipped")
        elif place.endswith(".zarr"):
            yield _pieces(distributed, client, source, place, request, resume=resume)
        else:
            waiting[client.submit(whole, source, place, request, pure=False)] = (source, place)
    for future in distributed.as_completed(waiting):
        source, place = waiting[future]
        yield _outcome(future, source, place)


def _outcome(future: Any, source: str, place: str) -> Outcome:
    try:
        return Outcome(source, Path(place), "done", told=future.result())
    except PybnError as error:
        return Outcome(source, Path(place), "failed", error=error)
    except Exception as error:  # a worker that was killed over and over, for one
        failed = FormatError(f"{source}: its task failed: {type(error).__name__}: {error}")
        return Outcome(source, Path(place), "failed", error=failed)


def _serves(source: str, place: str, request: Request) -> bool:
    told = remote.read_mark(place)
    if told is None:
        return False
    own = told.get("source", {})
    now = _state(source)
    same = {key: own.get(key) for key in now} == now
    return bool(same and told.get("request") == json.loads(json.dumps(manifest.request_of(request))))


def _state(source: str) -> dict[str, Any]:
    return remote.state(source) if remote.is_url(source) else manifest.state(source)


def whole(source: str, place: str, request: Request) -> dict[str, Any]:
    """A task: convert a file, put it where it belongs, and its manifest after it. Raises PybnError."""
    before = _state(source)
    remote.remove_mark(place)
    with remote.local(source) as here, tempfile.TemporaryDirectory(prefix="pybn-") as folder:
        made = Path(folder) / Path(place).name
        outcome = converted(here, made, request)
        if outcome.error is not None:
            raise type(outcome.error)(str(outcome.error).replace(here, source).replace(str(made), place))
        remote.put(made, place)
        told = dict(outcome.told or {})
    told["source"] = {**told["source"], "path": source, **before}
    remote.write_mark(place, told)
    return told


# zarr: whole shards at a time.


def _pieces(
    distributed: Any, client: Any, source: str, place: str, request: Request, *, resume: bool
) -> Outcome:
    try:
        before = _state(source)
        with remote.local(source) as here:
            file, plan = planned(here, Path(Path(place).name), request)
            with file:
                tasks = [list(group) for group in _groups(plan, request)]
                journal = Journal(
                    place, {"state": before, "request": manifest.request_of(request)}, resume=resume
                )
                remote.remove_mark(place)
                if not journal.done:
                    _begin(place, plan, request)
                left = [[p for p in group if p.key not in journal.done] for group in tasks]
                futures = [
                    client.submit(pieces, source, place, request, group, pure=False)
                    for group in left
                    if group
                ]
                for future in distributed.as_completed(futures):
                    journal.keep(future.result())
                digests = _digests(plan, [p for group in tasks for p in group], journal.done)
                told = manifest.manifest(plan, request, before, digests)
        told["source"]["path"] = source
        remote.write_mark(place, told)
        journal.end()
        return Outcome(source, Path(place), "done", told=told)
    except PybnError as error:
        return Outcome(source, Path(place), "failed", error=error)
    except Exception as error:
        failed = FormatError(f"{source}: its tasks failed: {type(error).__name__}: {error}; --resume goes on")
        return Outcome(source, Path(place), "failed", error=failed)


def _groups(plan: Plan, request: Request) -> Iterator[list[Piece]]:
    """Yield what one task writes: shards of a large tensor one by one, all small ones together; all if sequential."""
    together: list[Piece] = []
    size = 0
    for index, step in enumerate(plan.steps):
        data = step.tensor.data
        rows = rows_of_a_write(step.tensor, request.options)
        extent = data.shape[0] if data.ndim else 1
        pieces = [Piece(index, at, min(at + rows, extent)) for at in range(0, max(extent, 1), max(rows, 1))]
        if data.sequential or data.nbytes <= TOGETHER // 4:
            together += pieces
            size += data.nbytes
        else:
            yield from ([piece] for piece in pieces)
        if size > TOGETHER:
            yield together
            together, size = [], 0
    if together:
        yield together


def _begin(place: str, plan: Plan, request: Request) -> None:
    """Make the store: groups, and arrays without elements."""
    zarr = import_extra("zarr", "zarr")
    root = zarr.open_group(_store(place), mode="w", zarr_format=3)
    for step in plan.steps:
        if step.tensor.data.dtype.kind == "U":
            root.attrs[step.tensor.name] = str(np.asarray(step.tensor.data)[()])
        else:
            create(zarr, root, step.tensor, request.options)


def _store(place: str) -> Any:
    if not remote.is_url(place):
        return place
    zarr = import_extra("zarr", "zarr")
    return zarr.storage.FsspecStore.from_url(place)


def pieces(source: str, place: str, request: Request, group: Sequence[Piece]) -> dict[str, str]:
    """A task: write these rows, read each back, and return the SHA-256 of each. Raises PybnError."""
    zarr = import_extra("zarr", "zarr")
    root = zarr.open_group(_store(place), mode="r+", zarr_format=3)
    found = {}
    with remote.local(source) as here:
        file, plan = planned(here, Path(Path(place).name), request)
        with file:
            for piece in group:
                found[piece.key] = _piece(root, plan.steps[piece.index].tensor, piece, place)
    return found


def _piece(root: Any, tensor: Tensor, piece: Piece, place: str) -> str:
    data = tensor.data
    span = (slice(piece.start, piece.stop), *(slice(0, n) for n in data.shape[1:])) if data.ndim else ()
    block = little(data.read(span))
    sha256 = hashlib.sha256(block.tobytes()).hexdigest()
    if data.dtype.kind == "U":
        return sha256
    array = root[tensor.name]
    array[span or ...] = block
    back = little(np.asarray(array[span or ...]).astype(block.dtype, copy=False))
    if hashlib.sha256(back.tobytes()).hexdigest() != sha256:
        raise FormatError(
            f"{place}: {tensor.name}: rows {piece.start} to {piece.stop} were not read back as written"
        )
    return sha256


def _digests(plan: Plan, all_pieces: Sequence[Piece], done: dict[str, str]) -> dict[str, Digest]:
    """Return the digest of each tensor: of the whole where it is one piece, else of each of its pieces."""
    found: dict[str, Digest] = {}
    for index, step in enumerate(plan.steps):
        own = [[piece.start, piece.stop, done[piece.key]] for piece in all_pieces if piece.index == index]
        found[step.tensor.name] = str(own[0][2]) if len(own) == 1 else own
    return found


class Journal:
    """What was written of a target so far, beside it on this machine's disk or in the store, a line a task."""

    def __init__(self, place: str, about: dict[str, Any], *, resume: bool) -> None:
        self._url = f"{place}.pybn-journal"
        self._about = json.loads(json.dumps(about))
        self.done: dict[str, str] = {}
        if resume:
            self._read()

    def _read(self) -> None:
        fs, path = remote.reached(self._url)
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(fs.cat_file(path))
            if told["about"] == self._about:
                self.done = dict(told["done"])

    def keep(self, more: dict[str, str]) -> None:
        """Add what a task did."""
        self.done |= more
        with tempfile.TemporaryDirectory(prefix="pybn-") as folder:
            file = Path(folder) / "journal"
            file.write_text(json.dumps({"about": self._about, "done": self.done}))
            remote.put(file, self._url)

    def end(self) -> None:
        """Remove it."""
        fs, path = remote.reached(self._url)
        with suppress(OSError):
            fs.rm_file(path)
