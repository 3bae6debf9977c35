"""Convolution: the kernel flipped or not, its axes exchanged, the borders, where the answer begins; pooling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "kernel": "flipped kernel axes",
    "axes": "kernel axes exchanged",
    "border": "border",
    "start": "shifted by one",
    "pool": "another pooling",
    "axis": "wrong axis",
    "stride": "stride",
    "kernel+start": "flipped kernel axes",
    "kernel+axes": "flipped kernel axes",
}
WORK = 1 << 25  # multiplications of one convolution
BORDERS = {
    "constant": "takes zeros",
    "edge": "repeats the edge",
    "symmetric": "mirrors the edge with itself",
    "reflect": "mirrors at the edge",
    "wrap": "goes round",
}
FIXES = {
    "kernel": "np.convolve and scipy.signal.convolve2d flip the kernel, as conv2; np.correlate does not, as filter2",
    "axes": "swap the kernel's axes",
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of convolutions of an input with a smaller one."""
    for n, x in q.inputs.items():
        for m, w in q.inputs.items():
            if n == m or x.dtype.kind == "b" or w.dtype.kind == "b":
                continue
            if x.ndim in (1, 2) and w.ndim <= 2 and w.size <= x.size and (w.shape != x.shape or x.ndim == 1):
                yield from twin_candidates(q, list(_plain(q, n, m, x, w)), NAMES)
            if x.ndim == 3 and w.ndim in (2, 3) and q.expected.ndim == 3 and 1 < w.size < x.size:
                yield from twin_candidates(q, list(_planes(q, n, m, x, w)), NAMES)
        if 2 <= x.ndim <= 4 and q.expected.ndim == x.ndim:
            yield from twin_candidates(q, list(_pooled(q, n, x)), NAMES)


def _plain(q: Question, n: str, m: str, x: Array, w: Array) -> Iterator[Formula]:
    """Yield convolutions of vectors, of the columns or rows of a matrix, and of matrices."""
    both_2d = x.ndim == 2 and w.ndim == 2 and min(*x.shape, *w.shape) > 1
    if both_2d:
        kernels = [("keeps the kernel's axes", w), ("exchanges the kernel's axes", w.T)]
        lines = [("over both axes", x, kernel, told) for told, kernel in kernels]
    else:
        if w.size != max(w.shape):
            return
        flat = w.reshape(-1)
        told = "keeps the kernel's axes"
        if x.size == max(x.shape):
            lines = [("over both axes", x.reshape(-1), flat, told)]
        else:
            lines = [(f"runs along axis {a}", x, np.expand_dims(flat, 1 - a), told) for a in (0, 1)]
    sizes = {q.expected.size, q.obtained.size}
    for axis, source, kernel, told in lines:
        if kernel.ndim != source.ndim or source.size * kernel.size > WORK:
            continue
        flips = {"flips the kernel": np.flip(kernel), "does not flip the kernel": kernel}
        if both_2d:
            flips |= {f"flips {m} along axis {a} alone": np.flip(kernel, a) for a in (0, 1)}
        for flipped, k in flips.items():
            choices = {
                "kernel": flipped,
                "axes": told,
                "axis": axis,
            }
            yield from _modes(n, m, source, k, choices, sizes)


def _planes(q: Question, n: str, m: str, x: Array, w: Array) -> Iterator[Formula]:
    """Yield convolutions of each plane of an image, by one kernel or by one of its own, the planes last or first."""
    sizes = {q.expected.size, q.obtained.size}
    for channel in (2, 0):
        if w.ndim == 3 and w.shape[channel] != x.shape[channel]:
            continue
        spatial = [a for a in range(3) if a != channel]
        kernel = np.expand_dims(w, channel) if w.ndim == 2 else w
        if any(kernel.shape[a] > x.shape[a] for a in spatial) or x.size * kernel.size > WORK:
            continue
        for flipped, swap in product((True, False), (False, True)):
            k = np.flip(kernel, tuple(spatial)) if flipped else kernel
            k = np.swapaxes(k, *spatial) if swap else k
            told = {
                "kernel": "flips the kernel" if flipped else "does not flip the kernel",
                "axes": "exchanges the kernel's axes" if swap else "keeps the kernel's axes",
                "axis": f"over axes {spatial[0]} and {spatial[1]}",
            }
            if w.ndim == 2:
                yield from _modes(n, m, x, k, told, sizes)
                continue
            for start, pads in (("has what needs no border", 0), ("begins at the kernel's middle", 1)):
                yield Formula(
                    f"the convolution of each plane of {n} with its own of {m}",
                    told | {"start": start},
                    lambda k=k, pads=pads, channel=channel: _by_plane(x, k, channel, bool(pads)),
                    terms=k.size,
                    fixes=FIXES,
                )


