"""`pybn migrate`: a saved MATLAB model to PyTorch, ONNX or plain arrays, with proof."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pybn.cli.common import EPILOG, add_deadline, print_json
from pybn.errors import AGREE, DIFFER, UsageError

if TYPE_CHECKING:
    from pybn.cli.common import Commands
    from pybn.migrate.imported import Imported
    from pybn.migrate.run import Migration
    from pybn.migrate.verify import Proof

ABOUT = """\
Bring a saved MATLAB model to Python: networks of the Deep Learning Toolbox
(SeriesNetwork, DAGNetwork, dlnetwork, LayerGraph, layer arrays), the network
objects before it, and MatConvNet's simplenn and dagnn, read from their .mat
without MATLAB. OUT is
  net.onnx           ONNX, dynamic in the batch
  net.safetensors    PyTorch's weights, with net.py, an nn.Module that loads them
  net.npz            the arrays by layer
and beside it OUT.pybn.json tells for each tensor where it comes from and what was
done to it. With --verify GNU Octave runs the model in MATLAB's own terms, layer
by layer, and the file that was written runs on the same inputs; it takes its
name only when all layers agree.

  pybn inspect net.mat                     look at the model first
  pybn migrate net.mat net.onnx --verify
  pybn migrate net.mat net.safetensors --verify --report proof.html
  pybn migrate --back net.onnx arrays.npz  MATLAB's arrays again, bit for bit

A model of layer objects of your own is saved by pybn_export.m first, in MATLAB
or Octave; arrays in a plain .mat are a model by a description in TOML:

  pybn migrate --exporter .                writes pybn_export.m here
  pybn migrate weights.mat net.onnx --like net.toml --verify
    input = 2                     features, or [rows, cols, depth]
    [[layer]]
    type = "fc"                   conv, batchnorm, relu, softmax ...
    weight = "W1"                 or { var = "W1", axes = "M D" }
    bias = "b1"
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "migrate",
        help="bring a saved MATLAB model to PyTorch, ONNX or arrays, with proof",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "model", nargs="?", metavar="MODEL", help="the .mat that holds the model; with --back, OUT"
    )
    command.add_argument("out", nargs="?", metavar="OUT", help=".onnx, .safetensors or .npz")
    command.add_argument("--var", default="", metavar="NAME", help="the variable, where several are models")
    command.add_argument("--like", metavar="TOML", help="which of the arrays of MODEL is what")
    command.add_argument("--exporter", metavar="DIR", help="write pybn_export.m there, and nothing else")
    command.add_argument(
        "--verify", action="store_true", help="prove it by Octave; what does not agree is not written"
    )
    command.add_argument("--inputs", metavar="FILE", help="to verify with; generated where none are given")
    command.add_argument("--report", metavar="HTML", help="of the proof, with pictures")
    command.add_argument(
        "--dtype", choices=["float32", "float64"], default="float32", help="of the tensors (float32)"
    )
    command.add_argument(
        "--preprocessing", action="store_true", help="make what is done to the inputs part of the model"
    )
    command.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="NAME=MODULE:CLASS",
        help="a pybn layer of yours for a layer that is not known; its code is run",
    )
    command.add_argument(
        "--back", action="store_true", help="the other way: MATLAB's arrays of what was written"
    )
    add_deadline(command)
    command.add_argument("-v", "--verbose", action="store_true", help="every layer")
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    if options.exporter is not None:
        return _exporter(options)
    if options.model is None or options.out is None:
        raise UsageError("wanted MODEL and OUT: pybn migrate net.mat net.onnx")
    if options.back:
        return _back(options)
    from pybn.migrate.importers.find import read_model
    from pybn.migrate.run import inputs_of, migrate

    if (options.report or options.inputs) and not options.verify:
        raise UsageError("--report and --inputs are for --verify")
    imported = read_model(options.model, options.var, None if options.like is None else Path(options.like))
    given = None if options.inputs is None else inputs_of(Path(options.inputs), imported)
    how: dict[str, Any] = {
        "source": Path(options.model),
        "inputs": given,
        "layers": dict(_layer(text) for text in options.layer),
        "dtype": options.dtype,
        "preprocessing": options.preprocessing,
    }
    if not options.verify:
        made = migrate(imported, Path(options.out), **how)
    else:
        from pybn.engines.octave import OctaveEngine

        with OctaveEngine(options.deadline) as octave:
            made = migrate(imported, Path(options.out), octave=octave, **how)
    return _told(options, imported, made)


def _told(options: argparse.Namespace, imported: Imported, made: Migration) -> int:
    if made.proof is not None and options.report is not None:
        _report(options, made.proof)
    if options.json:
        from pybn.report.migration import migration_json

        print_json("migrate", **migration_json(imported, made))
    else:
        from pybn.report.migration import migration_lines
        from pybn.report.style import Style

        style = Style(sys.stdout)
        sys.stdout.write("\n".join(migration_lines(imported, made, style, verbose=options.verbose)) + "\n")
    return AGREE if made.written is not None else DIFFER


def _report(options: argparse.Namespace, proof: Proof) -> None:
    from pybn.engines.golden import GoldenEngine
    from pybn.formats.base import atomic_write
    from pybn.report.html import Album, report_of

    album = Album(len(proof.results))
    results = [album.take(result) for result in proof.results]
    with atomic_write(options.report) as page:
        text = report_of(
            results,
            album,
            GoldenEngine(),
            sides=("octave", "exported"),
            versions=proof.versions,
            arguments=options.arguments,
        )
        page.write_bytes(text.encode())
    sys.stderr.write(f"report: {options.report}\n")


def _layer(text: str) -> tuple[str, Callable[[], Any]]:
    """Return the name of a layer, and what makes one for it. Raises UsageError."""
    name, _, path = text.partition("=")
    module, _, attribute = path.partition(":")
    if not (name and module and attribute):
        raise UsageError(f"--layer {text}: wanted NAME=MODULE:CLASS")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"--layer {text}: {error}") from error
    if not callable(found):
        raise UsageError(f"--layer {text}: {attribute} is no class or function")
    return name, found


def _exporter(options: argparse.Namespace) -> int:
    from pybn.migrate.importers.container import write_exporter

    if options.model is not None:
        raise UsageError("--exporter DIR goes alone: no MODEL, no OUT")
    written = write_exporter(Path(options.exporter))
    if options.json:
        print_json("migrate", exporter=str(written))
    else:
        sys.stdout.write(
            f"{written}: call pybn_export(model, 'model.mat') in MATLAB or Octave, then pybn migrate model.mat OUT\n"
        )
    return AGREE


def _back(options: argparse.Namespace) -> int:
    from pybn.migrate.back import back
    from pybn.migrate.run import write_back

    manifest = Path(options.model)
    if not manifest.name.endswith(".pybn.json"):
        manifest = manifest.with_name(manifest.name + ".pybn.json")
    arrays: Mapping[str, Any] = back(manifest)
    write_back(arrays, Path(options.out))
    if options.json:
        print_json("migrate", back={name: list(x.shape) for name, x in arrays.items()})
    else:
        sys.stdout.write(f"{options.out}: {len(arrays)} arrays, as MATLAB's file has them, bit for bit\n")
    return AGREE
