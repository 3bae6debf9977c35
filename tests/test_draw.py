"""Drawing inputs: the same everywhere, each kind as told, and what cannot be drawn is an error of the case."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.draw import draw_inputs
from pybn.engines.golden import GoldenEngine
from pybn.errors import CaseError
from pybn.parity import find_cases

FILE = """
[matlab]
function = "f"
[python]
target = "m:f"
[inputs]
x = {{ {x} }}
[outputs]
y = {{ axes = "" }}
[[step]]
matlab = "y = f(x)"
python = "y = f(x)"
[[case]]
name = "one"
size = {{ A = 3, B = 4 }}
dtype = "{dtype}"
"""


@pytest.fixture
def draw(tmp_path: Path) -> Any:
    def run(x: str, dtype: str = "float64") -> Any:
        axes = [] if "axes" in x or "shape" in x else ['axes = "A B"']
        told = ", ".join(axes + [x] * bool(x))
        (tmp_path / "c.toml").write_text(FILE.format(x=told, dtype=dtype), encoding="utf-8")
        (case,) = read_case_file(tmp_path / "c.toml")
        return draw_inputs(case)["x"]

    return run


def test_shape_and_dtype_are_the_declared_ones(draw: Any) -> None:
    for dtype in ("float64", "float32", "complex128", "complex64"):
        x = draw("", dtype)
        assert (x.shape, x.dtype, x.flags.c_contiguous) == ((3, 4), np.dtype(dtype), True)
    assert draw("shape = [2, 0, 3]").shape == (2, 0, 3)
    assert draw("shape = []").shape == ()


def test_normal_and_uniform(draw: Any) -> None:
    x = draw("shape = [100, 100], mean = 5, std = 2")
    assert abs(x.mean() - 5) < 0.1
    assert abs(x.std() - 2) < 0.1
    u = draw('shape = [100, 100], draw = "uniform", low = -1, high = 3')
    assert u.min() >= -1
    assert u.max() < 3
    assert abs(u.mean() - 1) < 0.1


def test_single_is_double_rounded(draw: Any) -> None:
    assert np.array_equal(draw("", "float32"), draw("").astype(np.float32))


def test_integers_and_bool(draw: Any) -> None:
    x = draw('shape = [1000], draw = "integers", low = -2, high = 2', "int8")
    assert set(x.tolist()) == {-2, -1, 0, 1, 2}
    b = draw('shape = [100], draw = "bool"', "bool")
    assert set(b.tolist()) == {True, False}


def test_complex_has_both_parts(draw: Any) -> None:
    for kind in ("normal", "uniform", "integers"):
        x = draw(f'draw = "{kind}"', "complex128")
        assert np.any(x.real)
        assert np.any(x.imag)
        assert not np.array_equal(x.real, x.imag)
        assert np.array_equal(x.real, draw(f'draw = "{kind}"').real)


def test_ramp_runs_in_matlabs_order(draw: Any) -> None:
    assert draw('shape = [2, 3], draw = "ramp"').tolist() == [[1, 3, 5], [2, 4, 6]]


def test_full_and_values(draw: Any) -> None:
    assert draw('draw = "full", value = -1.5').tolist() == [[-1.5] * 4] * 3
    assert draw('draw = "full", value = true', "bool").all()
    assert np.signbit(draw('draw = "full", value = -0.0')).all()
    assert draw("shape = [2, 2], values = [[1, 2], [3, nan]]")[1, :1].tolist() == [3]
    assert draw("values = [1, 2, 3, 4]").tolist() == [[1, 2, 3, 4]] * 3
    assert draw("shape = [2], values = [9007199254740993, 1]", "int64").tolist() == [2**53 + 1, 1]
    assert draw("shape = [2], values = [9223372036854775807, 0]", "uint64").tolist() == [2**63 - 1, 0]


def test_the_same_along_an_axis(draw: Any) -> None:
    x = draw('same_along = "A"')
    assert np.array_equal(x, x[:1].repeat(3, 0))
    assert len(set(x[0].tolist())) == 4
    assert len(set(draw('same_along = "A B"').ravel().tolist())) == 1


def test_single_elements_are_set(draw: Any) -> None:
    plain = draw("")
    x = draw("set = [{ at = [0, 1], value = nan }, { at = [2, 3], value = -inf }]")
    assert np.isnan(x[0, 1])
    assert x[2, 3] == -np.inf
    assert (x == plain).sum() == 10


def test_an_attribute_can_say_how_to_draw(tmp_path: Path) -> None:
    text = FILE.format(x='axes = "A B", draw = "full", value = "$v"', dtype="float64")
    (tmp_path / "c.toml").write_text(f"attrs = {{ v = 2.5 }}\n{text}", encoding="utf-8")
    (case,) = read_case_file(tmp_path / "c.toml")
    assert draw_inputs(case)["x"][0, 0] == 2.5


@pytest.mark.parametrize(
    ("x", "dtype", "wrong"),
    [
        ("mean = 0.5, std = 0", "int32", "not every value is an exact int32"),
        ('draw = "ramp", shape = [300]', "int8", "not every value is an exact int8"),
        ('draw = "ramp"', "bool", "not every value is an exact bool"),
        ('draw = "full", value = -1', "uint8", "not every value is an exact uint8"),
        ('draw = "full", value = nan', "int8", "not every value is an exact int8"),
        ("values = [[1, 2], [3]]", "float64", "sequence"),
        ("values = [1, 2, 3]", "float64", "broadcast"),
        ("values = [1.5, 2, 3, 4]", "int8", "not every value is an exact int8"),
        ("values = [200, 2, 3, 4]", "int8", "out of bounds for int8"),
        ('same_along = "Z"', "float64", "same_along names ['Z'], which are no axes of it"),
        ('draw = "integers", low = 5, high = 1', "int8", "low"),
        ('draw = "uniform", low = -inf, high = inf', "float64", "range exceeds valid bounds"),
        ('draw = "integers", set = [{ at = [0, 0], value = 1.5 }]', "int8", "not every value is an exact int8"),
        ('draw = "integers", set = [{ at = [0, 0], value = nan }]', "int8", "cannot convert float NaN to integer"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(draw: Any, tmp_path: Path, x: str, dtype: str, wrong: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(CaseError) as caught:
        draw(x, dtype)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'c.toml'}: case 'one': input 'x' cannot be drawn as ")
    assert dtype in message
    assert wrong.lower() in message.lower()


def fingerprint(cases: list[Case]) -> str:
    """One hash over all that is drawn."""
    found = hashlib.sha256()
    for case in cases:
        for name, value in draw_inputs(case).items():
            found.update(f"{case.id} {name} {value.shape} {value.dtype}".encode() + value.tobytes())
    return found.hexdigest()


def test_the_same_in_every_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_draw import fingerprint; "
        "from pybn.parity import find_cases; print(fingerprint([c for c in find_cases() if not c.live]))"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(Path(__file__).parent)]
    found = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={"PYTHONHASHSEED": "7"}, check=True
    )
    assert found.stdout.strip() == fingerprint([c for c in find_cases() if not c.live])


def test_what_is_drawn_is_what_was_recorded() -> None:
    """So a recording made anew, elsewhere, asks Octave the same."""
    golden = GoldenEngine()
    for case in find_cases():
        if not case.live:
            stored = golden.record(case).inputs
            for name, value in draw_inputs(case).items():
                assert value.tobytes() == stored[name].tobytes(), (case.id, name)


def test_cases_draw_different_numbers() -> None:
    seen: dict[bytes, str] = {}
    for case in find_cases():
        if case.dtype == "float64" and case.stem == "batch_norm" and not case.live:
            for name, value in draw_inputs(case).items():
                kind = case.inputs[name].draw
                if not kind and value.size > 2:
                    assert seen.setdefault(value.tobytes(), f"{case.id} {name}") == f"{case.id} {name}"
