"""Inputs that users have in files: every version of .mat, .npy, .npz and HDF5, and files made to do harm."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
from octave_cases import make_case

from pybn import inputs
from pybn.case import Source, Value
from pybn.case_file import read_case_file
from pybn.engines.golden import GoldenEngine, stale
from pybn.engines.octave import OctaveEngine
from pybn.engines.port import PortEngine
from pybn.errors import CaseError, FileError, FormatError
from pybn.formats.child import call
from pybn.formats.variables import variable
from pybn.inputs import make_inputs, read_variable
from pybn.parity import run_parity
from pybn.record import record
from pybn.values import Cell, CharArray, StructArray, match

# What Octave saves and what is read of it: Octave is the oracle of both.

SAVES = """function [x, s, st, l, z, sp, e, ec, i, t, c] = save_all(folder)
  x = reshape(1:24, 2, 3, 4);  s.w = single([1 2; 3 4]);  s.c = {1, 'he', int8([1; 2])};
  st = struct('q', {1, 'two'});  l = [true false; false true];  z = complex([1 2], [3 0]);  sp = sparse([1 0; 0 2]);
  e = [];  ec = cell(2, 0);  i = uint16(5);  t = 'text';  c = single(complex(1, 2));
  save('-v6', fullfile(folder, 'v6.mat'), 'x', 's', 'st', 'l', 'z', 'sp', 'e', 'ec', 'i', 't', 'c');
  save('-v7', fullfile(folder, 'v7.mat'), 'x', 's', 'st', 'l', 'z', 'sp', 'e', 'ec', 'i', 't', 'c');
  r = [1; 2; 3];
  save('-v4', fullfile(folder, 'v4.mat'), 'r', 'z', 't', 'sp');
  sp = full(sp);
