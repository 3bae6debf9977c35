"""A training step of the exported PyTorch module against the port's, whose backward is under parity with MATLAB's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from pybn.case import Case
from pybn.compare import Tolerance
from pybn.engines.base import Tensors
from pybn.errors import PybnError
from pybn.layers import BatchNorm, Dropout, SpatialBatchNorm
from pybn.layers.base import Array
from pybn.migrate.backward import step_exported
from pybn.migrate.export import Export
from pybn.migrate.imported import Imported
from pybn.migrate.verify import compared, tensor
from pybn.parity import Result, Status, judge
from pybn.steps import Call

NAME = "PyTorch, a step of training"
BECAUSE = "sums run in another order; a bias before a batch-norm has a gradient of rounding errors alone"


def trains(imported: Imported) -> bool:
    """Tell whether PyTorch can train the model: it wants an eps in each batch-norm."""
    norms = [p.layer for p in imported.pieces if isinstance(p.layer, BatchNorm | SpatialBatchNorm)]
    return all(layer.options()["eps"] > 0 for layer in norms)


def trained(
    imported: Imported, made: Export, inputs: Mapping[str, Array], source: Path, seed: int = 0
) -> Result:
    """Compare gradients and running statistics of one step, in double and without dropout.

    The gradient by the output is drawn with `seed`. The outputs are "conv1.weight gradient", "bn1.running_mean" ...
    """
    graph = _without_dropout(imported).graph("float64")
    given = {name: np.ascontiguousarray(inputs[name], np.float64) for name in graph.inputs}
    try:
        y = graph.forward(given, training=True)
        dy = np.random.default_rng(seed).normal(size=y.shape)
        gradients = graph.backward(dy)
        state = graph.state
        step = step_exported(made, given, dy)
    except PybnError as error:
        return Result(_case({}, source), Status.ERROR, message=f"{NAME}: {error}")
    expected = {f"{name} gradient": x for name, x in gradients.items() if name in step.gradients}
    expected |= {name: state[name] for name in step.statistics}
    obtained = {f"{name} gradient": x for name, x in step.gradients.items()} | dict(step.statistics)
    return judge(_case(expected, source), expected, {name: obtained[name] for name in expected})


def _without_dropout(imported: Imported) -> Imported:
    pieces = tuple(
        replace(piece, layer=Dropout(0.0)) if isinstance(piece.layer, Dropout) else piece
        for piece in imported.pieces
    )
    return replace(imported, pieces=pieces)


def _case(expected: Tensors, source: Path) -> Case:
    largest = max((float(np.abs(x).max(initial=0)) for x in expected.values()), default=0.0)
    close = Tolerance(ulp_of_max=1 << 20, atol=1e-12 * largest, because=BECAUSE)
    outputs = {
        name: tensor(name, x, "float64", tuple(f"d{k}" for k in range(x.ndim)), close)
        for name, x in expected.items()
    }
    return compared(
        source, NAME, "float64", outputs, [Call("backward(dy)", tuple(expected), ("backward",), ())]
    )
