"""Octave itself, asked one question at a time."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

from pybn.engines.octave import OctaveEngine, find_octave
from pybn.errors import EngineError
from pybn.formats.fixture import Record
from pybn.recordings.question import PRINTED, Question, case_of

NO_OUTPUT = ("Octave:invalid-fun-call", "function called with too many outputs")


class OctaveOracle:
    """Asks the Octave of an engine. `missing` says why there is none, "" where there is one."""

    def __init__(self, engine: OctaveEngine, missing: Callable[[], str]) -> None:
        self._engine = engine
        self._missing = missing
        self._problem: str | None = None
        self._version = ""

    def missing(self) -> str:
        """Say why it cannot be asked; "" where it can."""
        if self._problem is None:
            self._problem = self._missing()
        return self._problem

    def version(self) -> str:
        """Return the version of Octave, without starting a session of it."""
        if not self._version:
            asked = subprocess.run(
                [find_octave(), "--version"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
            )
            found = re.search(r"version (\d+(?:\.\d+)+)", asked.stdout)
            self._version = found[1] if found else self._engine.versions["octave"]
        return self._version

    def ask(self, question: Question) -> Record:
        """Return the answer to a question, or the error of the .m code. Raises PybnError where neither came.

        Where it is not said how many answers are wanted, and there is none to be had, it is asked for none.
        """
        asked = question.steps[-1]
        outputs, refusal = self._run(question)
        if refusal and asked.nargout is None and _no_output(asked.name, *refusal):
            asked.outputs = 0
            outputs, refusal = self._run(question)
        versions = {key: self._engine.versions[key] for key in ("octave", "blas")}
        name = f"{question.label} [{question.digest[:12]} Octave {versions['octave']}]"
        return Record(name, question.digest, question.files(), versions, {}, outputs, refusal)

    def _run(self, question: Question) -> tuple[dict[str, Any], tuple[str, str] | None]:
        case, inputs = case_of(question.steps, question.module)
        try:
            outputs = self._engine.run(case, inputs)
            return {name: value for name, value in outputs.items() if name != PRINTED or value}, None
        except EngineError as error:
            if not error.said:
                raise
            return {}, (error.identifier, error.said + str(error).rpartition(error.said)[2])


def _no_output(name: str, identifier: str, message: str) -> bool:
    """Tell an error of who asked for an answer that a function does not have; the function has not run then."""
    return identifier == NO_OUTPUT[0] and message.startswith(f"{name.rsplit('.')[-1]}: {NO_OUTPUT[1]}")
