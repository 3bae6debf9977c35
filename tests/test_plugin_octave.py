"""The fixture `octave` with Octave itself; then its recordings alone, in any order, by several processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pybn.recordings.file import read

NONE = {"OCTAVE_EXECUTABLE": "no-such-octave"}

LIB = {
    "smooth.m": "function y = smooth(x, k)\n  y = filter(ones(1, k) / k, 1, x);\nend\n",
    "two.m": "function [q, r] = two(a, b)\n  q = floor(a / b);\n  r = mod(a, b);\nend\n",
    "nest.m": "function s = nest(s)\n  s.list{2} = s.list{2} + 1;\n  s.inner.name = upper(s.inner.name);\nend\n",
    "quiet.m": "function quiet(x)\n  printf('%d\\n', x);\nend\n",
    "wrong.m": """\
function y = wrong(x)
  if x > 0
    error('Wrong:id', 'too large: %d', x);
  end
  y = helper_of_wrong(x);
end
""",
    "helper_of_wrong.m": "function helper_of_wrong(x)\nend\n",
    "hang.m": "function hang()\n  while true\n  end\nend\n",
    "leave.m": "function leave()\n  exit(3);\nend\n",
    "+p/twice.m": "function y = twice(x)\n  y = 2 * x;\nend\n",
    "other/far.m": "function y = far()\n  y = near();\nend\n",
    "near.m": "function y = near()\n  y = 'near';\nend\n",
    "Tools.m": "classdef Tools\n  methods (Static)\n    function y = scale(x)\n    y = 3 * x;\n    end\n  end\nend\n",
    "tree/Base.m": "classdef Base < handle\n  methods (Abstract)\n    y = act(obj, x)\n  end\nend\n",
    "tree/sub/Sub.m": """\
classdef Sub < Base
  methods
    function y = act(obj, x)
      y = 2 * x;
    end
  end
end
""",
    "Mean.m": """\
classdef Mean < handle
  properties
    total = 0;
    count = 0;
    inner = [];
  end
  methods
    function obj = Mean(start)
      obj.total = start;
    end
    function y = add(obj, x)
      printf('adding %d\\n', x);
      obj.total = obj.total + x;
      obj.count = obj.count + 1;
      y = obj.total / obj.count;
    end
    function reset(obj)
      obj.total = 0;
      obj.count = 0;
    end
    function own(obj, other)
      obj.inner = other{1};
    end
    function y = matches(obj)
      y = 'mine';
    end
  end
end
""",
    "note.m": "function m = note(m, key, x)\n  m(key) = x;\nend\n",
    "Stack.m": """\
classdef Stack
  properties
    items = {};
  end
  methods
    function obj = push(obj, x)
      obj.items{end + 1} = x;
    end
    function [obj, x] = pop(obj)
      x = obj.items{end};
      obj.items(end) = [];
    end
  end
end
""",
    "held.m": "function s = held(stack)\n  if nargin < 1, s = {@sin}; return, end\n"
    "  s = struct('stack', stack, 'n', numel(stack.items));\nend\n",
}

TESTS = """
from types import SimpleNamespace

import numpy as np
import pytest

from pybn.values import Map

def smooth(x, k):
    padded = np.concatenate([np.zeros(k - 1), x])
    return sum(padded[k - 1 - j : len(padded) - j] * (1 / k) for j in range(k))

def test_a_function(octave):
    x = np.array([1.5, -2.0, 3.25, 1e-3, 7.0])
    octave("lib/smooth.m", x, 3).matches(smooth(x, 3), ulp=4)
    octave("lib/smooth.m", x[:, None], 3).matches(smooth(x, 3), ulp=4)
    with pytest.raises(AssertionError, match="differs"):
        octave("lib/smooth.m", x, 3).matches(smooth(x, 2), ulp=4)

def test_several_outputs(octave):
    q, r = octave("lib/two.m", 7, 3, nargout=2)
    assert (q.value, r.value) == (2, 1)
    both = octave("lib/two.m", 7, 3, nargout=2)
    both.matches(2, 1)
    both.matches(divmod(7, 3))
    assert both[1].value == 1
    with pytest.raises(AssertionError, match="answer 2: differs"):
        both.matches(2, 2)
    with pytest.raises(AssertionError, match="wanted 2 values, got 1"):
        both.matches(2)
    octave("lib/two.m", 7, 3).matches(2)

