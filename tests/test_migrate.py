"""Saved networks: what Octave answers in MATLAB's own terms, layer by layer, is what the port answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toolbox_models import (
    Made,
    image_input,
    layer,
    layers_of,
    nothing,
    one,
    pooling,
    row,
    series,
    step_pooling,
    wired,
    yes,
)

from pybn.engines.octave import OctaveEngine
from pybn.errors import FormatError, GraphError
from pybn.migrate import rules
from pybn.migrate.imported import Imported, Parameter, Stored
from pybn.migrate.importers import dagnn, simplenn, toolbox
from pybn.migrate.rules import Chain
from pybn.migrate.verify import Proof, port_of, verify
from pybn.values import Cell, Object, StructArray

M = Made()


def proof(octave: OctaveEngine, model: Imported) -> Proof:
    return verify(model, [port_of(model, "float64"), port_of(model, "float32")], octave)


def told(found: Proof) -> str:
    return "; ".join(
        f"{r.case.name}: {r.message} "
        + ", ".join(f"{c.name} {c.verdict} {c.scaled}" for c in r.comparisons if not c.verdict.agrees)
        for r in found.results
    )


SAME = {"PaddingMode": "same", "PaddingSize": nothing()}
SEQUENCE = layer("SequenceInputLayer", "input", 5, InputSize=one(3), Normalization=nothing())
CAUSAL = {"PaddingMode": "causal", "PaddingSize": nothing()}

CLASSES = Object("categorical", (2, 1), [{"value": "a"}, {"value": "b"}])
LRN = {"WindowChannelSize": one(4), "Alpha": one(0.3), "Beta": one(0.6), "K": one(1.5)}


def longer(steps: int) -> Any:
    return SEQUENCE[0], {**SEQUENCE[1], "MinLength": one(steps)}


def norm(kind: str, name: str, channels: int, eps: float, **options: Any) -> Any:
    told = {"Scale": M.bias(1, 1, channels), "Offset": M.bias(1, 1, channels), **options}
    return layer(f"{kind}NormalizationLayer", name, Epsilon=one(eps), **told)


TOOLBOX: dict[str, Object] = {
    "convolutions of every padding": series(
        image_input(9, 7, 2),
        M.convolution("same, even kernel", (2, 4), 2, 4, **SAME),
        M.convolution("strided, a rest left out", (3, 2), 4, 3, 8, Stride=row(2, 2), PaddingSize=row(1, 0, 2, 1)),
        M.convolution("dilated", (2, 2), 3, 2, 6, DilationFactor=row(1, 2)),
        M.convolution("one filter", (2, 2), 2, 1),
    ),
    "groups": series(
        image_input(5, 6, 4),
        layer(
            "GroupedConvolution2DLayer",
            "grouped",
            3,
            FilterSize=row(3, 3),
            NumGroups=one(2),
            NumChannelsPerGroup=one(2),
            NumFiltersPerGroup=one(3),
            Stride=row(1, 1),
            DilationFactor=row(1, 1),
            **SAME,
            Weights=M.weights(3, 3, 2, 3, 2),
            Bias=M.bias(1, 1, 3, 2),
        ),
        layer(
            "TransposedConvolution2DLayer",
            "up",
            2,
            FilterSize=row(3, 2),
            NumFilters=one(5),
            Stride=row(2, 1),
            CroppingMode="manual",
            CroppingSize=row(1, 0, 0, 1),
            Weights=M.weights(3, 2, 5, 6),
            Bias=M.bias(1, 1, 5),
        ),
        layer(
            "TransposedConvolution2DLayer",
            "up to the same",
            2,
            FilterSize=row(4, 3),
            NumFilters=one(2),
            Stride=row(2, 2),
            CroppingMode="same",
            CroppingSize=nothing(),
            Weights=M.weights(4, 3, 2, 5),
            Bias=M.bias(1, 1, 2),
        ),
    ),
    "batch normalisation of images and of rows": series(
        image_input(4, 5, 3),
        M.batch_norm("first", 3, 1),
        layer("ReLULayer", "relu"),
        M.connected("fc", 4, 5, 3, 6),
        M.batch_norm("second", 6, 3),
        layer("LeakyReLULayer", "leaky", Scale=one(0.2)),
        M.connected("scores", 4, 6),
        layer("SoftmaxLayer", "softmax", 4, ChannelDim=one(3)),
        layer("ClassificationOutputLayer", "out", 3, Categories=CLASSES),
    ),
    "fully connected, (Out, In) of an image": series(
        image_input(3, 4, 2), M.connected("fc", 5, 24), layer("TanhLayer", "tanh"), M.connected("one", 1, 5)
    ),
    "fully connected, one output, three dimensions": series(image_input(3, 4, 2), M.connected("fc", 3, 4, 2, 1)),
    "pooling": series(
        image_input(9, 8, 2),
        pooling("Max", "max", (3, 2), Stride=row(2, 2), PaddingSize=row(1, 0, 0, 1)),
        pooling("Average", "counted", (2, 2), PaddingSize=row(1, 0, 1, 0)),
        pooling("Average", "not counted", (3, 3), 3, PaddingValue="mean", **SAME),
        pooling("Max", "a rest left out", (2, 2), 3, Stride=row(2, 3)),
        layer("GlobalAveragePooling2DLayer", "global"),
    ),
    "activations": series(
        image_input(3, 4, 2),
        layer("ClippedReLULayer", "clipped", Ceiling=one(0.9)),
        layer("ELULayer", "elu", Alpha=one(0.7)),
        layer("SigmoidLayer", "sigmoid"),
        layer("CrossChannelNormalizationLayer", "lrn", **LRN),
        layer("SwishLayer", "swish"),
        layer("GELULayer", "gelu", Approximation="none"),
        layer("GELULayer", "gelu by tanh", Approximation="tanh"),
        layer("SoftplusLayer", "softplus"),
        layer("PReLULayer", "prelu", Alpha=M.bias(1, 1, 2)),
        layer("DropoutLayer", "dropout", Probability=one(0.4)),
        layer("GlobalMaxPooling2DLayer", "global"),
        layer("RegressionOutputLayer", "out"),
    ),
    "normalisation": series(
        image_input(3, 4, 6),
        norm("Group", "groups", 6, 1e-3, NumGroups=one(3)),
        norm("Layer", "layer", 6, 1e-2),
        norm("Instance", "instance", 6, 1e-2),
        norm("Group", "all", 6, 1e-3, NumGroups="all-channels"),
    ),
    "branches": wired(
        "DAGNetwork",
        [
            ("input", "a"), ("input", "b"), ("a", "add/in2"), ("b", "add/in1"), ("add", "relu"), ("relu", "cat/in1"),
            ("a", "cat/in2"), ("cat", "scores"), ("scores", "out"),
        ],
        M.convolution("scores", (2, 2), 8, 3),  # not in order
        image_input(4, 5, 2),
        M.convolution("a", (3, 3), 2, 4, **SAME),
        M.convolution("b", (1, 1), 2, 4),
        layer("AdditionLayer", "add", NumInputs=one(2)),
        layer("ReLULayer", "relu"),
        layer("DepthConcatenationLayer", "cat", NumInputs=one(2)),
        layer("RegressionOutputLayer", "out"),
    ),
    "convolutions over steps": series(
        longer(23),
        M.step_convolution("causal, dilated", 3, 3, 4, DilationFactor=one(2), **CAUSAL),
        M.batch_norm("bn", 4, 3, flat=True),
        layer("ReLULayer", "relu"),
        M.step_convolution("same, strided", 4, 4, 6, Stride=one(2), **SAME),
        M.step_convolution("a rest left out", 3, 6, 5, Stride=one(2), PaddingSize=row(0, 2)),
        M.step_convolution("same, dilated and strided", 2, 5, 4, Stride=one(2), DilationFactor=one(2), **SAME),
        M.step_convolution("one filter", 1, 4, 1),
        M.recurrent("LSTMLayer", "last", 1, 2, ReturnSequence=yes(False)),
    ),
    "pooling over steps": series(
        longer(23),
        step_pooling("Max", "max", 3, Stride=one(2), PaddingSize=row(1, 0)),
        step_pooling("Average", "counted", 2, PaddingSize=row(1, 0), PaddingValue=one(0)),
        step_pooling("Average", "not counted", 4, PaddingValue="mean", Stride=one(2), **SAME),
        step_pooling("Max", "same", 2, **SAME),
        layer("GlobalAveragePooling1DLayer", "mean"),
        M.connected("fc", 2, 3),
        layer("SoftmaxLayer", "softmax"),
    ),
    "convolutions in time, around": wired(
        "dlnetwork",
        [
            ("input", "first"), ("first", "relu"), ("relu", "second"), ("second", "add/in1"), ("input", "wider"),
            ("wider", "add/in2"), ("add", "drop"), ("drop", "global"), ("global", "fc"),
        ],
        SEQUENCE,
        M.step_convolution("first", 3, 3, 5, **CAUSAL),
        layer("ReLULayer", "relu"),
        M.step_convolution("second", 3, 5, 5, DilationFactor=one(2), **CAUSAL),
        M.step_convolution("wider", 1, 3, 5),
        layer("AdditionLayer", "add", NumInputs=one(2)),
        layer("DropoutLayer", "drop", Probability=one(0.2)),
        layer("GlobalMaxPooling1DLayer", "global"),
        M.connected("fc", 2, 5),
    ),
    "lstm": series(
        SEQUENCE,
        M.connected("steps", 4, 3),
        M.recurrent("LSTMLayer", "lstm", 4, 5),
        M.recurrent("BiLSTMLayer", "both ways", 5, 3, GateActivationFunction="hard-sigmoid"),
        M.recurrent("LSTMLayer", "last", 6, 4, ReturnSequence=yes(False), StateActivationFunction="softsign"),
        M.connected("fc", 2, 4),
        layer("SoftmaxLayer", "softmax"),
    ),
    "bilstm, the last": series(
        SEQUENCE, M.recurrent("BiLSTMLayer", "both", 3, 2, ReturnSequence=yes(False)), M.connected("fc", 2, 4)
    ),
    "gru": wired(
        "dlnetwork",
        [("input", "after"), ("after", "before"), ("before", "biased"), ("biased", "fc"), ("fc", "softmax")],
        SEQUENCE,
        M.recurrent("GRULayer", "after", 3, 4, ResetGateMode="after-multiplication"),
        M.recurrent("GRULayer", "before", 4, 3, ResetGateMode="before-multiplication"),
        M.recurrent("GRULayer", "biased", 3, 5, ResetGateMode="recurrent-bias-after-multiplication"),
        M.connected("fc", 2, 5),
        layer("SoftmaxLayer", "softmax"),
    ),
    "features": series(
        layer("FeatureInputLayer", "input", InputSize=one(6), Normalization=nothing()),
        M.connected("fc", 4, 6),
        M.batch_norm("bn", 4, 3, flat=True),
        layer("LayerNormalizationLayer", "layer", Epsilon=one(1e-2), Scale=M.bias(4, 1), Offset=M.bias(4, 1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOOLBOX)
def test_networks_of_the_toolbox(octave: OctaveEngine, name: str) -> None:
    model = toolbox.imported(TOOLBOX[name], "net")
    assert not model.holes
    found = proof(octave, model)
    assert found.agrees, told(found)
    asked = {c.name for c in found.results[0].comparisons}
    assert asked == {p.name for p in model.pieces if p.oracle is not None}


def test_what_a_network_says_of_itself() -> None:
    model = toolbox.imported(TOOLBOX["batch normalisation of images and of rows"], "net")
    assert model.classes == ("a", "b")
    assert model.left == ("out: ClassificationOutputLayer, the loss",)
    assert model.outputs == ("softmax",)
    assert model.source == "SeriesNetwork in the variable net"
    assert toolbox.imported(TOOLBOX["gru"], "net").outputs == ("softmax",)
    assert model.piece("first").parameters["running_var"].stored.path == "net.Layers(2).TrainedVariance"  # type: ignore[union-attr]


# MatConvNet.


def single(*shape: int) -> np.ndarray[Any, Any]:
    return np.asfortranarray(np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32))


def simple(kind: str, *weights: Any, **options: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "name": kind,
        **({"weights": Cell((1, len(weights)), weights)} if weights else {}),
        **options,
    }


def moments(channels: int) -> np.ndarray[Any, Any]:
    return np.abs(single(channels, 2)) + np.float32(0.5)


SIMPLE = {
    "layers": Cell(
        (1, 9),
        (
            simple("conv", single(3, 2, 2, 6), single(6, 1), pad=row(1, 0, 2, 1), stride=row(2, 1)),
            simple("relu", leak=one(0.1)),
            simple("bnorm", np.abs(single(6, 1)), single(6, 1), moments(6)),
            simple("conv", single(2, 2, 3, 4), nothing(), dilate=one(2)),  # two groups, no biases
            simple("normalize", param=row(4, 1.5, 0.3, 0.6)),
            simple("pool", method="max", pool=row(3, 3), stride=one(3), pad=row(0, 1, 0, 1)),
            simple("pool", method="avg", pool=row(2, 2), stride=one(1), pad=row(1, 1, 0, 1)),
            simple("convt", single(2, 3, 5, 4), single(1, 5), upsample=row(2, 2), crop=row(0, 1, 1, 0)),
            simple("softmaxloss"),
        ),
    ),
    "meta": {
        "normalization": {"imageSize": row(12, 11, 2), "averageImage": single(1, 1, 2)},
        "classes": {"name": Cell((1, 2), ("n1", "n2")), "description": Cell((1, 2), ("cat", "dog"))},
    },
}
OLD = {
    "layers": Cell(
        (1, 2),
        (
            {
                "type": "conv",
                "filters": single(3, 3, 1, 4),
                "biases": single(1, 4),
                "pad": one(1),
                "stride": one(1),
            },
            {"type": "sigmoid"},
        ),
    )
}


@pytest.mark.parametrize("net", [SIMPLE, OLD], ids=["new", "old"])
def test_networks_of_simplenn(octave: OctaveEngine, net: dict[str, Any]) -> None:
    assert simplenn.is_model(net)
    model = simplenn.imported(net, "net")
    found = proof(octave, model)
    assert found.agrees, told(found)
    if net is SIMPLE:
        assert model.classes == ("cat", "dog")
        assert model.preprocessing[0].shift.tolist() == (-single(1, 1, 2).ravel()).tolist()
        assert model.left == ("softmaxloss: softmaxloss, the loss, as softmax",)
    else:
        assert model.free == ("H", "W")


def block(kind: str, name: str, inputs: str, output: str, params: str = "", **options: Any) -> dict[str, Any]:
    def cell(text: str) -> Cell:
        words = tuple(text.split())
        return Cell((1, len(words)), words)

    told = {"name": name, "type": f"dagnn.{kind}", "inputs": cell(inputs), "outputs": cell(output)}
    return {**told, "params": cell(params), "block": options}


def dag(*blocks: dict[str, Any], **params: Any) -> dict[str, Any]:
    fields = tuple(blocks[0])
    values = tuple({"name": name, "value": value} for name, value in params.items())
    return {
        "vars": StructArray((1, 0), ("name",), ()),
        "params": StructArray((1, len(values)), ("name", "value"), values),
        "layers": StructArray((1, len(blocks)), fields, blocks),
        "meta": nothing(),
    }


DAG = dag(
    block("Sum", "sum", "x2 x3", "x4"),  # not in order
    block("Conv", "conv", "data", "x1", "f b", pad=row(1, 1, 1, 1), stride=one(1), hasBias=yes(True)),
    block("BatchNorm", "bn", "x1", "x2", "g o m", epsilon=one(1e-4)),
    block("ReLU", "relu", "x1", "x3", leak=one(0)),
    block("Concat", "cat", "x4 x1", "x5", dim=one(3)),
    block("Scale", "scale", "x5", "x6", "s sb", hasBias=yes(True)),
    block("ConvTranspose", "up", "x6", "x7", "t", upsample=one(2), crop=row(0, 1, 0, 1), numGroups=one(1)),
    block("Crop", "crop", "x7 x1", "x8", crop=row(1, 2)),
    block("Pooling", "pool", "x8", "x9", method="max", poolSize=row(3, 2), pad=row(1, 0, 0, 1), stride=row(2, 2)),
    block("DropOut", "drop", "x9", "x10", rate=one(0.5)),
    block("SoftMax", "prob", "x10", "p"),
    block("Loss", "objective", "p label", "objective"),
    f=single(3, 3, 2, 4),
    b=single(4, 1),
    g=single(4, 1),
    o=single(4, 1),
    m=moments(4),
    s=single(1, 1, 8),
    sb=single(1, 1, 8),
    t=single(3, 3, 5, 8),
)  # fmt: skip


def test_networks_of_dagnn(octave: OctaveEngine) -> None:
    model = dagnn.imported(DAG, "net")
    assert not model.holes
    assert model.left == ("objective: dagnn.Loss, the loss",)
    found = proof(octave, model)
    assert found.agrees, told(found)


# Every wrong variant is seen.


def changed(model: Imported, name: str, parameter: str, how: Any) -> Imported:
    """Return the model with another value of a parameter, as a wrong rule would make it."""
    pieces = []
    for piece in model.pieces:
        if piece.name == name:
            value = np.ascontiguousarray(how(piece.parameters[parameter].value))
            wrong = Parameter(Stored("wrong", value), ())
            piece = replace(piece, parameters={**piece.parameters, parameter: wrong})
        pieces.append(piece)
    return replace(model, pieces=tuple(pieces))


def with_layer(model: Imported, name: str, **options: Any) -> Imported:
    """Return the model with other options of a layer."""
    pieces = []
    for piece in model.pieces:
        if piece.name == name:
            layer = piece.layer
            piece = replace(piece, layer=type(layer)(**{**layer.options(), **options}))  # type: ignore[union-attr]
        pieces.append(piece)
    return replace(model, pieces=tuple(pieces))


def gates(order: list[int]) -> Any:
    return lambda x: np.concatenate([np.split(x, 4)[k] for k in order])


def made(name: str) -> Imported:
    return toolbox.imported(TOOLBOX[name], "net")


IMAGES = "batch normalisation of images and of rows"
WRONG = {
    "flipped": lambda: changed(simplenn.imported(SIMPLE, ""), "conv", "weight", lambda w: w[:, :, ::-1, ::-1]),
    "a sign": lambda: changed(simplenn.imported(SIMPLE, ""), "conv", "weight", lambda w: -w),
    "transposed": lambda: changed(simplenn.imported(OLD, ""), "conv1", "weight", lambda w: w.transpose(0, 1, 3, 2)),
    "permuted": lambda: changed(simplenn.imported(OLD, ""), "conv1", "weight", lambda w: w[[1, 0, 2, 3]]),
    "var = sigma": lambda: changed(simplenn.imported(SIMPLE, ""), "bnorm", "running_var", np.sqrt),
    "eps twice": lambda: with_layer(simplenn.imported(SIMPLE, ""), "bnorm", eps=1e-4),
    "eps forgotten": lambda: with_layer(made(IMAGES), "first", eps=0.0),
    "N - 1": lambda: changed(made(IMAGES), "first", "running_var", lambda v: v * 100 / 99),
    "naive flatten": lambda: changed(
        made(IMAGES), "fc", "weight",
        lambda w: w.reshape(3, 4, 5, 6).transpose(1, 2, 0, 3).reshape(60, 6),
    ),
    "a shift of 0.9 % of the range": lambda: changed(
        made(IMAGES), "second", "bias", lambda b: b + np.float32(0.009 * np.ptp(b))
    ),
    "padding counts": lambda: with_layer(simplenn.imported(SIMPLE, ""), "pool_2", count_include_pad=True),
    "padding does not count": lambda: with_layer(made("pooling"), "counted", count_include_pad=False),
    "alpha not times N": lambda: with_layer(simplenn.imported(SIMPLE, ""), "normalize", alpha=0.3),
    "steps turned round": lambda: changed(
        made("convolutions over steps"), "causal_dilated", "weight", lambda w: w[:, :, ::-1]
    ),
    "padding at both ends": lambda: with_layer(
        made("convolutions over steps"), "causal_dilated", pad=(2, 2)
    ),
    "the larger half of a padding first": lambda: with_layer(
        made("convolutions over steps"), "same_strided", pad=(2, 1), floor=True
    ),
    "padding of steps does not count": lambda: with_layer(
        made("pooling over steps"), "counted", count_include_pad=False
    ),
    "a maximum for a mean": lambda: with_layer(made("pooling over steps"), "mean", kind="max"),
    "gate order": lambda: changed(made("lstm"), "lstm", "weight", gates([0, 2, 1, 3])),
    "gates of ONNX": lambda: changed(made("lstm"), "lstm", "recurrent_weight", gates([0, 3, 1, 2])),
    "another reset": lambda: with_layer(made("gru"), "after", reset="before"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_every_wrong_variant_is_seen(octave: OctaveEngine, name: str) -> None:
    model = WRONG[name]()
    found = verify(model, [port_of(model, "float64"), port_of(model, "float32")], octave)
    assert [result.status.value for result in found.results] == ["differs", "differs"]
    assert found.results[0].divergence is not None


# Rules.


def test_rules_are_undone_to_the_last_bit() -> None:
    x = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5, order="F")
    chain = Chain.of(x.shape).then(
        rules.permute(3, 2, 0, 1), rules.flip(2, 3), rules.blocks(0, [4, 2, 0, 1, 3])
    )
    chain = chain.to(20, 6, order="C").then(rules.cast("float32", "float64"))
    made = rules.apply(chain, x)
    assert made.shape == (20, 6)
    assert rules.exact(chain)
    back = rules.undo(chain, made)
    assert back.dtype == x.dtype
    assert np.array_equal(back, x)
    assert not rules.exact([rules.square()])
    with pytest.raises(FormatError, match="cannot be undone"):
        rules.undo([rules.square()], made)
    with pytest.raises(FormatError, match="cannot be understood"):
        rules.apply([{"rule": "exec"}], made)
    with pytest.raises(FormatError, match="does not fit"):
        rules.apply([rules.permute(0, 1)], x)


# What cannot be a model.

INPUT = image_input(4, 4, 2)
RELUS = (layer("ReLULayer", "a"), layer("ReLULayer", "b"))


def conv(channels: int, filters: int, **options: Any) -> Object:
    return series(INPUT, M.convolution("c", (3, 3), channels, filters, **options))


def steps(**options: Any) -> Object:
    return series(SEQUENCE, M.step_convolution("c", 3, 3, 4, **options))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (conv(5, 2), "c: .*wanted filters of"),
        (conv(2, 2, Bias=M.bias(1, 1, 7)), r"Bias.*wanted 2 values, got 1x1x7"),
        (conv(2, 2, FilterSize=row(5, 5)), "wanted filters of 5x5"),
        (conv(2, 2, Weights={"Value": np.full((3, 3, 2, 2), np.nan)}), "NaN"),
        (conv(2, 2, Stride="fast"), r"Stride: wanted numbers, got the text 'fast'"),
        (steps(FilterSize=one(5)), r"Weights.*wanted filters \(5, channels, filters\), got 3x3x4"),
        (steps(Bias=M.bias(1, 5)), "Bias.*wanted 4 values, got 1x5"),
        (steps(NumChannels=one(2), Weights=M.weights(3, 2, 4)), "c: .*wanted filters of 3 channels"),
        (steps(Stride=row(2, 1)), r"Stride: wanted 1 numbers, got 2"),
        (steps(PaddingSize=row(1, 1, 1, 1)), r"PaddingSize: wanted 1 or 2 numbers, got 4"),
        (
            steps(FilterSize=one(9), Weights=M.weights(9, 3, 4)),
            "c: .*a window of 9 does not fit into steps 8",
        ),
        (
            series(SEQUENCE, step_pooling("Max", "p", 2, PaddingSize=row(0, 2))),
            "p.*smaller than the window, 2",
        ),
        (series(INPUT, M.connected("f", 3, 31)), "31 weights an output, and 4x4x2 inputs"),
        (series(INPUT, ("ReLULayer", {"Name": np.zeros((2, 2))})), "Name: wanted text"),
        (wired("DAGNetwork", [("input", "a"), ("a", "b"), ("b", "a")], INPUT, *RELUS), "circle: a, b"),
        (wired("DAGNetwork", [("input", "nobody")], INPUT), "'nobody', and there is none"),
        (Object("SeriesNetwork", (1, 1), [{"any": {"Version": one(1)}}]), "without Layers"),
    ],
    ids=[f"{k}" for k in range(17)],
)
def test_what_cannot_be_a_model_is_one_error(model: Object, words: str) -> None:
    with pytest.raises((FormatError, GraphError), match=words):
        toolbox.imported(model, "net").graph()


def test_holes_and_layers_that_were_not_trained_are_named() -> None:
    model = toolbox.imported(
        series(
            image_input(4, 4, 2),
            M.convolution("conv", (3, 3), 2, 2, Weights={"Value": nothing()}, Bias={"Value": nothing()}),
            layer("my.own.FancyLayer", "import os; print('here')", Factor=one(3)),
        ),
        "net",
    )
    assert [(h.original, h.kind) for h in model.holes] == [("import os; print('here')", "my.own.FancyLayer")]
    assert model.holes[0].name == "import_os_print_here"
    assert model.holes[0].properties["Factor"] == "3.0, a 1x1 double"
    with pytest.raises(GraphError, match=r"import os; print.*FancyLayer"):
        model.graph()
    from pybn.layers import Relu

    with pytest.raises(GraphError, match=r"was not trained: .* conv.weight, conv.bias"):
        model.filled({"my.own.FancyLayer": Relu}).graph()
    assert model.untrained == ("conv.weight", "conv.bias")


def test_windows_over_steps_of_other_kinds() -> None:
    for change in (
        {"PaddingValue": "symmetric-include-edge"},
        {"PaddingValue": one(1)},
        {"PaddingMode": "mirrored"},
    ):
        assert [hole.original for hole in toolbox.imported(steps(**change), "net").holes] == ["c"]
    bare = toolbox.imported(steps(Weights={"Value": nothing()}, Bias={"Value": nothing()}), "net")
    assert bare.untrained == ("c.weight", "c.bias")
    assert bare.pieces[1].parameters["weight"].value.shape == (4, 3, 3)
    longest = toolbox.imported(series(longer(9), M.step_convolution("c", 9, 3, 4)), "net")
    assert longest.graph().sizes("c") == (None, 1, 4)  # MATLAB tells how many steps it wants at least
    pictures = series(INPUT, M.step_convolution("c", 3, 3, 4))
    assert [hole.original for hole in toolbox.imported(pictures, "net").holes] == ["c"]


def test_a_layer_of_the_users_fills_a_hole(octave: OctaveEngine) -> None:
    from pybn.layers import Relu, Tanh

    net = series(image_input(4, 4, 2), layer("my.Own", "own"), M.convolution("conv", (3, 3), 2, 2))
    model = toolbox.imported(net, "net").filled({"own": Relu})
    found = proof(octave, model)
    assert found.agrees, told(found)
    assert found.unasked == ("own",)
    assert toolbox.imported(net, "net").filled({"other": Tanh}).holes


def test_a_network_of_100_000_layers_is_refused() -> None:
    many = [layer("ReLULayer", f"r{k}") for k in range(100_000)]
    with pytest.raises(FormatError, match="has more than 20,000 layers"):
        toolbox.imported(series(image_input(1, 1, 1), *many), "net")


def test_older_schemas_and_classes_of_the_users_own(octave: OctaveEngine) -> None:
    kind, fields = M.convolution("conv", (3, 2), 2, 3, 1, Stride=row(2, 1))
    old = {name: value for name, value in fields.items() if not name.startswith(("Padding", "Dilation"))}
    pool = {"PoolSize": row(2, 2), "Stride": row(1, 1), "Padding": row(1, 0)}
    average = {"Normalization": "zerocenter", "AverageImage": single(6, 5, 2)}
    first = {"Name": "input", "InputSize": row(6, 5, 2), **average}
    loss = layer("MyLoss", "loss")[1] | {"LossFunction": "mine", "Classes": nothing()}
    net = series(
        ("ImageInputLayer", first),
        (kind, {**old, "Padding": row(1, 2)}),
        layer("MaxPooling2DLayer", "pool", 1, **pool),
        M.connected("fc", 4, 84),
        ("my.package.MyLoss", loss),
    )  # fmt: skip
    model = toolbox.imported(net, "net")
    assert model.piece("conv").layer.pad == (1, 1, 2, 2)  # type: ignore[union-attr]
    assert model.piece("pool").layer.pad == (1, 1, 0, 0)  # type: ignore[union-attr]
    assert model.left == ("loss: my.package.MyLoss, the loss",)
    assert model.preprocessing[0].shift.shape == (2, 6, 5)
    found = proof(octave, model)
    assert found.agrees, told(found)


def test_a_normalisation_that_is_not_known_is_told() -> None:
    function = Object("function_handle", (1, 1), [{"function": "@(x) x / 2"}])
    model = toolbox.imported(series(image_input(4, 4, 2, normalization=function), RELUS[0]), "net")
    assert model.preprocessing == ()
    assert "input: normalisation by an object of class function_handle is not known here" in model.left[0]


def test_recurrent_layers_that_were_not_trained() -> None:
    empty = {name: {"Value": nothing()} for name in ("InputWeights", "RecurrentWeights", "Bias")}
    model = toolbox.imported(layers_of(SEQUENCE, M.recurrent("BiLSTMLayer", "both", 3, 4, **empty)), "net")
    assert model.untrained == ("both.weight", "both.recurrent_weight", "both.bias")
    assert model.piece("both").parameters["weight"].shape == (32, 3)


def test_sequences_side_by_side(octave: OctaveEngine) -> None:
    connections = [
        ("input", "a"),
        ("input", "b"),
        ("a", "cat/in1"),
        ("b", "cat/in2"),
        ("cat", "last"),
        ("last", "loss"),
    ]
    net = wired(
        "DAGNetwork",
        connections,
        SEQUENCE,
        M.recurrent("LSTMLayer", "a", 3, 2),
        M.recurrent("BiLSTMLayer", "b", 3, 2),
        layer("ConcatenationLayer", "cat", Dim=one(1), NumInputs=one(2)),
        M.recurrent("GRULayer", "last", 6, 2, ReturnSequence=yes(False)),
        layer("weightedClassificationLayer", "loss", Classes=CLASSES),
    )
    model = toolbox.imported(net, "net")
    assert model.classes == ("a", "b")
    found = proof(octave, model)
    assert found.agrees, told(found)


def test_a_model_is_found_inside_others() -> None:
    from pybn.migrate.importers.find import candidates

    net = TOOLBOX["pooling"]
    detector = Object("myDetector", (1, 1), [{"ModelName": "", "any": {"Network": net, "Anchors": one(3)}}])
    told = {"detector": detector, "results": {"best": {"net": net}, "loss": one(0.1)}, "x": one(1)}
    assert [name for name, _ in candidates(told)] == ["detector.Network", "results.best.net"]
