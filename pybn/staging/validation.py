"""What `(size) class {validators}` says of an argument or a property, as statements that Octave runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pybn.mfile import Token, significant, tokens
from pybn.mfile.declared import Declared
from pybn.staging.known import octave
from pybn.staging.stand_ins import stand_ins
from pybn.staging.tree import NUMBERS, Tree

PLAIN = re.compile(r"[A-Za-z]\w*\Z")
NAMED = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*\Z")
SIZES = re.compile(r"\((?:[0-9]+|:)(?:,(?:[0-9]+|:))*\)\Z")
CLASSES = NUMBERS | {"char", "cell", "struct", "function_handle", "handle", "containers.Map", "inputParser"}
TEXT = "string"  # of which there is a counterpart where one is declared alone: (1,1) string


def unclear(told: Declared, own: frozenset[str], tree: Tree) -> str:
    """Say what in a declaration cannot be kept, "" if all can. `own` are the functions of the same file."""
    if told.size and not SIZES.match(told.size):
        return f"the size {told.size}"
    if told.kind == TEXT and told.size != "(1,1)":
        return "the class string, of which Octave has no arrays"
    if told.kind and told.kind not in CLASSES | {TEXT} and not _is_class(told.kind, tree):
        return f"the class {told.kind}, which neither Octave nor the tree has"
    for name, _ in _validators(told):
        if not (name in own or name in octave() or name in stand_ins() or tree.has(name)):
            return f"the validator {name}, which neither Octave nor the tree has"
    return ""


def _is_class(name: str, tree: Tree) -> bool:
    return NAMED.match(name) is not None and (name in tree.classes or name in tree.class_folders)


def checks(told: Declared, variable: str, kind: str, element: str = "") -> str:
    """Return the statements that convert and check a variable; `kind` is its class, "" where none is to be checked.

    `element` is what is checked where that is not all of the variable: x{k}.
    """
    text, held = "", element or variable
    if kind == TEXT:
        text = f"{held} = pybn_text({held}, '{variable}');"
    elif told.size or kind:
        text = f"{held} = pybn_checked({held}, '{variable}', {dims(told)}, '{kind}');"
    for name, more in _validators(told):
        text += f" {name}({held}{more});"
    return text.strip()


def dims(told: Declared) -> str:
    """Return the size as a row, NaN for a colon; [] where none is declared."""
    return "[" + told.size.strip("()").replace(":", "NaN").replace(",", ", ") + "]"


def _validators(told: Declared) -> list[tuple[str, str]]:
    """Return each validator with the arguments that follow the value: mustBeMember(x, [1, 2]) gives ", [1, 2]"."""
    found, read, start = tokens(told.validators), [], 1
    for k in range(1, len(found)):
        if found[k].depth == 0 or (found[k].text == "," and found[k].depth == 1):
            piece = found[start:k]
            start = k + 1
            opening = next((j for j, t in enumerate(piece) if t.text == "("), len(piece))
            name = "".join(t.text for t in piece[:opening]).strip()
            comma = next((j for j, t in enumerate(piece) if t.text == "," and t.depth == 2), len(piece))
            last = max((j for j, t in enumerate(piece) if t.text == ")"), default=len(piece))
            if name:
                read.append((name, "".join(_cells(piece[comma:last]))))
    return read


def _cells(found: Sequence[Token]) -> list[str]:
    """Return tokens as text, an array of strings ["a", "b"] as a cell {"a", "b"}."""
    texts = [t.text for t in found]
    for first, token in enumerate(found):
        if token.text != "[":
            continue
        last = next(
            (j for j in range(first + 1, len(found)) if found[j].depth <= token.depth), len(found) - 1
        )
        inside = significant(found[first + 1 : last])
        if inside and all(t.kind == "dstring" or t.text in (",", ";") for t in inside):
            texts[first], texts[last] = "{", "}"
    return texts
