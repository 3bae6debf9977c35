"""Exporters: what onnxruntime and PyTorch make of the files is what the port makes, node by node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from exported_models import (
    MODELS,
    Maker,
    answers,
    errors,
    exported,
    first_wrong,
    images,
    inputs_of,
    run_exported,
)
from onnx import numpy_helper

from pybn.errors import EngineError
from pybn.graph import Input
from pybn.layers import ConvolutionLayer
from pybn.migrate.export import Export
from pybn.migrate.exporters.torch import built, source
from pybn.migrate.imported import Imported

FLOAT, DOUBLE = 3e-6, 1e-14  # of the largest number of a node


def worst(made: Export, model: Imported, **options: Any) -> dict[str, float]:
    """The error of each node of an exported model."""
    inputs = inputs_of(model)
    return errors(run_exported(made, inputs, **options), answers(model, inputs))


@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_answers_as_the_port(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    made = exported(model, tmp_path, ".onnx")
    found = worst(made, model)
    assert set(found) == {unit.name for unit in made.plan.units}
    assert first_wrong(found, FLOAT) is None, found
    whole = run_exported(made, inputs_of(model), nodes=False)
    assert set(whole) == set(model.outputs)


@pytest.mark.parametrize("name", MODELS)
def test_pytorch_answers_as_the_port(needs_torch: None, name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    made = exported(model, tmp_path, ".safetensors", dtype="float64")
    found = worst(made, model, double=True)
    assert set(found) == {unit.name for unit in made.plan.units}
    assert first_wrong(found, DOUBLE) is None, found


def test_pytorch_in_single(needs_torch: None, tmp_path: Path) -> None:
    model = images()
    made = exported(model, tmp_path, ".safetensors")
    inputs = inputs_of(model)
    wanted = answers(model, inputs)
    got = run_exported(made, inputs, nodes=False)
    assert {y.dtype for y in got.values()} == {np.dtype("float32")}
    assert first_wrong(errors(got, {name: wanted[name] for name in got}), FLOAT) is None


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_preprocessing_is_the_first_operation(
    request: pytest.FixtureRequest, suffix: str, tmp_path: Path
) -> None:
    if suffix == ".safetensors":
        request.getfixturevalue("needs_torch")
    model = images()
    made = exported(model, tmp_path, suffix, preprocessing=True)
    inputs = inputs_of(model)
    got = run_exported(made, inputs)
    scale = np.array([2.0, 0.5, 1.0, 3.0]).reshape(1, 4, 1, 1)
    assert np.allclose(got["data_preprocessed"], inputs["data"] * scale - 0.25, atol=1e-6)
    wanted = answers(model, {"data": inputs["data"] * scale - 0.25})
    del wanted["data"]
    assert first_wrong(errors(got, wanted), FLOAT) is None


def test_axes_that_are_free_take_any_size(tmp_path: Path) -> None:
    make = Maker()
    make.add("data", Input((None, 2, 6, 6)))
    make.conv("conv", ConvolutionLayer(1, 1), (3, 3, 2, 2))
    model = make.imported("conv", free=("H", "W"))
    made = exported(model, tmp_path, ".onnx")
    x = np.random.RandomState(2).standard_normal((5, 2, 7, 11))
    wide = replace(model, pieces=(replace(model.pieces[0], layer=Input((None, 2, 7, 11))), model.pieces[1]))
    got = run_exported(made, {"data": x}, nodes=False)
    assert first_wrong(errors(got, {"conv": answers(wide, {"data": x})["conv"]}), FLOAT) is None
    fixed = exported(replace(model, free=()), tmp_path, ".onnx")
    with pytest.raises(EngineError, match=r"onnxruntime: .*dimensions"):
        run_exported(fixed, {"data": x})


# Each mistake that a converter can make is seen, at the node where it was made.


def _initializer(name: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def apply(model: Any) -> None:
        (found,) = [one for one in model.graph.initializer if one.name == name]
        value = numpy_helper.to_array(found)
        changed = np.array(change(value), value.dtype, order="C")
        assert changed.shape == value.shape
        assert not np.array_equal(changed, value)
        found.CopyFrom(numpy_helper.from_array(changed, name))

    return apply


def _attribute(name: str, **values: Any) -> Callable[[Any], None]:
    def apply(model: Any) -> None:
        (node,) = [one for one in model.graph.node if one.output[0] == name]
        kept = [one for one in node.attribute if one.name not in values]
        del node.attribute[:]
        node.attribute.extend([*kept, *(onnx.helper.make_attribute(k, v) for k, v in values.items())])

    return apply


def _naive(weight: Any) -> Any:
    """Rows in MATLAB's order (H,W,C), as a(:) has them, instead of NCHW's."""
    height, width = images().graph().sizes("up")[2:]
    return weight.reshape(3, height, width, -1).transpose(2, 1, 0, 3)[::-1].reshape(weight.shape)


ONNX_MISTAKES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "a kernel that is flipped": ("conv", _initializer("conv.weight", lambda w: w[:, :, ::-1, ::-1])),
    "pads of the wrong sides": ("conv", _attribute("conv", pads=[2, 0, 0, 1])),
    "eps forgotten": ("bn", _attribute("bn", epsilon=0.0)),
    "variance = sigma": ("bn", _initializer("bn.running_var", np.sqrt)),
    "N-1 in the variance": ("bn", _initializer("bn.running_var", lambda v: v * 30 / 29)),
    "padding counted": ("avg_uneven", _attribute("avg_uneven", count_include_pad=1)),
    "padding not counted": ("avg_counted", _attribute("avg_counted", count_include_pad=0)),
    "ceil_mode": ("max_uneven", _attribute("max_uneven", pads=[0, 0, 0, 0], ceil_mode=1)),
    "alpha not times N": ("norm_odd", _initializer("norm_odd.alpha", lambda a: a / 3)),
    "a window that reaches down": ("norm_even", _attribute("norm_even.mean", pads=[2, 0, 0, 1, 0, 0])),
    "a naive flatten": ("flat", _initializer("flat.weight", _naive)),
    "softmax over rows of pixels": ("pixels", _attribute("pixels", axis=3)),
    "groups exchanged": ("grouped", _initializer("grouped.weight", lambda w: w[[2, 3, 0, 1]])),
    "a slope of 0.01": ("leaky", _attribute("leaky", alpha=0.01)),
    "a sign": ("scores", _initializer("scores.bias", np.negative)),
    "inputs in another order": ("joined", lambda model: _swap(model, "joined")),
}


def _swap(model: Any, name: str) -> None:
    (node,) = [one for one in model.graph.node if one.output[0] == name]
    turned = list(node.input)[::-1]
    del node.input[:]
    node.input.extend(turned)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Export, Any, Any]:
    """The model of images as ONNX, its inputs, and what is right."""
    model = images()
    made = exported(model, tmp_path_factory.mktemp("onnx"), ".onnx")
    inputs = inputs_of(model)
    return model, made, inputs, answers(model, inputs)


@pytest.mark.parametrize("mistake", ONNX_MISTAKES)
def test_a_mistake_in_the_onnx_is_seen(
    written: tuple[Imported, Export, Any, Any], mistake: str, tmp_path: Path
) -> None:
    _, made, inputs, wanted = written
    node, make = ONNX_MISTAKES[mistake]
    model = onnx.load(made.target)
    make(model)
    target = tmp_path / "net.onnx"
    onnx.save(model, target)
    found = errors(run_exported(replace(made, target=target), inputs), wanted)
    assert first_wrong(found, FLOAT) == node
    assert found[node] > 100 * FLOAT


# PyTorch's, in this process: the text of the module and the tensors are changed.

TORCH_TEXT = {
    "pads of the wrong sides": ("conv", "ZeroPad2d((1, 0, 0, 2))", "ZeroPad2d((0, 1, 2, 0))"),
    "eps forgotten": ("bn", "eps=1e-05", "eps=0.0"),
    "padding counted": ("avg_even", "count_include_pad=False", "count_include_pad=True"),
    "ceil_mode": ("max_uneven", "NegativeInfinityPad2d((1, 2, 0, 1))", "nn.Identity()"),
    "alpha not times N": ("norm_odd", "alpha=0.05", "alpha=0.0166"),
    "PyTorch's own even window": ("norm_even", "= EvenLocalResponseNorm(", "= nn.LocalResponseNorm("),
    "softmax over rows of pixels": (
        "pixels",
        "self.pixels = nn.Softmax(dim=1)",
        "self.pixels = nn.Softmax(dim=3)",
    ),
    "a crop of the wrong sides": ("up_uneven", "crop=(0, 2, 1, 0)", "crop=(2, 0, 0, 1)"),
}
TORCH_TENSORS = {
    "a kernel that is flipped": ("conv", "conv.weight", lambda w: w.flip((2, 3))),
    "variance = sigma": ("bn", "bn.running_var", lambda v: v.sqrt()),
    "a naive flatten": (
        "flat",
        "flat.weight",
        lambda w: w.reshape(7, 3, -1).transpose(1, 2).reshape(w.shape),
    ),
}


@pytest.fixture(scope="module")
def in_process(needs_torch: None) -> tuple[str, dict[str, Any], dict[str, str], Any, Any]:
    """The model of images as PyTorch's: text, tensors, attributes, inputs and what is right."""
    import torch

    from pybn.migrate.exporters.base import plan

    model = images()
    build = built(plan(model, "float64"))
    state = {one.name: torch.from_numpy(np.array(one.value)) for one in build.tensors}
    inputs = inputs_of(model)
    return source(build), state, build.names, inputs, answers(model, inputs)


