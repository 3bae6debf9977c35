"""The HTML report in a real browser, from disk: what a person sees and does, on a desktop and on a phone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import report_pages
from browser import Browser, chromium
from report_pages import HOSTILE, page_of
from test_html_report import index_of, side_of


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests; where there is none, they are skipped."""
    if chromium() is None:
        pytest.skip("chromium is not here; as root: apt-get install --no-install-recommends chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of cases of every kind."""
    path = tmp_path_factory.mktemp("report") / "out.html"
    path.write_text(page_of(report_pages.every()), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Browser:
    """The report on a desktop."""
    browser.size(1440, 900)
    browser.open(file)
    return browser


@pytest.fixture
def phone(browser: Browser, file: Path) -> Iterator[Browser]:
    """The report on a phone."""
    browser.size(390, 844, phone=True)
    browser.open(file)
    yield browser
    browser.size(1440, 900)


def case(name: str, dtype: str = "float64", tensor: str = "") -> str:
    """The address of a case, and of one of its tensors."""
    name = name.replace(" ", "%20")
    return f"#user/{name}%20%5B{dtype}%5D" + (f"/{tensor}" if tensor else "")


IMAGES, VECTOR, ERROR = case("images"), case("a vector", "float32"), case("no answer")
SHOWN = "[...document.querySelectorAll('.row')].filter(e => !e.hidden).map(e => e.querySelector('.name').textContent)"


def visible(page: Browser) -> list[str]:
    """The names of the cases that are listed."""
    found: list[str] = page.ask(SHOWN)
    return found


def text(page: Browser, selector: str) -> str:
    """The text of an element, its white space made one."""
    return str(page.ask(f"document.querySelector({selector!r}).innerText.replace(/\\s+/g, ' ').trim()"))


def canvas(page: Browser, which: int) -> list[int]:
    """The bytes of a picture: 0 is the expected side, 1 the obtained one, 2 the error."""
    found: list[int] = page.ask(
        f"(c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data])"
        f"(document.querySelectorAll('.panel .frame canvas')[{which}])"
    )
    return found


def pixels(page: Browser, which: int, *shape: int) -> Any:
    """A picture as an array of red, green and blue."""
    return np.array(canvas(page, which)).reshape(*shape, 4)[..., :3]


def typed(page: Browser, words: str) -> None:
    """Type into the search."""
    page.ask(
        f"(e => {{ e.value = {words!r}; e.dispatchEvent(new Event('input')) }})(document.querySelector('#search'))"
    )


def chosen(page: Browser, name: str, value: str) -> None:
    """Choose a value of a filter."""
    page.ask(
        f"(e => {{ e.value = {value!r}; e.dispatchEvent(new Event('change')) }})"
        f"(document.querySelector('[data-filter={name}]'))"
    )


# What one sees first.


def test_it_loads_without_a_word_on_the_console_and_asks_the_network_for_nothing(
    page: Browser, file: Path
) -> None:
    for fragment in ("#overview", IMAGES, VECTOR, case("printed"), ""):
        page.show(fragment)
    assert page.console == []
    assert page.requests == [file.resolve().as_uri()]


def test_the_first_screen_says_whether_and_how_many_and_shows_the_first(page: Browser) -> None:
    assert text(page, "h1") == "25 of 29 cases do not agree"
    assert "24 differ" in text(page, "#summary")
    assert text(page, "#detail h2") == "no longer float64"
    assert page.ask("document.querySelector('#detail h2').getBoundingClientRect().bottom < 200")
    page.show(case("near and far"))
    bottom = page.ask("document.querySelector('.panels').getBoundingClientRect().bottom")
    assert bottom < 900, "the pictures are on the first screen"


def test_a_phone_shows_what_is_wrong_and_the_list_below(phone: Browser) -> None:
    assert text(phone, "#first").startswith("First: user · no longer [float64]")
    assert phone.ask("document.querySelector('#first').getBoundingClientRect().bottom < innerHeight")
    assert not phone.ask("document.querySelector('#detail').offsetParent")


def test_what_fails_is_listed_first(page: Browser) -> None:
    states = page.ask("[...document.querySelectorAll('.row .glyph')].map(e => e.textContent)")
    assert states == sorted(states, key="✗!≈✓".index)
    assert set(states) == set("✗!≈✓")


def test_the_overview_says_why_and_leads_to_the_cases(page: Browser) -> None:
    page.show("#overview")
    told = text(page, ".causes")
    assert "flipped axes obtained is expected reversed along axis 0 (N) 1 user · reversed" in told
    assert "text differs 2 user · printed" in told
    assert "no known mistake fits 1 user · bool" in told
    page.ask(
        "[...document.querySelectorAll('.causes button')].find(e => e.textContent === 'text differs').click()"
    )
    assert visible(page) == ["printed", "a struct"]
    assert page.ask("document.querySelector('[data-filter=cause]').value") == "text differs"


# The list and its filters.


def test_filters_by_text_and_status(page: Browser) -> None:
    everything = visible(page)
    typed(page, "vector")
    assert visible(page) == ["a vector"]
    assert text(page, "#shown") == "1 of 29 cases"
    typed(page, "")
    assert visible(page) == everything
    page.ask("document.querySelector('[data-status=error]').click()")
    assert visible(page) == ["no answer"]
    typed(page, "vector")
    assert text(page, "#rows").endswith("No case passes these filters.")
    page.ask("document.querySelector('#clear').click()")
    assert visible(page) == everything


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("dtype", "float32", ["a vector", "large"]),
        ("verdict", "missing", ["missing"]),
        ("verdict", "wrong shape", ["wrong shape", "a struct"]),
        ("layer", "relu1", ["layers"]),
        ("tensor", "said", ["printed"]),
        ("cause", "flipped axes", ["reversed"]),
    ],
)
def test_filters_by_what_tensors_are(page: Browser, name: str, value: str, wanted: list[str]) -> None:
    chosen(page, name, value)
    assert visible(page) == wanted
    assert text(page, "#shown") == f"{len(wanted)} of 29 cases"


