"""What the scripts of this folder share: the digits, how a picture looks, and where the figures are written down."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_digits

from pybn.formats.base import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent
FIGURES = HERE / "figures.json"

# Colours that the colour-blind tell apart (Okabe and Ito).
BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#595959"

STYLE = {
    "figure.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],  # a short list: it stands beside each text
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "svg.fonttype": "none",  # text stays text: small, and found by a search
    "svg.hashsalt": "pybn",  # the same picture is the same bytes
}

Array = Any


def digits() -> tuple[Array, Array, Array, Array]:
    """Return x, t to train on and x, t to test on: every fifth of scikit-learn's 1,797 digits is for the test.

    x (N, 1, 8, 8) from 0 to 1; t (N, 10) with a one in the column of the digit.
    """
    told = load_digits()
    x = told.images[:, np.newaxis] / 16.0
    t = np.eye(10)[told.target]
    test = np.arange(len(x)) % 5 == 0
    return x[~test], t[~test], x[test], t[test]


def save(figure: Figure, name: str) -> Path:
    """Write a picture into this folder, without a date."""
    from matplotlib import rc_context

    path = HERE / name
    with atomic_write(path) as temporary, rc_context(STYLE):
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None})
        # Less to store: a hundredth of a point is enough, and spaces at the ends of lines are nothing.
        text = re.sub(r"<[^>]*>", _shorter, temporary.read_text(encoding="utf-8"))
        text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
        temporary.write_text(text, encoding="utf-8")
    return path


def _shorter(tag: re.Match[str]) -> str:
    return re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0])


def record(script: str, figures: dict[str, Any]) -> None:
    """Write down what a script measured, beside what the others did."""
    told = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    text = json.dumps(told | {script: figures}, indent=2, sort_keys=True, allow_nan=False)
    with atomic_write(FIGURES) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
