"""The pytest plugin, as a user meets it: in a folder of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NONE = {"OCTAVE_EXECUTABLE": "no-such-octave"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the reference classes and of one case file with its fixture."""
    shutil.copytree(ROOT / "matlab_ref", tmp_path / "matlab_ref")
    (tmp_path / "cases").mkdir()
    for suffix in (".toml", ".h5"):
        shutil.copy(ROOT / "fixtures" / f"reshape_row_major{suffix}", tmp_path / "cases")
    return tmp_path


def run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, with no configuration but its own."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
            "--rootdir",
            ".",
            *arguments,
        ],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_one_test_a_case_and_other_tomls_left_alone(folder: Path) -> None:
    (folder / "cases" / "other.toml").write_text('[tool]\nname = "[[case]]"\n')
    done = run(folder, "--collect-only", "-q", "cases", **NONE)
    assert "cases/reshape_row_major.toml::1x15 to 3x5 [float64]" in done.stdout
    assert "other.toml" not in done.stdout


def test_without_octave_the_recorded_answers_serve_and_the_header_says_so(folder: Path) -> None:
    done = run(folder, "cases", **NONE)
    assert done.returncode == 0
    assert "GNU Octave is not here" in done.stdout
    assert "a case needs only recorded answers" in done.stdout


def test_require_octave_makes_its_absence_a_failure(folder: Path) -> None:
    done = run(folder, "cases", "--require-octave", "-k", "1x15", **NONE)
    assert done.returncode == 1
    assert "--require-octave: GNU Octave is not here" in done.stdout


def test_a_live_only_case_is_a_visible_skip_without_octave(folder: Path) -> None:
    file = folder / "cases" / "reshape_row_major.toml"
    file.write_text(file.read_text().replace('name = "1x15 to 3x5"', 'name = "1x15 to 3x5"\nlive = true'))
    done = run(folder, "cases", "-rs", "-k", "1x15", **NONE)
    assert "live only, and Octave is not here" in done.stdout


def test_a_broken_case_file_fails_the_collection_in_its_own_words(folder: Path) -> None:
    file = folder / "cases" / "reshape_row_major.toml"
    file.write_text(file.read_text().replace("attrs = { from = [1, 15]", "atrs = { from = [1, 15]"))
    done = run(folder, "cases", **NONE)
    assert done.returncode == 2
    assert "'atrs' means nothing here" in done.stdout


def test_a_port_that_differs_fails_with_the_worst_element(folder: Path) -> None:
    (folder / "wrong.py").write_text("def reshape_row_major(x, shape):\n    return x.reshape(shape)\n")
    file = folder / "cases" / "reshape_row_major.toml"
    file.write_text(file.read_text().replace('target = "pybn.layouts:', 'path = ".."\ntarget = "wrong:'))
    done = run(folder, "cases/reshape_row_major.toml::2x3x4 to 2x12 [float64]", **NONE)
    assert done.returncode == 1
    assert "y: differs: max" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.usefixtures("octave")
def test_with_octave_a_fixture_that_was_tampered_with_is_found_out(folder: Path) -> None:
    import numpy as np

    from pybn.formats.fixture import read_fixture, write_fixture

    path = folder / "cases" / "reshape_row_major.h5"
    records = read_fixture(path)
    first = records["1x15 to 3x5 [float64]"]
    object.__setattr__(first, "outputs", {"y": np.nextafter(first.outputs["y"], 99)})
    write_fixture(path, records.values())
    (folder / "wrong.py").write_text(
        "import numpy as np\n\ndef reshape_row_major(x, shape):\n    return np.nextafter(x.reshape(shape), 99)\n"
    )
    file = folder / "cases" / "reshape_row_major.toml"
    file.write_text(file.read_text().replace('target = "pybn.layouts:', 'path = ".."\ntarget = "wrong:'))
    selected = ["cases/reshape_row_major.toml::1x15 to 3x5 [float64]"]
    assert run(folder, *selected, **NONE).returncode == 0
    done = run(folder, *selected)
    assert done.returncode == 1
    assert "y: differs: max 1 ULP" in done.stdout


@pytest.mark.usefixtures("octave")
def test_with_octave_every_case_of_a_file_passes(folder: Path) -> None:
    done = run(folder, "cases", "--require-octave", "-q")
    assert done.returncode == 0
    assert "passed" in done.stdout
