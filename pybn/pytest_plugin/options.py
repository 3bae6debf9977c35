"""The options of the plugin, and what they come to: the mode of recording, which CI decides."""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MODES = ("none", "once", "missing", "all")
DEFAULT = "once"

RECORD_HELP = (
    "what tests with the fixture `octave` record: none, nothing; once (the default), everything where a module has no "
    "recordings yet; missing, what is missing or stale; all, everything anew. In CI (environment variable CI) none"
)


def add_options(parser: pytest.Parser) -> None:
    """Add them to pytest's."""
    group = parser.getgroup("pybn", "parity with MATLAB code under GNU Octave")
    group.addoption(
        "--require-octave", action="store_true", help="fail, rather than skip, where Octave is missing"
    )
    group.addoption(
        "--octave-deadline",
        type=float,
        default=60.0,
        metavar="S",
        help="seconds that a case, or a call of the fixture `octave`, may take in Octave",
    )
    group.addoption("--octave-record", choices=MODES, metavar="MODE", help=RECORD_HELP)
    group.addoption(
        "--octave-prune",
        action="store_true",
        help="remove the recordings that no test asked for, of each module all of whose tests ran and passed",
    )
    parser.addini("octave_record", "what --octave-record says where it is not given", default=DEFAULT)


def in_ci() -> bool:
    """Tell whether this is continuous integration, as its services say."""
    return os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no", "off")


def check_options(config: pytest.Config) -> None:
    """Raise UsageError where the options ask for what cannot be."""
    if (told := config.getini("octave_record")) not in MODES:
        raise pytest.UsageError(f"octave_record: wanted one of {', '.join(MODES)}, got {told!r}")
    asked = config.getoption("octave_record")
    if in_ci() and asked not in (None, "none"):
        raise pytest.UsageError(
            f"--octave-record={asked}: in CI (CI={os.environ['CI']}) nothing is recorded; "
            "record on a machine of your own and commit the recordings"
        )
    if in_ci() and config.getoption("octave_prune"):
        raise pytest.UsageError(
            f"--octave-prune: in CI (CI={os.environ['CI']}) recordings stay as they are; prune and commit them"
        )


def mode_of(config: pytest.Config) -> str:
    """Return the mode: what the option says, else the ini file; in CI none."""
    if in_ci():
        return "none"
    return str(config.getoption("octave_record") or config.getini("octave_record"))


def remedy(config: pytest.Config, module: Path) -> str:
    """Say how the missing recordings of a test module come to be."""
    command = f"pytest --octave-record=missing {quote(near(config, module))}"
    if in_ci():
        return f"in CI nothing is recorded: on a machine with Octave, {command} records it; commit it"
    return f"{command} records it"


def near(config: pytest.Config, path: Path) -> str:
    """Return a path as a person would write it where pytest was started."""
    try:
        return str(path.relative_to(config.invocation_params.dir))
    except ValueError:
        return str(path)
