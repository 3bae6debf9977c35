"""The life of an engine: its end in every way there is, several at once, and what passes from case to case."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import gone, processes
from octave_cases import Job, make_job

from pybn.engines.octave import OctaveEngine
from pybn.engines.octave.session import Session
from pybn.errors import CaseError, DeadlineError, DTypeError, EngineError, PybnError, StateError

MFile = Callable[[str, str], Path]
SCALAR = ((), "float64")
ENDLESS = "function y = endless()\n  system('sleep 1000 &');\n  while true, end\nend\n"

pytestmark = pytest.mark.usefixtures("needs_octave")


@pytest.fixture
def twice(m_file: MFile) -> Callable[[float], Job]:
    """Make a job that doubles a number, after a while where that is asked for."""
    folder = m_file("twice", "function y = twice(x, wait)\n  pause(wait);\n  y = 2 * x;\nend\n")

    def make(number: float, wait: float = 0) -> Job:
        inputs = {"x": np.array(float(number))}
        return make_job(folder, "twice", ["y = twice(x, $wait)"], inputs, {"y": SCALAR}, attrs={"wait": wait})

    return make


def endless(m_file: MFile) -> Job:
    return make_job(m_file("endless", ENDLESS), "endless", ["y = endless()"], {}, {"y": SCALAR})


def values(answers: object) -> list[object]:
    return [type(a) if isinstance(a, PybnError) else a["y"].item() for a in answers]  # type: ignore[attr-defined]


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from octave_cases import make_job
from pybn.engines.octave import OctaveEngine
from pybn.engines.octave.session import Session
job = make_job(Path(sys.argv[1]), "endless", ["y = endless()"], {}, {"y": ((), "float64")})
with OctaveEngine(60) as engine:
    print("ready", flush=True)
    engine.run(*job)
"""


def start_endless(m_file: MFile, temporary: Path) -> subprocess.Popen[bytes]:
    """Start a Python that runs a case which does not end, and wait until the case runs."""
    folder, _ = endless(m_file)[0].matlab.path[0], None
    python = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    while not any("sleep 1000" in command for command in processes(temporary)):
        assert time.monotonic() < until
        time.sleep(0.05)
    return python


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_python_is_ended(temporary: Path, m_file: MFile, number: signal.Signals) -> None:
    with start_endless(m_file, temporary) as python:
        python.send_signal(number)
        assert python.wait(5) != 0
        assert gone(temporary, 2)


def test_nothing_is_left_when_every_python_is_killed(temporary: Path, m_file: MFile) -> None:
    """As by `killall -9 python`: the process that holds Octave is one too."""
    with start_endless(m_file, temporary) as python:
        ours = [pid for pid in children_of(python.pid) if "child.py" in command_of(pid)]
        assert len(ours) == 1
        for pid in (*ours, python.pid):
            os.kill(pid, signal.SIGKILL)
        python.wait(5)
        assert gone(temporary, 2)


