"""The executable that the tests take for MATLAB."""

from __future__ import annotations

from pathlib import Path

STAND_IN = Path(__file__).parent / "stand_in" / "matlab"
RELEASE = "R2099b"  # says the stand-in
