"""A model and a solver as data: made of a table, and told in words that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pybn.graph import Graph, Input
from pybn.solvers import Adam, Sgd, SgdMomentum, Solver

SOLVERS: Mapping[str, type[Solver]] = {"sgd": Sgd, "sgd_momentum": SgdMomentum, "adam": Adam}


def make_solver(told: Mapping[str, Any]) -> Solver:
    """Return the solver of a table such as {"type": "adam", "learning_rate": 1e-3, "beta1": 0.9}.

    Raises ValueError for an unknown type and for arguments that it does not take or lacks.
    """
    arguments = dict(told)
    kind = arguments.pop("type", None)
    if kind not in SOLVERS:
        raise ValueError(f"solver: type: wanted {' or '.join(map(repr, SOLVERS))}, got {kind!r}")
    try:
        return SOLVERS[kind](**arguments)
    except TypeError as error:
        raise ValueError(f"solver: {kind} cannot be made of {arguments}: {error}") from error


def describe_model(graph: Graph) -> list[Any]:
    """Return what makes a model, its parameters' values aside, as JSON would hold it."""
    nodes = [
        [
            node.name,
            node.kind,
            list(node.layer.shape) if isinstance(node.layer, Input) else _plain(node.layer.options()),
            list(node.inputs),
        ]
        for node in graph.nodes
    ]
    shapes = {name: list(shape) for name, shape in graph.parameters.shapes.items()}
    return [nodes, graph.output, graph.dtype, repr(graph.loss), shapes]


def describe_solver(solver: Solver) -> list[Any]:
    """Return what makes a solver; its learning rate changes on the way, and is left out."""
    options = {name: value for name, value in solver.options().items() if name != "learning_rate"}
    return [type(solver).__name__, _plain(options)]


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as JSON holds them; what it cannot hold stands for itself in words."""
    known = str | int | float | bool | None
    return {name: value if isinstance(value, known) else repr(value) for name, value in options.items()}
