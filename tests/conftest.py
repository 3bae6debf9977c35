"""What the tests share: one Octave for all that behave, and what happens where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pybn.engines.octave import OctaveEngine
from pybn.pytest_plugin import octave_missing


@pytest.fixture(scope="session")
def needs_octave(request: pytest.FixtureRequest) -> None:
    """Skip the test where Octave is missing; with --require-octave, fail it."""
    if problem := octave_missing():
        if request.config.getoption("require_octave", False):
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)


@pytest.fixture(scope="session")
def octave(needs_octave: None) -> Iterator[OctaveEngine]:
    """An Octave that all tests share; those that harm theirs make one of their own."""
    with OctaveEngine(deadline=30) as engine:
        yield engine


@pytest.fixture
def m_file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a .m file into a folder of the test's own, and return the folder."""

    def write(name: str, text: str) -> Path:
        file = tmp_path / "m" / f"{name}.m"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path / "m"

    return write
