"""Fixtures: Octave's answers in HDF5, one file a stem, beside the case file.

    /                      attrs: pybn_fixture (format version: 1, or 2 with values that are no plain arrays)
    /cases/<quoted id>     attrs: id, digest, files, versions, refusal (JSON where structured)
        inputs/<name>      datasets at their declared shape and dtype, attrs: axes
        outputs/<name>
            or, for a value that is no plain array, a group: structure (JSON) and a vector for each dtype in it
Chunked, so that every element is under a fletcher32 checksum; metadata is too, by libver="latest".
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import h5py
import numpy as np
import numpy.typing as npt

from pybn.errors import FileError, FormatError
from pybn.formats.base import atomic_write
from pybn.formats.fixture_value import decode, encode

Array = npt.NDArray[Any]

PLAIN, STRUCTURED = 1, 2  # versions; the first is what a file without structured values has
LARGEST = 1 << 32  # bytes that one stored tensor may declare


@dataclass(frozen=True, slots=True)
class Record:
    """What is stored of one case.

    Inputs and outputs are arrays at their declared shape, or any value as `pybn.values` has MATLAB's.
    `digest` is the case's SHA-256, `files` the .m files' (path -> SHA-256); `refusal` is the identifier and the
    message of the error that the case ended with, where it had to.
    """

    id: str
    digest: str
    files: Mapping[str, str]
    versions: Mapping[str, str]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    refusal: tuple[str, str] | None = None
    axes: Mapping[str, str] = field(default_factory=dict)

    @property
    def oracle(self) -> str:
        """Who answered, with the version: "Octave 7.3.0", "MATLAB R2023b"; "" where it is not told."""
        return oracle_of(self.versions)


def oracle_of(versions: Mapping[str, str]) -> str:
    """Return who has these versions: "Octave 7.3.0", "MATLAB R2023b"; "" where it is nobody."""
    names = (("matlab", "MATLAB"), ("octave", "Octave"))
    return next((f"{name} {versions[key]}" for key, name in names if key in versions), "")


def write_fixture(path: Path, records: Iterable[Record]) -> None:
    """Replace the fixture at `path` by one with these records, all of it or nothing. Raises FileError."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_bytes(_image(records))
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error}") from error


def _image(records: Iterable[Record]) -> bytes:
    """Return the bytes of a fixture. HDF5 makes them in memory: on a full disk it tears a file and says nothing."""
    records = list(records)
    stored = [
        value for record in records for part in (record.inputs, record.outputs) for value in part.values()
    ]
    plain = all(isinstance(value, np.ndarray) for value in stored)
    with h5py.File("fixture", "w", libver="latest", driver="core", backing_store=False) as file:
        file.attrs["pybn_fixture"] = PLAIN if plain else STRUCTURED
        cases = file.create_group("cases", track_order=True)
        for record in records:
            _write(cases.create_group(quote(record.id, safe=" []()=,+")), record)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def _write(group: h5py.Group, record: Record) -> None:
    told = {"id": record.id, "digest": record.digest}
    told["files"] = json.dumps(dict(record.files), sort_keys=True)
    told["versions"] = json.dumps(dict(record.versions), sort_keys=True)
    if record.refusal:
        told["refusal"] = json.dumps(record.refusal)
    for name, text in told.items():
        group.attrs[name] = _fixed(text)
    for part, tensors in (("inputs", record.inputs), ("outputs", record.outputs)):
        where = group.create_group(part, track_order=True)
        for name, value in tensors.items():
            if isinstance(value, np.ndarray):
                _write_tensor(where, name, value, record.axes.get(name, ""))
            else:
                _write_value(where.create_group(name), value)


def _write_value(group: h5py.Group, value: Any) -> None:
    structure, vectors = encode(value)
    _write_tensor(group, "structure", np.frombuffer(structure, np.uint8), "")
    for name, vector in vectors.items():
        _write_tensor(group, name, vector, "")


def _fixed(text: str) -> np.bytes_:
    """Return text as HDF5's text of fixed length, which is under a checksum; of any length, it is not.

    One flipped bit in the heap of the other kind can make HDF5 read for ever.
    """
    return np.bytes_(text.encode())


