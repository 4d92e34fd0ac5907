"""The command line: what it prints, what it refuses, and with which exit code it ends."""

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.core.shell_runs import figures, run
from visualnet.core.nn.layers import activation_kinds
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.runfile.link import Link
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def command(*arguments):
    return [sys.executable, "-m", "visualnet", *map(str, arguments)]


def test_version_presets_and_help():
    assert run("--version").output.startswith("visualnet ")
    listed = run("presets").output
    assert all(name in listed for name in ("xor", "mnist", "original-xor", "original-mnist"))
    assert "train" in run("--help").output


def test_train_prints_one_object_with_the_promised_keys():
    object_ = figures("train", "xor")
    promised = (
        "preset seed steps epochs train_loss test_accuracy fit_seconds steps_per_second parameters_sha256 "
        "evaluation_seconds"
    )
    assert set(promised.split()) <= set(object_)
    assert (object_["preset"], object_["steps"], object_["test_accuracy"]) == ("xor", 1000, 1.0)


def test_the_same_run_twice_has_the_same_bits_in_two_processes():
    seen = {
        json.loads(
            subprocess.run(
                command("train", "mnist", "--steps", 30, "--json"), capture_output=True, check=True
            ).stdout
        )["parameters_sha256"]
        for _ in range(2)
    }
    assert len(seen) == 1


def test_every_override_takes_effect():
    plain = figures("train", "mnist", "--train-size", 1200, "--test-size", 100, "--epochs", 1)
    assert plain["steps"] == 3
    changes = {
        "--learning-rate": 0.01,
        "--batch-size": 50,
        "--optimizer": "sgd",
        "--hidden": "20,10",
        "--activation": "tanh",
        "--seed": 5,
    }
    for option, value in changes.items():
        changed = figures(
            "train", "mnist", "--train-size", 1200, "--test-size", 100, "--epochs", 1, option, value
        )
        assert changed["parameters_sha256"] != plain["parameters_sha256"], option
    assert (
        figures("train", "mnist", "--hidden", "20,10", "--steps", 1)["parameters"]
        == 784 * 20 + 20 + 210 + 110
    )


def test_steps_beat_epochs_and_threads_are_taken():
    assert figures("train", "xor", "--steps", 7, "--epochs", 3, "--threads", 1)["steps"] == 7


def test_output_holds_the_object_the_setup_and_the_epochs(tmp_path):
    path = tmp_path / "run.json"
    printed = figures("train", "xor", "--output", path)
    written = json.loads(path.read_text())
    assert {key: written[key] for key in printed} == printed
    assert written["setup"]["data"]["name"] == "xor"
    assert written["per_epoch"][-1]["step"] == 1000


def test_a_setup_file_trains_like_its_preset(tmp_path):
    path = tmp_path / "mine.json"
    run("train", "xor", "--output", tmp_path / "run.json")
    path.write_text(json.dumps(json.loads((tmp_path / "run.json").read_text())["setup"]))
    assert figures("train", path)["parameters_sha256"] == figures("train", "xor")["parameters_sha256"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("train", "nonsense"), 1, "neither a preset"),
        (("train", "xor", "--learning-rate", "-1"), 1, "learning_rate"),
        (("train", "xor", "--hidden", "ten"), 1, "--hidden"),
        (("train", "xor", "--optimizer", "magic"), 1, "optimizer.name"),
        (("train", "mnist", "--data-dir", "/nowhere"), 1, "/nowhere"),
        (("train", "mnist", "--base-url", "ftp://x"), 1, "http"),
        (("train", "xor", "--output", "/nowhere/run.json"), 1, "/nowhere"),
        (("train", "mnist", "--hidden", "16384,16384,16384"), 1, "parameters"),
        (("train", "xor", "--data-dir", "/tmp"), 1, "formula"),
        (("train", "xor", "--steps", "many"), 2, "steps"),
        (("train",), 2, "PRESET"),
        (("nonsense",), 2, "nonsense"),
        (("show", "mnist", "70000"), 1, "70,000"),
        (("show", "xor", "1"), 1, "points"),
        (("open", "xor", "--size", "big"), 2, "--size"),
    ],
)
def test_bad_input_gives_a_sentence_and_a_code(arguments, code, words):
    result = run(*arguments)
    assert result.exit_code == code
    assert words in result.output
    assert "Traceback" not in result.output
    if code == 1:
        assert len(result.output.strip().splitlines()) <= 3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_optimizer_begins_with_a_rate_with_which_it_learns(name):
    small = ("train", "mnist", "--train-size", 2000, "--test-size", 500, "--batch-size", 50, "--epochs", 2)
    chosen = run(*small, "--optimizer", name, "--json")
    assert json.loads(chosen.stdout)["test_accuracy"] > 0.7
    is_told = f"{OPTIMIZERS[name].first_rate:g}" in chosen.stderr
    assert is_told == (name != load_preset("mnist").optimizer.name)


def test_a_rate_that_is_given_is_kept_whatever_the_optimizer():
    given = run("link", "mnist", "--optimizer", "lion", "--learning-rate", 0.25)
    assert Link.from_text(given.stdout.strip()).setup.optimizer == OptimizerSetup("lion", 0.25)
    assert not given.stderr


