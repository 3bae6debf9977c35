"""Exporters: what onnxruntime and PyTorch make of the files is what the port makes, node by node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exported_models import (
    DOUBLE,
    FLOAT,
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

from pybn.errors import EngineError
from pybn.graph import Input
from pybn.layers import ConvolutionLayer, Dropout
from pybn.migrate.backward import step_exported
from pybn.migrate.export import Export
from pybn.migrate.imported import Imported


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


def test_pytorch_answers_as_the_port(needs_torch: None, tmp_path: Path) -> None:
    """In a process of its own, in double. (test_exporter_mistakes.py asks it about all models.)"""
    model = images()
    made = exported(model, tmp_path, ".safetensors", dtype="float64")
    found = worst(made, model, double=True)
    assert set(found) == {unit.name for unit in made.plan.units}
    assert first_wrong(found, DOUBLE) is None, found


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


def test_a_training_step_of_pytorch_is_the_ports(needs_torch: None, tmp_path: Path) -> None:
    """Gradients by inputs and parameters, and running statistics, of images and of sequences."""
    for name in ("images", "sequences"):
        model = MODELS[name]()
        pieces = tuple(
            replace(one, layer=Dropout(0.0)) if isinstance(one.layer, Dropout) else one
            for one in model.pieces
        )
        model = replace(model, pieces=pieces)
        made = exported(model, tmp_path, ".safetensors", dtype="float64")
        inputs = inputs_of(model)
        graph = model.graph("float64")
        y = graph.forward(inputs)
        dy = np.random.RandomState(3).standard_normal(y.shape)
        wanted = graph.backward(dy)
        step = step_exported(made, inputs, dy)
        assert set(step.gradients) == {n for n in wanted if graph.leads(n.partition(".")[0])}
        for x in step.gradients:  # a bias before a batch-norm has no gradient but rounding errors
            assert np.abs(step.gradients[x] - wanted[x]).max() < 1e-13 * max(1, np.abs(wanted[x]).max()), x
        for x in inputs:
            assert np.allclose(step.inputs[x], graph.gradients_of(x).input, rtol=1e-12, atol=1e-14)
        moved = {n for n in graph.state if ".running_" in n and graph.leads(n.partition(".")[0])}
        assert set(step.statistics) == moved
        for x in moved:
            assert np.allclose(step.statistics[x], graph.state[x], rtol=1e-13, atol=0), x
