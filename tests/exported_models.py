"""Models as importers give them, of every layer: arrays in MATLAB's layout, and the rules that bring them to ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pybn.graph import Graph, Input
from pybn.layers import (
    AvgPoolLayer,
    BatchNorm,
    ClippedRelu,
    Concat,
    ConvolutionLayer,
    CropLayer,
    Dropout,
    EltWiseAdd,
    EltWiseMul,
    Elu,
    Flatten,
    FullyConnected,
    Gelu,
    GlobalAvgPoolLayer,
    GlobalMaxPoolLayer,
    GroupNorm,
    Gru,
    LayerNorm,
    LeakyRelu,
    LocalResponseNorm,
    Lstm,
    MaxPoolLayer,
    PRelu,
    Relu,
    ScaleLayer,
    SequenceAvgPool,
    SequenceConvolution,
    SequenceGlobalPool,
    SequenceMaxPool,
    Sigmoid,
    Softmax,
    Softplus,
    SpatialBatchNorm,
    Swish,
    Tanh,
    TransposedConvolutionLayer,
)
from pybn.layers.base import Layer
from pybn.migrate import rules
from pybn.migrate.export import Export, export
from pybn.migrate.export import run_exported as run_exported
from pybn.migrate.exporters.base import plan
from pybn.migrate.exporters.torch import built, source
from pybn.migrate.imported import Imported, Parameter, Piece, Preprocessing, Stored

Array = Any
FLOAT, DOUBLE = 3e-6, 1e-14  # of the largest number of a node: what single and double leave
OIHW = rules.permute(3, 2, 0, 1)


class Maker:
    """Makes pieces one after the other, each of the one before where nothing else is said; numbers of one stream."""

    def __init__(self, dtype: str = "float32") -> None:
        self.random = np.random.RandomState(6)
        self.dtype = dtype
        self.pieces: list[Piece] = []

    def stored(self, path: str, *shape: int, low: float = -1.0, high: float = 1.0) -> Stored:
        """An array of MATLAB's."""
        values = self.random.uniform(low, high, shape)
        return Stored(path, np.asfortranarray(values, self.dtype))

    def add(
        self,
        name: str,
        layer: Layer | Input,
        *inputs: str,
        notes: tuple[str, ...] = (),
        **parameters: Parameter,
    ) -> str:
        """Add a piece, and return its name."""
        before = () if isinstance(layer, Input) else (self.pieces[-1].name,)
        taken = inputs or before
        self.pieces.append(
            Piece(name, f"{name}/1", type(layer).__name__, layer, taken, parameters, notes=notes)
        )
        return name

    def bias(self, name: str, size: int) -> Parameter:
        """(1,1,C), as the toolbox has it."""
        stored = self.stored(f"net.{name}.Bias", 1, 1, size)
        return Parameter(stored, (rules.reshape((1, 1, size), (size,)),))

    def conv(self, name: str, layer: ConvolutionLayer, shape: tuple[int, ...], *inputs: str) -> str:
        """A convolution of a weight (kH,kW,Cin/groups,F)."""
        weight = Parameter(self.stored(f"net.{name}.Weights", *shape), (OIHW,))
        return self.add(name, layer, *inputs, weight=weight, bias=self.bias(name, shape[3]))

    def deconv(
        self, name: str, layer: TransposedConvolutionLayer, shape: tuple[int, ...], *inputs: str
    ) -> str:
        """A transposed one of a weight (kH,kW,F/groups,Cin)."""
        weight = Parameter(self.stored(f"net.{name}.Weights", *shape), (OIHW,))
        return self.add(name, layer, *inputs, weight=weight, bias=self.bias(name, shape[2] * layer.groups))

    def moments(self, name: str, layer: SpatialBatchNorm | BatchNorm, size: int, *inputs: str) -> str:
        """A batch-norm as MatConvNet has it, C x 2 [mu sigma], sigma small enough that eps counts."""
        moments = self.stored(f"net.{name}.moments", size, 2, low=0.05, high=0.2)
        return self.add(
            name,
            layer,
            *inputs,
            notes=("variance = sigma^2 - eps",),
            weight=Parameter(self.stored(f"net.{name}.g", size)),
            bias=self.bias(name, size),
            running_mean=Parameter(moments, (rules.take(1, 0, 2),)),
            running_var=Parameter(moments, (rules.take(1, 1, 2), rules.square(layer.eps))),
        )

    def connected(self, name: str, sizes: tuple[int, int, int], outputs: int, *inputs: str) -> str:
        """A fully connected one as the toolbox has it, (H,W,C,Out)."""
        height, width, channels = sizes
        chain = (
            rules.permute(2, 0, 1, 3),
            rules.reshape((channels, height, width, outputs), (channels * height * width, outputs), "C"),
        )
        weight = Parameter(self.stored(f"net.{name}.Weights", *sizes, outputs), chain)
        return self.add(name, FullyConnected(), *inputs, weight=weight, bias=self.bias(name, outputs))

    def rows(self, name: str, sizes: tuple[int, int], *inputs: str) -> str:
        """A fully connected one of rows, (Out,In)."""
        weight = Parameter(self.stored(f"net.{name}.W", sizes[1], sizes[0]), (rules.permute(1, 0),))
        return self.add(name, FullyConnected(), *inputs, weight=weight, bias=self.bias(name, sizes[1]))

    def imported(self, *outputs: str, **more: Any) -> Imported:
        """All of it."""
        return Imported("a model of the tests", tuple(self.pieces), outputs, **more)


