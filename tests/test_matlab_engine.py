"""MATLAB as an engine, played by a stand-in: Octave without what MATLAB never had answers as the Octave engine does."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_any_case
from conftest import processes
from matlab_stand_in import RELEASE, STAND_IN
from octave_cases import Job, make_job, same_bits, sample
from test_names import ATTACKS
from test_octave_engine import DTYPES, SAME, SHAPES

from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.engines.golden import GoldenEngine
from pybn.engines.matlab import MatlabEngine
from pybn.engines.octave import OctaveEngine
from pybn.errors import CaseError, EngineError, PybnError
from pybn.parity import find_cases, inputs_of
from pybn.steps import Call, Handle
from pybn.values import Cell, Map

MFile = Callable[[str, str], Path]
SCALAR = ((), "float64")
STEMS = {"batch_norm", "max_pool_layer", "mlp", "reshape_row_major"}

pytestmark = pytest.mark.usefixtures("needs_octave")


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which the stand-in notes each -batch that it is given."""
    return tmp_path_factory.mktemp("calls") / "calls"


@pytest.fixture(scope="module")
def matlab(
    octave: OctaveEngine, calls: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MatlabEngine]:
    """One engine for all of this; in the end neither a process nor a file of it is left.

    The Octave that tests share starts before it, with its files elsewhere.
    """
    folder = tmp_path_factory.mktemp("matlab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        patch.setenv("MATLAB_EXECUTABLE", str(STAND_IN))
        patch.setenv("STAND_IN_CALLS", str(calls))
        with MatlabEngine(30) as engine:
            yield engine
    assert processes(folder) == []
    assert list(folder.iterdir()) == []


def values(answers: Any) -> list[object]:
    return [type(a) if isinstance(a, PybnError) else a["y"].item() for a in answers]


# The same answers.


def bundled() -> list[Case]:
    """The first and the last case of some of our own files, and every way in which they refuse."""
    found = []
    for _, group in groupby((c for c in find_cases() if c.stem in STEMS and not c.live), lambda c: c.stem):
        cases = list(group)
        found += [cases[0], cases[-1], *[c for c in cases if c.refuses][:1]]
    return list({(c.file, c.id): c for c in found}.values())


def test_the_bundled_cases_answer_as_recorded_bit_for_bit(matlab: MatlabEngine) -> None:
    golden = GoldenEngine()
    cases = bundled()
    assert {c.stem for c in cases} == STEMS
    assert {c.matlab.kind for c in cases} == {"class", "function"}
    refused = 0
    answers = matlab.run_all([(case, inputs_of(case, golden)) for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        record = golden.record(case)
        if record.refusal:
            assert isinstance(answer, EngineError)
            assert answer.identifier == record.refusal[0]
            refused += 1
            continue
        assert not isinstance(answer, PybnError), answer
        assert answer.keys() == record.outputs.keys()
        assert all(same_bits(answer[name], want) for name, want in record.outputs.items()), case.id
    assert refused > 2


def test_a_users_tree_answers_as_under_octave(
    matlab: MatlabEngine, octave: OctaveEngine, tmp_path: Path
) -> None:
    """Functions, classes, packages, structs, cells, text, handles, constants, printed output and errors."""
    for name, text in test_any_case.TREE.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    (tmp_path / "tree" / "said.m").write_text(
        test_any_case.TREE["said.m"].replace("fprintf(2, 'nor that');", "")  # evalc has no second output
    )
    for name, sketch in test_any_case.CASES.items():
        (tmp_path / f"{name}.toml").write_text(sketch.text(name))
    found = [case for name in test_any_case.CASES for case in read_case_file(tmp_path / f"{name}.toml")]
    cases = list({str(case.matlab.steps): case for case in found}.values())  # many differ in Python alone
    jobs = [(case, inputs_of(case, GoldenEngine())) for case in cases]
    kinds: set[type] = set()
    for case, got, want in zip(cases, matlab.run_all(jobs), octave.run_all(jobs), strict=True):
        if isinstance(want, EngineError):
            assert isinstance(got, EngineError), case.name
            assert (got.identifier, got.said, got.step) == (want.identifier, want.said, want.step)
            assert str(got) == str(want)
        else:
            assert not isinstance(want, PybnError)
            assert not isinstance(got, PybnError), f"{case.name}: {got}"
            assert alike(got, want), case.name
            kinds |= {type(value) for value in got.values()}
    assert kinds == {np.ndarray, str, dict, Cell, Map}


def alike(x: Any, y: Any) -> bool:
    """Tell whether two values are the same, arrays to the bit."""
    if type(x) is not type(y):
        return False
    if isinstance(x, np.ndarray):
        return same_bits(x, y)
    if is_dataclass(x):
        return all(alike(getattr(x, part.name), getattr(y, part.name)) for part in fields(x))
    if isinstance(x, dict):
        return list(x) == list(y) and all(alike(x[key], y[key]) for key in x)
    if isinstance(x, tuple | list):
        return len(x) == len(y) and all(map(alike, x, y))
    return bool(x == y)


def test_every_dtype_and_shape_comes_back_as_it_went(matlab: MatlabEngine, m_file: MFile) -> None:
    folder = m_file("same", SAME)
    jobs, given = [], []
    for dtype in DTYPES:
        inputs = {f"x{k}": sample(dtype, shape) for k, shape in enumerate(SHAPES)}
        wanted = {f"{name}_": (x.shape, dtype) for name, x in inputs.items()}
        jobs.append(make_job(folder, "same", [f"{name}_ = same({name})" for name in inputs], inputs, wanted))
        given.append(inputs)
    for inputs, answer in zip(given, matlab.run_all(jobs), strict=True):
        assert not isinstance(answer, PybnError), answer
        for name, x in inputs.items():
            assert same_bits(answer[f"{name}_"], x), f"{name} {x.dtype} {x.shape}"


def test_matrices_that_octave_keeps_in_a_form_of_its_own(matlab: MatlabEngine, m_file: MFile) -> None:
    forms = {"eye(3)": np.eye(3), "sparse([1 0; 0 2])": np.diag([1.0, 2.0]), "1:4": np.arange(1.0, 5)}
    forms["sparse([true false])"] = np.array([True, False])
    jobs = []
    for k, (form, wanted) in enumerate(forms.items()):
        folder = m_file(f"give{k}", f"function y = give{k}()\n  y = {form};\nend\n")
        declared = {"y": (wanted.shape, wanted.dtype.name)}
        jobs.append(make_job(folder, f"give{k}", [f"y = give{k}()"], {}, declared))
    for wanted, answer in zip(forms.values(), matlab.run_all(jobs), strict=True):
        assert not isinstance(answer, PybnError)
        assert same_bits(answer["y"], wanted)


# How MATLAB is run.


def test_a_batch_is_one_matlab_told_nothing_of_any_case(
    matlab: MatlabEngine, m_file: MFile, calls: Path
) -> None:
    folder = m_file("twice", "function y = twice(x)\n  y = 2 * x;\nend\n")
    jobs: list[Job] = [
        make_job(
            folder, "twice", ["y = twice(x)"], {"x": np.array(float(k))}, {"y": SCALAR}, title="x'); quit('"
        )
        for k in range(5)
    ]
    list(matlab.run_all(jobs[:1]))
    before = len(calls.read_text().splitlines())
    assert values(matlab.run_all(jobs)) == [0, 2, 4, 6, 8]
    told = calls.read_text().splitlines()
    assert len(told) == before + 1
    assert set(told) == {"pybn_matlab"}


def test_the_stand_in_has_no_fork_and_fails_as_matlab_does(tmp_path: Path) -> None:
    """Or what these tests show would be nothing."""

    def batch(code: str) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"MATLABPATH": str(tmp_path)}
        return subprocess.run(
            [STAND_IN, "-batch", code], capture_output=True, text=True, timeout=30, check=False, env=env
        )

    for name in ("fork", "dup2", "popen2", "waitpid", "exec"):
        done = batch(f"{name}()")
        assert (done.returncode, f"Undefined function '{name}'" in done.stderr) == (1, True)
    assert batch("exit(7)").returncode == 7
    assert batch("x = 1;").returncode == 0
    (tmp_path / "on_the_path.m").write_text("disp('here')\n")
    assert "here" in batch("on_the_path").stdout


def test_versions(matlab: MatlabEngine) -> None:
    assert matlab.versions["matlab"] == RELEASE
    assert {"matlab", "matlab_version", "matlab_blas"} == matlab.versions.keys()


def test_random_numbers_are_the_same_for_every_case(matlab: MatlabEngine, m_file: MFile) -> None:
    folder = m_file("draws", "function y = draws()\n  y = [rand(1, 2) randn(1, 2)];\n  rng(3);\nend\n")
    job = make_job(folder, "draws", ["y = draws()"], {}, {"y": ((4,), "float64")})
    first, second = matlab.run_all([job, job])
    assert not isinstance(first, PybnError)
    assert not isinstance(second, PybnError)
    assert same_bits(first["y"], second["y"])


def test_an_error_names_the_users_own_file(matlab: MatlabEngine, m_file: MFile) -> None:
    """Not the copy that MATLAB runs; and a place in the user's code, not in ours."""
    folder = m_file("where", "function y = where(x)\n  error('our:id', mfilename('fullpath'));\nend\n")
    job = make_job(folder, "where", ["y = where(1)"], {}, {"y": SCALAR})
    field = make_job(folder, "where", ["s = where(1)", "y = s.no"], {}, {"y": SCALAR})
    [answer, _] = matlab.run_all([job, field])
    told = f"made.toml: where [float64]: step 'y = where(1)': {folder}/where (where, line 2)"
    assert str(answer) == told
    assert isinstance(answer, EngineError)
    assert answer.identifier == "our:id"


def test_trees_that_have_a_class_of_one_name(matlab: MatlabEngine, tmp_path: Path, calls: Path) -> None:
    """MATLAB may keep the class of the one as long as it runs, so that each tree gets a MATLAB of its own."""
    jobs = []
    for name, number in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Thing.m").write_text(
            f"classdef Thing\n  methods, function y = get(o), y = {number}; end, end\nend\n"
        )
        jobs.append(make_job(tmp_path / name, "Thing", ["y = get()"], {}, {"y": SCALAR}, new=[]))
    before = len(calls.read_text().splitlines()) if calls.exists() else 0
    assert values(matlab.run_all([jobs[0], jobs[0], jobs[1], jobs[0]])) == [1, 1, 2, 1]
    assert len(calls.read_text().splitlines()) == before + 3


def test_a_tree_that_needs_no_staging_is_run_as_it_is(matlab: MatlabEngine, tmp_path: Path) -> None:
    """Its folders are on the path, its files are copies of what the user has, to the byte."""
    text = 'function y = good()\n  y = numel(fileread([mfilename("fullpath") ".m"]));\n  % "a" + "b"\nend\n'
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "good.m").write_text(text)
    (tmp_path / "tree" / "startup.m").write_text("exit(7)\n")
    (tmp_path / "c.toml").write_text(
        '[matlab]\ntree = "tree"\nfunction = "good"\n[python]\ntarget = "a:b"\n[inputs]\n[outputs]\n'
        'y = { shape = [] }\n[[step]]\nmatlab = "y = good()"\npython = "y = b()"\n[[case]]\nname = "c"\n'
    )
    [case] = read_case_file(tmp_path / "c.toml")[:1]
    assert matlab.run(case, {})["y"].item() == len(text)


