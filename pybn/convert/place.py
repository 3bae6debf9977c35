"""A new file or folder under a temporary name beside its target, that takes its name when all went well."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pybn.errors import FileError
from pybn.formats.base import atomic_write

AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextmanager
def placed(target: Path, *, folder: bool) -> Iterator[Path]:
    """Yield a path to write to; folders above the target are made. Raises FileError, and the target stays as it was."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{target.parent}: cannot be made: {error.strerror}") from error
    if not folder:
        with atomic_write(target) as temporary:
            yield temporary
        return
    with _folder(target) as temporary:
        yield temporary


@contextmanager
def _folder(target: Path) -> Iterator[Path]:
    """The same for a folder: the old one and the new one change places, and then the old one goes."""
    _want_store(target)
    temporary = target.with_name(f".pybn-{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        _flush(temporary)
        _swap(temporary, target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def room(target: Path) -> Iterator[Path]:
    """Yield a folder beside a target, which goes with all that is left in it. Raises FileError, naming the target."""
    folder = target.with_name(f".pybn-{secrets.token_hex(8)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give_name(made: Path, target: Path) -> None:
    """Give what was made elsewhere on the same disk the name of the target. Raises FileError as `placed` does."""
    try:
        if made.is_dir():
            _want_store(target)
            _swap(made, target)
        elif target.is_symlink() or (target.exists() and not target.is_file()):
            raise FileError(f"{target}: is a link or no regular file, and is not replaced")
        else:
            made.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{target}: cannot be written: {error.strerror or error}") from error


def _want_store(target: Path) -> None:
    if target.is_symlink():
        raise FileError(f"{target}: is a symbolic link, and nothing is written through one; name its target")
    if target.exists() and not _is_store(target):
        raise FileError(f"{target}: is there and is no zarr store; it is not replaced")


def _is_store(target: Path) -> bool:
    return target.is_dir() and any((target / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            with suppress(OSError):
                os.fsync(handle)
        finally:
            os.close(handle)


def _swap(temporary: Path, target: Path) -> None:
    """Put a folder in the place of another: at once where the system can, else the old one steps aside first."""
    if not target.exists():
        temporary.rename(target)
        return
    if not _exchanged(temporary, target):
        aside = target.with_name(f".pybn-{secrets.token_hex(8)}.tmp")
        target.rename(aside)
        try:
            temporary.rename(target)
        except OSError:
            aside.rename(target)
            raise
        temporary = aside
    shutil.rmtree(temporary, ignore_errors=True)


def _exchanged(a: Path, b: Path) -> bool:
    """Exchange two names in one step, as Linux can; say whether that was done."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here = ctypes.c_int(AT_FDCWD)
    return bool(call(here, os.fsencode(a), here, os.fsencode(b), ctypes.c_uint(RENAME_EXCHANGE)) == 0)
