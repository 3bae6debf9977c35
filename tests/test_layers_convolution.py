"""The layers that multiply: what they mean, told again by loops, and what holds beside Octave's answers.

That they compute what Octave computes is the matter of the fixtures.
"""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from pybn.errors import DTypeError, LayoutError, ShapeError, StateError
from pybn.kernels.windows import Window
from pybn.layers import (
    AvgPoolLayer,
    ConvolutionLayer,
    FullyConnected,
    MaxPoolLayer,
    TransposedConvolutionLayer,
)

LAYOUTS = ["".join(p) for p in permutations("NCHW")]
MEMORY = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "backwards": lambda v: np.ascontiguousarray(v[::-1])[::-1],
    "backwards in the last": lambda v: np.ascontiguousarray(v[..., ::-1])[..., ::-1],
    "every other": lambda v: (
        np.repeat(np.repeat(v, 2, 0), 2, -1)[::2, ..., ::2] if v.ndim > 1 else np.repeat(v, 2)[::2]
    ),
    "part of more": lambda v: np.pad(v, 1)[(slice(1, -1),) * v.ndim],
    "read-only": lambda v: np.frombuffer(v.tobytes(), v.dtype).reshape(v.shape),
    "unaligned": lambda v: np.frombuffer(b"\0" + v.tobytes(), v.dtype, offset=1).reshape(v.shape),
}
small = st.integers(1, 3)
pairs = st.tuples(small, small)


class Setup:
    """A layer with the arrays of one training step, NCHW: whole numbers, so that every order of adding is exact."""

    def __init__(self, layer: Any, x: tuple[int, ...], weight: tuple[int, ...], dtype: Any = float) -> None:
        rng = np.random.default_rng([*x, *weight])
        y = layer.output_shape(x, weight=weight)
        bias = layer.parameter_shapes(x, weight)["bias"]
        draws = [rng.integers(-9, 9, shape).astype(dtype) for shape in (x, weight, bias, y)]
        self.layer = layer
        self.x, self.weight, self.bias, self.dy = draws

    def real(self) -> Setup:
        """Draw anew, and no whole numbers."""
        rng = np.random.default_rng(3)
        draws = [rng.standard_normal(v.shape) for v in (self.x, self.weight, self.bias, self.dy)]
        self.x, self.weight, self.bias, self.dy = draws
        return self


@st.composite
def convolutions(draw: Any) -> Setup:
    groups, kernel, stride, dilation = draw(small), draw(pairs), draw(pairs), draw(pairs)
    pad = draw(st.tuples(*[st.integers(0, 3)] * 4))
    # From the positions to the size of the image, so that none is a fraction.
    extent = Window(kernel, dilation=dilation).extent
    height, width = ((draw(small) - 1) * stride[k] + extent[k] - pad[2 * k] - pad[2 * k + 1] for k in (0, 1))
    assume(height > 0)
    assume(width > 0)
    layer = ConvolutionLayer(stride, pad, groups=groups, dilation=dilation)
    seen = draw(st.integers(1, 2))
    x = (draw(st.integers(1, 2)), seen * groups, height, width)
    return Setup(layer, x, (draw(st.integers(1, 2)) * groups, seen, *kernel))


@st.composite
def transposed(draw: Any) -> Setup:
    groups, kernel, stride = draw(small), draw(pairs), draw(pairs)
    height, width = draw(small), draw(small)
    crop = draw(st.tuples(*[st.integers(0, 2)] * 4))
    assume((height - 1) * stride[0] + kernel[0] > crop[0] + crop[1])
    assume((width - 1) * stride[1] + kernel[1] > crop[2] + crop[3])
    channels = groups * draw(st.integers(1, 2))
    layer = TransposedConvolutionLayer(stride, crop, groups=groups)
    x = (draw(st.integers(1, 2)), channels, height, width)
    return Setup(layer, x, (channels, draw(st.integers(1, 2)), *kernel))