ORPHANS = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1)  # whoever is left behind comes to us, as to the first process of a container
from pybn.engines.octave import OctaveEngine
with OctaveEngine(60):
    pass
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("none")
"""


def test_not_even_a_zombie_is_left(temporary: Path) -> None:
    """In a container often nobody reaps."""
    python = subprocess.run([sys.executable, "-c", ORPHANS], capture_output=True, text=True, check=True)
    assert python.stdout == "none\n"


def test_an_octave_that_somebody_else_kills(temporary: Path, twice: Callable[..., Job]) -> None:
    """In the middle of a case, that case is an error; between cases, nobody notices. The next ones run."""
    with OctaveEngine(20) as engine:
        answers = engine.run_all([twice(1), twice(2, 1000), twice(3)])
        assert values([next(answers)]) == [2]
        threading.Timer(0.3, os.kill, (engine._session.octave_pid, signal.SIGKILL)).start()  # type: ignore[union-attr]
        assert values(answers) == [EngineError, 6]
        os.kill(engine._session.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
        assert values(engine.run_all([twice(1), twice(2)])) == [2, 4]


def test_a_consumer_that_raises_ends_its_batch(octave: OctaveEngine, twice: Callable[..., Job]) -> None:
    def consume(answers: Iterator[object]) -> None:
        for _ in answers:
            1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        consume(octave.run_all([twice(1), twice(2, 1000), twice(3)]))
    assert octave._session is not None
    assert octave._session.closed  # nobody waits for the second case
    assert values(octave.run_all([twice(4)])) == [8]


def test_run_all_abandoned_half_way(octave: OctaveEngine, twice: Callable[..., Job]) -> None:
    first = octave.run_all([twice(1), twice(2), twice(3), twice(4)])
    assert values([next(first)]) == [2]
    second = octave.run_all([twice(5), twice(6), twice(7)])
    assert values([next(second)]) == [10]
    assert values(octave.run_all([twice(8)])) == [16]  # in between
    assert values(first) == [4, 6, 8]
    assert values(second) == [12, 14]
    third = octave.run_all([twice(1), twice(2)])
    next(third)
    third.close()  # type: ignore[attr-defined]
    assert values(octave.run_all([twice(9)])) == [18]


def test_an_engine_entered_twice_used_after_its_end_and_never_closed(
    temporary: Path, twice: Callable[..., Job]
) -> None:
    engine = OctaveEngine(20)
    with engine:
        with engine:
            assert values(engine.run_all([twice(1)])) == [2]
        assert processes(temporary) == []
    engine.close()
    assert values(engine.run_all([twice(3)])) == [6]
    engine.close()


def test_no_jobs(twice: Callable[..., Job]) -> None:
    assert list(OctaveEngine(20).run_all([])) == []


def test_jobs_that_cannot_be_handed_over(
    octave: OctaveEngine, twice: Callable[..., Job], tmp_path: Path
) -> None:
    case, _ = twice(1)
    bad = (case, {"x": np.float32(1).reshape(())})
    lost = make_job(tmp_path / "nowhere", "twice", ["y = twice(x)"], {"x": np.array(1.0)}, {"y": SCALAR})
    jobs = [bad, twice(1), bad, bad, twice(2), lost, twice(3), lost]
    assert values(octave.run_all(jobs)) == [DTypeError, 2, DTypeError, DTypeError, 4, CaseError, 6, CaseError]


def test_a_batch_is_one_call_of_one_octave(
    octave: OctaveEngine, twice: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    send = Session.send
    monkeypatch.setattr(Session, "send", lambda self, **told: calls.append(self) or send(self, **told))
    assert values(octave.run_all([twice(k) for k in range(7)])) == list(range(0, 14, 2))
    assert len(calls) == 1
    monkeypatch.setattr("pybn.engines.driver.engine.BATCH_BYTES", 16)  # two doubles
    assert values(octave.run_all([twice(k) for k in range(7)])) == list(range(0, 14, 2))
    assert len(calls) == 5
    assert len({session.octave_pid for session in calls}) == 1


def test_a_case_that_cannot_begin_is_run_again(
    temporary: Path, m_file: MFile, twice: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before it stopped the Octave that both share, and had its answer all the same."""
    monkeypatch.setattr("pybn.engines.driver.answers.PATIENCE", 1.0)
    folder = m_file("stops", "function y = stops()\n  kill(getppid(), 19);\n  y = 1;\nend\n")
    stops = make_job(folder, "stops", ["y = stops()"], {}, {"y": SCALAR})
    with OctaveEngine(1.0) as engine:
        assert values(engine.run_all([stops, twice(2), twice(3)])) == [1, 4, 6]


