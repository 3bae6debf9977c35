"""What a case can do to the MATLAB that it shares with others: it spoils its own answer, in time, and nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest import gone, processes
from matlab_stand_in import STAND_IN
from octave_cases import Job, make_job

from pybn.engines.matlab import MatlabEngine
from pybn.errors import DeadlineError, EngineError, MatlabMissing, PybnError

MFile = Callable[[str, str], Path]
DEADLINE = 2.5
SCALAR = ((), "float64")
PLAIN = "function y = plain(x)\n  y = 2 * x;\nend\n"
HERE = "fileparts(mfilename('fullpath'))"

# What a case does before its answer, 1, and the message that it ends with instead.
ENDS_ITSELF = {
    "exit": ("exit", "ended MATLAB before it was done; exit code 0"),
    "exit_in_try": ("try, exit(4), catch, end", "ended MATLAB before it was done; exit code 4"),
    "killed": ("system('kill -9 $PPID');", "ended MATLAB before it was done; signal 9"),
    "error": ("error('our:id', '%s', sprintf('one\\ntwo\\x07'))", "one\ntwo"),
    "input": ("input('')", "keyboard"),
    "keyboard": ("keyboard", "keyboard"),
    "forks": ("fork();", "Undefined function 'fork'"),
    "prints_100_mb": (
        "s = repmat('x', 1, 1e6); for k = 1:100, disp(s); end",
        "printed 100000100 bytes; wanted at",
    ),
    "prints_past_us": ("system('yes')", r"printed \d+ bytes; wanted at most"),
    "removes_all": (
        "confirm_recursive_rmdir(false); cd('/'); rmdir(getenv('PYBN_SESSION'), 's');",
        "MATLAB ended before the case began, twice|ended MATLAB before it was done",
    ),
}
HANGS = {
    "loops": "while true, end",
    "prints_for_ever": "while true, disp(1), end",
    "system_ignores": "system('trap \"\" INT TERM HUP; while :; do sleep 1; done');",
}
DEFINES = "f = fopen('plain.m', 'w'); fprintf(f, 'function y = plain(x), y = -1; end'); fclose(f);"
ANSWERS = {
    "prints": "disp(repmat('x', 1, 1e6)); s = evalc('disp(1)');",
    "system": "system('sleep 1000 >/dev/null 2>&1 &'); system('cat'); system('read x');",
    "changes_folder": "cd('/');",
    "removes_folder": "d = pwd(); cd('..'); rmdir(d);",
    "changes_path": "path(''); cd('..');",
    "removes_driver": "for d = strsplit(getenv('MATLABPATH'), ':'), rmpath(d{1}); end",
    "restores_path": "restoredefaultpath();",
    "clears": "clear all",
    "clears_more": "clear -all; clear functions; clear classes; evalin('base', 'clear all');",
    "deletes_itself": "delete([mfilename('fullpath') '.m']);",
    "leaves_state": "warning('error', 'a:b'); format long; more on; lasterr('x'); rng(7);"
    " setenv('PYBN_SESSION', '/nowhere'); setenv('MATLABPATH', ''); setenv('TMPDIR', '/nowhere');",
    "leaves_files": "fclose(fopen('left.m', 'w')); mkdir('plain'); for k = 1:50, fopen([tempname() '.m'], 'w'); end",
    "locks": "mlock(); fclose('all');",
    "defines_plain_in_its_folder": DEFINES,
    "defines_plain_on_the_path": f"{DEFINES} addpath(pwd());",
    "defines_plain_in_the_tree": f"cd({HERE}); {DEFINES} rehash();",
    "leaves_in_base": "assignin('base', 'k', 7); assignin('base', 'base', 'x'); global k; k = 9;",
}

pytestmark = pytest.mark.usefixtures("needs_octave")


@pytest.fixture
def stand_in(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take the stand-in for MATLAB; in the end neither a process nor a file of it is left. Return where files go."""
    monkeypatch.setenv("MATLAB_EXECUTABLE", str(STAND_IN))
    return temporary


def hostile(m_file: MFile, name: str, body: str) -> Job:
    folder = m_file(f"h_{name}", f"function y = h_{name}(varargin)\n  y = 1;\n  {body}\n  y = 1;\nend\n")
    return make_job(folder, f"h_{name}", [f"y = h_{name}()"], {}, {"y": SCALAR}, title=name)


def plain(m_file: MFile, number: int) -> Job:
    folder = m_file("plain", PLAIN)
    return make_job(folder, "plain", ["y = plain(x)"], {"x": np.array(float(number))}, {"y": SCALAR})


