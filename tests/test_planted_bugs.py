"""The verifier verified: each bug that is planted in the port makes parity fail, and with the verdict one expects.

A bug is an edit of the port's source, the kind a person makes, or a wrapper around what a layer returns. The
real parity job then runs: Octave's recorded answers against the bugged port.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import pybn.layers
from pybn import layouts
from pybn.case import Case
from pybn.cli import main
from pybn.compare import Verdict
from pybn.engines.golden import GoldenEngine
from pybn.engines.port import PortEngine
from pybn.errors import EngineError
from pybn.layers import batch_norm, spatial_batch_norm
from pybn.parity import Result, Status, find_cases, run_parity

DIFFERS, WRONG_SHAPE, WRONG_DTYPE, MISSING = (
    Verdict.DIFFERS,
    Verdict.WRONG_SHAPE,
    Verdict.WRONG_DTYPE,
    Verdict.MISSING,
)
THREE = "three batches, then inference"
STEPS = ("", "2", "3")
Y, DX, DWEIGHT, DBIAS = ([name + k for k in STEPS] for name in ("y", "dx", "dweight", "dbias"))


@pytest.fixture(scope="module")
def cases() -> dict[tuple[str, str], Case]:
    """The committed cases that have recorded answers, by (stem, id)."""
    return {(case.stem, case.id): case for case in find_cases() if not case.live}


@pytest.fixture(scope="module")
def golden() -> GoldenEngine:
    """The recorded answers, read once."""
    return GoldenEngine()


@pytest.fixture
def parity(cases: dict[tuple[str, str], Case], golden: GoldenEngine) -> Callable[..., Result]:
    """The parity job on one case."""

    def run(stem: str, name: str, dtype: str = "float64") -> Result:
        (result,) = run_parity([cases[stem, f"{name} [{dtype}]"]], golden, PortEngine(), golden)
        return result

    return run


def edited(module: ModuleType, *edits: tuple[str, str]) -> ModuleType:
    """A module made of another's source with some of it replaced."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    for old, new in edits:
        assert source.count(old) == 1, f"the port no longer says {old!r}: plant this bug elsewhere"
        source = source.replace(old, new)
    bugged = ModuleType(module.__name__)
    exec(compile(source, f"<bugged {module.__name__}>", "exec"), bugged.__dict__)  # noqa: S102
    return bugged


def plant(monkeypatch: pytest.MonkeyPatch, batch_norm_class: type) -> None:
    """Put a bugged BatchNorm where the port's is, alone and inside SpatialBatchNorm."""
    monkeypatch.setattr(pybn.layers, "BatchNorm", batch_norm_class)
    monkeypatch.setattr(spatial_batch_norm, "BatchNorm", batch_norm_class)


def failing(result: Result) -> dict[str, Verdict]:
    """The tensors that do not agree."""
    return {c.name: c.verdict for c in result.comparisons if not c.verdict.agrees}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("stem", ["batch_norm", "spatial_batch_norm"])
def test_the_port_as_it_is_agrees(parity: Callable[..., Result], stem: str, dtype: str) -> None:
    for name in (THREE, "NaN in x", "backward after inference", "a second batch of more "):
        name += {"batch_norm": "columns", "spatial_batch_norm": "channels"}[stem] if name[-1] == " " else ""
        result = parity(stem, name, dtype)
        assert (result.status, failing(result)) == (Status.AGREES, {}), name


@dataclass(frozen=True)
class Edit:
    """A bug in BatchNorm: what is replaced, and the tensors that must differ for it, and no others."""

    name: str
    edits: tuple[tuple[str, str], ...]
    differing: list[str]


