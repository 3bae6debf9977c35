"""`inspect`: every kind of .mat and HDF5 file, against what SciPy, h5py and Octave put into it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from pybn.inspection import Listing, inspect

Seen = dict[str, tuple[Any, ...]]


def seen(listing: Listing) -> Seen:
    """The type, shape and bytes of everything, by its path."""
    rows = listing.to_json()["rows"]
    return {
        "/".join(row["path"]): (row["type"], row["shape"] and tuple(row["shape"]), row["bytes"])
        for row in rows
    }


def notes(listing: Listing) -> dict[str, str]:
    return {"/".join(row["path"]): row["note"] for row in listing.to_json()["rows"] if row["note"]}


# --- MATLAB v4 to v7, as SciPy writes them

NUMBERS = {f"{sign}int{bits}": (1, 3) for sign in ("", "u") for bits in (8, 16, 32, 64)}
VALUES = {
    "x": np.zeros((5, 4, 3, 2)),
    "s": np.zeros((3, 1), np.float32),
    "z": np.array([[1 + 2j, 3]], np.complex64),
    "flag": np.array([[True, False]]),
    "text": "h\u00e9\u00e9",
    "none": np.zeros((0, 3)),
    "sparse": scipy.sparse.csc_array(np.array([[0.0, 2, 0], [3, 0, 0]])),
    "cell": np.array([["a", np.zeros((2, 2))], [np.array([[]], object), True]], object),
    "one": {"w": np.ones((2, 3)), "inner": {"b": np.int8([[7]])}},
    "many": np.array([(1.0, "p"), (2.0, "qq")], [("k", object), ("v", object)]).reshape(1, 2),
    **{name: np.zeros(shape, name) for name, shape in NUMBERS.items()},
}
EXPECTED = {
    "x": ("double", (5, 4, 3, 2), 960),
    "s": ("single", (3, 1), 12),
    "z": ("single complex", (1, 2), 16),
    "flag": ("logical", (1, 2), 2),
    "text": ("char", (1, 3), 6),
    "none": ("double", (0, 3), 0),
    "sparse": ("sparse double", (2, 3), None),
    "cell": ("cell", (2, 2), None),
    "cell/{1,1}": ("char", (1, 1), 2),
    "cell/{2,1}": ("cell", (1, 0), None),
    "cell/{1,2}": ("double", (2, 2), 32),
    "cell/{2,2}": ("logical", (1, 1), 1),
    "one": ("struct", (1, 1), None),
    "one/w": ("double", (2, 3), 48),
    "one/inner": ("struct", (1, 1), None),
    "one/inner/b": ("int8", (1, 1), 1),
    "many": ("struct", (1, 2), None),
    "many/(1).k": ("double", (1, 1), 8),
    "many/(1).v": ("char", (1, 1), 2),
    "many/(2).k": ("double", (1, 1), 8),
    "many/(2).v": ("char", (1, 2), 4),
    **{name: (name, shape, 3 * np.dtype(name).itemsize) for name, shape in NUMBERS.items()},
}


@pytest.mark.parametrize("compressed", [False, True])
def test_every_class_of_level_5(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, VALUES, do_compression=compressed)
    listing = inspect(path)
    assert seen(listing) == EXPECTED
    assert listing.contents.kind.startswith("MATLAB v7 " if compressed else "MATLAB v5 or v6 ")
    assert notes(listing)["sparse"] == "at most 2 nonzeros"
    whos = {name: shape for name, shape, class_ in scipy.io.whosmat(path) if class_ != "char"}
    assert {name: EXPECTED[name][1] for name in whos} == whos


def test_level_4(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    values = {name: VALUES[name] for name in ("s", "z", "text", "none", "sparse", "uint8", "int16", "int32")}
    scipy.io.savemat(path, {**values, "text": "abc", "row": np.arange(4.0)}, format="4", oned_as="row")
    listing = inspect(path)
    same = {name: EXPECTED[name] for name in ("text", "none", "sparse")}
    doubles = dict.fromkeys(("uint8", "int16", "int32"), ("double", (1, 3), 24))  # as Octave has them
    doubles |= {
        "s": ("double", (3, 1), 24),
        "z": ("double complex", (1, 2), 32),
        "row": ("double", (1, 4), 32),
    }
    assert seen(listing) == {**same, **doubles}
    whos = octave("s = load('a.mat'); cellfun(@(v) printf('%s ', class(v)), struct2cell(s));", tmp_path)
    assert whos.split() == ["char" if name == "text" else "double" for name in [*values, "row"]]
    assert listing.contents.kind == "MATLAB v4"
    stored = {name: f"stored as {name}" for name in ("uint8", "int16", "int32")}
    assert notes(listing) == {
        "sparse": "2 nonzeros",
        "s": "stored as single",
        "z": "stored as single",
        **stored,
    }


# --- Octave

SCRIPT = """
x = zeros(5,4,3,2); column = zeros(3,1); s = single(1.5); flag = true; flags = [true false; false true];
i8 = int8([1 2 3]); u64 = uint64(7); text = 'hello'; dq = "hi"; z = 1+2i; sp = sparse([1 0; 0 2]);
spz = sparse([1+2i 0 0]); none = zeros(0,3); flat = single(zeros(0,3,2)); quiet = ''; range = 1:5; eyes = eye(3);
c = {1, 'two', {single(3)}}; square = {zeros(0,3), true; single(1), 'h'}; nocell = cell(0,2);
one.a = 1; one.b.deep = 'x'; many = struct('p', {1,2,3}, 'q', 'r'); tall = struct('p', {1;2}); bare = struct();
nostruct = struct('p', {});
save('-v7', 'v7.mat'); save('-v6', 'v6.mat'); f = @(z) z + 1; save('-hdf5', 'o.h5'); save('-text', 't.txt');
save('-binary', 'b.bin'); save('-v4', 'v4.mat', 'x2', 'text', 'z', 'sp', 'none', 'range');
"""
OCTAVE = {
    "x": ("double", (5, 4, 3, 2), 960),
    "column": ("double", (3, 1), 24),
    "s": ("single", (1, 1), 4),
    "flag": ("logical", (1, 1), 1),
    "flags": ("logical", (2, 2), 4),
    "i8": ("int8", (1, 3), 3),
    "u64": ("uint64", (1, 1), 8),
    "text": ("char", (1, 5), 10),
    "dq": ("char", (1, 2), 4),
    "z": ("double complex", (1, 1), 16),
    "sp": ("sparse double", (2, 2), None),
    "spz": ("sparse double complex", (1, 3), None),
    "none": ("double", (0, 3), 0),
    "flat": ("single", (0, 3, 2), 0),
    "quiet": ("char", (0, 0), 0),
    "range": ("double", (1, 5), 40),
    "eyes": ("double", (3, 3), 72),
    "c": ("cell", (1, 3), None),
    "c/{1}": ("double", (1, 1), 8),
    "c/{2}": ("char", (1, 3), 6),
    "c/{3}": ("cell", (1, 1), None),
    "c/{3}/{1}": ("single", (1, 1), 4),
    "square": ("cell", (2, 2), None),
    "square/{1,1}": ("double", (0, 3), 0),
    "square/{2,1}": ("single", (1, 1), 4),
    "square/{1,2}": ("logical", (1, 1), 1),
    "square/{2,2}": ("char", (1, 1), 2),
    "nocell": ("cell", (0, 2), None),
    "one": ("struct", (1, 1), None),
    "one/a": ("double", (1, 1), 8),
    "one/b": ("struct", (1, 1), None),
    "one/b/deep": ("char", (1, 1), 2),
    "many": ("struct", (1, 3), None),
    **{f"many/({k}).p": ("double", (1, 1), 8) for k in (1, 2, 3)},
    **{f"many/({k}).q": ("char", (1, 1), 2) for k in (1, 2, 3)},
    "tall": ("struct", (2, 1), None),
    "tall/(1).p": ("double", (1, 1), 8),
    "tall/(2).p": ("double", (1, 1), 8),
    "bare": ("struct", (1, 1), None),
    "nostruct": ("struct", (0, 0), None),
}


def octave(code: str, folder: Path) -> str:
    program = shutil.which("octave-cli")
    if program is None:
        pytest.skip("Octave is not installed")
    done = subprocess.run(
        [program, "--norc", "-q", "--eval", code], cwd=folder, capture_output=True, text=True, timeout=60
    )
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same variables in each of Octave's formats."""
    folder = tmp_path_factory.mktemp("octave")
    octave(SCRIPT.replace("save('-v4'", "x2 = zeros(3,2); save('-v4'"), folder)
    return folder


