"""Stored answers: when they may be believed, and that a damaged fixture is an error or its values, never others."""

# ruff: noqa: E501  -- a table of texts is read by its columns
from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pybn.case import Case
from pybn.draw import draw_inputs
from pybn.engines.golden import GoldenEngine
from pybn.errors import EngineError, FormatError, MissingFixture, PybnError, StaleFixture
from pybn.formats.fixture import Record, read_fixture, write_fixture
from pybn.parity import Status, find_cases, inputs_of, jobs_of, run_parity
from pybn.resources import bundled

STEM = "reshape_row_major"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a case file, its fixture and the .m files, which a test may change."""
    fixtures = tmp_path / "it's mine"
    fixtures.mkdir()
    for suffix in (".toml", ".h5"):
        shutil.copy(bundled("fixtures") / f"{STEM}{suffix}", fixtures)
    shutil.copytree(bundled("matlab_ref"), tmp_path / "matlab_ref")
    return fixtures


def answer(folder: Path, name: str = "3x5 to 5x3 [float64]", golden: GoldenEngine | None = None) -> Any:
    """What the golden engine answers to one case."""
    (case,) = [c for c in find_cases([folder]) if c.id == name]
    golden = golden or GoldenEngine()
    return golden.run(case, {})


def test_a_fresh_answer(folder: Path) -> None:
    y = answer(folder)["y"]
    assert (y.shape, y.dtype) == ((5, 3), np.float64)
    # A ramp in MATLAB's order, read row by row.
    assert y.tolist() == [[1, 4, 7], [10, 13, 2], [5, 8, 11], [14, 3, 6], [9, 12, 15]]


def test_shapes_and_dtypes_come_back_as_declared(folder: Path) -> None:
    golden = GoldenEngine()
    for case in find_cases([folder]):
        record = golden.record(case)
        for name, tensor in {**case.inputs, **case.outputs}.items():
            value = (record.inputs if name in case.inputs else record.outputs)[name]
            assert (value.shape, value.dtype.name) == (tensor.shape, tensor.dtype), (case.id, name)


def test_a_stored_refusal_is_raised_in_octaves_words(folder: Path) -> None:
    with pytest.raises(EngineError) as caught:
        answer(folder, "too few elements [float64]")
    assert caught.value.identifier == "reshape_row_major:count"
    assert "6 elements do not fill the shape [2  2]" in str(caught.value)


def change(old: str, new: str) -> Callable[[Path], None]:
    """Edit the case file."""

    def run(folder: Path) -> None:
        path = folder / f"{STEM}.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return run


def m_file(name: str, text: str | None) -> Callable[[Path], None]:
    """Write a .m file, or remove it."""

    def run(folder: Path) -> None:
        path = folder.parent / "matlab_ref" / name
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")

    return run


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (m_file("reshape_row_major.m", "function y = reshape_row_major(x, shape)"), "../matlab_ref/reshape_row_major.m changed"),
        (m_file("permute.m", "function y = permute(x, order)"), "../matlab_ref/permute.m is new"),
        (m_file("reshape_row_major.m", None), "../matlab_ref/reshape_row_major.m is gone"),
        (change("attrs = { from = [3, 5], to = [5, 3] }\ninputs = { x = { draw = \"ramp\" } }", "attrs = { from = [3, 5], to = [5, 3] }"), "the case changed"),
        (change("matlab = 'y = reshape_row_major(x, $to)'", "matlab = 'y = reshape_row_major(x, [5, 3])'"), "the case changed"),
    ],
)  # fmt: skip
def test_a_change_makes_the_answer_stale(folder: Path, damage: Callable[[Path], None], why: str) -> None:
    damage(folder)
    with pytest.raises(StaleFixture) as caught:
        answer(folder)
    file = folder / f"{STEM}.toml"
    quoted = str(file).replace("'", "'\"'\"'")
    assert str(caught.value) == (
        f"{STEM}.toml: 3x5 to 5x3 [float64]: the recorded answer is stale: {why}; "
        f"pybn record --stale '{quoted}' records it again"
    )


@pytest.mark.parametrize(
    "harmless",
    [
        m_file("unrelated.m", "x = 1;"),
        m_file("SpatialBatchNorm.m", "changed"),
        change("about = ", "# A comment.\nabout = "),
        change("python = 'y = reshape_row_major(x, $to)'", "python = 'y = reshape_row_major(x, shape=$to)'"),
        change('y = { shape = "$to" }', 'y = { shape = "$to", ulp = 2, because = "so" }'),
    ],
)
def test_other_changes_do_not(folder: Path, harmless: Callable[[Path], None]) -> None:
    harmless(folder)
    assert answer(folder)["y"].shape == (5, 3)


def test_a_missing_answer_names_file_and_command(folder: Path) -> None:
    change('name = "3x5 to 5x3"', 'name = "a new name"')(folder)
    with pytest.raises(MissingFixture) as caught:
        answer(folder, "a new name [float64]")
    assert f"no recorded answer in {folder / STEM}.h5; pybn record --missing '" in str(caught.value)
    (folder / f"{STEM}.h5").unlink()
    with pytest.raises(MissingFixture):
        answer(folder, "a new name [float64]")


def test_a_live_case_names_the_other_way(folder: Path) -> None:
    change('name = "3x5 to 5x3"', 'name = "live"\nlive = true')(folder)
    with pytest.raises(MissingFixture, match="it is live only, and --expected octave runs it"):
        answer(folder, "live [float64]")


def test_inputs_of_a_stale_record_are_drawn_anew(folder: Path) -> None:
    (case,) = [c for c in find_cases([folder]) if c.id == "random numbers [float64]"]
    golden = GoldenEngine()
    stored = golden.record(case)
    marked = {"x": stored.inputs["x"] + 1}
    write_fixture(case.fixture, [Record(case.id, case.digest(), stored.files, {}, marked, stored.outputs)])
    assert np.array_equal(inputs_of(case, GoldenEngine())["x"], marked["x"])
    write_fixture(case.fixture, [Record(case.id, "0" * 64, stored.files, {}, marked, stored.outputs)])
    assert np.array_equal(inputs_of(case, GoldenEngine())["x"], draw_inputs(case)["x"])


# Damage. The records are of a fixture small enough that most of its bytes are hit.


def small(path: Path) -> dict[str, Record]:
    """A fixture of all that fixtures hold."""
    rng = np.random.default_rng(5)
    tensors = {
        "x": rng.standard_normal((3, 4)),
        "n": np.arange(5, dtype=np.int8),
        "b": np.array([True, False]),
    }
    tensors |= {"z": np.array(1 + 2j), "e": np.empty((0, 3), np.float32), "s": np.array(5.0)}
    files = {"../m/f.m": "ab" * 32}
    records = [
        Record("one [float64]", "12" * 32, files, {"octave": "7.3.0"}, tensors, {"y": tensors["x"].T.copy()}),
        Record("two [float64]", "34" * 32, files, {"octave": "7.3.0"}, {}, {}, ("f:shape", "wanted more")),
    ]
    write_fixture(path, records)
    return read_fixture(path)


def same_values(found: dict[str, Record], want: dict[str, Record]) -> bool:
    """Whether all tensors that came are the ones that were stored; words may be damaged, which is seen elsewhere."""
    for name in found.keys() & want.keys():
        for part in ("inputs", "outputs"):
            mine, stored = getattr(found[name], part), getattr(want[name], part)
            if mine.keys() != stored.keys():
                return False
            for key in stored:
                a, b = mine[key], stored[key]
                if (a.shape, a.dtype, a.tobytes()) != (b.shape, b.dtype, b.tobytes()):
                    return False
    return True


HEAP = 4096


def unchecked(raw: bytes) -> list[int]:
    """Where HDF5's global heaps are, which hold texts of any length: the one structure without a checksum."""
    return [at for at in range(len(raw)) if raw.startswith(b"GCOL", at)]


