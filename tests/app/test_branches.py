"""Branches, undo and comparisons as a person makes them: by mouse and keyboard, in the whole window."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from visualnet.app.panels import runs as runs_panel
from visualnet.app.panels.surface import SURFACE
from visualnet.app.widgets.side_choice import DIFFERENCE, OTHER, THIS
from visualnet.app.window.actions import COMPARE, REDO, UNDO
from visualnet.core.messages import commands as c
from visualnet.core.number_words import number_words
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer

END = 300


def xor_at(step, rates):
    """A fresh run of the preset with these rates at these steps."""
    trainer = Trainer(load_preset("xor"))
    while trainer.step_count < step:
        if trainer.step_count in rates:
            trainer.apply(c.Change(learning_rate=rates[trainer.step_count]))
        trainer.step()
    return trainer


@pytest.fixture
def window(xor_window, qtbot):
    """END steps of xor with another rate from step 100 on, paused."""
    run_to(xor_window, qtbot, 100)
    apply(xor_window, qtbot, c.Change(learning_rate=0.2))
    run_to(xor_window, qtbot, END)
    return xor_window


def run_to(window, qtbot, step):
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(step))


def apply(window, qtbot, command):
    with qtbot.waitSignal(window.session.history.changed):
        window.session.send(command)


def go(window, qtbot, step):
    playhead = window.session.playhead
    playhead.move(step)
    qtbot.waitUntil(lambda: (playhead.step, playhead.is_exact) == (step, True))


def branch(window, qtbot, step, rate):
    """Change the rate at a step of the past, as a hand on the slider does; the branch's id."""
    go(window, qtbot, step)
    with qtbot.waitSignal(window.session.history.grew):
        window.docks["setup"].panel.live.sliders["learning_rate"].moved.emit(rate)
    return window.session.runs.present


def press(window, text):
    button = next(button for button in window.notice._buttons if button.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def undo(window, qtbot):
    with qtbot.waitSignal(window.session.history.changed):
        QTest.keyClick(window, Qt.Key.Key_Z, CTRL)


def redo(window, qtbot):
    with qtbot.waitSignal(window.session.history.changed):
        QTest.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)


def test_the_settings_of_the_shown_step_are_shown(window, qtbot):
    rate = window.docks["setup"].panel.live.sliders["learning_rate"]
    assert rate.field.value == pytest.approx(0.2)
    go(window, qtbot, 50)
    assert rate.field.value == pytest.approx(load_preset("xor").optimizer.learning_rate)
    window.session.playhead.go_live()
    qtbot.waitUntil(lambda: rate.field.value == pytest.approx(0.2))


def test_a_change_in_the_past_branches_says_so_and_is_undone(window, qtbot):
    run_id = branch(window, qtbot, 37, 0.5)
    assert window.session.step == 37
    assert window.notice.text == "A branch of xor begins at step 37: rate 0.5. xor stays as it was."
    assert window.timeline.runs.text() == "2 runs"
    assert window.menus.action(UNDO).text() == "&Undo branch at step 37: rate 0.5"
    run_to(window, qtbot, 60)
    with qtbot.waitSignal(window.session.history.changed):
        press(window, "Undo")
    assert window.session.step == END
    assert run_id not in window.session.runs
    assert window.session.journal == [(100, c.Change(learning_rate=0.2))]
    assert window.menus.action(UNDO).text() == "&Undo learning rate 0.05 → 0.2"
    assert window.menus.action(REDO).text() == "&Redo branch at step 37: rate 0.5"
    redo(window, qtbot)
    assert window.session.runs.present == run_id
    assert window.session.step == 60


def test_a_branch_is_marked_on_its_parents_timeline(window, qtbot):
    run_id = branch(window, qtbot, 37, 0.5)
    window.session.send(c.OpenBranch(1))
    qtbot.waitUntil(lambda: window.session.runs.present == 1)
    (mark,) = [mark for mark in window.timeline.track.marks if mark.kind == "branch"]
    assert (mark.step, mark.subject) == (37, run_id)
    assert "rate 0.5" in mark.sentence
    window.timeline.menu_for(mark).actions()[1].trigger()
    qtbot.waitUntil(lambda: window.session.runs.present == run_id)


