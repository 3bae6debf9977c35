"""`pybn inspect`: list what a file holds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pybn.cli.common import EPILOG, print_json, worst
from pybn.errors import AGREE, PybnError, UsageError

if TYPE_CHECKING:
    from pybn.cli.common import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "inspect",
        help="list what a file of arrays holds",
        description="List names, axes, shapes and dtypes, and of a network its layers. The file is parsed in a "
        "process of its own, with limits.",
        epilog=EPILOG,
    )
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help=".mat, HDF5, what Octave saves, .npy, .npz, safetensors, zarr",
    )
    command.add_argument("--var", default="", metavar="NAME", help="the network in this variable alone")
    command.add_argument("--svg", metavar="OUT.svg", help="draw the network, of one file that has one")
    command.add_argument("--arrays", action="store_true", help="every array, of a network too")
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn.inspection import holds_models, inspect, models

    listings, broken = [], []
    for file in options.files:
        try:
            listing = inspect(file)
            found = (
                models(file, options.var, draw=options.svg is not None)
                if holds_models(listing.contents) and not options.arrays
                else []
            )
            if options.svg is not None:
                _draw(file, found, options)
        except PybnError as error:
            broken.append(error)
            continue
        if options.json:
            told = [{k: v for k, v in each.items() if k not in ("text", "svg")} for each in found]
            listings.append({**listing.to_json(), "models": told})
        else:
            parts = [_models_text(file, found)] if found else []
            if not any("text" in each for each in found):
                parts.append(listing.to_text())
            text = "\n\n".join(parts)
            sys.stdout.write(text.rstrip("\n") + "\n")
    if options.json and listings:
        print_json("inspect", files=listings)
    return worst(AGREE, broken)


def _models_text(file: str, found: Sequence[Mapping[str, Any]]) -> str:
    """Return the tables of a file's networks; one that cannot be imported says why."""
    from pybn.inspection import escape

    parts = [
        each["text"] if "text" in each else f"{escape(each['variable'])}: {escape(each['error'])}"
        for each in found
    ]
    return "\n\n".join([f"{escape(file)}: a network; --arrays lists every array", *parts])


def _draw(file: str, found: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> None:
    from pybn.formats.base import atomic_write

    drawn = [each for each in found if "svg" in each]
    if len(options.files) != 1 or len(drawn) != 1:
        names = ", ".join(each["variable"] for each in drawn)
        raise UsageError(
            f"{file}: --svg wants one file with one network; {f'--var one of {names}' if names else 'none'}"
        )
    with atomic_write(options.svg) as page:
        page.write_text(drawn[0]["svg"], encoding="utf-8")
