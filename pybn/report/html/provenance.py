"""Where a report comes from: versions, hashes, the command. No path of this machine, no name of it or its user."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import pybn
from pybn.case import Case
from pybn.engines.golden import GoldenEngine
from pybn.errors import PybnError
from pybn.formats.fixture import oracle_of
from pybn.resources import bundled
from pybn.sources import used_files


def pathless(folders: Iterable[Path] = ()) -> Callable[[str], str]:
    """Return what writes the paths in a text as they are seen from the working folder.

    What lies elsewhere is "(pybn)/...", "(temporary)/...", "~/..."; and `folders`, those of case files, are told by
    the way that leads there, unless that names the user.
    """
    here = Path.cwd()
    names = {Path.home(): "~", Path(tempfile.gettempdir()): "(temporary)", Path(sys.prefix): "(environment)"}
    names |= {folder.absolute(): _way(folder.absolute(), here) for folder in folders}
    names |= {_installed(): "(pybn)", here: "."}
    names |= {folder.resolve(): name for folder, name in names.items()}
    # The root of all would be found everywhere. The longest first: what lies inside another folder goes by its own.
    known = {str(folder): name for folder, name in names.items() if len(folder.parts) > 1}
    if not known:
        return str
    words = "|".join(re.escape(path) for path in sorted(known, key=len, reverse=True))
    found = re.compile(rf"(?<![\w./-])({words})(/|(?![\w-]))")
    return lambda text: found.sub(lambda m: _short(known[m[1]], m[2]), text)


def _way(folder: Path, here: Path) -> str:
    for place, name in ((_installed(), "(pybn)"), (Path.home(), "~")):
        if folder.is_relative_to(place) and not here.is_relative_to(place):
            return f"{name}/{folder.relative_to(place)}"
    return os.path.relpath(folder, here)


def _short(name: str, slash: str) -> str:
    return "" if (name, slash) == (".", "/") else f"{name}{slash}"


def _installed() -> Path:
    try:
        return bundled("fixtures").parent
    except PybnError:
        return Path(pybn.__file__).parent


def command_line(arguments: Sequence[str], words: Callable[[str], str]) -> str:
    """Return the command that made the report."""
    return words(shlex.join(["pybn", *arguments]))


def versions_told(
    versions: Mapping[str, str], cases: Sequence[Case], golden: GoldenEngine
) -> list[list[str]]:
    """Return what was at work: name and version. Octave's are the live one's, or those of the recorded answers."""
    told = [["pybn", pybn.__version__], ["Python", platform.python_version()], ["NumPy", np.__version__]]
    told += [["NumPy's BLAS", _numpy_blas()], ["system", f"{platform.system()} {platform.machine()}"]]
    recorded: dict[str, list[str]] = {}
    for case in cases:
        for key, value in _recorded(case, golden).items():
            if value not in recorded.setdefault(key, []):
                recorded[key].append(value)
    names = {"octave": "Octave", "blas": "Octave's BLAS", "matlab": "MATLAB", "matlab_blas": "MATLAB's BLAS"}
    names["matlab_version"] = "MATLAB's version"
    told += [[names.get(key, key), value] for key, value in versions.items()]
    told += [[f"{names.get(key, key)}, of the record", ", ".join(v)] for key, v in recorded.items()]
    return told


def recorders(cases: Sequence[Case], golden: GoldenEngine) -> str:
    """Return whose recorded answers the cases have: "Octave's", "MATLAB's", or both."""
    found = {oracle_of(_recorded(case, golden)).partition(" ")[0] for case in cases} - {""}
    return " and ".join(f"{name}'s" for name in sorted(found, reverse=True)) or "Octave's"


def _recorded(case: Case, golden: GoldenEngine) -> Mapping[str, str]:
    try:
        return golden.record(case).versions
    except PybnError:
        return {}


def _numpy_blas() -> str:
    try:
        found: Any = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']}"
    except (KeyError, TypeError):
        return "not known"


def hashes(cases: Sequence[Case], golden: GoldenEngine) -> tuple[list[list[str]], list[list[int]]]:
    """Return each .m file with its SHA-256, by paths from the working folder, and of each case which it uses."""
    index: dict[tuple[str, str], int] = {}
    used: list[list[int]] = []
    kept: dict[Any, list[int]] = {}
    for case in cases:
        key = (case.file.parent, case.matlab.path, case.matlab.tree, case.matlab.callables)
        if key not in kept:
            kept[key] = [index.setdefault(pair, len(index)) for pair in _files(case, golden)]
        used.append(kept[key])
    return [list(pair) for pair in index], used


def _files(case: Case, golden: GoldenEngine) -> list[tuple[str, str]]:
    try:
        found = used_files(case, golden.seen)
    except PybnError:
        return []
    folder = case.file.parent.resolve()
    return [(os.path.normpath(folder / name), digest) for name, digest in found.items()]


def now() -> str:
    """Return the time, to the second, as everybody reads it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
