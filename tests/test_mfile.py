"""Reading MATLAB source: tokens join to the text whatever it is, and mean what MATLAB takes them for."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pybn.mfile import Outline, lines, outline, significant, tokens
from pybn.mfile.blocks import blocks

PIECES = [
    "'", '"', "%", "%{\n", "%}\n", "#", "...", "\n", "\r\n", "\r", " ", "\t", "x", "y1", "end", "if ", "function ",
    "classdef A < handle\n", "properties", "methods", "arguments", "enumeration", "events", "(", ")", "[", "]", "{",
    "}", ".", ",", ";", "=", "==", "1", "1e3", ".5", "@", "!", "\\", "é", "\x00", "\udcff", "for k=1:3 ", "hold on",
    "switch x\n", "case 1\n", "try,", "catch e\n", "endfunction", "until x", "do\n", "+", "-", ".'", "~",
]  # fmt: skip
TEXT = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))


@settings(max_examples=400, deadline=None)
@given(TEXT)
@example("x'")
@example("%{\n")
def test_tokens_join_to_any_text(text: str) -> None:
    found = tokens(text)
    assert "".join(t.text for t in found) == text
    at, line = 0, 1
    for token in found:
        assert (token.start, token.line) == (at, line)
        assert token.text
        at, line = token.end, line + len(lines(token.text + "x")) - 1
    assert "".join(lines(text)) == text
    told = outline(text, "x")
    assert isinstance(told, Outline)
    for block in (b for outer in blocks(found) for b in outer.walk()):
        assert block.first < block.last <= len(found)


@pytest.mark.parametrize(
    "piece",
    [
        "'",
        '"',
        "(",
        "[ ",
        "%{\n",
        "%}\n",
        "x ",
        "x=",
        "x 'a ",
        "if ",
        "function ",
        "a" * 9,
        " ",
        ". . .",
        "[",
    ],
)
def test_time_is_linear(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    tokens(text)
    assert time.process_time() - start < 4


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x = a';", "name op name op op"),
        ("y = [a' b'];", "name op op name op name op op op"),
        ("[a 'b']", "op name string op"),
        ("{@(x) x', 'b'}", "op op op name op name op op string op"),
        ("[f(a ')]')]", "op name op name op op op op op op"),
        ("f = @()'abc';", "name op op op op string op"),
        ("hold on", "name command"),
        ("close all; x = 1", "name command op name op number"),
        ("disp 'hello, w' % c", "name command"),
        ("cd ..", "name command"),
        ("clear *", "name command"),
        ("x -1", "name command"),
        ("x = 3; x -1", "name op number op name op number"),
        ("x - 1", "name op number"),
        ("x ...\n = 1", "name op number"),
        ("x (3)", "name op number op"),
        ("a(1:end)'", "name op number op last op op"),
        ("s.if.else(end)", "name op name op name op last op"),
        ("1:3'", "number op number op"),
        ("3.'", "number op"),
        ("1./x", "number op name"),
        ("1e3 + 0x1F*2i + .5", "number op number op number op number"),
        ("[1 -2 ...foo 'bar\n 3]", "op number op number number op"),
        ("%{\nx = '\n%}\ny", "name"),
        ("x %{ no block\ny", "name name"),
        ('a = "it\'s \\" + 1', "name op dstring op number"),
        ('printf("say \\"hi\\"\\n", x)', "name op dstring op name op"),
        ("x = 'no end\ny", "name op other name"),
        ("!ls 'x\nx = !a", "shell name op op name"),
        ("import a.b.*", "name command"),
        ("methods(x)\nproperties = 3", "name op name op name op number"),
        ("function f\narguments = 3", "keyword name name op number"),
        ("function f(x)\narguments\n x double\nend\nend", "keyword name op name op keyword name name" + 2 * " keyword"),
        ("endif = 3", "name op number"),
        ("if x, y, endif", "keyword name op name op keyword"),
        ("x = (1\nif y\nend", "name op op number keyword name keyword"),
        ("case 'x'", "keyword string"),
        ("x.'", "name op"),
        ("a.b'", "name op name op"),
        ("x = y.'';", "name op name op op op"),
    ],
)  # fmt: skip
def test_kinds(text: str, wanted: str) -> None:
    assert " ".join(t.kind for t in significant(tokens(text))) == wanted


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    text = end.join(["x = 1; ... no", "%{", "block", "%}", "y = 2;"])
    [y] = [t for t in tokens(text) if t.text == "y"]
    assert y.line == 5
    assert len(lines(text)) == 5


CLASS = """% of a file
classdef (Sealed) A < handle & pkg.B
  %A Something.
  properties (Access = private, SetAccess='immutable')
    x (1,1) double {mustBePositive} = 3 % why
    y = containers.Map('KeyType', 'char', ...
      'ValueType', 'any');
    z
  end
  properties (Constant), K = 1; L = [1, 2; 3 4]; end
  events
    Changed
  end
  methods
    function obj = A(x, y)
      if nargin < 2, y = [1, 2]; end
      if ~exist('x', 'var')
        x = 'one';
      end
    end
    function set.x(obj, v)
    end
  end
  methods (Static, Access = ?C)
    r = make(n)
    function [a, ~, varargout] = two(varargin)
    end
  end
  methods (Abstract = true)
    f(obj);
    y = g(obj, x)
  end
