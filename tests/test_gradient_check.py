"""Gradients against differences: right ones agree far below the limit, wrong ones show, and kinks are told apart."""

from __future__ import annotations

import json
import math
import pickle
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pybn.layers
from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.cli import main
from pybn.draw import draw_inputs
from pybn.engines.base import to_side
from pybn.engines.octave import OctaveEngine
from pybn.engines.port import PortEngine
from pybn.errors import DTypeError, ShapeError
from pybn.gradient_check import GradientError, Status, gradient_check, gradient_check_model
from pybn.gradient_check.cases import check_case, pairs_of
from pybn.graph import Graph, Input, Node
from pybn.layers import BatchNorm, FullyConnected, SpatialBatchNorm
from pybn.losses import Loss
from pybn.training import Training

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
RNG = np.random.default_rng(1)
X, ROW, ROW2 = RNG.standard_normal((8, 5)), RNG.standard_normal(5), RNG.standard_normal(5)


class Toy:
    """A layer by two functions: of x, and of x and dy."""

    def __init__(self, y: Callable[[Any], Any], dx: Callable[[Any, Any], Any]) -> None:
        self.y, self.dx = y, dx

    def forward(self, x: Any) -> Any:
        self.x = x
        return self.y(x)

    def backward(self, dy: Any) -> Any:
        return {"input": self.dx(self.x, dy)}


def relu(shift: float = 0.0) -> Toy:
    return Toy(lambda x: np.where(x >= shift, x - shift, 0), lambda x, dy: dy * (x >= shift))


def test_right_gradients_agree_far_below_the_limit() -> None:
    found = gradient_check(BatchNorm(), X, weight=ROW, bias=ROW2)
    assert [each.name for each in found] == ["input", "weight", "bias"]
    assert [(each.checked, each.size) for each in found] == [(40, 40), (5, 5), (5, 5)]
    assert max(each.error for each in found) < 1e-11
    assert {each.status() for each in found} == {Status.AGREES}


def test_the_step_is_the_best_one() -> None:
    """Ten times longer or shorter is worse: truncation above, rounding below."""

    def error(step: float) -> float:
        # A limit that nothing is above takes the first reading as it is.
        return gradient_check(BatchNorm(), X, weight=ROW, bias=ROW2, step=step, limit=1e6)[0].error

    assert error(2.0**-10) < 1e-11
    assert error(2.0**-6) > 10 * error(2.0**-10)
    assert error(2.0**-16) > 3 * error(2.0**-10)


@pytest.mark.parametrize("by", [1e-6, 1e-3, 1.0, math.nan, math.inf])
@pytest.mark.parametrize("name", ["input", "weight", "bias"])
def test_one_wrong_element_is_found(monkeypatch: pytest.MonkeyPatch, name: str, by: float) -> None:
    right = BatchNorm.backward

    def wrong(self: BatchNorm, dy: Any) -> Any:
        found = right(self, dy)
        getattr(found, name).flat[3] += by
        return found

    monkeypatch.setattr(BatchNorm, "backward", wrong)
    found = {each.name: each for each in gradient_check(BatchNorm(), X, weight=ROW, bias=ROW2)}
    assert [each for each in found if found[each].status() is Status.DIFFERS] == [name]
    assert found[name].worst == ((0, 3) if name == "input" else (3,))
    if by == 1e-3:
        assert found[name].analytic - found[name].numeric == pytest.approx(1e-3, rel=1e-6)
        largest = max(abs(right_of(name).ravel()))
        assert found[name].error == pytest.approx(1e-3 / largest, rel=0.01)


def right_of(name: str) -> Any:
    layer = BatchNorm()
    y = layer.forward(X, ROW, ROW2)
    return getattr(layer.backward(np.random.default_rng(0).standard_normal(y.shape)), name)


def test_a_constant_factor_is_found() -> None:
    """As of the legacy CrossEntropy, whose gradient is not divided by N."""
    [found] = gradient_check(Toy(lambda x: (x * x).mean(keepdims=True), lambda x, dy: 2 * x * dy), X)
    assert found.status() is Status.DIFFERS
    assert found.analytic == pytest.approx(40 * found.numeric)


# The layer stays as it is.


