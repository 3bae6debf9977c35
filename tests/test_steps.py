"""The language of steps: what each form means, and that nothing but a CaseError ever comes of bad text."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybn.errors import CaseError
from pybn.step_parser import parse_step
from pybn.steps import (
    Attribute,
    Call,
    Fields,
    Get,
    Handle,
    Index,
    Items,
    Literal,
    Pattern,
    Scope,
    Set,
    Variable,
    bound_names,
    used_attributes,
    used_handles,
    used_names,
)

X = Variable("x")


def call(
    text: str, targets: tuple[Any, ...], path: tuple[str, ...], args: tuple[Any, ...], **keywords: Any
) -> Any:
    return text, Call(text, targets, path, args, tuple(keywords.items()))


@pytest.mark.parametrize(
    ("text", "step"),
    [
        call("f()", (), ("f",), ()),
        call("y = f(x)", ("y",), ("f",), (X,)),
        call("  y=f( x , x )  ", ("y",), ("f",), (X, X)),
        call("q, _, r = qr(x)", ("q", "_", "r"), ("qr",), (X,)),
        call("y = self.inner.forward(x)", ("y",), ("self", "inner", "forward"), (X,)),
        call("y = pkg.f(x)", ("y",), ("pkg", "f"), (X,)),
        call(
            "{input: dx, w: dw} = g({input: x})",
            (Pattern((("input", "dx"), ("w", "dw"))),),
            ("g",),
            (Fields((("input", X),)),),
        ),
        call("a, {f: b} = g()", ("a", Pattern((("f", "b"),))), ("g",), ()),
        call(
            "y = f([1, -2, +3], [], [[x], 'a'])",
            ("y",),
            ("f",),
            (Items((Literal(1), Literal(-2), Literal(3))), Items(()), Items((Items((X,)), Literal("a")))),
        ),
        call("y = f(x, axis=1, scale=$eps)", ("y",), ("f",), (X,), axis=Literal(1), scale=Attribute("eps")),
        call(
            "y = f(true, false, none, inf, -inf)",
            ("y",),
            ("f",),
            tuple(Literal(v) for v in (True, False, None, math.inf, -math.inf)),
        ),
        call(
            "y = f(1.5, .5, 1., 1e3, -2E-3, 007)",
            ("y",),
            ("f",),
            tuple(Literal(v) for v in (1.5, 0.5, 1.0, 1000.0, -0.002, 7)),
        ),
        call(
            "y = f('a\"b', \"c'd\", '', '=,)(')",
            ("y",),
            ("f",),
            tuple(Literal(v) for v in ('a"b', "c'd", "", "=,)(")),
        ),
        call(
            "y = f('$eps', '%s', '\"); system(1); (')",
            ("y",),
            ("f",),
            tuple(Literal(v) for v in ("$eps", "%s", '"); system(1); (')),
        ),
        call("self = f(x)", ("self",), ("f",), (X,)),
        call("self, y = f(x)", ("self", "y"), ("f",), (X,)),
        call(
            "truex = infinite(nanx, selfish)",
            ("truex",),
            ("infinite",),
            (Variable("nanx"), Variable("selfish")),
        ),
        call(
            "f(9223372036854775807, -9223372036854775808)",
            (),
            ("f",),
            (Literal(2**63 - 1), Literal(-(2**63))),
        ),
        ("m = self.running_mean", Get("m = self.running_mean", "m", ("self", "running_mean"))),
        ("m = self.a.b.c", Get("m = self.a.b.c", "m", ("self", "a", "b", "c"))),
        ("m = layer.mean", Get("m = layer.mean", "m", ("layer", "mean"))),
        ("layer.weight = w", Set("layer.weight = w", ("layer", "weight"), Variable("w"))),
        call("y = layer.inner.forward(x)", ("y",), ("layer", "inner", "forward"), (X,)),
        call("y = f(@g, [@p.q.h, x])", ("y",), ("f",), (Handle(("g",)), Items((Handle(("p", "q", "h")), X)))),
        ('w = m["k"]', Get('w = m["k"]', "w", ("m",), Index("[", (Literal("k"),)))),
        ("w = c{2}", Get("w = c{2}", "w", ("c",), Index("{", (Literal(2),)))),
        ("w = a.b[x, $k]", Get("w = a.b[x, $k]", "w", ("a", "b"), Index("[", (X, Attribute("k"))))),
        ('m("k") = w', Set('m("k") = w', ("m",), Variable("w"), Index("(", (Literal("k"),)))),
        ("a.b{1} = [w]", Set("a.b{1} = [w]", ("a", "b"), Items((Variable("w"),)), Index("{", (Literal(1),)))),
        ("m[x] = 1", Set("m[x] = 1", ("m",), Literal(1), Index("[", (X,)))),
        ("self.training = false", Set("self.training = false", ("self", "training"), Literal(False))),
        ("self.a.b = [x, $k]", Set("self.a.b = [x, $k]", ("self", "a", "b"), Items((X, Attribute("k"))))),
    ],
)
def test_what_a_step_means(text: str, step: Any) -> None:
    assert parse_step(text) == step


def test_whole_numbers_are_integers_and_others_floats() -> None:
    step = parse_step("f(1, 1.0, nan)")
    assert isinstance(step, Call)
    values = [arg.value for arg in step.args if isinstance(arg, Literal)]
    assert [type(v) for v in values] == [int, float, float]
    assert math.isnan(values[2])  # type: ignore[arg-type]


def test_only_levels_count_not_lists() -> None:
    step = parse_step(f"f({', '.join(['[[]]'] * 30)})")
    assert isinstance(step, Call)
    assert len(step.args) == 30


def test_names_that_a_step_binds_and_uses() -> None:
    step = parse_step("a, _, {f: b} = g(x, [y, {p: z}], k=[w, $e], l=$d)")
    assert list(bound_names(step)) == ["a", "b"]
    assert list(used_names(step)) == ["x", "y", "z", "w"]
    assert list(used_attributes(step)) == ["e", "d"]
    assert list(used_names(parse_step("self.a = [x]"))) == ["x"]
    assert list(used_names(parse_step("m[k, $a] = x"))) == ["k", "x"]
    assert list(used_names(parse_step("y = m{k}"))) == ["k"]
    assert list(used_attributes(parse_step("y = m{$k}"))) == ["k"]
    assert [*bound_names(parse_step("m(k) = x")), *bound_names(parse_step("y = m[k]"))] == ["y"]
    assert list(bound_names(parse_step("m = self.a"))) == ["m"]
    assert list(bound_names(parse_step("self, y = f(x)"))) == ["y"]
    assert [*used_names(parse_step("m = self.a")), *bound_names(parse_step("self.a = 1"))] == []


NAME = "a name (a letter, then letters, digits or _, at most 63)"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", f"wanted {NAME} at character 1, got the end"),
        ("   ", f"wanted {NAME} at character 1, got the end"),
        (
            "y",
            "wanted a call such as 'y = f(x)' or a property such as 'm = self.mean' at character 2, got the end",
        ),
        ("y = ", f"wanted {NAME} at character 4, got the end"),
        (
            "y = x",
            "wanted a call such as 'y = f(x)' or a property such as 'm = self.mean' at character 6, got the end",
        ),
        ("y = f(x", "wanted ',' at character 8, got the end"),
        ("y = f(x))", "wanted the end at character 9, got ')'"),
        ("y = f(x) z", "wanted the end at character 10, got 'z'"),
        ("y = f(x y)", "wanted ',' at character 9, got 'y'"),
        ("y = f(,)", f"wanted {NAME} at character 7, got ','"),
        ("y == f(x)", f"wanted {NAME} at character 4, got '='"),
        ("y, = f(x)", f"wanted {NAME} at character 4, got '='"),
        ("f() = y", f"wanted {NAME} at character 3, got ')'"),
        ("f(x), z = y", "wanted '=' at character 5, got ','"),
        ("m[] = y", f"wanted {NAME} at character 3, got ']'"),
        ("y = m[x", "wanted ']' at character 8, got the end"),
        ("y = m[x} = 1", "wanted ']' at character 8, got '}'"),
        ("y = m[x](z)", "wanted the end at character 9, got '('"),
        ("m(x).a = y", "wanted '=' at character 5, got '.'"),
        (
            "a, b = m[x]",
            "wanted a call such as 'y = f(x)' or a property such as 'm = self.mean' at character 12, got the end",
        ),
        ("y = f(x); system('x')", "cannot read \"; system('x')\""),
        ("y = f(x) % note", "cannot read '% note'"),
        ("y = f(x')", 'cannot read "\')"'),
        ("y = f(x + 1)", "cannot read '+ 1)'"),
        ("y = f(x) +1", "wanted the end at character 10, got '+1'"),
        ("y = f('a)", 'cannot read "\'a)"'),
        ("y = f('a\\n')", "cannot read \"'a\\\\n')\""),
        ("y = f(\u0663)", "cannot read '\u0663)'"),
        ("y = f(é)", "cannot read 'é)'"),
        ("y = f(x)\x00", "cannot read '\\x00'"),
        ("y = _f(x)", f"wanted {NAME} at character 5, got '_f'"),
        ("y = self.__class__", f"wanted {NAME} at character 10, got '__class__'"),
        ("y = " + "n" * 64 + "(x)", f"wanted {NAME} at character 5, got '{'n' * 64}'"),
        ("y = f($)", "cannot read '$)'"),
        ("$y = f(x)", f"wanted {NAME} at character 1, got '$y'"),
        ("y, y = f(x)", "wanted the name of another variable at character 4, got 'y'"),
        ("y, {a: y} = f(x)", "wanted the name of another variable at character 8, got 'y'"),
        ("true = f(x)", "wanted the name of another variable at character 1, got 'true'"),
        ("self, self = f()", "wanted the name of another variable at character 7, got 'self'"),
        ("{a: self} = f()", "wanted the name of another variable at character 5, got 'self'"),
        ("{a: none} = f()", "wanted the name of another variable at character 5, got 'none'"),
        ("{} = f(x)", f"wanted {NAME} at character 2, got '}}'"),
        ("y = f({})", f"wanted {NAME} at character 8, got '}}'"),
        ("y = f({a: 1, a: 2})", "wanted another field at character 14, got 'a'"),
        ("y = f({'a': 1})", f"wanted {NAME} at character 8, got \"'a'\""),
        ("y = f(a=1, a=2)", "wanted another keyword at character 12, got 'a'"),
        ("y = f(a=1, 2)", "wanted a keyword, since one stands before it at character 12, got '2'"),
        (
            "y = f(9223372036854775808)",
            "wanted a whole number of 64 bits at character 7, got '9223372036854775808'",
        ),
        ("self.a = ", f"wanted {NAME} at character 9, got the end"),
        (
            "m, n = self.a",
            "wanted a call such as 'y = f(x)' or a property such as 'm = self.mean' at character 14, got the end",
        ),
        ("y = f(@)", f"wanted {NAME} at character 8, got ')'"),
        ("y = f(@1)", f"wanted {NAME} at character 8, got '1'"),
        ("y = @f", f"wanted {NAME} at character 5, got '@'"),
        ("layer. = 1", f"wanted {NAME} at character 8, got '='"),
        ("layer.a, b = f(x)", "wanted '=' at character 8, got ','"),
        ("y = f(" + "[" * 21 + "]" * 21 + ")", "wanted at most 20 levels at character 27, got '['"),
        ("y = f(" + "{a: " * 400, "wanted at most 20 levels at character 87, got '{'"),
    ],
)
def test_what_is_no_step(text: str, wrong: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse_step(text)
    assert str(caught.value) == f"step {text!r}: {wrong}"


def test_a_step_without_end_is_refused_by_its_length() -> None:
    with pytest.raises(
        CaseError, match=r"^step 'y = f\(\[.*'\.\.\.: wanted at most 2000 characters, got 10005"
    ):
        parse_step("y = f" + "([" * 5000)
    with pytest.raises(CaseError, match=r"whole number of 64 bits"):
        parse_step(f"f({'9' * 1900})")


TOKENS = [
    "y",
    "self",
    "true",
    "_",
    "=",
    ",",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "1",
    "-2.5",
    "'s'",
    '"t"',
    "$a",
    "@",
    " ",
    "inf",
    "é",
    "\\",
    ";",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)))
@settings(max_examples=300, deadline=None)
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(CaseError):
        assert parse_step(text).text == text


EXPRESSIONS = st.recursive(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1).map(str),
        st.floats(allow_nan=False).map(repr),
        st.sampled_from(["x", "$a", "true", "none", "'s'", "@f", "@p.q.f"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(inner, inner).map(lambda two: f"{{a: {two[0]}, b: {two[1]}}}"),
    ),
    max_leaves=8,
)


def written(value: Any) -> str:
    """An expression as text again."""
    match value:
        case Literal(None):
            return "none"
        case Literal(bool()):
            return str(value.value).lower()
        case Literal(str()):
            return f"'{value.value}'"
        case Literal():
            return repr(value.value)
        case Variable():
            return value.name
        case Attribute():
            return f"${value.name}"
        case Handle():
            return f"@{'.'.join(value.path)}"
        case Items():
            return f"[{', '.join(map(written, value.items))}]"
        case Fields():
            return "{" + ", ".join(f"{k}: {written(v)}" for k, v in value.fields) + "}"
    raise AssertionError(value)


@given(EXPRESSIONS)
@settings(max_examples=200, deadline=None)
def test_an_expression_is_read_as_it_is_written(text: str) -> None:
    step = parse_step(f"y = f({text})")
    assert isinstance(step, Call)
    assert written(step.args[0]) == text


# Whose a step is.


def scope(
    *variables: str, functions: tuple[str, ...] = ("f", "pkg", "p.q.g"), has_object: bool = False
) -> Scope:
    return Scope(frozenset(variables), frozenset(functions), has_object)


@pytest.mark.parametrize(
    ("text", "here", "root"),
    [
        ("y = f(x)", scope(), "@"),
        ("y = f.g(x)", scope(), "@"),
        ("y = p.q.g(x)", scope(), "@"),
        ("y = p.q.h(x)", scope(), None),
        ("y = g(x)", scope(), None),
        ("y = g(x)", scope(has_object=True), "self"),
        ("y = g(x)", scope("g"), "g"),
        ("y = g(x)", scope("g", has_object=True), "self"),
        ("y = g[x]", scope("g", has_object=True), "g"),
        ("g(x) = 1", scope("g", has_object=True), "g"),
        ("y = a.g(x)", scope("a"), "a"),
        ("y = a.g(x)", scope("a", has_object=True), "a"),
        ("y = a.g(x)", scope(has_object=True), "self"),
        ("y = f.g(x)", scope("f"), "@"),
        ("y = self.g(x)", scope("a"), None),
        ("y = self.g(x)", scope(has_object=True), "self"),
        ("m = a.b", scope("a"), "a"),
        ("m = a.b", scope(has_object=True), None),
        ("m = pkg.b", scope(), "@"),
        ("m = self.b", scope(has_object=True), "self"),
        ("a.b = 1", scope("a"), "a"),
        ("a.b = 1", scope(), None),
        ("f.b = 1", scope(), None),
        ("self.b = 1", scope(), None),
        ("self.b = 1", scope(has_object=True), "self"),
    ],
)
def test_whose_a_step_is(text: str, here: Scope, root: str | None) -> None:
    assert here.root(parse_step(text)) == root


def test_the_longest_declared_name_counts() -> None:
    here = scope(functions=("p", "p.q", "p.q.r"))
    assert here.declared(("p", "q", "r", "s")) == "p.q.r"
    assert here.declared(("p", "x")) == "p"
    assert here.declared(("q",)) == ""
    assert "y" in here.after(parse_step("y = p(x)")).variables


def test_handles_that_a_step_passes_on() -> None:
    assert list(used_handles(parse_step("y = f([@g, {a: @p.h}], k=@i)"))) == [("g",), ("p", "h"), ("i",)]