def images(dtype: str = "float32") -> Imported:
    """Every layer of images, with all that they may be told."""
    make = Maker(dtype)
    make.add("data", Input((None, 4, 9, 8)))
    make.conv("conv", ConvolutionLayer((2, 1), (0, 2, 1, 0), dilation=(2, 1)), (3, 2, 4, 6))
    make.moments("bn", SpatialBatchNorm(eps=1e-5, momentum=0.75), 6)
    make.add("relu", Relu())
    make.conv("grouped", ConvolutionLayer(1, 1, groups=2), (3, 3, 3, 4))
    make.add("leaky", LeakyRelu(0.2))
    make.add("max_even", MaxPoolLayer(3, 3, 1, pad=1))
    make.add("max_uneven", MaxPoolLayer(3, 3, 2, pad=(0, 1, 1, 2)), "leaky")
    make.add("avg_even", AvgPoolLayer(3, 3, 1, pad=1), "leaky")
    make.add("avg_uneven", AvgPoolLayer(3, 2, 1, pad=(0, 2, 1, 0)), "leaky")
    make.add("avg_counted", AvgPoolLayer(3, 3, 1, pad=1, count_include_pad=True), "leaky")
    make.add("avg_counted_uneven", AvgPoolLayer(3, 2, 1, pad=(2, 0, 0, 1), count_include_pad=True), "leaky")
    make.add("max_floored", MaxPoolLayer(3, 3, 2, floor=True), "leaky")
    make.add("max_deep", MaxPoolLayer(3, 3, 1, pad=2), "leaky")
    make.add("avg_deep", AvgPoolLayer(3, 3, 1, pad=2), "leaky")
    make.deconv("up_deep", TransposedConvolutionLayer(2, 2), (2, 2, 3, 4), "leaky")
    make.add("avg_floored", AvgPoolLayer(3, 3, 2, pad=(0, 1, 1, 1), floor=True), "leaky")
    make.conv("conv_floored", ConvolutionLayer(3, floor=True), (2, 3, 4, 2), "leaky")
    make.add("sum", EltWiseAdd(), "max_even", "avg_even", "avg_counted")
    make.add("joined", Concat(), "sum", "leaky")
    make.add("norm_odd", LocalResponseNorm(3, 0.05, 0.75, 1.5))
    make.add("norm_even", LocalResponseNorm(4, 2.0, 0.6, 1.5))
    make.add("dropout", Dropout(0.3))
    make.deconv("up", TransposedConvolutionLayer(2, 1), (3, 3, 3, 8))
    make.deconv(
        "up_uneven", TransposedConvolutionLayer((2, 3), (0, 2, 1, 0), groups=2), (4, 3, 3, 8), "dropout"
    )
    make.add("tanh", Tanh())
    make.add("average", GlobalAvgPoolLayer())
    make.add("largest", GlobalMaxPoolLayer(), "tanh")
    make.add("both", EltWiseAdd(), "average", "largest")
    make.connected("scores", (1, 1, 6), 5)
    make.add("sigmoid", Sigmoid(), "up")
    make.add("pixels", Softmax("NCHW"))
    height, width = make.imported("pixels").graph().sizes("up")[2:]
    assert height is not None
    assert width is not None
    make.connected("flat", (height, width, 3), 7, "up")
    make.add("classes", Softmax())
    outputs = ("max_uneven", "avg_uneven", "avg_counted_uneven", "max_floored", "avg_floored", "conv_floored")
    outputs = (*outputs, "max_deep", "avg_deep", "up_deep", "scores", "pixels", "classes")
    stage = Preprocessing("data", np.array([2.0, 0.5, 1.0, 3.0]), np.array(-0.25), "rescale")
    return make.imported(
        *outputs, preprocessing=(stage,), classes=("a", "b"), meta={"size": np.array([9, 8])}
    )