EDITS = [
    Edit("sign of dx", (("np.add(dx1, dx2, out=out)", "-np.add(dx1, dx2, out=out)"),), DX),
    Edit(
        "variance over N-1",
        (("var = scale * column_sums(sq)", "var = column_sums(sq) / (x.shape[0] - 1)"),),
        [*Y, "y4", *DX, *DWEIGHT, "running_var"],
    ),
    Edit(
        "eps outside the root",
        (("sqrtvar = np.sqrt(var + self.eps)", "sqrtvar = np.sqrt(var) + self.eps"),),
        [*Y, *DX, *DWEIGHT],
    ),
    Edit("no eps in inference", (("/ np.sqrt(var + self.eps)", "/ np.sqrt(var)"),), ["y4"]),
    Edit(
        "momentum reversed",
        (
            (
                "momentum * mean_before + (1.0 - self.momentum) * mu",
                "momentum * mu + (1.0 - self.momentum) * mean_before",
            ),
            (
                "momentum * var_before + (1.0 - self.momentum) * var",
                "momentum * var + (1.0 - self.momentum) * var_before",
            ),
        ),
        ["y4", "running_mean", "running_var"],
    ),
    Edit(
        "running variance not updated",
        (
            (
                "self.running_var = self.momentum * var_before + (1.0 - self.momentum) * var",
                "self.running_var = var_before",
            ),
        ),
        ["y4", "running_var"],
    ),
    Edit(
        "running variance starts at 1", (("np.zeros_like(var)", "np.ones_like(var)"),), ["y4", "running_var"]
    ),
    Edit(
        "running mean used in training",
        (
            (
                " = x - mu\n        sq",
                " = x - (mu if self.running_mean is None else self.running_mean)\n        sq",
            ),
        ),
        ["y2", "y3", "y4", "dx2", "dx3", "dweight2", "dweight3", "running_var"],
    ),
    Edit("beta forgotten", (("np.add(gammax, bias, out=out)", "np.add(gammax, 0 * bias, out=out)"),), Y),
    Edit(
        "dgamma by x instead of xhat",
        (
            ('"xhat": xhat,', '"xhat": xhat, "x": x,'),
            ("column_sums(dy * xhat)", 'column_sums(dy * cache["x"])'),
        ),
        DWEIGHT,
    ),
    Edit("gamma forgotten in dx", (('dy * cache["weight"]', "dy * 1.0"),), DX),
    Edit(
        "dx without the mean's share", (("np.add(dx1, dx2, out=out)", "np.add(dx1, 0 * dx2, out=out)"),), DX
    ),
    Edit("dbeta a mean", (("dbeta = column_sums(dy)", "dbeta = scale * column_sums(dy)"),), DBIAS),
    Edit(
        "the first batch's weight",
        (('"weight": kept', '"weight": (self._cache or {"weight": -kept})["weight"]'),),
        DX,
    ),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bug", EDITS, ids=lambda bug: bug.name)
def test_a_bug_in_batch_norm(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result], bug: Edit, dtype: str
) -> None:
    plant(monkeypatch, edited(batch_norm, *bug.edits).BatchNorm)
    result = parity("batch_norm", THREE, dtype)
    assert result.status is Status.DIFFERS
    assert failing(result) == dict.fromkeys(bug.differing, DIFFERS)
    assert parity("spatial_batch_norm", THREE, dtype).status is Status.DIFFERS


def test_pairwise_sums(monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]) -> None:
    def pairwise(x: Any) -> Any:
        return np.asfortranarray(x).sum(axis=0)

    monkeypatch.setattr(batch_norm, "column_sums", pairwise)
    for dtype in ("float64", "float32"):
        found = failing(parity("batch_norm", "a thousand rows", dtype))
        assert {"y", "dx", "dweight", "dbias", "running_mean", "running_var"} == found.keys()


