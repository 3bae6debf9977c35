"""The words of MATLAB and Octave that open, divide and close blocks, and what they are where."""

from __future__ import annotations

OPENERS = frozenset({"if", "for", "parfor", "while", "switch", "try", "spmd", "function", "classdef"})
OCTAVE_OPENERS = frozenset({"do", "unwind_protect"})
MIDDLE = frozenset({"else", "elseif", "case", "otherwise", "catch"})
OCTAVE_MIDDLE = frozenset({"unwind_protect_cleanup", "end_unwind_protect", "end_try_catch"})
SIMPLE = frozenset({"break", "continue", "return", "global", "persistent"})
OCTAVE_ENDS = frozenset(
    {
        "endif", "endwhile", "endfor", "endparfor", "endswitch", "endfunction", "endclassdef", "endproperties",
        "endmethods", "endevents", "endenumeration", "endspmd", "end_try_catch", "end_unwind_protect", "until",
    }
)  # fmt: skip
ENDS = OCTAVE_ENDS | {"end"}
CLASS_BLOCKS = frozenset({"properties", "methods", "events", "enumeration"})  # of a classdef; names elsewhere
DECLARING = frozenset({"properties", "methods", "events", "enumeration", "arguments", "classdef"})

ALWAYS = OPENERS | MIDDLE | SIMPLE | {"end"}  # words that are nothing else, in MATLAB and in Octave
OCTAVE_ONLY = OCTAVE_OPENERS | OCTAVE_MIDDLE | OCTAVE_ENDS  # names in MATLAB, where one has them
STATEMENT_FOLLOWS = frozenset(
    {"else", "otherwise", "try", "spmd", "do", "unwind_protect", "unwind_protect_cleanup"}
)
