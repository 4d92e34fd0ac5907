"""A person's files: what is read, and how it is written, whoever reads or writes it."""

import errno
import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.core.shell_runs import run
from visualnet.core.datasets.arrays import load_arrays
from visualnet.core.datasets.idx import read_idx
from visualnet.core.datasets.images import load_images
from visualnet.core.datasets.table import load_table
from visualnet.core.errors import VisualNetError
from visualnet.core.files import check_writable, open_file, replace_file, replacing
from visualnet.core.formats.onnx_reader import import_onnx
from visualnet.core.formats.onnx_writer import export_onnx
from visualnet.core.formats.parameters_file import read_parameters, write_parameters
from visualnet.core.held_files import hold, release
from visualnet.core.runfile.export import FORMS, export_run
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.writer import RunStore
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer

OWN_WAYS = {
    "visualnet/core/files.py",
    "visualnet/core/held_files.py",
    "visualnet/core/datasets/download.py",
}
"""Where files are opened: the one place, and what is not a person's."""


def in_a_folder(path):
    folder = path.parent / "images" / "a"
    folder.mkdir(parents=True)
    path.rename(folder / "a.png")
    (folder.parent / "b").mkdir()
    (folder.parent / "b" / "b.png").touch()
    return load_images(folder.parent)


READERS = {
    "csv": load_table,
    "npz": load_arrays,
    "idx": lambda path: read_idx(path, (28, 28)),
    "images": in_a_folder,
    "onnx": import_onnx,
    "safetensors": read_parameters,
    "json": lambda path: load_preset(str(path)),
    "run": read_run,
}

WRITERS = {
    "bytes": lambda path, trainer, saved: replace_file(path, b"new"),
    "parameters": lambda path, trainer, saved: write_parameters(path, trainer),
    "onnx": lambda path, trainer, saved: export_onnx(trainer.network, path, trainer.setup),
    **{
        form: lambda path, trainer, saved, form=form: export_run(saved, 0, None, path, form) for form in FORMS
    },
}


@pytest.fixture
def trainer():
    return Trainer(load_preset("xor"))


@pytest.fixture
def saved(tmp_path, trainer):
    path = tmp_path / "run" / "xor.vnet"
    path.parent.mkdir()
    RunStore.create(path, trainer).close()
    return read_run(path)


