"""Models from tables and from TOML: every type, every key, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import draw, images_model, images_tables, onehot

import pybn.layers
from pybn.errors import FileError, FormatError, GraphError, LayoutError
from pybn.graph import Graph
from pybn.graph.metadata import KINDS, class_named
from pybn.losses import CrossEntropy

IMAGE = {"type": "input", "name": "image", "rows": 8, "cols": 6, "depth": 4}
CONV = {"type": "conv", "name": "conv", "kh": 3, "kw": 3, "num_output": 2}
# A table of each type, with all its keys, and the shape that it makes of (N, 4, 8, 6) or, for rows, (N, 7).
TYPES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "fc": ({"num_output": 3}, (3,)),
    "conv": (
        {
            "kh": 3,
            "kw": 2,
            "stride": [1, 2],
            "pad": [1, 0, 1, 1],
            "num_output": 6,
            "groups": 2,
            "dilation": [2, 1],
        },
        (6, 5, 4),
    ),
    "deconv": (
        {"kh": 4, "kw": 2, "stride": 2, "crop": [1, 1, 0, 0], "num_output": 6, "groups": 2},
        (6, 16, 12),
    ),
    "maxpool": ({"kh": 3, "kw": 2, "stride": [1, 2], "pad": [1, 0, 0, 0]}, (4, 7, 3)),
    "avgpool": ({"kh": 2, "kw": 2, "stride": 2.0, "pad": 0, "count_include_pad": False}, (4, 4, 3)),
    "global_maxpool": ({}, (4, 1, 1)),
    "global_avgpool": ({}, (4, 1, 1)),
    "batchnorm": ({"eps": 1e-3, "momentum": 0.5}, (7,)),
    "sp_batchnorm": ({"eps": 1e-3, "momentum": 0.5}, (4, 8, 6)),
    "lrn": ({"size": 3, "alpha": 1e-3, "beta": 0.5, "k": 2}, (4, 8, 6)),
    "relu": ({}, (4, 8, 6)),
    "leaky_relu": ({"slope": 0.2}, (4, 8, 6)),
    "sigmoid": ({}, (4, 8, 6)),
    "tanh": ({}, (4, 8, 6)),
    "softmax": ({}, (4, 8, 6)),
    "dropout": ({"prob": 0.2}, (4, 8, 6)),
    "add": ({"inputs": ["image", "image"]}, (4, 8, 6)),
    "concat": ({"inputs": ["image", "image", "image"]}, (12, 8, 6)),
}

# Layers of other sources than the legacy framework, which has no type for them.
NOT_LEGACY = {
    "ClippedRelu",
    "CropLayer",
    "EltWiseMul",
    "Elu",
    "Flatten",
    "Gelu",
    "GroupNorm",
    "Gru",
    "LayerNorm",
}
NOT_LEGACY |= {"Lstm", "PRelu", "ScaleLayer", "Softplus", "Swish"}
OF_SEQUENCES = {"Gru", "LayerNorm", "Lstm"}
OF_SEQUENCES |= {"SequenceAvgPool", "SequenceConvolution", "SequenceGlobalPool", "SequenceMaxPool"}
NOT_LEGACY |= OF_SEQUENCES


def test_every_layer_has_a_type_and_every_type_a_test() -> None:
    assert TYPES.keys() == KINDS.keys()
    layers = {name for name in pybn.layers.__all__ if class_named(name)}
    assert set(KINDS.values()) == layers - NOT_LEGACY
    assert len(set(KINDS.values())) == len(KINDS)


@pytest.mark.parametrize("layout", ["NCHW", "HWCN"])
@pytest.mark.parametrize("kind", sorted(NOT_LEGACY - OF_SEQUENCES))
def test_a_class_that_has_no_type(kind: str, layout: str) -> None:
    keys: dict[str, Any] = {"ClippedRelu": {"ceiling": 6}, "GroupNorm": {"groups": 2}}.get(kind, {})
    if kind in ("CropLayer", "EltWiseMul"):
        keys = {"inputs": ["image", "image"]}
    graph = Graph.from_metadata([IMAGE, {"type": kind, "name": "y", **keys}], layout=layout)
    y = graph.forward(draw(*graph.layer("image").with_batch(2)))
    assert y.shape == ((2, 192) if kind == "Flatten" else graph.layer("image").with_batch(2))
    assert all(np.isfinite(g).all() for g in graph.backward(y).values())


@pytest.mark.parametrize("kind", sorted(OF_SEQUENCES))
def test_a_description_has_no_sequences(kind: str) -> None:
    keys = {"size": 3} if kind in ("SequenceAvgPool", "SequenceMaxPool") else {}
    with pytest.raises(GraphError, match=f"y: an? {kind} cannot take .* wanted"):
        Graph.from_metadata([IMAGE, {"type": kind, "name": "y", **keys}])


@pytest.mark.parametrize("layout", ["NCHW", "HWCN", "NHWC"])
@pytest.mark.parametrize("kind", TYPES)
def test_a_type_and_its_class(kind: str, layout: str) -> None:
    keys, shape = TYPES[kind]
    rows = kind == "batchnorm"
    first = {"type": "input", "name": "image", "features": 7} if rows else IMAGE
    for name in (kind, KINDS[kind]):
        graph = Graph.from_metadata([first, {"type": name, "name": "y", **keys}], layout=layout)
        assert type(graph.layer("y")).__name__ == KINDS[kind]
        sizes = dict(zip("NCHW" if len(shape) == 3 else "NC", (None, *shape), strict=True))
        assert graph.sizes("y") == tuple(sizes[axis] for axis in (layout if len(shape) == 3 else "NC"))
        x = draw(*graph.layer("image").with_batch(2))
        y = graph.forward(x)
        assert all(np.isfinite(g).all() for g in graph.backward(y).values())
    for key, value in keys.items():
        if hasattr(graph.layer("y"), key) and isinstance(value, float) and kind != "avgpool":
            assert getattr(graph.layer("y"), key) == value


@pytest.mark.parametrize(
    ("kind", "weight"), [("conv", (3, 2, 2, 6)), ("deconv", (4, 2, 3, 4)), ("fc", (192, 3))]
)
def test_initial_parameters(kind: str, weight: tuple[int, ...]) -> None:
    entries = [IMAGE, {"type": kind, "name": "y", **TYPES[kind][0]}]
    graph = Graph.from_metadata(entries, layout="HWCN", seed=5)
    w = graph.parameters["y.weight"]
    fan_in = {"conv": 12, "deconv": 16, "fc": 192}[kind]
    numbers = np.random.Generator(np.random.PCG64(5)).standard_normal(math.prod(weight))
    assert np.array_equal(w, (math.sqrt(2 / fan_in) * numbers).reshape(weight, order="F"))
    assert not graph.parameters["y.bias"].any()
    single = Graph.from_metadata(entries, layout="NCHW", seed=5, dtype="float32").parameters["y.weight"]
    assert np.array_equal(single.transpose(2, 3, 1, 0) if single.ndim == 4 else single, w.astype("float32"))
    assert not np.array_equal(Graph.from_metadata(entries, layout="HWCN", seed=6).parameters["y.weight"], w)
    other = Graph.from_metadata(entries, layout="HWCN", seed=None).parameters["y.weight"]
    assert not np.array_equal(other, w)


def test_the_seed_is_that_of_dropout_too() -> None:
    graph, other = images_model(seed=7), images_model(seed=7)
    assert graph.forward(draw(2, 2, 8, 6)).tolist() == other.forward(draw(2, 2, 8, 6)).tolist()
    draws = np.random.RandomState([7]).random_sample(3).tolist()
    assert images_model(seed=7).random.random_sample(3).tolist() == draws


def test_batch_norms_start_with_one_and_zero() -> None:
    graph = images_model()
    assert graph.parameters["bn1.weight"].tolist() == [1] * 4
    assert graph.parameters["bn1.bias"].tolist() == [0] * 4


def test_losses() -> None:
    tables = [{"type": "input", "name": "x", "features": 3}, {"type": "fc", "name": "fc", "num_output": 2}]
    for last, loss, wanted in [
        ("sigmoid", "cross_entropy", "CrossEntropy(mean_gradient=False)"),
        ("softmax", "MultiClassCrossEntropy", "MultiClassCrossEntropy()"),
        ("relu", "mean_squared_error", "MeanSquaredError()"),
        ("sigmoid", {"type": "cross_entropy", "mean_gradient": True}, "CrossEntropy(mean_gradient=True)"),
        ("sigmoid", CrossEntropy(), "CrossEntropy(mean_gradient=False)"),
        ("sigmoid", None, "None"),
    ]:
        graph = Graph.from_metadata([*tables, {"type": last, "name": "y"}], loss=loss)
        assert repr(graph.loss) == wanted


def test_an_input_that_is_not_the_one_before() -> None:
    entries = [IMAGE, CONV, {"type": "relu", "name": "relu", "inputLayer": "image"}]
    graph = Graph.from_metadata(entries, output="relu")
    assert graph.nodes[2].inputs == ("image",)
    entries[2] = {"type": "relu", "name": "relu", "inputs": ["image"]}
    assert Graph.from_metadata(entries, output="relu").nodes[2].inputs == ("image",)


BAD: list[tuple[Any, str]] = [
    ([], "layers: wanted a list of tables"),
    ("conv", "layers: wanted a list of tables"),
    ({"type": "input"}, "layers: wanted a list of tables"),
    ([IMAGE, 3], r"layers\[1\]: wanted a table"),
    ([IMAGE, {"name": "a"}], r"layers\[1\]: wanted text for 'type', which is missing"),
    ([IMAGE, {"type": "relu"}], r"layers\[1\]: wanted text for 'name', which is missing"),
    ([IMAGE, {"type": "relu", "name": 3}], r"layers\[1\]: wanted text for 'name', got 3"),
    ([IMAGE, {"type": "rule", "name": "a"}], "a: unknown type 'rule'; there are input, fc, conv"),
    ([IMAGE, {"type": "Layer", "name": "a"}], "a: unknown type 'Layer'"),
    ([IMAGE, {"type": "Gradients", "name": "a"}], "a: unknown type 'Gradients'"),
    ([IMAGE, {"type": "base", "name": "a"}], "a: unknown type 'base'"),
    ([IMAGE, {"type": "__doc__", "name": "a"}], "a: unknown type '__doc__'"),
    ([IMAGE, CONV | {"strid": 1}], "conv: conv has no key 'strid'; it has kh, kw, num_output, stride, pad"),
    ([IMAGE, CONV | {"layout": "HWCN"}], "conv: conv has no key 'layout'"),
    (
        [IMAGE, {k: v for k, v in CONV.items() if k != "kw"}],
        "conv: conv wants kh, kw, num_output; 'kw' is missing",
    ),
    ([IMAGE, {"type": "maxpool", "name": "p", "kh": 2}], "p: maxpool wants kh, kw; 'kw' is missing"),
    (
        [IMAGE, CONV | {"kernel_height": 3}],
        "conv: wanted either kh and kw or kernel_height and kernel_width, got both",
    ),
    (
        [IMAGE, {"type": "maxpool", "name": "p", "kw": 2, "kh": 2, "kernel_width": 2}],
        "p: wanted either kh and kw or",
    ),
    ([IMAGE, {"type": "relu", "name": "r", "kernel_width": 2}], "r: relu has no key 'kernel_width'"),
    ([IMAGE | {"depth": 0}], "image: depth: wanted a whole number >= 1, got 0"),
    ([IMAGE | {"rows": "8"}], "image: rows: wanted a whole number >= 1, got '8'"),
    ([IMAGE | {"rows": True}], "image: rows: wanted a whole number >= 1, got True"),
    ([IMAGE | {"features": 3}], "image: input has no key 'rows'; it has features"),
    ([{"type": "input", "name": "x"}], "x: input wants rows, cols, depth; 'rows' is missing"),
    ([IMAGE, CONV | {"num_output": 2.5}], "conv: num_output: wanted a whole number >= 1, got 2.5"),
    ([IMAGE, CONV | {"kh": -1}], "conv: kh: wanted a whole number"),
    ([IMAGE, CONV | {"stride": 0}], "conv: a ConvolutionLayer with stride = 0: stride: wanted"),
    ([IMAGE, CONV | {"stride": {"a": 1}}], "conv: a ConvolutionLayer with stride"),
    ([IMAGE, CONV | {"pad": "same"}], "conv: a ConvolutionLayer with pad = 'same'"),
    ([IMAGE, CONV | {"groups": 3}], "conv: .* cannot take N x 4 x 8 x 6"),
    (
        [IMAGE, CONV | {"kh": 9}],
        "conv: a ConvolutionLayer cannot take N x 4 x 8 x 6 with a weight 2 x 4 x 9 x 3",
    ),
    (
        [IMAGE, CONV | {"inputs": ["a"], "inputLayer": "a"}],
        "conv: wanted either inputs or inputLayer, got both",
    ),
    ([IMAGE, CONV | {"inputs": 3}], "conv: inputs: wanted names of layers, got 3"),
    ([IMAGE, CONV | {"inputs": [3]}], "conv: inputs: wanted names of layers"),
    ([IMAGE, CONV | {"inputLayer": "nobody"}], "conv: its input 'nobody' is unknown; there are image, conv"),
    ([IMAGE, CONV | {"name": "conv 1"}], "wanted a name of letters, digits and _"),
    ([IMAGE, CONV, CONV], "conv: .* got 2 of this name"),
    ([IMAGE, {"type": "dropout", "name": "d", "prob": 1}], "d: a Dropout with prob = 1: prob: wanted"),
    ([IMAGE, {"type": "dropout", "name": "d", "seed": 1}], "d: dropout has no key 'seed'"),
    ([IMAGE, {"type": "batchnorm", "name": "b"}], r"b: a BatchNorm cannot take N x 4 x 8 x 6"),
    (
        [{"type": "input", "name": "x", "features": 3}, CONV],
        r"conv: a ConvolutionLayer wants images .*, got N x 3",
    ),
    ([IMAGE, {"type": "fc", "name": "fc", "num_output": 10**400}], "fc: num_output: wanted"),
]


@pytest.mark.parametrize(("entries", "told"), BAD, ids=range(len(BAD)))
def test_bad_tables(entries: Any, told: str) -> None:
    with pytest.raises(GraphError, match=told):
        Graph.from_metadata(entries)


@pytest.mark.parametrize("kind", ["conv", "deconv", "maxpool", "avgpool"])
def test_the_sides_of_a_kernel_written_out(kind: str) -> None:
    keys = {"num_output": 2} if kind in ("conv", "deconv") else {}
    short, long = (
        Graph.from_metadata([IMAGE, {"type": kind, "name": "y", tall: 3, wide: 2, **keys}])
        for tall, wide in (("kh", "kw"), ("kernel_height", "kernel_width"))
    )
    assert short.description == long.description
    assert {name: x.tobytes() for name, x in short.state.items()} == {
        name: x.tobytes() for name, x in long.state.items()
    }


def test_bad_arguments() -> None:
    for arguments, error, told in [
        ({"layout": "NHW"}, LayoutError, "layout"),
        ({"layout": 3}, LayoutError, "layout"),
        ({"dtype": "int8"}, GraphError, "dtype: wanted"),
        ({"dtype": "no such"}, GraphError, "dtype: wanted"),
        ({"loss": "mean_squared"}, GraphError, "loss: wanted one of cross_entropy, .* got 'mean_squared'"),
        ({"loss": "Loss"}, GraphError, "loss: wanted one of"),
        ({"loss": {"type": "cross_entropy", "mean": 1}}, GraphError, "loss: a CrossEntropy has no 'mean'"),
        (
            {"loss": {"type": "cross_entropy", "mean_gradient": 1}},
            GraphError,
            "loss: a CrossEntropy with mean_gradient",
        ),
        ({"loss": {}}, GraphError, "loss: wanted"),
        ({"loss": 3}, GraphError, "loss: wanted a loss such as"),
        ({"output": "nobody"}, GraphError, "output: wanted"),
        ({"seed": -1}, GraphError, "seed: wanted"),
    ]:
        with pytest.raises(error, match=told):
            Graph.from_metadata(images_tables(), **arguments)  # type: ignore[arg-type]


# TOML.

TOML = """
[model]
loss = "multi_class_cross_entropy"
layout = "HWCN"
dtype = "float32"
seed = 4

