"""The first tensor that differs: its place in the computation, who is further from the truth, and how it is shown."""

from __future__ import annotations

import io
import json
import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pybn.case import Case
from pybn.case_file import read_case_file
from pybn.cli import main
from pybn.compare import compare
from pybn.divergence import Reference, first_divergence, walk
from pybn.divergence.first import distance
from pybn.draw import draw_inputs
from pybn.engines.golden import GoldenEngine
from pybn.parity import find_cases, judge
from pybn.report.divergence import verdict_lines
from pybn.report.parity import parity_summary, parity_table
from pybn.report.style import Style

NET_M = """classdef Net < handle
  % Four layers: fc1, square, fc2, cube. Loss is the sum of what comes out.
  properties
    a1
    a2
    a3
    a4
    g1
    g2
    g3
    gx
    gw1
    gw2
  end
  methods
    function loss = Loss(obj, x, w1, w2)
      obj.a1 = x * w1;
      obj.a2 = obj.a1 .* obj.a1;
      obj.a3 = obj.a2 * w2;
      obj.a4 = obj.a3 .* obj.a3 .* obj.a3;
      loss = sum(sum(obj.a4));
      obj.g3 = 3 * obj.a3 .* obj.a3;
      obj.gw2 = obj.a2' * obj.g3;
      obj.g2 = obj.g3 * w2';
      obj.g1 = 2 * obj.a1 .* obj.g2;
      obj.gw1 = x' * obj.g1;
      obj.gx = obj.g1 * w1';
    end
    function y = Activation(obj, name)
      y = obj.(name);
    end
    function g = GradientsOf(obj, name)
      g = obj.(name);
    end
  end
end
"""
NET_PY = """
class Net:
    def loss(self, x, w1, w2):
        self.a1 = x @ w1
        self.a2 = self.a1 * self.a1
        self.a3 = self.a2 @ w2
        self.a4 = self.a3 * self.a3 * self.a3
        self.g3 = 3 * self.a3 * self.a3
        self.gw2 = self.a2.T @ self.g3
        self.g2 = self.g3 @ w2.T
        self.g1 = 2 * self.a1 * self.g2
        self.gw1 = x.T @ self.g1
        self.gx = self.g1 @ w1.T
        return self.a4.sum()
"""
TENSORS = {"a1": "fc1", "a2": "square", "a3": "fc2", "a4": "cube"}
BACKWARD = {"g3": "cube", "gw2": "fc2", "g2": "fc2", "g1": "square", "gw1": "fc1", "gx": "fc1"}
SHAPES = {"a1": "N K", "a2": "N K", "a3": "N J", "a4": "N J", "loss": ""}
SHAPES |= {"g3": "N J", "gw2": "K J", "g2": "N K", "g1": "N K", "gw1": "D K", "gx": "N D"}
CLOSE = (
    "ulp_of_max = { float64 = 64, float32 = 64 }, because = 'matrix products add in an order of their own'"
)


def case_text() -> str:
    lines = ['[matlab]\npath = "."\nclass = "Net"\n[python]\npath = "."\ntarget = "net_port:Net"\nnew = {}\n']
    lines.append('[inputs]\nx = { axes = "N D" }\nw1 = { axes = "D K" }\nw2 = { axes = "K J" }\n[outputs]')
    for name, axes in SHAPES.items():
        layer = ({**TENSORS, **BACKWARD}).get(name)
        lines.append(
            f'{name} = {{ axes = "{axes}", {CLOSE}{f", layer = {json.dumps(layer)}" if layer else ""} }}'
        )
    call = "loss = Loss(x, w1, w2)"
    lines.append(f"[[step]]\nmatlab = '{call}'\npython = '{call.replace('Loss', 'loss')}'")
    reads = dict.fromkeys(TENSORS, "Activation") | dict.fromkeys(BACKWARD, "GradientsOf")
    lines += [
        f"[[step]]\nmatlab = '{name} = {method}(\"{name}\")'\npython = '{name} = self.{name}'"
        for name, method in reads.items()
    ]
    lines.append('[[case]]\nname = "four layers"\nsize = { N = 5, D = 4, K = 3, J = 2 }')
    return "\n".join(lines)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "Net.m").write_text(NET_M)
    (tmp_path / "net_port.py").write_text(NET_PY)
    (tmp_path / "net.toml").write_text(case_text())
    sys.modules.pop("net_port", None)
    return tmp_path / "net.toml"


