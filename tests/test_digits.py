"""tools/digits: the same training in Octave and in Python, and the pictures and figures that the scripts made."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
pytest.importorskip("matplotlib", reason="the pictures are matplotlib's")

from pybn.case import Case
from pybn.engines.octave import OctaveEngine
from pybn.engines.port import PortEngine
from pybn.parity import Status, judge
from pybn.training.history import correct

FOLDER = Path(__file__).resolve().parent.parent / "tools" / "digits"
FIGURES = json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))
BOUND = 1e-8

Tensors = dict[str, Any]


def load(name: str) -> ModuleType:
    """A script as a module."""
    loader = SourceFileLoader(f"digits_{name}", str(FOLDER / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """Both scripts; what they do to the process is undone."""
    path, environment, bytecode = list(sys.path), dict(os.environ), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # no bytecode beside scripts
    yield {name: load(name) for name in ("training", "claims")}
    sys.path[:], sys.dont_write_bytecode = path, bytecode
    os.environ.clear()
    os.environ.update(environment)
    sys.modules.pop("digits", None)


@pytest.fixture(scope="module")
def case(scripts: dict[str, ModuleType]) -> Case:
    return scripts["training"].the_case()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def inputs(scripts: dict[str, ModuleType], case: Case) -> Tensors:
    return scripts["training"].the_inputs(case)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def in_octave(needs_octave: None, case: Case, inputs: Tensors) -> Tensors:
    with OctaveEngine(deadline=300) as engine:
        return engine.run(case, inputs)


@pytest.fixture(scope="module")
def in_python(case: Case, inputs: Tensors) -> Tensors:
    return PortEngine().run(case, inputs)


# The same training, twice.


def test_octave_and_python_train_alike(
    case: Case, inputs: Tensors, in_octave: Tensors, in_python: Tensors
) -> None:
    apart = np.abs(in_octave["losses"] - in_python["losses"])
    assert apart.shape == (200,)
    assert (apart < BOUND).all(), (int(apart.argmax()), float(apart.max()))
    assert in_octave["losses"][-20:].mean() < 0.1 < 2 < in_octave["losses"][0]
    assert in_octave["accuracies"].tolist() == in_python["accuracies"].tolist()  # at the end of each epoch
    assert np.abs(in_octave["y"] - in_python["y"]).max() < BOUND
    for side in (in_octave, in_python):
        assert correct(side["y"], inputs["tv"]).mean() > 0.97
    assert judge(case, in_octave, in_python).status is Status.AGREES


def with_attrs(case: Case, **attrs: Any) -> Case:
    """The case with other attributes on the Python side."""
    keywords = {name: attrs.get(name, value) for name, value in case.python.keywords.items()}
    return replace(case, attrs={**case.attrs, **attrs}, python=replace(case.python, keywords=keywords))


@pytest.mark.parametrize(
    ("attrs", "step"),
    [
        ({"seed": 43}, 0),  # another order of batches
        ({"solver": {"type": "sgd_momentum", "learning_rate": 0.05, "momentum": 0.900001}}, 2),
        ({"solver": {"type": "sgd_momentum", "learning_rate": 0.0500001, "momentum": 0.9}}, 1),
        ({"lr_decay": 0.799999}, 46),  # the first loss after the first update of the second epoch
        ({"l2": 1.000001e-4}, 0),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else str(value),
)
def test_what_is_wrong_by_a_millionth_is_seen(
    case: Case, inputs: Tensors, in_octave: Tensors, attrs: dict[str, Any], step: int
) -> None:
    wrong = PortEngine().run(with_attrs(case, steps=60, **attrs), inputs)  # enough of them
    apart = np.abs(in_octave["losses"][:60] - wrong["losses"]) > BOUND
    assert apart.any()
    assert not apart[:step].any()  # before it can be told


def test_a_weight_that_is_wrong_by_a_millionth_is_seen(
    case: Case, inputs: Tensors, in_octave: Tensors
) -> None:
    w1 = inputs["w1"].copy()
    w1[1, 2, 0, 3] *= 1 + 1e-6
    wrong = PortEngine().run(case, inputs | {"w1": w1})
    assert (np.abs(in_octave["losses"] - wrong["losses"]) > BOUND).any()
    assert judge(case, in_octave, wrong).status is Status.DIFFERS


# What is written down, and drawn.


def test_the_figures_of_the_training_are_those_that_come_out(
    scripts: dict[str, ModuleType], inputs: Tensors, in_octave: Tensors, in_python: Tensors
) -> None:
    """A BLAS of another kind adds in another order: accuracies and losses stay, differences keep their size."""
    figures, told = scripts["training"].part(in_octave, in_python, inputs["tv"]), FIGURES["training"]
    assert figures.keys() == told.keys()
    for name in ("steps", "test accuracy, Octave", "test accuracy, Python"):
        assert figures[name] == told[name], name
    assert figures["last loss"] == pytest.approx(told["last loss"], abs=BOUND)
    assert told["largest difference of a loss"] < 1e-13
    assert told["largest difference of a score"] < 1e-12


def test_the_figures_of_the_claims_are_those_that_come_out(scripts: dict[str, ModuleType]) -> None:
    """All gradient norms before the first step; of the networks the one that is first, the rest takes too long."""
    claims, told = scripts["claims"], FIGURES["claims"]
    x, t, _, _ = claims.digits()
    x = x.reshape(-1, 64)
    for kind, words in claims.KINDS.items():
        for scale in claims.SCALES.values():
            norms = np.array(
                [claims.gradient_norms(claims.network(kind, scale, s), x, t) for s in claims.SEEDS]
            )
            for layer, place in (("first", 0), ("last", -1)):
                known = told["gradient norm"][f"{words}, weights x {scale:g}, {layer} layer"]
                assert norms[:, place] == pytest.approx(known, rel=1e-3)
    run = claims.train(True, 1.0, 0.1, 0)
    known = told["test accuracy"]["with batch normalisation, weights x 1, rate 0.1"]
    assert run["accuracy"] == pytest.approx(known[0], abs=0.03)  # 230 steps amplify how a BLAS rounds


def test_the_claims_hold_where_the_readme_says_so() -> None:
    shares = {key: float(np.median(seeds)) for key, seeds in FIGURES["claims"]["test accuracy"].items()}
    normalised = {key: share for key, share in shares.items() if key.startswith("with batch")}
    assert len(normalised) == 6 < len(shares) == 12
    assert min(share for key, share in normalised.items() if "rate 0.01" not in key) > 0.9
    for key in ("weights x 1, rate 1", *(f"weights x 0.5, rate {rate}" for rate in ("0.01", "0.1", "1"))):
        assert shares[f"without, {key}"] < 0.2  # learns nothing
    norms = {key: float(np.median(seeds)) for key, seeds in FIGURES["claims"]["gradient norm"].items()}
    lost = norms["without, weights x 1, first layer"] / norms["without, weights x 0.5, first layer"]
    kept = norms["with batch normalisation, weights x 1, first layer"]
    kept /= norms["with batch normalisation, weights x 0.5, first layer"]
    assert lost > 500
    assert kept == pytest.approx(1, abs=0.1)


def test_the_claims_are_printed_in_full(scripts: dict[str, ModuleType]) -> None:
    told = scripts["claims"].lines(FIGURES["claims"])
    assert len(told) == 12 + 8
    assert [line for line in told if "NaN" in line] == [
        "without, weights x 1, rate 1: test accuracy 8.3 %, 7.8 %, 11.7 %; the loss became NaN in 1 of 3 seeds"
    ]
    assert "without, weights x 0.5, first layer: gradient norm at step 1 0.000979, 0.00125, 0.00142" in told


@pytest.mark.parametrize(("apart", "status"), [(1e-9, 0), (1e-7, 1), (np.nan, 1)])
def test_a_training_that_parts_is_told(
    scripts: dict[str, ModuleType],
    apart: float,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Answer:
        """An engine whose losses are so far apart from the other's."""

        def __init__(self, losses: float = 0.0, **_: Any) -> None:
            self.losses = losses

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

        def run(self, *_: object) -> Tensors:
            return {"losses": np.full(3, self.losses), "y": np.eye(10)[:5]}

    script = scripts["training"]
    monkeypatch.setattr(sys, "argv", ["training"])
    nothing = {"record": lambda *_: None, "draw": lambda *_: None, "save": lambda *_: "training.svg"}
    inputs = {"the_inputs": lambda _: {"tv": np.eye(10)[:5]}}
    engines = {"PortEngine": Answer, "OctaveEngine": lambda **_: Answer(apart)}
    for name, value in (nothing | inputs | engines).items():
        monkeypatch.setattr(script, name, value)
    assert script.main() == status
    told = capsys.readouterr()
    assert ("training: the two part by more than the bound on a loss, 1e-08" in told.err) == bool(status)
    assert "steps: 3" in told.out


