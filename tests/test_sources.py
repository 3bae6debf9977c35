"""Which .m files a case reaches: one too many is a recording too many, one too few would hide a change."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pybn.case import Case
from pybn.errors import FileError
from pybn.parity import find_cases
from pybn.sources import Seen, code_folders, used_files


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case of the class Layer, with one folder of .m files beside the folder of its file."""
    (tmp_path / "m").mkdir()
    (tmp_path / "cases").mkdir()
    some = next(c for c in find_cases() if c.stem == "batch_norm")
    side = replace(some.matlab, path=((tmp_path / "m").resolve(),), name="Layer")
    return replace(some, file=tmp_path / "cases" / "layer.toml", matlab=side)


def write(case: Case, **files: str) -> None:
    for name, text in files.items():
        path = case.matlab.path[0] / f"{name.replace('__', '/').replace('AT', '@').replace('PLUS', '+')}.m"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stems(case: Case) -> list[str]:
    return [name.removeprefix("../m/").removesuffix(".m") for name in used_files(case)]


def test_paths_and_hashes(case: Case) -> None:
    write(case, Layer="classdef Layer")
    assert used_files(case) == {"../m/Layer.m": hashlib.sha256(b"classdef Layer").hexdigest()}


def test_files_are_reached_through_names_in_the_text(case: Case) -> None:
    write(
        case,
        Layer="x = first(1);",
        first="% see second\n",
        second="third('fourth')",
        third="",
        fourth="Layer",
    )
    write(case, unused="", Lay="", layer="", firsts="")
    assert stems(case) == ["Layer", "first", "fourth", "second", "third"]


def test_names_are_whole_words(case: Case) -> None:
    write(
        case,
        Layer="first2 afirst first_ x.second(3) third' 4fourth",
        first="",
        second="",
        third="",
        fourth="",
    )
    assert stems(case) == ["Layer", "fourth", "second", "third"]


def test_class_folders_packages_and_private_functions(case: Case) -> None:
    write(case, ATLayer__Layer="classdef Layer", ATLayer__forward="helper(1)", ATLayer__private__inside="")
    write(case, private__helper="p.f(1)", PLUSp__f="", PLUSp__PLUSq__g="", ATOther__Other="")
    assert stems(case) == ["+p/f", "@Layer/Layer", "@Layer/forward", "private/helper"]
    write(case, ATLayer__forward="helper(inside)")
    assert "@Layer/private/inside" in stems(case)


def test_a_function_in_a_package(case: Case) -> None:
    write(case, PLUSp__f="", f="")
    case = replace(case, matlab=replace(case.matlab, kind="function", name="p.f"))
    assert stems(case) == ["+p/f", "f"]


def test_a_file_of_that_name_in_every_folder_counts(case: Case, tmp_path: Path) -> None:
    (tmp_path / "n").mkdir()
    write(case, Layer="")
    (tmp_path / "n" / "Layer.m").touch()
    case = replace(case, matlab=replace(case.matlab, path=(*case.matlab.path, (tmp_path / "n").resolve())))
    assert list(used_files(case)) == ["../m/Layer.m", "../n/Layer.m"]


def test_what_is_asked_again_is_read_again(case: Case) -> None:
    write(case, Layer="one")
    before = used_files(case)
    write(case, Layer="three")
    assert used_files(case) != before


def test_no_files_at_all(case: Case) -> None:
    assert used_files(case) == {}


def test_a_file_in_no_encoding(case: Case) -> None:
    (case.matlab.path[0] / "Layer.m").write_bytes(b"\xff\xfe first \x00 second")
    write(case, first="", second="")
    assert stems(case) == ["Layer", "first", "second"]


def test_links_in_a_circle_end(case: Case) -> None:
    write(case, Layer="first", PLUSp__first="")
    (case.matlab.path[0] / "+p" / "+up").symlink_to(case.matlab.path[0])
    (case.matlab.path[0] / "@Layer").symlink_to(case.matlab.path[0])
    assert stems(case) == ["+p/first", "Layer"]


