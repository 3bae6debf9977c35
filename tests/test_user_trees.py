"""What a user's tree of several files can do: it spoils its own case, and neither a neighbour nor the tree itself."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest import processes
from octave_cases import Job, make_job

from pybn.engines.octave import OctaveEngine
from pybn.errors import DeadlineError, EngineError, PybnError

pytestmark = pytest.mark.usefixtures("needs_octave")

DEADLINE = 2.0
SCALAR = ((), "float64")
Tree = Mapping[str, str]
Found = dict[str, tuple[object, object, float]]  # of bad() and of good() after it, and the seconds of bad()

# Each tree has good(x) = 3 x, by way of a helper, a package and a class; and bad(), which is to answer 1.
GOOD: Tree = {
    "good.m": "function y = good(x)\n  c = Counter(2);\n  c.add(1);\n  y = helper(x) * p.one() * c.count / 2;\nend\n",
    "helper.m": "function y = helper(x)\n  y = 2 * x;\nend\n",
    "+p/one.m": "function y = one()\n  y = 1;\nend\n",
    "Counter.m": """\
classdef Counter < handle
  properties
    count = 0;
  end
  methods
    function obj = Counter(n)
      obj.count = n;
    end
    function add(obj, n)
      obj.count = obj.count + n;
    end
  end
