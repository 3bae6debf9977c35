"""What a function's text tells of its arguments: what is compared with a string is text, what has fields is a struct.

It is a guess for a first case, which a person reads; nothing depends on it but how much is left to fill in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pybn.mfile import Token
from pybn.scaffold.brackets import assigned, closing, dotted, opening, parts, words_of

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
    **dict.fromkeys(("length", "numel", "isvector", "isrow", "iscolumn"), "vector"),
    **dict.fromkeys(("lower", "upper", "strtrim"), "text"),
    "islogical": "flag",
}
# What it may be, and something else as well.
MAY_BE = {"iscell": "cell", "isstruct": "struct", "ischar": "text", "isnumeric": "array", "ndims": "deep"}
WAYS = {"rows", "columns", "stable", "sorted", "legacy", "first", "last"}  # of functions that compare
CALLS = {"feval", "func2str", "cellfun", "arrayfun", "is_function_handle"}
BEFORE_FLAG, AFTER_FLAG = {"if", "elseif", "while", "&&", "||"}, {"\n", ",", ";", "&&", "||", ")"}
RANGE_ENDS = {")", "\n", ",", ";", "]"}
ORDERS = {"<", ">", "<=", ">=", "==", "~=", "!="}


@dataclass(slots=True)
class Evidence:
    """What was seen of one argument."""

    strings: list[str] = field(default_factory=list)  # that it is compared with
    fields: list[str] = field(default_factory=list)  # that are read of it
    methods: list[str] = field(default_factory=list)  # of its own that are called
    keys: list[str] = field(default_factory=list)  # of the containers.Map that it is
    axes: list[str] = field(default_factory=list)  # the names that its sizes are given
    ndim: int = 0  # of the indices into it
    columns: int = 0  # the largest number among its second indices
    length: int = 0  # the largest number that is its only index
    seen: set[str] = field(default_factory=set)
    # "number", "dim", "flag", "vector", "cell", "handle", "text", "struct", "called": its methods are
    may_be: set[str] = field(
        default_factory=set
    )  # "cell", "struct", "text", "array", "deep": it is asked whether
    index_of: list[tuple[str, int]] = field(
        default_factory=list
    )  # the variables that it is an index into, and where
    passed: list[tuple[str, int]] = field(
        default_factory=list
    )  # the functions that get it as it is, and where

    @property
    def is_array(self) -> bool:
        """Tell whether it is indexed, or its sizes are asked for."""
        return bool(self.axes or self.ndim or self.columns or "vector" in self.seen)

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing was seen."""
        told = (self.strings, self.fields, self.keys, self.seen, self.may_be, self.index_of)
        return not (self.is_array or any(told))

    def merge(self, other: Evidence) -> None:
        """Take what is known of it where it was passed on to."""
        for name in other.strings:
            if name not in self.strings:
                self.strings.append(name)
        self.fields += other.fields
        self.methods += other.methods
        self.keys += other.keys
        self.axes = self.axes or other.axes
        deep = "deep" in other.may_be  # there, it may be of more dimensions
        self.ndim = max(self.ndim, min(other.ndim, 2) if deep else other.ndim)
        self.columns = max(self.columns, other.columns)
        self.length = max(self.length, other.length)
        self.seen |= other.seen
        self.may_be |= other.may_be
        self.index_of += [("", 0) for _ in other.index_of]


