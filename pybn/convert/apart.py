"""Files that nobody vouches for are converted in a process of their own, with limits, into a folder of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pybn.convert import manifest
from pybn.convert.layout import Rule
from pybn.convert.place import give_name, room
from pybn.convert.plan import Request
from pybn.errors import PybnError
from pybn.formats.child import call, shown
from pybn.formats.tensor import Options, writer_for


@dataclass(frozen=True, slots=True)
class Limits:
    """What the conversion of one file may take: seconds, bytes of address space, bytes of the file that it makes."""

    seconds: float = 600.0
    memory: int = 4 << 30
    output: int = 64 << 30


def converted_apart(source: str, target: Path, request: Request, limits: Limits) -> dict[str, Any]:
    """Convert one file in a process of its own, and return its manifest. Raises FormatError, naming the limit."""
    writer_for(target)
    with room(target) as folder:
        asked = {
            "room": str((folder / target.name).absolute()),
            "target": str(target),
            "request": asdict(request),
        }
        told = call(
            "pybn.convert.apart:work",
            source,
            deadline=limits.seconds,
            memory=limits.memory,
            argument=json.dumps(asked),
            output=limits.output,
        )
        assert isinstance(told, dict)  # noqa: S101  # our own answer
        if "failed" in told:
            raise _again(told["failed"])
        told["source"]["path"] = source  # as it was given; the child had it from the root of the file system
        give_name(folder / target.name, target)
        manifest.write(target, told)
    return told


def work(path: str, asked: str) -> dict[str, Any]:
    """The child: convert a file, and return its manifest, or what failed."""
    from pybn.convert.run import converted

    told = json.loads(asked)
    own = told["request"]
    request = Request(
        tuple(own["var"]),
        tuple(Rule(tuple(r["source"]), tuple(r["target"]), r["pattern"]) for r in own["rules"]),
        own["auto"],
        own["dtype"],
        own["skip"],
        Options(**own["options"]),
    )
    outcome = converted(path, Path(told["room"]), request)
    if outcome.error is not None:
        message = str(outcome.error).replace(told["room"], told["target"])
        return {"failed": {"type": type(outcome.error).__name__, "message": message}}
    return dict(outcome.told or {})


def _again(told: dict[str, str]) -> PybnError:
    """Return the error of the child as one of ours."""
    import pybn.errors

    kind = getattr(pybn.errors, told["type"], pybn.errors.FormatError)
    made: PybnError = kind(shown(told["message"]))
    return made