def as_torch(model: Imported) -> tuple[str, dict[str, Any], dict[str, str]]:
    """A model as PyTorch's, in double: the text of the module, the tensors, and attributes by node."""
    import torch

    build = built(plan(model, "float64"))
    state = {one.name: torch.from_numpy(np.array(one.value)) for one in build.tensors}
    return source(build), state, {name: one for name, one in build.names.items() if "." not in name}


def in_process(text: str, state: dict[str, Any], names: dict[str, str], inputs: Any) -> dict[str, Any]:
    """What each node of such a model makes, in this process."""
    import torch

    space: dict[str, Any] = {"__name__": "made"}
    exec(compile(text, "made.py", "exec"), space)  # noqa: S102  # our own module
    model = space["Model"]().double()
    model.load_state_dict(state, strict=True)
    model.eval()
    found: dict[str, Any] = dict(inputs)
    for name, attribute in names.items():
        if hasattr(model, attribute):
            getattr(model, attribute).register_forward_hook(
                lambda _, __, y, name=name: found.update({name: y.detach().numpy()})
            )
    with torch.no_grad():
        model(*map(torch.from_numpy, inputs.values()))
    return found


def table() -> Imported:
    """Every layer of rows."""
    make = Maker("float64")
    make.add("x1", Input((None, 5)))
    make.rows("first", (5, 6))
    make.moments("bn", BatchNorm(eps=1e-3), 6)
    make.add("tanh", Tanh())
    make.add("x2", Input((None, 3)))
    make.add("joined", Concat(), "tanh", "x2")
    make.rows("second", (9, 4))
    make.add("classes", Softmax())
    return make.imported("classes")


def recurrent(make: Maker, name: str, layer: Lstm | Gru, size: int, hidden: int, *inputs: str) -> str:
    """A recurrent layer as the toolbox has it: InputWeights, RecurrentWeights, Bias (rows, 1)."""
    rows = layer.gates * hidden * (2 if layer.direction == "both" else 1)
    biases = 2 * rows if getattr(layer, "reset", "") == "recurrent-bias" else rows
    bias = Parameter(make.stored(f"net.{name}.Bias", biases, 1), (rules.reshape((biases, 1), (biases,)),))
    return make.add(
        name,
        layer,
        *inputs,
        weight=Parameter(make.stored(f"net.{name}.InputWeights", rows, size)),
        recurrent_weight=Parameter(make.stored(f"net.{name}.RecurrentWeights", rows, hidden)),
        bias=bias,
    )


