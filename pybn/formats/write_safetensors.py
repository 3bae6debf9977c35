"""Write safetensors: the header, then every tensor block by block, aligned to eight bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pybn.errors import DTypeError
from pybn.formats.safetensors import DTYPES, METADATA
from pybn.formats.tensor import Options, Sink, Tensor, Writer, opened

CODES = {np.dtype(code): name for name, code in DTYPES.items()}


class SafetensorsWriter(Writer):
    """Larger elements come first, as the format's own package has it, so that all are aligned."""

    title = "safetensors"

    def check(self, tensor: Tensor) -> None:
        """Refuse text and complex128, which the format has no code for."""
        if tensor.data.dtype not in CODES:
            raise DTypeError(
                f"{tensor.name}: safetensors cannot hold {tensor.data.dtype}; wanted one of "
                f"{', '.join(str(each) for each in CODES)}; --dtype converts, or write .npz or .h5"
            )

    def write(self, path: Path, tensors: Sequence[Tensor], _: Options, sink: Sink) -> None:
        """Write the header and all bytes."""
        ordered = sorted(tensors, key=lambda each: (-each.data.dtype.itemsize, each.name))
        with opened(path) as out:
            out.write(_header(ordered))
            for tensor in ordered:
                for block in sink.blocks(tensor):
                    out.write(block.data)


def _header(tensors: Sequence[Tensor]) -> bytes:
    entries: dict[str, object] = {}
    told = {f"{each.name}.axes": " ".join(each.axes) for each in tensors if each.axes}
    entries[METADATA] = {"format": "pt", **told}
    start = 0
    for each in tensors:
        stop = start + each.data.nbytes
        entries[each.name] = {
            "dtype": CODES[each.data.dtype],
            "shape": list(each.data.shape),
            "data_offsets": [start, stop],
        }
        start = stop
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


WRITER = SafetensorsWriter()