def run_between(
    bodies: Mapping[str, str], m_file: MFile, deadline: float = 30
) -> dict[str, tuple[object, float]]:
    """Run each hostile case between two that behave, and return each one's answer and how long it took."""
    plains = [plain(m_file, k) for k in range(len(bodies) + 1)]
    batch = [
        job
        for k, (name, body) in enumerate(bodies.items())
        for job in (plains[k], hostile(m_file, name, body))
    ]
    answers, times, since = [], [], time.monotonic()
    with MatlabEngine(deadline) as engine:
        for answer in engine.run_all([*batch, plains[-1]]):
            answers.append(answer)
            times.append(time.monotonic() - since)
            since = time.monotonic()
    assert [a if isinstance(a, PybnError) else a["y"].item() for a in answers[::2]] == list(
        range(0, 2 * len(bodies) + 1, 2)
    )
    assert (plains[0][0].matlab.path[0] / "plain.m").read_text() == PLAIN
    return {name: (answers[2 * k + 1], times[2 * k + 1]) for k, name in enumerate(bodies)}


def test_a_case_that_ends_itself_is_an_error_with_its_reason(stand_in: Path, m_file: MFile) -> None:
    found = run_between({name: body for name, (body, _) in ENDS_ITSELF.items()}, m_file)
    for name, (answer, _) in found.items():
        assert isinstance(answer, EngineError), name
        assert re.search(ENDS_ITSELF[name][1], str(answer)), f"{name}: {answer}"
        assert f"h_{name}()" in str(answer) or name == "removes_all"
        assert len(str(answer)) < 5000


def test_a_case_that_hangs_is_ended_at_its_deadline(stand_in: Path, m_file: MFile) -> None:
    for name, (answer, took) in run_between(HANGS, m_file, DEADLINE).items():
        assert isinstance(answer, DeadlineError), f"{name}: {answer}"
        assert f"step 'y = h_{name}()': was still running after 2.5 s" in str(answer)
        assert DEADLINE - 0.5 < took < DEADLINE + 3, name


def test_what_a_case_does_to_its_matlab_is_taken_back(stand_in: Path, m_file: MFile) -> None:
    for name, (answer, _) in run_between(ANSWERS, m_file).items():
        assert not isinstance(answer, PybnError), f"{name}: {answer}"
        assert answer == {"y": 1}


LEAKS = {
    "persistent": "persistent n; if isempty(n), n = 0; end; n = n + 1; y = n;",
    "locked": "mlock(); persistent n; if isempty(n), n = 0; end; n = n + 1; y = n;",
    "global": "global n; if isempty(n), n = 0; end; n = n + 1; y = n;",
    "base": "y = 1 + evalin('base', 'exist(''n'', ''var'')'); assignin('base', 'n', 1);",
    "folder": "y = 1 + exist(fullfile(pwd(), 'left'), 'file'); fclose(fopen('left', 'w'));",
    "open_files": "y = numel(fopen('all')) + 1; fopen('/dev/null');",
    "map": "c = Shared(); c.table('n') = 1 + c.table.Count; y = double(c.table('n'));",
    "warning": "y = 1 + strcmp(warning('query', 'a:b').state, 'on'); warning('on', 'a:b');",
    "last_warning": "y = 1 + numel(lastwarn()); lastwarn('mine');",
    "format": "y = numel(evalc('disp(pi)')); format long;",
    "path": "y = 1 + ~isempty(strfind(path(), '/usr/share/nowhere')); addpath('/usr'); addpath(pwd());",
}


def test_nothing_passes_from_case_to_case(stand_in: Path, m_file: MFile) -> None:
    m_file("Shared", "classdef Shared < handle\n  properties\n    table = containers.Map();\n  end\nend\n")
    jobs = []
    for name, body in LEAKS.items():
        folder = m_file(f"leak_{name}", f"function y = leak_{name}()\n  {body}\nend\n")
        jobs += [make_job(folder, f"leak_{name}", [f"y = leak_{name}()"], {}, {"y": SCALAR})] * 2
    with MatlabEngine(20) as engine:
        answers = list(engine.run_all(jobs))
    for k, name in enumerate(LEAKS):
        first, second = answers[2 * k : 2 * k + 2]
        assert first == second, name
        assert not isinstance(first, PybnError), f"{name}: {first}"


OURS = (
    "f = builtin('fopen', 'pybn_write.m', 'w'); fprintf(f, 'function pybn_write(varargin), end'); fflush(f);"
)


def test_functions_of_matlab_that_a_tree_shadows(stand_in: Path, tmp_path: Path, m_file: MFile) -> None:
    """The answer is written, and the next cases run, without them, and without ours that lie in the case's folder."""
    jobs = []
    names = [
        "numel",
        "zeros",
        "find",
        "fwrite",
        "fopen",
        "fieldnames",
        "class",
        "path",
        "rmpath",
        "cd",
        "rng",
        "clear",
    ]
    for k, name in enumerate(names):
        folder = tmp_path / name
        folder.mkdir()
        text = f"function varargout = {name}(varargin)\n  varargout = {{7, 7, 7}};\nend\n"
        (folder / f"{name}.m").write_text(text)
        (folder / "shadowed.m").write_text(f"function y = shadowed()\n  {OURS}\n  y = 1;\nend\n")
        jobs += [plain(m_file, k), make_job(folder, "shadowed", ["y = shadowed()"], {}, {"y": SCALAR})]
    with MatlabEngine(20) as engine:
        answers = list(engine.run_all(jobs))
    assert answers[::2] == [{"y": 2 * k} for k in range(len(names))]
    wrong = {name for name, answer in zip(names, answers[1::2], strict=True) if answer != {"y": 1}}
    assert wrong <= {"numel", "fopen"}  # what the steps themselves are run with


