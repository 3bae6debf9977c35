"""Where the boxes of a drawing go: from top to bottom, branches side by side, long ways around boxes.

The way of Sugiyama and others: a row for each node, bends where an edge passes through rows, an order within
rows that crosses few edges, and places that keep edges straight.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

_SWEEPS = 8
_APART = 28.0  # between neighbours in a row


@dataclass(slots=True)
class Spot:
    """A box, or the bend of an edge, with the neighbours above and below it."""

    name: str
    row: int
    width: float
    bend: bool = False
    x: float = 0.0
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Boxes by name, rows from top to bottom, and for each edge (source, consumer) the spots that it passes."""

    boxes: Mapping[str, Spot]
    rows: Sequence[Sequence[Spot]]
    edges: Mapping[tuple[str, str], Sequence[Spot]]


def arrange(
    sources: Mapping[str, Sequence[str]], widths: Mapping[str, float], bend_width: float
) -> Arrangement:
    """Place nodes, given in an order in which each comes after its sources. x are centres, from 0 on."""
    boxes: dict[str, Spot] = {}
    for name, taken in sources.items():
        row = 1 + max((boxes[source].row for source in taken), default=-1)
        boxes[name] = Spot(name, row, widths[name])
    _lower(boxes, sources)
    edges = {
        (source, name): _way(boxes[source], boxes[name], bend_width)
        for name, taken in sources.items()
        for source in dict.fromkeys(taken)
    }
    rows: list[list[Spot]] = [[] for _ in range(1 + max(box.row for box in boxes.values()))]
    for name, box in boxes.items():
        rows[box.row].append(box)
        for (_, consumer), way in edges.items():
            if consumer == name:
                for spot in way[1:-1]:
                    rows[spot.row].append(spot)
    _order(rows)
    _place(rows)
    return Arrangement(boxes, rows, edges)


def _lower(boxes: Mapping[str, Spot], sources: Mapping[str, Sequence[str]]) -> None:
    """Move what has no source, a second input for one, down to the row above its first consumer."""
    for name, taken in sources.items():
        if not taken:
            consumers = [boxes[other].row for other, names in sources.items() if name in names]
            boxes[name].row = min(consumers, default=1) - 1


def _way(source: Spot, consumer: Spot, bend_width: float) -> list[Spot]:
    """Return the spots from a box to another, bends in all rows between, and make them neighbours."""
    rows = range(source.row + 1, consumer.row)
    way = [source, *(Spot("", row, bend_width, bend=True) for row in rows), consumer]
    for upper, lower in itertools.pairwise(way):
        upper.below.append(lower)
        lower.above.append(upper)
    return way


def _order(rows: list[list[Spot]]) -> None:
    """Order each row by where the neighbours are, downwards and upwards in turn, and keep the best order found."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            _sort(rows, row, down=down)
        if (found := _crossings(rows)) < fewest:
            best, fewest = [list(row) for row in rows], found
    for row, ordered in zip(rows, best, strict=True):
        row[:] = ordered


def _sort(rows: list[list[Spot]], row: list[Spot], *, down: bool) -> None:
    here = {id(spot): k for k, spot in enumerate(row)}
    index = row[0].row - 1 if down else row[0].row + 1
    there = {id(spot): k for k, spot in enumerate(rows[index])}

    def middle(spot: Spot) -> float:
        neighbours = spot.above if down else spot.below
        return fmean(there[id(other)] for other in neighbours) if neighbours else here[id(spot)]

    row.sort(key=middle)


def _crossings(rows: list[list[Spot]]) -> int:
    count = 0
    for upper, lower in itertools.pairwise(rows):
        place = {id(spot): k for k, spot in enumerate(lower)}
        ends = [(k, place[id(other)]) for k, spot in enumerate(upper) for other in spot.below]
        count += (
            sum((a[0] < b[0] and a[1] > b[1]) or (a[0] > b[0] and a[1] < b[1]) for a in ends for b in ends)
            // 2
        )
    return count


def _place(rows: list[list[Spot]]) -> None:
    """Set x: each spot as near to the middle of its neighbours as the others of its row allow."""
    for row in rows:
        _spread(row, [0.0] * len(row))
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            wanted = []
            for spot in row:
                near = (spot.above if down else spot.below) or spot.below or spot.above
                wanted.append(fmean(other.x for other in near) if near else spot.x)
            _spread(row, wanted)
    left = min(spot.x - spot.width / 2 for row in rows for spot in row)
    for row in rows:
        for spot in row:
            spot.x -= left


def _spread(row: list[Spot], wanted: list[float]) -> None:
    """Set x of a row near to what is wanted, in their order and apart.

    Blocks of spots that touch take the mean of what their members want (the pool-adjacent-violators way).
    """
    offsets = [0.0]
    for left, right in itertools.pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + _APART)
    blocks: list[list[float]] = []  # sum of what is wanted less the offset, and how many
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append([want - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    places = [total / count for total, count in blocks for _ in range(int(count))]
    for spot, place, offset in zip(row, places, offsets, strict=True):
        spot.x = place + offset
