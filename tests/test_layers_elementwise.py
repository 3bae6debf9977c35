"""The layers that work element by element, and the joins: memory, `out`, caches, options, and Dropout's draws.

That they compute what Octave computes is the matter of the fixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pybn.engines.golden import GoldenEngine
from pybn.engines.port import PortEngine
from pybn.errors import DTypeError, LayoutError, ShapeError, StateError
from pybn.layers import (
    ClippedRelu,
    Concat,
    Dropout,
    EltWiseAdd,
    EltWiseMul,
    Elu,
    Gelu,
    LeakyRelu,
    Relu,
    Sigmoid,
    Softmax,
    Softplus,
    Swish,
    Tanh,
)
from pybn.layouts import convert
from pybn.parity import find_cases

Make = Callable[[], Any]

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SINGLE: dict[str, Make] = {
    "relu": Relu,
    "leaky_relu": lambda: LeakyRelu(0.2),
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "clipped_relu": lambda: ClippedRelu(0.7),
    "elu": lambda: Elu(0.6),
    "swish": Swish,
    "softplus": Softplus,
    "gelu": Gelu,
    "gelu_tanh": lambda: Gelu("tanh"),
    "softmax": lambda: Softmax("NCHW"),
    "dropout": lambda: Dropout(0.4, seed=42, layout="NCHW"),
}
JOINS: dict[str, Make] = {"elt_wise_add": EltWiseAdd, "elt_wise_mul": EltWiseMul, "concat": Concat}
ALL = SINGLE | JOINS
MEMORY: dict[str, Callable[[Any], Any]] = {
    "F": np.asfortranarray,
    "backwards": lambda v: np.ascontiguousarray(v[::-1, ..., ::-1])[::-1, ..., ::-1],
    "every other": lambda v: np.repeat(np.repeat(v, 2, 0), 2, -1)[::2, ..., ::2],
    "part of more": lambda v: np.pad(v, 1)[(slice(1, -1),) * v.ndim],
    "read-only": lambda v: np.frombuffer(v.tobytes(), v.dtype).reshape(v.shape),
    "unaligned": lambda v: np.frombuffer(b"\0" + v.tobytes(), v.dtype, offset=1).reshape(v.shape),
}


def draws(name: str, dtype: str = "f8", seed: int = 0) -> tuple[list[Any], Any]:
    """The inputs, NCHW, and dy."""
    rng = np.random.default_rng(seed)
    count = 1 if name in SINGLE else 3
    inputs = [rng.standard_normal((2, 3, 5, 4)).astype(dtype) for _ in range(count)]
    shape = (2, 9, 5, 4) if name == "concat" else (2, 3, 5, 4)
    return inputs, rng.standard_normal(shape).astype(dtype)


def gradients(found: Any) -> list[Any]:
    """The gradients by the inputs."""
    return list(getattr(found, "inputs", ())) or [found.input]


def answers(layer: Any, inputs: list[Any], dy: Any) -> list[bytes]:
    """The bits of all that a training step answers."""
    return [v.tobytes() for v in (layer.forward(*inputs), *gradients(layer.backward(dy)))]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("name", ALL)
def test_the_same_bits_whatever_the_memory(name: str, memory: str, dtype: str) -> None:
    inputs, dy = draws(name, dtype)
    laid = [MEMORY[memory](x) for x in inputs]
    assert answers(ALL[name](), laid, MEMORY[memory](dy)) == answers(ALL[name](), inputs, dy)


@pytest.mark.parametrize("name", ALL)
def test_mapped_files_give_plain_arrays(name: str, tmp_path: Path) -> None:
    inputs, dy = draws(name)
    mapped = []
    for k, value in enumerate([*inputs, dy]):
        np.save(tmp_path / f"{k}.npy", value)
        mapped.append(np.load(tmp_path / f"{k}.npy", mmap_mode="r"))
    layer = ALL[name]()
    y = layer.forward(*mapped[:-1])
    assert {type(v) for v in (y, *gradients(layer.backward(mapped[-1])))} == {np.ndarray}
    layer.training = False
    assert type(layer.forward(*mapped[:-1])) is np.ndarray


@pytest.mark.parametrize("name", ALL)
def test_arguments_are_left_alone_and_answers_are_the_callers(name: str) -> None:
    inputs, dy = draws(name)
    want = answers(ALL[name](), inputs, dy)
    assert all(
        np.array_equal(a, b) for a, b in zip([*inputs, dy], [*draws(name)[0], draws(name)[1]], strict=True)
    )
    layer = ALL[name]()
    y = layer.forward(*inputs)
    kept = y.tobytes()
    for value in (*inputs, y):
        value[...] = 7
    given = dy.copy()
    found = gradients(layer.backward(given))
    assert [kept, *(v.tobytes() for v in found)] == want
    for k, value in enumerate([given, *found]):
        value[...] = k  # as whoever accumulates gradients might
    assert [v.flat[0] for v in found] == list(range(1, len(found) + 1))  # memory of their own each
    assert [v.tobytes() for v in gradients(layer.backward(dy))] == want[1:]


# out


OUTS: dict[str, Callable[[Any], Any]] = {
    "new": np.empty_like,
    "F": lambda v: np.empty(v.shape, v.dtype, order="F"),
    "every other": lambda v: np.empty((*v.shape[:-1], 2 * v.shape[-1]), v.dtype)[..., ::2],
    "backwards": lambda v: np.empty_like(v)[::-1],
}


@pytest.mark.parametrize("where", OUTS)
@pytest.mark.parametrize("name", ALL)
def test_answers_are_written_into_out(name: str, where: str) -> None:
    inputs, dy = draws(name)
    want = answers(ALL[name](), inputs, dy)
    layer = ALL[name]()
    out = OUTS[where](dy)
    assert layer.forward(*inputs, out=out) is out
    outs = tuple(OUTS[where](x) for x in inputs)
    kept = out.tobytes()
    out[...] = 7
    found = gradients(layer.backward(dy, out=outs if name in JOINS else outs[0]))
    assert all(a is b for a, b in zip(found, outs, strict=True))
    assert [kept, *(v.tobytes() for v in outs)] == want


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("name", [name for name in ALL if name != "concat"])
def test_out_may_be_the_memory_of_an_input(name: str, which: int) -> None:
    inputs, dy = draws(name)
    want = answers(ALL[name](), inputs, dy)
    which = which if name in JOINS else 0
    layer = ALL[name]()
    y = layer.forward(*inputs, out=inputs[which])
    assert y.tobytes() == want[0]
    if name in SINGLE:
        assert layer.backward(dy, out=dy).input is dy
        assert dy.tobytes() == want[1]
    else:
        outs = tuple(dy if k == which else np.empty_like(dy) for k in range(3))
        assert [v.tobytes() for v in layer.backward(dy, out=outs).inputs] == want[1:]


@pytest.mark.parametrize("places", list(permutations(range(3))))
def test_concat_within_one_array(places: tuple[int, ...]) -> None:
    inputs, dy = draws("concat")
    want = answers(Concat(), inputs, dy)
    whole = np.empty_like(dy)
    views = [whole[:, 3 * place : 3 * place + 3] for place in places]
    for view, x in zip(views, inputs, strict=True):
        view[...] = x
    layer = Concat()
    assert layer.forward(*views, out=whole).tobytes() == want[0]
    outs = tuple(dy[:, 3 * place : 3 * place + 3] for place in places)
    assert [v.tobytes() for v in layer.backward(dy, out=outs).inputs] == want[1:]


BAD: dict[str, tuple[Callable[[Any], Any], type[Exception]]] = {
    "another shape": (lambda v: np.empty(v.shape[::-1]), ShapeError),
    "another dtype": (lambda v: np.empty_like(v, "f4"), DTypeError),
    "read-only": (lambda v: np.broadcast_to(v[0, 0, 0, 0], v.shape), ShapeError),
    "a list": (lambda v: v.tolist(), DTypeError),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", ALL)
def test_out_that_does_not_fit_is_refused_and_nothing_happens(name: str, kind: str) -> None:
    inputs, dy = draws(name)
    spoil, error = BAD[kind]
    layer = ALL[name]()
    with pytest.raises(error, match=r"^out: wanted"):
        layer.forward(*inputs, out=spoil(dy))
    with pytest.raises(StateError):
        layer.backward(dy)
    y = layer.forward(*inputs)
    outs = (*(x.copy() for x in inputs[:-1]), spoil(inputs[-1]))  # of several, the last does not fit
    with pytest.raises(error, match=r"^out: wanted"):
        layer.backward(dy, out=outs if name in JOINS else outs[0])
    found = [v.tobytes() for v in (y, *gradients(layer.backward(dy)))]
    assert found == answers(ALL[name](), inputs, dy)  # and a Dropout had drawn nothing
    assert all(np.array_equal(a, b) for a, b in zip(outs[:-1], inputs, strict=False))


def test_a_sum_takes_its_two_inputs_by_name() -> None:
    one, two = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    layer = EltWiseAdd()
    assert np.array_equal(layer.forward(x1=one, x2=two), one + two)
    assert np.array_equal(layer.forward(one, two, two), one + 2)
    with pytest.raises(ShapeError, match="inputs: wanted two or more, got 1"):
        layer.forward(one)
    with pytest.raises(DTypeError, match="x2: wanted a plain NumPy array, got NoneType"):
        layer.forward(one, None, two)


@pytest.mark.parametrize("name", JOINS)
@pytest.mark.parametrize(
    "out", [np.ones((2, 3, 5, 4)), [np.ones((2, 3, 5, 4))] * 3, (np.ones((2, 3, 5, 4)),), ()]
)
def test_out_of_a_join_is_a_tuple(name: str, out: Any) -> None:
    inputs, dy = draws(name)
    layer = JOINS[name]()
    layer.forward(*inputs)
    with pytest.raises(ShapeError, match="out: wanted a tuple of 3 arrays, one an input"):
        layer.backward(dy, out=out)


# Options and shapes.


@pytest.mark.parametrize(
    ("layer", "told", "options"),
    [
        (Relu(), "Relu()", {}),
        (LeakyRelu(np.float32(0.5)), "LeakyRelu(slope=0.5)", {"slope": 0.5}),
        (Sigmoid(), "Sigmoid()", {}),
        (Tanh(), "Tanh()", {}),
        (Softmax(), "Softmax(layout=None)", {"layout": None, "numerics": "octave"}),
        (Softmax("H W C N"), "Softmax(layout='HWCN')", {"layout": "HWCN", "numerics": "octave"}),
        (
            Dropout(0.3),
            "Dropout(prob=0.3, seed=None, layout=None)",
            {"prob": 0.3, "seed": None, "layout": None},
        ),
        (
            Dropout(0, np.int64(7), "NHWC"),
            "Dropout(prob=0.0, seed=7, layout='NHWC')",
            {"prob": 0.0, "seed": 7, "layout": "NHWC"},
        ),
        (EltWiseAdd(), "EltWiseAdd()", {}),
        (Concat("HWCN"), "Concat(layout='HWCN')", {"layout": "HWCN"}),
    ],
)
def test_options_make_such_a_layer_again(layer: Any, told: str, options: dict[str, Any]) -> None:
    assert (repr(layer), layer.options()) == (told, options)
    assert type(layer)(**layer.options()).options() == options
    assert (layer.parameters, layer.buffers) == ((), ())
    assert layer.fan_in == (None if isinstance(layer, EltWiseAdd | Concat) else 1)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: LeakyRelu(None), "slope: wanted a finite number, got None"),  # type: ignore[arg-type]
        (lambda: Dropout(1), "prob: wanted a number from 0 to less than 1, got 1"),
        (lambda: Dropout(seed=-1), "seed: wanted None or a whole number from 0 to 2"),
        (lambda: Dropout(seed=2**32), "seed: wanted None or a whole number from 0 to 2"),
        (lambda: Dropout(seed=0.5), "seed: wanted None or a whole number from 0 to 2"),  # type: ignore[arg-type]
        (lambda: Dropout(seed=float("nan")), "seed: wanted None"),  # type: ignore[arg-type]
        (lambda: Dropout(seed=True), "seed: wanted None or a whole number from 0 to 2"),
        (lambda: Dropout(layout="NCH"), "layout: wanted an order of H, W, C and N"),
        (lambda: Softmax(layout="ND"), "layout: wanted an order of H, W, C and N"),
        (lambda: Softmax(numerics="fastest"), "numerics: wanted 'octave'"),
        (lambda: Concat(layout=None), "layout: wanted a string"),  # type: ignore[arg-type]
    ],
)
def test_options_are_checked(make: Make, text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        make()
    assert str(caught.value).startswith(text)
    assert isinstance(caught.value, LayoutError) == text.startswith("layout")


@pytest.mark.parametrize("name", [name for name in SINGLE if name != "softmax"])
def test_shapes_of_one_to_four_axes(name: str) -> None:
    layer = SINGLE[name]()
    for shape in [(5,), (3, 2), (2, 1, 4), (1, 2, 3, 4)]:
        assert layer.output_shape(shape) == shape == layer.forward(np.ones(shape)).shape
    for shape in [(), (1, 1, 1, 1, 1), (0,), (2, 0)]:
        with pytest.raises(ShapeError, match="x: wanted one to four axes with no empty side"):
            layer.output_shape(shape)
        with pytest.raises(ShapeError):
            layer.forward(np.ones(shape))


def test_shapes_of_softmax_and_joins() -> None:
    assert Softmax().output_shape((4, 3)) == (4, 3)
    assert Softmax("HWCN").output_shape((5, 4, 3, 2)) == (5, 4, 3, 2)
    for shape in [(3,), (2, 3, 4), (5, 4, 3, 2)]:
        with pytest.raises(ShapeError, match=r"x: wanted \(N, D\)"):
            Softmax().output_shape(shape)
    assert EltWiseAdd().output_shape((3,), (3,), (3,)) == (3,)
    assert Concat().output_shape((2, 3, 5, 4), (2, 1, 5, 4), (2, 2, 5, 4)) == (2, 6, 5, 4)
    assert Concat("HWCN").output_shape((2, 3, 5, 4), (2, 3, 1, 4)) == (2, 3, 6, 4)
    assert Concat().output_shape((4, 3), (4, 2)) == (4, 5)
    with pytest.raises(ShapeError, match=r"x2: wanted shape \(2, any, 5, 4\) as x1, got \(2, 3, 4, 4\)"):
        Concat().output_shape((2, 3, 5, 4), (2, 3, 4, 4))
    with pytest.raises(ShapeError, match=r"x2: wanted shape \(4, 3\) as x1, got \(3, 4\)"):
        EltWiseAdd().output_shape((4, 3), (3, 4))
    for make in JOINS.values():
        for inputs in ((), ((4, 3),)):
            with pytest.raises(ShapeError, match=f"inputs: wanted two or more, got {len(inputs)}"):
                make().output_shape(*inputs)


# Dropout's stream.


@pytest.mark.parametrize("layout", ["".join(p) for p in permutations("NCHW")])
def test_a_mask_belongs_to_the_pixels_whatever_the_layout(layout: str) -> None:
    (x,), _ = draws("dropout")
    want = Dropout(0.4, 42, "HWCN").forward(convert(x, "NCHW", "HWCN"))
    assert np.array_equal(
        want, Dropout(0.4, 42).forward(convert(x, "NCHW", "HWCN"))
    )  # as given, that is MATLAB's
    got = Dropout(0.4, 42, layout).forward(convert(x, "NCHW", layout))
    assert np.array_equal(convert(got, layout, "HWCN"), want)


def test_streams_are_repeatable_and_can_be_shared() -> None:
    x = np.ones((50, 20))
    one, two = Dropout(0.5, 1), Dropout(0.5, 1)
    first, second = one.forward(x), one.forward(x)
    assert not np.array_equal(first, second)
    two.random = one.random = np.random.RandomState([1])
    assert np.array_equal(one.forward(x), first)
    assert np.array_equal(two.forward(x), second)
    assert not np.array_equal(Dropout().forward(x), Dropout().forward(x))
    drawn = np.random.RandomState([1]).random_sample(1000).reshape((50, 20), order="F")
    assert np.array_equal(first, 2.0 * (drawn >= 0.5))


def test_evaluation_is_a_copy_and_draws_nothing() -> None:
    (x,), dy = draws("dropout")
    layer = Dropout(0.4, 42, "NCHW")
    layer.training = False
    y = layer.forward(x)
    assert np.array_equal(y, x)
    assert not np.shares_memory(y, x)
    out = np.empty_like(x)
    assert layer.forward(x, out=out) is out
    assert layer.forward(x, out=x) is x
    with pytest.raises(StateError):
        layer.backward(dy)
    layer.training = True
    assert answers(layer, [x], dy) == answers(SINGLE["dropout"](), [x], dy)


# Beside Octave, and beside finite differences.


@pytest.mark.parametrize(
    "stem", ["relu", "leaky_relu", "clipped_relu", "dropout", "elt_wise_add", "elt_wise_mul", "concat"]
)
def test_zeros_have_the_sign_that_octave_gives_them(stem: str) -> None:
    """Parity counts -0 and +0 as 0 ULP apart; here they are not the same."""
    golden, port = GoldenEngine(), PortEngine()
    for case in find_cases([FIXTURES / f"{stem}.toml"]):
        if case.refuses is None:
            record = golden.record(case)
            for name, value in port.run(case, record.inputs).items():
                numbers = ~np.isnan(value)
                assert value[numbers].tobytes() == record.outputs[name][numbers].tobytes(), (case.id, name)


def nudged(x: Any, h: float = 1e-6) -> Iterator[tuple[tuple[int, ...], Any, Any]]:
    """Every index of `x`, with copies of it a little up and a little down there."""
    for index in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        yield index, up, down


@pytest.mark.parametrize("name", ALL)
def test_gradients_by_finite_differences(name: str) -> None:
    inputs, dy = draws(name)
    layer = ALL[name]()
    layer.forward(*inputs)
    for k, gradient in enumerate(gradients(layer.backward(dy))):
        for index, up, down in nudged(inputs[k]):
            ends = [ALL[name]().forward(*inputs[:k], v, *inputs[k + 1 :]) for v in (up, down)]
            assert abs(((ends[0] - ends[1]) * dy).sum() / 2e-6 - gradient[index]) < 1e-7, (k, index)
