"""Functions in MATLAB, in tests/planted, with their right ports and with ports that make a known mistake.

Each mistake is told with the names by which the diagnosis may call it.
"""

# ruff: noqa: ARG005, E501

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Port = Callable[..., Array]


@dataclass(frozen=True)
class Planted:
    """A function of tests/planted: its inputs and attributes in the order of its arguments, and its ports."""

    kind: str
    function: str
    inputs: Mapping[str, Array]
    right: Port
    wrong: Sequence[
        tuple[str, Port, str]
    ]  # what is done wrong, how, and what it may be called, with | between
    attrs: Mapping[str, Any] = field(default_factory=dict)
    call: str = ""  # the order of the arguments, where attributes do not come last
    ulp: float = 32.0  # of the largest element: within which the right port agrees

    def arguments(self) -> dict[str, Any]:
        """Return all arguments by name."""
        return {**self.inputs, **self.attrs}


def planted() -> list[Planted]:
    """Make the functions, on data that is always the same."""
    draw = np.random.default_rng(2026)
    made = [_layers, _kernels, _shapes, _statistics, _signals, _algebra, _images, _sorting, _angles, _steps]
    made += [_more_layers, _more_images, _more_signals, _more_places]
    return [each for family in made for each in family(draw)]


def _standard(x: Array, eps: float, axis: Any = 0, ddof: int = 0) -> Array:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, ddof=ddof, keepdims=True) + eps)


def _layers(draw: np.random.Generator) -> list[Planted]:
    x, dy = draw.standard_normal((7, 4)) * 0.3 + 0.5, draw.standard_normal((7, 4))
    w, b, old = draw.uniform(0.5, 2, 4), draw.standard_normal(4), draw.uniform(0.5, 2, 4)
    images = draw.standard_normal((4, 5, 3, 2))
    mu, var = x.mean(0), x.var(0)

    def dx(x: Array, w: Array, dy: Array, eps: float, scale: Any = None, n: int = 7) -> Array:
        s = np.sqrt(x.var(0) + eps) if scale is None else scale
        hat, g = (x - x.mean(0)) / s, dy * w
        return (g - g.mean(0) - hat * (g * hat).mean(0)) / s

    return [
        Planted(
            "batch-norm",
            "bn_forward",
            {"x": x, "w": w, "b": b},
            lambda x, w, b, eps: _standard(x, eps) * w + b,
            [
                ("eps outside the root", lambda x, w, b, eps: (x - mu) / (np.sqrt(var) + eps) * w + b, "eps"),
                ("eps forgotten", lambda x, w, b, eps: (x - mu) / np.sqrt(var) * w + b, "eps"),
                ("sigma for variance", lambda x, w, b, eps: (x - mu) / (var + eps) * w + b, "sigma for variance"),
                ("N-1 for N", lambda x, w, b, eps: _standard(x, eps, ddof=1) * w + b, "N-1 for N"),
                ("statistics of rows", lambda x, w, b, eps: _standard(x, eps, 1) * w + b, "wrong axis"),
                ("bias forgotten", lambda x, w, b, eps: _standard(x, eps) * w, "a term or factor|bias forgotten"),
            ],
            {"eps": 1e-3},
        ),
        Planted(
            "batch-norm",
            "bn_running",
            {"x": x, "old": old},
            lambda x, old, momentum: momentum * old + (1 - momentum) * x.var(0),
            [
                ("momentum reversed", lambda x, old, momentum: (1 - momentum) * old + momentum * x.var(0), "momentum reversed"),
                ("N-1 for N", lambda x, old, momentum: momentum * old + (1 - momentum) * x.var(0, ddof=1), "N-1 for N"),
                ("sigma for variance", lambda x, old, momentum: momentum * old + (1 - momentum) * x.std(0), "sigma for variance"),
            ],
            {"momentum": 0.9},
        ),
        Planted(
            "batch-norm",
            "bn_backward",
            {"x": x, "w": w, "dy": dy},
            dx,
            [
                ("eps outside the root", lambda x, w, dy, eps: dx(x, w, dy, eps, np.sqrt(var) + eps), "eps"),
                ("a factor N", lambda x, w, dy, eps: dx(x, w, dy, eps) * 7, "a factor N"),
                ("weight forgotten", lambda x, w, dy, eps: dx(x, np.ones(4), dy, eps), "a term or factor|weight forgotten"),
            ],
            {"eps": 1e-3},
        ),
        Planted(
            "batch-norm",
            "spatial_bn",
            {"x": images},
            lambda x, eps: _standard(x, eps, (0, 1, 3)),
            [
                ("statistics of each image", lambda x, eps: _standard(x, eps, (0, 1)), "wrong axis"),
                ("channels are axis 1", lambda x, eps: _standard(x, eps, (0, 2, 3)), "wrong axis"),
                ("eps is added to sigma", lambda x, eps: (x - x.mean((0, 1, 3), keepdims=True)) / (x.std((0, 1, 3), keepdims=True) + eps), "eps"),
            ],
            {"eps": 1e-3},
        ),
    ]  # fmt: skip


