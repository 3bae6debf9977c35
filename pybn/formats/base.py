"""Writing files so that a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pybn.errors import FileError

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}
_FULL[errno.EFBIG] = "it is larger than a file may be here"


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on a clean exit flush it to disk and rename it over `path`.

    The folder of `path` must exist. The permissions are those that the file had, or that any new file gets.
    Nothing is written through a link: a symbolic link at `path` is refused, and so is all that is no regular
    file, a device for one. On any exception the temporary file is removed and `path` stays as it was.
    Raises FileError, naming `path`, where the system refuses to write, there or to the temporary path.
    """
    target = Path(path)
    with _refusals(target):
        mode = _mode(target)
        temporary = _create(target)
    try:
        with _refusals(target, temporary):
            yield temporary
        with _refusals(target):
            _finish(temporary, target, mode)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


@contextmanager
def _refusals(target: Path, temporary: Path | None = None) -> Iterator[None]:
    """Turn what the system refuses into FileError: everything, or with `temporary` only what is about that."""
    try:
        yield
    except FileError:
        raise
    except (OSError, ValueError) as error:
        if temporary is not None and not _is_about(error, temporary):
            raise
        raise FileError(f"{target}: cannot be written: {_reason(error, target)}") from error


def _is_about(error: Exception, temporary: Path) -> bool:
    """Say whether an error of the caller's is one of writing `temporary`; a full disk names no file."""
    if not isinstance(error, OSError):
        return False
    return error.filename == str(temporary) or (error.filename is None and error.errno in _FULL)


def _reason(error: Exception, target: Path) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL:
        return f"{_FULL[number]}; the file is as it was"
    if number == errno.ENOENT:
        return f"there is no folder {target.parent}"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{words}; is the folder writable?" if isinstance(error, PermissionError) else words


def _mode(target: Path) -> int | None:
    """Return the permissions of the file that is there, None if there is none. Raises FileError for other things."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode):
        raise FileError(f"{target}: is a symbolic link, and nothing is written through one; name its target")
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise FileError(f"{target}: cannot be written: it is {what}")
    return stat.S_IMODE(mode)


def _create(target: Path) -> Path:
    """Make an empty file beside `target`, of a name that nobody else takes and no folder is too narrow for."""
    temporary = target.with_name(f".pybn-{secrets.token_hex(8)}.tmp")
    os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    return temporary


def _finish(temporary: Path, target: Path, mode: int | None) -> None:
    """Flush the file, give it its permissions, rename it and flush the folder."""
    if mode is not None:
        temporary.chmod(mode)
    _sync(temporary, os.O_RDONLY)
    temporary.replace(target)
    with suppress(OSError):  # not every file system can flush a folder, and the file is in its place
        _sync(target.parent, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
