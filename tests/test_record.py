"""Recording: all or nothing, whenever it is killed; and telling what changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pybn.case_file import read_case_file
from pybn.engines.octave import OctaveEngine
from pybn.errors import FileError, FormatError
from pybn.formats.fixture import Record, read_fixture, write_fixture
from pybn.parity import find_cases
from pybn.record import record

FIXTURES = Path(__file__).parent.parent / "fixtures"

# Two processes write one path over and over and are killed at random moments; what is there then is printed.
KILLS = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
from pybn.formats.fixture import Record, read_fixture, write_fixture

path = Path(sys.argv[1])
rng = random.Random(7)

def write_for_ever():
    while True:
        for value in (1.0, 2.0):
            x = np.full((200, 100), value)
            write_fixture(path, [Record(f"case {k}", "digest", {}, {}, {"x": x}, {"y": x}) for k in range(5)])

def start():
    pid = os.fork()
    if pid == 0:
        write_for_ever()
    return pid

for _ in range(25):
    for pid in [start(), start()]:
        time.sleep(rng.uniform(0.0, 0.06))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        found = read_fixture(path)
        values = {float(v) for r in found.values() for x in (r.inputs["x"], r.outputs["y"]) for v in np.unique(x)}
        print(len(found), sorted(values))
"""


def test_a_recorder_killed_fifty_times_never_tears_the_fixture(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 50, done.stderr
    assert set(lines) - {"0 []"} == {"5 [1.0]", "5 [2.0]"}
    first = next(k for k, line in enumerate(lines) if line != "0 []")
    assert "0 []" not in lines[first:]  # nothing was there only before the first was whole
    left = [file for file in tmp_path.iterdir() if file != path]
    assert all(file.name.startswith(".pybn-") for file in left)


def test_a_killed_writer_leaves_the_old_fixture_readable(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    old = [
        Record(
            "a",
            "d",
            {"f.m": "0"},
            {"octave": "7"},
            {},
            {"y": np.ones((2, 1), np.float32)},
            None,
            {"y": "N D"},
        )
    ]
    write_fixture(path, old)
    with pytest.raises(RuntimeError, match="stop"):
        write_fixture(path, _failing(old))
    assert list(tmp_path.iterdir()) == [path]
    assert read_fixture(path)["a"].outputs["y"].tolist() == [[1.0], [1.0]]


def _failing(records: list[Record]):  # type: ignore[no-untyped-def]
    yield from records
    raise RuntimeError("stop")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the reference classes and of one case file with its fixture."""
    shutil.copytree(FIXTURES.parent / "matlab_ref", tmp_path / "matlab_ref")
    (tmp_path / "fixtures").mkdir()
    for suffix in (".toml", ".h5"):
        shutil.copy(FIXTURES / f"reshape_row_major{suffix}", tmp_path / "fixtures")
    return tmp_path / "fixtures" / "reshape_row_major.toml"


def test_recording_is_explicit_and_keeps_what_is_fresh(copied: Path, octave: OctaveEngine) -> None:
    before = copied.with_suffix(".h5").read_bytes()
    changes = list(record(find_cases([copied]), frozenset({"missing", "stale"}), octave))
    assert {c.what for c in changes} == {"kept"}
    assert copied.with_suffix(".h5").read_bytes() == before


def test_recording_again_gives_the_same_bytes(copied: Path, octave: OctaveEngine) -> None:
    before = copied.with_suffix(".h5").read_bytes()
    changes = list(record(find_cases([copied]), frozenset({"fresh"}), octave))
    assert {c.what for c in changes} == {"recorded"}
    assert all("the answers are the same" in c.why for c in changes)
    assert copied.with_suffix(".h5").read_bytes() == before


def test_a_changed_answer_is_named_tensor_by_tensor(copied: Path, octave: OctaveEngine) -> None:
    source = copied.parent.parent / "matlab_ref" / "reshape_row_major.m"
    source.write_text(source.read_text().replace("y = permute(", "y = 2 * permute("))
    cases = [c for c in find_cases([copied]) if c.name == "1x15 to 3x5"]
    first = next(iter(record(cases, frozenset({"stale"}), octave)))
    assert first.what == "recorded"
    assert "reshape_row_major.m changed; y: differs" in first.why


def test_a_record_without_a_case_is_dropped(copied: Path, octave: OctaveEngine) -> None:
    text = copied.read_text()
    copied.write_text(text.replace('name = "1x15 to 3x5"', 'name = "a new name"'))
    changes = list(record(read_case_file(copied), frozenset({"missing", "stale"}), octave))
    what = {(c.id, c.what) for c in changes}
    assert ("a new name [float64]", "recorded") in what
    assert ("1x15 to 3x5 [float64]", "dropped") in what
    assert "1x15 to 3x5 [float64]" not in read_fixture(copied.with_suffix(".h5"))


def test_a_damaged_fixture_is_an_error_until_all_is_recorded_anew(copied: Path, octave: OctaveEngine) -> None:
    fixture = copied.with_suffix(".h5")
    before = fixture.read_bytes()
    fixture.write_bytes(before[: len(before) // 2])
    with pytest.raises(FormatError, match=r"reshape_row_major\.h5: is damaged.*pybn record --all"):
        list(record(find_cases([copied]), frozenset({"missing", "stale"}), octave))
    changes = list(record(find_cases([copied]), frozenset({"missing", "stale", "fresh"}), octave))
    assert {c.what for c in changes} == {"recorded"}
    assert fixture.read_bytes() == before


def test_a_full_disk_is_said_and_leaves_the_old_fixture(tiny_disk: Path) -> None:
    def some(count: int) -> list[Record]:
        rng = np.random.default_rng(0)
        return [Record(f"{k}", "d", {}, {}, {}, {"y": rng.standard_normal(1000)}) for k in range(count)]

    path = tiny_disk / "some.h5"
    write_fixture(path, some(2))
    with pytest.raises(FileError, match=r"some\.h5: cannot be written: the disk is full"):
        write_fixture(path, some(40))
    assert len(read_fixture(path)) == 2
    assert list(tiny_disk.iterdir()) == [path]
