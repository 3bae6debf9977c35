"""The data files that steps read: each side has them in a folder of its own, and what it does there stays there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.engines.golden import GoldenEngine
from pybn.engines.octave import OctaveEngine
from pybn.engines.port import PortEngine
from pybn.errors import CaseError
from pybn.parity import run_parity

SUMMED = """\
function [total, there] = summed(name)
  total = sum(sscanf(fileread(name), '%f'));
  there = strjoin(sort({dir('*.txt').name, dir('data/*.txt').name}), ' ');
  fid = fopen(name, 'a');
  fprintf(fid, ' 1000');
  fclose(fid);
  fclose(fopen('left.txt', 'w'));
end
"""
PORT = """\
from pathlib import Path


def summed(name):
    total = sum(map(float, Path(name).read_text().split()))
    there = " ".join(sorted(path.name for path in [*Path().glob("*.txt"), *Path("data").glob("*.txt")]))
    with open(name, "a") as stream:
        stream.write(" 1000")
    Path("left.txt").touch()
    return total, there
"""
FILE = """\
files = "data/a.txt"

[matlab]
path = "."
function = "summed"

[python]
path = "."
target = "summed_port:summed"

[attrs]
name = "data/a.txt"

[outputs]
total = { kind = "value" }
there = { kind = "value" }

[[step]]
matlab = "total, there = summed($name)"
python = "total, there = summed($name)"

[[case]]
name = "one"

[[case]]
name = "once more"

[[case]]
name = "those of a folder"
files = ["data/*.txt"]

[[case]]
name = "one from elsewhere"
files = ["../other.txt"]
attrs = { name = "other.txt" }

[[case]]
name = "one that is not there"
attrs = { name = "none.txt" }
refuses = { matlab = { message = "cannot open" }, python = "FileNotFoundError" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cases = tmp_path / "cases"
    (cases / "data").mkdir(parents=True)
    for name, text in {
        "data/a.txt": "1 2",
        "data/b.txt": "3 4",
        "../other.txt": "5",
        "summed.m": SUMMED,
    }.items():
        (cases / name).write_text(text)
    (cases / "summed_port.py").write_text(PORT)
    (cases / "summed.toml").write_text(FILE)
    return cases


def cases_of(folder: Path, text: str = FILE) -> list[Case]:
    (folder / "summed.toml").write_text(text)
    return read_case_file(folder / "summed.toml")


def test_both_sides_read_their_own_copies(octave: OctaveEngine, folder: Path) -> None:
    here = Path.cwd()
    results = list(run_parity(cases_of(folder), octave, PortEngine(), GoldenEngine()))
    assert [each.message for each in results if not each.passed] == []
    answers = {each.case.name: PortEngine().run(each.case, {}) for each in results if not each.case.refuses}
    assert {name: (answer["total"], answer["there"]) for name, answer in answers.items()} == {
        "one": (3, "a.txt"),
        "once more": (3, "a.txt"),
        "those of a folder": (3, "a.txt b.txt"),
        "one from elsewhere": (5, "a.txt other.txt"),
    }
    assert Path.cwd() == here
    assert sorted(path.name for path in folder.rglob("*.txt")) == ["a.txt", "b.txt"]
    assert (folder / "data/a.txt").read_text() == "1 2"


def test_what_is_in_a_file_counts(folder: Path) -> None:
    before = [case.digest() for case in cases_of(folder)]
    (folder / "data/b.txt").write_text("3 5")
    assert [a == b.digest() for a, b in zip(before, cases_of(folder), strict=True)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    (folder / "data/a.txt").write_text("1 22")
    assert not any(a == b.digest() for a, b in zip(before, cases_of(folder), strict=True))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('"data/none.txt"', "files: there is no file"),
        ('"data"', "files: there is no file"),
        ('"data/*.csv"', "files: no file is like"),
        ('"/etc/hostname"', "files: wanted a path relative to the case file's folder"),
        ("3", "files: wanted a file or a list of files, got 3"),
        ('["data/a.txt", ""]', "files: wanted a file or a list of files"),
        ('["../cases/data/a.txt", "../a.txt"]', "would both be a.txt"),
        ('"data/**a.txt"', "files: "),
    ],
)
def test_what_is_no_file_is_told(folder: Path, said: str, message: str) -> None:
    (folder.parent / "a.txt").write_text("6")
    with pytest.raises(CaseError, match=message):
        cases_of(folder, FILE.replace('"data/a.txt"\n', f"{said}\n", 1))


def test_a_folder_that_is_gone_is_no_hindrance(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert PortEngine().run(cases_of(folder)[0], {})["total"] == 3
