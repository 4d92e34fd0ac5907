"""Downloading from a mirror that is honest, and from some that are not; all on this machine."""

import gzip
import hashlib
import struct
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from visualnet.core.datasets import mirrors
from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.download import download_mnist
from visualnet.core.datasets.mnist import FILES, load_mnist
from visualnet.core.errors import Cancelled, DataError

BOMB = gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 3, 28, 28) + bytes(30_000_000), 1)
"""Made before anybody waits for it."""


def contents():
    files = {}
    for name in FILES:
        if "images" in name:
            data = struct.pack(">4B3I", 0, 0, 8, 3, 3, 28, 28) + bytes(3 * 784)
        else:
            data = struct.pack(">4BI", 0, 0, 8, 1, 3) + b"\1\2\3"
        files[f"/{name}.gz"] = gzip.compress(data, mtime=0)
    return files


class Mirror(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = contents()
        self.mood = "honest"
        self.release = threading.Event()
        self.requests = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests += 1
        data, length = server.files[self.path], None
        if server.mood == "missing":
            self.send_error(404)
            return
        if server.mood == "bomb" and "images" in self.path:
            data = BOMB
        if server.mood == "truncates":
            data, length = data[:-5], len(data)
        if server.mood == "lies":
            length = 10**12
        if server.mood == "empty":
            data = b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        if server.mood == "stalls":
            self.wfile.write(data[:10])
            self.wfile.flush()
            server.release.wait(20)
            return
        if server.mood == "drips":
            for place in range(len(data)):
                self.wfile.write(data[place : place + 1])
                self.wfile.flush()
                if server.release.wait(0.02):
                    return
        self.wfile.write(data)

    def log_message(self, *unused):
        pass


@pytest.fixture
def mirror():
    server = Mirror()
    # It looks so often whether it is to end, which each test waits for.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="mirror")
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_honest_files_arrive_with_their_checksums(mirror, tmp_path):
    seen = []
    checksums = download_mnist(
        mirror.url + "/", tmp_path / "set", lambda fraction, activity: seen.append(fraction)
    )
    assert checksums == {n[1:]: hashlib.sha256(d).hexdigest() for n, d in mirror.files.items()}
    assert len(load_mnist(tmp_path / "set").train) == 3
    assert sorted(path.name for path in (tmp_path / "set").glob("*.gz")) == sorted(checksums)
    assert seen[-1] == 1.0


def test_links_stay_and_what_a_killed_process_left_goes(mirror, tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, real = tmp_path / f".visualnet-{dead.pid}-{'0' * 16}.part", tmp_path / "real"
    left.mkdir()
    (left / FILES[0]).touch()
    link = tmp_path / f"{FILES[0]}.gz"
    link.symlink_to(real.name)
    download_mnist(mirror.url, tmp_path)
    assert link.is_symlink() and real.read_bytes() == mirror.files[f"/{FILES[0]}.gz"]
    assert not list(tmp_path.glob(".*"))


def test_sound_files_are_not_fetched_again(mirror, tmp_path):
    download_mnist(mirror.url, tmp_path)
    asked = mirror.requests
    download_mnist(mirror.url, tmp_path)
    assert mirror.requests == asked


def test_sound_files_from_elsewhere_are_not_taken_for_this_mirrors(mirror, tmp_path):
    download_mnist(mirror.url, tmp_path)
    with pytest.raises(DataError, match="did not come from"):
        download_mnist(f"{mirror.url}/other", tmp_path)
    (tmp_path / "downloaded-from.txt").unlink()
    with pytest.raises(DataError, match="did not come from"):
        download_mnist(mirror.url, tmp_path)


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ("missing", "404"),
        ("truncates", "truncated|broke"),
        ("lies", "more than any such file"),
        ("bomb", "more than"),
        ("empty", "empty"),
        ("stalls", "nothing for 0.3 seconds"),
        ("drips", "less than 1,024 bytes a second"),
    ],
)
def test_dishonest_mirrors_leave_a_sentence_and_no_file(mirror, tmp_path, mood, words):
    mirror.mood = mood
    with pytest.raises(DataError, match=words):
        download_mnist(mirror.url, tmp_path / "set", timeout=0.3)
    assert not list((tmp_path / "set").iterdir())


def test_a_cancelled_download_leaves_nothing(mirror, tmp_path):
    def cancel(fraction, activity):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        download_mnist(mirror.url, tmp_path / "set", cancel)
    assert not list((tmp_path / "set").iterdir())


def checksums_of(mirror):
    return {path[1:]: hashlib.md5(data).hexdigest() for path, data in mirror.files.items()}


def test_a_file_that_is_not_the_published_one_is_not_put_in_place(mirror, tmp_path):
    wrong = checksums_of(mirror) | {"t10k-labels-idx1-ubyte.gz": "0" * 32}
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz: is not the published file"):
        download_mnist(mirror.url, tmp_path / "set", md5=wrong)
    assert not list((tmp_path / "set").iterdir())
    download_mnist(mirror.url, tmp_path / "set", md5=checksums_of(mirror))
    assert len(load_mnist(tmp_path / "set").train) == 3


@pytest.fixture
def named(mirror, tmp_path, monkeypatch):
    """``fashion-mnist`` comes from the mirror on this machine into a cache of its own."""
    md5 = tuple(checksums_of(mirror)[f"{name}.gz"] for name in FILES)
    known = replace(mirrors.MIRRORS["fashion-mnist"], base_url=mirror.url, md5=md5)
    monkeypatch.setitem(mirrors.MIRRORS, "fashion-mnist", known)
    monkeypatch.setattr(mirrors, "cache_directory", lambda name: tmp_path / "cache" / name)
    return mirror


def test_a_data_set_is_fetched_by_its_name_once(named, tmp_path):
    seen = []
    data = load_dataset("fashion-mnist", progress=lambda fraction, activity: seen.append(activity))
    assert (data.name, data.classes[9], len(data.train)) == ("fashion-mnist", "ankle boot", 3)
    assert any("Downloading" in activity for activity in seen)
    asked = named.requests
    assert load_dataset("fashion-mnist").train.targets.tolist() == [1, 2, 3]
    assert named.requests == asked == 4
    assert len(list((tmp_path / "cache" / "fashion-mnist").glob("*.gz"))) == 4


def test_without_a_network_a_sentence_says_what_to_do(named, tmp_path):
    named.mood = "missing"
    with pytest.raises(
        DataError, match=r"404.*fetched from there once; without a network put its four files"
    ):
        load_dataset("fashion-mnist")
    mine = tmp_path / "mine"
    named.mood = "honest"
    download_mnist(named.url, mine)
    assert len(load_dataset("kmnist", directory=mine).train) == 3


def test_other_schemes_and_silent_addresses_are_sentences(tmp_path):
    with pytest.raises(DataError, match="not an http"):
        download_mnist("file:///etc", tmp_path)
    with pytest.raises(DataError, match="cannot be reached"):
        download_mnist("http://127.0.0.1:9", tmp_path)
