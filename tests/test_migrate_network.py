"""The older toolbox's network objects: by their formulas, by Octave, with holes, and with what cannot be."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from pybn import layers
from pybn.cli import main
from pybn.engines.octave import OctaveEngine
from pybn.errors import FormatError, GraphError
from pybn.migrate import rules
from pybn.migrate.imported import Imported, Parameter
from pybn.migrate.importers import network_object
from pybn.migrate.importers.find import read_model
from pybn.migrate.verify import generated, port_of, verify
from pybn.values import Cell, Object

EMPTY = np.zeros((0, 0))
RANGE = np.array([[2.0, 10.0], [-3.0, 0.5], [0.0, 1.0]])  # of the rows that are kept


def cell(rows: list[list[Any]]) -> Cell:
    """A cell of MATLAB's of these rows."""
    columns = [row[k] for k in range(len(rows[0])) for row in rows]
    return Cell((len(rows), len(rows[0])), tuple(columns))


def minmax(spans: Any) -> dict[str, Any]:
    """Settings of mapminmax."""
    low, high = np.asarray(spans, float).T[:, :, None]
    gain = {"gain": 2 / (high - low), "xoffset": low}
    return {"xmin": low, "xmax": high, "ymin": -1.0, "ymax": 1.0, "no_change": False, **gain}


def constants(rows: int, keep: list[int], remove: list[int], values: list[float]) -> dict[str, Any]:
    """Settings of removeconstantrows."""
    held = {"keep": np.array([keep], float), "remove": np.array([remove], float)}
    return {"xrows": float(rows), "constants": np.array([values]).T, "no_change": False, **held}


STD = {
    "xmean": np.array([[1.0], [-2.0]]),
    "xstd": np.array([[0.5], [3.0]]),
    "ymean": 0.25,
    "ystd": 1.0,
    "no_change": np.array([[0.0]]),
}
SPANS = np.array([[2.0, 10.0], [7.0, 7.0], [-3.0, 0.5], [0.0, 1.0]])


def network() -> dict[str, Any]:
    """The fields of a network: two inputs, three layers, two outputs, processing all over."""
    normal = np.random.default_rng(5).normal
    first = {
        "name": "A",
        "size": 4.0,
        "range": SPANS,
        "processFcns": cell([["removeconstantrows", "fixunknowns", "mapminmax"]]),
        "processSettings": cell(
            [[constants(4, [1, 3, 4], [2], [7]), {"xrows": 3.0, "yrows": 3.0}, minmax(RANGE)]]
        ),
    }
    second = {"size": 2.0, "processFcns": cell([["mapstd"]]), "processSettings": cell([[STD]])}
    output = {
        "processFcns": cell([["removeconstantrows", "mapminmax"]]),
        "processSettings": cell([[constants(3, [1, 3], [2], [9]), minmax([[0, 4], [5, 6]])]]),
    }
    weights = {"delays": 0.0, "weightFcn": "dotprod"}
    return {
        "numLayers": 3.0,
        "inputConnect": np.array([[1.0, 1], [0, 0], [0, 0]]),
        "layerConnect": np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0]]),
        "outputConnect": np.array([[0.0, 1, 1]]),
        "inputs": cell([[first], [second]]),
        "layers": cell(
            [
                [{"name": "Hidden", "transferFcn": "tansig", "netInputFcn": "netsum"}],
                [{"name": "Side", "transferFcn": "logsig"}],
                [{"transferFcn": "purelin"}],
            ]
        ),
        "outputs": cell([[EMPTY, {"name": "side out"}, output]]),
        "inputWeights": cell([[weights, weights], [EMPTY, EMPTY], [EMPTY, EMPTY]]),
        "layerWeights": cell([[EMPTY] * 3, [weights, EMPTY, EMPTY], [weights, weights, EMPTY]]),
        "IW": cell([[normal(size=(3, 3)), normal(size=(3, 2))], [EMPTY, EMPTY], [EMPTY, EMPTY]]),
        "LW": cell(
            [
                [EMPTY] * 3,
                [normal(size=(3, 3)), EMPTY, EMPTY],
                [normal(size=(2, 3)), normal(size=(2, 3)), EMPTY],
            ]
        ),
        "b": cell([[normal(size=(3, 1))], [EMPTY], [normal(size=(2, 1))]]),
        "trainFcn": "trainlm",
    }


@pytest.fixture
def net() -> dict[str, Any]:
    """The fields of that network, to be changed."""
    return network()


