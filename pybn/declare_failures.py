"""What a case file declares to go wrong: errors that must occur, and divergences that are known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pybn.case import Known, Refusal
from pybn.case_keys import only, show
from pybn.errors import CaseError

WANTED = "{ matlab = 'Class:identifier', python = 'ExceptionName' }"
BY_MESSAGE = "matlab = { message = '...' } tells by a piece of the message"


def refusal(value: Any) -> Refusal | None:
    """Return what a case says under `refuses`, None where it says nothing. Raises CaseError."""
    if value is None:
        return None
    # An error without an identifier would count as a refusal, whatever went wrong.
    if not isinstance(value, dict) or value.keys() != {"matlab", "python"}:
        raise CaseError(f"refuses: wanted {WANTED}, got {show(value)}")
    matlab, matlab_message = _word(value, "matlab", "identifier")
    python, python_message = _word(value, "python", "exception")
    if not python:
        raise CaseError(f"refuses: python: wanted the name of an exception, got {show(value['python'])}")
    return Refusal(matlab, python, matlab_message, python_message)


def _word(value: dict[str, Any], side: str, key: str) -> tuple[str, str]:
    told = value[side]
    if isinstance(told, dict):
        only(told, {key, "message"}, f"refuses: {side}")
        words = told.get(key, ""), told.get("message", "")
    else:
        words = told, ""
    if not all(isinstance(word, str) for word in words) or not any(word.strip() for word in words):
        raise CaseError(f"refuses: wanted {WANTED}, got {show(value)}; {BY_MESSAGE}")
    return words


def reason(value: Any) -> str:
    """Return why a case is known to diverge, "" where it is not. Raises CaseError."""
    told = value.get("because", "") if isinstance(value, dict) else value
    if told is None:
        return ""
    if not isinstance(told, str) or (isinstance(value, dict) and not told.strip()):
        raise CaseError(f"diverges: wanted the reason, or a table with because = '...', got {show(value)}")
    return told


def known_divergence(value: Any, outputs: Collection[str]) -> Known | None:
    """Return how far a declared divergence goes, None where it is of all outputs. Raises CaseError."""
    if not isinstance(value, dict):
        return None
    only(value, {"because", "outputs", "matlab", "python"}, "diverges")
    names = value.get("outputs", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise CaseError(f"diverges: outputs: wanted a list of outputs, got {show(names)}")
    for name in names:
        if name not in outputs and not any(part_of(name, whole) for whole in outputs):
            raise CaseError(
                f"diverges: outputs: {name!r} is no output of this case; there are {sorted(outputs)}"
            )
    errors = [value.get(side, "") for side in ("matlab", "python")]
    said = [value[side] for side in ("matlab", "python") if side in value]
    if not all(isinstance(word, str) and word.strip() for word in said):
        raise CaseError(f"diverges: wanted the error's identifier, message or exception, got {show(value)}")
    if len([word for word in (names, *errors) if word]) > 1:
        raise CaseError(
            "diverges: wanted one of outputs, matlab and python; where both sides end with an error, say refuses"
        )
    return Known(tuple(names), *errors) if names or any(errors) else None


def part_of(path: str, name: str) -> bool:
    """Tell whether a path of a leaf is of the output `name`: s.weights{2} is of s."""
    return path == name or (path.startswith(name) and path[len(name)] in ".{(")