def test_structs_and_cells(octave):
    given = {"list": ["a", 1.5, [1, 2, 3]], "inner": {"name": "x", "flag": True}, "none": []}
    answer = octave("lib/nest.m", given)
    given["list"][1] = 2.5
    given["inner"]["name"] = "X"
    answer.matches(given)
    assert answer.value["inner"] == {"name": "X", "flag": True}
    given["inner"]["name"] = "x"
    with pytest.raises(AssertionError, match="inner.name: differs"):
        answer.matches(given)

def test_no_output(octave):
    answer = octave("lib/quiet.m", 5)
    assert answer.printed == "5\\n"
    with pytest.raises(Exception, match="the function has no output"):
        answer.value
    assert octave("lib/quiet.m", 5, nargout=0).printed == "5\\n"
    with pytest.raises(octave.Error, match="called with too many outputs"):
        octave("lib/quiet.m", 5, nargout=1)

def test_errors(octave):
    with pytest.raises(octave.Error, match="^too large: 4") as caught:
        octave("lib/wrong.m", 4)
    assert caught.value.identifier == "Wrong:id"
    with pytest.raises(octave.Error, match="helper_of_wrong: function called with too many outputs"):
        octave("lib/wrong.m", -4)

def test_packages_static_methods_and_folders(octave):
    octave("lib/+p/twice.m", np.int8([100, 3])).matches(np.int8([127, 6]))
    octave("lib/Tools.m::scale", 2).matches(6)
    octave("lib/other/far.m", path="lib").matches("near")
    octave.using(path=["lib"])("lib/other/far.m").matches("near")
    with pytest.raises(octave.Error, match="near"):
        octave("lib/other/far.m")

def test_an_object_that_changes(octave):
    mean = octave.new("lib/Mean.m", 10)
    assert mean.add(2).printed == "adding 2\\n"
    second = mean.add(6)
    second.matches(9)
    assert second.printed == "adding 6\\n"
    mean.get("count").matches(2)
    mean.set("total", 100)
    mean.reset()
    mean.get("total").matches(0)
    assert mean.call("matches").value == "mine"

def test_objects_that_meet(octave):
    inner, outer = octave.new("lib/Mean.m", 1), octave.new("lib/Mean.m", 2)
    outer.own([inner])
    inner.add(5)
    outer.get("inner.total").matches(6)
    outer.set("inner.total", 7)
    inner.get("total").matches(7)
    outer.get("inner").object.get("count").matches(1)

def test_a_value_object_and_a_map(octave):
    empty = octave.new("lib/Stack.m")
    one = empty.push(1).object
    two = one.push("b").object
    rest, x = two.pop(nargout=2)
    x.matches("b")
    rest.object.get("items").matches([1])
    two.get("items").matches([1, "b"])
    empty.get("items").matches([])
    assert rest.value == {"items": [1.0]}
    held = octave("lib/held.m", two)
    held.matches({"stack": SimpleNamespace(items=[1, "b"]), "n": 2})
    with pytest.raises(AssertionError, match=r"stack.items.2.: differs: wanted 'b', got 'c'"):
        held.matches({"stack": {"items": [1, "c"]}, "n": 2})
    with pytest.raises(Exception, match=r"held.+ an object of class function_handle, which does not leave Octave"):
        octave("lib/held.m").value
    first = octave("lib/note.m", Map.of({"a": 1}), "b", [2, 3])
    first.matches({"a": 1, "b": [2, 3]})
    assert set(first.value) == {"a", "b"}
    second = octave("lib/note.m", first, "c", "x")  # a handle: the same map
    second.matches({"a": 1, "b": [2, 3], "c": "x"})
    second.object.isKey("c").matches(True)
    first.object.get("Count").matches(3)

def test_an_object_that_ended(octave):
    mean = octave.new("lib/Mean.m", 1)
    with pytest.raises(octave.Error):
        mean.add()
    with pytest.raises(Exception, match=r"Mean.add\\(\\) ended with an error; construct the object anew"):
        mean.add(1)

def test_a_tree_that_has_to_be_made_fit(octave):
    legacy = octave.using(tree="lib/tree")
    legacy.new("sub/Sub.m").act(3).matches(6)

def test_answers_as_arguments(octave):
    once = octave("lib/+p/twice.m", np.float32([1, 2]))
    octave("lib/+p/twice.m", once).matches(np.float32([4, 8]))
