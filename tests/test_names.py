"""Names and strings are data: they come through Octave as they are, or are refused at once; none of them runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from octave_cases import Job, make_case, make_job

from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.engines.octave import OctaveEngine
from pybn.errors import CaseError, EngineError, PybnError
from pybn.step_parser import parse_step
from pybn.steps import Call, Get, Set, Variable

MFile = Callable[[str, str], Path]

ATTACKS = [
    *['x"); system("touch pwned"); ("', "x'); system('touch pwned'); ('", "x; system('touch pwned')"],
    *["$(touch pwned)", "`touch pwned`", ";touch pwned;", "|touch pwned", "&& touch pwned", "\n!touch pwned\n"],
    *["%{\nsystem('touch pwned')\n%}", "@() system('touch pwned')", "{system('touch pwned')}", "eval('touch pwned')"],
    *["../../touch", "/etc/passwd", "~root", "a.b", "a:b", "a b", " ", "", "%s%n%d\\n", "a%", "#a", "a...", "\\"],
    *["\\\\n", "it's", 'say "it"', "'", '"', "''", '""', "\r\n", "\t", "\x00", "a\x00b", "\x1b[2J", "\x7f"],
    *["end", "for", "1a", "_a", "é", "e\u0301", "日本語", "🙂", "\u202e", "\ufeff", "\u2028"],
    *["a" * 64, "a" * 100_000, "\ud800", "\udcff"],
]  # fmt: skip
SCALAR = ((), "float64")
TWICE = "function y = twice(x)\n  y = 2 * x;\nend\n"


@pytest.fixture(autouse=True)
def _nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and find no file in the end that only an executed name can have made."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield
    folders = [tmp_path, *Path(tempfile.gettempdir()).glob("pybn-*")]  # which may go while they are walked
    assert [here for folder in folders for here, _, files in os.walk(folder) if "pwned" in files] == []


def encodes(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def bytes_of(folder: Path, text: Any, path: str = "v") -> Job:
    """Make a job that returns a text as Octave has it, byte by byte."""
    told: list[int] = list(text.encode(errors="replace"))
    return make_job(
        folder, "bytes_of", ["y = bytes_of($v)"], {}, {"y": ((len(told),), "float64")}, attrs={path: text}
    )


def check_texts(engine: OctaveEngine, m_file: MFile, texts: list[str]) -> None:
    folder = m_file("bytes_of", "function y = bytes_of(s)\n  y = reshape(double(s), 1, numel(s));\nend\n")
    for text, answer in zip(texts, engine.run_all([bytes_of(folder, text) for text in texts]), strict=True):
        if encodes(text):
            assert not isinstance(answer, PybnError), f"{text!r}: {answer}"
            assert bytes(answer["y"].astype(np.uint8)).decode() == text
        else:
            assert isinstance(answer, CaseError)
            assert "cannot be handed over unchanged" in str(answer)


def test_texts_come_as_they_are(octave: OctaveEngine, m_file: MFile) -> None:
    check_texts(octave, m_file, ATTACKS)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec=None), max_size=200), min_size=5, max_size=10))
def test_any_text_comes_as_it_is(octave: OctaveEngine, m_file: MFile, texts: list[str]) -> None:
    check_texts(octave, m_file, texts)


def test_texts_in_lists_structs_and_constructors(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file(
        "Keeper",
        """classdef Keeper < handle
  properties
    text = '';
  end
  methods
    function obj = Keeper(text), obj.text = text; end
    function y = all(obj, c, s), y = double([obj.text c{2} s.f{1}]); end
  end
