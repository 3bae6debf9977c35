"""Layers that take images agree on the order of axes: a model where they do not would answer, wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graphs import Double, draw

from pybn.errors import FormatError, GraphError
from pybn.graph import Graph, Input, Node
from pybn.layers import (
    AvgPoolLayer,
    Concat,
    ConvolutionLayer,
    Dropout,
    FullyConnected,
    GlobalAvgPoolLayer,
    GlobalMaxPoolLayer,
    LocalResponseNorm,
    MaxPoolLayer,
    Relu,
    Softmax,
    SpatialBatchNorm,
    TransposedConvolutionLayer,
)
from pybn.layers.base import Layer

IMAGES = {"NCHW": (None, 2, 8, 6), "HWCN": (8, 6, 2, None), "NHWC": (None, 8, 6, 2), "CNHW": (2, None, 8, 6)}
FILTERS = {"NCHW": (4, 2, 3, 3), "HWCN": (3, 3, 2, 4), "NHWC": (4, 3, 3, 2), "CNHW": (2, 4, 3, 3)}


def image(layout: str) -> Node:
    return Node("image", Input(IMAGES[layout]))


def after_conv(layout: str, *nodes: Node) -> Graph:
    """Images, a convolution, both of this layout, and more nodes."""
    parameters = {"c.weight": draw(*FILTERS[layout]), "c.bias": draw(4)}
    conv = Node("c", ConvolutionLayer(pad=1, layout=layout))
    return Graph([image(layout), conv, *nodes], parameters)


@pytest.mark.parametrize(
    "layer",
    [
        AvgPoolLayer(2, 2),
        Dropout(layout="NCHW"),
        FullyConnected(),
        GlobalAvgPoolLayer(),
        GlobalMaxPoolLayer(),
        LocalResponseNorm(),
        MaxPoolLayer(2, 2),
        Softmax(layout="NCHW"),
        SpatialBatchNorm(),
        ConvolutionLayer(),
        TransposedConvolutionLayer(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_every_layer_that_takes_another_axis_for_the_batch_is_refused(layer: Layer) -> None:
    kind = type(layer).__name__
    told = (
        f"last: {kind} has layout 'NCHW', whose batch is axis 0, and takes c, whose batch is axis 3; "
        f"{kind}(layout='HWCN')?"
    )
    with pytest.raises(GraphError) as caught:
        after_conv("HWCN", Node("last", layer))
    assert str(caught.value) == told


def test_concat() -> None:
    told = "cat: Concat has layout 'NCHW', whose batch is axis 0, and takes image, whose batch is axis 3; "
    with pytest.raises(GraphError, match=told):
        after_conv("HWCN", Node("cat", Concat(), ("image", "c")))
    assert after_conv("HWCN", Node("cat", Concat("HWCN"), ("image", "c"))).sizes("cat") == (8, 6, 6, None)


@pytest.mark.parametrize(
    ("given", "layout", "told"),
    [
        ("NCHW", "HWCN", r"whose batch is axis 3, and takes image, whose batch is axis 0; .*layout='NCHW'\)\?$"),
        ("HWCN", "NHWC", r"whose batch is axis 0, and takes image, whose batch is axis 3; .*layout='HWCN'\)\?$"),
        ("CNHW", "NCHW", "whose batch is axis 0, and takes image, whose batch is axis 1$"),
    ],
)  # fmt: skip
def test_the_first_layer_too(given: str, layout: str, told: str) -> None:
    with pytest.raises(GraphError, match=f"c: ConvolutionLayer has layout '{layout}', {told}"):
        Graph([image(given), Node("c", ConvolutionLayer(pad=1, layout=layout))])


def test_a_mixture_whose_batch_is_in_one_place() -> None:
    told = (
        r"pool: MaxPoolLayer has layout 'NHWC', and c 'NCHW': wanted one layout in all layers that take images; "
        r"MaxPoolLayer\(layout='NCHW'\)\?"
    )
    with pytest.raises(GraphError, match=told):
        after_conv("NCHW", Node("pool", MaxPoolLayer(2, 2, 2, layout="NHWC")))
    with pytest.raises(GraphError, match="fc: FullyConnected has layout 'NCHW', and c 'NHWC'"):
        after_conv("NHWC", Node("relu", Relu()), Node("fc", FullyConnected()))


def test_the_layout_of_the_layers_before_is_proposed() -> None:
    with pytest.raises(GraphError, match=r"FullyConnected\(layout='NHWC'\)\?"):
        after_conv("NHWC", Node("fc", FullyConnected("HWCN")))


@pytest.mark.parametrize("layout", IMAGES)
def test_layers_of_rows_may_name_any(layout: str) -> None:
    """And a Dropout or Softmax none; the model's layout is that of its images."""
    parameters: dict[str, Any] = {"c.weight": draw(*FILTERS[layout]), "c.bias": draw(4)}
    for name in ("fc", "fc1", "fc2"):
        parameters |= {f"{name}.weight": draw(4, 4), f"{name}.bias": draw(4)}
    nodes = [
        image(layout),
        Node("c", ConvolutionLayer(layout=layout)),
        Node("drop", Dropout()),
        Node("pool", GlobalAvgPoolLayer(layout=layout)),
        Node("fc", FullyConnected(layout)),
        Node("fc1", FullyConnected("NCHW")),
        Node("fc2", FullyConnected("HWCN"), ("fc",)),
        Node("cat", Concat("NHWC"), ("fc1", "fc2")),
        Node("prob", Softmax()),
    ]
    graph = Graph(nodes, parameters)
    assert graph.sizes("prob") == (None, 8)
    assert graph.layout == graph.description["layout"] == layout


def test_what_a_layer_of_ones_own_calls_its_layout() -> None:
    class Mine(Double):
        layout = "rows first"

    assert Graph([image("HWCN"), Node("mine", Mine())]).predict(draw(8, 6, 2, 3)).shape == (8, 6, 2, 3)


def test_a_file_with_a_mixture_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as still:
        still.setattr("pybn.graph.layouts.Agreement.check", lambda *_: None)
        after_conv("NCHW", Node("pool", MaxPoolLayer(2, 2, 2, layout="NHWC"))).save(tmp_path / "a.h5")
    with pytest.raises(
        FormatError, match=r"a\.h5: is a saved model that cannot be: pool: MaxPoolLayer has layout"
    ):
        Graph.load(tmp_path / "a.h5")


def test_agreeing_layouts_answer_alike() -> None:
    x = draw(3, 2, 8, 6)
    answers = []
    for layout in ("NCHW", "HWCN", "NHWC"):
        order = ["NCHW".index(axis) for axis in layout]
        w = draw(4, 2, 3, 3).transpose(order)
        graph = Graph(
            [
                image(layout),
                Node("c", ConvolutionLayer(pad=1, layout=layout)),
                Node("lrn", LocalResponseNorm(layout=layout)),
            ],
            {"c.weight": w, "c.bias": draw(4)},
        )
        answers.append(graph.predict(x.transpose(order)).transpose(np.argsort(order)))
    assert all(np.array_equal(answer, answers[0]) for answer in answers)
