"""Port MATLAB neural-network code to Python and prove, against GNU Octave, that the port answers alike.

Every job is `compare(expected.run(case), obtained.run(case))`. See `pybn --help`.

    pybn.open("x.mat")["x"][..., :10]    any file of arrays as a mapping, read where it is asked for
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pybn.formats.datafile import DataFile

__version__ = "0.1.0"


def open(path: str | os.PathLike[str]) -> DataFile:  # noqa: A001  # pybn.open, as numpy and zarr have one
    """Open a file of named values: see `pybn.formats.datafile.open_file`, of which this is the short name."""
    from pybn.formats.datafile import open_file

    return open_file(path)
