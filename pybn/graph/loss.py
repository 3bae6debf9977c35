"""What a loss has to do with a model: which layer it is differentiated with, and what L2 adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pybn.errors import GraphError
from pybn.graph.node import Input, Node, Sizes, spell
from pybn.graph.run import NodeGradients
from pybn.kernels.sums import column_sums
from pybn.layers.base import Array
from pybn.layouts import convert
from pybn.losses import Loss


def differentiated_together(loss: object, node: Node, sizes: Sizes) -> bool:
    """Return whether the gradient of a loss is by the input of the last layer rather than by its output.

    Raises GraphError where the loss does not fit the layer.
    """
    if loss is None:
        return False
    if not callable(loss) or isinstance(loss, type):
        raise GraphError(f"loss: wanted a loss such as MultiClassCrossEntropy(), got {loss!r}")
    if isinstance(loss, Loss) and (len(sizes) != 2 or sizes[0] is not None):
        raise GraphError(f"{node.name}: {type(loss).__name__} wants an output N x K, got {spell(sizes)}")
    through = getattr(loss, "through", "")
    if not through:
        return False
    if through not in {kind.__name__ for kind in type(node.layer).__mro__}:
        raise GraphError(
            f"{node.name}: {type(loss).__name__} is differentiated together with a {through}, which must be the "
            f"last layer; got a {node.kind}"
        )
    if not isinstance(node.layer, Input) and (node.layer.parameters or node.layer.fan_in != 1):
        raise GraphError(
            f"{node.name}: wanted a last layer of one input and no parameters, to skip its backward"
        )
    return True


def penalties(
    found: Mapping[str, NodeGradients], nodes: Mapping[str, Node], values: Mapping[str, Array], l2: float
) -> list[Any]:
    """Return 0.5 l2 sum(w^2) of each weight whose layer was reached, in that order, in the weights' dtype."""
    return [
        w.dtype.type(0.5 * l2) * _squares(w, getattr(nodes[name].layer, "layout", None))
        for name in found
        if (w := values.get(f"{name}.weight")) is not None
    ]


def add_decay(found: dict[str, NodeGradients], values: Mapping[str, Array], l2: float) -> None:
    """Add l2 w to the gradient by each weight."""
    for name, gradients in found.items():
        if gradients.weight is not None:
            w = values[f"{name}.weight"]
            found[name] = replace(gradients, weight=gradients.weight + w.dtype.type(l2) * w)


def _squares(w: Array, layout: str | None) -> Any:
    """Return the sum of squares, one after the other in the order of MATLAB's memory."""
    known = w.ndim == 4 and layout is not None and sorted(layout) == ["C", "H", "N", "W"]
    matlab = convert(w, layout, "HWCN") if known and layout else w
    with np.errstate(all="ignore"):
        column = matlab.reshape(-1, 1, order="F")
        return column_sums(column * column)[0]
