"""Why it differs: planted mistakes are named, mismatches without a name are not, and nothing makes it raise."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mismatches import mismatch
from octave_cases import make_case, make_job
from planted_mistakes import planted

from pybn.compare import EXACT, Tolerance, compare_tensor
from pybn.diagnosis import NONE_FITS, Patience, diagnose, diagnose_case
from pybn.diagnosis.candidate import reconciles
from pybn.diagnosis.families import TIERS
from pybn.diagnosis.question import question
from pybn.engines.octave import OctaveEngine
from pybn.errors import PybnError
from pybn.literals import literals

Array = npt.NDArray[Any]
FOLDER = Path(__file__).parent / "planted"
PLANTED = planted()
MISTAKES = [(p, what, port, names) for p in PLANTED for what, port, names in p.wrong]
RANDOM = range(50_000, 50_250)


@pytest.fixture(scope="module")
def truth(octave: OctaveEngine) -> list[Array]:
    """Octave's answers to all the planted functions, in one batch."""
    jobs = []
    for each in PLANTED:
        answer = np.asarray(each.right(*each.arguments().values()))
        names = [*each.inputs, *(f"${name}" for name in each.attrs)]
        step = f"answer = {each.function}({', '.join(names)})"
        outputs = {"answer": (answer.shape, answer.dtype.name)}
        jobs.append(make_job(FOLDER, each.function, [step], each.inputs, outputs, attrs=each.attrs))
    found = []
    for each, answer in zip(PLANTED, octave.run_all(jobs), strict=True):
        assert not isinstance(answer, PybnError), (each.function, str(answer))
        found.append(answer["answer"])
    return found


def as_octave(expected: Array, port: Array) -> Array:
    """Turn a port's vectors to Octave's signs, where that is all that they differ in."""
    close = {"rtol": 1e-9, "atol": 1e-9}
    if expected.shape != port.shape or np.allclose(expected, port, **close) or expected.ndim != 2:
        return port
    signs = np.where((expected * port).sum(0) < 0, -1, 1)
    return port * signs if np.allclose(expected, port * signs, **close) else port


def test_the_right_ports_agree_with_octave(truth: list[Array]) -> None:
    for each, expected in zip(PLANTED, truth, strict=True):
        port = as_octave(expected, np.asarray(each.right(*each.arguments().values())))
        seen = compare_tensor(each.function, expected, port, Tolerance(ulp_of_max=each.ulp))
        assert seen.verdict.agrees, seen.explain()


def test_every_m_file_is_planted() -> None:
    assert {path.stem for path in FOLDER.glob("*.m")} == {each.function for each in PLANTED}


def test_there_are_enough_kinds() -> None:
    kinds = Counter(p.kind for p, _, _, _ in MISTAKES)
    assert len(kinds) >= 9
    assert sum(kinds.values()) >= 140


@pytest.mark.parametrize("k", range(len(PLANTED)), ids=[f"{p.function} {n}" for n, p in enumerate(PLANTED)])
def test_planted_mistakes_are_named(truth: list[Array], k: int) -> None:
    each = PLANTED[k]
    for what, port, names in each.wrong:
        given_ = each.arguments()
        wrong = np.asarray(port(**given_) if "adam" in each.function else port(*given_.values()))
        found = diagnose(
            truth[k], wrong, inputs=each.inputs, attrs=each.attrs, tolerance=Tolerance(ulp_of_max=each.ulp)
        )
        assert found is not None, (each.function, what, NONE_FITS)
        assert found.name in names.split("|"), (each.function, what, str(found))
        assert found.sentence
        assert found.fix
        assert str(found).endswith(f"; fix: {found.fix}")


# Facts that are true of a mismatch by chance, and no false name: the sign or the magnitude of one number.
TRUE = {("random signs", "sign"), ("random signs", "absolute value"), ("shuffled", "not sorted")}


def test_what_has_no_name_is_given_none() -> None:
    named = {}
    for seed in RANDOM:
        each = mismatch(seed)
        found = diagnose(each.expected, each.obtained, inputs=each.inputs, attrs=each.attrs)
        if found is not None and (each.change, found.name) not in TRUE:
            named[seed, each.kind] = str(found)
    assert not named


