"""Conversions by several processes: exact with one killed, on a shared disk and in an object store on loopback."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import zarr
from distributed import Client, LocalCluster
from moto.server import ThreadedMotoServer

from pybn.cli import main
from pybn.convert.cluster import convert_on
from pybn.convert.run import request_for, verify
from pybn.errors import FileError, UsageError
from pybn.formats.tensor import Options

pytestmark = pytest.mark.filterwarnings("ignore")  # of what the cluster and the server print on their way out

SMALL = Options(chunk=1 << 14, shard=1 << 16)  # so that a small array is many shards


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An object store on loopback; its bucket's URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    settings["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    before = {name: os.environ.get(name) for name in settings}
    os.environ |= settings
    fsspec.filesystem("s3").mkdir("data")
    yield "s3://data"
    server.stop()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="module")
def client(bucket: str) -> Iterator[Client]:
    """Three processes, which know the way to the store."""
    with (
        LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as made,
    ):
        yield made


def images(folder: Path, count: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    made = {}
    for k in range(count):
        x = rng.standard_normal((20, 10, 3, 60 + k)).astype(np.float32)
        np.save(folder / f"{k}.npy", np.asfortranarray(x))
        made[f"{k}"] = x
    return made


def results(client: Client, *args: Any, options: Options = SMALL, **more: Any) -> list[Any]:
    request = request_for(["HWCN:NCHW"], (), "", skip=False, options=options)
    return list(convert_on(client, *args[:1], args[1], request, **more))


@pytest.mark.parametrize("to", ["zarr", "npz", "h5"])
def test_a_folder_on_a_shared_disk_with_a_worker_killed(client: Client, tmp_path: Path, to: str) -> None:
    source = tmp_path / "in"
    source.mkdir()
    made = images(source)
    # A worker that the test before killed may still be listed.
    victim = next(pid for pid in client.run(os.getpid, on_error="ignore").values() if isinstance(pid, int))
    killer = threading.Timer(0.15, os.kill, (victim, signal.SIGKILL))
    killer.start()
    found = results(client, [str(source)], str(tmp_path / "out"), to=to)
    killer.join()
    assert [(each.status, each.error) for each in found] == [("done", None)] * len(made)
    for name, x in made.items():
        target = tmp_path / "out" / f"{name}.{to}"
        assert verify(target) == []
        if to == "zarr":
            array = zarr.open_group(str(target), mode="r")[name]
            assert np.array_equal(np.asarray(array), x.transpose(3, 2, 0, 1))
            assert len(list((target / name / "c").rglob("*"))) > 4
    again = results(client, [str(source)], str(tmp_path / "out"), to=to, resume=True)
    assert {each.status for each in again} == {"skipped"}
    assert not list((tmp_path / "out").glob("*journal*"))


def test_an_object_store(client: Client, bucket: str, tmp_path: Path) -> None:
    made = images(tmp_path, 2)
    store = fsspec.filesystem("s3")
    store.put(str(tmp_path), "data/in", recursive=True)
    for to in ("zarr", "npz"):
        found = results(client, [f"{bucket}/in"], f"{bucket}/out-{to}", to=to)
        assert [(each.status, each.error) for each in found] == [("done", None)] * len(made)
    for name, x in made.items():
        array = zarr.open_group(
            zarr.storage.FsspecStore.from_url(f"{bucket}/out-zarr/{name}.zarr"), mode="r"
        )[name]
        assert np.array_equal(np.asarray(array), x.transpose(3, 2, 0, 1))
        with store.open(f"data/out-npz/{name}.npz") as file:
            assert np.array_equal(np.load(file)[name], x.transpose(3, 2, 0, 1))
    marks = [path for path in store.find("data") if path.endswith(".pybn.json")]
    assert len(marks) == 4
    assert not [path for path in store.find("data") if "journal" in path]
    assert {
        each.status
        for each in results(client, [f"{bucket}/in"], f"{bucket}/out-zarr", to="zarr", resume=True)
    } == {"skipped"}


def test_a_run_that_was_killed_goes_on_where_it_was(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pybn.convert import cluster

    source = tmp_path / "in"
    source.mkdir()
    [x] = images(source, 1).values()
    own, kept = cluster.Journal.keep, []

    def torn(self: Any, more: dict[str, str]) -> None:
        if len(kept) == 2:
            raise RuntimeError("killed")
        kept.append(more)
        own(self, more)

    big = request_for(["HWCN:NCHW"], (), "", skip=False, options=SMALL)
    monkeypatch.setattr(cluster, "TOGETHER", 4)
    monkeypatch.setattr(cluster.Journal, "keep", torn)
    target = tmp_path / "out.zarr"
    [first] = convert_on(client, [str(source / "0.npy")], str(target), big)
    assert "--resume goes on" in str(first.error)
    assert not (tmp_path / "out.zarr.pybn.json").exists()
    monkeypatch.setattr(cluster.Journal, "keep", own)
    done = {key for more in kept for key in more}
    stamps = {p: p.stat().st_mtime_ns for p in target.rglob("c/**/*") if p.is_file()}
    time.sleep(0.01)
    [second] = convert_on(client, [str(source / "0.npy")], str(target), big, resume=True)
    assert second.status == "done", second.error
    assert verify(target) == []
    assert np.array_equal(np.asarray(zarr.open_group(str(target), mode="r")["0"]), x.transpose(3, 2, 0, 1))
    assert sum(p.stat().st_mtime_ns == before for p, before in stamps.items()) >= len(done) > 0
    told = json.loads((tmp_path / "out.zarr.pybn.json").read_text())
    [piece] = [each for each in told["tensors"][0]["sha256"] if each[0] == 0]
    piece[2] = "0" * 64
    (tmp_path / "out.zarr.pybn.json").write_text(json.dumps(told))
    assert verify(target) == [("0", f"other elements in rows 0 to {piece[1]}")]


def test_what_cannot_be_meant_or_reached(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be reached"):
        results(client, ["nosuch://x/y.mat"], "nosuch://x/z.npz")
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(UsageError, match="--to"):
        results(client, [str(tmp_path / "a.npy"), str(tmp_path)], "file:///x")
    np.save(tmp_path / "a.npy", np.arange(3))
    assert (
        main(["convert", str(tmp_path / "a.npy"), str(tmp_path / "b.npz"), "--workers", "1", "--untrusted"])
        == 2
    )
    (tmp_path / "bad.mat").write_text("<html>")
    [failed] = results(client, [str(tmp_path / "bad.mat")], str(tmp_path / "bad.npz"))
    assert "a web page" in str(failed.error)