def sequences() -> Imported:
    """Every layer of sequences, with all that they may be told."""
    make = Maker()
    make.add("data", Input((None, 5, 3)))
    recurrent(make, "lstm", Lstm(), 3, 4)
    recurrent(make, "both", Lstm(direction="both"), 4, 3)
    recurrent(make, "last", Lstm("last", "both"), 6, 2)
    recurrent(make, "backward", Lstm(direction="backward"), 6, 2, "both")
    recurrent(make, "hard", Lstm("last", "backward", gate_activation="hard-sigmoid"), 2, 3)
    recurrent(make, "soft", Lstm(direction="both", state_activation="softsign"), 3, 2, "data")
    recurrent(make, "straight", Lstm("last", state_activation="relu"), 3, 2, "data")
    for reset in ("after", "before", "recurrent-bias"):
        name = f"gru_{reset.partition('-')[0]}"
        recurrent(make, name, Gru(reset=reset), 3, 4, "data")
        recurrent(make, f"{name}_both", Gru("last", "both", reset=reset), 4, 2)
        recurrent(make, f"{name}_backward", Gru(direction="backward", reset=reset), 4, 2, name)
        recurrent(make, f"{name}_hard", Gru(reset=reset, gate_activation="hard-sigmoid"), 2, 3)
    weight = Parameter(make.stored("net.rows.W", 5, 4), (rules.permute(1, 0),))
    make.add("rows", FullyConnected("NTC"), "lstm", weight=weight, bias=make.bias("rows", 5))
    make.moments("bn", BatchNorm(eps=1e-5, layout="NTC"), 5)
    make.add("joined", Concat("NTC"), "bn", "lstm")
    make.add("classes", Softmax("NTC"))
    outputs = [p.name for p in make.pieces[1:]]
    taken = {name for piece in make.pieces for name in piece.inputs}
    return make.imported(*(name for name in outputs if name not in taken), free=("T",))


def more() -> Imported:
    """Layers that came later: images, rows of them, and sequences."""
    make = Maker()

    def pair(name: str, *shape: int) -> dict[str, Parameter]:
        return {key: Parameter(make.stored(f"net.{name}.{key}", *shape)) for key in ("weight", "bias")}

    make.add("data", Input((None, 4, 5, 6)))
    make.add("clipped", ClippedRelu(0.7))
    make.add("elu", Elu(0.8), "data")
    make.add("swish", Swish(), "data")
    make.add("gelu", Gelu(), "data")
    make.add("gelu_tanh", Gelu("tanh"), "data")
    make.add("softplus", Softplus(), "data")
    make.add("product", EltWiseMul(), "elu", "swish", "softplus")
    make.add("sum", EltWiseAdd(), "clipped", "gelu", "gelu_tanh", "product")
    make.add("groups", GroupNorm(2, eps=1e-3), **pair("groups", 4))
    make.add("whole", GroupNorm(1), "sum", **pair("whole", 4))
    make.add("instance", GroupNorm(4), "sum", **pair("instance", 4))
    make.add("slopes", PRelu(), weight=Parameter(make.stored("net.slopes", 4)))
    make.add("scaled", ScaleLayer(), "groups", **pair("scaled", 4))
    make.add("elements", ScaleLayer(), "whole", **pair("elements", 4, 5, 6))
    make.add("small", MaxPoolLayer(3, 3, 1, pad=(0, 1, 0, 0)), "elements")
    make.add("cropped", CropLayer((1, 2)), "slopes", "small")
    make.add("rows", Flatten())
    make.add("columns", Flatten(order="column"), "scaled")
    make.add("row_norm", LayerNorm(1e-3), **pair("row_norm", 120))
    make.add("row_scaled", ScaleLayer(), **pair("row_scaled", 120))
    make.add("row_slopes", PRelu(), weight=Parameter(make.stored("net.row_slopes", 120)))
    make.add("steps", Input((None, 4, 4)))
    make.add("step_norm", LayerNorm(), **pair("step_norm", 4))
    make.add("step_scaled", ScaleLayer("NTC"), **pair("step_scaled", 4))
    make.add("step_slopes", PRelu("NTC"), weight=Parameter(make.stored("net.step_slopes", 4)))
    steep = Parameter(make.stored("net.steep", 4, low=20, high=40))
    make.add("steep", ScaleLayer("NTC"), "steps", weight=steep, bias=steep)
    make.add("curve", Softplus())
    return make.imported("rows", "row_slopes", "step_slopes", "curve")