def test_a_case_in_a_group_that_is_folded_up_is_shown_in_the_list(page: Browser) -> None:
    page.ask("document.querySelectorAll('.group').forEach(e => { e.open = false }); 1")
    page.show(IMAGES)
    assert page.ask("document.querySelector('.row[aria-current]').closest('details').open")


def test_j_and_k_go_from_case_to_case_of_those_that_are_listed(page: Browser) -> None:
    typed(page, "wrong")
    assert visible(page)[:3] == ["no longer", "wrong shape", "wrong dtype"]
    for key, name in (("j", "wrong shape"), ("j", "wrong dtype"), ("k", "wrong shape")):
        page.key(key)
        page.until(f"document.querySelector('h2').textContent.startsWith({name!r})")


# One case.


def test_a_link_opens_its_case_and_its_tensor(page: Browser) -> None:
    page.show(f"{IMAGES}/dx")
    assert text(page, "#detail h2") == "images float64"
    assert text(page, "#tensor h3") == "dx close float64 H 12 W 10 C 3 N 4"
    assert page.ask("document.querySelector('.row[aria-current] .name').textContent") == "images"


def test_the_figures_of_a_tensor_begin_with_how_many_elements_differ(page: Browser) -> None:
    page.show(IMAGES)
    assert text(page, "#tensor .facts").startswith(
        "beyond what is allowed 12 of 1,440 (0.83 %) max difference "
    )
    assert text(page, "#tensor .facts").endswith("allowed 2 ULP, because sums in another order")


def test_why_it_differs_and_the_fix_stand_above_the_pictures(page: Browser) -> None:
    page.show(case("reversed"))
    assert "reversed along axis 0" in text(page, ".callout.why")
    assert "Fix np.flip" in text(page, ".callout.why")
    assert "reversed along axis 0" in text(page, ".row[aria-current] .brief")
    page.show(case("bool"))
    assert page.ask("document.querySelectorAll('.callout.why').length") == 0
    assert "No known porting mistake reconciles both sides." in text(page, "#detail")


