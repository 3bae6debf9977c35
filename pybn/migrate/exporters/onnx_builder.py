"""An ONNX graph in the making: operations, and tensors that know what they were made of."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.layers.base import Array
from pybn.migrate.exporters.base import Exported, Plan, Unit
from pybn.migrate.rules import Rule


def onnx() -> Any:
    """Return the onnx package. Raises FormatError that names the extra where it is missing."""
    try:
        for name in ("checker", "helper", "numpy_helper", "shape_inference"):
            importlib.import_module(f"onnx.{name}")
        return importlib.import_module("onnx")
    except ImportError as error:
        raise FormatError(f"ONNX: needs the package onnx ({error}); pip install 'pybn[onnx]'") from error


class Builder:
    """What is written, in order: `nodes` and `initializers` as ONNX has them, `tensors` as we do.

    The value that a node makes has the node's name; values on the way, and tensors, have a dot in theirs, which no
    node has.
    """

    def __init__(self, plan: Plan) -> None:
        self._onnx = onnx()
        self._plan = plan
        self.dtype = np.dtype(plan.dtype)
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.tensors: list[Exported] = []

    def op(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add an operation with one output, and return the output's name."""
        self.add(kind, inputs, [output], **attributes)
        return output

    def add(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        """Add an operation with several outputs, "" for one that nobody wants."""
        self.nodes.append(self._onnx.helper.make_node(kind, inputs, outputs, name=outputs[-1], **attributes))

    def tensor(
        self,
        unit: Unit,
        parameter: str,
        axes: str,
        *more: Rule,
        name: str | None = None,
        missing: Array | None = None,
    ) -> str:
        """Add a parameter of a node as an initializer, `more` rules applied, and return its name."""
        called = f"{unit.name}.{name or parameter}"
        made = unit.tensor(parameter, called, self._plan.dtype, axes.split(), *more, missing=missing)
        self.tensors.append(made)
        self.initializers.append(self._onnx.numpy_helper.from_array(made.value, called))
        return called

    def constant(self, name: str, value: Any, dtype: str | None = None) -> str:
        """Add an array of ours, of the dtype of the model where none is named, and return its name."""
        array = np.asarray(value, dtype or self.dtype)
        self.initializers.append(self._onnx.numpy_helper.from_array(array, name))
        return name
