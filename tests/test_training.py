"""Training: the steps, the order of batches, what is gathered, and checkpoints that nothing can spoil."""

from __future__ import annotations

import io
import itertools
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pybn.errors import DTypeError, FileError, FormatError, ShapeError
from pybn.formats import bundle
from pybn.graph import Graph, Input, Node
from pybn.layers import FullyConnected
from pybn.losses import MultiClassCrossEntropy
from pybn.progress import progress
from pybn.solvers import Adam, Sgd, SgdMomentum
from pybn.training import History, Training
from pybn.training.batches import Batches
from pybn.training.history import correct
from pybn.training.interrupt import deferred_interrupt

Array = npt.NDArray[Any]

LAYERS: list[dict[str, Any]] = [
    {"type": "input", "name": "image", "rows": 4, "cols": 5, "depth": 2},
    {"type": "conv", "name": "conv1", "kh": 3, "kw": 3, "stride": 1, "pad": 1, "num_output": 3},
    {"type": "sp_batchnorm", "name": "bn1", "eps": 1e-5, "momentum": 0.9},
    {"type": "relu", "name": "relu1"},
    {"type": "dropout", "name": "drop1", "prob": 0.3},
    {"type": "fc", "name": "fc1", "num_output": 4},
    {"type": "softmax", "name": "softmax1"},
]
ADAM = {"type": "adam", "learning_rate": 0.01}


def make(seed: int = 3, solver: Any = ADAM, layers: Any = LAYERS, **more: Any) -> Training:
    """A small training with everything that has state: batch-norm, dropout, Adam, decay."""
    given = {"l2": 1e-3, "lr_decay": 0.9} | more
    return Training.from_metadata(layers, "multi_class_cross_entropy", solver, seed=seed, **given)