def imported(net: dict[str, Any]) -> Imported:
    """Import an object of these fields."""
    return network_object.imported(Object("network", (1, 1), (net,)), "net")


def change(cells: Cell, place: int, **fields: Any) -> Cell:
    """Return a cell with other fields of one item."""
    items = [dict(item) if isinstance(item, dict) else item for item in cells.items]
    items[place].update(fields)
    return Cell(cells.shape, tuple(items))


def by_hand(net: dict[str, Any], a: Any, b: Any) -> tuple[Any, Any]:
    """What the network answers, by the formulas of the toolbox, samples in columns."""
    weights, own = net["IW"].items, net["LW"].items
    kept = a.T[[0, 2, 3]]
    first = 2 * (kept - RANGE[:, :1]) / (RANGE[:, 1:] - RANGE[:, :1]) - 1
    second = (b.T - STD["xmean"]) / STD["xstd"] + STD["ymean"]
    hidden = np.tanh(weights[0] @ first + weights[3] @ second + net["b"].items[0])
    side = 1 / (1 + np.exp(-(own[1] @ hidden)))
    last = own[2] @ hidden + own[5] @ side + net["b"].items[2]
    spans = np.array([[0.0, 4.0], [5.0, 6.0]])
    undone = (last + 1) / 2 * (spans[:, 1:] - spans[:, :1]) + spans[:, :1]
    return side.T, np.stack([undone[0], np.full(len(a), 9.0), undone[1]], 1)


def test_a_network_answers_by_its_formulas(net: dict[str, Any]) -> None:
    made = imported(net)
    inputs = generated(made, samples=5)
    assert set(inputs) == {"A", "input2"}
    spans = SPANS
    assert ((inputs["A"] >= spans[:, 0]) & (inputs["A"] <= spans[:, 1])).all()
    assert made.outputs == ("Side_logsig", "output3_removeconstantrows")
    wanted = by_hand(net, *inputs.values())
    for output, y in zip(made.outputs, wanted, strict=True):
        graph = made.graph("float64", output=output)
        np.testing.assert_allclose(graph.predict({n: inputs[n] for n in graph.inputs}), y, rtol=1e-12)


def test_octave_agrees(net: dict[str, Any], octave: OctaveEngine) -> None:
    made = imported(net)
    proof = verify(made, [port_of(made, "float64"), port_of(made, "float32")], octave)
    assert proof.agrees, [result.message for result in proof.results]
    assert not proof.unasked
    assert len(proof.results[0].comparisons) == len(made.pieces) - 2


@pytest.mark.parametrize("function", ["tansig", "logsig", "purelin", "poslin", "satlin", "softmax"])
def test_each_transfer_function(net: dict[str, Any], octave: OctaveEngine, function: str) -> None:
    net["layers"] = change(net["layers"], 0, transferFcn=function)
    made = imported(net)
    assert verify(made, [port_of(made, "float64")], octave).agrees


def swapped(made: Imported, node: str, **fields: Any) -> Imported:
    """Return a model with something else of one piece; its oracle stays."""
    pieces = tuple(dataclasses.replace(p, **fields) if p.name == node else p for p in made.pieces)
    return dataclasses.replace(made, pieces=pieces)


def parameters(made: Imported, node: str, name: str, *more: rules.Rule, less: int = 0) -> Imported:
    """Return a model with more, or fewer, rules of one parameter."""
    own = made.piece(node).parameters
    held = own[name]
    kept = held.rules[: len(held.rules) - less]
    return swapped(made, node, parameters={**own, name: Parameter(held.stored, (*kept, *more))})


@pytest.mark.parametrize(
    ("node", "mistake"),
    [
        ("Hidden", lambda made: parameters(made, "Hidden", "weight", less=1)),  # not transposed
        ("A_mapminmax_offset", lambda made: parameters(made, "A_mapminmax_offset", "bias", less=1)),
        (
            "A_mapminmax",
            lambda made: swapped(made, "A_mapminmax", parameters=made.piece("A_mapminmax_offset").parameters),
        ),
        ("output3_mapminmax", lambda made: parameters(made, "output3_mapminmax", "running_var", less=1)),
        ("Hidden_tansig", lambda made: swapped(made, "Hidden_tansig", layer=layers.Sigmoid())),
        ("Hidden_IW1_2", lambda made: parameters(made, "Hidden_IW1_2", "weight", rules.flip(0))),
    ],
)
def test_a_wrong_rule_is_seen(net: dict[str, Any], octave: OctaveEngine, node: str, mistake: Any) -> None:
    wrong = mistake(imported(net))
    (result,) = verify(wrong, [port_of(wrong, "float64")], octave).results
    assert next(c.name for c in result.comparisons if not c.verdict.agrees) == node


