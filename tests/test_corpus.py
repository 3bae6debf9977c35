"""The corpus: every class, rank, emptiness and nest, of every kind of file that is read, to every kind that is written.

What a file holds is what Octave loads from it, or what NumPy, h5py, SciPy and zarr were given; what was written is read
again by those and by Octave itself. All to the last bit.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from corpus_files import flat, of_scipy, read, scipys, tree, write, write_v73
from exactly import differs

import pybn
from pybn.convert.run import Outcome, convert, verify
from pybn.engines.driver.wire import load
from pybn.engines.octave.session import find_octave
from pybn.errors import DTypeError
from pybn.formats.tensor import Options
from pybn.values import CharArray, StructArray

HERE = Path(__file__).resolve().parent
DRIVER = HERE.parent / "pybn" / "engines" / "driver"
OCTAVES = ["v4.mat", "v6.mat", "v7.mat", "text", "text.gz", "binary", "binary.gz", "hdf5"]
OTHERS = ["v73.mat", "scipy.mat", "scipy4.mat", "made.npz", "made.h5", "made.safetensors", "made.zarr"]
TARGETS = ["npz", "h5", "safetensors", "zarr", "5.mat", "7.mat"]
LOST_BY_OCTAVE = ("spl",)  # in v6 and v7: it loads columns other than it saved
MISREAD_BY_OCTAVE = {
    "char_3_1": "abc",
    "char_0_1": "",
}  # columns of text, whoever wrote them; logical sparse as double


def octave(script: str, folder: Path) -> None:
    command = [find_octave(), "--quiet", "--norc", "--path", str(DRIVER), script]
    done = subprocess.run(
        command, env={**os.environ, "PYBN_FOLDER": str(folder)}, capture_output=True, text=True, timeout=120
    )
    assert (folder / "finished").exists(), done.stderr
    (folder / "finished").unlink()


def told(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        value = load(stream)
    assert isinstance(value, dict)
    return value


@dataclass
class Corpus:
    """A folder of files, what is in each, and what was converted."""

    folder: Path
    values: dict[str, dict[str, Any]]


def sparse(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give sparse matrices, which Octave tells as full ones, their form again."""
    return {
        name: scipy.sparse.csc_array(value) if name.startswith("sp") else value
        for name, value in values.items()
    }


