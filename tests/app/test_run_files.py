"""Runs in files as a person meets them: menus, a dropped file, closing, and what a killed program left."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from tests.core.source_cases import wait_until_written
from visualnet.app.files import crash_recovery, run_file_actions
from visualnet.app.files import kept_runs as kept_dialog
from visualnet.app.files.kept_runs import KeptRuns
from visualnet.app.files.settings import Settings
from visualnet.app.session.play_time import PlayTime
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile import saver
from visualnet.core.runfile.link import Link
from visualnet.core.runfile.reader import read_run
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.environment import Environment
from visualnet.core.training.trainer import Trainer

XOR = replace(load_preset("xor"), epochs=None, steps=None)


def folder():
    return crash_recovery.nameless_runs()


@pytest.fixture
def opened(open_window, tmp_path):
    """A function that opens a window on XOR which keeps its runs, and remembers in one settings file."""
    return lambda: open_window(
        XOR, Settings(tmp_path / "settings.json"), nameless_runs=folder(), asks_before_closing=True
    )


@pytest.fixture
def answers(monkeypatch):
    """Names of buttons that questions are answered with, one after the other, and what was asked."""
    given, asked = [], []

    def answer(box):
        asked.append(f"{box.text()} {box.informativeText()}".strip())
        {button.text(): button for button in box.buttons()}[given.pop(0)].click()

    monkeypatch.setattr(run_file_actions.QMessageBox, "exec", answer)
    monkeypatch.setattr(run_file_actions, "SLIGHT_SECONDS", 0)
    return given, asked


def choose(monkeypatch, path):
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *arguments: (str(path), ""))


def trigger(window, words):
    actions = {action.text().replace("&", ""): action for action in window.findChildren(QAction)}
    actions[words].trigger()


def recent_runs(window):
    menu = next(action.menu() for action in window.findChildren(QAction) if action.text() == "&Recent runs")
    menu.aboutToShow.emit()
    return menu.actions()


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(9, 9),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def run_to(qtbot, window, step):
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(step))


def press(window, words):
    next(button for button in window.notice._buttons if button.text() == words).click()


def parameters_after(step):
    trainer = Trainer(XOR)
    for _ in range(step):
        trainer.step()
    return trainer.parameters_sha256


def figures(qtbot, window):
    with qtbot.waitSignal(window.session.reported) as told:
        window.session.send(c.RequestReport())
    return told.args[0].report


def save(qtbot, window, monkeypatch, path):
    choose(monkeypatch, path)
    with qtbot.waitSignal(window.session.run_saved):
        QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)


def test_saved_and_opened_again_by_keys_and_among_the_recent_ones(opened, qtbot, monkeypatch, tmp_path):
    path = tmp_path / "mine.vnet"
    window = opened()
    run_to(qtbot, window, 40)
    save(qtbot, window, monkeypatch, tmp_path / "mine")
    assert window.windowTitle() == "mine.vnet – VisualNet"
    assert str(path) in window.notice.text
    assert window.close()
    assert not list(folder().iterdir())
    again = opened()
    choose(monkeypatch, path)
    with qtbot.waitSignal(again.session.run_opened):
        QTest.keyClick(again, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert (again.session.step, again.windowTitle()) == (40, "mine.vnet – VisualNet")
    assert [action.text() for action in recent_runs(again)] == ["mine.vnet"]
    assert again.close()
    third = opened()
    with qtbot.waitSignal(third.session.run_opened):
        recent_runs(third)[0].trigger()
    assert third.session.step == 40


def test_a_dropped_file_is_opened(opened, qtbot, monkeypatch, tmp_path):
    window = opened()
    run_to(qtbot, window, 30)
    save(qtbot, window, monkeypatch, tmp_path / "mine.vnet")
    assert window.close()
    other = opened()
    with qtbot.waitSignal(other.session.run_opened):
        drop(other, tmp_path / "mine.vnet")
    assert other.session.step == 30


def test_closing_asks_once_and_closes_after_saving(opened, qtbot, monkeypatch, tmp_path, answers):
    given, asked = answers
    window = opened()
    run_to(qtbot, window, 25)
    given[:] = ["Cancel", "Save…"]
    assert not window.close()
    choose(monkeypatch, tmp_path / "kept.vnet")
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert len(asked) == 2
    assert "25 steps" in asked[0]
    assert read_run(tmp_path / "kept.vnet").branches[0].step == 25
    assert not list(folder().iterdir())


def test_a_run_with_a_file_closes_at_once_and_all_of_it_is_there(
    opened, qtbot, monkeypatch, tmp_path, answers
):
    window = opened()
    run_to(qtbot, window, 25)
    save(qtbot, window, monkeypatch, tmp_path / "kept.vnet")
    run_to(qtbot, window, 60)
    assert window.close()
    assert not answers[1]
    assert read_run(tmp_path / "kept.vnet").branches[0].keyframes[-1].step == 60


def test_what_is_discarded_is_gone_and_offered_no_more(opened, qtbot, answers):
    given, _ = answers
    window = opened()
    run_to(qtbot, window, 25)
    given[:] = ["Discard"]
    assert window.close()
    assert not list(folder().iterdir())
    assert not opened().notice.isVisible()


def test_runs_that_are_kept_for_undo_count_when_the_window_is_closed(opened, qtbot, answers):
    given, asked = answers
    window = opened()
    run_to(qtbot, window, 500)
    with qtbot.waitSignal(window.session.run_started):
        window.session.restart()
    given[:] = ["Cancel", "Cancel"]
    assert not window.close()
    with qtbot.waitSignal(window.session.run_started):
        window.session.history.undo()
    assert not window.close()
    assert asked == [
        "An earlier run has 500 steps that are in no file: xor. Keep leaves it under File > Kept runs.",
        "This run, xor, has 500 steps that are in no file. Keep leaves it under File > Kept runs.",
    ]


def test_all_runs_can_be_kept_without_a_name_and_are_offered_again(opened, qtbot, answers):
    given, asked = answers
    window = opened()
    run_to(qtbot, window, 25)
    with qtbot.waitSignal(window.session.run_started):
        window.session.restart()
    run_to(qtbot, window, 35)
    given[:] = ["Keep"]
    assert window.close()
    assert "Keep leaves all of them" in asked[0]
    left = sorted(read_run(path).branches[0].step for path in folder().glob("*.vnet"))
    assert left == [25, 35]
    assert opened().notice.isVisible()


def test_a_link_goes_over_the_clipboard_with_its_commands(opened, qtbot):
    window = opened()
    window.session.send(c.Change(learning_rate=0.25))
    run_to(qtbot, window, 10)
    trigger(window, "Copy link")
    text = QGuiApplication.clipboard().text()
    assert Link.from_text(text) == Link(XOR, ((0, c.Change(learning_rate=0.25)),))
    expected = figures(qtbot, window)["parameters_sha256"]
    other = opened()
    with qtbot.waitSignal(other.session.run_started):
        trigger(other, "Open link…")
    run_to(qtbot, other, 10)
    assert figures(qtbot, other)["parameters_sha256"] == expected
    QGuiApplication.clipboard().setText("visualnet:1nonsense")
    trigger(other, "Open link…")
    assert "damaged" in other.notice.text


def test_history_and_parameters_are_exported(opened, qtbot, monkeypatch, tmp_path):
    window = opened()
    run_to(qtbot, window, 12)
    for words, name in (("History (csv)…", "x.csv"), ("History and parameters (npz)…", "x.npz")):
        choose(monkeypatch, tmp_path / name)
        with qtbot.waitSignal(window.session.exported):
            trigger(window, words)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["step", *map(str, range(1, 13))]
    with np.load(tmp_path / "x.npz") as content:
        assert content["step"] == 12
        assert len(content["train_loss"]) == 12


@pytest.mark.parametrize("content", [b"nothing of the kind", b"SQLite format 3\0" + bytes(100)])
def test_a_foreign_file_is_a_sentence_and_both_stay_as_they_are(opened, qtbot, tmp_path, content):
    path = tmp_path / "other.vnet"
    path.write_bytes(content)
    window = opened()
    run = window.session.run
    with qtbot.waitSignal(window.session.rejected):
        window.run_files.open_run(path)
    assert str(path) in window.notice.text
    assert window.session.run is run
    assert path.read_bytes() == content


def test_a_run_from_another_machine_is_shown_from_keyframes_and_says_so(opened, qtbot, monkeypatch, tmp_path):
    window = opened()
    run_to(qtbot, window, 300)
    save(qtbot, window, monkeypatch, tmp_path / "mine.vnet")
    assert window.close()
    here = Environment.here
    monkeypatch.setattr(Environment, "here", lambda threads: replace(here(threads), numpy="9.9"))
    other = opened()
    with qtbot.waitSignal(other.session.run_opened):
        other.run_files.open_run(tmp_path / "mine.vnet")
    assert "computed elsewhere" in other.notice.text
    assert "only where a state of it was kept" in other.notice.text
    other.session.playhead.move(150)
    qtbot.waitUntil(lambda: not other.session.playhead.is_live)
    qtbot.waitUntil(lambda: other.session.playhead.step == 0)


TRAINING_WINDOW = """
from tests.app.test_run_files import XOR
from visualnet.app.main import open_window
from visualnet.app.window.options import WindowOptions
from visualnet.app.session.session import Session
from visualnet.core.messages.commands import SetSpeed

