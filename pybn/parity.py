"""The main job: run cases on two engines and compare what they answer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from pybn.answers import Answers, by_leaf, compare_answers
from pybn.case import Case, Known, Refusal
from pybn.case_file import is_case_file, read_case_file
from pybn.compare import Comparison
from pybn.declare_failures import part_of
from pybn.diagnosis import CaseDiagnosis, Patience, diagnose_case
from pybn.divergence import Divergence, Reference, first_divergence, walk
from pybn.engines.base import Engine, Job, Tensors
from pybn.engines.golden import GoldenEngine
from pybn.errors import EngineError, FileError, FixtureError, PybnError, UsageError
from pybn.inputs import make_inputs
from pybn.literals import literals
from pybn.resources import bundled

Answer = Tensors | PybnError
Sides = tuple[str, str]
ENGINES = ("golden", "octave", "matlab", "port")


class Status(StrEnum):
    """How a case ended."""

    AGREES = "agrees"
    DIFFERS = "differs"
    DIVERGES = "known divergence"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Result:
    """One case on two engines: how it ended, each tensor's comparison, and in words what went wrong.

    Where there is something to compare, `answers` has both sides', until `located` drops them: there may be many,
    and large. Of those that differ it says in `divergence` where they part, and in `diagnosis` why.
    """

    case: Case
    status: Status
    comparisons: Sequence[Comparison] = field(default_factory=tuple)
    message: str = ""
    answers: Answers | None = field(default=None, repr=False, compare=False)
    divergence: Divergence | None = None
    diagnosis: CaseDiagnosis | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong: a known divergence that still diverges passes."""
        return self.status in (Status.AGREES, Status.DIVERGES)


def find_cases(paths: Sequence[str | Path] = (), broken: list[PybnError] | None = None) -> list[Case]:
    """Return the cases of case files and of folders of them; of the bundled ones where no path is given.

    Hidden folders and virtual environments are left out. The error of a case file that cannot be read goes
    into `broken`, where that is given, and is raised otherwise.
    Raises FileError where a path is nothing, UsageError where a folder has no case file; CaseError.
    """
    cases: list[Case] = []
    for path in [Path(p) for p in paths] or [bundled("fixtures")]:
        if path.is_dir():
            files = [file for file in _toml_files(path) if is_case_file(file)]
            if not files:
                raise UsageError(
                    f"{path}: no case file (a .toml with [matlab], [python] and [[case]]) in this folder"
                )
        elif path.exists():
            files = [path]
        else:
            raise FileError(f"{path}: there is no such file or folder")
        for file in files:
            try:
                cases += read_case_file(file)
            except PybnError as error:
                if broken is None:
                    raise
                broken.append(error)
    return cases


def _toml_files(path: Path) -> Iterator[Path]:
    """Yield the .toml files of a folder, as pytest would find them: what an environment holds is not the user's."""
    for folder, inner, files in os.walk(path):
        inner[:] = sorted(
            name
            for name in inner
            if not name.startswith(".") and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(".toml"))


def make_engine(name: str, golden: GoldenEngine, deadline: float = 60.0) -> Engine:
    """Return the engine of that name; nothing starts before it is entered. Raises UsageError."""
    if name == "golden":
        return golden
    if name == "port":
        from pybn.engines.port import PortEngine

        return PortEngine(deadline)
    if name == "octave":
        from pybn.engines.octave import OctaveEngine

        return OctaveEngine(deadline)
    if name == "matlab":
        from pybn.engines.matlab import MatlabEngine

        return MatlabEngine(deadline)
    raise UsageError(f"engine: wanted one of {', '.join(ENGINES)}, got {name!r}")


