"""The pytest plugin, as a user meets it: in a folder of their own."""

from __future__ import annotations

import os
import re
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
    assert re.search(r"\ny: differs in \d+ of 24 elements: max ", done.stdout)
    assert "\nexpected: Octave's recorded answer; obtained: the port's answer\n" in done.stdout
    assert "Traceback" not in done.stdout
    assert "first to differ" not in done.stdout  # of one


def test_a_port_that_raises_fails_with_what_it_raised(folder: Path) -> None:
    words = "a shape of which there is no telling, in words that go beyond the edge of any terminal"
    (folder / "wrong.py").write_text(f"def reshape_row_major(x, shape):\n    raise ValueError({words!r})\n")
    file = folder / "cases" / "reshape_row_major.toml"
    file.write_text(file.read_text().replace('target = "pybn.layouts:', 'path = ".."\ntarget = "wrong:'))
    done = run(folder, "cases/reshape_row_major.toml::2x3x4 to 2x12 [float64]", COLUMNS="70", **NONE)
    assert done.returncode == 1
    text = failure(done.stdout)
    assert text[0].startswith("obtained: step 'y = reshape_row_major(x, $to)': ")
    assert f"ValueError: {words}" in " ".join(line.strip() for line in text)
    assert max(map(len, text)) <= 70


# A model: many outputs, and one wrong layer spoils all that follow.

WRONG = """from pybn.layers import Tanh
from pybn.training import Training

right = Tanh.backward


def backward(self, dy, **given):
    found = right(self, dy, **given)
    found.input[0, 0] *= 1.5
    return found


Tanh.backward = backward
"""


@pytest.fixture
def model(folder: Path) -> Path:
    """The folder with the committed model of tables, whose port has a bug in the backward pass of one layer."""
    for suffix in (".toml", ".h5"):
        shutil.copy(ROOT / "fixtures" / f"mlp{suffix}", folder / "cases")
    (folder / "wrong.py").write_text(WRONG)
    file = folder / "cases" / "mlp.toml"
    file.write_text(file.read_text().replace('target = "pybn.training:', 'path = ".."\ntarget = "wrong:'))
    return folder


def failure(output: str) -> list[str]:
    """The lines of the only failure."""
    [text] = re.findall(r"\n_+ case: .* _+\n(.*)\n=+ short test summary", output, re.DOTALL)
    return list(text.splitlines())


def test_a_model_that_differs_is_told_by_the_layer_where_its_sides_part(model: Path) -> None:
    done = run(model, "cases/mlp.toml::one batch [float64]", "-rf", COLUMNS="80", **NONE)
    assert done.returncode == 1
    text = failure(done.stdout)
    assert max(map(len, text)) <= 80
    assert text[0] == "first to differ: dx_tanh1 of layer tanh1, backward"
    assert re.match(r"  tensor +layer +way +verdict +of its scale +ULP$", text[1])
    assert text[2] == "  12 before, which agree"
    assert [line.split()[:5] for line in text if line.startswith(">")] == [
        [">", "dx_tanh1", "tanh1", "backward", "differs"]
    ]
    split = text.index("all that differ:")
    joined = " ".join(line.strip() for line in text[:split])
    assert "the expected side is Octave's own double, the reference: obtained is " in joined
    told = [line.split(":")[0].strip() for line in text[split + 1 : -2] if not line.startswith("    ")]
    assert told[:4] == ["dx_tanh1", "dx_fc2", "dw_fc2", "db_fc2"]
    assert len(told) == 11
    assert text[-2:] == [
        "cases/mlp.toml: one batch [float64]",
        "expected: Octave's recorded answer; obtained: the port's answer",
    ]
    assert "cases/mlp.toml::one batch [float64] - first to differ: dx_tanh1" in done.stdout


def test_in_single_the_reference_is_the_recorded_double_where_octave_is_missing(model: Path) -> None:
    done = run(model, "cases/mlp.toml::one batch [float32]", COLUMNS="80", **NONE)
    joined = " ".join(line.strip() for line in failure(done.stdout))
    assert "obtained is further off: expected " in joined
    assert "from the recorded answer in double to the inputs before they were rounded" in joined


@pytest.mark.usefixtures("octave")
def test_in_single_the_reference_is_octave_in_double(model: Path) -> None:
    done = run(model, "cases/mlp.toml::one batch [float32]", COLUMNS="80")
    joined = " ".join(line.strip() for line in failure(done.stdout))
    assert "from Octave's answer in double to the same inputs why: no known porting mistake " in joined


def test_what_is_folded_stays_whole() -> None:
    from pybn.case_file import read_case_file
    from pybn.compare import Comparison, Verdict
    from pybn.parity import Result, Status
    from pybn.report.failure import failure_text

    case = read_case_file(ROOT / "fixtures" / "tanh.toml")[0]
    for at in range(10, 40):
        seen = Comparison("y" * at, Verdict.DIFFERS, worst=(1, 2, 3), expected="1.25e-05", obtained="nan")
        text = failure_text(Result(case, Status.DIFFERS, [seen]), "one", "the other", 1)
        assert "[1, 2, 3]" in text
        assert max(map(len, text.splitlines()[:-2])) <= 60
        assert seen.explain() in " ".join(line.strip() for line in text.splitlines())


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
    assert "y: differs in 15 of 15 elements: max 1 ULP" in done.stdout
    assert "\nexpected: Octave's answer now; obtained: Octave's recorded answer\n" in done.stdout


@pytest.mark.usefixtures("octave")
def test_with_octave_every_case_of_a_file_passes(folder: Path) -> None:
    done = run(folder, "cases", "--require-octave", "-q")
    assert done.returncode == 0
    assert "passed" in done.stdout
