"""Pictures and tables of models: everything is in them, nothing overlaps, and no name becomes markup."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from graphs import Double, images_model, rows_model

from pybn.graph import Graph, Input, Node
from pybn.graph.arrange import arrange
from pybn.layers import Concat, Dropout, EltWiseAdd, Relu

SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph: Graph) -> ET.Element:
    return ET.fromstring(graph.to_svg())  # noqa: S314  # our own


def words(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def boxes(root: ET.Element) -> dict[str, tuple[float, ...]]:
    """Left, top, right and bottom of each box, by name."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        name = group.findtext(f"{SVG}text")
        assert rect is not None
        assert name is not None
        x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        found[name] = (x, y, x + width, y + height)
    return found


def branches() -> Graph:
    nodes = [
        Node("left", Input((None, 5))),
        Node("a", Double()),
        Node("right", Input((None, 5))),
        Node("b", Relu()),
    ]
    nodes += [
        Node("c", Relu()),
        Node("add", EltWiseAdd(), ("a", "c")),
        Node("twice", EltWiseAdd(), ("add", "add")),
    ]
    nodes += [Node("cat", Concat(), ("twice", "left", "right", "b")), Node("dead", Relu(), "c")]
    return Graph(nodes, output="cat")


def wide() -> Graph:
    names = [f"branch_with_a_name_that_is_rather_long_{k}" for k in range(5)]
    nodes = [Node("x", Input((None, 64, 128, 128))), *(Node(name, Relu(), "x") for name in names)]
    return Graph([*nodes, Node("cat", Concat(), tuple(names))])


def deep() -> Graph:
    return Graph([Node("x", Input((None, 2))), *(Node(f"relu{k}", Relu()) for k in range(150))])


MODELS = {"rows": rows_model, "images": images_model, "branches": branches, "wide": wide, "deep": deep}


@pytest.mark.parametrize("model", MODELS)
def test_a_picture(model: str) -> None:
    graph = MODELS[model]()
    root = drawn(graph)
    place = boxes(root)
    assert place.keys() == {node.name for node in graph.nodes}
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for left, top, right, bottom in place.values():
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for (name, a), (other, b) in combinations(place.items(), 2):
        beside = max(b[0] - a[2], a[0] - b[2])
        assert beside > 20 or a[3] <= b[1] or b[3] <= a[1], (name, other)
    for node in graph.nodes:
        assert all(place[source][3] < place[node.name][1] for source in node.inputs), node.name
    edges = {(source, node.name) for node in graph.nodes for source in node.inputs}
    lines = list(root.findall(f"{SVG}path"))
    assert len(lines) == len(edges)
    assert root.find(f"{SVG}rect").attrib["fill"] == "#ffffff"  # type: ignore[union-attr]


def test_lines_run_from_box_to_box() -> None:
    graph = branches()
    root = drawn(graph)
    place = boxes(root)
    ends = set()
    for path in root.findall(f"{SVG}path"):
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d+", path.attrib["d"])]
        (start,) = [
            n for n, b in place.items() if b[0] <= numbers[0] <= b[2] and abs(b[3] - numbers[1]) < 0.2
        ]
        (end,) = [
            n for n, b in place.items() if b[0] <= numbers[-2] <= b[2] and abs(b[1] - numbers[-1]) < 0.2
        ]
        ends.add((start, end))
    assert ends == {(source, node.name) for node in graph.nodes for source in node.inputs}


def test_no_long_line_runs_through_a_box() -> None:
    for graph in (rows_model(), images_model(), branches()):
        root = drawn(graph)
        for path in root.findall(f"{SVG}path"):
            for x, y0, y1 in uprights(path.attrib["d"]):
                for left, top, right, bottom in boxes(root).values():
                    assert not (left < x < right and y0 < bottom - 0.2 and top + 0.2 < y1)


def uprights(path: str) -> list[tuple[float, float, float]]:
    """The straight parts of a line."""
    points = [tuple(map(float, pair)) for pair in re.findall(r"(-?\d+\.\d+) (-?\d+\.\d+)(?= L|$| C)", path)]
    return [(a[0], a[1], b[1]) for a, b in pairwise(points) if a[0] == b[0]]


def test_everything_is_told() -> None:
    told = words(drawn(images_model()))
    for line in ("conv1", "ConvolutionLayer", "weight 4 x 2 x 3 x 3, pad 1", "76 parameters", "kernel 2 x 2, stride 2",
                 "eps 1e-05, momentum 0.9", "prob 0.3", "N x 4 x 4 x 3", "N x 2 x 8 x 6", "weight 48 x 5"):  # fmt: skip
        assert line in told, line
    told = words(drawn(branches()))
    assert "N x 5, 2 times" in told
    assert "not run" in told


class Evil(Relu):
    """A layer whose options are markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


@pytest.mark.parametrize(
    "text", ["</text><script>alert(1)</script>", "&amp;<b>\"'", "\0\x08\ud800\uffff", "]]>", "ü \U0001f600"]
)
def test_no_text_becomes_markup(text: str) -> None:
    root = drawn(Graph([Node("x", Input((None, 2))), Node("evil", Evil(text))]))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "defs", "marker", "path", "rect", "g", "text",
    }  # fmt: skip
    assert any(line.startswith("text ") for line in words(root))


def test_long_texts_are_cut_and_whole_on_hovering() -> None:
    root = drawn(wide())
    told = words(root)
    assert max(map(len, told)) <= 44
    name = "a_name" * 20
    root = drawn(Graph([Node("x", Input((None, 2))), Node(name, Dropout(0.5))]))
    assert f"{name[:43]}\u2026" in words(root)
    assert f"{name}: Dropout(prob=0.5, seed=None, layout=None)" in [
        title.text for title in root.iter(f"{SVG}title")
    ]


def test_the_same_picture_twice() -> None:
    assert images_model().to_svg() == images_model().to_svg()


def test_an_order_that_crosses_no_edges() -> None:
    sources: dict[str, Any] = {
        "x": (),
        "a": ("x",),
        "b": ("x",),
        "c": ("x",),
        "c2": ("c",),
        "b2": ("b",),
        "a2": ("a",),
    }
    found = arrange(sources | {"end": ("b2", "a2", "c2")}, dict.fromkeys([*sources, "end"], 100.0), 50.0)
    assert [spot.name[0] for spot in found.rows[1]] == [spot.name[0] for spot in found.rows[2]]
    assert found.boxes["a"].x == pytest.approx(found.boxes["a2"].x)


def test_a_summary() -> None:
    lines = images_model().summary().splitlines()
    assert lines[0].split() == ["name", "class", "output", "parameters", "inputs"]
    assert lines[3].split("  ")[0] == "conv1"
    assert re.split(r"\s{2,}", lines[3]) == ["conv1", "ConvolutionLayer", "N x 4 x 8 x 6", "76", "image"]
    assert re.split(r"\s{2,}", lines[7]) == ["add1", "EltWiseAdd", "N x 4 x 8 x 6", "relu1, conv2"]
    assert lines[-1] == "477 parameters, 3,816 bytes in float64; output prob; loss MultiClassCrossEntropy()"
    assert branches().summary().splitlines()[-3].endswith("c  (not run)")
    assert branches().summary().endswith("0 parameters, 0 bytes in float64; output cat; no loss")
