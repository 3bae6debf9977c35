"""Numbers in text as Octave writes them: NA, NaN, Inf, (real,imaginary). A block of text is parsed at a time."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import FormatError
from pybn.formats.lazy import Array
from pybn.formats.octave_source import Bytes, Source
from pybn.formats.octave_types import NA

BLOCK = 1 << 20  # bytes of text that are parsed at a time
LONGEST = 4096  # bytes of a number
_PAIRS = bytes.maketrans(b"(),", b"   ")


def parsed(block: bytes, dtype: np.dtype[Any]) -> Array:
    """Return the numbers of a text. Raises FormatError, naming the first that is none of a dtype."""
    part = dtype.type(0).real.dtype
    text = block.translate(_PAIRS) if b"(" in block else block
    read: Any = np.float64 if part.kind == "f" else np.uint64 if part == np.uint64 else np.int64
    x = _quickly(text, read)
    if x is None:
        x = _slowly(text, np.dtype(read))
    if dtype.kind == "c":
        if len(x) % 2:
            raise FormatError("complex numbers without an imaginary part")
        return x.view(np.complex128).astype(dtype, copy=False)
    if part.kind in "iu" and part.itemsize < 8 and x.size:
        least, most = np.iinfo(part).min, np.iinfo(part).max
        if x.min() < least or x.max() > most:
            raise FormatError(f"wanted numbers of {part}, got some from {x.min()} to {x.max()}")
    with np.errstate(over="ignore"):
        return x.astype(dtype, copy=False)


def _quickly(text: bytes, dtype: npt.DTypeLike) -> Array | None:
    """Return numbers as NumPy reads them, None where it stops on the way, or finds others than there are."""
    missing = [k for k, word in enumerate(text.split()) if word == b"NA"] if b"NA" in text else []
    try:
        x = np.fromstring(text.replace(b"NA", b"NaN") if missing else text, dtype, sep=" ")
    except (ValueError, DeprecationWarning):  # a warning where those are errors
        return None
    if len(x) != _count(text) or (dtype is np.uint64 and b"-" in text):
        return None
    x[missing] = NA
    return x


def _count(text: bytes) -> int:
    """Return how many words there are: how often no blank follows a blank."""
    blank = np.frombuffer(text, np.uint8) <= 32
    return int(np.count_nonzero(blank[:-1] & ~blank[1:])) + int(len(text) > 0 and not blank[0])


def _slowly(text: bytes, dtype: np.dtype[Any]) -> Array:
    values = []
    for word in re.finditer(rb"\S+", text):
        try:
            values.append(_number(word[0], dtype))
        except (ValueError, OverflowError) as error:
            said = word[0][:40].decode("latin-1")
            raise FormatError(f"wanted a number, got {said!r}, {word.start():,} bytes on") from error
    return np.array(values, dtype)


def _number(word: bytes, dtype: np.dtype[Any]) -> Any:
    if b"_" in word:
        raise ValueError
    if dtype.kind == "f":
        return NA[0] if word == b"NA" else float(word)
    value = int(word)
    if not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        raise OverflowError
    return value


class Tokens:
    """The numbers of a region of a text as the bytes of an array, for what reads streams."""

    def __init__(
        self, source: Source, region: tuple[int, int], dtype: np.dtype[Any], count: int, label: str
    ) -> None:
        self._text: Bytes = source.begin(region[0])
        self._end = sum(region)
        self._dtype, self._left, self._where = dtype, count, f"{source.path}: {label}"
        self._rest, self._ready = b"", b""

    def read(self, count: int, /) -> bytes:
        """Return at most this many of the next bytes of the elements. Raises FormatError where there are fewer."""
        while self._left and not self._ready:
            self._parse()
        block, self._ready = self._ready[:count], self._ready[count:]
        return block

    def _parse(self) -> None:
        """Parse the next block, up to its last blank."""
        start = self._text.position - len(self._rest)
        block = self._text.read(min(BLOCK, self._end - self._text.position))
        text = self._rest + block
        whole = max(text.rfind(b" "), text.rfind(b"\n")) + 1 if block else len(text)
        if len(text) - whole > LONGEST:
            raise FormatError(f"{self._where}: at byte {start:,}: wanted numbers, with blanks between them")
        self._rest = text[whole:]
        try:
            x = parsed(text[:whole], self._dtype)
        except FormatError as error:
            raise FormatError(f"{self._where}: from byte {start:,} on: {error}") from error
        self._left -= len(x)
        more = (
            self._rest + self._text.read(min(LONGEST, self._end - self._text.position))
            if not self._left
            else b""
        )
        if self._left < 0 or more.strip():
            raise FormatError(f"{self._where}: at byte {start:,}: more numbers than there are elements")
        if not block and self._left:
            raise FormatError(f"{self._where}: at byte {start:,}: breaks off, {self._left:,} elements short")
        self._ready = x.tobytes()
