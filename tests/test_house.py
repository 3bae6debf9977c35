"""The rules of the house: stems agree, modules are short and told, importing starts nothing, the cases are whole."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import pybn
import pybn.layers
import pybn.losses
import pybn.solvers
from pybn.case import Case
from pybn.engines.golden import GoldenEngine, stale
from pybn.parity import find_cases

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pybn"
MODULES = sorted(PACKAGE.rglob("*.py"))
FIXTURES = ROOT / "fixtures"

# Files that are no layer, and why.
NO_LAYER = {
    "__init__": "the public names",
    "base": "what all layers share",
    "elt_wise": "what joins of elements share",
    "over_steps": "what windows over steps share",
    "recurrent": "what recurrent layers share",
}
NO_UNIT = {"Gradients", "JoinGradients", "Layer", "RecurrentGradients"}  # public names that are no layer
NO_CLASS = {"reshape_row_major": "a function, of pybn.layouts"}
MODELS = {"cnn", "mlp", "residual"}  # whole models, of the classes below
MODEL_CLASSES = {"InputLayer", "LayerContainer", "DeepLearningModel", "Solver"}

FORWARD = ["mu", "xmu", "sq", "var", "sqrtvar", "ivar", "xhat", "gammax", "y"]
BACKWARD = ["dbeta", "dgammax", "dgamma", "dxhat", "divar", "dxmu1", "dsqrtvar", "dvar"]
BACKWARD += ["dsq", "dxmu2", "dx1", "dmu", "dx2"]


def module(path: Path) -> str:
    """The name to import."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# One stem names one unit.


def camel(stem: str) -> str:
    """The class of a stem: BatchNorm of batch_norm."""
    return "".join(word.capitalize() for word in stem.split("_"))


def units() -> dict[str, str]:
    """The target of each class that has a twin, by its stem: the file system is the registry."""
    layers = {path.stem for path in (PACKAGE / "layers").glob("*.py")} - NO_LAYER.keys()
    found = {stem: f"pybn.layers:{camel(stem)}" for stem in layers}
    for base in (pybn.losses.Loss, pybn.solvers.Solver):
        for name in (kind.__name__ for kind in base.__subclasses__()):
            found[re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()] = f"{base.__module__}:{name}"
    return found


def test_the_stems_agree() -> None:
    classes = units()
    stems = classes.keys() | NO_CLASS.keys() | MODELS
    assert {path.name for path in FIXTURES.iterdir()} == {f"{u}{s}" for u in stems for s in (".toml", ".h5")}
    folder = ROOT / "matlab_ref"
    functions = {path.stem for path in folder.glob("*.m") if path.read_text().startswith("function ")}
    assert functions >= NO_CLASS.keys()  # others serve whole models
    reference = {path.stem for path in folder.glob("*.m")} - functions
    assert reference == {camel(stem) for stem in classes} | MODEL_CLASSES
    for stem, target in classes.items():
        name = camel(stem)
        assert re.search(
            rf"^classdef {name}\b", (ROOT / "matlab_ref" / f"{name}.m").read_text(), re.MULTILINE
        )
        told = tomllib.loads((FIXTURES / f"{stem}.toml").read_text(encoding="utf-8"))
        assert (told["matlab"]["class"], told["python"]["target"]) == (name, target)


def test_the_public_names_of_layers_are_the_layers() -> None:
    classes = {name for name in pybn.layers.__all__ if name not in NO_UNIT}
    assert classes == {camel(stem) for stem, target in units().items() if target.startswith("pybn.layers:")}
    for name in classes:
        assert issubclass(getattr(pybn.layers, name), pybn.layers.Layer)
        assert getattr(pybn.layers, name).__module__.rpartition(".")[2] in units()
    assert all(getattr(pybn.layers, name).__doc__ for name in pybn.layers.__all__)


# Modules.


def test_every_module_and_every_public_thing_in_it_is_told() -> None:
    missing = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.name != "__main__.py" and not ast.get_docstring(tree):
            missing.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                missing.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not missing


def test_modules_are_short() -> None:
    lines = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    assert not {name: n for name, n in lines.items() if n > 300}


def test_no_function_is_very_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert not long


# Importing.

PROBE = """
import json, sys
before = set(sys.modules)
started = []
sys.addaudithook(lambda event, args: started.append(event) if event in %r else None)
import importlib
importlib.import_module(sys.argv[1])
print(json.dumps([sorted({name.split(".")[0] for name in set(sys.modules) - before}), started]))
"""
STARTS = ("subprocess.Popen", "os.system", "os.fork", "os.posix_spawn", "os.exec", "socket.connect")
STARTS += ("os.mkdir", "os.remove", "os.rename")