end
"""
NAMES = ("x", "s", "st", "l", "z", "sp", "e", "ec", "i", "t", "c")


@pytest.fixture(scope="module")
def saved(octave: OctaveEngine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    folder = tmp_path_factory.mktemp("saved")
    (folder / "save_all.m").write_text(SAVES)
    case = make_case(folder, "save_all", [f"{', '.join(NAMES)} = save_all(folder)"])
    case = replace(
        case, input_values={"folder": Value("folder")}, output_values={name: Value(name) for name in NAMES}
    )
    return folder, octave.run(case, {"folder": str(folder)})


def source(path: Path, var: str = "") -> Source:
    return Source(path, var, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("version", ["v6", "v7"])
def test_what_octave_saved(saved: tuple[Path, Mapping[str, Any]], version: str) -> None:
    folder, answers = saved
    for name in NAMES:
        value, matlab = variable(str(folder / f"{version}.mat"), name)
        assert matlab
        assert [each.explain() for each in match(name, answers[name], value) if each.verdict != "equal"] == []


def test_version_4(saved: tuple[Path, Mapping[str, Any]]) -> None:
    folder, answers = saved
    for name in ("z", "t", "sp"):
        value, _ = read_variable(source(folder / "v4.mat", name))
        assert match(name, answers[name], value)[0].verdict == "equal"


def test_parts_of_a_variable(saved: tuple[Path, Mapping[str, Any]]) -> None:
    file = str(saved[0] / "v7.mat")
    assert variable(file, "s.c{2}")[0] == "he"
    assert variable(file, "st(2).q")[0] == "two"
    assert variable(file, "st(1,2).q")[0] == "two"
    assert variable(file, "s(1).c{1,3}")[0].dtype == np.int8
    for var, told in (
        ("nope", "there is no variable 'nope'; there are c, e, ec"),
        ("s.nope", "s is a struct with fields w, c: there is no .nope"),
        ("s.c{4}", r"s\.c is a 1x3 cell: there is no \{4\}"),
        ("s.c{0}", r"there is no \{0\}"),
        ("s.w{1}", r"s\.w is a 2x2 single: there is no \{1\}"),
        ("", "say which variable is meant: var = ...; there are c, e"),
    ):
        with pytest.raises(FormatError, match=told):
            variable(file, var)


# v7.3, laid out by hand as MATLAB does.


def put(parent: Any, name: str, value: Any, class_: str, **attrs: Any) -> Any:
    dataset = parent.create_dataset(name, data=value)
    dataset.attrs["MATLAB_class"] = np.bytes_(class_)
    for key, attribute in attrs.items():
        dataset.attrs[key] = attribute
    return dataset


def text(parent: Any, name: str, said: str) -> Any:
    return put(
        parent, name, np.array([[ord(c)] for c in said], np.uint16), "char", MATLAB_int_decode=np.int32(2)
    )


@pytest.fixture(scope="module")
def v73(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("v73") / "a.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        refs = file.create_group("#refs#")
        one, word = put(refs, "a", np.ones((1, 1)), "double"), text(refs, "b", "hé")
        x = np.arange(24.0).reshape(2, 3, 4)
        put(file, "x", x.T, "double")
        z = np.zeros((3, 1), [("real", "f4"), ("imag", "f4")])
        z["real"], z["imag"] = 1, 2
        put(file, "z", z, "single")
        put(file, "l", np.array([[1], [0]], np.uint8), "logical", MATLAB_int_decode=np.int32(1))
        put(file, "i", np.array([[-7]], np.int16), "int16")
        put(file, "e", np.array([0, 3], np.uint64), "single", MATLAB_empty=np.uint8(1))
        put(file, "es", np.array([0, 0], np.uint64), "char", MATLAB_empty=np.uint8(1))
        text(file, "t", "grüß")
        put(file, "ch", np.array([[97, 99], [98, 100]], np.uint16), "char", MATLAB_int_decode=np.int32(2))
        put(file, "c", np.array([[one.ref], [word.ref]], h5py.ref_dtype), "cell")
        put(file, "o", np.array([[1, 2]], np.uint32), "dlnetwork", MATLAB_object_decode=np.int32(3))
        s = file.create_group("s")
        s.attrs["MATLAB_class"] = np.bytes_("struct")
        put(s, "w", np.array([[1.0, 2.0]]).T, "double")
        st = file.create_group("st")
        st.attrs["MATLAB_class"] = np.bytes_("struct")
        st["q"] = np.array([[one.ref], [word.ref]], h5py.ref_dtype)
        sp = file.create_group("sp")
        sp.attrs["MATLAB_class"], sp.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(3)
        sp["data"], sp["ir"], sp["jc"] = (
            np.array([5.0, 6.0]),
            np.array([0, 2], "u8"),
            np.array([0, 1, 2], "u8"),
        )
        loop = refs.create_dataset("loop", (1, 1), h5py.ref_dtype)
        loop.attrs["MATLAB_class"] = np.bytes_("cell")
        loop[0, 0] = loop.ref
        put(file, "loop", np.array([[loop.ref]], h5py.ref_dtype), "cell")
        file["away"] = h5py.ExternalLink("/etc/passwd", "x")
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124) + b"\0\2IM")
    return str(path)


def test_version_7_3(v73: str) -> None:
    one = np.ones((1, 1))
    wanted = {
        "x": np.arange(24.0).reshape(2, 3, 4),
        "z": np.full((1, 3), 1 + 2j, np.complex64),
        "l": np.array([[True, False]]),
        "i": np.array([[-7]], np.int16),
        "e": np.zeros((0, 3), np.float32),
        "es": "",
        "t": "grüß",
        "ch": CharArray((2, 2), ("ab", "cd")),
        "c": Cell((1, 2), (one, "hé")),
        "c{2}": "hé",
        "s": {"w": np.array([[1.0, 2.0]])},
        "st": StructArray((1, 2), ("q",), ({"q": one}, {"q": "hé"})),
        "sp": np.array([[5.0, 0.0], [0.0, 0.0], [0.0, 6.0]]),
    }
    for name, value in wanted.items():
        found, matlab = variable(v73, name)
        assert matlab
        assert [each.explain() for each in match(name, value, found) if each.verdict != "equal"] == []
    for name, told in (
        ("loop", r"loop\{1\}\{1\} .*: holds itself"),
        ("away", "/away: an external link -> x in /etc/passwd, not followed"),
        ("q", "there are away, c, ch, e"),
    ):
        with pytest.raises(FormatError, match=told):
            variable(v73, name)


# Others.


def test_numpys_files_and_plain_hdf5(tmp_path: Path) -> None:
    x = np.arange(6, dtype=np.int32).reshape(2, 3)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", a=x, b=x[0])
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["group/x"] = x
        file["t"] = "words"
        file["away"] = h5py.ExternalLink("other.h5", "x")
        file["soft"] = h5py.SoftLink("/group/x")
    for name, var, wanted in (
        ("x.npy", "", x),
        ("x.npz", "a", x),
        ("x.npz", "b", x[:1]),
        ("x.h5", "group/x", x),
        ("x.h5", "/group/x", x),
        ("x.h5", "soft", x),
        ("x.h5", "t", "words"),
    ):
        value, matlab = read_variable(source(tmp_path / name, var))
        assert not matlab
        assert match("v", wanted, value)[0].verdict == "equal"
    for name, var, told in (
        ("x.npy", "a", "holds one array without a name"),
        ("x.npz", "", "say which variable is meant"),
        ("x.npz", "c", "there is no variable 'c'; there are a, b"),
        ("x.h5", "group", "wanted an array, got a group of x"),
        ("x.h5", "group/y", "group/y is not there; there are away, group/x"),
        ("x.h5", "away", "/away: an? external link -> x in other.h5, not followed"),
    ):
        with pytest.raises(FormatError, match=told):
            read_variable(source(tmp_path / name, var))


def test_files_that_are_none(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY\x01\x00")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "text.mat").write_text("# Created by Octave 7.3.0\n# name: x\n")
    (tmp_path / "empty.mat").write_bytes(b"")
    for name, told in (
        ("o.npy", "cannot be read as .npy: Object arrays cannot be loaded"),
        ("cut.npy", "cannot be"),
        ("cut.npz", "cannot be read as .npz"),
        ("text.mat", "line 2: breaks off, where # type: was wanted"),
        ("empty.mat", "is empty"),
    ):
        with pytest.raises(FormatError, match=told):
            read_variable(source(tmp_path / name, "x" if name.endswith(".mat") else ""))


def test_a_bomb_is_an_error(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "bomb.mat", {"x": np.zeros(8_000_000)}, do_compression=True)
    start = time.monotonic()
    with pytest.raises(FormatError, match=r"x takes .* bytes; wanted at most 47 MiB"):
        read_variable(source(tmp_path / "bomb.mat", "x"))
    assert time.monotonic() - start < 30


# In cases.

FILE = """
[matlab]
path = "m"
functions = ["total", "describe"]
[python]
path = "."
targets = { total = "file_port:total", describe = "file_port:describe" }
[inputs]
x = { file = "data.mat", var = "d.x", axes = "H W N" }
y = { file = "y.npy", axes = "N H", matlab = "H N" }
s = { file = "data.mat", var = "d" }
[outputs]
t = { axes = "H W" }
u = { axes = "N" , python = "N", matlab = "1 N" }
n = { kind = "value" }
[[step]]
matlab = "t = total(x, 3)"
python = "t = total(x, 3)"
[[step]]
matlab = "u = total(y, 1)"
python = "u = total(y, 2)"
[[step]]
matlab = "n = describe(s)"
python = "n = describe(s)"
[[case]]
name = "files"
size = { H = 2, W = 3, N = 4 }
dtype = "float64"
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "total.m").write_text("function t = total(x, d)\n  t = sum(x, d);\nend\n")
    (tmp_path / "m" / "describe.m").write_text(
        "function n = describe(s)\n  n.label = [s.label '!'];\n  n.first = s.c{1};\nend\n"
    )
    (tmp_path / "file_port.py").write_text(
        "def total(x, d):\n    return sum(x.take(k, axis=d - 1) for k in range(x.shape[d - 1]))\n\n\n"
        "def describe(s):\n    return {'label': s['label'] + '!', 'first': s['c'][0]}\n"
    )
    cell = np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = 7.0, "x"
    data = {"x": np.arange(24.0).reshape(2, 3, 4), "label": "words", "c": cell}
    scipy.io.savemat(tmp_path / "data.mat", {"d": data, "other": 1.0})
    np.save(tmp_path / "y.npy", np.arange(8.0).reshape(4, 2))
    (tmp_path / "files.toml").write_text(FILE)
    return tmp_path / "files.toml"


