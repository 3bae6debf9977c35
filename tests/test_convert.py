"""Conversions: what is written is what was read, in the order that was asked for, for other readers than ours too."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy
import scipy.io
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import pybn
from pybn.cli import main
from pybn.convert.names import names
from pybn.convert.run import Outcome, convert, verify
from pybn.errors import DTypeError, FileError, FormatError, LayoutError, UsageError
from pybn.formats.lazy import InMemory
from pybn.formats.oriented import Oriented
from pybn.formats.tensor import Options

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((5, 4, 3, 2)).astype(np.float32)
FORMATS = ["npz", "safetensors", "zarr", "h5", "mat"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def made(**arrays: Any) -> str:
    np.savez("a.npz", **arrays)
    return "a.npz"


def one(*args: Any, **options: Any) -> Outcome:
    [outcome] = convert(*args, **options)
    return outcome


def done(*args: Any, **options: Any) -> Outcome:
    outcome = one(*args, **options)
    assert outcome.status == "done", outcome.error
    return outcome


def foreign(path: str, name: str) -> Any:
    """Read an array by the format's own package."""
    suffix = Path(path).suffix
    if suffix in (".npy", ".npz"):
        read = np.load(path)
        return read[name] if suffix == ".npz" else read
    if suffix == ".safetensors":
        return safetensors.numpy.load_file(path)[name]
    if suffix == ".h5":
        with h5py.File(path) as file:
            return file[name][()]
    if suffix == ".zarr":
        return np.asarray(zarr.open_group(path, mode="r")[name])
    return scipy.io.loadmat(path)[name]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("target", ["NCHW", "NHWC", "CHWN", "HWCN"])
def test_axes_are_as_they_were_asked_for_and_elements_the_same(to: str, target: str) -> None:
    source = made(x=IMAGES)
    done([source], f"out.{to}", layout=[f"HWCN:{target}"])
    read = foreign(f"out.{to}", "x")
    wanted = IMAGES.transpose(["HWCN".index(a) for a in target])
    assert read.dtype == np.float32
    assert np.array_equal(read, wanted)


DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16", "f2"]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("code", DTYPES)
def test_every_dtype_is_exact_or_refused(to: str, code: str) -> None:
    bits = RNG.integers(0, 2, (3, 5)) if code == "?" else RNG.integers(-(2**62), 2**62, (3, 5)) * 3
    bits = bits % 2048 if code == "f2" else bits
    x = (bits + 1j * bits[::-1]).astype(code) if code[0] == "c" else bits.astype(np.int64).astype(code)
    outcome = one([made(x=x)], f"out.{to}")
    if (to, code) in {("safetensors", "c16"), ("mat", "f2")}:
        assert isinstance(outcome.error, DTypeError)
        assert not Path(f"out.{to}").exists()
        return
    assert outcome.status == "done", outcome.error
    read = foreign(f"out.{to}", "x")
    wanted = np.uint8 if (to, code) == ("mat", "?") else np.dtype(code)  # SciPy's way to say logical
    assert read.dtype == wanted
    assert np.array_equal(read, x, equal_nan=code[0] in "fc")


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(
    "shape", [(), (1,), (0,), (3, 0), (0, 3, 2), (1, 1, 1, 1), (2, 1), (7,), (2, 3, 1, 4, 1, 2)]
)
def test_every_shape(to: str, shape: tuple[int, ...]) -> None:
    x = RNG.standard_normal(shape)
    done([made(x=x)], f"out.{to}")
    read = foreign(f"out.{to}", "x")
    if to == "mat":  # which has two dimensions at least, and none that is 1 at the end
        assert read.ndim >= 2
        x = x.reshape(read.shape)
    assert read.shape == x.shape
    assert np.array_equal(read, x)


def test_npy_holds_one() -> None:
    source = made(x=IMAGES, y=IMAGES)
    assert isinstance(one([source], "out.npy").error, UsageError)
    done([source], "out.npy", var=["y"], layout=["HWCN:NCHW"])
    read = np.load("out.npy")
    assert read.flags.c_contiguous
    assert np.array_equal(read, IMAGES.transpose(3, 2, 0, 1))


