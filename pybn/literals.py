"""The numbers that are written in the .m files of a case: constants that its answers may be made of."""

from __future__ import annotations

from math import isfinite

from pybn.case import Case
from pybn.errors import PybnError
from pybn.mfile.lexer import tokens
from pybn.sources import used_files

MOST = 6
LARGEST = 1 << 20  # bytes of a file that is read
SMALL = 10  # whole numbers up to here are everywhere, and say nothing


def literals(case: Case) -> dict[str, float]:
    """Return the first few numbers in the files that a case really uses, by their text, its own function's first.

    Small whole numbers are left out. What cannot be read has none.
    """
    found: dict[str, float] = {}
    folder = case.file.parent
    try:
        files = [folder / path for path in used_files(case) if path.endswith(".m")]
    except PybnError:
        return {}
    files.sort(key=lambda file: file.stem != case.matlab.name.rpartition(".")[2])
    for file in files[: 2 * MOST]:
        try:
            text = file.read_bytes()[:LARGEST].decode("utf-8", "replace")
        except OSError:
            continue
        for token in tokens(text):
            value = _value(token.text) if token.kind == "number" else None
            if value is not None and value not in found.values():
                found[token.text] = value
            if len(found) == MOST:
                return found
    return found


def _value(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None  # 0x1F, 2i
    return value if isfinite(value) and not (value == int(value) and value <= SMALL) else None
