"""MATLAB's files before HDF5 (v4, v5, v6, v7), read here and not by SciPy.

SciPy's reader is compiled, and a damaged v5 file ends the process it is in: 14 of 1,200 did. It keeps the objects of a
file under one name, `None`; it has MATLAB's class or an imaginary part, never both; it cannot have a part of a
variable; sparse truth values and text of Octave's come out wrong. The format is a few tags and is described in full, so
all of it is read in Python, down to what objects of MATLAB code are made of. SciPy is the tests' second witness.
"""

from __future__ import annotations

from pybn.formats.mat4_arrays import Mat4Reader
from pybn.formats.mat5_arrays import Mat5Reader
from pybn.formats.mat_source import reading


def open_reader(path: str) -> Mat4Reader | Mat5Reader:
    """Read the headers of a file. Raises FormatError."""
    with reading(path) as file:
        start = file.read(128)
    return Mat5Reader(path) if start[126:] in (b"IM", b"MI") else Mat4Reader(path)