start = Session.start_run

def play(session, setup, **options):
    session.send(SetSpeed(2000.0))
    start(session, setup, play=True)

Session.start_run = play
open_window(WindowOptions(XOR))
"""


@pytest.fixture(scope="module")
def left_by_a_killed_window(tmp_path_factory):
    """What a window in a process of its own leaves that is killed while it trains: it cannot take notice."""
    state, copy = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("copy") / "run.vnet"
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINING_WINDOW],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "XDG_STATE_HOME": str(state)},
    )
    deadline = monotonic() + 60
    while not (files := list(state.rglob("*.vnet"))):
        assert process.poll() is None and monotonic() < deadline
        sleep(0.01)
    wait_until_written(files[0], copy, 1)
    process.kill()
    process.wait()
    return state


@pytest.fixture
def after_a_kill(left_by_a_killed_window):
    """This test begins with what a killed window left."""
    shutil.copytree(left_by_a_killed_window, os.environ["XDG_STATE_HOME"])


def test_a_killed_window_offers_its_run_at_the_next_start_and_it_goes_on_with_the_same_bits(
    after_a_kill, opened, qtbot
):
    window = opened()
    assert window.notice.isVisible()
    assert "A run of xor from" in window.notice.text
    with qtbot.waitSignal(window.session.run_opened):
        press(window, "Go on with it")
    step = window.session.step
    assert step > 0
    run_to(qtbot, window, step + 200)
    assert figures(qtbot, window)["parameters_sha256"] == parameters_after(step + 200)


def test_what_a_killed_window_left_is_removed_when_it_is_declined(after_a_kill, opened, qtbot):
    window = opened()
    press(window, "Discard")
    assert not window.notice.isVisible()
    assert not list(folder().iterdir())


def begin_more(qtbot, window, count):
    """More runs of XOR, each of some steps."""
    for step in range(2, 2 + count):
        with qtbot.waitSignal(window.session.run_started):
            window.session.start_run(load_preset("xor"))
        run_to(qtbot, window, step)


def kept(qtbot, window):
    """The dialog of kept runs, as it opens from the menu."""
    trigger(window, "Kept runs…")
    dialog = window.findChildren(KeptRuns)[-1]
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def rows(dialog):
    shown = [dialog.list.topLevelItem(place).text(0) for place in range(dialog.list.topLevelItemCount())]
    assert shown == [run.name for run in dialog._runs]
    return dialog._runs


def test_a_moment_of_a_run_is_not_asked_about_and_leaves_nothing(opened, qtbot, answers, monkeypatch):
    monkeypatch.setattr(run_file_actions, "SLIGHT_SECONDS", 3600)
    window = opened()
    run_to(qtbot, window, 25)
    assert len(list(folder().glob("*.vnet"))) == 1
    assert window.close()
    assert not answers[1]
    assert not list(folder().iterdir())


def test_what_a_hand_changed_is_asked_about_however_short_it_was(opened, qtbot, answers, monkeypatch):
    monkeypatch.setattr(run_file_actions, "SLIGHT_SECONDS", 3600)
    window = opened()
    run_to(qtbot, window, 5)
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(epochs=None, steps=30))
    answers[0][:] = ["Cancel"]
    assert not window.close()
    assert answers[1] == [
        "This run, xor, has 5 steps that are in no file. Keep leaves it under File > Kept runs."
    ]


def test_moments_take_nothing_with_them_that_was_put_aside(opened, qtbot, answers, monkeypatch):
    monkeypatch.setattr(run_file_actions, "SLIGHT_SECONDS", 3600)
    window = opened()
    run_to(qtbot, window, 30)
    begin_more(qtbot, window, 5)
    assert window.close()
    assert 30 in {read_run(path).branches[0].step for path in folder().glob("*.vnet")}


def test_discard_discards_all_that_was_made_here_and_says_so(opened, qtbot, answers):
    given, asked = answers
    window = opened()
    run_to(qtbot, window, 30)
    begin_more(qtbot, window, 7)
    given[:] = ["Discard"]
    assert window.close()
    assert "Discard also removes 3 runs that were put aside." in asked[0]
    assert not list(folder().iterdir())


def test_kept_runs_are_seen_deleted_and_opened(opened, qtbot, answers):
    given, asked = answers
    window = opened()
    run_to(qtbot, window, 30)
    begin_more(qtbot, window, 7)
    dialog = kept(qtbot, window)
    assert len(rows(dialog)) == 3, "those at hand are not among them"
    assert dialog.total.text().startswith("3 runs, ")
    assert "At most 20 of them and 1.0 GB stay" in kept_dialog.IDEA
    given[:] = ["Cancel", "Delete"]
    QTest.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
    assert len(rows(dialog)) == 3
    gone = rows(dialog)[0].path
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert len(rows(dialog)) == 2
    assert not gone.exists()
    assert "Delete 1 run, " in asked[-1]
    dialog.list.setCurrentItem(dialog.list.topLevelItem(1))
    with qtbot.waitSignal(window.session.run_opened):
        QTest.mouseClick(dialog.open_run, Qt.MouseButton.LeftButton)
    assert window.session.step == 30
    again = kept(qtbot, window)
    given[:] = ["Delete"]
    QTest.mouseClick(again.empty, Qt.MouseButton.LeftButton)
    assert rows(again) == []
    assert again.total.text() == "No run is kept here."
    for button in (again.open_run, again.delete, again.empty):
        assert not button.isEnabled()
    again.reject()


def test_the_seconds_of_play_are_added_up_by_the_run_that_began_anew(session, qtbot):
    now = [0.0]
    play_time = PlayTime(session, session, lambda: now[0])
    with qtbot.waitSignal(session.run_started):
        session.start_run(XOR)
    first = session.runs.present
    for seconds in (2, 3):
        with qtbot.waitSignal(session.playing_changed):
            session.play()
        now[0] += seconds
        assert play_time.seconds(first) == {2: 2, 3: 5}[seconds]
        with qtbot.waitSignal(session.paused):
            session.pause()
        now[0] += 100
    with qtbot.waitSignal(session.run_started):
        session.restart()
    assert (play_time.seconds(first), play_time.seconds(session.runs.present)) == (5, 0)


def test_a_run_that_is_put_aside_can_be_gone_back_to(opened, qtbot):
    window = opened()
    run_to(qtbot, window, 30)
    for step in range(2, 7):
        with qtbot.waitSignal(window.session.run_started):
            window.session.start_run(load_preset("xor"))
        run_to(qtbot, window, step)
    qtbot.waitUntil(window.notice.isVisible)
    assert "The oldest, xor, was put aside: File > Kept runs has it" in window.notice.text
    dialog = kept(qtbot, window)
    assert [run.name for run in rows(dialog)] == ["xor"]
    dialog.reject()
    with qtbot.waitSignal(window.session.run_opened):
        press(window, "Go back to it")
    assert window.session.step == 30


def test_closing_asks_where_a_named_run_could_not_be_saved(opened, answers, qtbot, tmp_path):
    window = opened()
    with qtbot.waitSignal(window.session.run_saved):
        window.session.send(c.SaveRunAs(tmp_path / "kept.vnet"))
    given, asked = answers
    window.session.saving_failed.emit(e.SavingFailed(0, window.session.runs.present, "The disk is full."))
    given.append("Cancel")
    window.close()
    assert window.isVisible()
    assert asked == ["The disk is full."]
    with qtbot.waitSignal(window.session.run_saved):
        window.session.send(c.SaveRunAs(tmp_path / "elsewhere.vnet"))
    assert window.close()
    assert len(asked) == 1


def test_closing_asks_no_longer_where_saving_works_again(opened, answers, qtbot, tmp_path):
    window = opened()
    with qtbot.waitSignal(window.session.run_saved):
        window.session.send(c.SaveRunAs(tmp_path / "kept.vnet"))
    mine, other = window.session.runs.present, window.session.runs.present + 1
    for run_id in (mine, other):
        window.session.saving_failed.emit(e.SavingFailed(0, run_id, f"Run {run_id} is not saved."))
    window.session.saving_recovered.emit(e.SavingRecovered(0, mine))
    assert "Saving works again" in window.notice.text and "kept.vnet" in window.notice.text
    window.notice.dismiss()
    assert window.notice.text == f"Run {other} is not saved.", "only what is no longer so is taken back"
    assert window.close() and not answers[1], "no run of that number is left"


def test_a_file_that_was_deleted_is_told_and_closing_asks(opened, answers, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(saver, "SECONDS_BETWEEN_LOOKS", 0.1)
    window, path = opened(), tmp_path / "mine.vnet"
    run_to(qtbot, window, 25)
    save(qtbot, window, monkeypatch, path)
    with qtbot.waitSignal(window.session.run_rescued):
        path.unlink()
    assert "was deleted or replaced" in window.notice.text
    assert window.windowTitle() == "xor – VisualNet"
    given, asked = answers
    given.append("Cancel")
    window.close()
    assert window.isVisible() and "25 steps" in asked[0]
    choose(monkeypatch, tmp_path / "again.vnet")
    with qtbot.waitSignal(window.session.run_saved):
        press(window, "Save as…")
    assert window.close()
    assert read_run(tmp_path / "again.vnet").branches[0].step == 25
    assert [file.name for file in tmp_path.glob("*.vnet*")] == ["again.vnet"]


@pytest.mark.parametrize("way", ["open", "recent", "drop", "link"])
def test_a_run_that_is_at_hand_is_shown_and_not_refused(opened, qtbot, monkeypatch, tmp_path, way):
    window, path = opened(), tmp_path / "mine.vnet"
    run_to(qtbot, window, 25)
    save(qtbot, window, monkeypatch, path)
    mine = window.session.runs.present
    ways = {
        "open": lambda: trigger(window, "Open run…"),
        "recent": lambda: recent_runs(window)[0].trigger(),
        "drop": lambda: drop(window, path),
        "link": lambda: window.run_files.open_run(link),
    }
    link = tmp_path / "link.vnet"
    link.symlink_to(path)
    with qtbot.waitSignal(window.session.run_started):
        window.session.start_run(load_preset("circles"))
    for _ in range(2):
        with qtbot.waitSignal(window.session.run_shown):
            ways[way]()
        assert (window.session.runs.present, window.session.step) == (mine, 25)
        assert window.windowTitle() == "mine.vnet – VisualNet"
        assert "open already" in window.notice.text
    run_to(qtbot, window, 40)
    assert window.close()
    assert read_run(path).branches[0].step == 40, "it is recorded as before"
