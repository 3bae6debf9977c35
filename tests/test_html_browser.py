"""The HTML report in a real browser, from disk: what a person sees and does, on a desktop and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import report_pages
from browser import Browser, chromium
from report_pages import HOSTILE, page_of


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
    path.write_text(page_of([*report_pages.others(), *report_pages.differing()]), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Browser:
    """The report on a desktop."""
    browser.size(1440, 900)
    browser.open(file)
    return browser


IMAGES = "#user/images%20%5Bfloat64%5D"
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


def settled(page: Browser) -> None:
    """Wait for pictures."""
    page.until("document.querySelector('.readout')")


def typed(page: Browser, words: str) -> None:
    """Type into the search."""
    page.ask(
        f"(e => {{ e.value = {words!r}; e.dispatchEvent(new Event('input')) }})(document.querySelector('#search'))"
    )


def test_it_loads_without_a_word_on_the_console_and_asks_the_network_for_nothing(
    page: Browser, file: Path
) -> None:
    settled(page)
    assert page.console == []
    assert page.requests == [file.resolve().as_uri()]


def test_the_first_screen_says_whether_how_many_and_what_first(page: Browser) -> None:
    assert text(page, "h1") == "18 of 22 cases do not agree"
    assert "17 differ" in text(page, "#summary")
    assert text(page, "#first").startswith("First: user · no longer [float64]")
    assert page.ask("document.querySelector('#first').getBoundingClientRect().bottom < innerHeight")
    assert text(page, "#detail h2") == "no longer float64"


def test_what_fails_is_listed_first(page: Browser) -> None:
    states = page.ask("[...document.querySelectorAll('.row .glyph')].map(e => e.textContent)")
    assert states == sorted(states, key="✗!≈✓".index)
    assert set(states) == set("✗!≈✓")


def test_filters_by_text_status_dtype_and_tensor(page: Browser) -> None:
    everything = visible(page)
    typed(page, "vector")
    assert visible(page) == ["a vector"]
    assert text(page, "#shown") == "1 of 22 cases"
    typed(page, "")
    assert visible(page) == everything
    page.ask("document.querySelector('[data-status=error]').click()")
    assert visible(page) == ["no answer"]
    page.ask("document.querySelector('[data-status=error]').click()")
    change = (
        "(e => {{ e.value = {1!r}; e.dispatchEvent(new Event('change')) }})"
        "(document.querySelector('[data-filter={0}]'))"
    )
    page.ask(change.format("dtype", "float32"))
    assert visible(page) == ["a vector", "large"]
    page.ask(change.format("dtype", ""))
    page.ask(change.format("tensor", "y"))
    assert "images" in visible(page)
    assert "no longer" not in visible(page)


def test_a_link_opens_its_case_and_its_tensor(browser: Browser, file: Path) -> None:
    browser.open(file, f"{IMAGES}/dx")
    settled(browser)
    assert text(browser, "#detail h2") == "images float64"
    assert text(browser, "#tensor h3") == "dx close"
    assert browser.ask("document.querySelector('.row[aria-current] .name').textContent") == "images"


def test_why_it_differs_and_the_fix_stand_above_the_pictures(browser: Browser, file: Path) -> None:
    browser.open(file, "#user/reversed%20%5Bfloat64%5D")
    settled(browser)
    assert "reversed along axis 0" in text(browser, ".callout.why")
    assert "Fix np.flip" in text(browser, ".callout.why")
    assert "reversed along axis 0" in text(browser, ".row[aria-current] .brief")
    browser.open(file, "#user/bool%20%5Bfloat64%5D")
    settled(browser)
    assert browser.ask("document.querySelectorAll('.callout.why').length") == 0
    assert "Why: " in text(browser, "#detail")


def test_the_worst_slice_comes_first_and_flipping_changes_the_picture(browser: Browser, file: Path) -> None:
    browser.open(file, IMAGES)
    settled(browser)
    assert "[H 7, W 5, C 1, N 2]" in text(browser, ".readout")
    worst = [canvas(browser, k) for k in range(3)]
    assert worst[0] != worst[1]
    browser.key("]")
    assert "2 of 0…2" in text(browser, ".controls")
    other = [canvas(browser, k) for k in range(3)]
    assert all(a != b for a, b in zip(worst, other, strict=True))
    assert (
        len({tuple(other[2][k : k + 4]) for k in range(0, len(other[2]), 4)}) == 1
    )  # no error in that slice
    browser.ask("document.querySelector('[data-key=worst]').click()")
    assert [canvas(browser, k) for k in range(3)] == worst
    browser.ask("document.querySelector('[aria-label=\"next N\"]').click()")
    assert canvas(browser, 0) != worst[0]


def test_pointing_at_an_element_tells_its_index_and_both_values(browser: Browser, file: Path) -> None:
    browser.open(file, IMAGES)
    settled(browser)
    shown = report_values(file)
    for row, column in ((0, 0), (7, 5), (11, 9)):
        where = browser.ask(
            "(e => { e.scrollIntoView({ block: 'center' }); const b = e.getBoundingClientRect(); "
            "return [b.left, b.top, b.width, b.height] })(document.querySelectorAll('.panel .frame canvas')[1])"
        )
        left, top, width, height = where
        browser.mouse(left + width * (column + 0.5) / 10, top + height * (row + 0.5) / 12)
        found = text(browser, ".readout")
        assert f"[H {row}, W {column}, C 1, N 2]" in found
        want, got = (side[row, column, 1, 2] for side in shown)
        assert repr(float(want)) in found
        assert repr(float(got)) in found


def report_values(file: Path) -> tuple[Any, Any]:
    """Both sides of the images, as the file holds them."""
    from test_html_report import index_of, side_of

    page = file.read_text(encoding="utf-8")
    (case,) = (c for c in index_of(page)["cases"] if c["name"] == "images")
    picture = case["tensors"][0]["picture"]
    return side_of(page, picture, "expected"), side_of(page, picture, "obtained")


def test_arrow_keys_read_a_picture(browser: Browser, file: Path) -> None:
    browser.open(file, IMAGES)
    settled(browser)
    browser.ask("document.querySelector('.panel .frame canvas').focus()")
    browser.key("ArrowLeft")
    browser.key("ArrowDown")
    assert "[H 8, W 4, C 1, N 2]" in text(browser, ".readout")


@pytest.mark.parametrize(
    ("name", "colour"), [("NaN", (214, 39, 160)), ("Inf", (240, 140, 0)), ("-Inf", (0, 150, 160))]
)
def test_what_is_no_number_has_a_colour_of_its_own(
    browser: Browser, file: Path, name: str, colour: Any
) -> None:
    browser.open(file, "#user/NaN%20and%20Inf%20%5Bfloat64%5D")
    settled(browser)
    sides = [np.array(canvas(browser, k)).reshape(6, 5, 4)[..., :3] for k in (0, 1)]
    where = {"NaN": (0, (0, 0)), "Inf": (0, (5, 4)), "-Inf": (1, (2, 2))}[name]
    assert tuple(sides[where[0]][where[1]]) == colour
    assert name in text(browser, ".legend")


def test_distances_in_ulp_are_those_of_the_comparison(browser: Browser, file: Path) -> None:
    browser.open(file, f"{IMAGES}/dx")
    settled(browser)
    assert text(browser, ".readout").endswith("ULP 1")
    browser.open(file, "#user/across%20zero%20%5Bfloat64%5D")
    settled(browser)
    assert text(browser, ".readout").endswith("ULP 3")
    browser.open(file, "#user/large%20integers%20%5Bfloat64%5D")
    settled(browser)
    assert "1152921504606846970" in text(browser, ".readout")
    assert text(browser, ".readout").endswith("units 1")


def test_hostile_names_are_inert_and_shown(browser: Browser, file: Path) -> None:
    browser.open(file)
    named = [k for k, name in enumerate(visible(browser)) if name.startswith("</script>")]
    assert len(named) == 1
    browser.ask(f"document.querySelectorAll('.row')[{named[0]}].click()")
    browser.until("document.querySelector('h2').textContent.startsWith('</script>')")
    settled(browser)
    assert text(browser, "h2").startswith("</script><img src=x onerror=alert(1)>\\u2028\\u202e{{script}}")
    assert browser.ask("document.querySelectorAll('img, b b').length") == 0
    assert browser.console == []
    assert len(browser.requests) == 1
    assert HOSTILE[:9] in text(browser, "#detail")


@pytest.mark.parametrize(
    "fragment",
    ["", "#overview", IMAGES, "#user/a%20vector%20%5Bfloat32%5D", "#user/no%20answer%20%5Bfloat64%5D"],
)
@pytest.mark.parametrize("width", [390, 320, 1440])
def test_nothing_scrolls_sideways(browser: Browser, file: Path, fragment: str, width: int) -> None:
    browser.size(width, 844, phone=width < 900)
    browser.open(file, fragment)
    if fragment not in ("", "#overview", "#user/no%20answer%20%5Bfloat64%5D"):
        settled(browser)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert browser.ask(
        "[...document.querySelectorAll('#detail, #cases')].every(e => e.scrollWidth <= e.clientWidth)"
    )
    browser.size(1440, 900)


def test_the_page_is_dark_where_the_reader_wants_it_and_pictures_follow(browser: Browser, file: Path) -> None:
    ground, error = {}, {}
    for scheme in ("light", "dark"):
        browser.size(1440, 900, scheme=scheme)
        browser.open(file, IMAGES)
        settled(browser)
        ground[scheme] = browser.ask("getComputedStyle(document.body).backgroundColor")
        error[scheme] = canvas(browser, 2)[:3]
    browser.size(1440, 900)
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
  const tags = "h1, h2, h3, p, td, th, dt, dd, a, span, code, button, summary";
  const read = (e) => e.innerText && e.offsetParent && !e.closest("[aria-disabled]");
  return [...document.querySelectorAll(tags)].filter(read).map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), e.className, e.innerText.slice(0, 30)];
  }).filter(([ratio]) => ratio < 4.5);
})()"""


def test_words_stand_out_from_the_ground(browser: Browser, file: Path) -> None:
    """Text has a contrast of at least 4.5 in both schemes, as WCAG 2 asks."""
    for scheme in ("light", "dark"):
        browser.size(1440, 900, scheme=scheme)
        for fragment in ("", IMAGES, "#user/padding%20%5Bfloat64%5D", "#user/no%20answer%20%5Bfloat64%5D"):
            browser.open(file, fragment)
            assert browser.ask(FAINT) == []
    browser.size(1440, 900)


def test_everything_to_press_has_a_name(browser: Browser, file: Path) -> None:
    browser.open(file, IMAGES)
    settled(browser)
    tree = browser.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "link", "slider", "combobox", "searchbox", "image", "table", "navigation"}
    found = [node for node in tree if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    assert {node["role"]["value"] for node in found} >= roles - {"table"}
    assert not [
        node for node in found if not node.get("name", {}).get("value") and node["role"]["value"] != "table"
    ]
    assert browser.ask(
        "[...document.querySelectorAll('table')].every(t => t.caption && t.querySelector('th[scope]'))"
    )


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
    browser.ask("location.hash = document.querySelector('.row').hash; 1")
    settled(browser)
    assert "no difference" in text(browser, ".panels")
