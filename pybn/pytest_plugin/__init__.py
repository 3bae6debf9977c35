"""The pytest plugin: case files are collected as tests.

Whoever has pybn installed loads this module with every start of pytest: nothing heavy is imported here, nor in the
modules that it imports, before a test needs it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pybn.pytest_plugin.cases import ORACLE, CaseFile, CaseItem, octave_missing

__all__ = ["octave_missing"]

# A line that begins as a case file's do: what only reads TOML for other reasons is not worth an import of NumPy.
SPEAKS = re.compile(rb"""(?m)(?:^|\xef\xbb\xbf)[ \t]*\[*[ \t]*["']?(?:matlab|case)["']?[ \t]*[\].=]""")
MOST = 4 << 20  # bytes of a case file


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("pybn", "parity with MATLAB code under GNU Octave")
    group.addoption(
        "--require-octave", action="store_true", help="fail, rather than skip, where Octave is missing"
    )
    group.addoption(
        "--octave-deadline",
        type=float,
        default=60.0,
        metavar="S",
        help="seconds that a case may take in Octave",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register our marker."""
    config.addinivalue_line("markers", "parity: a case of a case file: pytest -m parity runs only those")


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> str | None:
    """Say who answers, where there is something to answer."""
    if not any(isinstance(item, CaseItem) for item in items):
        return None
    if problem := octave_missing():
        action = "fails" if config.getoption("require_octave") else "needs only recorded answers"
        return f"pybn: {problem}: a case {action}"
    return "pybn: Octave is here: a case is compared with its recorded answer, and that with Octave's"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect a .toml that has cases."""
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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End Octave."""
    if (oracle := session.config.stash.get(ORACLE, None)) is not None:
        oracle.close()