def test_the_command_that_runs_a_case_again_is_copied(page: Browser) -> None:
    page.ask("navigator.clipboard.writeText = async (told) => { window.copied = told }; 1")
    copy = "document.querySelector('.again button').click()"
    page.show(IMAGES)
    page.ask(copy)
    page.until("window.copied")
    copied = page.ask("window.copied")
    assert shlex.split(copied)[:2] == ["pybn", "parity"]
    assert shlex.split(copied)[2:] == [
        *shlex.split(copied)[2:3],
        "-k",
        "images [float64]",
        "--expected",
        "octave",
    ]
    assert text(page, ".again button") == "Copied"
    page.ask(f"location.hash = {find_row(HOSTILE[:9])}.hash; window.copied = ''; 1")
    page.until("document.querySelector('h2').textContent.startsWith('</script>')")
    page.ask(copy)
    page.until("window.copied")
    assert shlex.split(page.ask("window.copied"))[4].endswith("' \" & <b> [float64]")
    assert page.ask("getComputedStyle(document.querySelector('.again code')).userSelect") != "none"


def test_what_pybn_parity_cannot_run_again_is_run_by_its_own_command(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "out.html").write_text(page_of(report_pages.every(), sides=("octave", "exported")))
    browser.open(tmp_path / "out.html")
    browser.show(IMAGES)
    assert text(browser, ".again code") == index_of((tmp_path / "out.html").read_text())["command"]


def find_row(start: str) -> str:
    """The row of the case whose name starts like this."""
    names = "e.querySelector('.name').textContent"
    return f"[...document.querySelectorAll('.row')].find(e => {names}.startsWith({start!r}))"


def test_printed_text_is_shown_line_by_line_with_what_is_another_marked(page: Browser) -> None:
    page.show(case("printed"))
    lines = page.ask(
        "[...document.querySelectorAll('.texts .line')].map(e => e.dataset.sign === undefined ? '…' : "
        "e.querySelector('.sign').textContent + e.lastChild.textContent)"
    )
    assert lines == [
        "…",
        *[f" step {k}: loss {1 / k:.4f}" for k in (7, 8, 9)],
        "\u2212step 10: loss 0.1000",
        "+step 10: loss 0.1001",
        "+a warning <b>",
        *[f" step {k}: loss {1 / k:.4f}" for k in (11, 12, 13)],
        "…",
        *[f" step {k}: loss {1 / k:.4f}" for k in (16, 17, 18)],
        "\u2212step 19: loss 0.0526",
        " step 20: loss 0.0500",
    ]
    assert page.ask("[...document.querySelectorAll('.texts mark')].map(e => e.textContent)") == ["0", "1"]
    assert 'name "a <b>"' in text(page, ".given")


def test_a_leaf_of_a_struct_is_shown_by_its_path(page: Browser) -> None:
    page.show(case("a struct"))
    assert text(page, "#tensor h3") == "s.name differs text"
    page.ask("document.querySelectorAll('.tensors button')[2].click()")
    page.until("document.querySelector('#tensor h3').textContent.startsWith('s.weights{2}')")
    assert [len(canvas(page, k)) for k in (0, 1)] == [4 * 8, 4 * 8]
    assert "axis 0 ↓ axis 1 →" in text(page, ".panels")


def test_a_number_is_two_numbers_and_no_picture(page: Browser) -> None:
    page.show(case("a number"))
    assert text(page, "#tensor h3") == "y differs float64 scalar"
    assert text(page, "#tensor .facts").startswith(
        "wanted 1.0 got 1.0000000000000002 max difference 2.2e-16 "
    )
    assert page.ask("document.querySelectorAll('#tensor canvas, .histogram').length") == 0


# The pictures.


def test_the_worst_slice_comes_first_and_flipping_changes_the_picture(page: Browser) -> None:
    page.show(IMAGES)
    assert "[H 7, W 5, C 1, N 2]" in text(page, ".readout")
    worst = [canvas(page, k) for k in range(3)]
    assert worst[0] != worst[1]
    page.key("]")
    assert "2 of 0…2" in text(page, ".controls")
    other = [canvas(page, k) for k in range(3)]
    assert all(a != b for a, b in zip(worst, other, strict=True))
    assert (
        len({tuple(other[2][k : k + 4]) for k in range(0, len(other[2]), 4)}) == 1
    )  # no error in that slice
    page.key("w")
    assert [canvas(page, k) for k in range(3)] == worst
    page.ask("document.querySelector('[aria-label=\"next N\"]').click()")
    assert canvas(page, 0) != worst[0]
    page.ask("document.querySelector('[data-key=worst]').click()")
    assert [canvas(page, k) for k in range(3)] == worst


