"""Convolution layers of images: kernels flipped, exchanged or read in the other order, pads, strides, the bias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, Index, twin_candidates

NAMES = {
    "kernel": "flipped kernel axes",
    "axes": "kernel axes exchanged",
    "channels": "kernel axes exchanged",
    "order": "C order for Fortran order",
    "border": "border",
    "bias": "bias forgotten",
    "stride": "stride",
    "kernel+axes": "flipped kernel axes",
}
WORK = 1 << 28  # multiplications of one convolution
LAYOUTS = {"HWCN": ((0, 1), 2, 3), "NCHW": ((2, 3), 1, 0), "NHWC": ((1, 2), 3, 0)}
FLIPS: tuple[tuple[int, ...], ...] = ((), (0, 1))
ONE: tuple[tuple[int, ...], ...] = ((0,), (1,))


@dataclass(frozen=True)
class _Layer:
    """A layer: images (N, C, H, W), kernels (F, C, h, w), and where the answer has N, F, H and W."""

    images: Array
    kernels: Array
    bias: Array | None
    pad: int
    stride: int
    places: tuple[int, int, int, int]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the answer."""
        out = [
            (n + 2 * self.pad - k) // self.stride + 1
            for n, k in zip(self.images.shape[2:], self.kernels.shape[2:], strict=True)
        ]
        shape = [0] * 4
        for place, n in zip(self.places, (self.images.shape[0], self.kernels.shape[0], *out), strict=True):
            shape[place] = n
        return tuple(shape)

    @property
    def padded(self) -> Array:
        """The images with zeros around."""
        p = self.pad
        return np.pad(self.images, ((0, 0), (0, 0), (p, p), (p, p))) if p else self.images

    def make(self) -> Array:
        """Return the correlation of images with kernels, and the bias."""
        s = self.stride
        windows = sliding_window_view(self.padded, self.kernels.shape[2:], (2, 3))[:, :, ::s, ::s]
        y = np.tensordot(windows, self.kernels, ((1, 4, 5), (1, 2, 3)))  # N, H, W, F
        y = y if self.bias is None else y + self.bias
        return np.asarray(np.moveaxis(y, (0, 3, 1, 2), self.places))

    def at(self, where: Index) -> Array:
        """Return some elements of it."""
        x, (h, w) = self.padded, self.kernels.shape[2:]
        found = []
        for n, f, i, j in np.stack([where[k] for k in self.places], axis=1).tolist():
            i, j = i * self.stride, j * self.stride
            total = float((x[n, :, i : i + h, j : j + w] * self.kernels[f]).sum())
            found.append(total if self.bias is None else total + float(self.bias[f]))
        return np.array(found)


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of layers of an input of four axes with another one as kernels."""
    if q.expected.ndim != 4 or q.expected.dtype.kind != "f":
        return
    for (n, x), (m, w) in product(q.inputs.items(), repeat=2):
        if (
            n != m
            and x.ndim == w.ndim == 4
            and "b" not in (x.dtype.kind, w.dtype.kind)
            and "c" not in (x.dtype.kind, w.dtype.kind)
        ):
            yield from twin_candidates(q, list(_formulas(q, n, m, x, w)), NAMES)


def _formulas(q: Question, n: str, m: str, x: Array, w: Array) -> Iterator[Formula]:
    """Yield the layers whose answer has the right shape, in the layouts that fit; numbers are among the attributes."""
    numbers = sorted({int(v) for v in q.scalars.values() if v == int(v) and 0 <= v <= 8} | {0, 1})
    for layout, ((h, v), channel, image) in LAYOUTS.items():
        images = x.astype(np.float64).transpose(image, channel, h, v)
        for told, kernels in _kernels(m, w, (h, v, channel, image), x.shape[channel]):
            for (bias, b), stride, pad in product(
                _biases(q, {n, m}, kernels.shape[0]), numbers[1:], sorted({*numbers, kernels.shape[2] - 1})
            ):
                layer = _Layer(images, kernels, b, pad, stride, (image, channel, h, v))
                shape = layer.shape
                if (
                    min(shape) < 1
                    or shape not in (q.expected.shape, q.obtained.shape)
                    or prod(shape) * kernels[0].size > WORK
                ):
                    continue
                yield Formula(
                    f"the convolution of {n} ({layout}) with {m}",
                    told | {"border": f"pads by {pad}", "stride": f"strides by {stride}", "bias": bias},
                    layer.make,
                    layer.at if q.same_shape else None,
                    terms=kernels[0].size,
                    points=8,
                    fixes=_fixes(m, (h, v), told),
                )


def _kernels(
    m: str, w: Array, axes: tuple[int, ...], channels: int
) -> Iterator[tuple[dict[str, str], Array]]:
    """Yield the kernels as (F, C, h, w), in all that may be done to them, with what is done."""
    h, v, channel, image = axes
    wide = w.astype(np.float64)
    orders = {"takes the elements in their order": wide}
    orders |= {f"reads {m} in the other order, C for Fortran": wide.ravel(order="F").reshape(w.shape)}
    for contracted, kept in ((channel, image), (image, channel)):
        if w.shape[contracted] != channels:
            continue
        for (order, read), swap in product(orders.items(), (False, True)):
            turned = read.transpose(kept, contracted, *((v, h) if swap else (h, v)))
            for flipped in FLIPS + (() if swap or read is not wide else ONE):
                which = tuple((v, h)[a] if swap else (h, v)[a] for a in flipped)
                told = {
                    "kernel": f"flips {m} along {_axes(which)}" if flipped else f"does not flip {m}",
                    "axes": f"exchanges height and width of {m}"
                    if swap
                    else f"keeps height and width of {m}",
                    "channels": f"sums over axis {contracted} of {m}",
                    "order": order,
                }
                yield told, np.flip(turned, tuple(a + 2 for a in flipped))


def _axes(which: tuple[int, ...]) -> str:
    return f"axis {which[0]}" if len(which) == 1 else f"axes {' and '.join(map(str, sorted(which)))}"


def _fixes(m: str, hv: tuple[int, int], told: Mapping[str, str]) -> dict[str, str]:
    flip = f"np.flip({m}, axis={hv}) before it is used"
    exchange = f"np.swapaxes({m}, {hv[0]}, {hv[1]})"
    return {
        "kernel": f"leave {m} as it is: what flips, as conv2 does, needs {flip}"
        if "not" in told["kernel"]
        else flip,
        "axes": f"{exchange} before it is used"
        if "exchanges" in told["axes"]
        else f"do not exchange: {exchange}",
        "order": f"{m} is stored column by column in MATLAB: read it with order='F'",
    }


def _biases(q: Question, taken: set[str], filters: int) -> list[tuple[str, Array | None]]:
    found: list[tuple[str, Array | None]] = [("adds no bias", None)]
    for name, b in q.inputs.items():
        if name not in taken and b.size == filters == max(b.shape) and b.dtype.kind in "iuf":
            found += [
                (f"adds {name}", b.reshape(-1).astype(np.float64)),
                (f"subtracts {name}", -b.reshape(-1).astype(np.float64)),
            ]
    return found[:5]
