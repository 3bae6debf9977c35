"""What a function's text tells of its arguments: what is compared with a string is text, what has fields is a struct.

It is a guess for a first case, which a person reads; nothing depends on it but how much is left to fill in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pybn.mfile import Token

# fmt: off
COMPARES = frozenset({
    "strcmp", "strcmpi", "strncmp", "strncmpi", "isequal", "ismember", "validatestring", "any", "contains",
})
FILLS = frozenset({
    "zeros", "ones", "eye", "rand", "randn", "cell", "linspace", "nan", "NaN", "inf", "Inf", "mod", "rem", "isscalar",
})
DIMS = frozenset({
    "size", "sum", "mean", "cumsum", "prod", "cat", "median", "sort", "cumprod", "any", "all", "std", "var", "max",
    "min",
})
# fmt: on
KINDS = {  # what an argument is of which a function asks this
    **dict.fromkeys(("length", "isvector", "isrow", "iscolumn"), "vector"),
    **dict.fromkeys(("lower", "upper", "strtrim", "ischar"), "text"),
    "islogical": "flag",
    "iscell": "cell",
    "isstruct": "struct",
}
CALLS = {"feval", "func2str", "cellfun", "arrayfun", "is_function_handle"}
BEFORE_FLAG, AFTER_FLAG = {"if", "elseif", "while", "&&", "||"}, {"\n", ",", ";", "&&", "||", ")"}
RANGE_ENDS = {")", "\n", ",", ";", "]"}


@dataclass(slots=True)
class Evidence:
    """What was seen of one argument."""

    strings: list[str] = field(default_factory=list)  # that it is compared with
    fields: list[str] = field(default_factory=list)  # that are read of it
    axes: list[str] = field(default_factory=list)  # the names that its sizes are given
    ndim: int = 0  # of the indices into it
    columns: int = 0  # the largest number among its second indices
    seen: set[str] = field(
        default_factory=set
    )  # "number", "dim", "flag", "vector", "cell", "handle", "text", "called": its methods are


def gather(tokens: Sequence[Token], names: Sequence[str]) -> dict[str, Evidence]:
    """Return what the tokens of a function tell of its arguments."""
    found = {name: Evidence() for name in names}
    texts = [_text(token) for token in tokens]
    kinds = [token.kind for token in tokens]
    for k, name in enumerate(texts):
        if kinds[k] == "name" and name in found and (k == 0 or texts[k - 1] != "."):
            _look(texts, kinds, k, found[name])
    return found


def meaning(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that say something, the ends of lines among them: they end statements."""
    return [token for token in tokens if token.kind not in ("space", "comment", "continuation")]


def _text(token: Token) -> str:
    return "\n" if token.kind == "newline" else token.text


def _look(texts: list[str], kinds: list[str], k: int, seen: Evidence) -> None:
    before = texts[k - 1] if k else ""
    after = texts[k + 1] if k + 1 < len(texts) else "\n"
    if after == "." and k + 2 < len(texts) and kinds[k + 2] == "name":
        if texts[k + 3 : k + 4] == ["("]:
            seen.seen.add("called")
        else:
            seen.fields.append(texts[k + 2])
    elif after == "{":
        seen.seen.add("cell")
    elif after == "(":
        parts = _parts(texts, k + 1)
        seen.ndim = max(seen.ndim, len(parts))
        if len(parts) == 2:
            seen.columns = max([seen.columns, *(int(word) for word in parts[1] if _is_column(word))])
    if before == ":" and after in RANGE_ENDS:
        seen.seen.add("number")
    if before == "switch" or (before == "(" and texts[max(0, k - 3)] == "switch"):
        _cases(texts, kinds, k, seen)
    flag = before in BEFORE_FLAG or (before in ("~", "!") and k > 1 and texts[k - 2] in {*BEFORE_FLAG, "("})
    if flag and after in AFTER_FLAG:
        seen.seen.add("flag")
    if before in ("(", ","):
        _as_argument(texts, kinds, k, seen)


def _cases(texts: list[str], kinds: list[str], k: int, seen: Evidence) -> None:
    """Take the strings of `case` after `switch name`, up to the first; where it is a number, say so."""
    for j in range(k, min(k + 40, len(texts) - 2)):
        if texts[j] == "case":
            first = j + 2 if texts[j + 1] == "{" else j + 1
            if kinds[first] in ("string", "dstring"):
                seen.strings.append(unquoted(texts[first]))
            elif kinds[first] == "number":
                seen.seen.add("number")
            return