def by_loops(setup: Setup) -> Any:
    """The definition of a convolution, one product at a time."""
    layer, x, weight = setup.layer, setup.x, setup.weight
    y = np.empty(setup.dy.shape)
    top, _, left, _ = layer.pad
    filters, seen = weight.shape[0] // layer.groups, weight.shape[1]
    for n, f, p, q in np.ndindex(y.shape):
        total = setup.bias[f]
        for c, i, j in np.ndindex(weight.shape[1:]):
            h = p * layer.stride[0] + i * layer.dilation[0] - top
            w = q * layer.stride[1] + j * layer.dilation[1] - left
            if 0 <= h < x.shape[2] and 0 <= w < x.shape[3]:
                total += weight[f, c, i, j] * x[n, f // filters * seen + c, h, w]
        y[n, f, p, q] = total
    return y


def put_down_by_loops(setup: Setup) -> Any:
    """The definition of a transposed convolution, one product at a time."""
    layer, x, weight = setup.layer, setup.x, setup.weight
    y = np.empty(setup.dy.shape)
    y[...] = setup.bias[:, None, None]
    top, _, left, _ = layer.crop
    channels, filters = weight.shape[0] // layer.groups, weight.shape[1]
    for n, c, h, w in np.ndindex(x.shape):
        for f, i, j in np.ndindex(weight.shape[1:]):
            p, q = h * layer.stride[0] + i - top, w * layer.stride[1] + j - left
            if 0 <= p < y.shape[2] and 0 <= q < y.shape[3]:
                y[n, c // channels * filters + f, p, q] += weight[c, f, i, j] * x[n, c, h, w]
    return y


# What they mean.


@given(convolutions())
@settings(max_examples=100, deadline=None)
def test_convolution_is_its_definition(setup: Setup) -> None:
    assert np.array_equal(setup.layer.forward(setup.x, setup.weight, setup.bias), by_loops(setup))


@given(transposed())
@settings(max_examples=100, deadline=None)
def test_transposed_convolution_is_its_definition(setup: Setup) -> None:
    assert np.array_equal(setup.layer.forward(setup.x, setup.weight, setup.bias), put_down_by_loops(setup))


def test_convolution_is_scipy_s_correlation() -> None:
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((3, 4, 7, 9)), rng.standard_normal((5, 4, 3, 2))
    y = ConvolutionLayer().forward(x, weight, np.zeros(5))
    for n, f in np.ndindex(3, 5):
        want = sum(correlate2d(x[n, c], weight[f, c], mode="valid") for c in range(4))
        assert np.allclose(y[n, f], want, rtol=1e-13, atol=1e-13)


@given(convolutions())
@settings(max_examples=100, deadline=None)
def test_transposed_convolution_is_the_transpose(setup: Setup) -> None:
    """<conv(x), dy> = <x, convT(dy)> with the same weight, exactly."""
    layer = setup.layer
    assume(layer.dilation == (1, 1))
    zeros = np.zeros_like(setup.bias)
    back = TransposedConvolutionLayer(layer.stride, layer.pad, groups=layer.groups)
    y = layer.forward(setup.x, setup.weight, zeros)
    x = back.forward(setup.dy, setup.weight, np.zeros(setup.x.shape[1]))
    assert x.shape == setup.x.shape
    assert np.vdot(y, setup.dy) == np.vdot(setup.x, x)
    assert np.array_equal(layer.backward(setup.dy).input, x)
    assert np.array_equal(back.backward(setup.x).input, y)


def fully_connected(n: int = 4, d: int = 6, m: int = 3, dtype: Any = float) -> Setup:
    return Setup(FullyConnected(), (n, d), (d, m), dtype)


def check_gradients(setup: Setup) -> None:
    """Central differences: y is linear in each of its arguments, so that they are exact but for rounding."""
    setup = setup.real()
    setup.layer.forward(setup.x, setup.weight, setup.bias)
    gradients, given = setup.layer.backward(setup.dy), (setup.x, setup.weight, setup.bias)
    for value, gradient in zip(given, (gradients.input, gradients.weight, gradients.bias), strict=True):
        assert gradient.shape == value.shape
        for at in np.ndindex(value.shape):
            before, losses = value[at], []
            for step in (0.5, -0.5):
                value[at] = before + step
                losses.append(np.vdot(setup.layer.forward(*given), setup.dy))
            value[at] = before
            assert abs(losses[0] - losses[1] - gradient[at]) < 1e-7 * max(1.0, abs(gradient[at]))


@given(convolutions())
@settings(max_examples=25, deadline=None)
def test_gradients_of_convolution(setup: Setup) -> None:
    check_gradients(setup)


@given(transposed())
@settings(max_examples=25, deadline=None)
def test_gradients_of_transposed_convolution(setup: Setup) -> None:
    check_gradients(setup)


def test_gradients_of_fully_connected() -> None:
    check_gradients(fully_connected())
    check_gradients(Setup(FullyConnected(), (2, 3, 2, 4), (24, 3)))


def test_fully_connected_is_a_product_with_the_flattened_images() -> None:
    setup = Setup(FullyConnected("HWCN"), (5, 4, 3, 2), (60, 7))
    flat = setup.x.transpose(3, 2, 0, 1).reshape(2, 60)
    assert np.array_equal(
        setup.layer.forward(setup.x, setup.weight, setup.bias), flat @ setup.weight + setup.bias
    )
    back = setup.layer.backward(setup.dy)
    assert np.array_equal(back.input.transpose(3, 2, 0, 1).reshape(2, 60), setup.dy @ setup.weight.T)
    assert np.array_equal(back.weight, flat.T @ setup.dy)


# Memory and layouts.


def answers(layer: Any, x: Any, weight: Any, bias: Any, dy: Any) -> list[Any]:
    y = layer.forward(x, weight, bias)
    back = layer.backward(dy)
    return [y, back.input, back.weight, back.bias]


def some(dtype: Any = float) -> list[Setup]:
    """One of each class, real numbers."""
    conv = ConvolutionLayer((2, 1), (1, 0, 2, 1), groups=2, dilation=(1, 2))
    deconv = TransposedConvolutionLayer((2, 1), (1, 0, 2, 1), groups=2)
    setups = [
        fully_connected().real(),
        Setup(conv, (3, 4, 6, 5), (6, 2, 3, 2)).real(),
        Setup(deconv, (3, 4, 3, 5), (4, 3, 3, 2)).real(),
    ]
    for setup in setups:
        for name in ("x", "weight", "bias", "dy"):
            setattr(setup, name, getattr(setup, name).astype(dtype))
    return setups


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("memory", MEMORY)
def test_any_memory_gives_the_same_bits(memory: str, dtype: str) -> None:
    for s in some(dtype):
        plain = answers(s.layer, s.x, s.weight, s.bias, s.dy)
        laid = [MEMORY[memory](v) for v in (s.x, s.weight, s.bias, s.dy)]
        assert all(np.array_equal(a, b) for a, b in zip(laid, (s.x, s.weight, s.bias, s.dy), strict=True))
        got = answers(s.layer, *laid)
        assert [v.tobytes() for v in got] == [v.tobytes() for v in plain]
        assert {v.dtype for v in got} == {np.dtype(dtype)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_gives_the_same_bits(layout: str) -> None:
    images = ["NCHW".index(axis) for axis in layout]
    weights = images  # the filters' axes stand where the images' do: N is F, or C is F and N is C
    for s in some()[1:]:
        layer = type(s.layer)(**{**s.layer.options(), "layout": layout})
        plain = answers(s.layer, s.x, s.weight, s.bias, s.dy)
        got = answers(
            layer, s.x.transpose(images), s.weight.transpose(weights), s.bias, s.dy.transpose(images)
        )
        want = [v.transpose(images) if v.ndim == 4 else v for v in plain]
        assert [v.shape for v in got] == [v.shape for v in want]
        assert [v.tobytes() for v in got] == [v.tobytes() for v in want]


def test_answers_lie_in_memory_as_the_questions_do() -> None:
    for s in some()[1:]:
        for lay in (np.ascontiguousarray, np.asfortranarray):
            y, dx, _, _ = answers(s.layer, lay(s.x), s.weight, s.bias, lay(s.dy))
            assert y.flags.c_contiguous == lay(s.x).flags.c_contiguous
            assert dx.flags.f_contiguous == lay(s.dy).flags.f_contiguous


# Nothing that the caller does later reaches the layer.


def lying(v: Any, order: tuple[int, ...]) -> Any:
    """A copy with the axes in another order in memory."""
    order = tuple(k for k in order if k < v.ndim)
    return np.array(v.transpose(order), order="C").transpose(np.argsort(order))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_layer_keeps_its_own(order: tuple[int, ...]) -> None:
    """However they lie in memory: in one of the orders a layer could do without a copy."""
    for s in some():
        want = answers(s.layer, s.x, s.weight, s.bias, s.dy)
        x, weight, bias, dy = (lying(v, order) for v in (s.x, s.weight, s.bias, s.dy))
        y = s.layer.forward(x, weight, bias)
        for array in (x, weight, bias, y):
            array[...] = np.nan
        for _ in range(2):
            back = s.layer.backward(dy)
            got = [back.input, back.weight, back.bias]
            assert [v.tobytes() for v in got] == [v.tobytes() for v in want[1:]]
            for array in got:
                array[...] = np.nan
            assert np.array_equal(dy, s.dy)


def test_out_is_written_and_returned() -> None:
    for s in some():
        want = answers(s.layer, s.x, s.weight, s.bias, s.dy)
        for make in (np.empty, lambda shape: np.empty(shape, order="F")):
            y, dx = make(s.dy.shape), make(s.x.shape)
            assert s.layer.forward(s.x, s.weight, s.bias, out=y) is y
            assert s.layer.backward(s.dy, out=dx).input is dx
            assert np.array_equal(y, want[0])
            assert np.array_equal(dx, want[1])


def test_in_place() -> None:
    """Where shapes agree, y may be x's memory, and dx that of dy."""
    setups = [
        fully_connected(4, 3, 3).real(),
        Setup(ConvolutionLayer(pad=1), (2, 3, 5, 4), (3, 3, 3, 3)).real(),
        Setup(TransposedConvolutionLayer(crop=1), (2, 3, 5, 4), (3, 3, 3, 3)).real(),
    ]
    for s in setups:
        want = answers(s.layer, s.x, s.weight, s.bias, s.dy)
        x, dy = s.x.copy(), s.dy.copy()
        y = s.layer.forward(x, s.weight, s.bias, out=x)
        assert y is x
        assert np.array_equal(x, want[0])
        back = s.layer.backward(dy, out=dy)
        assert back.input is dy
        got = [back.input, back.weight, back.bias]
        assert [v.tobytes() for v in got] == [v.tobytes() for v in want[1:]]


def test_nan_and_infinity_pass_silently() -> None:
    for s in some("f4"):
        s.x[0], s.weight[0], s.dy[0] = np.inf, np.nan, 3e38
        with np.errstate(all="raise"):
            y, dx, dweight, _ = answers(s.layer, s.x, s.weight, s.bias, s.dy)
        assert np.isnan(y).any()
        assert np.isnan(dx).any()
        assert not np.isfinite(dweight).all()


# Options and shapes.


@pytest.mark.parametrize("kind", ["convolution", "max", "average"])
def test_with_floor_pixels_that_no_whole_position_reaches_are_left_out(kind: str) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2, 3, 8, 9))  # padding above makes 9 rows
    weights = [rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)] if kind == "convolution" else []

    def made(**options: bool) -> Any:
        if kind == "convolution":
            return ConvolutionLayer(2, (1, 0, 0, 0), **options)
        return (MaxPoolLayer if kind == "max" else AvgPoolLayer)(3, 3, 2, pad=(1, 0, 0, 0), **options)

    grown = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 1)], constant_values=7.0)
    with pytest.raises(ShapeError, match="floor=True"):
        made().forward(grown, *weights)
    whole, left = made(), made(floor=True)
    y = whole.forward(x, *weights)
    assert np.array_equal(left.forward(grown, *weights), y)
    dx = left.backward(y).input
    assert np.array_equal(dx[:, :, :8, :9], whole.backward(y).input)
    assert not dx[:, :, 8:].any()
    assert not dx[:, :, :, 9:].any()


