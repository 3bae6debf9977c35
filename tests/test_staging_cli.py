"""`pybn stage` and `pybn doctor TREE`: what they print, where, and how they exit."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from test_staging_fuzz import digest

from pybn import __version__
from pybn.cli import main
from pybn.engines.octave.reading import reading
from pybn.engines.octave.session import find_octave
from pybn.staging import plan

FILES = {
    "Net.m": "classdef Net < handle\n  methods (Abstract)\n    y = run(obj, x)\n  end\nend\n",
    "fit.m": "function y = fit(x)\n  y = sum(x, 'all');\nend\n",
    "label.m": 'function s = label(n)\n  s = "n = " + n;\n  t = ["a", "b"];\nend\n',
    "show.m": "function show(x)\n  figure; plot(x);\n  y = quadprog(x, x);\n  z = undefined_one(x);\nend\n",
    "plain.m": "function y = plain(x)\n  y = x;\nend\n",
    "draw.m": "function y = draw(n)\n  y = rand(n);\nend\n",
    "startup.m": "exit(7)\n",
    "old.p": "",
}
PAGE = """\
tree: 6 files of MATLAB code
      2  run as they are
      2  run rewritten
      1  refused: Octave would get something silently wrong
      1  have lines that cannot run
      1  more that MATLAB alone reads
Octave here reads all of them: it parsed each function of the copy, and ran none

rewritten  1 line and 1 file; no arithmetic, and each line stays where it was
  class-folder  Octave takes methods that are declared without a body in a folder of the class alone
    Net.m -> @Net/Net.m
  reduction  sum('all'): Octave does not know the option; pybn_over reduces x(:), or each slice, in
    the order of its elements
    fit.m:2
      - y = sum(x, 'all');
      + y = pybn_over('sum', x, 'all');

silently wrong in Octave, refused
  string-array  MATLAB makes an array of strings, Octave one char array of all the characters
    label.m:3
      t = ["a", "b"];
    do: use a cell of char: {'a', 'b'}
  string-operator  +: Octave does this to each character of a string, MATLAB to the whole
    label.m:2
      s = "n = " + n;
    do: use char: [a, b], strcmp(a, b)
  to let the lines of a rule through as they are:
    --allow RULE, where RULE is string-operator or string-array

cannot run
  missing-function  undefined_one: neither assigned here nor a function of Octave or the tree
    show.m:4
      z = undefined_one(x);
    do: put a function of that name in the tree that does the same, or keep the call out of what a
      case needs
  missing-function  quadprog: of the Optimization Toolbox, which Octave lacks
    show.m:3
      y = quadprog(x, x);
    do: put a function of that name in the tree that does the same, or keep the call out of what a
      case needs
  drawing  Octave draws only where it has a graphics toolkit, and fails elsewhere, as without a
    screen
    show.m:2
      figure; plot(x);
    do: keep drawing out of what a case calls: a function of its own for the numbers
  no-source  .p is protected code, which MATLAB alone reads
    old.p
    do: ask its author for the .m file, or write one that does the same

other than MATLAB, not refused
  random  random numbers are others than MATLAB's, from the same seed too
    draw.m:2
      y = rand(n);
    do: hand random arrays to the function, where a case is to be compared with MATLAB itself

stand-ins of ours that it calls, for what Octave lacks
  pybn_over

not in the copy
  startup.m: Octave would run it by itself
"""
COPY = """
in the copy, each function that holds a refused line raises an error that says so

