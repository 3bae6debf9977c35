"""Fourier transforms: along which axis, divided by what, forward or inverse, shifted, magnitude or power."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, Index, twin_candidates

NAMES = {
    "axes": "wrong axis",
    "divisor": "a factor N",
    "direction": "inverse for forward",
    "shift": "fftshift",
    "part": "another part",
}
SHIFTS = {"does not shift": 0, "shifts by fftshift": 1, "shifts by ifftshift": -1}
LARGEST = 1 << 20
PARTS: dict[str, Callable[[Array], Array]] = {
    "takes it whole": lambda y: y,
    "takes the magnitude": np.abs,
    "takes the power": lambda y: np.abs(y) ** 2,
    "takes the real part": np.real,
    "takes the angle": np.angle,
    "takes the angle in degrees": lambda y: np.angle(y, deg=True),
    "takes decibels of the magnitude": lambda y: 20 * np.log10(np.abs(y)),
    "takes decibels, but 10 log10 of the magnitude": lambda y: 10 * np.log10(np.abs(y)),
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of transforms of each input that is as large as the answer."""
    for n, x in q.inputs.items():
        if x.size in (q.expected.size, q.obtained.size) and 3 < x.size <= LARGEST and 1 <= x.ndim <= 3:
            yield from twin_candidates(q, list(_transforms(q, n, x)), NAMES)


def _transforms(q: Question, n: str, x: Array) -> Iterator[Formula]:
    same = q.expected.shape == q.obtained.shape == x.shape
    groups: list[tuple[int, ...]] = [(k,) for k in range(x.ndim) if x.shape[k] > 1]
    if len(groups) > 1:
        groups += [(0, 1), tuple(range(x.ndim))]
    for axes in dict.fromkeys(groups):
        for direction, transform in (("transforms forward", np.fft.fftn), ("transforms back", np.fft.ifftn)):
            y = transform(x, axes=axes)
            told = {"axes": f"runs over axes {axes}", "direction": direction}
            for divisor, factor in _factors(direction, float(np.prod([x.shape[a] for a in axes]))):
                for shift, by in SHIFTS.items():
                    for part, of in PARTS.items():
                        yield Formula(
                            f"the Fourier transform of {n}",
                            told | {"divisor": divisor, "shift": shift, "part": part},
                            lambda y=y, k=factor, a=axes, by=by, of=of: of(rolled(y, a, by) * k),
                            partial(_some, y, factor, axes, by, of) if same else None,
                            terms=64,
                            fixes={
                                "axes": f"axis={axes[0]}: fft goes down columns, np.fft.fft along the last axis"
                            },
                        )


def _some(
    y: Array, factor: float, axes: tuple[int, ...], by: int, of: Callable[[Array], Array], where: Index
) -> Array:
    return of(y[_before(where, y, axes, by)] * factor)


def _factors(direction: str, n: float) -> list[tuple[str, float]]:
    divided = 1.0 if direction == "transforms back" else 1 / n
    return [
        ("divides by nothing", divided * n),
        ("divides by N", divided),
        ("divides by sqrt(N)", divided * n**0.5),
    ]


def rolled(y: Array, axes: tuple[int, ...], by: int) -> Array:
    """Return y after fftshift where `by` is 1, ifftshift where it is -1, as it is where it is 0."""
    return np.roll(y, [by * (y.shape[a] // 2) for a in axes], axes) if by else y


def _before(where: Index, y: Array, axes: tuple[int, ...], by: int) -> Index:
    """Return where the elements were before the shift."""
    return tuple((i - by * (y.shape[k] // 2)) % y.shape[k] if k in axes else i for k, i in enumerate(where))
