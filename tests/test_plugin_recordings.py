"""The fixture `octave` and its recordings: modes, what is stale, what is unused, where things lie. Octave is a fake."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import pybn.pytest_plugin.fixture
import pybn.pytest_plugin.summary
import pybn.recordings.change
import pybn.recordings.oracle  # noqa: F401  # loaded once: NumPy does not take it to be loaded again by each session
from pybn.formats.fixture import Record
from pybn.recordings.file import merge, read
from pybn.recordings.question import Question

pytest_plugins = ["pytester"]

TWO = """
def test_one(octave):
    octave("lib/add.m", 1, 2).matches(3)

def test_two(octave):
    octave("lib/add.m", 3, 4).matches(7)
"""


class Adder:
    """An oracle whose every function adds its arguments; `bias` makes it answer otherwise."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.problem = ""
        self.octave = "7.3.0"
        self.bias = 0.0

    def __call__(self, *_: object) -> Adder:
        """Stand for the class."""
        return self

    def missing(self) -> str:
        """Why it cannot be asked."""
        return self.problem

    def version(self) -> str:
        """Its version."""
        return self.octave

    def ask(self, question: Question) -> Record:
        """Add."""
        self.asked.append(question.label)
        outputs = {"y1": sum(question.steps[-1].args, np.full((1, 1), self.bias)), "printed": "adding\n"}
        name = f"{question.label} [{question.digest[:12]} Octave {self.octave}]"
        return Record(name, question.digest, question.files(), {"octave": self.octave}, {}, outputs)


class Folder:
    """A user's folder with tests, and pytest run there."""

    def __init__(self, pytester: pytest.Pytester, adder: Adder) -> None:
        self.pytester = pytester
        self.adder = adder
        self.path = pytester.path

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, *args: str, code: int = 0) -> str:
        """Run pytest, which ends with this code; return what it prints."""
        done = self.pytester.runpytest_inprocess("-p", "no:hypothesispytest", *args)
        text = "\n".join([*done.outlines, *done.errlines])
        assert done.ret == code, text
        return text

    def recordings(self, name: str = "test_a.octave.h5") -> list[str]:
        """The labels of what is recorded."""
        return sorted(record.id.split(" [")[0] for record in read(self.path / name).values())


@pytest.fixture
def adder(monkeypatch: pytest.MonkeyPatch) -> Adder:
    """The oracle of all sessions, outside CI."""
    monkeypatch.delenv("CI", raising=False)
    found = Adder()
    monkeypatch.setattr("pybn.recordings.oracle.OctaveOracle", found)
    return found


@pytest.fixture
def folder(pytester: pytest.Pytester, adder: Adder) -> Folder:
    """A folder with one function and two tests of it."""
    made = Folder(pytester, adder)
    made.write("lib/add.m", "function y = add(a, b)\n  y = a + b;\nend\n")
    made.write("test_a.py", TWO)
    return made


@pytest.fixture
def recorded(folder: Folder) -> Folder:
    """The folder with both answers recorded, and an oracle that would now answer otherwise."""
    folder.run()
    folder.adder.asked.clear()
    folder.adder.bias = 0.5
    return folder


# The modes.


def test_once_records_then_serves_then_refuses(folder: Folder) -> None:
    assert "2 answers recorded in test_a.octave.h5; commit it" in folder.run()
    assert folder.adder.asked == ["add(1, 2)", "add(3, 4)"]
    assert "2 recorded answers served (Octave 7.3.0)" in folder.run()
    folder.write("test_a.py", TWO + "\ndef test_three(octave):\n    octave('lib/add.m', 5, 6)\n")
    text = folder.run(code=1)
    assert len(folder.adder.asked) == 2
    assert "MissingFixture: add(5, 6): there is no recorded answer in test_a.octave.h5" in text
    assert "pytest --octave-record=missing test_a.py records it" in text
    assert (
        "pybn/" not in text.split("short test summary")[0].split("plugins:")[1].split("\n", 1)[1]
    )  # no frame of ours


def test_none_records_nothing(folder: Folder) -> None:
    text = folder.run("--octave-record=none", code=1)
    assert "pytest --octave-record=missing test_a.py records it" in text
    assert folder.adder.asked == []
    assert not (folder.path / "test_a.octave.h5").exists()


