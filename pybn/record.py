"""Record the answers of Octave or MATLAB: explicit, all of a file or nothing, and telling what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pybn.answers import compare_answers
from pybn.case import Case, Known
from pybn.engines.base import Tensors
from pybn.engines.driver.engine import DrivenEngine
from pybn.engines.golden import GoldenEngine, stale
from pybn.errors import EngineError, FormatError, PybnError
from pybn.formats.fixture import Record, write_fixture
from pybn.inputs import make_inputs
from pybn.sources import used_files
from pybn.values import to_matlab

Recorder = DrivenEngine[Any]
NEW = "no record of it"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one record: "recorded", "kept", "dropped", "live only" or "failed", and why."""

    file: Path
    id: str
    what: str
    why: str = ""


def record(cases: Sequence[Case], which: frozenset[str], engine: Recorder) -> Iterator[Change]:
    """Record the cases whose state is in `which` ("missing", "stale", "fresh"), a whole file at a time.

    Yields a Change for each case and each record that no case has any more. Where a case fails, its old record
    stays as it was and the others are written. Raises FileError, OctaveMissing, MatlabMissing.
    """
    golden = GoldenEngine()
    for file, group in groupby(cases, key=lambda case: case.file):
        yield from _record_file(file, list(group), which, engine, golden)


def state(case: Case, golden: GoldenEngine) -> tuple[str, str]:
    """Return "missing", "stale" or "fresh", and why."""
    known = golden.records(case.fixture).get(case.id)
    if known is None:
        return "missing", NEW
    reason = stale(case, known, golden.seen)
    return ("stale", reason) if reason else ("fresh", "")


def _record_file(
    file: Path, cases: list[Case], which: frozenset[str], engine: Recorder, golden: GoldenEngine
) -> Iterator[Change]:
    known = _known(cases[0].fixture, which, golden)
    stored = [case for case in cases if not case.live]
    states = {case.id: state(case, golden) for case in stored}
    todo = [case for case in stored if states[case.id][0] in which]
    fresh: dict[str, Record] = {}
    for case, answer in _answers(todo, engine):
        if isinstance(answer, PybnError):
            yield Change(file, case.id, "failed", str(answer))
            continue
        fresh[case.id] = answer
        yield Change(
            file, case.id, "recorded", _difference(case, states[case.id][1], known.get(case.id), answer)
        )
    ids = {case.id for case in stored}
    dropped = [name for name in known if name not in ids]
    if fresh or dropped:
        merged = [fresh.get(case.id) or known.get(case.id) for case in stored]
        write_fixture(cases[0].fixture, [each for each in merged if each is not None])
    live = {case.id for case in cases if case.live}
    for name in dropped:
        why = "it is live only now" if name in live else "no case has this name any more"
        yield Change(file, name, "dropped", why)
    yield from (Change(file, case.id, "kept", _kept(states[case.id])) for case in stored if case not in todo)
    yield from (Change(file, case.id, "live only") for case in cases if case.live)


def _known(fixture: Path, which: frozenset[str], golden: GoldenEngine) -> Mapping[str, Record]:
    """Return the records that there are. Where all is recorded anew, a damaged file is as good as none."""
    try:
        return golden.records(fixture)
    except FormatError:
        if "fresh" not in which:
            raise
        golden.discard(fixture)
        return {}


def _kept(found: tuple[str, str]) -> str:
    return "" if found[0] == "fresh" else f"{found[0]}: {found[1]}"


def _answers(todo: list[Case], engine: Recorder) -> Iterator[tuple[Case, Record | PybnError]]:
    if not todo:
        return
    ready: list[tuple[Case, Tensors]] = []
    for case in todo:
        try:
            ready.append((case, make_inputs(case)))
        except PybnError as error:
            yield case, error
    answers = engine.run_all(ready)
    for case, inputs in ready:
        answer = next(answers)  # before the versions: one MATLAB runs the whole batch, and knows its own
        yield case, _to_record(case, inputs, answer, engine.versions)


def _to_record(
    case: Case, inputs: Tensors, answer: Mapping[str, object] | PybnError, versions: dict[str, str]
) -> Record | PybnError:
    refusal = None
    fits, word = _error_wanted(case)
    if word:
        if not isinstance(answer, EngineError) or not fits("matlab", answer):
            came = answer if isinstance(answer, PybnError) else "an answer"
            return EngineError(f"{case.file.name}: {case.id}: wanted the refusal {word}, got: {came}")
        refusal, answer = (answer.identifier, str(answer)), {}
    if isinstance(answer, PybnError):
        return answer
    inputs = {n: to_matlab(x, n) if n in case.input_values else x for n, x in inputs.items()}
    axes = {name: " ".join(t.axes) for name, t in {**case.inputs, **case.outputs}.items()}
    kept = {key: version for key, version in versions.items() if key != "oct2py"}
    return Record(case.id, case.digest(), used_files(case), kept, inputs, answer, refusal, axes)


def _error_wanted(case: Case) -> tuple[Callable[[str, EngineError], bool], str]:
    """Return how the error is told that has to come, and what it is called; "" where an answer has to."""
    if case.refuses:
        return case.refuses.fits, case.refuses.word("matlab")
    known = case.known or Known()
    return known.fits, known.matlab


def _difference(case: Case, reason: str, old: Record | None, new: Record) -> str:
    """Say why a record was made, and how its answers differ from those before."""
    if old is None:
        return "" if reason == NEW else reason
    found = compare_answers(case, old.outputs, new.outputs, exact=True)
    moved = [
        each.explain() for each in found if each.verdict != "equal" and each.name.split(".")[0] in old.outputs
    ]
    moved += [f"{name}: new" for name in new.outputs if name not in old.outputs]
    told = [reason or "recorded again"]
    if old.oracle.split()[:1] != new.oracle.split()[:1]:
        told.append(f"by {new.oracle}, was by {old.oracle}")
    return "; ".join([*told, *(moved or ["the answers are the same"])])