def gather(tokens: Sequence[Token], names: Sequence[str]) -> dict[str, Evidence]:
    """Return what the tokens of a function tell of its arguments."""
    found = {name: Evidence() for name in names}
    texts = words_of(tokens)
    kinds = [token.kind for token in tokens]
    look = _Look(texts, kinds, assigned(texts) | {*names})
    for k, name in enumerate(texts):
        if kinds[k] == "name" and name in found and (k == 0 or texts[k - 1] != "."):
            look.at(k, found[name])
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    """Looks at a name where it stands: the words around it, what they are, and which of them are variables."""

    texts: list[str]
    kinds: list[str]
    variables: set[str]

    def at(self, k: int, seen: Evidence) -> None:
        """Note what stands around word k."""
        texts = self.texts
        before = texts[k - 1] if k else ""
        after = texts[k + 1] if k + 1 < len(texts) else "\n"
        self._opened(k, seen)
        if (before == ":" and after in RANGE_ENDS) or self._is_number(k):
            seen.seen.add("number")
        if before == "switch" or (before == "(" and texts[max(0, k - 3)] == "switch"):
            self._cases(k, seen)
        negated = before in ("~", "!") and k > 1 and texts[k - 2] in {*BEFORE_FLAG, "("}
        if (before in BEFORE_FLAG or negated) and after in AFTER_FLAG:
            seen.seen.add("flag")
        if (before in ORDERS or after in ORDERS) and after != "(" and self._in_condition(k):
            seen.seen.add("number")
        if before in ("(", ","):
            self._as_argument(k, seen)

    def _opened(self, k: int, seen: Evidence) -> None:
        """Look at what of a name is taken: a field, an element, a part."""
        after = self.texts[k + 1] if k + 1 < len(self.texts) else "\n"
        if after == "." and k + 2 < len(self.texts) and self.kinds[k + 2] == "name":
            if self.texts[k + 3 : k + 4] == ["("]:
                seen.seen.add("called")
                seen.methods.append(self.texts[k + 2])
            else:
                seen.fields.append(self.texts[k + 2])
        elif after == "{":
            seen.seen.add("cell")
        elif after == "(":
            self._indexed(k, seen)

    def _indexed(self, k: int, seen: Evidence) -> None:
        found = parts(self.texts, k + 1)
        if self.kinds[k + 2 : k + 3] in (["string"], ["dstring"]) and self.texts[k + 3 : k + 4] == [")"]:
            key = unquoted(self.texts[k + 2])
            if key != ":":
                seen.keys.append(key)
                return
        seen.ndim = max(seen.ndim, len(found))
        if len(found) == 2:
            seen.columns = max([seen.columns, *(int(word) for word in found[1] if _is_column(word))])
        plain = [word for word in found[0] if word not in ("+", "-", ":", "end")]
        if len(found) == 1 and found[0] != [":"] and all(w.isidentifier() or w.isdecimal() for w in plain):
            seen.seen.add("vector")
            seen.length = max([seen.length, *(int(word) for word in found[0] if _is_column(word))])

    def _in_condition(self, k: int) -> bool:
        """Tell whether a word is compared in the condition of an if or while, and not within a call."""
        opened, _ = opening(self.texts, k)
        if opened and self.kinds[opened - 1] == "name":
            return False
        start = k
        while start > 0 and self.texts[start - 1] not in ("\n", ";") and k - start < 60:
            start -= 1
        return self.texts[start] in ("if", "elseif", "while")

    def _is_number(self, k: int) -> bool:
        """Tell whether a number alone is assigned to a name, as where an argument is left out."""
        starts = k == 0 or self.texts[k - 1] in ("\n", ";", ",")
        assigned = self.texts[k + 1 : k + 2] == ["="] and self.kinds[k + 2 : k + 3] == ["number"]
        return starts and assigned and self.texts[k + 3 : k + 4] in (["\n"], [";"], [","])

    def _cases(self, k: int, seen: Evidence) -> None:
        """Take the strings of `case` after `switch name`, up to the first; where it is a number, say so."""
        texts, kinds = self.texts, self.kinds
        for j in range(k, min(k + 40, len(texts) - 2)):
            if texts[j] == "case":
                first = j + 2 if texts[j + 1] == "{" else j + 1
                if kinds[first] in ("string", "dstring"):
                    seen.strings.append(unquoted(texts[first]))
                elif kinds[first] == "number":
                    seen.seen.add("number")
                return

    def _as_argument(self, k: int, seen: Evidence) -> None:
        """Look at `name` where it is an argument of a call, or an index."""
        texts, kinds = self.texts, self.kinds
        opened, place = opening(texts, k)
        called = texts[opened - 1] if opened > 0 and kinds[opened - 1] == "name" else ""
        end = closing(texts, opened)
        strings = [unquoted(texts[j]) for j in range(opened, end) if kinds[j] in ("string", "dstring")]
        self._passed(k, opened, place, seen)
        if called in COMPARES:
            seen.strings += [text for text in strings if text and text not in WAYS]
        elif called == "size" and place == 0:
            self._sizes(opened, end, seen)
        elif called in DIMS and place == (0 if called == "cat" else 1):
            seen.seen.add("dim")
        elif called in FILLS or (called in ("repmat", "reshape") and place > 0):
            seen.seen.add("number")
        elif called in CALLS and place == 0:
            seen.seen.add("handle")
        elif called in KINDS:
            seen.seen.add(KINDS[called])
        elif called in MAY_BE:
            refuses = texts[opened - 2] in ("~", "!") and "error" in texts[end : end + 6]
            (seen.seen if refuses else seen.may_be).add(MAY_BE[called])
        elif called in ("isfield", "isKey") and place == 0:
            (seen.fields if called == "isfield" else seen.keys).extend(strings)
        elif called == "isa":
            seen.may_be.add("handle" if "function_handle" in strings else "struct")

    def _passed(self, k: int, opened: int, place: int, seen: Evidence) -> None:
        """Note what gets it as it is, or has it, or a part of it, for an index."""
        texts = self.texts
        called = texts[opened - 1] if opened > 0 and self.kinds[opened - 1] == "name" else ""
        stop = closing(texts, k + 1) + 1 if texts[k + 1 : k + 2] == ["("] else k + 1
        if not called or texts[stop : stop + 1] not in ([","], [")"]):
            return
        if called in self.variables and texts[opened - 2 : opened - 1] != ["."]:
            seen.index_of.append((called, place))
        elif stop == k + 1:
            seen.passed.append((dotted(texts, opened - 1), place))

    def _sizes(self, opened: int, end: int, seen: Evidence) -> None:
        """Take the names in `[h, w, ~] = size(x)`, and the number in `size(x, 4)`."""
        texts, kinds = self.texts, self.kinds
        if end - 1 > opened and kinds[end - 1] == "number" and texts[end - 1].isdecimal():
            seen.ndim = max(seen.ndim, min(int(texts[end - 1]), 9))
            compared = texts[end + 1 : end + 2] and texts[end + 1] in ("==", "~=", "!=", "<")
            refused = texts[end + 1 : end + 2] == ["=="] and "error" in texts[end : end + 8]
            more = texts[end + 1 : end + 3] in ([">", "1"], ["~=", "1"], ["!=", "1"])
            if texts[end - 1] == "1" and more and "error" in texts[end : end + 8]:
                seen.seen.add("row")
            if not refused and texts[end - 1] == "2" and compared and _is_column(texts[end + 2]):
                seen.columns = max(seen.columns, int(texts[end + 2]))
        if texts[opened - 3 : opened - 1] != ["]", "="]:
            return
        start = opened - 3
        while start > 0 and texts[start] != "[" and opened - start < 40:
            start -= 1
        names = [
            texts[j] for j in range(start + 1, opened - 3) if kinds[j] == "name" or texts[j] in ("~", "!")
        ]
        if len(names) > len(seen.axes):
            seen.axes = names


def _is_column(word: str) -> bool:
    return word.isdecimal() and 0 < int(word) < 100


def unquoted(text: str) -> str:
    """Return what a string of MATLAB says, without its quotes."""
    return text[1:-1].replace(text[0] * 2, text[0]) if len(text) > 1 else ""
