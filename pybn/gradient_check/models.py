"""The gradients of a model's loss against differences of that loss."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from pybn.errors import DTypeError
from pybn.gradient_check.layers import Tensors, check_all, double
from pybn.gradient_check.numeric import LIMIT, STEP
from pybn.gradient_check.stencil import Array
from pybn.gradient_check.tensor import GradientError

if TYPE_CHECKING:
    from pybn.graph import Graph


def gradient_check_model(
    graph: Graph,
    x: Any,
    t: Any,
    l2: float = 0.0,
    *,
    step: float = STEP,
    seed: int = 0,
    limit: float = LIMIT,
    elements: int | None = None,
) -> list[GradientError]:
    """Compare the gradients of `graph.loss_and_gradients(x, t, l2)` with differences of its loss, in float64.

    One GradientError for each input of the model (by the name of its node; `x` is an array, or {name: array}) and
    for each parameter ("conv1.weight"). `step`, `seed`, `limit` and `elements` as for `gradient_check`.

    The graph stays as it is: every evaluation is on a deep copy, so that neither parameters nor running
    statistics move, and Dropout draws the same mask each time. It must be a float64 model: DTypeError otherwise.

    A loss whose gradient is not the derivative of its value shows: with the legacy CrossEntropy, whose value is
    divided by the number of rows and whose gradient is not, every analytic gradient is N times the numeric one
    (and with l2, that share of it alone is right). CrossEntropy(mean_gradient=True) has the derivative.
    """
    if graph.dtype != "float64":
        raise DTypeError(f"graph: wanted a model in float64, got one in {graph.dtype}")
    given = x if isinstance(x, dict) else {graph.inputs[0]: x}
    inputs = {name: double(value) for name, value in given.items()}
    still = deepcopy(graph)

    def loss(moved: Tensors) -> tuple[Graph, Array, dict[str, Array]]:
        fresh = deepcopy(still)
        for name in fresh.parameters:
            fresh.parameters[name] = moved[name]
        x = {name: moved[name].copy() for name in inputs}
        value, gradients = fresh.loss_and_gradients(x, t, l2)
        return fresh, np.array([value], np.float64), gradients

    tensors = inputs | {name: double(value) for name, value in graph.parameters.items()}
    fresh, _, known = loss(tensors)
    by_input = {name: fresh.gradients_of(name).input for name in inputs}
    more = {"step": step, "limit": limit, "elements": elements, "seed": seed}
    return check_all(tensors, {**by_input, **known}, lambda moved: loss(moved)[1], **more)
