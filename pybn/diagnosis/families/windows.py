"""Windows: Hann, Hamming, Blackman and the like; symmetric or periodic, counted from 0 or 1, times an input."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "ends": "periodic for symmetric",
    "start": "index base",
    "window": "another function",
    "axis": "wrong axis",
}
LONGEST = 1 << 16
LARGEST = 1 << 18


def _cosines(*weights: float) -> Callable[[Array], Array]:
    return lambda t: np.asarray(sum(w * np.cos(2 * np.pi * k * t) for k, w in enumerate(weights)))


WINDOWS: dict[str, Callable[[Array], Array]] = {
    "Hann": _cosines(0.5, -0.5),
    "Hamming": _cosines(0.54, -0.46),
    "Blackman": _cosines(0.42, -0.5, 0.08),
    "triangular": lambda t: 1 - np.abs(2 * t - 1),
    "sine": lambda t: np.sin(np.pi * t),
}
# The last index, less than the number of elements; and the first one.
ENDS = {
    "is symmetric": (-1, 0),
    "is periodic": (0, 0),
    "leaves out the zeros": (1, 1),
    "is periodic from 1": (0, 1),
}
FIXES = {
    "is symmetric": "np.{0}(n), as MATLAB's {1}(n)",
    "is periodic": "np.{0}(n + 1)[:-1], as MATLAB's {1}(n, 'periodic')",
    "leaves out the zeros": "np.{0}(n + 2)[1:-1], as MATLAB's hanning(n) for Hann",
    "is periodic from 1": "np.{0}(n + 1)[1:]",
}
FUNCTIONS = {"Hann": "hanning", "Hamming": "hamming", "Blackman": "blackman", "triangular": "bartlett"}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of windows, by themselves or times an input, along one of its axes."""
    e = q.expected
    if not q.same_shape or e.dtype.kind != "f" or e.size < 4:
        return
    if e.size == max(e.shape) <= LONGEST:
        yield from twin_candidates(
            q, list(_windows("the window", e.size, 1.0, "runs along the vector")), NAMES
        )
    for name, x in q.inputs.items():
        if x.shape == e.shape and x.ndim <= 2 and x.dtype.kind == "f" and x.size <= LARGEST:
            made = [
                formula
                for axis, n in enumerate(x.shape)
                if 4 <= n <= LONGEST
                for formula in _windows(
                    f"{name} times a window",
                    n,
                    x.astype(np.float64) if axis == x.ndim - 1 else x.T.astype(np.float64),
                    f"runs along {q.along(name, axis)}",
                    turned=axis != x.ndim - 1,
                )
            ]
            yield from twin_candidates(q, made, NAMES)


def _windows(about: str, n: int, x: Array | float, axis: str, turned: bool = False) -> Iterator[Formula]:
    for window, of in WINDOWS.items():
        for ends, (more, first) in ENDS.items():
            # Counted from 1 by mistake, a symmetric window begins one later.
            for start, late in (("counts from 0", 0), ("counts from 1", 1)):
                if late and ends != "is symmetric":
                    continue
                name = FUNCTIONS.get(window)
                yield Formula(
                    about,
                    {
                        "window": f"takes a {window} window",
                        "ends": f"has one that {ends}",
                        "start": start,
                        "axis": axis,
                    },
                    lambda of=of, s=n + more, k=first + late: _times(of((np.arange(n) + k) / s), x, turned),
                    main="window",
                    fixes={
                        "ends": FIXES[ends].format(name, name.replace("hanning", "hann"))
                        if name
                        else f"look at the ends: this one {ends}",
                        "window": f"np.{name}(n)" if name else window,
                    },
                )


def _times(window: Array, x: Array | float, turned: bool) -> Array:
    y = np.asarray(window * x)
    return y.T if turned else y
