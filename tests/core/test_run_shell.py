"""Runs in files from the command line: full disks, folders that cannot be written to, two openers, what is told."""

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.benchmarks.fuzz_run_files import batch_of
from tests.core.every_setup import run_to
from tests.core.shell_runs import figures, run
from tests.core.source_cases import wait_until_written
from visualnet.core.history.gaps import gaps_of, words_of
from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.file_parts import remove_run
from visualnet.core.runfile.link import Link
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.writer import RunStore
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.run_commands import Change
from visualnet.core.training.trainer import Trainer


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


def process(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "visualnet", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture(scope="module")
def digits_sha256():
    return figures("train", "mnist", "--steps", 12)["parameters_sha256"]


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_400_000, 1_400_000))


def check_run_on_a_full_disk(path, digits_sha256, **options):
    training = process("train", "mnist", "--steps", 12, "--json", "--run", path, **options)
    out, err = training.communicate(timeout=60)
    assert training.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["parameters_sha256"] == digits_sha256
    assert err.count("cannot be written") == 1
    assert "goes on without being saved" in err


def check_going_on(path, digits_sha256):
    resumed = figures("resume", path)
    assert resumed["parameters_sha256"] == digits_sha256
    assert (resumed["resumed_from_step"], resumed["steps_run"]) == (0, 12)


def test_a_run_goes_on_where_its_file_cannot_grow(tmp_path, digits_sha256):
    path = tmp_path / "run.vnet"
    check_run_on_a_full_disk(path, digits_sha256, preexec_fn=small_files)
    check_going_on(path, digits_sha256)
    assert [left.name for left in tmp_path.iterdir()] == ["run.vnet"]


@contextmanager
def small_disk(folder):
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "visualnet-test", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_run_goes_on_where_the_disk_is_full(tmp_path, digits_sha256):
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder):
        path = folder / "run.vnet"
        check_run_on_a_full_disk(path, digits_sha256)
        for left in folder.iterdir():
            (tmp_path / left.name).write_bytes(left.read_bytes())
    check_going_on(tmp_path / "run.vnet", digits_sha256)


def test_a_folder_that_cannot_be_written_to_is_told_at_the_start(tmp_path):
    tmp_path.chmod(0o555)
    folder = tmp_path if os.geteuid() else Path("/sys/kernel")
    refused = run("train", "xor", "--run", folder / "run.vnet")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output
    assert run("train", "xor", "--run", tmp_path / "none" / "run.vnet").exit_code == 1


def test_a_file_that_a_process_writes_is_closed_to_others(tmp_path):
    path = tmp_path / "folder" / "run.vnet"
    path.parent.mkdir()
    training = process("train", "xor", "--steps", 10**9, "--json", "--run", path)
    wait_until_written(path, tmp_path / "copy.vnet", 1)
    for command in (
        ("resume", path),
        ("runs", path),
        ("export", path, path.with_name("x.csv"), "--format", "csv"),
    ):
        refused = run(*command)
        assert refused.exit_code == 1
        assert "is open in another" in refused.output
    training.send_signal(signal.SIGINT)
    out, err = training.communicate(timeout=30)
    assert (training.returncode, err) == (130, "")
    assert [left.name for left in path.parent.iterdir()] == ["run.vnet"]
    steps = json.loads(out.splitlines()[-1])["steps"]
    assert json.loads(run("runs", path, "--json").output)["branches"][0]["steps"] == steps > 0


def test_commands_of_a_link_that_are_still_to_come_are_in_the_file(tmp_path):
    setup = replace(load_preset("xor"), steps=6_000)
    link = Link(setup, ((10, Change(learning_rate=0.02)), (5_000, Change(learning_rate=0.5)))).to_text()
    path = tmp_path / "run.vnet"
    while True:
        training = process("train", link, "--json", "--run", path)
        while not path.exists():
            assert training.poll() is None
            sleep(0.01)
        training.kill()
        training.communicate()
        if read_run(path).branches[0].last_step < 5_000:
            break
        # It was quicker than the hand that kills.
        remove_run(path)
    resumed = figures("resume", path)
    assert resumed["steps_run"] > 1000
    assert resumed["parameters_sha256"] == figures("train", link)["parameters_sha256"]


