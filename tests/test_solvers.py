"""The solvers beside their cases: state that comes back, names apart, inputs as they were; the L2 penalty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pybn.errors import DTypeError, ShapeError
from pybn.solvers import Adam, Sgd, SgdMomentum, Solver, l2_gradient, l2_penalty

SOLVERS = [Sgd(0.1), SgdMomentum(0.1, 0.8), Adam(0.01, 0.8, 0.99, 1e-6)]


def new(like: Solver) -> Solver:
    """A solver of the same options that has kept nothing."""
    return type(like)(**like.options())


def draws(count: int, shape: tuple[int, ...] = (4, 3), dtype: Any = np.float64) -> list[Any]:
    rng = np.random.default_rng([count, *shape])
    return [rng.standard_normal(shape).astype(dtype) for _ in range(count)]


def walk(solver: Solver, weight: Any, gradients: list[Any], name: str = "w") -> Any:
    for gradient in gradients:
        weight = solver.step(name, weight, gradient)
    return weight


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("like", SOLVERS, ids=repr)
def test_state_comes_back_and_goes_on_bit_for_bit(like: Solver, dtype: Any) -> None:
    weight, *gradients = draws(7, dtype=dtype)
    whole = walk(new(like), weight, gradients)
    first = new(like)
    half = walk(first, weight, gradients[:3])
    second = new(first)
    second.state = first.state
    assert walk(second, half, gradients[3:]).tobytes() == whole.tobytes()
    assert set(second.state) == {f"w/{slot}" for slot in like.slots}


@pytest.mark.parametrize("like", SOLVERS, ids=repr)
def test_names_are_apart(like: Solver) -> None:
    weight, *gradients = draws(7)
    alone, both = new(like), new(like)
    others = draws(6, (2,))
    other = others[0]
    for gradient, theirs in zip(gradients[:5], others[1:], strict=True):
        other = both.step("w/m", other, theirs)  # a name may look like a key of the state
        weight_alone = alone.step("w", weight, gradient)
        weight = both.step("w", weight, gradient)
        assert np.array_equal(weight, weight_alone)
    both_again = new(like)
    both_again.state = both.state
    assert {k: v.tobytes() for k, v in both_again.state.items()} == {
        k: v.tobytes() for k, v in both.state.items()
    }


@pytest.mark.parametrize("like", SOLVERS, ids=repr)
def test_inputs_stay_and_what_comes_back_is_the_callers(like: Solver) -> None:
    weight, *gradients = draws(4)
    want = walk(new(like), weight, gradients)
    solver = new(like)
    for gradient in gradients:
        before = weight.copy(), gradient.copy()
        moved = solver.step("w", weight, gradient)
        assert np.array_equal(weight, before[0])
        assert np.array_equal(gradient, before[1])
        weight = moved.copy()
        moved[:] = np.nan  # neither this nor the state that is given out reaches what is kept
        gradient[:] = np.nan
        for kept in solver.state.values():
            kept[...] = 7
    assert np.array_equal(weight, want)


@pytest.mark.parametrize("like", SOLVERS, ids=repr)
def test_a_refused_step_leaves_the_state(like: Solver) -> None:
    weight, gradient, again = draws(3)
    solver, calm = new(like), new(like)
    for each in (solver, calm):
        weight = each.step("w", draws(3)[0], gradient)
    with pytest.raises(ShapeError, match=r"^gradient: wanted shape \(4, 3\), that of weight"):
        solver.step("w", weight, again.T)
    with pytest.raises(DTypeError, match=r"^gradient: wanted float64, the dtype of weight"):
        solver.step("w", weight, again.astype("f4"))
    assert np.array_equal(solver.step("w", weight, again), calm.step("w", weight, again))


@pytest.mark.parametrize("like", SOLVERS, ids=repr)
def test_reset_forgets_all_but_the_options(like: Solver) -> None:
    weight, *gradients = draws(4)
    solver = new(like)
    want = walk(solver, weight, gradients)
    solver.decay(1)
    solver.reset()
    assert solver.state == {}
    assert np.array_equal(walk(solver, weight, gradients), want)


@pytest.mark.parametrize("shape", [(), (1,), (2, 3, 4, 5), (2, 1, 1, 1, 3)])
@pytest.mark.parametrize("like", SOLVERS, ids=repr)
def test_any_shape_and_memory(like: Solver, shape: tuple[int, ...]) -> None:
    weight, *gradients = draws(4, shape)
    want = walk(new(like), weight, gradients)
    assert type(want) is np.ndarray
    assert want.shape == shape
    laid = walk(new(like), np.asfortranarray(weight), [np.asfortranarray(g) for g in gradients])
    assert laid.tobytes() == want.tobytes()


def test_options_tell_the_rate_as_it_is() -> None:
    solver = Adam(0.1, 0.8)
    solver.learning_rate = 0.02
    solver.decay(0.5)
    assert solver.options() == {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.999, "eps": 1e-8}
    assert repr(solver) == "Adam(learning_rate=0.01, beta1=0.8, beta2=0.999, eps=1e-08)"
    with pytest.raises(ValueError, match=r"^learning_rate: wanted a finite number >= 0, got -1$"):
        solver.learning_rate = -1
    with pytest.raises(ValueError, match=r"^factor: wanted"):
        solver.decay(float("nan"))
    assert solver.learning_rate == 0.01


@pytest.mark.parametrize(
    ("solver", "name"), [(Adam(0.1), "beta1"), (Adam(0.1), "beta2"), (SgdMomentum(0.1), "momentum")]
)
def test_fractions_can_be_set_and_are_checked(solver: Solver, name: str) -> None:
    setattr(solver, name, 0.5)
    assert solver.options()[name] == 0.5
    for bad in (1.0, -0.1, float("nan"), "0.5", None, True):
        with pytest.raises(ValueError, match=f"^{name}: wanted a number from 0 to below 1, got {bad!r}$"):
            setattr(solver, name, bad)
    assert getattr(solver, name) == 0.5
    assert hasattr(type(solver), name)


# What a state may be.


def test_a_state_of_another_solver_is_refused_and_the_old_one_stays() -> None:
    solver = SgdMomentum(0.1)
    weight, gradient = draws(2)
    solver.step("w", weight, gradient)
    kept = solver.state
    m = np.zeros((4, 3))
    for given in ({"w/m": m}, {"w": m}, {"/velocity": m}, {"velocity": m}):
        with pytest.raises(ValueError, match=r"^state: wanted 'name/velocity', got "):
            solver.state = given
    for given in ({"w/velocity": [1.0]}, {"w/velocity": np.zeros(3, int)}):
        with pytest.raises(DTypeError, match=r"^state: w/velocity: wanted"):
            solver.state = given
    with pytest.raises(ValueError, match=r"^state: wanted nothing, got 'w/velocity'$"):
        Sgd(0.1).state = kept
    assert np.array_equal(solver.state["w/velocity"], kept["w/velocity"])


def test_a_state_that_lacks_something_is_refused() -> None:
    solver, m = Adam(0.1), np.zeros((4, 3))
    with pytest.raises(ValueError, match=r"^state: wanted 'w/t' beside 'w/m'$"):
        solver.state = {"w/m": m, "w/v": m}
    for t, error in ((1.0, DTypeError), (True, DTypeError), (0, ShapeError), ([3], ShapeError)):
        with pytest.raises(error, match=r"^state: w/t: wanted"):
            solver.state = {"w/m": m, "w/v": m, "w/t": np.asarray(t)}
    solver.state = {"w/m": m, "w/v": m, "w/t": np.int32(3)}  # as any file may give it back
    assert solver.state["w/t"] == 3


@pytest.mark.parametrize("like", SOLVERS[1:], ids=repr)
def test_a_state_that_does_not_fit_its_weight_is_refused_at_the_step(like: Solver) -> None:
    weight, gradient = draws(2)
    first, second = new(like), new(like)
    first.step("w", weight, gradient)
    second.state = first.state
    with pytest.raises(ShapeError, match=r"^w/\w+, of the steps before: wanted shape \(3,\)"):
        second.step("w", weight[0], gradient[0])
    with pytest.raises(DTypeError, match=r"^w/\w+, of the steps before: wanted float32"):
        second.step("w", weight.astype("f4"), gradient.astype("f4"))


# L2.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_penalty_and_its_gradient(dtype: Any) -> None:
    weights = {"conv1.weight": draws(1, (2, 3, 4, 5), dtype)[0], "bn1.weight": draws(1, (5,), dtype)[0]}
    penalty = l2_penalty(weights, 0.3)
    assert type(penalty) is dtype
    want = 0.15 * sum(float(np.sum(w.astype(float) ** 2)) for w in weights.values())
    np.testing.assert_allclose(penalty, want, rtol=1e-5 if dtype is np.float32 else 1e-14)
    assert l2_penalty(iter(weights.values()), 0.3) == penalty
    for weight in weights.values():
        gradient = np.ones_like(weight)
        added = l2_gradient(weight, gradient, 0.3)
        assert np.array_equal(added, 1 + 0.3 * weight)
        assert added.dtype == dtype
        assert gradient.min() == 1


def test_the_penalty_adds_as_matlab_counts() -> None:
    weight = np.array([[1e10, 1.0], [-1e10, 3.0], [0.5, 2e5]], np.float32)
    total = np.float32(0)
    for value in weight.ravel(order="F"):
        total += value * value
    for laid in (weight, np.asfortranarray(weight)):
        assert l2_penalty([laid], 2.0) == total


def test_no_penalty_where_there_is_nothing_to_keep_small() -> None:
    assert l2_penalty({}, 1.0) == 0
    assert l2_penalty(draws(2), 0.0) == 0


def test_what_the_penalty_refuses() -> None:
    weight, gradient = draws(2)
    for l2 in (-1, float("nan"), float("inf"), "0.1", True):
        for call in (lambda l2: l2_penalty([weight], l2), lambda l2: l2_gradient(weight, gradient, l2)):
            with pytest.raises(ValueError, match=r"^l2: wanted a finite number >= 0"):
                call(l2)
    with pytest.raises(DTypeError, match=r"^weights: wanted"):
        l2_penalty([weight.astype(int)], 0.1)
    with pytest.raises(ShapeError, match=r"^gradient: wanted"):
        l2_gradient(weight, gradient.T, 0.1)
