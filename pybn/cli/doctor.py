"""`pybn doctor`: what this machine has, what is wrong, and the fix."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from pybn.cli.common import EPILOG

if TYPE_CHECKING:
    from pybn.cli.common import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "doctor",
        help="tell what this machine has, what is wrong, and the fix",
        description="Look at Octave, oct2py, the packages and the fixtures; let Octave answer one case.",
        epilog=EPILOG,
    )
    command.add_argument("--json", action="store_true", help="JSON instead of lines")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from pybn import doctor

    findings = doctor.examine()
    if options.json:
        sys.stdout.write(json.dumps(doctor.to_json(findings), indent=2) + "\n")
    else:
        sys.stdout.write(doctor.to_text(findings))
    return doctor.exit_code(findings)
