"""Where the reference classes and the fixtures are: in the repository, or inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

from pybn.errors import FileError


def bundled(name: str) -> Path:
    """Return the folder `name` ("fixtures" or "matlab_ref"). Raises FileError where the installation lacks it."""
    package = Path(__file__).resolve().parent
    for root in (package / "_data", package.parent):
        if (root / name).is_dir():
            return root / name
    raise FileError(
        f"pybn was installed without its {name}; install it again, or give the case files yourself"
    )
