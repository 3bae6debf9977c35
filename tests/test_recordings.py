"""Recordings: found by what was asked, believed as long as the .m files are the same, made as the mode says."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from pybn.errors import FileError, FormatError, MissingFixture, StaleFixture, UsageError
from pybn.formats.fixture import Record, write_fixture
from pybn.recordings import Mode
from pybn.recordings.file import changes, file_of, find, merge, prune, read
from pybn.recordings.parts import add_part, parts
from pybn.recordings.question import Question
from pybn.recordings.session import Recordings
from pybn.recordings.source import place, source

FILES = {"lib/f.m": "1" * 64}


def record(
    digest: str, value: float = 1, *, octave: str = "7.3.0", files: Mapping[str, str] = FILES
) -> Record:
    """A recording of one number."""
    outputs = {"y1": np.array([[value]])}
    return Record(f"f() [{digest} Octave {octave}]", digest, files, {"octave": octave}, {}, outputs)


# Where they are.


def test_recordings_lie_beside_the_module() -> None:
    assert file_of(Path("tests/test_a.py")) == Path("tests/test_a.octave.h5")
    assert file_of(Path("docs/guide.md")) == Path("docs/guide.md.octave.h5")


def test_the_plugin_names_them_alike_without_loading_anything() -> None:
    from pybn.pytest_plugin.usage import recordings_of

    for module in (Path("tests/test_a.py"), Path("docs/guide.md"), Path("a.b.py"), Path("docs/guide")):
        assert recordings_of(module) == file_of(module)


# Which one serves.


def test_of_the_same_files_one_serves_of_others_it_is_stale() -> None:
    known = [record("a"), record("b")]
    assert find(known, "a", lambda: FILES).record is known[0]
    assert find(known, "c", lambda: pytest.fail("nobody asked")).record is None
    other = find(known, "a", lambda: {"lib/f.m": "2" * 64})
    assert other.record is None
    assert other.stale == "lib/f.m changed"


def test_changes_name_one_file() -> None:
    assert changes({"f.m": "1"}, {"f.m": "1"}) == ""
    assert changes({"f.m": "1", "g.m": "1"}, {"f.m": "1"}) == "g.m is gone"
    assert changes({"f.m": "1"}, {"f.m": "1", "g.m": "1"}) == "g.m is new"


def test_the_newest_octave_serves_unless_one_is_wanted() -> None:
    known = [record("a", octave="9.2.0"), record("a", octave="10.1.0"), record("a", octave="7.3.0")]
    assert find(known, "a", lambda: FILES).record is known[1]
    assert find(known, "a", lambda: FILES, "7.3.0").record is known[2]
    assert find(known, "a", lambda: FILES, "8.4.0").record is None


# The file.


def test_merging_replaces_the_same_question_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "test_a.octave.h5"
    merge(path, [record("a", 1), record("b", 1)])
    before = merge(path, [record("a", 2), record("c", 3)])
    assert {key: [r.outputs["y1"].item() for r in was] for key, was in before.items()} == {
        record("a").id: [1.0],
        record("c").id: [],
    }
    assert {r.digest: r.outputs["y1"].item() for r in read(path).values()} == {"a": 2.0, "b": 1.0, "c": 3.0}


def test_another_octaves_answer_stays_unless_it_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "test_a.octave.h5"
    merge(path, [record("a", octave="6.4.0"), record("b", octave="6.4.0", files={"lib/f.m": "0" * 64})])
    merge(path, [record("a"), record("b")])
    assert sorted(r.id for r in read(path).values()) == [
        "f() [a Octave 6.4.0]",
        "f() [a Octave 7.3.0]",
        "f() [b Octave 7.3.0]",
    ]


def test_the_file_is_the_same_in_whatever_order_it_was_made(tmp_path: Path) -> None:
    one, other = tmp_path / "one.octave.h5", tmp_path / "other.octave.h5"
    for digest in "abc":
        merge(one, [record(digest)])
    merge(other, [record(digest) for digest in "cab"])
    assert one.read_bytes() == other.read_bytes()


def test_pruning_keeps_what_was_asked_and_removes_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "test_a.octave.h5"
    merge(path, [record("a"), record("b")])
    assert [r.digest for r in prune(path, {"a"})] == ["b"]
    assert [r.digest for r in read(path).values()] == ["a"]
    inode = path.stat().st_ino
    assert prune(path, {"a"}) == []
    assert path.stat().st_ino == inode
    prune(path, set())
    assert not path.exists()


def _merge_many(path: Path, start: int) -> None:
    for k in range(start, start + 10):
        merge(path, [record(f"{k:04d}")])


def test_processes_that_write_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "test_a.octave.h5"
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_merge_many, args=(path, 10 * k)) for k in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(read(path)) == 40
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"")
    (tmp_path / "test_a.octave.h5").symlink_to(target)
    with pytest.raises((FileError, FormatError)):
        merge(tmp_path / "test_a.octave.h5", [record("a")])
    assert target.read_bytes() == b""


def test_what_is_no_file_of_recordings_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "test_a.octave.h5"
    path.write_bytes(b"something else")
    with pytest.raises(FormatError, match=r"test_a\.octave\.h5.*remove it and record anew"):
        read(path)


def test_what_would_act_on_a_terminal_or_is_no_text_is_refused(tmp_path: Path) -> None:
    for versions in ({"octave": "7\x1b[2J"}, {"octave": 7}):
        path = tmp_path / "test_a.octave.h5"
        write_fixture(path, [replace(record("a"), versions=versions)])  # type: ignore[arg-type]
        with pytest.raises(FormatError, match="remove it and record anew"):
            read(path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "test_a.octave.h5"
    merge(path, [record("a")])
    with h5py.File(path, "r+") as file:
        [case] = file["cases"].values()
        del case["outputs/y1"]
        case["outputs/y1"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(FormatError, match="is a link to elsewhere"):
        read(path)


def test_parts_are_gathered_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    one, other = tmp_path / "test_a.octave.h5", tmp_path / "é" / "test_a.octave.h5"
    add_part(folder, one, [record("a")])
    add_part(folder, one, [record("b"), record("a")])
    add_part(folder, other, [record("c")])
    found = {path: sorted(r.digest for r in records.values()) for path, records in parts(folder)}
    assert found == {one: ["a", "b"], other: ["c"]}


# What is done: the modes.


class Fake:
    """An oracle that counts what it is asked."""

    def __init__(self, problem: str = "", octave: str = "7.3.0") -> None:
        self.problem = problem
        self.octave = octave
        self.asked: list[str] = []

    def missing(self) -> str:
        """Why it cannot be asked."""
        return self.problem

    def version(self) -> str:
        """Its version."""
        return self.octave

    def ask(self, question: Question) -> Record:
        """Answer 7."""
        self.asked.append(question.digest)
        return record(question.digest, 7, octave=self.octave, files=question.files())


def ask(mode: Mode, module: Path, digest: str, oracle: Fake, files: Mapping[str, str] = FILES) -> float:
    """The answer to a question in a session of its own."""
    session = Recordings(mode, oracle, lambda path: f"do record {path.name}")
    found = session.answer(module, Question(digest, f"f({digest})", lambda: files))
    assert session.answer(module, Question(digest, f"f({digest})", lambda: files)) is found
    session.flush()
    return float(found.outputs["y1"].item())


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module with one recording, whose answer is 1."""
    merge(tmp_path / "test_a.octave.h5", [record("a")])
    return tmp_path / "test_a.py"


