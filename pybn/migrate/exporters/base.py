"""What all exporters share: the nodes to write with their shapes, and tensors that know what they were made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pybn.errors import FormatError
from pybn.graph import Input
from pybn.graph.node import Sizes
from pybn.layers import FullyConnected
from pybn.layers.base import Array, Layer
from pybn.migrate import rules
from pybn.migrate.imported import Imported, Parameter, Piece, Preprocessing, Stored
from pybn.migrate.rules import Rule

LAYOUTS = ("NCHW", "NTC", None)


@dataclass(frozen=True, slots=True, eq=False)
class Exported:
    """A tensor of the target: its name and value there, and how that was made of an array of the file.

    value    rules applied to stored.value, bit for bit; with `stored` None to a constant of the importer's or ours
    axes     a name an axis
    node     the piece it belongs to, and `parameter`, which of its parameters it is, or is part of
    own      those of the rules that the exporter added: what became of the port's array
    """

    name: str
    value: Array
    axes: tuple[str, ...]
    node: str
    parameter: str
    stored: Stored | None
    rules: tuple[Rule, ...]
    own: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A node to write: the piece, what it is, the names of what it takes, and the sizes of those and of its output."""

    piece: Piece
    layer: Layer | Input | Preprocessing
    inputs: tuple[str, ...]
    given: tuple[Sizes, ...]
    sizes: Sizes

    @property
    def name(self) -> str:
        """The name of the node, an identifier."""
        return self.piece.name

    def tensor(
        self,
        parameter: str,
        name: str,
        dtype: str,
        axes: Sequence[str],
        *more: Rule,
        missing: Array | None = None,
    ) -> Exported:
        """Return a parameter of the piece as a tensor of the target, `more` rules applied to what the port has.

        `missing` serves where the piece has no such parameter. Raises FormatError where nothing does.
        """
        source = self.piece.parameters.get(parameter) or _constant(self, parameter, missing)
        start = source.stored.value if source.stored else source.value
        chain = (*source.rules, *more) if source.stored else more
        wanted = np.dtype(dtype)
        if start.dtype != wanted:  # computed in the wider of the two, as the port does
            cast = rules.cast(start.dtype.name, dtype)
            chain = (cast, *chain) if wanted.itemsize > start.dtype.itemsize else (*chain, cast)
        value = rules.apply(chain, start)
        if len(axes) != value.ndim:
            raise FormatError(
                f"{self.name}.{parameter}: wanted axes {' '.join(axes)}, got {list(value.shape)}"
            )
        return Exported(name, value, tuple(axes), self.name, parameter, source.stored, tuple(chain), more)

    def shape(self, parameter: str) -> tuple[int, ...]:
        """Return the shape of a parameter as the port has it."""
        return self.piece.parameters[parameter].shape


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A model on its way out: the nodes that lead to its outputs, in order, and the dtype of all its tensors."""

    imported: Imported
    units: tuple[Unit, ...]
    outputs: tuple[str, ...]
    dtype: str

    def unit(self, name: str) -> Unit:
        """Return a node by its name."""
        return next(unit for unit in self.units if unit.name == name)


def plan(imported: Imported, dtype: str = "float32", *, preprocessing: bool = False) -> Plan:
    """Return the nodes to write, with `preprocessing` that of the inputs among them.

    Raises GraphError as `Imported.graph` does: for holes, for what does not fit together, for NaN in parameters.
    Raises FormatError for layers in another layout than NCHW and NTC, and for another dtype than float32 and float64.
    """
    if dtype not in ("float32", "float64"):
        raise FormatError(f"dtype: wanted float32 or float64, got {dtype!r:.40}")
    graph = imported.graph("float32")
    sizes = {node.name: graph.sizes(node.name) for node in graph.nodes}
    live = imported.live
    stages = {one.input: one for one in imported.preprocessing if one.input in live} if preprocessing else {}
    renamed = {name: _free(f"{name}_preprocessed", sizes) for name in stages}
    units: list[Unit] = []
    for piece in imported.pieces:
        if piece.name not in live:
            continue
        layer = piece.layer
        assert layer is not None  # noqa: S101  # the graph would have refused a hole
        _check_layout(piece, layer)
        inputs = tuple(renamed.get(name, name) for name in piece.inputs)
        units.append(
            Unit(piece, layer, inputs, tuple(sizes[name] for name in piece.inputs), sizes[piece.name])
        )
        if piece.name in stages:
            units.append(_stage(renamed[piece.name], stages[piece.name], sizes[piece.name]))
    outputs = tuple(dict.fromkeys(renamed.get(name, name) for name in imported.outputs))
    return Plan(imported, tuple(units), outputs, dtype)


def axis_names(sizes: Sizes) -> str:
    """Return the letters of the axes of an output, by how many there are."""
    return {2: "ND", 3: "NTC", 4: "NCHW"}.get(len(sizes), "NABCDEFG"[: len(sizes)])


def channel_axis(sizes: Sizes) -> int:
    """Return the axis of the channels: the second of rows and images, the last of sequences."""
    return 2 if len(sizes) == 3 else 1


def is_flattened(unit: Unit) -> bool:
    """Tell whether a node takes images and makes rows of them first."""
    return isinstance(unit.layer, FullyConnected) and len(unit.given[0]) == 4


def zeros(unit: Unit) -> Array:
    """Return running statistics that were never gathered: zeros, one a channel."""
    return np.zeros(unit.given[0][channel_axis(unit.given[0])] or 0)


def spread_shape(unit: Unit, parameter: str) -> tuple[int, ...]:
    """Return the shape in which a parameter of one number a channel spreads over the pixels of images."""
    shape = unit.shape(parameter)
    return (*shape, 1, 1) if len(shape) == 1 and len(unit.given[0]) == 4 else shape


def spread_rules(unit: Unit, parameter: str) -> tuple[Rule, ...]:
    """Return the rules that give a parameter that shape."""
    shape, wanted = unit.shape(parameter), spread_shape(unit, parameter)
    return () if shape == wanted else (rules.reshape(shape, wanted, "C"),)


def spread_axes(unit: Unit, parameter: str) -> str:
    """Return the names of its axes then."""
    return "C H W" if len(spread_shape(unit, parameter)) == 3 else "C"


def own_way(unit: Unit, method: str) -> Any:
    """Return the way in which a layer of a user's says how it is written, None where it has none.

    `write_onnx(build, unit)` adds operations to `onnx_builder.Builder`, the last of them making the value `unit.name`;
    `write_torch(build, unit)` calls `torch_builder.Builder.module` once, with a class of torch.nn ("nn.PixelShuffle").
    Both may call `build.tensor` for the parameters of the layer.
    """
    return getattr(unit.layer, method, None)


def unknown(unit: Unit, target: str, method: str, known: Iterable[type]) -> FormatError:
    """Make the error for a layer that a target has no way to say."""
    kinds = ", ".join(sorted(kind.__name__ for kind in known if issubclass(kind, Layer)))
    return FormatError(
        f"{unit.name}: {type(unit.layer).__name__} ({unit.piece.original!r}, {unit.piece.kind}) cannot be written to "
        f"{target}; what can be: {kinds}; a layer of your own says how by a method {method}(build, unit)"
    )


def _constant(unit: Unit, parameter: str, missing: Array | None) -> Parameter:
    if missing is None:
        known = ", ".join(unit.piece.parameters) or "none"
        raise FormatError(f"{unit.name}: wanted a parameter {parameter}, got {known}")
    return Parameter(None, (), missing)


def _free(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name


def _check_layout(piece: Piece, layer: Layer | Input) -> None:
    if getattr(layer, "layout", None) not in LAYOUTS:
        raise FormatError(
            f"{piece.name}: wanted a layer of layout NCHW or NTC, got {layer.layout!r}"  # type: ignore[union-attr]
        )


def _stage(name: str, stage: Preprocessing, sizes: Sizes) -> Unit:
    """Return a node for what is done to an input before the first layer."""
    scale, shift = stage.spread(len(sizes))
    parameters = {"scale": Parameter(None, (), scale), "shift": Parameter(None, (), shift)}
    piece = Piece(name, name, stage.words, None, (stage.input,), parameters)
    return Unit(piece, stage, (stage.input,), (sizes,), sizes)
