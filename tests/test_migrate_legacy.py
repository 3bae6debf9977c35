"""Models of layer objects, saved in Octave by pybn_export.m: they agree, wrong rules differ, holes are told."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from pybn import layers
from pybn.engines.octave import OctaveEngine
from pybn.engines.octave.session import find_octave
from pybn.errors import FormatError, GraphError
from pybn.formats.datafile import open_file
from pybn.graph import Input
from pybn.migrate import rules
from pybn.migrate.imported import Imported, Parameter
from pybn.migrate.importers import container
from pybn.migrate.importers.find import read_model
from pybn.migrate.verify import port_of, verify
from pybn.values import Cell

HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.fixture(scope="module")
def folder(needs_octave: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models that tests/home_made/save_models.m saves, and what they answer."""
    place = tmp_path_factory.mktemp("models")
    paths = [str(each) for each in (ROOT / "matlab_ref", ROOT / "pybn" / "migrate", HERE / "home_made")]
    command = [find_octave(), "--quiet", "--norc", *(word for path in paths for word in ("--path", path))]
    script = str(HERE / "home_made" / "save_models.m")
    done = subprocess.run(
        [*command, script, str(place)], capture_output=True, text=True, timeout=60, cwd=place
    )
    assert (place / "answers.mat").exists(), done.stderr
    return place


@pytest.fixture(scope="module")
def answers(folder: Path) -> Any:
    """What the models answered to which input."""
    return scipy.io.loadmat(folder / "answers.mat", simplify_cells=True)["answers"]


@pytest.mark.parametrize("name", ["images", "table", "home"])
def test_octave_agrees_layer_by_layer_and_with_the_model_itself(
    folder: Path, answers: Any, octave: OctaveEngine, name: str
) -> None:
    made = read_model(str(folder / f"{name}.mat"))
    proof = verify(made, [port_of(made, "float64"), port_of(made, "float32")], octave)
    assert proof.agrees, [result.message for result in proof.results]
    assert not proof.unasked
    x = answers[name]["x"].astype(np.float64)
    x = np.ascontiguousarray(x.transpose(3, 2, 0, 1) if x.ndim == 4 else x)
    tolerance = 1e-6 if name == "table" else 1e-13  # the table's model runs in single
    y = made.graph("float64").predict(x)
    np.testing.assert_allclose(y.squeeze(), answers[name]["y"], rtol=tolerance, atol=tolerance)


def test_what_was_trained_is_what_is_saved(folder: Path) -> None:
    made = read_model(str(folder / "images.mat"))
    assert isinstance(made.piece("bn1").layer, layers.SpatialBatchNorm)
    assert made.piece("bn1").layer.options() | {"layout": "", "numerics": ""} == {
        "eps": 1e-2,
        "momentum": 0.6,
        "layout": "",
        "numerics": "",
    }
    stored = made.piece("bn1").parameters["running_var"].stored
    assert stored is not None
    assert stored.path == "pybn_model.layers{3}.properties.inner.properties.running_var"
    assert (stored.value > 0.1).all()
    assert made.outputs == ("prob",)
    assert made.left == ("MultiClassCrossEntropy: the loss",)
    assert read_model(str(folder / "table.mat")).outputs == ("p",)
    assert made.piece("fc1").parameters["weight"].value.dtype == np.float64
    assert read_model(str(folder / "table.mat")).piece("fc2").parameters["weight"].value.dtype == np.float32


def changed(made: Imported, node: str, **fields: Any) -> Imported:
    """Return a model with something else of one piece; its oracle stays."""
    return dataclasses.replace(
        made,
        pieces=tuple(dataclasses.replace(p, **fields) if p.name == node else p for p in made.pieces),
    )


def ruled(made: Imported, node: str, name: str, *more: rules.Rule, instead: str = "") -> Imported:
    """Return a model with more rules of one parameter, or with another array of the piece in its place."""
    own = made.piece(node).parameters
    taken = own[instead or name]
    wrong = Parameter(taken.stored, (*taken.rules, *more))
    return changed(made, node, parameters={**own, name: wrong})


def columns(count: tuple[int, int, int], outputs: int) -> tuple[rules.Rule, ...]:
    """Return the rules that are right after a(:), and wrong here."""
    c, h, w = count
    rows = c * h * w
    return (
        rules.reshape((rows, outputs), (h, w, c, outputs)),
        rules.permute(2, 0, 1, 3),
        rules.reshape((c, h, w, outputs), (rows, outputs), "C"),
    )


@pytest.mark.parametrize(
    ("node", "mistake"),
    [
        ("conv1", lambda made: ruled(made, "conv1", "weight", rules.flip(2, 3))),
        ("up1", lambda made: ruled(made, "up1", "weight", rules.flip(2, 3))),
        ("fc1", lambda made: ruled(made, "fc1", "weight", *columns((4, 4, 3), 3))),
        ("bn1", lambda made: ruled(made, "bn1", "running_var", rules.square())),
        ("bn1", lambda made: ruled(made, "bn1", "running_mean", instead="bias")),
        ("bn1", lambda made: ruled(made, "bn1", "running_var", rules.scale(336 / 335))),
        ("bn1", lambda made: changed(made, "bn1", layer=layers.SpatialBatchNorm(1e-5))),
        ("right", lambda made: changed(made, "right", layer=layers.LeakyRelu(0.01))),
        ("lrn1", lambda made: changed(made, "lrn1", layer=layers.LocalResponseNorm(3, 0.5 / 3, 0.6, 1.5))),
        ("avg1", lambda made: changed(made, "avg1", layer=layers.AvgPoolLayer(3, 3, 2, pad=1))),
        ("both", lambda made: changed(made, "both", inputs=("right", "left"))),
    ],
)
def test_a_wrong_rule_is_seen(folder: Path, octave: OctaveEngine, node: str, mistake: Any) -> None:
    made = read_model(str(folder / "images.mat"))
    wrong = mistake(made)
    target = port_of(wrong, "float64")
    (result,) = verify(made, [target], octave).results
    assert next(c.name for c in result.comparisons if not c.verdict.agrees) == node


