"""The functions of a .m file as a first case needs them: arguments, what is declared of each, the tokens within."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pybn.mfile import Function, Token
from pybn.scaffold.argument import Known
from pybn.scaffold.evidence import strings_of
from pybn.scaffold.words import CLASSES

SIZE = re.compile(r"\((\s*(?:\d{1,6}|:)\s*(?:,\s*(?:\d{1,6}|:)\s*)*)\)\Z")
TYPES = frozenset({*CLASSES, "char", "string", "struct", "cell", "function_handle"})
SIZES = {"vector": (1, None), "row": (1, None), "column": (None, 1)}  # what validateattributes says


@dataclass(frozen=True, slots=True)
class Signature:
    """One function or method. `object` is the input that is the object of a method, and is none of `inputs`."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tokens: Sequence[Token]
    known: Mapping[str, Known] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()  # inputs that are given as name and value
    object: str = ""
    help: str = ""


def read_signature(function: Function, found: Sequence[Token], *, of_object: bool = False) -> Signature:
    """Return what a first case needs of a function of the file with these tokens.

    `of_object`: it is a method, and its first input the object.
    """
    inside = [token for token in found if function.line <= token.line <= function.last_line]
    inputs, owner = function.inputs, ""
    if of_object and inputs:
        owner, inputs = inputs[0], inputs[1:]
    declared = {each.name: each for each in function.arguments}
    checked = _checked(inside)
    known = {
        name: Known(
            type=_type(declared[name].kind if name in declared else "") or checked.get(name, Known()).type,
            size=_size(declared[name].size if name in declared else "") or checked.get(name, Known()).size,
            is_scalar=checked.get(name, Known()).is_scalar,
            default=function.defaults.get(name, ""),
        )
        for name in inputs
    }
    return Signature(
        name=function.name,
        inputs=inputs,
        outputs=function.outputs,
        tokens=inside,
        known=known,
        optional=frozenset(function.defaults),
        options=frozenset(name.partition(".")[0] for name in declared if "." in name),
        object=owner,
        help=function.help,
    )


def summary(text: str, name: str) -> str:
    """Return the first line of a help text, without the name in capitals that MATLAB's customs put there."""
    for line in text.splitlines():
        if bare := re.sub(
            rf"^{re.escape(name)}(\.m)?(?!\w)[\s:-]*", "", line.strip(), flags=re.IGNORECASE
        ).strip(" =-*_%#"):
            return bare
    return ""


def _type(kind: str) -> str:
    return kind if kind in TYPES else ""


def _size(text: str) -> tuple[int | None, ...]:
    """Read `(1,:)` as it stands in an arguments block."""
    found = SIZE.match(text.strip())
    if not found:
        return ()
    return tuple(None if part.strip() == ":" else int(part) for part in found.group(1).split(","))


def _checked(inside: Sequence[Token]) -> dict[str, Known]:
    """Return what calls of validateattributes(x, {classes}, {attributes}) say."""
    found: dict[str, Known] = {}
    tokens = [token for token in inside if token.kind not in ("space", "comment", "continuation", "newline")]
    for k, token in enumerate(tokens[:-3]):
        if token.text == "validateattributes" and tokens[k + 1].text == "(" and tokens[k + 2].kind == "name":
            lists = _lists(tokens[k + 3 : k + 200])
            types = [text for text in (lists[0] if lists else []) if text in TYPES]
            said = lists[1] if len(lists) > 1 else []
            size = next((SIZES[text] for text in said if text in SIZES), ())
            found[tokens[k + 2].text] = Known(types[0] if len(types) == 1 else "", size, "scalar" in said)
    return found


def _lists(tokens: Sequence[Token]) -> list[list[str]]:
    """Return the strings in each pair of braces, up to the bracket that closes the call."""
    found: list[list[str]] = []
    depth = 1
    for k, token in enumerate(tokens):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth < 1:
            break
        if token.text == "{" and depth == 2:
            end = next((j for j in range(k, len(tokens)) if tokens[j].text == "}"), len(tokens))
            found.append(list(strings_of(tokens[k:end])))
    return found