def test_noise_on_a_planted_mistake_is_a_residue() -> None:
    """The same mistakes with an error of a millionth on top are no longer explained by them."""
    draw = np.random.default_rng(5)
    for each, what, port, _ in MISTAKES[::5]:
        given_ = each.arguments()
        wrong = np.asarray(port(**given_) if "adam" in each.function else port(*given_.values()))
        if wrong.dtype.kind not in "fc":
            continue
        noise = 1e-6 * np.nanmax(np.abs(wrong)) * draw.standard_normal(wrong.shape)
        right = np.asarray(each.right(*given_.values()))
        found = diagnose(right, wrong + noise, inputs=each.inputs, attrs=each.attrs)
        assert found is None, (each.function, what, str(found))


# What is said, and when.


def test_the_simplest_is_said_and_the_others_are_mentioned() -> None:
    x = np.array([[1.5, 2.25, 3.125], [2.25, 4.75, 5.5], [3.125, 5.5, 6.625]]) + np.diag([0.1, 0.2, 0.3])
    y = np.arange(12.0).reshape(3, 4) ** 1.5
    both = diagnose(np.stack([y, y[::-1]]), np.stack([y[::-1], y]))
    assert both is not None
    assert both.name == "flipped axes"
    assert diagnose(x, x.T) is None


def test_two_computations_in_single_are_not_told_apart_as_such() -> None:
    """Both sides in double, of single numbers: that the port has single precision is no difference."""
    expected = np.random.default_rng(3).standard_normal(40).astype(np.float32)
    obtained = np.nextafter(expected, np.float32(9))
    assert diagnose(expected.astype(np.float64), obtained.astype(np.float64)) is None
    found = diagnose(expected.astype(np.float64) + 1e-12, obtained.astype(np.float64))
    assert found is not None
    assert found.name == "single precision"


def test_a_constant_or_a_single_number_is_no_evidence() -> None:
    for shape in ((), (1,), (2, 3), (4, 4)):
        for a, b in ((0.0, 1.0), (2.0, 4.0), (1.0, -1.0), (5.0, 4.0), (0.0, np.nan), (np.inf, 0.0)):
            assert diagnose(np.full(shape, a), np.full(shape, b), inputs={"x": np.full((7,), a)}) is None, (
                shape,
                a,
                b,
            )
    assert diagnose(np.array([1.0, 2.0]), np.array([2.0, 1.0])) is None
    assert diagnose(np.array(3.7182937), np.array(3.7182937 * 1.37), attrs={"k": 3}) is None


def test_a_number_needs_a_constant_that_the_case_speaks_for() -> None:
    x = np.random.default_rng(0).standard_normal(11)
    found = diagnose(np.var(x, ddof=1), np.var(x), inputs={"x": x})
    assert found is not None
    assert found.name == "N-1 for N"
    assert diagnose(np.array(0.8123457), np.array(0.8123457 * 2)) is None


def test_sides_that_agree_have_no_diagnosis() -> None:
    x = np.random.default_rng(0).standard_normal((3, 4))
    assert diagnose(x, x.copy()) is None
    assert diagnose(np.zeros((0, 3)), np.zeros((3, 0))) is None


def test_a_wrong_dtype_is_told_along_with_the_mistake() -> None:
    x = np.random.default_rng(0).standard_normal((3, 4))
    found = diagnose(x, x.T.astype(np.float32))
    assert found is None or "float32" in found.sentence
    found = diagnose(np.arange(12).reshape(3, 4), np.arange(12.0).reshape(3, 4).T)
    assert found is not None
    assert found.name == "axes permuted"
    assert "its dtype is float64, not int64" in found.sentence


def test_the_axes_are_called_by_their_names() -> None:
    x = np.random.default_rng(0).standard_normal((4, 5, 3))
    found = diagnose(x, x[:, ::-1], axes=("H", "W", "C"))
    assert found is not None
    assert "axis 1 (W)" in found.sentence


def test_a_tolerance_lets_the_reconciled_sides_be_as_far_apart() -> None:
    x = np.random.default_rng(0).standard_normal((5, 4))
    noisy = x.T * (1 + 1e-9)
    assert diagnose(x, noisy) is None
    found = diagnose(x, noisy, tolerance=Tolerance(rtol=1e-8))
    assert found is not None
    assert found.name == "axes permuted"


def test_two_mistakes_at_once() -> None:
    x = np.random.default_rng(0).standard_normal((5, 4))
    found = diagnose(x, -x.T)
    assert found is not None
    assert found.name == "axes permuted and sign"


