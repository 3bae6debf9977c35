"""Sequences in models: shapes, layouts, parameters beyond weight and bias, statistics, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import differences, draw, onehot

from pybn.errors import GraphError, ShapeError
from pybn.gradient_check import gradient_check_model
from pybn.graph import Graph, Input, Node
from pybn.layers import BatchNorm, Dropout, FullyConnected, Gru, Lstm, Relu, Softmax
from pybn.losses import MultiClassCrossEntropy
from pybn.solvers import Adam
from pybn.training import Training

SHAPES = {
    "lift.weight": (3, 4),
    "lift.bias": (4,),
    "bn.weight": (4,),
    "bn.bias": (4,),
    "both.weight": (2 * 4 * 2, 4),
    "both.recurrent_weight": (2 * 4 * 2, 2),
    "both.bias": (2 * 4 * 2,),
    "gru.weight": (3 * 3, 4),
    "gru.recurrent_weight": (3 * 3, 3),
    "gru.bias": (2 * 3 * 3,),
    "fc.weight": (3, 2),
    "fc.bias": (2,),
}
X, TARGETS = draw(4, 5, 3), onehot(4, 2)


def model(layout: str = "NTC", **changes: Any) -> Graph:
    """x (N, 5, 3) -> a row by row product, batch-norm, Lstm in both directions, Gru's last step, softmax."""
    nodes = [
        Node("x", Input((None, 5, 3) if layout == "NTC" else (3, 5, None))),
        Node("lift", FullyConnected(layout)),
        Node("bn", BatchNorm(layout=layout)),
        Node("relu", Relu()),
        Node("drop", Dropout(0.1, layout=layout)),
        Node("both", Lstm(direction="both", layout=layout)),
        Node("gru", Gru("last", layout=layout, reset="recurrent-bias")),
        Node("fc", FullyConnected()),
        Node("prob", Softmax()),
    ]
    parameters = {name: draw(*shape, seed=k) for k, (name, shape) in enumerate(SHAPES.items())}
    given: dict[str, Any] = {"nodes": nodes, "parameters": parameters, "loss": MultiClassCrossEntropy()}
    return Graph(**given | changes)


def test_shapes_and_parameters_are_inferred() -> None:
    graph = model()
    assert dict(graph.parameters.shapes) == SHAPES
    assert [graph.sizes(name) for name in ("lift", "bn", "both", "gru", "prob")] == [
        *[(None, 5, 4), (None, 5, 4), (None, 5, 4), (None, 3), (None, 2)]
    ]
    assert graph.layout == "NTC"
    assert graph.parameters_of("both").recurrent_weight.shape == (16, 2)
    assert "recurrent" not in repr(graph)
    assert "both" in graph.summary()
    assert "Gru" in graph.to_svg()


def test_layouts_answer_alike() -> None:
    graph, other = model(), model("CTN")
    assert other.sizes("both") == (4, 5, None)
    assert np.allclose(other.predict(X.T), graph.predict(X), rtol=0, atol=1e-15)
    graph.seed(3)
    other.seed(3)
    assert np.allclose(other.forward(X.T), graph.forward(X), rtol=0, atol=1e-13)  # the same are dropped


@pytest.mark.parametrize(
    "name", ["both.recurrent_weight", "both.bias", "gru.recurrent_weight", "lift.weight"]
)
def test_gradients_by_differences_of_the_loss(name: str) -> None:
    graph = model()
    graph.seed(3)
    _, gradients = graph.loss_and_gradients(X, TARGETS, l2=0.1)
    assert set(gradients) == set(SHAPES)
    assert np.allclose(gradients[name], differences(graph, X, TARGETS, name, l2=0.1), rtol=1e-5, atol=1e-8)


def test_l2_is_of_all_weights_and_no_bias() -> None:
    graph, other = model(), model()
    value, gradients = graph.loss_and_gradients(X, TARGETS, l2=0.5)
    plain, without = other.loss_and_gradients(X, TARGETS)
    weights = [name for name in SHAPES if name.endswith("weight")]
    assert len(weights) == 7
    assert np.isclose(value - plain, 0.25 * sum((graph.parameters[name] ** 2).sum() for name in weights))
    for name in SHAPES:
        more = 0.5 * graph.parameters[name] if name in weights else 0
        assert np.allclose(gradients[name], without[name] + more, rtol=0, atol=1e-14)