def test_undo_goes_back_over_settings_new_runs_and_deletions(window, qtbot):
    apply(window, qtbot, c.Change(batch_size=2))
    assert window.menus.action(UNDO).text() == "&Undo batch size 4 → 2"
    with qtbot.waitSignal(window.session.history.grew):
        window.transport.restart.trigger()
    assert window.menus.action(UNDO).text() == "&Undo new run of xor (2)"
    with qtbot.waitSignal(window.session.history.changed):
        press(window, "Undo")
    assert window.session.step == END
    with qtbot.waitSignal(window.session.history.grew):
        window.transport.restart.trigger()
    undo(window, qtbot)
    assert window.session.step == END
    undo(window, qtbot)
    assert window.session.settings["batch_size"] == load_preset("xor").batch_size
    undo(window, qtbot)
    assert window.session.settings["learning_rate"] == load_preset("xor").optimizer.learning_rate
    assert window.menus.action(UNDO).text() == "&Undo"
    assert not window.menus.action(UNDO).isEnabled()


def test_rows_open_rename_and_delete_by_keyboard(window, qtbot):
    run_id = branch(window, qtbot, 37, 0.5)
    panel = window.runs_panel
    QTest.mouseClick(window.timeline.runs, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    tree = panel.tree
    tree.setCurrentItem(panel._item_of(1))
    QTest.mouseClick(panel.open, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.runs.present == 1)
    tree.setCurrentItem(panel._item_of(run_id))
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_F2)
    editor = tree.findChild(QLineEdit)
    QTest.keyClicks(editor, "bold")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.runs.get(run_id).name == "bold")
    qtbot.waitUntil(lambda: panel._item_of(run_id).text(0) == "bold")
    tree.setCurrentItem(panel._item_of(run_id))
    with qtbot.waitSignal(window.session.history.grew):
        QTest.keyClick(tree, Qt.Key.Key_Delete)
    assert window.notice.text == "“bold” is deleted."
    with qtbot.waitSignal(window.session.branched):
        press(window, "Undo")
    assert window.session.runs.get(run_id).name == "bold"


def test_names_of_columns_stand_over_their_numbers(window):
    tree = window.runs_panel.tree
    row, header = tree.topLevelItem(0), tree.headerItem()
    numbers = [column for column in range(tree.columnCount()) if row.textAlignment(column)]
    assert len(numbers) == tree.columnCount() - 2
    for column in numbers:
        assert header.textAlignment(column) == row.textAlignment(column)


def test_the_table_sorts_by_number_and_is_saved_as_csv(window, qtbot, tmp_path):
    for step, rate in ((200, 0.5), (37, 0.01), (5, 0.3)):
        branch(window, qtbot, step, rate)
        window.session.send(c.OpenBranch(1))
        qtbot.waitUntil(lambda: window.session.runs.present == 1)
    tree = window.runs_panel.tree
    tree.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    root = tree.topLevelItem(0)
    assert [root.child(place).text(1) for place in range(3)] == ["5", "37", "200"]
    window.other_files.save_table(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["From"] for row in rows] == ["", "200", "37", "5"]
    assert [row["Changes"] for row in rows] == ["", "rate 0.5", "rate 0.01", "rate 0.3"]
    window.other_files.save_table(tmp_path / "nowhere" / "runs.csv")
    assert "cannot be written" in window.notice.text


def test_comparing_with_the_run_without_a_command(window, qtbot):
    (mark,) = [mark for mark in window.timeline.track.marks if mark.kind == "command"]
    window.timeline.menu_for(mark).actions()[1].trigger()
    comparing, weights = window.comparing, window.docks["weights"].panel
    qtbot.waitUntil(lambda: comparing.is_on and bool(comparing.distances) and comparing.latest is not None)
    ours, theirs = xor_at(END, {100: 0.2}), xor_at(END, {})
    step, distance = comparing.distances[-1]
    assert step == END
    assert distance == pytest.approx(
        np.linalg.norm(ours.network.parameters.astype(float) - theirs.network.parameters)
    )
    assert dict(comparing.distances)[min(dict(comparing.distances))] == 0
    layer = weights.layer.currentData()
    a, b = (trainer.network.layers[layer].weight for trainer in (ours, theirs))
    for side, expected in ((OTHER, b), (DIFFERENCE, a - b), (THIS, a)):
        weights.side.setCurrentIndex(weights.side.findData(side))
        qtbot.waitUntil(lambda expected=expected: np.array_equal(weights._values, expected))
    limits = {}
    for side, shown in ((OTHER, b), (THIS, a), (DIFFERENCE, a - b)):
        weights.side.setCurrentIndex(weights.side.findData(side))
        qtbot.waitUntil(lambda shown=shown: np.array_equal(weights._values, shown))
        qtbot.waitUntil(lambda: weights.colour_bar.limit is not None)
        limits[side] = weights.colour_bar.limit
    assert limits[OTHER] == limits[THIS] > np.abs(a - b).max(), "both runs have one scale"
    assert limits[DIFFERENCE] <= 5 * np.abs(a - b).max(), "a difference has its own, told by the bar"
    other = window.docks["curves"].panel.loss._lines.path("other")
    assert other.elementCount() > 10
    QTest.mouseClick(window.transport.end_comparison, Qt.MouseButton.LeftButton)
    assert not comparing.is_on
    assert window.docks["curves"].panel.loss._lines.path("other").isEmpty()
    assert weights.side.isHidden()


