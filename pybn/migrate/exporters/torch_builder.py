"""A PyTorch module in the making: submodules, the statements of forward, and tensors by PyTorch's names."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.layers.base import Array
from pybn.migrate.exporters.base import Exported, Plan, Unit
from pybn.migrate.rules import Rule


class Builder:
    """What becomes the source: `made` and `forward`, statements as syntax trees; `parts`, classes that PyTorch lacks.

    Only numbers, truth values, and texts and tuples of ours are in them, and names from `names`.
    """

    def __init__(self, plan: Plan, names: Mapping[str, str], classes: Iterable[str]) -> None:
        self.plan = plan
        self.names = names
        self._classes = frozenset(classes)
        self.made: list[ast.stmt] = []
        self.forward: list[ast.stmt] = []
        self.parts: set[str] = set()
        self.tensors: list[Exported] = []
        self.notes: dict[str, list[str]] = {}
        self._flowing = flowing(plan)

    def module(self, unit: Unit, kind: str, *sizes: Any, **options: Any) -> None:
        """Make a node a submodule of class `kind`, one of torch.nn's, "nn.ReLU", or of ours, and call it.

        Raises FormatError for another name.
        """
        if not re.fullmatch(r"nn\.[A-Z]\w*", kind, re.ASCII) and kind not in self._classes:
            raise FormatError(f"{unit.name}: wanted a class of torch.nn such as 'nn.ReLU', got {kind!r:.60}")
        self._submodule(unit.name, kind, sizes, options)
        self._call(unit.name, [self.variable(name) for name in unit.inputs], self.variable(unit.name))

    def before(self, unit: Unit, suffix: str, kind: str, *sizes: Any) -> Unit:
        """Put a submodule before that of a node, and return the node as it goes on from there."""
        name = f"{unit.name}.{suffix}"
        self._submodule(name, kind, sizes, {})
        self._call(name, [self.variable(one) for one in unit.inputs], "x")
        return Unit(unit.piece, unit.layer, (".",), unit.given, unit.sizes)

    def variable(self, name: str) -> str:
        """Return the variable that holds a node's output: x where the next node alone takes it."""
        return "x" if name == "." or name in self._flowing else self.names[name]

    def tensor(
        self,
        unit: Unit,
        parameter: str,
        axes: str,
        *more: Rule,
        name: str | None = None,
        missing: Array | None = None,
    ) -> None:
        """Add a parameter of a node, `more` rules applied, by the name of the submodule and `name`."""
        called = f"{self.names[unit.name]}.{name or parameter}"
        self.tensors.append(
            unit.tensor(parameter, called, self.plan.dtype, axes.split(), *more, missing=missing)
        )

    def zeros(self, unit: Unit, name: str, shape: tuple[int, ...], dtype: str | None = None) -> None:
        """Add a tensor of zeros, which PyTorch has and the model has not."""
        called = f"{self.names[unit.name]}.{name}"
        axes = ("channel",) * len(shape)
        value = np.zeros(shape, dtype or self.plan.dtype)
        self.tensors.append(Exported(called, value, axes, unit.name, name, None, ()))

    def note(self, unit: Unit, words: str) -> None:
        """Keep what was decided on for a node."""
        self.notes.setdefault(unit.name, []).append(words)

    def _submodule(self, name: str, kind: str, sizes: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        if not kind.startswith("nn."):
            self.parts.add(kind)
        call = ast.Call(
            _dotted(kind),
            [literal(one) for one in sizes],
            [ast.keyword(key, literal(one)) for key, one in options.items()],
        )
        self.made.append(_assign(_dotted(f"self.{self.names[name]}", ast.Store()), call))

    def _call(self, name: str, arguments: list[str], result: str) -> None:
        call = ast.Call(_dotted(f"self.{self.names[name]}"), [_dotted(one) for one in arguments], [])
        self.forward.append(_assign(_dotted(result, ast.Store()), call))


def flowing(plan: Plan) -> set[str]:
    """Return the nodes whose output is taken by the next node alone, and so needs no name of its own."""
    takers: dict[str, list[int]] = {}
    for k, unit in enumerate(plan.units):
        for name in unit.inputs:
            takers.setdefault(name, []).append(k)
    found = set()
    for k, unit in enumerate(plan.units):
        if takers.get(unit.name, []) == [k + 1] and unit.inputs and unit.name not in plan.outputs:
            found.add(unit.name)
    return found


def literal(value: Any) -> ast.expr:
    """Return a number, a truth value, a text or a tuple of them as a syntax tree."""
    if isinstance(value, tuple | list):
        return ast.Tuple([literal(one) for one in value], ast.Load())
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, bool | int | float | str) or not (
        isinstance(value, str) or math.isfinite(value)
    ):
        raise TypeError(f"wanted a finite number or a text, got {value!r:.60}")
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _dotted(text: str, last: ast.expr_context | None = None) -> ast.expr:
    """Return a name, or one with attributes: "self.conv1"."""
    first, *more = text.split(".")
    made: ast.expr = ast.Name(first, ast.Load() if more or last is None else last)
    for k, name in enumerate(more, 1):
        made = ast.Attribute(made, name, ast.Load() if k < len(more) or last is None else last)
    return made


def _assign(target: ast.expr, value: ast.expr) -> ast.stmt:
    return ast.Assign([target], value, lineno=1)
