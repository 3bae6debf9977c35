"""Wait for the answer to a job, and read it; or tell how the job ended instead."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from pybn.case import Case, bound_values
from pybn.engines.base import Array, no_step
from pybn.engines.driver.session import LOGS, Session, printed_too_much
from pybn.engines.driver.spec import restore, restore_value
from pybn.engines.driver.wire import WireError, load
from pybn.errors import DeadlineError, EngineError, PybnError

Answer = dict[str, Array] | PybnError

PATIENCE = 30.0  # seconds for a case to begin in, once it is its turn
TELL = 4000  # characters of an error message that are passed on


def wait(session: Session, case: Case, file: Path, deadline: float) -> Answer | None:
    """Return the answer to a job, or its error; where no answer comes, end the session.

    None: the program ended, or never got to it, before the job began, so that it is not the job's doing.
    """
    out, begun = file.with_suffix(session.answered), file.with_suffix(".run")
    since, seen, pause = time.monotonic(), False, 0.001
    while not session.closed:
        if out.exists():
            answer = _excess(session, case, file) or _read(case, file)
            for suffix in (".in", ".out", ".run", session.answered, *LOGS):
                file.with_suffix(suffix).unlink(missing_ok=True)
            return answer
        if not seen and begun.exists():
            seen, since = True, time.monotonic()
        trouble: EngineError | None = _excess(session, case, file)
        if trouble is None and time.monotonic() - since > (deadline if seen else max(deadline, PATIENCE)):
            text = f"was still running after {deadline:g} s and was ended"
            trouble = DeadlineError(_told(case, file, text), step=_step(case, file))
        reply = session.outcome(pause) if trouble is None else None
        pause = min(2 * pause, 0.02)
        if reply is not None and not out.exists():
            text = f"ended {session.product} before it was done; {reply.get('error', 'no answer came')}"
            trouble = EngineError(_told(case, file, text), step=_step(case, file))
        if trouble is not None:
            seen = begun.exists()
            session.close()
            return trouble if seen else None
    return None


def _excess(session: Session, case: Case, file: Path) -> EngineError | None:
    """Return the error of a case that takes too much."""
    text = session.excess(file)
    return EngineError(_told(case, file, text)) if text else None


def _read(case: Case, file: Path) -> Answer:
    try:
        with file.with_suffix(".out").open("rb") as stream:
            reply = load(stream)
        if text := printed_too_much(len(reply.get("printed", "").encode())):
            return EngineError(_told(case, file, text))
        if not reply["ok"].item():
            return _failure(case, file, reply)
        outputs = reply["outputs"]
    except (OSError, WireError, KeyError, TypeError, AttributeError) as error:
        return no_step(case, f"left an answer that cannot be read: {error}")
    try:
        tensors = {name: restore(case, name, outputs.get(name)) for name in case.outputs}
        values = {name: restore_value(case, name, outputs.get(name)) for name in bound_values(case)}
        printed = [name for name, value in case.output_values.items() if value.kind == "printed"]
        return tensors | values | {name: _printed(file, reply) for name in printed}
    except EngineError as error:
        return error
    except OSError as error:
        return no_step(case, f"what it printed cannot be read: {error.strerror}")


def _printed(file: Path, reply: dict[str, Any]) -> str:
    """Return what the steps printed to standard output, which is all there by the time there is an answer."""
    if "printed" in reply:
        return str(reply["printed"])
    return file.with_suffix(LOGS[0]).read_bytes().decode(errors="backslashreplace")


def _failure(case: Case, file: Path, reply: dict[str, Any]) -> EngineError:
    number = int(np.asarray(reply["failed"]).item())
    message = f"{reply['message'][:TELL]}" + (f" ({reply['place']})" if reply["place"] else "")
    if number < 0:
        return EngineError(_told(case, file, message), step=_step(case, file))
    step = _name(case, number)
    text = str(no_step(case, f"step {step!r}: {message}"))
    return EngineError(text, step=step, identifier=reply["identifier"], said=reply["message"][:TELL])


def _told(case: Case, file: Path, text: str) -> str:
    """Say what happened, and in which step, where one was reached."""
    step = _step(case, file)
    return str(no_step(case, f"step {step!r}: {text}" if step else text))


def _step(case: Case, file: Path) -> str:
    try:
        return _name(case, int(file.with_suffix(".run").read_text() or 0))
    except (OSError, ValueError, IndexError):
        return ""


def _name(case: Case, number: int) -> str:
    if number:
        return case.matlab.steps[number - 1].text
    return f"constructing {case.matlab.name}" if case.matlab.kind == "class" else ""
