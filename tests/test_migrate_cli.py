"""`pybn migrate` and `pybn inspect` on saved models: what is written, proven, refused and taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from test_html_report import index_of

import pybn
from pybn.cli import main
from pybn.engines.octave import OctaveEngine
from pybn.migrate.importers.find import read_model
from pybn.migrate.run import migrate


def single(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def cell(*items: Any) -> np.ndarray[Any, Any]:
    made = np.empty((1, len(items)), object)
    for k, item in enumerate(items):
        made[0, k] = item
    return made


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A MatConvNet network with a batch-norm, saved as MATLAB's save does, in the working folder."""
    monkeypatch.chdir(tmp_path)
    moments = np.abs(single(4, 2)) + np.float32(0.5)
    layers = cell(
        {"type": "conv", "name": "c 1", "weights": cell(single(3, 3, 2, 4), single(4, 1)), "pad": 1.0},
        {"type": "bnorm", "name": "class", "weights": cell(single(4, 1), single(4, 1), moments)},
        {"type": "relu", "name": "r"},
    )
    average = np.full((1, 1, 2), 0.25, np.float32)
    meta = {"normalization": {"imageSize": np.array([[6.0, 5.0, 2.0]]), "averageImage": average}}
    scipy.io.savemat("net.mat", {"net": {"layers": layers, "meta": meta}, "other": np.ones(3)})
    return "net.mat"


