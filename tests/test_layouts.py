"""Layouts against loops over indices, which say what is meant and share nothing with the code."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pybn.errors import DTypeError, LayoutError, ShapeError
from pybn.layouts import axes, convert, permutation, reshape_row_major, restore

Shape = tuple[int, ...]


def converted(x: Any, source: str, target: str) -> Any:
    """What `convert` means: the element at (h=.., w=.., ...) stays the element at (h=.., w=.., ...)."""
    size = dict(zip(source, x.shape, strict=True))
    y = np.empty([size[name] for name in target], x.dtype)
    for index in product(*(range(n) for n in x.shape)):
        place = dict(zip(source, index, strict=True))
        y[tuple(place[name] for name in target)] = x[index]
    return y


@pytest.mark.parametrize("target", ["".join(p) for p in permutations("HWCN")])
@pytest.mark.parametrize("source", ["HWCN", "NCHW", "NHWC", "CWHN"])
def test_convert_moves_every_element_to_its_place(source: str, target: str) -> None:
    size = {"H": 2, "W": 3, "C": 4, "N": 5}
    x = np.arange(120).reshape([size[name] for name in source])
    y = convert(x, source, target)
    assert np.array_equal(y, converted(x, source, target))
    assert np.shares_memory(x, y)
    assert np.array_equal(convert(y, target, source), x)


def test_convert_is_a_view_of_any_array() -> None:
    base = np.arange(240).reshape(2, 3, 4, 10)
    for x in (base[..., ::2], base[::-1, :, :, ::-1], np.asfortranarray(base), base[:, :1], base[:, :0]):
        y = convert(x, "HWCN", "NCHW")
        assert np.array_equal(y, converted(x, "HWCN", "NCHW"))
        assert np.shares_memory(x, y) or not x.size
    y = convert(base, "HWCN", "NCHW")
    y[9, 3, 1, 2] = -1
    assert base[1, 2, 3, 9] == -1


def test_convert_by_words_and_of_any_dtype() -> None:
    x = np.arange(6).reshape(1, 2, 3)
    for dtype in ("U3", "complex64", "bool", "O", "M8[s]"):
        assert convert(x.astype(dtype), "rows cols n", "n rows cols").shape == (3, 1, 2)
    assert convert(np.array(5), "", "") == 5
    assert permutation("HWCN", "NCHW") == (3, 2, 0, 1)
    assert axes("NCHW") == axes("N C H W") == ("N", "C", "H", "W")


HINT = "; restore(x, 'HWC') appends the ones that MATLAB drops"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (([1, 2], "AB", "BA"), DTypeError, "x: wanted a NumPy array, got list"),
        (
            (np.zeros((2, 3)), "HWC", "CHW"),
            ShapeError,
            "x: wanted 3 dimensions for 'HWC', got shape (2, 3)" + HINT,
        ),
        (
            (np.zeros((2, 3, 4)), "HW", "WH"),
            ShapeError,
            "x: wanted 2 dimensions for 'HW', got shape (2, 3, 4)",
        ),
        ((np.zeros((2, 3)), "HW", "HC"), LayoutError, "layouts 'HW' and 'HC' do not name the same axes"),
        ((np.zeros((2, 3)), "HW", "HWC"), LayoutError, "layouts 'HW' and 'HWC' do not name the same axes"),
        ((np.zeros((2, 3)), "HH", "HH"), LayoutError, "layout 'HH': an axis is named twice"),
        (
            (np.zeros((2, 3)), "H-", "-H"),
            LayoutError,
            "layout 'H-': '-' is no name of an axis; wanted letters, as in 'HWCN'",
        ),
        (
            (np.zeros((2, 3)), "Hé", "éH"),
            LayoutError,
            "layout 'Hé': 'é' is no name of an axis; wanted letters, as in 'HWCN'",
        ),
        (
            (np.zeros((2, 3)), None, "HW"),
            LayoutError,
            "layout: wanted a string such as 'HWCN' or 'H W C N', got None",
        ),
        (
            (np.zeros((2, 3)), ("H", "W"), "HW"),
            LayoutError,
            "layout: wanted a string such as 'HWCN' or 'H W C N', got ('H', 'W')",
        ),
    ],
)
def test_convert_refuses(arguments: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        convert(*arguments)
    assert str(caught.value) == text


def test_restore_appends_the_ones_that_matlab_drops() -> None:
    for shape in [(), (5,), (5, 4), (5, 4, 3), (5, 4, 3, 2), (0, 4)]:
        base = np.arange(int(np.prod(shape))).reshape(shape)
        for x in (base, np.asfortranarray(base), base[::-1] if shape else base, base.T.copy().T):
            y = restore(x, "HWCN")
            assert y.shape == shape + (1,) * (4 - len(shape))
            assert np.shares_memory(x, y) or not x.size
            for index in np.ndindex(*shape):
                assert y[index + (0,) * (4 - len(shape))] == x[index]


def test_restore_refuses() -> None:
    with pytest.raises(ShapeError) as caught:
        restore(np.zeros((1, 2, 3)), "HW")
    assert str(caught.value) == "x: wanted at most 2 dimensions for 'HW', got shape (1, 2, 3)"
    with pytest.raises(DTypeError, match="x: wanted a NumPy array, got float"):
        restore(1.0, "HW")  # type: ignore[arg-type]


def scanned(x: Any) -> list[Any]:
    """The elements in the order of the dimensions 2, 1, 3, 4: the second index runs fastest."""
    a, b, c, d = (*x.shape, 1, 1)[:4]
    x = x.reshape(a, b, c, d)
    return [x[i, j, k, m] for m in range(d) for k in range(c) for i in range(a) for j in range(b)]


def row_major(x: Any, shape: Shape) -> Any:
    """What `reshape_row_major` means: the elements in that order go to the places in that order."""
    a, b, c, d = (*shape, 1, 1)[:4]
    y = np.empty((a, b, c, d), x.dtype)
    given = iter(scanned(x))
    for m in range(d):
        for k in range(c):
            for i in range(a):
                for j in range(b):
                    y[i, j, k, m] = next(given)
    return y.reshape(shape)


def shapes_of(count: int, lengths: tuple[int, ...] = (2, 3, 4)) -> list[Shape]:
    """All shapes of 2 to 4 sizes with so many elements."""
    sizes = [n for n in range(1, count + 1) if count % n == 0]
    return [s for length in lengths for s in product(sizes, repeat=length) if np.prod(s) == count]


def key(shape: Shape) -> list[int]:
    a, b, c, d = (*shape, 1, 1)[:4]
    return [n for n in (a * b, c, d) if n != 1]


@pytest.mark.parametrize("count", [1, 2, 6, 12, 24, 36])
def test_reshape_row_major_and_when_it_is_numpys_reshape(count: int) -> None:
    """Thousands of pairs of shapes: the elements go where the loops say, and LEGACY's rule holds."""
    every = shapes_of(count)
    rng = np.random.default_rng(count)
    pairs = list(product(every, every))
    if len(pairs) > 2500:
        pairs = [pairs[k] for k in rng.choice(len(pairs), 2500, replace=False)]
    for before, after in pairs:
        x = np.arange(count).reshape(before)
        y = reshape_row_major(x, after)
        assert np.array_equal(y, row_major(x, after)), (before, after)
        expected = key(before) == key(after) or max(len(key(before)), len(key(after))) <= 1
        assert np.array_equal(y, x.reshape(after)) == expected, (before, after)