def run_parity(
    cases: Sequence[Case], expected: Engine, obtained: Engine, golden: GoldenEngine
) -> Iterator[Result]:
    """Yield a result for each case, as it comes: compare(expected.run(case), obtained.run(case))."""
    jobs, refused = jobs_of(cases, golden)
    wanted, got = expected.run_all(jobs), obtained.run_all(jobs)
    sides = (expected.side, obtained.side)
    for case in cases:
        if case.id in refused.get(case.file, {}):
            yield Result(case, Status.ERROR, message=_said(case, refused[case.file][case.id]))
        else:
            yield judge(case, next(wanted), next(got), sides)


def jobs_of(
    cases: Iterable[Case], golden: GoldenEngine
) -> tuple[list[Job], dict[Path, dict[str, PybnError]]]:
    """Pair the cases with their inputs; also return the cases, by file and id, that have none, and why."""
    jobs: list[Job] = []
    refused: dict[Path, dict[str, PybnError]] = {}
    for case in cases:
        try:
            jobs.append((case, inputs_of(case, golden)))
        except PybnError as error:
            refused.setdefault(case.file, {})[case.id] = error
    return jobs, refused


def inputs_of(case: Case, golden: GoldenEngine) -> Tensors:
    """Return the recorded inputs of a case where its record is of the case as it is now, else drawn or read ones.

    What the case file spells out is taken from there, which is the same and has whole numbers as such.
    """
    spelled = {name: value.given for name, value in case.input_values.items() if value.source is None}
    try:
        record = golden.record(case)
    except FixtureError:
        return make_inputs(case)
    return {**record.inputs, **spelled} if record.digest == case.digest() else make_inputs(case)


def judge(case: Case, expected: Answer, obtained: Answer, sides: Sides = ("matlab", "python")) -> Result:
    """Compare two answers to a case, given by these sides of it.

    A known divergence is one of the port from MATLAB: two answers of one side have to agree.
    """
    if case.refuses:
        return _judge_refusal(case, case.refuses, expected, obtained, sides)
    if case.known and (case.known.matlab or case.known.python):
        return _judge_one_sided(case, case.known, expected, obtained, sides)
    for side, answer in (("expected", expected), ("obtained", obtained)):
        if isinstance(answer, PybnError):
            return Result(case, Status.ERROR, message=f"{side}: {_said(case, answer)}")
    assert not isinstance(expected, PybnError)  # noqa: S101
    assert not isinstance(obtained, PybnError)  # noqa: S101
    found = compare_answers(case, expected, obtained)
    answers = by_leaf(case, expected, obtained)
    if case.diverges and sides[0] != sides[1]:
        status, message = _divergence(case, found)
        return Result(case, status, found, message, answers)
    agrees = all(each.verdict.agrees for each in found)
    return Result(case, Status.AGREES if agrees else Status.DIFFERS, found, answers=answers)


def _said(case: Case, error: object) -> str:
    """Return what an error says, less the name of the case: whoever tells of the result names it."""
    said = str(error)
    for file in (case.file.name, str(case.file)):
        said = said.removeprefix(f"{file}: {case.id}: ")
    return said


def _divergence(case: Case, found: Sequence[Comparison]) -> tuple[Status, str]:
    """Say of a case that is known to diverge whether it does, where it is said to and nowhere else."""
    bad = [each.name for each in found if not each.verdict.agrees]
    names = case.known.outputs if case.known else ()
    if unexpected := [name for name in bad if names and not any(part_of(name, whole) for whole in names)]:
        only = f"{' and '.join(names)} alone {'is' if len(names) == 1 else 'are'} declared to diverge"
        return Status.DIFFERS, f"{', '.join(unexpected)} must not differ; {only}: {case.diverges}"
    agreeing = [whole for whole in names if not any(part_of(name, whole) for name in bad)]
    if agreeing or not bad:
        what = f"{' and '.join(agreeing)} " if agreeing else ""
        return Status.DIFFERS, f"{what}agrees, but is declared to diverge: {case.diverges}"
    return Status.DIVERGES, case.diverges


