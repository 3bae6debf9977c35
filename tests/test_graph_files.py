"""Saved models: bit for bit the same, and a damaged or hostile file is an error, never code or another model."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import Double, draw, images_model, onehot, rows_model
from test_graph_metadata import IMAGE, KINDS, TOML, TYPES

from pybn.errors import FileError, FormatError, GraphError
from pybn.formats import bundle
from pybn.graph import Graph, Input, Node
from pybn.layers import BatchNorm, Softmax, Tanh
from pybn.losses import CrossEntropy, MeanSquaredError
from pybn.solvers import Sgd
from pybn.training import Training

X, T = draw(5, 2, 8, 6), onehot(5, 5)
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("trained", [True, False])
def test_round_trip(tmp_path: Path, dtype: str, trained: bool) -> None:
    graph = images_model(dtype=dtype)
    x, t = X.astype(dtype), T.astype(dtype)
    if trained:
        graph.loss_and_gradients(x, t)
    path = tmp_path / "model.h5"
    graph.save(path)
    for other in (Graph.load(str(path)), Graph.from_file(path)):
        assert other.description == graph.description
        assert list(other.state) == list(graph.state)
        for name, value in graph.state.items():
            assert (other.state[name].dtype, other.state[name].tobytes()) == (value.dtype, value.tobytes()), (
                name
            )
        assert other.predict(x).tobytes() == graph.predict(x).tobytes()
        other.seed(1)
        graph.seed(1)
        assert repr(other.loss_and_gradients(x, t)) == repr(graph.loss_and_gradients(x, t))
        graph = Graph.load(path)


@pytest.mark.parametrize("kind", TYPES)
def test_every_layer_and_its_options_come_back(tmp_path: Path, kind: str) -> None:
    first = {"type": "input", "name": "image", "features": 7} if kind == "batchnorm" else IMAGE
    graph = Graph.from_metadata([first, {"type": kind, "name": "y", **TYPES[kind][0]}], layout="HWCN")
    graph.save(tmp_path / "a")
    other = Graph.load(tmp_path / "a")
    assert other.layer("y").options() == graph.layer("y").options()
    assert type(other.layer("y")).__name__ == KINDS[kind]
    x = draw(*graph.layer("image").with_batch(3))
    assert other.predict(x).tobytes() == graph.predict(x).tobytes()


def test_wiring_output_and_loss_come_back(tmp_path: Path) -> None:
    nodes = [*rows_model().nodes, Node("dead", Double(), "fc1")]
    with pytest.raises(
        GraphError, match=r"dead: a Double of graphs is no layer of pybn, so that no file can name it"
    ):
        Graph(nodes, rows_model().parameters, output="prob").save(tmp_path / "a")
    nodes[-1] = Node("dead", Softmax(), "fc1")
    graph = Graph(nodes[::-1], rows_model().parameters, output="prob")
    graph.save(tmp_path / "a")
    other = Graph.load(tmp_path / "a")
    assert [(n.name, n.inputs) for n in other.nodes] == [(n.name, n.inputs) for n in graph.nodes]
    assert (other.output, other.loss, other.layout) == ("prob", None, "NCHW")
    tables = [{"type": "input", "name": "x", "features": 3}, {"type": "sigmoid", "name": "s"}]
    Graph.from_metadata(tables, loss=CrossEntropy(mean_gradient=True)).save(tmp_path / "b")
    assert repr(Graph.load(tmp_path / "b").loss) == "CrossEntropy(mean_gradient=True)"


def test_a_layer_of_the_same_name_is_not_the_same(tmp_path: Path) -> None:
    mine = type("BatchNorm", (BatchNorm,), {})
    parameters = {"bn.weight": np.ones(2), "bn.bias": np.ones(2)}
    graph = Graph([Node("x", Input((None, 2))), Node("bn", mine())], parameters)
    with pytest.raises(GraphError, match="bn: a BatchNorm of test_graph_files is no layer of pybn"):
        graph.save(tmp_path / "a")
    graph = rows_model(loss=lambda scores, targets: (0.0, scores - targets))
    with pytest.raises(GraphError, match="loss: a function of builtins is no loss of pybn"):
        graph.save(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_model_that_diverged_can_be_looked_at(tmp_path: Path) -> None:
    graph = rows_model()
    graph.state = {**graph.state, "fc1.bias": np.array([0, 0, np.nan, 0, 0]), "fc2.bias": np.full(5, np.inf)}
    graph.save(tmp_path / "a")
    for call in (Graph.load, Graph.from_file):
        with pytest.warns(
            RuntimeWarning, match=r"a: fc1\.bias holds nan at \[2\]: a model of a training"
        ) as told:
            found = call(tmp_path / "a")
        assert [(one.filename, one.category) for one in told] == [(__file__, RuntimeWarning)]
        assert {name: x.tobytes() for name, x in found.state.items()} == {
            name: x.tobytes() for name, x in graph.state.items()
        }


def test_a_training_that_diverges_goes_on_and_is_gone_back_to(tmp_path: Path) -> None:
    """Its updates and its checkpoints hold NaN, which nobody may set by hand."""

    def wild(steps: int) -> Training:
        training = Training(images_model(), Sgd(1e200))
        training.run(X, T, batch_size=5, steps=steps, checkpoint=tmp_path / "c", quiet=True)
        return training

    with pytest.warns(RuntimeWarning, match="the training diverged"):
        wild(4)
    again = wild(6)  # goes on from NaN
    assert np.isnan(again.graph.parameters["fc1.weight"]).any()
    again.graph.save(tmp_path / "a")
    with pytest.warns(RuntimeWarning, match=r"a: \w+\.\w+ holds (nan|-?inf) at"):
        Graph.load(tmp_path / "a")


def test_where_there_is_none(tmp_path: Path) -> None:
    for call in (Graph.load, Graph.from_file):
        with pytest.raises(FileError):
            call(tmp_path / "nothing.h5")
    with pytest.raises(FileError, match="there is no folder"):
        rows_model().save(tmp_path / "no" / "a")
    bundle.write(tmp_path / "other", {"x": np.ones(3)}, json.dumps({"kind": "something else"}))
    with pytest.raises(FormatError, match="other: is no saved model, or a damaged one: wanted a saved model"):
        Graph.load(tmp_path / "other")


def test_another_file_is_told_what_it_is(tmp_path: Path) -> None:
    training = Training(images_model(), Sgd(0.1))
    training.run(X, T, batch_size=5, steps=1, checkpoint=tmp_path / "c.h5", quiet=True)
    for call in (Graph.load, Graph.from_file):
        with pytest.raises(
            FormatError, match=r"c\.h5: is a training checkpoint, not a saved model; Training.run"
        ):
            call(tmp_path / "c.h5")
        with pytest.raises(
            FormatError, match=r"relu\.h5: is a fixture, recorded answers of a case file, not"
        ):
            call(FIXTURES / "relu.h5")
    for name in ("model.toml", "model"):
        (tmp_path / name).write_text(TOML)
        with pytest.raises(
            FormatError, match=rf"{name}: is a description in TOML: Graph\.from_file reads it$"
        ):
            Graph.load(tmp_path / name)
    for other in (b"\x89HDF\r\n\x1a\n", b"", b"x = 3", b"\xff" * 100, b"x = " + b"[" * 100_000):
        (tmp_path / "other").write_bytes(other)
        with pytest.raises(FormatError, match="other: is damaged, or no bundle of arrays"):
            Graph.load(tmp_path / "other")


# Files that somebody made, with checksums that are right.


def node(place: int, **changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda told: told["nodes"][place].update(changes)


def told(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda told: told.update(changes)


def without(*keys: str) -> Callable[[dict[str, Any]], None]:
    return lambda told: [told.pop(key) for key in keys] and None


HOSTILE: dict[str, Callable[[dict[str, Any]], None]] = {
    "a class from elsewhere": node(1, **{"class": "subprocess.Popen"}),
    "a builtin": node(1, **{"class": "eval"}),
    "a module": node(1, **{"class": "base"}),
    "the base class": node(1, **{"class": "Layer"}),
    "a dunder": node(1, **{"class": "__class__"}),
    "what is no layer": node(1, **{"class": "Gradients"}),
    "a class that is a list": node(1, **{"class": ["Relu"]}),
    "a class that is none": node(1, **{"class": None}),
    "an unknown option": node(2, options={"slope": 1}),
    "a bad option": node(2, options={"eps": -1}),
    "an option that is a table": node(1, options={"stride": {"__class__": "x"}}),
    "an enormous option": node(1, options={"stride": 10**300}),
    "an infinite option": node(2, options={"eps": float("inf")}),
    "options that are a list": node(1, options=[1]),
    "options that are none": node(1, options=None),
    "another stride": node(1, options={"stride": 5}),
    "other inputs": node(1, inputs=["conv2"]),
    "inputs that are text": node(1, inputs="image"),
    "inputs of a list": node(1, inputs=[["image"]]),
    "a cycle": node(3, inputs=["fc1"]),
    "a name twice": node(1, name="image"),
    "a name that is none": node(1, name=None),
    "an input of no size": node(0, options={"shape": [None, 0, 8, 6]}),
    "an input of text": node(0, options={"shape": "abc"}),
    "an enormous input": node(0, options={"shape": [None, 2, 10**30, 10**30]}),
    "an input with more": node(0, options={"shape": [None, 2, 8, 6], "more": 1}),
    "a node with more": node(1, more=1),
    "nodes that are text": told(nodes="abc"),
    "nodes that are numbers": told(nodes=[1]),
    "nodes that are none": told(nodes=None),
    "no nodes": told(nodes=[]),
    "another output": told(output="image"),
    "an output that is a list": told(output=["prob"]),
    "another dtype": told(dtype="float32"),
    "a dtype of objects": told(dtype="object"),
    "another layout": told(layout="HWCN"),
    "a version to come": told(pybn_model=2),
    "another key": told(more=1),
    "no output": without("output"),
    "another loss": told(loss={"class": "CrossEntropy", "options": {}}),
    "a loss from elsewhere": told(loss={"class": "check_float", "options": {}}),
    "the base of losses": told(loss={"class": "Loss", "options": {}}),
    "a loss of text": told(loss="CrossEntropy"),
    "a loss without options": told(loss={"class": "CrossEntropy"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_descriptions(tmp_path: Path, name: str) -> None:
    graph = images_model()
    description = json.loads(json.dumps(graph.description))
    HOSTILE[name](description)
    bundle.write(tmp_path / "a.h5", graph.state, json.dumps(description))
    with pytest.raises(FormatError, match=r"a\.h5: "):
        Graph.from_file(tmp_path / "a.h5")


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "1", "[" * 100_000, '{"pybn_model": 1}', "9" * 5000])
def test_descriptions_that_are_none(tmp_path: Path, text: str) -> None:
    bundle.write(tmp_path / "a", images_model().state, text)
    with pytest.raises(FormatError):
        Graph.load(tmp_path / "a")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fc1.bias": None}, "fc1.bias: missing"),
        ({"fc1.weight": None}, "fc1.weight: missing"),
        ({"bn1.running_var": None}, "bn1.running_var: missing"),
        ({"fc1.bias": np.ones(6)}, "fc1.bias: wanted shape"),
        ({"fc1.bias": np.ones(5, "f")}, "fc1.bias: wanted float64"),
        ({"fc1.bias": np.ones(5, int)}, "fc1.bias: wanted float64"),
        ({"fc1.bias": np.array(1.0)}, "fc1.bias: wanted shape"),
        ({"bn1.running_var": np.ones((4, 1))}, "bn1.running_var: wanted shape"),
        ({"more": np.ones(3)}, "more: unknown"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    graph = images_model()
    graph.loss_and_gradients(X, T)
    state = {name: value for name, value in ({**graph.state} | change).items() if value is not None}
    bundle.write(tmp_path / "a", state, json.dumps(graph.description))
    with pytest.raises(FormatError, match=words):
        Graph.load(tmp_path / "a")


FLIP = """
import pathlib, random, sys
from pybn.errors import FileError, FormatError
from pybn.graph import Graph
path, draw = pathlib.Path(sys.argv[1]), random.Random(int(sys.argv[2]))
whole = path.read_bytes()
graph = Graph.load(path)
wanted = graph.description, {name: x.tobytes() for name, x in graph.state.items()}
refused = 0
for k in range(int(sys.argv[3])):
    damaged = bytearray(whole[: draw.randrange(len(whole))] if k % 5 == 0 else whole)
    for _ in range(draw.choice([1, 1, 2, 9]) if damaged else 0):
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    path.write_bytes(damaged)
    try:
        found = Graph.load(path)
        assert (found.description, {name: x.tobytes() for name, x in found.state.items()}) == wanted
    except (FormatError, FileError):
        refused += 1
