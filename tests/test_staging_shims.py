"""The stand-ins for what Octave lacks: each against answers known by hand, all in one Octave."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pybn.engines.octave.session import find_octave
from pybn.errors import OctaveMissing

SHIMS = Path(__file__).parent.parent / "pybn" / "staging" / "shims"
TABLE = Path(__file__).parent / "staging_answers.txt"
SCRIPT = r"""1;
function varargout = check(line)
  [code, wanted] = deal(strtrim(strtok(line, "\1")), strtrim(line(find(line == "\1") + 2:end)));
  kind = line(find(line == "\1") + 1);
  try
    if isempty(wanted)
      eval([code, ';']);
      printf('ok\n');
      return
    end
    if kind == '!'
      eval([code, ';']);
      printf('%s: no error\n', code);
    else
      got = eval(code);
      want = eval(wanted);
      if same(got, want), printf('ok\n'); else printf('%s: got %s\n', code, strtrim(disp(got))); end
    end
  catch e
    if kind == '!' && strcmp(e.identifier, wanted)
      printf('ok\n');
    else
      printf('%s: %s (%s)\n', code, e.message, e.identifier);
    end
  end
end
function tf = same(a, b)
  tf = strcmp(class(a), class(b)) && isequal(size(a), size(b));
  if tf && iscell(a)
    tf = all(cellfun(@same, a, b)(:));
  elseif tf && isfloat(a)
    tf = isequal(isnan(a), isnan(b)) && all(a(:) == b(:) | isnan(a(:)) | abs(a(:) - b(:)) <= 8 * eps(abs(b(:))));
  elseif tf
    tf = isequal(a, b);
  end
end
function got = outputs(n, f, varargin)
  [got{1:n}] = f(varargin{:});
end
cellfun(@check, strsplit(fileread('checks.txt'), "\n"));
"""


def checks() -> list[tuple[str, str, str]]:
    """Return the table: code, => or !!, what is wanted."""
    read = []
    for line in TABLE.read_text().splitlines():
        if not line.startswith("%"):
            code, kind, wanted = re.split(r" (=>|!!) ?", line, maxsplit=1)
            read.append((code, kind, wanted))
    return read


def octave(folder: Path, script: str) -> list[str]:
    """Run a script with the shims at the end of the path, and return the lines that it printed."""
    try:
        program = find_octave()
    except OctaveMissing as error:
        pytest.skip(str(error))
    (folder / "run.m").write_text(
        f"addpath('{SHIMS}', '-end'); addpath('{SHIMS.parent / 'support'}', '-end');\n{script}"
    )
    done = subprocess.run(
        [program, "--no-gui", "--norc", "--quiet", "run.m"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout, done.stderr
    return done.stdout.splitlines()


def test_every_stand_in_answers_as_known(tmp_path):
    table = checks()
    (tmp_path / "checks.txt").write_text(
        "\n".join(f"{code}\1{kind[0]}{wanted}" for code, kind, wanted in table)
    )
    said = octave(tmp_path, SCRIPT)
    assert [line for line in said if line != "ok"] == []
    assert len(said) == len(table)


def test_every_stand_in_is_checked_and_says_what_it_is_for():
    mentioned = TABLE.read_text()
    for path in sorted(SHIMS.rglob("*.m")):
        lines = path.read_text().splitlines()
        help_line = next(line for line in lines if line.startswith("%"))
        assert help_line.startswith(f"%{path.stem.upper()} "), path
        assert ("Stands in for" in help_line) == (not path.stem.startswith("pybn_")), path
        assert all(len(line) <= 120 for line in lines), path
        if not lines[0].startswith("classdef") and not path.stem.startswith("pybn_"):
            assert re.search(rf"\b{path.stem}\b", mentioned) or path.stem in OTHERWISE, path
        assert lines[0].startswith(("function", "classdef")), path


OTHERWISE = {"enumeration"}  # checked with classes, below


def test_none_hides_what_octave_has(tmp_path):
    names = [path.stem for path in sorted(SHIMS.glob("*.m")) if not path.stem.startswith("pybn_")]
    (tmp_path / "names.txt").write_text("\n".join(names))
    script = """rmpath('%s');
    n = strsplit(fileread('names.txt'), "\\n");
    has = cellfun(@(s) exist(s) ~= 0, n); printf('%%s\\n', n{has}, 'end');"""
    assert octave(tmp_path, script % SHIMS) == ["end"]


CLASSES = {
    "Note.m": """classdef Note < matlab.mixin.Copyable
  properties, text = 'a', end
  properties (SetAccess = private), inner = 3, end
  methods
    function o = Note(), end
    function fill(o, x), o.inner = x; end
  end
end""",
    "Plain.m": "classdef Plain < matlab.mixin.Copyable\n  properties, x = 1, y = {2}, end\nend",
    "Needy.m": """classdef Needy < matlab.mixin.Copyable
  methods
    function o = Needy(x), disp(x); end
  end
end""",
    "Knobs.m": "classdef Knobs < matlab.mixin.SetGet\n  properties, a = 1, b = 2, end\nend",
    "Old.m": "classdef Old < hgsetget\n  properties, a = 1, end\nend",
    "Mixed.m": "classdef Mixed < handle & matlab.mixin.Heterogeneous\n  properties, a = 1, end\nend",
    "Shown.m": "classdef Shown < matlab.mixin.CustomDisplay\n  properties, a = 1, end\nend",
    "Mood.m": """classdef Mood
  methods (Static)
    function r = Sad(), r = Mood(); end
    function r = Glad(), r = Mood(); end
  end
end""",
    "Colour.m": "classdef Colour\n  properties (Constant)\n    Red = uint8(1);\n    Blue = uint8(4);\n  end\nend",
}
CLASS_CHECKS = """
p = Plain(); p.x = 5; p.y = {7}; q = copy(p); q.x = 6;
printf('%d %d %d\\n', p.x, q.x, q.y{1});
q = p.copy(); q.x = 8; printf('%d %d\\n', p.x, q.x);
try, copy(Needy('hi')), catch e, printf('%s\\n', e.identifier); end
try, n = Note(); n.fill(9); copy(n), catch e, printf('%s\\n', e.identifier); end
k = Knobs(); set(k, 'a', 3, 'b', 4); printf('%d %d %d\\n', k.a, k.b, get(k, 'a'));
o = Old(); set(o, 'a', 2); printf('%d\\n', o.a);
m = Mixed(); m.a = 4; w = m; w.a = 5; printf('%d\\n', m.a);
s = Shown(); printf('%d\\n', s.a);
[v, names] = enumeration('Colour'); printf('%s %s %s\\n', class(v), int2str(v.'), strjoin(names, ','));
[~, names] = enumeration('Mood'); printf('%s\\n', strjoin(names, ','));
try, v = enumeration('Mood'); catch e, printf('%s\\n', e.identifier); end
"""


def test_classes_that_stand_in_as_bases(tmp_path):
    for name, text in CLASSES.items():
        (tmp_path / name).write_text(text)
    assert octave(tmp_path, CLASS_CHECKS) == [
        "5 6 7", "5 8", "hi", "pybn:shim", "pybn:shim", "3 4 3", "2", "5", "1", "uint8 1  4 Red,Blue", "Sad,Glad",
        "pybn:shim",
    ]  # fmt: skip