def test_the_facts_that_the_port_relies_on() -> None:
    x = np.arange(120).reshape(5, 4, 3, 2)
    assert np.array_equal(reshape_row_major(np.arange(1, 7).reshape(1, 6), (2, 3)), [[1, 2, 3], [4, 5, 6]])
    # (H,W,C,N) to pixels by channels, the way of SpatialBatchNorm.m, runs over N, then H, then W.
    rows = reshape_row_major(x.transpose(1, 2, 0, 3), (40, 3))
    n, h, w, c = 1, 3, 2, 2
    assert rows[n * 20 + h * 4 + w, c] == x[h, w, c, n]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_reshape_row_major_of_any_array(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=3))
    x = data.draw(hnp.arrays(st.sampled_from(["float32", "int8", "complex64", "bool", "U2"]), shape))
    x = data.draw(st.sampled_from([x, np.asfortranarray(x), x[::-1], np.repeat(x, 2, 1)[:, ::2]]))
    target = data.draw(st.sampled_from(shapes_of(x.size)))
    y = reshape_row_major(x, target)
    assert (y.shape, y.dtype) == (target, x.dtype)
    assert y.tobytes() == row_major(x, target).tobytes()
    assert reshape_row_major(y, x.shape).tobytes() == x.tobytes()


def test_reshape_row_major_of_an_empty_array() -> None:
    assert reshape_row_major(np.empty((0, 3)), (3, 0)).shape == (3, 0)
    assert reshape_row_major(np.empty((2, 0, 3, 2), np.int8), [0, 4, 1, 1]).dtype == np.int8


def test_reshape_row_major_takes_numpys_integers() -> None:
    x = np.arange(6).reshape(2, 3)
    for shape in ([3, 2], np.array([3, 2]), (np.int8(3), np.uint64(2))):
        assert np.array_equal(reshape_row_major(x, shape), x.reshape(3, 2))  # type: ignore[arg-type]


SIZES = "shape: wanted 2 to 4 sizes, whole numbers >= 0, got "


@pytest.mark.parametrize(
    ("x", "shape", "error", "text"),
    [
        ([[1]], (1, 1), DTypeError, "x: wanted a NumPy array, got list"),
        (np.zeros(6), (2, 3), ShapeError, "x: wanted 2 to 4 dimensions, got shape (6,)"),
        (np.zeros((1,) * 5), (1, 1), ShapeError, "x: wanted 2 to 4 dimensions, got shape (1, 1, 1, 1, 1)"),
        (np.zeros((2, 3)), (6,), ShapeError, SIZES + "(6,)"),
        (np.zeros((2, 3)), (1, 1, 1, 2, 3), ShapeError, SIZES + "(1, 1, 1, 2, 3)"),
        (np.zeros((2, 3)), 6, ShapeError, SIZES + "6"),
        (np.zeros((2, 3)), "23", ShapeError, SIZES + "'23'"),
        (np.zeros((2, 3)), None, ShapeError, SIZES + "None"),
        (np.zeros((2, 3)), (-1, 3), ShapeError, SIZES + "(-1, 3)"),
        (np.zeros((2, 3)), (2.0, 3), ShapeError, SIZES + "(2.0, 3)"),
        (np.zeros((1, 3)), (True, 3), ShapeError, SIZES + "(True, 3)"),
        (np.zeros((2, 3)), (2, 2), ShapeError, "shape: 6 elements of x, shape (2, 3), do not fill [2, 2]"),
        (
            np.zeros((0, 3)),
            np.array([2**32, 2**32]),
            ShapeError,
            f"shape: 0 elements of x, shape (0, 3), do not fill [{2**32}, {2**32}]",
        ),
    ],
)
def test_reshape_row_major_refuses(x: Any, shape: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        reshape_row_major(x, shape)
    assert str(caught.value) == text
