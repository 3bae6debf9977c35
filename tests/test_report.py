"""What `pybn parity` prints of cases that do not agree: each thing once, in as few words as tell it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from report_pages import case_of, one

from pybn.diagnosis import diagnose_case
from pybn.divergence import first_divergence
from pybn.errors import EngineError
from pybn.parity import Result, judge
from pybn.report.parity import parity_summary, parity_table
from pybn.report.style import Style

PLAIN = Style(io.StringIO())
X = np.arange(1.0, 31).reshape(6, 5)


def reversed_in(dtype: str) -> Result:
    """A result of which it is known why it differs."""
    want = X.astype(dtype)
    result = judge(*one("turned round", want, want[::-1].copy(), "N D", dtype=dtype))
    assert result.answers is not None
    why = diagnose_case(["y"], *result.answers, inputs={}, attrs={}, tolerances={}, axes={"y": ("N", "D")})
    return replace(result, diagnosis=why)


def test_one_reason_of_both_precisions_is_told_once() -> None:
    text = parity_table([reversed_in("float64"), reversed_in("float32")], PLAIN)
    assert text.count("reversed along axis 0 (N)") == 1
    assert text.count("why: as above") == 1
    assert text.count("y: differs in 30 of 30 elements") == 2


def test_reasons_that_are_not_the_same_are_told_each() -> None:
    other = judge(*one("turned round", X.astype("f4"), X.astype("f4") * 2, "N D", dtype="float32"))
    assert other.answers is not None
    why = diagnose_case(["y"], *other.answers, inputs={}, attrs={}, tolerances={}, axes={})
    text = parity_table([reversed_in("float64"), replace(other, diagnosis=why)], PLAIN)
    assert text.count("why: y: ") == 2
    assert "as above" not in text


def test_without_layers_the_table_of_the_order_has_no_column_for_them() -> None:
    want = {"y": X, "dx": X}
    case, got = case_of("plain", want), {"y": X, "dx": X + 1}
    for layer in ("", "conv1"):
        outputs = {name: replace(tensor, layer=layer) for name, tensor in case.outputs.items()}
        result = judge(replace(case, outputs=outputs), want, got)
        assert result.answers is not None
        found = first_divergence(result.case, result.comparisons, *result.answers)
        text = parity_table([replace(result, divergence=found)], PLAIN)
        assert ("tensor  layer  way" in text) is bool(layer)
        assert ("> dx      conv1  " in text) is bool(layer)
        assert "> dx    " in text


def test_a_message_does_not_repeat_the_name_of_its_case() -> None:
    case = case_of("no answer", {"y": X})
    for file in ("user.toml", "folder/user.toml"):
        error = EngineError(f"{file}: no answer [float64]: step 'y = f()': 'g' undefined")
        result = judge(replace(case, file=Path("folder/user.toml")), {"y": X}, error)
        assert result.message == "obtained: step 'y = f()': 'g' undefined"


def test_the_summary_tells_of_case_files_that_cannot_be_read() -> None:
    result = judge(*one("equal", X, X.copy()))
    assert parity_summary([result], "golden", "port", 0, PLAIN, broken=2).endswith(
        "\n2 case files cannot be read\n"
    )
    assert "cannot be read" not in parity_summary([result], "golden", "port", 0, PLAIN)


def told_of(want: np.ndarray, got: np.ndarray) -> str:
    result = judge(*one("as it is", want, got, "N D", dtype=want.dtype.name))
    assert result.answers is not None
    why = diagnose_case(["y"], *result.answers, inputs={}, attrs={}, tolerances={}, axes={})
    return parity_table([replace(result, diagnosis=why)], PLAIN)


def test_what_may_be_rounding_is_told_so() -> None:
    few = X.copy()
    few[2, 1] = np.nextafter(few[2, 1], 99)
    few[4, 3] = np.nextafter(np.nextafter(few[4, 3], 0), 0)
    assert "fix: 2 ULP may be rounding" in told_of(X, few)
    few[2, 1] *= 1 + 1e-9
    assert "may be rounding" not in told_of(X, few)
    flags = np.eye(6, 5, dtype=bool)
    assert "may be rounding" not in told_of(flags, ~flags)


def test_what_is_mended_in_another_way_is_told_by_itself() -> None:
    want = {"y": X / 7, "z": X / 3}
    case, got = case_of("factors", want), {"y": X / 7 * 4, "z": X / 3 / 4}
    result = judge(case, want, got)
    assert result.answers is not None
    why = diagnose_case(["y", "z"], *result.answers, inputs={}, attrs={"k": 4}, tolerances={}, axes={})
    text = parity_table([replace(result, diagnosis=why)], PLAIN)
    assert "why: y: " in text
    assert "why: z: " in text
