"""Whether Octave reads the files of a staged copy: it parses each function, and runs none."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pybn.engines.octave.session import find_octave
from pybn.errors import EngineError
from pybn.mfile.blocks import Block
from pybn.staging import CANNOT, Plan, Trouble
from pybn.staging.code import after, all_blocks, before
from pybn.staging.source import Source

RULE = "syntax"
FIX = "write it in another way, which both MATLAB and Octave read"
ENDED = "Octave ends itself when it reads this file"
DEADLINE = 300.0  # seconds for all files
TRIES = 5  # files that may end Octave
SCRIPT = r"""1;
warning('off', 'all');
if ! exist('__parse_file__'), printf("\1none\n"); exit(0); end
names = strsplit(fileread('names'), "\n");
for k = 1:numel(names)
  printf("\1%s\n", names{k}); fflush(stdout);
  try, __parse_file__(fullfile(pwd(), names{k})); printf("\2\n"); catch e, printf("\2%s\n", e.message); end
  fflush(stdout);
end
exit(0);
"""


@dataclass(frozen=True, slots=True)
class Read:
    """How many files Octave parsed, and a trouble for each that it did not read."""

    files: int
    troubles: tuple[Trouble, ...]


def reading(plan: Plan) -> Read:
    """Let Octave parse each function of a copy. Nothing of the tree is run, and no class is made.

    Raises OctaveMissing where there is none, EngineError where it does not answer.
    """
    folder = Path(tempfile.mkdtemp(prefix="pybn-")).absolute()
    try:
        places = {}
        for number, (where, text) in enumerate(_texts(plan)):
            name = f"f{number:06d}.m"
            places[name] = where
            (folder / name).write_bytes(text.encode("latin-1"))
        said = _parsed(folder, list(places))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    troubles = (_trouble(plan, places[name], message) for name, message in said.items() if message)
    return Read(len(said), tuple(troubles))


def _texts(plan: Plan) -> list[tuple[str, str]]:
    """Return what of each file can be parsed by itself, on its own lines."""
    read = []
    for where, each in plan.staged.items():
        if each.found.is_code:
            old = plan.tree.places[where]
            source = old if each.text is None else Source(old.path, where, each.text)
            read.append((where, _functions(source) if source.class_name else source.text))
    return read


def _functions(source: Source) -> str:
    """Return the functions of a class as those of a plain file: all else is blank, and no name has a dot or an @."""
    blocks = [b for b in all_blocks(source) if b.word == "function"]
    keep: list[str] = []
    at = 0
    for block in blocks:
        start = source.tokens[block.first].start
        if start >= at and block.closed:
            keep += [_blank(source.text[at:start]), _plain(source, block)]
            at = source.tokens[block.last].end
    return "".join([*keep, _blank(source.text[at:])])


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


def _plain(source: Source, block: Block) -> str:
    """Return a method whose name has no dot, and in which no call of a base class is left."""
    found, parts = source.tokens, []
    for index in range(block.first, block.last + 1):
        token = found[index]
        text = token.text
        left, right = before(found, index), after(found, index)
        if text == "@" and left >= 0 and found[left].kind == "name" and right < len(found):
            text = "_" if found[right].kind == "name" else text
        elif text == "." and left >= 0 and found[left].text in ("get", "set"):
            text = "_"
        parts.append(text)
    whole = "".join(parts)
    return re.sub(
        r"(\w_[A-Za-z]\w*)((?:\.[A-Za-z]\w*)+)(?=\()", lambda m: m[1] + m[2].replace(".", "_"), whole
    )


def _parsed(folder: Path, names: Sequence[str]) -> Mapping[str, str]:
    """Return what Octave says of each file, "" where it reads it."""
    said: dict[str, str] = {}
    (folder / "read_all.m").write_text(SCRIPT)
    for _ in range(TRIES):
        rest = [name for name in names if name not in said]
        if not rest:
            break
        (folder / "names").write_text("\n".join(rest))
        answer = _run(folder)
        if answer.startswith("\1none"):
            return {}
        for part in answer.split("\1")[1:]:
            name, _, message = part.partition("\n")
            said[name] = message[1:].strip() if message.startswith("\2") else ENDED
    return said


def _run(folder: Path) -> str:
    command = [find_octave(), "--no-gui", "--norc", "--no-history", "--quiet", "read_all.m"]
    with (folder / "said").open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(DEADLINE)
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"Octave did not read the files within {DEADLINE:g} s") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return (folder / "said").read_bytes().decode("utf-8", "replace")


def _trouble(plan: Plan, where: str, message: str) -> Trouble:
    """Make a trouble of what Octave says: its line, and its message less what it says of our file."""
    source = plan.tree.places[where]
    line = re.match(r"parse error near line (\d+)", message)
    number = int(line.group(1)) if line else 0
    told = [text.strip() for text in message.split("\n")[1:] if text.strip()]
    why = told[0] if line and told and not told[0].startswith(">>>") else "parse error" if line else message
    return source.trouble(number, f"Octave does not read this: {why}", FIX, RULE, CANNOT)
