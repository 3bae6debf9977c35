"""A model and a solver as data: made of a table, and told in words that can be compared."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pybn.graph import Graph, Input
from pybn.solvers import Adam, Sgd, SgdMomentum, Solver

SOLVERS: Mapping[str, type[Solver]] = {"sgd": Sgd, "sgd_momentum": SgdMomentum, "adam": Adam}


def make_solver(told: Mapping[str, Any]) -> Solver:
    """Return the solver of a table such as {"type": "adam", "learning_rate": 1e-3, "beta1": 0.9}.

    Raises ValueError for an unknown type and for arguments that it does not take or lacks.
    """
    if not isinstance(told, Mapping):
        raise ValueError(
            f'solver: wanted a table such as {{"type": "adam", "learning_rate": 1e-3}}, got {told!r}'
        )
    arguments = dict(told)
    kind = arguments.pop("type", None)
    if not isinstance(kind, str) or kind not in SOLVERS:
        raise ValueError(f"solver: type: wanted {' or '.join(map(repr, SOLVERS))}, got {kind!r}")
    takes = inspect.signature(SOLVERS[kind]).parameters
    if unknown := [name for name in arguments if name not in takes]:
        raise ValueError(f"solver: {kind} takes {', '.join(takes)}; got {', '.join(map(str, unknown))}")
    needs = [name for name, taken in takes.items() if taken.default is taken.empty]
    if lacking := [name for name in needs if name not in arguments]:
        raise ValueError(f"solver: {kind} wants {', '.join(lacking)}, which is not given")
    return SOLVERS[kind](**arguments)


def check_solver(solver: object) -> None:
    """Raise ValueError unless `solver` is one, and not its name, its class or its table."""
    if isinstance(solver, Solver):
        return
    if isinstance(solver, type) and issubclass(solver, Solver):
        raise ValueError(
            f"solver: wanted a solver, got its class: {solver.__name__}(learning_rate=...) is one"
        )
    raise ValueError(
        f"solver: wanted a solver such as pybn.solvers.Adam(1e-3), got {solver!r}; "
        "Training.from_metadata takes tables"
    )


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
