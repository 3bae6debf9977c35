"""The gradients of whatever case files run, on the port or under Octave, against differences of what it computes.

A case holds a gradient where a call takes inputs and binds an output y, and a later one takes the input dy and
binds outputs that are gradients. The input dNAME is the gradient by the output NAME, the output dNAME the one by
the input NAME: dx is by x, dweight by weight; after y2 and dy2, dx2 is by x2 where there is such an input, dweight2
by weight. The function is sum(dy .* y). An output of one element without such a dy is a loss, and the function
itself; its gradients are bound by its own call or later. One call may take x and dy, and bind y and dx; one that
takes dy and dz, of y and z of one call, has gradients of the sum of both. An input is moved, and the steps up to y
run again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pybn.case import Case
from pybn.divergence.reference import widened
from pybn.engines.base import Engine, Tensors
from pybn.errors import EngineError, PybnError
from pybn.gradient_check.numeric import LIMIT, Ask, Move
from pybn.gradient_check.stencil import Array
from pybn.gradient_check.tensor import (
    GradientError,
    Status,
    check_tensor,
    magnitude_of,
    misshapen,
    not_finite,
    of_no_use,
)
from pybn.steps import Call, Step, bound_names, used_names

ELEMENTS = 12  # of a tensor, where there are more


@dataclass(frozen=True, slots=True)
class Pair:
    """An output y, the input dy ("" for a loss), and by input the output that is the gradient by it.

    `more` has further outputs of the same call, with their inputs, that are summed up with y.
    """

    y: str
    dy: str
    gradients: dict[str, str]
    more: tuple[tuple[str, str], ...] = ()

    @property
    def parts(self) -> dict[str, str]:
        """All outputs that make the function, with the inputs that weigh them."""
        return {self.y: self.dy, **dict(self.more)}


@dataclass(frozen=True, slots=True)
class CaseGradients:
    """What was found of one case: an error for each gradient, named "dx", or in words why there is none."""

    case: Case
    errors: Sequence[GradientError] = ()
    message: str = ""

    def status(self, limit: float = LIMIT) -> Status | None:
        """Return the worst status of its gradients; None where the case could not be run.

        Where the case declares that they are no derivatives, differing is as declared, and agreeing is wrong; so is
        one that there is nothing to compare of.
        """
        if self.message:
            return None
        worst = self._worst(limit)
        if not self.case.no_derivative or any(error.message for error in self.errors):
            return worst
        return Status.DECLARED if worst is Status.DIFFERS else Status.DIFFERS

    def _worst(self, limit: float) -> Status:
        found = [error.status(limit) for error in self.errors]
        order = (Status.DIFFERS, Status.NOT_FINITE, Status.KINK, Status.ROUGH)
        return next((status for status in order if status in found), Status.AGREES)


def pairs_of(case: Case, side: str) -> list[Pair]:
    """Return what there is to check in a case, by the steps of one side ("matlab" or "python").

    A gradient belongs to the last call, its own or one before it, that took inputs and bound an output.
    """
    found: dict[tuple[tuple[str, str], ...], Pair] = {}
    forward: Call | None = None
    if case.refuses or case.dtype != "float64":
        return []
    for step in _steps(case, side):
        used = [name for name in used_names(step) if name in case.inputs]
        seeds = [name for name in used if name.startswith("d") and name[1:] in case.outputs]
        outputs = _outputs(case, step)
        whole = any(f"d{name}" in seeds for name in outputs)
        if isinstance(step, Call) and used and outputs and (whole or not seeds):
            forward = step
        if forward is None:
            continue
        for parts in _functions(case, forward, seeds):
            (y, dy), *more = parts
            pair = found.setdefault(parts, Pair(y, dy, {}, tuple(more)))
            pair.gradients.update(_gradients(case, step, y, forward))
    return [pair for pair in found.values() if pair.gradients]


def sort_cases(cases: Sequence[Case], side: str) -> tuple[list[Case], list[Case], list[Case]]:
    """Return the cases to check, those that would be were they in double, and those that hold no gradient.

    What is here in double as well is in none of the last two: it is checked there, or holds nothing there.
    """
    double = {(case.file, case.name) for case in cases if case.dtype == "float64"}
    checked: list[Case] = []
    single: list[Case] = []
    without: list[Case] = []
    for case in cases:
        if case.dtype == "float64":
            (checked if pairs_of(case, side) else without).append(case)
        elif (case.file, case.name) not in double:
            (single if pairs_of(widened(case), side) else without).append(case)
    return checked, single, without


def _outputs(case: Case, step: Step) -> list[str]:
    return [name for name in bound_names(step) if name in case.outputs]


def _functions(case: Case, forward: Step, seeds: Sequence[str]) -> list[tuple[tuple[str, str], ...]]:
    """Return what a step that takes these seeds is the backward pass of: pairs of an output and its seed."""
    outputs = _outputs(case, forward)
    if seeds:
        joint = tuple((y, f"d{y}") for y in outputs if f"d{y}" in seeds)
        return [joint] if joint and all(_fits(case, y, dy) for y, dy in joint) else []
    return [((y, ""),) for y in outputs if f"d{y}" not in case.inputs and _fits(case, y, "")]


def _gradients(case: Case, step: Step, y: str, forward: Step) -> Iterator[tuple[str, str]]:
    for name in _outputs(case, step):
        by = _input_of(case, name, _number(y))
        # Of an input that is taken twice, each place has a gradient, and differences tell their sum.
        twice = list(used_names(forward)).count(by) > 1
        if by and not twice and case.inputs[by].dtype == case.outputs[name].dtype == "float64":
            yield by, name


def _input_of(case: Case, name: str, number: str) -> str:
    """Return the input that an output is the gradient by, as its name has it; "" where it is none."""
    meant = (name[1:], name[1:].removesuffix(number)) if name.startswith("d") else ()
    return next((by for by in meant if by in case.inputs), "")


def _number(name: str) -> str:
    return name[len(name.rstrip("0123456789")) :]


def _fits(case: Case, y: str, dy: str) -> bool:
    made = case.outputs[y]
    if not dy:  # a gradient of one element is no loss
        return made.dtype == "float64" and math.prod(made.shape) == 1 and not _input_of(case, y, _number(y))
    given = case.inputs[dy]
    return made.dtype == given.dtype == "float64" and (made.shape, made.axes) == (given.shape, given.axes)


def _steps(case: Case, side: str) -> tuple[Step, ...]:
    return case.matlab.steps if side == "matlab" else case.python.steps


def check_case(
    case: Case, inputs: Tensors, engine: Engine, *, limit: float = LIMIT, elements: int | None = ELEMENTS
) -> CaseGradients:
    """Check every gradient of a case on an engine: an object of its own for every evaluation, in batches."""
    pairs = pairs_of(case, engine.side)
    try:
        [answer] = engine.run_all([(case, inputs)])
        if isinstance(answer, PybnError):
            raise answer
        found: list[GradientError] = []
        for pair in pairs:
            found += _check_pair(case, inputs, engine, answer, pair, limit, elements)
    except PybnError as error:
        return CaseGradients(case, message=str(error))
    return CaseGradients(case, found)


def _check_pair(
    case: Case,
    inputs: Tensors,
    engine: Engine,
    answer: Tensors,
    pair: Pair,
    limit: float,
    elements: int | None,
) -> Iterator[GradientError]:
    weights = {y: inputs[dy] if dy else np.ones(case.outputs[y].shape) for y, dy in pair.parts.items()}
    short = _up_to(case, engine.side, weights)
    [middle] = _evaluate(short, engine, [inputs])
    for y, value in middle.items():
        if answer.get(y) is None or not np.array_equal(answer[y], value, equal_nan=True):
            raise EngineError(f"{case.file.name}: {case.id}: {y}: two runs on the same inputs differ")
    finite = all(np.isfinite(value).all() for value in [*weights.values(), *middle.values()])
    weighed = _weighed(weights, middle)
    for by, name in pair.gradients.items():
        x = np.ascontiguousarray(inputs[by])
        if wrong := misshapen(x, answer.get(name)):
            yield of_no_use(name, x.size, wrong)
            continue
        if not finite:
            yield not_finite(name, x.size)
            continue
        ask = _asker(short, inputs, engine, by, weights)
        yield check_tensor(
            name,
            x,
            answer.get(name),
            weighed,
            ask,
            limit=limit,
            elements=elements,
            magnitude=magnitude_of(v for v in inputs.values() if v.dtype.kind == "f"),
        )


def _asker(case: Case, inputs: Tensors, engine: Engine, by: str, weights: Tensors) -> Ask:
    def ask(moves: Sequence[Move]) -> Iterator[Array]:
        jobs = []
        for k, step in moves:
            moved = np.array(inputs[by], order="C")
            moved.flat[k] += step
            jobs.append({**inputs, by: moved})
        for made in _evaluate(case, engine, jobs):
            yield _weighed(weights, made)

    return ask


def _weighed(weights: Tensors, values: Tensors) -> Array:
    with np.errstate(all="ignore"):
        return np.concatenate([np.ravel(weight * values[y]) for y, weight in weights.items()])


def _evaluate(case: Case, engine: Engine, jobs: Sequence[Tensors]) -> Iterator[Tensors]:
    for answer in engine.run_all([(case, inputs) for inputs in jobs]):
        if isinstance(answer, PybnError):
            raise answer
        for y, declared in case.outputs.items():
            value = answer.get(y)
            if value is None or value.shape != declared.shape:
                came = "nothing" if value is None else f"shape {value.shape}"
                raise EngineError(
                    f"{case.file.name}: {case.id}: {y}: wanted shape {declared.shape}, got {came}"
                )
        yield answer


def _up_to(case: Case, side: str, outputs: Iterable[str]) -> Case:
    """Return the case with the steps of one side up to the one that binds these outputs, which alone come out."""
    steps, first = _steps(case, side), next(iter(outputs))
    end = next(k for k, step in enumerate(steps, 1) if first in bound_names(step))
    shorter = (
        {"matlab": replace(case.matlab, steps=steps[:end])}
        if side == "matlab"
        else {"python": replace(case.python, steps=steps[:end])}
    )
    return replace(case, outputs={y: case.outputs[y] for y in outputs}, output_values={}, **shorter)
