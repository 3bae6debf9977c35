"""The losses beside their cases: gradients by differences, memory, `out`, options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pybn.errors import DTypeError, ShapeError
from pybn.losses import CrossEntropy, Loss, MeanSquaredError, MultiClassCrossEntropy

LOSSES = [CrossEntropy(), CrossEntropy(mean_gradient=True), MultiClassCrossEntropy(), MeanSquaredError()]


def same(x: Any) -> Any:
    """What stands before a loss whose gradient is by the scores."""
    return x


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


BEFORE: dict[str, Callable[[Any], Any]] = {"": same, "Sigmoid": sigmoid, "Softmax": softmax}


def batch(dtype: Any = np.float64, n: int = 6, k: int = 4) -> tuple[Any, Any]:
    """Probabilities and targets."""
    rng = np.random.default_rng([n, k])
    targets = np.eye(k)[rng.integers(0, k, n)]
    return softmax(rng.standard_normal((n, k))).astype(dtype), targets.astype(dtype)


def by_differences(loss: Loss, x: Any, targets: Any) -> Any:
    """The gradient of the value by the input of the layer that the loss goes through."""
    before, h, found = BEFORE[loss.through], 1e-6, np.zeros_like(x)
    for at in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[at] = h
        above, _ = loss(before(x + step), targets)
        below, _ = loss(before(x - step), targets)
        found[at] = (above - below) / (2 * h)
    return found


@pytest.mark.parametrize(
    "loss", [CrossEntropy(mean_gradient=True), MultiClassCrossEntropy(), MeanSquaredError()], ids=repr
)
def test_the_gradient_is_the_derivative_of_the_value(loss: Loss) -> None:
    x = np.random.default_rng(1).standard_normal((6, 4))
    targets = batch()[1]
    _, gradient = loss(BEFORE[loss.through](x), targets)
    np.testing.assert_allclose(gradient, by_differences(loss, x, targets), rtol=1e-6, atol=1e-9)


def test_the_gradient_of_the_legacy_cross_entropy_is_n_times_the_derivative() -> None:
    x = np.random.default_rng(1).standard_normal((6, 4))
    targets = np.random.default_rng(2).random((6, 4))  # any, not only 0 and 1
    _, gradient = CrossEntropy()(sigmoid(x), targets)
    _, divided = CrossEntropy(mean_gradient=True)(sigmoid(x), targets)
    np.testing.assert_allclose(gradient, 6 * by_differences(CrossEntropy(), x, targets), rtol=1e-6, atol=1e-9)
    assert np.array_equal(gradient / 6, divided)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_the_value_is_a_scalar_of_the_dtype(loss: Loss, dtype: Any) -> None:
    value, gradient = loss(*batch(dtype))
    assert type(value) is dtype
    assert gradient.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_the_same_bits_of_any_memory(loss: Loss, dtype: Any) -> None:
    scores, targets = batch(dtype, 37, 5)
    value, gradient = loss(scores, targets)
    for laid in (
        np.asfortranarray,
        lambda v: np.ascontiguousarray(v[::-1])[::-1],
        lambda v: np.repeat(np.repeat(v, 2, 0), 2, 1)[::2, ::2],
        lambda v: np.frombuffer(b"\0" + v.tobytes(), v.dtype, offset=1).reshape(v.shape),
    ):
        again, same_gradient = loss(laid(scores), laid(targets))
        assert again.tobytes() == value.tobytes()
        assert same_gradient.tobytes() == gradient.tobytes()


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_out_receives_the_gradient_and_may_be_an_input(loss: Loss) -> None:
    scores, targets = batch()
    kept = scores.copy(), targets.copy()
    value, gradient = loss(scores, targets)
    assert np.array_equal(scores, kept[0])
    assert np.array_equal(targets, kept[1])
    for which in range(2):
        given = [scores.copy(), targets.copy()]
        again, written = loss(*given, out=given[which])
        assert written is given[which]
        assert np.array_equal(written, gradient)
        assert again == value
    strided = np.empty((12, 8))[::2, ::2]
    assert loss(scores, targets, out=strided)[1] is strided
    assert np.array_equal(strided, gradient)


def test_out_that_does_not_fit_is_refused() -> None:
    scores, targets = batch()
    read_only = np.empty((6, 4))
    read_only.flags.writeable = False
    for out in (np.empty((4, 6)), read_only):
        with pytest.raises(ShapeError, match=r"^out: wanted"):
            MeanSquaredError()(scores, targets, out=out)
    with pytest.raises(DTypeError, match=r"^out: wanted"):
        MeanSquaredError()(scores, targets, out=np.empty((6, 4), "f4"))


def test_what_is_no_plain_array_is_refused() -> None:
    scores, targets = batch()
    refused: Any = [scores.tolist(), np.ma.masked_array(scores), scores.astype(">f8"), scores.astype("f2")]
    for value in refused:
        with pytest.raises(DTypeError, match=r"^scores: wanted"):
            MeanSquaredError()(value, targets)
        with pytest.raises(DTypeError, match=r"^targets: wanted"):
            MeanSquaredError()(scores, value)


def test_a_gradient_is_the_callers_own() -> None:
    scores, targets = batch()
    loss = CrossEntropy()
    _, gradient = loss(scores, targets)
    kept = gradient.copy()
    gradient[:] = 0
    assert np.array_equal(loss(scores, targets)[1], kept)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_options_make_such_a_loss_again(loss: Loss) -> None:
    again = type(loss)(**loss.options())
    assert repr(again) == repr(loss)
    assert again.options() == loss.options()
