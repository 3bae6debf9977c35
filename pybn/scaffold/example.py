"""The call in a help's example, where its arguments are written out: `smooth([1 2; 3 4], 3)`, or variables that are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pybn.mfile import Token, tokens
from pybn.scaffold.brackets import closing, meaning, words_of
from pybn.scaffold.evidence import unquoted
from pybn.scaffold.usage import EXAMPLES

LARGEST = 60  # elements of an array that stands in a case file
NUMBERS = {"pi": math.pi, "NaN": math.nan, "nan": math.nan, "Inf": math.inf, "inf": math.inf}
CONSTANTS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Matrix:
    """An array of numbers, as rows."""

    rows: tuple[tuple[float, ...], ...]


Given = float | bool | str | Matrix


def example(text: str, name: str) -> list[Given]:
    """Return the arguments of the first call of a function in its help's examples that are all written out, or none."""
    start = next((k for k, line in enumerate(text.split("\n")) if EXAMPLES.match(line)), None)
    if start is None:
        return []
    found = meaning(tokens("\n".join(text.split("\n")[start + 1 :])))
    texts = words_of(found)
    known: dict[str, Given] = {}
    for k, word in enumerate(texts[:-1]):
        if texts[k + 1] == "=" and (k == 0 or texts[k - 1] in ("\n", ";", ",")):
            value = _value(found[k + 2 : _end(texts, k + 2)], known)
            known.pop(word, None)
            if value is not None:
                known[word] = value
        if word == name and texts[k + 1] == "(":
            given = [_value(part, known) for part in _arguments(found, texts, k + 1)]
            written = [value for value in given if value is not None]
            if written and len(written) == len(given):
                return written
    return []


def _end(texts: Sequence[str], k: int) -> int:
    """Return where a statement ends; lines within brackets do not end it."""
    depth = 0
    for j in range(k, len(texts)):
        depth += (texts[j] in "([{") - (texts[j] in ")]}")
        if depth <= 0 and texts[j] in ("\n", ";"):
            return j
    return len(texts)


def _arguments(found: Sequence[Token], texts: Sequence[str], opened: int) -> Iterator[Sequence[Token]]:
    start, depth, close = opened + 1, 0, closing(texts, opened)
    for j in range(opened + 1, close + 1):
        if depth == 0 and (texts[j] == "," or j == close):
            if j > start:
                yield found[start:j]
            start = j + 1
        depth += (texts[j] in "([{") - (texts[j] in ")]}")


def _value(part: Sequence[Token], known: dict[str, Given]) -> Given | None:
    """Return what an expression says where it is written out: a number, text, true, an array, or a variable's value."""
    texts = words_of(part)
    if len(part) == 1 and part[0].kind in ("string", "dstring"):
        return unquoted(texts[0])
    if len(part) == 1 and texts[0] in CONSTANTS:
        return CONSTANTS[texts[0]]
    turned = len(texts) > 1 and texts[-1] == "'"
    texts = texts[: len(texts) - turned]
    value = known.get(texts[0]) if len(texts) == 1 else None
    if value is None and texts[:1] == ["["] and texts[-1:] == ["]"]:
        value = _matrix(part[1 : len(texts) - 1])
    value = _number(texts) if value is None else value
    if turned and isinstance(value, Matrix):
        return Matrix(tuple(zip(*value.rows, strict=True)))
    return None if turned and not isinstance(value, float) else value


def _matrix(part: Sequence[Token]) -> Matrix | None:
    """Read `1 -2; 3, pi/2`, of as many elements in each row."""
    rows = [[_number(words) for words in row if words] for row in _elements(part)]
    full = [row for row in rows if row]
    if not full or len({len(row) for row in full}) > 1 or any(None in row for row in full):
        return None
    numbers = tuple(tuple(float(n) for n in row if n is not None) for row in full)
    return Matrix(numbers) if len(full) * len(full[0]) <= LARGEST else None


def _elements(part: Sequence[Token]) -> list[list[list[str]]]:
    """Return the words of each element, row by row: space parts them, but where an operator stands.

    A sign with space before it and none after it is the element's own.
    """
    rows: list[list[list[str]]] = [[[]]]
    for k, token in enumerate(part):
        before = part[k - 1] if k else token
        apart = token.start > before.start + len(before.text)
        sign = token.text in ("+", "-") and [t.start for t in part[k + 1 : k + 2]] == [token.start + 1]
        operand = token.kind in ("number", "name") and before.text not in ("*", "/", "+", "-")
        if token.text == ";" or token.kind == "newline":
            rows.append([[]])
        elif token.text == ",":
            rows[-1].append([])
        elif rows[-1][-1] and apart and (sign or operand):
            rows[-1].append([token.text])
        else:
            rows[-1][-1].append(token.text)
    return rows


def _number(words: Sequence[str]) -> float | None:
    """Return a number, a product or a quotient of numbers; None for all else."""
    signs = [word for word in words if word in ("+", "-")]
    rest = words[len(signs) :]
    if words[: len(signs)] != signs or len(rest) % 2 == 0:
        return None
    value = -1.0 if signs.count("-") % 2 else 1.0
    for k in range(0, len(rest), 2):
        number = NUMBERS.get(rest[k], _read(rest[k]))
        if number is None or (k and rest[k - 1] not in ("*", "/")) or (k and not number):
            return None
        value = value / number if k and rest[k - 1] == "/" else value * number
    return value


def _read(word: str) -> float | None:
    try:
        return float(np.float64(word)) if word[:1].isdecimal() or word[:1] == "." else None
    except ValueError:
        return None