@pytest.mark.parametrize("name", ["v7.mat", "v6.mat", "o.h5"])
def test_what_octave_saves(saved: Path, name: str) -> None:
    listing = inspect(saved / name)
    function = {"f": ("function_handle", (1, 1), None)} if name == "o.h5" else {}
    assert seen(listing) == {**OCTAVE, **function}
    assert notes(listing)["sp"].endswith("2 nonzeros")


def test_octave_agrees_about_names_shapes_and_classes(saved: Path) -> None:
    for name in ("v7.mat", "v6.mat", "o.h5"):
        lines = re.findall(
            r"^ *[a-z]* +(\w+) +([\dx]+) +\d+ +(\w+)$", octave(f"whos -file {name}", saved), re.MULTILINE
        )
        whos = {variable: (class_, tuple(map(int, shape.split("x")))) for variable, shape, class_ in lines}
        found = {path: row for path, row in seen(inspect(saved / name)).items() if "/" not in path}
        words = {
            path: (re.sub("sparse | complex", "", type_), shape) for path, (type_, shape, _) in found.items()
        }
        assert words == whos


def test_octave_level_4(saved: Path) -> None:
    same = {name: OCTAVE[name] for name in ("text", "z", "sp", "none", "range")}
    assert seen(inspect(saved / "v4.mat")) == {**same, "x2": ("double", (3, 2), 48)}


