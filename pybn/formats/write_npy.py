"""Write .npy: one array in C order, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from pybn.formats.tensor import Options, Sink, Tensor, Writer, opened


class NpyWriter(Writer):
    """NumPy's file of one array. The dtype is little-endian; text is U."""

    many = False

    def write(self, path: Path, tensors: Sequence[Tensor], _: Options, sink: Sink) -> None:
        """Write the only tensor."""
        (tensor,) = tensors
        with opened(path) as out:
            stream(out, tensor, sink)


def stream(out: IO[bytes], tensor: Tensor, sink: Sink) -> None:
    """Write header and elements to an open file."""
    dtype = tensor.data.dtype
    described = np.lib.format.dtype_to_descr(dtype.newbyteorder("<") if dtype.kind in "iufcU" else dtype)
    header = {"descr": described, "fortran_order": False, "shape": tensor.data.shape}
    np.lib.format.write_array_header_1_0(out, header)
    for block in sink.blocks(tensor):
        out.write(block.data if block.dtype.kind != "U" else block.tobytes())


WRITER = NpyWriter()