def _by_plane(x: Array, k: Array, channel: int, padded: bool) -> Array:
    """Return the correlation of each plane with its kernel, with as many elements as before where it is padded."""
    planes = []
    for a, b in zip(np.moveaxis(x, channel, 0), np.moveaxis(k, channel, 0), strict=True):
        pads = [((s - 1) // 2, s - 1 - (s - 1) // 2) for s in b.shape]
        planes.append(correlated(np.pad(a, pads) if padded else a, b))
    return np.stack(planes, axis=channel) if planes[0].ndim == 2 else np.empty(0)


def _modes(n: str, m: str, x: Array, k: Array, told: dict[str, str], sizes: set[int]) -> Iterator[Formula]:
    """Yield where the answer begins and what lies beyond the border: correlation with k, already flipped or not."""
    full = [(s - 1, s - 1) for s in k.shape]
    early = [((s - 1) // 2, s - 1 - (s - 1) // 2) for s in k.shape]
    late = [(s // 2, s - 1 - s // 2) for s in k.shape]
    causal = [(s - 1, 0) for s in k.shape]
    ahead = [(0, s - 1) for s in k.shape]
    none = [(0, 0) for _ in k.shape]
    starts = {
        "has all of it": full,
        "begins at the kernel's middle": early,
        "begins at the kernel's middle, counted up": late,
        "looks back only": causal,
        "looks ahead only": ahead,
        "has what needs no border": none,
    }
    for start, pads in starts.items():
        if prod(s + a + b - t + 1 for s, (a, b), t in zip(x.shape, pads, k.shape, strict=True)) not in sizes:
            continue
        for mode, border in BORDERS.items():
            if start in ("has all of it", "has what needs no border") and mode != "constant":
                continue
            if mode == "reflect" and any(max(p) >= s for p, s in zip(pads, x.shape, strict=True)):
                continue
            yield Formula(
                f"the convolution of {n} with {m}",
                told | {"start": start, "border": border},
                lambda pads=pads, mode=mode: correlated(np.pad(x, pads, mode=mode), k),
                terms=k.size,
                fixes=FIXES,
            )


def correlated(x: Array, k: Array) -> Array:
    """Return the correlation, where k lies within x. Shapes: any number of axes, the same on both."""
    if any(s < t for s, t in zip(x.shape, k.shape, strict=True)):
        return np.empty(0)
    windows = sliding_window_view(x.astype(np.result_type(x, np.float64)), k.shape)
    return np.asarray(np.tensordot(windows, k, k.ndim))


def _pooled(q: Question, n: str, x: Array) -> Iterator[Formula]:
    """Yield the largest, the mean, the sum ... of windows of two axes."""
    numbers = sorted({int(v) for v in q.scalars.values() if v == int(v) and 1 <= v <= 8} | {2, 3})
    pairs = [(0, 1)] if x.ndim < 4 else [(0, 1), (2, 3), (1, 2)]
    functions = {
        "takes the maximum": np.max,
        "takes the mean": np.mean,
        "takes the sum": np.sum,
        "takes the minimum": np.min,
    }
    for h, v in pairs:
        for a in numbers:
            for b in numbers:
                for stride in sorted({*numbers, 1}):
                    shape = list(x.shape)
                    for axis, k in ((h, a), (v, b)):
                        shape[axis] = (x.shape[axis] - k) // stride + 1
                    if (
                        min(shape) < 1
                        or tuple(shape) not in (q.expected.shape, q.obtained.shape)
                        or prod(shape) * a * b > WORK
                    ):
                        continue
                    for told, function in functions.items():
                        yield Formula(
                            f"the pooling of {n} over axes {h} and {v}",
                            {
                                "pool": told,
                                "kernel": f"takes windows of {a} x {b}",
                                "stride": f"strides by {stride}",
                            },
                            lambda f=function, a=a, b=b, h=h, v=v, s=stride: _windows(
                                x, f, (a, b), (h, v), s
                            ),
                            terms=a * b,
                        )


def _windows(x: Array, function: object, size: tuple[int, int], axes: tuple[int, int], stride: int) -> Array:
    windows = sliding_window_view(x, size, axes)
    step = [slice(None)] * x.ndim
    for a in axes:
        step[a] = slice(None, None, stride)
    return np.asarray(function(windows[tuple(step)], axis=(-2, -1)))  # type: ignore[operator]
