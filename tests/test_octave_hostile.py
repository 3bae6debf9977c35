"""What a .m file can do to Octave, to its process and to ours: it harms its own case, in time, and nothing else."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest import processes
from octave_cases import Job, make_job

from pybn.engines.octave import OctaveEngine
from pybn.errors import DeadlineError, EngineError, PybnError

MFile = Callable[[str, str], Path]
Found = dict[str, tuple[object, float]]

pytestmark = pytest.mark.usefixtures("needs_octave")

DEADLINE = 1.25
SCALAR = ((), "float64")
PLAIN = "function y = plain(x)\n  y = 2 * x;\nend\n"

# What a case does before its answer, 1, and the message that it ends with instead.
ENDS_ITSELF = {
    "exit": ("exit", r"exit\(0\)"),
    "exit_3": ("exit(3)", r"exit\(3\)"),
    "quit_force": ("quit('force')", "ended Octave"),
    "exit_in_try": ("try, exit(4), catch, end", r"exit\(4\)"),
    "exit_in_unwind": ("unwind_protect, x = 1; unwind_protect_cleanup, exit(5); end_unwind_protect", r"exit\(5\)"),
    "killed": ("kill(getpid(), 9)", "signal 9"),
    "segfault": ("kill(getpid(), 11)", "ended Octave"),
    "abort": ("kill(getpid(), 6)", "ended Octave"),
    "error": ("error('our:id', 'no\\n')", "no"),
    "error_struct": ("error(struct('message', 'msg', 'identifier', 'a:b', 'stack', struct('x', {})))", "msg"),
    "error_percent": ("error('a:b', '%s', '%d %s \\n')", r"%d %s \\n"),
    "error_lines": ("error('a:b', '%s', sprintf('one\\ntwo\\x07'))", "one\ntwo"),
    "error_not_utf8": ("error('a:b', '%s', char([255 254 65]))", "\u00ff\u00feA"),  # as MATLAB's char has it
    "error_long": ("error('a:b', '%s', repmat('x', 1, 1e7))", "x{4000}$|x{4000} "),
    "rethrow": ("try, error('a:b', 'first'), catch e, rethrow(e), end", "first"),
    "rethrow_struct": ("rethrow(struct('message', 'odd', 'identifier', 'c:d'))", "odd"),
    "recursion": ("f = @(g, n) g(g, n + 1); f(f, 1)", "max_(recursion|stack)_depth"),
    "deep_recursion": (
        "max_recursion_depth(1e9); max_stack_depth(1e9); f = @(g, n) g(g, n + 1); f(f, 1)",
        "ended Octave|out of memory|stack",
    ),
    "memory": ("zeros(1e6, 1e6)", "out of memory"),
    "pauses": ("pause", "not a tty"),
    "input": ("input('')", "keyboard"),
    "keyboard": ("keyboard", "keyboard"),
    "no_such": ("no_such_function()", "no_such_function"),
}  # fmt: skip
HANGS = {
    "evalc_loops": "s = evalc('while true, disp(1), end');",
    "loops_protected": "unwind_protect, while true, end, unwind_protect_cleanup, while true, end, end_unwind_protect",
    "system_ignores": "system('trap \"\" INT TERM HUP; while :; do sleep 1; done')",
    "stops_octave": "kill(getppid(), 19); kill(getpid(), 19); pause(1000)",
}
PRINTS_TOO_MUCH = {
    "prints_for_ever": "while true, puts(repmat('x', 1, 1e4)); end",
    "prints_100_mb": "s = repmat('x', 1, 1e6); for k = 1:100, disp(s); end",
    "system_prints": "system('yes')",
}
ANSWERS = {
    "prints_some": "disp(repmat('x', 1, 1e6))",
    "evalc": "s = evalc('disp(1)');",
    "fake_prompt": "printf('PEXPECT_PROMPT>'); printf('\\n>> octave:1> debug> ');"
    " system('printf PEXPECT_PROMPT\\\\>');",
    "fake_error": "fprintf(stderr, 'error: pybn_batch: no\\n');",
    "background": "system('sleep 1000 &');",
    "background_session": "system('setsid sleep 1001 >/dev/null 2>&1 &');",
    "background_orphan": "system('(setsid sh -c \"sleep 1002 & sleep 1003\" &)');",
    "background_without_environment": "system('env -i sleep 1004 &');",
    "background_without_trace": "system('env -i setsid sleep 1006 &');",
    "forks": "for k = 1:3, if fork() == 0, while true, pause(1), end, end, end",
    "reads_stdin": "system('cat'); system('read x');",
    "terminated": "kill(getpid(), 15);",
    "interrupted": "kill(getpid(), 2);",
    "changes_folder": "cd('/');",
    "removes_folder": "d = pwd(); cd('..'); rmdir(d);",
    "changes_path": "path(''); cd('..');",
    "removes_driver": "rmpath(getenv('PYBN_DRIVER'));",
    "restores_path": "restoredefaultpath();",
    "clears": "clear all",
    "clears_more": "clear -all; clear -classes; clear functions; clear classes",
    "clears_base": "evalin('base', 'clear -all');",
    "deletes_itself": "delete([mfilename('fullpath') '.m']);",
    "leaves_state": "warning('error', 'Octave:some-id'); warning('off', 'all'); format long; more on; beep_on_error(1);"
    " debug_on_error(1); crash_dumps_octave_core(1); PS1('>> '); rand('seed', 1);"
    " setenv('PYBN_SESSION', '/nowhere'); atexit('exit'); page_screen_output(1); page_output_immediately(1);",
    "traps": "atexit('never_there'); global left; left = onCleanup(@() system('sleep 1000'));",
    "opens_files": "for k = 1:200, fopen('/dev/null'); end; fclose('all');",
    "closes_files": "fclose('all');",
    "locks": "mlock();",
    "daemon": "system('sh -c \"(sleep 1005 &)\"');",
}
# What may or may not answer 1, as long as nobody else is harmed.
HARMS_ITSELF = {
    "clears_caller": "evalin('caller', 'clear -all');",
    "runs_short": "max_recursion_depth(9);",
    "interrupts_octave": "kill(getppid(), 2);",
    "shadows_in_its_folder": "for n = {'numel', 'zeros', 'fork', 'stat', 'sprintf', 'kill', 'readdir'},"
    " f = fopen([n{1} '.m'], 'w'); fprintf(f, 'function varargout = %s(varargin)\n error(\"mine\");\nend\n', n{1});"
    " fclose(f); end; rehash();",
    "writes_to_terminal": "f = fopen('/dev/tty', 'w'); if f > 0, fprintf(f, 'PEXPECT_PROMPT>\n'); end",
    "removes_files": "confirm_recursive_rmdir(false); rmdir(getenv('PYBN_SESSION'), 's');",
    "kills_group": "kill(0, 9);",
}


def hostile(m_file: MFile, name: str, body: str) -> Job:
    folder = m_file(f"h_{name}", f"function y = h_{name}(varargin)\n  y = 1;\n  {body}\n  y = 1;\nend\n")
    return make_job(folder, f"h_{name}", [f"y = h_{name}()"], {}, {"y": SCALAR}, title=name)


def plain(m_file: MFile, number: int) -> Job:
    folder = m_file("plain", PLAIN)
    return make_job(folder, "plain", ["y = plain(x)"], {"x": np.array(float(number))}, {"y": SCALAR})


@pytest.fixture(scope="module")
def engine(octave: OctaveEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctaveEngine]:
    """One engine for all of this; in the end neither a process nor a file of it is left.

    The one that tests share starts before it, with its files elsewhere.
    """
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        with OctaveEngine(DEADLINE) as engine:
            yield engine
            assert processes(folder)  # or what follows would prove nothing
    assert processes(folder) == []
    assert list(folder.iterdir()) == []


def run_between(engine: OctaveEngine, jobs: Mapping[str, Job], m_file: MFile) -> Found:
    """Run each hostile job between two that behave, and return each one's answer and how long it took."""
    batch = [job for k, hostile_job in enumerate(jobs.values()) for job in (plain(m_file, k), hostile_job)]
    answers, times = [], []
    since = time.monotonic()
    for answer in engine.run_all([*batch, plain(m_file, len(jobs))]):
        answers.append(answer)
        times.append(time.monotonic() - since)
        since = time.monotonic()
    plains = [a if isinstance(a, PybnError) else a["y"].item() for a in answers[::2]]
    assert plains == list(range(0, 2 * len(jobs) + 1, 2))
    return {name: (answers[2 * k + 1], times[2 * k + 1]) for k, name in enumerate(jobs)}


