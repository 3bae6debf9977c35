"""The commands: what they print, where, and how they exit."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pybn import __version__
from pybn.cli import main
from pybn.parity import find_cases

ROOT = Path(__file__).parent.parent
BASH = shutil.which("bash") or "/bin/bash"

SQUARE = """
[matlab]
path = "."
function = "square"
[python]
path = "."
target = "square_port:square"
[inputs]
x = { axes = "N D" }
[outputs]
y = { axes = "N D" }
[[step]]
matlab = "y = square(x)"
python = "y = square(x)"
[[case]]
name = "small"
size = { N = 3, D = 2 }
"""


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """A user's own folder: a .m file, its port, and a case file."""
    (tmp_path / "square.m").write_text("function y = square(x)\n  y = x .* x;\nend\n")
    (tmp_path / "square_port.py").write_text("def square(x):\n    return x * x\n")
    (tmp_path / "square.toml").write_text(SQUARE)
    sys.modules.pop("square_port", None)
    return tmp_path


def pybn(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "pybn", *arguments],
        cwd=cwd,
        env=os.environ | env,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def test_parity_of_the_bundled_cases_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity"]) == 0
    out, err = capsys.readouterr()
    assert "✓ all agree, within what their cases allow" in out
    assert "height is not width" in out
    assert "\x1b" not in out
    assert err == ""


def test_parity_of_batch_norm_agrees_bit_for_bit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", "-k", "batch_norm"]) == 0
    assert "✓ all agree, bit for bit" in capsys.readouterr().out


def test_parity_takes_under_ten_milliseconds_a_case() -> None:
    cases = len(find_cases())
    begun = time.process_time()
    main(["parity", "-q"])
    assert time.process_time() - begun < 0.010 * cases


def test_the_name_of_a_case_in_full_chooses_it_alone(capsys: pytest.CaptureFixture[str]) -> None:
    relu = str(ROOT / "fixtures" / "relu.toml")
    for text, names in (("one row [", {"one row", "dy of one row"}), ("one row [float64]", {"one row"})):
        assert main(["parity", relu, "--json", "-k", text]) == 0
        assert {case["name"] for case in json.loads(capsys.readouterr().out)["cases"]} == names


def test_parity_json_is_versioned_and_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", "--json", "-k", "NaN in x"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["pybn"], told["job"]) == (1, __version__, "parity")
    assert told["passed"] is True
    assert {case["dtype"] for case in told["cases"]} == {"float64", "float32"}
    tensor = told["cases"][0]["tensors"][0]
    assert set(tensor) >= {"name", "verdict", "max_abs", "max_rel", "max_ulp", "worst", "nonfinite"}


def test_help_names_the_exit_codes_and_every_command() -> None:
    done = pybn("--help")
    assert done.returncode == 0
    for word in (
        "parity",
        "record",
        "gradcheck",
        "inspect",
        "draw",
        "doctor",
        "3 Octave or MATLAB is missing",
    ):
        assert word in done.stdout


