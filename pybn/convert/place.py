"""A new file or folder under a temporary name beside its target, that takes its name when all went well."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pybn.errors import FileError
from pybn.formats.base import atomic_write


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
    """The same for a folder: the old one steps aside in one rename, and goes when the new one is in its place."""
    if target.is_symlink():
        raise FileError(f"{target}: is a symbolic link, and nothing is written through one; name its target")
    if target.exists() and not _is_ours(target):
        raise FileError(f"{target}: is there and is no zarr store; it is not replaced")
    temporary = target.with_name(f".pybn-{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        _flush(temporary)
        _swap(temporary, target)
    except OSError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_ours(target: Path) -> bool:
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
    if not target.exists():
        temporary.rename(target)
        return
    aside = target.with_name(f".pybn-{secrets.token_hex(8)}.tmp")
    target.rename(aside)
    try:
        temporary.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
