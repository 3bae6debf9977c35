"""Normalisations, scales and slopes a channel, and what turns images into parts and rows: facts beside the fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import draw
from scipy.stats import norm

from pybn.errors import DTypeError, GraphError, LayoutError, ShapeError, StateError
from pybn.gradient_check import gradient_check
from pybn.graph import Graph, Input, Node
from pybn.layers import (
    BatchNorm,
    ClippedRelu,
    CropLayer,
    EltWiseMul,
    Elu,
    Flatten,
    FullyConnected,
    Gelu,
    GroupNorm,
    LayerNorm,
    PRelu,
    ScaleLayer,
    SequenceAvgPool,
    SequenceConvolution,
    SequenceGlobalPool,
    SequenceMaxPool,
    Softplus,
    SpatialBatchNorm,
    Swish,
)
from pybn.layouts import convert

SHAPES = {"NCHW": (2, 4, 3, 5), "HWCN": (3, 5, 4, 2), "NTC": (2, 3, 4), "CTN": (4, 3, 2), "ND": (3, 4)}
# A layer of each kind, the layout of what it takes, and the shapes of its parameters.
MAKE: dict[str, tuple[Callable[[], Any], str, tuple[tuple[int, ...], ...]]] = {
    "group_norm": (lambda: GroupNorm(2), "NCHW", ((4,), (4,))),
    "group_norm HWCN": (lambda: GroupNorm(4, layout="HWCN"), "HWCN", ((4,), (4,))),
    "layer_norm": (LayerNorm, "ND", ((4,), (4,))),
    "layer_norm NTC": (LayerNorm, "NTC", ((4,), (4,))),
    "scale": (ScaleLayer, "NCHW", ((4,), (4,))),
    "scale elements": (lambda: ScaleLayer("HWCN"), "HWCN", ((3, 5, 4), (3, 5, 4))),
    "scale CTN": (lambda: ScaleLayer("CTN"), "CTN", ((4,), (4,))),
    "scale rows": (ScaleLayer, "ND", ((4,), (4,))),
    "p_relu": (PRelu, "NCHW", ((4,),)),
    "p_relu NTC": (lambda: PRelu("NTC"), "NTC", ((4,),)),
    "p_relu rows": (PRelu, "ND", ((4,),)),
    "flatten": (Flatten, "NCHW", ()),
    "flatten HWCN": (lambda: Flatten("HWCN", "column"), "HWCN", ()),
    "batch_norm NTC": (lambda: BatchNorm(layout="NTC"), "NTC", ((4,), (4,))),
    "convolution": (lambda: SequenceConvolution(1, (2, 0), dilation=2), "NTC", ((5, 4, 2), (5,))),
    "convolution CTN": (lambda: SequenceConvolution(2, "same", "CTN", groups=2), "CTN", ((6, 2, 3), (6,))),
    "max_pool": (lambda: SequenceMaxPool(2, pad=(0, 1)), "NTC", ()),
    "max_pool CTN": (lambda: SequenceMaxPool(3, 2, "CTN", pad="same"), "CTN", ()),
    "avg_pool": (lambda: SequenceAvgPool(2, pad=(1, 0)), "NTC", ()),
    "avg_pool CTN": (lambda: SequenceAvgPool(2, 2, "CTN", floor=True), "CTN", ()),
    "global avg": (SequenceGlobalPool, "NTC", ()),
    "global max CTN": (lambda: SequenceGlobalPool("max", "CTN"), "CTN", ()),
    "fully_connected CTN": (lambda: FullyConnected("CTN"), "CTN", ((4, 3), (3,))),
}


def draws(name: str, dtype: str = "f8") -> tuple[Any, list[Any]]:
    """The layer, and x with the parameters."""
    make, layout, shapes = MAKE[name]
    return make(), [draw(*s, seed=k).astype(dtype) for k, s in enumerate([SHAPES[layout], *shapes])]


def answers(layer: Any, given: list[Any], dy: Any) -> list[Any]:
    y = layer.forward(*given)
    found = layer.backward(dy)
    return [y, found.input, *(getattr(found, name) for name in layer.parameters)]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", MAKE)
def test_the_same_bits_whatever_the_memory(name: str, dtype: str) -> None:
    layer, given = draws(name, dtype)
    dy = draw(*layer.forward(*given).shape, seed=9).astype(dtype)
    want = [v.tobytes() for v in answers(MAKE[name][0](), given, dy)]
    for laid in (np.asfortranarray, lambda v: np.repeat(v, 2, -1)[..., ::2]):
        found = answers(MAKE[name][0](), [laid(v) for v in given], laid(dy))
        assert [v.tobytes() for v in found] == want
        assert {v.dtype.str[1:] for v in found} == {dtype}


@pytest.mark.parametrize("name", MAKE)
def test_arguments_are_left_alone_and_answers_are_the_callers(name: str) -> None:
    layer, given = draws(name)
    kept = [v.copy() for v in given]
    y = layer.forward(*given)
    dy = draw(*y.shape, seed=9)
    want = layer.backward(dy).input.copy()
    assert all(np.array_equal(a, b) for a, b in zip(kept, given, strict=True))
    for value in (*given, y):
        value[...] = np.nan
    layer.backward(dy).input[...] = np.nan
    assert np.array_equal(layer.backward(dy).input, want)


@pytest.mark.parametrize("name", MAKE)
def test_answers_are_written_into_out(name: str) -> None:
    layer, given = draws(name)
    y = layer.forward(*given)
    dy = draw(*y.shape, seed=9)
    dx = layer.backward(dy).input
    out, more = np.asfortranarray(np.full_like(y, np.nan)), np.asfortranarray(np.full_like(dx, np.nan))
    assert layer.forward(*given, out=out) is out
    assert layer.backward(dy, out=more).input is more
    assert np.array_equal(out, y)
    assert np.array_equal(more, dx)
    for wrong, error in ((np.empty(3), ShapeError), (np.empty(y.shape, "f4"), DTypeError)):
        with pytest.raises(error, match="out: wanted"):
            layer.forward(*given, out=wrong)
    if y.shape == dx.shape:  # in place
        assert np.array_equal(layer.forward(*given, out=given[0]), y)
        assert np.array_equal(layer.backward(dy, out=dy).input, dx)


@pytest.mark.parametrize("name", MAKE)
def test_gradients_by_finite_differences(name: str) -> None:
    layer, (x, *parameters) = draws(name)
    named = dict(zip(layer.parameters, parameters, strict=True))
    found = gradient_check(layer, x, elements=10, **named)
    assert [each.name for each in found] == ["input", *layer.parameters]
    assert all(each.status() == "agrees" and each.error < 1e-7 for each in found), found


@pytest.mark.parametrize("name", MAKE)
def test_a_model_of_one_layer_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    layer, (x, *parameters) = draws(name)
    layout = MAKE[name][1]
    batch = layout.index("N")
    sizes = tuple(None if k == batch else size for k, size in enumerate(x.shape))
    named = {f"y.{key}": value for key, value in zip(layer.parameters, parameters, strict=True)}
    graph = Graph([Node("x", Input(sizes)), Node("y", layer)], named)
    assert graph.sizes("y").count(None) == 1
    y = graph.forward(x)
    assert set(graph.backward(y)) == set(named)
    graph.save(tmp_path / "model.h5")
    other = Graph.load(tmp_path / "model.h5")
    assert np.array_equal(other.predict(x), graph.predict(x))
    assert repr(other.layer("y")) == repr(layer)


@pytest.mark.parametrize("name", MAKE)
def test_refusals_in_all(name: str) -> None:
    layer, given = draws(name)
    with pytest.raises(StateError):
        layer.backward(given[0])
    with pytest.raises(ShapeError, match="x: wanted"):
        layer.forward(np.ones((2, 3, 4, 5, 6)), *given[1:])
    y = layer.forward(*given)
    with pytest.raises(ShapeError, match="dy: wanted shape"):
        layer.backward(y[:-1])
    for k, parameter in enumerate(layer.parameters, 1):
        wrong = [*given[:k], np.ones(given[k].shape[-1] + 1), *given[k + 1 :]]
        with pytest.raises(ShapeError, match=f"{parameter}: wanted"):
            layer.forward(*wrong)


# What each is, known without Octave.


def test_normalisations_are_one_another() -> None:
    """One image a batch: each channel a group is the batch-norm of images; rows turned round, that of rows."""
    x, weight, bias = draw(1, 4, 3, 5), draw(4, seed=1), draw(4, seed=2)
    assert np.allclose(GroupNorm(4).forward(x, weight, bias), SpatialBatchNorm().forward(x, weight, bias))
    rows, one, zero = draw(6, 4), np.ones(4), np.zeros(4)
    turned = BatchNorm().forward(np.ascontiguousarray(rows.T), np.ones(6), np.zeros(6)).T
    assert np.allclose(LayerNorm().forward(rows, one, zero), turned)
    pixels = x.reshape(1, -1)
    whole = LayerNorm().forward(pixels, np.ones(60), np.zeros(60)).reshape(x.shape)
    assert np.allclose(GroupNorm(1).forward(x, one, zero), whole)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_every_group_has_mean_0_and_variance_1(groups: int) -> None:
    y = GroupNorm(groups, eps=0).forward(3 + 2 * draw(2, 4, 3, 5), np.ones(4), np.zeros(4))
    each = y.reshape(2, groups, -1)
    assert np.allclose(each.mean(2), 0)
    assert np.allclose(each.var(2), 1)


@pytest.mark.parametrize("layout", ["HWCN", "NHWC", "CWHN"])
def test_layouts_answer_alike(layout: str) -> None:
    x, weight = draw(2, 4, 3, 5), draw(4, seed=1)
    turned = convert(x, "NCHW", layout)
    for kind, parameters in (
        (GroupNorm, (weight, weight)),
        (ScaleLayer, (weight, weight)),
        (PRelu, (weight,)),
    ):
        y = kind().forward(x, *parameters)
        assert np.array_equal(convert(kind(layout=layout).forward(turned, *parameters), layout, "NCHW"), y)
    for order in ("row", "column"):
        assert np.array_equal(Flatten(layout, order).forward(turned), Flatten("NCHW", order).forward(x))


def test_rows_in_the_order_of_numpy_and_of_matlab() -> None:
    x = draw(2, 4, 3, 5)
    assert np.array_equal(Flatten().forward(x), x.reshape(2, -1))
    matlab = x.transpose(2, 3, 1, 0)
    columns = np.stack([matlab[..., k].ravel(order="F") for k in range(2)])
    assert np.array_equal(Flatten(order="column").forward(x), columns)


def test_a_crop_takes_what_is_there() -> None:
    x1, x2 = draw(2, 3, 6, 7), draw(2, 1, 2, 3)
    layer = CropLayer((1, 4))
    assert np.array_equal(layer.forward(x1, x2), x1[:, :, 1:3, 4:7])
    dy = draw(2, 3, 2, 3, seed=4)
    found = layer.backward(dy)
    assert np.array_equal(found.input1[:, :, 1:3, 4:7], dy)
    assert np.count_nonzero(found.input1) == dy.size
    assert not found.input2.any()
    assert found.input2.shape == x2.shape
    outs = np.full_like(x1, np.nan), np.full_like(x2, np.nan)
    assert layer.backward(dy, out=outs).inputs is outs
    assert np.array_equal(outs[0], found.input1)
    with pytest.raises(
        ShapeError, match=r"x2: wanted at most 5 along H, as many as x1 .* has from 1 on, got 6"
    ):
        layer.forward(x1, x1)
    with pytest.raises(ShapeError, match="x2: wanted 2 images"):
        layer.forward(x1, x2[:1])


def test_known_values() -> None:
    x = np.array([-30.0, -2, -0.5, 0, 0.5, 2, 30])
    assert np.allclose(Gelu().forward(x), x * norm.cdf(x), rtol=1e-12, atol=0)
    assert np.allclose(Gelu("tanh").forward(x), x * norm.cdf(x), atol=5e-4)
    assert np.allclose(Swish().forward(x), x / (1 + np.exp(-x)), rtol=1e-13)
    assert np.allclose(Softplus().forward(x), np.log1p(np.exp(x)), rtol=1e-13)
    assert np.allclose(Softplus().forward(np.array([800.0, -800.0])), [800, 0])
    assert np.allclose(Elu(2).forward(x), np.where(x > 0, x, 2 * (np.exp(x) - 1)), rtol=1e-13)
    assert ClippedRelu(2).forward(x).tolist() == [0, 0, 0, 0, 0.5, 2, 2]
    assert ClippedRelu(2).forward(np.array([np.nan, np.inf, -np.inf])).tolist() == [0, 2, 0]
    assert PRelu().forward(x[None], np.full(7, 0.25)).tolist() == [[-7.5, -0.5, -0.125, 0, 0.5, 2, 30]]


def test_a_product_survives_zeros() -> None:
    layer = EltWiseMul()
    layer.forward(np.zeros(2), np.array([3.0, 0]), np.array([5.0, 5]))
    assert [dx.tolist() for dx in layer.backward(np.ones(2)).inputs] == [[15, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: GroupNorm(0), "groups: wanted"),
        (lambda: GroupNorm(1, -1), "eps: wanted a finite number >= 0"),
        (lambda: LayerNorm("1"), "eps: wanted a finite number >= 0"),  # type: ignore[arg-type]
        (lambda: ClippedRelu(0), "ceiling: wanted a finite number > 0"),
        (lambda: Elu(float("nan")), "alpha: wanted a finite number"),
        (lambda: Gelu("erf"), "approximate: wanted 'none' or 'tanh'"),
        (lambda: Flatten(order="F"), "order: wanted 'row' or 'column'"),
        (lambda: CropLayer((1, -1)), "offset: wanted"),
        (lambda: CropLayer(3), "offset: wanted"),  # type: ignore[arg-type]
    ],
)
def test_options_are_checked(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize(
    "kind", [GroupNorm, ScaleLayer, PRelu, CropLayer, Flatten, BatchNorm, FullyConnected]
)
def test_layouts_are_checked(kind: Any) -> None:
    for layout in ("NCD", "NCHC", "ntc", 4):
        with pytest.raises(LayoutError, match="layout"):
            kind(layout=layout)


def test_groups_that_do_not_divide_are_told_when_a_model_is_built() -> None:
    with pytest.raises(GraphError, match=r"y: a GroupNorm cannot take N x 4 x 2 x 2.*3 groups divide, got 4"):
        Graph([Node("x", Input((None, 4, 2, 2))), Node("y", GroupNorm(3))], {"y.weight": np.ones(4)})
