"""Files of MATLAB's that are no .m: what they are, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.staging.findings import CANNOT, Trouble
from pybn.staging.plan import Plan

RULE = "no-source"
KINDS = {
    ".p": (
        "protected code, which MATLAB alone reads",
        "ask its author for the .m file, or write one that does the same",
    ),
    ".mlx": ("a live script, which MATLAB alone reads", "save it as .m in MATLAB: export(file, 'script.m')"),
    ".mlapp": ("an app of App Designer", "put what it computes into functions, and call those"),
    ".slx": ("a Simulink model", "call the functions that it calls; Octave runs no models"),
    ".mdl": ("a Simulink model", "call the functions that it calls; Octave runs no models"),
    ".mlappinstall": ("an installer of an app", "take the .m files out of it in MATLAB"),
    ".mltbx": ("an installer of a toolbox", "take the .m files out of it: it is a zip archive"),
}


def binaries(plan: Plan) -> Iterator[Trouble]:
    """Yield a trouble for each file of a tree that MATLAB would run and that is no .m; less those with a .m beside."""
    for where in plan.staged:
        stem, dot, suffix = where.rpartition(".")
        suffix = dot + suffix.lower()
        if suffix in KINDS and f"{stem}.m" not in plan.staged:
            why, fix = KINDS[suffix]
            yield Trouble(where, 0, "", f"{suffix} is {why}", fix, RULE, CANNOT)
