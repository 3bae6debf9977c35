"""`pybn inspect`: list what a file holds."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG, print_json, worst
from pybn.errors import AGREE, PybnError

if TYPE_CHECKING:
    from pybn.cli.common import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "inspect",
        help="list what a file of arrays holds",
        description="List names, axes, shapes and dtypes. The file is parsed in a process of its own, with limits.",
        epilog=EPILOG,
    )
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help=".mat, HDF5, what Octave saves, .npy, .npz, safetensors, zarr",
    )
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn.inspection import inspect

    listings, broken = [], []
    for file in options.files:
        try:
            listing = inspect(file)
        except PybnError as error:
            broken.append(error)
            continue
        if options.json:
            listings.append(listing.to_json())
        else:
            sys.stdout.write(listing.to_text().rstrip("\n") + "\n")
    if options.json and listings:
        print_json("inspect", files=listings)
    return worst(AGREE, broken)
