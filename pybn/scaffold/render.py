"""Write a first case as TOML that a person reads: what was guessed, and what is to be filled in, stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pybn.scaffold.argument import Argument
from pybn.scaffold.draft import Draft
from pybn.scaffold.place import Place
from pybn.scaffold.target import Target
from pybn.scaffold.toml import comment, comments, inline, key, quoted, value
from pybn.scaffold.words import plain
from pybn.scaffold.written import values


def render(
    place: Place,
    draft: Draft,
    target: Target,
    kind: str,
    about: str,
    where: Mapping[str, str],
    files: Sequence[str] = (),
) -> str:
    """Return the text of a case file; `kind` is "class" or "function", `where` says where it is.

    `files` are data files that its arguments name.
    """
    return "\n".join(
        [
            comment(f"A first case for {place.file.name}."),
            comment('Look for "fill in". pybn\'s README tells of every key.'),
            f"about = {quoted(about or f'A first case for {place.name}.')}",
            *_files(draft, files),
            "",
            *_sides(place, draft, target, kind, where),
            *_attributes([each for each in draft.arguments if each.kind == "value"]),
            *_inputs(draft),
            *_outputs(draft),
            *_steps(draft),
            *_case(draft),
        ]
    )


def _files(draft: Draft, files: Sequence[str]) -> Iterator[str]:
    """Write the data files that a case reads, where they are there, or how to name them."""
    if files:
        yield f"files = {value(list(files))}  # copied to where each side runs"
    elif any(each.kind == "value" and FILE.match(plain(each.name)) for each in draft.arguments):
        yield comment('fill in: files = ["..."], where it reads a data file')


def _sides(place: Place, draft: Draft, target: Target, kind: str, where: Mapping[str, str]) -> Iterator[str]:
    known = {"value", "tensor"}
    new = value([f"${argument.name}" if argument.kind in known else [] for argument in draft.new])
    constructs = [f"new = {new}"] if kind == "class" else []
    missing = "" if target.found else "  # fill in: module:name of the port"
    yield from [
        "[matlab]",
        *(f"{key(name)} = {quoted(folder)}" for name, folder in where.items()),
        f"{kind} = {quoted(place.name)}",
        *constructs,
        "",
    ]
    yield from [
        "[python]",
        'path = "."',
        f"target = {quoted(target.text)}{missing}",
        *constructs,
        "",
    ]


def _attributes(values: list[Argument]) -> Iterator[str]:
    if values:
        yield "[attrs]  # given to both sides, as $name"
        yield from (f"{key(each.name)} = {value(each.value)}{_note(each.note)}" for each in values)
        yield ""


def _inputs(draft: Draft) -> Iterator[str]:
    tensors = [each for each in draft.arguments if each.kind == "tensor"]
    if tensors:
        yield "[inputs]  # drawn at random; axes name the dimensions, in the order that MATLAB has them"
        yield from (
            f"{key(each.name)} = {inline(_declared(each, draft))}{_note(each.note)}" for each in tensors
        )
        yield ""


def _declared(tensor: Argument, draft: Draft) -> dict[str, Any]:
    table: dict[str, Any] = {"axes": " ".join(tensor.axes)} if tensor.axes else {"shape": list(tensor.shape)}
    if tensor.matlab:
        table["matlab"] = tensor.matlab
    if tensor.dtype:
        table["dtype"] = tensor.dtype
    if tensor.index_of:
        return table | {"draw": "integers", "low": 1, "high": draft.highest(tensor)}
    drawn = {"bool": "bool"}.get(tensor.dtype, "integers" if "int" in tensor.dtype else "normal")
    return table | {"draw": drawn}


DTYPE = 'dtype = "float64"  # ["float64", "float32"] runs both'
FILE = re.compile(r"f?name|\w*file\w*|\w*path")
TELL = """\
# kind = "value" takes whatever is returned. A tensor may be declared instead, as axes = "A B":
# then its shape is checked, and python = "B A" says that the port has its axes in another order.
# How close it must be: ulp, ulp_of_max, rtol or atol, with because = "..."; to the last bit
# where nothing is said."""


def _outputs(draft: Draft) -> Iterator[str]:
    yield from [TELL, "[outputs]"]
    yield from (f"{key(name)} = {inline({'kind': kind})}" for name, kind in draft.outputs.items())
    yield ""


def _steps(draft: Draft) -> Iterator[str]:
    for matlab, python in draft.steps:
        yield from ["[[step]]", f"matlab = {quoted(matlab)}", f"python = {quoted(python)}", ""]
    if draft.notes:
        yield from [*(line for note in draft.notes for line in comments(note)), ""]


def _case(draft: Draft) -> Iterator[str]:
    sizes, written = draft.sizes(), draft.example()
    if not written:
        told = "  # of the axes: none like another, so that a transposition shows"
        size = [f"size = {inline(sizes)}{told}"] if sizes else []
        yield from ["[[case]]", 'name = "first"', *size, DTYPE, ""]
        return
    size = [f"size = {inline(written)}"]
    yield from ["[[case]]", 'name = "the example in the help"', *size, DTYPE, "[case.inputs]"]
    for each in draft.arguments:
        if each.kind == "tensor":
            yield f"{key(each.name)} = {{ values = {value(values(each))} }}"
    yield from ["", "[[case]]", 'name = "drawn at random"', *size, DTYPE, ""]


def _note(note: str) -> str:
    return comment(note, "  ") if note else ""