@pytest.fixture
def place(tmp_path):
    """Where a file is to be written."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder / "x.json"


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_opens_a_file_that_this_process_writes(reader, tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b"{}")
    identity = hold(path)
    try:
        with pytest.raises(VisualNetError, match=r"a run that is open here|is open in another window"):
            READERS[reader](path)
    finally:
        release(identity)


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_waits_for_a_pipe(reader, tmp_path):
    path = tmp_path / "x.json"
    os.mkfifo(path)
    with pytest.raises(VisualNetError, match=r"no ordinary file|a folder or a device"):
        READERS[reader](path)


def test_reading_in_one_way_keeps_the_lock_of_an_open_run(tmp_path, trainer):
    path = tmp_path / "xor.vnet"
    store = RunStore.create(path, trainer)
    for reader in READERS.values():
        if reader is not in_a_folder:
            with pytest.raises(VisualNetError):
                reader(path)
    question = f"from visualnet.core.runfile.reader import read_run; from pathlib import Path; read_run(Path({str(path)!r}))"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=False)
    assert "is open in another window" in answer.stderr
    store.close()


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_keeps_links_mode_and_what_lies_beside(writer, place, trainer, saved):
    real, other = place.with_name("real"), place.with_name("x.json.part")
    real.write_bytes(b"old")
    real.chmod(0o640)
    other.write_bytes(b"mine")
    place.symlink_to(real.name)
    WRITERS[writer](place, trainer, saved)
    assert place.is_symlink()
    assert real.read_bytes() not in (b"old", b"")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert other.read_bytes() == b"mine"
    assert {path.name for path in place.parent.iterdir()} == {"x.json", "real", "x.json.part"}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_refuses_what_may_only_be_read_and_a_pipe_without_a_reader(writer, place, trainer, saved):
    place.write_bytes(b"old")
    place.chmod(0o444)
    with pytest.raises(VisualNetError, match="may only be read"):
        WRITERS[writer](place, trainer, saved)
    assert place.read_bytes() == b"old"
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(VisualNetError, match="nobody reads it"):
        WRITERS[writer](place, trainer, saved)
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_refuses_the_file_of_an_open_run(writer, tmp_path, trainer, saved):
    path = tmp_path / "open.vnet"
    with closing(RunStore.create(path, trainer)):
        before = path.read_bytes()
        for write in (WRITERS[writer], lambda path, *_: check_writable(path)):
            with pytest.raises(VisualNetError, match="the file of a run that is open"):
                write(path, trainer, saved)
        assert path.read_bytes() == before


def test_a_writer_refuses_the_file_of_a_run_that_is_open_elsewhere(tmp_path, trainer):
    path = tmp_path / "open.vnet"
    with closing(RunStore.create(path, trainer)):
        question = (
            "from visualnet.core.files import replace_file; from pathlib import Path; "
            f"replace_file(Path({str(path)!r}), b'')"
        )
        answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=False)
    assert "the file of a run that is open" in answer.stderr
    assert read_run(path).damage == ()


def test_where_nothing_can_be_locked_a_file_can_be_written(place, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.lockf", refuse)
    place.write_bytes(b"old")
    replace_file(place, b"new")
    assert place.read_bytes() == b"new"


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_writes_into_devices_and_streams(writer, place, trainer, saved):
    device = Path("/dev/null").stat().st_rdev
    WRITERS[writer](Path("/dev/null"), trainer, saved)
    assert Path("/dev/null").stat().st_rdev == device
    WRITERS[writer](place, trainer, saved)
    read, write = os.pipe()
    WRITERS[writer](Path(f"/dev/fd/{write}"), trainer, saved)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert len(pipe.read()) == place.stat().st_size
    with pytest.raises(VisualNetError, match="cannot be written: No space left"):
        WRITERS[writer](Path("/dev/full"), trainer, saved)


def test_the_shell_writes_figures_to_a_device_as_to_a_file(tmp_path):
    result = run("train", "xor", "--steps", 3, "--output", "/dev/null")
    assert result.exit_code == 0, result.output
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    result = run("train", "xor", "--steps", 3, "--output", "/dev/full")
    assert result.exit_code == 1 and "No space left" in result.output and "3 steps" in result.output
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "no" / "x.json", "is not a folder")):
        assert words in run("train", "xor", "--steps", 3, "--output", path).output


def test_figures_are_never_written_over_the_run_itself(tmp_path):
    path, link = tmp_path / "x.vnet", tmp_path / "link.json"
    link.symlink_to(path)
    words = "is the file that the run is kept in"
    for output in (path, link):
        assert words in run("train", "xor", "--steps", 3, "--run", path, "--output", output).output
        assert not path.exists()
    assert run("train", "xor", "--steps", 3, "--run", path).exit_code == 0
    before = path.read_bytes()
    for output in (path, link):
        assert words in run("resume", path, "--output", output).output
        assert path.read_bytes() == before


def test_a_run_is_kept_in_no_folder_and_no_device(tmp_path):
    for place in (tmp_path, "/dev/null"):
        assert "no place for a run" in run("train", "xor", "--steps", 3, "--run", place).output


def test_a_stream_that_is_a_file_is_written_where_it_stands(tmp_path):
    path = tmp_path / "out"
    with path.open("wb", buffering=0) as file:
        file.write(b"before ")
        replace_file(Path(f"/proc/self/fd/{file.fileno()}"), b"content ")
        file.write(b"after")
    assert path.read_bytes() == b"before content after"


def test_a_failure_leaves_the_file_as_it_was(place):
    place.write_bytes(b"old")
    with pytest.raises(OSError, match="full"), replacing(place) as unfinished:
        unfinished.write_bytes(b"ne")
        raise OSError("full")
    assert place.read_bytes() == b"old"
    assert list(place.parent.iterdir()) == [place]


def test_links_in_circles_and_long_names_are_a_sentence(place):
    place.symlink_to(place.name)
    for path in (place, place.with_name("x" * 300)):
        with pytest.raises(VisualNetError, match="cannot be written"):
            check_writable(path)
        with pytest.raises(VisualNetError, match="cannot be written"):
            replace_file(path, b"")


def test_what_a_killed_process_left_goes_with_the_next_file(place):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [
        f".visualnet-{dead.pid}-0123456789abcdef.part",
        f"x.vnet.{dead.pid}.new",
        f"x.vnet.{dead.pid}.new-journal",
    ]
    kept = [
        f".visualnet-{os.getppid()}-0123456789abcdef.part",
        f"x.{dead.pid}.new",
        f"x.vnet.{os.getppid()}.new",
    ]
    for name in names + kept:
        place.with_name(name).touch()
    replace_file(place, b"")
    assert {path.name for path in place.parent.iterdir()} == {*kept, place.name}


def test_files_are_opened_in_one_place():
    """What opens a file by itself would drop the lock of a run's file, or wait for a pipe."""
    top = Path(__file__).parents[2]
    ways = (
        "path.open(",
        ".read_bytes()",
        ".read_text(",
        ".write_bytes(",
        ".write_text(",
        " open(",
        ".save(str(",
        "safe_open(path",
    )
    own = ("resource(", "directory /", "safe_open(path, framework")
    for source in (top / "visualnet").rglob("*.py"):
        if str(source.relative_to(top)) not in OWN_WAYS:
            for line in source.read_text("utf-8").splitlines():
                is_way = any(way in line for way in ways) and "def " not in line
                assert not is_way or any(word in line for word in own), f"{source}: {line}"


def test_an_ordinary_file_opens(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros(3))
    with open_file(path) as file:
        assert file.read(2) == b"PK"
