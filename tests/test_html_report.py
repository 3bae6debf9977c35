"""The HTML report: what it holds, how large it gets, that it tells no more than it should, and when it is written."""

from __future__ import annotations

import base64
import json
import re
import socket
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import report_pages
from hypothesis import given, settings
from hypothesis import strategies as st
from report_pages import HOSTILE, case_of, one, page_of

import pybn.layers.relu
from pybn import parity
from pybn.case import Value
from pybn.cli import main
from pybn.compare import Tolerance, compare_tensor, ulp_distance
from pybn.errors import CaseError, EngineError
from pybn.report.html import Album
from pybn.report.html.excerpt import excerpt
from pybn.report.html.histogram import histogram
from pybn.report.html.packed import pick
from pybn.report.html.provenance import pathless
from pybn.report.style import printable

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
Array = npt.NDArray[Any]


def script(page: str, name: str) -> str:
    """The text of one of the blocks of data."""
    (found,) = re.findall(rf'<script type="text/plain" id="{name}">([^<]*)</script>', page)
    return str(found)


def index_of(page: str) -> dict[str, Any]:
    """What the page holds, as JSON data."""
    told: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(script(page, "index"))))
    return told


def side_of(page: str, picture: dict[str, Any], name: str) -> Array:
    """The elements of one side of a picture, unpacked here as the script does it there."""
    data = zlib.decompress(base64.b64decode(script(page, "pictures").split("\n")[picture["data"]]))
    before: Array | None = None
    for side in ("expected", "obtained"):
        told = picture[side]
        if told is None:
            continue
        dtype = np.dtype(told["dtype"])
        size = int(np.prod(told["count"])) * dtype.itemsize
        raw = np.frombuffer(data[:size], np.uint8).reshape(dtype.itemsize, -1).T.reshape(-1)
        data = data[size:]
        raw = raw ^ before if picture["xor"] and before is not None else raw
        before = raw
        if side == name:
            return raw.copy().view(dtype).reshape(told["count"])
    raise AssertionError(name)


def thinned(x: Array, told: dict[str, Any]) -> Array:
    """The elements of a tensor that its picture says it has."""
    return x[
        np.ix_(
            *(
                a + s * np.arange(n)
                for a, s, n in zip(told["start"], told["step"], told["count"], strict=True)
            )
        )
    ]


@pytest.fixture(scope="module")
def kinds() -> list[Any]:
    """Cases of all kinds with both answers."""
    return [*report_pages.differing(), *report_pages.others()]


@pytest.fixture(scope="module")
def page(kinds: list[Any]) -> str:
    """Their report."""
    return page_of(kinds)


# What it holds.


def test_every_picture_holds_the_very_elements(kinds: list[Any], page: str) -> None:
    told = {case["name"]: case for case in index_of(page)["cases"]}
    seen = 0
    for case, expected, obtained in kinds:
        for tensor in told[case.name if case.name != HOSTILE else told_name()]["tensors"]:
            for name, answer in (("expected", expected), ("obtained", obtained)):
                picture = tensor.get("picture")
                if picture and picture[name]:
                    whole = np.asarray(answer[tensor["name"]])
                    wanted, got = thinned(whole, picture[name]), side_of(page, picture, name)
                    assert got.dtype == whole.dtype
                    assert got.tobytes() == np.ascontiguousarray(wanted).tobytes(), case.name
                    seen += 1
    assert seen > 25


def told_name() -> str:
    """The hostile name as the page has it: what one would not see is written out."""
    return HOSTILE.replace("\u2028", "\\u2028").replace("\u202e", "\\u202e")