def test_help_starts_quickly() -> None:
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        pybn("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.150  # of the processor: the tests run side by side


def test_no_command_is_a_usage_error() -> None:
    done = pybn()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "parity" in done.stderr


@pytest.mark.parametrize("step", ["y = self.y", "y = self.forward(x)", "y = forward(x)"])
@pytest.mark.parametrize(
    ("side", "hint"),
    [
        ("python", "if it is a class, give new = {} under [python] to construct it"),
        ("matlab", "if it is a class, say class = 'square' under [matlab]"),
    ],
)
def test_a_class_that_is_not_constructed_is_told_how(
    square: Path, capsys: pytest.CaptureFixture[str], side: str, hint: str, step: str
) -> None:
    (square / "square.toml").write_text(SQUARE.replace(f'{side} = "y = square(x)"', f'{side} = "{step}"'))
    assert main(["parity", str(square / "square.toml")]) == 4
    assert capsys.readouterr().err.endswith(f"{side} step '{step}': wanted a call of square; {hint}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["parity", "no/such/folder"], 5, "no/such/folder: there is no such file or folder"),
        (["parity", "matlab_ref"], 2, "no case file"),
        (["parity", "-k", "no such case"], 2, "cases has that in its name"),
        (["parity", "--expected", "port"], 2, "nothing would be compared"),
        (["parity", "README.md"], 4, "is no TOML"),
        (["inspect", "no-such-file.mat"], 5, "no-such-file.mat"),
        (["inspect", "README.md"], 4, "README.md"),
        (["gradcheck", "no/such/folder"], 5, "no/such/folder: there is no such file or folder"),
        (["gradcheck", "README.md"], 4, "is no TOML"),
        (["gradcheck", "fixtures/reshape_row_major.toml"], 2, "holds a gradient to check"),
        (["draw", "no-such-model.h5"], 5, "no-such-model.h5"),
        (["draw", "README.md"], 4, "README.md"),
    ],
)
def test_bad_input_is_one_line_with_its_exit_code(arguments: list[str], code: int, said: str) -> None:
    done = pybn(*arguments, cwd=ROOT)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_octave_live_parity_and_record_exit_with_3() -> None:
    for command in (
        ["parity", "--expected", "octave"],
        ["record", "--all"],
        ["gradcheck", "--engine", "octave"],
    ):
        done = pybn(*command, OCTAVE_EXECUTABLE="no-such-octave")
        assert done.returncode == 3
        assert "apt-get install" in done.stderr


def test_doctor_names_what_is_missing_and_the_fix() -> None:
    done = pybn("doctor", OCTAVE_EXECUTABLE="no-such-octave")
    assert done.returncode == 3
    assert "fix: apt-get install --no-install-recommends octave" in done.stdout