def test_missing_records_what_is_missing(recorded: Folder) -> None:
    recorded.write("test_a.py", TWO + "\ndef test_three(octave):\n    octave('lib/add.m', 5, 6)\n")
    assert "1 answer recorded in test_a.octave.h5" in recorded.run("--octave-record=missing")
    assert recorded.adder.asked == ["add(5, 6)"]
    assert recorded.recordings() == ["add(1, 2)", "add(3, 4)", "add(5, 6)"]


def test_all_records_anew_and_tells_what_changed(recorded: Folder) -> None:
    text = recorded.run("--octave-record=all", code=1)
    assert recorded.adder.asked == ["add(1, 2)", "add(3, 4)"]
    assert "2 answers recorded in test_a.octave.h5" in text
    assert "add(1, 2) [" in text
    assert "y1: differs: max 1.1e+15 ULP, abs 0.5, rel 0.167 at [0, 0]: wanted 3.0, got 3.5" in text
    recorded.adder.bias = 0.5
    text = recorded.run("--octave-record=all", code=1)
    assert "differs" not in text.split("recordings of Octave")[1].split("short test summary")[0]


def test_the_ini_file_says_the_mode_unless_the_option_does(folder: Folder) -> None:
    folder.write("pytest.ini", "[pytest]\noctave_record = none\n")
    folder.run(code=1)
    assert folder.adder.asked == []
    folder.run("--octave-record=once")
    assert len(folder.adder.asked) == 2
    folder.write("pytest.ini", "[pytest]\noctave_record = new_episodes\n")
    assert "octave_record: wanted one of none, once, missing, all, got 'new_episodes'" in folder.run(code=4)


def test_the_same_question_is_asked_once(folder: Folder) -> None:
    folder.write("test_a.py", TWO + TWO.replace("def test_", "def test_again_"))
    for mode in ("once", "all"):
        folder.adder.asked.clear()
        folder.run(f"--octave-record={mode}")
        assert folder.adder.asked == ["add(1, 2)", "add(3, 4)"]


# CI.


@pytest.mark.parametrize("ci", ["true", "1", "woodpecker"])
def test_ci_never_records(folder: Folder, monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    monkeypatch.setenv("CI", ci)
    folder.write("pytest.ini", "[pytest]\noctave_record = all\n")
    text = folder.run(code=1)
    assert (
        "in CI nothing is recorded: on a machine with Octave, pytest --octave-record=missing test_a.py"
        in text
    )
    assert folder.adder.asked == []
    for option in (
        "--octave-record=missing",
        "--octave-record=all",
        "--octave-record=once",
        "--octave-prune",
    ):
        assert f"{option}: in CI (CI={ci})" in folder.run(option, code=4)
    assert folder.adder.asked == []


def test_ci_serves(recorded: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    recorded.run()
    recorded.run("--octave-record=none")


def test_a_ci_that_says_it_is_none_is_none(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "false")
    folder.run()
    assert len(folder.adder.asked) == 2


# Stale.


def test_a_changed_m_file_is_stale_and_missing_records_it_again(recorded: Folder) -> None:
    recorded.write("lib/add.m", "function y = add(a, b)\n  y = a + b + 0.5;\nend\n")
    for mode in ("none", "once"):
        text = recorded.run(f"--octave-record={mode}", code=1)
        assert "StaleFixture: add(1, 2): the recorded answer in test_a.octave.h5" in text
        assert "is stale: lib/add.m changed; pytest --octave-record=missing test_a.py records it" in text
    assert recorded.adder.asked == []
    text = recorded.run("--octave-record=missing", code=1)
    assert "lib/add.m changed; y1: differs" in text
    assert len(recorded.adder.asked) == 2
    assert recorded.recordings() == ["add(1, 2)", "add(3, 4)"]


def test_a_new_helper_is_stale_and_an_unrelated_file_is_not(recorded: Folder) -> None:
    recorded.write("lib/unrelated.m", "function y = unrelated(a)\n  y = a;\nend\n")
    recorded.run("--octave-record=none")
    recorded.write("lib/private/function.m", "")  # a word that is in add.m
    assert "lib/private/function.m is new" in recorded.run("--octave-record=none", code=1)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("1, 2", "1, np.nextafter(2, 3)"),
        ("0.0, 2", "-0.0, 2"),
        ("1, 2", "1, np.float32(2)"),
        ("np.ones(2), 0", "np.ones((2, 1)), 0"),
        ("np.nan, 0", "-np.nan, 0"),
        ("1, 2", "1, 2, nargout=1"),
    ],
)
def test_an_argument_counts_to_the_last_bit(folder: Folder, was: str, now: str) -> None:
    test = "import numpy as np\ndef test_one(octave):\n    octave('lib/add.m', {})\n"
    folder.write("test_a.py", test.format(was))
    folder.run()
    folder.run("--octave-record=none")
    folder.write("test_a.py", test.format(now))
    assert "there is no recorded answer" in folder.run("--octave-record=none", code=1)