def run_bodies(engine: OctaveEngine, bodies: Mapping[str, str], m_file: MFile) -> Found:
    return run_between(engine, {name: hostile(m_file, name, body) for name, body in bodies.items()}, m_file)


def test_a_case_that_ends_itself_is_an_error_with_its_reason(engine: OctaveEngine, m_file: MFile) -> None:
    found = run_bodies(engine, {name: body for name, (body, _) in ENDS_ITSELF.items()}, m_file)
    for name, (answer, took) in found.items():
        assert isinstance(answer, EngineError), name
        assert answer.step == f"y = h_{name}()"
        assert re.search(ENDS_ITSELF[name][1], str(answer)), f"{name}: {answer}"
        assert len(str(answer)) < 5000
        assert str(answer).isprintable() or "\n" in str(answer)
        assert took < DEADLINE + 1, name


def test_a_case_that_hangs_is_ended_at_its_deadline(engine: OctaveEngine, m_file: MFile) -> None:
    for name, (answer, took) in run_bodies(engine, HANGS, m_file).items():
        assert isinstance(answer, DeadlineError), name
        assert f"step 'y = h_{name}()': was still running after 1.25 s" in str(answer)
        assert DEADLINE - 0.5 < took < DEADLINE + 1, name


def test_a_case_that_prints_without_end_is_ended(engine: OctaveEngine, m_file: MFile) -> None:
    for name, (answer, took) in run_bodies(engine, PRINTS_TOO_MUCH, m_file).items():
        assert isinstance(answer, EngineError), name
        assert re.search(r"printed [0-9]+ bytes; wanted at most", str(answer)), f"{name}: {answer}"
        assert took < DEADLINE + 1, name