def test_both_planes_and_both_columns_of_the_table_are_shown(window, qtbot):
    parent = window.session.runs.present
    branch(window, qtbot, 50, 0.05)
    run_to(window, qtbot, 200)
    surface, table = window.docks["surface"].panel, window.docks["truth-table"].panel
    window.comparing.start(parent)
    qtbot.waitUntil(lambda: table._other is not None)
    ours, theirs = (SURFACE.result(TrainerView(xor_at(200, rates))) for rates in ({50: 0.05}, {100: 0.2}))
    assert np.array_equal(table._other.outputs, theirs.point_outputs[:, 0])
    assert "by the other run" in table.accessibleDescription()
    for side, scores in (
        (OTHER, theirs.scores),
        (DIFFERENCE, ours.scores - theirs.scores),
        (THIS, ours.scores),
    ):
        surface.side.setCurrentIndex(surface.side.findData(side))
        qtbot.waitUntil(lambda scores=scores: np.array_equal(surface.plane._surface.scores, scores))
        assert ("this run says more" in surface.readout.text()) == (side == DIFFERENCE)
        if side == DIFFERENCE:
            # A difference has a scale of its own, told by the key.
            reach, greatest = surface.plane._surface.reach, np.abs(scores).max()
            assert greatest <= reach <= 2.5 * greatest
            assert f"this run says more, by {number_words(reach)}" in surface.key.accessibleDescription()
    window.comparing.stop()
    qtbot.waitUntil(lambda: table._other is None)
    assert surface.side.isHidden()


def test_playheads_are_locked_by_step_or_by_epoch(window, qtbot):
    window.session.playhead.move(50)
    apply_in_past = c.Change(batch_size=2)
    with qtbot.waitSignal(window.session.run_started):
        window.session.send(apply_in_past)
    run_to(window, qtbot, 200)
    window.runs_panel.compare_asked.emit(1)
    comparing = window.comparing
    qtbot.waitUntil(lambda: comparing.latest is not None)
    go(window, qtbot, 150)
    qtbot.waitUntil(lambda: comparing.latest.steps == ((150, 150),))
    window.runs_panel.lock.setCurrentIndex(1)
    batch = load_preset("xor").batch_size
    expected = 50 + 100 * 2 // batch
    qtbot.waitUntil(lambda: comparing.latest.steps == ((150, expected),))


def test_going_back_asks_anew_what_was_asked_before(window, qtbot):
    comparing, parent = window.comparing, window.session.runs.present
    branch(window, qtbot, 50, 0.05)
    run_to(window, qtbot, END)
    comparing.start(parent)
    qtbot.waitUntil(lambda: bool(comparing.distances) and comparing.distances[-1][0] == END)
    with qtbot.waitSignal(window.session.rewound):
        window.session.send(c.Rewind(80))
    step = window.session.step
    assert step <= 80 and comparing.distances == ()
    qtbot.waitUntil(lambda: bool(comparing.distances))
    assert comparing.latest.steps == ((step, step),)
    assert comparing.distances[-1][0] == step