def test_train_refuses_a_file_that_exists(tmp_path):
    path = tmp_path / "run.vnet"
    assert run("train", "xor", "--run", path).exit_code == 0
    before = path.read_bytes()
    refused = run("train", "xor", "--run", path)
    assert refused.exit_code == 1
    assert f"visualnet resume {path}" in refused.output
    assert path.read_bytes() == before


def test_runs_tells_what_is_in_a_file_and_export_writes_it(tmp_path):
    path = tmp_path / "run.vnet"
    kept = figures("train", "xor", "--steps", 50, "--run", path)
    before = path.read_bytes()
    told = run("runs", path).output
    assert "xor, goal 50 steps" in told and "NumPy" in told
    for form in ("csv", "npz", "safetensors"):
        assert run("export", path, tmp_path / f"out.{form}", "--format", form).exit_code == 0
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "step,train_loss,train_accuracy,test_loss,test_accuracy"
    assert len(lines) == 51
    assert float(lines[40].split(",")[3]) > 0
    assert lines[1].endswith(",,")
    arrays = arrays_of(tmp_path / "out.npz")
    assert (arrays["step"], len(arrays["train_loss"]), arrays["0.weight"].shape) == (50, 50, (8, 2))
    assert np.array_equal(load_file(tmp_path / "out.safetensors")["0.weight"], arrays["0.weight"])
    assert run("export", path, tmp_path / "early.npz", "--format", "npz", "--step", 20).exit_code == 0
    early = arrays_of(tmp_path / "early.npz")
    assert early["step"] == 20 and not np.array_equal(early["0.weight"], arrays["0.weight"])
    assert run("export", path, path, "--format", "csv").exit_code == 1
    assert run("export", path, tmp_path / "x", "--format", "csv", "--step", 51).exit_code == 1
    assert path.read_bytes() == before
    assert kept["steps"] == 50


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory):
    """A run of xor that was saved at the same steps each time: when rows are saved decides on which pages they are."""
    path = tmp_path_factory.mktemp("whole") / "run.vnet"
    trainer = Trainer(replace(load_preset("xor"), steps=9000))
    store = RunStore.create(path, trainer)
    for step in range(1000, 10_000, 1000):
        run_to(trainer, step)
        store.save(batch_of(trainer, ROOT, float(step)))
    store.close()
    return path


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_of_a_damaged_file_runs_and_export_offer_the_rest_and_resume_refuses(tmp_path, whole_file, share):
    path = tmp_path / "run.vnet"
    whole, content = read_run(whole_file).branches[0].loss, whole_file.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    before = path.read_bytes()
    told = run("runs", path)
    assert told.exit_code == 0 and "damaged or cut" in told.output
    assert run("export", path, tmp_path / "left.csv", "--format", "csv").exit_code == 0
    losses = [line.split(",")[1] for line in (tmp_path / "left.csv").read_text().splitlines()[1:]]
    assert all(loss in ("", repr(float(right))) for loss, right in zip(losses, whole, strict=False))
    gaps = gaps_of(0, np.array([float(loss or "nan") for loss in losses]))
    assert not gaps or f"The losses of xor are missing at {words_of(gaps)}." in told.output
    refused = run("resume", path)
    assert refused.exit_code == 1 and "visualnet export" in refused.output
    assert path.read_bytes() == before


def test_a_file_from_elsewhere_is_gone_on_with_and_says_so(tmp_path, monkeypatch):
    from visualnet.core.training import environment

    path = tmp_path / "run.vnet"
    monkeypatch.setattr(
        environment,
        "blas_description",
        lambda: [{"internal_api": "abacus", "version": 1, "architecture": "wood"}],
    )
    figures("train", "xor", "--steps", 30, "--run", path)
    monkeypatch.undo()
    resumed = run("resume", path)
    assert resumed.exit_code == 0
    assert "abacus" in resumed.stderr and "may differ" in resumed.stderr
    assert len(json.loads(run("runs", path, "--json").output)["environments"]) == 2


def test_training_without_a_file_loads_nothing_that_files_need():
    code = (
        "import sys; from click.testing import CliRunner; from visualnet.cli import main;"
        "CliRunner().invoke(main, ['train', 'original-xor', '--steps', '3']);"
        "print([m for m in ('sqlite3', 'safetensors', 'visualnet.core.runfile.writer') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