def test_a_slider_flips_too_and_keeps_the_focus(page: Browser) -> None:
    page.show(IMAGES)
    page.ask("document.querySelector('input[aria-label=N]').focus()")
    page.key("ArrowRight")
    page.until("document.querySelector('.readout').innerText.includes('N 3]')")
    assert page.ask("document.activeElement.getAttribute('aria-label')") == "N"


def test_pointing_at_an_element_tells_its_index_and_both_values(page: Browser, file: Path) -> None:
    page.show(IMAGES)
    shown = report_values(file)
    for row, column in ((0, 0), (7, 5), (11, 9)):
        where = page.ask(
            "(e => { e.scrollIntoView({ block: 'center' }); const b = e.getBoundingClientRect(); "
            "return [b.left, b.top, b.width, b.height] })(document.querySelectorAll('.panel .frame canvas')[1])"
        )
        left, top, width, height = where
        page.mouse(left + width * (column + 0.5) / 10, top + height * (row + 0.5) / 12)
        found = text(page, ".readout")
        assert f"[H {row}, W {column}, C 1, N 2]" in found
        want, got = (side[row, column, 1, 2] for side in shown)
        assert repr(float(want)) in found
        assert repr(float(got)) in found


def report_values(file: Path) -> tuple[Any, Any]:
    """Both sides of the images, as the file holds them."""
    page = file.read_text(encoding="utf-8")
    (found,) = (c for c in index_of(page)["cases"] if c["name"] == "images")
    picture = found["tensors"][0]["picture"]
    return side_of(page, picture, "expected"), side_of(page, picture, "obtained")


def test_arrow_keys_read_a_picture(page: Browser) -> None:
    page.show(IMAGES)
    page.ask("document.querySelector('.panel .frame canvas').focus()")
    page.key("ArrowLeft")
    page.key("ArrowDown")
    assert "[H 8, W 4, C 1, N 2]" in text(page, ".readout")


def test_what_is_no_number_has_a_colour_of_its_own(page: Browser) -> None:
    page.show(case("NaN and Inf"))
    sides = [pixels(page, k, 6, 5) for k in (0, 1)]
    for name, side, at, colour in (
        ("NaN", 0, (0, 0), (214, 39, 160)),
        ("Inf", 0, (5, 4), (240, 140, 0)),
        ("-Inf", 1, (2, 2), (0, 150, 160)),
    ):
        assert tuple(sides[side][at]) == colour
        assert name in text(page, ".legend")


def test_colour_is_for_what_is_beyond_what_is_allowed(page: Browser) -> None:
    page.show(case("near and far"))
    error = pixels(page, 2, 4, 5)
    spread = error.max(axis=-1) - error.min(axis=-1)
    assert spread[0, 0] < 25, "1 ULP of 2 that are allowed is grey"
    assert tuple(error[0, 0]) != tuple(error[1, 1]), "and is seen"
    assert spread[3, 4] > 100, "what is beyond is red"
    assert "differs, but is within what is allowed" in text(page, ".legend")
    assert "verdict differs" in text(page, ".readout")
    page.ask("document.querySelector('.panel .frame canvas').focus()")
    for key in ["ArrowUp"] * 3 + ["ArrowLeft"] * 4:
        page.key(key)
    assert text(page, ".readout").endswith("ULP 1 verdict within what is allowed")


def test_a_single_wrong_element_of_very_many_is_seen_at_any_size(browser: Browser, file: Path) -> None:
    for width in (390, 1440):
        browser.size(width, 900, phone=width < 900)
        browser.open(file, case("one of many"))
        error = np.array(canvas(browser, 2)).reshape(-1, 4)
        assert len(error) < 3000, "there are more elements than pixels"
        assert sum(int(r) - int(b) > 100 for r, _, b, _ in error) == 1
        assert sum(r > 200 for r, *_ in np.array(canvas(browser, 1)).reshape(-1, 4)) == 1
        assert "1 of 3,000" in text(browser, "#tensor .facts")
    browser.size(1440, 900)


def test_a_side_that_reaches_far_beyond_does_not_hide_the_other(page: Browser) -> None:
    page.show(case("far beyond"))
    want = pixels(page, 0, 4, 5)[..., 0]
    assert len(np.unique(want)) == 20
    assert "on the same scale; reaches from 2 to 1.9e10" in text(page, ".panels")


