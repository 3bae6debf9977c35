"""Read tests/constructs/*.txt: small trees of .m files, what staging makes of them, and what they print then.

A section `== title` has parts:
    -- path             a file of the tree
    -- run              what is run, with the copy on the path
    -- prints           what that prints; `!! message` is an error that nobody caught
    -- prints allowed   the same of the copy for which every rule is allowed
    -- rewritten        `file:line rule | the line as it is then`, or `file -> file rule`
    -- troubles         `kind rule file:line`, kind silent, cannot or other
    -- spares           rules that may look as if they were for this, and leave it alone
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent / "constructs"
KINDS = {"silently wrong": "silent", "cannot run": "cannot", "other than MATLAB": "other"}


@dataclass
class Construct:
    """One section: `files` by path, the other parts by name, each as its lines."""

    title: str
    files: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """A folder's name."""
        return re.sub(r"\W+", "_", self.title)

    @property
    def spares(self) -> frozenset[str]:
        """The rules that leave it alone."""
        return frozenset(" ".join(self.parts.get("spares", [])).split())

    def write(self, folder: Path) -> Path:
        """Write the files of the tree, and return its folder."""
        for path, text in self.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        return folder


PARTS = {"run", "prints", "prints allowed", "rewritten", "troubles", "spares"}


def constructs() -> list[Construct]:
    """Return all sections of all files."""
    return [each for file in sorted(HERE.glob("*.txt")) for each in _read(file)]


def _read(file: Path) -> list[Construct]:
    found = []
    for section in re.split(r"^== ", file.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        read = Construct(f"{file.stem}: {title.strip()}")
        for part in re.split(r"^-- ", body, flags=re.MULTILINE)[1:]:
            name, _, text = part.partition("\n")
            if name.strip() in PARTS:
                read.parts[name.strip()] = text.rstrip("\n").split("\n") if text.strip() else []
            else:
                read.files[name.strip()] = text.rstrip("\n") + "\n"
        found.append(read)
    return found