def test_a_case_of_files(files: Path, octave: OctaveEngine) -> None:
    golden = GoldenEngine()
    cases = read_case_file(files)
    [live] = run_parity(cases, octave, PortEngine(), golden)
    assert live.passed, live
    assert [each.name for each in live.comparisons] == ["t", "u", "n.label", "n.first"]
    assert [change.what for change in record(cases, frozenset({"missing"}), octave)] == ["recorded"]
    golden = GoldenEngine()
    [result] = run_parity(cases, golden, PortEngine(), golden)
    assert result.passed
    assert golden.record(cases[0]).inputs["s"]["label"] == "words"
    np.save(files.parent / "y.npy", np.zeros((4, 2)))
    [changed] = read_case_file(files)
    assert stale(changed, golden.record(changed)) == "the case changed"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"y.npy"', '"none.npy"', "inputs: y: file: there is no file"),
        ('"y.npy"', "3", "inputs: y: file: wanted the name of a file, got 3"),
        ('"y.npy"', '"m"', "inputs: y: file: there is no file"),
        ('var = "d.x"', 'var = "d..x"', "inputs: x: var: wanted a name such as 'x', 's.w', 'c{2}' or 'group/x'"),
        ('var = "d.x"', 'var = "d.x", draw = "normal"', "inputs: x: wanted either file or draw, got both"),
        ('var = "d" }', 'var = "d", dtype = "int8" }', "inputs: s, which has no axes and so is a value: 'dtype'"),
        ('axes = "H W N"', 'axes = "H W N", stored = "W H"', "stored: wanted the axes 'H W N' in some order"),
        ('{ file = "y.npy", axes', '{ stored = "N H", axes', "inputs: y: stored: wanted a file, too, got none"),
        ('var = "d" }', 'var = "d", stored = "H" }', "inputs: s, which has no axes and so is a value: 'stored'"),
        ('axes = "H W N"', 'axes = "H W N", shapes = "matlab"', "x, which has axes and so is a tensor: 'shapes'"),
    ],
)  # fmt: skip
def test_what_a_case_file_may_not_say_of_files(files: Path, before: str, after: str, told: str) -> None:
    assert before in FILE
    files.write_text(FILE.replace(before, after))
    with pytest.raises(CaseError) as caught:
        read_case_file(files)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"d.x"', '"d.label"', "data.mat: wanted an array, got the text 'words'; without axes it is a value"),
        ('"d.x"', '"d.z"', "d is a struct with fields x, label, c: there is no .z"),
        ('axes = "H W N"', 'axes = "W H N"', 'got [2, 3, 4]; stored = "..." tells the order'),
        ('"H W N"', '"H W N", stored = "N W H"', "data.mat: wanted shape [4, 3, 2], N W H, got [2, 3, 4]"),
        ('"H W N"', '"H W N", dtype = "int8"', ""),
        ('"H W N"', '"H W N", dtype = "bool"', "wanted bool, got float64; declare dtype"),
    ],
)
def test_what_is_not_in_a_file_as_declared(files: Path, before: str, after: str, told: str) -> None:
    files.write_text(FILE.replace(before, after, 1))
    [case] = read_case_file(files)
    if not told:
        assert make_inputs(case)["x"].dtype == np.int8
        return
    with pytest.raises((CaseError, FormatError)) as caught:
        make_inputs(case)
    assert "case 'files': input 'x': " in str(caught.value)
    assert told in str(caught.value)


