"""Each error in one sentence: what the system refused in its own words, memory with its size, all else by its name."""

import errno
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import visualnet
from tests.core.worker_harness import WorkerHarness
from visualnet.core.errors import DataError, RunFileError, SetupError, VisualNetError, sentence_of, size_words
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.runfile.schema import fault_of
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer


def refused(act):
    with pytest.raises((OSError, MemoryError)) as caught:
        act()
    return sentence_of(caught.value)


def test_what_the_system_refuses_has_its_words_and_no_numbers():
    assert refused(lambda: Path("/etc/passwd/x").stat()) == "/etc/passwd/x: Not a directory."
    long = refused(lambda: Path("x" * 5000).stat())
    assert long.startswith("xxx") and long.endswith("File name too long.")
    assert len(long) < 200
    assert sentence_of(OSError("no room")) == "The system refused it: no room."


def test_memory_that_is_not_there_is_named_with_its_size_and_what_helps():
    told = refused(lambda: np.empty((10**9, 10**6), np.float32))
    assert "4,000,000.0 GB more were asked for" in told
    assert "Take smaller layers" in told
    assert "Take smaller layers" in sentence_of(MemoryError())
    assert [size_words(size) for size in (7, 20_400, 192e6, 1.24e9)] == ["1 kB", "20 kB", "192 MB", "1.2 GB"]


def test_a_sentence_of_ours_is_told_as_it_is_and_a_defect_by_its_name():
    assert sentence_of(VisualNetError("Such a thing.")) == "Such a thing."
    assert sentence_of(KeyError("x")) == "Something went wrong (KeyError: 'x')."


@pytest.mark.parametrize("kind", [DataError, RunFileError])
def test_a_name_as_long_as_a_page_is_shortened_in_a_sentence(kind):
    error = kind("a\nb" + "x" * 5000 + ".csv", "is not there")
    assert len(str(error)) < 200
    assert "\n" not in str(error)
    assert str(error).endswith("x.csv: is not there")


def test_a_folder_called_full_or_locked_says_nothing_of_the_disk():
    gone = OSError(errno.ENOENT, os.strerror(errno.ENOENT), "/full/locked.vnet")
    assert fault_of(gone) == "cannot be written: No such file or directory"


def test_the_words_of_the_system_are_read_in_one_place():
    """Elsewhere an OSError's own text would bring numbers and names along: ``[Errno 20]``."""
    top = Path(visualnet.__file__).parent
    assert [path.name for path in top.rglob("*.py") if "error.strerror" in path.read_text("utf-8")] == [
        "errors.py"
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(errno.EIO, "Input/output error", "x"), "x: Input/output error."),
    ],
)
def test_the_worker_tells_what_it_was_refused_and_goes_on(monkeypatch, error, words):
    harness = WorkerHarness()
    harness.worker.start()
    harness.send(c.StartRun(load_preset("xor")))
    harness.wait(e.RunStarted)

    def refuse(*given):
        raise error

    monkeypatch.setattr("visualnet.core.worker.loading.Trainer", refuse)
    harness.send(c.StartRun(load_preset("circles")))
    assert words in harness.wait(e.CommandRejected).sentence
    monkeypatch.setattr("visualnet.core.training.trainer.Trainer.step", refuse)
    harness.send(c.StepOnce())
    told = harness.wait(e.WorkerFailed).sentence
    assert words in told and told.endswith("The run is paused.")
    monkeypatch.undo()
    harness.send(c.StepOnce())
    assert harness.wait(e.Paused).step == 1
    assert harness.worker.stop()


def without_room(*given, **options):
    raise MemoryError


def test_a_network_that_finds_no_room_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr("visualnet.core.nn.network.aligned_zeros", without_room)
    with pytest.raises(SetupError, match=r"layers: make 33 parameters, which take 1 kB with their gradients"):
        Trainer(load_preset("xor"))


def test_data_that_find_no_room_are_refused_with_their_size(monkeypatch, tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("a,b\n" * 500_000)
    monkeypatch.setattr("visualnet.core.setup.data.load_described", without_room)
    with pytest.raises(
        DataError, match=r"large\.csv: takes more memory than is free here \(the file has 2 MB\)"
    ):
        DataSetup("table", path=str(path)).load()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_that_finds_no_room_can_be_taken_once_there_is_some(monkeypatch, name):
    """Whatever of the optimizer's memory was there already."""
    setup = replace(load_preset("circles"), optimizer=OptimizerSetup.first(name))
    trainer, other = Trainer(setup), Trainer(setup)
    for place in ("base.aligned_zeros", "muon.aligned_empty"):
        with monkeypatch.context() as patch:
            patch.setattr(f"visualnet.core.nn.optimizers.{place}", without_room)
            with suppress(MemoryError):
                trainer.step()
    while trainer.step_count < 5:
        trainer.step()
    while other.step_count < 5:
        other.step()
    assert trainer.parameters_sha256 == other.parameters_sha256
