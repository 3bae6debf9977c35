"""Write HDF5: a dataset a tensor, checksummed, its axes named as dimension scales that netCDF-4 and xarray read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pybn.errors import UsageError
from pybn.formats.patient_file import PatientFile
from pybn.formats.tensor import Options, Sink, Tensor, Writer

FILTERS = ("", "none", "gzip", "lzf")
MARK = "This is a netCDF dimension but not a netCDF variable."  # netCDF-4's words for a scale without values


class Hdf5Writer(Writer):
    """Chunks run along the first axis. Dimension scales are netCDF-4's, of sizes alone."""

    groups = True
    title = "HDF5"

    def write(self, path: Path, tensors: Sequence[Tensor], options: Options, sink: Sink) -> None:
        """Write each tensor as a dataset of its group."""
        if options.compression not in FILTERS:
            raise UsageError(f".h5: wanted the compression none, gzip or lzf, got {options.compression}")
        with PatientFile(path) as out:
            try:
                self._write(out, tensors, options, sink)
            finally:
                if out.failure is not None:
                    raise OSError(out.failure.errno, out.failure.strerror, None)

    def _write(self, out: PatientFile, tensors: Sequence[Tensor], options: Options, sink: Sink) -> None:
        with h5py.File(out, "w", libver="latest") as file:
            scales: dict[tuple[str, str, int], Any] = {}
            for tensor in tensors:
                dataset = _create(file, tensor, options)
                _fill(dataset, tensor, sink)
                for name, value in tensor.about.items():
                    dataset.attrs[name] = value
                _name_axes(dataset, tensor, scales)


def _create(file: h5py.File, tensor: Tensor, options: Options) -> h5py.Dataset:
    data = tensor.data
    if data.dtype.kind == "U":
        return file.create_dataset(tensor.name, data.shape, h5py.string_dtype())
    if not data.shape or not data.size:
        return file.create_dataset(tensor.name, data.shape, data.dtype)
    more: dict[str, Any] = {
        "chunks": chunks(data.shape, data.dtype.itemsize, options.chunk),
        "fletcher32": True,
    }
    if options.compression in ("gzip", "lzf"):
        more |= {"compression": options.compression, "shuffle": True}
        if options.compression == "gzip":
            more["compression_opts"] = 4 if options.level is None else options.level
    return file.create_dataset(tensor.name, data.shape, data.dtype, **more)


def chunks(shape: tuple[int, ...], itemsize: int, most: int) -> tuple[int, ...]:
    """Return the shape of a chunk of about `most` bytes: whole inner axes, as many of the outer as there is room."""
    chunk, room = list(shape), max(1, most // itemsize)
    for axis in range(len(shape) - 1, -1, -1):
        chunk[axis] = max(1, min(shape[axis], room))
        room //= chunk[axis]
    return tuple(chunk)


def _fill(dataset: h5py.Dataset, tensor: Tensor, sink: Sink) -> None:
    start = 0
    chunked = dataset.chunks
    step = chunked[0] * dataset.dtype.itemsize * int(np.prod(tensor.data.shape[1:])) if chunked else 0
    for block in sink.blocks(tensor, max(step, 1) if step else 16 << 20):
        value = block.astype(object) if block.dtype.kind == "U" else block
        if not tensor.data.ndim:
            dataset[()] = value[()]
        else:
            dataset[start : start + len(block)] = value
            start += len(block)


def _name_axes(dataset: h5py.Dataset, tensor: Tensor, scales: dict[tuple[str, str, int], Any]) -> None:
    """Attach a scale to each axis; axes of one name and size share it, others get one of their own."""
    if len(tensor.axes) != dataset.ndim:
        return
    group = dataset.parent.name
    for axis, (name, extent) in enumerate(zip(tensor.axes, dataset.shape, strict=True)):
        key = (group, name, extent)
        if key not in scales:
            scales[key] = _scale(dataset.parent, name, extent)
        dataset.dims[axis].label = name
        dataset.dims[axis].attach_scale(scales[key])


def _scale(group: h5py.Group, name: str, extent: int) -> h5py.Dataset:
    free = name if name not in group else f"{name}_{extent}"
    while free in group:
        free += "_"
    scale = group.create_dataset(free, (extent,), ">f4", track_order=False)
    scale.make_scale(f"{MARK}{extent:10d}")
    return scale


WRITER = Hdf5Writer()
