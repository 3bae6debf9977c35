"""`pybn migrate`: a model of a file to another form, which takes its name only when it answers as the model does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from pybn.convert.place import give_name, placed, room
from pybn.engines.base import Engine
from pybn.errors import FileError, FormatError, UsageError
from pybn.layers.base import Array, Layer
from pybn.layouts import convert, restore
from pybn.migrate.export import FORMS, Export, export, run_exported
from pybn.migrate.exporters.manifest import manifest_path
from pybn.migrate.exporters.torch import module_path
from pybn.migrate.imported import Imported
from pybn.migrate.rules import exact
from pybn.migrate.training import trained, trains
from pybn.migrate.verify import ROUNDED, TOLERANCES, Proof, Target, activations, port_of, verify


@dataclass(frozen=True, slots=True, eq=False)
class Migration:
    """What came of it: the files, in their places unless the proof failed, and the proof where there is one."""

    written: Export | None
    proof: Proof | None = None


def migrate(
    imported: Imported,
    target: Path,
    *,
    source: Path,
    octave: Engine | None = None,
    inputs: Mapping[str, Array] | None = None,
    layers: Mapping[str, Callable[[], Layer]] | None = None,
    dtype: str = "float32",
    preprocessing: bool = False,
) -> Migration:
    """Write a model to `target`; with `octave` prove first that it answers as the original does.

    The file is written beside its target, and run there; it gets its name, with its module and manifest, only if every
    layer of every engine agrees. Raises what importing and exporting raise: GraphError for holes and untrained
    layers, UsageError, FormatError, FileError, EngineError.
    """
    if target.suffix not in FORMS:
        raise UsageError(
            f"{target}: wanted a suffix that tells the form, {', '.join(FORMS)}, got {target.suffix!r}"
        )
    imported = imported.filled(layers or {})
    _check_place(target)
    with room(target) as folder:
        made = export(imported, folder / target.name, source=source, dtype=dtype, preprocessing=preprocessing)
        proof = None
        if octave is not None:
            targets = [port_of(imported, "float64"), *_targets(made, dtype, raw=preprocessing)]
            proof = verify(imported, targets, octave, inputs=inputs, source=source, raw=preprocessing)
            if made.form == "torch" and not preprocessing and trains(imported):
                step = trained(imported, made, proof.inputs, source)
                proof = replace(proof, results=[*proof.results, step])
            if not proof.agrees:
                return Migration(None, proof)
        files = tuple(target.parent / file.name for file in made.files)
        for file, place in zip(made.files, files, strict=True):
            give_name(file, place)
    return Migration(replace(made, target=target, files=files), proof)


def _targets(made: Export, dtype: str, *, raw: bool) -> Iterator[Target]:
    """Yield what runs the file that was written: PyTorch also in double, which rounding errors do not hide."""
    if made.form == "onnx":
        yield Target("onnxruntime", lambda inputs: run_exported(made, inputs), dtype, raw=raw)
    if made.form == "torch":
        yield Target("PyTorch", lambda inputs: run_exported(made, inputs), dtype, raw=raw)
        # What is not exact, a variance of a sigma, is rounded to the dtype that was written.
        close = TOLERANCES["float64"] if all(exact(x.rules) for x in made.tensors) and not raw else ROUNDED
        double = partial(run_exported, made, double=True)
        yield Target("PyTorch in double", double, "float64", close, raw=raw)
    if made.form == "npz":
        yield Target("arrays as written", lambda inputs: _run_arrays(made, inputs), dtype)


def _run_arrays(made: Export, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Run the port with the arrays of the .npz that was written."""
    imported = made.plan.imported
    graphs = [imported.graph(made.plan.dtype, output) for output in imported.outputs]
    with np.load(made.target) as file:
        for graph in graphs:
            graph.state = {name: file[name] for name in graph.state}
    return activations(graphs, inputs)


def _check_place(target: Path) -> None:
    """Raise FileError where a file of the migration cannot be put."""
    if not target.parent.is_dir():
        raise FileError(f"{target}: there is no folder {target.parent}")
    for file in (target, module_path(target), manifest_path(target)):
        if file.is_symlink() or (file.exists() and not file.is_file()):
            raise FileError(f"{file}: is a link or no regular file, and is not replaced")


def inputs_of(path: Path, imported: Imported) -> dict[str, Array]:
    """Return inputs of a file of arrays, by the names of the model's inputs; of one input the only array serves.

    Images of MATLAB's files, (H,W,C,N), are brought to NCHW, sequences (C,T,N) to (N,T,C); others stay as they are.
    Raises FormatError, naming the input.
    """
    from pybn.formats.datafile import open_file
    from pybn.graph import Input

    wanted = {p.name: (p.original, p.layer.shape) for p in imported.pieces if isinstance(p.layer, Input)}
    found = {}
    with open_file(path) as file:
        for name, (original, shape) in wanted.items():
            key = next((k for k in (name, original) if k in file), None)
            if key is None and len(wanted) == 1 and len(file) == 1:
                key = next(iter(file))
            if key is None:
                raise FormatError(f"{path}: has no {original!r}, the input; it has {', '.join(file)}")
            x = np.asarray(file[key])
            found[name] = x if file.row_major else _from_matlab(x, len(shape))
    return found


def _from_matlab(x: Array, rank: int) -> Array:
    layouts = {4: ("HWCN", "NCHW"), 3: ("CTN", "NTC")}.get(rank)
    return x if layouts is None or x.ndim > rank else convert(restore(x, layouts[0]), *layouts)


def write_back(arrays: Mapping[str, Array], target: Path) -> None:
    """Write MATLAB's arrays to .npz or .mat, by their paths in the file. Raises UsageError, FileError, DTypeError."""
    from pybn.convert.names import names
    from pybn.formats.lazy import InMemory
    from pybn.formats.tensor import Options, Sink, Tensor, writer_for

    writer = writer_for(target)
    if not writer.many or writer.folder:
        raise UsageError(f"{target}: wanted a file of many arrays, .npz, .mat or .h5, got {target.suffix!r}")
    called = names([(path,) for path in arrays], separator="/", matlab=target.suffix == ".mat")
    tensors = [Tensor(name, InMemory(x)) for name, x in zip(called, arrays.values(), strict=True)]
    with placed(target, folder=writer.folder) as temporary:
        writer.write(temporary, tensors, Options(), Sink())