def test_layouts_by_rank_by_name_and_dropped_ones() -> None:
    source = made(x=IMAGES, one=IMAGES[..., 0], w=IMAGES, b=np.zeros((1, 3)))
    outcome = done([source], "out.npz", layout=["w=HWIO:HWIO", "HWCN:NCHW"])
    shapes = {name: array.shape for name, array in np.load("out.npz").items()}
    assert shapes == {"x": (2, 3, 5, 4), "one": (1, 3, 5, 4), "w": (5, 4, 3, 2), "b": (1, 3)}
    assert outcome.plan is not None
    assert {s.leaf.path: s.choice.why for s in outcome.plan.steps}["one"] == "1 trailing axis of 1 restored"


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("HWCN", "wanted SOURCE:TARGET"),
        ("HWCN:NCH", "do not name the same axes"),
        ("HHCN:NCHH", "twice"),
        ("=HWCN:NCHW", "wanted SOURCE:TARGET"),
    ],
)
def test_a_layout_that_cannot_be_meant(layout: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        list(convert([made(x=IMAGES)], "out.npz", layout=[layout]))


def test_a_layout_by_name_that_does_not_fit_is_an_error() -> None:
    outcome = one([made(x=IMAGES)], "out.npz", layout=["x=HWC:CHW"])
    assert "x: has 4 axes, [5, 4, 3, 2]" in str(outcome.error)


def test_auto_guesses_only_with_a_person_s_word() -> None:
    Path("a.mat").write_bytes(b"")
    scipy.io.savemat(
        "a.mat", {"x": np.zeros((28, 28, 1, 9)), "w": np.zeros((3, 3, 8, 4)), "t": np.zeros((2, 2))}
    )
    with pytest.raises(UsageError, match="--dry-run"):
        list(convert(["a.mat"], "out.npz", layout=["auto"]))
    seen = one(["a.mat"], "out.npz", layout=["auto"], dry_run=True)
    assert seen.plan is not None
    why = {step.leaf.path: step.choice.why for step in seen.plan.steps}
    assert why["x"] == "looks like 9 images of 28 x 28 in 1 channel"
    assert why["w"] == "looks like weights of a convolution: 3 x 3 kernels, 8 in, 4 out"
    assert not Path("out.npz").exists()
    done(["a.mat"], "out.npz", layout=["auto"], confirm=True)
    assert np.load("out.npz")["x"].shape == (9, 1, 28, 28)


def test_the_dtype_of_floats_and_what_would_not_fit() -> None:
    source = made(x=np.array([1.5, 2.5]), n=np.array([1, 2]), m=np.array([True]))
    done([source], "out.npz", dtype="float32")
    assert {n: a.dtype.name for n, a in np.load("out.npz").items()} == {
        "x": "float32",
        "n": "int64",
        "m": "bool",
    }
    assert "a fraction" in str(one([source], "o2.npz", dtype="int32", var=["x"]).error)
    assert "do not fit" in str(one([made(x=np.array([1e300]))], "o3.npz", dtype="float32").error)


def test_the_manifest_tells_and_undoes() -> None:
    done([made(x=IMAGES)], "out.npz", layout=["HWCN:NCHW"])
    told = json.loads(Path("out.npz.pybn.json").read_text())
    [entry] = told["tensors"]
    assert entry["original"] == "x"
    assert entry["axes"] == ["N", "C", "H", "W"]
    back = np.argsort(entry["permutation"])
    assert np.array_equal(np.load("out.npz")["x"].transpose(back), IMAGES)


@pytest.mark.parametrize("to", FORMATS)
def test_resume_leaves_what_serves_and_verify_finds_what_was_changed(to: str) -> None:
    target = Path(f"out.{to}")
    source = made(x=IMAGES, y=np.arange(4.0))
    done([source], str(target))
    assert one([source], str(target), resume=True).status == "skipped"
    assert verify(target) == []
    assert one([source], str(target), resume=True, dtype="float64").status == "done"
    time.sleep(0.01)
    made(x=IMAGES + 1, y=np.arange(4.0))
    assert one([source], str(target), resume=True).status == "done"
    manifest = Path(f"{target}.pybn.json")
    told = json.loads(manifest.read_text())
    told["tensors"][0]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(told))
    assert [name for name, _ in verify(target)] == [told["tensors"][0]["name"]]
    assert main(["convert", "--verify", str(target)]) == 1
    manifest.write_text("{")
    with pytest.raises(FormatError, match="manifest"):
        verify(target)
    manifest.unlink()
    with pytest.raises(FormatError, match="there is no manifest"):
        verify(target)