def test_doctor_without_octave_as_json() -> None:
    done = pybn("doctor", "--json", OCTAVE_EXECUTABLE="no-such-octave")
    findings = {f["name"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["octave"]["state"] == "missing"
    assert findings["fixtures"]["state"] == "ok"


def test_a_missing_record_names_the_command_that_makes_it(square: Path) -> None:
    done = pybn("parity", "square.toml", cwd=square)
    assert done.returncode == 4
    assert "pybn record --missing" in done.stdout


@pytest.mark.usefixtures("octave")
def test_a_users_own_case_from_nothing_to_a_stale_record(square: Path) -> None:
    assert pybn("record", ".", cwd=square).returncode == 0
    assert (square / "square.h5").exists()
    assert pybn("parity", ".", cwd=square).returncode == 0

    (square / "square.m").write_text("function y = square(x)\n  y = x .* x + 0;\nend\n")
    done = pybn("parity", ".", cwd=square)
    assert done.returncode == 4
    assert "square.m changed" in done.stdout
    assert "pybn record --stale" in done.stdout

    done = pybn("record", "--stale", ".", cwd=square)
    assert "square.m changed; the answers are the same" in done.stdout
    assert pybn("parity", ".", cwd=square).returncode == 0


@pytest.mark.usefixtures("octave")
def test_a_port_that_differs_is_shown_with_its_worst_element(square: Path) -> None:
    pybn("record", ".", cwd=square)
    (square / "square_port.py").write_text(
        "import numpy as np\n\ndef square(x):\n    y = x * x\n    y[1, 0] = np.nextafter(y[1, 0], 9)\n    return y\n"
    )
    done = pybn("parity", ".", cwd=square)
    assert done.returncode == 1
    assert "y: differs in 1 of 6 elements: max 1 ULP" in done.stdout
    assert "at [1, 0]" in done.stdout


@pytest.mark.usefixtures("octave")
def test_live_parity_runs_the_live_cases_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", "--expected", "octave", "-k", "sixty-four channels"]) == 0
    assert "2 cases" in capsys.readouterr().out


@pytest.mark.usefixtures("octave")
def test_a_record_that_fails_leaves_the_others_and_says_so(square: Path) -> None:
    (square / "square.m").write_text(
        "function y = square(x)\n  if isa(x, 'single'), error('no'); end\n  y = x .* x;\nend\n"
    )
    done = pybn("record", ".", cwd=square)
    assert done.returncode == 4
    assert "failed    square: small [float32]" in done.stdout
    assert pybn("parity", ".", "-k", "float64", cwd=square).returncode == 0


MODEL = """
[model]
loss = "multi_class_cross_entropy"
[[layer]]
type = "input"
name = "image"
rows = 8
cols = 8
depth = 1
[[layer]]
type = "conv"
name = "conv1"
kh = 3
kw = 3
stride = 1
pad = 1
num_output = 4
[[layer]]
type = "fc"
name = "fc1"
num_output = 3
[[layer]]
type = "softmax"
name = "prob"
"""


def test_a_model_is_drawn_to_standard_output_and_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(MODEL)
    done = pybn("draw", "model.toml", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert ElementTree.fromstring(done.stdout).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
    assert "conv1" in done.stdout
    assert pybn("draw", "model.toml", "model.svg", cwd=tmp_path).stdout == ""
    assert (tmp_path / "model.svg").read_text(encoding="utf-8") == done.stdout
    (tmp_path / "link.svg").symlink_to("model.toml")
    refused = pybn("draw", "model.toml", "link.svg", cwd=tmp_path)
    assert (refused.returncode, "symbolic link" in refused.stderr) == (5, True)
    assert (tmp_path / "model.toml").read_text() == MODEL


def test_a_model_in_a_table(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(MODEL)
    done = pybn("draw", "model.toml", "--summary", cwd=tmp_path)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[2:6]] == ["image", "conv1", "fc1", "prob"]


def test_what_is_wrong_with_a_model_names_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "model.toml"
    for old, new, said in (
        ('"conv"', '"convolve"', "'convolve'"),
        ("kh = 3", "kh = 30", "conv1"),
        ('"multi_class_cross_entropy"', '"entropy"', "'entropy'"),
        ("[model]", "[modell]", "modell"),
    ):
        file.write_text(MODEL.replace(old, new))
        assert main(["draw", str(file)]) == 4
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"pybn: {file}: ")
        assert err.count(str(file)) == 1
        assert said in err


def test_the_help_of_draw_says_what_a_model_looks_like(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["draw", "--help"])
    out = capsys.readouterr().out
    for word in ("[model]", "loss", "layout", "[[layer]]", "type", "name"):
        assert word in out


def test_output_cut_off_by_a_pipe_is_no_traceback() -> None:
    command = f"'{sys.executable}' -m pybn parity | head -n 1"
    done = subprocess.run([BASH, "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert "fixtures" in done.stdout
    assert done.stderr == ""


def test_colour_only_on_a_terminal_and_never_with_no_color() -> None:
    script = f"script -qec \"'{sys.executable}' -m pybn parity -q -k 'gamma 0'\" /dev/null"
    shown = subprocess.run(
        [BASH, "-c", script],
        capture_output=True,
        env=os.environ | {"TERM": "xterm"},
        timeout=60,
        check=False,
    )
    assert b"\x1b[32m" in shown.stdout
    plain = subprocess.run(
        [BASH, "-c", script],
        capture_output=True,
        env=os.environ | {"TERM": "xterm", "NO_COLOR": "1"},
        timeout=60,
        check=False,
    )
    assert b"\x1b[32m" not in plain.stdout


def test_long_lines_are_folded_on_a_terminal_and_nowhere_else() -> None:
    file = ROOT / "fixtures" / "batch_norm.toml"
    arguments = f"'{sys.executable}' -m pybn gradcheck '{file}' -v -k 'mean 1e6 ['"
    shown = subprocess.run(
        [BASH, "-c", f'script -qec "{arguments} 2>/dev/null" /dev/null'],
        capture_output=True,
        text=True,
        env=os.environ | {"TERM": "dumb", "COLUMNS": "70"},
        timeout=60,
        check=False,
    )
    terminal = shown.stdout.replace("\r\n", "\n")
    assert max(map(len, terminal.splitlines())) <= 70
    piped = pybn("gradcheck", str(file), "-v", "-k", "mean 1e6 [").stdout
    assert max(map(len, piped.splitlines())) > 100
    assert terminal.split() == piped.split()