end
function local(x)
end
"""


def test_a_class() -> None:
    told = outline(CLASS, "A")
    assert (told.kind, [f.name for f in told.functions]) == ("class", ["local"])
    found = told.class_
    assert found is not None
    assert (found.name, found.bases, found.is_handle) == ("A", ("handle", "pkg.B"), True)
    assert found.attributes == {"sealed": "true"}
    assert found.help.strip() == "A Something."
    x, y, z, k, l = found.properties  # noqa: E741
    assert (x.declared.size, x.declared.kind, x.declared.validators) == (
        "(1,1)",
        "double",
        "{mustBePositive}",
    )
    assert (x.default, x.access, x.set_access, x.constant) == ("3", "private", "immutable", False)
    assert (y.line, z.line, z.default) == (6, 8, "")
    assert (k.constant, k.default, l.default) == (True, "1", "[1, 2; 3 4]")
    assert found.events == ("Changed",)
    made = found.constructor
    assert made is not None
    assert (made.inputs, dict(made.defaults), made.line) == (("x", "y"), {"y": "[1, 2]", "x": "'one'"}, 15)
    names = [(m.name, m.static, m.abstract, m.signature_only) for m in found.methods]
    assert names == [
        ("A", False, False, False),
        ("set.x", False, False, False),
        ("make", True, False, True),
        ("two", True, False, False),
        ("f", False, True, True),
        ("g", False, True, True),
    ]
    assert (found.methods[3].outputs, found.methods[3].varargin, found.methods[3].varargout) == (
        ("a", "~", "varargout"),
        True,
        True,
    )
    assert found.methods[3].access == "?c"


def test_an_enumeration() -> None:
    found = outline("classdef T < uint32\n enumeration\n  A (1), B (2)\n C\n end\nend", "T").class_
    assert found is not None
    assert (found.bases, found.enumeration) == (("uint32",), (("A", "1"), ("B", "2"), ("C", "")))


def test_functions_with_and_without_end() -> None:
    bare = "function a(x)\nif x\nend\nfunction y = b\ny = 1;\n"
    assert [(f.name, f.line, f.last_line) for f in outline(bare).functions] == [("a", 1, 4), ("b", 4, 5)]
    nested = "function a(x)\nfunction b\nend\nend\nfunction c\nend\n"
    assert [(f.name, f.line, f.last_line) for f in outline(nested).functions] == [("a", 1, 4), ("c", 5, 6)]
    script = outline("x = f(1);\nfunction y = f(x)\nend\n", "s")
    assert (script.kind, script.main, [f.name for f in script.functions]) == ("script", None, ["f"])


def test_arguments_and_help() -> None:
    text = (
        "function y = f(x, k, opts)\n%F Smooth.\n%  More.\n\n% not this\narguments\n x (1,:) double\n"
        " k {mustBeInteger} = 2 + 1 % c\n opts.tol = 1e-3\nend\nend"
    )
    [told] = outline(text).functions
    assert told.help == "F Smooth.\n  More."
    assert dict(told.defaults) == {"k": "2 + 1", "opts.tol": "1e-3"}
    assert [(d.name, d.line) for d in told.arguments] == [("x", 7), ("k", 8), ("opts.tol", 9)]