def test_the_layer_stays_as_it_is() -> None:
    layer = SpatialBatchNorm(layout="NHWC")
    x = RNG.standard_normal((2, 3, 4, 5))
    layer.forward(x, ROW, ROW2)
    before = pickle.dumps(layer.__dict__ | {"inner": vars(layer).get("inner")})
    kept = [value.copy() for value in (x, ROW, ROW2)]
    assert max(e.error for e in gradient_check(layer, x, weight=ROW, bias=ROW2, elements=9)) < 1e-10
    assert pickle.dumps(layer.__dict__ | {"inner": vars(layer).get("inner")}) == before
    assert all(np.array_equal(a, b) for a, b in zip(kept, (x, ROW, ROW2), strict=True))


def test_dropout_draws_the_same_mask_and_none_of_its_own_stream() -> None:
    layer = pybn.layers.Dropout(0.5, seed=3)
    before = layer.random.get_state()[1].copy()  # type: ignore[union-attr, index]
    [found] = gradient_check(layer, X)
    assert found.error < 1e-12
    assert np.array_equal(layer.random.get_state()[1], before)  # type: ignore[union-attr, index]


def test_a_layer_trained_in_single_is_checked_in_double() -> None:
    layer = BatchNorm()
    layer.forward(X.astype("f"), ROW.astype("f"), ROW2.astype("f"))
    assert max(e.error for e in gradient_check(layer, X.astype("f"), weight=ROW, bias=ROW2)) < 1e-11
    assert layer.running_mean is not None
    assert layer.running_mean.dtype == "float32"


def test_joins_have_an_error_for_each_input() -> None:
    found = gradient_check(pybn.layers.EltWiseAdd(), X, 2 * X)
    assert [each.name for each in found] == ["input1", "input2"]
    assert max(each.error for each in found) < 1e-12


def test_a_sample_of_the_elements_is_told() -> None:
    [found] = gradient_check(relu(), X, elements=7)
    assert (found.checked, found.size) == (7, 40)
    [again] = gradient_check(relu(), X, elements=7)
    assert again == found


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"gradient by input: wanted shape \(8, 5\), got \(5, 8\)"):
        gradient_check(Toy(lambda x: x, lambda _, dy: dy.T), X)
    with pytest.raises(ShapeError, match="got none"):
        gradient_check(Toy(lambda x: x, lambda *_: None), X)


class Dense:
    """A stranger's layer, with a return that may be of any kind."""

    def __init__(
        self, wrap: Callable[..., Any] = lambda dx, dw, db: {"input": dx, "weight": dw, "bias": db}
    ) -> None:
        self.wrap = wrap

    def forward(self, x: Any, w: Any, b: Any) -> Any:
        self.x, self.w = x, w
        return x @ w + b

    def backward(self, dy: Any) -> Any:
        return self.wrap(dy @ self.w.T, self.x.T @ dy, dy.sum(0))


class Holding(Dense):
    """The same, with parameters of its own."""

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return super().forward(x, W, B)


W, B = RNG.standard_normal((5, 3)), RNG.standard_normal(3)


def test_what_backward_returns_must_have_names() -> None:
    assert {e.status() for e in gradient_check(Dense(), X, weight=W, bias=B)} == {Status.AGREES}
    wanted = "; wanted attributes or keys input, weight, bias"
    with pytest.raises(TypeError, match=f"^backward returned a tuple{wanted}$"):
        gradient_check(Dense(lambda *all_three: all_three), X, weight=W, bias=B)
    with pytest.raises(TypeError, match=f"^backward returned dx, dw{wanted}$"):
        gradient_check(Dense(lambda dx, dw, _: {"dx": dx, "dw": dw}), X, weight=W, bias=B)
    with pytest.raises(TypeError, match=f"^backward returned None{wanted}$"):
        gradient_check(Dense(lambda *_: None), X, weight=W, bias=B)


@pytest.mark.parametrize(
    ("layer", "came"),
    [(Dense(), "input, weight, bias"), (Dense(lambda dx, *_: dx), "an array")],
)
def test_parameters_that_are_given_by_place_have_a_hint(layer: Dense, came: str) -> None:
    said = f"^backward returned {came}; wanted attributes or keys input1, input2, input3; "
    with pytest.raises(TypeError, match=f"{said}parameters are given by name, as weight= and bias=$"):
        gradient_check(layer, X, W, B)


