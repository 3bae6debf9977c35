"""Building a model piece by piece: unique names, the shapes that follow, and what an importer finds wrong."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from pybn.errors import FormatError, GraphError, PybnError
from pybn.formats.lazy import LazyArray
from pybn.graph import Node
from pybn.graph.node import Sizes
from pybn.graph.shapes import follow
from pybn.layers.base import Array, Layer
from pybn.migrate.imported import Oracle, Parameter, Piece, Stored
from pybn.migrate.rules import Chain

Key = TypeVar("Key", bound=Hashable)

LONGEST = 60  # characters of a name
MOST = 20_000  # layers of a model
TAKEN = frozenset({"self", "forward", "training", "x", "y"})  # what a generated module needs for itself


@dataclass(frozen=True, slots=True)
class Made:
    """What a layer of a file becomes: a pybn layer, its parameters, the same operation for Octave, and remarks."""

    layer: Layer
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    oracle: Oracle | None = None
    notes: tuple[str, ...] = ()


class Namer:
    """Gives each name of a file an identifier of its own; nothing else of the text is kept."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}  # by the name in the file
        self._used: set[str] = set(TAKEN)

    def give(self, original: str, instead: str) -> str:
        """Return an identifier for a name of the file, or of the word `instead` where it says nothing."""
        clean = re.sub(r"\W+", "_", original, flags=re.ASCII).strip("_")[:LONGEST] or instead
        if clean[0].isdigit() or keyword.iskeyword(clean) or keyword.issoftkeyword(clean):
            clean = f"{instead}_{clean}"
        name, count = clean, 1
        while name.lower() in self._used:
            count += 1
            name = f"{clean}_{count}"
        self._used.add(name.lower())
        self.names.setdefault(original, name)
        return name


class Builder:
    """Takes pieces in an order in which each comes after those it takes, and knows the sizes of their outputs.

    `sizes` has None for what comes out of a hole, and of all that follows from it.
    """

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.sizes: dict[str, Sizes | None] = {}

    def add(self, piece: Piece) -> None:
        """Take a piece. Raises GraphError where its layer cannot take what comes."""
        if len(self.pieces) >= MOST:
            raise FormatError(f"has more than {MOST:,} layers")
        if isinstance(piece.layer, Layer) and not piece.inputs:
            raise GraphError(f"{piece.original or piece.name}: nothing leads to it, and it is no input")
        given = [self.sizes[name] for name in piece.inputs]
        self.sizes[piece.name] = None
        known = [sizes for sizes in given if sizes is not None]
        if piece.layer is not None and len(known) == len(given) and not missing(piece):
            weight = piece.parameters.get("weight")
            shape = None if weight is None else weight.shape
            try:
                self.sizes[piece.name] = follow(Node(piece.name, piece.layer), known, shape)
            except GraphError as error:
                raise GraphError(str(error).replace(piece.name, piece.original or piece.name, 1)) from error
        self.pieces.append(piece)

    @property
    def ends(self) -> tuple[str, ...]:
        """The names of the pieces that nothing takes."""
        taken = {name for piece in self.pieces for name in piece.inputs}
        return tuple(piece.name for piece in self.pieces if piece.name not in taken)


def missing(piece: Piece) -> tuple[str, ...]:
    """Return the names of the parameters that the file does not have: of a model that was never trained."""
    if not isinstance(piece.layer, Layer):
        return ()
    wanted = (*piece.layer.parameters, *piece.layer.buffers)
    return tuple(name for name in wanted if name not in piece.parameters)


def parameter(path: str, value: Array, chain: Chain) -> Parameter:
    """Return a parameter of an array of the file. Raises FormatError, naming it, where the rules do not fit."""
    made = Parameter(Stored(path, value), tuple(chain))
    try:
        _ = made.value
    except PybnError as error:
        raise FormatError(f"{path}: {error}") from error
    return made


def vector(path: str, value: Array, count: int | None = None) -> Parameter:
    """Return a vector, of `count` values where that is said, whatever axis they lie along. Raises FormatError."""
    if count not in (None, value.size):
        raise FormatError(f"{path}: wanted {count} values, got {times(value)}")
    return parameter(path, value, Chain.of(value.shape).to(value.size))


def times(value: Array) -> str:
    """Return a shape as MATLAB writes it."""
    return "x".join(map(str, value.shape))


def unlearnt(*shape: int) -> Parameter:
    """Return a parameter that the file has no values for: it was never trained."""
    return Parameter(None, (), np.broadcast_to(np.float32(0), shape), learnt=False)


def zeros(count: int, dtype: np.dtype[Any]) -> Parameter:
    """Return a bias that the file does not have."""
    return Parameter(None, (), np.zeros(count, dtype))


def constant(value: Any) -> Parameter:
    """Return a parameter of the importer's own."""
    return Parameter(None, (), np.ascontiguousarray(value))


# Values as files have them.


