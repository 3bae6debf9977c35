"""`pybn convert`: files of arrays to another order of axes and another format."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pybn.cli.common import EPILOG, complain, print_json, seconds
from pybn.errors import AGREE, DIFFER, PybnError, UsageError

if TYPE_CHECKING:
    from pybn.cli.common import Commands
    from pybn.convert.run import Outcome

ABOUT = """\
Convert files of arrays: .mat (v4 to v7.3), what Octave saves (text, binary,
HDF5), .npy, .npz, HDF5, safetensors and zarr, to .npy, .npz, .h5, .safetensors,
.zarr or .mat, and the axes to another order. Every file is read back and
compared before it takes its name; a manifest beside it (DST.pybn.json) says what
was done to each tensor, with its SHA-256.

  pybn convert images.mat images.npy --layout HWCN:NCHW
  pybn convert data/*.mat out --to zarr --layout 'images=HWCN:NCHW' --resume
  pybn convert net.mat net.safetensors --var 'net.*' --dtype float32
  pybn convert --verify out/*.npz
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "convert",
        help="convert files of arrays: axes, dtypes and formats",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "paths", nargs="+", metavar="SRC... DST", help="files or folders; the last is where to"
    )
    command.add_argument("--to", default="", metavar="FORMAT", help="npy, npz, h5, safetensors, zarr or mat")
    command.add_argument(
        "--layout",
        action="append",
        default=[],
        metavar="[PATTERN=]A:B",
        help="axes as they are and as they are wanted; of those with a pattern the first that fits; or auto",
    )
    command.add_argument("--confirm", action="store_true", help="take what --layout auto guesses")
    command.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only these variables; !PATTERN: not these",
    )
    command.add_argument(
        "--dtype", default="", help="of floating-point arrays; refused where a value would change"
    )
    command.add_argument("--skip-opaque", action="store_true", help="leave out what the format cannot hold")
    _add_writing(command)
    _add_limits(command)
    _add_cluster(command)
    command.add_argument("--dry-run", action="store_true", help="show the plan and write nothing")
    command.add_argument(
        "--resume", action="store_true", help="leave what is there and was made of the same source"
    )
    command.add_argument(
        "--verify", action="store_true", help="convert nothing: compare files with their manifests"
    )
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=run)


def _add_writing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--compression", default="", help="none; deflate (.npz); gzip, lzf (.h5); zstd, gzip, blosc (.zarr)"
    )
    command.add_argument("--level", type=int, help="of the compression")
    command.add_argument(
        "--chunk", type=size, default=size("4M"), metavar="BYTES", help="of .h5 and .zarr (4M)"
    )
    command.add_argument(
        "--shard",
        type=size,
        default=size("16M"),
        metavar="BYTES",
        help="of .zarr (16M); memory takes four times as much",
    )
    command.add_argument("--mat-version", default="", choices=["5", "7"], help="of .mat: 7 is compressed (7)")


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--untrusted",
        action="store_true",
        help="read each file in a process of its own, with the limits below",
    )
    command.add_argument(
        "--deadline", type=seconds, default=600.0, metavar="S", help="seconds a file may take (600)"
    )
    command.add_argument(
        "--memory", type=size, default=size("4G"), metavar="BYTES", help="of its process (4G)"
    )
    command.add_argument(
        "--output", type=size, default=size("64G"), metavar="BYTES", help="that it may write (64G)"
    )


def _add_cluster(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workers", type=int, metavar="N", help="convert by N processes of dask.distributed here"
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="or by those of a scheduler, as tcp://host:8786"
    )


def size(text: str) -> int:
    """Return a number of bytes: 4096, 4K, 4M, 1G. Raises ArgumentTypeError."""
    scale = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper())
    digits = text if scale is None else text[:-1]
    if not digits.isdigit() or not int(digits):
        raise argparse.ArgumentTypeError(f"wanted a number of bytes, as 4M, got {text!r}")
    return int(digits) << (scale or 0)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    outcomes: list[Outcome] = list(_verified(options) if options.verify else _converted(options))
    if options.json:
        print_json("convert", files=[_json(each) for each in outcomes])
    errors = [each.error for each in outcomes if each.error is not None]
    for error in errors:
        complain(str(error))
    if errors:
        return errors[0].exit_code
    return DIFFER if any(each.status == "differs" for each in outcomes) else AGREE


def _converted(options: argparse.Namespace) -> Iterator[Outcome]:
    from pybn.convert.apart import Limits
    from pybn.convert.progress import Meter
    from pybn.convert.run import convert
    from pybn.formats.tensor import Options

    *sources, target = options.paths
    if not sources:
        raise UsageError(f"{target}: wanted sources and where to: pybn convert SRC... DST")
    if options.workers or options.scheduler:
        yield from _on_cluster(options, sources, target)
        return
    meter = Meter()
    how = Options(options.compression, options.level, options.chunk, options.shard, options.mat_version)
    outcomes = convert(
        sources,
        target,
        to=options.to,
        layout=options.layout,
        var=options.var,
        dtype=options.dtype,
        skip=options.skip_opaque,
        resume=options.resume,
        dry_run=options.dry_run,
        confirm=options.confirm,
        options=how,
        limits=Limits(options.deadline, options.memory, options.output) if options.untrusted else None,
        begin=meter.begin,
    )
    for each in outcomes:
        meter.end()
        if not options.json:
            _show(each)
        yield each


def _on_cluster(options: argparse.Namespace, sources: list[str], target: str) -> Iterator[Outcome]:
    from pybn.convert.cluster import convert_on
    from pybn.convert.run import request_for
    from pybn.formats.tensor import Options, import_extra

    if options.untrusted or options.dry_run or "auto" in options.layout:
        raise UsageError(
            "--untrusted, --dry-run and --layout auto are for conversions without --workers or --scheduler"
        )
    how = Options(options.compression, options.level, options.chunk, options.shard, options.mat_version)
    request = request_for(options.layout, options.var, options.dtype, skip=options.skip_opaque, options=how)
    distributed = import_extra("distributed", "cluster")
    here = {"n_workers": options.workers, "threads_per_worker": 1, "dashboard_address": None}
    client = distributed.Client(options.scheduler) if options.scheduler else distributed.Client(**here)
    with client:
        for each in convert_on(client, sources, target, request, to=options.to, resume=options.resume):
            if not options.json:
                _show(each)
            yield each


def _verified(options: argparse.Namespace) -> Iterator[Outcome]:
    from pybn.convert.run import Outcome, verify

    for name in options.paths:
        target = Path(name)
        try:
            wrong = verify(target)
            each = Outcome(
                name, target, "differs" if wrong else "verified", told={"wrong": [list(w) for w in wrong]}
            )
        except PybnError as error:
            each = Outcome(name, target, "failed", error=error)
        if not options.json:
            _show(each)
        yield each


def _show(each: Outcome) -> None:
    from pybn.report.conversion import outcome_lines

    sys.stdout.write("".join(f"{line}\n" for line in outcome_lines(each)))
    sys.stdout.flush()


def _json(each: Outcome) -> dict[str, Any]:
    from pybn.report.conversion import outcome_json

    return outcome_json(each)