def test_a_tall_tensor_lies_down_and_is_drawn_as_lines(page: Browser) -> None:
    page.show(case("tall"))
    assert page.ask("document.querySelector('.panels').classList.contains('strips')")
    wide, high = page.ask(
        "(b => [b.width, b.height])(document.querySelector('.panel .frame').getBoundingClientRect())"
    )
    assert wide > 800
    assert high < 80
    assert "Along T at D 0" in text(page, ".curve")
    first = page.ask("document.querySelector('.curve path.broad').getAttribute('d')")
    page.ask("document.querySelector('.panel .frame canvas').focus()")
    page.key("ArrowDown")
    assert "Along T at D 1" in text(page, ".curve")
    assert page.ask("document.querySelector('.curve path.broad').getAttribute('d')") != first


def test_distances_in_ulp_are_those_of_the_comparison(page: Browser) -> None:
    page.show(f"{IMAGES}/dx")
    assert "ULP 1 verdict" in text(page, ".readout")
    page.show(case("across zero"))
    assert "ULP 3 verdict" in text(page, ".readout")
    page.show(case("large integers"))
    assert "1152921504606846970" in text(page, ".readout")
    assert "units 1 verdict" in text(page, ".readout")


def test_the_histogram_tells_what_is_allowed_from_what_is_not(page: Browser) -> None:
    page.show(case("near and far"))
    bars = page.ask(
        "[...document.querySelectorAll('.histogram tbody tr')].map(e => [...e.cells].map(c => c.textContent))"
    )
    assert [[bar[0], *bar[2:]] for bar in bars] == [["0", "18", ""], ["1", "1", ""], ["≤ 248", "1", "1"]]
    assert text(page, ".histogram .legend") == "equal within what is allowed beyond"


# What it must not do, and for whom it is.


def test_hostile_names_are_inert_and_shown(page: Browser) -> None:
    named = [k for k, name in enumerate(visible(page)) if name.startswith("</script>")]
    assert len(named) == 1
    page.ask(f"document.querySelectorAll('.row')[{named[0]}].click()")
    page.until("document.querySelector('h2').textContent.startsWith('</script>')")
    assert text(page, "h2").startswith("</script><img src=x onerror=alert(1)>\\u2028\\u202e{{script}}")
    assert page.ask("document.querySelectorAll('img, b b').length") == 0
    assert page.console == []
    assert len(page.requests) == 1
    assert HOSTILE[:9] in text(page, "#detail")


WATCH = """
window.widest = 0;
new MutationObserver(() => { widest = Math.max(widest, document.documentElement.scrollWidth); })
  .observe(document, { childList: true, subtree: true, attributes: true });
window.shifts = 0;
new PerformanceObserver((list) => { for (const each of list.getEntries()) shifts += each.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_scrolls_sideways_at_any_moment_and_nothing_moves(
    browser: Browser, file: Path, width: int
) -> None:
    browser.size(width, 844, phone=width < 900)
    browser.before(WATCH)
    for fragment in (VECTOR, ""):
        browser.open(file, fragment)
        browser.frames()
        assert browser.ask("shifts") < 0.01
    for fragment in ("#overview", IMAGES, VECTOR, ERROR, case("wrong shape"), case("tall"), case("printed")):
        browser.show(fragment)
        assert browser.ask(
            "['#detail', '#rows'].map(s => document.querySelector(s)).every(e => e.scrollWidth <= e.clientWidth)"
        )
    assert browser.ask("widest") <= width
    browser.before("")
    browser.size(1440, 900)


def test_a_phone_has_room_for_fingers(phone: Browser) -> None:
    small = (
        "[...document.querySelectorAll('a, button, select, summary, input')].filter(e => e.offsetParent)"
        ".map(e => [e.getBoundingClientRect(), e.innerText || e.ariaLabel])"
        ".filter(([b]) => b.width < 24 || b.height < 24)"
        ".map(([b, words]) => [words, b.width, b.height])"
    )
    for fragment in ("", "#overview", f"{IMAGES}", case("printed")):
        phone.show(fragment)
        assert [each for each in phone.ask(small) if each[0] != "Skip to what is shown"] == []


def test_back_on_a_phone_is_where_the_list_was(phone: Browser) -> None:
    phone.ask("scrollTo(0, 900)")
    phone.show(case("large", "float32"))
    assert phone.ask("scrollY") == 0
    assert phone.ask("document.activeElement.id") == "detail"
    phone.ask("document.querySelector('.back').click()")
    phone.until("document.body.dataset.shown === ''")
    assert phone.ask("scrollY") == 900


def test_the_page_is_dark_where_the_reader_wants_it_and_pictures_follow(page: Browser) -> None:
    ground, error = {}, {}
    page.show(IMAGES)
    for scheme in ("light", "dark"):
        page.size(1440, 900, scheme=scheme)
        page.frames()
        ground[scheme] = page.ask("getComputedStyle(document.body).backgroundColor")
        error[scheme] = canvas(page, 2)[:3]
    page.size(1440, 900)
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 22, 26)"}
    assert sum(error["light"]) > sum(error["dark"])


FAINT = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255);
  const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (colour) => parts(colour).map(linear).reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)|transparent/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const tags = "h1, h2, h3, p, td, th, dt, dd, a, span, code, button, summary, mark, option";
  const read = (e) => e.innerText && e.offsetParent && !e.closest("[aria-disabled]");
  return [...document.querySelectorAll(tags)].filter(read).map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), e.className, e.innerText.slice(0, 30)];
  }).filter(([ratio]) => ratio < 4.5);
})()"""


