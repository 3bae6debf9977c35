"""Exported files: names that are no code, manifests that are audited and undone, and refusals."""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import sys
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
    as_torch,
    errors,
    exported,
    first_wrong,
    images,
    in_process,
    inputs_of,
    table,
)

from pybn.errors import EngineError, FileError, FormatError, GraphError, UsageError
from pybn.formats.datafile import open_file
from pybn.graph import Input
from pybn.layers import ConvolutionLayer, FullyConnected, Relu
from pybn.layers.base import Elementwise, Layer
from pybn.migrate import rules
from pybn.migrate.back import back
from pybn.migrate.export import export, run_exported
from pybn.migrate.exporters.base import plan
from pybn.migrate.exporters.names import MODULE, OURS, attributes
from pybn.migrate.exporters.torch import built, source
from pybn.migrate.imported import Imported, Parameter, Piece

SUFFIXES = [".onnx", ".safetensors", ".npz"]

# Names.

BAD = [
    "forward", "training", "self", "x", "torch", "nn", "Model", "load", "Path", "functional", "class", "None", "match",
    "print", "_parameters", "__init__", "__class__", "_", "T_destination", "call_super_init", "Add", "Concat",
    "load_file", "type", "state_dict", "eval", "conv", "conv_pad", "conv_flatten", "forward_", "node_",
]  # fmt: skip


def chained(names: list[str]) -> Imported:
    """Relus of these names, one after the other, and a convolution with a pad of its own and a flatten."""
    make = Maker()
    make.add("data_in", Input((None, 1, 3, 3)))
    for name in names:
        if name == "conv":
            make.conv(name, ConvolutionLayer(1, (1, 0, 1, 0)), (2, 2, 1, 1))
        else:
            make.add(name, Relu())
    return make.imported(*names)  # so that each is a variable of its own


def test_attributes_are_names_that_a_module_has_not() -> None:
    made = attributes({name: name for name in BAD}, ["Add", "Concat"])
    assert len(set(made.values())) == len(BAD)
    for name in made.values():
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert not hasattr(builtins, name)
        assert not name.startswith("_")
        assert name not in MODULE | OURS | {"Add", "Concat"}
    assert made["conv"] == "conv"
    assert made["conv_pad"] == "conv_pad"


def test_all_that_a_module_has_is_known(needs_torch: None) -> None:
    from torch import nn

    has = {*dir(nn.Module()), *nn.Module.__annotations__}
    assert {name for name in has if not name.startswith("_")} <= MODULE


def test_a_module_of_such_names_runs(needs_torch: None) -> None:
    text, state, names = as_torch(chained(BAD))
    got = in_process(text, state, names, {"data_in": -np.ones((1, 1, 3, 3))})
    assert set(got) == {"data_in", *BAD}


HOSTILE = '"""\nimport os; os.system("true")\n#'


def test_no_text_of_outside_is_in_the_module(tmp_path: Path) -> None:
    """Names and classes of the file, which may be any text, are in the manifest alone; what is code is as before."""
    model = images()
    hostile = replace(
        model,
        source=HOSTILE,
        pieces=tuple(replace(one, original=HOSTILE, kind=HOSTILE, notes=(HOSTILE,)) for one in model.pieces),
        classes=(HOSTILE,),
        meta={HOSTILE: HOSTILE},
    )
    plain, other = source(built(plan(model))), source(built(plan(hostile)))
    assert plain == other
    assert "os.system" not in other
    made = exported(hostile, tmp_path, ".safetensors")
    told = json.loads(made.files[-1].read_text())
    assert told["nodes"][1]["original"] == HOSTILE
    assert told["classes"] == [HOSTILE]
    assert HOSTILE not in made.target.read_bytes().decode("latin-1")