def test_options_are_written_out_and_make_such_a_layer_again() -> None:
    layer = ConvolutionLayer(2, [1, 2], "HWCN", groups=3, dilation=(1, 2))
    assert (layer.stride, layer.pad, layer.dilation) == ((2, 2), (1, 1, 2, 2), (1, 2))
    told = "ConvolutionLayer(stride=(2, 2), pad=(1, 1, 2, 2), layout='HWCN', groups=3, dilation=(1, 2), "
    told += "floor=False)"
    assert repr(layer) == told
    assert repr(ConvolutionLayer(**layer.options())) == told
    back = TransposedConvolutionLayer(**TransposedConvolutionLayer(2, (1, 0, 2, 1), groups=2).options())
    assert (
        repr(back) == "TransposedConvolutionLayer(stride=(2, 2), crop=(1, 0, 2, 1), layout='NCHW', groups=2)"
    )
    assert repr(FullyConnected(**FullyConnected("HWCN").options())) == "FullyConnected(layout='HWCN')"


@pytest.mark.parametrize("make", [FullyConnected, ConvolutionLayer, TransposedConvolutionLayer])
def test_layouts_and_numerics_are_checked(make: Any) -> None:
    for layout in ("NCH", "nchw", "NCHC", "ND", None):
        with pytest.raises(LayoutError, match="layout"):
            make(layout=layout)
    with pytest.raises(ValueError, match="numerics: wanted 'octave'"):
        make(numerics="fastest")