@pytest.mark.parametrize("suffix", [".onnx", ".npz"])
def test_a_model_is_written_proven_and_taken_back(
    needs_octave: None, net: str, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", net, f"out{suffix}", "--verify", "--report", "proof.html"]) == 0
    said = capsys.readouterr().out
    assert f"out{suffix}, which answers as the model does under Octave" in said
    assert "port float64" in said
    assert "preprocessing of input: meta.normalization.averageImage" in said
    index = index_of(Path("proof.html").read_text())
    assert index["options"] is None  # no case of pybn parity: what runs it again is the command itself
    assert index["command"] == f"pybn migrate {net} out{suffix} --verify --report proof.html"
    assert index["cases"][0]["python"] == ["port float64"]
    assert main(["migrate", "--back", f"out{suffix}", "back.npz"]) == 0
    with np.load("back.npz") as back:
        found = {name: back[name] for name in back.files}
    original = scipy.io.loadmat(net, simplify_cells=True)["net"]["layers"]
    for value in (original[0]["weights"][0], original[1]["weights"][2]):
        assert any(
            x.dtype == value.dtype and np.array_equal(x.squeeze(), value.squeeze()) for x in found.values()
        )
    assert len(found) == 5


def test_what_is_written_has_the_preprocessing_on_request(needs_octave: None, net: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    assert main(["migrate", net, "bare.onnx"]) == 0
    assert main(["migrate", net, "whole.onnx", "--preprocessing", "--verify"]) == 0
    x = single(2, 2, 6, 5)
    answers = []
    for file, given in (("bare.onnx", x - np.float32(0.25)), ("whole.onnx", x)):
        session = onnxruntime.InferenceSession(file)
        answers.append(session.run(None, {session.get_inputs()[0].name: given})[0])
    assert np.allclose(*answers, atol=1e-5)


def test_what_does_not_agree_is_not_written(
    octave: OctaveEngine, net: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pybn.migrate.run

    def lying(*args: Any, **more: Any) -> dict[str, Any]:
        made = own(*args, **more)
        return {name: -x if name == "r" else x for name, x in made.items()}

    own = pybn.migrate.run.run_exported
    monkeypatch.setattr("pybn.migrate.run.run_exported", lying)
    Path("out.onnx").write_text("before")
    made = migrate(read_model(net), Path("out.onnx"), source=Path(net), octave=octave)
    assert made.written is None
    assert made.proof is not None
    assert not made.proof.agrees
    assert made.proof.results[1].divergence is not None
    assert made.proof.results[1].divergence.place.name == "r"
    assert Path("out.onnx").read_text() == "before"
    assert sorted(path.name for path in Path().iterdir()) == ["net.mat", "out.onnx"]


def test_a_look_at_a_model(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", net, "--svg", "net.svg"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "MatConvNet simplenn in the variable net" in lines
    assert any(
        line.split() == ["c", "1", "conv", "N", "x", "4", "x", "6", "x", "5", "76", "input"] for line in lines
    )
    assert "84 parameters; output r" in lines
    assert "N x 4 x 6 x 5" in Path("net.svg").read_text()
    assert main(["inspect", net, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["files"][0]
    assert [each["name"] for each in told["models"][0]["data"]["layers"]] == ["input", "c 1", "class", "r"]
    assert main(["inspect", net, "--arrays"]) == 0
    assert "averageImage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["net.mat", "out.txt"], 2, "wanted a suffix that tells the form"),
        (["net.mat", "out.onnx", "--var", "other"], 2, "the variable 'other' is no model; models are net"),
        (["none.mat", "out.onnx"], 5, "none.mat"),
        (["arrays.mat", "out.onnx"], 4, "holds no model that is known here; it has x: "),
        (["net.mat", "no/folder/out.onnx"], 5, "there is no folder"),
        (["net.mat", "out.onnx", "--report", "a.html"], 2, "are for --verify"),
        (["net.mat", "out.onnx", "--layer", "x"], 2, "wanted NAME=MODULE:CLASS"),
        (["net.mat", "out.onnx", "--layer", "x=nowhere:X"], 2, "No module named"),
        (["net.mat", "out.onnx", "--verify", "--inputs", "arrays.mat"], 4, "input: wanted N x 2 x 6 x 5"),
        (["--back", "net.mat", "out.npz"], 5, "net.mat.pybn.json"),
    ],
    ids=[f"{k}" for k in range(10)],
)
def test_refusals(
    needs_octave: None, net: str, words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scipy.io.savemat("arrays.mat", {"x": np.ones((2, 3))})
    before = sorted(path.name for path in Path().iterdir())
    assert main(["migrate", *words]) == code
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == before


def test_inputs_of_a_file_are_used(needs_octave: None, net: str, capsys: pytest.CaptureFixture[str]) -> None:
    scipy.io.savemat("given.mat", {"x": single(6, 5, 2, 3)})
    assert main(["migrate", net, "out.npz", "--verify", "--inputs", "given.mat", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["proof"]["agrees"] is True
    assert [each["name"] for each in told["proof"]["targets"][0]["layers"]] == [
        "c_1",
        "layer_class",
        "r",
    ] or told
    assert pybn.open("out.npz")["c_1.weight"].shape == (4, 2, 3, 3)


def test_pytorch_answers_and_trains_as_the_port_does(
    octave: OctaveEngine, needs_torch: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from test_migrate import IMAGES, TOOLBOX

    import pybn.migrate.training
    from pybn.migrate.importers import toolbox

    model = toolbox.imported(TOOLBOX[IMAGES], "net")
    made = migrate(model, tmp_path / "net.safetensors", source=Path(__file__), octave=octave)
    assert made.proof is not None
    names = [result.case.name for result in made.proof.results]
    assert names == ["port float64", "PyTorch", "PyTorch in double", "PyTorch, a step of training"]
    assert made.proof.agrees
    told = {each.name for each in made.proof.results[-1].comparisons}
    assert told >= {"first.weight gradient", "fc.bias gradient", "second.running_var", "first.running_mean"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "net.py", "net.safetensors", "net.safetensors.pybn.json",
    ]  # fmt: skip

    own = pybn.migrate.training.step_exported

    def lying(*args: Any, **more: Any) -> Any:
        step = own(*args, **more)
        return replace(step, statistics={name: x * (1 + 1e-4) for name, x in step.statistics.items()})

    monkeypatch.setattr("pybn.migrate.training.step_exported", lying)
    assert made.written is not None
    wrong = pybn.migrate.training.trained(model, made.written, made.proof.inputs, tmp_path)
    assert {c.name for c in wrong.comparisons if not c.verdict.agrees} == {
        f"{layer}.running_{what}" for layer in ("first", "second") for what in ("mean", "var")
    }


@pytest.mark.parametrize("suffix", [".npz", ".onnx"])
def test_a_model_of_two_outputs(octave: OctaveEngine, tmp_path: Path, suffix: str) -> None:
    from test_migrate import M
    from toolbox_models import image_input, layer, wired

    from pybn.migrate.importers import toolbox

    connections = [("input", "conv"), ("conv", "relu"), ("conv", "tanh")]
    layers = [M.convolution("conv", (3, 3), 2, 4), layer("ReLULayer", "relu"), layer("TanhLayer", "tanh")]
    model = toolbox.imported(wired("DAGNetwork", connections, image_input(5, 6, 2), *layers), "net")
    assert model.outputs == ("relu", "tanh")
    made = migrate(model, tmp_path / f"net{suffix}", source=Path(__file__), octave=octave)
    assert made.proof is not None
    assert made.proof.agrees
    assert {each.name for each in made.proof.results[-1].comparisons} == {"conv", "relu", "tanh"}