def test_the_module_is_of_its_imports_its_classes_and_a_loader() -> None:
    """Nothing else is at the top, and nothing is called but what PyTorch and the module itself define."""
    tree = ast.parse(source(built(plan(images()))))
    kinds = [type(one).__name__ for one in tree.body]
    assert kinds[0] == "Expr"
    assert set(kinds[1:]) == {"Import", "ImportFrom", "ClassDef", "FunctionDef"}
    modules = [one.module for one in tree.body if isinstance(one, ast.ImportFrom)]
    modules += [each.name for one in tree.body if isinstance(one, ast.Import) for each in one.names]
    assert set(modules) == {"pathlib", "torch", "torch.nn", "safetensors.torch"}
    (model,) = [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Model"]
    for one in ast.walk(model):
        assert not isinstance(one, ast.Constant) or not isinstance(one.value, str | bytes)


def test_a_module_of_a_thousand_layers_compiles() -> None:
    text = source(built(plan(chained([f"relu{k}" for k in range(1000)]))))
    assert text.count("nn.ReLU()") == 1000


# What was written, and the way back.


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_back_gives_the_arrays_of_matlab_bit_for_bit(suffix: str, name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    made = exported(model, tmp_path, suffix)
    found = back(made.files[-1])
    wanted = {
        one.stored.path: one.stored.value
        for piece in model.pieces
        for one in piece.parameters.values()
        if one.stored is not None
    }
    assert set(found) == set(wanted)
    for path, x in wanted.items():
        assert found[path].dtype == x.dtype
        assert found[path].shape == x.shape
        assert found[path].tobytes() == x.tobytes(), path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_tensor_is_what_its_rules_make_of_the_array(suffix: str, tmp_path: Path) -> None:
    model = table()
    made = exported(model, tmp_path, suffix)
    told = json.loads(made.files[-1].read_text())
    stored = {
        one.stored.path: one.stored.value
        for piece in model.pieces
        for one in piece.parameters.values()
        if one.stored is not None
    }
    if suffix == ".onnx":
        tensors = {
            one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(made.target).graph.initializer
        }
    else:
        tensors = {name: np.asarray(x) for name, x in open_file(made.target).items()}
    assert set(tensors) == {one["name"] for one in told["tensors"]}
    for one in told["tensors"]:
        assert list(tensors[one["name"]].shape) == one["shape"]
        assert len(one["axes"]) == len(one["shape"])
        if one["source"] is not None:
            again = rules.apply(one["rules"], stored[one["source"]])
            assert again.tobytes() == tensors[one["name"]].tobytes(), one["name"]


def test_arrays_whose_rules_lose_bits_are_kept_whole(tmp_path: Path) -> None:
    told = json.loads(exported(images(), tmp_path, ".npz").files[-1].read_text())
    kept = {path for path, one in told["stored"].items() if "base64" in one}
    assert kept == {"net.bn.moments"}  # sigma, squared; all else is undone
    told = json.loads(exported(table(), tmp_path, ".npz").files[-1].read_text())
    assert all("base64" in one for one in told["stored"].values())  # double, rounded to single


def test_the_manifest_tells_all(tmp_path: Path) -> None:
    file = tmp_path / "net.mat"
    file.write_bytes(b"MATLAB")
    made = export(images(), tmp_path / "net.safetensors", source=file)
    assert [one.name for one in made.files] == ["net.safetensors", "net.py", "net.safetensors.pybn.json"]
    told = json.loads(made.files[-1].read_text())
    assert told["source"]["file"] == "net.mat"
    assert told["source"]["bytes"] == 6
    assert told["form"] == "torch"
    assert told["classes"] == ["a", "b"]
    assert told["meta"] == {"size": [9, 8]}
    (bn,) = [one for one in told["nodes"] if one["name"] == "bn"]
    assert bn["original"] == "bn/1"
    assert bn["options"]["eps"] == 1e-5
    assert bn["notes"][0] == "variance = sigma^2 - eps"
    assert bn["notes"][1] == "momentum = 1 - 0.75: PyTorch's weighs the new value"
    (variance,) = [one for one in told["tensors"] if one["name"] == "bn.running_var"]
    assert variance["rules"] == [
        {"rule": "take", "axis": 1, "index": 1, "of": 2},
        {"rule": "square", "minus": 1e-5},
    ]
    assert told["preprocessing"][0]["scale"] == [2.0, 0.5, 1.0, 3.0]


def _named(told: Any, name: str) -> Any:
    (found,) = [one for one in told["tensors"] if one["name"] == name]
    return found


def _damage(path: Path, change: Any) -> None:
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda told: told.update(version=7), "of version 1"),
        (lambda told: told["tensors"][0].pop("name"), "is damaged"),
        (lambda told: told["tensors"][0].update(name="no"), "has no tensor 'no'"),
        (lambda told: told["tensors"][0].update(shape=[1]), "is not the tensor"),
        (lambda told: told["tensors"][0].update(rules=[{"rule": "run"}]), "cannot be understood"),
        (lambda told: told["tensors"][0].update(rules=[]), "does not come out as it was"),
        (lambda told: _named(told, "bn.weight").update(rules=[rules.flip(0)]), "does not come out as it was"),
        (lambda told: told["stored"]["net.bn.moments"].update(base64="???"), "is damaged"),
        (lambda told: told["stored"]["net.bn.moments"].update(dtype="O"), "is damaged"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, change: Any, words: str) -> None:
    made = exported(images(), tmp_path, ".npz")
    _damage(made.files[-1], change)
    with pytest.raises(FormatError, match=words):
        back(made.files[-1])


def test_back_refuses_what_was_trained_on_or_is_gone(tmp_path: Path) -> None:
    made = exported(images(), tmp_path, ".npz")
    with np.load(made.target) as file:
        arrays = dict(file)
    arrays["conv.weight"] += 1
    np.savez(made.target, **arrays)
    with pytest.raises(FormatError, match=r"conv\.weight is not the tensor"):
        back(made.files[-1])
    made.target.unlink()
    with pytest.raises(FileError):
        back(made.files[-1])
    with pytest.raises(FileError, match="cannot be read"):
        back(tmp_path / "no.npz.pybn.json")
    (tmp_path / "made.json").write_text(made.files[-1].read_text())
    with pytest.raises(FormatError, match="wanted a manifest"):
        back(tmp_path / "made.json")


# Refusals.


class Odd(Elementwise):
    """A layer of somebody's."""


class Shuffle(Layer):
    """A layer of somebody's that says how it is written: four channels become the pixels of one, twice as large."""

    kind = "nn.PixelShuffle"

    def output_shape(self, *inputs: Any, weight: Any = None) -> Any:  # noqa: ARG002
        n, c, h, w = inputs[0]
        return (n, c // 4, 2 * h, 2 * w)

    def forward(self, x: Any) -> Any:
        n, c, h, w = x.shape
        return x.reshape(n, c // 4, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // 4, 2 * h, 2 * w)

    def write_onnx(self, build: Any, unit: Any) -> None:
        build.op("DepthToSpace", list(unit.inputs), unit.name, blocksize=2, mode="CRD")

    def write_torch(self, build: Any, unit: Any) -> None:
        build.module(unit, self.kind, 2)


def test_a_layer_of_a_users_says_how_it_is_written(needs_torch: None, tmp_path: Path) -> None:
    pieces = (
        Piece("data", "", "", Input((None, 8, 3, 2))),
        Piece("never", "", "", Input((None, 7))),
        Piece("larger", "", "my.Shuffle", Shuffle(), ("data",)),
    )
    model = Imported("", pieces, ("larger", "larger"))
    x = inputs_of(model)
    wanted = {"data": x["data"], "larger": Shuffle().forward(x["data"])}
    made = exported(model, tmp_path, ".onnx")
    assert first_wrong(errors(run_exported(made, x), wanted), FLOAT) is None
    assert (
        first_wrong(errors(run_exported(made, x, nodes=False), {"larger": wanted["larger"]}), FLOAT) is None
    )
    assert first_wrong(errors(in_process(*as_torch(model), {"data": x["data"]}), wanted), DOUBLE) is None
    for bad in ("os.system", "nn.Module; import os", "Shuffle", "nn.lower"):
        pieces[2].layer.kind = bad
        with pytest.raises(FormatError, match=r"wanted a class of torch\.nn"):
            exported(model, tmp_path, ".safetensors")


@pytest.mark.parametrize(("suffix", "target"), [(".onnx", "ONNX"), (".safetensors", "PyTorch")])
def test_a_layer_that_nobody_can_write_is_named(tmp_path: Path, suffix: str, target: str) -> None:
    piece = Piece("odd", "odd/1", "my.Odd", Odd(), ("data",))
    model = Imported("", (Piece("data", "", "", Input((None, 2))), piece), ("odd",))
    with pytest.raises(
        FormatError, match=rf"odd: Odd \('odd/1', my\.Odd\) cannot be written to {target}; .*Relu"
    ):
        exported(model, tmp_path, suffix)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    model = table()
    with pytest.raises(UsageError, match=r"\.onnx, \.safetensors, \.npz, got '\.pt'"):
        exported(model, tmp_path, ".pt")
    with pytest.raises(FormatError, match="wanted float32 or float64, got 'float16'"):
        exported(model, tmp_path, ".npz", dtype="float16")
    hole = replace(
        model, pieces=(*model.pieces, Piece("hole", "hole", "Q", None, ("classes",))), outputs=("hole",)
    )
    with pytest.raises(GraphError, match=r"'hole' \(Q\)"):
        exported(hole, tmp_path, ".npz")
    made = exported(model, tmp_path, ".npz")
    with pytest.raises(EngineError, match="holds arrays alone"):
        run_exported(made, {})
    written = exported(model, tmp_path, ".onnx")
    with pytest.raises(EngineError, match="wanted the inputs x1, x2, got none for x2"):
        run_exported(written, {"x1": np.ones((1, 5))})
    turned = Maker()
    turned.add("data", Input((3, 3, 1, None)))
    turned.add("fc", FullyConnected("HWCN"), weight=Parameter(None, (), np.ones((9, 2), "f")))
    turned.pieces[-1] = replace(
        turned.pieces[-1],
        parameters={
            "weight": Parameter(None, (), np.ones((9, 2), "f")),
            "bias": Parameter(None, (), np.ones(2, "f")),
        },
    )
    with pytest.raises(FormatError, match="wanted a layer of layout NCHW or NTC, got 'HWCN'"):
        exported(turned.imported("fc"), tmp_path, ".onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_package_that_is_missing_is_named(
    tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = exported(table(), tmp_path, ".onnx")
    monkeypatch.setitem(sys.modules, package, None)
    run = (
        (lambda: exported(table(), tmp_path, ".onnx"))
        if package == "onnx"
        else (lambda: run_exported(made, inputs_of(table())))
    )
    with pytest.raises(
        (FormatError, EngineError), match=rf"needs the package {package}.*pip install 'pybn\[onnx\]'"
    ):
        run()
