"""`pybn.formats.child.call` without the time that a new Python takes to start: processes forked of one that is ready.

Each file has a process of its own all the same, which runs the very `main` of the child, under the same limits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from pybn.errors import FormatError
from pybn.formats import child

HERE = Path(__file__).resolve().parent
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from forked import serve; serve()"
READY = [
    "pybn.convert.run",
    "pybn.formats.mat",
    "pybn.formats.hdf5",
    "pybn.formats.listing",
    "pybn.formats.mat_arrays",
    "pybn.formats.hdf5_arrays",
    "pybn.formats.octave_text",
    "pybn.formats.octave_binary",
    "pybn.formats.npy",
    "pybn.formats.npz",
    "pybn.formats.safetensors",
    "pybn.formats.zarr",
    "pybn.formats.mat_objects",
    "pybn.formats.mat5_objects",
    "pybn.formats.hdf5_objects",
    "pybn.formats.write_npz",
    "scipy.sparse",
    "scipy.io",
    "zarr",
    "zarr.codecs",
    "mutant_reader",
]


@dataclass(slots=True)
class Cost:
    """What a process took: seconds by the clock and of the processor, MiB of memory, and the signal that ended it."""

    seconds: float = 0.0
    busy: float = 0.0
    memory: float = 0.0
    status: int = 0
    late: bool = False


class Forked:
    """A server of processes; `call` is that of `pybn.formats.child`, and `cost` what the last one took."""

    def __init__(self) -> None:
        here = json.dumps([str(HERE), str(HERE.parent), *(entry for entry in sys.path if entry)])
        environment = {**os.environ, **child._ONE_THREAD, **child._NO_PLUGINS}
        self._server = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, here],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd="/",
        )
        self.cost = Cost()

    def call(
        self,
        target: str,
        path: str,
        *,
        deadline: float,
        memory: int,
        argument: str | None = None,
        output: int = 0,
    ) -> object:
        """Return what `target` answers for a file, or raise what `pybn.formats.child.call` does."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        command = [target, str(Path(path).absolute()), *map(str, (deadline, memory, output))]
        command += [] if argument is None else [argument]
        self._server.stdin.write(json.dumps([deadline, command]).encode() + b"\n")
        self._server.stdin.flush()
        if not (line := self._server.stdout.readline()):
            raise SystemExit("the process that all are forked of is gone")
        told = json.loads(line)
        answer = self._server.stdout.read(told.pop("length"))
        self.cost = Cost(**told)
        if self.cost.late:
            raise FormatError(f"{path}: {child._too_slow(deadline)}")
        return child.verdict(path, self.cost.status, answer, deadline=deadline, memory=memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        assert self._server.wait(20) == 0
        assert self._server.stdout is not None
        self._server.stdout.close()


class _Process:
    """What `pybn.formats.child` has of a process."""

    def __init__(self, command: list[str]) -> None:
        reader, writer = os.pipe()
        self.returncode: int | None = None
        self.usage: Any = None
        self.pid = os.fork()
        if not self.pid:
            os.setsid()
            os.close(reader)
            os.dup2(writer, 1)
            os.close(writer)
            sys.argv = ["", "", *command]
            child.main()
        os.close(writer)
        self.stdout: IO[bytes] = os.fdopen(reader, "rb")

    def wait(self, _: float | None = None) -> int:
        if self.returncode is None:
            _, status, self.usage = os.wait4(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def serve() -> None:
    """The server: answer each line of commands with a line of costs, and the answer."""
    from importlib import import_module

    for module in READY:
        import_module(module)
    out = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(quiet, 0)
    for line in requests:
        deadline, command = json.loads(line)
        cost, answer = _answer(deadline, command)
        told = {name: getattr(cost, name) for name in Cost.__slots__} | {"length": len(answer)}
        out.write(json.dumps(told).encode() + b"\n" + answer)
        out.flush()


def _answer(deadline: float, command: list[str]) -> tuple[Cost, bytes]:
    start = time.monotonic()
    process: Any = _Process(command)
    answer, late = b"", False
    try:
        answer = child._read(process, start + deadline)
        process.wait()
    except child._LateError:
        late = True
    except FormatError as error:  # more of an answer than there may be
        answer = json.dumps({"refused": str(error)}).encode()
    finally:
        child._end(process)
    usage = process.usage
    busy = usage.ru_utime + usage.ru_stime
    status = 0 if answer and process.returncode == -9 else process.returncode
    return Cost(time.monotonic() - start, busy, usage.ru_maxrss / 1024, status, late), answer
