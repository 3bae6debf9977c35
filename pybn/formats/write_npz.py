"""Write .npz: a zip of .npy members, each block by block; "deflate" compresses them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from pybn.errors import UsageError
from pybn.formats.tensor import Options, Sink, Tensor, Writer
from pybn.formats.write_npy import stream

METHODS = {"": zipfile.ZIP_STORED, "none": zipfile.ZIP_STORED, "deflate": zipfile.ZIP_DEFLATED}
EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same arrays are the same bytes


class NpzWriter(Writer):
    """NumPy's archive."""

    def write(self, path: Path, tensors: Sequence[Tensor], options: Options, sink: Sink) -> None:
        """Write each tensor as a member."""
        if options.compression not in METHODS:
            raise UsageError(f".npz: wanted the compression none or deflate, got {options.compression}")
        with zipfile.ZipFile(path, "w", METHODS[options.compression], compresslevel=options.level) as archive:
            for tensor in tensors:
                member = zipfile.ZipInfo(f"{tensor.name}.npy", EPOCH)
                member.compress_type = METHODS[options.compression]
                with archive.open(member, "w", force_zip64=True) as out:
                    stream(out, tensor, sink)


WRITER = NpzWriter()
