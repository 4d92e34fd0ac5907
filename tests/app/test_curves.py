"""Curves: what is drawn follows the history; zoom, follow, log and marks do what they say."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualnet.app.panels.curves import USUAL, CurvesPanel
from visualnet.app.text.journal import epochs_of
from visualnet.app.theme import DARK, LIGHT
from visualnet.app.widgets.curve_axes import MOST_VALUES, StepAxis, ValueAxis
from visualnet.app.widgets.curve_marks import without_overlap
from visualnet.app.widgets.curve_plot import BUCKETS, MAXIMUM_DOTS
from visualnet.app.widgets.followed_range import FollowedRange, step_range
from visualnet.app.widgets.smoothing import smoothed
from visualnet.core.history.history import History
from visualnet.core.messages import commands as c
from visualnet.core.messages.frame import Frame
from visualnet.core.setup.presets import load_preset


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


def history_of(losses, tests=(), first_step=0, accuracy=0.5):
    history = History(first_step)
    for loss in losses:
        history.append(loss, accuracy)
    for measurement in tests:
        history.append_test(*measurement)
    return history.view()


def show(panel, losses, tests=(), first_step=0, accuracy=0.5):
    show_history(panel, history_of(losses, tests, first_step, accuracy))


def show_history(panel, history):
    """As the session does: first the curves, then the figures."""
    frame = Frame(panel.session.run.generation, history.step, 0.0, history, {})
    panel.show_frame(frame)
    panel.session.figure_pace.due.emit(frame)


def line_of(plot, name="line"):
    path = plot._lines.path(name)
    return np.array([(path.elementAt(i).x, path.elementAt(i).y) for i in range(path.elementCount())])


def colours_at(plot, step, value, reach=1):
    """The colours painted within so many pixels of a place on a plot."""
    place = plot.getViewBox().mapViewToScene(QPointF(step, value)).toPoint()
    picture = plot.grab().toImage()
    square = range(-reach, reach + 1)
    return {
        picture.pixelColor(place.x() + dx, place.y() + dy).name()
        for dx in square
        for dy in square
        if abs(dx) + abs(dy) <= reach
    }


def colours_in(plot, box):
    """The colours painted inside these pixels of a plot."""
    picture = plot.grab(box.toRect()).toImage()
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def turn_wheel(plot):
    place = QPointF(plot.getViewBox().sceneBoundingRect().center())
    here = plot.viewport().mapToGlobal(place)
    event = QWheelEvent(
        place,
        here,
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)


def test_the_line_is_the_losses_when_nothing_is_smoothed(panel):
    panel.smoothing.setValue(0)
    show(panel, [3.0, 2.0, 1.0])
    assert np.allclose(line_of(panel.loss), [(1, 3), (2, 2), (3, 1)])


def test_nothing_is_smoothed_where_each_batch_is_all_of_the_data(panel, qtbot):
    session = panel.session

    def begin(**changes):
        with qtbot.waitSignal(session.run_started):
            session.start_run(replace(load_preset("xor"), **changes))
        panel.show_run(session.run)
        return panel.smoothing.value()

    assert panel.smoothing.value() == 0
    show(panel, [3.0, 2.0, 1.0])
    assert np.allclose(line_of(panel.loss), [(1, 3), (2, 2), (3, 1)])
    assert begin(batch_size=1) == USUAL
    assert begin() == 0
    QTest.keyClick(panel.smoothing, Qt.Key.Key_Right)
    assert begin() == begin(batch_size=1) == 1, "what a hand chose stays"


def test_a_long_history_is_drawn_with_few_points_and_keeps_its_spikes(panel):
    losses = np.ones(50_000)
    losses[31_234] = 9.0
    show(panel, losses)
    assert len(line_of(panel.loss)) <= 2000
    bars = panel.loss._lines.bars("range")
    assert bars.high.max() == 9.0
    assert bars.edges[bars.high.argmax()] <= 31_235 <= bars.edges[bars.high.argmax() + 1]
    assert len(bars.low) <= 2 * BUCKETS


def test_the_range_of_many_steps_is_painted_from_the_least_to_the_greatest_without_gaps(panel):
    losses = np.tile([1.0, 3.0], 25_000)
    show(panel, losses)
    show(panel, losses)
    colour = panel.loss._lines._pens["range"].color().name()
    for step in (9_000, 20_000, 33_333, 49_000):
        for value in (1.1, 1.5, 2.5, 2.9):
            assert colour in colours_at(panel.loss, step, value, reach=0)
        for value in (0.8, 3.2):
            assert colour not in colours_at(panel.loss, step, value, reach=0)
    left, right = (panel.loss.getViewBox().mapViewToScene(QPointF(step, 1.5)) for step in (1_000, 49_000))
    inside = QRectF(left.x(), left.y(), right.x() - left.x(), 1)
    assert colours_in(panel.loss, inside) == {colour}


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


def test_commands_are_marked_where_they_took_effect(panel, qtbot, session):
    with qtbot.waitSignal(session.paused):
        session.send(c.RunTo(20))
    with qtbot.waitSignal(session.applied):
        session.send(c.Change(learning_rate=0.01))
    marks = line_of(panel.loss, "marks")
    assert set(marks[:, 0]) == {20}
    assert panel.loss.words == ["rate 0.01"]
    show(panel, [1.0] * 10)
    for theme in (DARK, LIGHT):
        panel.set_theme(theme)
        assert {theme.panel, theme.secondary} <= colours_in(panel.loss, panel.loss._marks.words[0][0])


def test_reading_a_step_shows_its_own_values(panel):
    show(panel, [float(step) for step in range(1, 101)], [(40, 0.5, 0.75), (41, 0.1, 0.9)])
    panel.loss.pointed.emit(40.2)
    assert panel.legends[0].texts == ("40", "0.5", "step 40, epoch 40.0")
    panel.loss.pointed.emit(None)
    assert panel.legends[0].texts[2] == ""


def test_the_line_under_the_mouse_stands_where_the_figures_are_of(panel):
    panel.loss.pointed.emit(70.0)
    show(panel, [])
    assert [plot.cursor_step for plot in panel.plots] == [None, None], "there is no step to read"
    show(panel, [1.0] * 50)
    assert [plot.cursor_step for plot in panel.plots] == [50, 50]
    assert panel.legends[0].texts[2] == "step 50, epoch 50.0"
    show(panel, [1.0] * 100)
    assert [plot.cursor_step for plot in panel.plots] == [70, 70]
    panel.accuracy.pointed.emit(None)
    assert [plot.cursor_step for plot in panel.plots] == [None, None]


def test_a_history_that_begins_late_stands_at_its_steps(panel):
    panel.smoothing.setValue(0)
    show(panel, [1.0, 2.0], first_step=700)
    assert line_of(panel.loss)[:, 0].tolist() == [701, 702]


def test_a_shorter_history_after_going_back_is_drawn(panel):
    show(panel, [1.0] * 5000)
    show(panel, [1.0] * 10)
    assert line_of(panel.loss)[:, 0].max() == 10


def test_the_empty_plots_say_what_will_come_and_fall_silent(panel):
    assert panel.loss.message and panel.accuracy.message
    middle = panel.loss.getViewBox().sceneBoundingRect().center()
    words = QRectF(middle.x() - 100, middle.y() - 8, 200, 16)
    assert len(colours_in(panel.loss, words)) > 2
    show(panel, [1.0])
    assert panel.loss.message == panel.accuracy.message == ""
    assert len(colours_in(panel.loss, words)) == 1


def test_data_without_classes_have_no_accuracy_and_say_so(panel):
    run = panel.session.run
    panel.session.run = replace(run, data=replace(run.data, classes=()))
    panel.show_run(panel.session.run)
    show(panel, [1.0, 2.0], accuracy=np.nan)
    assert "no classes" in panel.accuracy.message
    assert panel.accuracy._lines.path("line").isEmpty()
    assert len(line_of(panel.loss)) == 2


def test_one_step_can_be_seen(panel, theme):
    show(panel, [0.5])
    assert theme.training in colours_at(panel.loss, 1.0, 0.5)


def test_test_measurements_are_painted_as_dots(panel, theme):
    show(panel, [1.0] * 90, [(40, 0.5, 0.75), (80, 0.25, 0.9)])
    assert panel.loss._lines.dots == [(40.0, 0.5), (80.0, 0.25)]
    assert colours_at(panel.loss, 80.0, 0.25, reach=2) == {theme.test}


def test_test_losses_that_are_not_numbers_are_left_out(panel):
    show(panel, [1.0] * 90, [(30, np.nan, 0.5), (60, np.inf, 0.5), (80, 0.25, 0.5)])
    assert panel.loss._lines.dots == [(80.0, 0.25)]


def test_many_test_measurements_have_few_dots_until_one_zooms_in(panel):
    show(panel, [1.0] * 1000, [(step, 0.5, 0.5) for step in range(10, 1000, 10)])
    assert len(panel.loss._lines.dots) <= MAXIMUM_DOTS
    panel.loss.zoom(0.2)
    steps = np.diff([x for x, _ in panel.loss._lines.dots])
    assert set(steps) == {10.0}


def test_the_line_of_many_test_measurements_follows_them_at_the_resolution_of_the_picture(panel):
    measured = [(step, 2.0 + step % 2, 0.5) for step in range(1, 20_001)]
    measured[12_345] = (12_346, 9.0, 0.5)
    show(panel, [1.0] * 20_000, measured)
    line = line_of(panel.loss, "test")
    assert len(line) <= 2 * BUCKETS
    assert np.diff(line[:, 0]).max() <= 2 * 20_000 / BUCKETS, "no part of it is a straight line over a gap"
    assert [12_346, 9.0] in line.tolist()
    assert set(line[:, 1]) == {2.0, 3.0, 9.0}
    panel.loss.zoom(0.01)
    left, right = panel.loss.getViewBox().viewRange()[0]
    line = line_of(panel.loss, "test")
    assert np.diff(line[:, 0]).max() == 1, "each single one"
    assert line[0, 0] <= left < right <= line[-1, 0]


def test_zooming_in_shows_the_other_run_as_finely_as_the_present_one(panel):
    show(panel, [1.0] * 50_000)
    other = history_of(np.tile([1.0, 3.0], 25_000))
    panel.smoothing.setValue(0)
    panel.show_other(other, "other")
    panel.loss.zoom(0.002)
    line = line_of(panel.loss, "other")
    assert set(line[:, 1]) == {1.0, 3.0}
    panel.follow.click()
    assert len(line_of(panel.loss, "other")) <= 2 * BUCKETS


def test_a_test_loss_above_the_training_loss_stays_in_view(panel):
    show(panel, [0.1] * 200, [(100, 3.0, 0.5)])
    assert panel.loss.getViewBox().viewRange()[1][1] >= 3.0


def test_axes_show_a_late_history_as_wide_as_an_early_one(panel):
    show(panel, [1.0] * 900, first_step=1_000_000)
    left, right = panel.loss.getViewBox().viewRange()[0]
    assert left == 1_000_000
    assert 900 <= right - left <= 1400


def test_after_going_back_the_axes_fit_the_shorter_history(panel):
    show(panel, [1.0] * 5000)
    show(panel, [1.0] * 10)
    assert panel.loss.getViewBox().viewRange()[0] == [0, 100]


def test_what_was_measured_on_a_validation_part_has_a_line_and_its_values(panel):
    history = History(0)
    for _ in range(20):
        history.append(1.0, 0.5)
    history.append_test(10, 0.8, 0.5, (0.7, 0.625))
    history.append_test(20, 0.6, 0.5, (0.4, 0.875))
    show_history(panel, history.view())
    assert line_of(panel.loss, "validation").tolist() == [[10, 0.7], [20, 0.4]]
    assert line_of(panel.accuracy, "validation").tolist() == [[10, 0.625], [20, 0.875]]
    notes = [legend.texts[2] for legend in panel.legends]
    assert notes == ["dotted: validation 0.4", "dotted: validation 87.5 %"]


def test_zooming_does_not_bend_the_smoothed_line(panel):
    show(panel, np.random.default_rng(0).uniform(1, 2, 300))
    whole = dict(line_of(panel.loss).tolist())
    panel.loss.zoom(0.3)
    left, right = panel.loss.getViewBox().viewRange()[0]
    seen = [(x, y) for x, y in line_of(panel.loss).tolist() if left <= x <= right]
    assert len(seen) > 50
    assert [y for _, y in seen] == pytest.approx([whole[x] for x, _ in seen], rel=2e-3)


def test_zooming_in_shows_single_steps_of_a_long_history(panel):
    show(panel, np.ones(50_000))
    assert np.diff(line_of(panel.loss)[:, 0]).min() > 100
    panel.loss.zoom(0.005)
    assert set(np.diff(line_of(panel.loss)[:, 0])) == {1.0}


def test_while_values_stream_the_faint_range_is_drawn_every_third_time(panel):
    panel.loss.is_live = True
    drawn = []
    for count in range(10, 17):
        column = history_of([1.0] * count).loss
        panel.loss.show_column(column, 0, np.empty((0, 2)))
        drawn.append(len(line_of(panel.loss, "range")) // 2)
        assert len(line_of(panel.loss)) == count
    assert drawn == [10, 10, 10, 13, 13, 13, 16]


def test_a_click_on_a_plot_brings_the_keys(panel, qtbot):
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.smoothing.setFocus()
    QTest.mouseClick(panel.loss.viewport(), Qt.MouseButton.LeftButton)
    assert panel.hasFocus()


def test_wheel_zooms_and_follow_returns(panel):
    show(panel, [1.0] * 500)
    turn_wheel(panel.loss)
    left, right = panel.loss.getViewBox().viewRange()[0]
    assert right - left < 600
    assert not panel.loss.is_following and not panel.follow.isChecked()
    QTest.mouseClick(panel.follow, Qt.MouseButton.LeftButton)
    assert panel.loss.getViewBox().viewRange()[0] == [0, 600]
    assert panel.follow.isChecked()


def test_arrow_keys_pan_and_leave_the_width(panel):
    show(panel, [1.0] * 500)
    QTest.keyClick(panel, Qt.Key.Key_Plus)
    before = panel.accuracy.getViewBox().viewRange()[0]
    QTest.keyClick(panel, Qt.Key.Key_Right)
    after = panel.accuracy.getViewBox().viewRange()[0]
    assert np.diff(after) == pytest.approx(np.diff(before))
    assert after[0] > before[0]


def test_both_plots_show_where_the_mouse_points(panel, qtbot):
    show(panel, [1.0] * 100)
    box = panel.accuracy.getViewBox()
    place = box.mapViewToScene(QPointF(40, 0.5)).toPoint()
    QTest.mouseMove(panel.accuracy.viewport(), place)
    qtbot.waitUntil(lambda: panel.loss.cursor_step is not None)
    assert panel.loss.cursor_step == panel.accuracy.cursor_step == pytest.approx(40, abs=1)
    panel.accuracy.leaveEvent(QEvent(QEvent.Type.Leave))
    assert panel.loss.cursor_step is None


def test_while_training_the_plots_take_turns(panel, qtbot, session):
    session.send(c.SetSpeed(1.0))
    with qtbot.waitSignal(session.playing_changed):
        session.play()
    panel.smoothing.setValue(0)
    for count in (2, 3, 4):
        show(panel, [1.0] * count)
    assert {len(line_of(plot)) for plot in panel.plots} == {3, 4}
    with qtbot.waitSignal(session.paused):
        session.pause()
    show(panel, [1.0] * 7)
    assert {len(line_of(plot)) for plot in panel.plots} == {7}


def test_crowded_marks_thin_out_and_their_words_stay_apart(panel):
    show(panel, [1.0] * 1000)
    panel.loss.set_marks([(570 + place, f"rate {place}") for place in range(60)])
    boxes = [box for box, _ in panel.loss._marks.words]
    assert panel.loss.words[-1] == "rate 59"
    assert all(a.right() < b.left() for a, b in pairwise(boxes))
    assert 2 <= len(panel.loss._marks.steps) < 30
    panel.loss.zoom(0.01)
    assert len(panel.loss._marks.steps) > 5


def test_words_of_marks_stand_above_the_curve_and_cover_none_of_it(panel):
    show(panel, [1.0] * 1000)
    for plot in panel.plots:
        view = plot.getViewBox().sceneBoundingRect()
        before = plot.grab(view.toAlignedRect()).toImage()
        plot.set_marks([(300, "rate 0.1"), (700, "rate 0.2")])
        assert len(plot.words) == 2
        assert all(box.top() >= 0 and box.bottom() <= view.top() for box, _ in plot._marks.words)
        after = plot.grab(view.toAlignedRect()).toImage()
        across = {
            x
            for x in range(before.width())
            for y in range(before.height())
            if before.pixel(x, y) != after.pixel(x, y)
        }
        assert len(across) <= 4, "two lines"


def test_a_mark_at_the_right_edge_has_its_word_on_the_left(panel):
    show(panel, [1.0] * 500)
    panel.loss.set_marks([(599, "momentum 0.95")])
    view = panel.loss.getViewBox().sceneBoundingRect()
    assert panel.loss._marks.words[0][0].right() <= view.right()


def test_overlapping_spans_yield_to_the_later_ones():
    assert without_overlap([(0, 10), (5, 15), (16, 20), (19, 30)], gap=2) == [1, 3]
    assert without_overlap([], gap=2) == []


def test_epochs_count_the_batch_sizes_that_were_in_force(panel):
    run = panel.session.run
    each = run.data.train_count
    run = replace(run, setup=replace(run.setup, batch_size=each))
    assert epochs_of(run, []).at(10) == 10
    assert epochs_of(run, [(4, c.Change(batch_size=1))]).at(10) == 4 + 6 / each
    assert epochs_of(run, [(4, c.Change(batch_size=1))]).at(3) == 3


def test_the_accuracy_axis_rises_in_steps_and_does_not_tremble():
    axes = FollowedRange(is_share=True)

    def floor_for(accuracy):
        line = np.full(100, accuracy)
        return axes.values(line, line, np.empty(0), is_log=False)[0]

    accuracies = (0.3, 0.7, 0.62, 0.7, 0.54, 0.94, 0.99)
    assert [floor_for(value) for value in accuracies] == [0.0, 0.5, 0.5, 0.5, 0.0, 0.9, 0.95]


def test_the_accuracy_axis_shows_how_all_came_to_be_right():
    axes = FollowedRange(is_share=True)
    line = np.array([0.5, 0.25, *[0.75] * 10, *[1.0] * 80])
    floors = [axes.values(line, line[:count], line[-1:], is_log=False)[0] for count in range(1, len(line))]
    assert 0.5 in floors
    assert floors[-1] == 0


def test_the_loss_axis_stays_while_the_curve_fits():
    axes = FollowedRange(is_share=False)

    def top_for(loss):
        line = np.full(100, loss)
        return axes.values(line, line, np.empty(0), is_log=False)[1]

    assert {top_for(loss) for loss in (2.0, 1.5, 1.01, 1.8)} == {2.04}
    assert top_for(2.1) == pytest.approx(2.55)
    assert top_for(1.3) == pytest.approx(2.55)
    assert top_for(1.2) == pytest.approx(1.224)


@pytest.mark.parametrize("is_log", [False, True])
def test_a_loss_fills_its_axis_whatever_its_size(is_log):
    for greatest in np.geomspace(1e-6, 1e6, 97):
        line = greatest * np.linspace(1, 0.05, 100)
        drawn = np.log10(line) if is_log else line
        bottom, top = FollowedRange(is_share=False).values(drawn, drawn, np.empty(0), is_log)
        assert drawn.max() <= top
        assert (drawn.max() - max(drawn.min(), bottom)) / (top - bottom) > 0.55


@pytest.mark.parametrize(("steps", "batch"), [(300, 1), (5_000, 1), (50_000, 1), (5_000, 2)])
def test_the_band_of_tiny_batches_is_no_block_and_the_line_is_seen_on_it(panel, steps, batch):
    run = panel.session.run
    panel.session.run = replace(
        run, data=replace(run.data, train_count=1000), setup=replace(run.setup, batch_size=batch)
    )
    panel.session.settings["batch_size"] = batch
    panel.smoothing.setValue(USUAL)
    history, chance = History(), np.random.default_rng(3)
    for _ in range(steps):
        history.append(1.0, float((chance.random(batch) < 0.8).mean()))
    frame = Frame(run.generation, history.step, 0.0, history.view(), {})
    panel.show_frame(frame)
    panel.show_frame(frame)
    box = panel.accuracy.getViewBox().sceneBoundingRect().toRect()
    picture = panel.accuracy.grab(box).toImage()
    colours = [
        picture.pixelColor(x, y).name()
        for x in range(0, picture.width() * 3 // 4, 3)
        for y in range(0, picture.height(), 3)
    ]
    band = panel.accuracy._lines._pens["range"].color().name()
    assert 0 < colours.count(band) < 0.45 * len(colours)
    line = line_of(panel.accuracy)[steps // 1000 + 20 :, 1]
    assert line.std() < 0.1 and abs(line.mean() - 0.8) < 0.1


def test_without_accuracy_the_loss_has_the_whole_width_and_gives_it_back(panel):
    run = panel.session.run
    width = panel.loss.width()
    for classes, least in (((), 1.9), (run.data.classes, 0.99)):
        panel.session.run = replace(run, data=replace(run.data, classes=classes))
        panel.show_run(panel.session.run)
        QApplication.processEvents()
        assert panel.loss.width() >= least * width
        assert panel.accuracy.isVisible() == panel.legends[1].isVisible() == bool(classes)
    assert panel.loss.width() == width


def test_the_step_axis_grows_in_steps():
    assert [step_range(0, last)[1] for last in (0, 1, 100, 101, 125, 126)] == [100, 100, 100, 130, 130, 160]
    assert step_range(700, 702) == (700, 800)


@pytest.mark.parametrize(("loss", "drawn"), [(1e300, 1e9), (0.0, 0.0), (5e-324, 0.0), (1e-5, 1e-5)])
def test_extreme_losses_are_in_view(panel, theme, loss, drawn):
    show(panel, [loss] * 50)
    assert theme.training in colours_at(panel.loss, 25, drawn)


def test_measurements_that_are_not_finite_leave_the_axes_alone(panel):
    for _ in range(2):
        show(panel, [1.0, 2.0], [(1, np.inf, np.nan), (2, np.nan, np.nan)])
        bottom, top = panel.loss.getViewBox().viewRange()[1]
        assert bottom <= 0 and 0.3 <= top <= 6
        assert not panel.grab().isNull()
        panel.log.click()


def test_axis_numbers_are_readable(theme):
    steps, values = StepAxis("bottom"), ValueAxis("left")
    assert steps.tickStrings([12_000.0], 1, 1000) == ["12,000"]
    assert steps.tickValues(0, 3, 1000) == [(1.0, [0.0, 1.0, 2.0, 3.0])]
    values.is_log = True
    [(spacing, places)] = values.tickValues(-1, 0, 200)
    assert values.tickStrings(places, 1, spacing) == ["0.1", "0.2", "0.5", "1"]
    assert values.tickValues(-300, 0, 100)[0][1] == [-300.0, -200.0, -100.0, 0.0]


def test_the_theme_changes_every_colour(panel, theme):
    show(panel, [1.0] * 90, [(80, 0.25, 0.9)])
    panel.set_theme(LIGHT)
    assert colours_at(panel.loss, 80.0, 0.25, reach=2) == {LIGHT.test}
    assert panel.loss.backgroundBrush().color().name() == LIGHT.panel


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("count", [3, 60, 3000])
def test_losses_of_any_size_are_drawn_and_named(panel, count, is_log):
    """From the least to the largest that a float holds, one after the other, and all of one size."""
    extremes = [1.7e308, 1e-300, 0.0, 1.7e308, 3.0, -1.7e308]
    panel.log.setChecked(is_log)
    for losses in (extremes, [1.7e308], [-1.7e308], [5e-324], [0.0]):
        for plot in panel.plots:
            plot.clear_data()
        show(panel, np.resize(losses, count), [(count, 1.7e308, 1.0), (count + 1, np.inf, np.nan)])
        for plot in panel.plots:
            plot.zoom(50)
            plot.pan(0.5)
            assert np.isfinite(plot.getViewBox().viewRange()).all()
            plot.grab()


@pytest.mark.parametrize("count", [200, 20_000])
@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("smoothing", [0, 2])
def test_a_curve_is_interrupted_where_nothing_is_known(panel, count, is_log, smoothing):
    losses = np.linspace(2.0, 1.0, count)
    losses[count // 4 : count // 2] = np.nan
    panel.loss.set_log(is_log)
    panel.loss.set_smoothing((0.0, 0.9, 0.99)[smoothing])
    show(panel, losses, tests=[(count // 2, np.inf, 0.5), (count, np.nan, 0.5)])
    path = panel.loss._lines.path("line")
    elements = [path.elementAt(place) for place in range(path.elementCount())]
    starts = [element.x for element in elements if element.isMoveTo()]
    stops = [before.x for before, after in pairwise(elements) if after.isMoveTo()]
    near = 2 * count / BUCKETS + 1
    assert (len(starts), len(stops)) == (2, 1)
    assert abs(stops[0] - count // 4) <= near and abs(starts[1] - count // 2) <= near
    values = [10**element.y if is_log else element.y for element in elements]
    assert min(values) > 0.95 and max(values) < 2.05
    panel.grab()


def test_a_history_of_which_nothing_is_known_is_an_empty_plot(panel):
    for is_log in (False, True):
        panel.loss.set_log(is_log)
        show(panel, np.full(50, np.nan))
        assert panel.loss._lines.path("line").isEmpty() or panel.loss._lines.path("line").elementCount() == 0
        panel.grab()


@pytest.mark.parametrize("unknown", [0, 1])
def test_the_line_of_the_largest_numbers_there_are_does_not_round_beyond_them(unknown):
    for sign in (1, -1):
        values = np.full(60, sign * np.finfo(np.float64).max)
        values[1 : 1 + unknown] = np.nan
        for strength in (0.5, 0.9, 0.99):
            line = smoothed(values, strength, 1)
            assert np.isfinite(line[np.isfinite(values)]).all()


def test_the_other_run_is_named_where_there_is_no_accuracy(panel, session, qtbot):
    with qtbot.waitSignal(session.run_started):
        session.start_run(load_preset("regression"))
    panel.show_run(session.run)
    show(panel, [1.0] * 10)
    panel.show_other(history_of([1.0] * 10), "other")
    assert panel.legends[0].texts[2] == "dashed: other"
    panel.show_other(None)
    assert not panel.legends[0].texts[2]


@pytest.mark.parametrize("height", [60, 120, 700, 2000])
def test_no_axis_has_more_ticks_than_can_be_told_apart_nor_a_share_above_all(height):
    for is_percent, is_log in ((True, False), (False, False), (False, True)):
        axis = ValueAxis("left")
        axis.is_percent, axis.is_log = is_percent, is_log
        for top in (0.03, 1.02, 1.1) if is_percent else (0.03, 7.0, 40.0):
            ((_, ticks),) = axis.tickValues(0.0, top, height)
            assert len(ticks) <= 2 * MOST_VALUES + 1
            assert not is_percent or max(ticks) <= 1