def test_gradients_of_the_whole_model() -> None:
    found = gradient_check_model(model(), X, TARGETS, elements=2)
    assert [each.name for each in found] == ["x", *SHAPES]
    assert all(each.status() == "agrees" for each in found), found


def test_gradients_of_a_node_are_attributes() -> None:
    graph = model()
    _, gradients = graph.loss_and_gradients(X, TARGETS)
    found = graph.gradients_of("both")
    assert found.recurrent_weight is gradients["both.recurrent_weight"]
    assert list(found.parameters) == ["weight", "recurrent_weight", "bias"]
    assert graph.gradients_of("relu").weight is None
    with pytest.raises(
        AttributeError, match="wanted output, input, input1, weight, recurrent_weight, bias, got"
    ):
        _ = found.recurrent


def test_a_model_is_saved_and_loaded(tmp_path: Path) -> None:
    graph = model()
    graph.forward(X)
    graph.save(tmp_path / "model.h5")
    other = Graph.load(tmp_path / "model.h5")
    assert np.array_equal(other.predict(X), graph.predict(X))
    assert set(other.state) == {*SHAPES, "bn.running_mean", "bn.running_var"}
    assert all(np.array_equal(other.state[name], value) for name, value in graph.state.items())
    assert [repr(node.layer) for node in other.nodes] == [repr(node.layer) for node in graph.nodes]
    fresh = model()
    fresh.state = graph.state
    assert np.array_equal(fresh.predict(X), graph.predict(X))


def test_a_model_trains() -> None:
    graph = model()
    before = {name: value.copy() for name, value in graph.parameters.items()}
    first = graph.loss_and_gradients(X, TARGETS)[0]
    training = Training(graph, Adam(0.05))
    for _ in range(30):
        training.step(X, TARGETS)
    assert graph.loss_and_gradients(X, TARGETS)[0] < first / 2
    assert not any(np.array_equal(before[name], graph.parameters[name]) for name in SHAPES)


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        (
            [Node("x", Input((5, 3, None))), Node("y", Softmax("NTC"))],
            r"y: Softmax has layout 'NTC', whose batch is axis 0, and takes x, .* axis 2; Softmax\(layout='CTN'\)\?",
        ),
        (
            [Node("x", Input((None, 3, 5))), Node("a", Softmax("NTC")), Node("y", Dropout(layout="NCT"))],
            "wanted one layout in all layers that take sequences",
        ),
        ([Node("x", Input((None, 3, 5))), Node("y", Softmax())], "layout='NTC' sequences"),
        ([Node("x", Input((None, 3, 5))), Node("y", FullyConnected())], "y.weight: missing"),
        (
            [Node("x", Input((None, 3, 5))), Node("y", Lstm())],
            r"y.weight: missing; wanted \(4 H, D\) with D = 5",
        ),
        ([Node("x", Input((None, 3))), Node("y", Lstm())], r"y.weight: missing; wanted"),
    ],
)
def test_refused(nodes: list[Node], told: str) -> None:
    with pytest.raises(GraphError, match=told):
        Graph(nodes)


def test_other_numbers_of_steps_are_refused() -> None:
    with pytest.raises(ShapeError, match="x: wanted N x 5 x 3"):
        model().predict(X[:, :4])


def test_parameters_that_do_not_fit_are_refused() -> None:
    given = {name: draw(*shape) for name, shape in SHAPES.items()}
    for name, value, told in [
        ("both.recurrent_weight", draw(16, 3), r"both.recurrent_weight: wanted .*\(16, 2\)"),
        ("gru.bias", draw(9), r"gru.bias: wanted .*\(18,\)"),
        ("both.weight", draw(12, 4), r"both: an? Lstm cannot take N x 5 x 4"),
    ]:
        with pytest.raises(GraphError, match=told):
            model(parameters=given | {name: value})
    del given["both.recurrent_weight"]
    with pytest.raises(GraphError, match=r"both.recurrent_weight: missing; wanted shape \(16, 2\)"):
        model(parameters=given)
