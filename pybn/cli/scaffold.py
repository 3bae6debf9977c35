"""`pybn scaffold`: a first case file from the signature of a function or class."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG
from pybn.errors import AGREE

if TYPE_CHECKING:
    from pybn.cli.common import Commands

ABOUT = """\
Write a first case file for a MATLAB function or class: what to call on both
sides, the arguments with their axes, and one case. What the .m file tells is
filled in: what it declares, checks and does with an argument, here and where it
is passed on, what its help says of it, and the call in the help's example. The
rest is guessed, or marked "fill in". Then: pybn record CASE.toml, and pybn
parity CASE.toml.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "scaffold",
        help="write a first case file for a .m file",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("file", metavar="FILE.m", help="a function or a class")
    command.add_argument(
        "-o", dest="out", metavar="OUT", help="where to, a file or a folder (default: beside FILE.m)"
    )
    command.add_argument(
        "--python",
        metavar="MODULE:NAME",
        help="the port (default: one of that name in a .py beside the case file)",
    )
    command.add_argument(
        "--port", action="store_true", help="also write a .py that raises NotImplementedError, to fill in"
    )
    command.add_argument("--force", action="store_true", help="replace files that are there")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn.report.style import printable
    from pybn.scaffold import scaffold

    written = scaffold(options.file, options.out, options.python, port=options.port, force=options.force)
    for path in written.files:
        sys.stdout.write(f"{printable(str(path))}\n")
    for note in written.notes:
        sys.stderr.write(f"{printable(note)}\n")
    file = shlex.quote(_near(written.files[0]))
    sys.stderr.write(f"next:\n  pybn record {file}\n  pybn parity {file}\n")
    return AGREE


def _near(path: Path) -> str:
    """Return a path as one would type it: from the folder that one is in, where it is below that."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
