"""What a stranger met at the edges: broken neighbours, value classes, odd streams, environments in the folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import BASH, SQUARE, pybn

TOOLS = Path(__file__).parent.parent / "tools"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A user's own folder, its answer recorded without Octave: x is 1, so that the square is x."""
    from pybn.case_file import read_case_file
    from pybn.draw import draw_inputs
    from pybn.formats.fixture import Record, write_fixture
    from pybn.sources import used_files

    (tmp_path / "square.m").write_text("function y = square(x)\n  y = x .* x;\nend\n")
    (tmp_path / "square_port.py").write_text("def square(x):\n    return x * x\n")
    ones = SQUARE.replace('x = { axes = "N D" }', 'x = { axes = "N D", draw = "full", value = 1 }')
    (tmp_path / "square.toml").write_text(ones)
    records = []
    for case in read_case_file(tmp_path / "square.toml"):
        x = draw_inputs(case)["x"]
        records.append(Record(case.id, case.digest(), used_files(case), {}, {"x": x}, {"y": x}))
    write_fixture(tmp_path / "square.h5", records)
    return tmp_path


def pytest_here(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            "/dev/null",
            "--rootdir",
            ".",
            ".",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SQUARE.replace('"small"', "small"), "is no TOML"),
        (SQUARE.replace("[[case]]", "[[cases]]"), "'cases' means nothing here"),
    ],
)
def test_a_broken_case_file_is_told_and_the_others_run(recorded: Path, text: str, said: str) -> None:
    (recorded / "broken.toml").write_text(text)
    done = pybn("parity", ".", cwd=recorded)
    assert done.returncode == 4
    assert "2 cases, 2 tensors: ✓ all agree, bit for bit" in done.stdout
    assert "broken.toml" in done.stderr
    assert said in done.stderr
    told = json.loads(pybn("parity", "--json", ".", cwd=recorded).stdout)
    assert (told["passed"], len(told["broken"]), len(told["cases"])) == (False, 1, 2)


def test_pytest_too_takes_note_of_a_broken_case_file(recorded: Path) -> None:
    (recorded / "broken.toml").write_text(SQUARE.replace('"small"', "small"))
    done = pytest_here(recorded)
    assert done.returncode != 0
    assert "is no TOML" in done.stdout


def test_nothing_compared_is_not_agreement(recorded: Path) -> None:
    file = recorded / "square.toml"
    file.write_text(file.read_text() + "live = true\n")
    done = pybn("parity", ".", cwd=recorded)
    assert done.returncode == 2
    assert "all 2 cases are live only" in done.stderr


def test_a_case_that_only_diverges_is_not_called_agreement(recorded: Path) -> None:
    file = recorded / "square.toml"
    file.write_text(file.read_text() + 'diverges = "on purpose"\n')
    (recorded / "square_port.py").write_text("def square(x):\n    return 2 * x\n")
    done = pybn("parity", ".", cwd=recorded)
    assert done.returncode == 0
    assert "none agrees, as declared, 2 known to diverge" in done.stdout


def test_environments_and_hidden_folders_are_not_the_users(recorded: Path) -> None:
    for hidden in (".venv/lib", "env/lib"):
        (recorded / hidden).mkdir(parents=True)
        shutil.copy(recorded / "square.toml", recorded / hidden)
    (recorded / "env" / "pyvenv.cfg").write_text("")
    assert "2 cases, 2 tensors: ✓" in pybn("parity", ".", cwd=recorded).stdout


