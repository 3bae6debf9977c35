"""A look at the models of a file: a table of layers, and a picture, holes and untrained layers included."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from pybn.errors import PybnError, UsageError
from pybn.formats.datafile import open_file
from pybn.graph import Input
from pybn.graph.node import Sizes, plural, spell
from pybn.graph.picture import draw
from pybn.graph.summary import table
from pybn.graph.wired import Wired
from pybn.layers.base import Layer
from pybn.migrate.imported import Imported, Piece
from pybn.migrate.importers.building import Builder
from pybn.migrate.importers.find import candidates
from pybn.report.style import printable

DRAWN = 1000  # layers
HEADS = ("name", "class", "output", "parameters", "inputs")


class Unknown(Layer):
    """Stands in pictures for a layer that nobody knows here."""

    unknown = True
    fan_in: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What a picture shows of a node."""

    name: str
    kind: str
    layer: Layer | Input
    inputs: tuple[str, ...]


def sizes_of(imported: Imported) -> Mapping[str, Sizes | None]:
    """Return the sizes of what each piece makes, None behind a hole."""
    builder = Builder()
    for piece in imported.pieces:
        builder.add(piece)
    return builder.sizes


def summary(imported: Imported) -> str:
    """Return a line for each layer: its name, its class, the shape of its output, its parameters, what it takes."""
    sizes = sizes_of(imported)
    originals = {piece.name: piece.original or piece.name for piece in imported.pieces}
    rows = []
    for piece in imported.pieces:
        found, count = sizes[piece.name], count_of(piece)
        rows.append(
            (
                printable(originals[piece.name])[:60],
                printable(piece.kind)[:60] + ("" if piece.layer else "  (not known here)"),
                spell(found) if found else "?",
                f"{count:,}" if count else "",
                ", ".join(printable(originals[name])[:40] for name in piece.inputs),
            )
        )
    lines = [printable(imported.source), "", *table([HEADS, *rows]), *_about(imported)]
    return "\n".join(lines)


def _about(imported: Imported) -> list[str]:
    total = sum(count_of(piece) for piece in imported.pieces)
    lines = [f"{plural(total, 'parameter')}; output {', '.join(imported.outputs)}"]
    if imported.untrained:
        lines.append(f"not trained: the file has no values for {len(imported.untrained)} of the parameters")
    lines += [f"preprocessing of {each.input}: {printable(each.words)}" for each in imported.preprocessing]
    if imported.classes:
        shown = ", ".join(printable(name)[:30] for name in imported.classes[:8])
        more = ", ..." if len(imported.classes) > 8 else ""
        lines.append(f"{len(imported.classes)} classes: {shown}{more}")
    if imported.free:
        lines.append(f"any size along {', '.join(imported.free)}")
    lines += [f"left out: {printable(each)}" for each in imported.left]
    if imported.holes:
        lines += [f"not known here: {_hole(hole)}" for hole in imported.holes[:20]]
    return lines


def _hole(hole: Piece) -> str:
    """Return the name, the class and some properties of a layer that nobody knows here."""
    shown = ", ".join(
        f"{printable(str(k))[:40]}: {printable(str(v))[:60]}" for k, v in list(hole.properties.items())[:8]
    )
    return f"{printable(hole.original)[:60]} ({printable(hole.kind)[:60]}){f'; {shown}' if shown else ''}"


def count_of(piece: Piece) -> int:
    """Return how many parameters a piece has; running statistics are none."""
    names = piece.layer.parameters if isinstance(piece.layer, Layer) else ()
    return sum(math.prod(piece.parameters[name].shape) for name in names if name in piece.parameters)


def to_json(imported: Imported) -> dict[str, Any]:
    """Return the same as plain values."""
    sizes = sizes_of(imported)
    originals = {piece.name: piece.original for piece in imported.pieces}
    return {
        "source": imported.source,
        "layers": [
            {
                "name": piece.original,
                "class": piece.kind,
                "known": piece.layer is not None,
                "output": None if (found := sizes[piece.name]) is None else list(found),
                "parameters": count_of(piece),
                "inputs": [originals[name] for name in piece.inputs],
                "properties": {
                    k: v for k, v in piece.properties.items() if isinstance(v, str | int | float | bool)
                },
                "notes": list(piece.notes),
            }
            for piece in imported.pieces
        ],
        "outputs": [originals[name] for name in imported.outputs],
        "untrained": list(imported.untrained),
        "preprocessing": [each.words for each in imported.preprocessing],
        "classes": list(imported.classes),
        "left": list(imported.left),
    }


def picture(imported: Imported) -> str:
    """Return the model as the text of an SVG file, as `pybn.graph.picture.draw` draws one. Raises UsageError."""
    if len(imported.pieces) > DRAWN:
        raise UsageError(
            f"{len(imported.pieces):,} layers are too many for a picture; wanted {DRAWN:,} at most"
        )
    sizes = sizes_of(imported)
    nodes = [
        _Drawn(p.name, p.kind.rpartition(".")[2], p.layer or Unknown(), p.inputs) for p in imported.pieces
    ]
    shapes = {
        f"{piece.name}.{name}": parameter.shape
        for piece in imported.pieces
        for name, parameter in piece.parameters.items()
        if name in getattr(piece.layer, "parameters", ())
    }
    leads = imported.live
    drawn = SimpleNamespace(
        nodes=nodes,
        sizes=lambda name: sizes[name] or (),
        parameters=SimpleNamespace(shapes=shapes),
        leads=lambda name: name in leads,
    )
    return draw(cast("Wired", drawn), title=imported.source)


def models(path: str, asked: str) -> list[dict[str, Any]]:
    """Return what there is to see of each model of a file, or of one: its table, the same as data, its picture.

    `asked` is JSON: the `variable`, "" for all, and whether to `draw`. A model that cannot be imported has an `error`
    instead.
    """
    told_of = json.loads(asked)
    variable = told_of["variable"]
    with open_file(path) as file:
        found = [(name, importer, value) for name, (importer, value) in candidates(file)]
        told: list[dict[str, Any]] = []
        for name, importer, value in found:
            if variable in ("", name):
                try:
                    one = importer(value, name)
                    told.append(
                        {"variable": name, "text": summary(one), "data": to_json(one), "svg": picture(one)}
                    )
                except PybnError as error:
                    told.append({"variable": name, "error": str(error)})
    return told