end
""",
}
HERE = "fileparts(mfilename('fullpath'))"


def bad(body: str, **more: str) -> Tree:
    """Make a tree whose bad.m does this by way of a method of a class."""
    lines = [f"      {line}" for line in body.splitlines()]
    method = "\n".join(["    function y = run(obj)", "      y = 0;", *lines, "      y = 1;", "    end"])
    agent = f"classdef Agent < handle\n  methods\n{method}\n  end\nend\n"
    return {
        **GOOD,
        "bad.m": "function y = bad()\n  a = Agent();\n  y = a.run();\nend\n",
        "Agent.m": agent,
        **{name.replace("__", "/"): text for name, text in more.items()},
    }


def overwrites(name: str) -> str:
    text = "function y = helper(x)\\n  y = 1000 * x;\\nend\\n"
    opened = f"f = fopen(fullfile({HERE}, '{name}'), 'w');"
    return f"{opened}\nif f > 0\n  fprintf(f, '{text}');\n  fclose(f);\nend\nrehash();\n"


SHADOW = "function varargout = NAME(varargin)\n  error('mine:id', 'mine');\nend\n"
CLASS = "classdef NAME\n  properties\n    mine = 1;\n  end\nend\n"

ANSWERS: dict[str, Tree] = {
    "clears_all": bad("clear all\ny = 1;"),
    "clears_classes": bad("clear classes\nclear functions\nclose all\nfclose all;"),
    "writes_in_its_working_folder": bad("x = 1; save('-text', 'left.mat', 'x'); mkdir('good'); cd('good');"),
    "writes_a_function_in_its_working_folder": bad(
        "f = fopen('helper.m', 'w'); fprintf(f, 'function y = helper(x)\\n y = 7;\\nend\\n'); fclose(f);"
    ),
    "writes_in_the_temporary_folder": bad(
        "for k = 1:20\n  f = fopen([tempname() '.m'], 'w');\n  fputs(f, 'x');\nend\nmkdir(fullfile(tempdir(), 'left'));"
    ),
    "changes_the_path_in_a_constructor": bad(
        f"rmpath({HERE});\naddpath(genpath(fullfile(OCTAVE_HOME(), 'libexec')));\nsavepath(fullfile(pwd(), 'rc'));"
    ),
    "removes_the_path": bad("path('');"),
    "makes_warnings_errors": bad("warning('error', 'all');\nwarning('on', 'all');\nwarning('our:id', 'odd');")
    | {"bad.m": "function y = bad()\n  a = Agent();\n  try, y = a.run(); catch, y = 1; end\nend\n"},
    "leaves_globals": bad(
        "global count helper_count\ncount = 99;\nsetenv('OMP_NUM_THREADS', '64');\nsetenv('PATH', '');\numask(777);\n"
        "format long;\nrand('seed', 1);\nrandn('state', 3);\nfixed_point_format(true);\nstruct_levels_to_print(0);"
    ),
    "assigns_in_base": bad("assignin('base', 'count', 5);\nevalin('base', 'helper = 3;');"),
    "cleans_up_late": bad("global left\nleft = onCleanup(@() exit(3));\natexit('no_such_function');\nmlock();"),
    "persists": bad("remember(5);", **{"remember.m": "function remember(x)\n  persistent n;\n  n = x;\nend\n"}),
    "has_a_startup": bad(
        "",
        **{
            "startup.m": "exit(7)\n",
            ".octaverc": "exit(8)\n",
            "finish.m": "exit(9)\n",
        },
    ),
    "has_odd_files": bad(
        "",
        **{
            "größe.m": "function y = größe()\nend\n",
            "not a name.m": "this is (no code",
            "broken.m": "function y = broken(\n  y = [1 2\n",
            "empty.m": "",
            "nul.m": "function y = nul()\n\x00\nend\n",
            "data.mat": "no mat",
            "a folder__with spaces__inner.m": "function y = inner()\n  y = 1;\nend\n",
            "private__helper2.m": "function y = helper2()\n  y = 1;\nend\n",
        },
    ),
    "is_large": bad("", **{f"f{k:04d}.m": f"function y = f{k:04d}()\n  y = {k};\nend\n" for k in range(1000)}),
}  # fmt: skip
SHADOWS = (
    "isfield",
    "feval",
    "size",
    "cellfun",
    "error",
    "numel",
    "addpath",
    "pybn_steps",
    "pybn_reply",
    "pybn_write",
)
SPOILT = {
    f"has_{name}" for name in ("isfield", "feval", "numel", "pybn_steps", "pybn_reply")
}  # what steps are run with
SPOILT |= {"has_a_class_cell", "has_a_class_struct"}
# All cases of such a tree may fail; none answers wrongly, and no other tree is harmed.
SHADOWING: dict[str, Tree] = {
    **{f"has_{name}": bad("", **{f"{name}.m": SHADOW.replace("NAME", name)}) for name in SHADOWS},
    "has_methods_of_double": bad("", **{"@double__times.m": SHADOW.replace("NAME", "times")}),
    "has_a_class_double": bad("", **{"double.m": CLASS.replace("NAME", "double")}),
    "has_a_class_cell": bad("", **{"@cell__cell.m": CLASS.replace("NAME", "cell")}),
    "has_a_class_struct": bad("", **{"struct.m": CLASS.replace("NAME", "struct")}),
    "has_a_package_containers": bad("", **{"+containers__Map.m": CLASS.replace("NAME", "Map")}),
    "has_PKG_ADD": bad("", PKG_ADD="exit(5)\n"),
}
# What may or may not answer 1, as long as nobody else is harmed.
HARMS_ITSELF: dict[str, Tree] = {
    "overwrites_its_files": bad(overwrites("helper.m") + overwrites("+p/one.m") + overwrites("Counter.m")),
    "deletes_its_files": bad(f"delete(fullfile({HERE}, '*.m'));\ndelete(fullfile({HERE}, '+p', '*.m'));"),
    "adds_a_shadow": bad(overwrites("numel.m")),
}
ENDS_ITSELF: dict[str, tuple[Tree, str]] = {
    "mutual_recursion": (
        bad(
            "y = ping(1);",
            **{
                "ping.m": "function y = ping(x)\n  y = pong(x);\nend\n",
                "pong.m": "function y = pong(x)\n  y = ping(x);\nend\n",
            },
        ),
        "max_(recursion|stack)_depth",
    ),
    "exits_in_a_constructor": (bad("Leaver();", **{"Leaver.m": (
        "classdef Leaver\n  methods\n    function obj = Leaver()\n      exit(6);\n    end\n  end\nend\n"
    )}), r"exit\(6\)"),
    "exits_in_a_package": (bad("q.leave();", **{"+q__leave.m": "function leave()\n  quit(4);\nend\n"}), r"exit\(4\)"),
    "huge_allocation": (bad("x = ones(1e5, 1e6);"), "out of memory"),
    "error_without_identifier": (bad("error('plainly wrong');"), "plainly wrong"),
    "error_with_format": (bad("error('a:b', 'wanted %d, \\n got %s', 3, 'x');"), "wanted 3"),
    "syntax_error": (bad("broken();", **{"broken.m": "function broken(\n  x = [1 2\n"}), "parse error|broken"),
    "class_does_not_parse": (bad("Wrong();", **{"Wrong.m": "classdef Wrong\n  methods\n    oops(\n"}), "Wrong"),
}  # fmt: skip
HANGS: dict[str, Tree] = {
    "hangs_in_a_property": bad(
        "Slow();", **{"Slow.m": "classdef Slow\n  properties\n    x = pause(1000);\n  end\nend\n"}
    ),
}


def write(folder: Path, tree: Tree) -> Path:
    for name, text in tree.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def digest(folder: Path) -> str:
    """Return one hash of the names and contents of all that is in a folder."""
    told = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        told.update(os.fsencode(file.relative_to(folder)) + (file.read_bytes() if file.is_file() else b"/"))
    return told.hexdigest()


def job(folder: Path, function: str, x: float | None = None) -> Job:
    inputs = {} if x is None else {"x": np.array(x)}
    call = f"y = {function}({'x' if inputs else ''})"
    return make_job(folder, function, [call], inputs, {"y": SCALAR}, title=f"{folder.name} {function}")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctaveEngine]:
    """One engine for all of this; in the end neither a process nor a file of it is left."""
    folder = tmp_path_factory.mktemp("trees")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        with OctaveEngine(DEADLINE) as engine:
            yield engine
    assert processes(folder) == []
    assert list(folder.iterdir()) == []


def run_trees(engine: OctaveEngine, trees: Mapping[str, Tree], folder: Path) -> Found:
    """Run good, bad and good of each tree, with a tree that behaves between any two; compare all files with before."""
    plain = write(folder / "plain", GOOD)
    folders = {name: write(folder / "user" / name, tree) for name, tree in trees.items()}
    before = digest(folder)
    batch = []
    for k, each in enumerate(folders.values()):
        batch += [
            job(plain, "good", float(k)),
            job(each, "good", 1.0),
            job(each, "bad"),
            job(each, "good", 2.0),
        ]
    batch.append(job(plain, "good", -1.0))
    answers, times, since = [], [], time.monotonic()
    for answer in engine.run_all(batch):
        answers.append(answer if isinstance(answer, PybnError) else answer["y"].item())
        times.append(time.monotonic() - since)
        since = time.monotonic()
    assert answers[::4] == [*(3.0 * k for k in range(len(trees))), -3.0]
    assert digest(folder) == before
    return {
        name: (answers[4 * k + 2], (answers[4 * k + 1], answers[4 * k + 3]), times[4 * k + 2])
        for k, name in enumerate(trees)
    }


def test_what_a_tree_does_to_octave_ends_with_its_case(engine: OctaveEngine, tmp_path: Path) -> None:
    for name, (answer, neighbours, _) in run_trees(engine, ANSWERS, tmp_path).items():
        assert (answer, neighbours) == (1, (3, 6)), name


def test_what_a_tree_does_to_its_own_files_is_over_with_the_case(
    engine: OctaveEngine, tmp_path: Path
) -> None:
    for name, (answer, neighbours, _) in run_trees(engine, HARMS_ITSELF, tmp_path).items():
        assert answer == 1 or isinstance(answer, EngineError), name
        assert neighbours == (3, 6), name


def test_a_tree_that_shadows_what_octave_or_the_driver_has(engine: OctaveEngine, tmp_path: Path) -> None:
    answered = set()
    for name, (answer, neighbours, took) in run_trees(engine, SHADOWING, tmp_path).items():
        wanted = ((1.0, answer), (3.0, neighbours[0]), (6.0, neighbours[1]))
        assert all(got == right or isinstance(got, EngineError) for right, got in wanted), name
        assert took < DEADLINE + 1, name
        answered |= {name} if answer == 1 else set()
    assert set(SHADOWING) - answered <= SPOILT


def test_a_tree_that_ends_its_case_is_told_why(engine: OctaveEngine, tmp_path: Path) -> None:
    found = run_trees(engine, {name: tree for name, (tree, _) in ENDS_ITSELF.items()}, tmp_path)
    for name, (answer, neighbours, _) in found.items():
        assert isinstance(answer, EngineError), name
        assert re.search(ENDS_ITSELF[name][1], str(answer)), f"{name}: {answer}"
        assert neighbours == (3, 6), name


def test_a_tree_that_hangs_is_ended_at_its_deadline(engine: OctaveEngine, tmp_path: Path) -> None:
    for name, (answer, neighbours, took) in run_trees(engine, HANGS, tmp_path).items():
        assert isinstance(answer, DeadlineError), name
        assert neighbours == (3, 6), name
        assert DEADLINE - 0.5 < took < DEADLINE + 1, name


def test_links_pipes_and_odd_folders_in_a_tree(engine: OctaveEngine, tmp_path: Path) -> None:
    """A tree with links to itself and to elsewhere, a pipe, a folder of a file's name; its own name has spaces."""
    tree = write(tmp_path / "wo ist, 'das' é" / "a tree", GOOD)
    (tree / "inner").mkdir()
    (tree / "inner" / "around").symlink_to(tree, target_is_directory=True)
    (tree / "self").symlink_to("self")
    (tree / "nowhere.m").symlink_to(tmp_path / "nowhere")
    (tree / "zero.m").symlink_to("/dev/zero")
    (tree / "folder.m").mkdir()
    os.mkfifo(tree / "pipe.m")
    assert engine.run(*job(tree, "good", 2.0))["y"] == 6


def test_two_trees_with_functions_of_the_same_name(engine: OctaveEngine, tmp_path: Path) -> None:
    one = write(tmp_path / "one", GOOD)
    two = write(tmp_path / "two", {**GOOD, "helper.m": "function y = helper(x)\n  y = -2 * x;\nend\n"})
    batch = [job(folder, "good", float(k)) for k in range(4) for folder in (one, two)]
    answers = [answer if isinstance(answer, PybnError) else answer["y"] for answer in engine.run_all(batch)]
    assert answers == [sign * 3 * k for k in range(4) for sign in (1, -1)]


def test_a_tree_that_is_edited_is_staged_anew(engine: OctaveEngine, tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", GOOD)
    assert engine.run(*job(tree, "good", 1.0))["y"] == 3
    (tree / "helper.m").write_text("function y = helper(x)\n  y = 4 * x;\nend\n")
    assert engine.run(*job(tree, "good", 1.0))["y"] == 6
    write(tree, {"numel.m": "function y = numel(varargin)\n  error('mine:id', 'mine');\nend\n"})
    with pytest.raises(EngineError):
        engine.run(*job(tree, "good", 1.0))
    (tree / "numel.m").unlink()
    assert engine.run(*job(tree, "good", 1.0))["y"] == 6
