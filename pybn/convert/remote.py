"""Files that lie elsewhere: on a shared disk, or in an object store that fsspec reaches by a URL, as s3://bucket/x.mat."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pybn.convert.manifest import SUFFIX
from pybn.convert.plan import READ, pairs
from pybn.errors import FileError, UsageError
from pybn.formats.tensor import WRITERS, import_extra

FAULTS = (OSError, ValueError, ImportError, RuntimeError)


def is_url(path: str) -> bool:
    """Tell a URL from a path of this machine."""
    return "://" in path


def reached(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path there. Raises FileError where there is no way to it."""
    fsspec = import_extra("fsspec", "cluster")
    try:
        fs, path = fsspec.core.url_to_fs(url)
    except FAULTS as error:
        raise FileError(f"{url}: cannot be reached: {error}") from error
    return fs, str(path)


@contextmanager
def local(url: str) -> Iterator[str]:
    """Yield a path on this machine: the file's own, or that of a copy which goes afterwards."""
    if not is_url(url):
        yield url
        return
    fs, path = reached(url)
    with tempfile.TemporaryDirectory(prefix="pybn-") as folder:
        here = Path(folder) / (PurePosixPath(path).name or "file")
        try:
            fs.get(path, str(here), recursive=path.rstrip("/").endswith(".zarr"))
        except FAULTS as error:
            raise FileError(f"{url}: cannot be read: {error}") from error
        yield str(here)


def state(url: str) -> dict[str, Any]:
    """Return what tells a source from one that has changed: its size, and what the store says of its version."""
    fs, path = reached(url)
    try:
        told = fs.info(path)
    except FAULTS as error:
        raise FileError(f"{url}: cannot be read: {error}") from error
    version = told.get("ETag") or told.get("mtime") or told.get("LastModified") or ""
    return {"bytes": int(told.get("size") or 0), "modified_ns": str(version)}


def put(source: Path, url: str) -> None:
    """Send a file, whole or not at all, as object stores do; on a disk by way of another name."""
    fs, path = reached(url)
    try:
        fs.makedirs(fs._parent(path), exist_ok=True)  # noqa: SLF001  # fsspec has no public name for it
        if is_url(url) and "file" not in fs.protocol:
            fs.put_file(str(source), path)
        else:
            fs.put_file(str(source), f"{path}.pybn-part")
            fs.mv(f"{path}.pybn-part", path)
    except FAULTS as error:
        raise FileError(f"{url}: cannot be written: {error}") from error


def write_mark(url: str, told: Mapping[str, Any]) -> None:
    """Write the manifest of a target, which says that the target is whole: hence the last of all."""
    with tempfile.TemporaryDirectory(prefix="pybn-") as folder:
        file = Path(folder) / "manifest.json"
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="ascii")
        put(file, url + SUFFIX)


def read_mark(url: str) -> dict[str, Any] | None:
    """Return the manifest of a target, None where there is none that can be read."""
    fs, path = reached(url + SUFFIX)
    try:
        told = json.loads(fs.cat_file(path))
    except FAULTS:
        return None
    return told if isinstance(told, dict) else None


def remove_mark(url: str) -> None:
    """Remove it: what is about to be written is not whole."""
    fs, path = reached(url + SUFFIX)
    try:
        if fs.exists(path):
            fs.rm_file(path)
    except FAULTS as error:
        raise FileError(f"{url}{SUFFIX}: cannot be removed: {error}") from error


def remote_pairs(sources: Sequence[str], target: str, to: str) -> list[tuple[str, str]]:
    """Return each file to read and the file to write, as paths or URLs. Raises UsageError and FileError."""
    if not any(map(is_url, [*sources, target])):
        return [(source, str(path)) for source, path in pairs(sources, target, to)]
    files = [each for source in sources for each in _listed(source)]
    suffix = f".{to.lstrip('.')}" if to else ""
    if len(files) == 1 and files[0][0] == sources[0] and not suffix:
        return [(sources[0], target)]
    if suffix not in WRITERS:
        raise UsageError(
            f"{target}: many files go into a folder; say which format: --to {', '.join(WRITERS)}"
        )
    found = [(url, f"{target.rstrip('/')}/{PurePosixPath(name).with_suffix(suffix)}") for url, name in files]
    if len({path.lower() for _, path in found}) < len(found):
        raise UsageError(
            f"{target}: two of the files would have one name; convert them into folders of their own"
        )
    return found


def _listed(source: str) -> list[tuple[str, str]]:
    """Return the data files of a source, each with its name relative to it."""
    fs, path = reached(source)
    try:
        if fs.isfile(path):
            return [(source, PurePosixPath(path).name)]
        found = sorted(fs.find(path))
    except FAULTS as error:
        raise FileError(f"{source}: cannot be listed: {error}") from error
    if not found:
        raise FileError(f"{source}: there is no such file, and nothing below it")
    base = path.rstrip("/")
    files = [each for each in found if PurePosixPath(each).suffix.lower() in READ]
    return [(f"{source.rstrip('/')}/{each[len(base) + 1 :]}", each[len(base) + 1 :]) for each in files]
