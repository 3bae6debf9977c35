"""`pybn draw`: a picture of a model."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG
from pybn.errors import AGREE, PybnError

if TYPE_CHECKING:
    from pybn.cli.common import Commands

ABOUT = """\
Draw the layers of a model, how they are wired, and the shape of what goes
between them.

A model is a file that Graph.save wrote, or a description in TOML:
  [model]    loss, layout, dtype, seed, output; all of it may be left out
  [[layer]]  one for each: type, name, and what its type takes, such as
             type = "conv", name = "conv1", kh = 3, kw = 3, stride = 1, pad = 1,
             num_output = 8
The first is type = "input" with rows, cols and depth, or features. Each takes
what the one before it makes, or the one that inputLayer names.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "draw",
        help="draw a model as SVG",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("model", metavar="MODEL", help="a model's .toml or .h5")
    command.add_argument("out", nargs="?", metavar="OUT.svg", help="where to (default: standard output)")
    command.add_argument("--summary", action="store_true", help="a table of the layers instead")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn.formats.base import atomic_write

    text = _drawn(options.model, summary=options.summary).rstrip("\n") + "\n"
    if options.out is None:
        _write(text)
    else:
        with atomic_write(options.out) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return AGREE


def _drawn(model: str, *, summary: bool) -> str:
    """Return the picture of a model, or its table. Errors name the file."""
    from pybn.graph import Graph

    try:
        graph = Graph.from_file(model)
        return graph.summary() if summary else graph.to_svg()
    except PybnError as error:
        if str(error).startswith(model):
            raise
        raise type(error)(f"{model}: {error}") from error


def _write(text: str) -> None:
    """Write to standard output, in UTF-8 whatever the terminal speaks: it is what an SVG file says it is in."""
    if (raw := getattr(sys.stdout, "buffer", None)) is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        raw.write(text.encode())
