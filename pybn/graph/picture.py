"""A model as a picture: SVG with a box for each layer, from top to bottom, and the shapes on the edges."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pybn.graph.arrange import Arrangement, Spot, arrange
from pybn.graph.node import Input, Node, plural, spell
from pybn.graph.summary import count_of
from pybn.layers.base import Layer

if TYPE_CHECKING:
    from pybn.graph.wired import Wired

_MARGIN, _GAP = 20.0, 50.0  # around the drawing, between rows
_LINE, _PAD, _LEAST = 16.0, 12.0, 110.0  # of the texts in a box; the least width of a box
_LONGEST = 44  # letters of a line
_FONT = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif"
# Fill and border of a box, by what the layer is there for.
_COLOURS = {
    "input": ("#eef1f4", "#6b7785"),
    "weights": ("#dce9fb", "#3b6fb6"),
    "joins": ("#fdebcf", "#b8791b"),
    "statistics": ("#e5f3df", "#4f8a3a"),
    "others": ("#ffffff", "#7d8894"),
    "unknown": ("#fbe4e4", "#b23a48"),
}
_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}" \
font-family="{font}" font-size="12" text-anchor="middle" role="img">
<title>{title}</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
<path d="M0 0.5 L8 4 L0 7.5 z" fill="#55606b"/></marker></defs>
<rect width="100%" height="100%" fill="#ffffff"/>"""


def draw(graph: Wired, title: str = "") -> str:
    """Return the picture as the text of an SVG file: one document, no scripts, nothing from elsewhere."""
    texts = {node.name: _texts(graph, node) for node in graph.nodes}
    widths = {
        name: max(_LEAST, 1.1 * _width(lines[0]) + 2 * _PAD, max(map(_width, lines[1:])) + 2 * _PAD)
        for name, lines in texts.items()
    }
    labels = {node.name: spell(graph.sizes(node.name)) for node in graph.nodes}
    drawn = arrange(
        {node.name: node.inputs for node in graph.nodes}, widths, max(map(_width, labels.values())) + 2 * _PAD
    )
    tops = _tops(drawn, texts)
    edges = [part for way in _edges(graph, drawn, tops, texts, labels) for part in way]
    boxes = [_box(graph, node, drawn.boxes[node.name], texts[node.name], tops) for node in graph.nodes]
    width = max(spot.x + spot.width / 2 for row in drawn.rows for spot in row) + 2 * _MARGIN
    height = tops[-1] - _GAP + _MARGIN
    head = _HEAD.format(
        w=round(width), h=round(height), font=_FONT, title=escape(_short_text(title or repr(graph)))
    )
    lines = [part for part in edges if part.startswith("<path")]
    told = [part for part in edges if not part.startswith("<path")]
    return "\n".join([head, *lines, *boxes, *told, "</svg>", ""])


def _texts(graph: Wired, node: Node) -> list[str]:
    """Return the lines in a node's box: its name, its class, its options, how many parameters."""
    lines = [_short(node.name), node.kind]
    if isinstance(node.layer, Input):
        return [*lines, spell(node.layer.shape)]
    told = _options(node.layer)
    weight = graph.parameters.shapes.get(f"{node.name}.weight", ())
    if len(weight) > 1:
        told = [f"weight {spell(weight)}", *told]
    if told:
        lines.append(_short(", ".join(told)))
    if count := count_of(graph, node.name):
        lines.append(plural(count, "parameter"))
    return lines if graph.leads(node.name) else [*lines, "not run"]


def _options(layer: Layer) -> list[str]:
    """Return the options that a reader would miss, in a few letters each."""
    options = dict(layer.options())
    told = []
    if {"kernel_height", "kernel_width"} <= options.keys():
        told.append(f"kernel {options.pop('kernel_height')} x {options.pop('kernel_width')}")
    for name, value in options.items():
        if name not in ("layout", "numerics", "seed", "floor") and not _usual(name, value):
            told.append(f"{name} {_brief(value)}")
    return told


def _usual(name: str, value: object) -> bool:
    """Tell whether an option says nothing that a reader would miss."""
    ones = {"stride": 1, "dilation": 1, "groups": 1, "pad": 0, "crop": 0}
    parts = value if isinstance(value, tuple | list) else [value]
    return value is None or value is False or (name in ones and all(part == ones[name] for part in parts))