def test_ports_of_one_name_in_two_folders_are_two_ports(recorded: Path) -> None:
    (recorded / "other").mkdir()
    for name in ("square.toml", "square.h5", "square.m"):
        shutil.copy(recorded / name, recorded / "other")
    (recorded / "other" / "square_port.py").write_text("def square(x):\n    return x + 1\n")
    done = pybn("parity", ".", cwd=recorded)
    assert done.returncode == 1
    assert "2 of them do not agree" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_has_no_such_character_gets_an_escape(recorded: Path, encoding: str) -> None:
    odd = recorded / "zehn Wörter 日本"
    odd.mkdir()
    for name in ("square.toml", "square.h5", "square.m", "square_port.py"):
        shutil.move(recorded / name, odd)
    for command in (["parity", "."], ["parity", "--json", "."], ["inspect", f"{odd.name}/square.h5"]):
        done = pybn(*command, cwd=recorded, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_closed_stream_is_no_traceback_and_no_other_exit_code(recorded: Path, closed: str) -> None:
    command = f"'{sys.executable}' -m pybn parity . {closed}"
    done = subprocess.run([BASH, "-c", command], cwd=recorded, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_inspect_goes_on_after_a_bad_file(recorded: Path) -> None:
    done = pybn("inspect", "square.h5", "square.m", "square.h5", cwd=recorded)
    assert done.returncode == 4
    assert done.stdout.count("pybn fixture (HDF5)") == 2
    assert "square.m" in done.stderr


def test_a_damaged_fixture_names_the_command_that_mends_it(recorded: Path) -> None:
    (recorded / "square.h5").write_bytes(b"damage")
    done = pybn("parity", ".", cwd=recorded)
    assert "pybn record --all square.toml" in done.stdout + done.stderr


@pytest.mark.parametrize(("executable", "found"), [("none-such", 1), (sys.executable, 0)])
def test_the_tools_look_for_octave_where_the_engine_does(executable: str, found: int) -> None:
    done = subprocess.run(
        [TOOLS / "have-octave"], env={"PATH": "", "OCTAVE_EXECUTABLE": executable}, check=False
    )
    assert done.returncode in (found, 127)  # 127: no bash without a PATH


VALUE_CLASS = """
classdef Tally
  properties
    total = 0;
  end
  methods
    function [obj, seen] = push(obj, x)
      obj.total = obj.total + x;
      seen = obj.total;
    end
    function obj = scale(obj, k)
      obj.total = obj.total * k;
    end
  end
end
"""

VALUE_PORT = """
class Tally:
    def __init__(self):
        self.total = 0.0

    def push(self, x):
        new = Tally()
        new.total = self.total + x
        return new, new.total

    def scale(self, k):
        new = Tally()
        new.total = self.total * k
        return new
"""

VALUE_CASES = """
[matlab]
path = "."
class = "Tally"
[python]
path = "."
target = "tally_port:Tally"
new = []
[inputs]
x = { axes = "N D" }
[outputs]
seen = { axes = "N D" }
total = { axes = "N D" }
[[step]]
matlab = "self = push(x)"
python = "self, _ = push(x)"
[[step]]
matlab = "self = scale(3)"
python = "self = scale(3)"
[[step]]
matlab = "self, seen = push(x)"
python = "self, seen = push(x)"
[[step]]
matlab = "total = self.total"
python = "total = self.total"
[[case]]
name = "pushed twice"
size = { N = 2, D = 3 }
"""


@pytest.mark.usefixtures("octave")
def test_the_state_of_a_value_class_goes_on(tmp_path: Path) -> None:
    (tmp_path / "Tally.m").write_text(VALUE_CLASS)
    (tmp_path / "tally_port.py").write_text(VALUE_PORT)
    (tmp_path / "tally.toml").write_text(VALUE_CASES)
    done = pybn("parity", "--expected", "octave", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "2 cases, 4 tensors: ✓ all agree, bit for bit" in done.stdout


def test_a_function_has_no_self(recorded: Path) -> None:
    file = recorded / "square.toml"
    file.write_text(file.read_text().replace('python = "y = square(x)"', 'python = "self, y = square(x)"'))
    done = pybn("parity", ".", cwd=recorded)
    assert done.returncode == 4
    assert "there is no object that 'self' could be" in done.stderr