def test_a_class_that_nobody_knows_is_a_hole_and_the_rest_is_there(folder: Path) -> None:
    made = read_model(str(folder / "capsule.mat"))
    (hole,) = made.holes
    assert (hole.name, hole.original, hole.kind) == ("x_system_id", 'x); system("id"); (', "Capsule")
    assert hole.inputs == ("Softmax",)
    assert {"routing", "squash", "table", "words"} <= set(hole.properties)
    assert hole.properties["words"] == "dynamic"
    assert made.piece("after").parameters["weight"].shape == (9, 2)
    with pytest.raises(GraphError, match=r"'x\); system.*\(Capsule\)"):
        made.graph()


def test_what_pybn_export_refuses(answers: Any) -> None:
    number, container, alone = answers["refused"]
    assert (
        number
        == "pybn_export: double holds no cell of layer objects with names; give the model that runs the layers"
    )
    assert "LayerContainer holds no cell of layer objects" in container
    assert "wanted a model and the name of a file" in alone


def test_models_without_parameters_or_statistics_are_told(folder: Path) -> None:
    with pytest.raises(
        FormatError, match=r"bare\.mat: .*bn, of class BatchNorm, has no weight: it is exported with"
    ):
        read_model(str(folder / "bare.mat"))
    with pytest.raises(FormatError, match="bn has no running statistics: it never saw a batch in training"):
        read_model(str(folder / "fresh.mat"))


def saved(folder: Path, name: str = "images.mat") -> dict[str, Any]:
    """Return the struct of a file as plain dicts, to be damaged."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(value[key]) for key in value}
        return (
            Cell(value.shape, tuple(plain(item) for item in value.items))
            if isinstance(value, Cell)
            else value
        )

    with open_file(folder / name) as file:
        model: dict[str, Any] = plain(file["pybn_model"])
    return model


INNER = ("properties", "inner", "properties")
DAMAGE: list[tuple[str, tuple[str, ...], dict[str, Any], str]] = [
    ("", (), {"version": 2.0}, "version: wanted 1 at most, got 2"),
    ("", (), {"layers": 3.0}, "layers: wanted a cell of structs"),
    ("", (), {"output": "nobody"}, "output: there is no layer 'nobody'"),
    ("fc1", ("parameters",), {"weight": np.ones((47, 3))}, "D = 48, for 48 features come, got 47x3"),
    ("fc1", ("parameters",), {"bias": np.ones((1, 4))}, "wanted 3 values for fc1.bias, got 1x4"),
    ("fc1", ("parameters",), {"weight": "W"}, "weight: wanted numbers, got the text 'W'"),
    (
        "conv1",
        ("parameters",),
        {"weight": np.ones((3, 2, 2, 4))},
        "C = 1, for 2 channels come in 2 groups, got 2",
    ),
    ("conv1", ("properties",), {"stride": np.ones((1, 3))}, "stride: wanted 1 or 2 numbers, got 3"),
    ("bn1", INNER, {"running_mean": np.ones((1, 3))}, "wanted 4 values for bn1.running_mean, got 1x3"),
    ("max1", ("properties",), {"kernel": np.array([[0.5, 1]])}, "kernel: wanted whole numbers >= 1"),
    ("relu1", (), {"inputs": "prob"}, "relu1 takes 'prob', which does not come before it"),
    ("relu1", (), {"inputs": Cell((1, 0), ())}, "relu1 takes nothing"),
    ("relu1", (), {"name": "bn1"}, "two layers have the name 'bn1'"),
    ("relu1", (), {"class": 3.0}, "class: wanted text"),
    ("image", ("properties",), {"rows": 0.0}, "rows: wanted whole numbers >= 1"),
    ("image", ("properties",), {"table": True}, "a table has 1 row and depth 1, got 8 and 2"),
]


@pytest.mark.parametrize(("layer", "path", "fields", "words"), DAMAGE, ids=[each[-1] for each in DAMAGE])
def test_damage_is_told(
    folder: Path, layer: str, path: tuple[str, ...], fields: dict[str, Any], words: str
) -> None:
    model = saved(folder)
    place = next((one for one in model["layers"].items if one["name"] == layer), model)
    for part in path:
        place = place[part]
    place.update(fields)
    with pytest.raises((FormatError, GraphError)) as caught:
        container.imported(model, "pybn_model")
    assert words in str(caught.value)


@pytest.mark.parametrize(("name", "shape"), [("home", (None, 4)), ("images", (None, 2, 8, 7))])
def test_an_input_that_does_not_say_is_a_table_where_nothing_wants_images(
    folder: Path, name: str, shape: tuple[int | None, ...]
) -> None:
    model = saved(folder, f"{name}.mat")
    held = model["layers"].items[0]["properties"]
    del held["table"]
    held["numCols"] = held.pop("cols")
    made = container.imported(model, "pybn_model").pieces[0]
    assert isinstance(made.layer, Input)
    assert made.layer.shape == shape