def test_the_picture_of_a_large_tensor_holds_its_worst_element(page: str) -> None:
    (tensor,) = next(c for c in index_of(page)["cases"] if c["name"] == "large")["tensors"]
    side = tensor["picture"]["expected"]
    assert max(side["step"]) > 1
    assert tensor["worst"] == [101, 133, 3, 1]
    for at, start, step, count in zip(
        tensor["worst"], side["start"], side["step"], side["count"], strict=True
    ):
        assert (at - start) % step == 0
        assert 0 <= (at - start) // step < count


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), max_size=5), st.integers(4, 300), st.data())
def test_a_pick_is_small_and_holds_the_worst(shape: list[int], most: int, data: st.DataObject) -> None:
    worst = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    found = pick(shape, ["H", "W", "C", "N", "K"][: len(shape)], most, worst)
    x = np.arange(int(np.prod(shape))).reshape(shape)
    part = found.of(x)
    assert part.shape == found.count
    assert part.size <= most
    assert x[worst] in part


def test_rows_and_columns_are_height_and_width() -> None:
    assert (
        pick((2, 3, 4, 5), ["N", "C", "H", "W"], 999, None).rows,
        pick((2, 3), ["N", "D"], 9, None).columns,
    ) == (2, 1)


def test_the_histogram_counts_every_element_once() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((40, 5)).astype(np.float32)
    b = (a.view(np.int32) + rng.integers(0, 40, a.shape).astype(np.int32)).view(np.float32)
    ulp = ulp_distance(a, b).ravel()
    limits = [(0, 0), (1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 32), (33, 64)]
    assert histogram(a, b)[0] == [int(((ulp >= low) & (ulp <= high)).sum()) for low, high in limits]
    same = np.array([np.nan, np.inf, 1.0, np.nan])
    assert histogram(same, np.array([np.nan, np.inf, 1.0, 2.0])) == ([3], [0])
    assert histogram(np.array([1 + 1j]), np.array([1 + np.nextafter(1, 2) * 1j])) == ([0, 1], [0, 1])


@pytest.mark.parametrize(
    "tolerance", [Tolerance(), Tolerance(ulp=6), Tolerance(ulp=2, rtol=1e-6), Tolerance(atol=1)]
)
def test_the_histogram_counts_what_is_beyond(tolerance: Tolerance) -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((40, 5)).astype(np.float32)
    b = (a.view(np.int32) + rng.integers(0, 40, a.shape).astype(np.int32)).view(np.float32)
    a[0, 0], b[0, 0] = np.nan, 1  # in no bin
    a[0, 1], b[0, 1] = 1, -1e30  # in the last one
    found = [compare_tensor("x", x, y, tolerance).verdict for x, y in zip(a.flat, b.flat, strict=True)]
    ulp = ulp_distance(a, b).ravel()
    bad = np.array([not verdict.agrees for verdict in found]) & (np.arange(a.size) > 0)
    limits = [(0, 0), (1, 1), *((2 ** (k - 1) + 1, 2**k) for k in range(1, 33))]
    wanted = [int((bad & (ulp >= low) & (ulp <= high)).sum()) for low, high in limits]
    assert histogram(a, b, tolerance)[1] == wanted
    assert wanted[-1] == 1


def test_of_a_unit_of_the_largest_the_page_is_told_how_much_that_is() -> None:
    want = np.array([1.0, -1000.0, 3.0])
    case, *answers = one("sums", want, want + 1e-12, close=Tolerance(ulp_of_max=8, because="sums"))
    (tensor,) = index_of(page_of([(case, *answers)]))["cases"][0]["tensors"]
    assert tensor["top"] == 8 * 2.0**-43  # 1000 lies in [512, 1024), where a unit is 2^-43


@pytest.mark.parametrize("far", [0, 500, 40_000])
def test_of_long_texts_what_differs_is_kept(far: int) -> None:
    lines = [f"line {k} of many" for k in range(1, 4000)]
    at = far // 16
    want, got = "\n".join(lines), "\n".join([*lines[:at], "another", *lines[at + 1 :]])
    told = excerpt(want, got)
    first = [text.split("\n") for text in told["texts"]]
    assert first[0][0] == lines[told["line"] - 1]
    assert lines[at] in first[0]
    assert "another" in first[1]
    assert all(len(text) <= 6000 for text in told["texts"])
    assert told["more"]
    assert not excerpt("a", "b")["more"]


