"""Each construct of tests/constructs: staged, told of rightly, and run under Octave with MATLAB's answer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from constructs import KINDS, Construct, constructs
from octave_cases import make_job

from pybn.engines.octave import OctaveEngine
from pybn.engines.octave.session import find_octave
from pybn.mfile import lines
from pybn.staging import Plan, plan, write
from pybn.staging.moves import RULE as MOVED
from pybn.staging.refusing import refusing
from pybn.staging.rule_names import meanings
from pybn.staging.source import readable
from pybn.staging.write import SHIMS

ALL = constructs()
EVERY = frozenset(meanings())


def having(part: str) -> list[Construct]:
    """Return the constructs that have a part."""
    return [told for told in ALL if part in told.parts]


def each_of(chosen: list[Construct]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("told", chosen, ids=lambda told: told.title)


RUN_ONE = r"""function run_one(file)
  parts = strsplit(fileread(file), "\1");
  folders = strsplit(parts{1}, "\n");
  for k = numel(folders):-1:1
    if any(strfind(folders{k}, 'pybn_shims')), addpath(folders{k}, '-end'); else, addpath(folders{k}); end
  end
  said = evalc(["try\n", parts{2}, "\ncatch e__, printf('!! %s\\n', e__.message);\nend"]);
  for k = 1:numel(folders), rmpath(folders{k}); end
  printf("\2%s\n%s", file, said);
end
"""
LINE_OF = """function line = line_of(e, name)
  line = e.stack(find(strcmp({e.stack.name}, name), 1)).line;
end
"""
RUN_ALL = r"""warning('off', 'all');
jobs = strsplit(strtrim(fileread('jobs')), "\n");
for job_ = 1:numel(jobs), run_one(jobs{job_}); clear -functions; end
"""


def planned(told: Construct, folder: Path, allow: frozenset[str] = frozenset()) -> Plan:
    """Write a construct's tree, and decide what its copy is to be."""
    return plan([told.write(folder / told.slug)], allow)


