"""Single facts about things in an HDF5 file: links, attributes, types, axes. No link is followed here."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from typing import Any

import h5py
import numpy as np

from pybn.formats.hdf5_heaps import refuse_endless, varies

# What h5py raises on a damaged object: the library's errors come as any of these.
FAULTS = (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, OverflowError)
LARGEST_ATTRIBUTE = 1 << 16
ONLY_A_DIMENSION = "This is a netCDF dimension but not a netCDF variable"


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a group; `type` is "" for a member proper, else `target` says where the link leads."""

    name: str
    raw: bytes
    type: str
    target: str = ""


@contextmanager
def no_other_file() -> Iterator[None]:
    """Let this process open no file, so that no link, virtual dataset or external storage leads anywhere."""
    codecs.lookup("ascii")  # which Python would otherwise load from a file when NumPy first needs it
    soft, hard = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        setrlimit(RLIMIT_NOFILE, (soft, hard))


def links(group: h5py.Group, most: int) -> list[Link]:
    """Return the first `most` links of a group, in the order of their making where the file keeps that."""
    found: list[tuple[bytes, int]] = []

    def keep(name: bytes, info: Any) -> bool | None:
        found.append((name, info.type))
        return len(found) >= most or None

    if most > 0:
        flags = group.id.get_create_plist().get_link_creation_order()
        by = h5py.h5.INDEX_CRT_ORDER if flags & h5py.h5p.CRT_ORDER_INDEXED else h5py.h5.INDEX_NAME
        group.id.links.iterate(keep, idx_type=by, info=True)
    return [_link(group, name, kind) for name, kind in found]


def link_of(group: h5py.Group, raw: bytes) -> Link:
    """Return one link of a group, by the bytes of its name. Raises one of FAULTS where there is none."""
    return _link(group, raw, group.id.links.get_info(raw).type)


def opened(group: h5py.Group, link: Link) -> Any:
    """Return the object behind a member proper. Raises one of FAULTS where it cannot be opened."""
    return wrapped(handle_of(group, link))


def wrapped(handle: Any) -> Any:
    """Return a handle of the library's as a dataset or group of h5py's, where it is one."""
    if isinstance(handle, h5py.h5d.DatasetID):
        return h5py.Dataset(handle)
    return h5py.Group(handle) if isinstance(handle, h5py.h5g.GroupID) else handle


def handle_of(group: h5py.Group, link: Link) -> Any:
    """Return the library's handle of the object behind a member proper. Raises one of FAULTS."""
    if b"/" in link.raw or link.raw == b".":
        raise ValueError(f"a name that is a path, {link.name!a}")  # the library would follow links along it
    return h5py.h5o.open(group.id, link.raw)


def members(group: h5py.Group, most: int) -> dict[str, Any]:
    """Return what can be opened of the first `most` members of a group, by name."""
    found = {}
    for link in links(group, most):
        with suppress(*FAULTS):
            if not link.type:
                found[link.name] = opened(group, link)
    return found


def small(dataset: Any, most: int = 64) -> list[Any]:
    """Return up to `most` values of a dataset in this file, () being one; [] where there are more or none."""
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None or outside(dataset):
        return []
    if not 0 < math.prod(dataset.shape) <= most:
        return []
    if varies(dataset.id.get_type()):
        refuse_endless(dataset)
    return list(np.ravel(dataset[()]))


def _link(group: h5py.Group, raw: bytes, kind: int) -> Link:
    name = decode(raw)
    if kind == h5py.h5l.TYPE_HARD:
        return Link(name, raw, "")
    if kind == h5py.h5l.TYPE_SOFT:
        return Link(name, raw, "soft link", f"-> {decode(group.id.links.get_val(raw))}")
    if kind == h5py.h5l.TYPE_EXTERNAL:
        file, path = group.id.links.get_val(raw)
        return Link(name, raw, "external link", f"-> {decode(path)} in {decode(file)}, not followed")
    return Link(name, raw, "user-defined link", f"of type {kind}, not followed")


def attribute(item: Any, name: str) -> Any:
    """Return a small attribute's value, text as str; None where there is none or it is not small."""
    if not h5py.h5a.exists(item.id, name.encode()):
        return None
    handle = item.attrs.get_id(name)
    if bytes_of(handle) > LARGEST_ATTRIBUTE:
        return None
    if varies(handle.get_type()):
        refuse_endless(item)
    value = item.attrs[name]
    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, bytes):
        return decode(value)
    return [text(element) for element in value.ravel()] if isinstance(value, np.ndarray) else value


