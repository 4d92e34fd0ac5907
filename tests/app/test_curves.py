"""Curves: what is drawn follows the history; zoom, follow, log and marks do what they say."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.widgets.curve_plot import smoothed
from visualnet.core.run import commands as c
from visualnet.core.run.frame import Frame
from visualnet.core.run.history import History
from visualnet.core.run.presets import load_preset


@pytest.fixture
def panel(qtbot, session, theme):
    made = CurvesPanel(session, theme)
    qtbot.addWidget(made)
    made.resize(1000, 240)
    made.show()
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(load_preset("xor"))
    made.show_run(session.run)
    return made


def show(panel, losses, tests=(), first_step=0):
    history = History(first_step)
    for loss in losses:
        history.append(loss, 0.5)
    for step, loss, accuracy in tests:
        history.append_test(step, loss, accuracy)
    panel.show_frame(Frame(panel.session.run.generation, history.step, 1.0, 0.0, history.view(), {}))


def line_of(plot, name="line"):
    path = plot._lines.path(name)
    return np.array([(path.elementAt(i).x, path.elementAt(i).y) for i in range(path.elementCount())])


def test_the_line_is_the_losses_when_nothing_is_smoothed(panel):
    panel.smoothing.setValue(0)
    show(panel, [3.0, 2.0, 1.0])
    assert np.allclose(line_of(panel.loss), [(1, 3), (2, 2), (3, 1)])


def test_a_long_history_is_drawn_with_few_points_and_keeps_its_spikes(panel):
    losses = np.ones(50_000)
    losses[31_234] = 9.0
    show(panel, losses)
    assert len(line_of(panel.loss)) <= 2000
    assert line_of(panel.loss, "range")[:, 1].max() == 9.0


def test_smoothing_is_a_moving_average_without_bias():
    assert np.allclose(smoothed(np.full(50, 3.0), 0.9, 1), 3.0)
    values = np.random.default_rng(0).normal(size=200)
    expected, mean = [], 0.0
    for count, value in enumerate(values, 1):
        mean = 0.5 * mean + 0.5 * value
        expected.append(mean / (1 - 0.5**count))
    assert np.allclose(smoothed(values, 0.5, 1), expected, atol=5e-3)


def test_test_points_and_legends_show_the_newest_values(panel):
    show(panel, [1.0] * 60, [(30, 0.5, 0.75), (60, 0.25, 0.9)])
    assert np.allclose(line_of(panel.loss, "test"), [(30, 0.5), (60, 0.25)])
    assert panel.legends[0].texts == ("1", "0.25", "")
    assert panel.legends[1].texts[1] == "90.0 %"


def test_log_axis_takes_zeros_and_huge_values(panel):
    QTest.keyClick(panel, Qt.Key.Key_L)
    assert panel.loss.is_log
    show(panel, [1e300, 1.0, 0.0, 1e-320])
    drawn = line_of(panel.loss, "range")
    assert np.isfinite(drawn).all()
    assert drawn[:, 1].max() == pytest.approx(300)
    assert not panel.grab().isNull()


def test_zoom_is_kept_while_steps_come_until_follow(panel):
    show(panel, [1.0] * 500)
    panel.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_Plus)
    assert not panel.follow.isChecked()
    seen = panel.loss.getViewBox().viewRange()
    show(panel, [1.0] * 5000)
    assert panel.loss.getViewBox().viewRange() == seen
    QTest.keyClick(panel, Qt.Key.Key_F)
    assert panel.follow.isChecked()
    assert panel.loss.getViewBox().viewRange()[0][1] >= 5000


def test_wheel_zooms_at_the_mouse(panel, qtbot):
    show(panel, [1.0] * 500)
    before = panel.loss.getViewBox().viewRange()[0]
    panel.loss.getViewBox().sigRangeChangedManually.emit([True, True])
    assert not panel.loss.is_following
    assert panel.loss.getViewBox().viewRange()[0] == before


def test_commands_are_marked_where_they_took_effect(panel, qtbot, session):
    with qtbot.waitSignal(session.paused):
        session.send(c.RunTo(20))
    with qtbot.waitSignal(session.applied):
        session.send(c.SetLearningRate(0.01))
    marks = line_of(panel.loss, "marks")
    assert set(marks[:, 0]) == {20}
    assert [label.toPlainText() for label in panel.loss._labels] == ["rate 0.01"]


def test_reading_a_step_shows_its_own_values(panel):
    show(panel, [float(step) for step in range(1, 101)], [(50, 0.5, 0.75)])
    panel.loss.pointed.emit(40.2)
    assert panel.legends[0].texts == ("40", "0.5", "step 40, epoch 40.0")
    panel.loss.pointed.emit(None)
    assert panel.legends[0].texts[2] == ""


def test_a_history_that_begins_late_stands_at_its_steps(panel):
    panel.smoothing.setValue(0)
    show(panel, [1.0, 2.0], first_step=700)
    assert line_of(panel.loss)[:, 0].tolist() == [701, 702]


def test_a_shorter_history_after_going_back_is_drawn(panel):
    show(panel, [1.0] * 5000)
    show(panel, [1.0] * 10)
    assert line_of(panel.loss)[:, 0].max() == 10