def test_none_never_asks(module: Path) -> None:
    oracle = Fake()
    assert ask(Mode.NONE, module, "a", oracle) == 1
    with pytest.raises(MissingFixture, match=r"f\(b\): there is no recorded answer.*do record test_a\.py"):
        ask(Mode.NONE, module, "b", oracle)
    with pytest.raises(StaleFixture, match=r"lib/f\.m changed; do record test_a\.py"):
        ask(Mode.NONE, module, "a", oracle, {"lib/f.m": "2" * 64})
    with pytest.raises(MissingFixture):
        ask(Mode.NONE, module.with_name("test_new.py"), "a", oracle)
    assert oracle.asked == []


def test_once_records_where_there_is_no_file(module: Path) -> None:
    oracle = Fake()
    assert ask(Mode.ONCE, module, "a", oracle) == 1
    with pytest.raises(MissingFixture):
        ask(Mode.ONCE, module, "b", oracle)
    new = module.with_name("test_new.py")
    assert ask(Mode.ONCE, new, "b", oracle) == 7
    assert oracle.asked == ["b"]
    with pytest.raises(MissingFixture):
        ask(Mode.ONCE, new, "c", oracle)


def test_once_goes_on_in_the_session_that_made_the_file(tmp_path: Path) -> None:
    oracle = Fake()
    session = Recordings(Mode.ONCE, oracle, str)
    for digest in "abab":
        session.answer(tmp_path / "test_a.py", Question(digest, "f", lambda: FILES))
        session.flush()
    assert oracle.asked == ["a", "b"]
    assert len(read(tmp_path / "test_a.octave.h5")) == 2