def array(value: Any, path: str) -> Array:
    """Return floating-point numbers as they are in the file. Raises FormatError for what is none, and for NaN."""
    x = np.asarray(value) if isinstance(value, LazyArray | np.ndarray) else None
    if x is None or x.dtype.kind not in "biuf":
        raise FormatError(f"{path}: wanted numbers, got {_said(value)}")
    if x.dtype.char not in "fd":
        x = x.astype(np.float64)
    if not np.isfinite(x).all():
        raise FormatError(f"{path}: holds {int((~np.isfinite(x)).sum())} values that are NaN or infinite")
    return x


def full(x: Array, rank: int) -> tuple[int, ...]:
    """Return the shape with the trailing ones that MATLAB dropped."""
    return (*x.shape, *[1] * (rank - x.ndim))


def numbers(value: Any, path: str) -> list[float]:
    """Return the numbers of a vector, column by column. Raises FormatError."""
    if isinstance(value, int | float | bool):
        return [float(value)]
    x = np.asarray(value) if isinstance(value, LazyArray | np.ndarray | np.generic) else None
    if x is None or x.dtype.kind not in "biuf":
        raise FormatError(f"{path}: wanted numbers, got {_said(value)}")
    return [float(n) for n in x.ravel(order="F")]


def whole_numbers(value: Any, path: str, counts: Sequence[int] = (), least: int = 0) -> list[int]:
    """Return whole numbers, as many as one of `counts` says. Raises FormatError."""
    found = numbers(value, path)
    if counts and len(found) not in counts:
        raise FormatError(f"{path}: wanted {' or '.join(map(str, counts))} numbers, got {len(found)}")
    for n in found:
        if not (n.is_integer() and least <= n < 2**31):
            raise FormatError(f"{path}: wanted whole numbers >= {least}, got {n!r}")
    return [int(n) for n in found]


def number_of(value: Any, path: str) -> float:
    """Return one number. Raises FormatError."""
    found = numbers(value, path)
    if len(found) != 1:
        raise FormatError(f"{path}: wanted one number, got {len(found)}")
    return found[0]


def text_of(value: Any, path: str) -> str:
    """Return text: a char row, or a string object. Raises FormatError."""
    from pybn.values import Object

    if isinstance(value, Object) and len(value.properties) == 1:
        value = value.properties[0].get("value")
    if not isinstance(value, str):
        raise FormatError(f"{path}: wanted text, got {_said(value)}")
    return value


def texts_of(value: Any, path: str) -> list[str]:
    """Return names: text, texts in a cell, or an array of string objects; none of []. Raises FormatError."""
    from pybn.values import Cell, Object

    if empty(value):
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, Object):
        return [text_of(each.get("value"), path) for each in value.properties]
    if not isinstance(value, Cell):
        raise FormatError(f"{path}: wanted names, in a cell")
    return [text_of(item, path) for item in value.items]


def empty(value: Any) -> bool:
    """Tell whether a field holds nothing: it is absent, [] or ''."""
    return value is None or getattr(value, "size", None) == 0 or (isinstance(value, str) and not value)


def _said(value: Any) -> str:
    from pybn.values import describe

    return describe(value)


def hole(
    name: str, original: str, kind: str, inputs: tuple[str, ...], properties: Mapping[str, Any]
) -> Piece:
    """Return a piece that nobody knows here."""
    return Piece(name, original, kind, None, inputs, properties=properties)


def piece_of(
    name: str,
    original: str,
    kind: str,
    inputs: tuple[str, ...],
    made: Made | None,
    properties: Mapping[str, Any],
) -> Piece:
    """Return what was made of a layer as a piece, a hole where nothing was."""
    if made is None:
        return hole(name, original, kind, inputs, properties)
    return Piece(
        name, original, kind, made.layer, inputs, made.parameters, made.oracle, properties, made.notes
    )


def ordered(takes: Mapping[Key, Iterable[Key]]) -> tuple[list[Key], list[Key]]:
    """Return keys such that each comes after those it takes, and those that wait for one another in a circle."""
    waits = {key: len(list(sources)) for key, sources in takes.items()}
    follows: dict[Key, list[Key]] = {key: [] for key in takes}
    for key, sources in takes.items():
        for source in sources:
            follows[source].append(key)
    done = [key for key, count in waits.items() if not count]
    for key in done:  # which grows
        for after in follows[key]:
            waits[after] -= 1
            if not waits[after]:
                done.append(after)
    return done, [key for key, count in waits.items() if count]


def shown(fields: Mapping[str, Any], less: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a person may want to see of the fields of a layer."""
    return {
        name: value if isinstance(value, str | int | float | bool) else _said(value)
        for name, value in fields.items()
        if name not in less
    }


def guarded(make: Callable[[], Made | None], path: str, name: str) -> Made | None:
    """Return what is made of a layer. Raises FormatError, naming it, for options that no layer can have."""
    try:
        return make()
    except PybnError:
        raise
    except (ValueError, OverflowError) as error:
        raise FormatError(f"{path} ({name:.80}): {error!s:.400}") from error