def test_float32_computed_in_float64(monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]) -> None:
    class Widened(batch_norm.BatchNorm):
        def forward(self, x: Any, weight: Any, bias: Any, **_: Any) -> Any:
            y = super().forward(*(v.astype(np.float64) for v in (x, weight, bias)))
            return y.astype(x.dtype)

        def backward(self, dy: Any, **_: Any) -> Any:
            found = super().backward(dy.astype(np.float64))
            return type(found)(*(v.astype(dy.dtype) for v in (found.input, found.weight, found.bias)))

    plant(monkeypatch, Widened)
    assert parity("batch_norm", "a thousand rows", "float64").passed
    found = failing(parity("batch_norm", "a thousand rows", "float32"))
    assert found == {
        **dict.fromkeys(["y", "dx", "dweight", "dbias"], DIFFERS),
        **dict.fromkeys(["running_mean", "running_var"], WRONG_DTYPE),
    }


def changed(what: str, change: Callable[[Any], Any]) -> type:
    """A BatchNorm of which one answer is changed: "y", "input", "weight" or "bias"."""

    class Changed(batch_norm.BatchNorm):
        def forward(self, x: Any, weight: Any, bias: Any, **_: Any) -> Any:
            y = super().forward(x, weight, bias)
            return change(y) if what == "y" else y

        def backward(self, dy: Any, **_: Any) -> Any:
            found = super().backward(dy)
            return found if what == "y" else replace(found, **{what: change(getattr(found, what))})

    return Changed


@pytest.mark.parametrize(
    ("what", "change", "case", "expected"),
    [
        ("y", lambda v: v[:, 0], "one column", {"y": WRONG_SHAPE}),
        ("input", lambda v: v.squeeze(), "one column", {"dx": WRONG_SHAPE}),
        ("y", lambda v: v.astype(np.float32), "a thousand rows", {"y": WRONG_DTYPE}),
        ("weight", lambda v: v.tolist() and v.astype(np.longdouble), "wide", {"dweight": WRONG_DTYPE}),
        ("bias", lambda v: v[None, :], "wide", {"dbias": WRONG_SHAPE}),
        ("bias", lambda _: None, "wide", {"dbias": MISSING}),
        ("input", lambda _: None, "wide", {"dx": MISSING}),
        ("y", lambda v: np.nan_to_num(v, nan=0.0), "NaN in x", {"y": DIFFERS}),
        ("bias", lambda v: np.where(np.isinf(v), np.nan, v), "NaN and Inf in dy", {"dbias": DIFFERS}),
        ("bias", lambda v: -v, "NaN and Inf in dy", {"dbias": DIFFERS}),
        ("y", np.transpose, "four rows, three columns", {"y": WRONG_SHAPE}),
        ("y", np.flipud, "four rows, three columns", {"y": DIFFERS}),
        ("input", lambda v: np.ma.masked_array(v, v > 0), "wide", None),
    ],
)
def test_a_wrong_answer(
    monkeypatch: pytest.MonkeyPatch,
    parity: Callable[..., Result],
    what: str,
    change: Callable[[Any], Any],
    case: str,
    expected: dict[str, Verdict] | None,
) -> None:
    plant(monkeypatch, changed(what, change))
    result = parity("batch_norm", case)
    if expected is None:
        assert result.status is Status.ERROR
        return
    assert failing(result) == expected
    assert result.status is Status.DIFFERS


def test_nan_replaced_by_0_is_said_to_be_out_of_place(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]
) -> None:
    plant(monkeypatch, changed("y", lambda v: np.nan_to_num(v, nan=0.0)))
    (found,) = [c for c in parity("batch_norm", "NaN in x").comparisons if c.name == "y"]
    assert (found.nonfinite, found.max_ulp, found.expected, found.obtained) == (6, 0, "nan", "0.0")


