"""The layers as a user meets them: any memory, no aliasing, `out`, state, gradients, and what they refuse.

That they compute what Octave computes is the matter of the fixtures; here are the facts that hold beside that.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import pybn.layers
from pybn.errors import DTypeError, LayoutError, PybnError, ShapeError, StateError
from pybn.layers import BatchNorm, Gradients, SpatialBatchNorm

NODES = (
    "mu xmu sq var sqrtvar ivar xhat gammax y "
    "dbeta dgammax dgamma dxhat divar dxmu1 dsqrtvar dvar dsq dxmu2 dx1 dmu dx2"
)


def batch(n: int = 6, d: int = 4, dtype: Any = np.float64, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """x, weight, bias, dy."""
    rng = np.random.default_rng([n, d, seed])
    draws = (
        rng.standard_normal((n, d)),
        rng.standard_normal(d),
        rng.standard_normal(d),
        rng.standard_normal((n, d)),
    )
    x, weight, bias, dy = (v.astype(dtype) for v in draws)
    return x, weight, bias, dy


def images(shape: tuple[int, ...] = (2, 3, 5, 4), dtype: Any = np.float64) -> tuple[Any, Any, Any, Any]:
    """x, weight, bias, dy in NCHW."""
    rng = np.random.default_rng(shape)
    c = shape[1]
    draws = (rng.standard_normal(s) for s in (shape, (c,), (c,), shape))
    x, weight, bias, dy = (v.astype(dtype) for v in draws)
    return x, weight, bias, dy


def answers(layer: Any, x: Any, weight: Any, bias: Any, dy: Any) -> list[bytes]:
    """The bits of all that a training step answers."""
    y = layer.forward(x, weight, bias)
    g = layer.backward(dy)
    return [v.tobytes() for v in (y, g.input, g.weight, g.bias, layer.running_mean, layer.running_var)]


MEMORY = {
    "F": np.asfortranarray,
    "backwards": lambda v: np.ascontiguousarray(v[::-1])[::-1],
    "backwards in the last": lambda v: np.ascontiguousarray(v[..., ::-1])[..., ::-1],
    "every other": lambda v: (
        np.repeat(np.repeat(v, 2, 0), 2, -1)[::2, ..., ::2] if v.ndim > 1 else np.repeat(v, 2)[::2]
    ),
    "part of more": lambda v: np.pad(v, 1)[(slice(1, -1),) * v.ndim],
    "read-only": lambda v: np.frombuffer(v.tobytes(), v.dtype).reshape(v.shape),
    "unaligned": lambda v: np.frombuffer(b"\0" + v.tobytes(), v.dtype, offset=1).reshape(v.shape),
}


# The same bits whatever the memory.


@drawn(
    st.integers(1, 40),
    st.integers(1, 9),
    st.sampled_from(["f4", "f8"]),
    st.sampled_from(sorted(MEMORY)),
    st.integers(0, 9),
)
@settings(max_examples=120, deadline=None)
def test_batch_norm_of_any_memory(n: int, d: int, dtype: str, memory: str, seed: int) -> None:
    plain = batch(n, d, dtype, seed)
    laid = [MEMORY[memory](v) for v in plain]
    assert answers(BatchNorm(), *laid) == answers(BatchNorm(), *plain)


@drawn(
    st.tuples(*[st.integers(1, 4)] * 4),
    st.sampled_from(["".join(p) for p in permutations("NCHW")]),
    st.sampled_from(["f4", "f8"]),
    st.sampled_from(sorted(MEMORY)),
)
@settings(max_examples=120, deadline=None)
def test_spatial_batch_norm_of_any_memory_and_layout(
    shape: tuple[int, ...], layout: str, dtype: str, memory: str
) -> None:
    x, weight, bias, dy = images(shape, dtype)
    there, back = (["NCHW".index(a) for a in layout], [layout.index(a) for a in "NCHW"])
    want, got = SpatialBatchNorm(), SpatialBatchNorm(layout=layout)
    y, yy = want.forward(x, weight, bias), got.forward(MEMORY[memory](x.transpose(there)), weight, bias)
    g, gg = want.backward(dy), got.backward(MEMORY[memory](dy.transpose(there)))
    assert yy.transpose(back).tobytes() == y.tobytes()
    assert gg.input.transpose(back).tobytes() == g.input.tobytes()
    assert gg.weight.tobytes() + gg.bias.tobytes() == g.weight.tobytes() + g.bias.tobytes()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_spatial_batch_norm_is_batch_norm_of_its_pixels(dtype: str) -> None:
    x, weight, bias, dy = images((2, 3, 5, 4), dtype)

    def rows(v: Any) -> Any:
        return np.array(
            [[v[n, c, h, w] for c in range(3)] for n in range(2) for h in range(5) for w in range(4)]
        )

    spatial, plain = SpatialBatchNorm(), BatchNorm()
    y, flat = spatial.forward(x, weight, bias), plain.forward(rows(x), weight, bias)
    g, gg = spatial.backward(dy), plain.backward(rows(dy))
    assert np.array_equal(rows(y), flat)
    assert np.array_equal(rows(g.input), gg.input)
    assert np.array_equal(g.weight, gg.weight)
    assert np.array_equal(g.bias, gg.bias)
    assert (y.dtype, g.input.dtype, g.weight.dtype) == (x.dtype,) * 3


def test_spatial_answers_lie_in_memory_as_the_questions_do() -> None:
    x, weight, bias, dy = images()
    layer = SpatialBatchNorm(layout="HWCN")
    fortran = np.asfortranarray(x.transpose(2, 3, 1, 0))
    assert layer.forward(fortran, weight, bias).strides == fortran.strides
    assert layer.backward(dy.transpose(2, 3, 1, 0)).input.strides == dy.transpose(2, 3, 1, 0).strides


def test_a_mapped_file(tmp_path: Path) -> None:
    plain = batch()
    mapped = []
    for k, value in enumerate(plain):
        np.save(tmp_path / f"{k}.npy", value)
        mapped.append(np.load(tmp_path / f"{k}.npy", mmap_mode="r"))
    assert answers(BatchNorm(), *mapped) == answers(BatchNorm(), *plain)
    x, weight, bias, _ = images()
    np.save(tmp_path / "x.npy", x)
    y = SpatialBatchNorm().forward(np.load(tmp_path / "x.npy", mmap_mode="r"), weight, bias)
    assert type(y) is np.ndarray


# Nothing that the caller holds is changed, and nothing that the caller changes comes back.


@pytest.mark.parametrize(("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, images)])
def test_arguments_are_left_alone(make: Any, data: Any) -> None:
    given = data()
    before = [v.copy() for v in given]
    answers(make(), *given)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


@pytest.mark.parametrize(("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, images)])
def test_no_aliasing(make: Any, data: Any) -> None:
    want = answers(make(), *data())
    x, weight, bias, dy = data()
    layer = make()
    inner = getattr(layer, "inner", layer)
    inner.record_nodes = True
    y = layer.forward(x, weight, bias)
    kept = y.copy()
    for value in (x, weight, bias, y, *inner.nodes.values()):
        value[...] = 7
    g = layer.backward(dy)
    found = [v.tobytes() for v in (kept, g.input, g.weight, g.bias, layer.running_mean, layer.running_var)]
    assert found == want
    nodes = {name: value.copy() for name, value in inner.nodes.items() if name.startswith("d")}
    for value in (dy, g.input, g.weight, g.bias):
        value[...] = 7  # as a solver might, in place
    assert all(np.array_equal(inner.nodes[name], value) for name, value in nodes.items())


def test_a_second_backward_answers_the_same() -> None:
    x, weight, bias, dy = batch()
    layer = BatchNorm()
    layer.forward(x, weight, bias)
    first, second = layer.backward(dy), layer.backward(dy)
    assert first.input.tobytes() == second.input.tobytes()
    assert not np.shares_memory(first.input, second.input)


# out


OUTS = {
    "new": np.empty_like,
    "F": lambda v: np.empty(v.shape, v.dtype, order="F"),
    "every other": lambda v: np.empty((*v.shape[:-1], 2 * v.shape[-1]), v.dtype)[..., ::2],
    "backwards": lambda v: np.empty_like(v)[::-1],
    "the input": lambda v: v,
}


@pytest.mark.parametrize("where", OUTS)
@pytest.mark.parametrize(("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, images)])
def test_answers_are_written_into_out(make: Any, data: Any, where: str) -> None:
    want = answers(make(), *data())
    x, weight, bias, dy = data()
    layer = make()
    out = OUTS[where](x)
    assert layer.forward(x, weight, bias, out=out) is out
    dx = OUTS[where](dy)
    g = layer.backward(dy, out=dx)
    assert g.input is dx
    found = [v.tobytes() for v in (out, dx, g.weight, g.bias, layer.running_mean, layer.running_var)]
    assert found == want
    layer.training = False
    other = layer.forward(data()[0], weight, bias)
    x = data()[0]
    out = OUTS[where](x)
    assert layer.forward(x, weight, bias, out=out) is out
    assert out.tobytes() == other.tobytes()


def test_out_may_be_the_memory_of_the_weight() -> None:
    want = answers(BatchNorm(), *batch(1, 4))
    x, weight, bias, dy = batch(1, 4)
    layer = BatchNorm()
    y = layer.forward(x, weight, bias, out=weight[None, :]).copy()
    assert [y.tobytes(), layer.backward(dy).input.tobytes()] == want[:2]


@pytest.mark.parametrize(("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, images)])
def test_out_that_does_not_fit_is_refused_and_nothing_happens(make: Any, data: Any) -> None:
    x, weight, bias, dy = data()
    readonly = np.empty_like(x)
    readonly.flags.writeable = False
    bad: list[tuple[Any, type[Exception], str]] = [
        (np.empty(x.shape[::-1]), ShapeError, f"out: wanted shape {x.shape}, got {x.shape[::-1]}"),
        (np.empty_like(x, np.float32), DTypeError, "out: wanted float64, the dtype of x, got float32"),
        (readonly, ShapeError, "out: wanted a writable array, got a read-only one"),
        ([], DTypeError, "out: wanted a plain NumPy array, got list; np.asarray converts"),
    ]
    for out, error, text in bad:
        layer = make()
        with pytest.raises(error) as caught:
            layer.forward(x, weight, bias, out=out)
        assert str(caught.value) == text
        assert layer.running_mean is None
        layer.forward(x, weight, bias)
        with pytest.raises(error) as caught:
            layer.backward(dy, out=out)
        assert str(caught.value) == text


# What is known of batch normalisation.


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_one_row_gives_beta_and_no_gradient(dtype: str) -> None:
    x, weight, bias, dy = batch(1, 5, dtype)
    layer = BatchNorm()
    assert np.array_equal(layer.forward(x, weight, bias), bias[None, :])
    g = layer.backward(dy)
    assert np.array_equal(g.input, np.zeros_like(x))
    assert np.array_equal(g.weight, np.zeros_like(weight))
    assert np.array_equal(g.bias, dy[0])


def test_a_batch_comes_out_with_the_mean_and_deviation_that_are_asked_for() -> None:
    x, weight, bias, _ = batch(500, 3)
    y = BatchNorm(eps=0).forward(100 + 7 * x, weight, bias)
    np.testing.assert_allclose(y.mean(axis=0), bias, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), np.abs(weight), rtol=1e-12)


@pytest.mark.parametrize("eps", [1e-5, 1e-3, 1.0])
def test_inference_before_training(eps: float) -> None:
    x, weight, bias, _ = batch()
    layer = BatchNorm(eps)
    layer.training = False
    np.testing.assert_allclose(
        layer.forward(x, weight, bias), weight * x / np.sqrt(eps) + bias, rtol=1e-13, atol=1e-13
    )
    assert layer.running_mean is None


@pytest.mark.parametrize("momentum", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_running_statistics_and_how_they_are_pytorchs(momentum: float) -> None:
    """PyTorch's momentum is 1 - momentum; its variance is unbiased and starts at 1."""
    layer = BatchNorm(momentum=momentum)
    n, steps = 8, 4
    mean, var, torch_mean, torch_var = np.zeros(3), np.zeros(3), np.zeros(3), np.ones(3)
    for seed in range(steps):
        x, weight, bias, _ = batch(n, 3, seed=seed)
        layer.forward(x, weight, bias)
        mean = momentum * mean + (1 - momentum) * x.mean(axis=0)
        var = momentum * var + (1 - momentum) * x.var(axis=0)
        m = 1 - momentum
        torch_mean = (1 - m) * torch_mean + m * x.mean(axis=0)
        torch_var = (1 - m) * torch_var + m * x.var(axis=0, ddof=1)
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(layer.running_var, var, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(torch_mean, layer.running_mean, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(torch_var, momentum**steps + n / (n - 1) * layer.running_var, rtol=1e-12)


def difference(loss: Any, at: Any, h: float = 1e-5) -> Any:
    """Central differences of a function of one array."""
    found = np.empty_like(at)
    for index in np.ndindex(*at.shape):
        up, down = at.copy(), at.copy()
        up[index] += h
        down[index] -= h
        found[index] = (loss(up) - loss(down)) / (2 * h)
    return found


@pytest.mark.parametrize("eps", [1e-5, 0.3])
@pytest.mark.parametrize(
    ("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, lambda: images((2, 2, 3, 2)))]
)
def test_gradients_by_finite_differences(make: Any, data: Any, eps: float) -> None:
    x, weight, bias, dy = data()

    def loss(*changed: Any) -> Any:
        return (make(eps).forward(*changed) * dy).sum()

    layer = make(eps)
    layer.forward(x, weight, bias)
    g = layer.backward(dy)
    close = {"rtol": 1e-6, "atol": 1e-8}
    np.testing.assert_allclose(g.input, difference(lambda v: loss(v, weight, bias), x), **close)
    np.testing.assert_allclose(g.weight, difference(lambda v: loss(x, v, bias), weight), **close)
    np.testing.assert_allclose(g.bias, difference(lambda v: loss(x, weight, v), bias), **close)


# State.


@pytest.mark.parametrize(("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, images)])
def test_training_and_inference(make: Any, data: Any) -> None:
    x, weight, bias, dy = data()
    layer = make()
    assert (layer.training, layer.running_mean, layer.running_var) == (True, None, None)
    layer.forward(x, weight, bias)
    mean, var = layer.running_mean.copy(), layer.running_var.copy()
    layer.training = False
    y = layer.forward(x, weight, bias)
    assert np.array_equal(layer.running_mean, mean)
    assert np.array_equal(layer.running_var, var)
    assert np.array_equal(layer.forward(x[:1], weight, bias), y[:1])  # no image sees another
    with pytest.raises(StateError, match="backward wants a forward in training mode right before it"):
        layer.backward(dy)
    layer.training = True
    with pytest.raises(StateError):  # the mode alone brings nothing back
        layer.backward(dy)
    layer.forward(x, weight, bias)
    layer.backward(dy)


def test_a_refused_forward_changes_nothing() -> None:
    x, weight, bias, dy = batch()
    layer = BatchNorm()
    layer.forward(x, weight, bias)
    before = layer.running_mean
    with pytest.raises(ShapeError):
        layer.forward(x, weight[:-1], bias)
    assert layer.running_mean is before
    layer.backward(dy)


@pytest.mark.parametrize(("make", "data"), [(BatchNorm, batch), (SpatialBatchNorm, images)])
def test_running_statistics_can_be_set(make: Any, data: Any) -> None:
    x, weight, bias, _ = data()
    c = len(weight)
    axis = (slice(None), None, None) if x.ndim == 4 else (slice(None),)
    for mean, var in [
        (np.arange(1.0, c + 1), np.full(c, 4.0)),
        (np.arange(1.0, c + 1), None),
        (None, np.full(c, 4.0)),
    ]:
        layer = make()
        layer.training = False
        layer.running_mean, layer.running_var = mean, var
        m = np.zeros(c) if mean is None else mean
        v = np.zeros(c) if var is None else var
        want = weight[axis] * (x - m[axis]) / np.sqrt(v[axis] + 1e-5) + bias[axis]
        np.testing.assert_allclose(layer.forward(x, weight, bias), want, rtol=1e-12)
        layer.training = True
        layer.forward(x, weight, bias)
        np.testing.assert_allclose(
            layer.running_mean - 0.9 * m,
            0.1 * x.swapaxes(0, 1).reshape(c, -1).mean(axis=1) if x.ndim == 4 else 0.1 * x.mean(axis=0),
            rtol=1e-9,
        )
    assert np.array_equal(var, np.full(c, 4.0))  # the user's array is left alone


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (np.zeros(3), ShapeError, "wanted shape (4,), got (3,)"),
        (np.zeros((1, 4)), ShapeError, "wanted shape (4,), got (1, 4)"),
        (np.zeros(4, np.float32), DTypeError, "wanted float64, the dtype of x, got float32"),
        ([0, 0, 0, 0], DTypeError, "wanted a plain NumPy array, got list; np.asarray converts"),
        (0.0, DTypeError, "wanted a plain NumPy array, got float; np.asarray converts"),
    ],
)
def test_running_statistics_are_checked(name: str, value: Any, error: type[Exception], text: str) -> None:
    x, weight, bias, _ = batch()
    for training in (True, False):
        layer = BatchNorm()
        layer.training = training
        setattr(layer, name, value)
        with pytest.raises(error) as caught:
            layer.forward(x, weight, bias)
        assert str(caught.value) == f"{name}: {text}"


def test_all_nodes_of_the_graph() -> None:
    x, weight, bias, dy = batch()
    layer = BatchNorm()
    layer.record_nodes = True
    y = layer.forward(x, weight, bias)
    g = layer.backward(dy)
    assert list(layer.nodes) == NODES.split()
    assert {v.shape for v in layer.nodes.values()} == {(6, 4), (4,)}
    assert np.array_equal(layer.nodes["y"], y)
    assert np.array_equal(layer.nodes["dx1"] + layer.nodes["dx2"], g.input)
    assert np.array_equal(layer.nodes["dgamma"], g.weight)
    assert np.array_equal(layer.nodes["dbeta"], g.bias)
    assert not any(np.shares_memory(a, b) for a in layer.nodes.values() for b in (x, dy, y, g.input))
    layer.forward(x, weight, bias)
    assert list(layer.nodes) == NODES.split()[:9]


def test_no_node_is_kept_unless_asked_for() -> None:
    layer = BatchNorm()
    answers(layer, *batch())
    assert layer.nodes == {}


def test_names_and_representations() -> None:
    assert {"BatchNorm", "Gradients", "JoinGradients", "Layer", "SpatialBatchNorm"} <= set(
        pybn.layers.__all__
    )
    assert repr(BatchNorm(1e-3, 0.5)) == "BatchNorm(eps=0.001, momentum=0.5, layout=None)"
    assert (
        repr(SpatialBatchNorm(layout="H W C N")) == "SpatialBatchNorm(eps=1e-05, momentum=0.9, layout='HWCN')"
    )
    assert Gradients(np.ones(1)).weight is None
    layer = SpatialBatchNorm(1e-3, 0.5)
    assert (layer.eps, layer.momentum, layer.layout) == (1e-3, 0.5, "NCHW")


# Refusals.


def step(layer: Any, arguments: dict[str, Any], dy: Any) -> None:
    """Forward and backward."""
    layer.forward(**arguments)
    layer.backward(dy)


PLAIN = "wanted a plain NumPy array, got {}; np.asarray converts"
FLOAT = "wanted float32 or float64, got {}"
CONVERTS = FLOAT + "; NAME.astype(np.float64) converts"  # others would lose something, or may be anything
X = np.ones((6, 4))

ROWS = "x: wanted (N, D) with at least one row and one column"

BAD_X: list[tuple[Any, type[PybnError], str]] = [
    (X.tolist(), DTypeError, PLAIN.format("list")),
    (None, DTypeError, PLAIN.format("NoneType")),
    (np.float64(1), DTypeError, PLAIN.format("float64")),
    (np.ma.masked_array(X), DTypeError, PLAIN.format("MaskedArray")),
    (X.astype(np.int64), DTypeError, CONVERTS.format("int64")),
    (X.astype(bool), DTypeError, CONVERTS.format("bool")),
    (X.astype(np.float16), DTypeError, CONVERTS.format("float16")),
    (X.astype(np.longdouble), DTypeError, CONVERTS.format(np.dtype(np.longdouble))),
    (X.astype(complex), DTypeError, FLOAT.format("complex128")),
    (X.astype(object), DTypeError, FLOAT.format("object")),
    (X.astype("U1"), DTypeError, FLOAT.format("<U1")),
    (X.astype(">f8"), DTypeError, CONVERTS.format(">f8")),
    (X.astype(">f4"), DTypeError, CONVERTS.format(">f4")),
]  # fmt: skip


@pytest.mark.parametrize(("value", "error", "text"), BAD_X)
def test_what_is_no_float_array_is_refused_everywhere(value: Any, error: type[PybnError], text: str) -> None:
    x, weight, bias, _ = batch()
    row = value[0] if isinstance(value, np.ndarray) else value
    for name, arguments in {
        "x": (value, weight, bias),
        "weight": (x, row, bias),
        "bias": (x, weight, row),
    }.items():
        with pytest.raises(error) as caught:
            BatchNorm().forward(*arguments)
        assert str(caught.value) == f"{name}: {text.replace('NAME', name)}"
    layer = BatchNorm()
    layer.forward(x, weight, bias)
    with pytest.raises(error) as caught:
        layer.backward(value)
    assert str(caught.value) == f"dy: {text.replace('NAME', 'dy')}"
    for call in (
        lambda: SpatialBatchNorm().forward(value, weight, bias),
        lambda: SpatialBatchNorm().backward(value),
    ):
        with pytest.raises(error):
            call()


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_is_refused() -> None:
    x, weight, bias, _ = batch()
    with pytest.raises(DTypeError, match="x: wanted a plain NumPy array, got matrix"):
        BatchNorm().forward(np.asmatrix(x), weight, bias)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x": X[0]}, ShapeError, "x: wanted (N, D) with at least one row and one column, got shape (4,)"),
        ({"x": X[None]}, ShapeError, ROWS + ", got shape (1, 6, 4); layout='NTC' takes sequences"),
        ({"x": X[:0]}, ShapeError, "x: wanted (N, D) with at least one row and one column, got shape (0, 4)"),
        ({"x": X[:, :0]}, ShapeError, "x: wanted (N, D) with at least one row and one column, got shape (6, 0)"),
        ({"weight": np.ones(1)}, ShapeError, "weight: wanted shape (4,), got (1,)"),
        ({"weight": np.ones((1, 4))}, ShapeError, "weight: wanted shape (4,), got (1, 4)"),
        ({"bias": np.ones(())}, ShapeError, "bias: wanted shape (4,), got ()"),
        ({"bias": np.ones(4, "f4")}, DTypeError, "bias: wanted float64, the dtype of x, got float32"),
        ({"x": X.astype("f4")}, DTypeError, "weight: wanted float32, the dtype of x, got float64"),
        ({"dy": np.ones((4, 6))}, ShapeError, "dy: wanted shape (6, 4), got (4, 6)"),
        ({"dy": np.ones((6, 4), "f4")}, DTypeError, "dy: wanted float64, the dtype of x, got float32"),
    ],
)  # fmt: skip
def test_batch_norm_refuses(change: dict[str, Any], error: type[PybnError], text: str) -> None:
    given = dict(zip(("x", "weight", "bias", "dy"), batch(), strict=True)) | change
    dy = given.pop("dy")
    layer = BatchNorm()
    with pytest.raises(error) as caught:
        step(layer, given, dy)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x": X}, ShapeError, "x: wanted (H, W, C, N) with no empty side, got shape (6, 4)"),
        ({"x": np.ones((5, 4, 3, 0))}, ShapeError, "x: wanted (H, W, C, N) with no empty side, got shape (5, 4, 3, 0)"),
        ({"weight": np.ones(4)}, ShapeError, "weight: wanted shape (3,), got (4,)"),
        ({"bias": np.ones((1, 1, 3, 1))}, ShapeError, "bias: wanted shape (3,), got (1, 1, 3, 1)"),
        ({"dy": np.ones((4, 5, 3, 2))}, ShapeError, "dy: wanted shape (5, 4, 3, 2), got (4, 5, 3, 2)"),
        ({"dy": np.ones((40, 3))}, ShapeError, "dy: wanted shape (5, 4, 3, 2), got (40, 3)"),
        ({"dy": np.ones((5, 4, 3, 2), "f4")}, DTypeError, "dy: wanted float64, the dtype of x, got float32"),
    ],
)  # fmt: skip
def test_spatial_batch_norm_refuses(change: dict[str, Any], error: type[PybnError], text: str) -> None:
    good = {"x": np.ones((5, 4, 3, 2)), "weight": np.ones(3), "bias": np.ones(3), "dy": np.ones((5, 4, 3, 2))}
    given = good | change
    dy = given.pop("dy")
    layer = SpatialBatchNorm(layout="HWCN")
    with pytest.raises(error) as caught:
        step(layer, given, dy)
    assert str(caught.value) == text


