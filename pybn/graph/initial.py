"""Parameters to begin with: the same numbers for one seed, whatever the order of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pybn.errors import GraphError
from pybn.graph.node import Node, Sizes, article, spell
from pybn.graph.shapes import parameter_shapes
from pybn.layers.base import Array
from pybn.layouts import convert

# The keys that say what weight a layer has: rows and columns of a filter, and how many outputs.
WEIGHTS = {
    "FullyConnected": ("num_output",),
    "ConvolutionLayer": ("kh", "kw", "num_output"),
    "TransposedConvolutionLayer": ("kh", "kw", "num_output"),
}


@dataclass(frozen=True, slots=True)
class Weight:
    """What a description says of a layer's weight."""

    num_output: int
    kh: int = 1
    kw: int = 1


def initial(
    node: Node, given: Sequence[Sizes], weight: Weight | None, random: np.random.Generator, dtype: str
) -> dict[str, Array]:
    """Return first values of a node's parameters, for inputs of these sizes, by name.

    Weights are normal with variance 2 / (inputs of each output), which keeps the size of what passes through
    Relus (He et al., 2015); biases are 0; a batch-norm starts with 1 and 0. Numbers are drawn in double, in the
    order of MATLAB's axes.
    Raises GraphError where no weight can fit.
    """
    if weight is None:
        shapes = parameter_shapes(node, given, ())
        return {
            name: np.full(shape, float(name.endswith(".weight")), dtype) for name, shape in shapes.items()
        }
    dense = node.kind == "FullyConnected"
    drawn = _dense(given[0], weight, random) if dense else _filters(node, given[0], weight, random)
    value = np.ascontiguousarray(drawn, dtype)
    shapes = parameter_shapes(node, given, value.shape)
    return {f"{node.name}.weight": value, f"{node.name}.bias": np.zeros(shapes[f"{node.name}.bias"], dtype)}


def _dense(x: Sizes, weight: Weight, random: np.random.Generator) -> Array:
    features = math.prod(size for size in x if size is not None)
    return _draw((features, weight.num_output), features, random)


def _filters(node: Node, x: Sizes, weight: Weight, random: np.random.Generator) -> Array:
    """Return filters with the axes of the layer's layout, drawn as (kH, kW, C, F); transposed (kH, kW, F, C)."""
    layer: Any = node.layer
    if len(x) != 4:
        raise GraphError(
            f"{node.name}: {article(node.kind)} wants images ({', '.join(layer.layout)}), got {spell(x)}"
        )
    channels, filters = x[layer.layout.index("C")] or 1, weight.num_output
    seen = max(1, channels // layer.groups)  # where it does not divide, the layer says so
    last = (seen, filters) if node.kind == "ConvolutionLayer" else (max(1, filters // layer.groups), channels)
    value = _draw((weight.kh, weight.kw, *last), weight.kh * weight.kw * seen, random)
    return convert(value, "HWCN", layer.layout)


def _draw(shape: tuple[int, ...], fan_in: int, random: np.random.Generator) -> Array:
    numbers = random.standard_normal(math.prod(shape))
    return (math.sqrt(2 / fan_in) * numbers).reshape(shape, order="F")