def test_what_forward_does_not_take_is_told() -> None:
    by_name = "; parameters are given by name, as weight= and bias=$"
    with pytest.raises(
        TypeError, match=rf"^BatchNorm.forward\(x, weight, bias, .*\): it was given input{by_name}"
    ):
        gradient_check(BatchNorm(), X)
    with pytest.raises(TypeError, match=rf"^Toy.forward\(x\): it was given input, weight{by_name}"):
        gradient_check(relu(), X, weight=W)


def test_a_dy_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"^dy: wanted shape \(8, 5\), that of y, got \(5,\)$"):
        gradient_check(relu(), X, dy=ROW)


def test_what_is_not_checked_is_said() -> None:
    told = "backward returned weight, bias, too, which is not checked: no weight= or bias= was given"
    with pytest.warns(UserWarning, match=told):
        [found] = gradient_check(Holding(), X)
    assert found.status() is Status.AGREES


# Where there is no derivative, or none to be had.


@pytest.mark.parametrize("near", [0.0, -0.0, 1e-9, -1e-12])
def test_a_kink_is_no_failure_and_no_pass(near: float) -> None:
    x = X.copy()
    x[2, 3] = near
    [found] = gradient_check(relu(), x)
    assert (found.status(), found.kinks) == (Status.KINK, 1)
    assert found.error < 1e-12


def test_a_kink_within_the_step_is_stepped_over() -> None:
    x = X.copy()
    x[0, 0], x[1, 1] = 1e-4, -1e-6
    [found] = gradient_check(relu(), x)
    assert (found.status(), found.kinks) == (Status.AGREES, 0)


def test_a_kink_whose_middle_slope_is_the_analytic_one_is_seen() -> None:
    x = X.copy()
    x[0, 0] = 0
    [found] = gradient_check(Toy(np.abs, lambda x, dy: dy * np.sign(x)), x)
    assert (found.status(), found.kinks) == (Status.KINK, 1)


def test_a_wrong_gradient_beside_a_kink_is_wrong() -> None:
    x = X.copy()
    x[0, 0] = 0
    [found] = gradient_check(Toy(lambda x: np.maximum(x, 0), lambda _, dy: dy), x)
    assert found.status() is Status.DIFFERS
    assert found.numeric == 0


def test_kinks_alone_are_below_no_limit() -> None:
    [found] = gradient_check(relu(), np.zeros((2, 3)))
    assert math.isnan(found.error)
    assert found.status() is Status.KINK


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_numbers_have_a_status_of_their_own(value: float) -> None:
    x = X.copy()
    x[0, 0] = value
    [found] = gradient_check(relu(), x)
    assert (found.status(), found.not_finite) == (Status.NOT_FINITE, 40)
    assert math.isnan(found.error)


def test_what_drowns_in_rounding_is_too_rough_to_tell() -> None:
    [found] = gradient_check(Toy(lambda x: (1.1 * x + 1e11) - 1e11, lambda _, dy: 1.1 * dy), X)
    assert found.status() is Status.ROUGH
    assert found.rough


@pytest.mark.parametrize("size", [1e-38, 1e-3, 1e5, 1e30])
def test_the_step_goes_with_the_size_of_the_tensor(size: float) -> None:
    [found] = gradient_check(
        Toy(lambda x: np.sin(x / size), lambda x, dy: dy * np.cos(x / size) / size), size * X
    )
    assert found.error < 1e-10


def test_what_does_not_move_the_sum_is_zero() -> None:
    """The bias before a batch-norm: its gradient is rounding alone, on both sides."""

    class Both:
        def __init__(self) -> None:
            self.inner = BatchNorm()

        def forward(self, x: Any, bias: Any) -> Any:
            return self.inner.forward(x + bias, np.ones(5), np.zeros(5))

        def backward(self, dy: Any) -> Any:
            dx = self.inner.backward(dy).input
            return {"input": dx, "bias": dx.sum(0)}

    found = gradient_check(Both(), X, bias=ROW)
    assert [each.status() for each in found] == [Status.AGREES] * 2


# Models.


def model(loss: str, dtype: str = "float64") -> Graph:
    last = {"multi_class_cross_entropy": "softmax", "cross_entropy": "sigmoid"}[loss]
    layers = [
        {"type": "input", "name": "image", "rows": 6, "cols": 5, "depth": 2},
        {"type": "conv", "name": "conv1", "kh": 3, "kw": 2, "stride": 1, "pad": 0, "num_output": 3},
        {"type": "sp_batchnorm", "name": "bn1", "eps": 1e-5, "momentum": 0.9},
        {"type": "tanh", "name": "tanh1"},
        {"type": "dropout", "name": "drop1", "prob": 0.3},
        {"type": "fc", "name": "fc1", "num_output": 3},
        {"type": last, "name": "prob"},
    ]
    return Graph.from_metadata(layers, layout="NCHW", dtype=dtype, loss=loss, seed=0)


