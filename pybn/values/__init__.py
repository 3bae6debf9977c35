"""Any MATLAB value in Python, and any Python value in MATLAB's terms.

    MATLAB                        here                 handed to Python code (`to_python`)
    numeric or logical array      NumPy array, 2-D up  1x1: a scalar; 1xN, Nx1: 1-D; else as it is
    char row                      str                  str
    char array of other shape     CharArray            list of its rows
    cell array                    Cell                 list, of lists where it is no vector
    struct                        dict                 dict
    struct array                  StructArray          list of dicts, of lists where it is no vector
    containers.Map                Map                  dict
    function handle, object       Foreign              Foreign

`to_matlab` goes the other way, `match` compares two of either kind leaf by leaf.
"""

from __future__ import annotations

from pybn.values.convert import to_matlab, to_python
from pybn.values.fit import fitted
from pybn.values.leaves import foreign, leaves
from pybn.values.match import match
from pybn.values.model import Cell, CharArray, Foreign, Map, Object, StructArray, describe

__all__ = [
    "Cell",
    "CharArray",
    "Foreign",
    "Map",
    "Object",
    "StructArray",
    "describe",
    "fitted",
    "foreign",
    "leaves",
    "match",
    "to_matlab",
    "to_python",
]