def data(count: int = 23, seed: int = 0, layout: str = "NCHW", dtype: str = "float64") -> tuple[Array, Array]:
    """Images and targets that hang together."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((count, 2, 4, 5)).astype(dtype)
    t = np.eye(4, dtype=dtype)[np.abs(x[:, 0, :, 0]).argmax(1)]
    return (x if layout == "NCHW" else x.transpose(2, 3, 1, 0)), t


def same(one: Training, other: Training) -> bool:
    """Tell whether two trainings are in the same state, to the last bit."""
    streams = [np.concatenate([np.ravel(p) for p in t.graph.random.get_state()[1:]]) for t in (one, other)]
    return (
        alike(one.graph.state, other.graph.state)
        and alike(one.solver.state, other.solver.state)
        and one.solver.learning_rate == other.solver.learning_rate
        and streams[0].tobytes() == streams[1].tobytes()
    )


def alike(one: Any, other: Any) -> bool:
    """Tell whether two mappings of arrays are the same, to the last bit."""
    return one.keys() == other.keys() and all(
        one[n].dtype == other[n].dtype and one[n].tobytes() == other[n].tobytes() for n in one
    )


# Steps.


def test_a_step_is_loss_gradients_and_an_update() -> None:
    one, other = make(), make()
    x, t = data()
    for _ in range(3):
        loss = one.step(x, t)
        wanted, gradients = other.graph.loss_and_gradients(x, t, l2=1e-3)
        for name in gradients:
            weight = other.graph.parameters[name]
            other.graph.parameters[name] = other.solver.step(name, weight, gradients[name])
        assert loss == wanted
        assert loss.dtype == np.float64
    assert same(one, other)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_loss_goes_down(dtype: str) -> None:
    history = make(dtype=dtype).run(*data(60, dtype=dtype), batch_size=20, epochs=40)
    assert len(history.losses) == 120
    assert np.mean(history.losses[-9:]) < 0.6 * np.mean(history.losses[:9])
    assert history.validation_losses == history.accuracies == []


def test_l2_is_in_the_loss_and_in_the_update() -> None:
    x, t = data()
    without, with_l2 = make(l2=0.0), make(l2=0.5)
    weights = [w for name, w in with_l2.graph.parameters.items() if name.endswith("weight")]
    penalty = 0.25 * sum(float((w * w).sum()) for w in weights)
    assert with_l2.step(x, t) - without.step(x, t) == pytest.approx(penalty)
    assert not same(without, with_l2)


def test_layouts_train_alike() -> None:
    one, other = make(), make(layout="HWCN")
    for name, value in one.graph.parameters.items():
        other.graph.parameters[name] = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value
    a = one.run(*data(), batch_size=5, epochs=2, validation=data(7, 1))
    b = other.run(*data(layout="HWCN"), batch_size=5, epochs=2, validation=data(7, 1, "HWCN"))
    assert np.allclose(a.losses, b.losses, rtol=1e-12, atol=0)
    assert np.allclose(a.validation_losses, b.validation_losses, rtol=1e-12, atol=0)


# The order of batches.


def seen(training: Training, x: Array, t: Array, **more: Any) -> list[list[int]]:
    """The samples of each step, by number."""
    marks = {sample.tobytes(): number for number, sample in enumerate(x)}
    batches: list[list[int]] = []
    step = training.step

    def note(x: Array, t: Array) -> Any:
        batches.append([marks[sample.tobytes()] for sample in x])
        return step(x, t)

    training.step = note  # type: ignore[method-assign]
    training.run(x, t, **more)
    return batches


def test_the_order_is_that_of_octave() -> None:
    """`[~, order] = sort(rand(1, N))` at the start of each epoch, from the stream that dropout draws from."""
    layers = [each for each in LAYERS if each["type"] != "dropout"]
    stream = np.random.RandomState([3])
    orders = [np.argsort(stream.random_sample(23)) for _ in range(2)]
    wanted = [order[k : k + 5].tolist() for order in orders for k in range(0, 23, 5)]
    assert seen(make(layers=layers), *data(), batch_size=5, epochs=2) == wanted
    assert [len(batch) for batch in wanted] == [5, 5, 5, 5, 3] * 2


def test_no_shuffle_and_orders_of_ones_own() -> None:
    x, t = data(7)
    assert seen(make(), x, t, batch_size=3, steps=4, shuffle=False) == [[0, 1, 2], [3, 4, 5], [6], [0, 1, 2]]
    order = [6, 5, 4, 3, 2, 1, 0]
    assert seen(make(), x, t, batch_size=4, steps=3, order=order) == [[6, 5, 4, 3], [2, 1, 0], [6, 5, 4, 3]]
    orders = np.array([order, order[::-1]])
    wanted = [[6, 5, 4, 3], [2, 1, 0], [0, 1, 2, 3], [4, 5, 6]]
    assert seen(make(), x, t, batch_size=4, epochs=2, order=orders) == wanted


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ([0, 1, 2], ShapeError),
        ([[[0, 1, 2, 3]]], ShapeError),
        (np.zeros((0, 4), int), ShapeError),
        ([0, 1, 2, 2], ValueError),
        ([1, 2, 3, 4], ValueError),
        ([0.0, 1.0, 2.0, 3.0], ValueError),
    ],
)
def test_an_order_that_is_none(order: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="order: wanted"):
        make().run(*data(4), epochs=1, order=order)


def test_an_order_that_is_too_short_for_the_run() -> None:
    orders = [[0, 1, 2, 3], [3, 2, 1, 0]]
    with pytest.raises(ValueError, match="order: 5 steps want more epochs than its 2 rows"):
        make().run(*data(4), batch_size=2, steps=5, order=orders)


# Epochs.


def test_the_learning_rate_falls_at_the_end_of_each_epoch() -> None:
    training = make()
    training.run(*data(), batch_size=5, steps=4)
    assert training.solver.learning_rate == 0.01
    training.run(*data(), batch_size=5, epochs=2)
    assert training.solver.learning_rate == 0.01 * 0.9 * 0.9


def test_validation_at_the_end_of_each_epoch_leaves_no_trace() -> None:
    one, other = make(), make()
    xv, tv = data(9, 1)
    a = one.run(*data(), batch_size=5, steps=12, validation=(xv, tv))
    b = other.run(*data(), batch_size=5, steps=12)
    assert a.losses == b.losses
    assert same(one, other)
    assert (len(a.validation_losses), len(a.accuracies)) == (2, 2)  # the third epoch does not end


def test_evaluation_is_the_prediction_s_loss() -> None:
    training = make()
    training.run(*data(), batch_size=5, epochs=1)
    x, t = data(9, 1)
    scores = training.graph.predict(x)
    loss, share = training.evaluate(x, t)
    assert loss == pytest.approx(float(MultiClassCrossEntropy()(scores, t)[0]), rel=1e-14)
    assert share == np.mean(scores.argmax(1) == t.argmax(1))
    parts = training.evaluate(x, t, batch_size=4)
    assert parts == (pytest.approx(loss, rel=1e-12), share)


def test_what_is_right() -> None:
    scores, targets = np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    assert correct(scores, targets).tolist() == [True, False]
    yes, no = np.array([[0.5], [0.9], [0.1]]), np.array([[1.0], [0.0], [0.0]])
    assert correct(yes, no).tolist() == [True, False, True]
    nan = np.array(
        [[np.nan, 0.9, 0.1], [np.nan, 0.2, 0.8], [np.nan] * 3]
    )  # as Octave's max, which ignores NaN
    assert correct(nan, np.eye(3)[[1, 1, 0]]).tolist() == [True, False, True]


# What does not fit.


def test_data_that_does_not_fit() -> None:
    x, t = data(6)
    for bad in ((x, t[:5]), (x[:0], t[:0]), (x, t[:, :, np.newaxis])):
        with pytest.raises(ShapeError, match="wanted as many samples in x, along axis 0"):
            make().run(*bad, epochs=1)
        with pytest.raises(ShapeError, match="samples in validation x, along axis 0, as validation t"):
            make().run(x, t, epochs=1, validation=bad)
    with pytest.raises(ShapeError, match="image: wanted N x 2 x 4 x 5"):
        make().run(x[:, :1], t, epochs=1)
    with pytest.raises(DTypeError, match="x: wanted float32 or float64"):
        make().run(x.astype(int), t, epochs=1)
    with pytest.raises(DTypeError, match="image: wanted float64"):
        make().run(x.astype(np.float32), t.astype(np.float32), epochs=1)


def test_a_validation_that_is_no_pair_like_the_data() -> None:
    x, t = data(6)
    bad: Any
    for bad, came in ((x, "ndarray"), ((x, t, t), "3 values"), ({"x": x, "t": t}, "dict")):
        with pytest.raises(ValueError, match=rf"validation: wanted a pair \(x, t\), got {came}"):
            make().run(x, t, epochs=1, validation=bad)
    # What would come to light only when the first epoch has ended.
    for bad, told in (
        ((x[:, :, 1:], t), r"validation x: wanted shape \(6, 2, 4, 5\), got \(6, 2, 3, 5\)"),
        ((x, t[:, 1:]), r"validation t: wanted shape \(6, 4\), got \(6, 3\)"),
    ):
        with pytest.raises(ShapeError, match=told):
            make().run(x, t, epochs=1, validation=bad)
    with pytest.raises(DTypeError, match="validation x: wanted float64"):
        make().run(x, t, epochs=1, validation=(x.astype(np.float32), t))
    bad = [x[:2], t[:2]]  # fewer of them; and a list, as a case file has it
    assert len(make().run(x, t, epochs=1, validation=bad).accuracies) == 1


@pytest.mark.parametrize("layout", ["NCHW", "HWCN"])
@pytest.mark.parametrize("which", ["x", "t"])
def test_nan_in_the_data_is_refused_before_the_first_step(which: str, layout: str) -> None:
    """A rectifier makes 0 of NaN, and multi-class cross-entropy passes over them: the loss would not tell."""
    (x, t), (spoilt_x, spoilt_t) = data(6, layout=layout), data(6, layout=layout)
    rows = {"x": np.moveaxis(spoilt_x, layout.index("N"), 0), "t": spoilt_t}[which]  # a view
    rows[2, 1] = rows[4, 0] = np.nan
    training = make(layout=layout)
    told = f"{which}: wanted no NaN, got some in 2 of 6 samples, first in number 2$"
    with pytest.raises(ValueError, match=rf"^{told}"):
        training.run(spoilt_x, spoilt_t, epochs=1)
    with pytest.raises(ValueError, match=rf"^validation {told}"):
        training.run(x, t, epochs=1, validation=(spoilt_x, spoilt_t))
    with pytest.raises(ValueError, match=rf"^{told}"):
        training.evaluate(spoilt_x, spoilt_t)
    assert same(training, make(layout=layout))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64])
def test_class_numbers_are_told_how_to_become_rows(dtype: Any) -> None:
    x, t = data(6)
    numbers = t.argmax(1).astype(dtype)
    told = rf"wanted rows \(N, K\), got shape \(6,\) of {np.dtype(dtype)}; class numbers .* np\.eye\(K\)\[t\]"
    with pytest.raises(ShapeError, match=f"^t: {told}"):
        make().run(x, numbers, epochs=1)
    with pytest.raises(ShapeError, match=f"^validation t: {told}"):
        make().run(x, t, epochs=1, validation=(x, numbers))
    with pytest.raises(ShapeError, match=f"^t: {told}"):
        make().evaluate(x, numbers)
    with pytest.raises(ShapeError, match=f"^targets: {told}"):
        MultiClassCrossEntropy()(t, numbers)
    with pytest.raises(DTypeError, match=r"^validation t: wanted float32 or float64, got int64; .\.astype"):
        make().run(x, t, epochs=1, validation=(x, t.astype(np.int64)))
    rows = np.eye(4)[numbers.astype(int)]
    assert make().run(x, rows, epochs=1) == make().run(x, t, epochs=1)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "wanted either epochs or steps, got epochs=None, steps=None"),
        ({"epochs": 1, "steps": 1}, "wanted either epochs or steps"),
        ({"epochs": 0}, "epochs: wanted a whole number >= 1, got 0"),
        ({"steps": 2.0}, "steps: wanted a whole number >= 1, got 2.0"),
        ({"steps": True}, "steps: wanted a whole number >= 1, got True"),
        ({"steps": 1, "batch_size": 0}, "batch_size: wanted a whole number >= 1, got 0"),
        ({"steps": 1, "checkpoint": "c.h5", "every": 0}, "every: wanted a whole number >= 1, got 0"),
    ],
)
def test_a_run_of_bad_arguments(
    more: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=told):
        make().run(*data(), **more)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"l2": -1.0}, "l2: wanted a finite number >= 0, got -1.0"),
        ({"l2": "1"}, "l2: wanted a finite number >= 0, got '1'"),
        ({"lr_decay": 0}, "learning_rate_decay: wanted a finite number > 0, got 0"),
        ({"lr_decay": float("inf")}, "learning_rate_decay: wanted a finite number > 0, got inf"),
        (
            {"solver": {"type": "rmsprop"}},
            "solver: type: wanted 'sgd' or 'sgd_momentum' or 'adam', got 'rmsprop'",
        ),
        ({"solver": {"learning_rate": 1.0}}, "solver: type: .* got None"),
        ({"solver": "adam"}, 'solver: wanted a table such as {"type": "adam", .*}, got \'adam\''),
        ({"solver": {"type": ["adam"]}}, "solver: type: wanted 'sgd' or .*, got \\['adam'\\]"),
        ({"solver": {"type": "sgd", "rate": 1.0}}, "^solver: sgd takes learning_rate; got rate$"),
        (
            {"solver": {"type": "adam", "lr": 0.1, "rho": 1}},
            "^solver: adam takes learning_rate, beta1, beta2, eps; got lr, rho$",
        ),
        (
            {"solver": {"type": "sgd_momentum", "momentum": 0.8}},
            "^solver: sgd_momentum wants learning_rate, which is not given$",
        ),
        (
            {"solver": {"type": "adam", "learning_rate": -1.0}},
            "learning_rate: wanted a finite number >= 0, got -1.0",
        ),
    ],
)
def test_a_training_of_bad_arguments(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make(**more)


@pytest.mark.parametrize(
    ("solver", "told"),
    [
        ("adam", r"solver: wanted a solver such as pybn.solvers.Adam\(1e-3\), got 'adam'"),
        (ADAM, "solver: wanted a solver .* got {'type': 'adam', .*}; Training.from_metadata takes tables"),
        (None, "solver: wanted a solver .* got None"),
        (Adam, r"solver: wanted a solver, got its class: Adam\(learning_rate=...\) is one"),
    ],
)
def test_what_is_no_solver_is_refused_at_once(solver: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Training(make().graph, solver)


@pytest.mark.parametrize(("name", "kind"), [("sgd", Sgd), ("sgd_momentum", SgdMomentum), ("adam", Adam)])
def test_solvers_by_name(name: str, kind: type[Any]) -> None:
    training = make(solver={"type": name, "learning_rate": 0.25})
    assert type(training.solver) is kind
    assert training.solver.learning_rate == 0.25


def test_a_model_needs_a_loss_and_for_a_run_one_input() -> None:
    nodes = [Node("x", Input((None, 2))), Node("fc", FullyConnected())]
    parameters = {"fc.weight": np.ones((2, 3)), "fc.bias": np.zeros(3)}
    with pytest.raises(ValueError, match="graph: wanted a model with a loss"):
        Training(Graph(nodes, parameters), Sgd(0.1))
    layers = [
        {"type": "input", "name": "a", "features": 3},
        {"type": "input", "name": "b", "features": 3},
        {"type": "add", "name": "sum", "inputs": ["a", "b"]},
        {"type": "fc", "name": "fc", "num_output": 2},
        {"type": "softmax", "name": "p"},
    ]
    training = make(layers=layers)
    x, t = np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]]
    assert training.step({"a": x, "b": x}, t) > 0
    with pytest.raises(ValueError, match="wanted a model of one input to cut into batches, got a, b"):
        training.run(x, t, steps=1)


# Divergence.


def wild() -> Training:
    return make(solver={"type": "sgd", "learning_rate": 1e200}, l2=0.0)


def test_a_loss_that_becomes_nan_is_told_and_the_run_goes_on() -> None:
    with pytest.warns(
        RuntimeWarning, match="the training diverged: the loss is NaN or infinite at step 1"
    ) as told:
        history = wild().run(*data(), batch_size=5, steps=8)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert len(history.losses) == 8
    assert history.diverged_at == 1
    assert History().diverged_at is None


def test_an_infinite_loss_is_told_as_nan_is() -> None:
    layers = [{"type": "input", "name": "x", "features": 40}, *LAYERS[5:]]
    training = make(solver={"type": "sgd", "learning_rate": 1e30}, layers=layers, l2=0.0)
    x, t = data()
    with pytest.warns(RuntimeWarning, match="the loss is NaN or infinite at step 1 ") as told:
        history = training.run(x.reshape(len(x), -1), t, batch_size=5, steps=4)
    assert len(told) == 1
    assert math.isfinite(history.losses[0])
    assert not np.isnan(history.losses).any()
    assert math.isinf(history.losses[1])
    assert history.diverged_at == 1
    assert History(losses=[1.0, -math.inf, 1.0]).diverged_at == 1


def test_made_an_error_it_ends_the_run_before_a_checkpoint_of_it(tmp_path: Path) -> None:
    path = tmp_path / "c.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(RuntimeWarning, match="diverged"):
            wild().run(*data(), batch_size=5, steps=8, checkpoint=path, every=1)
    with pytest.warns(RuntimeWarning, match="at step 1"):
        history = wild().run(*data(), batch_size=5, steps=8, checkpoint=path, every=1)
    assert history.diverged_at == 1


# Checkpoints.

RUN: dict[str, Any] = {"batch_size": 5, "steps": 18, "validation": data(9, 1)}  # three epochs and a half


@pytest.fixture(scope="module")
def whole() -> tuple[Training, History]:
    """A training that nobody stopped, and its history."""
    training = make()
    return training, training.run(*data(), **RUN)


@pytest.mark.parametrize("stop", [1, 4, 5, 6, 10, 17, 18])
def test_stopped_and_gone_on_is_as_never_stopped(
    whole: tuple[Training, History], tmp_path: Path, stop: int
) -> None:
    path = tmp_path / "c.h5"
    first = make().run(*data(), **RUN | {"steps": stop}, checkpoint=path, every=4)
    assert first.losses == whole[1].losses[:stop]
    second = make()
    assert second.run(*data(), **RUN, checkpoint=path, every=4) == whole[1]
    assert same(second, whole[0])
    x, _ = data(9, 1)
    assert second.graph.predict(x).tobytes() == whole[0].graph.predict(x).tobytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_order_of_weights_in_memory_changes_nothing(tmp_path: Path, order: Any) -> None:
    ends = []
    for path in (None, tmp_path / "c.h5"):
        for stop in (3, 9) if path else (9,):
            training = make()
            for name, value in training.graph.parameters.items():
                training.graph.parameters[name] = np.array(value, order=order)
            training.run(*data(), batch_size=5, steps=stop, checkpoint=path)
        ends.append(training)
    assert same(*ends)


def test_a_finished_run_is_not_run_again(whole: tuple[Training, History], tmp_path: Path) -> None:
    path = tmp_path / "c.h5"
    for _ in range(2):
        training = make()
        assert training.run(*data(), **RUN, checkpoint=path) == whole[1]
        assert same(training, whole[0])
    with pytest.raises(ValueError, match="the training is at step 18 already, which is past 17"):
        make().run(*data(), **RUN | {"steps": 17}, checkpoint=path)


def other_data() -> tuple[Array, Array]:
    x, t = data()
    x[3, 1, 2, 2] += 1e-9
    return x, t


@pytest.mark.parametrize(
    ("training", "given", "more", "told"),
    [
        (make, other_data, {}, "it differs in x;"),
        (make, lambda: (data()[0], data()[1][::-1]), {}, "it differs in t;"),
        (make, data, {"batch_size": 4}, "it differs in batch_size;"),
        (make, data, {"shuffle": False}, "it differs in shuffle;"),
        (make, data, {"order": list(range(23))}, "it differs in order;"),
        (make, data, {"validation": None}, "it differs in validation x, validation t;"),
        (make, data, {"validation": data(9, 2)}, "it differs in validation x, validation t;"),
        (lambda: make(l2=0.0), data, {}, "it differs in l2;"),
        (lambda: make(lr_decay=1.0), data, {}, "it differs in learning_rate_decay;"),
        (lambda: make(solver=ADAM | {"beta1": 0.8}), data, {}, "it differs in solver;"),
        (lambda: make(solver=ADAM | {"type": "sgd"}), data, {}, "it differs in solver;"),
        (lambda: make(solver=ADAM | {"learning_rate": 0.02}), data, {}, "it differs in initial parameters"),
        (lambda: make(seed=4), data, {}, "it differs in initial parameters, seed or learning rate;"),
        (lambda: make(layers=LAYERS[:4] + LAYERS[5:]), data, {}, "it differs in model"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(
    tmp_path: Path, training: Any, given: Any, more: dict[str, Any], told: str
) -> None:
    path = tmp_path / "c.h5"
    make().run(*data(), **RUN, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(FormatError, match=told) as error:
        training().run(*given(), **RUN | more, checkpoint=path)
    assert str(error.value).startswith(f"{path}: is the checkpoint of another training: ")
    assert "delete this one to train from the start" in str(error.value)
    assert path.read_bytes() == before


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.h5"
    make().run(*data(), **RUN, checkpoint=path)
    good = path.read_bytes()
    arrays, text = bundle.read(path)
    flipped = bytearray(good)
    flipped[good.index(arrays["model/fc1.weight"].tobytes()) + 6] ^= 1
    for bad in (b"", good[:1000], good[: len(good) // 2], bytes(flipped), b"text"):
        path.write_bytes(bad)
        with pytest.raises(FormatError, match="delete it to train from the start") as error:
            make().run(*data(), **RUN, checkpoint=path)
        assert str(error.value).startswith(f"{path}: is no checkpoint of a training, or a damaged one (")
        assert path.read_bytes() == bad
    for other in ("{}", "[]", "no JSON", text.replace('"version": 1', '"version": 2')):
        bundle.write(path, arrays, other)
        with pytest.raises(FormatError, match="is no checkpoint of a training"):
            make().run(*data(), **RUN, checkpoint=path)
    bundle.write(path, arrays | {"model/fc1.bias": arrays["model/fc1.bias"] + 1}, text)
    with pytest.raises(FormatError, match="what is in it is not what was written"):
        make().run(*data(), **RUN, checkpoint=path)


def test_a_path_that_cannot_be_written_is_told_before_the_first_step(tmp_path: Path) -> None:
    training = make()
    with pytest.raises(FileError, match="there is no folder"):
        training.run(*data(), **RUN, checkpoint=tmp_path / "none" / "c.h5")
    assert same(training, make())


# Interruption.


def interrupting(after: int, times: int = 1) -> Training:
    """A training whose step number `after` is interrupted in its midst, as by Ctrl-C."""
    training, step = make(), Training.step
    numbers = itertools.count()

    def interrupted(x: Array, t: Array) -> Any:
        if next(numbers) == after:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
        return step(training, x, t)

    training.step = interrupted  # type: ignore[method-assign]
    return training


@pytest.mark.parametrize("after", [0, 7, 17])
def test_ctrl_c_loses_nothing(whole: tuple[Training, History], tmp_path: Path, after: int) -> None:
    path = tmp_path / "c.h5"
    training = interrupting(after)
    with pytest.raises(KeyboardInterrupt) as stop:
        training.run(*data(), **RUN, checkpoint=path, every=1000)
    assert str(stop.value) == f"stopped at step {after + 1} of 18; the same run goes on from {path}"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    arrays, _ = bundle.read(path)
    assert arrays["history/losses"].tolist() == whole[1].losses[: after + 1]
    del training.step  # going on where one is, as in a notebook
    for each in (training, make()):
        assert each.run(*data(), **RUN, checkpoint=path) == whole[1]
        assert same(each, whole[0])


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "c.h5"
    training = interrupting(7, times=2)
    with pytest.raises(KeyboardInterrupt):
        training.run(*data(), **RUN, checkpoint=path, every=1000)
    assert training.solver.state["fc1.weight/t"] == 7  # the eighth step did not end
    assert len(make().run(*data(), **RUN, checkpoint=path).losses) == 18  # from the start
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_without_a_checkpoint_is_python_s_own() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupting(7).run(*data(), **RUN)


@pytest.fixture
def own_handler() -> Iterator[list[int]]:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    yield came
    signal.signal(signal.SIGINT, before)


def test_another_meaning_of_ctrl_c_stays(own_handler: list[int], tmp_path: Path) -> None:
    history = interrupting(7).run(*data(), **RUN, checkpoint=tmp_path / "c.h5")
    assert len(history.losses) == 18
    assert own_handler == [signal.SIGINT]


def test_a_thread_trains_too(whole: tuple[Training, History], tmp_path: Path) -> None:
    found: list[History] = []
    run = lambda: found.append(make().run(*data(), **RUN, checkpoint=tmp_path / "c.h5"))  # noqa: E731
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [whole[1]]


def test_an_interrupt_that_comes_after_the_last_look_is_not_lost() -> None:
    with deferred_interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
    assert interrupt.came


# The bar.


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error as a terminal; by its clock 0.3 s go by from each look at it to the next."""
    terminal, ticks = Terminal(), itertools.count()
    monkeypatch.setattr("pybn.progress.sys", SimpleNamespace(stderr=terminal))
    monkeypatch.setattr("pybn.progress.time", SimpleNamespace(monotonic=lambda: 0.3 * next(ticks)))
    return terminal


