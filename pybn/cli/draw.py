"""`pybn draw`: a picture of a model."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG
from pybn.errors import AGREE

if TYPE_CHECKING:
    from pybn.cli.common import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "draw",
        help="draw a model as SVG",
        description="Draw the layers of a model, how they are wired, and the shape of what goes between them.",
        epilog=EPILOG,
    )
    command.add_argument("model", metavar="MODEL", help="a model's .toml or .h5")
    command.add_argument("out", nargs="?", metavar="OUT.svg", help="where to (default: standard output)")
    command.add_argument("--summary", action="store_true", help="a table of the layers instead")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn.formats.base import atomic_write
    from pybn.graph import Graph

    graph = Graph.from_file(options.model)
    told = graph.summary() if options.summary else graph.to_svg()
    text = told.rstrip("\n") + "\n"
    if options.out is None:
        _write(text)
    else:
        with atomic_write(options.out) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return AGREE


def _write(text: str) -> None:
    """Write to standard output, in UTF-8 whatever the terminal speaks: it is what an SVG file says it is in."""
    if (raw := getattr(sys.stdout, "buffer", None)) is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        raw.write(text.encode())