[[layer]]
type = "input"
name = "image"
rows = 8
cols = 6
depth = 1
[[layer]]
type = "conv"
name = "conv1"
kh = 3
kw = 3
num_output = 2
[[layer]]
type = "fc"
name = "fc1"
num_output = 3
[[layer]]
type = "softmax"
name = "prob"
"""


def test_a_description_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "model.whatever"
    path.write_text(TOML)
    graph = Graph.from_file(path)
    assert repr(graph) == "Graph(image 8 x 6 x 1 x N -> prob N x 3: 3 layers, 167 parameters, float32)"
    again = Graph.from_file(str(path))
    assert all(np.array_equal(value, again.parameters[name]) for name, value in graph.parameters.items())
    loss, _ = graph.loss_and_gradients(draw(8, 6, 1, 4, dtype="float32"), onehot(4, 3, "float32"))
    assert loss > 0


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("[model]", "[models]", GraphError, r"wanted \[model\] and \[\[layer\]\] tables, got models, layer"),
        ("seed = 4", "sed = 4", GraphError, r"\[model\] has no key 'sed'"),
        ("[model]", "model = 3\n[other]", GraphError, "wanted"),
        ("[model]", "[model", FormatError, "wanted a saved model or a description in TOML"),
        (TOML, "", GraphError, "layers: wanted a list of tables"),
        (TOML, "\0", FormatError, "TOML"),
        (TOML, "\x89HDF\r\n\x1a\n", FormatError, "damaged"),
        (TOML, "x = " + "[" * 100_000, FormatError, "TOML"),
        ("seed = 4", "seed = 'x'", GraphError, "seed: wanted"),
        ("seed = 4", "seed = -4", GraphError, "seed: wanted"),
        ('"HWCN"', "3", LayoutError, "layout"),
        ('"float32"', "32", GraphError, "dtype"),
        ('"multi_class_cross_entropy"', "[1]", GraphError, "loss"),
        ("seed = 4", "output = [1]", GraphError, "output: wanted"),
        ("num_output = 3", "num_output = 3\nbias = 1", GraphError, "fc1: fc has no key 'bias'"),
        ("kh = 3", "kh = 30", GraphError, "conv1: a ConvolutionLayer cannot take 8 x 6 x 1 x N"),
    ],
)
def test_bad_toml(tmp_path: Path, old: str, new: str, error: Any, told: str) -> None:
    path = tmp_path / "model.toml"
    path.write_bytes(TOML.replace(old, new).encode("latin-1"))
    with pytest.raises(error, match=told) as caught:
        Graph.from_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).count(str(path)) == 1


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.toml", tmp_path, Path("\0")):
        with pytest.raises(FileError, match="cannot be read"):
            Graph.from_file(path)
    (tmp_path / "large.toml").write_bytes(b"#" * ((16 << 20) + 1))
    with pytest.raises(FormatError, match="at most"):
        Graph.from_file(tmp_path / "large.toml")