def test_what_is_wanted_of_a_file_is_read_at_once(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(target: str, path: str, **more: Any) -> object:
        asked.append((Path(path).name, more["argument"]))
        return call(target, path, **more)

    monkeypatch.setattr(inputs, "call", counted)
    inputs._READ.clear()
    [case] = read_case_file(files)
    for _ in range(2):
        assert make_inputs(case)["x"].shape == (2, 3, 4)
    assert asked == [("data.mat", '["d.x", "d"]'), ("y.npy", '[""]')]


def test_what_is_too_much_at_once_is_read_by_itself(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(files.parent / "data.mat")
    assert len(inputs.encoded(path, '["d.x", "d"]')) == 2
    monkeypatch.setattr(inputs, "LARGEST", 300)
    assert len(inputs.encoded(path, '["d.x", "d"]')) == 1
    with pytest.raises(FormatError, match="d takes"):
        inputs.encoded(path, '["d", "d.x"]')


def test_axes_that_lie_otherwise_in_a_file(files: Path) -> None:
    scipy.io.savemat(files.parent / "numpy.mat", {"x": np.arange(24.0).reshape(4, 2, 3)})  # N H W, from NumPy
    plain = FILE.replace('"data.mat", var = "d.x"', '"numpy.mat", var = "x"')
    files.write_text(plain.replace('axes = "H W N"', 'axes = "H W N", stored = "N H W"'))
    [case] = read_case_file(files)
    wanted = np.arange(24.0).reshape(4, 2, 3).transpose(1, 2, 0)
    assert np.array_equal(make_inputs(case)["x"], wanted)
    files.write_text(plain.replace('axes = "H W N"', 'axes = "H W N", stored = "N W H"'))
    assert read_case_file(files)[0].digest() != case.digest()


def test_a_file_that_goes_away(files: Path) -> None:
    [case] = read_case_file(files)
    inputs._READ.clear()
    (files.parent / "data.mat").unlink()
    with pytest.raises(FileError, match=r"input 'x'.*data\.mat: cannot be"):
        make_inputs(case)


def test_doubles_of_a_file_are_rounded_for_a_case_in_single(files: Path) -> None:
    files.write_text(FILE.replace('dtype = "float64"', 'dtype = "float32"'))
    [case] = read_case_file(files)
    made = make_inputs(case)
    assert (made["x"].dtype, made["y"].dtype) == (np.float32, np.float32)
    assert made["s"]["x"].dtype == np.float64