def run(folder: Path, allow: frozenset[str], chosen: list[Construct]) -> dict[str, list[str]]:
    """Stage the trees, run what is to be run in one Octave, and return what each printed."""
    named = {}
    for told in chosen:
        folders = write(refusing(planned(told, folder / "trees", allow)), folder / f"{told.slug}.copy")
        path = "\n".join(str(each) for each in folders)
        (folder / told.slug).write_text(f"{path}\1" + "\n".join(told.parts["run"]), "utf-8")
        named[told.slug] = told.title
    (folder / "jobs").write_text("\n".join(named))
    (folder / "run_one.m").write_text(RUN_ONE)
    (folder / "line_of.m").write_text(LINE_OF)
    (folder / "run_all.m").write_text(RUN_ALL)
    done = subprocess.run(
        [find_octave(), "--no-gui", "--norc", "--quiet", "run_all.m"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = {}
    for part in done.stdout.split("\2")[1:]:
        slug, _, text = part.partition("\n")
        said[named[slug]] = [line.rstrip() for line in text.rstrip("\n").split("\n")] if text.strip() else []
    assert said.keys() == set(named.values()), done.stderr[-2000:]
    return said


@pytest.fixture(scope="module")
def prints(needs_octave: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each construct's copy prints, refused where something would be silently wrong."""
    return run(tmp_path_factory.mktemp("refused"), frozenset(), having("prints"))


@pytest.fixture(scope="module")
def prints_allowed(needs_octave: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each construct's copy prints with every rule allowed."""
    return run(tmp_path_factory.mktemp("allowed"), EVERY, having("prints allowed"))


@each_of(ALL)
def test_the_copy_prints_what_matlab_prints(told: Construct, prints: dict[str, list[str]]) -> None:
    if "prints" in told.parts:
        assert prints[told.title] == told.parts["prints"]


@each_of(ALL)
def test_what_is_allowed_runs_as_octave_does_it(
    told: Construct, prints_allowed: dict[str, list[str]]
) -> None:
    if "prints allowed" in told.parts:
        assert prints_allowed[told.title] == told.parts["prints allowed"]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    """What is decided for each construct."""
    folder = tmp_path_factory.mktemp("plans")
    return {told.title: planned(told, folder) for told in ALL}


def rewrites(told: Plan) -> Iterator[str]:
    for each in told.rewrites:
        if each.line:
            yield f"{each.file}:{each.line} {each.rule} | {each.after}".rstrip()
        else:
            yield f"{each.before} -> {each.after} {each.rule}"


@each_of(ALL)
def test_what_is_rewritten_and_what_is_told(told: Construct, plans: dict[str, Plan]) -> None:
    decided = plans[told.title]
    assert list(rewrites(decided)) == told.parts.get("rewritten", [])
    said = [f"{KINDS[t.kind]} {t.rule} {t.file}:{t.line}" for t in decided.troubles]
    assert said == told.parts.get("troubles", [])
    touched = {t.rule for t in decided.troubles} | {r.rule for r in decided.rewrites}
    assert not touched & told.spares


@each_of(ALL)
def test_the_report_says_which_line_why_and_what_to_do(told: Construct, plans: dict[str, Plan]) -> None:
    decided = plans[told.title]
    now: dict[tuple[str, int], str] = {}  # a line that a second rule changes is as the first one left it
    for rewrite in decided.rewrites:
        assert rewrite.rule in EVERY | {MOVED}
        assert len(rewrite.why.split()) > 3
        if place := rewrite.line and (rewrite.file, rewrite.line):
            was = told.files[rewrite.file].splitlines()[rewrite.line - 1].strip()
            assert rewrite.before == now.get(place, was)
            assert rewrite.before != rewrite.after
            now[place] = rewrite.after
    for trouble in decided.troubles:
        assert trouble.rule in EVERY
        assert len(trouble.why.split()) > 3
        assert len(trouble.fix.split()) > 1
        assert trouble.text == told.files[trouble.file].splitlines()[trouble.line - 1].strip()


@each_of(ALL)
def test_each_line_stays_where_it_was(told: Construct, plans: dict[str, Plan], tmp_path: Path) -> None:
    decided = plans[told.title]
    write(decided, tmp_path / "copy")
    changed = {(r.file, r.line): r.after for r in decided.rewrites}
    for where, each in decided.staged.items():
        old = lines(told.files[where].encode().decode("latin-1"))
        new = lines((tmp_path / "copy" / each.to).read_bytes().decode("latin-1"))
        assert len(new) == len(old)
        for number, (before, after) in enumerate(zip(old, new, strict=True), 1):
            if (where, number) in changed:
                assert readable(after) == changed[where, number] or each.text != after
            else:
                assert before == after


@each_of(ALL)
def test_a_refused_copy_differs_in_nothing_but_the_refusals(told: Construct, plans: dict[str, Plan]) -> None:
    decided = plans[told.title]
    refused = refusing(decided)
    for where, each in refused.staged.items():
        plain = decided.staged[where]
        if not each.found.is_code:
            assert each == plain
            continue
        text = plain.text if plain.text is not None else decided.tree.places[where].text
        new = each.text if each.text is not None else decided.tree.places[where].text
        if any(t.file == where for t in decided.refused):
            assert new.count("pybn:refused")
            assert len(lines(new)) == len(lines(text))
        else:
            assert new == text


def with_other_ends(number: int, told: Construct) -> Construct:
    """Return a construct whose lines end by CRLF, after a byte order mark; each second by CR, none at the end."""

    def changed(text: str) -> str:
        if number % 2:
            return text.rstrip("\n").replace("\n", "\r")
        return "\ufeff" + text.replace("\n", "\r\n")

    return replace(told, files={k: changed(v) if k.endswith(".m") else v for k, v in told.files.items()})


def test_other_line_ends_are_no_matter(needs_octave: None, tmp_path: Path) -> None:
    """What is rewritten, once more: the same rules for the same lines, and the copies print the same."""
    chosen = [
        with_other_ends(*each) for each in enumerate(c for c in having("prints") if "rewritten" in c.parts)
    ]
    for told in chosen:
        decided = planned(told, tmp_path / "plans")
        assert [each for each in rewrites(decided) if " line-end | " not in each] == told.parts["rewritten"]
        said = [f"{KINDS[t.kind]} {t.rule} {t.file}:{t.line}" for t in decided.troubles]
        assert said == told.parts.get("troubles", []), told.title
        old = {name for name, text in told.files.items() if "\r" in text.replace("\r\n", "")}
        assert {each.file for each in decided.rewrites if each.rule == "line-end"} == old
    printed = run(tmp_path, frozenset(), chosen)
    assert printed == {told.title: told.parts["prints"] for told in chosen}


def test_every_rule_has_its_examples() -> None:
    """Each is seen to act, and each to leave alone what is no matter of its."""
    text = "\n".join(line for c in ALL for k in ("rewritten", "troubles") for line in c.parts.get(k, []))
    acting = {rule for rule in EVERY | {MOVED} if f" {rule}" in text} | {
        "encoding",
        "line-end",
    }  # which have tests of their own
    assert sorted((EVERY | {MOVED}) - acting) == []
    spared = frozenset().union(*(c.spares for c in ALL))
    assert sorted(EVERY - spared - {"line-end"}) == []
    assert spared <= EVERY


def test_every_silent_rule_is_refused_and_can_be_allowed() -> None:
    silent = {
        line.split()[1] for c in ALL for line in c.parts.get("troubles", []) if line.startswith("silent")
    }
    both = {
        line.split()[1]
        for c in ALL
        if "prints allowed" in c.parts
        and any("!! line" in p or "refused" in p for p in c.parts.get("prints", []))
        for line in c.parts["troubles"]
        if line.startswith("silent")
    }
    assert sorted(silent - both) == []


def test_stand_ins_go_to_the_end_of_the_path(tmp_path: Path) -> None:
    told = next(c for c in ALL if any("pybn_checked" in line for line in c.parts.get("rewritten", [])))
    folders = write(planned(told, tmp_path), tmp_path / "copy")
    assert folders[-1] == tmp_path / "copy" / SHIMS


def test_texts_in_an_older_encoding_are_utf8_in_the_copy(octave: OctaveEngine, tmp_path: Path) -> None:
    """Windows-1252: its letters and quotes; comments stay as they are, and so does a file that is UTF-8."""
    old = "function y = greeting()\r\n% gr\xf6\xdfe\r\ny = numel('gr\xf6\xdfe \x84a\x93');\r\nend\r\n".encode(
        "latin-1"
    )
    new = "function y = greeted()\n% größe\ny = numel('größe');\nend\n".encode()
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "greeting.m").write_bytes(old)
    (tree / "greeted.m").write_bytes(new)
    decided = plan([tree])
    assert [(r.file, r.line, r.rule, r.after) for r in decided.rewrites] == [
        ("greeting.m", 3, "encoding", "y = numel('größe „a“');")
    ]
    assert [(t.file, t.line, t.rule) for t in decided.troubles] == [
        ("greeted.m", 3, "non-ascii-text"),
        ("greeting.m", 3, "non-ascii-text"),
    ]
    write(decided, tmp_path / "copy")
    assert (tmp_path / "copy" / "greeted.m").read_bytes() == new
    staged = old.replace(b"gr\xf6\xdfe \x84a\x93", "größe „a“".encode())
    assert (tmp_path / "copy" / "greeting.m").read_bytes() == staged
    for name, letters in (("greeting", "größe „a“"), ("greeted", "größe")):
        job = make_job(tree, name, [f"y = {name}()"], {}, {"y": ((), "float64")})
        assert octave.run(*job)["y"] == len(letters.encode())