def test_shapes_are_told_before_anything_is_computed() -> None:
    layer = ConvolutionLayer((2, 1), 1, "HWCN", groups=2)
    assert layer.output_shape((5, 7, 4, 9), weight=(3, 3, 2, 6)) == (3, 7, 6, 9)
    assert layer.parameter_shapes((5, 7, 4, 9), (3, 3, 2, 6)) == {"weight": (3, 3, 2, 6), "bias": (6,)}
    back = TransposedConvolutionLayer(2, layout="NHWC", groups=2)
    assert back.output_shape((9, 5, 7, 4), weight=(4, 3, 2, 5)) == (9, 11, 14, 10)
    assert back.parameter_shapes((9, 5, 7, 4), (4, 3, 2, 5)) == {"weight": (4, 3, 2, 5), "bias": (10,)}
    flat = FullyConnected("HWCN")
    assert flat.output_shape((5, 4, 3, 2), weight=(60, 7)) == (2, 7)
    assert flat.output_shape((2, 60), weight=(60, 7)) == (2, 7)
    assert flat.parameter_shapes((2, 60), (60, 7)) == {"weight": (60, 7), "bias": (7,)}
    for each, x in ((layer, (5, 7, 4, 9)), (back, (9, 5, 7, 4)), (flat, (2, 60))):
        with pytest.raises(ShapeError, match="weight: wanted its shape"):
            each.output_shape(x)