IMAGES, LABELS = RNG.standard_normal((4, 2, 6, 5)), np.eye(3)[[0, 1, 2, 0]]


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_a_model_whole(l2: float) -> None:
    net = model("multi_class_cross_entropy")
    before = {name: value.copy() for name, value in net.state.items()}
    found = gradient_check_model(net, IMAGES, LABELS, l2, elements=6)
    assert [each.name for each in found] == ["image", *net.parameters]
    assert {each.status() for each in found} == {Status.AGREES}, found
    assert all(np.array_equal(value, net.state[name]) for name, value in before.items())


def test_a_wrong_layer_inside_a_model_is_seen_from_its_gradients_on(monkeypatch: pytest.MonkeyPatch) -> None:
    right = pybn.layers.Tanh.backward
    monkeypatch.setattr(pybn.layers.Tanh, "backward", lambda self, dy: right(self, 1.01 * dy))
    found = gradient_check_model(model("multi_class_cross_entropy"), IMAGES, LABELS, elements=6)
    wrong = {each.name for each in found if each.status() is Status.DIFFERS}
    assert wrong >= {"image", "conv1.weight", "bn1.weight", "bn1.bias"}
    assert not wrong & {"fc1.weight", "fc1.bias"}


def test_the_legacy_cross_entropy_shows_as_off_by_the_batch() -> None:
    found = {e.name: e for e in gradient_check_model(model("cross_entropy"), IMAGES, LABELS, elements=6)}
    assert found["fc1.weight"].status() is Status.DIFFERS
    assert found["fc1.weight"].analytic == pytest.approx(4 * found["fc1.weight"].numeric)


def test_a_model_in_single_is_refused() -> None:
    with pytest.raises(DTypeError, match="wanted a model in float64, got one in float32"):
        gradient_check_model(model("multi_class_cross_entropy", "float32"), IMAGES, LABELS)


# Cases.

CASES = """
[matlab]
path = "."
class = "Cube"
[python]
path = "."
target = "cube_port:Cube"
new = {}
[inputs]
x = { axes = "N D" }
x2 = { axes = "N D" }
w = { axes = "D" }
dy = { axes = "N D" }
dy2 = { axes = "N D" }
[outputs]
y = { axes = "N D" }
dx = { axes = "N D" }
dw = { axes = "D" }
y2 = { axes = "N D" }
dx2 = { axes = "N D" }
dw2 = { axes = "D" }
loss = { axes = "" }
[scenario]
main = [
  { matlab = "y = Forward(x, w)", python = "y = forward(x, w)" },
  { matlab = "dx, dw = Backward(dy)", python = "dx, dw = backward(dy)" },
  { matlab = "y2 = Forward(x2, w)", python = "y2 = forward(x2, w)" },
  { matlab = "dx2, dw2 = Backward(dy2)", python = "dx2, dw2 = backward(dy2)" },
]
loss = [
  { matlab = "loss = Loss(x)", python = "loss = loss(x)" },
  { matlab = "dx = self.dx", python = "dx = self.dx" },
]
late = [
  { matlab = "y = Forward(x, w)", python = "y = forward(x, w)" },
  { matlab = "y2 = Forward(x2, w)", python = "y2 = forward(x2, w)" },
  { matlab = "dx, dw = Backward(dy)", python = "dx, dw = backward(dy)" },
]
[[case]]
name = "two batches"
size = { N = 3, D = 2 }
[[case]]
name = "a loss"
size = { N = 3, D = 2 }
scenario = "loss"
[[case]]
name = "backward of another forward"
size = { N = 3, D = 2 }
scenario = "late"
"""
CUBE_M = """classdef Cube < handle
  properties
    x
    w
    dx
  end
  methods
    function y = Forward(obj, x, w)
      obj.x = x;
      obj.w = w;
      y = x .* x .* x .* w;
    end
    function [dx, dw] = Backward(obj, dy)
      dx = 3 * obj.x .* obj.x .* obj.w .* dy;
      dw = sum(obj.x .* obj.x .* obj.x .* dy, 1);
    end
    function loss = Loss(obj, x)
      loss = sum(sum(x .* x));
      obj.dx = 2 * x;
    end
  end
end
"""
CUBE_PY = """
class Cube:
    def forward(self, x, w):
        self.x, self.w = x, w
        return x * x * x * w

    def backward(self, dy):
        return 3 * self.x * self.x * self.w * dy, (self.x * self.x * self.x * dy).sum(0)

    def loss(self, x):
        self.dx = 2 * x
        return (x * x).sum()
"""


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    (tmp_path / "Cube.m").write_text(CUBE_M)
    (tmp_path / "cube_port.py").write_text(CUBE_PY)
    (tmp_path / "cube.toml").write_text(CASES)
    return tmp_path / "cube.toml"


