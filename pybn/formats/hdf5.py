"""Any HDF5 file, listed without following a link or reading the values of a dataset."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import h5py

from pybn.errors import FormatError
from pybn.formats.contents import Contents
from pybn.formats.hdf5_fixture import FixtureWalk
from pybn.formats.hdf5_heaps import look_through
from pybn.formats.hdf5_items import FAULTS, decode, no_other_file
from pybn.formats.hdf5_lazy import told
from pybn.formats.hdf5_matlab import MatlabWalk
from pybn.formats.hdf5_matlab_values import MatlabReader
from pybn.formats.hdf5_octave import OctaveWalk
from pybn.formats.hdf5_walk import Walk

NUL = b"\0"
CODECS = ("latin-1", "utf-16-le", "utf-32-le")
_DIALECTS: tuple[type[FixtureWalk | MatlabWalk | OctaveWalk], ...] = (FixtureWalk, MatlabWalk, OctaveWalk)


def contents(path: str) -> dict[str, Any]:
    """List an HDF5 file. Raises FormatError where it cannot be opened as one."""
    try:
        file = h5py.File(path, "r", locking="best-effort")
    except (OSError, RuntimeError, ValueError) as error:
        raise FormatError(f"cannot be opened as HDF5: {error}{advice(str(error))}") from error
    with Path(path).open("rb") as start:
        header = start.read(116)
    for codec in CODECS:
        codecs.lookup(codec)  # from its own file
    look_through(path, file)
    with file, no_other_file():
        try:
            result = _listed(file)
        except FAULTS as error:
            raise told(path, "/", error) from error
    if header.startswith(b"MATLAB"):
        result.about.insert(0, f"header: {decode(header.split(NUL)[0]).rstrip()}")
    return result.encode()


def _listed(file: h5py.File) -> Contents:
    walk = next((dialect(file) for dialect in _DIALECTS if dialect.recognises(file)), None) or Walk(file)
    if isinstance(walk, MatlabWalk):
        walk.decode = MatlabReader(file.filename, file).listed
    walk.run()
    about = walk.about()
    if walk.faults:
        about.append(f"DAMAGED: {walk.faults:,} object{'' if walk.faults == 1 else 's'} cannot be read")
    return Contents(walk.kind, about, walk.rows.rows, walk.rows.unlisted)


def advice(message: str) -> str:
    """Return what may be wrong, from the words of the library."""
    if "truncated" in message or "eof" in message.lower():
        return "; is it a download that was cut short?"
    return "; another program has it open for writing" if "lock" in message else "; it is damaged"
