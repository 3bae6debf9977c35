"""Exporters: what onnxruntime and PyTorch make of the files is what the port makes, node by node.

test_exporter_mistakes.py asks PyTorch about all models, in one process; here it is started as the engine starts it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from exported_models import (
    DOUBLE,
    FLOAT,
    MODELS,
    Maker,
    answers,
    as_torch,
    errors,
    exported,
    first_wrong,
    images,
    in_process,
    inputs_of,
    run_exported,
)

import pybn.layers
from pybn.errors import EngineError, FormatError
from pybn.graph import Input
from pybn.layers import ConvolutionLayer, Dropout, Layer
from pybn.migrate.backward import joined, step_exported
from pybn.migrate.export import Export
from pybn.migrate.exporters import onnx as onnx_exporter
from pybn.migrate.exporters import torch as torch_exporter
from pybn.migrate.exporters.base import plan
from pybn.migrate.exporters.torch import built
from pybn.migrate.imported import Imported, Preprocessing


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
    inputs = inputs_of(model)
    whole, wanted = run_exported(made, inputs, nodes=False), answers(model, inputs)
    assert set(whole) == set(model.outputs)
    assert first_wrong(errors(whole, {name: wanted[name] for name in whole}), FLOAT) is None


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
    assert {y.dtype for name, y in got.items() if name != "data"} == {np.dtype("float32")}


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


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_windows_over_steps_take_sequences_of_any_length(
    request: pytest.FixtureRequest, suffix: str, tmp_path: Path
) -> None:
    """What "same" means is worked out from the steps that come."""
    model = MODELS["steps"]()
    if suffix == ".safetensors":
        request.getfixturevalue("needs_torch")
        text, state, names = as_torch(model)
    else:
        made = exported(model, tmp_path, suffix)
    for steps in (10, 12, 15):
        pieces = (replace(model.pieces[0], layer=Input((None, steps, 4))), *model.pieces[1:])
        inputs = {"data": np.random.RandomState(steps).standard_normal((2, steps, 4))}
        wanted = answers(replace(model, pieces=pieces), inputs)
        if suffix == ".onnx":
            assert first_wrong(errors(run_exported(made, inputs), wanted), FLOAT) is None
        else:
            assert first_wrong(errors(in_process(text, state, names, inputs), wanted), DOUBLE) is None


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_every_layer_that_there_is_can_be_written(suffix: str) -> None:
    known = onnx_exporter.LAYERS if suffix == ".onnx" else torch_exporter.LAYERS
    every = {getattr(pybn.layers, name) for name in pybn.layers.__all__}
    every = {kind for kind in every if issubclass(kind, Layer) and kind is not Layer}
    assert every <= set(known)
    tried = {type(piece.layer) for make in MODELS.values() for piece in make().pieces}
    assert every <= tried


def test_an_older_opset_is_the_same_model_or_refused(tmp_path: Path) -> None:
    for name, opset in (("images", 15), ("sequences", 15), ("more", 21)):
        model = MODELS[name]()
        made = exported(model, tmp_path, ".onnx", opset=opset)
        assert onnx.load(made.target).opset_import[0].version == opset
        assert first_wrong(worst(made, model), FLOAT) is None
    with pytest.raises(FormatError, match="groups: GroupNorm wants an opset from 21 on, got 20"):
        exported(MODELS["more"](), tmp_path, ".onnx", opset=20)
    with pytest.raises(FormatError, match="conv: ConvolutionLayer wants an opset from 15 on, got 9"):
        exported(images(), tmp_path, ".onnx", opset=9)


def test_the_mean_of_every_pixel_is_preprocessing(tmp_path: Path) -> None:
    mean = np.random.RandomState(4).standard_normal((4, 9, 8))
    model = replace(images(), preprocessing=(Preprocessing("data", np.array(1.0), -mean, "zerocenter"),))
    made = exported(model, tmp_path, ".onnx", preprocessing=True)
    x = inputs_of(model)["data"]
    got = run_exported(made, {"data": x})["data_preprocessed"]
    assert np.allclose(got, x - mean, atol=1e-6)


def test_a_training_step_of_pytorch_is_the_ports(needs_torch: None, tmp_path: Path) -> None:
    """Gradients by inputs and parameters, and running statistics."""
    model = images()
    pieces = tuple(
        replace(one, layer=Dropout(0.0)) if isinstance(one.layer, Dropout) else one for one in model.pieces
    )
    model = replace(model, pieces=pieces)
    made = exported(model, tmp_path, ".safetensors", dtype="float64")
    inputs = inputs_of(model)
    graph = model.graph("float64")
    dy = np.random.RandomState(3).standard_normal(graph.forward(inputs).shape)
    wanted = graph.backward(dy)
    step = step_exported(made, inputs, dy)
    assert set(step.gradients) == {n for n in wanted if graph.leads(n.partition(".")[0])}
    for x in step.gradients:  # a bias before a batch-norm has no gradient but rounding errors
        assert np.abs(step.gradients[x] - wanted[x]).max() < 1e-13 * max(1, np.abs(wanted[x]).max()), x
    assert np.allclose(step.inputs["data"], graph.gradients_of("data").input, rtol=1e-12, atol=1e-14)
    assert set(step.statistics) == {"bn.running_mean", "bn.running_var"}
    for x, y in step.statistics.items():
        assert np.allclose(y, graph.state[x], rtol=1e-13, atol=0), x
        assert not np.allclose(y, model.graph("float64").state[x], rtol=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_parts_are_put_together_as_the_port_has_them(name: str) -> None:
    """Gates, directions, what was turned: tensors of PyTorch's, as gradients come, become arrays of the port's."""
    model = MODELS[name]()
    tensors = built(plan(model, "float64")).tensors
    for piece in model.pieces:
        for parameter, one in piece.parameters.items():
            parts = [x for x in tensors if (x.node, x.parameter) == (piece.name, parameter)]
            back = joined(parts[::-1], [x.value for x in parts[::-1]])
            assert np.array_equal(back, one.as_dtype("float64")), f"{piece.name}.{parameter}"
