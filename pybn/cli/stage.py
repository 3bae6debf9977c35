"""`pybn stage`: a copy of a tree of .m files that Octave can run."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG
from pybn.errors import AGREE, BAD_INPUT, OctaveMissing

if TYPE_CHECKING:
    from pybn.cli.common import Commands
    from pybn.staging import Plan, Trouble

ABOUT = """\
Copy a tree of MATLAB code to OUT, rewritten where GNU Octave needs it. The tree
itself is never written to, line numbers stay, no arithmetic is touched, and no
code of it is run: where Octave is, it parses the copy. OUT may be missing,
empty, or an earlier copy.

What Octave would get silently wrong is refused: the copy is made all the same,
but each function that holds such a line raises an error in it, and the command
exits with 4. --allow RULE lets a rule's lines through as they are.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "stage",
        help="copy a tree of .m files so that Octave can run it",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("tree", metavar="TREE", type=Path, help="a folder of .m files")
    command.add_argument("out", metavar="OUT", type=Path, help="where the copy goes, outside the tree")
    add_allow(command)
    command.add_argument("-v", "--verbose", action="store_true", help="list every line and file")
    command.add_argument("--json", action="store_true", help="JSON instead of the page")
    command.set_defaults(run=run)


def add_allow(command: argparse.ArgumentParser) -> None:
    """Add the choice of rules that the user accepts."""
    command.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="RULE",
        help="accept what a rule finds silently wrong; may be given again",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn.report.staging import staging_json, staging_page
    from pybn.report.style import Style, printable
    from pybn.staging import plan, write
    from pybn.staging.refusing import refusing
    from pybn.staging.rule_names import checked

    told = plan([options.tree], checked(options.allow))
    folders = write(refusing(told), options.out)
    unread, read = looked(told)
    if options.json:
        path = [str(folder) for folder in folders]
        said = staging_json("stage", told, unread=unread, read=read, out=str(options.out), path=path)
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
    else:
        style = Style(sys.stdout)
        sys.stdout.write(staging_page(told, style, verbose=options.verbose, unread=unread, read=read))
        if told.refused:
            sys.stdout.write(
                "\nin the copy, each function that holds a refused line raises an error that says so\n"
            )
        sys.stdout.write(f"\nthe copy is in {printable(str(options.out))}; in Octave:\n")
        sys.stdout.write("".join(f"  {line}\n" for line in _how(folders)))
    return BAD_INPUT if told.refused else AGREE


def looked(told: Plan) -> tuple[list[Trouble], str]:
    """Let Octave parse what a copy would hold. Returns what it does not read, and a sentence on that."""
    from pybn.engines.octave.reading import reading
    from pybn.report.staging import octave_reads

    try:
        read = reading(told)
    except OctaveMissing:
        return [], "Octave is not here: whether it reads them was not looked at"
    known = {trouble.file for trouble in told.troubles if trouble.rule == "syntax"}
    unread = [trouble for trouble in read.troubles if trouble.file not in known]
    return unread, octave_reads(read.files, read.troubles)


def _how(folders: list[Path]) -> list[str]:
    """Return what to type in Octave to use the copy."""
    from pybn.staging.write import SHIMS

    lines = []
    for folder in folders:
        quoted = str(folder.absolute()).replace("'", "''")
        lines.append(
            f"addpath('{quoted}', '-end')" if folder.name == SHIMS else f"addpath(genpath('{quoted}'))"
        )
    return lines