def nudge(at: tuple[int, ...]) -> Callable[[Any], Any]:
    """Move one element to the next number up."""

    def change(value: Any) -> Any:
        value = value.copy()
        value[at] = np.nextafter(value[at], value.dtype.type(np.inf))
        return value

    return change


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("what", "tensor", "at"),
    [("y", "y", (999, 15)), ("y", "y", (0, 0)), ("input", "dx", (512, 7)), ("weight", "dweight", (3,))],
)
def test_one_element_off_by_one_ulp(
    monkeypatch: pytest.MonkeyPatch,
    parity: Callable[..., Result],
    what: str,
    tensor: str,
    at: tuple[int, ...],
    dtype: str,
) -> None:
    plant(monkeypatch, changed(what, nudge(at)))
    result = parity("batch_norm", "a thousand rows", dtype)
    assert failing(result) == {tensor: DIFFERS}
    (found,) = [c for c in result.comparisons if c.name == tensor]
    assert (found.max_ulp, found.worst, found.nonfinite) == (1, at, 0)


def test_a_running_statistic_off_by_one_ulp(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]
) -> None:
    class Nudged(batch_norm.BatchNorm):
        def _update_running(self, mu: Any, var: Any) -> None:
            super()._update_running(mu, var)
            self.running_var = nudge((2,))(self.running_var)

    plant(monkeypatch, Nudged)
    result = parity("batch_norm", "a thousand rows")
    assert failing(result) == {"running_var": DIFFERS}


SPATIAL_ROWS = 'images = convert(x, self.layout, "NHWC")\n'
SPATIAL_IMAGES = '        np.copyto(convert(result, self.layout, "NHWC"), rows.reshape(shape))'
SPATIAL = {
    "height and width swapped on the way back": (
        (
            SPATIAL_IMAGES,
            "        n, h, w, c = shape\n"
            + SPATIAL_IMAGES.replace("shape)", "n, w, h, c).transpose(0, 2, 1, 3)"),
        ),
    ),
    "height and width swapped on the way in": ((SPATIAL_ROWS, SPATIAL_ROWS.replace("NHWC", "NWHC")),),
    "the second image ignored": (
        (SPATIAL_ROWS, SPATIAL_ROWS.strip() + ".copy(); images[1:] = images[:1]\n"),
    ),
    "channels from the wrong axis": (
        (
            "images.reshape(-1, images.shape[3])",
            "images.transpose(0, 3, 1, 2).reshape(-1, images.shape[3])",
        ),
    ),
}


@pytest.mark.parametrize("layout", ["", "NCHW: ", "NHWC: "])
@pytest.mark.parametrize("bug", SPATIAL)
def test_a_bug_in_spatial_batch_norm(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result], bug: str, layout: str
) -> None:
    monkeypatch.setattr(
        pybn.layers, "SpatialBatchNorm", edited(spatial_batch_norm, *SPATIAL[bug]).SpatialBatchNorm
    )
    result = parity("spatial_batch_norm", f"{layout}height is not width")
    assert result.status is Status.DIFFERS
    assert failing(result).items() >= {"y": DIFFERS, "dx": DIFFERS}.items()


def test_another_layout_than_the_one_asked_for(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]
) -> None:
    bugged = edited(spatial_batch_norm, ("image_layout(layout)", '"HWNC"'))
    monkeypatch.setattr(pybn.layers, "SpatialBatchNorm", bugged.SpatialBatchNorm)
    result = parity("spatial_batch_norm", "height is not width")
    assert result.status is Status.ERROR
    assert "ShapeError: weight: wanted shape (2,), got (3,)" in result.message


def _dropped_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dropped(spatial_batch_norm.SpatialBatchNorm):
        def forward(self, x: Any, weight: Any, bias: Any, **_: Any) -> Any:
            y = super().forward(x, weight, bias)
            return y[..., 0] if y.shape[-1] == 1 else y

    monkeypatch.setattr(pybn.layers, "SpatialBatchNorm", Dropped)


def test_a_dropped_trailing_axis(monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]) -> None:
    _dropped_batch(monkeypatch)
    result = parity("spatial_batch_norm", "one image")
    assert failing(result) == {"y": WRONG_SHAPE}
    (found,) = [c for c in result.comparisons if c.name == "y"]
    assert found.explain() == "y: wrong shape: wanted (5, 4, 3, 1), got (5, 4, 3)"


