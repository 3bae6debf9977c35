"""Layers of sequences of the Deep Learning Toolbox: recurrent ones, and windows over their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.layers.base import Layer
from pybn.migrate.imported import Parameter
from pybn.migrate.importers.building import (
    Made,
    array,
    empty,
    full,
    parameter,
    times,
    unlearnt,
    vector,
    whole_numbers,
)
from pybn.migrate.importers.toolbox_given import Given, bias_of, oracle, truth
from pybn.migrate.rules import Chain, permute

NAMES = {"weight": "InputWeights", "recurrent_weight": "RecurrentWeights", "bias": "Bias"}
LEFT_OUT = "a last position that is not whole is left out"
RESETS = {
    "after-multiplication": ("after", 3),
    "before-multiplication": ("before", 3),
    "recurrent-bias-after-multiplication": ("recurrent-bias", 6),
}


def lstm(given: Given) -> Made | None:
    """LSTM, or both ways: weights (4H, D), (4H, H), (4H, 1), gates i, f, g, o; twice as many rows for both ways."""
    make: Any = getattr(pybn_layers, "Lstm", None)
    both = given.kind == "BiLSTMLayer"
    if make is None or _strange(given):
        return None
    options = _options(given, both=both)
    parameters = _parameters(given, 8 if both else 4, 8 if both else 4)
    notes = ("gates i, f, g, o; states begin at zero",)
    return Made(make(**options), parameters, _oracle(given, "lstm", options), notes)


def gru(given: Given) -> Made | None:
    """GRU: weights (3H, D), (3H, H), bias (3H, 1) or (6H, 1), gates r, z, candidate."""
    make: Any = getattr(pybn_layers, "Gru", None)
    mode = given.text("ResetGateMode", "after-multiplication")
    if make is None or _strange(given) or mode not in RESETS:
        return None
    reset, biases = RESETS[mode]
    options = {**_options(given, both=False), "reset": reset}
    notes = (f"gates r, z, candidate; reset {mode}; states begin at zero",)
    return Made(make(**options), _parameters(given, 3, biases), _oracle(given, "gru", options), notes)


def _hidden(given: Given) -> int:
    return whole_numbers(given.fields.get("NumHiddenUnits"), f"{given.path}.NumHiddenUnits", (1,), 1)[0]


def _strange(given: Given) -> bool:
    """Tell whether a layer takes or hands on its states, or begins with some: that is not known here."""
    if any(truth(given.fields.get(name)) for name in ("HasStateInputs", "HasStateOutputs")):
        return True
    for name in ("CellState", "HiddenState", "InitialCellState", "InitialHiddenState"):
        state = given.fields.get(name)
        value = state.get("Value") if isinstance(state, dict) else state
        if not empty(value) and np.any(array(value, f"{given.path}.{name}")):
            return True
    return given.rank not in (3, None)


def _options(given: Given, *, both: bool) -> dict[str, Any]:
    sequence = given.fields.get("ReturnSequence")
    last = not truth(sequence) if not empty(sequence) else given.text("OutputMode", "sequence") == "last"
    return {
        "output": "last" if last else "sequence",
        "direction": "both" if both else "forward",
        "gate_activation": given.text("GateActivationFunction", "sigmoid"),
        "state_activation": given.text("StateActivationFunction", "tanh"),
    }


def _parameters(given: Given, gates: int, biases: int) -> dict[str, Parameter]:
    hidden = _hidden(given)
    found: dict[str, Parameter] = {}
    for name, told in NAMES.items():
        rows = hidden * (biases if name == "bias" else gates)
        if (each := given.learnt(told)) is None:
            if given.channels is not None:
                shapes = {
                    "weight": (rows, given.channels),
                    "recurrent_weight": (rows, hidden),
                    "bias": (rows,),
                }
                found[name] = unlearnt(*shapes[name])
            continue
        path, value = each
        columns = {"bias": 1, "recurrent_weight": hidden}.get(name)
        if value.shape[0] != rows or value.ndim != 2 or columns not in (None, value.shape[1]):
            wanted = f"({rows}, {'inputs' if columns is None else columns})"
            raise FormatError(f"{path}: wanted {wanted} for {hidden} hidden units, got {times(value)}")
        found[name] = vector(path, value) if name == "bias" else parameter(path, value, Chain.of(value.shape))
    return found


def _oracle(given: Given, kind: str, options: dict[str, Any]) -> Any:
    arrays = {name: given.learnt(told) for name, told in NAMES.items()}
    return oracle(kind, {**options, "hidden": _hidden(given)}, **arrays)


def convolution(given: Given) -> Made | None:
    """1-D convolution over steps, a correlation: Weights (k, C, F), Bias (1, F)."""
    size, stride, dilation = (
        _whole(given, "FilterSize"),
        _whole(given, "Stride", 1),
        _whole(given, "DilationFactor", 1),
    )
    padding = _padding(given, (size - 1) * dilation)
    value = given.fields.get("PaddingValue")
    zeros = empty(value) or (not isinstance(value, str) and given.number("PaddingValue") == 0)
    if padding is None or not zeros or given.rank not in (3, None):
        return None
    weights, bias = given.learnt("Weights"), given.learnt("Bias")
    layer = pybn_layers.SequenceConvolution(stride, padding, dilation=dilation, floor=True)
    options = {**_window(given, size, stride, padding), "dilation": dilation}
    return Made(
        layer,
        _filters(given, size),
        oracle("conv1d", options, weights=weights, bias=bias),
        ("filters (k, C, F) to (F, C, k), not flipped", LEFT_OUT),
    )


def _filters(given: Given, size: int) -> dict[str, Parameter]:
    """Return weight and bias, or the shapes of those that were never trained, where they are known."""
    weights = given.learnt("Weights")
    if weights is None:
        if given.channels is None or empty(given.fields.get("NumFilters")):
            return {}
        count = _whole(given, "NumFilters")
        return {"weight": unlearnt(count, given.channels, size), "bias": unlearnt(count)}
    path, value = weights
    shape = full(value, 3)
    if len(shape) != 3 or shape[0] != size:
        raise FormatError(f"{path}: wanted filters ({size}, channels, filters), got {times(value)}")
    chain = Chain.of(value.shape).to(*shape).then(permute(2, 1, 0))
    return {"weight": parameter(path, value, chain), **bias_of(given.learnt("Bias"), shape[2])}


def step_pooling(kind: str) -> Callable[[Given], Made | None]:
    """1-D pooling over steps."""

    def made(given: Given) -> Made | None:
        size, stride = _whole(given, "PoolSize"), _whole(given, "Stride", 1)
        padding = _padding(given, size - 1)
        if padding is None or given.rank not in (3, None) or truth(given.fields.get("HasUnpoolingOutputs")):
            return None
        options = _window(given, size, stride, padding)
        if kind == "max":
            layer: Layer = pybn_layers.SequenceMaxPool(size, stride, pad=padding, floor=True)
            return Made(layer, {}, oracle("maxpool1d", options), ("padding never wins", LEFT_OUT))
        value = given.fields.get("PaddingValue")
        counted = not (isinstance(value, str) and value == "mean")
        layer = pybn_layers.SequenceAvgPool(size, stride, pad=padding, floor=True, count_include_pad=counted)
        note = "padding counts as zeros" if counted else "padding does not count"
        return Made(layer, {}, oracle("avgpool1d", {**options, "counted": counted}), (note, LEFT_OUT))

    return made


def global_pooling(kind: str) -> Callable[[Given], Made | None]:
    """The mean or the maximum of all steps: sequences become rows."""

    def made(given: Given) -> Made | None:
        if given.rank not in (3, None):
            return None
        return Made(pybn_layers.SequenceGlobalPool(kind), {}, oracle(f"global{kind}pool1d"))

    return made


def _padding(given: Given, before: int) -> tuple[int, int] | str | None:
    """Return the padding, of "causal" the steps `before` that a window sees; None for a kind that is not known."""
    mode = given.text("PaddingMode", "manual")
    if mode in ("same", "causal"):
        return (before, 0) if mode == "causal" else mode
    if mode != "manual":
        return None
    size = given.fields.get("PaddingSize")
    both = [0] if empty(size) else whole_numbers(size, f"{given.path}.PaddingSize", (1, 2))
    return both[0], both[-1]


def _window(given: Given, size: int, stride: int, padding: tuple[int, int] | str) -> dict[str, Any]:
    """Return a window as the file has it: Octave works out for itself what a kind of padding means."""
    mode = given.text("PaddingMode", "manual")
    return {"size": size, "stride": stride, "mode": mode, "pad": padding if mode == "manual" else ()}


def _whole(given: Given, name: str, instead: int | None = None) -> int:
    value = given.fields.get(name)
    if empty(value) and instead is not None:
        return instead
    return whole_numbers(value, f"{given.path}.{name}", (1,), 1)[0]
