"""The commands with MATLAB, played by the stand-in: who answered is told everywhere, and so is what is missing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from matlab_stand_in import RELEASE, STAND_IN
from test_cli import SQUARE, pybn
from test_html_report import index_of
from test_plugin import run

from pybn import doctor
from pybn.cli import main
from pybn.formats.fixture import read_fixture

pytestmark = pytest.mark.usefixtures("needs_octave")

# Answers as the port does under MATLAB alone, which has timers.
MATLABS_OWN = "function y = square(x)\n  y = x .* x;\n  if ~exist('timerfindall'), y = -y; end\nend\n"


@pytest.fixture
def square(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder: a .m file, its port, and a case file."""
    (tmp_path / "square.m").write_text(MATLABS_OWN)
    (tmp_path / "square_port.py").write_text("def square(x):\n    return x * x\n")
    (tmp_path / "square.toml").write_text(SQUARE)
    sys.modules.pop("square_port", None)
    monkeypatch.setenv("MATLAB_EXECUTABLE", str(STAND_IN))
    return tmp_path


def test_parity_with_matlab_on_either_side(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", str(square), "--expected", "matlab"]) == 0
    assert (
        f"matlab {RELEASE} against port: 2 cases, 2 tensors: ✓ all agree, bit for bit"
        in capsys.readouterr().out
    )
    report = square / "out.html"
    told = [
        "parity",
        str(square),
        "--expected",
        "octave",
        "--obtained",
        "matlab",
        "--json",
        "--report",
        str(report),
    ]
    assert main(told) == 1
    found = json.loads(capsys.readouterr().out)
    assert {"octave", "blas", "matlab", "matlab_blas"} <= found["versions"].keys()
    assert (found["expected"], found["obtained"]) == ("octave", "matlab")
    assert index_of(report.read_text())["obtained"] == f"MATLAB {RELEASE}, live"


def test_what_matlab_recorded_says_so(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", str(square), "--engine", "matlab"]) == 0
    assert "2 recorded" in capsys.readouterr().out
    records = read_fixture(square / "square.h5").values()
    assert {record.oracle for record in records} == {f"MATLAB {RELEASE}"}
    assert all("octave" not in record.versions for record in records)
    assert main(["inspect", str(square / "square.h5")]) == 0
    assert f"2 cases recorded under MATLAB {RELEASE}" in capsys.readouterr().out
    assert main(["parity", str(square), "--report", str(square / "out.html")]) == 0
    about = index_of((square / "out.html").read_text())
    assert about["expected"] == "MATLAB's recorded answers"
    assert ["MATLAB, of the record", RELEASE] in about["versions"]
    capsys.readouterr()

    (square / "square.m").write_text(f"{MATLABS_OWN}% changed\n")
    assert main(["parity", str(square)]) == 4
    told = capsys.readouterr().out
    assert "the recorded answer is stale: square.m changed" in told
    assert "pybn record --stale --engine matlab" in told
    assert main(["record", str(square)]) == 0
    assert (
        f"square.m changed; by Octave 7.3.0, was by MATLAB {RELEASE}; y: differs" in capsys.readouterr().out
    )


def test_the_plugin_does_not_ask_octave_about_what_matlab_recorded(square: Path) -> None:
    """Octave's answer would be another."""
    assert main(["record", str(square), "--engine", "matlab", "--json"]) == 0
    assert "2 passed" in run(square, "-q").stdout
    (square / "square_port.py").write_text("def square(x):\n    return x + x\n")
    ended = run(square, "-q").stdout
    assert "2 failed" in ended
    assert "MATLAB's recorded answer" in ended


@pytest.mark.parametrize("command", [["parity", "--expected", "matlab"], ["record", "--engine", "matlab"]])
def test_without_matlab_the_way_out_is_told(square: Path, command: list[str]) -> None:
    done = pybn(*command, str(square), MATLAB_EXECUTABLE="no-such-matlab")
    assert done.returncode == 3
    assert "MATLAB is not here (MATLAB_EXECUTABLE=no-such-matlab, which is no program)" in done.stderr
    assert "--expected golden" in done.stderr


def test_without_a_licence_it_is_told_in_matlabs_words(square: Path) -> None:
    done = pybn("parity", "--expected", "matlab", str(square), STAND_IN_TROUBLE="license")
    assert done.returncode == 3
    assert (
        "MATLAB has no licence; it wrote: License checkout failed. / License Manager Error -96" in done.stderr
    )
    assert "--expected golden" in done.stderr


def test_doctor_tells_whether_matlab_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the release where MATLAB keeps it, and starts nothing."""

    def told() -> tuple[str, str]:
        finding = doctor._matlab()
        return finding.state, finding.found

    (tmp_path / "bin").mkdir()
    executable = tmp_path / "bin" / "matlab"
    executable.write_text("#!/bin/sh\nexit 1\n")
    executable.chmod(0o755)
    monkeypatch.setenv("MATLAB_EXECUTABLE", str(executable))
    assert told() == ("ok", f"release not known, {executable}")
    xml = "<MathWorks_version_info>\n <version>9.14</version>\n <release>R2023a</release>\n</MathWorks_version_info>\n"
    (tmp_path / "VersionInfo.xml").write_text(xml)
    assert told() == ("ok", f"R2023a, {executable}")
    monkeypatch.delenv("MATLAB_EXECUTABLE")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), "/usr/bin"]))
    state, found = told()
    assert (state, found) == ("ok", "none (not on the PATH); Octave and recorded answers do without it")