def case_of(file: Path, name: str) -> Case:
    return next(c for c in read_case_file(file) if c.id == f"{name} [float64]")


def test_the_names_say_what_is_the_gradient_of_what(cube: Path) -> None:
    two = pairs_of(case_of(cube, "two batches"), "python")
    assert [(p.y, p.dy, p.gradients) for p in two] == [
        ("y", "dy", {"x": "dx", "w": "dw"}),
        ("y2", "dy2", {"x2": "dx2", "w": "dw2"}),
    ]
    [loss] = pairs_of(case_of(cube, "a loss"), "python")
    assert (loss.y, loss.dy, loss.gradients) == ("loss", "", {"x": "dx"})
    assert pairs_of(case_of(cube, "backward of another forward"), "python") == []
    assert not any(pairs_of(c, "python") for c in read_case_file(cube) if c.dtype == "float32")


def test_a_users_port_is_checked(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", str(cube)]) == 0
    out, err = capsys.readouterr()
    assert "port: 2 cases, 5 gradients against differences: ✓ 2 agree within 1e-07" in out
    assert (
        "\n1 more case holds no gradient to check\n" in out
    )  # those in float32 are the same, and not counted
    assert err == ""


def test_a_users_wrong_port_is_found(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = cube.with_name("cube_port.py")
    port.write_text(CUBE_PY.replace("return 3 *", "return 2.99 *"))
    assert main(["gradcheck", str(cube)]) == 1
    out = capsys.readouterr().out
    assert "✗ two batches" in out
    assert "dx2: differs: error 3.3e-03 at [" in out
    assert "dw" not in out
    assert "1 of them does not agree (1 above 1e-07)" in out
    assert main(["gradcheck", str(cube), "--limit", "0.1", "-q"]) == 0
    capsys.readouterr()
    assert main(["gradcheck", str(cube), "-k", "two"]) == 1
    assert (
        "port: 1 case, 4 gradients against differences: ✗ does not agree (1 above" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("(self.x * self.dy).sum()", "wanted shape (2,), got ()"), ("None", "wanted shape (2,), got none")],
)
def test_a_gradient_of_another_shape_is_wrong(
    cube: Path, capsys: pytest.CaptureFixture[str], wrong: str, said: str
) -> None:
    text = CUBE_PY.replace("def backward(self, dy):", "def backward(self, dy):\n        self.dy = dy")
    cube.with_name("cube_port.py").write_text(text.replace("(self.x * self.x * self.x * dy).sum(0)", wrong))
    assert main(["gradcheck", str(cube), "-k", "two"]) == 1
    out = capsys.readouterr().out
    assert f"        dw: differs: {said}\n" in out
    assert "✗ two batches           4 gradients, error at most 1" not in out
    assert main(["gradcheck", str(cube), "-k", "two", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["cases"][0]["gradients"]
    assert [(g["name"], g["status"]) for g in told if g["message"]] == [("dw", "differs"), ("dw2", "differs")]


DECLARED = CASES.replace('name = "two batches"', 'name = "two batches"\nno_derivative = "by a factor"')


def test_what_is_no_derivative_by_design_may_be_declared(
    cube: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cube.write_text(DECLARED)
    cube.with_name("cube_port.py").write_text(CUBE_PY.replace("return 3 *", "return 6 *"))
    assert main(["gradcheck", str(cube)]) == 0
    out = capsys.readouterr().out
    assert "~ two batches" in out
    assert "        by a factor\n" in out
    assert "✓ 1 agrees within 1e-07, 1 no derivative, as declared" in out


def test_a_declaration_is_no_excuse_for_another_shape(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cube.write_text(DECLARED)
    cube.with_name("cube_port.py").write_text(CUBE_PY.replace("* dy).sum(0)", "* dy)"))
    assert main(["gradcheck", str(cube), "-k", "two"]) == 1
    assert "        dw: differs: wanted shape (2,), got (3, 2)\n" in capsys.readouterr().out


def test_what_is_a_derivative_after_all_must_not_be_declared_none(
    cube: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cube.write_text(DECLARED)
    assert main(["gradcheck", str(cube)]) == 1
    out = capsys.readouterr().out
    assert "✗ two batches" in out
    assert "differs nowhere, but is declared to: by a factor" in out


def test_json_has_every_number(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", str(cube), "--json", "-k", "two", "--elements", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["job"], told["passed"], told["limit"]) == (1, "gradcheck", True, 1e-7)
    gradients = told["cases"][0]["gradients"]
    assert [(g["name"], g["checked"], g["size"]) for g in gradients] == [
        ("dx", 2, 6),
        ("dw", 2, 2),
        ("dx2", 2, 6),
        ("dw2", 2, 2),
    ]
    assert all(g["error"] < 1e-10 and g["status"] == "agrees" for g in gradients)


def test_a_port_that_draws_at_random_is_an_error(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noisy = CUBE_PY.replace("return x * x * x * w", "import random; return x * x * x * w * random.random()")
    cube.with_name("cube_port.py").write_text(noisy)
    assert main(["gradcheck", str(cube), "-k", "two"]) == 4
    assert "two runs on the same inputs differ" in capsys.readouterr().out


def test_a_port_that_raises_is_an_error(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cube.with_name("cube_port.py").write_text(CUBE_PY.replace("return 3", "return 1 // 0"))
    assert main(["gradcheck", str(cube), "-k", "two"]) == 4
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_nothing_to_check_is_a_usage_error(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", str(cube), "-k", "another"]) == 2
    assert "none of 2 cases holds a gradient to check" in capsys.readouterr().err
    assert main(["gradcheck", str(cube), "-k", "another forward [float64]"]) == 2
    assert "no case (there is one) holds a gradient to check" in capsys.readouterr().err
    assert main(["gradcheck", str(cube), "-k", "no such"]) == 2
    assert "-k 'no such': none of 6 cases has that in its name" in capsys.readouterr().err


def test_gradients_in_single_are_said_to_be_in_single(cube: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cube.write_text(CASES.replace('name = "two batches"', 'name = "two batches"\ndtype = "float32"'))
    assert main(["gradcheck", str(cube), "-k", "two"]) == 2
    assert capsys.readouterr().err == (
        "pybn: no case (there is one) holds a gradient in double, 1 in single: "
        'gradients are checked in double only; add "float64" to dtype\n'
    )
    assert main(["gradcheck", str(cube)]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        '1 more case is in single alone: gradients are checked in double only; add "float64" to dtype',
        "1 more case holds no gradient to check",
    ]
    assert main(["gradcheck", str(cube), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["without_gradient"], told["single_only"]) == (1, 1)


WHOLE = """
[matlab]
path = "."
function = "cubed"
[python]
path = "."
target = "cubed_port:cubed"
[inputs]
x = { axes = "N D" }
dy = { axes = "N D" }
[outputs]
y = { axes = "N D" }
dx = { axes = "N D" }
[[step]]
matlab = "y, dx = cubed(x, dy)"
python = "y, dx = cubed(x, dy)"
[[case]]
name = "both in one call"
size = { N = 3, D = 2 }
"""


@pytest.mark.parametrize(("factor", "code"), [(3, 0), (2, 1)])
def test_one_call_may_compute_both_ways(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], factor: int, code: int
) -> None:
    (tmp_path / "cubed.m").write_text("function [y, dx] = cubed(x, dy)\nend\n")
    port = f"def cubed(x, dy):\n    return x * x * x, {factor} * x * x * dy\n"
    (tmp_path / "cubed_port.py").write_text(port)
    sys.modules.pop("cubed_port", None)
    (tmp_path / "cubed.toml").write_text(WHOLE)
    [pair] = pairs_of(case_of(tmp_path / "cubed.toml", "both in one call"), "python")
    assert (pair.y, pair.dy, pair.gradients) == ("y", "dy", {"x": "dx"})
    assert main(["gradcheck", str(tmp_path)]) == code
    assert "1 case, 1 gradient against differences" in capsys.readouterr().out


@pytest.mark.parametrize("apart", [True, False])
def test_the_gradient_by_two_outputs_is_of_their_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, apart: bool
) -> None:
    (tmp_path / "two.m").write_text("function [y, z, dx] = two(x, dy, dz)\nend\n")
    factor = "2.01" if apart else "2"
    port = f"def two(x, dy, dz):\n    return x * x, x.sum(0), {factor} * x * dy + dz\n"
    (tmp_path / "two_port.py").write_text(port)
    sys.modules.pop("two_port", None)
    text = WHOLE.replace("y, dx = cubed(x, dy)", "y, z, dx = two(x, dy, dz)").replace("cubed", "two")
    text = text.replace("[outputs]", 'dz = { axes = "D" }\n[outputs]\nz = { axes = "D" }')
    (tmp_path / "two.toml").write_text(text)
    [pair] = pairs_of(case_of(tmp_path / "two.toml", "both in one call"), "python")
    assert (pair.parts, pair.gradients) == ({"y": "dy", "z": "dz"}, {"x": "dx"})
    assert main(["gradcheck", str(tmp_path)]) == int(apart)
    assert "1 case, 1 gradient against differences" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--limit", "x"], ["--elements", "0"]])
def test_options_that_mean_nothing_are_usage_errors(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["gradcheck", *arguments])


def test_m_files_are_checked_under_octave(octave: OctaveEngine, cube: Path) -> None:
    for name in ("two batches", "a loss"):
        case = case_of(cube, name)
        found = check_case(case, draw_inputs(case), octave, elements=3)
        assert found.status() is Status.AGREES, found
    cube.with_name("Cube.m").write_text(CUBE_M.replace("dx = 3 *", "dx = 3.001 *"))
    case = case_of(cube, "two batches")
    found = check_case(case, draw_inputs(case), octave, elements=3)
    assert {e.name for e in found.errors if e.status() is Status.DIFFERS} == {"dx", "dx2"}


def test_a_gradient_of_one_element_is_no_loss(cube: Path) -> None:
    """A loss may return its gradient with its value; of one row and one column both are single numbers."""
    text = CASES.replace('matlab = "loss = Loss(x)"', 'matlab = "loss, dx = Loss(x)"')
    text = text.replace('"loss = loss(x)"', '"loss, dx = loss(x)"').replace("N = 3, D = 2", "N = 1, D = 1")
    cube.write_text("\n".join(line for line in text.splitlines() if "self.dx" not in line))
    [loss] = pairs_of(case_of(cube, "a loss"), "python")
    assert (loss.y, loss.gradients) == ("loss", {"x": "dx"})


# All that is here: every layer by its committed cases, every loss, the whole models.

LAYERS = [
    kind
    for kind in vars(pybn.layers).values()
    if isinstance(kind, type) and issubclass(kind, pybn.layers.Layer) and kind is not pybn.layers.Layer
]
WHY = {
    Status.KINK: ("ties", "zeros", "same"),
    Status.NOT_FINITE: ("NaN", "Inf", "eps 0", "overflow"),
    Status.ROUGH: ("mean 1e6", "mean -1e6", "left to right"),
    Status.AGREES: ("",),
}


def checked_cases(stem: str) -> list[Case]:
    """The committed cases of a stem that hold a gradient."""
    return [c for c in read_case_file(FIXTURES / f"{stem}.toml") if pairs_of(c, "python")]


def assert_told(case: Case, found: GradientError, tensors: list[Any]) -> None:
    """A gradient that cannot be checked is one of a case whose name says why, and whose numbers are so."""
    status = found.status()
    assert status in WHY, (case.id, found)
    assert any(word in case.name for word in WHY[status]), (case.id, found)  # type: ignore[index]
    if status is Status.NOT_FINITE:
        largest = max(float(np.max(np.abs(value))) for value in map(np.nan_to_num, tensors))
        finite = all(np.isfinite(value).all() for value in tensors)
        assert not (finite and math.isfinite(largest * largest)), case.id  # dy times y overflows as well
    if status is Status.KINK:
        assert any(np.unique(value).size < value.size for value in tensors), case.id


def gradients_of(layer: Any) -> set[str]:
    """The names of all that a layer has a gradient by."""
    inputs = {"dx"} if layer.fan_in == 1 else {"dx1", "dx2"}
    return inputs | {f"d{name}" for name in layer.parameters}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_agrees_in_its_committed_cases(layer: Any) -> None:
    """In none does a gradient differ; in one at least each element of every gradient is below 1e-7."""
    port, whole = PortEngine(), None
    for case in checked_cases(layer.__module__.rpartition(".")[2]):
        assert getattr(pybn.layers, case.python.target.split(":")[1]) is layer
        inputs = draw_inputs(case)
        found = check_case(case, inputs, port, elements=3)
        assert not found.message
        for error in found.errors:
            assert_told(case, error, [*inputs.values(), *port.run(case, inputs).values()])
        if (
            whole is None
            and {e.name for e in found.errors} == gradients_of(layer)
            and found.status() == "agrees"
        ):
            whole = check_case(case, inputs, port, elements=None)
    assert whole is not None
    assert all(e.error < 1e-7 and e.checked == e.size and not (e.kinks or e.rough) for e in whole.errors), (
        whole
    )


def test_there_are_layers_to_check() -> None:
    assert {kind.__name__ for kind in LAYERS} == set(pybn.layers.__all__) - {
        "Gradients",
        "JoinGradients",
        "Layer",
        "RecurrentGradients",
    }


def test_the_loss_whose_gradient_is_by_the_scores_agrees_in_its_committed_cases() -> None:
    port = PortEngine()
    checked = checked_cases("mean_squared_error")
    assert len(checked) > 15
    for case in checked:
        inputs = draw_inputs(case)
        for error in check_case(case, inputs, port, elements=5).errors:
            assert error.name.startswith("dscores")
            assert_told(case, error, list(inputs.values()))


@pytest.mark.parametrize("kind", Loss.__subclasses__())
def test_every_loss_agrees_after_the_layer_it_goes_through(kind: type[Loss]) -> None:
    """All of them: the legacy CrossEntropy too, with the gradient that is the derivative of its value."""
    loss = kind(**{name: True for name in signature(kind).parameters if name == "mean_gradient"})
    nodes = [Node("x", Input((None, 5))), Node("fc1", FullyConnected())]
    nodes += [Node("last", getattr(pybn.layers, loss.through)())] if loss.through else []
    given = {"fc1.weight": RNG.standard_normal((5, 3)), "fc1.bias": RNG.standard_normal(3)}
    net = Graph(nodes, parameters=given, loss=loss, dtype="float64")
    found = gradient_check_model(net, X, np.eye(3)[[0, 1, 2, 0, 1, 1, 0, 2]])
    assert [each.name for each in found] == ["x", "fc1.weight", "fc1.bias"]
    assert all(each.status() is Status.AGREES and each.error < 1e-7 for each in found), found


def derivative(case: Case) -> dict[str, Any]:
    """The loss of a model where the legacy one does not return the derivative of its value."""
    legacy = case.python.keywords["loss"] == "cross_entropy"
    return {"loss": {"type": "cross_entropy", "mean_gradient": True}} if legacy else {}


@pytest.mark.parametrize("stem", ["cnn", "mlp", "residual"])
def test_the_whole_models_agree_in_their_committed_cases(stem: str) -> None:
    """By what goes in and by every parameter, with a penalty and without, in each layout."""
    cases = checked_cases(stem)
    assert len(cases) >= 2
    for case in cases:
        inputs = draw_inputs(case)
        given = {name: to_side(inputs[name], t, t.python) for name, t in case.inputs.items()}
        net = Training.from_metadata(**case.python.keywords | derivative(case)).graph
        for name in net.parameters:
            layer, _, parameter = name.partition(".")
            net.parameters[name] = given[f"{parameter[0]}_{layer}"]
        found = gradient_check_model(net, given["x"], given["t"], case.attrs["l2"], elements=2)
        assert [each.name for each in found] == [*net.inputs, *net.parameters]
        assert all(each.status() is Status.AGREES and each.error < 1e-7 for each in found), (case.id, found)


def test_an_error_is_told_whole() -> None:
    from pybn.report.gradients import explain

    told = explain(GradientError("dx", 0.25, (1, 2), 3.0, 4.0, 12, 40, kinks=2), 1e-7)
    assert (
        told
        == "dx: differs: error 2.5e-01 at [1, 2]: analytic 3.0, numeric 4.0; 12 of 40 elements, 2 at a kink"
    )
