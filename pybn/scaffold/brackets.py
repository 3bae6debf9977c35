"""Walking the words of MATLAB code between brackets: what opens where, its arguments, what is called, what assigned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pybn.mfile import Token

OPEN, CLOSE = ("(", "[", "{"), (")", "]", "}")


def meaning(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that say something, the ends of lines among them: they end statements."""
    return [token for token in tokens if token.kind not in ("space", "comment", "continuation")]


def words_of(tokens: Sequence[Token]) -> list[str]:
    """Return the texts of tokens, each end of a line as a newline."""
    return ["\n" if token.kind == "newline" else token.text for token in tokens]


def opening(texts: Sequence[str], k: int) -> tuple[int, int]:
    """Return where the bracket around word k opens, 0 for none or a square one, and how many commas stand between."""
    depth = commas = 0
    for j in range(k - 1, max(-1, k - 200), -1):
        if texts[j] in CLOSE:
            depth += 1
        elif texts[j] in OPEN:
            if depth == 0:
                return (j, commas) if texts[j] == "(" else (0, commas)
            depth -= 1
        elif texts[j] == "," and depth == 0:
            commas += 1
    return 0, commas


def closing(texts: Sequence[str], opened: int) -> int:
    """Return where the bracket that opens at a word closes; that word itself where it does not."""
    depth = 0
    for j in range(opened, min(opened + 400, len(texts))):
        depth += (texts[j] in OPEN) - (texts[j] in CLOSE)
        if depth == 0:
            return j
    return opened


def parts(texts: Sequence[str], opened: int) -> list[list[str]]:
    """Return the words of each argument of the bracket that opens here, those of calls within left out."""
    around: list[str] = []
    found: list[list[str]] = [[]]
    for word in texts[opened : closing(texts, opened)]:
        if word in OPEN:
            around.append(word)
        elif word in CLOSE:
            around.pop()
        elif word == "," and len(around) == 1:
            found.append([])
        elif "(" not in around[1:]:
            found[-1].append(word)
    return found


def dotted(texts: Sequence[str], k: int) -> str:
    """Return the name that ends at word k with what stands before it and dots: pkg.sub.f."""
    name = texts[k]
    while k > 1 and texts[k - 1] == "." and texts[k - 2].isidentifier():
        k -= 2
        name = f"{texts[k]}.{name}"
    return name


def assigned(texts: Sequence[str]) -> set[str]:
    """Return the names that an = makes variables, those in brackets before it among them."""
    found: set[str] = set()
    for k, word in enumerate(texts):
        if word != "=" or k == 0:
            continue
        if texts[k - 1] != "]":
            found.add(texts[_owner(texts, k - 1)])
            continue
        start = k - 1
        while start > 0 and texts[start] != "[" and k - start < 60:
            start -= 1
        found |= {word for word in texts[start:k] if word.isidentifier()}
    return found


def _owner(texts: Sequence[str], k: int) -> int:
    """Return where the name is whose indices end at word k: x of x(1, :)."""
    if texts[k] not in (")", "}"):
        return k
    depth = 0
    for j in range(k, max(-1, k - 60), -1):
        depth += (texts[j] in CLOSE) - (texts[j] in OPEN)
        if depth == 0:
            return max(j - 1, 0)
    return k


def called_names(tokens: Sequence[Token]) -> set[str]:
    """Return the names, with those of packages before them, that may be calls: those of no variable.

    What a function's first line names is no call.
    """
    found = meaning(tokens)
    texts = words_of(found)
    own = assigned(texts) | set(_declared(texts))
    names = [k for k, token in enumerate(found) if token.kind == "name" and texts[k + 1 : k + 2] != ["."]]
    whole = {dotted(texts, k) for k in names}
    return {name for name in whole if name.partition(".")[0] not in own}


def _declared(texts: Sequence[str]) -> Iterator[str]:
    """Yield the names in the first lines of functions."""
    for k, word in enumerate(texts):
        if word == "function":
            stop = next((j for j in range(k, len(texts)) if texts[j] == "\n"), len(texts))
            yield from (name for name in texts[k:stop] if name.isidentifier())
