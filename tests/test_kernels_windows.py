"""Windows and patches: what a sliding window sees, told again by loops over single pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pybn.errors import ShapeError
from pybn.kernels.patches import gather, scatter
from pybn.kernels.windows import Window, pair, sides, whole

small = st.integers(1, 3)
windows = st.builds(
    Window,
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(small, small),
    pad=st.tuples(*[st.integers(0, 3)] * 4),
    dilation=st.tuples(small, small),
)
sizes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))  # N, C, H, W


def starts(size: int, before: int, after: int, extent: int, stride: int) -> list[int]:
    """The pixels, counted from the first one of the image, that the window's first spot falls on."""
    found, at = [], -before
    while at + extent <= size + after:
        found.append(at)
        at += stride
    return found


def seen(images: Any, n: int, c: int, h: int, w: int) -> Any:
    """A pixel, or the padding around."""
    inside = 0 <= h < images.shape[2] and 0 <= w < images.shape[3]
    return images[n, c, h, w] if inside else images.dtype.type(0)


def drawn(shape: tuple[int, ...], seed: int = 0) -> Any:
    return np.random.default_rng([*shape, seed]).integers(-9, 9, shape).astype(float)


# Numbers.


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), [3], (3, 3), [3.0, 3], np.array([3, 3]), np.array(3)])
def test_a_pair_of_one_number_or_of_two(value: Any) -> None:
    assert pair("stride", value) == (3, 3)
    assert all(type(n) is int for n in pair("stride", value))


def test_the_vertical_comes_first() -> None:
    assert pair("stride", [1, 2]) == (1, 2)
    assert sides("pad", [1, 2]) == (1, 1, 2, 2)
    assert sides("pad", (1, 0, 2, 3)) == (1, 0, 2, 3)
    assert sides("pad", 0) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, np.nan, np.inf, True, None, "1", "12", [], [1, 2, 3], [[1], [2]], 2**31]
)
def test_no_pair(value: Any) -> None:
    with pytest.raises(
        ValueError, match=r"stride: wanted a whole number >= 1, or two \(vertical, horizontal\)"
    ):
        pair("stride", value)


@pytest.mark.parametrize("value", [-1, 0.5, True, None, "0", [], [1, 2, 3], [0, 0, 0, 0, 0], [0, -1]])
def test_no_sides(value: Any) -> None:
    with pytest.raises(ValueError, match="pad: wanted a whole number >= 0"):
        sides("pad", value)


def test_groups_are_one_number() -> None:
    assert [whole("groups", g) for g in (1, 4.0, np.int64(2))] == [1, 4, 2]
    for value in (0, -1, 1.5, True, None, "1", [1], (1, 1), [[1], [1]], np.array([2, 2])):
        with pytest.raises(ValueError, match="groups: wanted a whole number >= 1, got"):
            whole("groups", value)


# Positions.


@given(windows, sizes)
@settings(max_examples=300, deadline=None)
def test_the_window_stops_at_the_edge_or_is_refused(window: Window, shape: tuple[int, ...]) -> None:
    counts = []
    for side, size in enumerate(shape[2:]):
        before, after = window.pad[2 * side : 2 * side + 2]
        at = starts(size, before, after, window.extent[side], window.stride[side])
        ends = bool(at) and at[-1] + window.extent[side] == size + after
        counts.append(len(at) if ends else 0)
    if all(counts):
        assert window.output(*shape[2:]) == tuple(counts)
    else:
        with pytest.raises(ShapeError, match="x: "):
            window.output(*shape[2:])


def test_a_refused_window_says_why() -> None:
    for window, height, width, told in [
        (Window((3, 3), stride=(2, 1)), 6, 5, "height 6: a window of 3 at stride 2 has 2[.]5 positions"),
        (
            Window((3, 3), (2, 1), (1, 0, 0, 0)),
            7,
            5,
            r"height 7 \+ padding 1 = 8: a window of 3 at stride 2 has",
        ),
        (
            Window((21, 1), pad=(1, 1, 0, 0)),
            8,
            6,
            r"a window of 21 does not fit into height 8 \+ padding 2 = 10$",
        ),
        (Window((1, 3), dilation=(1, 2)), 6, 2, "a window of 5 does not fit into width 2$"),
    ]:
        with pytest.raises(ShapeError, match=f"^x: {told}"):
            window.output(height, width)


