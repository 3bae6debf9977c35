"""Models: what they predict, which gradients they know, what they keep, what they leave alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from graphs import Double, Same, differences, draw, images_model, onehot, rows_model

from pybn.errors import DTypeError, GraphError, ShapeError, StateError
from pybn.graph import Graph, Input, Node
from pybn.layers import BatchNorm, Concat, Dropout, EltWiseAdd, FullyConnected, Relu, Sigmoid, Softmax
from pybn.layouts import convert
from pybn.losses import CrossEntropy, MeanSquaredError, MultiClassCrossEntropy

X, T = draw(6, 4), onehot(6, 3)


# Forward and backward.


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_model_is_its_layers_one_after_the_other(dtype: str) -> None:
    graph = rows_model(dtype)
    x, t, p = X.astype(dtype), T.astype(dtype), graph.parameters
    fc1, relu, fc2, add, bn, fc3, prob = (
        FullyConnected(), Relu(), FullyConnected(), EltWiseAdd(), BatchNorm(), FullyConnected(), Softmax()
    )  # fmt: skip
    y1 = fc1.forward(x, p["fc1.weight"], p["fc1.bias"])
    y2 = relu.forward(y1)
    y3 = fc2.forward(y2, p["fc2.weight"], p["fc2.bias"])
    y4 = add.forward(y2, y3)
    y5 = bn.forward(y4, p["bn.weight"], p["bn.bias"])
    y6 = fc3.forward(y5, p["fc3.weight"], p["fc3.bias"])
    y7 = prob.forward(y6)
    value, start = MultiClassCrossEntropy()(y7, t)
    g6 = fc3.backward(start)
    g5 = bn.backward(g6.input)
    g4 = add.backward(g5.input)
    g3 = fc2.backward(g4.input2)
    # fc2 ran after add's other consumer of relu, so backward meets add first, and fc2 second.
    arrived = g4.input1 + g3.input
    g1 = fc1.backward(relu.backward(arrived).input)

    loss, gradients = graph.loss_and_gradients(x, t)
    assert loss == value
    assert loss.dtype == dtype
    wanted = {"fc1": g1, "fc2": g3, "bn": g5, "fc3": g6}
    assert list(gradients) == [f"{name}.{which}" for name in wanted for which in ("weight", "bias")]
    for name, own in wanted.items():
        for which in ("weight", "bias"):
            assert gradients[f"{name}.{which}"].dtype == dtype
            assert np.array_equal(gradients[f"{name}.{which}"], getattr(own, which)), name
            assert np.array_equal(getattr(graph.gradients_of(name), which), getattr(own, which))
    for name, y in zip(["x", "fc1", "relu", "fc2", "add", "bn", "fc3", "prob"], [x, y1, y2, y3, y4, y5, y6, y7], strict=True):  # fmt: skip  # noqa: E501
        assert np.array_equal(graph.activation(name), y), name
    assert np.array_equal(graph.gradients_of("relu").output, arrived)
    assert np.array_equal(graph.gradients_of("add").input2, g4.input2)
    assert np.array_equal(graph.gradients_of("add").output, g5.input)
    assert np.array_equal(graph.gradients_of("x").output, g1.input)
    assert np.array_equal(graph.gradients_of("prob").input, start)
    assert graph.gradients_of("prob").output is None
    assert graph.gradients_of("relu").weight is None


@pytest.mark.parametrize("layout", ["NCHW", "HWCN"])
def test_gradients_are_those_of_the_loss(layout: str) -> None:
    graph = images_model(layout=layout)
    x, t = convert(draw(5, 2, 8, 6), "NCHW", layout), onehot(5, 5)
    graph.seed(3)
    _, gradients = graph.loss_and_gradients(x, t, l2=0.05)
    for name in ("conv1.weight", "bn1.weight", "bn1.bias", "conv2.bias", "fc1.bias"):
        assert np.allclose(gradients[name], differences(graph, x, t, name, 0.05), rtol=1e-5, atol=1e-7), name


def test_layouts_hold_the_same_numbers() -> None:
    x, t = draw(5, 2, 8, 6), onehot(5, 5)
    models = {layout: images_model(layout=layout) for layout in ("NCHW", "HWCN", "NHWC")}
    ways = {
        layout: model.loss_and_gradients(convert(x, "NCHW", layout), t, 0.1)
        for layout, model in models.items()
    }
    loss, gradients = ways["HWCN"]
    for layout, (other, found) in ways.items():
        assert other == loss, layout
        for name, gradient in found.items():
            one = convert(gradient, layout, "HWCN") if gradient.ndim == 4 else gradient
            assert np.array_equal(one, gradients[name]), (layout, name)


def test_the_penalty_is_summed_in_the_order_of_matlab() -> None:
    def nothing(scores: Any, targets: Any) -> Any:
        return 0.0, np.zeros_like(scores)

    x, t, seeds = draw(5, 2, 8, 6), onehot(5, 5), range(20)
    for seed in seeds:
        penalties = {}
        for layout in ("HWCN", "NCHW", "NHWC"):
            model = images_model(layout=layout, loss=nothing, seed=seed)
            penalties[layout] = model.loss_and_gradients(convert(x, "NCHW", layout), t, l2=1.0)[0]
        weights = [model.parameters[f"{n}.weight"] for n in ("conv1", "bn1", "conv2", "fc1")]
        octave = [convert(w, "NHWC", "HWCN") if w.ndim == 4 else w for w in weights]
        total = np.float64(0)
        for w in octave:
            total += 0.5 * np.cumsum(np.square(w.ravel(order="F")))[-1]
        assert set(penalties.values()) == {total}


def small(join: Any, inputs: tuple[str, ...], dtype: str = "float64") -> Graph:
    nodes = [
        Node("x", Input((None, 3))),
        Node("a", FullyConnected()),
        Node("b", Relu()),
        Node("join", join, inputs),
        Node("y", Double()),
    ]
    return Graph(nodes, {"a.weight": draw(3, 3), "a.bias": draw(3)}, MeanSquaredError(), dtype)


@pytest.mark.parametrize("join", [EltWiseAdd, Same])
def test_a_node_that_is_taken_twice_by_the_same_join(join: type) -> None:
    graph = small(join(), ("b", "b"))
    x, t = draw(4, 3), draw(4, 3, seed=9)
    _, gradients = graph.loss_and_gradients(x, t)
    found = graph.gradients_of("join")
    assert np.array_equal(graph.gradients_of("b").output, found.input1 + found.input2)
    assert np.allclose(gradients["a.weight"], differences(graph, x, t, "a.weight"), atol=1e-7)


def test_one_array_for_both_gradients_is_not_added_in_place() -> None:
    graph = small(Same(), ("b", "b"))
    graph.loss_and_gradients(draw(4, 3), draw(4, 3, seed=9))
    found = graph.gradients_of("join")
    assert np.array_equal(found.input1, found.output)
    assert np.array_equal(graph.gradients_of("b").output, 2 * found.output)


def test_what_arrives_from_three_is_added_last_consumer_first() -> None:
    nodes = [
        Node("x", Input((None, 2))),
        Node("a", FullyConnected()),
        Node("b", Double()),
        Node("c", Relu(), "a"),
        Node("d", Sigmoid(), "a"),
        Node("sum", EltWiseAdd(), ("b", "c", "d")),
    ]
    graph = Graph(nodes, {"a.weight": draw(2, 2), "a.bias": draw(2)}, MeanSquaredError())
    graph.loss_and_gradients(draw(5, 2), draw(5, 2, seed=1))
    of = graph.gradients_of
    assert np.array_equal(of("a").output, (of("d").input + of("c").input) + of("b").input)


def test_a_loss_by_the_scores_goes_through_the_last_layer() -> None:
    nodes = [Node("x", Input((None, 4))), Node("fc", FullyConnected()), Node("s", Sigmoid())]
    graph = Graph(nodes, {"fc.weight": draw(4, 2), "fc.bias": draw(2)}, MeanSquaredError())
    t = draw(6, 2, seed=5)
    _, gradients = graph.loss_and_gradients(X, t)
    assert np.array_equal(graph.gradients_of("s").output, MeanSquaredError()(graph.activation("s"), t)[1])
    assert np.allclose(gradients["fc.weight"], differences(graph, X, t, "fc.weight"), atol=1e-8)


def test_a_loss_of_the_users_own() -> None:
    def absolute(scores: Any, targets: Any) -> Any:
        return abs(scores - targets).sum(), np.sign(scores - targets)

    graph = rows_model(loss=absolute)
    _, gradients = graph.loss_and_gradients(X, T)
    assert np.allclose(gradients["fc3.weight"], differences(graph, X, T, "fc3.weight"), atol=1e-6)


def test_backward_without_a_loss() -> None:
    graph = rows_model(loss=None)
    y = graph.forward(X)
    dy = draw(*y.shape, seed=4)
    gradients = graph.backward(dy)
    assert np.array_equal(graph.gradients_of("prob").output, dy)
    with pytest.raises(GraphError, match="no loss"):
        graph.loss_and_gradients(X, T)
    whole = rows_model(loss=lambda scores, _: ((scores * dy).sum(), dy))
    assert np.array_equal(whole.loss_and_gradients(X, T)[1]["fc1.weight"], gradients["fc1.weight"])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_l2(dtype: str) -> None:
    graph, plain = rows_model(dtype), rows_model(dtype)
    x, t = X.astype(dtype), T.astype(dtype)
    loss, gradients = graph.loss_and_gradients(x, t, l2=0.3)
    before, without = plain.loss_and_gradients(x, t)
    weights = [value.astype(float) for name, value in graph.parameters.items() if name.endswith("weight")]
    assert loss.dtype == dtype
    assert np.isclose(loss, float(before) + 0.15 * sum((w * w).sum() for w in weights), rtol=1e-6)
    for name, gradient in gradients.items():
        decay = gradient.dtype.type(0.3) * graph.parameters[name] if name.endswith("weight") else 0
        assert np.array_equal(gradient, without[name] + decay), name
    assert np.array_equal(graph.gradients_of("fc2").weight, gradients["fc2.weight"])
    for bad in (-1, np.nan, np.inf, "1", None, True):
        with pytest.raises(ValueError, match="l2: wanted"):
            graph.loss_and_gradients(x, t, l2=bad)


# Wiring.


def test_nodes_in_any_order() -> None:
    nodes = list(rows_model().nodes)
    shuffled = Graph(nodes[::-1], rows_model().parameters, MultiClassCrossEntropy())
    assert [node.name for node in shuffled.nodes] == [node.name for node in nodes]
    wanted, got = rows_model().loss_and_gradients(X, T), shuffled.loss_and_gradients(X, T)
    assert wanted[0] == got[0]
    assert all(np.array_equal(wanted[1][name], got[1][name]) for name in wanted[1])


def test_nodes_run_as_listed_where_they_can() -> None:
    listed = ["x", "b", "c", "a", "sum"]
    taken = {"b": "x", "c": "a", "a": "x", "sum": ("c", "b", "a")}
    layers = {"x": Input((None, 2)), "sum": EltWiseAdd()}
    graph = Graph([Node(n, layers.get(n) or Double(), taken.get(n, ())) for n in listed])
    assert [node.name for node in graph.nodes] == ["x", "b", "a", "c", "sum"]


def with_dead_branch() -> Graph:
    nodes = [
        Node("x", Input((None, 4))),
        Node("other", Input((None, 9))),
        Node("fc1", FullyConnected(), "x"),
        Node("dead", FullyConnected()),
        Node("deader", BatchNorm()),
        Node("far", FullyConnected(), "other"),
        Node("fc2", FullyConnected(), "fc1"),
        Node("prob", Softmax()),
    ]
    shapes = {"fc1": (4, 3), "dead": (3, 2), "deader": (2,), "far": (9, 1), "fc2": (3, 3)}
    parameters = {f"{name}.weight": draw(*shape) for name, shape in shapes.items()}
    parameters |= {f"{name}.bias": draw(shape[-1]) for name, shape in shapes.items()}
    return Graph(nodes, parameters, MultiClassCrossEntropy(), output="prob")


def test_a_dead_branch_is_checked_and_never_run() -> None:
    graph = with_dead_branch()
    assert graph.inputs == ("x",)
    _, gradients = graph.loss_and_gradients(X, T, l2=1.0)
    assert graph.layer("deader").running_mean is None
    for name in ("dead.weight", "dead.bias", "deader.weight", "far.bias"):
        assert np.array_equal(gradients[name], np.zeros(graph.parameters[name].shape))
    plain = Graph(
        [
            Node("x", Input((None, 4))),
            Node("fc1", FullyConnected()),
            Node("fc2", FullyConnected()),
            Node("prob", Softmax()),
        ],
        {name: value for name, value in graph.parameters.items() if name.startswith("fc")},
        MultiClassCrossEntropy(),
    )
    assert plain.loss_and_gradients(X, T, l2=1.0)[0] == graph.loss_and_gradients(X, T, l2=1.0)[0]
    for what in (graph.activation, graph.gradients_of):
        with pytest.raises(StateError, match=r"dead: .* does not lead to prob"):
            what("dead")


def test_an_output_in_the_middle() -> None:
    graph, whole = rows_model(output="add", loss=None), rows_model()
    whole.predict(X)
    assert np.array_equal(graph.predict(X), whole.activation("add"))


def two_inputs() -> Graph:
    nodes = [
        Node("a", Input((None, 2))),
        Node("b", Input((None, 3))),
        Node("both", Concat(), ("a", "b")),
        Node("fc", FullyConnected()),
    ]
    return Graph(nodes, {"fc.weight": draw(5, 1), "fc.bias": draw(1)}, MeanSquaredError())


def test_two_inputs() -> None:
    graph = two_inputs()
    a, b = draw(4, 2), draw(4, 3, seed=1)
    y = graph.predict({"b": b, "a": a})
    assert np.allclose(y, np.hstack([a, b]) @ graph.parameters["fc.weight"] + graph.parameters["fc.bias"])
    graph.loss_and_gradients({"a": a, "b": b}, draw(4, 1))
    assert graph.gradients_of("b").output.shape == (4, 3)
    for given, told in [
        (a, "'a': ..., 'b': ..."),
        ({"a": a}, "got 'a'"),
        ({}, "got none"),
        ({"a": a, "b": b, "c": b}, "got 'a', 'b', 'c'"),
    ]:
        with pytest.raises(GraphError, match=told):
            graph.predict(given)
    with pytest.raises(ShapeError, match="one size of the batch in all inputs, got a 4, b 3"):
        graph.predict({"a": a, "b": b[:3]})


# What comes in.


@pytest.mark.parametrize(
    ("x", "error", "told"),
    [
        (X[:, :3], ShapeError, r"x: wanted N x 4, N any number from 1 on, got shape \(6, 3\)"),
        (X[:0], ShapeError, r"got shape \(0, 4\)"),
        (X[0], ShapeError, r"got shape \(4,\)"),
        (X[None], ShapeError, r"got shape \(1, 6, 4\)"),
        (
            X.astype("float32"),
            DTypeError,
            r"x: wanted float64, .* got float32; x.astype\(np.float64\) converts, or make .* dtype='float32'$",
        ),
        (
            X.astype(int),
            DTypeError,
            r"wanted float32 or float64, got int64; x.astype\(np.float64\) converts$",
        ),
        (X.astype(complex), DTypeError, "wanted float32 or float64, got complex128$"),
        (X.astype(object), DTypeError, "wanted float32 or float64, got object$"),
        (X.tolist(), DTypeError, "wanted a plain NumPy array, got list"),
        (np.ma.masked_array(X), DTypeError, "got MaskedArray"),
        ({"y": X}, GraphError, "an array for each input, got 'y'"),
    ],
)
def test_input_that_does_not_fit(x: Any, error: type[Exception], told: str) -> None:
    graph = rows_model()
    for call in (graph.predict, graph.forward, lambda given: graph.loss_and_gradients(given, T)):
        with pytest.raises(error, match=told):
            call(x)


def test_targets_that_do_not_fit_move_nothing() -> None:
    graph = rows_model()
    for t, error in ((T[:5], ShapeError), (T.astype("float32"), DTypeError), (T[:, :2], ShapeError)):
        with pytest.raises(error, match="t: wanted"):
            graph.loss_and_gradients(X, t)
    assert "bn.running_mean" not in graph.state


@pytest.mark.parametrize(
    ("t", "told"),
    [
        (np.arange(6) % 3, r"got int64 \(6,\): class numbers from 0 on become rows by np.eye\(3\)\[t\]$"),
        (np.arange(6.0) % 3, r"got float64 \(6,\): class numbers .* by np.eye\(3\)\[t.astype\(int\)\]$"),
        (np.arange(6)[:, None] % 3, r"got int64 \(6, 1\): class numbers .* by np.eye\(3\)\[t\[:, 0\]\]$"),
        (np.arange(5) % 3, r"t: wanted one row of 3 a sample, \(6, 3\), got int64 \(5,\): class numbers"),
        (T.astype(int), r"t: wanted float32 or float64, got int64; t.astype\(np.float64\) converts$"),
    ],
)
def test_class_numbers_for_targets_are_told_how_to_become_rows(t: Any, told: str) -> None:
    with pytest.raises((ShapeError, DTypeError), match=told):
        rows_model().loss_and_gradients(X, t)


def test_targets_in_single_and_of_one_column() -> None:
    single = rows_model("float32")
    with pytest.raises(ShapeError, match=r"by np.eye\(3, dtype=np.float32\)\[t\]$"):
        single.loss_and_gradients(X.astype("f"), np.arange(6) % 3)
    with pytest.raises(DTypeError, match=r"got int64; t.astype\(np.float32\) converts$"):
        single.loss_and_gradients(X.astype("f"), T.astype(int))
    with pytest.raises(DTypeError, match=r"got int64; x.astype\(np.float32\) converts$"):
        single.predict(X.astype(int))
    one = Graph([Node("x", Input((None, 1))), Node("y", Relu())], loss=MeanSquaredError())
    with pytest.raises(ShapeError, match=r"\(6, 1\), got float64 \(6,\): t\[:, np.newaxis\] is a column$"):
        one.loss_and_gradients(X[:, :1], X[:, 0])


@pytest.mark.parametrize(
    ("shape", "layout", "told"),
    [
        ((8, 6, 2, 5), "NCHW", r"; pybn.layouts.convert\(x, 'HWCN', 'NCHW'\)\?$"),
        ((5, 8, 6, 2), "NCHW", r"; pybn.layouts.convert\(x, 'NHWC', 'NCHW'\)\?$"),
        ((5, 2, 8, 6), "HWCN", r"; pybn.layouts.convert\(x, 'NCHW', 'HWCN'\)\?$"),
        ((5, 2, 6, 8), "NCHW", r"got shape \(5, 2, 6, 8\)$"),
        ((2, 8, 6), "NCHW", r"got shape \(2, 8, 6\)$"),
    ],
)
def test_images_in_another_order_of_axes_are_told_how_to_turn(
    shape: tuple[int, ...], layout: str, told: str
) -> None:
    with pytest.raises(ShapeError, match=told):
        images_model(layout=layout).predict(draw(*shape))


def test_any_memory_order_gives_the_same_bits() -> None:
    graph = images_model()
    x = draw(5, 2, 8, 6)
    wanted = graph.predict(x)
    for other in (
        np.asfortranarray(x),
        np.ascontiguousarray(x[::-1])[::-1],
        np.repeat(x, 2, axis=3)[..., ::2],
    ):
        assert np.array_equal(graph.predict(other), wanted)


# Modes, streams, state.


def test_predict_moves_nothing() -> None:
    graph = images_model()
    x, t = draw(5, 2, 8, 6), onehot(5, 5)
    graph.loss_and_gradients(x, t)
    before, stream = dict(graph.state), graph.random.get_state()[1].copy()
    first = graph.predict(x)
    assert np.array_equal(graph.predict(x), first)
    assert all(np.array_equal(value, before[name]) for name, value in graph.state.items())
    assert np.array_equal(graph.random.get_state()[1], stream)
    assert all(node.layer.training for node in graph.nodes if not isinstance(node.layer, Input))
    assert not np.array_equal(graph.forward(x), first)


def test_predict_goes_back_to_the_mode_it_found() -> None:
    graph = rows_model()
    graph.layer("bn").training = False
    graph.predict(X)
    assert graph.layer("bn").training is False
    assert graph.layer("fc1").training is True
    graph.forward(X, training=True)
    assert graph.layer("bn").training is True
    graph.forward(X, training=False)
    assert graph.layer("bn").training is True


def test_no_backward_after_predict() -> None:
    graph = rows_model(loss=None)
    with pytest.raises(StateError, match="wants a forward in training mode"):
        graph.backward(T)
    graph.forward(X)
    graph.backward(T)
    graph.predict(X)
    with pytest.raises(StateError, match="wants a forward in training mode"):
        graph.backward(T)
    graph.forward(X)
    with pytest.raises(ShapeError):
        graph.predict(X[:, :2])
    graph.backward(T)  # nothing ran in between
    for bad in (T[:5], T.astype("float32"), 3):
        with pytest.raises(GraphError, match="dy: wanted"):
            graph.backward(bad)


class Breaks(Double):
    """Fails when it is asked to."""

    broken = False

    def forward(self, x: Any, *, out: Any = None) -> Any:  # noqa: ARG002
        """Return 2 x, or fail."""
        if self.broken:
            raise ShapeError("x: wanted luck")
        return super().forward(x)


def test_a_forward_that_fails_leaves_nothing_to_go_back_from() -> None:
    graph = Graph([Node("x", Input((None, 2))), Node("a", Double()), Node("b", Breaks())])
    graph.forward(draw(3, 2))
    graph.layer("b").broken = True
    with pytest.raises(GraphError, match=r"b: a Breaks cannot take \(3, 2\): x: wanted luck"):
        graph.forward(draw(3, 2))
    with pytest.raises(StateError):
        graph.backward(draw(3, 2))
    with pytest.raises(StateError, match="a: has no activation: wanted a forward first"):
        graph.activation("a")


def test_nothing_is_known_before_the_first_batch() -> None:
    graph = rows_model()
    with pytest.raises(StateError, match="fc1: has no activation: wanted a forward first"):
        graph.activation("fc1")
    with pytest.raises(StateError, match="fc1: has no gradients: wanted a loss_and_gradients first"):
        graph.gradients_of("fc1")
    for what in (graph.activation, graph.gradients_of, graph.layer, graph.sizes, graph.parameters_of):
        with pytest.raises(GraphError, match="nobody: no such node; there are x, fc1"):
            what("nobody")


def test_gradients_are_named() -> None:
    graph = rows_model()
    graph.loss_and_gradients(X, T)
    for name, wrong in (
        ("add", "input"),
        ("add", "input3"),
        ("fc1", "input2"),
        ("fc1", "inputs1"),
        ("fc1", "input0"),
    ):
        with pytest.raises(AttributeError, match="wanted output, input"):
            getattr(graph.gradients_of(name), wrong)
    assert graph.gradients_of("fc1").input1 is graph.gradients_of("fc1").input
    assert deepcopy(graph.gradients_of("add")).input1.shape == (6, 5)


def test_one_stream_for_all_dropouts() -> None:
    nodes = [Node("x", Input((None, 4))), Node("a", Dropout(0.5)), Node("b", Dropout(0.5, seed=9))]
    graph = Graph(nodes, seed=42)
    x = np.ones((6, 4))
    first = graph.forward(x)
    draws = np.random.RandomState([42]).random_sample(48) >= 0.5
    masks = [part.reshape(6, 4, order="F") for part in (draws[:24], draws[24:])]
    assert np.array_equal(first, 4.0 * masks[0] * masks[1])
    assert not np.array_equal(graph.forward(x), first)
    graph.seed(42)
    assert np.array_equal(graph.forward(x), first)
    assert graph.layer("a").random is graph.layer("b").random is graph.random
    graph.seed(None)
    assert graph.layer("b").random is graph.random
    for bad in (-1, 2**32, "x", 1.5):
        with pytest.raises(GraphError, match="seed: wanted"):
            graph.seed(bad)


def test_a_deep_copy_is_a_model_of_its_own() -> None:
    graph = images_model()
    x, t = draw(5, 2, 8, 6), onehot(5, 5)
    other = deepcopy(graph)
    assert other.layer("drop1").random is other.random is not graph.random
    wanted = graph.loss_and_gradients(x, t)
    assert other.loss_and_gradients(x, t)[0] == wanted[0]
    other.parameters["fc1.bias"] = np.ones(5)
    assert not graph.parameters["fc1.bias"].any()


def test_parameters_are_copied_in_and_checked() -> None:
    graph = rows_model()
    weight = np.ones((4, 5))
    graph.set_parameters("fc1", weight, np.zeros(5))
    weight[:] = 7
    assert graph.parameters_of("fc1").weight.max() == 1
    assert graph.parameters_of("relu").weight is None
    graph.set_parameters("fc1", bias=np.full(5, 2.0))
    assert graph.parameters_of("fc1").bias.tolist() == [2] * 5
    for name, value, told in [
        (
            "fc1.weight",
            np.ones((5, 4)),
            r"fc1.weight: wanted shape \(4, 5\), got \(5, 4\); its .T is of that shape$",
        ),
        (
            "fc1.weight",
            np.ones((4, 5), "f"),
            "fc1.weight: wanted float64, the dtype of the model, got float32",
        ),
        ("fc1.weight", [[1.0]], "wanted a plain NumPy array, got list"),
        ("fc9.weight", np.ones(3), "fc9.weight: unknown parameter; there are fc1.weight"),
        ("relu.weight", np.ones(3), "relu.weight: unknown parameter"),
        ("fc1.bias", np.array([0, 1, np.nan, 3, 4]), r"fc1.bias: wanted finite numbers, got nan at \[2\]"),
        ("fc1.weight", np.full((4, 5), -np.inf), r"fc1.weight: wanted finite numbers, got -inf at \[0, 0\]"),
    ]:
        with pytest.raises(GraphError, match=told):
            graph.parameters[name] = value
        with pytest.raises(GraphError, match=told if name.startswith("fc1") else "unknown|no such"):
            graph.set_parameters(name.partition(".")[0], **{name.partition(".")[2]: value})
    with pytest.raises(GraphError, match="wanted weight and bias, got 3 values"):
        graph.set_parameters("fc1", weight, weight, weight)
    with pytest.raises(GraphError, match=r"relu: wanted no parameters, got 1 value$"):
        graph.set_parameters("relu", weight)
    with pytest.raises(GraphError, match="unknown parameter"):
        graph.set_parameters("fc1", gamma=weight)
    with pytest.raises(GraphError, match="keeps its parameters"):
        del graph.parameters["fc1.weight"]
    # None of the two, where one does not fit.
    with pytest.raises(GraphError, match=r"fc1.bias: wanted shape"):
        graph.set_parameters("fc1", np.zeros((4, 5)), np.zeros(4))
    assert graph.parameters_of("fc1").weight.max() == 1
    assert len(graph.parameters) == 8
    assert "fc1.weight: (4, 5)" in repr(graph.parameters)


def test_state_is_taken_and_given_back() -> None:
    graph, other = rows_model(), rows_model()
    fresh = graph.state
    assert list(fresh)[4:6] == ["bn.weight", "bn.bias"]
    graph.loss_and_gradients(X, T)
    state = graph.state
    assert list(state)[4:8] == ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"]
    other.parameters["fc3.bias"] = np.zeros(3)
    other.state = state
    assert np.array_equal(other.predict(X), graph.predict(X))
    state["bn.running_mean"][:] = 0  # copies
    state["fc1.weight"][:] = 0
    assert np.array_equal(other.predict(X), graph.predict(X))
    assert graph.parameters["fc1.weight"].all()
    assert other.layer("bn").running_mean is not graph.layer("bn").running_mean
    other.state = fresh
    assert other.layer("bn").running_var is None
    with pytest.raises(TypeError):
        state["fc1.bias"] = np.zeros(5)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fc1.bias": None}, "fc1.bias: missing"),
        ({"bn.running_var": None}, "bn.running_var: missing"),
        ({"bn.running_var": np.ones(4)}, r"bn.running_var: wanted shape \(5,\), got \(4,\)"),
        ({"bn.running_var": np.ones(5, "f")}, "bn.running_var: wanted float64"),
        ({"bn.count": np.ones(5)}, "bn.count: unknown; the state of this model has fc1.weight"),
        ({"fc3.bias": np.ones(5)}, "fc3.bias: wanted shape"),
    ],
)
def test_state_that_does_not_fit_changes_nothing(change: dict[str, Any], told: str) -> None:
    graph = rows_model()
    graph.loss_and_gradients(X, T)
    before = graph.state
    state = {name: value + 1 for name, value in before.items()} | change
    with pytest.raises(GraphError, match=told):
        graph.state = {name: value for name, value in state.items() if value is not None}
    assert all(np.array_equal(value, before[name]) for name, value in graph.state.items())


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32"), np.dtype(">f4")])
def test_a_dtype_is_its_name_or_numpy_s(dtype: Any) -> None:
    layers = [{"type": "input", "name": "x", "features": 2}, {"type": "fc", "name": "fc", "num_output": 3}]
    model = Graph.from_metadata(layers, dtype=dtype)
    assert model.dtype == "float32"
    assert (
        Graph(model.nodes, model.parameters, dtype=dtype).predict(np.ones((1, 2), "f4")).dtype == np.float32
    )


def test_what_a_model_is() -> None:
    graph = images_model(dtype="float32")
    assert repr(graph) == "Graph(image N x 2 x 8 x 6 -> prob N x 5: 9 layers, 477 parameters, float32)"
    assert (graph.inputs, graph.output, graph.dtype, graph.layout) == (("image",), "prob", "float32", "NCHW")
    assert graph.sizes("pool1") == (None, 4, 4, 3)
    assert graph.layer("image").axis == 0
    assert repr(graph.loss) == "MultiClassCrossEntropy()"
    assert graph.nodes[1].inputs == ("image",)
    assert rows_model(loss=None, output="fc1").layout == "NCHW"
    assert Graph([Node("x", Input((None, 2))), Node("y", Relu())]).layout is None


def test_the_binary_loss_and_its_legacy_gradient() -> None:
    nodes = [Node("x", Input((None, 4))), Node("fc", FullyConnected()), Node("p", Sigmoid())]
    graph = Graph(nodes, {"fc.weight": draw(4, 1), "fc.bias": draw(1)}, CrossEntropy())
    t = (draw(6, 1, seed=3) > 0).astype(float)
    graph.loss_and_gradients(X, t)
    assert np.array_equal(graph.gradients_of("p").input, graph.activation("p") - t)


def test_one_layer_is_told_of_as_one() -> None:
    graph = Graph([Node("x", Input((None, 1))), Node("y", Relu())])
    assert repr(graph) == "Graph(x N x 1 -> y N x 1: 1 layer, 0 parameters, float64)"


def test_one_parameter_is_told_of_as_one() -> None:
    class Shift(Double):
        """A layer of one parameter."""

        parameters = ("bias",)

        def parameter_shapes(self, x: Any, weight: Any) -> Any:  # noqa: ARG002
            """Return the shape of the bias."""
            return {"bias": (1,)}

    graph = Graph([Node("x", Input((None, 1))), Node("y", Shift())], {"y.bias": np.ones(1)})
    assert repr(graph) == "Graph(x N x 1 -> y N x 1: 1 layer, 1 parameter, float64)"
    assert graph.summary().splitlines()[-1].startswith("1 parameter, 8 bytes in float64")
    assert ">1 parameter<" in graph.to_svg()
