"""The pytest plugin: case files are collected as tests, and the fixture `octave` serves tests written in Python.

Whoever has pybn installed loads this module with every start of pytest: nothing heavy is imported here, nor in the
modules that it imports, before a test needs it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pybn.pytest_plugin.cases import ENGINE, ORACLE, CaseFile, CaseItem, octave_missing
from pybn.pytest_plugin.hooks import RecordingHooks
from pybn.pytest_plugin.options import add_options, check_options
from pybn.pytest_plugin.recorded import RECORDED, Recorded
from pybn.pytest_plugin.usage import SUFFIX

if TYPE_CHECKING:
    from pybn.pytest_plugin.fixture import Octave

__all__ = ["Octave", "octave_missing"]

# A line that begins as a case file's do: what only reads TOML for other reasons is not worth an import of NumPy.
SPEAKS = re.compile(rb"""(?m)(?:^|\xef\xbb\xbf)[ \t]*\[*[ \t]*["']?(?:matlab|case)["']?[ \t]*[\].=]""")
MOST = 4 << 20  # bytes of a case file


def __getattr__(name: str) -> Any:
    """Load Octave, the type of the fixture `octave`, where a test module names it."""
    if name == "Octave":
        from pybn.pytest_plugin.fixture import Octave

        return Octave
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Check the options; register our marker."""
    check_options(config)
    config.addinivalue_line("markers", "parity: a case of a case file: pytest -m parity runs only those")
    config.stash[RECORDED] = Recorded(config)
    config.pluginmanager.register(RecordingHooks(config.stash[RECORDED]), "pybn-recordings")


# Case files.


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> str | None:
    """Say who answers, where there is something to answer."""
    if not any(isinstance(item, CaseItem) for item in items):
        return None
    if problem := octave_missing():
        action = "fails" if config.getoption("require_octave") else "needs only recorded answers"
        return f"pybn: {problem}: a case {action}"
    return "pybn: Octave is here: a case is compared with its recorded answer, and that with Octave's"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect a .toml that has cases; take note of recordings."""
    if file_path.name.endswith(SUFFIX):
        parent.config.stash[RECORDED].seen.append(file_path)
    if file_path.suffix != ".toml" or not _speaks(file_path):
        return None
    from pybn.case_file import is_case_file

    return CaseFile.from_parent(parent, path=file_path) if is_case_file(file_path) else None


def _speaks(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return SPEAKS.search(stream.read(MOST)) is not None
    except OSError:
        return False


# The fixture.


@pytest.fixture(scope="module")
def octave(request: pytest.FixtureRequest) -> Octave:
    """Ask GNU Octave, or its recorded answers: octave("lib/smooth.m", x, 3).matches(smooth(x, 3), ulp=4)."""
    from pybn.pytest_plugin.fixture import Octave

    return Octave(request.path, request.config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End Octave."""
    if (oracle := session.config.stash.get(ORACLE, None)) is not None:
        oracle.close()
    if (engine := session.config.stash.get(ENGINE, None)) is not None:
        engine.close()