def test_missing_records_what_is_missing_stale_or_anothers(module: Path) -> None:
    oracle = Fake()
    assert ask(Mode.MISSING, module, "a", oracle) == 1
    assert ask(Mode.MISSING, module, "b", oracle) == 7
    assert ask(Mode.MISSING, module, "a", oracle, {"lib/f.m": "2" * 64}) == 7
    assert oracle.asked == ["b", "a"]
    newer = Fake(octave="9.1.0")
    assert ask(Mode.MISSING, module, "b", newer) == 7
    assert newer.asked == ["b"]
    assert {r.id for r in read(file_of(module)).values()} == {
        "f() [a Octave 7.3.0]",
        "f() [b Octave 7.3.0]",
        "f() [b Octave 9.1.0]",
    }


def test_all_records_anew(module: Path) -> None:
    oracle = Fake()
    assert ask(Mode.ALL, module, "a", oracle) == 7
    assert oracle.asked == ["a"]


def test_without_octave_recordings_serve_and_what_is_missing_says_what_to_install(module: Path) -> None:
    oracle = Fake("GNU Octave is not here; install it")
    for mode in (Mode.NONE, Mode.ONCE, Mode.MISSING):
        assert ask(mode, module, "a", oracle) == 1
    with pytest.raises(
        MissingFixture, match=r"there is no recorded answer.*GNU Octave is not here; install it"
    ):
        ask(Mode.MISSING, module, "b", oracle)
    with pytest.raises(MissingFixture, match="cannot be recorded: GNU Octave is not here"):
        ask(Mode.ALL, module, "a", oracle)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told_before_octave_is_asked(module: Path) -> None:
    module.parent.chmod(0o500)
    oracle = Fake()
    try:
        with pytest.raises(FileError, match="not writable"):
            ask(Mode.MISSING, module, "b", oracle)
    finally:
        module.parent.chmod(0o700)
    assert oracle.asked == []


# What a test means by a path.


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    """A folder of .m files."""
    for name in ("f.m", "+p/g.m", "+p/+q/h.m", "@C/C.m", "@C/method.m", "no name.m", "notes.txt"):
        file = tmp_path / "lib" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lib/f.m", "f"),
        ("lib/+p/g.m", "p.g"),
        ("lib/+p/+q/h.m", "p.q.h"),
        ("lib/@C/C.m", "C"),
        ("lib/f.m::scale", "f.scale"),
    ],
)
def test_a_path_says_folder_and_name(lib: Path, text: str, name: str) -> None:
    found = source(text, [lib / "elsewhere", lib])
    assert (found.folder, found.name) == (lib / "lib", name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lib/@C/method.m", r"is a method; name its class, @C/C\.m"),
        ("lib/no name.m", "is no name that MATLAB has"),
        ("lib/f.m::a b", "is no name that MATLAB has"),
        ("lib/notes.txt", r"wanted a \.m file"),
    ],
)
def test_what_cannot_be_called_is_told_so(lib: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        source(text, [lib])


def test_where_it_was_looked_for_is_told(lib: Path) -> None:
    with pytest.raises(FileError, match=f"gone.m: there is no such file; looked in {lib} and in {lib}/lib"):
        source("gone.m", [lib, lib / "lib"])


def test_a_temporary_file_has_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    home = tmp_path / "tests"
    assert place(tmp_path / "lib" / "f.m", home) == "../lib/f.m"
    assert place(tmp_path / "tmp" / "f.m", home) == ""
    assert place(tmp_path / "tmp" / "f.m", tmp_path / "tmp" / "tests") == "../f.m"