end
""",
    )
    jobs = []
    texts = [text for text in ATTACKS if encodes(text)]
    for text in texts:
        length = 3 * len(text.encode())
        steps = ["y = all($c, $s)"]
        attrs = {"c": [1, text], "s": {"f": [text, []]}}
        jobs.append(
            make_job(folder, "Keeper", steps, {}, {"y": ((length,), "float64")}, attrs=attrs, new=[text])
        )
    for text, answer in zip(texts, octave.run_all(jobs), strict=True):
        if text:
            assert not isinstance(answer, PybnError), f"{text!r}: {answer}"
            assert bytes(answer["y"].astype(np.uint8)).decode() == 3 * text


@pytest.mark.parametrize(
    "value",
    [
        *[2**53 + 1, -(2**63) - 1, [True, 2**63 + 1], [1, 2**53 + 1], {"a": [2**64 + 1]}, 10**400],
        *[
            object(),
            [object()],
            1j,
            b"bytes",
            "\ud800",
            ["\ud800"],
            {"\ud800": 1},
            {1: 2},
            {"a b": 1},
            {"": 1},
        ],
        *[{"a\x00": 1}, {'x"); system("touch pwned"); ("': 1}],
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_value_that_would_change_is_refused(octave: OctaveEngine, m_file: MFile, value: object) -> None:
    folder = m_file("bytes_of", "function y = bytes_of(s)\n  y = 1;\nend\n")
    case = make_case(folder, "bytes_of", ["y = bytes_of($v)"], {}, {"y": SCALAR}, attrs={"v": value})
    with pytest.raises(CaseError, match=r"^made.toml: bytes_of \[float64\]: "):
        octave.run(case, {})


@pytest.mark.parametrize("value", [2**53, -(2**53), 2**62, 0.1, float("inf"), -0.0, True])
def test_a_number_comes_as_it_is(octave: OctaveEngine, m_file: MFile, value: float) -> None:
    folder = m_file("number", "function y = number(v)\n  y = double(v);\nend\n")
    case = make_case(folder, "number", ["y = number($v)"], {}, {"y": SCALAR}, attrs={"v": value})
    assert octave.run(case, {})["y"].tobytes() == np.float64(value).tobytes()


def test_the_title_of_a_case_may_be_anything(octave: OctaveEngine, m_file: MFile) -> None:
    """It names the case in messages, and goes nowhere else."""
    folder = m_file("fails", "function y = fails()\n  error('no');\nend\n")
    jobs = [
        make_job(folder, "fails", ["y = fails()"], {}, {"y": SCALAR}, title=title)
        for title in ATTACKS
        if title
    ]
    for title, answer in zip(filter(None, ATTACKS), octave.run_all(jobs), strict=True):
        assert isinstance(answer, EngineError)
        assert f"made.toml: {title} [float64]: step 'y = fails()': no" in str(answer)


def test_names_of_functions_classes_and_tensors(octave: OctaveEngine, m_file: MFile) -> None:
    """Made without a case file, whose reader refuses them first: refused here too, before anything is sent."""
    folder = m_file("twice", TWICE)
    good, inputs = make_job(folder, "twice", ["y = twice(x)"], {"x": np.array(1.0)}, {"y": SCALAR})
    x, y = good.inputs["x"], good.outputs["y"]
    for name in (a for a in ATTACKS if a not in {"end", "for", "a.b"}):
        for matlab in (replace(good.matlab, name=name), replace(good.matlab, name=name, kind="class")):
            with pytest.raises(CaseError):
                octave.run(replace(good, matlab=matlab), inputs)
        with pytest.raises(CaseError):
            octave.run(replace(good, inputs={name: replace(x, name=name)}), {name: inputs["x"]})
        with pytest.raises(CaseError):
            octave.run(replace(good, outputs={name: replace(y, name=name)}), inputs)
        with pytest.raises(CaseError):
            parse_step(f"{name} = twice(x)")
        with pytest.raises(CaseError):
            parse_step(f"y = self.{name}(x)" if name != "" else "y = self.(x)")


def test_names_in_steps_that_no_parser_has_seen(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("Keeper", "classdef Keeper < handle\n  properties\n    text = 1;\n  end\nend\n")
    steps = [
        lambda name: Call("t", (), ("self", name), ()),
        lambda name: Call("t", (name,), ("self", "size"), ()),
        lambda name: Get("t", "y", ("self", name)),
        lambda name: Get("t", name, ("self", "text")),
        lambda name: Set("t", ("self", name), Variable("x")),
        lambda name: Call("t", (), ("self", "size"), (Variable(name),)),
    ]
    x = {"x": np.array(1.0)}
    good = make_case(folder, "Keeper", ["y = self.text"], x, {}, new=[])
    names = [name for name in ATTACKS if encodes(name) and len(name) < 100]
    jobs: list[Job] = [
        (replace(good, matlab=replace(good.matlab, steps=(make(name),))), x)
        for make in steps
        for name in names
    ]
    for answer in octave.run_all(jobs[::3]):
        assert answer == {} or isinstance(answer, EngineError | CaseError)


FOLDERS = [
    a for a in ATTACKS if a and "/" not in a and "\0" not in a and len(a.encode(errors="replace")) < 200
]


def test_folders_of_any_name(octave: OctaveEngine, tmp_path: Path) -> None:
    """A folder on the case's path: it serves, or is refused with its name and what to do."""
    jobs = []
    for name in FOLDERS:
        folder = tmp_path / "x" / (name if encodes(name) else os.fsdecode(b"\xff"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "twice.m").write_text(TWICE)
        jobs.append(make_job(folder, "twice", ["y = twice(x)"], {"x": np.array(1.0)}, {"y": SCALAR}))
    for name, answer in zip(FOLDERS, octave.run_all(jobs), strict=True):
        if ":" in name or "\n" in name or not encodes(name):
            assert isinstance(answer, CaseError), repr(name)
            assert "on its path; rename it" in str(answer)
        else:
            assert answer == {"y": 2}, f"{name!r}: {answer}"


@pytest.mark.parametrize(
    "name", ["it's é %s $(touch pwned)", ATTACKS[0], "a\nb", "a\\n", os.fsdecode(b"\xff")]
)
def test_temporary_folders_of_any_name(
    needs_octave: None, m_file: MFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "t" / name
    folder.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    job = make_job(m_file("twice", TWICE), "twice", ["y = twice(x)"], {"x": np.array(1.0)}, {"y": SCALAR})
    engine = OctaveEngine(20)
    try:
        answer: Any = engine.run(*job)
    except EngineError as error:
        answer = str(error)
    engine.close()
    assert answer == {"y": 2} if "%" in name else answer.endswith("set TMPDIR to another one")
    assert list(folder.iterdir()) == []


CASE_FILE = """[matlab]
{kind} = {name}
path = "m"
[python]
target = "a:b"
[attrs]
v = 1
[inputs]
x = {{ shape = [] }}
[outputs]
y = {{ shape = [] }}
[[step]]
matlab = {step}
python = "y = b(x)"
[[case]]
name = "c"
dtype = "float64"
"""


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["class", "function", "step"]),
    st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(ATTACKS),
)
def test_a_case_file_takes_names_only(tmp_path: Path, where: str, text: str) -> None:
    """Whatever stands where a name belongs: a name, or a CaseError."""
    quoted = "'''" + text.replace("'''", "") + "'''"
    kind = where if where != "step" else "function"
    step = f"'''y = {text}(x)'''" if where == "step" else '"y = twice(x)"'
    file = tmp_path / "c.toml"
    file.write_text(
        CASE_FILE.format(kind=kind, name=quoted if where != "step" else '"twice"', step=step),
        errors="surrogateescape" if encodes(text) else "replace",
    )
    try:
        cases: list[Case] = read_case_file(file)
    except CaseError:
        return
    for case in cases:
        assert all(part.isidentifier() and part.isascii() for part in case.matlab.name.split("."))
        for read in case.matlab.steps:
            assert isinstance(read, Call)
            assert all(part.isidentifier() and part.isascii() for part in read.path)
