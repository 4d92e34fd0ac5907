"""Whatever is typed for any argument or option of the shell ends at once, in one sentence; the table of commands is walked."""

import os
from dataclasses import replace
from pathlib import Path

import click
import pytest

from tests.core.shell_runs import run
from tests.core.worker_harness import WorkerHarness
from visualnet.cli import main
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.presets import load_preset

NUMBERS = ("nan", "inf", "-inf", "1e400", "-1", "1" + "0" * 5000, "two", "")

NEEDED = {
    "open": ["--screenshot", "picture.png"],
    "train": ["--steps", "2"],
    "export": ["--format", "csv"],
}
SOUND = {"preset": "xor", "file": "sound.vnet", "out": "out.csv", "source": "sound.safetensors",
         "target": "out.onnx", "data": "mnist", "number": "0"}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """Here are sound files, and pipes for every kind of file that is read: opened, they would hang for ever."""
    place, before = tmp_path_factory.mktemp("hostile"), Path.cwd()
    os.chdir(place)
    assert run("train", "xor", "--steps", "3", "--run", "sound.vnet").exit_code == 0
    assert run("export", "sound.vnet", "sound.safetensors", "--format", "safetensors").exit_code == 0
    for suffix in ("csv", "npz", "json", "vnet", "safetensors", "onnx"):
        os.mkfifo(f"pipe.{suffix}")
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"):
        (place / "digits").mkdir(exist_ok=True)
        os.mkfifo(place / "digits" / name)
    for name in ("a", "b"):
        (place / "images" / name).mkdir(parents=True)
        os.mkfifo(place / "images" / name / "x.png")
    yield place
    os.chdir(before)


PATHS = (
    "~nosuchuser/x.csv", "x" * 300, "x" * 300 + ".csv", "x" * 300 + ".vnet", "y" * 5000, "bad\udcff", "bad\udcff.csv",
    "bad\udcff.json", "sound.vnet/x.csv", "/dev/zero", "/dev/tty", "pipe.csv", "pipe.npz", "pipe.json", "pipe.vnet",
    "pipe.safetensors", "pipe.onnx", "digits", "images", "", "two\nlines",
)  # fmt: skip


def parameters():
    """Each argument and option of each command; those of a run with ``train``, and with ``open`` what opens no window."""
    run = {parameter.name for parameter in main.commands["train"].params}
    for name, command in main.commands.items():
        for parameter in command.params:
            is_of_run = parameter.name in run and parameter.name != "preset"
            is_window = name == "open" and parameter.name == "preset"
            if not is_window and (name == "train" or not is_of_run):
                yield name, command, parameter


def is_path(parameter):
    return isinstance(parameter.type, click.Path) or parameter.name in ("preset", "data", "base_url", "label")


def is_number(parameter):
    return isinstance(parameter.type, (click.IntRange, click.types.IntParamType, click.types.FloatParamType))


def arguments(name, command, parameter, value):
    """The command's line with this value in one place and sound ones in all others."""
    line = [name, *NEEDED.get(name, [])]
    sound = SOUND | ({"preset": "mnist"} if parameter.name in ("data_dir", "base_url") else {})
    for other in command.params:
        if isinstance(other, click.Argument):
            line.append(value if other is parameter else sound[other.name])
        elif other is parameter:
            line += [f"{other.opts[0]}={value}"]
    return line


def check(line, codes):
    result = run(*line)
    told = result.stderr
    assert result.exit_code in codes, (line, told)
    assert not any(word in told for word in ("went wrong", "Errno", "Traceback", "None")), told
    if result.exit_code == 1:
        assert told.startswith("visualnet: ")
        assert len(told) < 700
        assert told.count("\n") <= 3


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ascii(path[:20]))
def test_any_path_in_any_place_is_refused_in_one_sentence(path):
    for name, command, parameter in parameters():
        is_written = parameter.name in ("out", "target", "output", "run_file", "screenshot")
        is_legal = is_written and ("bad" in path or path in ("two\nlines", "/dev/zero", "/dev/tty"))
        if is_path(parameter) and not is_legal:
            check(arguments(name, command, parameter, path), (1, 2))


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:20])
def test_any_number_in_any_place_is_refused_in_one_sentence(number):
    for name, command, parameter in parameters():
        if is_number(parameter):
            check(arguments(name, command, parameter, number), (1, 2))
    for option in ("--hidden", "--size"):
        name = "open" if option == "--size" else "train"
        if number:
            check([name, "xor", *NEEDED[name], f"{option}={number}"], (1, 2))


COMMANDS = {
    "open a run": c.OpenRun,
    "open parameters": c.OpenParameters,
    "save parameters": c.SaveParameters,
    "save as": c.SaveRunAs,
    "export": lambda path: c.ExportRun(path, "csv"),
    "a table": lambda path: c.StartRun(replace(load_preset("xor"), data=DataSetup("table", path=str(path)))),
    "arrays": lambda path: c.StartRun(replace(load_preset("xor"), data=DataSetup("arrays", path=str(path)))),
    "images": lambda path: c.StartRun(replace(load_preset("xor"), data=DataSetup("images", path=str(path)))),
    "digits": lambda path: c.StartRun(replace(load_preset("xor"), data=DataSetup(directory=str(path)))),
}
"""All that the window asks the worker to do with a person's file."""


def test_the_worker_refuses_any_path_in_one_sentence_and_goes_on():
    harness = WorkerHarness()
    harness.worker.start()
    harness.send(c.StartRun(load_preset("xor")))
    harness.wait(e.RunStarted)
    for path in (
        "x" * 300,
        "y" * 4000,
        "sound.vnet/x.csv",
        "/dev/full",
        "digits",
        "images",
        "pipe.csv",
        "~nosuchuser/x",
    ):
        for name, command in COMMANDS.items():
            harness.send(command(Path(path)))
            told = harness.wait(e.CommandRejected).sentence
            assert not any(word in told for word in ("went wrong", "Errno", "None")), (name, path, told)
            assert len(told) < 400, (name, path, told)
    assert not harness.of_kind(e.WorkerFailed)
    harness.send(c.StepOnce())
    assert harness.wait(e.Paused).step == 1
    assert harness.worker.stop()