def bytes_of(attribute: Any) -> int:
    """Return how much an attribute takes; of one without elements the library only says that there is an error."""
    return int(attribute.get_storage_size()) if attribute.get_space().get_simple_extent_npoints() else 0


def text(value: Any) -> Any:
    """Return text as str, where it is bytes or an array of characters; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        return decode(b"".join(value.ravel().tolist()))
    return decode(value) if isinstance(value, bytes) else value


def decode(value: bytes) -> str:
    """Return text that says the same for any bytes."""
    return value.decode("utf-8", "surrogateescape")


def type_name(dtype: np.dtype[Any]) -> str:
    """Return a dtype in words: "float64", "string", "{real: float64, imag: float64}", "reference"."""
    if h5py.check_string_dtype(dtype):
        return "string"
    if reference := h5py.check_ref_dtype(dtype):
        return "reference" if reference is h5py.Reference else "region reference"
    if (base := h5py.check_vlen_dtype(dtype)) is not None:
        return f"variable-length {type_name(np.dtype(base))}"
    if (values := h5py.check_enum_dtype(dtype)) is not None:
        names = sorted(values, key=lambda name: values[name])
        return f"enum {{{', '.join(names[:8])}{', ...' if len(names) > 8 else ''}}}"
    if dtype.names is not None:
        return f"{{{', '.join(_fields(dtype))}}}"
    if dtype.subdtype is not None:
        return f"{type_name(dtype.subdtype[0])} {'x'.join(map(str, dtype.shape))}"
    return dtype.name + (" big-endian" if dtype.byteorder == ">" else "")


def _fields(dtype: np.dtype[Any]) -> list[str]:
    names = list(dtype.names or ())
    shown = [f"{name}: {type_name(dtype[name])}" for name in names[:8]]
    return shown + (["..."] if len(names) > 8 else [])


def dataset_type(dataset: h5py.Dataset) -> tuple[str, int | None]:
    """Return the name of a dataset's type and the bytes of one element, None where that is not fixed."""
    try:
        dtype = dataset.dtype
    except FAULTS:
        return f"HDF5 type class {dataset.id.get_type().get_class()}", dataset.id.get_type().get_size()
    return type_name(dtype), None if dtype.hasobject else dtype.itemsize


def size(shape: tuple[int, ...] | None, item: int | None) -> int | None:
    """Return the bytes of a whole dataset."""
    return None if shape is None or item is None else math.prod(shape) * item


def outside(dataset: h5py.Dataset) -> str:
    """Say where a dataset's values come from, if that is another file; "" where they are in this one."""
    if dataset.is_virtual:
        sources = dataset.virtual_sources()
        first = f"{sources[0].dset_name} in {sources[0].file_name}" if sources else "nowhere"
        more = f" and {len(sources) - 1:,} more" if len(sources) > 1 else ""
        return f"virtual, values from {first}{more}, not read"
    if external := dataset.external:
        return f"values in {external[0][0]}, not read"
    return ""


def axes(dataset: h5py.Dataset) -> tuple[str, ...]:
    """Return the names of a dataset's axes: its attribute `axes`, or its dimension labels or scales."""
    with suppress(*FAULTS):
        named = attribute(dataset, "axes")
        if isinstance(named, str):
            return tuple(named.split())
        if isinstance(named, list) and all(isinstance(name, str) for name in named):
            return tuple(named)
        labels, scales = (attribute(dataset, name) or [] for name in ("DIMENSION_LABELS", "DIMENSION_LIST"))
        found = tuple(
            _axis(dataset, labels[axis : axis + 1], scales[axis : axis + 1]) for axis in range(dataset.ndim)
        )
        return found if any(found) else ()
    return ()


def _axis(dataset: h5py.Dataset, labels: list[Any], scales: list[Any]) -> str:
    """Return an axis's label, or else the name of its first scale. (The library crashes on damaged ones.)"""
    for label in labels:
        if isinstance(label, str) and label:
            return label
    for references in scales:
        for reference in references:
            return scale_name(wrapped(h5py.h5r.dereference(reference, dataset.id)))
    return ""


def scale_name(scale: h5py.Dataset) -> str:
    """Return the name of a scale: that of its dataset where it has none, or netCDF made it of a mere dimension."""
    name = attribute(scale, "NAME")
    if isinstance(name, str) and name and not name.startswith(ONLY_A_DIMENSION):
        return name
    return decode(h5py.h5i.get_name(scale.id) or b"").rpartition("/")[2]