def _write_tensor(group: h5py.Group, name: str, value: Array, axes: str) -> None:
    # A scalar cannot be chunked, and an empty has nothing to check.
    stored = value.reshape(1) if value.ndim == 0 else value
    options = (
        {"fletcher32": True, "shuffle": True, "compression": "gzip", "chunks": stored.shape}
        if stored.size
        else {}
    )
    dataset = group.create_dataset(name, data=stored, **options)
    if value.ndim == 0:
        dataset.attrs["scalar"] = True
    if axes:
        dataset.attrs["axes"] = _fixed(axes)


def read_fixture(path: Path) -> dict[str, Record]:
    """Return the records of a fixture by id; none where there is no file. Raises FormatError or FileError."""
    if not path.exists():
        return {}
    if not path.is_file():
        raise FormatError(f"{path}: wanted a fixture, got what is no file")
    try:
        with h5py.File(path, "r") as file:
            version = file.attrs.get("pybn_fixture")
            if version not in (PLAIN, STRUCTURED):
                raise FormatError(
                    f"{path}: wanted a pybn fixture of version {PLAIN} or {STRUCTURED}, got {version}; {_again(path)}"
                )
            cases = _group(path, file.id, b"cases")
            records = [_read(path, cases, name) for name in list(cases)]
    except PermissionError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, IndexError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: is damaged, or no fixture: {error}; {_again(path)}") from error
    return {record.id: record for record in records}


def _again(path: Path) -> str:
    return f"pybn record --all {shlex.quote(str(path.with_suffix('.toml')))} records it again"


# From here on by h5py's low-level calls: a run reads thousands of groups and datasets, most of a few bytes.


def _read(path: Path, cases: h5py.h5g.GroupID, name: bytes) -> Record:
    group = _group(path, cases, name)
    refusal = json.loads(_text(group, b"refusal")) if h5py.h5a.exists(group, b"refusal") else None
    return Record(
        id=_text(group, b"id"),
        digest=_text(group, b"digest"),
        files=json.loads(_text(group, b"files")),
        versions=json.loads(_text(group, b"versions")),
        inputs=_read_values(path, _group(path, group, b"inputs")),
        outputs=_read_values(path, _group(path, group, b"outputs")),
        refusal=(str(refusal[0]), str(refusal[1])) if refusal else None,
    )


def _text(group: h5py.h5g.GroupID, name: bytes) -> str:
    """Return an attribute that `_fixed` made."""
    attribute = h5py.h5a.open(group, name)
    kind = attribute.get_type()
    if not isinstance(kind, h5py.h5t.TypeStringID) or kind.is_variable_str() or attribute.shape != ():
        raise ValueError(f"{name.decode()}: wanted text of a fixed length")
    raw = np.empty((), f"S{kind.get_size()}")
    attribute.read(raw)
    found: bytes = raw.item()
    return found.decode()


def _read_values(path: Path, group: h5py.h5g.GroupID) -> dict[str, Any]:
    return {name.decode(): _read_value(path, group, name) for name in list(group)}


def _read_value(path: Path, group: h5py.h5g.GroupID, name: bytes) -> Any:
    _want_hard(path, group, name)
    if h5py.h5o.get_info(group, name).type == h5py.h5o.TYPE_DATASET:
        return _read_tensor(path, group, name)
    inner = h5py.h5g.open(group, name)
    parts = {part.decode(): _read_tensor(path, inner, part) for part in list(inner)}
    structure = parts.pop("structure").tobytes()
    return decode(structure, parts)


def _read_tensor(path: Path, group: h5py.h5g.GroupID, name: bytes) -> Array:
    _want_hard(path, group, name)
    dataset = h5py.h5d.open(group, name)
    shape, dtype, plan = dataset.shape, dataset.dtype, dataset.get_create_plist()
    size = math.prod(shape) * dtype.itemsize
    if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count() or size > LARGEST:
        raise FormatError(
            f"{path}: {name.decode()}: wanted data stored in this file, of at most {LARGEST} bytes"
        )
    value: Array = np.empty(shape, dtype)
    if value.size:
        dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, value)
    return value.reshape(()) if h5py.h5a.exists(dataset, b"scalar") else value


def _group(path: Path, group: h5py.h5g.GroupID, name: bytes) -> h5py.h5g.GroupID:
    """Return a group that is stored in this file."""
    _want_hard(path, group, name)
    return h5py.h5g.open(group, name)


def _want_hard(path: Path, group: h5py.h5g.GroupID, name: bytes) -> None:
    """Refuse a link to elsewhere instead of following it."""
    if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
        raise FormatError(f"{path}: {name.decode()}: is a link to elsewhere, which a fixture never has")
