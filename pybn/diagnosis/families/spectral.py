"""Fourier transforms: along which axis, divided by what, forward or inverse, shifted, magnitude or power."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "axes": "wrong axis",
    "divisor": "a factor N",
    "direction": "inverse for forward",
    "shift": "fftshift",
    "part": "another part",
}
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
            yield from twin_candidates(q, list(_transforms(n, x)), NAMES)


def _transforms(n: str, x: Array) -> Iterator[Formula]:
    groups: list[tuple[int, ...]] = [(k,) for k in range(x.ndim) if x.shape[k] > 1]
    if len(groups) > 1:
        groups += [(0, 1), tuple(range(x.ndim))]
    for axes in dict.fromkeys(groups):
        for direction, transform in (("transforms forward", np.fft.fftn), ("transforms back", np.fft.ifftn)):
            for divisor, norm in _norms(direction):
                for shift, moved in (
                    ("does not shift", None),
                    ("shifts by fftshift", np.fft.fftshift),
                    ("shifts by ifftshift", np.fft.ifftshift),
                ):
                    for part, of in PARTS.items():
                        yield Formula(
                            f"the Fourier transform of {n}",
                            {
                                "axes": f"runs over axes {axes}",
                                "direction": direction,
                                "divisor": divisor,
                                "shift": shift,
                                "part": part,
                            },
                            lambda t=transform, a=axes, norm=norm, m=moved, of=of: of(
                                _moved(t(x, axes=a, norm=norm), m, a)
                            ),
                            terms=64,
                            fixes={
                                "axes": f"axis={axes[0]}: fft goes down the columns, np.fft.fft along the last axis"
                            },
                        )


def _norms(direction: str) -> list[tuple[str, str]]:
    forward = direction == "transforms forward"
    return [
        ("divides by nothing", "backward" if forward else "forward"),
        ("divides by N", "forward" if forward else "backward"),
        ("divides by sqrt(N)", "ortho"),
    ]


def _moved(y: Array, shift: Callable[..., Array] | None, axes: tuple[int, ...]) -> Array:
    return y if shift is None else shift(y, axes=axes)
