"""What an importer makes of a saved model: pieces, each MATLAB's operation and the layer that stands for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pybn.errors import GraphError
from pybn.graph import Graph, Input, Node
from pybn.layers.base import Array, Layer
from pybn.migrate import rules
from pybn.migrate.rules import Rule


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """An array of the file: where it is there ("net.Layers(2).Weights.Value"), and its value, untouched."""

    path: str
    value: Array


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """An array of the model, made of one of the file by rules; with `stored` None by `constant`, the importer's own.

    `value` is what the pybn layer takes (layout NCHW or NTC), in the dtype of the file. One that is not `learnt` has
    nothing but its shape: the file holds a network that was never trained.
    """

    stored: Stored | None
    rules: tuple[Rule, ...] = ()
    constant: Array | None = None
    learnt: bool = True

    @property
    def value(self) -> Array:
        """The array in the file's own dtype: float32 or float64."""
        if self.stored is None:
            assert self.constant is not None  # noqa: S101
            return self.constant
        return rules.apply(self.rules, self.stored.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        if self.stored is None:
            return self.value.shape
        return rules.shape_after(self.rules, self.stored.value.shape)

    def as_dtype(self, dtype: str) -> Array:
        """Return the array in another dtype, in which the rules compute where that is the wider one."""
        if self.stored is None or np.dtype(dtype).itemsize < self.stored.value.dtype.itemsize:
            return np.ascontiguousarray(self.value, dtype)
        return rules.apply(self.rules, self.stored.value.astype(dtype))


@dataclass(frozen=True, slots=True, eq=False)
class Oracle:
    """The operation in MATLAB's own terms, for Octave: `matlab_ref/run_network.m` knows the kinds.

    kind     such as "toolbox.conv", "matconvnet.bnorm", "legacy.SpatialBatchNorm"
    options  numbers, text, vectors of numbers: as the file has them
    arrays   by name, as the file has them, in MATLAB's layout
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One node of the model.

    name         an identifier, unique in the model: the node's name in the graph and in all that is exported
    original     the name in the file, any text
    kind         the class in the file: "nnet.cnn.layer.ReLULayer", MatConvNet's "conv", "SpatialBatchNorm"
    layer        the pybn layer, or Input; None for a hole: an operation that nobody knows here
    inputs       names of the pieces it takes
    parameters   for the layer's `parameters` and `buffers` (running statistics), by their names there
    oracle       None for an Input and for a hole
    properties   what the file says of it, for those who look
    notes        each convention that was decided on, in words: "variance = sigma^2, eps = 0"
    """

    name: str
    original: str
    kind: str
    layer: Layer | Input | None
    inputs: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    oracle: Oracle | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """What is done to an input before the first layer: y = x * scale + shift, each of (C,), (C,H,W) or a number.

    `words` says what the file calls it ("zerocenter", "meta.normalization.averageImage"). Kept beside the model, and
    part of what is exported on request.
    """

    input: str
    scale: Array
    shift: Array
    words: str

    def spread(self, rank: int) -> tuple[Array, Array]:
        """Return `scale` and `shift` such that they broadcast with a batch of that many axes."""
        scale, shift = (
            x.reshape(-1, 1, 1) if x.ndim == 1 and rank == 4 else x
            for x in (np.asarray(self.scale), np.asarray(self.shift))
        )
        return scale, shift


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A model of a file, piece by piece, in an order in which each comes after those it takes.

    source   what it was read from: "SeriesNetwork, variable net"
    outputs  names of the pieces whose outputs are the model's, one at least
    free     axes of the inputs whose size is not the model's ("H", "W", "T"): the graph has the size it was imported
             at, what is exported takes any
    classes  names of the classes that the last axis of the output counts, where the file has them
    meta     what else the file says of the model: image size, training
    left     what of the file was left out of the model, each with the reason ("classoutput: the loss")
    """

    source: str
    pieces: tuple[Piece, ...]
    outputs: tuple[str, ...]
    free: tuple[str, ...] = ()
    preprocessing: tuple[Preprocessing, ...] = ()
    classes: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    left: tuple[str, ...] = ()

    @property
    def holes(self) -> tuple[Piece, ...]:
        """The pieces that nobody knows here."""
        return tuple(piece for piece in self.pieces if piece.layer is None)

    @property
    def untrained(self) -> tuple[str, ...]:
        """The parameters, as "conv1.weight", that the file has no values for."""
        return tuple(
            f"{p.name}.{name}" for p in self.pieces for name, x in p.parameters.items() if not x.learnt
        )

    @property
    def live(self) -> set[str]:
        """The names of the pieces that lead to an output."""
        found = set(self.outputs)
        for piece in reversed(self.pieces):  # each comes after those it takes
            if piece.name in found:
                found.update(piece.inputs)
        return found

    def piece(self, name: str) -> Piece:
        """Return a piece by its name."""
        return next(piece for piece in self.pieces if piece.name == name)

    def filled(self, layers: Mapping[str, Callable[[], Layer]]) -> Imported:
        """Return the model with layers of the user's in its holes, by the name of a piece or by its kind."""
        pieces = tuple(
            piece if piece.layer is not None else replace(piece, layer=_filled(piece, layers))
            for piece in self.pieces
        )
        return replace(self, pieces=pieces)

    def graph(self, dtype: str = "float32", output: str | None = None) -> Graph:
        """Return the model as the port, in evaluation mode, its parameters and running statistics in `dtype`.

        `output` is one of `outputs`, the last where it is not said. Raises GraphError that names every hole, with its
        class, and whatever does not fit together.
        """
        if self.holes:
            raise GraphError(told(self.holes))
        own = {piece.name: _filled(piece, {}) for piece in self.pieces}
        if self.untrained:
            raise GraphError(
                f"the network was not trained: the file has no values for {', '.join(self.untrained[:10])}"
                f"{f' and {len(self.untrained) - 10} more' if len(self.untrained) > 10 else ''}"
            )
        nodes = [Node(p.name, own[p.name], p.inputs) for p in self.pieces]  # type: ignore[arg-type]
        values = {
            f"{piece.name}.{name}": parameter.as_dtype(dtype)
            for piece in self.pieces
            for name, parameter in piece.parameters.items()
        }
        owned = {f"{p.name}.{n}" for p in self.pieces for n in getattr(own[p.name], "parameters", ())}
        graph = Graph(
            nodes,
            {n: x for n, x in values.items() if n in owned},
            dtype=dtype,
            output=output or self.outputs[-1],
        )
        graph.state = {**graph.state, **{n: x for n, x in values.items() if n not in owned}}
        return graph


def told(holes: Sequence[Piece]) -> str:
    """Say which layers nobody knows here, each with its name and class."""
    names = ", ".join(f"{hole.original!r:.80} ({hole.kind:.80})" for hole in holes[:20])
    more = f" and {len(holes) - 20} more" if len(holes) > 20 else ""
    return (
        f"{len(holes)} of the layers are not known here: {names}{more}; "
        "give a layer for each (--layer NAME=MODULE:CLASS)"
    )


def _filled(piece: Piece, layers: Mapping[str, Callable[[], Layer]]) -> Layer | Input | None:
    """Return a layer of the piece's kind that no other graph has, None for a hole."""
    if isinstance(piece.layer, Layer):
        return type(piece.layer)(**piece.layer.options())
    if piece.layer is not None:
        return piece.layer
    made = layers.get(piece.name) or layers.get(piece.original) or layers.get(piece.kind)
    return None if made is None else made()