def test_the_same_argument_in_another_guise_is_the_same(folder: Folder) -> None:
    test = "import numpy as np\nx = np.arange(6.0).reshape(2, 3)\ndef test_one(octave):\n    octave('lib/add.m', {})\n"
    folder.write("test_a.py", test.format("x, 1"))
    folder.run()
    for guise in (
        "np.asfortranarray(x), 1",
        "x.astype('>f8'), 1.0",
        "x.tolist() and x[::-1][::-1], np.float64(1)",
    ):
        folder.write("test_a.py", test.format(guise))
        folder.run("--octave-record=none")


def test_another_octave_serves_and_missing_adds_its_own(recorded: Folder) -> None:
    recorded.adder.octave, recorded.adder.bias = "9.1.0", 0.0
    assert "served (Octave 7.3.0)" in recorded.run()
    assert "2 answers recorded" in recorded.run("--octave-record=missing")
    assert recorded.recordings() == ["add(1, 2)"] * 2 + ["add(3, 4)"] * 2
    assert "served (Octave 9.1.0)" in recorded.run()


# Unused.


def test_what_no_test_asked_for_is_listed_and_pruned(recorded: Folder) -> None:
    recorded.write("test_a.py", TWO.replace("4).matches(7)", "5).matches(8.5)"))
    text = recorded.run("--octave-record=missing")
    assert "1 unused recording in test_a.octave.h5:\n  add(3, 4) [" in text
    assert "pytest --octave-prune test_a.py removes what is unused" in text
    assert len(recorded.recordings()) == 3
    assert "1 unused recording removed from test_a.octave.h5" in recorded.run("--octave-prune", "test_a.py")
    assert recorded.recordings() == ["add(1, 2)", "add(3, 5)"]


@pytest.mark.parametrize(
    "only",
    [
        ["-k", "one"],
        ["test_a.py::test_one"],
        ["--deselect", "test_a.py::test_two"],
        ["-m", "not slow"],
        ["--lf"],
    ],
)
def test_of_a_part_of_a_module_nothing_is_unused(recorded: Folder, only: list[str]) -> None:
    slow = "import pytest\n" + TWO.replace("def test_two", "@pytest.mark.slow\ndef test_two")
    recorded.write("test_a.py", slow)
    recorded.write("pytest.ini", "[pytest]\nmarkers = slow\n")
    if only == ["--lf"]:
        recorded.write("test_a.py", slow.replace("matches(3)", "matches(4)"))
        recorded.run(code=1)
        recorded.write("test_a.py", slow)
    assert "unused recording" not in recorded.run(*only)
    assert "nothing removed from test_a.octave.h5: not all tests" in recorded.run(*only, "--octave-prune")
    assert len(recorded.recordings()) == 2


@pytest.mark.parametrize("how", ["assert False", "pytest.skip('today')", "pytest.xfail('some day')"])
def test_of_a_module_with_a_test_that_did_not_pass_nothing_is_unused(recorded: Folder, how: str) -> None:
    recorded.write("test_a.py", "import pytest\n" + TWO.replace('octave("lib/add.m", 3, 4).matches(7)', how))
    text = recorded.run("--octave-prune", code=1 if how == "assert False" else 0)
    assert "unused recording" not in text
    assert len(recorded.recordings()) == 2


