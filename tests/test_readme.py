"""Every command and every piece of code in the README runs, as typed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line[2:].split("  #")[0].strip()
    for language, text in BLOCKS
    if language == "console"
    for line in text.splitlines()
    if line.startswith("$ ")
]
# These run the whole of this, or install it: tools/run and tools/test are what is running, test_wheel.py installs;
# test_digits.py runs what draws the pictures, test_gradient_check.py checks every committed case, the fixtures' own
# tests ask Octave for each, and test_matlab_commands.py asks what stands in for MATLAB.
ELSEWHERE = {
    "./tools/run",
    "./tools/test",
    "tools/digits/training",
    "tools/digits/claims",
    "pybn parity --expected octave",
    "pybn parity --expected matlab",
    "pybn parity --expected octave --obtained matlab",
    "pybn record --engine matlab",
    "pybn gradcheck",
    "pip install .",
    "pip install '.[octave]'",
    "pip install '.[pytest]'",
    "pip install '.[onnx]'",
    "pip install '.[octave,pytest]'",
}
OWN = ["pybn record .", "pybn parity .", "pytest ."]
QUICK = ["pybn scaffold zscores.m", "pybn record zscores.toml", "pybn parity zscores.toml"]
CONVERT = [command for command in COMMANDS if "images." in command]
MIGRATE = [command for command in COMMANDS if "net." in command]
TREE = ["pybn doctor path/to/tree", "pybn stage path/to/tree staged"]
DRAW = "pybn draw model.h5 model.svg"


def run(command: str, cwd: Path, status: int = 0) -> str:
    """Run a command of the README with our Python first on the PATH."""
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "CI": ""}
    done = subprocess.run(
        shlex.split(command), cwd=cwd, env=env, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_readme_has_commands_and_none_is_forgotten() -> None:
    assert len(COMMANDS) > 10
    assert set(COMMANDS) >= ELSEWHERE
    assert all(os.access(ROOT / name, os.X_OK) for name in ("tools/run", "tools/test"))


@pytest.mark.usefixtures("octave")
@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c not in {*ELSEWHERE, *OWN, *QUICK, *CONVERT, *MIGRATE, *TREE, DRAW}]
)
def test_a_command_of_the_readme(command: str) -> None:
    assert run(command, ROOT)


def write_files(folder: Path, pattern: str) -> set[str]:
    """Write the files of the README that begin with their name; return the names."""
    found = {m[1]: text for _, text in BLOCKS if (m := re.match(rf"[#%] ({pattern}\.\w+)\n", text))}
    for name, text in found.items():
        (folder / name).write_text(text)
    return set(found)


@pytest.mark.usefixtures("octave")
def test_the_five_minutes(tmp_path: Path) -> None:
    assert write_files(tmp_path, "zscores") == {"zscores.m", "zscores.py"}
    scaffold, record, parity = QUICK
    run(scaffold, tmp_path)
    run(record, tmp_path)
    failed = run(parity, tmp_path, status=1)
    for line in next(
        text for language, text in BLOCKS if language == "text" and "zscores.toml" in text
    ).splitlines():
        assert " ".join(line.split("...")[0].split()) in " ".join(failed.split()), failed
    port = tmp_path / "zscores.py"
    assert "`x.std(axis=0, ddof=1)`" in README
    port.write_text(port.read_text().replace("x.std(axis=0)", "x.std(axis=0, ddof=1)"))
    assert "golden against port: 1 case, 1 tensor: ✓ all agree, bit for bit" in run(parity, tmp_path)
    assert "1 passed" in run("pytest .", tmp_path)


@pytest.mark.usefixtures("octave")
def test_the_case_of_ones_own(tmp_path: Path) -> None:
    write_files(tmp_path, r"(?:test_)?smooth\w*")
    assert len(list(tmp_path.iterdir())) == 4
    assert "recorded" in run(OWN[0], tmp_path)
    assert "all agree" in run(OWN[1], tmp_path)
    assert "3 passed" in run(OWN[2], tmp_path)
    assert (tmp_path / "test_smooth.octave.h5").exists()


def test_the_conversions(tmp_path: Path) -> None:
    import scipy.io

    scipy.io.savemat(tmp_path / "images.mat", {"x": np.ones((28, 28, 3, 5), np.float32)})
    assert len(CONVERT) == 5
    for command in CONVERT:
        assert run(command, tmp_path)
    assert np.load(tmp_path / "images.npy").shape == (5, 3, 28, 28)
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix != ".json") == [
        "images.mat",
        "images.npy",
        "out",
    ]


def test_the_tree_of_ones_own(tmp_path: Path) -> None:
    tree = tmp_path / "path" / "to" / "tree"
    tree.mkdir(parents=True)
    write_files(tree, "smooth")
    for command in TREE:
        assert run(command, tmp_path)
    assert (tmp_path / "staged" / "smooth.m").read_text() == (tree / "smooth.m").read_text()


@pytest.mark.usefixtures("octave", "needs_torch")
def test_the_commands_of_a_migration(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights, layers = np.empty((1, 2), object), np.empty((1, 2), object)
    weights[0, 0], weights[0, 1] = rng.normal(size=(3, 3, 1, 4)), rng.normal(size=(4, 1))
    layers[0, 0], layers[0, 1] = {"type": "conv", "name": "conv1", "weights": weights}, {"type": "relu"}
    scipy.io.savemat(tmp_path / "net.mat", {"net": {"layers": layers}})
    assert len(MIGRATE) == 4
    said = [run(command, tmp_path) for command in MIGRATE]
    assert "which answers as the model does under Octave" in said[1]
    with np.load(tmp_path / "arrays.npz") as back:
        assert np.array_equal(next(back[n] for n in back.files if back[n].ndim == 4), weights[0, 0])


def test_the_figures_of_the_denoiser() -> None:
    told = json.loads((ROOT / "tools/denoise/figures.json").read_text())
    gains = [each["cleaned"] - each["noisy"] for each in told.values()]
    assert f"by {min(gains):.0f} to {max(gains):.0f} dB on four photographs" in README.replace("\n", " ")
    assert f"by {gains[0]:.1f} dB on this one" in README.replace("\n", " ")


def test_the_python_of_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for language, text in BLOCKS:
        if language == "python" and "smooth" not in text and "zscores" not in text:
            exec(compile(text, "README.md", "exec"), names)  # noqa: S102  # our own text
            if "SpatialBatchNorm" in text:
                assert names["images"].shape == (2, 3, 5, 4)
    assert names["history"].losses[-1] < names["history"].losses[0]
    assert names["scores"].shape == (20, 3)
    run(DRAW, tmp_path)
    assert "conv2" in (tmp_path / "model.svg").read_text()


def test_the_model_file_of_the_readme(tmp_path: Path) -> None:
    from pybn.graph import Graph

    text = next(text for language, text in BLOCKS if language == "toml" and "[model]" in text)
    (tmp_path / "model.toml").write_text(text)
    net = Graph.from_file(tmp_path / "model.toml")
    assert net.predict(np.zeros((2, 6))).shape == (2, 3)


def test_the_readme_names_every_type_of_layer() -> None:
    from pybn.graph.metadata import KINDS

    table = README[README.index("| type | keys") :]
    told = set(re.findall(r"`(\w+)`", table[: table.index("\n\n")]))
    assert told >= {"input", *KINDS}


def test_the_figures_of_the_readme() -> None:
    """The counts are what `pybn parity --expected octave` prints."""
    from pybn.parity import find_cases

    cases = find_cases()
    tensors = sum(len(case.outputs) for case in cases)
    assert f"{len(cases):,} cases, {tensors:,} tensors" in README.replace("\n", " ")
    assert f"{len(cases)} cases, {tensors} tensors: ✓ all agree" in README


def test_the_figures_of_the_pictures() -> None:
    """What the README says of the trainings is what they measured."""
    figures = json.loads((ROOT / "tools" / "digits" / "figures.json").read_text())
    training, claims = figures["training"], figures["claims"]
    assert f"more than {training['largest difference of a loss']:.2g};" in README
    right = {f"{100 * training[f'test accuracy, {side}']:.1f} %" for side in ("Octave", "Python")}
    assert right == {re.search(r"both read ([\d.]+ %) of the test digits", README)[1]}  # type: ignore[index]
    medians = {name: 100 * float(np.median(each)) for name, each in claims["test accuracy"].items()}
    work = [v for n, v in medians.items() if n.startswith("with batch") and not n.endswith("0.01")]
    fail = [
        v for n, v in medians.items() if n.startswith("without,") and ("x 0.5" in n or n.endswith("rate 1"))
    ]
    assert f"{min(work):.0f} to {max(work):.0f} % of the test digits" in README.replace("\n", " ")
    assert f"({min(fail):.0f} to {max(fail):.0f} %)" in README


def test_the_readme_names_every_key_of_a_case_file() -> None:
    from pybn.case_file import CASE, TOP
    from pybn.case_sides import MATLAB, PYTHON
    from pybn.declare import CLOSE, KEYS, TENSOR
    from pybn.declare_values import CLASSES, FORMS, OUTPUT
    from pybn.draw import KINDS, OPTIONS
    from pybn.values.texts import HOWS

    told = set(re.findall(r"`\"?(\w+)\"?`", README)) | set(re.findall(r"`\[+(\w+)\]+`", README))
    keys = set().union(*KEYS.values())
    assert told >= {*TOP, *CASE, *MATLAB, *PYTHON, *TENSOR, *CLOSE, *OPTIONS, *KINDS, *keys, *HOWS, *OUTPUT}
    forms = FORMS - {f"_{name}" for name in CLASSES if "int" in name} | {"_int8", "_uint64", "_size", "_imag"}
    assert all(form in README for form in forms)


def test_the_values_of_the_readme() -> None:
    import tomllib

    from pybn.declare_values import given
    from pybn.values import Cell, StructArray, to_matlab

    text = next(text for language, text in BLOCKS if language == "toml" and "_int32" in text)
    told = tomllib.loads(text)["inputs"]
    made = {name: to_matlab(given(name, own["value"])) for name, own in told.items()}
    assert made["counts"].dtype == np.int32
    assert made["column"].shape == (2, 1)
    assert made["nothing"].shape == (0, 3)
    assert isinstance(made["cells"], Cell)
    assert isinstance(made["points"], StructArray)
    assert isinstance(made["options"]["labels"], Cell)


def test_the_steps_of_the_readme() -> None:
    from pybn.step_parser import parse_step

    text = next(text for language, text in BLOCKS if language == "text" and "y = f(x, 3" in text)
    steps = [line.split("  ")[0] for line in text.splitlines()]
    assert [parse_step(step).text for step in steps] == steps
    assert len(steps) == 14
