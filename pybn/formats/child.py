"""Call a parser in a process of its own, so that the worst file costs one error and nothing else."""

from __future__ import annotations

import importlib
import json
import math
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pybn.errors import FileError, FormatError

ANSWER_LIMIT = 64 << 20

# The child gets its parent's import path: -I keeps out the user's variables and the current folder, no more.
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from pybn.formats.child import main; main()"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_NO_PLUGINS = {"HDF5_PLUGIN_PRELOAD": "::"}


class _LateError(Exception):
    """The child did not answer in time."""


def call(
    target: str, path: str, *, deadline: float, memory: int, argument: str | None = None, output: int = 0
) -> object:
    """Return what `target`, a "module:function" of this package, answers for `path`, by way of JSON.

    Where there is an `argument`, it is given to the function after the path.

    The process has `deadline` seconds, `memory` bytes of address space, no input, and a session of its own. No file
    that it writes may be larger than `output` bytes.
    Raises FileError where the system does not give the file, FormatError for everything else: what the parser
    refused, its crash, its deadline, its memory limit. Each message starts with `path`.
    """
    end = time.monotonic() + deadline
    process = _start(target, path, (deadline, memory, output), argument)
    try:
        answer = _read(process, end)
        process.wait(max(0.0, end - time.monotonic()))
    except (_LateError, subprocess.TimeoutExpired):
        raise FormatError(f"{path}: {_too_slow(deadline)}") from None
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    finally:
        _end(process)
    return verdict(path, process.returncode, answer, deadline=deadline, memory=memory)


def _start(
    target: str, path: str, limits: tuple[float, int, int], argument: str | None
) -> subprocess.Popen[bytes]:
    here = json.dumps([entry for entry in sys.path if entry])
    arguments = [target, str(Path(path).absolute()), *map(str, limits)]
    arguments += [] if argument is None else [argument]
    apart: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    apart |= {"start_new_session": True, "env": {**os.environ, **_ONE_THREAD, **_NO_PLUGINS}}
    command = [sys.executable, "-I", "-c", _BOOT, here, *arguments]
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, **apart)
    except OSError as error:
        raise FileError(f"{path}: no process could be started to read it: {error.strerror}") from error


def _read(process: subprocess.Popen[bytes], end: float) -> bytes:
    """Read the child's output to its end. Raises _LateError after `end`, FormatError past ANSWER_LIMIT."""
    assert process.stdout is not None  # noqa: S101 - it was asked for above
    answer = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(max(0.0, end - time.monotonic())):
            block = os.read(process.stdout.fileno(), 1 << 16)
            if not block:
                return bytes(answer)
            answer += block
            if len(answer) > ANSWER_LIMIT:
                raise FormatError(f"what is in it takes more than {ANSWER_LIMIT >> 20} MiB to say")
    raise _LateError


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind. (The group's number is safe to use until its leader was waited for.)"""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def verdict(path: str, status: int, answer: bytes, *, deadline: float, memory: int) -> object:
    """Return the value in a child's `answer`, or raise what it or its exit status stands for (see `call`)."""
    if status in (-signal.SIGXCPU, -signal.SIGALRM):
        raise FormatError(f"{path}: {_too_slow(deadline)}")
    if status == -signal.SIGXFSZ:
        raise FormatError(f"{path}: what is made of it is larger than it may be, and its process was stopped")
    if status == -signal.SIGKILL:
        raise FormatError(f"{path}: the system killed its parser, most likely for the memory that it took")
    if status < 0:
        raise FormatError(
            f"{path}: is damaged, or made to do harm: its parser crashed on it ({_signal(-status)})"
        )
    reply = _decode(answer)
    match reply:
        case {"value": value}:
            return value
        case {"refused": str(reason)}:
            raise FormatError(f"{path}: {shown(reason)}")
        case {"failed": str(reason)}:
            raise FileError(f"{path}: {shown(reason)}")
        case {"system": str(reason)}:
            raise FileError(f"{path}: cannot be read: {reason}")
        case {"memory": _}:
            limit = f"{memory / (1 << 30):.3g} GiB"
            raise FormatError(f"{path}: its parser needs more than the {limit} of memory that it is given")
    raise FormatError(f"{path}: its parser ended without an answer (exit status {status})")


def _decode(answer: bytes) -> object:
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None


def shown(reason: str) -> str:
    """Return a reason without what a terminal would act on: a library may quote the file in it."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in reason)


def _too_slow(deadline: float) -> str:
    return f"its parser took longer than {deadline:g} s and was stopped; it is damaged, hostile or very large"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def main() -> None:
    """The child: answer on standard output for the file and function on the command line."""
    target, path, deadline, memory, output, *more = sys.argv[2:]
    confine(float(deadline), int(memory), int(output))
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a C library prints is not the answer
    with os.fdopen(out, "wb") as stream:
        stream.write(reply(target, path, *more))
    os._exit(0)  # a library that a bad file upset may crash on its way out


def confine(deadline: float, memory: int, output: int = 0) -> None:
    """Limit this process for good: address space, processor and wall-clock time, no core, the size of a file."""
    seconds = math.ceil(deadline) + 1
    limits = {"RLIMIT_AS": memory, "RLIMIT_CPU": seconds, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": output}
    for name, value in limits.items():
        with suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(getattr(resource, name), (value, value))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)  # in case nobody is left to end it


def reply(target: str, path: str, *more: str) -> bytes:
    """Call `target` on `path` and what more there is; return its value or failure, as the JSON that `verdict` takes."""
    module, _, function = target.partition(":")
    try:
        if not Path(path).is_dir():  # a zarr store
            Path(path).open("rb").close()  # so that an error of the system is told from an error of a parser
        answer = {"value": getattr(importlib.import_module(module), function)(path, *more)}
        return json.dumps(answer).encode()
    except FormatError as error:
        answer = {"refused": str(error).removeprefix(f"{path}: ")}  # which the parent says
    except FileError as error:
        answer = {"failed": str(error).removeprefix(f"{path}: ")}
    except MemoryError:
        answer = {"memory": True}
    except OSError as error:
        answer = {"system": error.strerror} if error.filename == path else {"refused": _words(error)}
    except Exception as error:  # whatever a parser raises on a bad file
        answer = {"refused": _words(error)}
    return json.dumps(answer).encode()


def _words(error: Exception) -> str:
    return f"cannot be parsed: {type(error).__name__}: {str(error)[:500]}"
