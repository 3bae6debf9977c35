"""Strings, "...": MATLAB has a class of them, and Octave has char with escapes. Where that changes what code does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.mfile.lexer import SILENT as SILENT_KINDS
from pybn.mfile.outline import declarations
from pybn.staging.code import after, all_blocks, before, is_field
from pybn.staging.findings import SILENT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.scopes import Scope, arguments, calls, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

ESCAPE, ARRAY, OPERATOR, SCALAR = "string-escape", "string-array", "string-operator", "string-scalar"
RULES = {
    ESCAPE: 'a backslash in "...": Octave makes an escape of it, MATLAB does not',
    ARRAY: '["a", "b"]: one text in Octave, an array of strings in MATLAB',
    OPERATOR: '"a" + "b", x == "a": arithmetic on characters in Octave',
    SCALAR: 'numel("abc"): 3 in Octave, 1 in MATLAB; the same of a variable that holds "abc"',
}
QUOTE = "use '...' in place of \"...\""
FORMATS = frozenset(
    {"fprintf", "sprintf", "printf", "error", "warning", "strsplit", "strjoin", "MException", "assert"}
)
PATTERNS = frozenset({"regexp", "regexpi", "regexprep"})
SAFE_PATTERN = re.compile(
    r"(?:[^\\]|\\[ntrfva])*\Z"
)  # what Octave makes of these, MATLAB's patterns mean as well
OPERATORS = frozenset({"+", "-", "*", "/", ".*", "./", "==", "~=", "!=", "<", ">", "<=", ">=", "&", "|", ":"})
ASKED = frozenset(
    {
        "numel", "length", "size", "ndims", "isempty", "ischar", "isstring", "class", "double", "single", "isscalar",
        "isvector", "isrow", "fliplr", "flip", "rot90", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
        "uint64", "isspace", "isletter", "isstrprop", "columns", "rows", "abs", "num2cell", "isa", "unique",
        "sort", "repmat", "horzcat", "vertcat", "reshape",
    }
)  # fmt: skip


@unguarded
def troubles(source: Source, _tree: Tree) -> Iterator[Trouble]:
    """Yield what Octave takes otherwise, once a line and rule."""
    seen: set[tuple[int, str]] = set()
    for each in _all(source):
        if (each.line, each.rule) not in seen:
            seen.add((each.line, each.rule))
            yield each


def _all(source: Source) -> Iterator[Trouble]:
    if '"' not in source.text and "string" not in source.words:
        return
    found, written_out = source.tokens, _validated(source)
    for index, token in enumerate(found):
        if token.kind != "dstring" or index in written_out:
            continue
        if "\\" in token.text and not _harmless(source, index):
            why = 'Octave makes an escape of a backslash in "...", MATLAB leaves it as it is'
            yield source.trouble(token.line, why, QUOTE, ESCAPE, SILENT)
        if why := _beside(source, index):
            yield source.trouble(token.line, why, "use char: [a, b], strcmp(a, b)", OPERATOR, SILENT)
        if _in_array(source, index):
            why = "MATLAB makes an array of strings, Octave one char array of all the characters"
            yield source.trouble(token.line, why, "use a cell of char: {'a', 'b'}", ARRAY, SILENT)
    for scope in scopes(source):
        yield from _asked(source, scope)
        yield from _held(source, scope)


def _validated(source: Source) -> frozenset[int]:
    """Return the tokens of validators: what is an array of strings there is a cell in the copy."""
    blocks = [b for b in all_blocks(source) if b.word in ("arguments", "properties")]
    return frozenset(
        k for b in blocks for each in declarations(source.tokens, b) for k in range(*each.checked)
    )


def _call_of(source: Source, index: int) -> tuple[str, int]:
    """Return the function whose argument a token is all of, and which one (from 0); "" where it is none."""
    found, opening = source.tokens, source.openings[index]
    left, right = before(found, index), after(found, index)
    name = before(found, opening) if opening > 0 and found[opening].text == "(" else -1
    if name < 0 or found[name].kind != "name" or right >= len(found):
        return "", 0
    if (left != opening and found[left].text != ",") or found[right].text not in (",", ")"):
        return "", 0
    place = sum(1 for k in range(opening, index) if found[k].text == "," and source.openings[k] == opening)
    return found[name].text, place


def _harmless(source: Source, index: int) -> bool:
    """Tell whether a string with a backslash is a format, of which both make the same, or a pattern that is alike."""
    name, place = _call_of(source, index)
    text = source.tokens[index].text[1:-1]
    if name in PATTERNS:
        return SAFE_PATTERN.match(text) is not None
    return name in FORMATS and place <= (2 if name == "assert" else 1)


def _beside(source: Source, index: int) -> str:
    """Say what operator a string is an operand of, "" if of none."""
    found = source.tokens
    left, right = before(found, index), after(found, index)
    for at in (left, right):
        if 0 <= at < len(found) and found[at].kind == "op" and found[at].text in OPERATORS:
            if at == left and found[at].text == ":" and not found[at].depth:
                continue
            return f"{found[at].text}: Octave does this to each character of a string, MATLAB to the whole"
    return ""


def _in_array(source: Source, index: int) -> bool:
    """Tell whether a string is one of several elements between square brackets."""
    found, opening = source.tokens, source.openings[index]
    if opening < 0 or found[opening].text != "[":
        return False
    left, right = index - 1, after(found, index)
    while left > opening and found[left].kind in SILENT_KINDS:
        left -= 1
    return left != opening or (right < len(found) and found[right].text != "]")


def _is_string(source: Source, scope: Scope, part: tuple[int, int]) -> bool:
    """Tell whether an expression is a string literal, or a variable that was assigned one last."""
    found = source.tokens
    if part[1] - part[0] != 1:
        return False
    token = found[part[0]]
    if token.kind == "name" and scope.is_declared_string(token.text, part[0]):
        return True
    if token.kind == "name" and token.text in scope.names:
        value = scope.value(token.text, part[0])
        return value is not None and value[1] - value[0] == 1 and found[value[0]].kind == "dstring"
    return token.kind == "dstring"


def _asked(source: Source, scope: Scope) -> Iterator[Trouble]:
    """Yield what is asked of a string as if it were characters: numel("abc")."""
    found = source.tokens
    for index, opening in calls(source, scope, ASKED):
        given = arguments(found, opening)
        if given and _is_string(source, scope, given[0]):
            name = found[index].text
            why = f"{name}: of a string it takes the characters in Octave, the whole in MATLAB"
            yield source.trouble(found[index].line, why, QUOTE, SCALAR, SILENT)


def _held(source: Source, scope: Scope) -> Iterator[Trouble]:
    """Yield the uses of a variable that holds a string as if it were char: s(1), [s 'x'], s + 1."""
    found = source.tokens
    texts = {
        name
        for name, values in scope.assigned.items()
        if any(v is not None and v[1] - v[0] == 1 and found[v[0]].kind == "dstring" for _, v in values)
    } | scope.strings.keys()
    last = max(
        (b.last for b in all_blocks(source) if b.word == "arguments" and b.first < scope.last), default=-1
    )
    for index in scope.indices() if texts else ():
        token = found[index]
        if index <= last or token.text not in texts or token.kind != "name" or is_field(found, index):
            continue
        if not _is_string(source, scope, (index, index + 1)):
            continue
        then = after(found, index)
        if then < len(found) and found[then].text == "(":
            why = (
                f"{token.text}: an index of a string takes its characters in Octave, whole strings in MATLAB"
            )
            yield source.trouble(token.line, why, QUOTE, SCALAR, SILENT)
        elif (why := _beside(source, index)) and not (then < len(found) and found[then].text == "="):
            yield source.trouble(token.line, why, "use char: [a, b], strcmp(a, b)", OPERATOR, SILENT)
        elif _in_array(source, index):
            why = f"{token.text}: of a string MATLAB makes an array of strings, Octave one char array"
            yield source.trouble(token.line, why, QUOTE, ARRAY, SILENT)
