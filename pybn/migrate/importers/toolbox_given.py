"""What the file gives of a layer of the Deep Learning Toolbox, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pybn.graph.node import Sizes
from pybn.layers.base import Array
from pybn.migrate.imported import Oracle, Parameter
from pybn.migrate.importers.building import array, empty, number_of, text_of, vector, whole_numbers


@dataclass(frozen=True, slots=True)
class Given:
    """A layer of the file: its fields, where they are, the sizes of what it takes, None where unknown, its class."""

    fields: Mapping[str, Any]
    path: str
    sizes: tuple[Sizes | None, ...]
    kind: str = ""

    @property
    def rank(self) -> int | None:
        """How many axes its first input has: 2 rows, 3 sequences, 4 images."""
        return None if not self.sizes or self.sizes[0] is None else len(self.sizes[0])

    @property
    def channels(self) -> int | None:
        """The channels, or features, of its first input."""
        return (
            None if self.rank is None or self.sizes[0] is None else self.sizes[0][1 if self.rank == 4 else -1]
        )

    def number(self, name: str, instead: float | None = None) -> float:
        """Return a field that is one number."""
        if empty(self.fields.get(name)) and instead is not None:
            return instead
        return number_of(self.fields.get(name), f"{self.path}.{name}")

    def pair(self, name: str, instead: int | None = None, least: int = 1) -> tuple[int, int]:
        """Return a field that is (vertical, horizontal), or one number for both."""
        if empty(self.fields.get(name)) and instead is not None:
            return instead, instead
        found = whole_numbers(self.fields.get(name), f"{self.path}.{name}", (1, 2), least)
        return found[0], found[-1]

    def text(self, name: str, instead: str = "") -> str:
        """Return a field that is text."""
        value = self.fields.get(name)
        return instead if empty(value) else text_of(value, f"{self.path}.{name}")

    def learnt(self, name: str) -> tuple[str, Array] | None:
        """Return where a learnable is, and its value; None where it was not trained."""
        told, path = self.fields.get(name), f"{self.path}.{name}"
        if isinstance(told, Mapping) and "Value" in told:
            told, path = told["Value"], f"{path}.Value"
        return None if empty(told) else (path, array(told, path))


def oracle(kind: str, options: Mapping[str, Any] | None = None, **arrays: tuple[str, Array] | None) -> Oracle:
    """Return the operation in MATLAB's terms: those arrays that there are."""
    return Oracle(
        f"toolbox.{kind}", dict(options or {}), {n: each[1] for n, each in arrays.items() if each is not None}
    )


def bias_of(bias: tuple[str, Array] | None, count: int) -> dict[str, Parameter]:
    """Return the bias, where there is one, of `count` values. Raises FormatError for another number of them."""
    if bias is None:
        return {}
    return {"bias": vector(*bias, count)}


def truth(value: Any) -> bool:
    """Return a field that is true or false, false where it is empty."""
    return not empty(value) and bool(number_of(value, "HasUnpoolingOutputs"))
