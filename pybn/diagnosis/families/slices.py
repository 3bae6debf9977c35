"""A part of an input from another place than expected: rolled, cropped or padded otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from math import log2, prod

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import gap
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import content_bits, value_bits
from pybn.diagnosis.families.axes import shifted
from pybn.diagnosis.question import Question, same_elements
from pybn.diagnosis.twins import Formula, Index, twin_candidates

LARGEST = 1 << 22
PLACES = 64  # where one array may begin in another: where there are more, it says nothing
STEPS = (1, 2, 3, 4)
MODES = {
    "with zeros": "constant",
    "with the edge repeated": "edge",
    "mirrored with the edge": "symmetric",
    "mirrored at the edge": "reflect",
    "from the other end": "wrap",
}
Window = tuple[slice, ...]


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of rolled inputs, of parts of an input, and of padded inputs."""
    for name, x in q.inputs.items():
        if not x.ndim or x.ndim != q.expected.ndim or x.size > LARGEST:
            continue
        if x.shape == q.expected.shape and same_elements(x, q.expected):
            yield from twin_candidates(q, list(_rolled(q, name, x)), {"by": "shifted", "axis": "wrong axis"})
        if x.shape == q.expected.shape == q.obtained.shape:
            yield from twin_candidates(
                q, list(_delayed(q, name, x)), {"by": "shifted by one", "axis": "wrong axis"}
            )
        if x.ndim == q.obtained.ndim <= 4:
            yield from _cropped(q, name, x)
            yield from _padded(q, name, x)


