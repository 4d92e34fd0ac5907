"""Folders of images by class: what Pillow reads becomes bytes; what is hostile or unlike names its file."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visualnet.core.datasets import images
from visualnet.core.datasets.catalogue import kind_of, load_dataset
from visualnet.core.datasets.images import load_images
from visualnet.core.errors import Cancelled, DataError


def paint(path, value, size=(6, 5), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two cats (10, 20) and three dogs (30, 40, 50), 5 × 6 pixels, with what a folder gathers besides."""
    root = tmp_path / "pets"
    for name, value in (("cat/1", 10), ("cat/2", 20), ("dog/1", 30), ("dog/2", 40), ("dog/3", 50)):
        paint(root / f"{name}.png", value)
    (root / "cat" / "Thumbs.db").write_bytes(b"no image")
    (root / ".hidden").mkdir()
    (root / "notes.txt").write_text("no class")
    return root


def test_images_are_rows_of_bytes_in_turn_from_each_class(folder):
    data = load_images(folder)
    assert (data.name, data.classes, data.input_shape) == ("images", ("cat", "dog"), (5, 6))
    assert data.train.inputs[:, 0].tolist() == [10, 30, 20, 40, 50]
    assert data.train.targets.tolist() == [0, 1, 0, 1, 1]
    assert data.train.inputs.dtype == np.uint8
    assert (data.train.inputs == data.train.inputs[:, :1]).all()
    assert (data.scale, len(data.test)) == (1 / 255, 0)
    assert not data.train.inputs.flags.writeable


def test_pixels_lie_row_by_row_and_colours_channel_by_channel(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 7, 3), np.uint8)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "1.png")
    data = load_images(tmp_path, is_colour=True)
    assert data.input_shape == (3, 4, 7)
    assert np.array_equal(data.train.inputs[0].reshape(3, 4, 7), pixels.transpose(2, 0, 1))
    grey = load_images(tmp_path).train.inputs[0].reshape(4, 7)
    assert np.abs(grey - pixels @ [0.299, 0.587, 0.114]).max() < 1


@pytest.mark.parametrize(
    ("suffix", "mode"), [("png", "P"), ("png", "RGBA"), ("jpg", "RGB"), ("bmp", "L"), ("gif", "P")]
)
def test_usual_formats_and_modes_are_read(tmp_path, suffix, mode):
    for name in ("a", "b"):
        paint(tmp_path / name / f"1.{suffix}", 0, mode=mode)
    assert load_images(tmp_path).train.inputs.max() == 0


def test_train_and_test_folders_are_the_parts(folder, tmp_path):
    folder.rename(tmp_path / "train")
    for name in ("cat", "dog"):
        paint(tmp_path / "whole" / "test" / name / "9.png", 90)
    (tmp_path / "train").rename(tmp_path / "whole" / "train")
    data = load_images(tmp_path / "whole")
    assert (len(data.train), len(data.test)) == (5, 2)
    assert data.test.inputs[:, 0].tolist() == [90, 90]


def test_sizes_must_agree_or_be_stated(folder):
    odd = paint(folder / "dog" / "9.png", 60, size=(9, 9))
    with pytest.raises(DataError, match="has 9 × 9 pixels, the first image 5 × 6; state one") as caught:
        load_images(folder)
    assert caught.value.source == str(odd)
    data = load_dataset("images", path=folder, image_height=3, image_width=4)
    assert data.input_shape == (3, 4)
    assert {10, 60} <= set(np.concatenate([data.train.inputs, data.test.inputs])[:, 0].tolist())


def png(width, height, data=b""):
    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an image in a format that is read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 6 5\n", "not an image in a format"),
        (png(6000, 6000), "declares 6,000 × 6,000 pixels|declares more than"),
        (png(10_000, 10_000), "declares"),
        (png(2_000_000_000, 2_000_000_000), "declares more than|cannot be read"),
        (png(6, 5, bytes(3)), "cannot be read as an image"),
        (png(6, 5)[:40], "cannot be read as an image|not an image"),
    ],
)
def test_hostile_files_are_named_with_one_sentence(folder, content, words):
    path = folder / "dog" / "9.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        load_images(folder)
    assert caught.value.source == str(path)
    assert "\n" not in str(caught.value)


def test_folders_that_cannot_be_learnt_from_are_sentences(folder, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no such folder"):
        load_images(tmp_path / "none")
    with pytest.raises(DataError, match="is not a folder"):
        load_images(folder / "notes.txt")
    with pytest.raises(DataError, match="holds 0 folders"):
        load_images(folder / "cat")
    (folder / "fox").mkdir()
    with pytest.raises(DataError, match="holds no image"):
        load_images(folder)
    (folder / "fox").rmdir()
    monkeypatch.setattr(images, "MAXIMUM_BYTES", 100)
    with pytest.raises(DataError, match="more than 100 bytes"):
        load_images(folder)


def test_images_of_sixteen_bits_are_refused_rather_than_cut(folder):
    Image.fromarray(np.full((5, 6), 40_000, np.uint16)).save(folder / "dog" / "9.png")
    with pytest.raises(DataError, match="more than 8 bits"):
        load_images(folder)


def test_names_that_no_file_can_have_are_sentences():
    with pytest.raises(DataError, match="cannot be read"):
        load_images(Path("x" * 5000))
    with pytest.raises(DataError, match="cannot be read"):
        kind_of(Path("x" * 5000))


def test_a_class_without_a_test_folder_is_a_sentence(tmp_path):
    for name in ("train/a", "train/b", "test/a"):
        paint(tmp_path / name / "1.png", 5)
    with pytest.raises(DataError, match="training images are of this class"):
        load_images(tmp_path)


def test_reading_can_be_cancelled(folder):
    def cancel(fraction, activity):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        load_images(folder, progress=cancel)


def test_the_kind_of_data_is_seen_from_the_path(folder, tmp_path):
    assert kind_of(folder) == "images"
    for name, kind in (("a.csv", "table"), ("b.NPZ", "arrays"), ("c.tsv", "table")):
        (tmp_path / name).touch()
        assert kind_of(tmp_path / name) == kind
    (tmp_path / "idx").mkdir()
    (tmp_path / "idx" / "train-images-idx3-ubyte.gz").touch()
    assert kind_of(tmp_path / "idx") == "mnist"
    with pytest.raises(DataError, match=r"no data that can be read: a \.csv"):
        (tmp_path / "a.doc").touch()
        kind_of(tmp_path / "a.doc")
    with pytest.raises(DataError, match="neither a file nor a data set's name"):
        kind_of(tmp_path / "nowhere")
