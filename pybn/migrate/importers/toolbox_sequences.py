"""Recurrent layers of the Deep Learning Toolbox."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn import layers as pybn_layers
from pybn.errors import FormatError
from pybn.migrate.imported import Parameter
from pybn.migrate.importers.building import Made, array, empty, parameter, unlearnt, whole_numbers
from pybn.migrate.importers.toolbox_given import Given, oracle, times, truth, vector
from pybn.migrate.rules import Chain

NAMES = {"weight": "InputWeights", "recurrent_weight": "RecurrentWeights", "bias": "Bias"}
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