def test_backward_before_forward_is_refused() -> None:
    for layer, dy in ((BatchNorm(), X), (SpatialBatchNorm(), np.ones((2, 3, 5, 4))), (SpatialBatchNorm(), X)):
        with pytest.raises(
            StateError, match="backward wants a forward in training mode right before it; there was none"
        ):
            layer.backward(dy)  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [BatchNorm, SpatialBatchNorm])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"eps": -1e-9}, "eps: wanted a finite number >= 0, got -1e-09"),
        ({"eps": np.nan}, "eps: wanted a finite number >= 0, got nan"),
        ({"eps": np.inf}, "eps: wanted a finite number >= 0, got inf"),
        ({"eps": "0"}, "eps: wanted a finite number >= 0, got '0'"),
        ({"eps": None}, "eps: wanted a finite number >= 0, got None"),
        ({"eps": True}, "eps: wanted a finite number >= 0, got True"),
        ({"momentum": 1.1}, "momentum: wanted a number from 0 to 1, got 1.1"),
        ({"momentum": -0.1}, "momentum: wanted a number from 0 to 1, got -0.1"),
        ({"momentum": np.nan}, "momentum: wanted a number from 0 to 1, got nan"),
        ({"momentum": [0.5]}, "momentum: wanted a number from 0 to 1, got [0.5]"),
        ({"numerics": "fastest"}, "numerics: wanted 'octave'"),
    ],
)
def test_options_are_checked(make: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        make(**options)
    assert str(caught.value).startswith(text)
    make(np.float32(1e-3), np.int64(1))


@pytest.mark.parametrize("layout", ["NCH", "NCHWD", "NCHC", "nchw", "ND", "", "N-HW", None, 4])
def test_layouts_are_checked(layout: Any) -> None:
    with pytest.raises(LayoutError, match="layout"):
        SpatialBatchNorm(layout=layout)