def test_memory_and_files_are_limited(stand_in: Path, m_file: MFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine with a megabyte of memory, any MATLAB takes too much."""
    folder = m_file(
        "files", "function y = files()\n  [~, y] = system('ulimit -f');\n  y = str2double(y);\nend\n"
    )
    files = make_job(folder, "files", ["y = files()"], {}, {"y": SCALAR})
    loops = hostile(m_file, "loops", "while true, end")
    sysconf = os.sysconf
    with MatlabEngine(30) as engine:
        assert engine.run(*files)["y"] * 512 <= 8 << 30
        monkeypatch.setattr(os, "sysconf", lambda name: 256 if name == "SC_PHYS_PAGES" else sysconf(name))
        with pytest.raises(EngineError, match=r"took \d\.\d GiB of memory; wanted at most 0\.0"):
            engine.run(*loops)


# MATLAB that is not there, or does not start.


@pytest.mark.parametrize(
    ("trouble", "kind", "told"),
    [
        (
            "license",
            MatlabMissing,
            r"has no licence; it wrote: License checkout failed. / License Manager Error -96",
        ),
        ("crashes", EngineError, r"did not start: signal 11; it wrote: Segmentation violation detected"),
        ("hangs", EngineError, r"did not start within 1 s; it has to know -batch, as R2019a"),
    ],
)
def test_a_matlab_that_does_not_start(
    stand_in: Path,
    m_file: MFile,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    kind: type[PybnError],
    told: str,
) -> None:
    monkeypatch.setenv("STAND_IN_TROUBLE", trouble)
    monkeypatch.setattr("pybn.engines.matlab.session.STARTUP", 1.0)
    with MatlabEngine(20) as engine, pytest.raises(kind, match=told):
        list(engine.run_all([plain(m_file, 1)]))
    assert (kind.exit_code, kind is MatlabMissing) in ((3, True), (4, False))


@pytest.mark.parametrize("named", ["no-such-matlab", "", "."])
def test_no_matlab(temporary: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("MATLAB_EXECUTABLE", named)
    monkeypatch.setenv("PATH", str(temporary))
    with pytest.raises(MatlabMissing, match=r"MATLAB is not here.*set MATLAB_EXECUTABLE .*--expected golden"):
        MatlabEngine().__enter__()


def test_a_matlab_that_is_no_program(temporary: Path, m_file: MFile, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = m_file("x", "") / "matlab"
    broken.write_text("\x7fELF no")
    broken.chmod(0o755)
    monkeypatch.setenv("MATLAB_EXECUTABLE", str(broken))
    with MatlabEngine() as engine, pytest.raises(MatlabMissing, match=r"does not start: .*Exec format error"):
        list(engine.run_all([plain(m_file, 1)]))


# The life of an engine.

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from octave_cases import make_job
from pybn.engines.matlab import MatlabEngine
job = make_job(Path(sys.argv[1]), "endless", ["y = endless()"], {}, {"y": ((), "float64")})
with MatlabEngine(60) as engine:
    engine.run(*job)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_python_is_ended(stand_in: Path, m_file: MFile, number: signal.Signals) -> None:
    text = "function y = endless()\n  system('sleep 1000 >/dev/null 2>&1 &');\n  while true, end\nend\n"
    folder = m_file("endless", text)
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(Path(__file__).parent)], stderr=subprocess.DEVNULL
    ) as python:
        until = time.monotonic() + 30
        while not any("sleep 1000" in command for command in processes(stand_in)):
            assert time.monotonic() < until
            time.sleep(0.05)
        python.send_signal(number)
        assert python.wait(5) != 0
        assert gone(stand_in, 3)


def test_batches_that_are_left_half_way_and_engines_used_after_their_end(
    stand_in: Path, m_file: MFile
) -> None:
    engine = MatlabEngine(20)
    jobs = [plain(m_file, k) for k in range(4)]
    with engine:
        first = engine.run_all(jobs)
        assert next(first) == {"y": 0}
        assert list(engine.run_all(jobs[2:])) == [{"y": 4}, {"y": 6}]
        assert list(first) == [{"y": 2}, {"y": 4}, {"y": 6}]
        third = engine.run_all(jobs)
        assert next(third) == {"y": 0}
        third.close()  # type: ignore[attr-defined]
        assert list(engine.run_all(jobs[:1])) == [{"y": 0}]
    assert list(engine.run_all(jobs[3:])) == [{"y": 6}]
    assert list(engine.run_all([])) == []
    engine.close()


def test_a_temporary_folder_that_matlab_cannot_have(
    tmp_path: Path, m_file: MFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    monkeypatch.setenv("MATLAB_EXECUTABLE", str(STAND_IN))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with MatlabEngine() as engine, pytest.raises(EngineError, match="set TMPDIR to another one"):
        list(engine.run_all([plain(m_file, 1)]))
    assert os.listdir(folder) == []  # noqa: PTH208
