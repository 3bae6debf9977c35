"""Writing files so that a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pybn.errors import FileError


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on a clean exit flush it to disk and rename it over `path`.

    The folder of `path` must exist. Nothing is written through a link: a symbolic link at `path` is refused.
    On any exception the temporary file is removed and `path` stays as it was.
    Raises FileError, naming `path`, where the system refuses to write.
    """
    target = Path(path)
    if target.is_symlink():
        raise FileError(f"{target}: is a symbolic link; give the file it points to, nothing is written through a link")
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _finish(temporary, target)
        temporary = None
    except PermissionError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror}; is the folder writable?") from error
    except FileNotFoundError as error:
        raise FileError(f"{target}: cannot be written: there is no folder {target.parent}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _finish(temporary: Path, target: Path) -> None:
    """Flush the file and its folder, with the permissions that a plain open would have given."""
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    _sync(temporary, os.O_RDWR)
    temporary.replace(target)
    _sync(target.parent, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
