"""Where a .m file stands: the name by which MATLAB calls it, and the folder that has to be on the path for that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pybn.errors import CaseError, FileError
from pybn.steps import NAME

LIMIT = 4 << 20  # bytes of a .m file


@dataclass(frozen=True, slots=True)
class Place:
    """A file, the folder for MATLAB's path, and the name to call: "pack.inner.smooth" for +pack/+inner/smooth.m."""

    file: Path
    root: Path
    name: str

    @property
    def stem(self) -> str:
        """The last part of the name."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def is_method_folder(self) -> bool:
        """Tell whether the file stands in @Class, where each file is a method."""
        return self.file.parent.name.startswith("@")


def locate(file: Path) -> Place:
    """Return the place of a .m file. Raises CaseError where nothing outside its folder can call what it holds."""
    file = file.absolute()
    if file.suffix != ".m":
        raise CaseError(f"{file}: wanted a .m file, with a MATLAB function or class in it")
    if not NAME.match(file.stem):
        raise CaseError(
            f"{file}: MATLAB cannot call a file of this name; a letter, then letters, digits and _"
        )
    folder, parts = file.parent, [file.stem]
    if folder.name == "private":
        raise CaseError(
            f"{file}: is private, so that only functions of {folder.parent} can call it; "
            "scaffold one of those, or copy this file out of the folder"
        )
    if folder.name.startswith("@"):
        _of_a_class(file, folder)
        folder = folder.parent
    while folder.name.startswith("+"):
        parts.insert(0, folder.name[1:])
        folder = folder.parent
    return Place(file, folder, ".".join(parts))


def _of_a_class(file: Path, folder: Path) -> None:
    """Raise CaseError for a method that has a file of its own beside its class."""
    name = folder.name[1:]
    if file.stem != name:
        raise CaseError(
            f"{file}: is a method of the class {name}; scaffold the class: pybn scaffold {folder / f'{name}.m'}"
        )


def read(file: Path) -> str:
    """Return the text of a .m file. Raises FileError, CaseError where it is very large."""
    if file.exists() and not file.is_file():
        raise CaseError(f"{file}: wanted a .m file, got {'a folder' if file.is_dir() else 'no regular file'}")
    try:
        with file.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    if len(raw) > LIMIT:
        raise CaseError(f"{file}: wanted a .m file of at most {LIMIT >> 20} MiB")
    return raw.decode("utf-8", errors="replace")
