"""The regular expressions that MATLAB source is read by."""

from __future__ import annotations

import re

NEWLINE = re.compile(r"\r\n|\n|\r")
MASTER = re.compile(
    r"""(?P<space>[ \t]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<newline>\r\n|\n|\r)
    |(?P<continuation>\.\.\.[^\r\n]*(?:\r\n|\n|\r)?)
    |(?P<number>0[xX][0-9a-fA-F]+(?:[us](?:8|16|32|64))?|0[bB][01]+(?:[us](?:8|16|32|64))?
        |(?:[0-9]+(?:\.(?![*/\\^']|\.\.)[0-9]*)?|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?[ijIJ]?)
    |(?P<comment>[%\#][^\r\n]*)
    |(?P<quote>['"])
    |(?P<op>\.\^'|\.[*/\\^']|[=~!<>]=|&&|\|\||[-+*/^|&]=|[-+*/\\^=<>&|~!:;,.()\[\]{}@?$])
    |(?P<other>[^ \tA-Za-z0-9_\r\n%\#'".=~!<>&|\-+*/\\^:;,()\[\]{}@?$]+)""",
    re.VERBOSE,
)
STRING = re.compile(r"'(?:[^'\r\n]|'')*'")
DSTRING = re.compile(r'"(?:[^"\r\n]|"")*"')
OCTAVE_DSTRING = re.compile(r'"(?:[^"\\\r\n]|""|\\.)*"')  # \" does not end it
LINE = re.compile(r"[^\r\n]*")
BLOCK_EDGE = re.compile(r"(?:(?<=[\r\n])|\A)[ \t]*[%#]([{}])[ \t]*(?=[\r\n]|\Z)")
ASSIGNED = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(?!=)|\[([^\[\]=\r\n]*)\][ \t]*=(?!=)"
)
SIGNATURE = re.compile(r"(?<![A-Za-z0-9_])function\b([^\r\n]*)")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
COMMAND = re.compile(r"""(?:'[^'\r\n]*'|"[^"\r\n]*"|[^'"%;,\r\n.]|\.(?!\.\.)|['"])*""")
OPERATOR = re.compile(r"(?:\.[*/\\^']|[=~!<>]=|&&|\|\||[-+*/^|&]=|\+\+|--|[-+*/\\^<>&|~!:])")
ARGUMENTS = re.compile(r"[ \t]*(?:\([^()\r\n]*\))?[ \t]*(?:[%#,;\r\n]|\.\.\.|\Z)")
SPACES = re.compile(r"[ \t]*")


def assigned(text: str) -> frozenset[str]:
    """Return the names that a text assigns to anywhere, or has as parameters."""
    found: set[str] = set()
    for match in ASSIGNED.finditer(text):
        found.update([match.group(1)] if match.group(1) else WORD.findall(match.group(2)))
    for match in SIGNATURE.finditer(text):
        found.update(WORD.findall(match.group(1)))
    return frozenset(found)
