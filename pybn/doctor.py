"""Tell what this machine has, what is wrong, and the command that fixes it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pybn
from pybn.errors import NO_OCTAVE, PybnError
from pybn.resources import bundled

OLDEST_OCTAVE = (7, 0)
FIX_OCTAVE = "apt-get install --no-install-recommends octave"
FIX_OCT2PY = "pip install 'pybn[octave]'"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: "ok", "missing" or "wrong"; what was found; the command that helps."""

    name: str
    state: str
    found: str
    fix: str = ""
    needed_for: str = ""


def examine(*, live: bool = True) -> list[Finding]:
    """Look at everything; with `live`, also start Octave through oct2py and let it answer one case."""
    found = list(_look())
    if live and all(f.state == "ok" for f in found if f.name in ("octave", "oct2py")):
        found.append(_ask_octave())
    return found


def exit_code(findings: list[Finding]) -> int:
    """Return 0 where all is well, 3 where Octave cannot be asked, else 4."""
    bad = [f for f in findings if f.state != "ok"]
    if not bad:
        return 0
    return NO_OCTAVE if all(f.name in ("octave", "oct2py", "octave answers") for f in bad) else 4


def to_text(findings: list[Finding]) -> str:
    """Return a line for each finding, with the fix under what is not well."""
    lines = []
    for f in findings:
        lines.append(f"  {f.state:<8} {f.name:<16} {f.found}".rstrip())
        if f.fix:
            why = f"  ({f.needed_for})" if f.needed_for else ""
            lines.append(f"           {'':<16} fix: {f.fix}{why}")
    bad = sum(f.state != "ok" for f in findings)
    lines.append(
        "all is well"
        if not bad
        else f"{bad} to mend"
        + (" (the recorded answers serve until then)" if exit_code(findings) == NO_OCTAVE else "")
    )
    return "\n".join(lines) + "\n"


def to_json(findings: list[Finding]) -> dict[str, Any]:
    """Return the findings as JSON data."""
    return {"schema": 1, "pybn": pybn.__version__, "job": "doctor", "findings": [asdict(f) for f in findings]}


def _look() -> Iterator[Finding]:
    yield Finding("pybn", "ok", f"{pybn.__version__}, Python {platform.python_version()}, {sys.executable}")
    for name in ("numpy", "scipy", "h5py"):
        yield _package(name, "pip install --upgrade pybn", "")
    yield _package("pytest", "pip install 'pybn[pytest]'", "only to run cases as tests")
    yield _octave()
    yield _package("oct2py", FIX_OCT2PY, "to run .m files")
    yield _matlab()
    yield _fixtures()


def _package(name: str, fix: str, needed_for: str) -> Finding:
    try:
        return Finding(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "missing", "not installed", fix, needed_for)


def _octave() -> Finding:
    from pybn.engines.octave.session import find_octave

    try:
        path = find_octave()
        said = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            check=False,
        ).stdout
    except PybnError as error:
        return Finding("octave", "missing", str(error).partition(";")[0], FIX_OCTAVE, "to run .m files")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("octave", "wrong", f"does not start: {error}", FIX_OCTAVE, "to run .m files")
    version = said.splitlines()[0].rsplit(" ", 1)[-1] if said else "no version"
    if _numbers(version) < OLDEST_OCTAVE:
        wanted = ".".join(map(str, OLDEST_OCTAVE))
        return Finding(
            "octave", "wrong", f"{version} at {path}; wanted {wanted} or newer", FIX_OCTAVE, "to run .m files"
        )
    return Finding("octave", "ok", f"{version}, {path}")


def _matlab() -> Finding:
    """Look whether MATLAB is here; where it is not, nothing is wrong. It is not started, which takes long."""
    from pybn.engines.matlab import find_matlab

    try:
        path = find_matlab()
    except PybnError:
        why = "MATLAB_EXECUTABLE is no program" if os.environ.get("MATLAB_EXECUTABLE") else "not on the PATH"
        return Finding("matlab", "ok", f"none ({why}); Octave and recorded answers do without it")
    told = Path(path).resolve().parent.parent / "VersionInfo.xml"
    try:
        release = re.search(r"<release>\s*(\w+)\s*</release>", told.read_text(errors="replace"))
    except OSError:
        release = None
    return Finding("matlab", "ok", f"{release[1] if release else 'release not known'}, {path}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _fixtures() -> Finding:
    from pybn.engines.golden import GoldenEngine
    from pybn.parity import find_cases
    from pybn.record import state

    try:
        golden = GoldenEngine()
        states = [state(case, golden)[0] for case in find_cases() if not case.live]
        where = bundled("fixtures")
    except PybnError as error:
        return Finding("fixtures", "wrong", str(error), "install pybn again")
    bad = {word: states.count(word) for word in ("missing", "stale") if word in states}
    if bad:
        told = ", ".join(f"{n} {word}" for word, n in bad.items())
        return Finding("fixtures", "wrong", f"{told} of {len(states)} in {where}", f"pybn record {where}")
    return Finding("fixtures", "ok", f"{len(states)} recorded answers, none stale, {where}")


def _ask_octave() -> Finding:
    from pybn.engines.golden import GoldenEngine
    from pybn.engines.octave import OctaveEngine
    from pybn.parity import find_cases, inputs_of, judge

    golden = GoldenEngine()
    case = next(c for c in find_cases() if c.stem == "batch_norm")
    try:
        inputs = inputs_of(case, golden)
        with OctaveEngine(deadline=30) as octave:
            result = judge(case, golden.run(case, inputs), octave.run(case, inputs), ("matlab", "matlab"))
            blas = octave.versions["blas"]
    except PybnError as error:
        return Finding("octave answers", "wrong", str(error), FIX_OCTAVE, "to run .m files")
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    if not result.passed:
        return Finding(
            "octave answers",
            "wrong",
            f"differs from the recorded answer: {result.message}",
            "pybn parity --expected golden --obtained octave",
        )
    return Finding("octave answers", "ok", f"as recorded; BLAS: {blas}, threads: {threads}")
