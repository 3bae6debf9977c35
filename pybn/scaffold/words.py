"""What the names of arguments usually mean, and the values that a first case gives them."""

from __future__ import annotations

import re

# Values for names that nearly always are one number.
# fmt: off
NUMBERS: dict[str, int | float] = {
    "k": 3, "n": 4, "m": 3, "p": 2, "dim": 1, "order": 2, "degree": 2, "window": 3, "width": 3, "len": 4, "count": 4,
    "stride": 1, "step": 1, "pad": 1, "index": 1, "idx": 1, "seed": 42, "fs": 100, "fc": 10, "factor": 2,
    "scale": 2.0, "alpha": 0.5, "lambda": 0.1, "sigma": 1.5, "mu": 0.5, "eps": 1e-5, "epsilon": 1e-5, "tol": 1e-6,
    "rate": 0.1, "lr": 0.1, "learningrate": 0.1, "momentum": 0.9, "threshold": 0.5, "thresh": 0.5, "angle": 0.5,
    "theta": 0.5, "maxiter": 10, "iterations": 10, "epochs": 2, "prob": 0.5, "rows": 3, "cols": 4, "radius": 2.0,
    "dt": 0.1, "nbins": 4, "bins": 4, "capacity": 8, "ratio": 0.5, "tolerance": 1e-6, "dist": 1.0, "distance": 1.0,
}
TEXT = re.compile(
    r"(\w*name|mode|method|type|str|text|option|label|file(path)?|path|kind|format|folder|dir|string|units?|colou?r|title)\Z"
)
# fmt: on
USUAL = 3  # for one number of another name
COUNT = re.compile(r"(n|num|max|min)_?[A-Z_]\w*\Z|\w+_?(size|count|len|length|num|idx|index)\Z")
FLAG = re.compile(r"(is|do|use|has|with)_?[A-Z_]\w*\Z|is[a-z]{4,}\Z|verbose|flag\Z")
LETTER = re.compile(r"[abcdghklmnoqrsuw]\Z")  # one number, where other arguments are arrays
STRUCT = frozenset({"opts", "options", "params", "config", "cfg", "settings"})

INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
CLASSES = {"double": "float64", "single": "float32", "logical": "bool", **{name: name for name in INTEGERS}}


def plain(name: str) -> str:
    """Return a name in lower case, without underscores."""
    return name.lower().replace("_", "")


def number(name: str) -> int | float:
    """Return a value for an argument of this name that is one number."""
    return NUMBERS.get(plain(name), USUAL)


def is_number(name: str) -> bool:
    """Tell whether an argument of this name is one number, as a rule."""
    return plain(name) in NUMBERS or COUNT.match(name) is not None