def test_a_mistake_is_found_behind_a_wrong_shape() -> None:
    x = np.random.default_rng(0).standard_normal((6, 5, 3, 2))
    right, wrong = (x / spread for spread in (np.sqrt((x**2).mean() + 0.01), np.sqrt((x**2).mean()) + 0.01))
    found = diagnose(
        right, wrong.transpose(3, 2, 0, 1), inputs={"x": x}, attrs={"tiny": 0.01}, axes=tuple("HWCN")
    )
    assert found is not None
    assert found.name == "eps"
    assert found.sentence.endswith("its axes are permuted to (3, 2, 0, 1): N C H W for H W C N")
    assert found.fix == "divide by np.sqrt(np.mean(x**2) + tiny); np.transpose(answer, (2, 3, 1, 0))"
    found = diagnose(np.var(x[..., 0], 0, ddof=1)[None], np.var(x[..., 0], 0), inputs={"x": x[..., 0]})
    assert found is not None
    assert found.name == "N-1 for N"


def test_a_shift_is_told_whatever_moves_in() -> None:
    x = np.random.default_rng(0).standard_normal((9, 3))
    found = diagnose(x[:-1], x[1:], axes=("T", "D"))
    assert found is not None
    assert found.name == "shifted by one"
    assert "shifted by -1 along axis 0 (T)" in found.sentence
    noisy = x[1:] + 1e-9 * np.arange(24).reshape(8, 3)
    assert diagnose(x[:-1], noisy) is None


def test_how_an_input_is_reshaped_is_told_as_code() -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 2, 5))
    right = x.reshape((24, 5), order="F").T
    for wrong, told in (
        (x.reshape(5, 24), "x.reshape((5, 24))"),
        (x.transpose(3, 2, 0, 1).reshape(5, 24), "np.transpose(x, (3, 2, 0, 1)).reshape((5, 24))"),
    ):
        found = diagnose(right, wrong, inputs={"x": x})
        assert found is not None
        assert found.name == "C order for Fortran order"
        assert f"obtained is {told}, expected {found.fix}" in found.sentence
        assert np.array_equal(eval(found.fix, {"x": x, "np": np}), right)  # noqa: S307  # it is meant to be copied


# A case of several tensors.


def case(differing: Mapping[str, tuple[Array, Array]], **more: Any) -> Any:
    """Diagnose a case of these tensors."""
    sides = [{name: both[k] for name, both in differing.items()} for k in (0, 1)]
    return diagnose_case(differing, *sides, inputs={}, attrs={}, tolerances={}, axes={}, **more)


def test_a_case_says_what_its_tensors_have_in_common() -> None:
    draw = np.random.default_rng(0)
    x, y, z = (draw.standard_normal((4, 3)) for _ in range(3))
    found = case({"dx": (x, x.T), "dw": (y, y.T), "db": (z, z * draw.standard_normal(3))})
    assert found.name == "axes permuted"
    assert found.sentence == f"dx, dw: obtained is expected transposed; db: {NONE_FITS}"
    assert found.unknown == ["db"]
    assert case({"db": (z, z * draw.standard_normal(3))}).sentence == NONE_FITS
    assert case({"text": ("a", "b")}).sentence == NONE_FITS  # type: ignore[dict-item]


def test_outputs_that_are_exchanged() -> None:
    draw = np.random.default_rng(0)
    x, y, z = (draw.standard_normal(5) for _ in range(3))
    found = case({"h": (x, y), "c": (y, x), "o": (z, -z)})
    assert [(names, each.name) for names, each in found.groups] == [
        (["h", "c"], "outputs exchanged"),
        (["o"], "sign"),
    ]
    assert "h is expected's c, c is expected's h" in found.sentence
    assert "exchanged" not in case({"h": (x, y), "c": (y, z)}).sentence


def test_rows_and_columns_that_go_along_the_rows() -> None:
    x = np.random.default_rng(0).standard_normal((5, 6))
    (c, r), (row, column) = np.nonzero(x.T > 0), np.nonzero(x > 0)
    found = case({"r": (r + 1.0, row + 1.0), "c": (c + 1.0, column + 1.0)})
    assert [(names, each.name) for names, each in found.groups] == [(["r", "c"], "C order for Fortran order")]


def test_each_tensor_has_its_own_sentence() -> None:
    x = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    found = case({"u": (x, x * [1, -1, 1, 1]), "v": (x.T, x.T * [1, 1, -1, -1])})
    assert "u: obtained has column 1 of expected" in found.sentence
    assert "v: obtained has columns 2, 3 of expected" in found.sentence


