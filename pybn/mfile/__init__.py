"""Reading MATLAB source as text: its tokens, and what a file declares. Nothing here runs anything."""

from pybn.mfile.lexer import Token, lines, significant, tokens
from pybn.mfile.outline import Class, Function, Method, Outline, Property, outline

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
