"""What a loss has to do with a model: which layer it is differentiated with, and what L2 adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pybn.errors import GraphError, ShapeError
from pybn.graph.node import Input, Node, Sizes, article, spell
from pybn.graph.run import NodeGradients
from pybn.layers.base import Array, check_float, check_like
from pybn.layouts import convert, orders_images
from pybn.losses import Loss
from pybn.solvers import l2_gradient, l2_penalty


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
            f"{node.name}: {type(loss).__name__} is differentiated together with {article(through)}, which must be the "
            f"last layer; got {article(node.kind)}"
        )
    if not isinstance(node.layer, Input) and (node.layer.parameters or node.layer.fan_in != 1):
        raise GraphError(
            f"{node.name}: wanted a last layer of one input and no parameters, to skip its backward"
        )
    return True


def check_targets_of(t: object, rows: int, columns: int, dtype: np.dtype[Any]) -> None:
    """Raise ShapeError or DTypeError unless `t` are targets (rows, columns); class numbers are told how to be."""
    one = isinstance(t, np.ndarray) and (t.ndim == 1 or (t.ndim == 2 and t.shape[1] == 1 < columns))
    if isinstance(t, np.ndarray) and one and t.dtype.kind in "iuf":
        came = f"{t.dtype} {t.shape}"
        hint = f"class numbers from 0 on become rows by {_eye(t, columns, dtype)}"
        if columns == 1:
            hint = "t[:, np.newaxis] is a column"
        raise ShapeError(f"t: wanted one row of {columns} a sample, {(rows, columns)}, got {came}: {hint}")
    check_float("t", t, dtype.name)
    check_like("t", t, (rows, columns), dtype)


def regularise(
    value: Any,
    found: dict[str, NodeGradients],
    nodes: Mapping[str, Node],
    parameters: Mapping[str, Array],
    l2: float,
) -> Any:
    """Return the loss with 0.5 l2 sum(w^2) of each weight that a gradient reached, and add l2 w to that gradient.

    Weights are the parameters whose names end so: "recurrent_weight" too.
    Layer by layer in the order in which they run, in the dtype of the weights.
    """
    with np.errstate(all="ignore"):
        for name, node in nodes.items():
            of_node = dict(found[name].parameters) if name in found else {}
            for parameter in [each for each in of_node if each.endswith("weight")]:
                w = parameters[f"{name}.{parameter}"]
                value = value + l2_penalty([_as_matlab(w, getattr(node.layer, "layout", None))], l2)
                of_node[parameter] = l2_gradient(w, of_node[parameter], l2)
            if name in found:
                found[name] = replace(found[name], parameters=of_node)
    return value


def _as_matlab(w: Array, layout: Any) -> Array:
    """Return a weight with its axes in MATLAB's order, so that its squares are summed as there."""
    return convert(w, layout, "HWCN") if w.ndim == 4 and orders_images(layout) else w


def _eye(t: Array, columns: int, dtype: np.dtype[Any]) -> str:
    """Return what makes rows of class numbers, as it is typed."""
    numbers = "t" if t.ndim == 1 else "t[:, 0]"
    numbers += ".astype(int)" if t.dtype.kind == "f" else ""
    return f"np.eye({columns}{'' if dtype == np.float64 else f', dtype=np.{dtype}'})[{numbers}]"