def test_a_module_that_no_longer_asks_leaves_all_unused(recorded: Folder) -> None:
    recorded.write("test_a.py", "def test_nothing():\n    pass\n")
    assert "2 unused recordings in test_a.octave.h5:" in recorded.run()
    recorded.run("--octave-prune")
    assert not (recorded.path / "test_a.octave.h5").exists()


def test_recordings_of_a_module_that_is_gone_are_unused(recorded: Folder) -> None:
    (recorded.path / "test_a.py").rename(recorded.path / "test_b.py")
    text = recorded.run("--octave-record=missing", code=1)  # answers otherwise
    assert "2 unused recordings in test_a.octave.h5:" in text
    recorded.run("--octave-prune", code=1)
    assert not (recorded.path / "test_a.octave.h5").exists()
    assert len(recorded.recordings("test_b.octave.h5")) == 2


# Where things lie, and kinds of tests.


def test_two_modules_of_one_name(folder: Folder) -> None:
    for k in (1, 2):
        folder.write(
            f"d{k}/test_a.py",
            f"def test_one(octave):\n    octave('../lib/add.m', {k}, {k}).matches({2 * k})\n",
        )
    folder.run("--import-mode=importlib", "d1", "d2")
    assert folder.recordings("d1/test_a.octave.h5") == ["add(1, 1)"]
    assert folder.recordings("d2/test_a.octave.h5") == ["add(2, 2)"]
    folder.run("--import-mode=importlib", "--octave-record=none", "d1", "d2")


def test_a_path_is_of_the_test_then_of_the_rootdir(folder: Folder) -> None:
    folder.write("pytest.ini", "[pytest]\n")
    folder.write("t/test_a.py", "def test_one(octave):\n    octave('lib/add.m', 1, 1).matches(2)\n")
    folder.run("t")
    near = folder.write("t/lib/add.m", "% another\n")
    assert "lib/add.m" in folder.run("--octave-record=none", "t", code=1)
    near.unlink()
    folder.run("--octave-record=none", "t")
    folder.write("t/test_a.py", "def test_one(octave):\n    octave('lib/gone.m')\n")
    assert f"lib/gone.m: there is no such file; looked in {folder.path}/t and in {folder.path}" in folder.run(
        "t", code=1
    )


def test_recordings_are_found_from_any_rootdir_and_folder(
    recorded: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recorded.path / "elsewhere").mkdir()
    monkeypatch.chdir(recorded.path / "elsewhere")
    recorded.run("--octave-record=none", "--rootdir=.", "-p", "no:cacheprovider", "../test_a.py")


def test_a_temporary_m_file_is_known_by_its_content(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder.path / "tmp"))
    (folder.path / "tmp").mkdir()
    folder.write(
        "t/test_a.py",
        """
import pytest
@pytest.mark.parametrize("body", ["a", "b"])
def test_one(octave, tmp_path, body):
    (tmp_path / "f.m").write_text(body)
    octave(tmp_path / "f.m", 1)
""",
    )
    folder.run("t", "--basetemp=tmp/one")
    folder.run("t", "--basetemp=tmp/two", "--octave-record=none")
    assert len(folder.recordings("t/test_a.octave.h5")) == 2


def test_all_kinds_of_tests_ask(folder: Folder) -> None:
    folder.write(
        "test_a.py",
        '''
"""
>>> getfixture("octave")("lib/add.m", 1, 2).value
np.float64(3.0)
"""
import unittest
import pytest
from pybn.pytest_plugin import Octave

@pytest.fixture(scope="module")
def answer(octave):
    return octave("lib/add.m", 2, 2)

@pytest.mark.parametrize("k", range(3))
def test_many(octave, k):
    assert octave("lib/add.m", k, k).matches(2 * k)

class TestClass:
    def test_method(self, octave: Octave, answer):
        answer.matches(octave("lib/add.m", 1, 3).value)

def test_late(request):
    request.getfixturevalue("octave")("lib/add.m", 5, 5).matches(10)

class TestUnit(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def ask(self, octave):
        self.octave = octave

    def test_unit(self):
        self.octave("lib/add.m", 6, 6).matches(12)
''',
    )
    folder.write("guide.txt", '>>> getfixture("octave")("lib/add.m", 1, 1).printed\n\'adding\\n\'\n')
    args = ("--doctest-modules", "--doctest-glob=*.txt")
    folder.run(*args)
    assert len(folder.recordings()) == 7
    assert folder.recordings("guide.txt.octave.h5") == ["add(1, 1)"]
    folder.adder.problem = "nobody is there"
    assert "unused recording" not in folder.run(*args)


