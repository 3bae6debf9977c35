"""Write .mat for MATLAB and Octave, by SciPy: v5, or v7, which is the same compressed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pybn.errors import DTypeError, UsageError
from pybn.formats.tensor import Options, Sink, Tensor, Writer

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
LARGEST = (1 << 31) - (1 << 20)  # bytes of a variable of level 5
HELD = frozenset("?bBhHiIlLqQfdFDU")


class MatWriter(Writer):
    """Groups become structs. Arrays keep their shape, with the two dimensions that MATLAB's have at least."""

    groups = True
    title = ".mat"

    def check(self, tensor: Tensor) -> None:
        """Refuse what MATLAB has no class for, names that it cannot have, and what is too large for level 5."""
        if tensor.data.dtype.char not in HELD:
            raise DTypeError(f"{tensor.name}: MATLAB has no class for {tensor.data.dtype}; --dtype converts")
        if tensor.data.nbytes > LARGEST:
            raise DTypeError(
                f"{tensor.name}: {tensor.data.nbytes:,} bytes are more than the 2 GiB that a variable of .mat v7 may "
                "have; write .h5, which MATLAB reads by h5read"
            )

    def write(self, path: Path, tensors: Sequence[Tensor], options: Options, sink: Sink) -> None:
        """Write them all."""
        import scipy.io

        if options.version not in ("", "5", "7"):
            raise UsageError(f".mat: wanted the version 5 or 7, got {options.version}")
        told: dict[str, Any] = {}
        for tensor in tensors:
            *groups, last = tensor.name.split("/")
            inner = told
            for group in groups:
                inner = inner.setdefault(group, {})
            x = sink.whole(tensor)
            inner[last] = str(x[()]) if x.dtype.kind == "U" and not x.ndim else _own(x)
        with path.open("wb") as out:
            scipy.io.savemat(
                out, told, do_compression=options.version != "5", long_field_names=True, oned_as="row"
            )


def _own(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array with two dimensions at least, a vector as a row; SciPy would make an empty one 0x0."""
    x = x.reshape((1,) * (2 - x.ndim) + x.shape) if x.ndim < 2 else x
    return x.astype(object) if x.dtype.kind == "U" else x


WRITER = MatWriter()
