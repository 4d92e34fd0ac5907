"""MNIST as four files: the bundled ones are the canonical ones; others are checked against each other."""

import gzip
import shutil
import struct

import numpy as np
import pytest

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.mnist import FILES, bundled_directory, load_mnist
from visualnet.core.errors import Cancelled, DataError


def write_set(folder, train=4, test=2, labels=None, suffix=""):
    folder.mkdir(exist_ok=True)
    for name, count in zip(FILES, (train, train, test, test), strict=True):
        if "images" in name:
            data = struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + bytes(count * 784)
        else:
            marks = bytes(range(count)) if labels is None else labels
            data = struct.pack(">4BI", 0, 0, 8, 1, len(marks)) + marks
        (folder / (name + suffix)).write_bytes(gzip.compress(data) if suffix else data)
    return folder


def test_bundled_files_are_the_canonical_ones():
    data = load_mnist()
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert np.bincount(data.train.targets).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    assert data.train.targets[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.train.inputs.dtype == np.uint8
    assert data.train.inputs.max() == 255
    assert data.scale == 1 / 255


def test_arrays_are_read_only_and_shared():
    first, second = load_dataset("mnist"), load_dataset("mnist", train_size=10)
    with pytest.raises(ValueError, match="read-only"):
        first.train.inputs[0, 0] = 1
    assert np.shares_memory(first.train.inputs, second.train.inputs)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_other_folders_may_hold_plain_or_gzipped_files(tmp_path, suffix):
    data = load_mnist(write_set(tmp_path / "set", suffix=suffix))
    assert (len(data.train), len(data.test)) == (4, 2)


def test_a_changed_bundled_file_is_refused(tmp_path, monkeypatch):
    copy = tmp_path / "mnist"
    shutil.copytree(bundled_directory(), copy)
    labels = copy / "t10k-labels-idx1-ubyte.gz"
    content = bytearray(gzip.decompress(labels.read_bytes()))
    content[100] = (content[100] + 1) % 10
    labels.write_bytes(gzip.compress(bytes(content)))
    monkeypatch.setattr("visualnet.core.datasets.mnist.bundled_directory", lambda: copy)
    with pytest.raises(DataError, match="SHA-256"):
        load_mnist()


def test_counts_and_labels_are_checked(tmp_path):
    with pytest.raises(DataError, match="3 labels for 4 images"):
        load_mnist(write_set(tmp_path / "a", labels=b"\0\1\2"))
    with pytest.raises(DataError, match="label 10"):
        load_mnist(write_set(tmp_path / "b", train=2, test=2, labels=b"\0\x0a"))
    with pytest.raises(DataError, match="no such folder"):
        load_mnist(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no such file, with or without \.gz"):
        load_mnist(tmp_path / "empty")


def test_loading_tells_its_progress_and_can_be_cancelled(tmp_path):
    seen = []
    load_mnist(progress=lambda fraction, activity: seen.append(fraction))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)

    def cancel(fraction, activity):
        if fraction > 0:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        load_mnist(progress=cancel)


def test_unknown_names_and_impossible_sizes_are_sentences():
    with pytest.raises(DataError, match="known are xor"):
        load_dataset("cifar")
    with pytest.raises(DataError, match="60,000 training examples"):
        load_dataset("mnist", train_size=60_001)
    with pytest.raises(DataError, match="leave the folder out"):
        load_dataset("xor", directory="/tmp")
    with pytest.raises(DataError, match="4 test examples"):
        load_dataset("xor", test_size=5)
