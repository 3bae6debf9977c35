"""HDF5 files as data files: MATLAB's v7.3, Octave's `save -hdf5`, and any other. Nothing leads out of the file."""

from __future__ import annotations

from pathlib import Path

import h5py

from pybn.errors import FormatError
from pybn.formats.hdf5 import advice
from pybn.formats.hdf5_heaps import look_through
from pybn.formats.hdf5_items import FAULTS
from pybn.formats.hdf5_lazy import told
from pybn.formats.hdf5_matlab import MatlabWalk
from pybn.formats.hdf5_matlab_values import MatlabReader
from pybn.formats.hdf5_octave import OctaveWalk
from pybn.formats.hdf5_octave_values import OctaveReader
from pybn.formats.hdf5_plain_values import PlainReader
from pybn.formats.hdf5_reader import Hdf5Reader


def open_reader(path: str) -> Hdf5Reader:
    """Open a file and list what is at its top. Raises FormatError."""
    with Path(path).open("rb") as start:
        matlab = start.read(6) == b"MATLAB"
    try:
        file = h5py.File(path, "r", locking="best-effort")
    except FAULTS as error:
        raise FormatError(f"{path}: cannot be opened as HDF5: {error}{advice(str(error))}") from error
    look_through(path, file)
    try:
        return _dialect(file, matlab=matlab)(path, file)
    except FAULTS as error:
        file.close()
        raise told(path, "/", error) from error


def _dialect(file: h5py.File, *, matlab: bool) -> type[Hdf5Reader]:
    if matlab or MatlabWalk.recognises(file):
        return MatlabReader
    return OctaveReader if OctaveWalk.recognises(file) else PlainReader