def plain(value: Any) -> Any:
    """Return fields as the writers of .mat files take them."""
    if isinstance(value, Cell):
        made = np.empty(value.shape, object)
        for k, item in enumerate(value.items):
            made[np.unravel_index(k, value.shape, order="F")] = plain(item)
        return made
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return np.array([[value]]) if isinstance(value, float | bool) else value


def test_a_struct_of_a_file_is_a_network_too(net: dict[str, Any], tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "net.mat", {"mynet": plain(net)})
    made = read_model(str(tmp_path / "net.mat"))
    assert made.source == "network object, variable mynet"
    assert made.meta == {"trainFcn": "trainlm"}
    assert [p.name for p in made.pieces] == [p.name for p in imported(net).pieces]
    stored = made.piece("Hidden").parameters["weight"].stored
    assert stored is not None
    assert stored.path == "mynet.IW{1,1}"


def test_an_object_of_a_file_is_seen_and_shown(
    net: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "net.mat")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matio
        from matio.utils.matclass import MatlabOpaque

        matio.save_to_mat(path, {"net": MatlabOpaque(plain(net), "network")}, version="v7")
    assert read_model(path).outputs == imported(net).outputs
    assert main(["inspect", path]) == 0
    assert "Hidden tansig" in capsys.readouterr().out


def test_what_older_versions_say_of_mapminmax_gives_the_same(net: dict[str, Any]) -> None:
    truth = imported(net).piece("A_mapminmax").parameters
    held = {k: v for k, v in minmax(RANGE).items() if k not in ("gain", "xoffset")}
    settings = net["inputs"].items[0]["processSettings"].items
    net["inputs"] = change(net["inputs"], 0, processSettings=Cell((1, 3), (*settings[:2], held)))
    for name, value in imported(net).piece("A_mapminmax").parameters.items():
        np.testing.assert_array_equal(value.value, truth[name].value)


def test_what_changes_nothing_is_left_out(net: dict[str, Any]) -> None:
    net["inputs"] = change(net["inputs"], 1, processSettings=cell([[{**STD, "no_change": True}]]))
    assert "input2_mapstd" not in [p.name for p in imported(net).pieces]


@pytest.mark.parametrize(
    ("name", "place", "fields", "hole"),
    [
        ("layers", 0, {"transferFcn": "radbas"}, ("Hidden radbas", "radbas")),
        ("layers", 0, {"netInputFcn": "netprod"}, ("Hidden", "netprod")),
        ("layerWeights", 1, {"weightFcn": "dist"}, ("Side", "dist")),
        ("inputs", 1, {"processFcns": cell([["lvqoutputs"]])}, ("input2 lvqoutputs", "lvqoutputs")),
        ("inputs", 1, {"processFcns": cell([["processpca"]])}, ("input2 processpca", "processpca")),
    ],
)
def test_functions_that_nobody_knows_are_holes(
    net: dict[str, Any], name: str, place: int, fields: dict[str, Any], hole: tuple[str, str]
) -> None:
    net[name] = change(net[name], place, **fields)
    made = imported(net)
    assert [(piece.original, piece.kind) for piece in made.holes] == [hole]
    with pytest.raises(GraphError, match=hole[1]):
        made.graph()


def test_principal_components(net: dict[str, Any], octave: OctaveEngine) -> None:
    settings = {"transform": np.array([[1.0, 2.0]]), "no_change": False}
    fields = {"processFcns": cell([["processpca"]]), "processSettings": cell([[settings]])}
    net["inputs"] = change(net["inputs"], 1, **fields)
    net["IW"] = Cell((3, 2), (*net["IW"].items[:3], net["IW"].items[3][:, :1], EMPTY, EMPTY))
    made = imported(net)
    assert verify(made, [port_of(made, "float64")], octave).agrees
    np.testing.assert_array_equal(made.piece("input2_processpca").parameters["weight"].value, [[1], [2]])