@pytest.fixture
def recorded(needs_octave: None, net: Path) -> Path:
    assert main(["record", str(net)]) == 0
    return net


def port(net: Path, old: str, new: str) -> None:
    assert NET_PY.count(old) == 1
    net.with_name("net_port.py").write_text(NET_PY.replace(old, new))
    sys.modules.pop("net_port", None)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["parity", "--json", *arguments]) == 1
    cases = json.loads(capsys.readouterr().out)["cases"]
    return {case["dtype"]: case["first_divergence"] for case in cases}


# The order.


def test_the_order_is_that_of_the_computation(net: Path) -> None:
    case = read_case_file(net)[0]
    assert [(p.name, p.layer, p.backward) for p in walk(case)] == [
        *((name, layer, False) for name, layer in TENSORS.items()),
        ("loss", "", False),
        *((name, layer, True) for name, layer in BACKWARD.items()),
    ]


def of_stem(stem: str, start: str) -> Case:
    return next(c for c in find_cases() if c.stem == stem and c.name.startswith(start))


def test_the_order_of_a_layer_with_several_batches() -> None:
    places = walk(of_stem("batch_norm", "three batches"))
    names = [p.name for p in places]
    assert [n for n in names if n[0] in "yd"] == [
        *("y", "dx", "dweight", "dbias"),
        *("y2", "dx2", "dweight2", "dbias2"),
        *("y3", "dx3", "dweight3", "dbias3"),
        "y4",
    ]
    assert {p.name for p in places if p.backward} == {n for n in names if n.startswith("d")}


def test_the_nodes_of_a_graph_are_told_apart() -> None:
    places = {p.name: p.backward for p in walk(of_stem("batch_norm", "four rows"))}
    assert list(places)[:2] == ["y", "running_mean"]
    assert not places["node_mu"]
    assert not places["node_gammax"]
    assert all(places[f"node_{n}"] for n in ("dbeta", "dgamma", "dxhat", "divar", "dmu", "dx1"))
    assert list(places).index("node_y") < list(places).index("dx") < list(places).index("node_dbeta")


def test_every_output_has_its_place() -> None:
    for case in find_cases():
        assert {p.name for p in walk(case)} == set(case.outputs), case.id


ONE_CALL = """
[matlab]
path = "."
function = "f"
[python]
path = "."
target = "f_port:f"
[inputs]
{inputs}
[outputs]
{outputs}
[[step]]
matlab = "{call}"
python = "{call}"
[[case]]
name = "one call"
size = {{ N = 3 }}
dtype = "float64"
"""


def ways_of(folder: Path, call: str) -> dict[str, str]:
    """The outputs of a case of one call, by what the walk says of their directions."""
    made, taken = call.rstrip(")").split(" = f(")
    tables = [
        "\n".join(f'{name} = {{ axes = "N" }}' for name in names.split(", ")) for names in (taken, made)
    ]
    (folder / "f.toml").write_text(ONE_CALL.format(inputs=tables[0], outputs=tables[1], call=call))
    return {place.name: place.direction for place in walk(read_case_file(folder / "f.toml")[0])}


def test_gradients_of_one_call_are_backward_by_their_names(tmp_path: Path) -> None:
    """Also by names that end in digits of their own: dw1 is by w1."""
    call = "h1, a1, h2, p, loss, dh2, dw2, da1, dh1, dw1, dx = f(x, t, w1, w2)"
    ways = ways_of(tmp_path, call)
    assert list(ways) == ["h1", "a1", "h2", "p", "loss", "dh2", "dw2", "da1", "dh1", "dw1", "dx"]
    assert {name for name, way in ways.items() if way == "backward"} == {n for n in ways if n[0] == "d"}


