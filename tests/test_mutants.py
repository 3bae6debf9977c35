"""Damaged files of every format: read, or refused in words that say where; nobody dies, waits or runs out of memory.

A tenth of what `tools/fuzz` tries by default, by the same code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.mutant_seeds import NEED_OCTAVE, SEEDS
from tests.mutants import Campaign, Mutant, campaign

MUTANTS = 2000 // len(SEEDS) + 1


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("mutants")) as found:
        yield found


@pytest.mark.parametrize("kind", SEEDS)
def test_damage_is_read_or_refused_and_no_more(
    kind: str, made: Campaign, request: pytest.FixtureRequest
) -> None:
    if kind in NEED_OCTAVE:
        request.getfixturevalue("needs_octave")
    for number, seed in enumerate(made.seeds(kind)):
        whole = Mutant(seed.name, "none")
        for way in (1, 3):
            made.tried(whole, seed, way)
        leads_out = kind == "hdf5-latest" and number == 1
        assert (whole.end, leads_out) in (("whole", False), ("refused", True)), whole
    found = [made.mutant(kind, number) for number in range(MUTANTS)]
    assert [mutant for mutant in found if mutant.end not in ("whole", "refused")] == []
    ends = Counter(mutant.end for mutant in found)
    assert min(ends["whole"], ends["refused"]) > MUTANTS // 50


BAD = """
import ctypes, time
def wrong(path): return {"wrong": "Traceback", "errors": []}
def stranger(path): raise KeyError("x")
def nowhere(path): return {"errors": ["it is damaged somewhere"]}
def crash(path): ctypes.string_at(0)
def hog(path): return len(bytes(1 << 31))
def sleep(path): time.sleep(60)
def fine(path): return {"errors": ["x: is damaged at byte 3"]}
"""
ENDS = {
    "wrong": "wrong",
    "stranger": "wrong",
    "nowhere": "wrong",
    "crash": "died",
    "hog": "memory",
    "sleep": "late",
    "fine": "refused",
}


def test_what_may_not_be_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign itself: each way to fail is told from the others."""
    (tmp_path / "pybn_bad_parsers.py").write_text(BAD)
    (tmp_path / "a.bin").write_bytes(b"x")
    monkeypatch.syspath_prepend(tmp_path)
    found = {}
    with campaign(tmp_path) as made:
        call: Callable[..., object] = made.server.call
        for parser in ENDS:
            monkeypatch.setattr("tests.mutants.DEADLINE", 0.5 if parser == "sleep" else 10.0)
            instead = partial(call, f"pybn_bad_parsers:{parser}")
            monkeypatch.setattr(
                made.server, "call", lambda _, path, instead=instead, **how: instead(path, **how)
            )
            mutant = Mutant("a", "none")
            made.tried(mutant, tmp_path / "a.bin", 0)
            found[parser] = mutant.end
    assert found == ENDS
