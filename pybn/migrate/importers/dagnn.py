"""MatConvNet's dagnn, as its saveobj writes it: vars, params and layers, wired by the names of variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pybn.errors import FormatError
from pybn.migrate.imported import Imported, Piece
from pybn.migrate.importers.building import (
    Builder,
    Namer,
    array,
    empty,
    full,
    guarded,
    ordered,
    piece_of,
    shown,
    text_of,
    texts_of,
)
from pybn.migrate.importers.matconvnet_blocks import DAG, Block
from pybn.migrate.importers.matconvnet_meta import classes_of, input_of, meta_of, preprocessing_of
from pybn.values import Cell, StructArray

LOSSES = ("dagnn.Loss", "dagnn.PDist")


@dataclass(frozen=True, slots=True)
class Told:
    """A layer as the file tells it."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: tuple[str, ...]
    block: Mapping[str, Any]
    path: str


def is_model(value: Any) -> bool:
    """Tell whether a value of a file is such a network."""
    return (
        isinstance(value, Mapping)
        and {"vars", "params", "layers"} <= set(value)
        and not isinstance(value["layers"], Cell)
    )


def imported(net: Mapping[str, Any], variable: str) -> Imported:
    """Return the model. Raises FormatError, naming the layer, for what cannot be one; other types are holes."""
    prefix = f"{variable}." if variable else ""
    told = [_told(each, f"{prefix}layers({k + 1})") for k, each in enumerate(_rows(net["layers"]))]
    params = {
        text_of(each.get("name"), f"{prefix}params({k + 1}).name"): (
            f"{prefix}params({k + 1}).value",
            each.get("value"),
        )
        for k, each in enumerate(_rows(net["params"]))
    }
    meta = meta_of(net)
    builder, namer, left = Builder(), Namer(), []
    made_by: dict[str, str] = {}  # by variable, the piece that makes it
    free: tuple[str, ...] = ()
    inputs = [name for each in told for name in each.inputs]
    made = {name for each in told for name in each.outputs}
    losses = {name for each in told if each.kind in LOSSES for name in each.inputs}
    given = [n for n in dict.fromkeys(inputs) if n not in made and not (n in losses and _only(told, n))]
    for name in given:
        piece = namer.give(name, "input")
        sizes, free = input_of(meta, f"{prefix}meta", _channels(told, params, name))
        builder.add(Piece(piece, name, "input", sizes))
        made_by[name] = piece
    given_by = set(made_by.values())
    for layer in _ordered(told, set(made_by) | losses):
        if layer.kind in LOSSES:
            left.append(f"{layer.name}: {layer.kind}, the loss")
            continue
        builder.add(_piece(layer, namer, params, made_by, builder))
        for output in layer.outputs:
            made_by[output] = builder.pieces[-1].name
    ends = tuple(name for name in builder.ends if name not in given_by)
    if not ends:
        raise FormatError(f"{prefix}layers: nothing comes out of them")
    return Imported(
        source=f"MatConvNet dagnn{f' in the variable {variable}' if variable else ''}",
        pieces=tuple(builder.pieces),
        outputs=ends,
        free=free,
        preprocessing=preprocessing_of(meta, made_by[given[0]], f"{prefix}meta") if given else (),
        classes=classes_of(meta),
        meta=shown(meta),
        left=tuple(left),
    )


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """Return the elements of a struct array, of one struct, or of none."""
    if isinstance(value, StructArray):
        return list(value.elements)
    if isinstance(value, Mapping):
        return [value]
    if empty(value):
        return []
    raise FormatError("wanted structs for vars, params and layers")


def _told(each: Mapping[str, Any], path: str) -> Told:
    block = each.get("block")
    names = {
        field: tuple(texts_of(each.get(field), f"{path}.{field}"))
        for field in ("inputs", "outputs", "params")
    }
    return Told(
        text_of(each.get("name"), f"{path}.name"),
        text_of(each.get("type"), f"{path}.type"),
        names["inputs"],
        names["outputs"],
        names["params"],
        block if isinstance(block, Mapping) else {},
        path,
    )


def _only(told: list[Told], name: str) -> bool:
    """Tell whether a variable is taken by losses alone: the labels."""
    return all(each.kind in LOSSES for each in told if name in each.inputs)


def _ordered(told: list[Told], known: set[str]) -> list[Told]:
    """Return layers in an order in which each comes after those it takes. Raises FormatError for a cycle."""
    makers = {name: k for k, each in enumerate(told) for name in each.outputs}
    for each in told:
        for name in each.inputs:
            if name not in makers and name not in known:
                raise FormatError(f"{each.path}: takes the variable {name!r:.80}, which nothing makes")
    takes = {k: [makers[name] for name in set(each.inputs) & set(makers)] for k, each in enumerate(told)}
    order, stuck = ordered(takes)
    if stuck:
        names = ", ".join(told[k].name for k in stuck[:10])
        raise FormatError(f"the layers take each other in a circle: {names}")
    return [told[k] for k in order]


def _piece(
    told: Told,
    namer: Namer,
    params: Mapping[str, tuple[str, Any]],
    made_by: Mapping[str, str],
    builder: Builder,
) -> Piece:
    inputs = tuple(made_by[name] for name in told.inputs)
    word = told.kind.rpartition(".")[2].lower()
    name = namer.give(told.name, word if word.isidentifier() else "layer")
    for each in told.params:
        if each not in params:
            raise FormatError(f"{told.path}: wants the parameter {each!r:.80}, and there is none")
    block = Block(
        told.block,
        f"{told.path}.block",
        [params[n] for n in told.params],
        tuple(builder.sizes[i] for i in inputs),
    )
    make = DAG.get(told.kind) if len(told.outputs) == 1 else None
    made = guarded(lambda: make(block), told.path, told.name) if make else None
    return piece_of(name, told.name, told.kind, inputs, made, shown(told.block))


def _channels(told: list[Told], params: Mapping[str, tuple[str, Any]], variable: str) -> int:
    """Return the channels of an input: those that the convolution that takes it has filters for."""
    for each in told:
        if variable in each.inputs and each.kind == "dagnn.Conv" and each.params and each.params[0] in params:
            path, value = params[each.params[0]]
            if not empty(value):
                return full(array(value, path), 4)[2]
    return 1