def test_a_run_that_breaks_is_a_failed_run():
    broken = run(
        "train",
        "mnist",
        "--optimizer",
        "sgd",
        "--activation",
        "identity",
        "--learning-rate",
        "1e6",
        "--steps",
        50,
    )
    assert broken.exit_code == 1
    assert "not finite" in broken.output


def test_show_draws_the_image_and_names_it():
    lines = run("show", "mnist", "7").output.splitlines()
    assert len(lines) == 15
    assert "█" in "".join(lines[:14])
    assert lines[-1] == "mnist, training image 7: 3"


def test_doctor_names_versions_and_checks_products():
    result = run("doctor")
    assert result.exit_code == 0
    assert "NumPy" in result.output
    assert "matrix products: right" in result.output


def output_on_terminal(*arguments, interrupted_at=None):
    """What a command writes to a terminal, and its exit code; Ctrl-C comes when these words are seen."""
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), stdout=writer, stderr=writer, env={**os.environ, "TERM": "xterm"}
    )
    os.close(writer)
    seen = b""
    try:
        while piece := os.read(reader, 65536):
            seen += piece
            if interrupted_at is not None and interrupted_at in seen:
                process.send_signal(signal.SIGINT)
                interrupted_at = None
    except OSError:
        # Linux ends a terminal whose other side is closed with an error.
        pass
    os.close(reader)
    return seen, process.wait(30)


STEPPING = b"steps/s  loss"
"""What the bar says while steps are taken."""


def test_interrupt_ends_cleanly_with_what_was_learnt(tmp_path):
    figures_file = tmp_path / "figures.json"
    seen, code = output_on_terminal(
        "train", "mnist", "--epochs", 100, "--output", figures_file, interrupted_at=STEPPING
    )
    assert code == 130, seen
    assert b"Traceback" not in seen
    object_ = json.loads(figures_file.read_text())
    assert object_["interrupted"] is True
    assert object_["steps"] > 0


def test_the_bar_lives_on_a_terminal_only():
    few = "--train-size", 20_000, "--test-size", 1000, "--epochs", 1
    assert STEPPING in output_on_terminal("train", "mnist", *few)[0]
    plain = subprocess.run(command("train", "mnist", "--steps", 100), capture_output=True, check=True).stdout
    assert plain.count(b"\n") == 1
    assert b"\x1b" not in plain


def test_help_names_what_the_tables_hold():
    words = " ".join(run("train", "--help").output.split())
    assert f"What follows each hidden layer: {', '.join(activation_kinds())}." in words
    assert f"How weights follow gradients: {', '.join(OPTIMIZERS)}." in words


def test_help_and_version_import_neither_numpy_nor_qt():
    code = (
        "import sys; from click.testing import CliRunner; from visualnet.cli import main;"
        "CliRunner().invoke(main, ['--help']); CliRunner().invoke(main, ['--version']);"
        "print([m for m in ('numpy', 'PySide6', 'rich') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "flowers.csv"
    rows = (f"{n % 7},{n % 3 + n / 1000},{['rose', 'lily', 'iris'][n % 3]}\n" for n in range(90))
    path.write_text("width,length,kind\n" + "".join(rows))
    return path


def test_a_preset_learns_a_person_s_own_table(table):
    trained = figures("train", "xor", "--data", table, "--epochs", 30, "--batch-size", 10)
    assert (trained["preset"], trained["steps"]) == ("flowers", 30 * 8)
    assert trained["test_accuracy"] > 0.9


@pytest.mark.parametrize("label", ["length", "2"])
def test_the_column_to_learn_is_named_or_numbered(table, label):
    table.write_text(table.read_text().replace("rose", "1").replace("lily", "2").replace("iris", "3"))
    plain = figures("train", "xor", "--data", table, "--label", label, "--epochs", 1)
    assert plain["test_accuracy"] is None


def test_a_preset_learns_another_data_set_by_name():
    assert figures("train", "mnist", "--data", "sine", "--epochs", 1)["preset"] == "sine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "nowhere"], "neither a file nor a data set's name"),
        (["--label", "kind"], "give the table with --data"),
        (["--data", "TABLE", "--label", "colour"], "no column named 'colour'"),
        (["--data", "TABLE", "--label", "9"], "no column 9"),
        (["--data", "TABLE", "--label", "9" * 5000], "at most 2,000 characters"),
    ],
)
def test_data_that_cannot_be_are_a_sentence_and_a_code(table, arguments, words):
    result = run("train", "xor", *(table if argument == "TABLE" else argument for argument in arguments))
    assert result.exit_code == 1
    assert words in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_find_rate_draws_a_curve_and_names_a_rate():
    drawn = run("find-rate", "xor")
    assert drawn.exit_code == 0, drawn.output
    assert "The loss falls fastest at a learning rate of about" in drawn.output
    assert drawn.output.count("█") > 50
    object_ = figures("find-rate", "xor", "--test-steps", 60, "--lowest", "1e-4", "--highest", 1)
    assert len(object_["rates"]) == len(object_["losses"]) <= 60
    assert object_["rates"][0] == 1e-4
    assert 1e-4 < object_["suggestion"] < 1
    refused = run("find-rate", "xor", "--lowest", 20)
    assert refused.exit_code == 1
    assert "highest: must be above the lowest rate" in refused.output