def _rolled(q: Question, n: str, x: Array) -> Iterator[Formula]:
    given = {int(v) for v in q.scalars.values() if v == int(v) and 0 < abs(v) < 64}
    for axis, size in enumerate(x.shape):
        for by in sorted({0, 1, 2, 3, size // 2, size - size // 2} | given | {-k for k in given | {1, 2, 3}}):
            if abs(by) < size:
                yield Formula(
                    f"the rolled {n}",
                    {
                        "by": f"rolls by {by}" if by else "does not roll",
                        "axis": f"runs along {q.along(n, axis)}" if by else "runs along none",
                    },
                    partial(np.roll, x, by, axis),
                    partial(_before, x, by, axis) if q.same_shape else None,
                    fixes=dict.fromkeys(
                        ("by", "axis"),
                        f"np.roll({n}, {by}, axis={axis}), as circshift({n}, {by}, {axis + 1})",
                    ),
                )
    for by in given | {1, -1} if x.ndim > 1 else ():
        yield Formula(
            f"the rolled {n}",
            {"by": f"rolls by {by}", "axis": "runs over all axes together"},
            partial(np.roll, x, by),
        )


def _delayed(q: Question, name: str, x: Array) -> Iterator[Formula]:
    """Yield an input shifted along an axis, with zeros, its edge or NaN moving in."""
    for axis, n in enumerate(x.shape):
        for by, fill in product((1, -1, 2, -2), ("zeros", "edge", "nan")):
            if n > abs(by) and (fill != "nan" or x.dtype.kind in "fc"):
                yield Formula(
                    f"{name} shifted along an axis",
                    {
                        "by": f"shifts by {by}",
                        "axis": f"runs along {q.along(name, axis)}",
                        "fill": f"moves in {fill}",
                    },
                    partial(shifted, x, by, axis, fill),
                    partial(_shifted_at, x, by, axis, fill),
                    fixes={
                        "by": f"shift by {by} along axis {axis}: y[i] = {name}[i - {by}]".replace("- -", "+ ")
                    },
                )


def _before(x: Array, by: int, axis: int, where: Index) -> Array:
    """Return a few elements of the rolled array."""
    return np.asarray(x[tuple((i - by) % x.shape[k] if k == axis else i for k, i in enumerate(where))])


def _shifted_at(x: Array, by: int, axis: int, fill: str, where: Index) -> Array:
    """Return a few elements of the shifted array."""
    at = where[axis] - by
    inside = (at >= 0) & (at < x.shape[axis])
    y = x[tuple(np.clip(at, 0, x.shape[axis] - 1) if k == axis else i for k, i in enumerate(where))]
    return y if fill == "edge" else np.where(inside, y, 0 if fill == "zeros" else np.nan)


def _cropped(q: Question, name: str, x: Array) -> Iterator[Candidate]:
    """Yield a window of the input that each side is, where there is one for each."""
    right, wrong = (_windows(x, side) for side in (q.expected, q.obtained))
    if len(right) != 1 or len(wrong) != 1 or right == wrong:
        return
    paid = log2(x.size) + 2
    bits = min(content_bits(v, value_bits(q, of=v)) for v in (q.expected, q.obtained)) - paid
    (a,), (b,) = right, wrong
    shifts = [(k, v.start - u.start) for k, (u, v) in enumerate(zip(a, b, strict=True)) if u.start != v.start]
    told = " and ".join(
        f"{abs(by)} {'later' if by > 0 else 'earlier'} along {q.along(name, k)}" for k, by in shifts
    )
    same = q.same_shape and all(u.step == v.step for u, v in zip(a, b, strict=True))
    by_one = same and all(abs(by) == 1 for _, by in shifts)
    yield Candidate(
        "shifted by one" if by_one else "shifted" if same else "another part",
        f"obtained is {_code(name, b, x)}, expected {_code(name, a, x)}"
        + (f": the port begins {told}" if told else ""),
        f"{_code(name, a, x)}: MATLAB counts from 1 and its ranges have their end, NumPy's do not",
        lambda: x[b],
        -1.0,
        bits=bits,
    )


def _windows(x: Array, part: Array) -> list[Window]:
    """Return the windows of x, of every element or every second, third or fourth one, that are this part."""
    if part.shape == x.shape or any(m > n for m, n in zip(part.shape, x.shape, strict=True)):
        return []
    starts = np.argwhere(x == part.reshape(-1)[0])
    if len(starts) > PLACES:
        return []
    found = []
    steps = [STEPS if 1 < m < n else (1,) for m, n in zip(part.shape, x.shape, strict=True)]
    for start, step in product(starts.tolist(), product(*steps)):
        ends = [a + (m - 1) * s + 1 for a, m, s in zip(start, part.shape, step, strict=True)]
        if all(end <= n for end, n in zip(ends, x.shape, strict=True)):
            window = tuple(slice(a, end, s) for a, end, s in zip(start, ends, step, strict=True))
            if gap(x[window], part) == 0:
                found.append(window)
    return found


def _code(name: str, window: Window, x: Array) -> str:
    """Return a window as it is written."""
    parts = []
    for part, n in zip(window, x.shape, strict=True):
        whole = (part.start, part.stop, part.step) == (0, n, 1)
        step = f":{part.step}" if part.step > 1 else ""
        parts.append(":" if whole else f"{part.start}:{part.stop}{step}")
    return f"{name}[{', '.join(parts)}]"


Pads = tuple[tuple[int, int], ...]


def _padded(q: Question, name: str, x: Array) -> Iterator[Candidate]:
    """Yield how the input is padded on each side, where there is one way for each."""
    right, wrong = (_paddings(x, side) for side in (q.expected, q.obtained))
    if not right or not wrong:
        return
    (pads, mode), (other, another) = next(
        ((a, b) for a in right for b in wrong if a[0] == b[0] or a[1] == b[1]), (right[0], wrong[0])
    )
    places = prod(abs(m - n) + 1 for m, n in zip(q.expected.shape, x.shape, strict=True))
    paid = log2(places * len(MODES))
    bits = min(content_bits(v, value_bits(q, of=v)) for v in (q.expected, q.obtained)) - paid
    by_one = mode == another and all(
        abs(a[0] - b[0]) <= 1 and sum(a) == sum(b) for a, b in zip(pads, other, strict=True)
    )
    yield Candidate(
        "border" if pads == other else "shifted by one" if by_one else "padding",
        f"the port pads {name} {another}: {_pads(other)}; expected is padded {mode}: {_pads(pads)}",
        f"np.pad({name}, {pads}, mode={MODES[mode]!r})",
        lambda: np.pad(x, other, mode=MODES[another]),  # type: ignore[call-overload]
        -1.0,
        bits=bits,
    )


def _pads(pads: Pads) -> str:
    told = [f"{a} before and {b} behind along axis {k}" for k, (a, b) in enumerate(pads) if a or b]
    return ", ".join(told)


def _paddings(x: Array, whole: Array) -> list[tuple[Pads, str]]:
    """Return the paddings of x that give this array."""
    room = [m - n for m, n in zip(whole.shape, x.shape, strict=True)]
    if min(room) < 0 or not any(room) or prod(r + 1 for r in room) > PLACES:
        return []
    found = []
    for start in np.ndindex(*(r + 1 for r in room)):
        if gap(whole[tuple(slice(a, a + n) for a, n in zip(start, x.shape, strict=True))], x) == 0:
            pads = tuple((a, r - a) for a, r in zip(start, room, strict=True))
            for told, mode in MODES.items():
                if mode == "reflect" and any(max(p) >= n for p, n in zip(pads, x.shape, strict=True)):
                    continue
                if gap(np.pad(x, pads, mode=mode), whole) == 0:  # type: ignore[call-overload]
                    found.append((pads, told))
    return found