NAMES = [
    "../../evil",
    "/abs/evil",
    "a/b",
    "..",
    ".",
    "",
    "_priv",
    "a\\b",
    "é",
    "日本",
    "A",
    "a",
    "a.b",
    "x" * 300,
    "CON",
]


@pytest.mark.parametrize("to", FORMATS)
def test_names_that_are_paths_or_collide_stay_inside_and_are_told(to: str) -> None:
    with h5py.File("odd.h5", "w") as file:
        group = file.create_group("g")
        for k, name in enumerate(["..", "x y", "a:b", "a*b", "A_B", "-rf", "$(id)", "\x1b[2J", "é"]):
            if name != "..":
                group[name] = np.array([float(k), 1])
    outcome = done(["odd.h5"], f"sub/out.{to}")
    assert sorted(p.name for p in Path().iterdir()) == ["odd.h5", "sub"]
    assert sorted(p.name for p in Path("sub").iterdir()) == [f"out.{to}", f"out.{to}.pybn.json"]
    assert outcome.told is not None
    originals = [entry["original"] for entry in outcome.told["tensors"]]
    assert len(originals) == 8
    assert verify(Path(f"sub/out.{to}")) == []


@given(st.lists(st.lists(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), min_size=1, max_size=3), max_size=8),
       st.sampled_from(["/", "."]), st.booleans())  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_names_become_names_that_are_safe_and_differ(
    paths: list[list[str]], separator: str, matlab: bool
) -> None:
    found = names(paths, separator=separator, matlab=matlab)
    assert len({name.lower() for name in found}) == len(paths)
    for name in found:
        assert name.isprintable()
        parts = name.split("/") if separator == "/" else [name]
        assert all(part not in ("", ".", "..") and "/" not in part and "\\" not in part for part in parts)
        if separator == "/":
            assert not any(other.lower().startswith(f"{name.lower()}/") for other in found)


def test_many_files_into_a_folder() -> None:
    Path("in/deep").mkdir(parents=True)
    for name in ("in/a.npz", "in/deep/b.npz"):
        np.savez(name, x=IMAGES)
    Path("in/notes.md").write_text("no data")
    Path("in/bad.mat").write_text("<html>")
    outcomes = {o.source: o for o in convert(["in"], "out", to="h5", layout=["HWCN:NCHW"])}
    assert {name: o.status for name, o in outcomes.items()} == {
        "in/a.npz": "done",
        "in/bad.mat": "failed",
        "in/deep/b.npz": "done",
    }
    assert foreign("out/deep/b.h5", "x").shape == (2, 3, 5, 4)
    with pytest.raises(UsageError, match="--to"):
        list(convert(["in"], "out"))
    np.savez("a.npz", x=IMAGES)
    with pytest.raises(UsageError, match="would both become"):
        list(convert(["a.npz", "in/a.npz"], "out", to="h5"))
    with pytest.raises(FileError, match="no such file"):
        list(convert(["nowhere"], "out", to="h5"))


@pytest.mark.parametrize("to", FORMATS)
def test_nothing_is_written_through_a_link(to: str) -> None:
    source = made(x=IMAGES)
    victim = Path("victim")
    victim.write_text("mine")
    Path(f"out.{to}").symlink_to(victim)
    assert isinstance(one([source], f"out.{to}").error, FileError)
    assert victim.read_text() == "mine"


