"""Plain files of weights with a description: agree with Octave, wrong conventions differ, bad ones are told."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.signal

from pybn import migrate
from pybn.cli import main
from pybn.engines.octave import OctaveEngine
from pybn.errors import FileError, FormatError, GraphError, UsageError
from pybn.migrate.imported import Imported
from pybn.migrate.importers.find import read_model
from pybn.migrate.verify import port_of, verify

Array = np.ndarray[Any, np.dtype[Any]]

ALL = """
input = 5
[[layer]]
type = "fc"
weight = "W1"
[[layer]]
type = "Elu"
alpha = 0.5
[[layer]]
type = "Swish"
[[layer]]
type = "Gelu"
approximate = "tanh"
[[layer]]
type = "Softplus"
[[layer]]
type = "ClippedRelu"
ceiling = 1.5
[[layer]]
type = "EltWiseMul"
inputs = ["ClippedRelu6", "Gelu4"]
"""
PERCEPTRON = """
input = 5
[[layer]]
type = "fc"
weight = "W1"
bias = "b1"
[[layer]]
type = "batchnorm"
weight = "gamma"
running_mean = "mu"
running_var = "variance"
eps = 1e-3
[[layer]]
type = "relu"
[[layer]]
type = "fc"
weight = { var = "net.layers{2}.W", axes = "M D" }
bias = "net.layers{2}.b"
[[layer]]
type = "softmax"
"""
COURSE = """
input = 5
[[layer]]
type = "fc"
weight = { var = "Theta1", axes = "M D" }
bias_in_weight = "first"
[[layer]]
type = "sigmoid"
[[layer]]
type = "FullyConnected"
weight = "W2"
bias_in_weight = "last"
"""
TOOLBOX = """
input = [7, 6, 2]
flip = true
flatten = "column"
[[layer]]
type = "conv"
weight = "k"
bias = "kb"
[[layer]]
type = "sigmoid"
[[layer]]
type = "avgpool"
kh = 2
kw = 2
stride = 2
floor = true
[[layer]]
type = "fc"
weight = { var = "ffW", axes = "M D" }
bias = "ffb"
"""
IMAGES = """
input = [6, 5, 4]
mean = "average"
std = "spread"
classes = ["one", "two"]
[[layer]]
type = "conv"
name = "first conv"
weight = { var = "F", axes = "F C kH kW" }
stride = [2, 1]
pad = [1, 0, 2, 1]
groups = 2
dilation = [1, 2]
floor = true
kw = 2
[[layer]]
type = "sp_batchnorm"
name = "bn"
weight = "g6"
bias = "o6"
running_mean = "m6"
sigma = "s6"
[[layer]]
type = "tanh"
name = "left"
[[layer]]
type = "leaky_relu"
name = "right"
slope = 0.25
inputs = "bn"
[[layer]]
type = "concat"
name = "both"
inputs = ["left", "right"]
[[layer]]
type = "add"
inputs = ["both", "both"]
[[layer]]
type = "lrn"
size = 3
alpha = 0.5
[[layer]]
type = "deconv"
weight = "D"
bias = "db"
stride = [1, 2]
crop = [1, 0, 0, 1]
groups = 3
[[layer]]
type = "maxpool"
kh = 2
kw = 3
stride = [1, 2]
pad = [1, 0, 0, 1]
floor = true
[[layer]]
type = "dropout"
[[layer]]
type = "fc"
weight = "last"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with weights.mat."""
    place = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(3)
    normal = rng.normal
    cells = np.empty((1, 2), object)  # k{in}{out}
    for i in range(2):
        cells[0, i] = np.empty((1, 3), object)
        for j in range(3):
            cells[0, i][0, j] = normal(size=(3, 2))
    scalars = np.empty((1, 3), object)
    for j in range(3):
        scalars[0, j] = normal(size=(1, 1))
    layers = np.empty((1, 2), object)
    layers[0, 0] = {"W": normal(size=(2, 2))}
    layers[0, 1] = {"W": normal(size=(3, 4)).astype(np.float32), "b": normal(size=(3, 1))}
    held = {
        "W1": normal(size=(5, 4)),
        "b1": normal(size=(1, 4)),
        "gamma": rng.uniform(0.5, 1.5, (1, 4)),
        "mu": normal(size=(1, 4)),
        "variance": rng.uniform(0.5, 1.5, (1, 4)),
        "net": {"layers": layers},
        "Theta1": normal(size=(4, 6)),
        "W2": normal(size=(5, 3)),
        "k": cells,
        "kb": scalars,
        "ffW": normal(size=(4, 2 * 2 * 3)),
        "ffb": normal(size=(4, 1)),
        "F": normal(size=(6, 2, 2, 2)),
        "g6": normal(size=(1, 6)),
        "o6": normal(size=(6, 1)),
        "m6": normal(size=(1, 6)),
        "s6": rng.uniform(0.5, 1.5, (1, 6)),
        "average": normal(size=(6, 5, 4)),
        "spread": np.array([[2.0]]),
        "D": normal(size=(2, 3, 1, 12)),
        "db": normal(size=(3, 1)),
        "last": normal(size=(54, 2)),
        "text": "words",
        "bad": np.array([[1.0, np.nan, 2.0, 3.0]]),
    }
    scipy.io.savemat(place / "weights.mat", held)
    return place


def model(folder: Path, text: str) -> Imported:
    """Import weights.mat as a description says."""
    (folder / "like.toml").write_text(text)
    return read_model(str(folder / "weights.mat"), like=folder / "like.toml")


@pytest.mark.parametrize("text", [ALL, PERCEPTRON, COURSE, TOOLBOX, IMAGES])
def test_octave_agrees(folder: Path, octave: OctaveEngine, text: str) -> None:
    made = model(folder, text)
    proof = verify(made, [port_of(made, "float64"), port_of(made, "float32")], octave)
    assert proof.agrees, [result.message for result in proof.results]
    assert not proof.unasked
    assert {c.name for c in proof.results[0].comparisons} == {p.name for p in made.pieces[1:]}


@pytest.mark.parametrize(
    ("text", "right", "wrong", "node"),
    [
        (TOOLBOX, 'flatten = "column"', 'flatten = "row-major"', "fc4"),
        (TOOLBOX, "flip = true", "flip = false", "conv1"),
        (COURSE, '"first"', '"last"', "fc1"),
        (COURSE, '"last"', '"first"', "FullyConnected3"),
        (IMAGES, "sigma =", "running_var =", "bn"),
        (PERCEPTRON, "eps = 1e-3", "eps = 1e-5", "batchnorm2"),
        (IMAGES, "F C kH kW", "F C kW kH", "first_conv"),
        (IMAGES, "slope = 0.25", "slope = 0.2", "right"),
    ],
)
def test_a_wrong_convention_is_seen(
    folder: Path, octave: OctaveEngine, text: str, right: str, wrong: str, node: str
) -> None:
    assert right in text
    truth, mistaken = model(folder, text), model(folder, text.replace(right, wrong))
    oracles = [
        dataclasses.replace(piece, oracle=true.oracle)
        for piece, true in zip(mistaken.pieces, truth.pieces, strict=True)
    ]
    mixed = dataclasses.replace(mistaken, pieces=tuple(oracles))
    (result,) = verify(mixed, [port_of(mixed, "float64")], octave).results
    first = next(c.name for c in result.comparisons if not c.verdict.agrees)
    assert first == node


def test_a_network_of_kernels_in_cells_by_its_formulas(folder: Path) -> None:
    held = scipy.io.loadmat(folder / "weights.mat")
    x = np.random.default_rng(0).normal(size=(2, 2, 7, 6))
    maps = np.zeros((2, 3, 5, 5))
    for j in range(3):
        for n in range(2):
            total = sum(scipy.signal.convolve2d(x[n, i], held["k"][0, i][0, j], "valid") for i in range(2))
            maps[n, j] = 1 / (1 + np.exp(-(total + held["kb"][0, j])))
    pooled = maps[:, :, :4, :4].reshape(2, 3, 2, 2, 2, 2).mean((3, 5))
    features = pooled.transpose(2, 3, 1, 0).reshape(12, 2, order="F")  # a(:) of each sample
    wanted = (held["ffW"] @ features + held["ffb"]).T
    np.testing.assert_allclose(model(folder, TOOLBOX).graph("float64").predict(x), wanted, rtol=1e-12)


def test_what_is_done_before_and_after_is_kept(folder: Path) -> None:
    held = scipy.io.loadmat(folder / "weights.mat")
    made = model(folder, IMAGES)
    (stage,) = made.preprocessing
    assert made.classes == ("one", "two")
    assert (stage.input, stage.words) == ("input", "mean average, std spread")
    np.testing.assert_array_equal(stage.shift, -held["average"].transpose(2, 0, 1) / 2)
    np.testing.assert_array_equal(stage.scale, [0.5])
    assert made.piece("first_conv").original == "first conv"


FC = 'input = 5\n[[layer]]\ntype = "fc"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FC + 'weight = "W9"', "W9: the file has no such variable; it has W1, b1"),
        (FC + 'weight = "net.V"', "net is a struct with fields layers, in which there is no .V"),
        (FC + 'weight = "net.layers{3}.W"', "wanted an index of 1x2, got 3"),
        (FC + 'weight = "net.layers{1}W"', "wanted a path such as"),
        (FC + 'weight = "text"', "text: wanted numbers, got the text 'words'"),
        (FC + 'weight = "bad"', "1 values that are NaN"),
        (FC + 'weight = "b1"', "wanted the weight of fc1 with D = 5, for 5 features come, got 1x4 as D x M"),
        (FC + 'weight = "W2"\nbias = "b1"', "b1: wanted 3 values for fc1.bias, got 1x4"),
        (
            FC.replace("5", "4") + 'weight = "W1"',
            'axes = "M D", or bias_in_weight = "first" or "last" would fit',
        ),
        (FC + 'weight = "ffb"', "got 4x1"),
        (FC.replace("5", "12") + 'weight = "ffW"', 'axes = "M D" would fit'),
        (FC + 'weight = "Theta1"', 'axes = "M D" with bias_in_weight'),
        (FC + 'weight = { var = "W1", axes = "D D" }', "axes: wanted each of D M once"),
        (FC + 'weight = "k"', "wanted an array of 2 axes, D x M, got 3x2x2x3"),
        (
            FC + 'weight = "W1"\nnum_output = 3',
            "num_output is 3, and the weight that is named has num_output = 4",
        ),
        (FC + 'weight = "W1"\nwidth = 3', "has no 'width'"),
        (FC + 'weight = "W1"\nflatten = "rows"', "flatten: wanted 'row-major' or 'column', got 'rows'"),
        (FC + 'bias = "b1"', "a layer of this type wants weight"),
        (FC + "weight = 3", "weight: wanted the name of a variable"),
        (
            'input = 5\n[[layer]]\ntype = "capsule"',
            "there are no layers of the type 'capsule'; there are fc, conv",
        ),
        ('input = 5\n[[layer]]\ntype = "add"', "takes two or more inputs, got 1"),
        ('input = 5\n[[layer]]\ntype = "relu"\ninputs = "later"', "takes 'later', and no layer before it"),
        (
            'input = 5\n[[layer]]\ntype = "batchnorm"\nweight = "s6"',
            "s6: wanted 5 values for batchnorm1.weight, got 1x6",
        ),
        ('input = 4\n[[layer]]\ntype = "batchnorm"\nrunning_mean = "mu"', "either running_var or sigma"),
        (
            'input = [2, 2]\n[[layer]]\ntype = "relu"',
            "input: wanted a number of features, or [rows, cols, depth]",
        ),
        ('input = 5\nmean = "mu"\n[[layer]]\ntype = "relu"', "mean: mu: wanted 1, 5 or 5 values, got 1x4"),
        (
            'input = [6, 6, 3]\n[[layer]]\ntype = "conv"\nweight = "F"',
            "wanted the filters of conv1 with C = 3",
        ),
        ('input = 5\n[[layer]]\ntype = "conv"\nweight = "F"', "wanted images, and rows come"),
        ("input = 5", "wanted tables [[layer]]"),
        ("inputs = 5", "there is no key 'inputs'"),
        ("input = ", "wanted a description in TOML"),
    ],
)
def test_what_cannot_be_is_told(folder: Path, text: str, words: str) -> None:
    with pytest.raises((FormatError, GraphError)) as caught:
        model(folder, text)
    assert words in str(caught.value)
    assert "like.toml" in str(caught.value)


def test_a_description_that_is_not_there_and_one_variable_too_many(folder: Path) -> None:
    with pytest.raises(FileError, match="none\\.toml: cannot be read"):
        read_model(str(folder / "weights.mat"), like=folder / "none.toml")
    with pytest.raises(UsageError, match="leave --var net out"):
        read_model(str(folder / "weights.mat"), "net", folder / "none.toml")


def test_the_command_takes_a_description_and_gives_the_arrays_back(
    folder: Path, tmp_path: Path, needs_octave: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "course.toml").write_text(COURSE)
    out, back = tmp_path / "net.npz", tmp_path / "back.npz"
    like = ["--like", str(folder / "course.toml")]
    assert main(["migrate", str(folder / "weights.mat"), str(out), *like, "--verify"]) == 0
    assert "which answers as the model does under Octave" in capsys.readouterr().out
    assert main(["migrate", "--back", str(out), str(back)]) == 0
    held = scipy.io.loadmat(folder / "weights.mat")
    with np.load(back) as arrays:
        for name in ("Theta1", "W2"):
            np.testing.assert_array_equal(arrays[name], held[name])


def test_the_command_writes_the_exporter_and_wants_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", "--exporter", str(tmp_path)]) == 0
    shipped = Path(migrate.__file__).parent / "pybn_export.m"
    assert (tmp_path / "pybn_export.m").read_bytes() == shipped.read_bytes()
    assert "call pybn_export(model, 'model.mat')" in capsys.readouterr().out
    assert main(["migrate", "--exporter", str(tmp_path / "none")]) == 5
    assert "there is no such folder" in capsys.readouterr().err
    assert main(["migrate", "net.mat"]) == 2
    assert "wanted MODEL and OUT" in capsys.readouterr().err
    assert main(["migrate", "net.mat", "--exporter", "."]) == 2
    assert "goes alone" in capsys.readouterr().err