def test_what_a_case_does_to_its_process_ends_with_it(engine: OctaveEngine, m_file: MFile) -> None:
    for name, (answer, _) in run_bodies(engine, ANSWERS, m_file).items():
        assert not isinstance(answer, PybnError), f"{name}: {answer}"
        assert answer == {"y": 1}


def test_a_case_that_attacks_its_surroundings_harms_only_itself(engine: OctaveEngine, m_file: MFile) -> None:
    for name, (answer, took) in run_bodies(engine, HARMS_ITSELF, m_file).items():
        assert isinstance(answer, EngineError) or answer == {"y": 1}, name
        assert took < DEADLINE + 10, name  # whatever hides from us that it has begun costs an Octave more


def test_functions_of_octave_that_a_case_shadows(engine: OctaveEngine, tmp_path: Path, m_file: MFile) -> None:
    """A tree with its own numel and the like: the answer is written, and the next cases run, without them."""
    jobs = {}
    for name in [
        "numel",
        "size",
        "zeros",
        "find",
        "fwrite",
        "fopen",
        "fieldnames",
        "isempty",
        "class",
        "full",
        "strcmp",
        "stat",
        "fork",
        "rename",
    ]:
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.m").write_text(
            f"function varargout = {name}(varargin)\n  varargout = {{7, 7, 7}};\nend\n"
        )
        (folder / "shadowed.m").write_text("function y = shadowed()\n  y = 1;\nend\n")
        jobs[name] = make_job(folder, "shadowed", ["y = shadowed()"], {}, {"y": SCALAR})
    answers = {name: answer for name, (answer, _) in run_between(engine, jobs, m_file).items()}
    wrong = {name for name, answer in answers.items() if answer != {"y": 1}}
    assert all(isinstance(answers[name], EngineError) for name in wrong)
    assert wrong <= {"numel", "size", "strcmp", "isempty", "fopen"}  # what the steps themselves are run with


def test_memory_and_files_are_limited(octave: OctaveEngine, m_file: MFile) -> None:
    """Memory that is asked for and not used costs nothing, so only a limit can refuse it."""
    folder = m_file("claim", "function y = claim(bytes)\n  x = zeros(1, bytes / 8);\n  y = numel(x);\nend\n")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    inputs = {"x": np.array(float(max(memory * 7 // 8, 5 << 30)))}
    with pytest.raises(EngineError, match="out of memory"):
        octave.run(*make_job(folder, "claim", ["y = claim(x)"], inputs, {"y": SCALAR}))
    limit = "  [~, y] = system('ulimit -f');\n  y = str2double(y);\n"
    folder = m_file("files", f"function y = files()\n{limit}end\n")
    assert octave.run(*make_job(folder, "files", ["y = files()"], {}, {"y": SCALAR}))["y"] * 512 <= 8 << 30
