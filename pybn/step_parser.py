"""Parse the steps of a case: text in, data out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pybn.errors import CaseError
from pybn.steps import (
    NAME,
    WORDS,
    Attribute,
    Call,
    Expression,
    Fields,
    Get,
    Handle,
    Index,
    Items,
    Literal,
    Pattern,
    Set,
    Step,
    Target,
    Variable,
)

TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf\b|nan\b))
    | (?P<attr>\$[A-Za-z][A-Za-z0-9_]*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<string>"[^"\\]*"|'[^'\\]*')
    | (?P<mark>[()\[\]{},:=.@])
    )""",
    re.VERBOSE | re.ASCII,
)

LONGEST = 2000  # characters of a step
CLOSES = {"(": ")", "[": "]", "{": "}"}
DEEPEST = 20  # levels of lists and structs in one
LARGEST = 2**63  # beyond it, no side has an integer


@lru_cache(maxsize=4096)
def parse_step(text: str) -> Step:
    """Parse one step. Raises CaseError that shows the text and where in it the trouble is."""
    return _Parser(text).step()


class _Parser:
    """Recursive descent over the tokens of one step."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise CaseError(f"step {text[:40]!r}...: wanted at most {LONGEST} characters, got {len(text)}")
        self.text = text
        self.tokens = list(self._scan())
        self.at = 0
        self.depth = 0

    def _scan(self) -> Iterator[tuple[str, str, int]]:
        place = 0
        end = len(self.text.rstrip())
        while place < end:
            match = TOKEN.match(self.text, place)
            if match is None:
                raise CaseError(f"step {self.text!r}: cannot read {self.text[place:].strip()[:20]!r}")
            kind = str(match.lastgroup)
            yield kind, match.group(kind), match.start(kind)
            place = match.end()
        yield "end", "", end

    def step(self) -> Step:
        if any(value == "=" for _, value, _ in self._top_level()):
            if self.tokens[0][0] == "name" and self.tokens[1][1] in (".", *CLOSES):
                return self._set()
            targets = self._targets()
        else:
            targets = ()
        path = self._path()
        if self._peek() != "(":
            return self._get(targets, path)
        args, keywords = self._arguments()
        self._end()
        return Call(self.text, targets, path, args, keywords)

    def _top_level(self) -> Iterator[tuple[str, str, int]]:
        depth = 0
        for token in self.tokens:
            depth += (token[1] in ("(", "[", "{") and token[0] == "mark") - (
                token[1] in (")", "]", "}") and token[0] == "mark"
            )
            if depth == 0 and token[0] == "mark":
                yield token

    def _set(self) -> Set:
        path = self._path()
        index = self._index() if self._peek() in CLOSES else None
        self._take("=")
        value = self._expression()
        self._end()
        return Set(self.text, path, value, index)

    def _get(self, targets: tuple[Target, ...], path: tuple[str, ...]) -> Get:
        index = self._index() if self._peek() in CLOSES else None
        if (len(path) < 2 and index is None) or len(targets) != 1 or not isinstance(targets[0], str):
            raise self._wrong("a call such as 'y = f(x)' or a property such as 'm = self.mean'")
        self._end()
        return Get(self.text, targets[0], path, index)

    def _index(self) -> Index:
        """Take what says which element is meant: at least one number, text or variable, between brackets."""
        mark = self._next()
        items = [self._expression()]
        while self._peek() == ",":
            self._take(",")
            items.append(self._expression())
        self._take(CLOSES[mark])
        return Index(mark, tuple(items))

    def _targets(self) -> tuple[Target, ...]:
        bound: list[str] = []
        targets = [self._target(bound)]
        while self._peek() == ",":
            self._take(",")
            targets.append(self._target(bound))
        self._take("=")
        return tuple(targets)

    def _target(self, bound: list[str]) -> Target:
        if self._peek() == "_" or (self._peek() == "self" and "self" not in bound):
            bound += [self._peek()] * (self._peek() == "self")
            return self._next()
        if self._peek() != "{":
            return self._unbound(bound)
        return Pattern(tuple((field, self._unbound(bound)) for field in self._field_names()))

    def _unbound(self, bound: list[str]) -> str:
        """Take the name of a variable that this step does not bind already."""
        if self._peek() in (*bound, *WORDS):
            raise self._wrong("the name of another variable")
        bound.append(self._name())
        return bound[-1]

    def _field_names(self) -> Iterator[str]:
        self._take("{")
        names: set[str] = set()
        while self._peek() != "}" or not names:
            if self._peek() in names:
                raise self._wrong("another field")
            field = self._name()
            names.add(field)
            self._take(":")
            yield field
            if self._peek() != "}":
                self._take(",")
        self._take("}")

    def _path(self) -> tuple[str, ...]:
        path = [self._name()]
        while self._peek() == ".":
            self._take(".")
            path.append(self._name())
        return tuple(path)

    def _arguments(self) -> tuple[tuple[Expression, ...], tuple[tuple[str, Expression], ...]]:
        args: list[Expression] = []
        keywords: list[tuple[str, Expression]] = []
        self._take("(")
        while self._peek() != ")":
            if self.tokens[self.at][0] == "name" and self.tokens[self.at + 1][1] == "=":
                if self._peek() in dict(keywords):
                    raise self._wrong("another keyword")
                name = self._name()
                self._take("=")
                keywords.append((name, self._expression()))
            elif keywords:
                raise self._wrong("a keyword, since one stands before it")
            else:
                args.append(self._expression())
            if self._peek() != ")":
                self._take(",")
        self._take(")")
        return tuple(args), tuple(keywords)

    def _expression(self) -> Expression:
        kind, value, _ = self.tokens[self.at]
        if kind == "number":
            return Literal(self._number(value))
        if kind == "string":
            self._next()
            return Literal(value[1:-1])
        if kind == "attr":
            self._next()
            return Attribute(value[1:])
        if value in ("[", "{"):
            return self._nested(value)
        if value == "@":
            self._next()
            return Handle(self._path())
        words: dict[str, bool | None] = {"true": True, "false": False, "none": None}
        if value in words:
            self._next()
            return Literal(words[value])
        return Variable(self._name())

    def _number(self, text: str) -> int | float:
        value = int(text) if text.lstrip("+-").isdigit() else float(text)
        if isinstance(value, int) and not -LARGEST <= value < LARGEST:
            raise self._wrong("a whole number of 64 bits")
        self._next()
        return value

    def _nested(self, mark: str) -> Items | Fields:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._wrong(f"at most {DEEPEST} levels")
        if mark == "[":
            found: Items | Fields = self._items()
        else:
            found = Fields(tuple((field, self._expression()) for field in self._field_names()))
        self.depth -= 1
        return found

    def _items(self) -> Items:
        items: list[Expression] = []
        self._take("[")
        while self._peek() != "]":
            items.append(self._expression())
            if self._peek() != "]":
                self._take(",")
        self._take("]")
        return Items(tuple(items))

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.tokens[self.at][0] != "string" else ""

    def _next(self) -> str:
        value = self.tokens[self.at][1]
        if self.tokens[self.at][0] != "end":
            self.at += 1
        return value

    def _take(self, mark: str) -> None:
        if self._peek() != mark:
            raise self._wrong(repr(mark))
        self._next()

    def _name(self) -> str:
        kind, value, _ = self.tokens[self.at]
        if kind != "name" or not NAME.match(value):
            raise self._wrong("a name (a letter, then letters, digits or _, at most 63)")
        return self._next()

    def _end(self) -> None:
        if self.tokens[self.at][0] != "end":
            raise self._wrong("the end")

    def _wrong(self, wanted: str) -> CaseError:
        kind, value, place = self.tokens[self.at]
        came = "the end" if kind == "end" else repr(value[:80])
        return CaseError(f"step {self.text!r}: wanted {wanted} at character {place + 1}, got {came}")
