"""``visualnet open`` as whole processes: pictures without a display, figures that agree, clear refusals."""

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtGui import QImage, QPixmap

from visualnet.app.widgets.picture import save_picture
from visualnet.core.errors import DataError
from visualnet.shell.display import PICTURES, check_picture


def run(*arguments, **environment):
    clean = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-m", "visualnet", *map(str, arguments)],
        capture_output=True, text=True, env={**clean, **environment}, timeout=100, check=False,
    )  # fmt: skip


def test_no_display_is_one_line_that_names_what_works():
    result = run("open", "mnist")
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "display" in result.stderr
    assert "visualnet train mnist" in result.stderr
    assert "--screenshot" in result.stderr
    assert run().returncode == 2
    assert run("open", "xor", DISPLAY=":60077").returncode == 2


def test_a_picture_needs_no_display_and_its_figures_agree_with_train(tmp_path):
    picture = tmp_path / "out.png"
    opened = run(
        "open", "xor", "--screenshot", picture, "--after-steps", 120, "--json", "--theme", "light",
        "--size", "1280x720", "--seed", 3, "--threads", 1,
    )  # fmt: skip
    assert opened.returncode == 0, opened.stderr
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1280, 720)
    shown = json.loads(opened.stdout.strip().splitlines()[-1])
    trained = json.loads(run("train", "xor", "--steps", 120, "--seed", 3, "--threads", 1, "--json").stdout)
    same = ("preset", "seed", "steps", "epochs", "train_loss", "test_accuracy", "parameters_sha256")
    assert {key: shown[key] for key in same} == {key: trained[key] for key in same}


def test_mnist_has_the_same_bits_in_the_window_and_in_the_shell(tmp_path):
    opened = run(
        "open",
        "mnist",
        "--screenshot",
        tmp_path / "o.png",
        "--after-steps",
        60,
        "--json",
        "--size",
        "1280x720",
    )
    trained = run("train", "mnist", "--steps", 60, "--json")
    shas = [json.loads(r.stdout.strip().splitlines()[-1])["parameters_sha256"] for r in (opened, trained)]
    assert shas[0] == shas[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("open", "nonsense", "--screenshot", "x.png"), "neither a preset"),
        (("open", "mnist", "--screenshot", "x.png", "--data-dir", "/nowhere"), "/nowhere"),
    ],
)
def test_bad_input_ends_with_a_sentence(arguments, words, tmp_path):
    result = run(*arguments)
    assert result.returncode == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_picture_that_cannot_be_written_is_a_failure(tmp_path):
    result = run("open", "xor", "--screenshot", tmp_path / "nowhere" / "x.png")
    assert result.returncode == 1
    assert "nowhere: is not a folder" in result.stderr


def test_a_picture_of_a_runs_file_shows_the_run_and_leaves_the_file_as_it_is(tmp_path):
    kept, theirs = tmp_path / "kept.vnet", []
    assert run("train", "xor", "--steps", 400, "--run", kept).returncode == 0
    before = kept.read_bytes()
    for step in (0, 100, 500):
        picture = tmp_path / f"{step}.png"
        result = run(
            "open", kept, "--screenshot", picture, "--after-steps", step, "--size", "900x640", "--json"
        )
        assert result.returncode == 0, result.stderr
        theirs.append(json.loads(result.stdout.splitlines()[-1])["steps"])
        assert not QImage(str(picture)).isNull()
    assert theirs == [400, 400, 500]
    assert QImage(str(tmp_path / "0.png")) != QImage(str(tmp_path / "100.png"))
    assert kept.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("kept*")) == ["kept.vnet"]


def test_each_format_that_the_shell_takes_can_be_written_and_others_are_refused_first(tmp_path, qapp):
    for suffix in ("", *PICTURES):
        save_picture(QPixmap(8, 8), tmp_path / f"picture{suffix}")
        check_picture(tmp_path / f"picture{suffix.upper()}")
    with pytest.raises(DataError, match=r"name a \.png"):
        check_picture(tmp_path / "picture.onnx")
