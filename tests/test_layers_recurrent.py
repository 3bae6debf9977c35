"""The recurrent layers: what holds beside Octave's answers: orders, directions, gates, memory, `out`, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pybn.errors import DTypeError, LayoutError, ShapeError, StateError
from pybn.gradient_check import gradient_check
from pybn.layers import Gru, Lstm
from pybn.layers.recurrent import Recurrent

N, T, D, H = 2, 5, 3, 4
KINDS: dict[str, tuple[type[Recurrent], dict[str, Any]]] = {
    "lstm": (Lstm, {}),
    "gru": (Gru, {}),
    "gru before": (Gru, {"reset": "before"}),
    "gru recurrent-bias": (Gru, {"reset": "recurrent-bias"}),
}


def make(name: str, **options: Any) -> Any:
    kind, more = KINDS[name]
    return kind(**more, **options)


def draws(layer: Any, dtype: str = "f8", seed: int = 0) -> list[Any]:
    """x and the parameters."""
    rng = np.random.default_rng(seed)
    rows = layer.gates * H * (2 if layer.direction == "both" else 1)
    x = (N, T, D) if layer.layout == "NTC" else (D, T, N)
    shapes = [x, *layer.parameter_shapes(x, (rows, D)).values()]
    return [(0.6 * rng.standard_normal(shape)).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("output", ["sequence", "last"])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_gradients_by_finite_differences(name: str, output: str, direction: str) -> None:
    layer = make(name, output=output, direction=direction)
    x, weight, recurrent_weight, bias = draws(layer)
    found = gradient_check(layer, x, weight=weight, recurrent_weight=recurrent_weight, bias=bias, elements=8)
    assert [each.name for each in found] == ["input", *layer.parameters]
    assert all(each.status() == "agrees" and each.error < 1e-7 for each in found), found


@pytest.mark.parametrize("name", KINDS)
def test_a_direction_is_the_other_one_on_sequences_turned_round(name: str) -> None:
    x, *parameters = draws(make(name))
    y = make(name).forward(x, *parameters)
    turned = make(name, direction="backward").forward(np.ascontiguousarray(x[:, ::-1]), *parameters)
    assert np.array_equal(turned[:, ::-1], y)
    assert np.array_equal(make(name, output="last").forward(x, *parameters), y[:, -1])
    back = make(name, direction="backward")
    assert np.array_equal(
        make(name, direction="backward", output="last").forward(x, *parameters),
        back.forward(x, *parameters)[:, 0],
    )


@pytest.mark.parametrize("name", KINDS)
def test_both_directions_are_one_beside_the_other(name: str) -> None:
    layer = make(name, direction="both")
    x, *parameters = draws(layer)
    halves = [np.split(each, 2) for each in parameters]
    y = layer.forward(x, *parameters)
    for k, direction in enumerate(("forward", "backward")):
        one = make(name, direction=direction).forward(x, *(half[k] for half in halves))
        assert np.array_equal(y[..., k * H : (k + 1) * H], one)


@pytest.mark.parametrize("name", KINDS)
def test_a_step_depends_on_those_before_it_alone(name: str) -> None:
    x, *parameters = draws(make(name))
    y = make(name).forward(x, *parameters)
    moved = x.copy()
    moved[:, 3] += 1
    other = make(name).forward(moved, *parameters)
    assert np.array_equal(other[:, :3], y[:, :3])
    assert not np.isclose(other[:, 3:], y[:, 3:]).any()


def test_a_forget_gate_held_open_keeps_what_was_written() -> None:
    """With g = 1 and all gates open, the cell counts the steps: known without any other program."""
    open_, write = np.full(3 * H, 40.0), np.full(H, 40.0)
    bias = np.concatenate([open_[: 2 * H], write, open_[2 * H :]])
    y = Lstm().forward(np.zeros((1, 4, D)), np.zeros((4 * H, D)), np.zeros((4 * H, H)), bias)
    assert np.allclose(y, np.tanh(np.arange(1, 5))[None, :, None], atol=1e-14)
    shut = bias.copy()
    shut[H : 2 * H] = -40  # the second block is the forget gate's
    assert np.allclose(
        Lstm().forward(np.zeros((1, 4, D)), np.zeros((4 * H, D)), np.zeros((4 * H, H)), shut), np.tanh(1)
    )


def test_an_update_gate_held_open_keeps_the_state() -> None:
    bias = np.concatenate([np.zeros(H), np.full(H, 40.0), np.full(H, 3.0)])  # r, z, candidate
    given = (np.zeros((1, 4, D)), np.zeros((3 * H, D)), np.zeros((3 * H, H)))
    assert not Gru().forward(*given, bias).any(where=np.abs(Gru().forward(*given, bias)) > 1e-15)
    bias[H : 2 * H] = -40
    assert np.allclose(Gru().forward(*given, bias), np.tanh(3))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_same_whatever_the_layout_and_the_memory(name: str, dtype: str) -> None:
    x, *parameters = draws(make(name), dtype)
    layer, other = make(name), make(name, layout="CTN")
    y, turned = layer.forward(x, *parameters), other.forward(x.T, *map(np.asfortranarray, parameters))
    assert y.dtype == dtype
    assert np.array_equal(turned.T, y)
    mine, its = layer.backward(y), other.backward(y.T)
    assert np.array_equal(its.input.T, mine.input)
    for parameter in layer.parameters:
        assert np.array_equal(getattr(its, parameter), getattr(mine, parameter))
        assert getattr(mine, parameter).dtype == dtype


@pytest.mark.parametrize("name", KINDS)
def test_arguments_are_left_alone_and_answers_are_the_callers(name: str) -> None:
    layer = make(name)
    given = draws(layer)
    kept = [each.copy() for each in given]
    y = layer.forward(*given)
    dy = np.ones_like(y)
    wanted = layer.backward(dy).input.copy()
    assert all(np.array_equal(a, b) for a, b in zip(given, kept, strict=True))
    y[...] = np.nan
    for each in given:
        each[...] = np.nan
    layer.backward(dy).input[...] = np.nan
    assert np.array_equal(layer.backward(dy).input, wanted)
    assert dy.all()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("output", ["sequence", "last"])
def test_answers_are_written_into_out(name: str, output: str) -> None:
    layer = make(name, output=output)
    given = draws(layer)
    y = layer.forward(*given)
    dx = layer.backward(y).input
    room, more = np.full_like(y, np.nan), np.full_like(dx, np.nan)
    assert layer.forward(*given, out=room) is room
    assert layer.backward(y, out=more).input is more
    assert np.array_equal(room, y)
    assert np.array_equal(more, dx)
    with pytest.raises(ShapeError, match="out: wanted shape"):
        layer.forward(*given, out=np.empty(3))


@pytest.mark.parametrize("name", KINDS)
def test_refusals(name: str) -> None:
    layer = make(name)
    x, weight, recurrent_weight, bias = draws(layer)
    with pytest.raises(StateError):
        layer.backward(x)
    with pytest.raises(ShapeError, match=r"x: wanted \(N, T, C\) with no empty side"):
        layer.forward(x[0], weight, recurrent_weight, bias)
    with pytest.raises(ShapeError, match=r"weight: wanted \(\d H, D\) with D = 3"):
        layer.forward(x, weight[:-1], recurrent_weight, bias)
    with pytest.raises(ShapeError, match=r"weight\.T is \(\d H, D\)\?"):
        layer.forward(x, np.ascontiguousarray(weight.T), recurrent_weight, bias)
    with pytest.raises(ShapeError, match="recurrent_weight: wanted shape"):
        layer.forward(x, weight, recurrent_weight[:, :-1], bias)
    with pytest.raises(DTypeError, match="bias: wanted float64"):
        layer.forward(x, weight, recurrent_weight, bias.astype("f4"))


def test_options_are_checked_and_make_such_a_layer_again() -> None:
    for options, told in [
        ({"output": "all"}, "output: wanted 'sequence' or 'last', got 'all'"),
        ({"direction": 1}, "direction: wanted 'forward', 'backward' or 'both', got 1"),
        ({"gate_activation": "tanh"}, "gate_activation: wanted 'sigmoid' or 'hard-sigmoid'"),
        ({"state_activation": "gelu"}, "state_activation: wanted 'tanh', 'softsign' or 'relu'"),
    ]:
        for kind in (Lstm, Gru):
            with pytest.raises(ValueError, match=told):
                kind(**options)
    with pytest.raises(LayoutError, match="wanted an order of N, T and C"):
        Lstm(layout="NCHW")
    with pytest.raises(ValueError, match="reset: wanted 'after', 'before' or 'recurrent-bias'"):
        Gru(reset="never")
    layer = Gru("last", "both", "CTN", "before", "hard-sigmoid", "softsign")
    assert Gru(**layer.options()).options() == layer.options()
    assert repr(Lstm()) == (
        "Lstm(output='sequence', direction='forward', layout='NTC', gate_activation='sigmoid', state_activation='tanh')"
    )