"""


@pytest.fixture(scope="module")
def recorded(needs_octave: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose tests were recorded by Octave."""
    folder = tmp_path_factory.mktemp("recorded")
    for name, text in LIB.items():
        (folder / "lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "lib" / name).write_text(text)
    (folder / "test_all.py").write_text(TESTS)
    wrapper, log = folder / "octave", folder / "log"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec octave-cli "$@"\n')
    wrapper.chmod(0o755)
    run(folder, passed=12, OCTAVE_EXECUTABLE=str(wrapper))
    started = sum("--interactive" in line for line in log.read_text().splitlines())
    assert started == 1, "one Octave serves a whole session"
    log.unlink()
    run(folder, passed=12, OCTAVE_EXECUTABLE=str(wrapper))
    assert not log.exists(), "recordings serve, and Octave is not even started"
    return folder


def run(folder: Path, *args: str, passed: int, failed: int = 0, **env: str) -> str:
    """Run pytest there; this many tests pass and fail. Return what it prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *args]
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    done = subprocess.run(
        command, cwd=folder, env=kept | env, capture_output=True, text=True, timeout=120, check=False
    )
    counts = {
        word: int(count) for count, word in re.findall(r"(\d+) (passed|failed)", done.stdout.splitlines()[-1])
    }
    assert counts == {w: n for w, n in (("passed", passed), ("failed", failed)) if n}, (
        done.stdout + done.stderr
    )
    assert done.returncode == (1 if failed else 0), done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the recorded folder."""
    return shutil.copytree(recorded, tmp_path / "copy")


def test_everything_recorded_serves_without_octave(folder: Path) -> None:
    before = (folder / "test_all.octave.h5").read_bytes()
    text = run(folder, passed=12, **NONE)
    assert re.search(r"\d+ recorded answers served \(Octave [\d.]+\)", text)
    assert "unused recording" not in text
    assert (folder / "test_all.octave.h5").read_bytes() == before


def test_several_processes_in_any_order_serve_and_know_what_is_unused(folder: Path) -> None:
    tests = folder / "test_all.py"
    blocks = tests.read_text().split("\ndef test_")
    tests.write_text("\ndef test_".join([blocks[0], *blocks[-1:1:-1]]))  # less the first, from the end
    text = run(folder, "-n", "2", passed=11, **NONE)
    assert "2 unused recordings in test_all.octave.h5:" in text
    assert "smooth(float64 5x1, 3)" in text
    assert "2 unused recordings removed" in run(folder, "-n", "2", "--octave-prune", passed=11, **NONE)
    assert "unused recording" not in run(folder, passed=11, **NONE)


def test_several_processes_record_into_one_file(folder: Path) -> None:
    (folder / "test_all.octave.h5").unlink()
    tests = "def test_{k}(octave):\n    octave('lib/+p/twice.m', {k}).matches({twice})\n    octave('lib/near.m')\n"
    for name in ("test_more.py", "test_other.py"):
        (folder / name).write_text("".join(tests.format(k=k, twice=2 * k) for k in range(20)))
    (folder / "conftest.py").write_text(
        "import os\n\ndef pytest_runtest_call(item):\n"
        "    if item.nodeid == 'test_more.py::test_7':\n        os._exit(1)\n"
    )
    args = ("-n", "2", "test_more.py", "test_other.py")
    (temporary := folder / "temporary").mkdir()
    run(folder, *args, passed=39, failed=1, TMPDIR=str(temporary))
    for stem in ("test_more", "test_other"):
        labels = {record.id.split(" [")[0] for record in read(folder / f"{stem}.octave.h5").values()}
        lost = {"p.twice(7)"} if stem == "test_more" else set()
        assert labels == {"near()", *(f"p.twice({k})" for k in range(20))} - lost
    (folder / "conftest.py").unlink()
    text = run(folder, *args, "--octave-record=missing", passed=40, TMPDIR=str(temporary))
    assert text.count("1 answer recorded in test_more.octave.h5") == 1
    assert not list(temporary.glob("pybn-recordings-*"))


def test_what_is_no_error_of_the_code_is_not_recorded(folder: Path) -> None:
    (folder / "test_b.py").write_text(
        "def test_hang(octave):\n    octave('lib/hang.m')\n\ndef test_leave(octave):\n    octave('lib/leave.m')\n"
    )
    text = run(folder, "test_b.py", "--octave-deadline=1", passed=0, failed=2)
    assert "DeadlineError" in text
    assert "ended Octave before it was done: exit(3)" in text
    assert not (folder / "test_b.octave.h5").exists()