@pytest.fixture(scope="module")
def corpus(needs_octave: None, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Make all files."""
    folder = tmp_path_factory.mktemp("corpus")
    octave(str(HERE / "corpus.m"), folder)
    original = sparse(told(folder / "original.out"))
    values = {name: sparse(told(folder / f"{name}.loaded.out")) for name in OCTAVES}
    for name in ("v6.mat", "v7.mat"):
        values[name] |= {each: original[each] for each in LOST_BY_OCTAVE}
    odd = np.array([0x7FF8_0000_DEAD_BEEF, 0xFFF0_0000_0000_0001, 1 << 63], np.uint64).view(np.float64)
    original["payload"] = odd.reshape(1, 3)
    arrays = {name: x for name, x in original.items() if isinstance(x, np.ndarray)}
    values["v73.mat"] = original
    write_v73(folder / "v73.mat", original)
    values["scipy.mat"] = {
        name: x
        for name, x in original.items()
        if not isinstance(x, StructArray | CharArray)
        or (isinstance(x, CharArray) and all(x.shape) and len(x.shape) == 2)
    }
    scipy.io.savemat(folder / "scipy.mat", scipys(values["scipy.mat"]), do_compression=True)
    values["scipy4.mat"] = {
        name: x for name, x in arrays.items() if x.ndim == 2 and x.dtype.char in "dD" and x.size
    }
    scipy.io.savemat(folder / "scipy4.mat", values["scipy4.mat"], format="4")
    vectors = {"scalar": np.array(2.5), "vector": np.arange(3, dtype=np.int16), "nothing": np.zeros(0, bool)}
    vectors |= {"ones": np.ones((2, 1, 3, 1, 1)), "half": np.array([[1.5, -0.0]], np.float16)}
    words = {"words": np.array([["a", "b€"], ["", "defg"]]), "word": np.array("🙂")}
    for name in OTHERS[3:]:
        texts = words if name in ("made.npz", "made.h5") else {}
        values[name] = {
            each: x
            for each, x in (arrays | vectors | texts).items()
            if name != "made.safetensors" or x.dtype != np.complex128
        }
        write(folder / name, values[name])
    values["made.h5"]["word"] = "🙂"
    return Corpus(folder, values)


@pytest.mark.parametrize("name", [*OCTAVES, *OTHERS])
def test_what_is_read_is_what_was_saved(corpus: Corpus, name: str) -> None:
    wanted = corpus.values[name]
    with pybn.open(corpus.folder / name) as file:
        assert set(file) == set(wanted)
        full = {each: x.toarray() if scipy.sparse.issparse(x) else x for each, x in wanted.items()}
        assert [line for each in file for line in differs(full[each], file[each], each)] == []
        for each, x in wanted.items():
            assert scipy.sparse.issparse(file[each]) == scipy.sparse.issparse(x)


def one(source: Path, target: Path, **options: Any) -> Outcome:
    [outcome] = convert([str(source)], str(target), **options)
    return outcome


def held(x: Any, to: str) -> bool:
    """Say whether a format has such elements."""
    dtype = x.dtype.newbyteorder("=")
    if to == "safetensors":
        return dtype.kind != "U" and dtype != np.complex128
    if to == "zarr":
        return dtype.kind != "U" or not x.ndim
    return dtype != np.float16 or not to.endswith("mat")


def same(wanted: Any, found: Any, name: str) -> list[str]:
    """Compare arrays; of the places in sparse ones the numbers, whatever integers they are; text by its letters."""
    wanted, found = np.asarray(wanted), np.asarray(found)
    if name.rpartition(SEPARATOR)[2] in ("indices", "indptr") or wanted.dtype.kind == "U":
        equal = (
            wanted.shape == found.shape and wanted.dtype.kind == found.dtype.kind and (wanted == found).all()
        )
        return [] if equal else [f"{name}: wanted {wanted!r}, got {found!r}"]
    return differs(wanted, found, name)


SEPARATOR = "/"


@pytest.mark.parametrize("to", TARGETS[:4])
@pytest.mark.parametrize("name", [*OCTAVES, *OTHERS])
def test_every_pair_of_formats_is_exact(corpus: Corpus, name: str, to: str) -> None:
    values = corpus.values[name]
    step = {"h5": 3, "zarr": 11}.get(to, 1)  # which take their time
    chosen = list(values)[len(name) % step :: step]
    wanted = {p: x for each in chosen for p, x in flat(values[each], (each,)).items()}
    target = corpus.folder / f"{name}.to.{to}"
    outcome = one(corpus.folder / name, target, var=chosen, skip=to in ("safetensors", "zarr"))
    assert outcome.status == "done", outcome.error
    assert outcome.told is not None
    assert len(outcome.told["left_out"]) == sum(not held(x, to) for x in wanted.values())
    separator = "/" if to in ("h5", "zarr") else "."
    kept = {separator.join(parts): x for parts, x in wanted.items() if held(x, to)}
    found = read(target)
    assert set(found) == set(kept)
    assert [
        line for each, x in kept.items() for line in same(x, found[each], each.replace(separator, "/"))
    ] == []
    assert verify(target) == []


ODD_NAMES = {
    "1st": "x1st",
    "é": "x_",
    "a b": "a_b",
    "a-b": "a_b_2",
    "A_B": "A_B_3",
    "../../up": "x______up",
    "_low": "x_low",
    "for": "xfor",
    "end": "xend",
    "n" * 70: "n" * 63,
    "n" * 71: "n" * 61 + "_2",
    "日本": "x__",
    "$(id)": "x__id_",
    "-rf": "x_rf",
    "ans.b": "ans_b",
}


@dataclass
class Back:
    """What was converted to .mat, and what Octave loads of it."""

    outcomes: dict[str, Outcome]
    loaded: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def back(corpus: Corpus) -> Back:
    """Convert everything to .mat of both versions, and let Octave load it."""
    outcomes = {}
    for name in (*OCTAVES, *OTHERS):
        for to in TARGETS[4:]:
            target = corpus.folder / f"{name}.to.{to}"
            options = Options(version=to[0])
            outcomes[target.name] = one(corpus.folder / name, target, skip=True, options=options)
    write(corpus.folder / "odd.npz", {name: np.array([[k]]) for k, name in enumerate(ODD_NAMES)})
    target = corpus.folder / "odd.npz.to.7.mat"
    outcomes[target.name] = one(corpus.folder / "odd.npz", target)
    (corpus.folder / "back.m").write_text(BACK)
    octave(str(corpus.folder / "back.m"), corpus.folder)
    return Back(
        outcomes,
        {
            name: told(corpus.folder / f"{name}.back")
            for name, each in outcomes.items()
            if each.status == "done"
        },
    )


BACK = """
cd(getenv('PYBN_FOLDER'));
files = dir('*.to.*.mat');
for k = 1:numel(files)
  pybn_write([files(k).name '.back'], load(files(k).name), 'uint8');
end
fclose(fopen('finished', 'w'));
"""


@pytest.mark.parametrize("to", TARGETS[4:])
@pytest.mark.parametrize("name", [*OCTAVES, *OTHERS])
def test_octave_and_scipy_load_what_was_converted(corpus: Corpus, back: Back, name: str, to: str) -> None:
    target = corpus.folder / f"{name}.to.{to}"
    outcome = back.outcomes[target.name]
    assert outcome.status == "done", outcome.error
    assert outcome.told is not None
    assert [each["original"] for each in outcome.told["left_out"]] == ["half"] * name.startswith("made")
    with pybn.open(target) as file:
        assert file.kind.startswith({"5": "MATLAB v5", "7": "MATLAB v7"}[to[0]])
    values = {each: value for each, value in corpus.values[name].items() if each != "half"}
    wanted = {each: tree(value) for each, value in values.items()}
    loaded, scipys_ = back.loaded[target.name], scipy.io.loadmat(target, chars_as_strings=False)
    assert set(loaded) == set(wanted) == {each for each in scipys_ if each[0] != "_"}
    misread = {each: x for each, x in MISREAD_BY_OCTAVE.items() if each in wanted}
    misread |= {each: wanted[each].astype(float) for each in ("spl",) if each in wanted}
    assert [line for each, x in (wanted | misread).items() for line in differs(x, loaded[each], each)] == []
    found = {each: of_scipy(scipys_[each]) for each in wanted}  # but "word", of pairs that it has not
    found |= {
        each: tree(x) for each, x in found.items() if isinstance(x, np.ndarray)
    }  # without ones at the end
    wanted = {each: tree(value, logical=np.uint8) for each, value in values.items() if each != "word"}
    assert [line for each, value in wanted.items() for line in differs(value, found[each], each)] == []


def test_names_that_matlab_does_not_have(corpus: Corpus, back: Back) -> None:
    outcome = back.outcomes["odd.npz.to.7.mat"]
    assert outcome.status == "done", outcome.error
    assert outcome.told is not None
    loaded = {name: x.item() for name, x in back.loaded["odd.npz.to.7.mat"].items()}
    told_ = {each["original"]: each["name"] for each in outcome.told["tensors"]}
    assert loaded == {told_[name]: k for k, name in enumerate(ODD_NAMES)}
    assert told_ == ODD_NAMES


NPY = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "U5"]
RANKS = [
    (),
    (4,),
    (0,),
    (2, 3),
    (3, 0),
    (2, 1, 3),
    (1, 2, 1, 2),
    (2, 1, 1, 2, 1),
    (1, 2, 1, 2, 1, 2),
    (2, 1, 1),
]


@pytest.mark.parametrize("code", NPY)
def test_every_npy_is_exact_in_all_formats_and_back(tmp_path: Path, code: str) -> None:
    """Of each dtype every rank, in either order of bytes and of axes; and back to .npy."""
    generator = np.random.default_rng(NPY.index(code))
    for k, shape in enumerate(RANKS):
        to = ["npz", "h5", "safetensors", "zarr", "mat", "npy"][(k + NPY.index(code)) % 6]
        dtype = np.dtype(f"{'<>'[k % 2]}{code}" if code[-1] != "1" and code != "?" else code)
        size = int(np.prod(shape))
        bits = generator.integers(0, 256, size * dtype.itemsize, np.uint8)
        x = bits.view(dtype).reshape(shape, order="CF"[k % 3 % 2]) if code[0] not in "?U" else None
        if x is None:
            x = (
                bits[:: dtype.itemsize] % 2 == 1
                if code == "?"
                else np.array(["né", "", "abcde", "🙂"] * 4)[:size]
            )
            x = x.reshape(shape).astype(dtype)
        np.save(tmp_path / "x.npy", x)
        outcome = one(tmp_path / "x.npy", target := tmp_path / f"y.{to}")
        if not held(x, to):
            assert isinstance(outcome.error, DTypeError)
            assert "x: " in str(outcome.error)
            continue
        assert outcome.status == "done", outcome.error
        if to != "mat":
            wanted = x.astype(x.dtype.newbyteorder("="))
            (found,) = read(target).values()
            assert same(wanted, found.astype(found.dtype.newbyteorder("=")), "x") == []
        if code == "U5" and x.ndim and to == "mat":
            continue  # a cell, which is an array a text
        assert one(target, tmp_path / "back.npy").status == "done"
        back_ = np.load(tmp_path / "back.npy")
        assert back_.dtype.newbyteorder("=").kind == x.dtype.kind
        assert same(x.reshape(back_.shape) if to == "mat" else x, back_.astype(x.dtype), "x") == []


def test_ones_that_matlab_dropped_are_restored_by_the_layout(corpus: Corpus) -> None:
    for name in ("v7.mat", "v73.mat", "hdf5", "text"):
        target = corpus.folder / f"{name}.restored.npz"
        rules = ["double_2_3=HWCN:NCHW", "double_2_3_2=HWCN:NCHW", "double_1_4=HWCN:NHWC"]
        chosen = [rule.partition("=")[0] for rule in rules]
        assert one(corpus.folder / name, target, var=chosen, layout=rules).status == "done"
        with np.load(target) as file:
            x = {each: corpus.values[name][each] for each in chosen}
            assert differs(x["double_2_3"][None, None], file["double_2_3"]) == []
            assert differs(x["double_2_3_2"].transpose(2, 0, 1)[None], file["double_2_3_2"]) == []
            assert differs(x["double_1_4"][None, :, :, None], file["double_1_4"]) == []


def test_text_that_no_format_holds_as_text_is_kept_as_numbers_or_named(tmp_path: Path) -> None:
    nul = CharArray((2, 2), ("a\0", "bc"))
    write_v73(tmp_path / "a.mat", {"nul": "x\0", "rows": nul, "pages": CharArray((1, 2, 2), ("a\0", "bc"))})
    outcome = one(tmp_path / "a.mat", tmp_path / "a.npz")
    assert outcome.status == "done", outcome.error
    with np.load(tmp_path / "a.npz") as file:
        assert differs(np.array([[120, 0]], np.uint16), file["nul"]) == []
        assert differs(np.array([[97, 0], [98, 99]], np.uint16), file["rows"]) == []
        assert differs(np.array([[[97, 98], [0, 99]]], np.uint16), file["pages"]) == []
    assert one(tmp_path / "a.mat", tmp_path / "b.mat").status == "done"
    with pybn.open(tmp_path / "b.mat") as back_:
        assert back_["nul"] == "x\0"
        assert back_["rows"] == nul
    refused = one(tmp_path / "a.mat", tmp_path / "a.npy", var=["rows"])
    assert refused.status == "done", refused.error


def test_what_a_format_cannot_hold_is_named_and_left_out_where_that_is_asked_for(corpus: Corpus) -> None:
    """All text, and complex doubles, for safetensors."""
    refused = one(corpus.folder / "v7.mat", corpus.folder / "refused.safetensors", var=["text", "double_2_3"])
    assert isinstance(refused.error, DTypeError)
    assert str(refused.error).startswith("text: safetensors cannot hold <U5")
    assert "--skip-opaque" in str(refused.error)
    assert not (corpus.folder / "refused.safetensors").exists()
    nothing = one(corpus.folder / "v7.mat", corpus.folder / "refused.safetensors", var=["text"], skip=True)
    assert "nothing of it can be written: text" in str(nothing.error)