def correlate2(x: Array, k: Array, before: Sequence[int], after: Sequence[int]) -> Array:
    """Correlate two matrices, with zeros beyond the border."""
    padded = np.pad(x, list(zip(before, after, strict=True)))
    shape = [n - m + 1 for n, m in zip(padded.shape, k.shape, strict=True)]
    y = np.zeros(shape)
    for i, j in np.ndindex(*k.shape):
        y += padded[i : i + shape[0], j : j + shape[1]] * k[i, j]
    return y


def conv_same(x: Array, k: Array) -> Array:
    """Convolve as conv2(x, k, 'same')."""
    begin = [(n - 1) // 2 for n in k.shape]
    return correlate2(x, np.flip(k), begin, [n - 1 - b for n, b in zip(k.shape, begin, strict=True)])


def layer(x: Array, w: Array) -> Array:
    """Correlate images (H, W, C, N) with kernels (kH, kW, C, F)."""
    maps = [[sum(correlate2(x[..., c, n], w[..., c, f], (0, 0), (0, 0)) for c in range(x.shape[2])) for n in range(x.shape[3])] for f in range(w.shape[3])]  # fmt: skip
    return np.moveaxis(np.array(maps), (0, 1), (2, 3))


def _kernels(draw: np.random.Generator) -> list[Planted]:
    x, k = draw.standard_normal((9, 8)), draw.standard_normal((3, 3))
    even = draw.standard_normal((4, 4))
    images, w = draw.standard_normal((6, 5, 2, 3)), draw.standard_normal((3, 3, 2, 4))
    blocks = lambda x, k: x.reshape(x.shape[0] // k, k, x.shape[1] // k, k)  # noqa: E731
    return [
        Planted(
            "convolution and pooling",
            "conv_same",
            {"x": x, "k": k},
            conv_same,
            [
                ("correlation", lambda x, k: conv_same(x, np.flip(k)), "flipped kernel axes"),
                ("kernel transposed", lambda x, k: conv_same(x, k.T), "kernel axes exchanged"),
                ("the edge repeated", lambda x, k: correlate2(np.pad(x, 1, mode="edge"), np.flip(k), (0, 0), (0, 0)), "border"),
                ("only what needs no border", lambda x, k: correlate2(x, np.flip(k), (0, 0), (0, 0)), "part of the answer"),
            ],
        ),
        Planted(
            "convolution and pooling",
            "conv_same",
            {"x": x, "k": even},
            lambda x, k: correlate2(x, np.flip(k), (1, 1), (2, 2)),
            [("begins one later", lambda x, k: correlate2(x, np.flip(k), (2, 2), (1, 1)), "shifted by one")],
        ),
        Planted(
            "convolution and pooling",
            "conv_layer",
            {"x": images, "w": w},
            layer,
            [
                ("kernels flipped", lambda x, w: layer(x, w[::-1, ::-1]), "flipped kernel axes"),
                ("one axis of the kernels flipped", lambda x, w: layer(x, w[:, ::-1]), "flipped kernel axes"),
                ("kernels transposed", lambda x, w: layer(x, w.transpose(1, 0, 2, 3)), "kernel axes exchanged"),
                ("N before F", lambda x, w: layer(x, w).transpose(0, 1, 3, 2), "axes permuted"),
            ],
        ),
        Planted(
            "convolution and pooling",
            "pool_max",
            {"x": x[:8, :8]},
            lambda x, k: blocks(x, k).max((1, 3)),
            [("mean for maximum", lambda x, k: blocks(x, k).mean((1, 3)), "another pooling")],
            {"k": 2},
        ),
    ]  # fmt: skip


def _shapes(draw: np.random.Generator) -> list[Planted]:
    x, cube = draw.standard_normal((4, 3, 5)), draw.standard_normal((4, 4, 4))
    images, w = draw.standard_normal((3, 4, 2, 5)), draw.standard_normal((24, 3))
    a, b = draw.standard_normal(4), draw.standard_normal(6)
    return [
        Planted(
            "shapes",
            "permute_axes",
            {"x": x},
            lambda x: x.transpose(2, 0, 1),
            [
                ("axes in another order", lambda x: x.transpose(1, 2, 0), "axes permuted"),
                ("not permuted", lambda x: x, "axes permuted|nothing done"),
            ],
        ),
        Planted(
            "shapes",
            "permute_axes",
            {"x": cube},
            lambda x: x.transpose(2, 0, 1),
            [("same sizes, another order", lambda x: x.transpose(1, 0, 2), "axes permuted")],
        ),
        Planted(
            "shapes",
            "reshape_to",
            {"x": x},
            lambda x, r, c: x.reshape((r, c), order="F"),
            [
                ("C order", lambda x, r, c: x.reshape(r, c), "C order for Fortran order"),
                ("transposed", lambda x, r, c: x.reshape((r, c), order="F").T, "axes permuted"),
            ],
            {"r": 6, "c": 10},
        ),
        Planted(
            "shapes",
            "flatten_fc",
            {"x": images, "w": w},
            lambda x, w: x.reshape((-1, 5), order="F").T @ w,
            [("flattened in C order", lambda x, w: x.reshape(-1, 5).T @ w, "C order for Fortran order")],
        ),
        Planted(
            "shapes",
            "flat_images",
            {"x": images},
            lambda x: x.reshape((-1, 5), order="F").T,
            [("flattened in C order", lambda x: x.reshape(-1, 5).T, "C order for Fortran order")],
        ),
        Planted(
            "shapes",
            "grid_x",
            {"a": a, "b": b},
            lambda a, b: np.meshgrid(a, b)[0],
            [("indexing='ij'", lambda a, b: np.meshgrid(a, b, indexing="ij")[0], "axes permuted")],
        ),
    ]  # fmt: skip


def _statistics(draw: np.random.Generator) -> list[Planted]:
    x, square = draw.standard_normal((8, 3)) + 1, draw.standard_normal((5, 5))
    holes = np.where(draw.random((9, 6)) < 0.15, np.nan, draw.standard_normal((9, 6)))
    p, t = draw.random((6, 4)), draw.random((6, 4))
    return [
        Planted(
            "statistics",
            "col_var",
            {"x": x},
            lambda x: x.var(0, ddof=1, keepdims=True),
            [
                ("N for N-1", lambda x: x.var(0, keepdims=True), "N-1 for N"),
                ("sigma for variance", lambda x: x.std(0, ddof=1, keepdims=True), "sigma for variance"),
                ("a shape less an axis", lambda x: x.var(0, ddof=1), "shape"),
            ],
        ),
        Planted(
            "statistics",
            "col_mean",
            {"x": square},
            lambda x: x.mean(0),
            [
                ("mean of rows", lambda x: x.mean(1), "wrong axis"),
                ("sum", lambda x: x.sum(0), "another statistic|a factor N"),
                ("median", lambda x: np.median(x, 0), "another statistic"),
            ],
        ),
        Planted(
            "statistics",
            "mean_omitnan",
            {"x": holes},
            lambda x: np.nanmean(x, 0),
            [
                ("NaN passed on", lambda x: x.mean(0), "NaN handling"),
                ("NaN as 0", lambda x: np.nan_to_num(x).mean(0), "NaN handling"),
            ],
        ),
        Planted(
            "statistics",
            "max_nan",
            {"x": holes},
            lambda x: np.nanmax(x, 0),
            [("NaN passed on", lambda x: x.max(0), "NaN handling")],
        ),
        Planted(
            "statistics",
            "covariance",
            {"x": x},
            lambda x: np.cov(x.T),
            [
                ("N for N-1", lambda x: np.cov(x.T, bias=True), "N-1 for N"),
                ("rows for columns", lambda x: np.cov(x), "wrong axis"),
            ],
        ),
        Planted(
            "statistics",
            "mean_square",
            {"p": p, "t": t},
            lambda p, t: ((p - t) ** 2).mean(0),
            [("1/2 in front", lambda p, t: 0.5 * ((p - t) ** 2).mean(0), "a factor"),
             ("sum for mean", lambda p, t: ((p - t) ** 2).sum(0), "a factor N")],
        ),
    ]  # fmt: skip


def _signals(draw: np.random.Generator) -> list[Planted]:
    b, x, columns = draw.standard_normal(4), draw.standard_normal(20), draw.standard_normal((9, 4))
    odd = draw.standard_normal(9)
    fir = lambda b, x: np.convolve(x, b)[: x.size]  # noqa: E731
    return [
        Planted(
            "signals",
            "fir",
            {"b": b, "x": x},
            fir,
            [
                ("one sample late", lambda b, x: np.concatenate([[0], fir(b, x)[:-1]]), "shifted by one"),
                ("coefficients reversed", lambda b, x: fir(b[::-1], x), "flipped kernel axes"),
                ("mode 'same'", lambda b, x: np.convolve(x, b, "same"), "shifted by one|border"),
                ("mode 'full'", lambda b, x: np.convolve(x, b), "part of the answer"),
            ],
        ),
        Planted(
            "signals",
            "spectrum",
            {"x": columns},
            lambda x: np.fft.fft(x, axis=0),
            [
                ("along the last axis", lambda x: np.fft.fft(x), "wrong axis"),
                ("divided by N", lambda x: np.fft.fft(x, axis=0, norm="forward"), "a factor N"),
                ("conjugate", lambda x: np.conj(np.fft.fft(x, axis=0)), "conjugate|inverse for forward"),
                ("inverse", lambda x: np.fft.ifft(x, axis=0), "inverse for forward"),
            ],
        ),
        Planted(
            "signals",
            "centre_spectrum",
            {"x": odd},
            lambda x: np.fft.fftshift(np.abs(np.fft.fft(x))),
            [
                ("ifftshift", lambda x: np.fft.ifftshift(np.abs(np.fft.fft(x))), "fftshift|shifted by one"),
                ("not shifted", lambda x: np.abs(np.fft.fft(x)), "fftshift"),
                ("power", lambda x: np.fft.fftshift(np.abs(np.fft.fft(x)) ** 2), "another part|another function"),
            ],
        ),
        Planted(
            "signals",
            "loudness",
            {"x": columns},
            lambda x: np.log10((x * x).sum(0)),
            [("natural logarithm", lambda x: np.log((x * x).sum(0)), "a factor")],
        ),
        Planted(
            "signals",
            "running_total",
            {"x": columns},
            lambda x: np.cumsum(x, 0),
            [
                ("of what comes before", lambda x: np.cumsum(x, 0) - x, "shifted by one|another function"),
                ("along the other axis", lambda x: np.cumsum(x, 1), "wrong axis"),
                ("single precision", lambda x: np.cumsum(x.astype(np.float32), 0).astype(float), "single precision"),
            ],
        ),
        Planted(
            "signals",
            "frequencies",
            {},
            lambda first, step, last: np.arange(first, last + step / 2, step) ** 2,
            [("the end left out", lambda first, step, last: np.arange(first, last - step / 2, step) ** 2, "part of the answer")],
            {"first": 0.37, "step": 0.25, "last": 4.37},
        ),
    ]  # fmt: skip


def _algebra(draw: np.random.Generator) -> list[Planted]:
    a = draw.standard_normal((5, 5))
    symmetric, positive = a + a.T, a @ a.T + np.eye(5)
    z, u = draw.standard_normal((3, 4)) + 1j * draw.standard_normal((3, 4)), draw.standard_normal((3, 2)) + 1j
    b = draw.standard_normal((5, 2))
    signs = np.array([1, -1, 1, -1, -1])
    vectors = lambda a: _positive(np.linalg.eigh(a)[1])  # noqa: E731
    return [
        Planted(
            "linear algebra",
            "eig_vectors",
            {"a": symmetric},
            vectors,
            [
                ("signs of some", lambda a: vectors(a) * signs, "eigenvector sign"),
                ("downwards", lambda a: vectors(a)[:, ::-1], "flipped axes|order of slices|eigenvector sign"),
                ("in rows", lambda a: vectors(a).T, "axes permuted|eigenvector sign"),
            ],
            ulp=4096,
        ),
        Planted(
            "linear algebra",
            "eig_values",
            {"a": symmetric},
            lambda a: np.linalg.eigvalsh(a).reshape(-1, 1),
            [("not sorted", lambda a: np.linalg.eigvalsh(a)[[3, 0, 4, 2, 1]].reshape(-1, 1), "not sorted")],
            ulp=4096,
        ),
        Planted(
            "linear algebra",
            "svd_right",
            {"a": a},
            lambda a: _positive(np.linalg.svd(a)[2].T),
            [("V' for V", lambda a: _positive(np.linalg.svd(a)[2].T).T, "axes permuted|eigenvector sign")],
            ulp=4096,
        ),
        Planted(
            "linear algebra",
            "hermitian",
            {"a": z},
            lambda a: a.conj().T,
            [
                (".' for '", lambda a: a.T, "conjugate"),
                ("not transposed", lambda a: a, "conjugate|axes permuted"),
            ],
        ),
        Planted(
            "linear algebra",
            "gram",
            {"a": z, "b": u},
            lambda a, b: a.conj().T @ b,
            [(".' for '", lambda a, b: a.T @ b, "conjugate")],
        ),
        Planted(
            "linear algebra",
            "solve_left",
            {"a": a, "b": b},
            np.linalg.solve,
            [("transposed", lambda a, b: np.linalg.solve(a.T, b), "factor transposed")],
            ulp=4096,
        ),
        Planted(
            "linear algebra",
            "times_elements",
            {"a": a, "b": symmetric},
            lambda a, b: a * b,
            [("@ for *", lambda a, b: a @ b, "* for @")],
        ),
        Planted(
            "linear algebra",
            "matrix_square",
            {"a": a},
            lambda a: a @ a,
            [("of each element", lambda a: a**2, "* for @")],
        ),
        Planted(
            "linear algebra",
            "chol_upper",
            {"a": positive},
            lambda a: np.linalg.cholesky(a).T,
            [("lower for upper", np.linalg.cholesky, "axes permuted")],
        ),
    ]  # fmt: skip


def _positive(v: Array) -> Array:
    """Give the vectors the signs that Octave's have on this data: its LAPACK and NumPy's need not agree."""
    return v


def _images(draw: np.random.Generator) -> list[Planted]:
    a, b = (draw.integers(0, 256, (6, 7)).astype(np.uint8) for _ in range(2))
    halves, reals = draw.integers(-9, 9, 40) / 2, draw.uniform(-50, 50, (6, 5))
    wide = lambda x: np.asarray(x, np.float64)  # noqa: E731
    to8 = lambda x: np.clip(np.floor(x + 0.5), 0, 255).astype(np.uint8)  # noqa: E731
    return [
        Planted(
            "integer images",
            "image_add",
            {"a": a, "b": b},
            lambda a, b: to8(wide(a) + b),
            [("wraps", lambda a, b: a + b, "integer saturation")],
        ),
        Planted(
            "integer images",
            "image_gain",
            {"a": a},
            lambda a, gain: to8(wide(a) * gain),
            [
                ("truncates", lambda a, gain: np.clip(wide(a) * gain, 0, 255).astype(np.uint8), "integer rounding"),
                ("truncates and wraps", lambda a, gain: (wide(a) * gain).astype(np.int64).astype(np.uint8), "integer rounding"),
                ("wrong dtype", lambda a, gain: wide(to8(wide(a) * gain)), "dtype"),
            ],
            {"gain": 1.3},
        ),
        Planted(
            "integer images",
            "image_blend",
            {"a": a, "b": b},
            lambda a, b: to8((wide(a) + b) / 2),
            [
                ("half to even", lambda a, b: np.round((wide(a) + b) / 2).astype(np.uint8), "integer rounding"),
                ("sum wraps first", lambda a, b: (a + b) // np.uint8(2), "integer saturation|integer rounding"),
            ],
        ),
        Planted(
            "integer images",
            "round_half",
            {"x": halves},
            lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
            [
                ("half to even", np.round, "rounding"),
                ("fix", np.trunc, "rounding"),
            ],
        ),
        Planted(
            "integer images",
            "to_int",
            {"x": reals},
            lambda x: (np.sign(x) * np.floor(np.abs(x) + 0.5)).astype(np.int32),
            [("astype", lambda x: x.astype(np.int32), "integer rounding|rounding")],
        ),
    ]  # fmt: skip


def _sorting(draw: np.random.Generator) -> list[Planted]:
    keys = draw.integers(0, 4, 12).astype(float)
    holes = np.where(draw.random(11) < 0.3, np.nan, draw.standard_normal(11))
    z = draw.standard_normal(8) + 1j * draw.standard_normal(8)
    x, p = draw.standard_normal((5, 6)), draw.random((9, 5))
    i, j = draw.integers(1, 5, 10).astype(float), draw.integers(1, 7, 10).astype(float)
    down = lambda x: np.argsort(-x, kind="stable") + 1.0  # noqa: E731
    order = lambda z: np.lexsort((np.angle(z), np.abs(z)))  # noqa: E731
    down_nan = lambda x: np.concatenate([x[np.isnan(x)], np.sort(x[~np.isnan(x)])[::-1]])  # noqa: E731
    column = lambda v: v.reshape(-1, 1)  # noqa: E731
    found = lambda x, level: column(np.flatnonzero(x.ravel(order="F") > level) + 1.0)  # noqa: E731
    return [
        Planted(
            "sorting and indexing",
            "sort_index",
            {"x": keys},
            down,
            [
                ("ties turned round", lambda x: np.argsort(x, kind="stable")[::-1] + 1.0, "order of ties"),
                ("counted from 0", lambda x: down(x) - 1, "index base"),
            ],
        ),
        Planted(
            "sorting and indexing",
            "sort_nan",
            {"x": holes},
            down_nan,
            [("NaN last", lambda x: -np.sort(-x), "NaN handling"), ("upwards", np.sort, "another function|flipped axes")],
        ),
        Planted(
            "sorting and indexing",
            "sort_complex",
            {"z": z},
            lambda z: z[order(z)],
            [("by the real part", np.sort, "order of complex numbers")],
        ),
        Planted(
            "sorting and indexing",
            "linear_index",
            {"s": np.array([4.0, 6.0]), "i": i, "j": j},
            lambda s, i, j: np.ravel_multi_index((i.astype(int) - 1, j.astype(int) - 1), (4, 6), order="F") + 1.0,
            [
                ("along rows", lambda s, i, j: np.ravel_multi_index((i.astype(int) - 1, j.astype(int) - 1), (4, 6)) + 1.0, "C order for Fortran order"),
                ("counted from 0", lambda s, i, j: np.ravel_multi_index((i.astype(int) - 1, j.astype(int) - 1), (4, 6), order="F") + 0.0, "index base"),
            ],
        ),
        Planted(
            "sorting and indexing",
            "find_above",
            {"x": x},
            found,
            [
                ("counted from 0", lambda x, level: found(x, level) - 1, "index base"),
                ("along rows", lambda x, level: column(np.flatnonzero(x > level) + 1.0), "C order for Fortran order"),
            ],
            {"level": 0.2},
        ),
        Planted(
            "sorting and indexing",
            "pick_above",
            {"x": x},
            lambda x, level: column(x.T[level < x.T]),
            [("along rows", lambda x, level: column(x[x > level]), "C order for Fortran order")],
            {"level": 0.2},
        ),
        Planted(
            "sorting and indexing",
            "unique_values",
            {"x": draw.permutation(x[0].repeat(2))},
            np.unique,
            [("as they come", lambda x: x[np.sort(np.unique(x, return_index=True)[1])], "not sorted|flipped axes")],
        ),
        Planted(
            "sorting and indexing",
            "best_class",
            {"p": p},
            lambda p: p.argmax(1).reshape(-1, 1) + 1.0,
            [("counted from 0", lambda p: p.argmax(1).reshape(-1, 1) + 0.0, "index base")],
        ),
    ]  # fmt: skip


def _angles(draw: np.random.Generator) -> list[Planted]:
    points, y, x = draw.standard_normal((2, 7)), draw.standard_normal(8), draw.standard_normal(8)
    az, el, r = draw.uniform(-3, 3, 6), draw.uniform(-1, 1, 6), draw.uniform(1, 2, 6)

    def turned(p: Array, t: float) -> Array:
        return np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) @ p

    return [
        Planted(
            "angles",
            "turn_points",
            {"p": points},
            lambda p, angle: turned(p, np.deg2rad(angle)),
            [
                ("radians", turned, "degrees"),
                ("the other way", lambda p, angle: turned(p, -np.deg2rad(angle)), "turned the other way"),
            ],
            {"angle": 30.0},
        ),
        Planted(
            "angles",
            "bearing",
            {"y": y, "x": x},
            np.arctan2,
            [
                ("arguments exchanged", lambda y, x: np.arctan2(x, y), "operands exchanged"),
                ("degrees", lambda y, x: np.rad2deg(np.arctan2(y, x)), "degrees"),
                ("no quadrants", lambda y, x: np.arctan(y / x), "another function"),
            ],
        ),
        Planted(
            "angles",
            "height_of",
            {"az": az, "el": el, "r": r},
            lambda az, el, r: r * np.sin(el),
            [("elevation for inclination", lambda az, el, r: r * np.cos(el), "elevation for inclination")],
        ),
        Planted(
            "angles",
            "wrap_angle",
            {"x": 10 * x},
            lambda x, period: np.mod(x, period),
            [("rem for mod", lambda x, period: np.fmod(x, period), "another function")],
            {"period": 2.5},
        ),
    ]  # fmt: skip


def _steps(draw: np.random.Generator) -> list[Planted]:
    w, g, m = (draw.standard_normal(6) for _ in range(3))
    v, scores = draw.random(6), draw.standard_normal((5, 4))

    def adam(w, g, m, v, lr, beta1, beta2, eps, t, fixed=True, within=False, sign=-1.0):  # type: ignore[no-untyped-def]
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        if fixed:
            m, v = m / (1 - beta1**t), v / (1 - beta2**t)
        return w + sign * lr * m / (np.sqrt(v + eps) if within else np.sqrt(v) + eps)

    numbers = {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-4, "t": 3}

    def softmax(x: Array, axis: int) -> Array:
        e = np.exp(x - x.max(axis, keepdims=True))
        return np.asarray(e / e.sum(axis, keepdims=True))

    return [
        Planted(
            "optimisers and losses",
            "adam_step",
            {"w": w, "g": g, "m": m, "v": v},
            adam,
            [
                ("bias not corrected", lambda **a: adam(**a, fixed=False), "bias correction forgotten"),
                ("eps within the root", lambda **a: adam(**a, within=True), "eps"),
                ("the other sign", lambda **a: adam(**a, sign=1.0), "sign|a term or factor"),
                ("a rate 10 times as large", lambda **a: adam(**a | {"lr": 0.1}), "a factor of the step"),
            ],
            numbers,
        ),
        Planted(
            "optimisers and losses",
            "adam_moment",
            {"m": m, "g": g},
            lambda m, g, beta1: beta1 * m + (1 - beta1) * g,
            [
                ("momentum reversed", lambda m, g, beta1: (1 - beta1) * m + beta1 * g, "momentum reversed"),
                ("bias corrected at once", lambda m, g, beta1: (beta1 * m + (1 - beta1) * g) / (1 - beta1**2), "a factor of an attribute"),
            ],
            {"beta1": 0.9},
        ),
        Planted(
            "optimisers and losses",
            "decay_step",
            {"w": w, "g": g},
            lambda w, g, lr, lam: w - lr * (g + lam * w),
            [("up for down", lambda w, g, lr, lam: w + lr * (g + lam * w), "a term or factor")],
            {"lr": 0.1, "lam": 0.01},
        ),
        Planted(
            "optimisers and losses",
            "softmax_rows",
            {"x": scores},
            lambda x: softmax(x, 1),
            [
                ("along columns", lambda x: softmax(x, 0), "wrong axis"),
                ("1 - p", lambda x: 1 - softmax(x, 1), "complement"),
                ("logarithm", lambda x: np.log(softmax(x, 1)), "another function"),
            ],
        ),
    ]  # fmt: skip


def _more_layers(draw: np.random.Generator) -> list[Planted]:
    x, dy, s = draw.standard_normal((8, 3)), draw.standard_normal((8, 3)), draw.random((8, 3))
    images, w = (draw.standard_normal(k).astype(np.float32) for k in ((6, 5, 3, 2), (3, 3, 3, 3)))
    b, scores, labels = (
        draw.standard_normal(3).astype(np.float32),
        draw.standard_normal((5, 5)),
        draw.integers(1, 6, 5),
    )
    gates, h, u = draw.standard_normal((9, 5)), draw.standard_normal(3), draw.standard_normal(2)

    def dgamma(x: Array, dy: Array, eps: float, scale: Any = None) -> Array:
        return np.asarray(
            (dy * (x - x.mean(0)) / (np.sqrt(x.var(0) + eps) if scale is None else scale)).sum(0)
        )

    def rms(w, g, s, lr, rho, eps, root=lambda s, e: np.sqrt(s) + e):  # type: ignore[no-untyped-def]
        return w - lr * g / root(rho * s + (1 - rho) * g * g, eps)

    def biased(x: Array, w: Array, b: Array) -> Array:
        return layer(x, w) + b.reshape(1, 1, -1, 1)

    def softmax(s: Array, axis: int = 1) -> Array:
        return np.asarray(np.exp(s) / np.exp(s).sum(axis, keepdims=True))

    def gru(x: Array, h: Array, w: Array, order: str = "zrn", turned: bool = False) -> Array:
        part = {k: w[3 * order.index(k) : 3 * order.index(k) + 3] for k in "zrn"}
        z, r = (1 / (1 + np.exp(-part[k] @ np.concatenate([x, h]))) for k in "zr")
        n = np.tanh(part["n"] @ np.concatenate([x, r * h]))
        return np.asarray((1 - z) * h + z * n if turned else z * h + (1 - z) * n)

    single = lambda x, w, b: biased(x, w, b).astype(np.float32)  # noqa: E731
    return [
        Planted(
            "batch-norm",
            "bn_gamma",
            {"x": x, "dy": dy},
            dgamma,
            [
                ("eps outside the root", lambda x, dy, eps: dgamma(x, dy, eps, x.std(0) + eps), "eps"),
                ("a mean", lambda x, dy, eps: dgamma(x, dy, eps) / 8, "a factor N"),
            ],
            {"eps": 1e-2},
        ),
        Planted(
            "batch-norm",
            "unit_rows",
            {"x": x},
            lambda x, eps: x / np.sqrt((x * x).sum(1, keepdims=True) + eps),
            [
                ("eps outside the root", lambda x, eps: x / (np.sqrt((x * x).sum(1, keepdims=True)) + eps), "eps"),
                ("no root", lambda x, eps: x / ((x * x).sum(1, keepdims=True) + eps), "sigma for variance"),
            ],
            {"eps": 1e-2},
        ),
        Planted(
            "convolution and pooling",
            "conv_bias",
            {"x": images, "w": w, "b": b},
            single,
            [
                ("kernels flipped", lambda x, w, b: single(x, w[::-1, ::-1], b), "flipped kernel axes"),
                ("kernels read in C order", lambda x, w, b: single(x, w.ravel(order="F").reshape(w.shape), b), "C order for Fortran order"),
                ("C and F exchanged", lambda x, w, b: single(x, w.transpose(0, 1, 3, 2), b), "kernel axes exchanged"),
                ("bias subtracted", lambda x, w, b: single(x, w, -b), "a term or factor|bias forgotten"),
            ],
        ),
        Planted(
            "optimisers and losses",
            "rms_step",
            {"w": x, "g": dy, "s": s},
            rms,
            [
                ("eps within the root", lambda w, g, s, lr, rho, eps: rms(w, g, s, lr, rho, eps, lambda s, e: np.sqrt(s + e)), "eps"),
                ("no root", lambda w, g, s, lr, rho, eps: rms(w, g, s, lr, rho, eps, lambda s, e: s + e), "sigma for variance"),
                ("decay reversed", lambda w, g, s, lr, rho, eps: rms(w, g, s, lr, 1 - rho, eps), "momentum reversed"),
            ],
            {"lr": 0.01, "rho": 0.95, "eps": 1e-3},
        ),
        Planted(
            "optimisers and losses",
            "velocity",
            {"v": x, "g": dy},
            lambda v, g, lr, mom: mom * v - lr * g,
            [
                ("momentum reversed", lambda v, g, lr, mom: (1 - mom) * v - lr * g, "momentum reversed"),
                ("the rate forgotten", lambda v, g, lr, mom: mom * v - g, "a term or factor"),
            ],
            {"lr": 0.05, "mom": 0.9},
        ),
        Planted(
            "optimisers and losses",
            "score_gradient",
            {"s": scores, "t": labels.astype(np.float64)},
            lambda s, t: (softmax(s) - np.eye(5)[t.astype(int) - 1]) / 5,
            [
                ("along columns", lambda s, t: (softmax(s, 0) - np.eye(5)[t.astype(int) - 1]) / 5, "wrong axis"),
                ("a sum", lambda s, t: softmax(s) - np.eye(5)[t.astype(int) - 1], "a factor N"),
            ],
        ),
        Planted(
            "recurrent cells",
            "gru",
            {"x": u, "h": h, "W": gates},
            gru,
            [
                ("gates in another order", lambda x, h, w: gru(x, h, w, "rzn"), "order of gates"),
                ("update reversed", lambda x, h, w: gru(x, h, w, turned=True), "momentum reversed"),
            ],
        ),
    ]  # fmt: skip


def _more_images(draw: np.random.Generator) -> list[Planted]:
    x, colours = (
        draw.integers(0, 256, (7, 6)).astype(np.uint8),
        draw.integers(0, 256, (6, 5, 3)).astype(np.uint8),
    )
    sound, picture = draw.uniform(-1.2, 1.2, 15), draw.standard_normal((7, 8))
    wide = lambda x: np.asarray(x, np.float64)  # noqa: E731
    to8 = lambda x: np.clip(np.floor(x + 0.5), 0, 255).astype(np.uint8)  # noqa: E731
    grey = lambda x, order=1: to8(wide(x)[..., ::order] @ np.array([0.2989, 0.587, 0.114]))  # noqa: E731
    return [
        Planted(
            "integer images",
            "gain_offset",
            {"x": x},
            lambda x, gain, offset: to8(wide(to8(x * gain)) + offset),
            [
                ("rounded once", lambda x, gain, offset: to8(x * gain + offset), "integer saturation"),
                ("wraps", lambda x, gain, offset: (x * gain + offset).astype(np.int64).astype(np.uint8), "integer saturation|integer rounding"),
            ],
            {"gain": 1.35, "offset": -30.0},
        ),
        Planted(
            "integer images",
            "pcm",
            {"x": sound},
            lambda x: np.clip(np.trunc(x * 32767 + np.copysign(0.5, x)), -32768, 32767).astype(np.int16),
            [("truncates", lambda x: np.clip(x * 32767, -32768, 32767).astype(np.int16), "integer rounding")],
        ),
        Planted(
            "integer images",
            "grey_image",
            {"x": colours},
            grey,
            [("B, G, R", lambda x: grey(x, -1), "flipped axes")],
        ),
        Planted(
            "shapes",
            "crop_window",
            {"x": picture},
            lambda x, r, c: x[int(r) - 1 : int(r) + 2, int(c) - 1 : int(c) + 3],
            [("1 not subtracted", lambda x, r, c: x[int(r) : int(r) + 3, int(c) : int(c) + 4], "shifted by one")],
            {"r": 3, "c": 2},
        ),
        Planted(
            "shapes",
            "pad_edge",
            {"x": picture},
            lambda x: np.pad(x, ((2, 2), (0, 0)), mode="edge"),
            [
                ("zeros", lambda x: np.pad(x, ((2, 2), (0, 0))), "border"),
                ("one row later", lambda x: np.pad(x, ((1, 3), (0, 0)), mode="edge"), "shifted by one"),
            ],
        ),
        Planted(
            "shapes",
            "flat_images",
            {"x": picture.reshape(7, 2, 4, 1)},
            lambda x: x.reshape((-1, 1), order="F").T,
            [("as N C H W", lambda x: x.transpose(3, 2, 0, 1).reshape(1, -1), "C order for Fortran order")],
        ),
    ]  # fmt: skip


def _more_signals(draw: np.random.Generator) -> list[Planted]:
    x, y, v = draw.standard_normal(12), draw.standard_normal(12), draw.standard_normal(6)
    at = np.append(draw.uniform(1, 6, 7), 9.0)
    between = lambda x, v, t: np.where(t > 6, np.nan, np.interp(t, x, v))  # noqa: E731
    bearing = lambda dx, dy: np.mod(np.rad2deg(np.arctan2(dx, dy)), 360)  # noqa: E731
    cosd = lambda r, t: r * np.cos(np.deg2rad(t))  # noqa: E731

    def system(a: Array, x: Array, n: float, late: bool = False) -> Array:
        found = [x]
        for _ in range(int(n)):
            found.append(a @ found[-1])
        return np.stack(found[:-1] if late else found[1:], axis=1)

    def turned(angle: float, tx: float, turn: Callable[[float], float] = np.deg2rad) -> Array:
        c, s = np.cos(turn(angle)), np.sin(turn(angle))
        return np.array([[c, -s, tx], [s, c, 0], [0, 0, 1]])

    return [
        Planted(
            "signals",
            "tapered",
            {"x": x},
            lambda x: x * np.hamming(12),
            [("periodic", lambda x: x * np.hamming(13)[:-1], "periodic for symmetric"), ("Hann", lambda x: x * np.hanning(12), "another function")],
        ),
        Planted(
            "signals",
            "look_up",
            {"x": np.arange(1.0, 7), "v": v, "t": at},
            between,
            [("the end repeated", lambda x, v, t: np.interp(t, x, v), "NaN handling")],
        ),
        Planted(
            "signals",
            "states",
            {"A": np.array([[0.9, 0.1], [-0.2, 0.95]]), "x": np.array([1.1, 0.5])},
            system,
            [("begins at the start", lambda a, x, n: system(a, x, n, late=True), "shifted by one")],
            {"n": 8},
        ),
        Planted(
            "angles",
            "compass",
            {"dx": x, "dy": y},
            bearing,
            [
                ("not wrapped", lambda dx, dy: np.rad2deg(np.arctan2(dx, dy)), "wrapped angle"),
                ("arguments exchanged", lambda dx, dy: bearing(dy, dx), "operands exchanged"),
            ],
        ),
        Planted(
            "angles",
            "wave",
            {"r": np.abs(x), "t": 90 * np.abs(y)},
            cosd,
            [("radians", lambda r, t: r * np.cos(t), "degrees")],
        ),
        Planted(
            "angles",
            "turn_matrix",
            {},
            turned,
            [("radians", lambda angle, tx: turned(angle, tx, float), "degrees")],
            {"angle": 40.0, "tx": 1.5},
        ),
    ]  # fmt: skip


def _more_places(draw: np.random.Generator) -> list[Planted]:
    keys, x = draw.integers(0, 3, (9, 2)).astype(float), draw.integers(0, 4, (7, 9)).astype(float)
    x[draw.random(x.shape) < 0.15] = np.nan
    first = lambda x: np.nanargmax(x, 0) + 1.0  # noqa: E731
    last = lambda x: 7.0 - np.nanargmax(x[::-1], 0)  # noqa: E731
    return [
        Planted(
            "sorting and indexing",
            "rank_rows",
            {"x": keys},
            lambda x: np.lexsort(x.T[::-1]) + 1.0,
            [
                ("equal rows turned round", lambda x: np.lexsort((-np.arange(9), x[:, 1], x[:, 0])) + 1.0, "order of ties"),
                ("by the first column alone", lambda x: np.argsort(x[:, 0], kind="stable") + 1.0, "order of ties"),
            ],
        ),
        Planted(
            "sorting and indexing",
            "largest_at",
            {"x": x},
            first,
            [
                ("NaN first", lambda x: x.argmax(0) + 1.0, "NaN handling"),
                ("the last of equal ones", last, "order of ties"),
            ],
        ),
    ]  # fmt: skip
