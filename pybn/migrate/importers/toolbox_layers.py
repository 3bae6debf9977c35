"""Layers of the Deep Learning Toolbox, each as a pybn layer and in MATLAB's own terms.

Every function takes what the file gives of a layer and returns it made, or None where it is of a kind, or of options,
that are not known here. Parameters that the file does not have are left out: the network was not trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.layers.base import Array
from pybn.migrate.importers.building import (
    Made,
    empty,
    full,
    number_of,
    parameter,
    times,
    unlearnt,
    vector,
    whole_numbers,
)
from pybn.migrate.importers.toolbox_given import Given, bias_of, oracle
from pybn.migrate.importers.toolbox_norms import (
    batch_norm,
    cross_channel_norm,
    group_norm,
    instance_norm,
    layer_norm,
)
from pybn.migrate.importers.toolbox_sequences import convolution as step_convolution
from pybn.migrate.importers.toolbox_sequences import global_pooling, gru, lstm, step_pooling
from pybn.migrate.importers.toolbox_windows import convolution, pooling, transposed_convolution
from pybn.migrate.rules import Chain, permute


def fully_connected(given: Given) -> Made | None:
    """Fully connected: Weights (H, W, C, Out), counted as MATLAB counts, or (Out, In) of the same order."""
    weights, bias = given.learnt("Weights"), given.learnt("Bias")
    parameters = {}
    if weights is not None:
        path, value = weights
        outputs = (
            bias[1].size
            if bias is not None
            else whole_numbers(given.fields.get("OutputSize"), f"{given.path}.OutputSize")[-1]
        )
        parameters = {"weight": parameter(path, value, _dense(given, path, value, outputs))}
        parameters |= bias_of(bias, outputs)
    elif given.sizes and given.sizes[0] is not None:
        inputs = math.prod(n or 1 for n in (given.sizes[0][-1:] if given.rank == 3 else given.sizes[0]))
        count = whole_numbers(given.fields.get("OutputSize"), f"{given.path}.OutputSize")[-1]
        parameters = {"weight": unlearnt(inputs, count), "bias": unlearnt(count)}
    told = oracle("fc", weights=weights, bias=bias)
    return Made(
        pybn_layers.FullyConnected("NTC" if given.rank == 3 else "NCHW"),
        parameters,
        told,
        ("images are flattened row by row, channel by channel",),
    )


def _dense(given: Given, path: str, value: Array, outputs: int) -> Chain:
    """Return the rules that make (D, M) of weights: D counted as the port flattens, over C, then H, then W."""
    chain = Chain.of(value.shape)
    inputs = value.size // max(outputs, 1)
    if inputs * outputs != value.size:
        raise FormatError(f"{path}: {times(value)} weights are no multiple of {outputs} outputs")
    first = value.ndim == 2 and value.shape == (outputs, inputs)
    height, width, channels = 1, 1, inputs
    if given.rank == 4 and given.sizes[0] is not None:
        channels, height, width = (int(n or 1) for n in given.sizes[0][1:])
    elif value.ndim >= 3 and not first:
        height, width, channels, _ = full(value, 4)[:4]
    if height * width * channels != inputs:
        raise FormatError(f"{path}: {inputs} weights an output, and {height}x{width}x{channels} inputs")
    if first:
        chain = chain.then(permute(1, 0))
    return chain.to(height, width, channels, outputs).then(permute(2, 0, 1, 3)).to(inputs, outputs, order="C")


def plain(name: str, kind: str, *options: tuple[str, str, float]) -> Callable[[Given], Made | None]:
    """A layer without parameters: options are (the file's field, the argument, what it is where it is not said)."""

    def made(given: Given) -> Made | None:
        make: Any = getattr(pybn_layers, name, None)
        if make is None:
            return None
        values = {argument: given.number(told, instead) for told, argument, instead in options}
        return Made(make(**values), {}, oracle(kind, values))

    return made


def on_images(name: str, kind: str) -> Callable[[Given], Made | None]:
    """A layer of images alone."""

    def made(given: Given) -> Made | None:
        return Made(getattr(pybn_layers, name)(), {}, oracle(kind)) if given.rank in (4, None) else None

    return made


def softmax(given: Given) -> Made:
    """Softmax over the channels."""
    layout = {4: "NCHW", 3: "NTC"}.get(given.rank or 0)
    return Made(pybn_layers.Softmax(layout), {}, oracle("softmax"))


def dropout(given: Given) -> Made:
    """Dropout, which does nothing in prediction."""
    return Made(pybn_layers.Dropout(given.number("Probability", 0.5)), {}, oracle("identity"))


def gelu(given: Given) -> Made | None:
    """GELU, exact or by tanh."""
    make: Any = getattr(pybn_layers, "Gelu", None)
    if make is None:
        return None
    by_tanh = given.text("Approximation", "none") == "tanh"
    return Made(make("tanh") if by_tanh else make(), {}, oracle("gelu", {"by_tanh": by_tanh}))


def p_relu(given: Given) -> Made | None:
    """PReLU: one slope a channel, or one for all."""
    make: Any = getattr(pybn_layers, "PRelu", None)
    alpha = given.learnt("Alpha")
    if make is None:
        return None
    return Made(make(), {} if alpha is None else {"weight": vector(*alpha)}, oracle("prelu", alpha=alpha))


def flatten(given: Given) -> Made | None:
    """Flatten: an image becomes a row, counted as MATLAB counts. What follows expects that order."""
    make: Any = getattr(pybn_layers, "Flatten", None)
    if given.rank == 2:
        return Made(pybn_layers.Dropout(0.0), {}, oracle("identity"))
    if make is None or given.rank != 4:
        return None
    return Made(make(order="column"), {}, oracle("flatten"), ("flattened over H, then W, then C",))


def addition(_: Given) -> Made:
    """Addition of all inputs."""
    return Made(pybn_layers.EltWiseAdd(), {}, oracle("add"))


def multiplication(_: Given) -> Made | None:
    """Multiplication of all inputs."""
    make: Any = getattr(pybn_layers, "EltWiseMul", None)
    return None if make is None else Made(make(), {}, oracle("multiply"))


def concatenation(given: Given) -> Made | None:
    """Concatenation along the channels: dimension 3 of images, and of rows that come of images; 1 of others."""
    ranks = {len(sizes) for sizes in given.sizes if sizes is not None} or {4}
    along = given.fields.get("Dim")
    wanted: tuple[float, ...] = {4: (3,), 2: (1, 3), 3: (1,)}[min(ranks)]
    if len(ranks) > 1 or (not empty(along) and number_of(along, f"{given.path}.Dim") not in wanted):
        return None
    return Made(pybn_layers.Concat("NTC" if ranks == {3} else "NCHW"), {}, oracle("concat"))


LAYERS: dict[str, Callable[[Given], Made | None]] = {
    "Convolution2DLayer": convolution,
    "GroupedConvolution2DLayer": convolution,
    "TransposedConvolution2DLayer": transposed_convolution,
    "BatchNormalizationLayer": batch_norm,
    "GroupNormalizationLayer": group_norm,
    "LayerNormalizationLayer": layer_norm,
    "InstanceNormalizationLayer": instance_norm,
    "CrossChannelNormalizationLayer": cross_channel_norm,
    "FullyConnectedLayer": fully_connected,
    "MaxPooling2DLayer": pooling("max"),
    "AveragePooling2DLayer": pooling("avg"),
    "GlobalAveragePooling2DLayer": on_images("GlobalAvgPoolLayer", "globalavgpool"),
    "GlobalMaxPooling2DLayer": on_images("GlobalMaxPoolLayer", "globalmaxpool"),
    "Convolution1DLayer": step_convolution,
    "MaxPooling1DLayer": step_pooling("max"),
    "AveragePooling1DLayer": step_pooling("avg"),
    "GlobalAveragePooling1DLayer": global_pooling("avg"),
    "GlobalMaxPooling1DLayer": global_pooling("max"),
    "LSTMLayer": lstm,
    "BiLSTMLayer": lstm,
    "GRULayer": gru,
    "ReLULayer": plain("Relu", "relu"),
    "LeakyReLULayer": plain("LeakyRelu", "leakyrelu", ("Scale", "slope", 0.01)),
    "ClippedReLULayer": plain("ClippedRelu", "clippedrelu", ("Ceiling", "ceiling", 6.0)),
    "ELULayer": plain("Elu", "elu", ("Alpha", "alpha", 1.0)),
    "SwishLayer": plain("Swish", "swish"),
    "SoftplusLayer": plain("Softplus", "softplus"),
    "PReLULayer": p_relu,
    "GELULayer": gelu,
    "TanhLayer": plain("Tanh", "tanh"),
    "SigmoidLayer": plain("Sigmoid", "sigmoid"),
    "SoftmaxLayer": softmax,
    "DropoutLayer": dropout,
    "FlattenLayer": flatten,
    "AdditionLayer": addition,
    "MultiplicationLayer": multiplication,
    "DepthConcatenationLayer": concatenation,
    "ConcatenationLayer": concatenation,
}