def damaged(folder: str, seed: int) -> dict[str, int]:
    """Damage a small fixture a few hundred times and count what came of it; runs in a process of its own."""
    path = Path(folder) / f"{seed}.h5"
    want = small(path)
    raw = path.read_bytes()
    rng = np.random.default_rng(seed)
    count = {"refused": 0, "same": 0, "OTHER": 0}
    heap = unchecked(raw)
    for k in range(300):
        broken = bytearray(raw)
        if k % 10 == 0:
            del broken[int(rng.integers(len(raw))) :]
        elif k % 10 == 1:
            at = int(rng.integers(len(raw)))
            broken[at : at + 64] = rng.bytes(64)
        else:
            for at in rng.integers(len(raw), size=int(rng.integers(1, 4))):
                broken[at] ^= 1 << int(rng.integers(8))
        for at in heap:
            broken[at : at + HEAP] = raw[at : at + HEAP][: max(0, len(broken) - at)]
        path.write_bytes(broken)
        try:
            found = read_fixture(path)
        except FormatError:
            count["refused"] += 1
        else:
            count["same" if same_values(found, want) else "OTHER"] += 1
    return count


def test_a_damaged_fixture_is_refused_or_says_the_same(tmp_path: Path) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from test_golden import damaged; print(damaged(sys.argv[2], 1))"
    command = [sys.executable, "-W", "ignore", "-c", code, str(Path(__file__).parent), str(tmp_path)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, child.stderr
    count = eval(child.stdout, {"__builtins__": {}})  # noqa: S307  # our own child's
    assert count["OTHER"] == 0, count
    assert min(count["refused"], count["same"]) > 20, count


def test_a_damaged_fixture_is_an_error_of_each_case_and_stops_nothing(folder: Path) -> None:
    path = folder / f"{STEM}.h5"
    path.write_bytes(path.read_bytes()[:1000])
    cases = find_cases([folder])
    golden = GoldenEngine()
    _, refused = jobs_of(cases, golden)
    assert len(refused[cases[0].file]) == len(cases)
    results = list(run_parity(cases, golden, golden, golden))
    assert {r.status for r in results} == {Status.ERROR}
    assert all(str(path) in r.message and "pybn record --all" in r.message for r in results)


@pytest.mark.parametrize(
    "where", ["cases/one [float64]", "cases/one [float64]/inputs", "cases/one [float64]/inputs/x"]
)
@pytest.mark.parametrize("kind", ["soft", "external"])
def test_links_in_a_fixture_are_refused(tmp_path: Path, where: str, kind: str) -> None:
    path, other = tmp_path / "a.h5", tmp_path / "b.h5"
    small(path)
    small(other)
    with h5py.File(path, "r+", libver="latest") as file:
        target = "/cases/two [float64]/inputs" if where.endswith("inputs") else "/cases/two [float64]"
        del file[where]
        file[where] = h5py.SoftLink(target) if kind == "soft" else h5py.ExternalLink(str(other), f"/{where}")
    with pytest.raises(FormatError, match="is a link to elsewhere, which a fixture never has"):
        read_fixture(path)


def test_data_stored_elsewhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    small(path)
    (tmp_path / "raw").write_bytes(bytes(96))
    with h5py.File(path, "r+", libver="latest") as file:
        inputs = file["cases/one [float64]/inputs"]
        del inputs["x"]
        inputs.create_dataset("x", (3, 4), "f8", external=[(str(tmp_path / "raw"), 0, 96)])
    with pytest.raises(FormatError, match="wanted data stored in this file"):
        read_fixture(path)


def test_all_numbers_are_under_a_checksum() -> None:
    for path in bundled("fixtures").glob("*.h5"):
        with h5py.File(path) as file:
            cases = list(file["cases"].values())[::5]
            stored = [d for case in cases for part in ("inputs", "outputs") for d in case[part].values()]
            assert stored
            assert all(dataset.fletcher32 for dataset in stored if dataset.size)


@pytest.mark.parametrize("raw", [b"", b"text", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(5000)])
def test_what_is_no_fixture(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.h5").write_bytes(raw)
    with pytest.raises(FormatError, match=r"a\.h5: is damaged, or no fixture"):
        read_fixture(tmp_path / "a.h5")


def test_another_version_of_the_format(tmp_path: Path) -> None:
    small(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["pybn_fixture"] = 99
    with pytest.raises(PybnError, match="wanted a pybn fixture of version 1 or 2, got 99; pybn record --all"):
        read_fixture(tmp_path / "a.h5")


def fingerprint(path: str) -> list[tuple[str, bytes]]:
    """The answers of a fixture."""
    return [(k, v.outputs["y"].tobytes()) for k, v in read_fixture(Path(path)).items() if v.outputs]


def test_readers_at_the_same_time(folder: Path) -> None:
    path = str(folder / f"{STEM}.h5")
    want = fingerprint(path)
    with ThreadPoolExecutor(4) as threads:
        assert all(found == want for found in threads.map(fingerprint, [path] * 8))
    with ProcessPoolExecutor(2) as processes:
        assert all(found == want for found in processes.map(fingerprint, [path] * 4))


def test_one_read_a_fixture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    monkeypatch.setattr("pybn.engines.golden.read_fixture", lambda p: reads.append(p) or read_fixture(p))
    golden = GoldenEngine()
    cases: list[Case] = find_cases([folder])
    for case in cases:
        golden.record(case)
    assert reads == [folder / f"{STEM}.h5"]