WRONG: list[tuple[str, int | None, Any, str]] = [
    ("IW", 0, np.ones((3, 4)), r"net.IW{1,1}: wanted a weight (outputs, 3), got 3x4"),
    ("LW", 1, np.ones((3, 5)), r"net.LW{2,1}: wanted a weight (outputs, 3), got 3x5"),
    ("IW", 0, np.full((3, 3), np.nan), "net.IW{1,1}: holds 9 values that are NaN"),
    ("IW", 0, "words", "net.IW{1,1}: wanted numbers"),
    ("b", 0, np.ones((2, 1)), "net.b{1}: wanted 3 values, got 2"),
    ("IW", None, 3.0, "net.IW: wanted a cell with an item at [1, 1]"),
    ("layerWeights", 1, {"delays": np.array([[0.0, 1.0]])}, "layerWeights{2,1}.delays: wanted none"),
    (
        "layerConnect",
        None,
        np.array([[0.0, 1, 0], [1, 0, 0], [1, 1, 0]]),
        "layers take, by way of others",
    ),
    ("layerConnect", None, np.ones((2, 2)), "wanted connections of 3 layers, got 3 of inputs and 2x2"),
    ("inputConnect", None, np.zeros((3, 2)), "net.layers{1}: takes nothing"),
    ("outputConnect", None, np.zeros((1, 3)), "outputConnect: wanted one of 3 layers at least"),
    ("numLayers", None, 0.5, "net.numLayers: wanted whole numbers >= 1"),
    ("layers", 0, {"name": "Hidden"}, "net.layers{1}.transferFcn: wanted text"),
    (
        "inputs",
        1,
        {"size": 2.0, "processFcns": cell([["mapstd"]])},
        "as many processSettings as processFcns",
    ),
    ("inputs", 0, {"size": 4.0, "range": np.ones((3, 2))}, "range for each of 4 rows, got 6"),
]


@pytest.mark.parametrize(("name", "place", "value", "words"), WRONG, ids=[each[-1] for each in WRONG])
def test_what_cannot_be_is_told(
    net: dict[str, Any], name: str, place: int | None, value: Any, words: str
) -> None:
    if place is None:
        net[name] = value
    else:
        items = list(net[name].items)
        items[place] = value
        net[name] = Cell(net[name].shape, tuple(items))
    with pytest.raises((FormatError, GraphError)) as caught:
        imported(net)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("function", "settings", "words"),
    [
        ("mapminmax", minmax([[0, 1]]), "wanted 2 rows, got 1 gains and 1 offsets"),
        ("mapstd", {**STD, "xstd": np.array([[0.0], [1.0]])}, "xstd holds values that are not positive"),
        ("mapstd", {**STD, "ymean": "x"}, "ymean: wanted numbers"),
        ("removeconstantrows", constants(2, [1], [1], [3]), "wanted each of 2 rows kept or removed"),
        ("removeconstantrows", constants(3, [1, 3], [2], [3]), "and 3 that come"),
        (
            "processpca",
            {"transform": np.ones((2, 3)), "no_change": False},
            "transform: wanted (outputs, 2), got 2x3",
        ),
    ],
)
def test_settings_that_cannot_be_are_told(
    net: dict[str, Any], function: str, settings: dict[str, Any], words: str
) -> None:
    fields = {"processFcns": cell([[function]]), "processSettings": cell([[settings]])}
    net["inputs"] = change(net["inputs"], 1, **fields)
    with pytest.raises(FormatError) as caught:
        imported(net)
    assert words in str(caught.value)


def test_an_object_without_weights_is_told() -> None:
    with pytest.raises(FormatError, match="net: has no IW, as a network has"):
        imported({"numLayers": 1.0})


def test_a_large_offset_loses_nothing_in_float32(net: dict[str, Any], octave: OctaveEngine) -> None:
    spans = np.array([[2000.1, 2000.2], [-3.0, 0.5], [1e5 + 0.3, 1e5 + 0.7]])
    settings = net["inputs"].items[0]["processSettings"].items
    fields = {
        "range": np.insert(spans, 1, 7.0, axis=0),
        "processSettings": Cell((1, 3), (*settings[:2], minmax(spans))),
    }
    net["inputs"] = change(net["inputs"], 0, **fields)
    made = imported(net)
    proof = verify(made, [port_of(made, "float64"), port_of(made, "float32")], octave)
    assert proof.agrees
    assert max(c.scaled for c in proof.results[1].comparisons) < 16
    taken = made.piece("A_mapminmax_offset").parameters["bias"].value
    np.testing.assert_array_equal(taken, taken.astype(np.float32))
