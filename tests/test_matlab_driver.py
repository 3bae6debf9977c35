"""The .m files that MATLAB reads: nothing in them is Octave's alone, and what they do that is theirs alone is right."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pybn.engines import driver, matlab, octave
from pybn.engines.driver.wire import WireError, dump, load
from pybn.engines.octave import find_octave
from pybn.mfile import tokens
from pybn.mfile.words import OCTAVE_ONLY
from pybn.staging.code import is_field
from pybn.staging.scopes import scopes
from pybn.staging.source import Source
from pybn.values import CharArray, StructArray

DRIVER, MATLAB, OCTAVE = (Path(package.__file__).parent for package in (driver, matlab, octave))
FILES = sorted([*DRIVER.glob("*.m"), *MATLAB.glob("*.m")])

# The functions of MATLAB that they use. Whoever adds one has looked it up in MATLAB's own documentation.
FUNCTIONS = """
addpath all any builtin cd cell cell2struct cellfun cellstr char class complex containers dbclear delete enumeration
error evalc evalin false fclose feval fieldnames fileparts find findall fopen format fprintf fread full fullfile
fwrite getenv imag inmem isa iscell ischar isempty isfield islogical ismethod isnumeric isobject isreal isscalar
issparse isstruct keys lasterr lastwarn logical matlabpath meta mkdir more nargin nargout num2cell numel path prod
properties pwd real regexp repmat reshape rethrow rmpath rng setenv size sprintf str2func strcmp strfind strncmp
struct struct2cell timerfindall true uint8 values version warning zeros
""".split()  # noqa: SIM905  # as a list it would fill a page
OCTAVES_OPERATORS = {"!=", "!", "+=", "-=", "*=", "/=", "^=", "|=", "&="}


def octave_only(text: str) -> Iterator[str]:
    """Yield what MATLAB would not read, or read as something else."""
    found = tokens(text)
    for k, token in enumerate(found):
        before = found[k - 1].text if k else "\n"
        if token.kind in ("dstring", "shell", "other", "command"):
            yield f"{token.line}: {token.text}"
        elif token.kind == "comment" and (token.text.startswith("#") or "\n#" in token.text):
            yield f"{token.line}: a comment that starts with #"
        elif token.text in OCTAVE_ONLY or (token.kind == "op" and token.text in OCTAVES_OPERATORS):
            yield f"{token.line}: {token.text}"
        elif token.text in ("+", "-", "*") and before == token.text:
            yield f"{token.line}: {before}{token.text}"
        elif token.text in ("(", "{") and before in (")", "]") and not dynamic_field(found, k - 1):
            yield f"{token.line}: {before}{token.text}, an index of what has no name"


def dynamic_field(found: list[Any], closing: int) -> bool:
    """Tell whether a bracket closes the name of a field, as in owner.(name)(args)."""
    opening = next(
        k
        for k in range(closing - 1, -1, -1)
        if found[k].text in "([{" and found[k].depth == found[closing].depth
    )
    return opening > 0 and found[opening - 1].text == "."


def test_what_only_octave_reads_is_found() -> None:
    """Or the next test would show nothing."""
    lines = [
        "# a",
        "x = 'a' != b;",
        "x = !b;",
        "if a, b = 1; endif",
        "while a, endwhile",
        "for k = 1, endfor",
    ]
    lines += [
        "unwind_protect, a; unwind_protect_cleanup, b; end_unwind_protect",
        "do, a = 1; until a",
        "x++;",
        "x--;",
    ]
    lines += ["x += 1;", 'x = "a\\n";', "y = f(x)(2);", "y = [1 2](1);", "!ls", "y = 2 ** 3;", "hold on"]
    for line in lines:
        assert list(octave_only(f"function y = f(x)\n  {line}\nend\n")), line
    good = "function y = f(x)\n  y = x.(a)(b)';  % +=\n  [y{:}] = x{1}(2);\n  z = 'a!=b';\nend\n"
    assert list(octave_only(good)) == []


def called(file: Path) -> set[str]:
    """Return what a file calls that is neither a variable nor a function of its own, or the name of a file of ours."""
    source = Source(file, file.name, file.read_bytes().decode("ascii"))
    ours = {each.stem for each in FILES} | {function.name for function in source.outline.functions}
    found = source.tokens
    names = {
        found[k].text
        for scope in scopes(source)
        for k in scope.indices()
        if found[k].kind == "name" and not is_field(found, k) and found[k].text not in scope.names
    }
    return names - ours


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_matlab_reads_the_driver(file: Path) -> None:
    assert list(octave_only(file.read_text())) == []


def test_the_functions_that_the_driver_calls_are_matlabs() -> None:
    found = {name: file.stem for file in FILES for name in called(file)}
    assert {name: stem for name, stem in found.items() if name not in FUNCTIONS} == {}
    assert set(FUNCTIONS) - found.keys() == set()


def test_no_file_of_the_one_hides_one_of_the_other() -> None:
    names = [file.name for folder in (DRIVER, MATLAB, OCTAVE) for file in folder.glob("*.m")]
    assert len(names) == len(set(names))
    assert {"fork", "dup2", "waitpid"} <= set(
        "".join(f.read_text() for f in OCTAVE.glob("*.m")).replace("(", " ").split()
    )


def test_a_constant_is_found_by_its_name(needs_octave: None, tmp_path: Path) -> None:
    """MATLAB's feval does not take Class.NAME; neither does Octave's, and the driver looks it up."""
    (tmp_path / "Kept.m").write_text(
        "classdef Kept\n  properties (Constant), RATE = 0.25; end\n  properties, own = 1; end\nend\n"
    )
    code = (
        "[a, x] = pybn_constant('Kept.RATE'); [b, y] = pybn_constant('Kept.own'); "
        "[c, z] = pybn_constant('Nowhere.RATE'); disp([a x b c])"
    )
    command = [
        find_octave(),
        "--norc",
        "--quiet",
        "--path",
        str(DRIVER),
        "--path",
        str(tmp_path),
        "--eval",
        code,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=os.environ)
    assert done.stdout.split() == ["1.0000", "0.2500", "0", "0"]


# Text as MATLAB has it.


def back(value: Any) -> Any:
    stream = io.BytesIO()
    dump(value, stream, wide=True)
    stream.seek(0)
    return load(stream)


@pytest.mark.parametrize(
    "text", ["", "a", "it's", "héé", "日本語", "🙂", "a\x00b", "\ufeffx", "\u2028", "Ã©"]
)
def test_wide_text_comes_back_as_it_went(text: str) -> None:
    assert back(text) == text
    assert back(["x", text, {"f": text}]).items == ("x", text, {"f": text})
    assert back(StructArray((1, 2), ("f",), ({"f": text}, {"f": 1.0}))).elements[0] == {"f": text}


def test_wide_text_is_utf16_with_matlabs_size() -> None:
    """As MATLAB's char('héé') is 1x3, and that of an emoji 1x2."""
    for text, size in (("héé", 3), ("🙂", 2)):
        stream = io.BytesIO()
        dump(text, stream, wide=True)
        head = np.frombuffer(stream.getvalue()[:40], "<f8")
        assert head.tolist() == [16, 0, 2, 1, size]
        assert stream.getvalue()[40:] == text.encode("utf-16-le")


def test_wide_rows() -> None:
    """Counted in characters, where a case file counted bytes; padded with blanks, as MATLAB's char does."""
    assert back(CharArray((2, 3), ("abc", "dé "))) == CharArray((2, 3), ("abc", "dé "))
    assert back(CharArray((2, 3), ("hé", "ab "))) == CharArray((2, 3), ("hé ", "ab "))
    assert back(CharArray((2, 3, 2), ("abc", "def", "ghi", "jkl"))).rows == ("abc", "def", "ghi", "jkl")
    assert back(CharArray((0, 3), ())).shape == (0, 3)
    assert back(CharArray((2, 0), ("", ""))) == CharArray((2, 0), ("", ""))


def test_half_a_character_is_told_as_such() -> None:
    stream = io.BytesIO(np.array([16, 0, 2, 1, 2], "<f8").tobytes() + np.array([0xD800, 65], "<u2").tobytes())
    assert load(stream) == "\\x00\\xd8A"
    with pytest.raises(WireError, match="no text that can be written"):
        back("\ud800")
