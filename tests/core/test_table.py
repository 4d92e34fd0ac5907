"""Tables: what a person's CSV file means, and a sentence with line and column for every fault."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from visualnet.core.datasets import table
from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.table import load_table
from visualnet.core.errors import Cancelled, DataError

FLOWERS = "length,width,kind\n5.1,3.5,setosa\n7,3.2,versicolor\n6.3,3.3,virginica\n4.9,3,setosa\n"


@pytest.fixture
def read(tmp_path):
    def read(content, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_table(path, **options)

    return read


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_byte_order_marks_make_no_difference(read, delimiter, ending, mark):
    data = read(mark + FLOWERS.replace(",", delimiter).replace("\n", ending))
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert data.train.targets.tolist() == [0, 1, 2, 0]
    assert data.train.inputs.tolist() == [[5.1, 3.5], [7, 3.2], [6.3, 3.3], [4.9, 3]]
    assert (data.input_shape, len(data.test)) == ((2,), 0)
    assert not data.train.inputs.flags.writeable


@pytest.mark.parametrize(("label", "inputs"), [("width", [5.1, 1]), (2, [5.1, 1]), (None, [5.1, 3.5])])
def test_the_column_to_learn_is_named_numbered_or_the_last(read, label, inputs):
    data = read("length,width,kind\n5.1,3.5,1\n2,1.25,0\n", label=label)
    assert data.train.inputs[0].tolist() == inputs


def test_columns_keep_their_names_the_one_to_learn_last(read):
    table = "length,width,kind\n5.1,3.5,1\n2,1.25,0\n"
    assert read(table).column_names == ("length", "width", "kind")
    assert read(table, label="width").column_names == ("length", "kind", "width")
    assert read("1,2,a\n3,4,b\n").column_names == ()
    assert read(f"{'x' * 300},kind\n1,a\n2,b\n").column_names == ("x" * 100, "kind")


def test_a_header_is_found_or_stated(read):
    assert len(read("1,2,a\n3,4,b\n").train) == 2
    assert len(read("x,y,z\n1,2,a\n3,4,b\n").train) == 2
    assert len(read("1,2,a\n3,4,b\n5,6,a\n", header=True).train) == 2
    with pytest.raises(DataError, match="line 1, column 1 holds 'x', which is not a number"):
        read("x,y,z\n1,2,a\n", header=False)


def test_quoted_cells_may_hold_delimiters_and_line_ends(read):
    data = read('x,"a ""kind"", or\nnone"\n1,"one, or other"\n2,"two\nlines"\n', label='a "kind", or\nnone')
    assert data.classes == ("one, or other", "two\nlines")


@pytest.mark.parametrize(
    ("cells", "options", "classes"),
    [
        (["0", "1", "10", "2"], {}, ("0", "1", "2", "10")),
        (["b", "10", "9", "a"], {}, ("9", "10", "a", "b")),
        (["0.5", "1", "2", "3"], {}, ()),
        ([str(number) for number in range(30)], {}, ()),
        ([str(number) for number in range(30)], {"target": "classes"}, tuple(map(str, range(30)))),
        (["1", "0", "1", "0"], {"target": "values"}, ()),
        (["3.5", "red", "blue"], {}, ("3.5", "blue", "red")),
    ],
)
def test_classes_and_values_are_told_apart(read, cells, options, classes):
    data = read("".join(f"{place},{cell}\n" for place, cell in enumerate(cells)), **options)
    assert data.classes == classes
    if classes:
        assert [classes[label] for label in data.train.targets] == cells
    else:
        assert data.train.targets[:, 0].tolist() == [float(cell) for cell in cells]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n\n", "is empty"),
        ("a,b\n", "no examples"),
        ("a\n1\n2\n", "has 1 columns"),
        ("a,b\n1,x\n,y\n", r"line 3, column 1 \(a\) is empty"),
        ("a,b\n1,x\nnan,y\n", r"line 3, column 1 \(a\) holds 'nan'; numbers must be finite"),
        ("a,b\n1,x\n-inf,y\n", "holds '-inf'"),
        ("a,b\n1,x\n1e31,y\n", "at most 1e[+]30"),
        ("a,b\n1,x\n1_000,y\n", "'1_000', which is not a number"),
        ("a,b\n1,x\nNA,y\n", r"line 3, column 1 \(a\) holds 'NA', which is not a number"),
        ("a,b\n1,x\n2,\n", r"line 3, column 2 \(b\) is empty"),
        ("a,b\n1,x\n\n2,y,z\n", "line 4 has 3 columns, the first has 2"),
        ("a,b\n1,0.5\n2,oops\n3,0.25\n", r"line 3, column 2 \(b\) holds 'oops', which is not a number"),
        ("a,b\n1,x\n2,x\n", "has 1 different labels"),
        ("".join(f"1,label {n}\n" for n in range(1001)), "1,001 different labels"),
        ('a,b\n1,"x\n2,y\n', "not a sound CSV file"),
        ('a,b\n1,"x"y\n2,y\n', "not a sound CSV file"),
        ("a,b\n1," + "x" * 140_000 + "\n2,y", "not a sound CSV file"),
        (b"a,b\n1,\xff\n2,y\n", "not text in UTF-8"),
        (b"a,b\n1,\0\n2,y\n", "sound CSV|labels"),
        ("," * 20_000 + "\n", "20,001 columns"),
    ],
)
def test_every_fault_is_one_sentence(read, content, words):
    if words == "sound CSV|labels":
        # Python before 3.12 refuses a zero byte, later ones take it for a letter.
        try:
            read(content)
        except DataError as error:
            assert "CSV" in str(error)
        return
    with pytest.raises(DataError, match=words) as caught:
        read(content)
    assert "\n" not in str(caught.value)
    assert len(caught.value.fault) < 300


def test_columns_that_are_not_there_are_sentences(read):
    with pytest.raises(DataError, match="no column named 'colour'; its names are length, width, kind"):
        read(FLOWERS, label="colour")
    with pytest.raises(DataError, match="more than one column named 'a'"):
        read("a,a\n1,2\n", label="a")
    with pytest.raises(DataError, match="has 3 columns, no column 4"):
        read(FLOWERS, label=4)


def test_files_that_are_none_are_sentences(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no such file"):
        load_table(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        load_table(tmp_path)
    monkeypatch.setattr(table, "MAXIMUM_BYTES", 10)
    (tmp_path / "large.csv").write_text(FLOWERS)
    with pytest.raises(DataError, match="a table may have 10"):
        load_table(tmp_path / "large.csv")


def test_reading_can_be_cancelled(tmp_path):
    (tmp_path / "table.csv").write_text(FLOWERS)

    def cancel(fraction, activity):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        load_table(tmp_path / "table.csv", progress=cancel)


def test_a_table_is_split_and_standardised_by_name(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("".join(f"{n},{n * n},{'ab'[n % 2]}\n" for n in range(100)))
    data = load_dataset("table", path=path, test_share=0.3, validation_share=0.1, standardize=True)
    assert (len(data.train), len(data.validation), len(data.test)) == (62, 8, 30)
    assert np.allclose(data.train.inputs.mean(axis=0), 0)
    assert np.bincount(data.test.targets).tolist() == [15, 15]


cells = st.floats(-1e30, 1e30).map(repr)


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.tuples(st.lists(cells, min_size=width, max_size=width), st.text(min_size=1, max_size=9)),
            min_size=2,
            max_size=12,
        )
    ),
    st.sampled_from(",;\t"),
)
def test_what_is_written_is_read_bit_for_bit(tmp_path_factory, rows, delimiter):
    names = [text.replace("\0", "").strip() for _, text in rows]
    if len(set(names)) < 2 or not all(names) or any(map(table._is_number, names)):
        return
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(
        [*inputs, name] for (inputs, _), name in zip(rows, names, strict=True)
    )
    path = tmp_path_factory.mktemp("table") / "t.csv"
    try:
        path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    except UnicodeEncodeError:
        return
    data = load_table(path, header=False)
    assert data.train.inputs.tolist() == [[float(cell) for cell in inputs] for inputs, _ in rows]
    assert [data.classes[label] for label in data.train.targets] == names


@given(st.lists(st.tuples(st.integers(0, len(FLOWERS) - 1), st.binary(max_size=3)), min_size=1, max_size=6))
@example([(0, b"\x00")])
def test_whatever_bytes_a_table_holds_it_is_data_or_a_data_error(tmp_path_factory, edits):
    content = bytearray(FLOWERS.encode())
    for place, replacement in edits:
        content[place : place + len(replacement)] = replacement
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(content)
    try:
        data = load_table(path)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(data.train.inputs).all()
        assert len(data.train.inputs) == len(data.train.targets) > 0


def test_a_table_however_wide_can_be_cancelled_after_few_cells_and_tells_how_far_it_is(tmp_path):
    path = tmp_path / "wide.csv"
    line = ",".join(["0.5"] * 10_000) + "\n"
    path.write_text(line * 200)
    told = []

    def look(fraction, activity):
        told.append(fraction)
        if fraction > 0.4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        load_table(path, progress=look)
    assert told == sorted(told)
    assert len(told) > 20
