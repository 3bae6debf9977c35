"""The parts that formats share: writing a file whole, telling what a file is, rows."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import stat
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pybn.errors import FileError, FormatError
from pybn.formats.base import atomic_write
from pybn.formats.contents import Contents, Row, Rows, decode
from pybn.formats.matlab import subscript
from pybn.formats.sniff import Kind, sniff

# --- atomic_write


def write(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_new_file_replaces_the_old_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write(path, "old")
    write(path, "new")
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "error", [ValueError("caller's"), KeyboardInterrupt(), PermissionError(13, "no", "/other")]
)
def test_an_error_of_the_caller_passes_and_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(error)) as caught, atomic_write(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise error
    assert caught.value is error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_new_file_gets_the_mode_of_any_new_file_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    plain, ours, private = tmp_path / "plain", tmp_path / "ours", tmp_path / "private"
    plain.touch()
    write(ours, "x")
    assert stat.S_IMODE(ours.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    private.touch()
    private.chmod(0o600)
    write(private, "x")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_nothing_is_written_through_a_link_or_over_what_is_no_file(tmp_path: Path) -> None:
    victim, link, pipe = tmp_path / "victim", tmp_path / "link", tmp_path / "pipe"
    victim.write_text("old")
    link.symlink_to(victim)
    os.mkfifo(pipe)
    for path, words in ((link, "symbolic link"), (pipe, "no regular file"), (tmp_path, "a folder")):
        with pytest.raises(FileError, match=words) as caught:
            write(path, "new")
        assert str(path) in str(caught.value)
    assert victim.read_text() == "old"
    assert link.is_symlink()
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no/such/a.txt", "there is no folder"),
        ("x" * 300, "too long"),
        ("file/a.txt", "ot a directory"),
        ("a\0b", "null"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match=words):
        write(tmp_path / name, "x")


def test_the_longest_name_that_a_folder_takes_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("\u8a9e" * 85)  # 255 bytes
    write(path, "x")
    assert path.read_text() == "x"


def test_a_full_disk_is_said_and_leaves_the_old_file(tiny_disk: Path) -> None:
    path = tiny_disk / "a.bin"
    path.write_bytes(b"old")
    with (
        pytest.raises(FileError, match=r"a\.bin: cannot be written: the disk is full"),
        atomic_write(path) as temporary,
    ):
        temporary.write_bytes(bytes(1 << 20))
    assert path.read_bytes() == b"old"
    assert names(tiny_disk) == ["a.bin"]


def test_writers_of_one_path_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    texts = [letter * 200_000 for letter in "abcdef"]
    threads = [threading.Thread(target=write, args=(path, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert names(tmp_path) == ["a.txt"]


KILLED = """
import sys
from pybn.formats.base import atomic_write
while True:
    for letter in "ab":
        with atomic_write(sys.argv[1]) as temporary, temporary.open("w") as file:
            for _ in range(64):
                file.write(letter * 4096)
