"""What the tests share: one Octave for all that behave, and what happens where there is none."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pybn.engines.octave import OctaveEngine
from pybn.pytest_plugin import octave_missing


@pytest.fixture(scope="session", autouse=True)
def no_bytecode() -> Iterator[None]:
    """Let a module that a test writes anew be read anew: byte code of the same second and size would pass for it."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield
    sys.dont_write_bytecode = before


@pytest.fixture(scope="session")
def needs_octave(request: pytest.FixtureRequest) -> None:
    """Skip the test where Octave is missing; with --require-octave, fail it."""
    if problem := octave_missing():
        if request.config.getoption("require_octave", False):
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)


@pytest.fixture(scope="session")
def needs_torch() -> None:
    """Skip the test where PyTorch is missing; where nothing may be missing, fail it."""
    if importlib.util.find_spec("torch") is None:
        problem = "PyTorch is not here: pip install torch, or tools/setup"
        if os.environ.get("CI") == "true" or os.environ.get("PYBN_REQUIRE_OCTAVE") == "1":
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)


@pytest.fixture(scope="session")
def octave(needs_octave: None) -> Iterator[OctaveEngine]:
    """An Octave that all tests share; those that harm theirs make one of their own."""
    with OctaveEngine(deadline=30) as engine:
        yield engine


@pytest.fixture
def m_file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a .m file into a folder of the test's own, and return the folder."""

    def write(name: str, text: str) -> Path:
        file = tmp_path / "m" / f"{name}.m"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path / "m"

    return write


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for all temporary files; in the end nothing is left there, nor any process that knows of it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert processes(folder) == []
    assert list(folder.iterdir()) == []


def processes(folder: Path) -> list[str]:
    """Return the commands of the processes that work in a folder, or have it in their environment or arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            told = command + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
        except OSError:
            continue
        if os.fsencode(folder) in told and int(entry.name) != os.getpid():
            found.append(command.decode(errors="replace").replace("\0", " "))
    return found


def gone(folder: Path, patience: float) -> bool:
    """Tell whether all processes and files of a folder are gone, or go in time."""
    until = time.monotonic() + patience
    while processes(folder) or list(folder.iterdir()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a full disk needs the right to mount one")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S607