@given(windows, sizes)
@settings(max_examples=100, deadline=None)
def test_padding_surrounds(window: Window, shape: tuple[int, ...]) -> None:
    images = drawn(shape)
    top, bottom, left, right = window.pad
    padded = window.padded(images, -np.inf)
    assert np.array_equal(
        padded, np.pad(images, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=-np.inf)
    )
    assert np.array_equal(window.inside(padded), images)
    assert np.shares_memory(window.inside(padded), padded)
    assert not np.shares_memory(padded, images)


def test_spots_are_walked_column_by_column() -> None:
    padded = drawn((1, 1, 5, 5))
    assert [spot[:2] for spot in Window((2, 3)).spots(padded, (4, 3))] == [
        (0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2),
    ]  # fmt: skip


# Patches.


def patches_by_loops(images: Any, window: Window) -> Any:
    n, c, height, width = images.shape
    top, bottom, left, right = window.pad
    rows = starts(height, top, bottom, window.extent[0], window.stride[0])
    columns = starts(width, left, right, window.extent[1], window.stride[1])
    found = np.empty((c, window.kernel[1], window.kernel[0], n, len(columns), len(rows)), images.dtype)
    for k, j, i, m, q, p in np.ndindex(found.shape):
        h, w = rows[p] + i * window.dilation[0], columns[q] + j * window.dilation[1]
        found[k, j, i, m, q, p] = seen(images, m, k, h, w)
    return found


@st.composite
def fitting(draw: Any) -> tuple[Window, tuple[int, ...], tuple[int, int]]:
    """A window, the shape of images that it fits, and how many positions it has there."""
    window, output = draw(windows), (draw(small), draw(small))
    height, width = (
        (output[k] - 1) * window.stride[k] + window.extent[k] - sum(window.pad[2 * k : 2 * k + 2])
        for k in (0, 1)
    )
    assume(height > 0 and width > 0)
    return window, (draw(st.integers(1, 2)), draw(small), height, width), output


@given(fitting(), st.sampled_from(["f4", "f8"]), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_patches_hold_what_the_window_sees(
    fits: tuple[Window, tuple[int, ...], tuple[int, int]], dtype: str, turn: int
) -> None:
    window, shape, output = fits
    assert window.output(*shape[2:]) == output
    order = np.roll(range(4), turn)
    images = drawn(tuple(np.array(shape)[order])).astype(dtype).transpose(np.argsort(order))
    patches = gather(images, window, output)
    assert np.array_equal(patches, patches_by_loops(images, window))
    assert patches.dtype == dtype
    assert patches.flags.c_contiguous
    assert not np.shares_memory(patches, images)


@given(fitting())
@settings(max_examples=150, deadline=None)
def test_scatter_is_the_transpose_of_gather(
    fits: tuple[Window, tuple[int, ...], tuple[int, int]],
) -> None:
    """<gather(x), p> = <x, scatter(p)>, exactly: whole numbers."""
    window, shape, output = fits
    x = drawn(shape)
    seen_of_x = gather(x, window, output)
    p = drawn(seen_of_x.shape, 1)
    images = scatter(p, window, (shape[2], shape[3]))
    assert images.shape == shape
    assert np.vdot(seen_of_x, p) == np.vdot(x, images)


def test_scatter_adds_spot_after_spot() -> None:
    """In single precision the order shows: one big spot, its opposite, and small ones."""
    window, size = Window((2, 2), pad=(1, 1, 1, 1)), (1, 1)
    values = np.array([1e8, 1.0, -1e8, 1.0], "f4")  # as the one pixel meets them, spot by spot
    patches = np.zeros((1, 2, 2, 1, 2, 2), "f4")
    for value, (j, i) in zip(values, np.ndindex(2, 2), strict=True):
        patches[0, j, i, 0, 1 - j, 1 - i] = value
    assert scatter(patches, window, size).item() == np.cumsum(values)[-1] == 1.0
    assert scatter(-0.0 * np.abs(patches), window, size).tobytes() == np.zeros((), "f4").tobytes()
