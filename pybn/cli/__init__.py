"""The command line: `pybn COMMAND`, a module each. Standard output is data, standard error progress."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from pybn import __version__
from pybn.cli import convert, doctor, draw, gradcheck, inspect, migrate, parity, record, scaffold, stage
from pybn.cli.common import EPILOG, complain
from pybn.errors import IO_FAILED, USAGE, PybnError

COMMANDS = (parity, record, scaffold, stage, gradcheck, convert, migrate, inspect, draw, doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _mend_streams()
    parser = _parser()
    options = parser.parse_args(argv)
    options.arguments = list(sys.argv[1:] if argv is None else argv)
    if options.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        code = run(options)
        sys.stdout.flush()
        return code
    except PybnError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return IO_FAILED
    except OSError as error:
        complain(str(error))
        return IO_FAILED


def _mend_streams() -> None:
    """Let what a stream's encoding has not be written as an escape, and a closed stream take all and show nothing."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pybn",
        description="Port MATLAB code to Python and prove, against GNU Octave, that the port answers alike.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"pybn {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
