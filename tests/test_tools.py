"""The tool chain: uv.lock and tools/requirements.txt say the same, and no address; setup refuses a wrong Python."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = (ROOT / "tools" / "requirements.txt").read_text(encoding="utf-8")
LOCK = (ROOT / "uv.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins() -> dict[tuple[str, str], set[str]]:
    """The hashes of each (name, version) in requirements.txt."""
    entries = re.split(r"\n(?=\S)", REQUIREMENTS.strip())
    found = {}
    for entry in entries:
        name, version = entry.split(maxsplit=1)[0].split("==")
        found[name, version] = set(re.findall(r"--hash=(\S+)", entry))
    return found


def locked() -> dict[tuple[str, str], set[str]]:
    """The same of uv.lock."""
    packages: list[dict[str, Any]] = tomllib.loads(LOCK)["package"]
    found = {}
    for package in packages:
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        found[package["name"], package["version"]] = {file["hash"] for file in files}
    return found


def wanted() -> list[Requirement]:
    """What pyproject.toml asks for, in any extra or group."""
    project = PROJECT["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    requirements = [Requirement(text) for texts in lists for text in texts]
    # PyTorch is left to pip: see [tool.uv] in pyproject.toml.
    return [requirement for requirement in requirements if requirement.name not in (project["name"], "torch")]


def test_both_files_pin_the_same_versions_and_hashes() -> None:
    ours = {key: hashes for key, hashes in locked().items() if key[0] != PROJECT["project"]["name"]}
    assert pins() == ours


def test_every_pin_has_a_hash() -> None:
    assert all(pins().values())


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_what_pyproject_asks_for_is_pinned(requirement: Requirement) -> None:
    versions = [version for name, version in pins() if name == canonicalize_name(requirement.name)]
    assert versions, "not pinned; run tools/lock"
    assert all(requirement.specifier.contains(version) for version in versions), "outdated; run tools/lock"


@pytest.mark.parametrize("text", [LOCK, REQUIREMENTS], ids=["uv.lock", "requirements.txt"])
def test_no_address_is_locked(text: str) -> None:
    found = set(re.findall(r"\w+://[^/\"\s]*", text)) - {"https://index.invalid"}
    assert not found, "restore the file, or run tools/lock"
    assert not re.search(r"(path|directory|find-links) = |^-|^\.?/", text, re.MULTILINE)


@pytest.mark.parametrize(
    "script",
    [
        ".ci/run",
        "tools/have-chromium",
        "tools/have-octave",
        "tools/lock",
        "tools/run",
        "tools/setup",
        "tools/test",
    ],
)
def test_scripts_can_be_called(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_setup_refuses_what_is_no_python_and_leaves_all_as_it_was() -> None:
    env = os.environ | {"PYBN_PYTHON": "false", "PYBN_NO_OCTAVE": "1"}
    setup = subprocess.run([ROOT / "tools" / "setup"], env=env, capture_output=True, text=True, timeout=60)
    assert setup.returncode == 1
    assert setup.stderr == "setup: PYBN_PYTHON=false is no Python 3.11 or newer\n"
    assert setup.stdout == ""