print(refused)
"""


def test_damaged_files(tmp_path: Path) -> None:
    """In a process of its own, which could crash or hang: it does neither, and no other model is read."""
    graph = images_model()
    graph.loss_and_gradients(X, T)
    graph.save(tmp_path / "a.h5")
    command = [sys.executable, "-c", FLIP, str(tmp_path / "a.h5"), str(random.randrange(1 << 30)), "400"]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, (command, child.stderr[-2000:])
    assert int(child.stdout) > 200


def test_random_descriptions_are_models_or_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value of a description in the place of every other."""
    graph = images_model()
    whole, state = graph.description, dict(graph.state)
    places = list(_places(whole))
    chosen = random.Random(5)
    values = [
        *(_at(whole, place) for place in places),
        -1,
        0,
        1e308,
        "",
        "x" * 1000,
        [],
        {},
        True,
        None,
        [[]],
    ]
    models = 0
    for _ in range(1000):
        description = json.loads(json.dumps(whole))
        place = chosen.choice(places)
        _at(description, place[:-1])[place[-1]] = chosen.choice(values)
        text = json.dumps(description)
        monkeypatch.setattr(bundle, "read", lambda _, text=text: (state, text))
        with suppress(FormatError):
            models += Graph.load("a").dtype == "float64"
    assert 10 < models < 300


def _places(value: Any, before: tuple[Any, ...] = ()) -> Any:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*before, key)
        yield from _places(value[key], (*before, key))


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def test_five_hundred_layers(tmp_path: Path) -> None:
    """A deep chain is built, differentiated, told, drawn, saved and loaded: nothing goes down it by recursion."""
    nodes = [Node("x", Input((None, 3)))] + [Node(f"layer{k}", Tanh()) for k in range(500)]
    model = Graph(nodes, loss=MeanSquaredError())
    x = np.ones((2, 3))
    value, _ = model.loss_and_gradients(x, np.zeros((2, 3)))
    assert 0 < value < 0.01
    assert model.summary().count("Tanh") == model.to_svg().count(">Tanh<") == 500
    model.save(tmp_path / "deep.h5")
    assert np.array_equal(Graph.load(tmp_path / "deep.h5").predict(x), model.predict(x))