@pytest.mark.parametrize("name", ["t.txt", "b.bin"])
def test_octave_text_and_binary(saved: Path, name: str) -> None:
    found = {path: row[:2] for path, row in seen(inspect(saved / name)).items() if "/" not in path}
    wanted = {path: row[:2] for path, row in OCTAVE.items() if "/" not in path}
    wanted["f"] = ("function_handle", (1, 1))
    found["quiet"] = wanted["quiet"]  # what is a text has a row
    assert found == wanted


def test_a_sparse_logical_that_octave_loses_is_said(tmp_path: Path) -> None:
    octave(
        "lost = sparse([true false true true]); none = sparse(false(2, 3)); kept = 5; save -v7 a.mat lost none kept",
        tmp_path,
    )
    listing = inspect(tmp_path / "a.mat")
    sparse = {"lost": ("sparse logical", (1, 4), None), "none": ("sparse logical", (2, 3), None)}
    assert seen(listing) == {**sparse, "kept": ("double", (1, 1), 8)}
    assert notes(listing)["lost"].startswith("lost to Octave")
    assert "1 0 1 1" not in octave("load a.mat; disp(full(lost))", tmp_path)


# --- the text


def test_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(
        path, {"one": {"w": np.ones((2, 3)), "z": np.ones((1, 2)) * 1j}, "n": np.zeros((100, 200))}
    )
    lines = inspect(path).to_text().splitlines()
    assert lines[0] == f"{path}: MATLAB v5 or v6 (level 5, not compressed)"
    assert lines[1].startswith("  header: MATLAB 5.0 MAT-file")
    assert lines[2:] == [
        "",
        "name  type            shape      bytes",
        "one   struct          1x1",
        "  w   double          2x3           48",
        "  z   double complex  1x2           32",
        "n     double          100x200  160,000",
    ]


def test_a_long_listing_shows_the_top_whole_and_says_what_is_left_out(tmp_path: Path) -> None:
    cells = {f"c{k:02}": np.array([[float(i) for i in range(30)]]).astype(object) for k in range(40)}
    scipy.io.savemat(tmp_path / "a.mat", cells)
    listing = inspect(tmp_path / "a.mat")
    lines = listing.to_text().splitlines()[4:]
    rows, footer = lines[:-2], lines[-1]
    assert len(rows) == 100
    assert [line.split()[0] for line in rows if line[0] != " "] == sorted(cells)
    assert [line.split()[0] for line in rows[1:13]] == [f"{{{k}}}" for k in range(1, 13)]
    assert rows[0].endswith("18 more inside")
    assert rows[-1].endswith("30 more inside")
    assert footer == "... and 1,140 more; --json lists all"
    assert "more" not in listing.to_text(None)
    assert len(listing.to_text(None).splitlines()) == 4 + 40 * 31
    few = listing.to_text(7).splitlines()[4:]
    assert [line.split()[0] for line in few[:7]] == sorted(cells)[:7]
    assert few[-1] == "... and 1,233 more; --json lists all"


def test_members_past_the_limit_are_counted(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"c": np.full((1, 2500), 1.0).astype(object)}, do_compression=True)
    listing = inspect(tmp_path / "a.mat")
    assert (len(listing.contents.rows), listing.contents.rows[0].unlisted) == (1001, 1500)
    lines = listing.to_text().splitlines()
    assert lines[4].endswith("2,401 more inside")
    assert lines[-1] == "... and 2,401 more; --json lists 901 of them"
    assert listing.to_text(None).splitlines()[-1] == "... and 1,500 more"


def test_the_parent_loads_none_of_the_heavy_modules() -> None:
    code = "import sys, pybn.inspection; print(sorted({'numpy', 'h5py', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
