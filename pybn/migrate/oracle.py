"""The model in MATLAB's own terms, run by Octave: what each piece answers, on the arrays as the file has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pybn.case import Case, MatlabSide, PythonSide, Value
from pybn.engines.base import Engine
from pybn.errors import EngineError, FormatError
from pybn.graph import Input
from pybn.layers.base import Array
from pybn.layouts import convert, permutation
from pybn.migrate.imported import Imported, Piece
from pybn.resources import bundled
from pybn.steps import Call, Variable
from pybn.values import Cell

FUNCTION = "run_network"


LAYOUTS = {4: ("NCHW", "HWCN"), 3: ("NTC", "CTN"), 2: ("NC", "CN")}  # by rank: the port's, and MATLAB's


def to_matlab(x: Array) -> Array:
    """Return an array of the port as MATLAB has it: images (H,W,C,N), rows (1,1,D,N), sequences (C,T,N)."""
    moved = convert(x, *LAYOUTS[x.ndim])
    return moved[None, None] if x.ndim == 2 else moved


def from_matlab(x: Array, shape: tuple[int, ...], name: str) -> Array:
    """Return an array of MATLAB's as the port has it, of that shape. Raises FormatError where it cannot be."""
    port, matlab = LAYOUTS[len(shape)]
    wanted = tuple(shape[axis] for axis in permutation(port, matlab))
    full = (1, 1, *wanted) if len(shape) == 2 else wanted
    if _bare(x.shape) != _bare(full):
        raise FormatError(
            f"{name}: wanted {list(full)}, as the port has it, and Octave answers {list(x.shape)}"
        )
    return np.ascontiguousarray(convert(x.reshape(wanted, order="F"), matlab, port))


def _bare(shape: Sequence[int]) -> list[int]:
    return [n for n in shape if n != 1]


def ask(
    engine: Engine, imported: Imported, given: Mapping[str, Array], port: Mapping[str, Array]
) -> dict[str, Array]:
    """Return what Octave answers for each piece that it knows, in double, laid out as the port's.

    `given` are the inputs and `port` the port's own answers, by piece: what Octave does not know, a layer that the user
    supplied, is taken from there. Raises EngineError with Octave's own words.
    """
    numbers: dict[str, int] = {}
    inputs: list[Array] = []
    for piece in imported.pieces:  # first all that is given
        if piece.oracle is None and piece.name in port:
            inputs.append(given[piece.name] if isinstance(piece.layer, Input) else port[piece.name])
            numbers[piece.name] = len(inputs)
    asked = [piece for piece in imported.pieces if piece.oracle is not None and piece.name in port]
    for k, piece in enumerate(asked):
        numbers[piece.name] = len(inputs) + k + 1
    steps = [_step(piece, numbers, port) for piece in asked]
    told: Any = {
        "steps": Cell((1, len(steps)), tuple(steps)),
        "inputs": Cell((1, len(inputs)), tuple(to_matlab(x.astype(np.float64)) for x in inputs)),
    }
    answers = engine.run(_case(), told)["answers"]
    if not isinstance(answers, Cell) or len(answers.items) != len(asked):
        raise EngineError(f"{FUNCTION}: wanted {len(asked)} answers, got {type(answers).__name__}")
    return {
        piece.name: from_matlab(np.asarray(x), port[piece.name].shape, piece.original)
        for piece, x in zip(asked, answers.items, strict=True)
    }


def _case() -> Case:
    """Return the question: answers = run_network(steps, inputs)."""
    folder = Path(bundled("matlab_ref"))
    others = tuple(sorted(file.stem for file in folder.glob("*.m") if file.stem != FUNCTION))
    given = (Variable("steps"), Variable("inputs"))
    call = Call(f"answers = {FUNCTION}(steps, inputs)", ("answers",), (FUNCTION,), given)
    return Case(
        folder / f"{FUNCTION}.m",
        FUNCTION,
        "float64",
        {},
        MatlabSide((folder,), "function", FUNCTION, (), (call,), functions=others),
        PythonSide((), "", (), {}, False, ()),
        {},
        {},
        input_values={"steps": Value("steps"), "inputs": Value("inputs")},
        output_values={"answers": Value("answers")},
    )


def _step(piece: Piece, numbers: Mapping[str, int], port: Mapping[str, Array]) -> dict[str, Any]:
    assert piece.oracle is not None  # noqa: S101
    return {
        "kind": piece.oracle.kind,
        "takes": np.array([[numbers[name] for name in piece.inputs]], np.float64),
        "sequence": np.array([[port[piece.inputs[0]].ndim == 3]]),
        "options": {name: _option(value) for name, value in piece.oracle.options.items()},
        "arrays": {name: two(x.astype(np.float64)) for name, x in piece.oracle.arrays.items()},
    }


def two(x: Array) -> Array:
    """Return an array with the two axes that MATLAB's have at least."""
    return x if x.ndim >= 2 else x.reshape(-1, 1)


def _option(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return np.array([[bool(value)]])
    return np.array([value], np.float64).reshape(1, -1)
