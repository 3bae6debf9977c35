"""Whatever a tree holds: a copy with as many lines, nothing written outside of it, nothing of the tree changed.

Some 100 mutated trees by default; PYBN_FUZZ=10000 asks for that many.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import socket
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from constructs import Construct, constructs
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pybn.errors import FileError
from pybn.mfile import lines
from pybn.staging import Plan, plan, write
from pybn.staging.files import COUNT_LIMIT, FILE_LIMIT
from pybn.staging.plan import MOVES
from pybn.staging.refusing import refusing
from pybn.staging.write import REPORT, SHIMS

TREES = int(os.environ.get("PYBN_FUZZ", "100"))
SEEDS = constructs()
many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = [
    *["function", "classdef", "properties", "methods", "enumeration", "events", "arguments", "end", "if", "else"],
    *["for", "while", "switch", "case", "try", "catch", "return", "import", "global", "persistent", "parfor", "spmd"],
    *["do", "until", "unwind_protect", "endif", "x", "obj", "nargin", "varargin", "C", "C.K", "p.f", "sum", "'all'"],
    *["(", ")", "[", "]", "{", "}", "=", "==", "~", "!", ",", ";", ":", ".", "..", "...", "@", "?", "+", "++", "--"],
    *["'", '"', "'a'", '"b"', '"\\n"', "%", "%{", "%}", "#", "\n", "\r\n", "\r", "\t", " ", "  ", "1", "1e3", ".5"],
    *["(1,1)", "double", "string", "{mustBePositive}", "(Constant)", "(Abstract)", "(Access = private)", "< handle"],
    *["x.f(1).y = 2", "obj @ B(x)", "a--b", "name=1", "containers.Map('UniformValues', false)", "idivide(a, b)"],
    *["import p.*", "opts.?C", "(Repeating)", "(Output)", "isa(x, 'C')", "ME.rethrow()", "MException('a:b', 'c')"],
    *["é", "\xa0", "\x00", "\x0c", "\x1a", "\ufeff", "😄", "\x80"],
]  # fmt: skip


def digest(folder: Path) -> str:
    """Return one hash of all that is below a folder: names, kinds, modes, contents, where links lead."""
    told = hashlib.sha256()
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent) / name for name in sorted(folders + files)):
            mode = path.lstat().st_mode
            told.update(os.fsencode(path) + str(mode).encode())
            if stat.S_ISLNK(mode):
                told.update(os.fsencode(path.readlink()))
            elif stat.S_ISREG(mode):
                told.update(path.read_bytes())
    return told.hexdigest()


def names_in(*folders: Path) -> set[str]:
    return {path.name for folder in folders for path in folder.iterdir()}


def staged(tree: Path, out: Path) -> Plan:
    """Stage a tree as the command does, and check all that holds of every copy."""
    before, beside = digest(tree), names_in(tree.parent, out.parent)
    decided = plan([tree])
    troubles = decided.troubles
    refused = refusing(decided)
    places = [each.to for each in decided.staged.values()]
    assert len(set(places)) == len(places)
    for each in places:
        assert not PurePosixPath(each).is_absolute()
        assert ".." not in PurePosixPath(each).parts
    told = {(rewrite.file, rewrite.line) for rewrite in decided.rewrites}
    for where, source in decided.tree.places.items():
        old = lines(source.text)
        for copy in (decided.staged[where], refused.staged[where]):
            new = old if copy.text is None else lines(copy.text)
            assert len(new) == len(old), where
        plain = decided.staged[where].text
        for number, pair in enumerate(zip(old, old if plain is None else lines(plain), strict=True), 1):
            same = pair[0].rstrip("\r\n") == pair[1].rstrip("\r\n")
            assert same or (where, number) in told, (where, number)
    assert not any(trouble.why == MOVES for trouble in troubles)  # it is never needed
    for trouble in troubles:
        count = len(lines(decided.tree.places[trouble.file].text))
        assert 1 <= trouble.line <= max(count, 1)
        assert trouble.why
        assert trouble.fix
    assert plan([tree]).rewrites == decided.rewrites
    write(refused, out)
    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir()}
    shims = {name for name in written if name.startswith(f"{SHIMS}/")}
    assert {name for name in written - shims if name != REPORT} == set(places)
    assert not any(path.is_symlink() for path in out.rglob("*"))
    assert digest(tree) == before
    assert names_in(tree.parent, out.parent) == beside | {out.name}
    return decided


def mutated(text: str, draw: random.Random) -> str:
    """Return a text with a few things in it other than they were."""
    for _ in range(draw.randint(1, 6)):
        at, to = sorted(draw.randint(0, len(text)) for _ in range(2))
        to = min(to, at + draw.choice([1, 3, 10, 80]))
        how = draw.randrange(9)
        if how == 0:
            text = text[:at] + text[to:]
        elif how == 1:
            text = text[:at] + draw.choice(WORDS) + text[at:]
        elif how == 2:
            text = text[:to] + text[at:]
        elif how == 3:
            text = text[:at] + draw.choice(WORDS) + text[to:]
        elif how == 4:
            text = text.replace("\n", draw.choice(["\r\n", "\r", "\n\n"]))
        elif how == 5:
            rows = text.split("\n")
            draw.shuffle(rows)
            text = "\n".join(rows)
        elif how == 6:
            other = draw.choice(list(draw.choice(SEEDS).files.values()))
            text = text[:at] + other[draw.randint(0, len(other)) :] + text[at:]
        elif how == 7:
            text = text[:at]
        else:
            text = re.sub(r"\bend\b", draw.choice(["end", "", "endfunction", "end;", "end % x"]), text)
    return text


def test_mutated_trees(tmp_path: Path) -> None:
    for seed in range(TREES):
        draw = random.Random(seed)
        told = Construct(f"tree {seed}", dict(draw.choice(SEEDS).files))
        told.files |= {k: v for k, v in draw.choice(SEEDS).files.items() if k not in told.files}
        for name in draw.sample(sorted(told.files), k=draw.randint(1, len(told.files))):
            told.files[name] = mutated(told.files[name], draw)
        try:
            staged(told.write(tmp_path / str(seed) / "tree"), tmp_path / str(seed) / "copy")
        except Exception as error:
            raise AssertionError(f"tree {seed}: {told.files}") from error


@many
@given(st.lists(st.sampled_from(WORDS), max_size=60), st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words(tmp_path_factory: pytest.TempPathFactory, one: list[str], other: list[str]) -> None:
    folder = tmp_path_factory.mktemp("words")
    (folder / "tree" / "+p").mkdir(parents=True)
    (folder / "tree" / "C.m").write_bytes(" ".join(["classdef C < handle\n", *one]).encode())
    (folder / "tree" / "+p" / "f.m").write_bytes("".join(["function y = f(x)\n", *other]).encode())
    staged(folder / "tree", folder / "copy")


@many
@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(b"")
@example(b"\xff\xfec\x00l\x00a\x00s\x00s\x00d\x00e\x00f\x00")
@example(b"classdef (a) ../../../evil\nend\n")
@example(b"classdef ...\n ../../evil < handle\nend\n")
@example(b"classdef \x00x\nend\n")
@example(b"import p.f")
@example(b"\xef\xbb\xbfclassdef C\r\nproperties\r\n x (1,1) double\r\nend\r\nend")
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "tree").mkdir()
    (folder / "tree" / "f.m").write_bytes(data)
    (folder / "tree" / "g.m").write_bytes(b"function g()\n" + data + b"\nend\n")
    staged(folder / "tree", folder / "copy")


NAMES = st.binary(min_size=1, max_size=30).filter(
    lambda name: not {0, 47} & set(name) and name not in (b".", b"..")
)
ODD = [
    b"+p",
    b"@C",
    b"private",
    b"+",
    b"@",
    b"C.m",
    b".m",
    b"a b.m",
    b"a\nb.m",
    b"..m",
    b"\xff.m",
    b"-rf.m",
    b"~",
    b"%s.m",
]


@many
@given(st.lists(st.lists(NAMES | st.sampled_from(ODD), min_size=1, max_size=4), max_size=8))
@example([[b"a"], [b"D.m"], [b"C.m", b"a"]])  # what a class would be moved to is a folder
@example([[b"a"], [b"a.m"], [b"C.m", b"a.m"]])
def test_any_names(tmp_path_factory: pytest.TempPathFactory, places: list[list[bytes]]) -> None:
    folder = tmp_path_factory.mktemp("names")
    tree = folder / "tree"
    tree.mkdir()
    for number, place in enumerate(places):
        path = tree.joinpath(*map(os.fsdecode, place))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(b"classdef C\nend\n" if number % 2 else b"function y = f(x)\n y = C(x);\nend\n")
        except OSError:
            continue
    staged(tree, folder / "copy")


def test_deep_and_long_texts_take_no_long_time(tmp_path: Path) -> None:
    """What nests deeper than anybody writes, and what goes on for ever: within seconds, and no recursion error."""
    deep = 800
    for number, text in enumerate(
        [
            "x = " + "(" * deep,
            "x = " + "f(" * deep + "1" + ")" * deep,
            "if 1\n" * deep,
            "function f()\nend\n" * deep,
            "x = " + '"a" + ' * deep,
            "containers.Map('UniformValues', " * deep,
            "function f()\n" + "import a.b\n" * deep + "b(1);\n" * deep,
            "classdef C\nproperties (Constant)\nA0 = 1;\n"
            + "".join(f"A{k} = C.A{k - 1} + C.A{k - 1};\n" for k in range(1, 200))
            + "end\nend\n",
            "x" + ".a" * deep + " = 1;\n",
            "%{\n" * deep,
            "'" * deep,
        ]
    ):
        folder = tmp_path / str(number)
        (folder / "tree" / "+a").mkdir(parents=True)
        (folder / "tree" / "C.m").write_text(text)
        (folder / "tree" / "+a" / "b.m").write_text("function b()\nend\n")
        staged(folder / "tree", folder / "copy")


def link_outside(tree: Path) -> None:
    (tree.parent / "outside").mkdir()
    (tree.parent / "outside" / "secret.m").write_text("function secret()\nend\n")
    (tree / "out").symlink_to(tree.parent / "outside")
    (tree / "up").symlink_to("..")
    (tree / "file.m").symlink_to(tree.parent / "outside" / "secret.m")
    (tree / "inner").mkdir()
    (tree / "inner" / "again").symlink_to(tree)
    (tree / "inner" / "self").symlink_to("self")
    (tree / "nowhere.m").symlink_to("no/such")
    (tree / "zero.m").symlink_to("/dev/zero")


def odd_kinds(tree: Path) -> None:
    os.mkfifo(tree / "pipe.m")
    (tree / "folder.m").mkdir()
    (tree / "folder.m" / "g.m").write_text("function g()\nend\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tree / "socket.m"))
    with (tree / "large.mat").open("wb") as file:
        file.truncate(FILE_LIMIT + 1)


def runs_by_itself(tree: Path) -> None:
    for name in ("startup.m", "finish.m", "octaverc", "PKG_ADD", ".octaverc"):
        for folder in (tree, tree / "sub", tree / "+p", tree / "@C"):
            folder.mkdir(exist_ok=True)
            (folder / name).write_text("exit(7)\n")


def same_places(tree: Path) -> None:
    """Two files of one class, one that has a folder of its own already, and what is private twice."""
    for name in ("A.m", "B.m", "@A/A.m", "sub/A.m"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("classdef A\n  methods (Abstract)\n    f(o)\n  end\nend\n")
    for name in ("+p/private/h.m", "+p/+pybn_private/h.m", "+p/@C/private/h.m", "+p/+pybn_private_C/h.m"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("function h()\nend\n")


@pytest.mark.parametrize("make", [link_outside, odd_kinds, runs_by_itself, same_places])
def test_odd_trees(make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = tmp_path / "a tree"
    tree.mkdir()
    (tree / "f.m").write_text("function y = f(x)\n  y = x;\nend\n")
    make(tree)
    (tmp_path / "out").mkdir()
    decided = staged(tree, tmp_path / "out" / "copy")
    left = {each.where: each.why for each in decided.left_out}
    names = {path.name for path in (tmp_path / "out" / "copy").rglob("*")}
    if make is link_outside:
        assert left.keys() == {"out", "up", "inner/again", "inner/self", "nowhere.m", "zero.m"}
        assert "secret.m" not in names
    if make is odd_kinds:
        assert left.keys() == {"pipe.m", "socket.m", "large.mat"}
    if make is runs_by_itself:
        assert not names & {"startup.m", "finish.m", "octaverc", "PKG_ADD", ".octaverc"}
        assert all(why == "Octave would run it by itself" for why in left.values())
        assert len(left) == 16


def test_too_many_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pybn.staging.files.COUNT_LIMIT", 3)
    assert COUNT_LIMIT > 10_000
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(5):
        (tree / f"f{number}.m").write_text(f"function f{number}()\nend\n")
    assert len(plan([tree]).left_out) in (0, 2)  # the limit is that of a budget made before


PLACES: dict[str, str] = {
    "tree": "lies in the tree",
    "tree/inside": "lies in the tree",
    "tree/../tree/inside": "lies in the tree",
    "linked/inside": "lies in the tree",
    "link": "is a symbolic link",
    ".": "lies in it",
    "full": "is not empty",
    "file": "it is no folder",
    "no/such/place": "there is no folder",
}


@pytest.mark.parametrize("place", PLACES)
def test_places_that_are_not_for_a_copy(place: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "f.m").write_text("function f()\nend\n")
    (tmp_path / "linked").symlink_to(tree)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = digest(tmp_path)
    with pytest.raises(FileError, match=PLACES[place]):
        write(plan([tree]), tmp_path / place)
    assert digest(tmp_path) == before


def test_places_that_are(tmp_path: Path) -> None:
    """One that is missing, an empty folder, an earlier copy: which is replaced as a whole."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "f.m").write_text("function f()\nend\n")
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "new", tmp_path / "empty", tmp_path / "new"):
        write(plan([tree]), out)
        assert {path.name for path in out.iterdir()} == {"f.m", REPORT}
    (tree / "f.m").unlink()
    (tree / "g.m").write_text("function g()\nend\n")
    write(plan([tree]), tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"g.m", REPORT}
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "new", "empty"}


def test_a_copy_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "f.m").write_text("function f()\nend\n")
    write(plan([tree]), tmp_path / "copy")
    before = digest(tmp_path)

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FileError, match="No space left"):
        write(plan([tree]), tmp_path / "copy")
    assert digest(tmp_path) == before


@pytest.mark.parametrize(
    ("code", "where", "to", "other"),
    [
        ("classdef C\nend\n", "D.m", "C.m", "C.m/notes.txt"),
        ("classdef (Abstract) C\nmethods\ny = f(obj)\nend\nend\n", "C.m", "@C/C.m", "@C"),
        ("function f()\nend\n", "+p/private/f.m", "+p/+pybn_private/f.m", "+p/+pybn_private"),
    ],
)
def test_what_lies_where_a_file_would_go(tmp_path: Path, code: str, where: str, to: str, other: str) -> None:
    for folder, others, wanted in ((tmp_path / "free", [], to), (tmp_path / "taken", [other], where)):
        for name, text in ((where, code), *((each, "notes") for each in others)):
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "tree" / name).write_text(text)
        assert staged(folder / "tree", folder / "copy").staged[where].to == wanted
        assert (folder / "copy" / wanted).read_text() == (
            code if wanted == to else code.replace("y =", "% y =")
        )
