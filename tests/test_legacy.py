"""tools/legacy: case files for a public framework that can be read without it, and the table that is made of such."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pybn.case_file import read_case_file
from pybn.errors import CaseError

ROOT = Path(__file__).resolve().parent.parent
COMPARE = ROOT / "tools" / "legacy" / "compare"
FOLDER = ROOT / "tools" / "legacy" / "dlmatframework"

TREE = {
    "Base.m": "classdef Base < handle\n  methods (Abstract)\n    y = act(obj, x)\n  end\nend\n",
    "sub/Twice.m": """classdef Twice < Base
  properties (Access = protected), table = containers.Map(); end
  methods
    function y = act(obj, x), y = 2 * x; obj.table('n') = numel(x); end
    function n = count(obj), n = obj.table.Count; end
  end
end
""",
}
PORT = """
class Twice:
    def __init__(self):
        self.table = {}

    def act(self, x):
        self.table["n"] = x.size
        return 2 * x

    def count(self):
        return len(self.table)
"""
CASES = """
[matlab]
tree = "tree"
functions = ["Twice", "numel"]
[python]
path = "."
targets = { Twice = "own_port:Twice" }
[inputs]
x = { axes = "N D" }
[outputs]
y = { axes = "N D" }
n = { kind = "value" }
[scenario]
main = [
    { matlab = 't = Twice()', python = 't = Twice()' },
    { matlab = 'y = t.act(x)', python = 'y = t.act(x)' },
    { matlab = 'n = t.table("n")', python = 'n = t.table["n"]' },
]
second = [
    { matlab = 't = Twice()', python = 't = Twice()' },
    { matlab = 'y = t.act(x)', python = 'y = t.act(x)' },
    { matlab = 'u = Twice()', python = 'u = Twice()' },
    { matlab = 'n = u.count()', python = 'n = u.count()' },
]
[[case]]
name = "once"
size = { N = 2, D = 3 }
[[case]]
name = "a second one"
scenario = "second"
size = { N = 2, D = 3 }
dtype = "float64"
diverges = { because = "the map is shared", outputs = ["n"] }
"""


def test_the_case_files_can_be_read_without_the_framework(tmp_path: Path) -> None:
    files = sorted(FOLDER.glob("*.toml"))
    assert len(files) > 20
    (tmp_path / "tree").mkdir()
    for file in (*files, FOLDER / "dlmat_port.py"):
        shutil.copy(file, tmp_path)
    for file in files:
        if file.name != "own_data.toml":
            assert read_case_file(tmp_path / file.name)
    with pytest.raises(CaseError, match=r"file: there is no file .*/tree/"):
        read_case_file(tmp_path / "own_data.toml")


def test_nothing_of_the_framework_is_in_them() -> None:
    """Declarations and our port: no file of MATLAB, no data."""
    assert {file.suffix for file in FOLDER.iterdir() if file.is_file()} == {".toml", ".py"}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(COMPARE), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ)
    )


@pytest.mark.usefixtures("needs_octave")
def test_the_table(tmp_path: Path) -> None:
    tree, cases = tmp_path / "their tree", tmp_path / "cases"
    cases.mkdir()
    for name, text in TREE.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (cases / "twice.toml").write_text(CASES)
    (cases / "own_port.py").write_text(PORT)
    before = {file: file.stat().st_mtime_ns for file in tree.rglob("*")}
    done = run(cases, tree)
    assert done.returncode == 0, done.stderr
    assert "| Twice | 3 | 6 | 2 | 1 | 0 | 0 |" in done.stdout
    assert "| all | 3 | 6 | 2 | 1 | 0 | 0 |" in done.stdout
    assert "classes without a case of their own: Base\n" in done.stdout
    assert "| the map is shared | twice | 1 |" in done.stdout
    assert {file: file.stat().st_mtime_ns for file in tree.rglob("*")} == before
    (cases / "own_port.py").write_text(PORT.replace("2 * x", "3 * x"))
    done = run(cases, tree, "-k", "once")
    assert done.returncode == 1
    assert "| Twice | 2 | 4 | 0 | 0 | 2 | 0 |" in done.stdout
    assert "differs: twice.toml: once [float64]: y differs" in done.stdout


def test_what_it_cannot_run(tmp_path: Path) -> None:
    assert run().returncode == 2
    assert "CASES TREE" in run("--help").stderr
    assert run(tmp_path, tmp_path / "none").returncode == 4
