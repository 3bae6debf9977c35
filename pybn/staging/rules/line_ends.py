"""Lines that end as on an old Mac, by a carriage return alone: Octave loses the ends of comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybn.staging.findings import Edit, Trouble
from pybn.staging.source import Source
from pybn.staging.tree import Tree

RULE = "line-end"
TRIGGER = re.compile(r"\r(?!\n)")
WHY = "Octave does not see the end of every comment where a line ends by a carriage return alone"


def rewrite(source: Source, _tree: Tree) -> Iterator[Edit | Trouble]:
    """Yield an edit for each such line end."""
    for match in TRIGGER.finditer(source.text):
        yield Edit(match.start(), match.end(), "\n", WHY)