def test_what_is_told_of_a_case(page: str) -> None:
    told = index_of(page)
    cases = {case["name"]: case for case in told["cases"]}
    image = cases["images"]["tensors"][0]
    assert (image["axes"], image["tolerance"], image["because"]) == (
        list("HWCN"),
        "2 ULP",
        "sums in another order",
    )
    assert sum(image["histogram"]) == 12 * 10 * 3 * 4
    assert cases["images"]["parting"]["tensor"] == "y"
    assert cases["padding"]["diverges"].startswith("the legacy code pads")
    assert cases["a cycle"]["refuses"] == ["Class:cycle", "GraphError"]
    assert {len(case["digest"]) for case in cases.values()} == {64}
    assert dict(told["versions"]).keys() >= {"pybn", "NumPy", "NumPy's BLAS", "Octave"}
    assert told["command"] == "pybn parity --report out.html"


def test_real_cases_tell_the_hashes_of_their_files_and_the_versions_of_the_record(tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    assert main(["parity", str(FIXTURES / "relu.toml"), "-q", "--report", str(out)]) == 0
    told = index_of(out.read_text(encoding="utf-8"))
    versions = dict(told["versions"])
    assert versions["Octave, of the record"].startswith("7.")
    assert versions["Octave's BLAS, of the record"]
    used = {told["files"][k][0].rsplit("/", 1)[-1]: told["files"][k][1] for k in told["cases"][0]["m"]}
    assert "Relu.m" in used
    assert set(map(len, used.values())) == {64}


# What it must not do.


def test_the_page_is_closed_to_the_network_and_to_other_scripts(page: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.findall(r"(?:src|href)=\"(?!#|data:,)", page)
    addresses = set(re.findall(r"https?://[^\s\"'`]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a vocabulary; nothing is asked there


def test_no_text_from_outside_is_markup(page: str) -> None:
    assert "<img" not in page
    assert page.count("<script") == page.count("</script>") == 3
    assert "\u2028" not in page
    assert "\u202e" not in page


def test_no_script_builds_markup_from_text() -> None:
    for file in Path(page_of.__globals__["report_of"].__code__.co_filename).parent.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert not re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text
        ), file
        assert len(text.splitlines()) <= 300, file


def test_no_path_and_no_name_of_the_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home" / "somebody"
    work = home / "work"
    work.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    (work / "cases").mkdir()
    x = np.ones(3)
    case = case_of("lost", {"y": x}, file=work / "cases" / "user.toml")
    far = case_of("far", {"y": x}, file=home / "other" / "far.toml")
    error = EngineError(f"{work}/m/f.m: near line 3; {home}/other/f.m; {tmp_path}/elsewhere")
    told = index_of(
        page_of(
            [(case, {"y": x}, error), (far, error, {"y": x})],
            arguments=["parity", f"{work}/cases", "--report", f"{home}/out.html"],
        )
    )
    text = json.dumps(told)
    for name in (str(home), str(work), "somebody", socket.gethostname()):
        assert name not in text or len(name) < 3, name
    assert told["paths"] == ["cases/user.toml", "../other/far.toml"]
    assert told["cases"][0]["message"].startswith("obtained: m/f.m: near line 3; ../other/f.m; ")
    assert told["command"] == "pybn parity cases --report ~/out.html"


def test_a_way_that_names_the_user_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home" / "somebody"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    assert pathless([home / "cases"])(f"{home}/cases/a.toml") == "~/cases/a.toml"
    assert pathless([FIXTURES])(f"{FIXTURES}/relu.toml") == "(pybn)/fixtures/relu.toml"


def test_a_path_is_taken_out_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    words = pathless()
    assert words(f"in {tmp_path}/a.m, {tmp_path}: {tmp_path}er/x").startswith("in a.m, .: ")
    assert words(f"{tmp_path}er/x") != "er/x"


def test_no_path_is_told_in_what_is_printed_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    case = replace(
        case_of("printed", {}, file=tmp_path / "user.toml"), output_values={"said": Value("said", "printed")}
    )
    told = page_of([(case, {"said": f"in {tmp_path}/m"}, {"said": f"from {tmp_path}/n"})])
    assert index_of(told)["cases"][0]["tensors"][0]["texts"] == ["in m", "from n"]
    assert str(tmp_path) not in json.dumps(index_of(told)) + told


HOSTILE_ONES = [
    HOSTILE,
    "]]>",
    "<!--<script>",
    "\u2029\x00\x1b[31m\ud800",
    "{{index}}\\1\\g<0>",
    "' onload='alert(1)",
    "<svg/onload=alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE_ONES)
def test_hostile_text_anywhere_is_data(text: str) -> None:
    x = np.eye(3)
    case, *answers = one(
        text,
        x,
        x + 1,
        "N D",
        attrs={text: text},
        diverges="",
        close=Tolerance(ulp=1, because=text),
        dtype=text,
    )
    tensors = {name: replace(tensor, layer=text, axes=(text, text)) for name, tensor in case.outputs.items()}
    case = replace(case, outputs=tensors, input_values={text: Value(text, told={text: [text]})})
    printed = replace(case_of("printed", {}), output_values={text: Value(text, "printed")})
    cases = [
        (case, *answers),
        (replace(case, name=f"{text} 2"), {"y": x}, EngineError(text)),
        (replace(case, name=f"{text} 3", diverges=text), *answers),
        (printed, {text: text}, {text: f"{text} "}),
    ]
    page = page_of(cases, arguments=["parity", text], versions={text: text}, broken=[CaseError(text)])
    assert page.encode().count(b"<script") == page.count("</script>") == 3
    assert len(re.findall("<!--|]]>|<img|<svg|onload='", page)) == 0
    for name in ("index", "pictures"):
        assert re.fullmatch(r"[A-Za-z0-9+/=\n]*", script(page, name))
    told = index_of(page)
    assert told["cases"][0]["tensors"][0]["because"] == told["cases"][2]["diverges"]
    assert told["cases"][0]["dtype"] == printable(text)


# How large it gets.


def crowd(cases: int) -> Iterator[tuple[Any, Any, Any]]:
    """Cases of four tensors of noise, that nothing compresses; every other one fails in three of them."""
    rng = np.random.default_rng(1)
    for k in range(cases):
        want = {name: rng.standard_normal((8, 6, 4, 3)) for name in ("y", "dx", "dweight", "dbias")}
        got = {
            name: x + (rng.standard_normal(x.shape) if k % 2 and name != "y" else 0)
            for name, x in want.items()
        }
        yield (
            case_of(
                f"case {k}", want, close=Tolerance(ulp=4, because="sums are added in an order of their own")
            ),
            want,
            got,
        )


def test_five_hundred_cases_stay_under_five_megabytes_and_each_failure_has_a_picture() -> None:
    page = page_of(crowd(500))
    assert len(page.encode()) < 5_000_000
    told = index_of(page)["cases"]
    bad = [case for case in told if not case["passed"]]
    assert len(bad) == 250
    for case in bad:
        shown = [tensor for tensor in case["tensors"] if "picture" in tensor and not tensor["agrees"]]
        assert shown, case["name"]
        side = shown[0]["picture"]["expected"]
        assert all(
            (w - a) % s == 0 for w, a, s in zip(shown[0]["worst"], side["start"], side["step"], strict=True)
        )
    assert sum("picture" in tensor for case in told if case["passed"] for tensor in case["tensors"]) > 250


def test_many_tensors_and_long_errors_leave_less_room_for_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pybn.report.html.page.LARGEST", 300_000)
    rng = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz<>&\"'é"))

    def many() -> Iterator[tuple[Any, Any, Any]]:
        for k in range(40):
            names = [f"d{n:x}" for n in rng.integers(1 << 62, size=20)]
            want = {name: rng.standard_normal((6, 5)) for name in names}
            got: Any = {name: x + rng.standard_normal(x.shape) for name, x in want.items()}
            if k % 5 == 0:
                got = EngineError("".join(rng.choice(letters, 20_000)))
            yield case_of("".join(rng.choice(letters, 60)), want), want, got

    page = page_of(many())
    assert len(page.encode()) < 300_000
    told = index_of(page)["cases"]
    assert len(told) == 40
    assert max(len(case["message"]) for case in told) < 4100
    pictures = script(page, "pictures").split("\n")
    assert "" in pictures
    first = [next((t for t in case["tensors"] if "picture" in t), None) for case in told if case["tensors"]]
    assert all(t and pictures[t["picture"]["data"]] for t in first)


def test_where_room_is_short_what_agrees_loses_its_picture_first() -> None:
    x = np.arange(64.0).reshape(8, 8)
    album = Album(3)
    found = report_pages.results([one("a", x, x), one("b", x, x + 1), one("c", x, x)], album)
    whole = album.pictures(1e6)
    assert all(whole)
    numbers = [album.of(result)["y"]["picture"]["data"] for result in found]
    for room, kept in (
        (1e6, [1, 1, 1]),
        (len("".join(whole)) - 1, [1, 1, 0]),
        (len(whole[1]) + 8, [0, 1, 0]),
        (0, [0, 0, 0]),
    ):
        assert [bool(album.pictures(room)[k]) for k in numbers] == kept


# When it is written.


def test_a_report_is_written_where_cases_differ_and_the_exit_code_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.html"
    out.write_text("what was there")
    real = pybn.layers.relu.Relu._forward
    monkeypatch.setattr(
        pybn.layers.relu.Relu, "_forward", lambda self, x, out: real(self, x, out) + x.dtype.type(1)
    )
    assert (
        main(
            ["parity", str(FIXTURES / "relu.toml"), "-k", "one row [float64]", "--json", "--report", str(out)]
        )
        == 1
    )
    shown, said = capsys.readouterr()
    assert json.loads(shown)["passed"] is False
    assert said.startswith(f"report: {out} (")
    page = out.read_text(encoding="utf-8")
    assert "The case does not agree" in page
    assert [file.name for file in tmp_path.iterdir()] == ["out.html"]


def test_quiet_says_nothing_of_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", str(FIXTURES / "relu.toml"), "-q", "--report", str(tmp_path / "out.html")]) == 0
    assert capsys.readouterr().err == ""


def test_a_file_that_cannot_be_read_is_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[matlab]\n[python]\n[[case]]\nname = '<b>'\n")
    out = tmp_path / "out.html"
    assert main(["parity", str(tmp_path / "bad.toml"), "--report", str(out)]) == 4
    page = out.read_text(encoding="utf-8")
    assert "1 case file cannot be read" in page
    assert "bad.toml" in index_of(page)["broken"][0]
    assert str(tmp_path) not in json.dumps(index_of(page))


@pytest.mark.parametrize("what", ["a link", "no folder", "a folder"])
def test_what_cannot_be_written_is_told_before_anything_runs(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.html" if what != "no folder" else tmp_path / "none" / "out.html"
    target = tmp_path / "target"
    target.write_text("mine")
    if what == "a link":
        out.symlink_to(target)
    elif what == "a folder":
        out.mkdir()
    monkeypatch.setattr(parity, "run_parity", lambda *_: pytest.fail("it ran"))
    assert main(["parity", str(FIXTURES / "relu.toml"), "--report", str(out)]) == 5
    assert str(out) in capsys.readouterr().err
    assert target.read_text() == "mine"


def test_a_run_that_is_broken_off_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.html"
    out.write_text("the old one")

    def interrupted(*_: Any) -> Iterator[Any]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(parity, "run_parity", interrupted)
    assert main(["parity", str(FIXTURES / "relu.toml"), "--report", str(out)]) == 130
    assert [file.read_text() for file in tmp_path.iterdir()] == ["the old one"]


def test_without_a_report_nothing_of_it_is_loaded() -> None:
    import subprocess
    import sys

    code = "import sys; from pybn.cli import main; main(['parity', '-q', sys.argv[1]]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(FIXTURES / "relu.toml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "pybn.report.html" not in done.stdout.split()
