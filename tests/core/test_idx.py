"""Reading IDX files: good ones give their numbers, bad ones one sentence, and never more memory than good ones."""

import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualnet.core.datasets.idx import read_idx
from visualnet.core.errors import DataError

SHAPE = (28, 28)


def images_bytes(count=3, shape=SHAPE):
    values = np.arange(count * shape[0] * shape[1], dtype=np.uint32).astype(np.uint8)
    return struct.pack(">4B3I", 0, 0, 8, 3, count, *shape) + values.tobytes()


def labels_bytes(labels=(1, 2, 9)):
    return struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + bytes(labels)


@pytest.fixture
def write(tmp_path):
    def write_file(data):
        path = tmp_path / "file.gz"
        path.write_bytes(data)
        return path

    return write_file


@pytest.mark.parametrize("packed", [False, True])
def test_good_images_come_back_as_written(write, packed):
    data = images_bytes()
    read = read_idx(write(gzip.compress(data) if packed else data), SHAPE)
    assert read.values.shape == (3, 28, 28)
    assert read.values.tobytes() == data[16:]


def test_good_labels_come_back_as_written(write):
    assert read_idx(write(labels_bytes()), ()).values.tolist() == [1, 2, 9]


FAULTS = {
    "empty": (b"", "is empty"),
    "short header": (images_bytes()[:10], "too short"),
    "wrong magic": (b"\x01" + images_bytes()[1:], "magic number"),
    "labels in the place of images": (labels_bytes() + bytes(20), "magic number"),
    "other size of image": (images_bytes(shape=(27, 28)), "27 × 28"),
    "no items": (struct.pack(">4B3I", 0, 0, 8, 3, 0, 28, 28), "no items"),
    "huge dimensions": (struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 28, 28), "more than any"),
    "truncated": (images_bytes()[:-1], "truncated"),
    "too long": (images_bytes() + b"x", "more than"),
    "truncated gzip": (gzip.compress(images_bytes())[:-20], "gzip"),
    "damaged gzip": (gzip.compress(images_bytes())[:30] + bytes(40), "gzip"),
    "gzip of too little": (gzip.compress(images_bytes()[:-1]), "truncated"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_files_give_one_sentence_with_file_and_fault(write, name):
    data, words = FAULTS[name]
    path = write(data)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path, SHAPE)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_folder_and_unreadable_path(tmp_path, write):
    for path, words in (
        (tmp_path / "nothing", "no such file"),
        (tmp_path, "folder"),
        # Root may read everything, so what cannot be read here is a path below a file.
        (write(b"x") / "below", "cannot be read"),
    ):
        with pytest.raises(DataError, match=words):
            read_idx(path, SHAPE)


def test_a_gzip_bomb_takes_no_more_memory_than_it_declares(write):
    header = struct.pack(">4B3I", 0, 0, 8, 3, 10, 28, 28)
    path = write(gzip.compress(header + bytes(50_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="more than"):
            read_idx(path, SHAPE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_a_declared_size_that_the_file_cannot_hold_is_refused_before_memory_is_taken(write):
    path = write(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 80_000, 28, 28)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="truncated"):
            read_idx(path, SHAPE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 400), value=st.integers(0, 255), packed=st.booleans(), cut=st.integers(0, 60))
def test_mutated_files_are_read_or_refused_and_nothing_else(tmp_path_factory, place, value, packed, cut):
    data = bytearray(gzip.compress(images_bytes()) if packed else images_bytes())
    data[place % len(data)] = value
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(bytes(data[: len(data) - cut]))
    try:
        assert read_idx(path, SHAPE).values.shape[1:] == SHAPE
    except DataError as error:
        assert str(path) in str(error)


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "images")
    with pytest.raises(DataError, match="no ordinary file"):
        read_idx(tmp_path / "images", ())
