"""Results of every kind for the report: both sides made here, so that what a page must show is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from octave_cases import make_case

from pybn.case import Case, Refusal, Value
from pybn.compare import Tolerance
from pybn.diagnosis import diagnose_case
from pybn.divergence import first_divergence
from pybn.engines.golden import GoldenEngine
from pybn.errors import EngineError
from pybn.parity import Answer, Result, judge
from pybn.report.html import Album, report_of
from pybn.values import Cell

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028\u202e{{script}} ' \" & <b>"
RNG = np.random.default_rng(4)


def case_of(
    name: str, outputs: Mapping[str, Any], axes: Mapping[str, str] | None = None, **changes: Any
) -> Case:
    """Make a case with these outputs, declared as they are; `axes` names the axes of some."""
    made = make_case(
        Path("m"),
        "f",
        [f"{', '.join(outputs)} = f()" if outputs else "f()"],
        {},
        {k: (np.shape(v), np.asarray(v).dtype.name) for k, v in outputs.items()},
    )
    declared = {
        k: replace(
            t, axes=tuple((axes or {}).get(k, "").split()), tolerance=changes.get("close", Tolerance())
        )
        for k, t in made.outputs.items()
    }
    changes.pop("close", None)
    return replace(made, name=name, outputs=declared, **{"file": Path("user.toml"), **changes})


def one(name: str, want: Any, got: Any, axes: str = "", **changes: Any) -> tuple[Case, Answer, Answer]:
    """Return a case of one tensor y, and both answers."""
    return case_of(name, {"y": want}, {"y": axes}, **changes), {"y": want}, {"y": got}


def images() -> tuple[Case, Answer, Answer]:
    """Images in HWCN whose column 5 of channel 1, sample 2 is wrong, worst in row 7; dx agrees but for one bit."""
    y = RNG.standard_normal((12, 10, 3, 4))
    y[4:9, 3:8] += 2
    wrong = y.copy()
    wrong[:, 5, 1, 2] *= 1.25
    wrong[7, 5, 1, 2] += 3
    dx = RNG.standard_normal((12, 10, 3, 4))
    near = dx.copy()
    near[3, 3, 0, 0] = np.nextafter(near[3, 3, 0, 0], 9)
    case = case_of(
        "images",
        {"y": y, "dx": dx},
        {"y": "H W C N", "dx": "H W C N"},
        close=Tolerance(ulp=2, because="sums in another order"),
    )
    return case, {"y": y, "dx": dx}, {"y": wrong, "dx": near}


def differing() -> Iterator[tuple[Case, Answer, Answer]]:
    """Yield cases of every dtype, rank and verdict that differ."""
    yield images()
    x = RNG.standard_normal((6, 5))
    holes = x.copy()
    holes[1, 1], holes[2, 2] = np.nan, -np.inf
    kept = x.copy()
    kept[0, 0] = kept[1, 1] = np.nan
    kept[5, 4] = np.inf
    holes[0, 0] = np.nan
    yield one("NaN and Inf", kept, holes, "N D")
    z = x + 1j * x.T.reshape(6, 5)
    yield one("complex", z, np.where(np.eye(6, 5) > 0, z.conj(), z), "N D")
    whole = np.arange(-6, 6, dtype=np.int64).reshape(3, 4) + (1 << 60)
    yield one("large integers", whole, whole + np.eye(3, 4, dtype=np.int64))
    yield one("bool", x > 0, x > 0.5)
    yield one(
        "bytes",
        np.arange(24, dtype=np.uint8).reshape(4, 6),
        np.arange(24, dtype=np.uint8).reshape(4, 6) // 3 * 3,
    )
    vector = np.sin(np.arange(150, dtype=np.float32) / 9)
    yield one("a vector", vector, np.roll(vector, 1), "T", dtype="float32")
    yield one("reversed", x, x[::-1].copy(), "N D")
    yield one("across zero", np.array([[-1e-323, 1.0]]), np.array([[5e-324, 1.0]]))
    yield one("a number", np.array(1.0), np.array(1 + 2e-16))
    yield one("of five axes", RNG.standard_normal((4, 5, 2, 3, 2)), RNG.standard_normal((4, 5, 2, 3, 2)))
    yield one("wrong shape", x, x.T, "N D")
    yield one("wrong dtype", x, x.astype(np.float32), "N D")
    yield case_of("missing", {"y": x}), {"y": x}, {}
    large = RNG.standard_normal((150, 200, 5, 2)).astype(np.float32)
    wrong = large.copy()
    wrong[101, 133, 3, 1] += 1
    yield one("large", large, wrong, "H W C N", dtype="float32")


def others() -> Iterator[tuple[Case, Answer, Answer]]:
    """Yield errors, a known divergence, one that agrees by now, a refusal, an empty tensor, a hostile name."""
    x = RNG.standard_normal((6, 5))
    yield (
        case_of("no answer", {"y": x}),
        {"y": x},
        EngineError(f"step 1: f: undefined near line 3 {HOSTILE}\nerror: called from f at line 3"),
    )
    yield one(
        "padding",
        x,
        np.pad(x, 1)[:6, :5],
        diverges="the legacy code pads on the left alone; ours on both sides, as documented",
    )
    yield one("no longer", x, x, diverges="the sign was wrong")
    refusing = case_of("a cycle", {"y": x}, refuses=Refusal("Class:cycle", "GraphError"))
    yield refusing, EngineError("no", identifier="Class:cycle"), EngineError("no", identifier="GraphError")
    yield one("empty", np.zeros((0, 3)), np.zeros((0, 3)))
    yield one("equal", x, x.copy(), "N D")
    yield one(HOSTILE, x, x + 1, "N <D>", attrs={"k": HOSTILE})


def values() -> Iterator[tuple[Case, Answer, Answer]]:
    """Yield a case that prints another line than it should, one too many and one too few; and one of a struct."""
    lines = [f"step {k}: loss {1 / k:.4f}" for k in range(1, 21)]
    wrong = [*lines[:9], "step 10: loss 0.1001", "a warning <b>", *lines[10:18], *lines[19:]]
    said = {"said": Value("said", "printed")}
    yield (
        replace(
            case_of("printed", {}), output_values=said, input_values={"name": Value("name", told="a <b>")}
        ),
        {"said": "\n".join(lines) + "\n"},
        {"said": "\n".join(wrong) + "\n"},
    )
    want = {"name": "Gauss", "weights": Cell((1, 2), (np.eye(3), np.ones((2, 4)))), "n": np.float64(3)}
    got = {"name": "gauss", "weights": [np.eye(3), np.ones((4, 2))], "n": 3}
    made = replace(case_of("a struct", {}), output_values={"s": Value("s")})
    yield made, {"s": want}, {"s": got}


def pictured() -> Iterator[tuple[Case, Answer, Answer]]:
    """Yield what pictures have to get right: near beside far, one wrong of many, far beyond, tall, of layers."""
    y = 1 + np.arange(20.0).reshape(4, 5)
    wrong = y.copy()
    wrong[0, 0], wrong[3, 4] = np.nextafter(1.0, 9), 21.0
    yield one("near and far", y, wrong, "N D", close=Tolerance(ulp=2, because="rounding"))
    long = np.zeros(3000)
    spike = long.copy()
    spike[1234] = 1e-3
    yield one("one of many", long, spike, "T")
    yield one("far beyond", y, y * np.where(np.eye(4, 5) > 0, 1e9, 1), "N D")
    tall = np.sin(np.arange(400.0) / 9).reshape(200, 2)
    yield one("tall", tall, np.roll(tall, 1, axis=0), "T D")
    layers = {"conv1": RNG.standard_normal((3, 4)), "relu1": RNG.standard_normal((3, 4))}
    case = case_of("layers", layers)
    outputs = {name: replace(tensor, layer=name) for name, tensor in case.outputs.items()}
    yield replace(case, outputs=outputs), layers, layers | {"relu1": layers["relu1"] + 1}


def every() -> list[tuple[Case, Answer, Answer]]:
    """All cases of all kinds: of 29, 24 differ and 1 is an error."""
    return [*others(), *differing(), *values(), *pictured()]


def results(
    cases: Iterator[tuple[Case, Answer, Answer]] | Sequence[tuple[Case, Answer, Answer]], album: Album
) -> list[Result]:
    """Judge them, let the album see them, and drop the answers, as a run does."""
    return [located(album.take(judge(*each))) for each in cases]


def located(result: Result) -> Result:
    """Say where the answers part, without asking Octave."""
    if result.answers is None:
        return result
    found = first_divergence(result.case, result.comparisons, *result.answers)
    why = None
    if result.case.name in ("reversed", "bool"):
        told: Any = {"inputs": {}, "attrs": {}, "tolerances": {}, "axes": {"y": ("N", "D")}}
        why = diagnose_case(["y"], *result.answers, **told)
    return replace(result, answers=None, divergence=found, diagnosis=why)


def page_of(cases: Any, **changes: Any) -> str:
    """Return the report of cases with both answers."""
    cases = list(cases)
    album = Album(len(cases))
    told = results(cases, album)
    about = {
        "sides": ("octave", "port"),
        "versions": {"octave": "7.3.0"},
        "arguments": ["parity", "--report", "out.html"],
    }
    return report_of(told, album, GoldenEngine(), **(about | changes))
