"""Comparison: every verdict, distances against walks from neighbour to neighbour, and what must never pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pybn.compare import EXACT, Comparison, Tolerance, Verdict, compare, compare_tensor, ulp_distance

EQUAL, CLOSE, DIFFERS = Verdict.EQUAL, Verdict.CLOSE, Verdict.DIFFERS
FLOATS = ["float16", "float32", "float64"]
WHY = "a test"


def check(expected: Any, obtained: Any, **close: Any) -> Comparison:
    """Compare one tensor named x."""
    return compare_tensor("x", expected, obtained, Tolerance(**close, because=WHY) if close else EXACT)


def array(dtype: str, *values: Any) -> Any:
    return np.array(values, dtype)


# Verdicts.


def test_equal() -> None:
    found = check(array("float64", 1, 2), array("float64", 1, 2))
    assert found == Comparison("x", EQUAL)
    assert found.explain() == "x: equal"


def test_differs_and_the_worst_element() -> None:
    want = np.arange(1.0, 25).reshape(2, 3, 4)
    got = want.copy()
    got[0, 1, 1] = np.nextafter(got[0, 1, 1], 99)
    got[1, 2, 0] += 0.5
    found = check(want, got)
    assert (found.verdict, found.worst, found.expected, found.obtained) == (
        DIFFERS,
        (1, 2, 0),
        "21.0",
        "21.5",
    )
    assert (found.max_abs, found.max_rel) == (0.5, 0.5 / 21)
    assert found.max_ulp == 2**47  # 21 lies in [16, 32), where a unit is 2^-48
    assert found.explain() == (
        "x: differs in 2 of 24 elements: max 1.4e+14 ULP, abs 0.5, rel 0.0238 at [1, 2, 0]: wanted 21.0, got 21.5"
    )


@pytest.mark.parametrize(
    ("want", "got"),
    [
        (np.zeros((2, 1)), np.zeros(2)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros((0, 3)), np.zeros((3, 0))),
        (np.zeros(()), np.zeros(1)),
        (np.zeros((5, 4, 3, 1)), np.zeros((5, 4, 3))),
    ],
)
def test_wrong_shape(want: Any, got: Any) -> None:
    found = check(want, got, ulp=1e9)
    assert (found.verdict, found.expected, found.obtained) == (
        Verdict.WRONG_SHAPE,
        str(want.shape),
        str(got.shape),
    )
    assert found.explain() == f"x: wrong shape: wanted {want.shape}, got {got.shape}"


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ("float64", "float32"),
        ("float32", "float64"),
        ("int32", "int64"),
        ("int64", "uint64"),
        ("bool", "uint8"),
        ("complex128", "float64"),
        ("complex64", "complex128"),
        ("float64", "longdouble"),
        ("float64", "object"),
        ("float64", "U1"),
    ],
)
def test_wrong_dtype_even_of_the_same_values(want: str, got: str) -> None:
    found = check(np.ones(3, want), np.ones(3, got), ulp=1e9, atol=1e9)
    assert (found.verdict, found.expected) == (Verdict.WRONG_DTYPE, want)


def test_byte_order_makes_no_other_dtype() -> None:
    for dtype in ("f4", "f8", "i2", "u8", "c8", "c16"):
        want = np.arange(5).astype(f"<{dtype}")
        assert check(want, want.astype(f">{dtype}")).verdict is EQUAL
        assert check(want.astype(f">{dtype}"), want).verdict is EQUAL
        moved = want.astype(f">{dtype}")
        moved[3] += 1
        found = check(want, moved)
        assert (found.verdict, found.worst) == (DIFFERS, (3,))


def test_how_many_elements_are_beyond_what_is_allowed() -> None:
    want = np.arange(1.0, 13).reshape(3, 4)
    got = want.copy()
    got[0, 0], got[1, 2], got[2, 3] = np.nextafter(1.0, 9), 7.5, np.nan
    found = check(want, got)
    assert (found.beyond, found.size) == (3, 12)
    found = check(want, got, ulp=1)
    assert (found.beyond, found.size) == (2, 12)
    agreeing = check(want[:1], got[:1], ulp=1)
    assert (agreeing.verdict, agreeing.beyond, agreeing.size) == (CLOSE, 0, 0)
    both_parts = check(np.array([1 + 2j, 3]), np.array([2 + 3j, 3]))
    assert (both_parts.beyond, both_parts.size) == (1, 2)


def test_missing() -> None:
    found = check(np.zeros((2, 3), np.float32), None)
    assert (found.verdict, found.explain()) == (
        Verdict.MISSING,
        "x: missing: wanted float32[2, 3], got nothing",
    )


def test_missing_and_one_too_many_in_the_order_of_what_was_expected() -> None:
    one = np.ones(1)
    found = compare({"b": one, "a": one, "c": one}, {"c": one, "z": one, "b": one})
    assert [(c.name, c.verdict) for c in found] == [
        ("b", EQUAL),
        ("a", Verdict.MISSING),
        ("c", EQUAL),
        ("z", Verdict.MISSING),
    ]
    assert found[-1].explain() == "z: missing: wanted nothing, got float64[1]"


def test_only_the_first_two_verdicts_agree() -> None:
    assert [v for v in Verdict if v.agrees] == [EQUAL, CLOSE]


def test_a_mask_does_not_hide_a_difference() -> None:
    want = np.array([1.0, 2.0])
    found = check(want, np.ma.masked_array(want, [False, True]))
    assert (found.verdict, found.obtained) == (Verdict.WRONG_DTYPE, "a masked array")


# NaN, infinities, zeros.


@pytest.mark.parametrize("dtype", [*FLOATS, "complex64", "complex128"])
def test_nan_and_infinities_agree_in_place_only(dtype: str) -> None:
    nan, inf = np.nan, np.inf
    want = array(dtype, nan, inf, -inf, 1, 0)
    assert check(want, want.copy()).verdict is EQUAL
    for at, value in [(0, 1), (0, inf), (1, -inf), (1, nan), (1, 1), (2, inf), (3, nan), (3, inf), (4, -inf)]:
        got = want.copy()
        got[at] = value
        found = check(want, got, ulp=2**64, rtol=1e30, atol=1e30, ulp_of_max=1e30)
        assert (found.verdict, found.nonfinite, found.worst) == (DIFFERS, 1, (at,)), (at, value)
        assert "1 NaN or Inf out of place" in found.explain()
        assert math.isfinite(found.max_abs)
        assert math.isfinite(found.max_rel)


def test_the_largest_number_is_no_infinity() -> None:
    for dtype in FLOATS:
        largest = np.finfo(dtype).max
        found = check(array(dtype, largest), array(dtype, np.inf), ulp=1)
        assert (found.verdict, found.nonfinite) == (DIFFERS, 1)


def test_one_nan_is_as_good_as_another() -> None:
    want = array("float64", np.nan)
    other = (want.view(np.uint64) ^ np.uint64(1 << 63 | 5)).view(np.float64)
    assert np.isnan(other[0])
    assert check(want, other).verdict is EQUAL


@pytest.mark.parametrize("dtype", [*FLOATS, "complex128"])
def test_zeros_of_the_other_sign_are_close_and_counted(dtype: str) -> None:
    found = check(array(dtype, 1, 0.0, -0.0), array(dtype, 1, -0.0, -0.0))
    assert (found.verdict, found.zero_signs, found.max_ulp, found.worst) == (CLOSE, 1, 0, (1,))
    assert "1 zeros of the other sign" in found.explain()


# Distances.


def walk(start: Any, steps: int, towards: float) -> Any:
    for _ in range(steps):
        start = np.nextafter(start, start.dtype.type(towards))
    return start


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("start", [0.0, 1.0, -1.0, 0.5, 2.0, -3.7, 1e-4, "tiny", "subnormal", "max"])
@pytest.mark.parametrize("steps", [1, 2, 17, 100])
def test_distance_is_the_number_of_steps_to_a_neighbour(dtype: str, start: Any, steps: int) -> None:
    info = np.finfo(dtype)
    named = {"tiny": info.tiny, "subnormal": info.smallest_subnormal * 3, "max": info.max}
    a = np.array([named.get(start, start)], dtype)
    for towards in (-np.inf, np.inf) if start != "max" else (-np.inf,):
        b = walk(a, steps, towards)
        for x, y in ((a, b), (b, a), (-a, -b)):
            assert ulp_distance(x, y).tolist() == [steps]
        found = check(a, b)
        assert (found.verdict, found.max_ulp) == (DIFFERS, steps)
        assert check(a, b, ulp=steps).verdict is CLOSE
        assert check(a, b, ulp=steps - 1).verdict is DIFFERS


def test_distance_by_the_standard_library() -> None:
    for start in (1.0, -1.0, 0.0, 5e-324, 1e308, -2.2250738585072014e-308):
        b = math.nextafter(start, -math.inf)
        assert ulp_distance(np.array([start]), np.array([b])).tolist() == [1]


def test_distance_across_zero() -> None:
    for dtype in FLOATS:
        least = np.finfo(dtype).smallest_subnormal
        assert ulp_distance(array(dtype, -least), array(dtype, least)).tolist() == [2]
        assert ulp_distance(array(dtype, -0.0), array(dtype, 0.0)).tolist() == [0]
        assert ulp_distance(array(dtype, -0.0), array(dtype, least)).tolist() == [1]


def test_distance_from_end_to_end() -> None:
    # As many patterns as there are below infinity, on both sides of zero.
    for dtype, infinity in (("float16", 0x7C00), ("float32", 0x7F800000), ("float64", 0x7FF0000000000000)):
        top = np.finfo(dtype).max
        found = check(array(dtype, top), array(dtype, -top))
        assert (found.verdict, found.max_ulp) == (DIFFERS, 2 * (infinity - 1))


def test_half_precision_all_neighbours() -> None:
    every = np.arange(0x7C00, dtype=np.uint16).view(np.float16)  # all from 0 to the largest
    assert set(ulp_distance(every[:-1], every[1:]).tolist()) == {1}
    assert ulp_distance(every, np.zeros_like(every)).tolist() == list(range(0x7C00))
    assert ulp_distance(-every, every).tolist() == list(range(0, 2 * 0x7C00, 2))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_distance_of_integers_at_their_ends(dtype: str) -> None:
    info = np.iinfo(dtype)
    low, high = array(dtype, info.min), array(dtype, info.max)
    found = check(low, high)
    assert (found.verdict, found.max_ulp, found.worst) == (DIFFERS, info.max - info.min, (0,))
    near = check(high, high - high.dtype.type(1))
    assert (near.verdict, near.max_ulp, near.max_abs) == (DIFFERS, 1, 1.0)
    assert check(high, high - high.dtype.type(1), atol=1).verdict is CLOSE


def test_integers_that_no_double_tells_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a machine whose widest float is the double.
    monkeypatch.setattr("pybn.distances.wide", lambda x: x.astype(np.float64))
    for dtype in ("int64", "uint64"):
        want, got = array(dtype, 2**53), array(dtype, 2**53 + 1)
        assert float(want[0]) == float(got[0])
        for close in ({}, {"rtol": 1e-300}, {"atol": 0.5}):
            found = check(want, got, **close)
            assert (found.verdict, found.max_abs) == (DIFFERS, 1.0)


def test_bool() -> None:
    want = array("bool", True, False, True)
    assert check(want, want.copy()).verdict is EQUAL
    found = check(want, array("bool", True, True, True))
    assert (found.verdict, found.worst, found.expected, found.obtained) == (DIFFERS, (1,), "False", "True")


@pytest.mark.parametrize(("dtype", "part"), [("complex64", np.float32), ("complex128", np.float64)])
def test_complex_by_its_parts(dtype: str, part: Any) -> None:
    want = np.array([[1 + 2j, 3 - 4j]], dtype)
    for name in ("real", "imag"):
        got = want.copy()
        half = getattr(got, name)
        half[0, 1] = np.nextafter(half[0, 1], part(100))
        found = check(want, got)
        assert (found.verdict, found.max_ulp, found.worst) == (DIFFERS, 1, (0, 1))
        assert found.expected == repr(complex(want[0, 1]))
    swapped = want.imag + 1j * want.real
    assert check(want, swapped.astype(dtype)).verdict is DIFFERS
    assert check(want, want.conj()).verdict is DIFFERS
    assert check(np.array(1j, dtype), np.array(2j, dtype)).worst == ()


# Shapes of every kind, and what is no number.


def test_empty_arrays_are_equal() -> None:
    for dtype in ("float64", "complex64", "int8", "bool", "U3"):
        assert check(np.empty((0, 3), dtype), np.empty((0, 3), dtype)) == Comparison("x", EQUAL)


def test_scalars_and_python_numbers() -> None:
    assert check(1.5, np.float64(1.5)).verdict is EQUAL
    found = check(1.5, 2.5)
    assert (found.verdict, found.worst, found.expected, found.obtained) == (DIFFERS, (), "1.5", "2.5")
    assert " at []: wanted 1.5, got 2.5" in found.explain()
    assert check(1, 1.0).verdict is Verdict.WRONG_DTYPE


def test_strings() -> None:
    want = np.array(["a", "bcd"])
    assert check(want, want.copy()).verdict is EQUAL
    for other in ("bcx", "longer"):
        found = check(want, np.array(["a", other]))
        assert (found.verdict, found.worst, found.obtained) == (DIFFERS, (1,), repr(other))
    assert check("one", "one").verdict is EQUAL
    assert check("one", "three").verdict is DIFFERS


def test_any_memory_order() -> None:
    rng = np.random.default_rng(1)
    for dtype in ("float32", "complex128", "int16"):
        want = (rng.standard_normal((4, 6, 2)) * 100).astype(dtype)
        for got in (np.asfortranarray(want), want[::-1][::-1], np.repeat(want, 2, axis=1)[:, ::2]):
            assert check(want, got).verdict is EQUAL
            moved = got.copy(order="F")
            moved[2, 5, 1] += 1
            assert check(want, moved).worst == (2, 5, 1)


# Tolerances.


def test_a_tolerance_in_ulp_of_the_element() -> None:
    want = array("float32", 1, 1e6)
    got = walk(want, 3, np.inf)
    assert check(want, got, ulp=3).verdict is CLOSE
    assert check(want, got, ulp=2.9).verdict is DIFFERS


def test_a_relative_tolerance() -> None:
    want, got = array("float64", 100, 0), array("float64", 101, 0)
    assert check(want, got, rtol=0.01).verdict is CLOSE
    assert check(want, got, rtol=0.0099).verdict is DIFFERS
    # It is relative to what was expected.
    assert check(array("float64", 0), array("float64", 1e-300), rtol=0.5).verdict is DIFFERS


def test_an_absolute_tolerance() -> None:
    want, got = array("float64", 1.0, 2), array("float64", 1.5, 2)
    assert check(want, got, atol=0.5).verdict is CLOSE
    assert check(want, got, atol=0.49).verdict is DIFFERS
    assert check(want, got, atol=0.25, rtol=0.25).verdict is CLOSE


def test_a_tolerance_in_ulp_of_the_largest_element() -> None:
    want = array("float64", 1024.0, 1.0)
    got = array("float64", 1024.0, 1.0 + 3 * 2.0**-42)  # a unit at 1024 is 2^-42
    assert check(want, got, ulp_of_max=3).verdict is CLOSE
    assert check(want, got, ulp_of_max=2).verdict is DIFFERS


def test_a_tolerance_for_one_tensor_alone() -> None:
    want, got = (
        {"a": array("float64", 1), "b": array("float64", 1)},
        {"a": array("float64", 2), "b": array("float64", 2)},
    )
    found = compare(want, got, {"a": Tolerance(atol=1, because=WHY)})
    assert [c.verdict for c in found] == [CLOSE, DIFFERS]


def test_the_worst_element_is_one_that_fails() -> None:
    # The second element is more units away, and within the tolerance; the first is not.
    want, got = array("float64", 1, 1e-300), array("float64", 1.1, 2e-300)
    found = check(want, got, atol=1e-3)
    assert (found.verdict, found.worst) == (DIFFERS, (0,))


# Properties.

FINITE = {
    dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(max_dims=3, max_side=4),
        elements=st.floats(
            float(np.finfo(dtype).min),
            float(np.finfo(dtype).max),
            width=np.dtype(dtype).itemsize * 8,  # type: ignore[arg-type]
        ),
    )
    for dtype in ("float32", "float64")
}
ANY = hnp.arrays(
    st.sampled_from(["float32", "float64", "int64", "uint64", "int8", "bool", "complex128", "float16"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@given(ANY)
@settings(max_examples=150, deadline=None)
def test_identity(x: Any) -> None:
    assert check(x, x.copy()).verdict is EQUAL


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_symmetry(data: Any) -> None:
    x = data.draw(ANY)
    y = data.draw(hnp.arrays(x.dtype, x.shape))
    there, back = check(x, y), check(y, x)
    assert (there.verdict, there.max_ulp, there.nonfinite, there.max_abs, there.zero_signs) == (
        back.verdict,
        back.max_ulp,
        back.nonfinite,
        back.max_abs,
        back.zero_signs,
    )
    # Part by part: to NumPy any complex number with a NaN in it is the same NaN.
    parts = [(x.real, y.real), (x.imag, y.imag)] if x.dtype.kind == "c" else [(x, y)]
    same = all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in parts)
    assert (there.verdict is EQUAL) == (same and not there.zero_signs)


def test_a_nan_in_the_other_part_of_a_complex_number_is_another() -> None:
    found = check(np.array(complex(0, math.nan)), np.array(complex(math.nan, 0)))
    assert (found.verdict, found.nonfinite) == (Verdict.DIFFERS, 2)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_one_unit_anywhere_is_found_there(data: Any) -> None:
    x = data.draw(FINITE[data.draw(st.sampled_from(["float32", "float64"]))])
    at = tuple(data.draw(st.integers(0, n - 1)) for n in x.shape)
    towards = -np.inf if x[at] > 0 else np.inf
    y = x.copy()
    y[at] = np.nextafter(x[at], x.dtype.type(towards))
    found = check(x, y)
    assert (found.verdict, found.max_ulp, found.worst, found.nonfinite) == (DIFFERS, 1, at, 0)
    assert check(x, y, ulp=1).verdict is CLOSE


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_gap_is_also_told_in_units_of_the_largest(dtype: type) -> None:
    """Near a cancellation the plain count is huge, and says little."""
    want = np.array([8.0, 1e-12, 0.0], dtype)
    got = want + np.array([0, 3, -2], dtype) * np.spacing(dtype(8))
    found = compare_tensor("x", want, got)
    assert found.scaled == pytest.approx(3, rel=1e-6)
    assert found.max_ulp > 1000


def test_equal_tensors_empty_ones_and_integers_have_their_own_scale() -> None:
    assert compare_tensor("x", np.zeros(0), np.zeros(0)).scaled == 0
    assert compare_tensor("x", np.ones(3), np.ones(3)).scaled == 0
    assert compare_tensor("x", np.array([100, 7]), np.array([100, 9])).scaled == 2