def test_both_futures_of_step_37_are_compared_by_keyboard_alone(window, qtbot):
    """Pause, go to step 37, change the rate, train on, compare with the parent."""
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert "no parent" in window.notice.text
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Home)
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    for _ in range(7):
        QTest.keyClick(window, Qt.Key.Key_Right)
    playhead = window.session.playhead
    qtbot.waitUntil(lambda: (playhead.step, playhead.is_exact) == (37, True))
    slider = window.docks["setup"].panel.live.sliders["learning_rate"].slider
    slider.setFocus()
    with qtbot.waitSignal(window.session.run_started):
        QTest.keyClick(slider, Qt.Key.Key_Up)
    assert window.session.step == 37
    rate = window.session.settings["learning_rate"]
    assert rate > load_preset("xor").optimizer.learning_rate
    run_to(window, qtbot, END)
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    comparing = window.comparing
    qtbot.waitUntil(lambda: comparing.is_on and bool(comparing.distances))
    ours, theirs = xor_at(END, {37: rate}), xor_at(END, {100: 0.2})
    assert comparing.distances[-1][1] == pytest.approx(
        np.linalg.norm(ours.network.parameters.astype(float) - theirs.network.parameters)
    )
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert not comparing.is_on


def test_a_comparison_keeps_up_while_training_goes_on(window, qtbot):
    parent = window.session.runs.present
    branch(window, qtbot, 50, 0.05)
    window.comparing.start(parent)
    qtbot.waitUntil(lambda: window.comparing.latest is not None)
    window.session.send(c.SetSpeed(50))
    window.session.play()
    qtbot.waitUntil(lambda: window.comparing.latest.steps[0][0] > 60)
    seen = window.comparing.latest.steps[0][0]
    qtbot.waitUntil(lambda: window.comparing.latest.steps[0][0] > seen)
    assert window.session.is_playing


def compare_without(window, qtbot, index):
    """What the menu of a mark offers; the id of the run without the command."""
    mark = [mark for mark in window.timeline.track.marks if mark.kind == "command"][index]
    choice = next(action for action in window.timeline.menu_for(mark).actions() if "without" in action.text())
    choice.trigger()
    qtbot.waitUntil(lambda: window.comparing.is_on, timeout=20_000)
    return window.comparing.other


def test_a_comparison_begun_from_a_mark_is_told_and_ended_in_the_toolbar(window, qtbot):
    end = window.transport.end_comparison
    assert not end.isVisible()
    other = compare_without(window, qtbot, 0)
    assert window.docks["runs"].isHidden()
    assert end.isVisible() and window.transport.rect().contains(end.geometry())
    label = window.transport.compared_with
    assert label.words == "Beside “Without the change at step 100”"
    assert label.text() in (label.words, "Beside another run")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
    assert window.menus.action(COMPARE).text() == "End &comparison"
    assert other in window.session.runs
    QTest.mouseClick(end, Qt.MouseButton.LeftButton)
    assert not window.comparing.is_on and not end.isVisible()
    assert label.text() == label.words == ""
    assert window.menus.action(COMPARE).text() == "&Compare with parent"
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.is_playing)


def test_runs_have_names_and_changes_that_tell_them_apart(window, qtbot):
    session = window.session
    first, second = branch(window, qtbot, 37, 0.5), None
    session.send(c.OpenBranch(1))
    qtbot.waitUntil(lambda: session.runs.present == 1)
    second = branch(window, qtbot, 37, 0.25)
    with qtbot.waitSignal(session.run_started):
        session.new_seed()
    seed = session.run.setup.seed
    with qtbot.waitSignal(session.run_started):
        session.start_run(replace(session.run.setup, optimizer=OptimizerSetup("momentum", 0.3)))
    runs = session.runs
    window.docks["runs"].bring_to_front()
    QApplication.processEvents()
    tree = window.runs_panel.tree
    for column in (runs_panel.NAME, runs_panel.DIFFERENCE):
        # Neither is cut, whatever must be scrolled to for that.
        assert tree.columnWidth(column) >= tree.sizeHintForColumn(column)
    names = [record.name for record in runs.all]
    assert names == ["xor", "From step 37", "From step 37 (2)", "xor (2)", "xor (3)"]
    told = [runs.difference(record) for record in runs.all]
    assert told[1:3] == ["rate 0.5", "rate 0.25"] and runs.get(first).parent == runs.get(second).parent == 1
    assert told[3] == f"seed {seed:,}"
    assert told[4] == f"optimizer momentum, rate 0.3, seed {seed:,}"
    with qtbot.waitSignal(session.branch_deleted):
        session.send(c.DeleteBranch(second))
    session.send(c.OpenBranch(1))
    qtbot.waitUntil(lambda: session.runs.present == 1)
    third = branch(window, qtbot, 37, 0.125)
    # The deleted one comes back only when this one is undone.
    assert runs.get(third).name == "From step 37 (2)"
