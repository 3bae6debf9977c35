"""What `(size) class {validators}` says of an argument or a property, as statements that Octave runs."""

from __future__ import annotations

import re

from pybn.mfile import significant, tokens
from pybn.mfile.declared import Declared

NAMED = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*\Z")
PLAIN = re.compile(r"[A-Za-z]\w*\Z")
SIZES = re.compile(r"\((?:[0-9]+|:)(?:,(?:[0-9]+|:))*\)\Z")
KNOWN = frozenset(
    {
        "mustBeFinite", "mustBeInteger", "mustBeMember", "mustBeNonempty", "mustBeNumeric", "mustBePositive",
        "mustBeNonnegative", "mustBeGreaterThan", "mustBeGreaterThanOrEqual", "mustBeLessThan",
        "mustBeLessThanOrEqual", "mustBeNegative", "mustBeNonNan", "mustBeNonpositive", "mustBeNonsparse",
        "mustBeNonzero", "mustBeNumericOrLogical", "mustBeReal",
    }
)  # fmt: skip  # the validators that Octave 7.3 has
NO_CLASS = frozenset({"string", "table", "datetime", "duration", "categorical", "timetable", "dlarray"})


def unclear(told: Declared, functions: frozenset[str]) -> str:
    """Say what in a declaration cannot be kept, "" if all can. `functions` are those that the tree has."""
    if told.size and not SIZES.match(told.size):
        return f"the size {told.size}"
    if told.kind and not NAMED.match(told.kind):
        return f"the class {told.kind}"
    if told.kind in NO_CLASS:
        return f"the class {told.kind}, which Octave lacks,"
    for name, _ in _validators(told):
        if name not in KNOWN and name not in functions:
            return f"the validator {name}, which Octave lacks,"
    return ""


def checks(told: Declared, variable: str, kind: str) -> str:
    """Return the statements that convert and check a variable; `kind` is its class, "" where none is to be checked."""
    text = ""
    if told.size or kind:
        text = f"{variable} = pybn_checked({variable}, '{variable}', {dims(told)}, '{kind}');"
    for name, more in _validators(told):
        text += f" {name}({variable}{more});"
    return text.strip()


def dims(told: Declared) -> str:
    """Return the size as a row, NaN for a colon; [] where none is declared."""
    return "[" + told.size.strip("()").replace(":", "NaN").replace(",", ", ") + "]"


def _validators(told: Declared) -> list[tuple[str, str]]:
    """Return each validator with the arguments that follow the value: mustBeMember(x, [1, 2]) gives ", [1,2]"."""
    found, read, start = significant(tokens(told.validators)), [], 1
    for k in range(1, len(found)):
        if found[k].depth == 0 or (found[k].text == "," and found[k].depth == 1):
            piece = found[start:k]
            start = k + 1
            if piece and piece[0].kind == "name":
                comma = next((j for j, t in enumerate(piece) if t.text == "," and t.depth == 2), 0)
                more = "".join(t.text for t in piece[comma:-1]) if comma else ""
                read.append((piece[0].text, more))
    return read
