"""The lines of a text that Octave saved, read from the front on."""

from __future__ import annotations

from pybn.errors import FormatError
from pybn.formats.octave_source import Source

CHUNK = 1 << 20
LONGEST = 1 << 20  # bytes of a line that says what follows


class Lines:
    """A text, line by line, or in runs of bytes. `number` is that of the line that was read last, from 1."""

    def __init__(self, source: Source) -> None:
        self._bytes = source.begin()
        self._text, self._at = b"", 0
        self.number = 0

    @property
    def _position(self) -> int:
        return self._bytes.position - len(self._text) + self._at

    def _more(self) -> bool:
        """Read on; say whether there was more."""
        block = self._bytes.read(CHUNK)
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)

    def _line(self) -> bytes | None:
        """Return the next line and do not pass over it."""
        while (end := self._text.find(b"\n", self._at)) < 0:
            if len(self._text) - self._at > LONGEST:
                raise FormatError(
                    f"a line of more than {LONGEST:,} bytes, where one was wanted that says what follows"
                )
            if not self._more():
                end = len(self._text)
                return self._text[self._at :] if self._at < end else None
        return self._text[self._at : end]

    def peek(self) -> bytes:
        """Return the next line, b"" at the end of the text."""
        return self._line() or b""

    def next(self) -> bytes | None:
        """Return the next line, None at the end of the text."""
        line = self._line()
        if line is None:
            return None
        self._at = min(self._at + len(line) + 1, len(self._text))
        self.number += 1
        return line.removesuffix(b"\r")

    def take(self, count: int) -> bytes:
        """Return just so many bytes, whatever they are. Raises FormatError where they are not there."""
        blocks = [self._text[self._at : self._at + count]]
        self._at += len(blocks[0])
        left = count - len(blocks[0])
        while left:
            if not (block := self._bytes.read(min(CHUNK, left))):
                raise FormatError(f"breaks off, {left:,} bytes short")
            blocks.append(block)
            left -= len(block)
        taken = b"".join(blocks)
        self.number += taken.count(b"\n")
        return taken

    def region(self) -> tuple[int, int]:
        """Pass over all up to the next comment. Return where that begins, and how many bytes it is."""
        start = self._position
        while (end := self._text.find(b"#", self._at)) < 0:
            self.number += self._text.count(b"\n", self._at)
            self._at = len(self._text)
            if not self._more():
                return start, self._position - start
        self.number += self._text.count(b"\n", self._at, end)
        self._at = end
        return start, self._position - start

    def numbers(self, most: int) -> bytes:
        """Return all up to the next comment, of at most so many bytes. Raises FormatError where it is more."""
        while (end := self._text.find(b"#", self._at)) < 0:
            if len(self._text) - self._at > most or not self._more():
                end = len(self._text)
                break
        if end - self._at > most:
            raise FormatError(f"wanted numbers in at most {most:,} bytes of text, and they go on")
        taken = self._text[self._at : end]
        self.number += taken.count(b"\n")
        self._at = end
        return taken