def steps() -> Imported:
    """Windows over the steps of sequences, with all that they may be told, on sequences of any length."""
    make = Maker()

    def conv(name: str, layer: SequenceConvolution, shape: tuple[int, int, int], *inputs: str) -> None:
        """A convolution of a weight (k,Cin/groups,F), as the toolbox has it."""
        weight = Parameter(make.stored(f"net.{name}.Weights", *shape), (rules.permute(2, 1, 0),))
        make.add(name, layer, *inputs, weight=weight, bias=make.bias(name, shape[2]))

    make.add("data", Input((None, 11, 4)))
    conv("causal", SequenceConvolution(1, (4, 0), dilation=2), (3, 4, 6))
    conv("uneven", SequenceConvolution(2, (1, 2), floor=True), (3, 6, 4))
    conv("grouped", SequenceConvolution(pad=1, groups=2), (3, 2, 6))
    conv("same", SequenceConvolution(pad="same"), (4, 4, 6), "data")
    conv("same_strided", SequenceConvolution(3, "same", dilation=2), (3, 6, 4))
    conv("same_apart", SequenceConvolution(3, "same"), (5, 6, 5), "same")
    conv("beyond", SequenceConvolution(2, "same"), (1, 4, 3), "data")
    make.add("max_uneven", SequenceMaxPool(3, 2, pad=(0, 2), floor=True), "causal")
    make.add("max_same", SequenceMaxPool(4, 3, pad="same"), "causal")
    make.add("avg_uneven", SequenceAvgPool(3, 1, pad=(2, 0)), "causal")
    make.add("avg_counted", SequenceAvgPool(3, 2, pad=(2, 1), floor=True, count_include_pad=True), "causal")
    make.add("avg_same", SequenceAvgPool(4, 3, pad="same"), "causal")
    make.add("avg_same_counted", SequenceAvgPool(4, 3, pad="same", count_include_pad=True), "causal")
    make.add("mean", SequenceGlobalPool("avg"), "grouped")
    make.add("largest", SequenceGlobalPool("max"), "grouped")
    taken = {name for piece in make.pieces for name in piece.inputs}
    return make.imported(*(p.name for p in make.pieces if p.name not in taken), free=("T",))


MODELS = {"images": images, "table": table, "sequences": sequences, "more": more, "steps": steps}


def inputs_of(imported: Imported, batch: int = 3, seed: int = 1) -> dict[str, Array]:
    """Numbers for every input, in double."""
    random = np.random.RandomState(seed)
    found = {}
    for piece in imported.pieces:
        if isinstance(piece.layer, Input):
            found[piece.name] = random.standard_normal(piece.layer.with_batch(batch))
    return found


def answers(imported: Imported, inputs: Mapping[str, Array], dtype: str = "float64") -> dict[str, Array]:
    """What the port makes at every node, computed in double unless another dtype is named."""
    found: dict[str, Array] = {}
    for output in imported.outputs:
        graph: Graph = imported.graph(dtype, output=output)
        graph.predict({name: inputs[name].astype(dtype) for name in graph.inputs})
        found |= {node.name: graph.activation(node.name) for node in graph.nodes if graph.leads(node.name)}
    return found


def errors(got: Mapping[str, Array], wanted: Mapping[str, Array]) -> dict[str, float]:
    """The worst error of each node, in parts of its largest number; inf where the shape is another."""
    found = {}
    for name, y in wanted.items():
        x = got[name]
        same = x.shape == y.shape and bool(np.isfinite(x).all())
        found[name] = float(np.abs(x - y).max() / np.abs(y).max()) if same else np.inf
    return found


def first_wrong(found: Mapping[str, float], limit: float) -> str | None:
    """The first node, in the order in which they run, whose error is above a limit."""
    return next((name for name, error in found.items() if not error <= limit), None)


def exported(model: Imported, folder: Path, suffix: str, **options: Any) -> Export:
    """A model, written."""
    return export(model, folder / f"net{suffix}", **options)
