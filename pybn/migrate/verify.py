"""The proof: what Octave answers, layer by layer, against the port and against the exported file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pybn.case import Case, MatlabSide, PythonSide, Tensor
from pybn.compare import Tolerance
from pybn.divergence import first_divergence
from pybn.engines.base import Engine
from pybn.errors import GraphError, PybnError, ShapeError
from pybn.graph import Graph, Input
from pybn.graph.node import spell
from pybn.layers.base import Array
from pybn.migrate.imported import Imported, Piece
from pybn.migrate.oracle import ask
from pybn.parity import Result, Status, judge
from pybn.resources import bundled
from pybn.steps import Call

Run = Callable[[Mapping[str, Array]], Mapping[str, Array]]  # inputs to the answers of all nodes

SAMPLES = 2  # MATLAB drops the axis of one
BECAUSE = "sums run in another order, and rounding errors pass through all layers"
TOLERANCES = {  # in units in the last place of the largest value expected
    "float64": Tolerance(ulp_of_max=1 << 16, because=BECAUSE),
    "float32": Tolerance(ulp_of_max=512, because=BECAUSE),
}
ROUNDED = Tolerance(ulp_of_max=1 << 34, because="parameters were computed, and rounded to float32")


@dataclass(frozen=True, slots=True)
class Target:
    """Something that answers as the model should: what it is called, how it runs, in which dtype, how close it is.

    One that is `raw` does the preprocessing itself.
    """

    name: str
    run: Run
    dtype: str
    tolerance: Tolerance | None = None
    raw: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The results, one a target, and the inputs; `unasked` are pieces that Octave could not be asked about."""

    results: Sequence[Result]
    inputs: Mapping[str, Array]
    unasked: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether all targets agree."""
        return bool(self.results) and all(result.status is Status.AGREES for result in self.results)


def generated(imported: Imported, seed: int = 0, samples: int = SAMPLES) -> dict[str, Array]:
    """Return inputs to verify with: normal numbers in double, in the range that the model's preprocessing leaves.

    Of an input that says in which range each feature was in training, numbers of that range.
    """
    rng = np.random.default_rng(seed)
    return {
        piece.name: _drawn(piece, rng, piece.layer.with_batch(samples))
        for piece in imported.pieces
        if isinstance(piece.layer, Input)
    }


def _drawn(piece: Piece, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    ends = np.asarray(piece.properties.get("range", np.inf))
    if ends.shape == (shape[-1], 2) and np.isfinite(ends).all():
        return rng.uniform(ends[:, 0], ends[:, 1], shape)
    return rng.normal(size=shape)


def port_of(imported: Imported, dtype: str) -> Target:
    """Return the port in NumPy as a target."""
    graphs = [imported.graph(dtype, output=output) for output in imported.outputs]
    return Target(f"port {dtype}", lambda inputs: activations(graphs, inputs), dtype)


def activations(graphs: Sequence[Graph], inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return what each layer answers that leads to an output, of one graph or of several of one model."""
    made: dict[str, Array] = {}
    for graph in graphs:
        graph.predict({name: np.ascontiguousarray(inputs[name], graph.dtype) for name in graph.inputs})
        names = [n.name for n in graph.nodes if not isinstance(n.layer, Input) and graph.leads(n.name)]
        made |= {name: graph.activation(name) for name in names if name not in made}
    return made


def check_inputs(imported: Imported, given: Mapping[str, Array]) -> dict[str, Array]:
    """Return inputs that a person gave, in double. Raises ShapeError, naming the input and what it wants."""
    wanted = {p.name: p.layer for p in imported.pieces if isinstance(p.layer, Input)}
    if set(given) != set(wanted):
        raise GraphError(f"inputs: wanted {', '.join(wanted)}, got {', '.join(given) or 'none'}")
    for name, layer in wanted.items():
        x = given[name]
        if x.ndim != len(layer.shape) or x.shape != layer.with_batch(x.shape[0]) or x.shape[0] < 1:
            raise ShapeError(f"{name}: wanted {spell(layer.shape)}, got shape {x.shape}")
    return {name: np.asarray(x, np.float64) for name, x in given.items()}


