"""A model as a table of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pybn.graph.node import plural, spell

if TYPE_CHECKING:
    from pybn.graph.wired import Wired

_HEADS = ("name", "class", "output", "parameters", "inputs")


def summarise(graph: Wired) -> str:
    """Return a line for each node, in the order in which they run, and one for the whole model."""
    rows = [
        (
            node.name,
            node.kind,
            spell(graph.sizes(node.name)),
            f"{count:,}" if (count := count_of(graph, node.name)) else "",
            ", ".join(node.inputs) + ("" if graph.leads(node.name) else "  (not run)"),
        )
        for node in graph.nodes
    ]
    total = sum(count_of(graph, node.name) for node in graph.nodes)
    size = total * (8 if graph.dtype == "float64" else 4)
    loss = "no loss" if graph.loss is None else f"loss {graph.loss!r}"
    told = f"{plural(total, 'parameter')}, {size:,} bytes in {graph.dtype}; output {graph.output}; {loss}"
    return "\n".join([*table([_HEADS, *rows]), told])


def count_of(graph: Wired, name: str) -> int:
    """Return how many parameters a node has."""
    shapes = graph.parameters.shapes
    return sum(math.prod(shape) for full, shape in shapes.items() if full.partition(".")[0] == name)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with the columns side by side, numbers to the right, and a rule under the heads and the end."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if head == "parameters" else cell.ljust(width)
            for cell, width, head in zip(row, widths, rows[0], strict=True)
        ).rstrip()
        for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return [lines[0], rule, *lines[1:], rule]