def drawn(terminal: Terminal) -> list[str]:
    return terminal.getvalue().split("\r\x1b[K")[1:]


def test_no_estimate_before_a_second_has_passed(clock: Terminal) -> None:
    assert list(progress("abcdef", 6, "letters")) == list("abcdef")
    bars = drawn(clock)
    assert bars[0] == f"letters [{'.' * 24}] 0/6"
    assert bars[3] == f"letters [{'#' * 12}{'.' * 12}] 3/6"  # 0.9 s
    assert bars[4] == f"letters [{'#' * 16}{'.' * 8}] 4/6  1 s left"  # 1.2 s: 0.6 to come
    assert bars[-1] == ""  # wiped


def test_the_bar_of_a_training_has_its_loss(
    clock: Terminal, whole: tuple[Training, History], tmp_path: Path
) -> None:
    path = tmp_path / "c.h5"
    history = make().run(*data(), **RUN | {"steps": 5}, checkpoint=path)
    bars = drawn(clock)
    assert bars[0].endswith("] 0/5")
    assert bars[3].endswith(f"] 3/5  loss {history.losses[1]:.3g}")  # the third is under way
    assert bars[4].endswith(f"] 4/5  loss {history.losses[2]:.3g}  0 s left")
    make().run(*data(), **RUN, checkpoint=path)
    assert drawn(clock)[len(bars)].endswith(f"] 0/13  loss {history.losses[-1]:.3g}")
    seen = clock.getvalue()
    assert make().run(*data(), **RUN, quiet=True) == whole[1]
    assert clock.getvalue() == seen


