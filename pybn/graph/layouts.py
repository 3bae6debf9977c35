"""One order of axes in a model: layers that take images, or sequences, agree with their inputs, and with one another.

Which axis is which cannot be seen in an array; where a layer takes one for another, numbers come all the same,
and are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pybn.errors import GraphError
from pybn.graph.node import COMMON, Node, Sizes
from pybn.layouts import orders_images, orders_sequences


def named_layout(node: Node, given: Sequence[Sizes]) -> str | None:
    """Return the layout of a layer whose inputs, of the sizes `given`, are such images or sequences; None otherwise.

    A layer of the user's own may call something else its layout.
    """
    layout = str(getattr(node.layer, "layout", None))
    known = orders_images(layout) or orders_sequences(layout)
    return layout if known and any(len(sizes) == len(layout) for sizes in given) else None


def layout_of(nodes: Iterable[Node], sizes: Mapping[str, Sizes]) -> str | None:
    """Return the layout of the layers that take images, else of those that take sequences, or the one that all share.

    `sizes` are those of all outputs. None where layers of rows name different ones, or none.
    """
    taken, named = [], []
    for node in nodes:
        taken.append(named_layout(node, [sizes[source] for source in node.inputs]) or "")
        named.append(getattr(node.layer, "layout", None))
    if found := max(taken, key=len, default=""):  # four axes before three, the first of them
        return found
    shared = set(named) - {None}
    return str(shared.pop()) if len(shared) == 1 else None


class Agreement:
    """The layout that the layers of a model agree on, node after node: one of images, one of sequences."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[Node, str]] = {}  # by how many axes there are

    def check(self, node: Node, sources: Sequence[str], given: Sequence[Sizes]) -> None:
        """Raise GraphError where a node's layout is not that of what it takes, or of the nodes before it.

        `given` are the sizes of what it takes, from `sources`.
        """
        layout = named_layout(node, given)
        if layout is None:
            return
        for source, sizes in zip(sources, given, strict=True):
            if len(sizes) == len(layout) and sizes.index(None) != layout.index("N"):
                raise GraphError(
                    f"{node.name}: {node.kind} has layout {layout!r}, whose batch is axis {layout.index('N')}, "
                    f"and takes {source}, whose batch is axis {sizes.index(None)}"
                    f"{self._instead(node, len(sizes), sizes.index(None))}"
                )
        first, wanted = self._first.get(len(layout), (node, layout))
        if layout != wanted:
            raise GraphError(
                f"{node.name}: {node.kind} has layout {layout!r}, and {first.name} {wanted!r}: wanted one layout "
                f"in all layers that take {'images' if len(layout) == 4 else 'sequences'}; "
                f"{node.kind}(layout={wanted!r})?"
            )
        self._first[len(layout)] = first, wanted

    def _instead(self, node: Node, axes: int, batch: int) -> str:
        """Return a layout to try, of so many axes, the batch that one: that of the layers before, or a common one."""
        agreed = (self._first[axes][1],) if axes in self._first else ()
        common = COMMON if axes == 4 else ("NTC", "CTN")
        fits = [layout for layout in (*agreed, *common) if layout.index("N") == batch]
        return f"; {node.kind}(layout={fits[0]!r})?" if fits else ""