def test_a_file_that_cannot_be_read(case: Case) -> None:
    (case.matlab.path[0] / "Layer.m").symlink_to("nowhere")
    with pytest.raises(FileError, match=r"m/Layer\.m: cannot be read: No such file"):
        used_files(case)
    (case.matlab.path[0] / "Layer.m").unlink()
    (case.matlab.path[0] / "Layer.m").mkdir()
    with pytest.raises(FileError, match=r"m/Layer\.m: cannot be read: Is a directory"):
        used_files(case)


@pytest.mark.parametrize(
    ("stem", "files"),
    [
        ("batch_norm", ["BatchNorm.m"]),
        ("reshape_row_major", ["reshape_row_major.m"]),
        ("spatial_batch_norm", ["BatchNorm.m", "SpatialBatchNorm.m", "reshape_row_major.m"]),
    ],
)
def test_the_committed_cases(stem: str, files: list[str]) -> None:
    for case in find_cases():
        if case.stem == stem:
            assert [Path(name).name for name in used_files(case)] == files


# Several functions, whole trees, data and compiled files.


def used(case: Case, **side: object) -> list[str]:
    return list(used_files(replace(case, matlab=replace(case.matlab, **side))))  # type: ignore[arg-type]


def test_all_functions_and_all_parts_of_their_names_count(case: Case) -> None:
    write(case, Layer="", first="helper", second="", helper="", unused="")
    write(case, PLUSgeo__area="", PLUSgeo__other="")
    found = used(case, functions=("first", "geo.area"))
    assert found == ["../m/+geo/area.m", "../m/Layer.m", "../m/first.m", "../m/helper.m"]


def test_the_folders_of_a_tree(case: Case) -> None:
    tree = case.matlab.path[0]
    write(
        case,
        Layer="inside deep hidden priv shown",
        inside="",
        a__deep="kept",
        a__private__kept="",
        a__b__shown="",
    )
    write(case, private__priv="", a__ATObj__Obj="")
    (tree / ".git").mkdir()
    (tree / ".git" / "hidden.m").write_text("")
    assert used(case, path=(), tree=tree) == [
        "../m/Layer.m",
        "../m/a/b/shown.m",
        "../m/a/deep.m",
        "../m/a/private/kept.m",
        "../m/inside.m",
        "../m/private/priv.m",
    ]
    assert [str(folder.relative_to(tree)) for folder in code_folders(tree)] == [".", "a", "a/b"]
    assert code_folders(None) == []


def test_data_and_compiled_files(case: Case) -> None:
    folder = case.matlab.path[0]
    write(
        case,
        Layer="load('weights'); fast(1); t = fopen(\"tables/t.csv\"); sprintf('%d.csv'); q = 'q.txt'; load other.mat",
    )
    (folder / "tables").mkdir()
    for name in (
        "weights.mat",
        "fast.mexa64",
        "tables/t.csv",
        "q.txt",
        "other.mat",
        "unused.mat",
        "unused.mexw64",
        "%d.csv",
    ):
        (folder / name).write_bytes(name.encode())
    found = used_files(case)
    assert list(found) == [
        f"../m/{n}" for n in ("Layer.m", "fast.mexa64", "other.mat", "q.txt", "tables/t.csv", "weights.mat")
    ]
    assert found["../m/q.txt"] == hashlib.sha256(b"q.txt").hexdigest()
    (folder / "tables" / "t.csv").write_bytes(b"changed")
    assert used_files(case)["../m/tables/t.csv"] != found["../m/tables/t.csv"]
    write(case, Layer="t = '/etc/hostname.txt'; u = '../m/q.txt'; v = '..\\m\\q.txt'")
    assert list(used_files(case)) == ["../m/Layer.m", "../m/q.txt"]


def test_what_was_seen_is_kept_apart_by_tree_and_functions(case: Case) -> None:
    write(case, Layer="", first="")
    seen: Seen = {}
    assert list(used_files(case, seen)) == ["../m/Layer.m"]
    more = replace(case, matlab=replace(case.matlab, functions=("first",)))
    assert list(used_files(more, seen)) == ["../m/Layer.m", "../m/first.m"]
    assert len(seen) == 2
