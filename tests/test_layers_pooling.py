"""Pooling, and the normalisation that goes with it, against naive loops; and as a user meets them: memory, options.

That they compute what Octave computes is the matter of the fixtures.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pybn.errors import DTypeError, LayoutError, ShapeError, StateError
from pybn.layers import AvgPoolLayer, GlobalAvgPoolLayer, GlobalMaxPoolLayer, LocalResponseNorm, MaxPoolLayer
from pybn.layouts import convert

Pool = tuple[dict[str, Any], tuple[int, int]]  # options, and the height and width of images that fit
SIZES: Pool = ({}, (6, 5))


@st.composite
def pools(draw: Callable[..., Any]) -> Pool:
    """Any window that fits: kernel, stride, padding, and images of some size."""
    options: dict[str, Any] = {"stride": [], "pad": []}
    sizes = []
    for side in ("kernel_height", "kernel_width"):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        pads = [draw(st.integers(0, kernel - 1)) for _ in range(2)]
        size = kernel + draw(st.integers(0, 3)) * stride - sum(pads)
        assume(size >= 1)
        options[side] = kernel
        options["stride"].append(stride)
        options["pad"] += pads
        sizes.append(size)
    return options, (sizes[0], sizes[1])


def windows(x: Any, pool: dict[str, Any]) -> Any:
    """Yield (n, c, p, q) and the list of real pixels (h, w) under that position."""
    (top, bottom, left, right), (down, across) = pool["pad"], pool["stride"]
    height, width = x.shape[2:]
    rows = range(-top, height + bottom - pool["kernel_height"] + 1, down)
    columns = range(-left, width + right - pool["kernel_width"] + 1, across)
    for n, c in np.ndindex(*x.shape[:2]):
        for (p, h0), (q, w0) in product(enumerate(rows), enumerate(columns)):
            spots = product(
                range(h0, h0 + pool["kernel_height"]),
                range(w0, w0 + pool["kernel_width"]),
            )
            yield (n, c, p, q), [(h, w) for h, w in spots if 0 <= h < height and 0 <= w < width]


def naive_max(x: Any, dy: Any, pool: dict[str, Any]) -> tuple[Any, Any]:
    """y and dx of max pooling, pixel by pixel; x may hold NaN."""
    y, dx = np.full_like(dy, np.nan), np.zeros_like(x)
    for (n, c, p, q), pixels in windows(x, pool):
        seen = [x[n, c, h, w] for h, w in pixels if not np.isnan(x[n, c, h, w])]
        if seen:
            y[n, c, p, q] = max(seen)
        for h, w in pixels:
            if x[n, c, h, w] == y[n, c, p, q]:
                dx[n, c, h, w] += dy[n, c, p, q]
    return y, dx


def images(pool: Pool, c: int = 2, n: int = 2, dtype: Any = np.float64, seed: int = 0) -> Any:
    """x in NCHW, normal."""
    rng = np.random.default_rng([n, c, *pool[1], seed])
    return rng.standard_normal((n, c, *pool[1])).astype(dtype)


def like_output(layer: Any, x: Any) -> Any:
    """dy in the shape of y."""
    shape = layer.output_shape(x.shape)
    return np.random.default_rng(shape).standard_normal(shape).astype(x.dtype)


def differences(layer: Any, x: Any, dy: Any, h: float = 1e-6) -> Any:
    """The gradient of sum(y * dy) by x, by central differences."""
    dx = np.empty_like(x)
    for at in np.ndindex(*x.shape):
        around = []
        for step in (h, -h):
            moved = x.copy()
            moved[at] += step
            around.append(float(np.sum(layer.forward(moved) * dy)))
        dx[at] = (around[0] - around[1]) / (2 * h)
    layer.forward(x)
    return dx


def relative(found: Any, wanted: Any) -> float:
    """The largest difference, against the largest magnitude."""
    return float(np.abs(found - wanted).max() / max(np.abs(wanted).max(), 1e-300))


def same(found: Any, wanted: Any) -> bool:
    """Whether two arrays are equal, NaN to NaN, and zeros by their sign."""
    signs = np.signbit(found) == np.signbit(wanted)
    return np.array_equal(found, wanted, equal_nan=True) and bool((signs | np.isnan(found)).all())


# Max pooling.


@given(pools(), st.integers(0, 9), st.sampled_from(["normal", "ties", "NaN"]))
@settings(max_examples=100, deadline=None)
def test_max_pooling_is_what_a_naive_loop_says(pool: Pool, seed: int, kind: str) -> None:
    x = images(pool, seed=seed)
    if kind != "normal":
        x = np.round(x)
    if kind == "NaN":
        x[np.random.default_rng(seed).random(x.shape) < 0.5] = np.nan
    layer = MaxPoolLayer(**pool[0])
    dy = like_output(layer, x)
    y, dx = naive_max(x, dy, pool[0])
    np.testing.assert_array_equal(layer.forward(x), y)
    np.testing.assert_allclose(layer.backward(dy).input, dx, rtol=1e-13, atol=1e-13)


@given(pools())
@settings(max_examples=15, deadline=None)
def test_the_gradient_of_max_pooling_is_that_of_differences(pool: Pool) -> None:
    x = images(pool)
    x = np.random.default_rng(1).permutation(np.arange(x.size) / x.size).reshape(x.shape)  # no ties
    layer = MaxPoolLayer(**pool[0])
    dy = like_output(layer, x)
    wanted = differences(layer, x, dy)
    assert relative(layer.backward(dy).input, wanted) < 1e-7


def test_the_first_of_two_zeros_gives_the_sign_and_both_receive_the_gradient() -> None:
    x = np.array([[[[-0.0, 0.0], [0.0, -0.0]]]])
    layer = MaxPoolLayer(2, 1)
    assert np.signbit(layer.forward(x)).tolist() == [[[[True, False]]]]
    assert layer.backward(np.array([[[[3.0, 5.0]]]])).input.tolist() == [[[[3, 5], [3, 5]]]]


def test_padding_does_not_win_over_minus_infinity() -> None:
    layer = MaxPoolLayer(2, 2, pad=1)
    x = np.array([[[[-np.inf, np.nan]]]])
    top = [-np.inf, -np.inf, np.nan]
    np.testing.assert_array_equal(layer.forward(x), [[[top, top]]])
    assert layer.backward(np.ones((1, 1, 2, 3))).input.tolist() == [[[[4, 0]]]]


# Average pooling.


def naive_avg(x: Any, dy: Any, pool: dict[str, Any], include: bool) -> tuple[Any, Any]:
    """y and dx of average pooling, pixel by pixel."""
    y, dx = np.zeros_like(dy), np.zeros_like(x)
    for (n, c, p, q), pixels in windows(x, pool):
        count = pool["kernel_height"] * pool["kernel_width"] if include else len(pixels)
        y[n, c, p, q] = sum(x[n, c, h, w] for h, w in pixels) / count
        for h, w in pixels:
            dx[n, c, h, w] += dy[n, c, p, q] / count
    return y, dx


@given(pools(), st.integers(0, 9), st.booleans())
@settings(max_examples=100, deadline=None)
def test_average_pooling_is_what_a_naive_loop_says(pool: Pool, seed: int, include: bool) -> None:
    x = images(pool, seed=seed)
    layer = AvgPoolLayer(**pool[0], count_include_pad=include)
    dy = like_output(layer, x)
    y, dx = naive_avg(x, dy, pool[0], include)
    np.testing.assert_allclose(layer.forward(x), y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.backward(dy).input, dx, rtol=1e-12, atol=1e-14)


@given(pools(), st.booleans())
@settings(max_examples=15, deadline=None)
def test_the_gradient_of_average_pooling_is_that_of_differences(pool: Pool, include: bool) -> None:
    x = images(pool)
    layer = AvgPoolLayer(**pool[0], count_include_pad=include)
    dy = like_output(layer, x)
    wanted = differences(layer, x, dy, h=1e-3)  # linear: any step serves
    assert relative(layer.backward(dy).input, wanted) < 1e-7


def test_the_padding_counts_where_it_is_told_to() -> None:
    x = np.full((1, 1, 2, 2), 6.0)
    assert AvgPoolLayer(2, 2, 2, pad=1).forward(x).tolist() == [[[[6, 6], [6, 6]]]]
    assert AvgPoolLayer(2, 2, 2, pad=1, count_include_pad=True).forward(x).tolist() == [
        [[[1.5, 1.5], [1.5, 1.5]]]
    ]
    for wrong in (1, 0, None, "yes"):
        with pytest.raises(ValueError, match="count_include_pad: wanted True or False"):
            AvgPoolLayer(2, 2, count_include_pad=wrong)  # type: ignore[arg-type]


def test_an_average_of_large_numbers_is_in_the_order_of_the_window() -> None:
    """Column by column, one after the other, in single precision; a pairwise sum would differ."""
    x = (1e6 + np.random.default_rng(0).standard_normal((1, 1, 9, 11))).astype("f4")
    total = np.float32(0)
    for value in x[0, 0].T.ravel():
        total += value
    assert AvgPoolLayer(9, 11).forward(x).item() == total / np.float32(99)


# Pooling of whole images.


@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_global_pooling_is_pooling_by_a_window_of_the_image_s_size(
    h: int, w: int, c: int, n: int, seed: int
) -> None:
    x = images(({}, (h, w)), c, n, seed=seed)
    x[np.random.default_rng(seed).random(x.shape) < 0.3] = [0.0, -0.0, np.nan, -np.inf, 9.0][seed % 5]
    for whole, window in (
        (GlobalMaxPoolLayer(), MaxPoolLayer(h, w)),
        (GlobalAvgPoolLayer(), AvgPoolLayer(h, w)),
    ):
        dy = like_output(whole, x)
        assert same(whole.forward(x), window.forward(x))
        assert same(whole.backward(dy).input, window.backward(dy).input)


def test_global_pooling_is_what_numpy_says() -> None:
    x = images(({}, (5, 8)), 3, 2)
    dy = np.random.default_rng(1).standard_normal((2, 3, 1, 1))
    most, mean = GlobalMaxPoolLayer(), GlobalAvgPoolLayer()
    assert np.array_equal(most.forward(x), x.max(axis=(2, 3), keepdims=True))
    np.testing.assert_allclose(mean.forward(x), x.mean(axis=(2, 3), keepdims=True), rtol=1e-12)
    assert relative(most.backward(dy).input, differences(most, x, dy)) < 1e-7
    assert relative(mean.backward(dy).input, differences(mean, x, dy, h=1e-3)) < 1e-7


# Local response normalisation.

ENERGIES: dict[str, dict[str, Any]] = {
    "usual": {},
    "strong": {"alpha": 0.7, "beta": 0.6, "k": 0.5},
    "even": {"size": 4, "alpha": 0.7, "beta": 1.5, "k": 2.0},
    "pair": {"size": 2, "alpha": 0.3},
    "one": {"size": 1, "alpha": 0.3},
    "wide": {"size": 30, "alpha": 9.0, "beta": -0.4},
}


@pytest.mark.parametrize("c", [1, 2, 3, 8])
@pytest.mark.parametrize("name", ENERGIES)
def test_local_response_normalisation_is_what_a_naive_loop_says(name: str, c: int) -> None:
    x = images(SIZES, c)
    layer = LocalResponseNorm(**ENERGIES[name])
    y = np.empty_like(x)
    for n, j, h, w in np.ndindex(*x.shape):
        low, high = j - (layer.size - 1) // 2, j + layer.size // 2
        energy = sum(x[n, i, h, w] ** 2 for i in range(max(low, 0), min(high, c - 1) + 1))
        y[n, j, h, w] = x[n, j, h, w] / (layer.k + layer.alpha / layer.size * energy) ** layer.beta
    np.testing.assert_allclose(layer.forward(x), y, rtol=1e-13)


@pytest.mark.parametrize("c", [1, 2, 7])
@pytest.mark.parametrize("name", ENERGIES)
def test_the_gradient_of_local_response_normalisation_is_that_of_differences(name: str, c: int) -> None:
    x = images(({}, (2, 3)), c)
    layer = LocalResponseNorm(**ENERGIES[name])
    dy = like_output(layer, x)
    wanted = differences(layer, x, dy)
    assert relative(layer.backward(dy).input, wanted) < 1e-7


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"size": 0}, "size: wanted a whole number"),
        ({"size": 2.5}, "size: wanted a whole number"),
        ({"size": True}, "size: wanted a whole number"),
        ({"size": (3, 3)}, "size: wanted a whole number"),
        ({"alpha": -1e-4}, "alpha: wanted a finite number >= 0"),
        ({"alpha": np.inf}, "alpha: wanted a finite number >= 0"),
        ({"beta": np.nan}, "beta: wanted a finite number"),
        ({"beta": "0.75"}, "beta: wanted a finite number"),
        ({"k": -1}, "k: wanted a finite number >= 0"),
        ({"k": None}, "k: wanted a finite number >= 0"),
    ],
)
def test_options_of_local_response_normalisation(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        LocalResponseNorm(**options)


# All of them, as a user meets them.

LAYERS: dict[str, Callable[..., Any]] = {
    "max": lambda **o: MaxPoolLayer(3, 2, (2, 1), pad=(1, 0, 1, 0), **o),
    "max of one pixel": lambda **o: MaxPoolLayer(1, 1, **o),
    "average": lambda **o: AvgPoolLayer(3, 2, (2, 1), pad=(1, 0, 1, 0), **o),
    "average with its padding": lambda **o: AvgPoolLayer(2, 3, pad=(1, 0), count_include_pad=True, **o),
    "global max": lambda **o: GlobalMaxPoolLayer(**o),
    "global average": lambda **o: GlobalAvgPoolLayer(**o),
    "response": lambda **o: LocalResponseNorm(4, 0.7, 0.6, 0.5, **o),
}
LAYOUTS = ["NCHW", "HWCN", "NHWC", "CWNH"]

MEMORY: dict[str, Callable[[Any], Any]] = {
    "F": np.asfortranarray,
    "backwards": lambda v: np.ascontiguousarray(v[::-1, ::-1, ::-1, ::-1])[::-1, ::-1, ::-1, ::-1],
    "every other": lambda v: np.repeat(np.repeat(v, 2, 0), 2, -1)[::2, ..., ::2],
    "read-only": lambda v: np.frombuffer(v.tobytes(), v.dtype).reshape(v.shape),
}


def bits(layer: Any, x: Any, dy: Any) -> list[bytes]:
    return [layer.forward(x).tobytes(), layer.backward(dy).input.tobytes()]


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_same_bits_whatever_the_memory(name: str, dtype: str, memory: str) -> None:
    layer = LAYERS[name]()
    x = images(SIZES, c=7, dtype=dtype)
    dy = like_output(layer, x)
    laid, dlaid = MEMORY[memory](x), MEMORY[memory](dy)
    before = laid.copy(), dlaid.copy()
    assert bits(layer, laid, dlaid) == bits(layer, x, dy)
    assert np.array_equal(laid, before[0])
    assert np.array_equal(dlaid, before[1])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_layout_is_a_matter_of_the_axes_alone(name: str, layout: str) -> None:
    x = images(SIZES, c=3)
    plain, other = LAYERS[name](), LAYERS[name](layout=layout)
    dy = like_output(plain, x)
    y = other.forward(convert(x, "NCHW", layout))
    dx = other.backward(convert(dy, "NCHW", layout)).input
    assert y.shape == other.output_shape(convert(x, "NCHW", layout).shape)
    assert convert(y, layout, "NCHW").tobytes() == plain.forward(x).tobytes()
    assert convert(dx, layout, "NCHW").tobytes() == plain.backward(dy).input.tobytes()


@pytest.mark.parametrize("layout", ["NCHW", "HWCN"])
@pytest.mark.parametrize("name", LAYERS)
def test_out_receives_the_result(name: str, layout: str) -> None:
    layer = LAYERS[name](layout=layout)
    x = convert(images(SIZES), "NCHW", layout)
    dy = like_output(layer, x)
    y, dx = layer.forward(x), layer.backward(dy).input
    for order in ("C", "F"):
        into, dinto = np.empty(y.shape, order=order), np.empty(x.shape, order=order)
        assert layer.forward(x, out=into) is into
        assert layer.backward(dy, out=dinto).input is dinto
        assert np.array_equal(into, y)
        assert np.array_equal(dinto, dx)


IN_PLACE: dict[str, Callable[[], Any]] = {
    "max": lambda: MaxPoolLayer(3, 3, pad=1),
    "max of one pixel": lambda: MaxPoolLayer(1, 1),
    "average": lambda: AvgPoolLayer(5, 3, pad=(2, 1)),
    "global max": GlobalMaxPoolLayer,
    "global average": GlobalAvgPoolLayer,
    "response": lambda: LocalResponseNorm(4, 0.7, 0.6, 0.5),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_where_the_shapes_agree(name: str) -> None:
    layer = IN_PLACE[name]()
    x = images((SIZES[0], (1, 1)) if "global" in name else SIZES)
    dy = like_output(layer, x)
    y, dx = layer.forward(x), layer.backward(dy).input
    x2, dy2 = x.copy(), dy.copy()
    assert layer.forward(x2, out=x2) is x2
    assert layer.backward(dy2, out=dy2).input is dy2
    assert np.array_equal(x2, y)
    assert np.array_equal(dy2, dx)


@pytest.mark.parametrize("name", LAYERS)
def test_the_cache_is_the_layer_s_own(name: str) -> None:
    layer = LAYERS[name]()
    x = images(SIZES)
    dy = like_output(layer, x)
    y = layer.forward(x)
    first = layer.backward(dy).input
    kept = first.copy()
    x[...] = y[...] = np.nan
    again = layer.backward(dy).input
    first[...] = np.nan
    assert np.array_equal(again, kept)
    assert np.array_equal(layer.backward(dy).input, kept)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_made_again_from_its_options(name: str) -> None:
    layer = LAYERS[name](layout="HWCN")
    again = type(layer)(**layer.options())
    assert again.options() == layer.options()
    assert repr(again) == repr(layer)
    x = convert(images(SIZES), "NCHW", "HWCN")
    dy = like_output(layer, x)
    assert bits(again, x, dy) == bits(layer, x, dy)
    assert layer.parameter_shapes(x.shape, ()) == {}


@pytest.mark.parametrize("name", LAYERS)
def test_what_does_not_fit_is_refused(name: str) -> None:
    layer = LAYERS[name]()
    x = images(SIZES)
    dy = like_output(layer, x)
    with pytest.raises(StateError):
        layer.backward(dy)
    for wrong in (x[0], x[None], x[:0], x[:, :, :0]):
        with pytest.raises(ShapeError, match="x: wanted"):
            layer.output_shape(wrong.shape)
        with pytest.raises(ShapeError, match="x: wanted"):
            layer.forward(wrong)
    for alien in (x.astype(int), x.astype(complex), x.tolist(), np.ma.array(x), x.astype(">f8")):
        with pytest.raises(DTypeError, match="x: wanted"):
            layer.forward(alien)
    for out in (np.empty(3), np.empty_like(x[:1])):
        with pytest.raises(ShapeError, match="out: wanted"):
            layer.forward(x, out=out)
    layer.forward(x)
    with pytest.raises(DTypeError, match="dy: wanted"):
        layer.backward(dy.astype("f4"))
    with pytest.raises(ShapeError, match="dy: wanted"):
        layer.backward(dy[:1])
    with pytest.raises(ShapeError, match="out: wanted"):
        layer.backward(dy, out=np.empty_like(x[:1]))
    with pytest.raises(LayoutError):
        LAYERS[name](layout="NCH")


@pytest.mark.parametrize("name", LAYERS)
def test_numbers_out_of_range_pass_without_a_word(name: str) -> None:
    layer = LAYERS[name]()
    x = images(SIZES)
    x[0, 0, 1] = [np.nan, np.inf, -np.inf, 1e308, -1e308]
    layer.forward(x)  # a warning would be an error here
    layer.backward(np.full(layer.output_shape(x.shape), np.inf))


WINDOWED = [AvgPoolLayer, MaxPoolLayer]


@pytest.mark.parametrize("kind", WINDOWED)
def test_options_of_windows(kind: Any) -> None:
    layer = kind(np.int8(3), 4.0, np.array([2, 1]), pad=(1, 2))
    told = {"kernel_height": 3, "kernel_width": 4, "stride": (2, 1), "pad": (1, 1, 2, 2), "layout": "NCHW"}
    assert told.items() <= layer.options().items()
    assert all(type(v) is int for v in (layer.kernel_height, *layer.stride, *layer.pad))
    for wrong in (0, -1, 2.5, True, np.nan, np.inf, None, "2", (2, 2), 2**31):
        with pytest.raises(ValueError, match="kernel_height: wanted a whole number"):
            kind(wrong, 2)
        with pytest.raises(ValueError, match="kernel_width: wanted a whole number"):
            kind(2, wrong)
    for pad in (2, (0, 3), (0, 2, 0, 0), (0, 0, 3, 0)):
        with pytest.raises(ValueError, match="pad: wanted every side smaller"):
            kind(2, 3, pad=pad)


@pytest.mark.parametrize("kind", WINDOWED)
def test_a_window_that_does_not_fit_is_refused(kind: Any) -> None:
    with pytest.raises(ShapeError, match="whole number of them"):
        kind(2, 2, 2).forward(np.ones((1, 1, 4, 5)))
    with pytest.raises(ShapeError, match="does not fit"):
        kind(5, 1).output_shape((1, 1, 4, 5))
    assert kind(5, 1, pad=(1, 0)).output_shape((1, 1, 4, 5)) == (1, 1, 2, 5)
