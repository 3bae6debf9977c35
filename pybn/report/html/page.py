"""One HTML file that holds everything: what was found, the pictures, the script that shows them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from pybn.errors import PybnError
from pybn.parity import Result, Status
from pybn.report.html.album import Album
from pybn.report.html.told import Words, case_told, shortened
from pybn.report.style import printable

SCRIPTS = (
    *("base", "data", "colours", "pictures", "curve", "controls", "viewer", "facts", "histogram", "texts"),
    *("tensor", "case", "causes", "overview", "filters", "list", "main"),
)
LARGEST = 4_900_000  # bytes of a report: pictures go where it would be larger
NO_SCRIPT, LINE = 200, 500  # cases that fail which are listed for those without scripts; letters of each


def html_report(
    results: Sequence[Result],
    album: Album,
    about: Mapping[str, Any],
    words: Words = str,
    broken: Sequence[PybnError] = (),
) -> str:
    """Return the report as HTML.

    `about` is the provenance as JSON data: "expected", "obtained" (the sides' names), "versions", "command",
    "options" (of the sides, None where `pybn parity` cannot run a case again), "date", "files" (.m files and their
    SHA-256), "used" (of each result, which of these), "skipped", "staging".
    `words` takes the paths of this machine out of a message.
    """
    files = {result.case.file: k for k, result in enumerate({r.case.file: r for r in results}.values())}
    told = {
        **{key: value for key, value in about.items() if key != "used"},
        "paths": [words(str(file.resolve())) for file in files],
        "broken": [words(str(error)) for error in broken],
        "cases": [
            case_told(result, album.of(result), words) | {"file": files[result.case.file], "m": used}
            for result, used in zip(results, about["used"], strict=True)
        ],
    }
    script = "(() => {\n'use strict';\n" + "\n".join(_asset(f"{name}.js") for name in SCRIPTS) + "\n})();"
    style = _asset("page.css")
    parts = {
        "script": script,
        "style": style,
        "policy": _policy(script, style),
        "title": escape(f"{headline(results, broken)} · pybn parity"),
        "headline": escape(headline(results, broken)),
        "state": "good" if all(r.passed for r in results) and not broken else "bad",
        "without": _without_script(results, broken, words),
        "index": _packed(_json(told).encode()),
    }
    page = _asset("page.html")
    room = LARGEST - len(page.encode()) - sum(len(part.encode()) for part in parts.values())
    parts["pictures"] = "\n".join(album.pictures(room))
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], page)


def headline(results: Sequence[Result], broken: Sequence[PybnError] = ()) -> str:
    """Say in a few words whether all agree."""
    count = Counter(result.status for result in results)
    bad = sum(not result.passed for result in results)
    unread = f"{len(broken)} case file{'s' * (len(broken) > 1)} cannot be read" if broken else ""
    if bad:
        said = f"{bad:,} of {len(results):,} cases {'does' if bad == 1 else 'do'} not agree"
        said = "The case does not agree" if len(results) == 1 else said
    elif not results:
        said = ""
    elif not count[Status.AGREES]:
        said = "None agrees, as declared"
    else:
        said = f"All {len(results):,} cases agree" if len(results) > 1 else "The case agrees"
        said += ", but for known divergences" if count[Status.DIVERGES] else ""
    return "; ".join(part for part in (said, unread) if part) or "No cases"


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _json(told: Mapping[str, Any]) -> str:
    """Return JSON of texts in which nothing is that one would not see; most have nothing of the kind."""
    text = json.dumps(told, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    if text.isprintable() and "\\u00" not in text:
        return text
    return json.dumps(_shown(told), allow_nan=False, separators=(",", ":"))


def _shown(value: Any) -> Any:
    """Escape in all texts what would not be seen, or would turn the order of what is: controls, bidi overrides."""
    if isinstance(value, str):
        return value if value.isprintable() else printable(value)
    if isinstance(value, Mapping):
        return {_shown(key): _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list | tuple) else value


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def _policy(script: str, style: str) -> str:
    """Allow this script and this style, by their hashes, and nothing else: no network, no frame, no form."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(x.encode()).digest()).decode()}'" for x in (script, style)
    ]
    return (
        f"default-src 'none'; script-src {hashes[0]}; style-src {hashes[1]}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _without_script(results: Sequence[Result], broken: Sequence[PybnError], words: Words) -> str:
    """Return what does not agree as a plain list, for those who read without scripts."""
    bad = [result for result in results if not result.passed]
    lines = [words(str(error)) for error in broken]
    for result in bad[:NO_SCRIPT]:
        differing = "; ".join(c.explain() for c in result.comparisons if not c.verdict.agrees)
        said = words(": ".join(part for part in (result.message, differing) if part))
        lines.append(shortened(f"{result.case.stem}: {result.case.id}: {result.status}: {said}", LINE))
    if len(bad) > NO_SCRIPT:
        lines.append(f"and {len(bad) - NO_SCRIPT} more")
    return "".join(f"<li>{escape(printable(line))}</li>" for line in lines)
