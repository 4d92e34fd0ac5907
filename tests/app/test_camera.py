"""Pictures for the shell always end: with one, or with a sentence and an exit code that says there is none."""

import sys
from dataclasses import replace

import pytest
from PySide6.QtGui import QImage

from tests.benchmarks.fuzz_run_files import make_sound_file
from visualnet.app.files.settings import Settings
from visualnet.app.main import _report_exceptions
from visualnet.app.pictures.screenshot import INTERRUPTED, Camera
from visualnet.app.session.session import Session
from visualnet.app.window.options import WindowOptions
from visualnet.app.window.window import Window
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.environment import Environment


@pytest.fixture
def options(tmp_path):
    return WindowOptions(screenshot=tmp_path / "x.png", after_steps=20)


@pytest.fixture
def window(qtbot):
    session = Session(frame_rate=60, adapts=False)
    made = Window(session, Settings(None), "dark", asks_before_closing=False)
    made.resize(900, 640)
    session.start()
    made.show()
    yield made
    made.close()
    made.deleteLater()


def ends(window, qtbot):
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)


def test_a_picture_is_taken(window, options, qtbot):
    camera = Camera(window, options)
    window.session.start_run(load_preset("xor"))
    ends(window, qtbot)
    assert camera.exit_code == 0
    assert not QImage(str(options.screenshot)).isNull()


def test_an_interrupt_before_there_is_a_run_ends_at_once(window, options, qtbot):
    camera = Camera(window, options)
    camera.interrupt()
    ends(window, qtbot)
    assert camera.exit_code == INTERRUPTED


def test_an_interrupt_that_is_repeated_waits_for_nothing(window, options, qtbot):
    camera = Camera(window, replace(options, after_steps=10**9))
    with qtbot.waitSignal(window.session.run_started):
        window.session.start_run(load_preset("xor"))
    camera.interrupt()
    camera.interrupt()
    assert not window.isVisible()
    assert camera.exit_code == INTERRUPTED


def test_an_error_anywhere_in_the_window_ends_with_a_sentence(window, options, qtbot, monkeypatch, capsys):
    camera = Camera(window, options)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", sys.excepthook)
    _report_exceptions(window, camera)
    monkeypatch.setattr(window.docks["weights"].panel, "show_run", lambda run: 1 / 0)
    window.session.start_run(load_preset("xor"))
    ends(window, qtbot)
    assert camera.exit_code == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not options.screenshot.exists()


def test_a_run_from_elsewhere_is_pictured_at_the_nearest_state_that_was_kept(
    window, options, qtbot, monkeypatch, capsys, tmp_path
):
    path = tmp_path / "elsewhere.vnet"
    make_sound_file(path, with_log=False)
    monkeypatch.setattr(Environment, "difference", lambda self, other: "another machine")
    camera = Camera(window, replace(options, run_file=path, after_steps=350))
    window.run_files.open_run(path)
    ends(window, qtbot)
    assert camera.exit_code == 0
    assert "Step 350 is not known here; the picture is of step 300." in capsys.readouterr().err