# What they refuse that a case cannot show: MATLAB drops trailing ones.


@pytest.mark.parametrize(
    ("layer", "x", "weight", "text"),
    [
        (FullyConnected(), (4, 3, 2), (6, 3), "x: wanted (N, D) or (N, C, H, W) with no empty side"),
        (FullyConnected("HWCN"), (4,), (4, 3), "x: wanted (N, D) or (H, W, C, N)"),
        (FullyConnected(), (4, 6), (6,), "weight: wanted (D, M) with D = 6"),
        (FullyConnected(), (4, 6), (6, 0), "weight: wanted (D, M) with D = 6"),
        (FullyConnected(), (4, 6), (3, 6), "M >= 1, got shape (3, 6); weight.T is (D, M)?"),
        (ConvolutionLayer(), (4, 3, 2), (1, 4, 1, 1), "x: wanted (N, C, H, W) with no empty side"),
        (ConvolutionLayer(), (1, 2, 4, 3), (2, 2, 2), "weight: wanted (F, C, H, W) with no empty side"),
        (ConvolutionLayer(), (1, 2, 4, 3), (2, 2, 0, 2), "weight: wanted (F, C, H, W) with no empty side"),
        (
            ConvolutionLayer(groups=2),
            (1, 3, 4, 3),
            (2, 1, 2, 2),
            "groups: 2 of them do not divide the 3 channels",
        ),
        (ConvolutionLayer(stride=2), (1, 1, 4, 3), (1, 1, 3, 3), "x: height 4"),
        (TransposedConvolutionLayer(), (4, 3, 2), (4, 1, 1, 1), "x: wanted (N, C, H, W)"),
        (TransposedConvolutionLayer(), (1, 2, 4, 3), (3, 2, 2, 2), "weight: wanted filters for 2 channels"),
        (
            TransposedConvolutionLayer(crop=4),
            (1, 2, 4, 3),
            (2, 2, 2, 2),
            "x: (1, 2, 4, 3) with a kernel of (2, 2)",
        ),
    ],
)
def test_shapes_are_refused(layer: Any, x: tuple[int, ...], weight: tuple[int, ...], text: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer.output_shape(x, weight=weight)
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer.forward(np.ones(x), np.ones(weight), np.ones(1))


def test_out_is_checked_before_anything_is_written() -> None:
    for s in some():
        read_only = np.empty(s.dy.shape)
        read_only.flags.writeable = False
        for out, error in (
            (np.empty((1, 2)), ShapeError),
            (np.empty(s.dy.shape, "f4"), DTypeError),
            (read_only, ShapeError),
        ):
            with pytest.raises(error, match="out: "):
                s.layer.forward(s.x, s.weight, s.bias, out=out)
        with pytest.raises(StateError):
            s.layer.backward(s.dy)
        s.layer.forward(s.x, s.weight, s.bias)
        with pytest.raises(ShapeError, match="out: "):
            s.layer.backward(s.dy, out=np.empty(3))


@pytest.mark.parametrize("name", ["x", "weight", "bias", "dy"])
def test_only_plain_float_arrays(name: str) -> None:
    for s in some():
        s.layer.forward(s.x, s.weight, s.bias)
        plain = getattr(s, name)
        for value in (plain.tolist(), plain.astype("f2"), plain.astype(">f8"), np.ma.array(plain)):
            given = {k: getattr(s, k) for k in ("x", "weight", "bias", "dy")} | {name: value}
            with pytest.raises(DTypeError, match=f"{name}: wanted"):
                answers(s.layer, **given)