def test_a_folder_that_is_no_store_is_not_replaced() -> None:
    Path("out.zarr").mkdir()
    Path("out.zarr/thesis.txt").write_text("mine")
    assert "is no zarr store" in str(one([made(x=IMAGES)], "out.zarr").error)
    assert Path("out.zarr/thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("to", ["npz", "zarr", "h5"])
def test_killed_at_any_moment_the_old_file_or_the_new_one_is_there(to: str) -> None:
    rng = random.Random(to)
    target = Path(f"out.{to}")
    x = [np.full((40, 30, 20, 10), float(k)) for k in range(2)]
    np.savez("0.npz", x=x[0])
    np.savez("1.npz", x=x[1])
    done(["0.npz"], str(target))
    begun = time.monotonic()
    done(["1.npz"], str(target))
    took = time.monotonic() - begun
    seen = set()
    for k in range(17):
        child = os.fork()
        if not child:
            list(convert([f"{k % 2}.npz"], str(target), layout=["HWCN:NCHW"]))
            os._exit(0)
        time.sleep(rng.random() * took * 1.5)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if target.exists():  # of a folder there is a moment without: then the old one is beside
            found = np.unique(foreign(str(target), "x"))
            assert len(found) == 1
            seen.add(float(found[0]))
        else:
            assert to == "zarr"
    assert seen


def test_two_at_once_on_one_target_leave_one_whole_file() -> None:
    for k in range(4):
        np.savez(f"{k}.npz", x=np.full((50, 40, 30), float(k)))
    children = []
    for k in range(4):
        if not (child := os.fork()):
            list(convert([f"{k}.npz"], "out.npz"))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert len(np.unique(np.load("out.npz")["x"])) == 1
    assert not list(Path().glob(".pybn-*"))


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        np.savez("few.npz", x=np.arange(10.0))
        np.savez("many.npz", x=RNG.standard_normal(400_000))
        for to in FORMATS:
            target = small / f"out.{to}"
            done(["few.npz"], str(target))
            outcome = one(["many.npz"], str(target))
            assert isinstance(outcome.error, FileError), (to, outcome)
            assert "full" in str(outcome.error) or "No space" in str(outcome.error)
            assert np.array_equal(np.ravel(foreign(str(target), "x")), np.arange(10.0))
            assert not list(small.glob(".pybn-*")), to
            for each in small.iterdir():
                subprocess.run(["/bin/rm", "-r", str(each)], check=True)
    finally:
        subprocess.run(["/bin/umount", str(small)], check=True)


def test_a_folder_that_may_not_be_written() -> None:
    Path("file").write_text("")
    outcome = one([made(x=IMAGES)], "file/out.npz")
    assert isinstance(outcome.error, FileError)
    assert "file" in str(outcome.error)


def test_what_was_not_read_back_as_written_is_not_given_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from pybn.formats import write_npz

    own = write_npz.stream

    def lying(out: Any, tensor: Any, sink: Any) -> None:
        own(out, tensor, sink)
        sink.checks[tensor.name] ^= 1

    monkeypatch.setattr(write_npz, "stream", lying)
    outcome = one([made(x=IMAGES)], "out.npz")
    assert "was not read back as it was written" in str(outcome.error)
    assert not Path("out.npz").exists()


def test_a_dtype_that_was_not_read_back_as_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from pybn.formats import mat5_encoding

    monkeypatch.setitem(
        mat5_encoding.CLASSES, "i8", mat5_encoding.CLASSES["u8"]
    )  # the same bytes of another class
    outcome = one([made(x=np.arange(4))], "out.mat")
    assert "x was not read back as it was written (uint64 for int64)" in str(outcome.error)
    assert not Path("out.mat").exists()


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    source = made(x=IMAGES)
    assert main(["convert", source, "out.npy", "--layout", "HWCN:NCHW", "--dry-run"]) == 0
    assert "x  5x4x3x2 -> 2x3x5x4  float32  N C H W" in " ".join(capsys.readouterr().out.splitlines()[1:])
    assert not Path("out.npy").exists()
    assert main(["convert", source, "out.npy", "--layout", "HWCN:NCHW", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"][0]["status"] == "done"
    assert told["files"][0]["tensors"][0]["shape"] == [2, 3, 5, 4]
    assert main(["convert", "nowhere.mat", "out.npy"]) == 5
    assert main(["convert", source, "out.what"]) == 2
    assert main(["convert", source]) == 2
    Path("page.mat").write_text("<!doctype html>")
    assert main(["convert", "page.mat", "out.npz"]) == 4
    assert "a web page" in capsys.readouterr().err


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
    st.booleans(),
    st.integers(1, 200),
)
@settings(max_examples=150, deadline=None)
def test_blocks_of_any_order_are_the_whole(
    shape: Sequence[int], rng: random.Random, fortran: bool, most: int
) -> None:
    x = np.arange(np.prod(shape)).reshape(shape, order="F" if fortran else "C")
    order = list(range(len(shape)))
    rng.shuffle(order)
    turned = Oriented(InMemory(x), tuple(order))
    flat = np.concatenate([turned.read(span).reshape(-1) for span in turned.blocks(most)])
    assert np.array_equal(flat.reshape(turned.shape), x.transpose(order))


def test_xarray_reads_names_of_axes() -> None:
    import xarray

    done([made(x=IMAGES)], "out.zarr", layout=["HWCN:NCHW"])
    done([made(x=IMAGES)], "out.h5", layout=["HWCN:NCHW"])
    for read in (
        xarray.open_zarr("out.zarr", consolidated=False),
        xarray.open_dataset("out.h5", engine="h5netcdf"),
    ):
        assert read["x"].dims == ("N", "C", "H", "W")
        assert np.array_equal(read["x"].values, IMAGES.transpose(3, 2, 0, 1))
        read.close()


def test_a_file_as_a_dataset() -> None:
    with pybn.open(made(x=IMAGES[..., 0], t=np.arange(3))) as file:
        found = file.to_xarray({"x": "HWCN"})
        assert found["x"].dims == ("H", "W", "C", "N")
        assert np.array_equal(
            found["x"].isel(C=[0, 2], N=0, H=slice(None, None, -1)), IMAGES[::-1][:, :, [0, 2], 0]
        )
        assert found["t"].dims == ("t_0",)
        with pytest.raises(LayoutError, match="there is no y"):
            file.to_xarray({"y": "HW"})
        with pytest.raises(LayoutError, match="wanted names for 3 axes"):
            file.to_xarray({"x": "HW"})


def test_compressions() -> None:
    source = made(x=np.zeros((50, 50, 4)))
    for target, compression in [("a.npz", "deflate"), ("a.h5", "gzip"), ("a.h5", "lzf"), ("a.zarr", "zstd")]:
        done([source], target, options=Options(compression=compression))
        size = sum(p.stat().st_size for p in [Path(target), *Path(target).rglob("*")] if p.is_file())
        assert size < 12_000, (target, compression, size)
        assert not foreign(target, "x").any()
    assert isinstance(one([source], "b.npz", options=Options(compression="lzf")).error, UsageError)
    assert sys.modules.get("torch") is None


def test_open_is_a_mapping() -> None:
    with pybn.open(made(x=IMAGES)) as file:
        assert list(file) == ["x"]
        assert np.array_equal(file["x"][..., :1], IMAGES[..., :1])
        with pytest.raises(KeyError, match="there is no 'y'; there is x"):
            file["y"]


def test_untrusted_files_are_read_apart(capsys: pytest.CaptureFixture[str]) -> None:
    source = made(x=IMAGES)
    assert main(["convert", source, "out.npz", "--untrusted", "--layout", "HWCN:NCHW", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["status"] == "done"
    assert np.array_equal(np.load("out.npz")["x"], IMAGES.transpose(3, 2, 0, 1))
    assert verify(Path("out.npz")) == []
    assert main(["convert", source, "out.zarr", "--untrusted", "--resume"]) == 0
    assert main(["convert", source, "out.zarr", "--untrusted", "--dtype", "float64"]) == 0
    assert foreign("out.zarr", "x").dtype == np.float64
    np.savez_compressed("bomb.npz", x=np.zeros(40_000_000))
    before = sorted(Path().iterdir())
    for target, limit, words in [
        ("b.npz", "--output=1M", "larger than a file may be"),
        ("b.mat", "--memory=350M", "memory"),  # which is written from the whole
        ("b.npz", "--deadline=0.2", "took longer"),
    ]:
        assert main(["convert", "bomb.npz", target, "--untrusted", limit]) in (4, 5), limit
        assert re.search(words, capsys.readouterr().err), limit
        assert sorted(Path().iterdir()) == before
    assert main(["convert", "nowhere.mat", "b.npz", "--untrusted"]) == 5