# Killed.

CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from test_training import LONG, data, make
training = make()
print("begins", flush=True)
history = training.run(*data(), **LONG, checkpoint=sys.argv[2], every=int(sys.argv[3]))
state = {**training.graph.state, **training.solver.state}
state = {f"state/{name}": value for name, value in state.items()}
np.savez(sys.argv[4], losses=history.losses, accuracies=history.accuracies, **state)
"""
LONG: dict[str, Any] = RUN | {"steps": 400}


def child(tmp_path: Path, every: int, wait: float | None) -> int:
    """Train in a process that is killed after some seconds of training, if it still runs; return how it ended."""
    arguments = [str(Path(__file__).parent), str(tmp_path / "c.h5"), str(every), str(tmp_path / "end.npz")]
    process = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "begins\n"
        if wait is not None:
            time.sleep(wait)
            process.kill()
    return process.returncode


@pytest.mark.parametrize("every", [1, 7])
def test_killed_at_any_moment_it_ends_as_one_that_was_not(tmp_path: Path, every: int) -> None:
    unkilled = make()
    history = unkilled.run(*data(), **LONG)
    draw = random.Random(every)
    kills = [child(tmp_path, every, draw.uniform(0.0, 0.4)) for _ in range(5)]
    assert child(tmp_path, every, None) == 0
    assert kills.count(-signal.SIGKILL) >= 2, kills
    with np.load(tmp_path / "end.npz") as end:
        assert end["losses"].tolist() == history.losses
        assert end["accuracies"].tolist() == history.accuracies
        state = {name.removeprefix("state/"): end[name] for name in end.files if name.startswith("state/")}
    assert alike(state, {**unkilled.graph.state, **unkilled.solver.state})
    # What a killed writer leaves behind is a temporary file, never half a checkpoint.
    left = {path.name for path in tmp_path.iterdir()} - {"c.h5", "end.npz"}
    assert all(name.startswith(".pybn-") and name.endswith(".tmp") for name in left)


def test_batches_know_their_number() -> None:
    batches = Batches(*data(23), 0, 5)
    assert (batches.per_epoch, batches.limit(2, None), batches.limit(None, 7)) == (5, 10, 7)
