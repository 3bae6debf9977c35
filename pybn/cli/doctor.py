"""`pybn doctor`: what this machine has, or what of a tree of .m files runs; what is wrong, and the fix."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG
from pybn.cli.stage import add_allow, looked
from pybn.errors import AGREE, BAD_INPUT, UsageError

if TYPE_CHECKING:
    from pybn.cli.common import Commands

ABOUT = """\
Without TREE: look at Octave, oct2py, the packages and the fixtures; let Octave
answer one case.

With TREE: read the .m files in it, and tell which run under Octave as they are,
what pybn rewrites in its copy, what Octave would get silently wrong, what cannot
run, and what to do about it. No code of it is run and nothing is written to it;
where Octave is, it parses a copy. It exits with 4 where something is refused as
silently wrong, else with 0.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "doctor",
        help="tell what this machine has, or what of a tree of .m files runs, and the fix",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("tree", metavar="TREE", type=Path, nargs="?", help="a folder of .m files")
    add_allow(command)
    command.add_argument("-v", "--verbose", action="store_true", help="list every line and file")
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    if options.tree is not None:
        return _tree(options)
    if options.allow:
        raise UsageError("--allow is for a tree: pybn doctor TREE --allow RULE")
    from pybn import doctor

    findings = doctor.examine()
    if options.json:
        sys.stdout.write(json.dumps(doctor.to_json(findings), indent=2) + "\n")
    else:
        sys.stdout.write(doctor.to_text(findings))
    return doctor.exit_code(findings)


def _tree(options: argparse.Namespace) -> int:
    """Assess a tree."""
    from pybn.report.staging import staging_json, staging_page
    from pybn.report.style import Style
    from pybn.staging import plan
    from pybn.staging.rule_names import checked

    told = plan([options.tree], checked(options.allow))
    unread, read = looked(told)
    if options.json:
        sys.stdout.write(json.dumps(staging_json("doctor", told, unread=unread, read=read), indent=2) + "\n")
    else:
        style = Style(sys.stdout)
        sys.stdout.write(staging_page(told, style, verbose=options.verbose, unread=unread, read=read))
    return BAD_INPUT if told.refused else AGREE
