"""What is no model is refused as it is made, by a message that names the layer, what was wanted and what came."""

# ruff: noqa: E501  -- a table of refusals is read by its columns
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from graphs import Double, Same, draw, onehot, rows_model

from pybn.errors import GraphError, PybnError
from pybn.graph import Graph, Input, Node
from pybn.layers import (
    BatchNorm,
    Concat,
    ConvolutionLayer,
    EltWiseAdd,
    FullyConnected,
    MaxPoolLayer,
    Relu,
    Softmax,
)
from pybn.layers.base import Gradients, JoinGradients, Layer
from pybn.losses import CrossEntropy, MeanSquaredError, MultiClassCrossEntropy

IMAGE = Node("image", Input((None, 2, 7, 5)))
ROWS = Node("x", Input((None, 4)))
FC = {"fc.weight": draw(4, 3), "fc.bias": draw(3)}


def conv(**changes: Any) -> Callable[[], Graph]:
    given = {"conv_weight": draw(3, 2, 3, 3), "conv_bias": draw(3)} | changes
    parameters = {name.replace("_", "."): value for name, value in given.items() if value is not None}
    return lambda: Graph([IMAGE, Node("conv", ConvolutionLayer())], parameters)


def fc(loss: Any = None, parameters: Any = FC, last: Any = None, **options: Any) -> Callable[[], Graph]:
    nodes = [ROWS, Node("fc", FullyConnected()), *([Node("last", last)] if last else [])]
    return lambda: Graph(nodes, parameters, loss, **options)


def wired(**inputs: Any) -> Callable[[], Graph]:
    layers = {name: Same() if len(taken) == 2 else Double() for name, taken in inputs.items()}
    return lambda: Graph([ROWS, *(Node(name, layers[name], taken) for name, taken in inputs.items())])


class Odd(Layer):
    """A layer that answers what the test wants."""

    def __init__(self, shape: Any = None, y: Any = None, gradients: Any = None) -> None:
        self.shape, self.y, self.gradients = shape, y, gradients

    def output_shape(self, *inputs: Any, weight: Any = None) -> Any:  # noqa: ARG002
        return self.shape(inputs[0]) if self.shape else inputs[0]

    def forward(self, x: Any) -> Any:
        return x if self.y is None else self.y

    def backward(self, dy: Any) -> Any:
        return self.gradients or Gradients(dy)


class Mute(Layer):
    """A layer without output_shape."""


class Strange(Layer):
    """A layer with a parameter that no gradient has."""

    parameters = ("weight", "input1")


REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("a name with a dot", lambda: Node("a.b", Relu()), r"wanted a name of letters, digits and _ .*, got 'a.b'"),
    ("a name that is none", lambda: Node(3, Relu()), "wanted a name .* got 3"),  # type: ignore[arg-type]
    ("a class for a layer", lambda: Node("a", Relu), "a: wanted a layer such as Relu"),  # type: ignore[arg-type]
    ("inputs that are no names", lambda: Node("a", Relu(), (1,)), "a: inputs: wanted names"),  # type: ignore[arg-type]
    ("parameters of other names", lambda: Node("a", Strange()), "a: wanted names of parameters such as"),
    ("an input without a batch", lambda: Input((3, 4)), "Input: wanted sizes .* and None for the batch"),
    ("an input of two batches", lambda: Input((None, None, 4)), "Input: wanted"),
    ("an input of no size", lambda: Input((None, 0)), "Input: wanted"),
    ("an input of half a size", lambda: Input((None, 2.5)), "Input: wanted"),  # type: ignore[arg-type]
    ("an input of text", lambda: Input("NCHW"), "Input: wanted"),  # type: ignore[arg-type]
    ("an input of a number", lambda: Input(3), "Input: wanted"),  # type: ignore[arg-type]
    ("no nodes", lambda: Graph([]), "at least one Input"),
    ("no input", lambda: Graph([Node("a", Relu(), "b"), Node("b", Relu(), "a")]), "at least one Input"),
    ("an input alone", lambda: Graph([ROWS]), "output: wanted the name of a layer .there is none., got 'x'"),
    ("no node", lambda: Graph([ROWS, Relu()]), "wanted a list of Node"),  # type: ignore[list-item]
    ("a name twice", lambda: Graph([ROWS, Node("a", Relu()), Node("a", Relu())]), "a: .* got 2 of this name"),
    ("an unknown input", wired(a=("y",)), "a: its input 'y' is unknown; there are x, a"),
    ("an input that takes", lambda: Graph([ROWS, Node("y", Input((None, 2)), "x")]), "y: an Input takes nothing"),
    ("nothing before", lambda: Graph([Node("a", Relu()), ROWS]), "a: wanted inputs, or a node before it"),
    ("a cycle of one", wired(a=("x",), b=("b", "a"), c=("a",)), "no cycle, got b -> b$"),
    ("a cycle", wired(a=("x", "c"), b=("a",), c=("b",), d=("c",)), "no cycle, got a -> b -> c -> a$"),
    ("one input for a join", lambda: Graph([ROWS, Node("s", EltWiseAdd())]), "s: an EltWiseAdd wants two or more inputs, got 1: x"),
    ("three inputs for two", lambda: Graph([ROWS, Node("s", Same(), ("x",) * 3)]), "s: a Same wants 2 inputs, got 3"),
    ("two inputs for one", lambda: Graph([ROWS, Node("s", Relu(), ("x", "x"))]), "s: a Relu wants 1 input, got 2: x, x"),
    ("several ends", wired(a=("x",), b=("x",), c=("x",)), "output=, since nothing takes a or b or c"),
    ("an unknown output", fc(output="y"), "output: wanted the name of a layer .fc., got 'y'"),
    ("an input for an output", fc(output="x"), "output: wanted .* got 'x'"),
    ("one object, two names", lambda: Graph([ROWS, Node("a", lay := Relu()), Node("b", lay)]), "b: .* very object of a"),
    ("float16", fc(dtype="float16"), "dtype: wanted 'float64' or 'float32', got 'float16'"),
    ("NumPy's int32", fc(dtype=np.int32), "dtype: wanted 'float64' or 'float32', got <class 'numpy.int32'>"),
    ("any float", fc(dtype=np.floating), "dtype: wanted 'float64' or 'float32', got <class 'numpy.floating'>"),
    # Shapes.
    (
        "rows into a pool",
        lambda: Graph([ROWS, Node("pool", MaxPoolLayer(2, 2))]),
        r"pool: a MaxPoolLayer cannot take N x 4: x: wanted \(N, C, H, W\)",
    ),
    (
        "a fraction of a position",
        lambda: Graph([IMAGE, Node("pool", MaxPoolLayer(2, 2, 2))]),
        "pool: a MaxPoolLayer cannot take N x 2 x 7 x 5: .*positions",
    ),
    (
        "other shapes for a join",
        lambda: Graph([ROWS, Node("y", Input((None, 3))), Node("s", EltWiseAdd(), ("x", "y"))]),
        "s: an EltWiseAdd cannot take N x 4 and N x 3: x2: wanted",
    ),
    (
        "other sizes for a concatenation",
        lambda: Graph([IMAGE, ROWS, Node("s", Concat(), ("image", "x"))]),
        "s: a Concat cannot take N x 2 x 7 x 5 and N x 4",
    ),
    ("a filter too large", conv(conv_weight=draw(3, 2, 3, 6)), "conv: .* with a weight 3 x 2 x 3 x 6: .*does not fit"),
    ("no output_shape", lambda: Graph([ROWS, Node("a", Mute())]), "a: Mute does not say its output_shape"),
    ("no batch left", lambda: Graph([ROWS, Node("a", Odd(lambda _: (5, 4)))]), "a: wanted an output with one axis for"),
    ("half a batch", lambda: Graph([ROWS, Node("a", Odd(lambda x: (x[0] + 1,)))]), "a: wanted an output with one axis"),
    # Parameters.
    ("no parameters", fc(parameters=None), r"fc.weight: missing; wanted .*D = 4.* for an input N x 4"),
    ("no weight", conv(conv_weight=None), r"conv.weight: missing; wanted .* for an input N x 2 x 7 x 5"),
    ("no bias", conv(conv_bias=None), r"conv.bias: missing; wanted shape \(3,\)"),
    (
        "no gamma",
        lambda: Graph([ROWS, Node("bn", BatchNorm())]),
        r"bn.weight: missing; wanted shape \(4,\) for an input N x 4",
    ),
    ("an unknown parameter", conv(conv_gamma=draw(3)), "conv.gamma: unknown parameter; there are conv.weight, conv.bias"),
    ("of an unknown layer", conv(convv_bias=draw(3)), "convv.bias: unknown parameter"),
    ("a weight of a wrong shape", conv(conv_weight=draw(3, 3, 3, 3)), "conv: .* with a weight 3 x 3 x 3 x 3: weight: wanted"),
    ("a weight of three axes", conv(conv_weight=draw(3, 3, 3)), "conv: .* with a weight 3 x 3 x 3"),
    ("a bias of a wrong shape", conv(conv_bias=draw(4)), r"conv.bias: wanted shape \(3,\), got \(4,\)"),
    ("a bias as a matrix", conv(conv_bias=draw(1, 3)), r"conv.bias: wanted shape \(3,\), got \(1, 3\)"),
    ("a weight in single", conv(conv_weight=draw(3, 2, 3, 3, dtype="float32")), "conv.weight: wanted float64, .*got float32"),
    ("a bias of integers", conv(conv_bias=np.ones(3, int)), "conv.bias: wanted float64, .*got int64"),
    ("a list", conv(conv_bias=[1.0, 2.0, 3.0]), "conv.bias: wanted a plain NumPy array, got list"),
    ("a weight as a list", conv(conv_weight=[1.0]), "conv"),
    ("NaN", conv(conv_weight=np.full((3, 2, 3, 3), np.nan)), r"conv.weight: wanted finite numbers, got nan at \[0, 0, 0, 0\]"),
    ("Inf", conv(conv_bias=np.array([0, 0, -np.inf])), r"conv.bias: wanted finite numbers, got -inf at \[2\]"),
    # Losses.
    ("no softmax", fc(MultiClassCrossEntropy()), "fc: MultiClassCrossEntropy .* with a Softmax, .* got a FullyConnected"),
    ("a softmax for a sigmoid", fc(CrossEntropy(), last=Softmax()), "last: CrossEntropy .* with a Sigmoid.* got a Softmax"),
    ("a loss by name", fc("mean_squared_error"), "loss: wanted a loss such as .* got 'mean_squared_error'"),
    ("a class for a loss", fc(MeanSquaredError), "loss: wanted a loss such as"),
    (
        "a loss of images",
        lambda: Graph([IMAGE, Node("r", Relu())], loss=MeanSquaredError()),
        "r: MeanSquaredError wants an output N x K, got N x 2 x 7 x 5",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("build", "told"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(build: Callable[[], Any], told: str) -> None:
    with pytest.raises(GraphError, match=told) as caught:
        build()
    assert isinstance(caught.value, PybnError)
    assert isinstance(caught.value, ValueError)


def test_a_long_cycle_is_named_in_the_order_of_data() -> None:
    with pytest.raises(GraphError, match="got c -> a -> b -> c"):
        wired(c=("b",), b=("a",), a=("c", "x"))()


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (Odd(y=np.zeros((3, 5))), r"odd: Odd promised an output float64 \(3, 4\), and made float64 \(3, 5\)"),
        (Odd(y=np.zeros((3, 4), "f")), "and made float32"),
        (Odd(y=3), "and made int"),
    ],
)
def test_a_layer_that_breaks_its_word_forward(layer: Odd, told: str) -> None:
    graph = Graph([ROWS, Node("odd", layer)])
    with pytest.raises(GraphError, match=told):
        graph.predict(draw(3, 4))


