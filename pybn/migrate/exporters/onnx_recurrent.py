"""Recurrent layers as ONNX says them: steps first, gates in ONNX's own order, directions as an axis of the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pybn.layers import Gru, Lstm
from pybn.migrate import rules
from pybn.migrate.exporters.base import Unit
from pybn.migrate.exporters.onnx_builder import Builder

DIRECTIONS = {"forward": "forward", "backward": "reverse", "both": "bidirectional"}
ACTIVATIONS = {
    "sigmoid": "Sigmoid",
    "hard-sigmoid": "HardSigmoid",
    "tanh": "Tanh",
    "softsign": "Softsign",
    "relu": "Relu",
}
LSTM_ORDER = (0, 3, 1, 2)  # of i, f, g, o: i, o, f, c
GRU_ORDER = (1, 0, 2)  # of r, z, candidate: z, r, h


def lstm(build: Builder, unit: Unit) -> None:
    """LSTM, whose biases of the state are zeros."""
    layer = unit.layer
    assert isinstance(layer, Lstm)  # noqa: S101
    ways, hidden = _sizes(unit, layer)
    weights = _weights(build, unit, ways, 4, LSTM_ORDER)
    chain = (rules.reshape((ways * 4 * hidden,), (ways, 4 * hidden), "C"), rules.blocks(1, LSTM_ORDER))
    given = build.tensor(unit, "bias", "direction gate", *chain)
    bias = _with_zeros(build, unit, given, (ways, 4 * hidden))
    gate, state = ACTIVATIONS[layer.gate_activation], ACTIVATIONS[layer.state_activation]
    _walk(build, unit, "LSTM", [*weights, bias], hidden, activations=[gate, state, state] * ways)


def gru(build: Builder, unit: Unit) -> None:
    """GRU; linear_before_reset: the state is multiplied with its weight first, and reset afterwards."""
    layer = unit.layer
    assert isinstance(layer, Gru)  # noqa: S101
    ways, hidden = _sizes(unit, layer)
    weights = _weights(build, unit, ways, 3, GRU_ORDER)
    parts = 2 if layer.reset == "recurrent-bias" else 1
    rows = ways * parts
    chain = [rules.reshape((rows * 3 * hidden,), (rows, 3 * hidden), "C"), rules.blocks(1, GRU_ORDER)]
    if parts == 2:
        chain.append(rules.reshape((rows, 3 * hidden), (ways, 6 * hidden), "C"))
    bias = build.tensor(unit, "bias", "direction gate", *chain)
    if parts == 1:
        bias = _with_zeros(build, unit, bias, (ways, 3 * hidden))
    gate, state = ACTIVATIONS[layer.gate_activation], ACTIVATIONS[layer.state_activation]
    _walk(
        build,
        unit,
        "GRU",
        [*weights, bias],
        hidden,
        activations=[gate, state] * ways,
        linear_before_reset=int(layer.reset != "before"),
    )


def _sizes(unit: Unit, layer: Lstm | Gru) -> tuple[int, int]:
    """Return how many directions and how many hidden numbers there are."""
    return 2 if layer.direction == "both" else 1, unit.shape("recurrent_weight")[1]


def _weights(build: Builder, unit: Unit, ways: int, gates: int, order: tuple[int, ...]) -> list[str]:
    """Add W and R, (directions, gates H, D or H)."""
    made = []
    for parameter in ("weight", "recurrent_weight"):
        rows, columns = unit.shape(parameter)
        cut = rules.reshape((rows, columns), (ways, rows // ways, columns), "C")
        made.append(build.tensor(unit, parameter, "direction gate in", cut, rules.blocks(1, order)))
        assert rows % (ways * gates) == 0  # noqa: S101  # the layer saw to it
    return made


def _with_zeros(build: Builder, unit: Unit, bias: str, shape: tuple[int, int]) -> str:
    """Add what makes the biases of the input and, all zeros, of the state one tensor, as ONNX has it."""
    zeros = build.constant(f"{unit.name}.zeros", [[0.0] * shape[1]] * shape[0])
    return build.op("Concat", [bias, zeros], f"{unit.name}.biases", axis=1)


def _walk(
    build: Builder, unit: Unit, kind: str, tensors: list[str], hidden: int, **attributes: object
) -> None:
    layer = unit.layer
    assert isinstance(layer, Lstm | Gru)  # noqa: S101
    name = unit.name
    steps = build.op("Transpose", list(unit.inputs), f"{name}.steps", perm=[1, 0, 2])
    every, last = f"{name}.every", f"{name}.last"
    outputs = [every] if layer.output == "sequence" else ["", last]
    direction = DIRECTIONS[layer.direction]
    build.add(kind, [steps, *tensors], outputs, hidden_size=hidden, direction=direction, **attributes)
    # (T, directions, N, H) to (N, T, directions, H); of the last, (directions, N, H) to (N, directions, H).
    order, shape = ([2, 0, 1, 3], [0, 0, -1]) if layer.output == "sequence" else ([1, 0, 2], [0, -1])
    turned = build.op("Transpose", [outputs[-1]], f"{name}.turned", perm=order)
    build.op("Reshape", [turned, build.constant(f"{name}.shape", shape, "int64")], name)


LAYERS: Mapping[type, Callable[[Builder, Unit], object]] = {Gru: gru, Lstm: lstm}