def words(name: str) -> str:
    """The text of a picture."""
    return " ".join(re.findall(r">([^<>]*)</t", (FOLDER / name).read_text(encoding="utf-8")))


def test_the_pictures_show_the_recorded_figures(scripts: dict[str, ModuleType]) -> None:
    told = FIGURES["training"]
    assert f"were the momentum {scripts['training'].WRONG} in Python" in words("training.svg")
    assert f"at most {told['largest difference of a loss']:.1e};" in words("training.svg")
    for side in ("Octave", "Python"):
        assert f"in {side}: {100 * told[f'test accuracy, {side}']:.1f} %" in words("training.svg")
    shares = FIGURES["claims"]["test accuracy"].values()
    drawn = re.findall(r"\b(\d+) %", words("claims.svg"))
    assert sorted(drawn) == sorted(f"{100 * np.median(seeds):.0f}" for seeds in shares)


@pytest.mark.parametrize("name", ["training.svg", "claims.svg"])
def test_a_picture_is_small_and_has_no_date(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert text.endswith("</svg>\n")
    assert len(text) < 150_000
    assert not re.search(r"<dc:date>|20[2-9]\d-\d\d-\d\d|[ \t]$", text, re.MULTILINE)


def test_drawing_is_the_same_bytes_each_time(
    scripts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    script, digits = scripts["training"], sys.modules["digits"]
    monkeypatch.setattr(digits, "HERE", tmp_path)
    draw = np.random.default_rng(0)
    sides = [{"losses": draw.uniform(1, 2, 200), "y": np.eye(10)} for _ in range(3)]
    figures = script.part(*sides[:2], np.eye(10))
    paths = [digits.save(script.draw(*sides, figures), name) for name in ("one.svg", "two.svg")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("script", ["training", "claims"])
def test_a_script_tells_what_it_does(
    scripts: dict[str, ModuleType],
    script: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert os.access(FOLDER / script, os.X_OK)
    for argument, status in (("--help", 0), ("--nonsense", 2)):
        monkeypatch.setattr(sys, "argv", [script, argument])
        assert scripts[script].main() == status
        told = capsys.readouterr()
        assert f"tools/digits/{script}" in (told.err if status else told.out)
        assert not (told.out if status else told.err)