def imported(name: str) -> tuple[set[str], list[str]]:
    """What importing a module in a new process loads, and what it starts or changes."""
    command = [sys.executable, "-B", "-c", PROBE % (STARTS,), name]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=True)
    loaded, started = json.loads(child.stdout)
    return set(loaded), started


@pytest.mark.parametrize("name", ["pybn", "pybn.cli", "pybn.errors"])
def test_the_command_starts_light(name: str) -> None:
    loaded, started = imported(name)
    assert not loaded & {"numpy", "scipy", "h5py", "oct2py", "pytest", "tomllib", "asyncio"}
    assert not started


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from pybn.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    child = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not {"numpy", "scipy", "h5py", "oct2py"} & set(child.stdout.splitlines()[-1].split())


def test_importing_anything_starts_nothing() -> None:
    """All modules in one process: what one alone would start, all together start as well."""
    pytests = PACKAGE / "pytest_plugin"
    names = [module(path) for path in MODULES if path.name != "__main__.py" and pytests not in path.parents]
    names.remove("pybn.engines.torch_child")  # which is run by its path, where torch is
    # h5py asks `uname` for its processor as it is imported; that is not ours.
    code = "import h5py, scipy.io\n" + PROBE.replace(
        "importlib.import_module(sys.argv[1])", "[importlib.import_module(n) for n in sys.argv[1].split()]"
    )
    command = [sys.executable, "-B", "-c", code % (STARTS,), " ".join(names)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=True)
    loaded, started = json.loads(child.stdout)
    assert not started
    assert "oct2py" not in loaded
    assert "pytest" not in loaded


# The committed cases.


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return find_cases()


def test_fixtures_stay_small() -> None:
    assert sum(path.stat().st_size for path in FIXTURES.iterdir()) < 20 << 20


def test_there_are_enough_cases(cases: list[Case]) -> None:
    assert len({(case.stem, case.name) for case in cases}) >= 250
    assert {case.stem for case in cases} == units().keys() | NO_CLASS.keys() | MODELS


def test_every_case_is_recorded_and_fresh_or_live(cases: list[Case]) -> None:
    golden = GoldenEngine()
    for case in cases:
        if not case.live:
            assert stale(case, golden.record(case), golden.seen) == "", case.id
    recorded = {(fixture.stem, name) for fixture in FIXTURES.glob("*.h5") for name in golden.records(fixture)}
    assert recorded == {(case.stem, case.id) for case in cases if not case.live}


def test_finite_answers_were_recorded(cases: list[Case]) -> None:
    """A fixture of NaN would agree with much; only cases that are about them hold any."""
    golden = GoldenEngine()
    words = ("NaN", "Inf", "overflow", "eps 0", "smallest")
    for case in cases:
        if not case.live and not any(word in case.name for word in words):
            for name, value in golden.record(case).outputs.items():
                assert value.dtype.kind not in "fc" or np.isfinite(value).all(), (case.id, name)


@pytest.mark.parametrize("stem", ["batch_norm", "spatial_batch_norm"])
def test_all_nodes_are_outputs_to_the_last_bit(cases: list[Case], stem: str) -> None:
    nodes = {f"node_{name}" for name in FORWARD + BACKWARD}
    assert len(nodes) == 22
    mine = [case for case in cases if case.stem == stem]
    whole = [case for case in mine if nodes <= case.outputs.keys()]
    assert len(whole) >= 40
    assert {case.dtype for case in whole} == {"float64", "float32"}
    told = tomllib.loads((FIXTURES / f"{stem}.toml").read_text(encoding="utf-8"))
    assert nodes <= told["outputs"].keys()


def test_no_tolerance_without_a_reason(cases: list[Case]) -> None:
    for case in cases:
        for name, close in case.tolerances.items():
            exact = not (close.ulp or close.rtol or close.atol or close.ulp_of_max)
            assert exact or len(close.because.split()) > 3, (case.id, name)


def test_both_precisions(cases: list[Case]) -> None:
    """Every case that is answered runs in single and in double, unless its name says which."""
    for stem in units().keys() | MODELS:
        names = {case.name for case in cases if case.stem == stem and not case.refuses}
        for name in names:
            dtypes = {case.dtype for case in cases if case.stem == stem and case.name == name}
            assert dtypes == {"float64", "float32"} or re.search("double|single|complex", name), name