def test_what_a_call_computes_whose_gradient_it_takes_is_forward(tmp_path: Path) -> None:
    assert ways_of(tmp_path, "y, dx = f(x, dy)") == {"y": "forward", "dx": "backward"}
    assert ways_of(tmp_path, "dx, inner, y = f(x, dy)") == {
        "inner": "forward",
        "y": "forward",
        "dx": "backward",
    }


# The first difference.


def test_a_wrong_layer_forward_is_named(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port(recorded, "self.a3 = self.a2 @ w2", "self.a3 = 1.001 * (self.a2 @ w2)")
    for found in told(capsys, str(recorded)).values():
        assert (found["tensor"], found["layer"], found["direction"]) == ("a3", "fc2", "forward")
        assert found["farther"] == "obtained"
        assert found["obtained_off"] == pytest.approx(1e-3, rel=0.01)
        assert [row["tensor"] for row in found["around"]][:3] == ["a1", "a2", "a3"]
        assert found["around"][2]["verdict"] == "differs"
        assert found["around"][2]["error"] == pytest.approx(1e-3, rel=0.01)


def test_a_wrong_layer_backward_is_named_first_in_backward_order(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port(recorded, "self.g1 = 2 * self.a1", "self.g1 = 2.01 * self.a1")
    for found in told(capsys, str(recorded)).values():
        assert (found["tensor"], found["layer"], found["direction"]) == ("g1", "square", "backward")
        rows = {row["tensor"]: row["verdict"] for row in found["around"]}
        assert list(rows) == ["g3", "gw2", "g2", "g1", "gw1", "gx"]
        assert found["agreeing_before"] == 5
        assert {name for name, verdict in rows.items() if verdict == "differs"} == {"g1", "gw1", "gx"}


def test_the_loss_is_not_blamed_for_what_led_to_it(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port(recorded, "self.a4.sum()", "2 * self.a4.sum()")
    assert told(capsys, str(recorded))["float64"]["tensor"] == "loss"
    port(recorded, "self.a4 = self.a3", "self.a4 = 2 * self.a3")
    assert told(capsys, str(recorded))["float64"]["tensor"] == "a4"


def test_the_reference_is_octave_or_else_the_record_in_double(
    recorded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port(recorded, "self.g1 = 2 * self.a1", "self.g1 = 2.01 * self.a1")
    live = told(capsys, str(recorded))
    assert live["float32"]["reference"] == "Octave's answer in double to the same inputs"
    assert live["float64"]["reference"].startswith("the expected side")
    assert live["float64"]["expected_off"] == 0
    assert 0 < live["float32"]["expected_off"] < 1e-6
    monkeypatch.setenv("OCTAVE_EXECUTABLE", "no-such-octave")
    stored = told(capsys, str(recorded))
    assert stored["float32"]["reference"].startswith("the recorded answer in double")
    assert stored["float32"]["farther"] == "obtained"
    recorded.with_name("Net.m").write_text(NET_M + "% changed\n")
    capsys.readouterr()
    assert main(["parity", str(recorded), "--json"]) == 4  # stale: nothing was compared
    assert json.loads(capsys.readouterr().out)["cases"][0]["first_divergence"] is None


def test_where_there_is_no_reference_it_is_said_how_to_have_one(
    recorded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.write_text(case_text() + '\ndtype = "float32"\n')
    assert main(["record", str(recorded)]) == 0
    port(recorded, "self.g1 = 2 * self.a1", "self.g1 = 2.01 * self.a1")
    said = "          there is no answer in double to measure both against: record the case in float64 too\n"
    assert main(["parity", str(recorded)]) == 1
    assert said not in capsys.readouterr().out
    monkeypatch.setenv("OCTAVE_EXECUTABLE", "no-such-octave")
    assert main(["parity", str(recorded)]) == 1
    assert said in capsys.readouterr().out


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_long_lines_are_folded_at_the_terminal_and_lose_no_word(
    net: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    case = read_case_file(net)[0]
    want = {name: np.full(case.outputs[name].shape, 1 / 3) for name in case.outputs}
    got = want | {"g1": want["g1"] * 1.00007}
    result = judge(case, want, got)
    truth = (want, "the recorded answer in double to the inputs before they were rounded")
    found = first_divergence(case, result.comparisons, want, got, truth)
    result = replace(result, divergence=found)
    monkeypatch.setenv("COLUMNS", str(columns))
    style, plain = Style(Terminal()), Style(io.StringIO())
    shown = parity_table([result], style) + parity_summary([result], "golden", "port", 0, style)
    whole = parity_table([result], plain) + parity_summary([result], "golden", "port", 0, plain)
    bare = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert bare.split() == whole.split()
    assert max(len(line) for line in whole.splitlines()) > 100
    lines = [line for line in bare.splitlines() if "  backward" not in line and "  way" not in line]
    assert max(map(len, lines[1:])) <= columns
    if columns < 200:
        parts = lines.index(next(line for line in lines if line.startswith("        g1: differs")))
        assert lines[parts + 1].startswith("          ")


def test_a_record_that_is_stale_is_no_reference(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTAVE_EXECUTABLE", "no-such-octave")
    single = next(c for c in read_case_file(recorded) if c.dtype == "float32")
    with Reference(GoldenEngine()) as reference:
        assert reference.of(single, {}, ({}, "nobody")) is not None
        recorded.with_name("Net.m").write_text(NET_M + "% changed\n")
        assert reference.of(single, {}, ({}, "nobody")) is None
        assert reference.of(replace(single, name="no such case"), {}, ({}, "nobody")) is None


def test_octave_is_asked_about_so_many_cases_and_then_no_more(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pybn.divergence.reference.MOST", 1)
    single = next(c for c in read_case_file(recorded) if c.dtype == "float32")
    inputs = draw_inputs(single)
    with Reference(GoldenEngine()) as reference:
        whose = [found[1] for _ in range(2) if (found := reference.of(single, inputs, ({}, "nobody")))]
    assert [text.split()[0] for text in whose] == ["Octave's", "the"]


def test_the_side_that_is_further_off_may_be_the_expected_one(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port in double, rounded at the end, differs from Octave's single, and is the better of the two."""
    text = NET_PY.replace(
        "x, w1, w2):",
        "x, w1, w2):\n        single, x, w1, w2 = x.dtype, *(v.astype('d') for v in (x, w1, w2))",
    )
    text = text.replace(
        "return self.a4.sum()",
        "for n in list(vars(self)): setattr(self, n, getattr(self, n).astype(single))\n        return self.a4.sum()",
    )
    recorded.with_name("net_port.py").write_text(text)
    recorded.write_text(case_text().replace("float32 = 64", "float32 = 0"))
    found = told(capsys, str(recorded))["float32"]
    assert found["farther"] == "expected"
    assert found["obtained_off"] < found["expected_off"] < 1e-5


def test_the_table_is_under_the_case_also_with_quiet(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port(recorded, "self.g1 = 2 * self.a1", "self.g1 = 2.01 * self.a1")
    for arguments in (["-q"], ["-v"], []):
        capsys.readouterr()
        assert main(["parity", str(recorded), *arguments]) == 1
        out = capsys.readouterr().out
        assert out.count("first to differ: g1 of layer square, backward") == 2
        assert "> g1      square  backward  differs" in out
        assert "5 before, which agree" in out
        double = "the expected side is Octave's own double, the reference: obtained is 5.0e-03 of its scale"
        assert f"          {double} away from it\n" in out
        assert re.search(
            r"obtained is further off: expected \d\.\de-07, obtained 5\.0e-03 of its scale from Octave's answer in "
            r"double to the same inputs\n",
            out,
        )


def test_the_oracle_may_be_the_obtained_side(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port(recorded, "self.g1 = 2 * self.a1", "self.g1 = 2.01 * self.a1")
    found = told(capsys, str(recorded), "--expected", "port", "--obtained", "golden", "-k", "float64")[
        "float64"
    ]
    assert found["reference"] == "the obtained side, in double itself"
    assert (found["farther"], found["obtained_off"]) == ("expected", 0)
    capsys.readouterr()
    assert main(["parity", str(recorded), "--expected", "port", "--obtained", "golden", "-k", "float64"]) == 1
    double = "the obtained side is Octave's own double, the reference: expected is 5.0e-03 of its scale"
    assert f"{double} away from it\n" in capsys.readouterr().out


def test_no_octave_starts_where_all_agrees(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pybn.engines.octave import OctaveEngine

    def refuse(self: OctaveEngine) -> None:
        raise AssertionError("nobody needs Octave here")

    monkeypatch.setattr(OctaveEngine, "_started", refuse)
    assert main(["parity", str(recorded)]) == 0
    port(recorded, "self.a4.sum()", "2 * self.a4.sum()")
    assert (
        main(["parity", str(recorded), "-k", "float64"]) == 1
    )  # in double, the expected side is the reference


# Pure functions.


def test_what_is_missing_or_of_another_shape_differs_first(net: Path) -> None:
    case = read_case_file(net)[0]
    want = {name: np.ones([case.outputs[name].shape][0]) for name in case.outputs}
    for change in ({"a2": np.ones((1, 1))}, {"a2": None}):
        got = {name: value for name, value in ({**want, **change}).items() if value is not None}
        found = first_divergence(case, compare(want, got), want, got, (want, "itself"))
        assert found is not None
        assert found.place.name == "a2"
        assert math.isnan(found.rows[1].error)
        assert found.farther == ""
    assert first_divergence(case, compare(want, want), want, want) is None


def test_a_nan_out_of_place_is_infinitely_far(net: Path) -> None:
    case = read_case_file(net)[0]
    want = {name: np.ones(case.outputs[name].shape) for name in case.outputs}
    got = want | {"a2": np.full(case.outputs["a2"].shape, math.nan)}
    found = first_divergence(case, compare(want, got), want, got, (want, "the expected side"))
    assert found is not None
    [told] = verdict_lines(found)
    assert told.strip() == (
        "the expected side is Octave's own double, the reference: obtained is infinitely far away from it"
    )


def test_a_case_of_one_output_has_no_walk(net: Path) -> None:
    case = read_case_file(net)[0]
    one = replace(case, outputs={"loss": case.outputs["loss"]})
    want, got = {"loss": np.array(1.0)}, {"loss": np.array(2.0)}
    assert first_divergence(one, compare(want, got), want, got) is None


@pytest.mark.parametrize(
    ("truth", "value", "found"),
    [
        ([1.0, -4.0], [1.0, -4.0], 0.0),
        ([1.0, -4.0], [2.0, -4.0], 0.25),
        ([math.nan, 2.0], [math.nan, 3.0], 0.5),
        ([math.inf, 2.0], [math.inf, 2.0], 0.0),
        ([1.0, 2.0], [math.nan, 2.0], math.inf),
        ([math.inf], [-math.inf], math.inf),
        ([0.0], [1.0], math.inf),
        ([0.0], [0.0], 0.0),
        ([], [], 0.0),
        ([1 + 1j], [1 + 2j], 1 / math.sqrt(2)),
    ],
)
def test_the_distance_is_relative_to_the_scale(truth: list[Any], value: list[Any], found: float) -> None:
    assert distance(np.array(truth), np.array(value)) == pytest.approx(found)


def test_what_cannot_be_compared_has_no_distance() -> None:
    assert math.isnan(distance(np.ones(2), np.ones(3)))
    assert math.isnan(distance(np.ones(2), np.array(["a", "b"])))
    assert math.isnan(distance(None, np.ones(2)))
