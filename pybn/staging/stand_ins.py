"""Functions of ours that a copy needs: stand-ins for what Octave lacks (shims/), and what rewritten lines call."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "support", HERE / "shims")
WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)


@cache
def stand_ins() -> dict[str, Path]:
    """Return what there is by name: a .m file, a package or a class folder."""
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
            if entry.suffix == ".m" or entry.name.startswith(("+", "@")):
                found.setdefault(entry.stem.lstrip("+@"), entry)
    return found


def needed(texts: Iterable[str]) -> list[str]:
    """Return the names of the stand-ins that some texts mention, and of those that these need."""
    known = stand_ins()
    found: set[str] = set()
    waiting = list(texts)
    while waiting:
        words = set(WORD.findall(waiting.pop())) & known.keys() - found
        found |= words
        waiting += [_text(known[name]) for name in words]
    return sorted(found)


def provide(name: str, folder: Path) -> None:
    """Put one stand-in into a folder that exists."""
    path = stand_ins()[name]
    if path.is_dir():
        shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
    else:
        shutil.copyfile(path, folder / path.name)


@cache
def _text(path: Path) -> str:
    files = sorted(path.rglob("*.m")) if path.is_dir() else [path]
    return "\n".join(file.read_bytes().decode("latin-1") for file in files)
