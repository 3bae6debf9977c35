"""Writing the copy of a tree: whole, beside what it replaces, and nowhere else."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path

from pybn.errors import FileError
from pybn.staging.plan import Plan
from pybn.staging.stand_ins import provide

REPORT = "pybn-staging.json"  # lies in every copy, and marks it as one
SHIMS = "pybn_shims"  # the folder of stand-ins, which goes last on the path
VERSION = 1


def write(plan: Plan, out: Path) -> list[Path]:
    """Make the copy at `out`, which may be missing, an empty folder or an earlier copy; return the folders for a path.

    The last of them is that of the stand-ins, where some are needed: it goes to the end of the path (addpath -end).
    An earlier copy is replaced in one step. Raises FileError where `out` is something else, lies in the tree or
    around it, and where something cannot be read or written.
    """
    _check(plan, out)
    try:
        new = out.parent / f".pybn-{secrets.token_hex(8)}.tmp"
        new.mkdir()
        try:
            lay(plan, new)
            for name in plan.stand_ins:
                (new / SHIMS).mkdir(exist_ok=True)
                provide(name, new / SHIMS)
            (new / REPORT).write_text(json.dumps(report(plan), indent=1) + "\n")
            _swap(new, out)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{error.filename or out}: cannot be written: {error.strerror}") from error
    folders = [out / plan.folder(root) for root in plan.roots]
    return [*folders, out / SHIMS] if plan.stand_ins else folders


def lay(plan: Plan, folder: Path) -> None:
    """Write the files of a plan into an empty folder."""
    made = {""}
    for each in plan.staged.values():
        if {"", ".", ".."} & set(each.to.split("/")):
            raise FileError(f"{each.to}: is no place in a copy")  # no rule makes such a one
        inside, _, _ = each.to.rpartition("/")
        if inside not in made:
            (folder / inside).mkdir(parents=True, exist_ok=True)
            made.add(inside)
        target = folder / each.to
        if each.text is not None:
            target.write_bytes(each.text.encode("latin-1"))
        elif each.found.is_code:
            target.write_bytes(plan.tree.places[each.found.where].text.encode("latin-1"))
        else:
            shutil.copyfile(each.found.path, target)


def report(plan: Plan) -> dict[str, object]:
    """Return what a plan says, for JSON: files, rewrites, troubles, what was left out."""
    return {
        "pybn-staging": VERSION,
        "roots": [os.fspath(root) for root in plan.roots],
        "allow": sorted(plan.allow),
        "files": [{"file": e.found.where, "to": e.to, "state": e.state} for e in plan.files],
        "rewrites": [asdict(each) for each in plan.rewrites],
        "troubles": [asdict(each) for each in plan.troubles],
        "stand_ins": list(plan.stand_ins),
        "left_out": [asdict(each) for each in plan.left_out],
    }


def _check(plan: Plan, out: Path) -> None:
    """Refuse a place that is not ours to write to."""
    if out.is_symlink():
        raise FileError(f"{out}: is a symbolic link, and nothing is written through one; name its target")
    if not out.parent.is_dir():
        raise FileError(f"{out}: cannot be written: there is no folder {out.parent}")
    place = out.resolve()
    for root in plan.roots:
        if place.is_relative_to(root):
            raise FileError(
                f"{out}: lies in the tree {root}, which is never written to; name a place outside it"
            )
        if root.is_relative_to(place):
            raise FileError(f"{out}: the tree {root} lies in it; name a place outside it")
    if out.exists() and not out.is_dir():
        raise FileError(f"{out}: cannot be written: it is no folder")
    if out.exists() and any(out.iterdir()) and not is_copy(out):
        raise FileError(f"{out}: is not empty, and no copy that pybn made; name another place")


def is_copy(folder: Path) -> bool:
    """Tell whether a folder is a copy that pybn made."""
    try:
        told = json.loads((folder / REPORT).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and "pybn-staging" in told


def _swap(new: Path, out: Path) -> None:
    """Put the new folder in the place of the old one."""
    if not out.exists():
        new.rename(out)
        return
    old = out.parent / f".pybn-{secrets.token_hex(8)}.tmp"
    out.rename(old)
    try:
        new.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
