"""Windows over the steps of sequences: what NumPy and plain loops say of them, and what no window may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from graphs import draw

from pybn.errors import LayoutError, ShapeError
from pybn.layers import (
    AvgPoolLayer,
    MaxPoolLayer,
    SequenceAvgPool,
    SequenceConvolution,
    SequenceGlobalPool,
    SequenceMaxPool,
)
from pybn.layers.over_steps import same_ends


def test_a_convolution_is_numpys_correlation() -> None:
    x, weight, bias = draw(2, 9, 3), draw(4, 3, 5, seed=1), draw(4, seed=2)
    y = SequenceConvolution(pad=(3, 1)).forward(x, weight, bias)
    padded = np.pad(x, ((0, 0), (3, 1), (0, 0)))
    for n in range(2):
        for f in range(4):
            parts = [np.correlate(padded[n, :, c], weight[f, c], "valid") for c in range(3)]
            assert np.allclose(y[n, :, f], sum(parts) + bias[f], rtol=1e-12)


def test_strides_dilations_and_groups_by_loops() -> None:
    x, weight, bias = draw(2, 12, 4), draw(6, 2, 3, seed=1), draw(6, seed=2)
    y = SequenceConvolution(3, (2, 0), dilation=2, groups=2).forward(x, weight, bias)
    assert y.shape == (2, 4, 6)
    padded = np.pad(x, ((0, 0), (2, 0), (0, 0)))
    for n, t, f in np.ndindex(y.shape):
        total = bias[f]
        for c in range(2):
            total += sum(weight[f, c, k] * padded[n, 3 * t + 2 * k, f // 3 * 2 + c] for k in range(3))
        assert np.isclose(y[n, t, f], total, rtol=1e-12)


def test_padding_on_the_left_alone_is_causal() -> None:
    x, weight, bias = draw(2, 9, 3), draw(4, 3, 3, seed=1), draw(4, seed=2)
    layer = SequenceConvolution(pad=(4, 0), dilation=2)
    y = layer.forward(x, weight, bias)
    assert y.shape == (2, 9, 4)
    moved = x.copy()
    moved[:, 5] += 1
    other = layer.forward(moved, weight, bias)
    changed = np.flatnonzero((other != y).any((0, 2)))
    assert changed.tolist() == [5, 7]


@pytest.mark.parametrize("steps", range(1, 12))
@pytest.mark.parametrize(
    ("size", "stride", "dilation"), [(1, 3, 1), (4, 1, 1), (3, 2, 2), (5, 3, 1), (2, 4, 1)]
)
def test_same_makes_as_many_steps_as_strides_begin(steps: int, size: int, stride: int, dilation: int) -> None:
    layer = SequenceConvolution(stride, "same", dilation=dilation)
    wanted = -(-steps // stride)
    assert layer.output_shape((2, steps, 3), weight=(4, 3, size)) == (2, wanted, 4)
    left, right = same_ends(steps, (size - 1) * dilation + 1, stride)
    assert right - left in (0, 1)
    if dilation == 1:
        assert SequenceMaxPool(size, stride, pad="same").output_shape((2, steps, 3)) == (2, wanted, 3)


def test_pools_are_windows_of_numpy() -> None:
    x = draw(2, 9, 3)
    seen = np.lib.stride_tricks.sliding_window_view(x, 4, 1)[:, ::2]
    assert np.array_equal(SequenceMaxPool(4, 2, floor=True).forward(x), seen.max(-1))
    assert np.allclose(SequenceAvgPool(4, 2, floor=True).forward(x), seen.mean(-1), rtol=1e-13)
    assert np.array_equal(SequenceGlobalPool("max").forward(x), x.max(1))
    assert np.allclose(SequenceGlobalPool().forward(x), x.mean(1), rtol=1e-13)


def test_padding_counts_where_it_is_asked_to() -> None:
    x = np.full((1, 4, 1), 6.0)
    assert SequenceAvgPool(3, pad=1).forward(x).ravel().tolist() == [6, 6, 6, 6]
    assert SequenceAvgPool(3, pad=1, count_include_pad=True).forward(x).ravel().tolist() == [4, 6, 6, 4]
    assert SequenceMaxPool(3, pad=1).forward(-x).ravel().tolist() == [-6, -6, -6, -6]


def test_sequences_are_images_of_one_column() -> None:
    """The layers of images answer the same, the steps along the height."""
    x = draw(2, 8, 3)
    images = np.ascontiguousarray(x.transpose(0, 2, 1)[..., None])
    for mine, its in (
        (SequenceMaxPool(3, 2, pad=(1, 0)), MaxPoolLayer(3, 1, (2, 1), pad=(1, 0, 0, 0))),
        (SequenceAvgPool(3, 2, pad=(1, 0)), AvgPoolLayer(3, 1, (2, 1), pad=(1, 0, 0, 0))),
    ):
        y, wanted = mine.forward(x), its.forward(images)
        assert np.array_equal(y, wanted[..., 0].transpose(0, 2, 1))
        assert np.array_equal(mine.backward(y).input, its.backward(wanted).input[..., 0].transpose(0, 2, 1))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: SequenceConvolution(0), "stride: wanted a whole number >= 1"),
        (
            lambda: SequenceConvolution(pad=-1),
            r"pad: wanted a whole number >= 0, two \(left, right\) or 'same'",
        ),
        (lambda: SequenceConvolution(pad=(1, 2, 3)), "pad: wanted a whole number >= 0"),
        (lambda: SequenceConvolution(pad="causal"), "or 'same', got 'causal'"),
        (lambda: SequenceMaxPool(3, pad=3), "pad: wanted both ends smaller than the window, 3, got 3"),
        (lambda: SequenceAvgPool(3, count_include_pad=1), "count_include_pad: wanted True or False"),  # type: ignore[arg-type]
        (lambda: SequenceGlobalPool("sum"), "kind: wanted 'avg' or 'max', got 'sum'"),
    ],
)
def test_options_are_checked(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


def test_what_does_not_fit_is_told_in_steps() -> None:
    layer = SequenceConvolution(2)
    with pytest.raises(ShapeError, match=r"x: a window of 3 does not fit into steps 2"):
        layer.output_shape((2, 2, 3), weight=(4, 3, 3))
    with pytest.raises(ShapeError, match=r"x: steps 6: a window of 3 at stride 2 has 2\.5 positions"):
        layer.output_shape((2, 6, 3), weight=(4, 3, 3))
    with pytest.raises(ShapeError, match="weight: wanted filters of 3 channels"):
        layer.output_shape((2, 7, 3), weight=(4, 2, 3))
    with pytest.raises(LayoutError, match="wanted an order of N, T and C"):
        SequenceMaxPool(2, layout="NCHW")
    for each in (SequenceConvolution(2, "same", "CTN"), SequenceMaxPool(3, 1, pad=(1, 0))):
        assert type(each)(**each.options()).options() == each.options()