def test_the_deadline_is_of_each_case(
    octave: OctaveEngine, twice: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five cases that each take most of it; a consumer that takes longer than it; and one case that is too slow."""
    monkeypatch.setattr(octave, "deadline", 1.0)
    answers = []
    for answer in octave.run_all([*[twice(k, 0.5) for k in range(5)], twice(9, 60), twice(10)]):
        answers.append(answer)
        time.sleep(1.2 if len(answers) == 2 else 0)
    assert values(answers) == [0, 2, 4, 6, 8, DeadlineError, 20]


def test_two_engines_in_two_threads(temporary: Path, twice: Callable[..., Job]) -> None:
    def many(start: int) -> list[object]:
        with OctaveEngine(20) as engine:
            return values(engine.run_all([twice(start + k) for k in range(60)]))

    with ThreadPoolExecutor(2) as pool:
        for start, answers in zip((0, 1000), pool.map(many, (0, 1000)), strict=True):
            assert answers == [2 * (start + k) for k in range(60)]


def test_one_engine_in_two_threads_is_refused(octave: OctaveEngine, twice: Callable[..., Job]) -> None:
    answers = octave.run_all([twice(1), twice(2)])
    assert values([next(answers)]) == [2]
    with ThreadPoolExecutor(1) as pool, pytest.raises(StateError, match="one thread at a time"):
        pool.submit(list, octave.run_all([twice(3)])).result()
    assert values(answers) == [4]
    with ThreadPoolExecutor(1) as pool:
        assert values(pool.submit(list, octave.run_all([twice(3)])).result()) == [6]


def in_fork(engine: OctaveEngine, job: Job, replies: object) -> None:
    answers = values(engine.run_all([job]))
    replies.put((answers, engine._session.octave_pid))  # type: ignore[attr-defined, union-attr]
    engine.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_an_engine_in_a_fork_of_its_process(octave: OctaveEngine, twice: Callable[..., Job]) -> None:
    """A fork gets an Octave of its own, and leaves that of its parent alone."""
    context = multiprocessing.get_context("fork")
    replies = context.SimpleQueue()
    assert values(octave.run_all([twice(1)])) == [2]
    parents = octave._session.octave_pid  # type: ignore[union-attr]
    fork = context.Process(target=in_fork, args=(octave, twice(2), replies))
    fork.start()
    assert values(octave.run_all([twice(3) for _ in range(20)])) == [6] * 20
    answers, octave_pid = replies.get()
    assert answers == [4]
    fork.join()
    assert values(octave.run_all([twice(5)])) == [10]
    assert octave._session.octave_pid == parents != octave_pid  # type: ignore[union-attr]


LEAKS = {
    "persistent": "persistent n; if isempty(n), n = 0; end; n = n + 1; y = n;",
    "locked": "mlock(); persistent n; if isempty(n), n = 0; end; n = n + 1; y = n;",
    "global": "global n; if isempty(n), n = 0; end; n = n + 1; y = n;",
    "base": "assignin('base', 'n', 1 + evalin('base', 'exist(\"n\")')); y = evalin('base', 'n');",
    "environment": "y = 1 + ~isempty(getenv('LEAK')); setenv('LEAK', 'x');",
    "folder": "y = 1 + exist(fullfile(pwd(), 'left'), 'file'); fclose(fopen('left', 'w'));",
    "open_files": "y = 1 + ~isempty(fopen('all')) * 0; fopen('/dev/null'); y = numel(fopen('all')) - 3;",
    "map": "c = Shared(); c.table('n') = 1 + c.table.Count; y = double(c.table('n'));",
    "warning": "y = 1 + strcmp(warning('query', 'a:b').state, 'off'); warning('off', 'a:b');",
    "format": "y = 1 + (output_precision() == 3); output_precision(3);",
}


def test_nothing_passes_from_case_to_case(octave: OctaveEngine, m_file: MFile) -> None:
    m_file("Shared", "classdef Shared < handle\n  properties\n    table = containers.Map();\n  end\nend\n")
    jobs = []
    for name, body in LEAKS.items():
        folder = m_file(f"leak_{name}", f"function y = leak_{name}()\n  {body}\nend\n")
        jobs += [make_job(folder, f"leak_{name}", [f"y = leak_{name}()"], {}, {"y": SCALAR})] * 2
    answers = list(octave.run_all(jobs))
    for k, name in enumerate(LEAKS):
        first, second = values(answers[2 * k : 2 * k + 2])
        assert first == second, f"{name}: {answers[2 * k : 2 * k + 2]}"
        assert isinstance(first, float), f"{name}: {answers[2 * k]}"


def children_of(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