def _as_argument(texts: list[str], kinds: list[str], k: int, seen: Evidence) -> None:
    """Look at `name` where it is an argument of a call."""
    opened, place = _opening(texts, k)
    called = texts[opened - 1] if opened > 0 and kinds[opened - 1] == "name" else ""
    end = _closing(texts, opened)
    if called in COMPARES:
        strings = [unquoted(texts[j]) for j in range(opened, end) if kinds[j] in ("string", "dstring")]
        seen.strings += [text for text in strings if text]
    elif called == "size" and place == 0:
        _sizes(texts, kinds, opened, end, seen)
    elif called in DIMS and place == (0 if called == "cat" else 1):
        seen.seen.add("dim")
    elif called in FILLS or (called in ("repmat", "reshape") and place > 0):
        seen.seen.add("number")
    elif called in CALLS and place == 0:
        seen.seen.add("handle")
    elif called in KINDS:
        seen.seen.add(KINDS[called])
    elif called == "isfield" and place == 0:
        seen.fields += [unquoted(texts[j]) for j in range(opened, end) if kinds[j] in ("string", "dstring")]
    elif called == "isa" and "'function_handle'" in texts[opened:end]:
        seen.seen.add("handle")


def _sizes(texts: list[str], kinds: list[str], opened: int, end: int, seen: Evidence) -> None:
    """Take the names in `[h, w, ~] = size(x)`, and the number in `size(x, 4)`."""
    if end - 1 > opened and kinds[end - 1] == "number" and texts[end - 1].isdecimal():
        seen.ndim = max(seen.ndim, min(int(texts[end - 1]), 9))
        compared = texts[end + 1 : end + 2] and texts[end + 1] in ("==", "~=", "!=", "<")
        if texts[end - 1] == "2" and compared and _is_column(texts[end + 2]):
            seen.columns = max(seen.columns, int(texts[end + 2]))
    if texts[opened - 3 : opened - 1] != ["]", "="]:
        return
    start = opened - 3
    while start > 0 and texts[start] != "[" and opened - start < 40:
        start -= 1
    names = [texts[j] for j in range(start + 1, opened - 3) if kinds[j] == "name" or texts[j] in ("~", "!")]
    if len(names) > len(seen.axes):
        seen.axes = names


def _opening(texts: list[str], k: int) -> tuple[int, int]:
    """Return where the bracket around token k opens, and how many commas stand between."""
    depth = commas = 0
    for j in range(k - 1, max(-1, k - 200), -1):
        if texts[j] in (")", "]", "}"):
            depth += 1
        elif texts[j] in ("(", "[", "{"):
            if depth == 0:
                return (j, commas) if texts[j] == "(" else (0, commas)
            depth -= 1
        elif texts[j] == "," and depth == 0:
            commas += 1
    return 0, commas


def _closing(texts: list[str], opened: int) -> int:
    depth = 0
    for j in range(opened, min(opened + 400, len(texts))):
        depth += (texts[j] in ("(", "[", "{")) - (texts[j] in (")", "]", "}"))
        if depth == 0:
            return j
    return opened


def _parts(texts: list[str], opened: int) -> list[list[str]]:
    """Return the words of each argument of the bracket that opens here, those of calls within left out."""
    around: list[str] = []
    parts: list[list[str]] = [[]]
    for word in texts[opened : _closing(texts, opened)]:
        if word in ("(", "[", "{"):
            around.append(word)
        elif word in (")", "]", "}"):
            around.pop()
        elif word == "," and len(around) == 1:
            parts.append([])
        elif "(" not in around[1:]:
            parts[-1].append(word)
    return parts


def _is_column(word: str) -> bool:
    return word.isdecimal() and 0 < int(word) < 100


def unquoted(text: str) -> str:
    """Return what a string of MATLAB says, without its quotes."""
    return text[1:-1].replace(text[0] * 2, text[0]) if len(text) > 1 else ""


def strings_of(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the strings among tokens."""
    yield from (unquoted(token.text) for token in tokens if token.kind in ("string", "dstring"))


def called_names(tokens: Sequence[Token]) -> set[str]:
    """Return the names that are followed by a bracket, or stand after @, and that no assignment makes variables."""
    found = meaning(tokens)
    texts = [_text(token) for token in found]
    names = [k for k, token in enumerate(found) if token.kind == "name" and (k == 0 or texts[k - 1] != ".")]
    called = {texts[k] for k in names if texts[k + 1 : k + 2] == ["("] or (k and texts[k - 1] == "@")}
    return called - {texts[k] for k in names if texts[k + 1 : k + 2] == ["="]}