def verify(
    imported: Imported,
    targets: Sequence[Target],
    octave: Engine,
    *,
    inputs: Mapping[str, Array] | None = None,
    source: Path = Path("model.mat"),
    raw: bool = False,
) -> Proof:
    """Compare what Octave answers for each piece, in double, with what each target does on the same inputs.

    The inputs are rounded to float32, so that all sides have the same; with `raw` they are those before the
    preprocessing. A sample alone is given twice: MATLAB would drop its axis. Raises EngineError where Octave cannot
    run.
    """
    given = check_inputs(imported, inputs) if inputs is not None else generated(imported)
    given = {name: np.concatenate([x, x]) if len(x) == 1 else x for name, x in given.items()}
    given = {name: x.astype(np.float32).astype(np.float64) for name, x in given.items()}
    ready = preprocessed(imported, given) if raw else given
    port = port_of(imported, "float64").run(ready)
    expected = ask(octave, imported, ready, {**ready, **port})
    unasked = tuple(p.name for p in imported.pieces if p.name in port and p.name not in expected)
    results = list(_judged(imported, targets, (given, ready), expected, source))
    return Proof(results, given, unasked, getattr(octave, "versions", {}))


def preprocessed(imported: Imported, given: Mapping[str, Array]) -> dict[str, Array]:
    """Return inputs after what the model does to them before its first layer, in double."""
    ready = dict(given)
    for each in imported.preprocessing:
        x = ready[each.input]
        scale, shift = each.spread(x.ndim)
        ready[each.input] = x * scale.astype(np.float64) + shift.astype(np.float64)
    return ready


def _judged(
    imported: Imported,
    targets: Sequence[Target],
    inputs: tuple[Mapping[str, Array], Mapping[str, Array]],
    expected: Mapping[str, Array],
    source: Path,
) -> Iterator[Result]:
    for target in targets:
        case = _case(imported, target, expected, source)
        try:
            given = inputs[0 if target.raw else 1]
            made = target.run({name: x.astype(target.dtype) for name, x in given.items()})
        except PybnError as error:
            yield Result(case, Status.ERROR, message=f"{target.name}: {error}")
            continue
        wanted = {name: x.astype(target.dtype) for name, x in expected.items()}
        obtained = {name: x for name, x in made.items() if name in expected}
        result = judge(case, wanted, obtained)
        found = None
        if result.status is Status.DIFFERS and result.answers is not None:
            truth = (dict(expected), "Octave, in double") if target.dtype == "float32" else None
            found = first_divergence(case, result.comparisons, *result.answers, truth)
        yield Result(case, result.status, result.comparisons, result.message, result.answers, found)


def _case(imported: Imported, target: Target, expected: Mapping[str, Array], source: Path) -> Case:
    """Return what is compared as a case: one output a piece, in the order in which they are computed."""
    axes = {2: ("N", "C"), 3: ("N", "T", "C"), 4: ("N", "C", "H", "W")}
    pieces = {piece.name: piece for piece in imported.pieces}
    steps = [
        Call(f"{name} = {pieces[name].kind}({', '.join(pieces[name].inputs)})", (name,), ("run_network",), ())
        for name in expected
    ]
    close = target.tolerance or TOLERANCES[target.dtype]
    outputs = {name: tensor(name, x, target.dtype, axes[x.ndim], close) for name, x in expected.items()}
    return compared(source, target.name, target.dtype, outputs, steps)


def tensor(name: str, x: Array, dtype: str, axes: tuple[str, ...], close: Tolerance) -> Tensor:
    """Return an output of a case, alike on both sides; its layer is what stands before a dot in its name."""
    return Tensor(name, x.shape, dtype, axes, axes, axes, tolerance=close, layer=name.partition(".")[0])


def compared(
    source: Path, name: str, dtype: str, outputs: Mapping[str, Tensor], steps: Sequence[Call]
) -> Case:
    """Return a case that nothing runs: it says what two answers have, and how close they must be."""
    matlab = MatlabSide((Path(bundled("matlab_ref")),), "function", "run_network", (), tuple(steps))
    return Case(source, name, dtype, {}, matlab, PythonSide((), name, (), {}, False, ()), {}, outputs)
