"""A parser in a process of its own: whatever it does, the caller gets one answer or one error."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pybn.errors import FileError, FormatError
from pybn.formats import child

PARSERS = """
import ctypes, os, sys, time
def fine(path): print("noise"); os.write(1, b"noise"); return {"read": len(open(path).read())}
def crash(path): ctypes.string_at(0)
def spin(path):
    while True: pass
def sleep(path): time.sleep(60)
def shield(path):
    import signal
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU): signal.signal(number, signal.SIG_IGN)
    sleep(path)
def hog(path): return len(bytes(1 << 31))
def flood(path): return "x" * (65 << 20)
def leave(path): os._exit(3)
def raise_(path): raise OSError("a\\x1bb")
def recurse(path): return recurse(path)
def write(path): os.write(os.open(path, os.O_WRONLY | os.O_APPEND), b"more")
def offspring(path):
    if not os.fork(): time.sleep(60)
    time.sleep(60)
def gone(path): os.unlink(path); open(path)
def stdin(path): return sys.stdin.read()
"""


@pytest.fixture
def parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """A module of parsers that misbehave, and a file for them."""
    (tmp_path / "pybn_test_parsers.py").write_text(PARSERS)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "data.bin"
    path.write_text("12345")
    return "pybn_test_parsers", path


def running(group: int) -> list[str]:
    """The processes of a group that are not dead and merely waiting for somebody to take note."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may end meanwhile
            found.append(path.read_text().rpartition(")"))
    return [name for name, _, rest in found if rest.split()[2] == str(group) and rest.split()[0] != "Z"]


def called(parser: tuple[str, Path], function: str, deadline: float = 20.0, memory: int = 1 << 30) -> object:
    return child.call(f"{parser[0]}:{function}", str(parser[1]), deadline=deadline, memory=memory)


def test_a_parser_answers_whatever_else_it_prints(parser: tuple[str, Path]) -> None:
    assert called(parser, "fine") == {"read": 5}


def test_a_parser_gets_no_input(parser: tuple[str, Path]) -> None:
    code = (
        "import sys; from pybn.formats.child import call; sys.path.insert(0, sys.argv[1]);"
        "print(repr(call(sys.argv[2], sys.argv[3], deadline=20, memory=1 << 30)))"
    )
    command = [sys.executable, "-c", code, str(parser[1].parent), f"{parser[0]}:stdin", str(parser[1])]
    done = subprocess.run(command, input="secret", capture_output=True, text=True, check=True)
    assert done.stdout == "''\n"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("crash", "SIGSEGV"),
        ("hog", "more than the 1 GiB"),
        ("flood", "more than 64 MiB"),
        ("leave", "exit status 3"),
        ("raise_", r"OSError: a\\x1bb"),
        ("recurse", "RecursionError"),
        ("write", "File too large"),
    ],
)
def test_a_parser_that_fails_is_one_error_that_names_the_file(
    parser: tuple[str, Path], function: str, words: str
) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        called(parser, function)
    assert str(caught.value).startswith(f"{parser[1]}: ")
    assert parser[1].read_text() == "12345"


@pytest.mark.parametrize("function", ["spin", "sleep", "shield", "offspring"])
def test_a_parser_past_its_deadline_is_ended_with_all_that_it_started(
    parser: tuple[str, Path], function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    start = child._start
    monkeypatch.setattr(child, "_start", lambda *a: (process := start(*a), started.append(process.pid))[0])
    before = time.monotonic()
    with pytest.raises(FormatError, match=r"longer than 0\.6 s"):
        called(parser, function, deadline=0.6)
    assert time.monotonic() - before < 1.6
    # What the parser started has been killed too, but it is not ours to wait for.
    while running(started[0]) and time.monotonic() - before < 3:
        time.sleep(0.01)
    assert not running(started[0])


def test_a_file_that_goes_away_is_an_error_of_input(parser: tuple[str, Path]) -> None:
    with pytest.raises(FileError, match="No such file"):
        called(parser, "gone")


def test_an_interrupt_leaves_no_process(parser: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(process: subprocess.Popen[bytes], end: float) -> bytes:
        started.append(process)
        raise KeyboardInterrupt

    started: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(child, "_read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        called(parser, "sleep")
    assert started[0].returncode == -signal.SIGKILL
