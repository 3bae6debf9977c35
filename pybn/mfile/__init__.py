"""Reading MATLAB source as text: its tokens, and what a file declares. Nothing here runs anything."""

from pybn.mfile.lexer import Token, lines, significant, tokens
from pybn.mfile.members import Class, Function, Method, Outline, Property
from pybn.mfile.outline import outline

__all__ = [
    "Class",
    "Function",
    "Method",
    "Outline",
    "Property",
    "Token",
    "lines",
    "outline",
    "significant",
    "tokens",
]