def located(
    result: Result,
    golden: GoldenEngine,
    reference: Reference,
    sides: Sides = ("matlab", "python"),
    patience: Patience | None = None,
) -> Result:
    """Return a result that says where its answers part, where they do, and why, and keeps them no longer."""
    if result.answers is None or result.status is not Status.DIFFERS:
        return replace(result, answers=None)
    case, answers = result.case, result.answers
    found = first_divergence(case, result.comparisons, *answers)
    if found is not None:
        which = 0 if sides[0] == "matlab" else 1
        oracle = (answers[which], f"the {('expected', 'obtained')[which]} side, in double itself")
        truth = reference.of(case, inputs_of(case, golden), oracle)
        found = first_divergence(case, result.comparisons, *answers, truth)
    why = _diagnosed(result, golden, patience)
    return replace(result, answers=None, divergence=found, diagnosis=why)


def _diagnosed(result: Result, golden: GoldenEngine, patience: Patience | None) -> CaseDiagnosis | None:
    """Say why the answers to a case differ, where arrays differ that both sides have."""
    case, sides = result.case, [_arrays(side) for side in result.answers or ({}, {})]
    bad = [each.name for each in result.comparisons if not each.verdict.agrees]
    differing = [name for name in bad if all(name in side for side in sides)]
    names = [place.name for place in walk(case) if place.name in differing]
    names += [name for name in differing if name not in names]
    if not names:
        return None
    return diagnose_case(
        names,
        sides[0],
        sides[1],
        inputs=inputs_of(case, golden),
        attrs={**case.attrs, **literals(case)},
        tolerances=case.tolerances,
        axes={name: tensor.axes for name, tensor in {**case.inputs, **case.outputs}.items()},
        patience=patience,
    )


def _arrays(side: Mapping[str, Any]) -> Tensors:
    return {name: x for name, x in side.items() if isinstance(x, np.ndarray)}


def _judge_refusal(case: Case, wanted: Refusal, expected: Answer, obtained: Answer, sides: Sides) -> Result:
    """Both must refuse, each in its side's own word; any other error is no refusal."""
    for role, side, answer in (("expected", sides[0], expected), ("obtained", sides[1], obtained)):
        word = wanted.word(side)
        if not isinstance(answer, PybnError):
            return Result(case, Status.DIFFERS, message=f"{role}: wanted the refusal {word}, got an answer")
        if not isinstance(answer, EngineError) or not wanted.fits(side, answer):
            return Result(
                case, Status.ERROR, message=f"{role}: wanted the refusal {word}, got: {_said(case, answer)}"
            )
    return Result(case, Status.AGREES)


def _judge_one_sided(case: Case, known: Known, expected: Answer, obtained: Answer, sides: Sides) -> Result:
    """One side must end with the declared error while the other answers; where it does not, that is told."""
    for role, side, answer in (("expected", sides[0], expected), ("obtained", sides[1], obtained)):
        word = known.matlab if side == "matlab" else known.python
        if not word and isinstance(answer, PybnError):
            return Result(case, Status.ERROR, message=f"{role}: {_said(case, answer)}")
        if word and not isinstance(answer, PybnError):
            text = f"{role}: answers, but is declared to diverge with the error {word!r}: {case.diverges}"
            return Result(case, Status.DIFFERS, message=text)
        if word and not (isinstance(answer, EngineError) and known.fits(side, answer)):
            text = f"{role}: wanted the error {word!r}, as declared ({case.diverges}), got: {_said(case, answer)}"
            return Result(case, Status.ERROR, message=text)
    if sides[0] != sides[1]:
        return Result(case, Status.DIVERGES, message=case.diverges)
    if isinstance(expected, PybnError) or isinstance(obtained, PybnError):
        return Result(case, Status.AGREES)
    found = compare_answers(case, expected, obtained)
    agrees = all(each.verdict.agrees for each in found)
    return Result(case, Status.AGREES if agrees else Status.DIFFERS, found)
