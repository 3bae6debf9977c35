"""Recurrent layers as PyTorch says them: its own where they have the options, written out where they have not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pybn.layers import Gru, Lstm
from pybn.migrate import rules
from pybn.migrate.exporters.base import Unit
from pybn.migrate.exporters.torch_builder import Builder
from pybn.migrate.rules import Rule

WAYS = {"forward": ("",), "backward": ("_reverse",), "both": ("", "_reverse")}


def lstm(build: Builder, unit: Unit) -> None:
    """nn.LSTM, whose gates stand in MATLAB's order, with biases of the state that are zeros."""
    layer = unit.layer
    assert isinstance(layer, Lstm)  # noqa: S101
    ways = WAYS[layer.direction]
    hidden, size = _weights(build, unit, ways)
    for k, way in enumerate(ways):
        chain = _part((4 * hidden * len(ways),), k, len(ways))
        build.tensor(unit, "bias", "gate", *chain, name=f"bias_ih_l0{way}")
        build.zeros(unit, f"bias_hh_l0{way}", (4 * hidden,))
    build.note(unit, "gates i, f, g, o as MATLAB has them; bias_hh = 0")
    if _plain(layer):
        _own(build, unit, "SequenceLSTM", (size, hidden), layer)
    else:
        build.module(unit, "StepByStepLSTM", size, hidden, *_options(layer))


def gru(build: Builder, unit: Unit) -> None:
    """nn.GRU where the reset comes after the product with the state's weight."""
    layer = unit.layer
    assert isinstance(layer, Gru)  # noqa: S101
    ways = WAYS[layer.direction]
    hidden, size = _weights(build, unit, ways)
    parts = 2 if layer.reset == "recurrent-bias" else 1
    count = parts * len(ways)
    for k, way in enumerate(ways):
        for part, name in enumerate(("bias_ih_l0", "bias_hh_l0")[:parts]):
            chain = _part((3 * hidden * count,), k * parts + part, count)
            build.tensor(unit, "bias", "gate", *chain, name=f"{name}{way}")
        if parts == 1:
            build.zeros(unit, f"bias_hh_l0{way}", (3 * hidden,))
    build.note(unit, f"gates r, z, candidate as MATLAB has them; reset {layer.reset}")
    if _plain(layer) and layer.reset != "before":
        _own(build, unit, "SequenceGRU", (size, hidden), layer)
    else:
        build.module(unit, "StepByStepGRU", layer.reset == "before", size, hidden, *_options(layer))


def _weights(build: Builder, unit: Unit, ways: tuple[str, ...]) -> tuple[int, int]:
    """Add the weights of each direction, and return how many hidden numbers and how many channels there are."""
    for parameter, name in (("weight", "weight_ih_l0"), ("recurrent_weight", "weight_hh_l0")):
        for k, way in enumerate(ways):
            chain = _part(unit.shape(parameter), k, len(ways))
            build.tensor(unit, parameter, "gate in", *chain, name=f"{name}{way}")
    return unit.shape("recurrent_weight")[1], unit.shape("weight")[1]


def _part(shape: tuple[int, ...], k: int, of: int) -> tuple[Rule, ...]:
    """Return the rules that take one of several equal parts of the rows."""
    if of == 1:
        return ()
    cut = (of, shape[0] // of, *shape[1:])
    return rules.reshape(shape, cut, "C"), rules.take(0, k, of)


def _plain(layer: Lstm | Gru) -> bool:
    """Tell whether PyTorch's own layers have these activations and this direction."""
    usual = (layer.gate_activation, layer.state_activation) == ("sigmoid", "tanh")
    return usual and layer.direction != "backward"


def _own(build: Builder, unit: Unit, kind: str, sizes: tuple[int, int], layer: Lstm | Gru) -> None:
    options = {"bidirectional": True} if layer.direction == "both" else {}
    options |= {"last": True} if layer.output == "last" else {}
    build.module(unit, kind, *sizes, **options)


def _options(layer: Lstm | Gru) -> tuple[object, ...]:
    return WAYS[layer.direction], layer.output == "last", layer.gate_activation, layer.state_activation


LAYERS: Mapping[type, Callable[[Builder, Unit], None]] = {Gru: gru, Lstm: lstm}
