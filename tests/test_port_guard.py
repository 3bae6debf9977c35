"""A port that wants to end the run, hangs, or prints spoils its own case and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pybn.case_file import read_case_file
from pybn.engines.guard import guarded
from pybn.engines.port import PortEngine
from pybn.errors import DeadlineError, EngineError, PybnError

PORT = """
import os, sys, time
print("at import")


def leave(x):
    os._exit(3)


def quit(x):
    sys.exit(4)


def hang(x):
    while True:
        time.sleep(0.01)


def stubborn(x):
    while True:
        try:
            time.sleep(10)
        except Exception:
            pass


def fork(x):
    pid = os.fork()
    if not pid:
        os._exit(5)
    return float(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def talk(x):
    print("hello", x)
    return x


def fine(x):
    return x
"""
NAMES = ("leave", "quit", "hang", "stubborn", "fork", "talk", "fine")
FILE = """
[matlab]
function = "f"
[python]
path = "."
targets = { %s }
[inputs]
x = { value = 1.5 }
[outputs]
y = { kind = "value" }
%s
[scenario]
%s
%s
"""


@pytest.fixture
def answers(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "guard_port.py").write_text(PORT)
    targets = ", ".join(f'{name} = "guard_port:{name}"' for name in NAMES)
    steps = "\n".join(f'{n} = [{{ matlab = "y = f(x)" }}, {{ python = "y = {n}(x)" }}]' for n in NAMES)
    cases = "\n".join(f'[[case]]\nname = "{n}"\nscenario = "{n}"' for n in NAMES)
    (tmp_path / "g.toml").write_text(FILE % (targets, 'said = { kind = "printed" }', steps, cases))
    found = read_case_file(tmp_path / "g.toml")
    jobs = [(case, {"x": 1.5}) for case in found]
    return {
        case.name: answer
        for (case, _), answer in zip(jobs, PortEngine(deadline=0.3).run_all(jobs), strict=True)
    }


def test_a_port_spoils_its_own_case_alone(answers: dict[str, object]) -> None:
    told = {name: str(answer) for name, answer in answers.items() if isinstance(answer, PybnError)}
    assert told.keys() == {"leave", "quit", "hang", "stubborn"}
    assert told["leave"].endswith(
        "leave [float64]: step 'y = leave(x)': Ended: called os._exit(3) (guard_port.py, line 7)"
    )
    assert "SystemExit: 4" in told["quit"]
    for name in ("hang", "stubborn"):
        assert isinstance(answers[name], DeadlineError)
        assert told[name].endswith("was still running after 0.3 s and was ended")
    assert isinstance(answers["leave"], EngineError)
    assert answers["fork"] == {"y": 5.0, "said": ""}
    assert answers["talk"] == {"y": 1.5, "said": "hello 1.5\n"}
    assert answers["fine"] == {"y": 1.5, "said": ""}


def test_nothing_stays_behind() -> None:
    end = os._exit
    with guarded(0.2):
        assert os._exit is not end
    assert os._exit is end
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_somebody_elses_alarm_is_left_alone() -> None:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with guarded(0.2):
            assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
            assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_what_a_port_prints_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "guard_port.py").write_text(PORT)
    steps = 'main = [{ matlab = "y = f(x)" }, { python = "y = talk(x)" }]'
    text = FILE % ('talk = "guard_port:talk"', "", steps, '[[case]]\nname = "a"')
    (tmp_path / "g.toml").write_text(text)
    command = [sys.executable, "-m", "pybn", "parity", "--json", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("{")
    assert "hello 1.5" in done.stderr
