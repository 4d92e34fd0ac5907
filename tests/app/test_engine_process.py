"""The window over an engine in a process of its own: the same bits, and what happens when one of both dies."""

import os
import signal

import pytest
from PySide6.QtWidgets import QPushButton

from tests.core.source_cases import wait_until_written
from visualnet.app.files.engine_recovery import EngineRecovery
from visualnet.app.files.settings import Settings
from visualnet.app.session.session import Session
from visualnet.app.window.window import Window
from visualnet.core.messages import commands as c
from visualnet.core.setup.presets import load_preset
from visualnet.core.sources.process import ProcessSource
from visualnet.core.training.trainer import Trainer


@pytest.fixture
def window(qtbot, tmp_path):
    """The whole window with xor, trained by another process."""
    folder = tmp_path / "runs"
    source = ProcessSource(folder)
    session = Session(frame_rate=60, adapts=False, nameless_runs=folder, source=source)
    made = Window(session, Settings(None), "dark", asks_before_closing=False)
    EngineRecovery(session, made.notice, lambda: ProcessSource(folder), made)
    # At full speed, whatever pace a preset proposes: nobody watches.
    made.transport.keeps_speed = True
    made.resize(1280, 720)
    session.start()
    with qtbot.waitSignal(session.run_started, timeout=30_000):
        session.start_run(load_preset("xor"))
    made.show()
    yield made
    made.asks_before_closing = False
    made.close()
    made.deleteLater()


def trained(qtbot, session, step):
    with qtbot.waitSignal(session.paused, timeout=30_000):
        session.send(c.RunTo(step))


def figures(qtbot, session):
    with qtbot.waitSignal(session.reported, timeout=30_000) as told:
        session.send(c.RequestReport())
    return told.args[0].report


def bits_after(steps):
    trainer = Trainer(load_preset("xor"))
    for _ in range(steps):
        trainer.step()
    return trainer.parameters_sha256


def test_all_panels_show_what_another_process_trains(window, qtbot):
    session = window.session
    trained(qtbot, session, 120)
    qtbot.waitUntil(lambda: session.latest is not None and session.latest.step == 120)
    assert session.latest.history.loss.count == 120
    assert figures(qtbot, session)["parameters_sha256"] == bits_after(120)
    session.playhead.move(40)
    qtbot.waitUntil(lambda: session.playhead.is_exact and session.playhead.step == 40)
    qtbot.waitUntil(lambda: session.latest.step == 40)


def test_after_the_engine_was_killed_a_click_goes_on_from_the_file(window, qtbot, tmp_path):
    session = window.session
    trained(qtbot, session, 120)
    qtbot.waitUntil(lambda: bool(session.runs.recorded))
    wait_until_written(session.runs.recorded[1], tmp_path / "copy.vnet", 120)
    with qtbot.waitSignal(session.engine_ended, timeout=30_000):
        os.kill(session._source.process_id, signal.SIGKILL)
    assert "ended from outside" in window.notice.text
    assert not session.is_playing
    with qtbot.waitSignal(session.run_opened, timeout=30_000):
        window.notice.findChildren(QPushButton)[-1].click()
    assert session.step == 120
    assert len(session.runs.all) == 1
    trained(qtbot, session, 200)
    assert figures(qtbot, session)["parameters_sha256"] == bits_after(200)


def test_an_engine_that_dies_before_its_first_run_can_be_started_again(window, qtbot):
    session = window.session
    with qtbot.waitSignal(session.engine_ended, timeout=30_000):
        os.kill(session._source.process_id, signal.SIGKILL)
    with qtbot.waitSignal(session.run_started, timeout=30_000):
        window.notice.findChildren(QPushButton)[-1].click()
    trained(qtbot, session, 10)
    assert figures(qtbot, session)["parameters_sha256"] == bits_after(10)