"""


def test_a_reader_sees_whole_files_only_and_a_killed_writer_leaves_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write(path, "a" * (64 * 4096))
    for round_ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", KILLED, str(path)])
        end = time.monotonic() + 0.25 + 0.007 * round_
        while time.monotonic() < end:
            text = path.read_text()
            assert (len(text), len(set(text))) == (64 * 4096, 1)
        writer.kill()
        writer.wait()
    text = path.read_text()
    assert (len(text), len(set(text))) == (64 * 4096, 1)


# --- what a file is


def zip_of(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
            "Git LFS pointer.*git lfs pull",
        ),
        (b"\n <!DOCTYPE html>\n<html>", "web page"),
        (b'<?xml version="1.0"?>', "XML"),
        (gzip.compress(b"# Created by"), "gzip"),
        (zip_of("archive/data.pkl"), "PyTorch"),
        (zip_of("readme.txt"), "zip archive"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"\x0e\x03\x13\x01", "HDF4"),
        (b"CDF\x01", "classic netCDF"),
        (b"%PDF-1.4", "PDF"),
        (b"x,y\n1,2\n", r"text, which starts with 'x,y\\n1,2'"),
        ("größe = 1".encode(), r"text, which starts with 'gr\\xf6"),
        (b"\x1b[31m red", "binary|text"),
        (bytes(9000), "zero bytes"),
        (b"\x01\x02\x03\x04\xfe\xff", "binary data .* 01 02 03 04"),
        (b"\x89HDF\r\n", "breaks off"),
        (b"MATLAB 5.0 MAT-file, Platform", "breaks off"),
        (b"MATLAB 7.3 MAT-file".ljust(512), "breaks off"),
        (bytes(126) + b"IM", "binary data"),
    ],
    ids=lambda value: value if isinstance(value, str) else "start",  # zip and gzip hold the time of day
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "model.mat"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=words) as caught:
        sniff(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"# Created by Octave 7.3.0, Mon Nov 23\n# name: a\n", Kind.OCTAVE_TEXT),
        (b"# name: a\n# type: scalar\n1\n", Kind.OCTAVE_TEXT),
        (gzip.compress(b"# Created by Octave 7.3.0"), Kind.OCTAVE_TEXT),
        (b"Octave-1-L\0\1\0\0\0a", Kind.OCTAVE_BINARY),
        (gzip.compress(b"Octave-1-B\1\0\0\0\1a"), Kind.OCTAVE_BINARY),
        (zip_of("weights.npy"), Kind.NPZ),
        (b"\x93NUMPY\1\0", Kind.NPY),
        (b'\x10\0\0\0\0\0\0\0{"a":', Kind.SAFETENSORS),
        (b"\x89HDF\r\n\x1a\n", Kind.HDF5),
        (b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n", Kind.HDF5),
    ],
    ids=lambda value: "start" if isinstance(value, bytes) else value.value,
)
def test_what_can_be_read_is_told_by_its_start(tmp_path: Path, data: bytes, kind: Kind) -> None:
    (tmp_path / "model.mat").write_bytes(data)
    assert sniff(str(tmp_path / "model.mat")) is kind


def test_what_is_no_file_is_an_error_of_input_and_never_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("missing", "pipe", "loop", "x" * 300, "a\0b", "."):
        with pytest.raises(FileError) as caught:
            sniff(str(tmp_path / name))
        assert str(tmp_path) in str(caught.value)
    with pytest.raises(FileError, match="device"):
        sniff("/dev/zero")


# --- rows


def test_contents_survive_the_way_to_the_parent() -> None:
    rows = [Row("a", 0, "double", (2, 3), ("H", ""), 48, "note", 7), Row("\udc80\x1b", 1, "group")]
    contents = Contents("kind", ["about"], rows, 3)
    assert decode("a.mat", json.loads(json.dumps(contents.encode()))) == contents


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", 1),
        ("depth", -1),
        ("depth", True),
        ("depth", 2),
        ("type", []),
        ("shape", [1, -1]),
        ("shape", "12"),
        ("axes", [1]),
        ("bytes", 1.5),
        ("note", None),
        ("unlisted", "1"),
        ("extra", 1),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(key: str, value: object) -> None:
    record = Contents("kind", [], [Row("a", 0, "double", (1,))], 0).encode()
    assert decode("a.mat", {**record, "rows": [{**record["rows"][0], "shape": [1], "axes": []}]}).rows
    with pytest.raises(FormatError):
        decode("a.mat", {**record, "rows": [{**record["rows"][0], "shape": [1], "axes": [], key: value}]})
    for whole in (None, [], {}, {**record, "about": "x"}, {**record, "unlisted": -1}, {**record, "more": 1}):
        with pytest.raises(FormatError):
            decode("a.mat", whole)


def test_rows_are_limited_and_what_is_over_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rows, "TOP", 2)
    monkeypatch.setattr(Rows, "MEMBERS", 3)
    rows = Rows()
    assert [rows.add(Row(name, 0, "x")) for name in "abc"] == [True, True, False]
    assert (len(rows.rows), rows.unlisted) == (2, 1)
    assert (rows.admit(rows.rows[0], 5), rows.rows[0].unlisted) == (3, 2)
    deepest = Row("d", Rows.DEPTH, "x")
    assert (rows.admit(deepest, 5), deepest.unlisted) == (0, 5)


def test_subscripts_are_those_of_a_column_major_array() -> None:
    shape = (2, 3, 2)
    places = [np.unravel_index(index, shape, order="F") for index in range(12)]
    assert [subscript(index, shape) for index in range(12)] == [
        ",".join(str(at + 1) for at in p) for p in places
    ]
    assert [subscript(index, (1, 3)) for index in range(3)] == ["1", "2", "3"]
