"""A first case file from the signature of a MATLAB function or class, with the axes to fill in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pybn.case_sides import DOTTED
from pybn.errors import CaseError, UsageError
from pybn.formats.base import atomic_write
from pybn.mfile import Outline, Token, outline, tokens
from pybn.scaffold.classes import draft_class
from pybn.scaffold.draft import Draft
from pybn.scaffold.place import Place, locate, read
from pybn.scaffold.port import stub
from pybn.scaffold.reach import Reach
from pybn.scaffold.render import render
from pybn.scaffold.signature import Signature, read_signature, summary
from pybn.scaffold.target import Target, find_target, snake_case


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written, and what a person has to know of them."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def scaffold(
    file: str | Path,
    out: str | Path | None = None,
    python: str | None = None,
    *,
    port: bool = False,
    force: bool = False,
) -> Written:
    """Write a first case file for a .m file, to `out` (a file or a folder) or beside it.

    With `port`, a Python file to fill in as well. `python` is the target "module:name". Raises CaseError where the .m
    file has nothing that a case could call, UsageError where a file is there already and not `force`, FileError.
    """
    place = locate(Path(file))
    found = outline(text := read(place.file), place.stem)
    case_file = _case_file(place, out)
    target = _target(python, case_file.parent, place, is_class=found.kind == "class")
    reach = Reach(place)
    draft, signatures = _draft(reach, found, tokens(text), target)
    about = summary(found.class_.help if found.class_ else signatures[0][1].help, place.stem)
    around = reach.tree()
    where = ("path", place.root) if around is None else ("tree", around)
    kind = "class" if found.class_ else "function"
    folders = {where[0]: _relative(where[1], case_file.parent)}
    made = port and not target.found
    shown, data = replace(target, found=target.found or made), _data(draft, place, case_file.parent)
    files = {case_file: render(place, draft, shown, kind, about, folders, data)}
    if made:
        module = case_file.parent / f"{target.module}.py"
        files[module] = stub(target, signatures, about, is_class=kind == "class")
    _write(files, force=force)
    return Written(tuple(files), tuple(draft.notes))


def _case_file(place: Place, out: str | Path | None) -> Path:
    name = f"{snake_case(place.stem)}.toml"
    file = place.root / name if out is None else Path(out).absolute()
    if file.is_dir():
        return file / name
    if file.suffix != ".toml":
        raise UsageError(f"-o {file}: wanted a name that ends in .toml, or a folder that is there")
    return file


def _data(draft: Draft, place: Place, folder: Path) -> list[str]:
    """Return the files beside the .m file that an argument names, relative to the case file's folder."""
    given = [each.value for each in draft.arguments if isinstance(each.value, str) and "/" not in each.value]
    beside = (place.file.parent / name for name in given if "." in name and "\0" not in name)
    return [_relative(path, folder) for path in beside if path.is_file() and path.suffix != ".m"]


def _target(python: str | None, folder: Path, place: Place, *, is_class: bool) -> Target:
    if python is None:
        return find_target(folder, place.stem, is_class=is_class)
    parts = python.split(":")
    if len(parts) != 2 or not all(DOTTED.match(part) for part in parts):
        raise UsageError(f"--python: wanted MODULE:NAME, got {python!r}")
    return Target(python, found=True)


def _relative(folder: Path, start: Path) -> str:
    return Path(os.path.relpath(folder, start)).as_posix()


def _draft(
    reach: Reach, found: Outline, all_tokens: Sequence[Token], target: Target
) -> tuple[Draft, list[tuple[str, Signature]]]:
    """Return the draft, and the signatures with the names that the port gives them."""
    place = reach.place
    if found.class_ is not None:
        return draft_class(reach, found.class_, all_tokens, target)
    if place.is_method_folder:
        raise CaseError(
            f"{place.file}: is the constructor of a class without classdef, whose methods a case cannot call; "
            "call them from a .m function of yours, and scaffold that"
        )
    if found.kind != "function" or not found.functions:
        raise CaseError(
            f"{place.file}: is a script, which has neither inputs nor outputs to compare; make it a function: "
            f"a first line `function y = {place.stem}(x)`, with what it reads and what it leaves"
        )
    signature = read_signature(found.functions[0], all_tokens)
    draft = Draft(reach)
    draft.call(signature, place.name, target.name.rsplit(".", 1)[-1])
    if not draft.outputs:
        draft.print(place.name)
    return draft, [(target.name, signature)]


def _write(files: dict[Path, str], *, force: bool) -> None:
    for path in files:
        if path.exists() and not force:
            raise UsageError(f"{path}: is there already; --force replaces it, -o takes another name")
    for path, text in files.items():
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