def test_words_stand_out_from_the_ground(page: Browser) -> None:
    """Text has a contrast of at least 4.5 in both schemes, as WCAG 2 asks."""
    for scheme in ("light", "dark"):
        page.size(1440, 900, scheme=scheme)
        for fragment in ("", "#overview", IMAGES, case("padding"), ERROR, case("printed"), case("reversed")):
            page.show(fragment)
            assert page.ask(FAINT) == []
    page.size(1440, 900)


def test_everything_to_press_has_a_name(page: Browser) -> None:
    page.show(IMAGES)
    tree = page.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "link", "slider", "combobox", "searchbox", "image", "table", "navigation"}
    found = [node for node in tree if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    assert {node["role"]["value"] for node in found} >= roles - {"table"}
    assert not [
        node for node in found if not node.get("name", {}).get("value") and node["role"]["value"] != "table"
    ]
    assert page.ask(
        "[...document.querySelectorAll('table')].every(t => t.caption && t.querySelector('th[scope]'))"
    )
    links = [node["name"]["value"] for node in found if node["role"]["value"] == "link"]
    assert any("images differs float64" in name for name in links), "a row says how its case ended"


def test_the_keys_are_told_where_one_asks(page: Browser) -> None:
    page.key("?")
    page.until("document.body.dataset.shown === '#overview'")
    page.until(
        "(b => b.top >= 0 && b.bottom <= innerHeight)(document.querySelector('#keys').getBoundingClientRect())"
    )


def test_on_paper_is_the_case_and_what_fails_and_nothing_to_press(browser: Browser, file: Path) -> None:
    browser.size(800, 1100, medium="print")
    browser.open(file, IMAGES)
    gone = "['form', '.controls', '.tools', '.tally', '.skip'].filter(s => document.querySelector(s).offsetParent)"
    assert browser.ask(gone) == []
    assert "images" in text(browser, "#detail h2")
    assert browser.ask("document.querySelector('.panels').offsetParent !== null")
    assert browser.ask(f"{find_row('images')}.offsetParent !== null")
    assert browser.ask(f"{find_row('equal')}.offsetParent === null")
    assert browser.ask("document.documentElement.scrollWidth") <= 800
    assert browser.ask("document.querySelector('h1').getBoundingClientRect().width") > 600
    browser.size(1440, 900)


def test_a_report_of_nothing_but_agreement_shows_the_overview(browser: Browser, tmp_path: Path) -> None:
    x = np.eye(3)
    (tmp_path / "green.html").write_text(
        page_of([report_pages.one("one", x, x), report_pages.one("two", x, x)])
    )
    browser.size(1440, 900)
    browser.open(tmp_path / "green.html")
    assert text(browser, "h1") == "All 2 cases agree"
    assert text(browser, "#detail h2") == "Overview"
    assert "Octave 7.3.0" in text(browser, "#detail")
    browser.show(browser.ask("document.querySelector('.row').hash"))
    assert "no difference" in text(browser, ".panels")