# Names and texts are data.


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and find no file in the end that only an executed name can have made."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    yield
    assert [*tmp_path.rglob("pwned"), *Path(tempfile.gettempdir()).rglob("pwned")] == []


def test_texts_come_as_they_are(matlab: MatlabEngine, m_file: MFile, nothing_runs: None) -> None:
    """Each element of a char is a character; of those the stand-in has the first 256."""
    folder = m_file("codes", "function y = codes(s, c)\n  y = [double(s) double(c{2}.f)];\nend\n")
    texts = [text for text in ATTACKS if text and max(text) < "\u0100"][::4]
    jobs = []
    for text in texts:
        wanted = {"y": ((2 * len(text),), "float64")}
        attrs = {"s": text, "c": [1, {"f": text}]}
        job = make_job(folder, "codes", ["y = codes($s, $c)"], {}, wanted, attrs=attrs, title=text)
        jobs.append(job)
    for text, answer in zip(texts, matlab.run_all(jobs), strict=True):
        assert not isinstance(answer, PybnError), f"{text!r}: {answer}"
        assert answer["y"].tolist() == 2 * [ord(letter) for letter in text]


def test_names_are_refused_before_anything_is_sent(
    matlab: MatlabEngine, m_file: MFile, nothing_runs: None, calls: Path
) -> None:
    folder = m_file("twice", "function y = twice(x)\n  y = 2 * x;\nend\n")
    good, inputs = make_job(folder, "twice", ["y = twice(x)"], {"x": np.array(1.0)}, {"y": SCALAR})
    before = calls.read_text()
    for name in (text for text in ATTACKS[::3] if text not in {"end", "for", "a.b"}):
        steps = [
            Call("t", ("y",), (name,), ()),
            Call("t", ("y",), ("twice", name), ()),
            Call("t", ("y",), ("twice",), (Handle((name,)),)),
        ]
        sides = [replace(good.matlab, name=name), replace(good.matlab, name=name, kind="class")]
        sides += [replace(good.matlab, steps=(step,), functions=(name,)) for step in steps]
        for side in sides:
            with pytest.raises(CaseError):
                matlab.run(replace(good, matlab=side), inputs)
    assert calls.read_text() == before