def _without_ones(sizes: list[int]) -> list[int]:
    s = [*sizes, 1, 1]
    return [n for n in (s[0] * s[1], s[2], s[3]) if n != 1]


def test_a_plain_reshape_for_reshape_row_major(
    monkeypatch: pytest.MonkeyPatch, cases: dict[tuple[str, str], Case], golden: GoldenEngine
) -> None:
    """It is found in just the cases where the two differ, which LEGACY's rule on the sizes tells."""

    def plain(x: Any, shape: Any) -> Any:
        return np.reshape(x, shape)

    monkeypatch.setattr(layouts, "reshape_row_major", plain)
    mine = [c for (stem, _), c in cases.items() if stem == "reshape_row_major" and not c.refuses]
    found = {r.case.id: r for r in run_parity(mine, golden, PortEngine(), golden)}
    for case in mine:
        before, after = (_without_ones(case.attrs[key]) for key in ("from", "to"))
        same = before == after or max(len(before), len(after)) <= 1 or 0 in case.attrs["from"]
        assert found[case.id].status is (Status.AGREES if same else Status.DIFFERS), case.id
        assert failing(found[case.id]) == ({} if same else {"y": DIFFERS})
    assert sum(not r.passed for r in found.values()) >= 10


STALE = "gradient would be of another batch.\n        self._cache = None"


@pytest.mark.parametrize(
    ("case", "edit", "status", "words"),
    [
        (
            "backward after inference",
            (STALE, "gradient would be of another batch."),
            Status.DIFFERS,
            "obtained: wanted the refusal StateError, got an answer",
        ),
        ("backward before forward", ("raise StateError(", "raise ValueError("), Status.ERROR, "ValueError"),
        (
            "gamma too long",
            ('check_like("weight", weight', 'check_like("weight", bias'),
            Status.ERROR,
            "ValueError",
        ),
        ("no row", ("!= 2 or 0 in x", "!= 2"), Status.ERROR, "ZeroDivisionError"),
        ("no column", ("raise ShapeError(", "raise TypeError("), Status.ERROR, "TypeError"),
    ],
)
def test_a_refusal_that_fails(
    monkeypatch: pytest.MonkeyPatch,
    parity: Callable[..., Result],
    case: str,
    edit: tuple[str, str],
    status: Status,
    words: str,
) -> None:
    plant(monkeypatch, edited(batch_norm, edit).BatchNorm)
    result = parity("batch_norm", case)
    assert result.status is status
    assert words in result.message


def test_a_refusal_of_dy_that_is_not_raised(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]
) -> None:
    bugged = edited(spatial_batch_norm, ('check_like("dy", dy, self._shape, dy.dtype)', "pass"))
    monkeypatch.setattr(pybn.layers, "SpatialBatchNorm", bugged.SpatialBatchNorm)
    result = parity("spatial_batch_norm", "dy with height and width swapped")
    assert result.status is Status.DIFFERS
    assert result.message == "obtained: wanted the refusal ShapeError, got an answer"


def test_each_side_refuses_in_its_own_word(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]
) -> None:
    """A port whose exception is called as MATLAB's error is has not raised what it is to raise."""
    bugged = edited(batch_norm, ("raise StateError(", "raise type('BatchNorm:state', (Exception,), {})("))
    plant(monkeypatch, bugged.BatchNorm)
    result = parity("batch_norm", "backward before forward")
    assert result.status is Status.ERROR
    assert "obtained: wanted the refusal StateError, got:" in result.message


@pytest.mark.parametrize("fault", [SystemExit(0), RecursionError("deep"), MemoryError("none left")])
def test_a_port_that_ends_the_process_is_an_error(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result], fault: BaseException
) -> None:
    class Ending(batch_norm.BatchNorm):
        def backward(self, *_: Any, **__: Any) -> Any:
            raise fault

    plant(monkeypatch, Ending)
    result = parity("batch_norm", "wide")
    assert result.status is Status.ERROR
    assert type(fault).__name__ in result.message