def test_a_damaged_file_is_told_and_left_alone(recorded: Folder) -> None:
    file = recorded.path / "test_a.octave.h5"
    file.write_bytes(file.read_bytes()[:-100])
    before = hashlib.sha256(file.read_bytes()).digest()
    for mode in ("none", "missing", "all"):
        assert "remove it and record anew" in recorded.run(f"--octave-record={mode}", code=1)
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_without_octave_recordings_serve(recorded: Folder) -> None:
    recorded.adder.problem = "GNU Octave is not here; install it with: apt-get install octave"
    for mode in ("none", "once", "missing"):
        recorded.run(f"--octave-record={mode}")
    recorded.write("test_b.py", TWO)
    text = recorded.run("test_b.py", code=1)
    assert "there is no recorded answer in" in text
    assert "install it with: apt-get install octave" in text


def test_what_cannot_be_saved_fails_the_session(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    from pybn.errors import FileError

    def refuse(*_: object) -> None:
        raise FileError("test_a.octave.h5: cannot be written: the disk is full")

    monkeypatch.setattr("pybn.recordings.file.write_fixture", refuse)
    assert "ERROR: test_a.octave.h5: cannot be written: the disk is full" in folder.run(code=1)


def test_the_file_of_recordings_is_no_case_and_no_test(recorded: Folder) -> None:
    merge(recorded.path / "other.octave.h5", list(read(recorded.path / "test_a.octave.h5").values()))
    assert "2 passed" in recorded.run("--octave-record=none")


# Failures.


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("octave('lib/add.m', 1, 2).matches(3.5)", "add(1, 2): differs: max 1.1e+15 ULP, abs 0.5"),
        (
            "octave('lib/add.m', 1, 2).matches('3')",
            "add(1, 2): wrong structure: wanted 3.0, a 1x1 double, got",
        ),
        (
            "octave('lib/add.m', 1, 2).matches(np.float32(3))",
            "add(1, 2): wrong dtype: wanted float64, got float32",
        ),
        ("octave('lib/add.m', x, 2).matches(x)", "wanted 3.0, got 1.0"),
        ("assert octave('lib/add.m', 1, 2) == 3", "TypeError: an answer of Octave is no value"),
        (
            "np.testing.assert_allclose(octave('lib/add.m', 1, 2), 3)",
            "TypeError: an answer of Octave is no array",
        ),
        ("octave('lib/add.m', 1, 2).matches(3, 4)", "TypeError"),
        ("octave('lib/add.m', {1}, 2)", "DTypeError: argument 1: MATLAB has no counterpart of"),
        ("octave('lib/add.m', 1, 2).object", "DTypeError: add(1, 2): wanted an object, the answer is 3.0"),
    ],
)
def test_what_goes_wrong_is_told(folder: Folder, body: str, words: str) -> None:
    folder.write("test_a.py", f"import numpy as np\nx = np.ones(3)\ndef test_one(octave):\n    {body}\n")
    text = folder.run(code=1)
    assert words in " ".join(line.removeprefix("E ").strip() for line in text.splitlines())


def test_a_mismatch_says_who_is_who_and_where(recorded: Folder) -> None:
    recorded.write("test_a.py", TWO.replace("matches(3)", "matches(4)"))
    text = " ".join(line.removeprefix("E ").strip() for line in recorded.run(code=1).splitlines())
    assert "expected: the answer of Octave 7.3.0 (test_a.octave.h5); obtained: the test's value" in text


# For everybody else.


def test_whoever_does_not_ask_hears_nothing_and_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.other]\npython = 'x'\n")
    pytester.makepyfile(
        "import sys\n"
        "def test_one():\n"
        "    assert not {'numpy', 'h5py', 'scipy', 'pybn.case', 'pybn.recordings', 'pybn.compare'} & set(sys.modules)\n"
    )
    done = pytester.runpytest_subprocess("-p", "no:zarr")  # whose plugin for pytest loads NumPy
    done.assert_outcomes(passed=1)
    assert "Octave" not in done.stdout.str()