def test_axes_of_inputs_and_leaves_of_structs_are_called_by_their_names() -> None:
    x = np.random.default_rng(0).standard_normal((6, 5, 3, 2))
    mean, var = x.mean((0, 1, 3), keepdims=True), x.var((0, 1, 3), keepdims=True)
    sides = [(x - mean) / (np.sqrt(var + 0.01)), (x - mean) / (np.sqrt(var) + 0.01)]
    other = (x - x.mean((0, 1, 2), keepdims=True)) / np.sqrt(x.var((0, 1, 2), keepdims=True) + 0.01)
    given_: dict[str, Any] = {"inputs": {"x": x, "opt": {"eps": 0.01}}, "attrs": {}, "tolerances": {}}
    found = diagnose_case(["y"], {"y": sides[0]}, {"y": sides[1]}, axes={}, **given_)
    assert found.fix == "divide by np.sqrt(var + opt.eps)"
    found = diagnose_case(["y"], {"y": sides[0]}, {"y": other}, axes={"x": tuple("HWCN")}, **given_)
    assert "over axes 0 (H), 1 (W), 3 (N)" in found.sentence


def test_numbers_in_the_m_file_are_known() -> None:
    assert literals(make_case(FOLDER, "tapered", ["y = tapered(x)"])) == {"0.54": 0.54, "0.46": 0.46}
    assert literals(make_case(FOLDER, "pcm", ["y = pcm(x)"])) == {"32767": 32767}


def test_patience_ends() -> None:
    x = np.random.default_rng(0).standard_normal((4, 3))
    found = case({"y": (x, x.T)}, patience=Patience(0.0))
    assert (found.name, found.left) == ("", 1)
    assert "-k" in found.sentence
    some = Patience(9.0)
    assert case({"y": (x, x.T)}, patience=some).name == "axes permuted"
    assert some.left < 9.0


# It is total, and bounded.


def test_no_family_fails_silently() -> None:
    """What a family raises is caught, and would hide all that it knows."""
    questions = [(m.expected, m.obtained, m.inputs, m.attrs) for m in map(mismatch, RANDOM[:40])]
    for each, _, port, _ in MISTAKES[::5]:
        given_ = each.arguments()
        wrong = np.asarray(port(**given_) if "adam" in each.function else port(*given_.values()))
        questions.append((np.asarray(each.right(*given_.values())), wrong, each.inputs, each.attrs))
    for expected, obtained, inputs, attrs in questions:
        q = question(expected, obtained, inputs, attrs, EXACT, ())
        if q is not None and q.expected.size and q.obtained.size:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for family in (each for tier in TIERS for each in tier):
                    for candidate in family.candidates(q):
                        reconciles(candidate, q)


DTYPES = [
    np.bool_,
    np.int8,
    np.uint8,
    np.int64,
    np.uint64,
    np.float16,
    np.float32,
    np.float64,
    np.complex64,
    np.complex128,
]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


@settings(max_examples=40, deadline=None)
@given(ARRAYS, ARRAYS, ARRAYS, st.sampled_from([1e-5, 0, -1, 3, float("nan"), 1e300, True]))
def test_it_takes_anything(expected: Array, obtained: Array, x: Array, a: float) -> None:
    diagnose(expected, obtained, inputs={"x": x}, attrs={"a": a, "text": "b", "list": [1, 2], "none": None})
    diagnose(expected, expected.T if expected.ndim else np.ones((1, 1)), inputs={"x": x, "e": expected})


@pytest.mark.parametrize(
    "value", [None, "text", [], {}, object(), [[1], [1, 2]], np.array(["a"]), np.ma.masked_array([1.0])]
)
def test_what_is_no_array_of_numbers_has_no_diagnosis(value: Any) -> None:
    assert diagnose(value, np.ones(3)) is None
    assert diagnose(np.ones(3), value) is None
    assert diagnose(np.ones(3), np.zeros(3), inputs={"x": value}, attrs={"x": value}) is None


def test_a_million_elements_take_seconds() -> None:
    """About one second of processor time; ten for a machine under load."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal((32, 32, 16, 64))
    inputs = {
        "x": draw.standard_normal(x.shape),
        "w": draw.standard_normal(16),
        "b": draw.standard_normal(16),
    }
    start = time.process_time()
    assert diagnose(x, x + 0.1 * draw.standard_normal(x.shape), inputs=inputs, attrs={"eps": 1e-5}) is None
    assert time.process_time() - start < 10