def _brief(value: object) -> str:
    if isinstance(value, tuple | list):
        return str(value[0]) if len(set(value)) == 1 else " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(text: str) -> str:
    # What XML cannot hold, even escaped, a layer of the user's may still say.
    text = re.sub(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"


def _width(text: str) -> float:
    """Return about how wide a text is at 12 points, a little more rather than less."""
    return 7.6 * len(text) + sum(2.0 for letter in text if letter.isupper() or letter in "mw@%")


def _tops(drawn: Arrangement, texts: dict[str, list[str]]) -> list[float]:
    """Return the top of each row, and of one more that would come after the last."""
    tops = [_MARGIN]
    for row in drawn.rows:
        lines = max((len(texts[spot.name]) for spot in row if not spot.bend), default=0)
        tops.append(tops[-1] + _LINE * lines + _PAD + _GAP)
    return tops


def _box(graph: Wired, node: Node, spot: Spot, lines: Sequence[str], tops: Sequence[float]) -> str:
    top, height = tops[spot.row], _LINE * len(lines) + _PAD
    fill, border = _COLOURS[_role(node)]
    dash = "" if graph.leads(node.name) else ' stroke-dasharray="5 4"'
    parts = [
        (
            f'<g><title>{escape(_short_title(node))}</title><rect x="{_MARGIN + spot.x - spot.width / 2:.1f}" '
            f'y="{top:.1f}" width="{spot.width:.1f}" height="{height:.1f}" rx="8" fill="{fill}" stroke="{border}" '
            f'stroke-width="1.2"{dash}/>'
        )
    ]
    for k, line in enumerate(lines):
        style = 'font-weight="bold" fill="#16202a"' if k == 0 else 'font-size="11" fill="#3c4854"'
        y = top + _PAD / 2 + _LINE * (k + 0.75)
        parts.append(f'<text x="{_MARGIN + spot.x:.1f}" y="{y:.1f}" {style}>{escape(line)}</text>')
    return "".join([*parts, "</g>"])


def _short_title(node: Node) -> str:
    return _short_text(f"{node.name}: {node.layer!r}")


def _short_text(text: str) -> str:
    """Return text without what XML cannot hold."""
    return re.sub(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def _role(node: Node) -> str:
    if isinstance(node.layer, Input):
        return "input"
    if getattr(node.layer, "unknown", False):
        return "unknown"
    if node.layer.buffers:
        return "statistics"
    return "weights" if node.layer.parameters else "others" if node.layer.fan_in == 1 else "joins"


def _edges(
    graph: Wired,
    drawn: Arrangement,
    tops: Sequence[float],
    texts: dict[str, list[str]],
    labels: dict[str, str],
) -> list[list[str]]:
    """Return for each edge its line, and the shape that is written on it."""
    ports = _Ports(drawn)
    result = []
    for node in graph.nodes:
        for source, times in Counter(node.inputs).items():
            way = drawn.edges[source, node.name]
            start = tops[way[0].row] + _LINE * len(texts[source]) + _PAD
            points = [(ports.out(way), tops[way[0].row + 1] - _GAP)]  # past higher boxes beside its own
            for spot in way[1:-1]:
                points += [(spot.x, tops[spot.row]), (spot.x, tops[spot.row + 1] - _GAP)]
            points.append((ports.into(way), tops[way[-1].row]))
            label = labels[source] + (f", {times} times" if times > 1 else "")
            result.append([_line(start, points), _label(label, points, way)])
    return result


class _Ports:
    """Where edges leave and enter boxes: beside each other, in the order of where they go."""

    def __init__(self, drawn: Arrangement) -> None:
        self.x: dict[tuple[int, int], float] = {}
        for spot in drawn.boxes.values():
            for others in (spot.below, spot.above):
                ranked = sorted(others, key=lambda other: other.x)
                step = min(26.0, spot.width / (len(ranked) + 1))
                for k, other in enumerate(ranked):
                    self.x[id(spot), id(other)] = spot.x + step * (k - (len(ranked) - 1) / 2)

    def out(self, way: Sequence[Spot]) -> float:
        return self.x[id(way[0]), id(way[1])]

    def into(self, way: Sequence[Spot]) -> float:
        return self.x[id(way[-1]), id(way[-2])]


def _line(start: float, points: Sequence[tuple[float, float]]) -> str:
    """Return a smooth line: from `start` down to the first point, curves between rows, straight through them."""
    path = f"M{_MARGIN + points[0][0]:.1f} {start:.1f} V{points[0][1]:.1f}"
    for k, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        middle = (y0 + y1) / 2
        curve = f" C{_MARGIN + x0:.1f} {middle:.1f} {_MARGIN + x1:.1f} {middle:.1f}"
        path += f"{curve if k % 2 == 0 else ' L'} {_MARGIN + x1:.1f} {y1:.1f}"
    return f'<path d="{path}" fill="none" stroke="#55606b" stroke-width="1.2" marker-end="url(#tip)"/>'


def _label(text: str, points: Sequence[tuple[float, float]], way: Sequence[Spot]) -> str:
    """Return the text on an edge, where it is far from the others of its box: at the end that it shares with fewer."""
    if len(way) > 2:
        x, y = points[1][0], (points[1][1] + points[2][1]) / 2
    else:
        (x0, y0), (x1, y1) = points
        leaving, entering = len(way[0].below), len(way[1].above)
        t = 0.5 if leaving == entering else 0.66 if leaving > entering else 0.34
        s = 3 * t * t - 2 * t**3
        x, y = x0 + (x1 - x0) * s, y0 + (y1 - y0) * t
    width = 6.2 * len(text) + 8
    return (
        f'<rect x="{_MARGIN + x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="16" rx="3" '
        f'fill="#ffffff" fill-opacity="0.92"/><text x="{_MARGIN + x:.1f}" y="{y + 3.8:.1f}" font-size="10.5" '
        f'fill="#55606b">{escape(text)}</text>'
    )
