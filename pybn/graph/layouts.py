"""One order of axes in a model: layers that take images agree with their inputs, and with one another.

Which axis is which cannot be seen in an array; where a layer takes one for another, numbers come all the same,
and are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pybn.errors import GraphError
from pybn.graph.node import COMMON, Node, Sizes
from pybn.layouts import orders_images


def images_layout(node: Node, given: Sequence[Sizes]) -> str | None:
    """Return the layout of a layer whose inputs, of the sizes `given`, are images; None where it has or takes none.

    A layer of the user's own may call something else its layout.
    """
    layout = getattr(node.layer, "layout", None)
    return str(layout) if orders_images(layout) and any(len(sizes) == 4 for sizes in given) else None


def layout_of(nodes: Iterable[Node], sizes: Mapping[str, Sizes]) -> str | None:
    """Return the layout of the layers that take images, or, where none does, the one that all layers share.

    `sizes` are those of all outputs. None where layers of rows name different ones, or none.
    """
    named = []
    for node in nodes:
        if found := images_layout(node, [sizes[source] for source in node.inputs]):
            return found
        named.append(getattr(node.layer, "layout", None))
    shared = set(named) - {None}
    return str(shared.pop()) if len(shared) == 1 else None


class Agreement:
    """The layout that the layers of a model agree on, node after node."""

    def __init__(self) -> None:
        self._first: tuple[Node, str] | None = None

    def check(self, node: Node, sources: Sequence[str], given: Sequence[Sizes]) -> None:
        """Raise GraphError where a node's layout is not that of the images it takes, or of the nodes before it.

        `given` are the sizes of what it takes, from `sources`.
        """
        layout = images_layout(node, given)
        if layout is None:
            return
        for source, sizes in zip(sources, given, strict=True):
            if len(sizes) == 4 and sizes.index(None) != layout.index("N"):
                raise GraphError(
                    f"{node.name}: {node.kind} has layout {layout!r}, whose batch is axis {layout.index('N')}, "
                    f"and takes {source}, whose batch is axis {sizes.index(None)}"
                    f"{self._instead(node, sizes.index(None))}"
                )
        first, wanted = self._first or (node, layout)
        if layout != wanted:
            raise GraphError(
                f"{node.name}: {node.kind} has layout {layout!r}, and {first.name} {wanted!r}: wanted one layout "
                f"in all layers that take images; {node.kind}(layout={wanted!r})?"
            )
        self._first = first, wanted

    def _instead(self, node: Node, batch: int) -> str:
        """Return a layout to try, for images whose batch is that axis: that of the layers before, or a common one."""
        agreed = (self._first[1],) if self._first else ()
        fits = [layout for layout in (*agreed, *COMMON) if layout.index("N") == batch]
        return f"; {node.kind}(layout={fits[0]!r})?" if fits else ""
