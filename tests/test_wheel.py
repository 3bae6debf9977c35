"""The wheel works alone: its contents, and `pybn parity` with nothing else installed, in an empty folder."""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ("h5py", "numpy", "scipy")


def run(*command: str | Path, cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `command` in `cwd` as a user would, with nothing of the variables that this test runs under."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_", "PYBN_"))}
    env["HOME"] = str(home or cwd)
    command = tuple(str(word) for word in command)
    return subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist, so that the sdist is seen to be complete as well."""
    out = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and its three dependencies; ours holds Octave's client and much more.

    The three are links to ours, which saves a download; pip checks that the wheel wants no others.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in RUNTIME:
        files = importlib.metadata.files(name) or []
        for top in {file.parts[0] for file in files} - {".."}:
            (packages / top).symlink_to(Path(str(importlib.metadata.distribution(name).locate_file(top))))
    pip = ("-m", "pip", "--isolated", "--python", folder / "bin" / "python")
    installed = run(sys.executable, *pip, "install", "--no-index", "--no-compile", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder


def test_the_data_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, patterns in {"matlab_ref": ["*.m"], "fixtures": ["*.toml", "*.h5"]}.items():
        for pattern in patterns:
            data = {f"pybn/_data/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob(pattern)}
            assert data, f"{folder}/ holds no {pattern}"
            assert data <= names


def test_what_is_not_python_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for pattern in ("*.m", "*.html", "*.css", "*.js"):
        found = {str(path.relative_to(ROOT)) for path in (ROOT / "pybn").rglob(pattern)}
        assert found, pattern
        assert found <= names
    assert "pybn/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_nothing_else_is_in_the_wheel(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top.split("-")[0] for top in tops} == {"pybn"}


def test_entry_points(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (path,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(archive.read(path).decode())
    assert points["console_scripts"]["pybn"] == "pybn.cli:main"
    assert points["pytest11"]["pybn"] == "pybn.pytest_plugin"


def test_the_environment_is_empty_but_for_the_wheel(environment: Path, tmp_path: Path) -> None:
    code = (
        "import pybn, importlib.util as u; print(pybn.__file__, u.find_spec('oct2py'), u.find_spec('pytest'))"
    )
    answer = run(environment / "bin" / "python", "-c", code, cwd=tmp_path)
    place, oct2py, pytest_ = answer.stdout.split()
    assert Path(place).is_relative_to(environment), place
    assert (oct2py, pytest_) == ("None", "None")


def test_parity_in_an_empty_folder(environment: Path, tmp_path: Path) -> None:
    folder, home = tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    parity = run(environment / "bin" / "pybn", "parity", cwd=folder, home=home)
    assert parity.returncode == 0, parity.stdout + parity.stderr
    for case_file in (ROOT / "fixtures").glob("*.toml"):
        assert case_file.stem in parity.stdout
    assert not [*folder.iterdir(), *home.iterdir()]
