"""Sums against one addition after the other, in the precision of the array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pybn.kernels.sums import column_sums


def one_by_one(x: Any) -> list[bytes]:
    """The bits of each column's sum, from +0, element after element."""
    sums = []
    for column in range(x.shape[1]):
        total = x.dtype.type(0)
        for row in range(x.shape[0]):
            total = x.dtype.type(total + x[row, column])
        sums.append(total.tobytes())
    return sums


def bits(x: Any) -> list[bytes]:
    return [value.tobytes() for value in x]


ORDERS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "backwards": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "every other": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, ::2],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5), (9, 1), (8, 2), (200, 1), (200, 3), (130, 17), (2, 300), (3, 1000)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_are_sequential_in_any_memory_order(dtype: str, shape: tuple[int, int], order: str) -> None:
    rng = np.random.default_rng(shape)
    for scale in (1.0, 1e6):
        x = (rng.standard_normal(shape) * rng.choice([1e-3, 1, scale], shape)).astype(dtype)
        before = x.copy()
        laid = ORDERS[order](x)
        found = column_sums(laid)
        assert (found.shape, found.dtype) == ((shape[1],), x.dtype)
        assert bits(found) == one_by_one(x)
        assert np.array_equal(laid, before)


def test_the_difference_from_a_pairwise_sum_is_there() -> None:
    """Otherwise the tests above would prove nothing."""
    x = np.random.default_rng(1).standard_normal((1000, 1))
    assert bits(np.asfortranarray(x).sum(axis=0)) != one_by_one(x)


@given(
    hnp.arrays(st.sampled_from(["float32", "float64"]), hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))
)
@settings(max_examples=150, deadline=None)
def test_sums_of_anything(x: Any) -> None:
    with np.errstate(all="ignore"):
        found, want = column_sums(x), np.frombuffer(b"".join(one_by_one(x)), x.dtype)
    assert np.array_equal(found, want, equal_nan=True)
    assert np.array_equal(np.signbit(found[found == 0]), np.signbit(want[want == 0]))


def test_a_sum_of_negative_zeros_is_positive() -> None:
    for shape in [(3, 2), (3, 1), (1, 1)]:
        assert not np.signbit(column_sums(np.full(shape, -0.0))).any()


def test_empty() -> None:
    assert column_sums(np.empty((0, 3))).tolist() == [0, 0, 0]
    assert column_sums(np.empty((0, 1), np.float32)).tolist() == [0]
    assert column_sums(np.empty((3, 0))).shape == (0,)