@pytest.mark.parametrize(
    ("gradients", "told"),
    [
        (
            Gradients(np.zeros((3, 5))),
            r"odd: Odd promised a gradient by x float64 \(3, 4\), and made float64 \(3, 5\)",
        ),
        (JoinGradients((np.zeros((3, 4)),) * 2), "odd: Odd made 2 gradients of 1 input$"),
    ],
)
def test_a_layer_that_breaks_its_word_backward(gradients: Any, told: str) -> None:
    graph = Graph([ROWS, Node("odd", Odd(gradients=gradients))])
    graph.forward(draw(3, 4))
    with pytest.raises(GraphError, match=told):
        graph.backward(draw(3, 4))


def test_a_last_layer_with_parameters_cannot_be_skipped() -> None:
    class Loss:
        through = "FullyConnected"

        def __call__(self, scores: Any, targets: Any) -> Any:
            return 0.0, scores - targets

    with pytest.raises(GraphError, match="fc: wanted a last layer of one input and no parameters"):
        fc(Loss())()


def test_a_subclass_of_the_wanted_last_layer_will_do() -> None:
    class Mine(Softmax):
        pass

    graph = fc(MultiClassCrossEntropy(), last=Mine())()
    assert graph.loss_and_gradients(draw(5, 4), onehot(5, 3))[0] > 0


def test_nothing_is_refused_for_nothing() -> None:
    assert conv()().sizes("conv") == (None, 3, 5, 3)
    assert rows_model().predict(draw(2, 4)).shape == (2, 3)
