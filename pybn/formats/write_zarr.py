"""Write zarr v3: an array a tensor, in shards of chunks, with the names of its axes. Needs the package zarr."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pybn.errors import DTypeError, UsageError
from pybn.formats.tensor import Options, Sink, Tensor, Writer, import_extra
from pybn.formats.write_hdf5 import chunks

COMPRESSIONS = ("", "none", "zstd", "gzip", "blosc")


class ZarrWriter(Writer):
    """A block is whole shards, so that each file of the store is written once."""

    groups = True
    folder = True
    title = "zarr"

    def check(self, tensor: Tensor) -> None:
        """Refuse arrays of text, which zarr v3 has no settled dtype for; a text alone becomes an attribute."""
        super().check(tensor)
        if tensor.data.dtype.kind == "U" and tensor.data.ndim:
            raise DTypeError(f"{tensor.name}: zarr v3 has no settled dtype for text; write .h5 or .npz")

    def write(self, path: Path, tensors: Sequence[Tensor], options: Options, sink: Sink) -> None:
        """Write each tensor as an array of its group."""
        if options.compression not in COMPRESSIONS:
            raise UsageError(
                f".zarr: wanted a compression of {', '.join(COMPRESSIONS[1:])}, got {options.compression}"
            )
        zarr = import_extra("zarr", "zarr")
        root = zarr.open_group(str(path), mode="w", zarr_format=3)
        for tensor in tensors:
            if tensor.data.dtype.kind == "U":
                root.attrs[tensor.name] = str(sink.whole(tensor)[()])
            else:
                _write(zarr, root, tensor, options, sink)


def create(zarr: Any, root: Any, tensor: Tensor, options: Options) -> Any:
    """Make an array without elements in its group, and return it."""
    data = tensor.data
    chunk = _chunk(tensor, options)
    return root.create_array(
        tensor.name,
        shape=data.shape,
        dtype=data.dtype,
        chunks=chunk,
        shards=_shard(data.shape, chunk, data.dtype.itemsize, options.shard),
        compressors=_codec(zarr, options),
        dimension_names=list(tensor.axes) if len(tensor.axes) == data.ndim and data.ndim else None,
        attributes=dict(tensor.about),
        fill_value=None if data.dtype.kind == "b" else data.dtype.type(0),
    )


def rows_of_a_write(tensor: Tensor, options: Options) -> int:
    """Return how many rows of the first axis fill whole files of the store."""
    chunk = _chunk(tensor, options)
    return (_shard(tensor.data.shape, chunk, tensor.data.dtype.itemsize, options.shard) or chunk or (1,))[0]


def _chunk(tensor: Tensor, options: Options) -> tuple[int, ...]:
    data = tensor.data
    return tuple(max(1, n) for n in chunks(data.shape, data.dtype.itemsize, options.chunk))


def _write(zarr: Any, root: Any, tensor: Tensor, options: Options, sink: Sink) -> None:
    data = tensor.data
    array = create(zarr, root, tensor, options)
    if not data.ndim:
        array[()] = sink.whole(tensor)
        return
    rows = rows_of_a_write(tensor, options)
    start = 0
    for block in sink.blocks(tensor, rows * data.dtype.itemsize * math.prod(data.shape[1:])):
        array[start : start + len(block)] = block
        start += len(block)


def _shard(
    shape: tuple[int, ...], chunk: tuple[int, ...], itemsize: int, most: int
) -> tuple[int, ...] | None:
    """Return the shape of a shard: whole inner axes, and as many chunks along the first as there is room for."""
    if not shape or not math.prod(shape):
        return None
    inner = [-(-n // c) * c for n, c in zip(shape[1:], chunk[1:], strict=True)]
    row = chunk[0] * math.prod(inner) * itemsize
    count = max(1, min(-(-shape[0] // chunk[0]), most // max(1, row)))
    return (chunk[0] * count, *inner)


def _codec(zarr: Any, options: Options) -> Any:
    if options.compression in ("", "none"):
        return None
    codecs = zarr.codecs
    if options.compression == "gzip":
        return codecs.GzipCodec(level=5 if options.level is None else options.level)
    if options.compression == "blosc":
        return codecs.BloscCodec(cname="lz4", clevel=5 if options.level is None else options.level)
    return codecs.ZstdCodec(level=3 if options.level is None else options.level)


WRITER = ZarrWriter()