def test_a_port_that_is_not_there(monkeypatch: pytest.MonkeyPatch, parity: Callable[..., Result]) -> None:
    monkeypatch.delattr(pybn.layers, "BatchNorm")
    result = parity("batch_norm", "wide")
    assert result.status is Status.ERROR
    assert "has no attribute 'BatchNorm'" in result.message


USERS = """
[matlab]
class = "Thing"
[python]
path = "."
target = "{module}:Thing"
new = {{}}
[inputs]
x = {{ axes = "A" }}
[attrs]
sizes = [1, 2]
[outputs]
y = {{ axes = "A" }}
[[step]]
matlab = "reset()"
python = "reset($sizes)"
[[step]]
matlab = "y = self.y"
python = "y = self.y"
[[step]]
matlab = "f(x)"
python = "f(x)"
[[case]]
name = "one"
dtype = "float64"
size = {{ A = 2 }}
"""
THING = """import numpy as np
class Thing:
    y = np.zeros(2)
    def reset(self, sizes):
        sizes.append(3)
    def f(self, x):
        x += 1
        self.y += 1
        return 5
"""
RAGGED = THING.replace("np.zeros(2)", "[[1], [2, 3]]").replace("self.y += 1", "")


def users(folder: Path, module: str, source: str) -> Any:
    """What the port engine answers to a case of a user's own module."""
    folder.mkdir(exist_ok=True)
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    (folder / "thing.toml").write_text(USERS.format(module=module), encoding="utf-8")
    (case,) = find_cases([folder])
    x = np.array([1.0, 2.0])
    with PortEngine() as engine:
        (answer,) = engine.run_all([(case, {"x": x})])
    assert x.tolist() == [1, 2]
    assert case.attrs["sizes"] == [1, 2]
    return answer


def test_a_port_that_writes_in_place_changes_no_answer_already_taken(tmp_path: Path) -> None:
    assert users(tmp_path, "in_place", THING)["y"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("exits_early", "import sys\nsys.exit(0)", "python target 'exits_early:Thing': SystemExit: 0"),
        ("ragged", RAGGED, "output 'y': wanted an array, got list"),
        ("broken", "class Thing:\n  1 +", "SyntaxError"),
        ("json", THING, "ImportError: json was imported from "),
    ],
)  # fmt: skip
def test_what_a_users_port_may_do_is_an_error_of_the_case(
    tmp_path: Path, name: str, source: str, words: str
) -> None:
    answer = users(tmp_path, name, source)
    assert isinstance(answer, EngineError)
    assert words in str(answer)


def test_modules_of_one_name_in_two_folders_are_two_ports(tmp_path: Path) -> None:
    for turn in range(2):
        assert users(tmp_path / "one", "of_one_name", THING)["y"].tolist() == [0, 0], turn
        other = THING.replace("zeros", "ones")
        assert users(tmp_path / "two", "of_one_name", other)["y"].tolist() == [1, 1], turn
    assert sys.modules["json"] is json


@pytest.fixture
def three(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str]]]:
    """The command, on one name of a case."""

    def run(*options: str) -> tuple[int, str]:
        code = main(["parity", "-k", "three batches, then inference, momentum", *options])
        return code, capsys.readouterr().out

    return run


def test_the_command_says_0_for_the_port_and_1_for_a_bug(
    monkeypatch: pytest.MonkeyPatch, three: Callable[..., tuple[int, str]]
) -> None:
    assert three()[0] == 0
    plant(monkeypatch, edited(batch_norm, *EDITS[0].edits).BatchNorm)
    code, out = three()
    assert code == 1
    assert "dx2: differs" in out
    assert "2 of them do not agree" in out
    code, out = three("--json")
    assert code == 1
    told = json.loads(out)
    assert told["passed"] is False
    assert {t["name"] for t in told["cases"][0]["tensors"] if t["verdict"] == "differs"} == set(DX)
