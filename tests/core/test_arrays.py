"""NPZ files: what NumPy writes is read; what is hostile is refused before anything of its size is made."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.datasets import arrays
from visualnet.core.datasets.arrays import load_arrays
from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.errors import Cancelled, DataError


@pytest.fixture
def written(tmp_path):
    def write(save=np.savez_compressed, **contents):
        path = tmp_path / "data.npz"
        save(path, **contents)
        return path

    return write


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float64).reshape(shape)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_wrote_is_read(written, save):
    data = load_arrays(written(save, x=numbers(6, 4), y=np.array([5, 7, 5, 7, 9, 9])))
    assert np.array_equal(data.train.inputs, numbers(6, 4))
    assert data.train.targets.tolist() == [0, 1, 0, 1, 2, 2]
    assert data.classes == ("5", "7", "9")
    assert (data.input_shape, data.scale, len(data.test)) == ((4,), 1.0, 0)


@pytest.mark.parametrize("dtype", ["?", "i1", ">i4", "u8", "f2", ">f4", "f8"])
def test_every_number_type_gives_its_values(written, dtype):
    values = np.array([[0, 1], [1, 0], [1, 1]], dtype)
    data = load_arrays(written(inputs=values, targets=np.array(["no", "yes", "no"])))
    assert data.train.inputs.tolist() == [[0, 1], [1, 0], [1, 1]]
    assert data.train.inputs.dtype == np.float64
    assert data.classes == ("no", "yes")


def test_images_stay_bytes_and_come_with_their_test_part(written):
    pixels = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    labels = np.array([0, 1, 2], np.uint8)
    path = written(x_train=pixels, y_train=labels, x_test=pixels[:2], y_test=np.array([2, 2], np.uint8))
    data = load_arrays(path)
    assert (data.input_shape, data.scale) == ((4, 5), 1 / 255)
    assert data.train.inputs.dtype == np.uint8
    assert np.array_equal(data.train.inputs, pixels.reshape(3, 20))
    assert data.test.targets.tolist() == [2, 2]


@pytest.mark.parametrize("values", [numbers(6, 4), numbers(6, 4).astype(np.uint8), numbers(6, 2, 2)])
def test_an_array_in_fortran_order_is_the_same_array(written, values):
    labels = np.array([5, 7, 5, 7, 9, 9])
    found = load_arrays(written(x=np.asfortranarray(values), y=labels))
    assert np.array_equal(found.train.inputs, values.reshape(6, 4))
    assert found.train.inputs.flags.c_contiguous


def test_a_validation_part_that_the_file_brings_is_kept(written):
    data = load_dataset(
        "arrays",
        path=written(x_train=numbers(6, 2), y_train=list("ababab"), x_val=-numbers(2, 2), y_val=["b", "c"]),
        validation_share=0.4,
        test_share=0.5,
    )
    assert data.classes == ("a", "b", "c")
    assert data.validation.inputs.tolist() == (-numbers(2, 2)).tolist()
    assert data.validation.targets.tolist() == [1, 2]
    assert (len(data.train), len(data.test)) == (2, 4)


def test_colours_come_in_front_whichever_way_they_lie(written):
    pixels = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    data = load_arrays(written(x=pixels, y=np.array([0, 1])))
    assert data.input_shape == (3, 4, 5)
    assert np.array_equal(data.train.inputs.reshape(2, 3, 4, 5)[1, 2], pixels[1, :, :, 2])
    assert load_arrays(written(x=pixels[..., :1], y=np.array([0, 1]))).input_shape == (4, 5)


@pytest.mark.parametrize(
    ("targets", "options", "outputs"),
    [
        (numbers(4) / 3, {}, 1),
        (numbers(4, 2), {}, 2),
        (np.arange(4), {"target": "values"}, 1),
    ],
)
def test_values_are_a_regression(written, targets, options, outputs):
    data = load_arrays(written(x=numbers(4, 3), y=targets), **options)
    assert data.classes == ()
    assert data.outputs == outputs
    assert np.array_equal(data.train.targets, targets.reshape(4, outputs))


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"x": numbers(3, 2)}, "no array for targets"),
        ({"a": numbers(3, 2)}, "no array for inputs, such as x_train; it holds a"),
        ({"x": numbers(3, 2), "y": np.arange(4)}, "4 targets for 3 inputs"),
        ({"x": numbers(3, 2), "y": np.zeros(3, int)}, "1 different labels"),
        ({"x": numbers(2000, 2), "y": np.arange(2000)}, "2,000 different labels"),
        ({"x": np.array([[1, np.nan], [2, 3]]), "y": [0, 1]}, "missing"),
        ({"x": numbers(2, 2) * 1e31, "y": [0, 1]}, "beyond 1e[+]30"),
        ({"x": numbers(2, 2), "y": [0.5, np.inf]}, "targets that are missing"),
        ({"x": np.array([[None, 1], [2, 3]]), "y": [0, 1]}, "type [|]O"),
        ({"x": numbers(2, 2).astype(complex), "y": [0, 1]}, "type <c16"),
        ({"x": np.array(["a", "b"]), "y": [0, 1]}, "texts as inputs"),
        ({"x": np.array(["2020-01-01"] * 2, "M8[D]"), "y": [0, 1]}, "not as an array of numbers"),
        ({"x": np.zeros(2, [("a", int)]), "y": [0, 1]}, "not as an array of numbers"),
        ({"x": np.float64(3), "y": [0, 1]}, r"shape \(\)"),
        ({"x": np.empty((0, 3)), "y": [0, 1]}, r"shape \(0, 3\)"),
        ({"x": numbers(1, 1, 1, 1, 2), "y": [0, 1]}, "no list of examples"),
        ({"x": numbers(2, 2), "y": np.array(["a" * 101, "b"])}, "at most 400"),
        ({"x": numbers(2, 2), "y": numbers(2, 2, 2)}, "targets of shape"),
        ({"x": numbers(2, 2), "y": [0, 1], "x_test": numbers(2, 2)}, "without the other"),
        ({"x": numbers(2, 2), "y": [0, 1], "x_test": numbers(2, 3), "y_test": [0, 1]}, "another shape"),
        ({"x": numbers(2, 2), "y": [0, 1], "x_test": numbers(2, 2), "y_test": ["a", "b"]}, "another kind"),
        (
            {"x": numbers(2, 2), "y": [0, 1], "y_val": [0, 1]},
            "validation inputs or validation targets without",
        ),
        (
            {"x": numbers(2, 2), "y": [0, 1], "x_val": numbers(2, 2), "y_val": [0]},
            "1 validation targets for 2",
        ),
        ({f"a{n}": numbers(1) for n in range(65)}, "more than 64 arrays"),
    ],
)
def test_what_cannot_be_learnt_from_is_a_sentence(written, contents, words):
    with pytest.raises(DataError, match=words) as caught:
        load_arrays(written(**contents))
    assert "\n" not in str(caught.value)


def npy(shape, data=b"", descr="<f8"):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def archive(*members, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, content in members:
            made.writestr(name, content)
    return buffer.getvalue()


LABELS = ("y.npy", npy("(2,)", struct.pack("<2q", 0, 1), "<i8"))
SOUND = archive(("x.npy", npy("(2, 1)", struct.pack("<2d", 3, 4))), LABELS)


def with_declared_size(content, size):
    """The directory claims that its first member has so many bytes."""
    place = content.index(b"PK\1\2") + 24
    return content[:place] + struct.pack("<I", size) + content[place + 4 :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an NPZ file"),
        (b"PK\5\6", "not an NPZ file"),
        (SOUND[:-1], "not an NPZ file"),
        (SOUND[10:], "cannot be read|not a sound NPZ"),
        (archive(), "no array for inputs"),
        (SOUND[:-2] + b"\1\0!", "not an NPZ file"),
        (SOUND[:-2] + b"\1\0", "no NPZ file"),
        (archive(("x.npy", b""), ("z.npy", b""), LABELS).replace(b"z.npy", b"x.npy"), "two arrays named 'x'"),
        (archive(("x.npy", npy("(2, 1)")), ("x", npy("(2, 1)")), LABELS), "two arrays named 'x'"),
        (archive(("x.npy", npy("(99999999999, 1)")), LABELS), "declares 799,999,999,992 bytes"),
        (archive(("x.npy", npy("(2, 1)", bytes(8))), LABELS), "truncated: x ends after 8 of 16|declares 16"),
        (archive(("x.npy", npy("(2, 1)", bytes(17))), LABELS), "more in x than"),
        (archive(("x.npy", bytes(1 << 20)), LABELS), "not as an array"),
        (with_declared_size(SOUND, 1 << 31), "more than 536,870,912"),
        (archive(("x.npy", npy("(2, 1)", bytes(16))), LABELS, compression=zipfile.ZIP_BZIP2), "another way"),
        (archive(("x.npy", npy("(-2, 1)", bytes(16))), LABELS), "not as an array"),
        (archive(("x.npy", npy("(2, 1)", bytes(16), "O")), LABELS), "not as an array"),
        (archive(("x.npy", npy("(2, 1)", bytes(16), "<f16")), LABELS), "only numbers"),
        (archive(("x.npy", npy("(2, 1)", bytes(16), "<f3")), LABELS), "only numbers"),
        (archive(("x.npy", npy("__import__('os').abort()", bytes(16))), LABELS), "not as an array"),
        (archive(("x.npy", b"\x93NUMPY\2\0" + b"\xff" * 4), LABELS), "not as an array"),
        (archive(("x.npy", b"\x93NUMPY\3\0" + bytes(80)), LABELS), "not as an array"),
        (archive(("../../x.npy", npy("(2, 1)", bytes(16))), LABELS), "no array for inputs"),
    ],
)
def test_hostile_files_are_one_sentence_and_little_memory(tmp_path, content, words):
    path = tmp_path / "hostile.npz"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=words):
            load_arrays(path)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_is_refused_by_what_the_file_can_hold(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    path.write_bytes(archive(("x.npy", npy("(30000, 100)", bytes(24_000_000))), LABELS))
    monkeypatch.setattr(arrays, "MAXIMUM_BYTES", 1 << 24)
    with pytest.raises(DataError, match="declares 24,0"):
        load_arrays(path)


def test_small_numbers_are_counted_as_what_they_become(tmp_path, monkeypatch):
    path = tmp_path / "data.npz"
    np.savez(path, x=np.zeros((1000, 10), np.int8), y=np.arange(1000) % 2)
    monkeypatch.setattr(arrays, "MAXIMUM_BYTES", 40_000)
    with pytest.raises(DataError, match="10,000 numbers in x"):
        load_arrays(path)


def test_files_that_are_none_are_sentences(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_arrays(tmp_path / "none.npz")
    with pytest.raises(DataError, match="is a folder"):
        load_arrays(tmp_path)


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_bytes_a_file_holds_it_is_data_or_a_data_error(tmp_path_factory, edits):
    content = bytearray(SOUND)
    for place, value in edits:
        content[place] = value
    path = tmp_path_factory.mktemp("arrays") / "a.npz"
    path.write_bytes(content)
    try:
        data = load_arrays(path)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(data.train.inputs).all()
        assert len(data.train.inputs) == len(data.train.targets) == 2


def test_large_arrays_can_be_cancelled_within_one_of_them(tmp_path):
    path = tmp_path / "large.npz"
    np.savez(path, x=np.zeros((10_000, 2_000), np.uint8), y=np.arange(10_000) % 3)
    told = []

    def look(fraction, activity):
        told.append(fraction)
        if fraction > 0.5:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        load_arrays(path, progress=look)
    assert told == sorted(told)
    assert len(told) > 2