the copy is in OUT; in Octave:
  addpath(genpath('OUT'))
  addpath('OUT/pybn_shims', '-end')
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small tree with something of each kind, in the working folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tree"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run a command, and return how it exits and what it prints."""
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_doctor_tells_all_of_a_tree_and_writes_nothing(
    needs_octave: None, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest(tree.parent)
    code, out, err = said(capsys, "doctor", tree)
    assert out == PAGE
    assert (code, err) == (4, "")
    assert digest(tree.parent) == before


def test_stage_prints_the_same_and_how_to_use_the_copy(
    needs_octave: None, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out = digest(tree), tmp_path / "it's out"
    code, page, err = said(capsys, "stage", tree, out)
    told = page.replace(str(out).replace("'", "''"), "OUT").replace(str(out), "OUT")
    assert told == PAGE + COPY
    assert (code, err) == (4, "")
    assert digest(tree) == before
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.m") if "shims" not in path.parts[-2]) == [
        "@Net/Net.m", "draw.m", "fit.m", "label.m", "plain.m", "show.m",
    ]  # fmt: skip
    typed = [line.strip() for line in page.splitlines() if line.startswith("  addpath")]
    ran = octave(
        tmp_path, "; ".join([*typed, "disp(fit([1 2; 3 4])); try, label(1); catch e, disp(e.message); end"])
    )
    assert (
        ran
        == "10\nline 2: string-operator: Octave would get this silently wrong; pybn-staging.json says why\n"
    )


def octave(folder: Path, code: str) -> str:
    """Return what Octave prints."""
    (folder / "typed.m").write_text(code)
    done = subprocess.run(
        [find_octave(), "--no-gui", "--norc", "-q", "typed.m"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def test_what_is_allowed_is_no_longer_refused(
    needs_octave: None, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = ["--allow", "string-operator", "--allow", "string-array"]
    for command in (["doctor", tree, *allow], ["stage", tree, tmp_path / "out", *allow]):
        code, out, _ = said(capsys, *command)
        assert code == 0
        assert "refused: " not in out
        assert "silently wrong" not in out
        assert "      3  run as they are" in out
    assert (tmp_path / "out" / "label.m").read_text() == FILES["label.m"]


def test_json(needs_octave: None, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "stage", tree, tmp_path / "out", "--json")
    told = json.loads(out)
    assert code == 4
    assert (told["schema"], told["pybn"], told["job"]) == (1, __version__, "stage")
    assert told["counts"] == {
        "files": 6, "as it is": 2, "rewritten": 2, "refused": 1, "cannot run": 1, "no source": 1,
    }  # fmt: skip
    assert told["read"].startswith("Octave here reads all")
    assert told["path"] == [str(tmp_path / "out"), str(tmp_path / "out" / "pybn_shims")]
    assert told["rewrites"][1] == {
        "file": "fit.m",
        "line": 2,
        "before": "y = sum(x, 'all');",
        "after": "y = pybn_over('sum', x, 'all');",
        "why": "sum('all'): Octave does not know the option; "
        "pybn_over reduces x(:), or each slice, in the order of its elements",
        "rule": "reduction",
    }
    assert {(t["file"], t["line"], t["rule"], t["kind"]) for t in told["troubles"]} == {
        ("draw.m", 2, "random", "other than MATLAB"),
        ("label.m", 2, "string-operator", "silently wrong"),
        ("label.m", 3, "string-array", "silently wrong"),
        ("show.m", 2, "drawing", "cannot run"),
        ("show.m", 3, "missing-function", "cannot run"),
        ("show.m", 4, "missing-function", "cannot run"),
        ("old.p", 0, "no-source", "cannot run"),
    }
    assert all(t["why"] and t["fix"] for t in told["troubles"])
    code, out, _ = said(capsys, "doctor", tree, "--json")
    same = json.loads(out)
    assert same["job"] == "doctor"
    assert {key: same[key] for key in ("counts", "rewrites", "troubles")} == {
        key: told[key] for key in ("counts", "rewrites", "troubles")
    }


def test_verbose_lists_all(needs_octave: None, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(8):
        (tree / f"more{number}.m").write_text(f"function y = more{number}(x)\n  y = sum(x, 'all');\nend\n")
    _, short, _ = said(capsys, "doctor", tree)
    _, full, _ = said(capsys, "doctor", tree, "-v")
    assert "    and 5 more; -v lists all" in short
    assert "more7.m" not in short
    assert "more;" not in full
    assert all(f"more{number}.m:2" in full for number in range(8))
    assert full.endswith("as it is\n  draw.m\n  plain.m\n")


def test_a_tree_of_which_all_runs(
    needs_octave: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "plain.m").write_text(FILES["plain.m"])
    code, out, _ = said(capsys, "doctor", tmp_path / "one")
    assert code == 0
    assert out == (
        "one: 1 file of MATLAB code\n      1  run as they are\n      0  run rewritten\n"
        "Octave here reads all of them: it parsed each function of the copy, and ran none\n"
    )


def test_without_octave(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OCTAVE_EXECUTABLE", "no-such-octave")
    code, out, _ = said(capsys, "doctor", tree)
    assert code == 4
    assert "Octave is not here: whether it reads them was not looked at" in out
    assert said(capsys, "stage", tree, tree.parent / "out")[0] == 4


def test_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said(capsys, "doctor", tmp_path)[:2] == (0, ".: no .m file, is this the folder?\n")


WRONG: dict[str, tuple[list[str], int, str]] = {
    "no folder": (["doctor", "nowhere"], 5, "nowhere: there is no such folder"),
    "a file": (["stage", "tree/fit.m", "out"], 5, "tree/fit.m: is a file; name the folder that it is in"),
    "in the tree": (["stage", "tree", "tree/out"], 5, "which is never written to; name a place outside it"),
    "no parent": (["stage", "tree", "no/out"], 5, "no/out: cannot be written: there is no folder no"),
    "full": (["stage", "tree", "."], 5, "the tree .*/tree lies in it; name a place outside it"),
    "rule": (
        ["doctor", "tree", "--allow", "string-arry"],
        2,
        "did you mean 'string-array'? the rules are access, ",
    ),
    "no tree": (
        ["doctor", "--allow", "string-array"],
        2,
        "--allow is for a tree: pybn doctor TREE --allow RULE",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_asked_wrongly(
    name: str, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tree.parent)
    arguments, wanted, message = WRONG[name]
    before = digest(tree.parent)
    code, out, err = said(capsys, *arguments)
    assert (code, out) == (wanted, "")
    first, _, last = message.partition(".*")
    assert first in err
    assert last in err
    assert err.startswith("pybn: ")
    assert digest(tree.parent) == before


def test_octave_tells_what_it_does_not_read(
    needs_octave: None, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What no rule knows of: a statement that Octave does not parse, in a function and in a method."""
    (tree / "bad.m").write_text("function y = bad(x)\n  y = x;\n  y = x +;\nend\n")
    (tree / "Worse.m").write_text(
        "classdef Worse < handle\n  properties\n    x = 1\n  end\n  methods\n    function o = Worse(x)\n"
        "      o.x = x;\n    end\n    function v = get.x(o), v = o.x; end\n    function f(o)\n"
        "      o.x = * 3;\n    end\n  end\nend\n"
    )
    (tree / "Better.m").write_text(
        "classdef Better < Worse\n  methods\n    function o = Better()\n      o@Worse(1);\n    end\n"
        "    function v = f(o), v = f@pkg.Worse(o) + 1; end\n  end\nend\n"
    )
    code, out, _ = said(capsys, "doctor", tree)
    assert code == 4
    assert "Octave here reads 7 of 9: those that it does not are below, under syntax" in out
    assert "    bad.m:3\n      y = x +;\n" in out
    assert "    Worse.m:11\n      o.x = * 3;\n" in out
    assert "do: write it in another way, which both MATLAB and Octave read" in out
    assert "Better.m" not in out


def test_octave_parses_and_runs_nothing(needs_octave: None, tmp_path: Path) -> None:
    """Not a script's code, not the default of a property, not a function."""
    tree = tmp_path / "tree"
    tree.mkdir()
    pwned = tmp_path / "pwned"
    touch = f"fclose(fopen('{pwned}', 'w'))"
    (tree / "script.m").write_text(f"{touch};\nx = 1;\n")
    (tree / "C.m").write_text(f"classdef C\n  properties\n    x = {touch};\n  end\nend\n")
    (tree / "f.m").write_text(f"function f()\n  {touch};\nend\n")
    told = reading(plan([tree]))
    assert (told.files, told.troubles) == (3, ())
    assert not pwned.exists()