def _outputs(text: str, state: dict[str, Any], names: dict[str, str], inputs: Any) -> dict[str, Any]:
    import torch

    space: dict[str, Any] = {"__name__": "made"}
    exec(compile(text, "made.py", "exec"), space)  # noqa: S102  # our own module
    model = space["Model"]().double()
    model.load_state_dict(state, strict=True)
    model.eval()
    found: dict[str, Any] = dict(inputs)
    for name, attribute in names.items():
        if hasattr(model, attribute):
            getattr(model, attribute).register_forward_hook(
                lambda _, __, y, name=name: found.update({name: y.detach().numpy()})
            )
    with torch.no_grad():
        model(*map(torch.from_numpy, inputs.values()))
    return found


@pytest.mark.parametrize("mistake", [None, *TORCH_TEXT, *TORCH_TENSORS])
def test_a_mistake_in_the_module_is_seen(
    in_process: tuple[str, dict[str, Any], dict[str, str], Any, Any], mistake: str | None
) -> None:
    text, state, names, inputs, wanted = in_process
    node = None
    if mistake in TORCH_TEXT:
        node, before, after = TORCH_TEXT[mistake]
        assert text.count(before) >= 1
        text = text.replace(before, after)
        if mistake == "ceil_mode":
            text = text.replace("(3, 3), (2, 2), (0, 0))", "(3, 3), (2, 2), (1, 1), ceil_mode=True)")
    elif mistake is not None:
        node, tensor, change = TORCH_TENSORS[mistake]
        state = state | {tensor: change(state[tensor]).contiguous()}
    found = errors(_outputs(text, state, names, inputs), wanted)
    assert first_wrong(found, DOUBLE) == node, found
