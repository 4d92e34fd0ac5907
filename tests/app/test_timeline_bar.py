"""The timeline under the window, played with mouse and keys: the playhead goes where hands ask, panels follow."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from visualnet.app.bars.timeline_marks import SHAPES, TimelineMark
from visualnet.app.bars.timeline_scale import TimelineScale, end_of_track
from visualnet.app.bars.timeline_track import HEIGHT, LABELS, MIDDLE, ROW_PLACES, TimelineTrack
from visualnet.app.files.settings import Settings
from visualnet.app.theme import DARK
from visualnet.core.messages import commands as c
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer

END = 300


@pytest.fixture
def window(xor_window, qtbot):
    """A window with END steps of xor, paused."""
    with qtbot.waitSignal(xor_window.session.paused):
        xor_window.session.send(c.RunTo(END))
    xor_window.setFocus()
    return xor_window


def shows(window, step):
    """Whether the playhead is exactly there, and a frame of that step has come."""
    playhead, latest = window.session.playhead, window.session.latest
    return (playhead.step, playhead.is_exact) == (step, True) and latest is not None and latest.step == step


def place_of(track, step):
    return QPoint(round(track.scale.place(step)), round(MIDDLE))


def click(window, step):
    track = window.timeline.track
    QTest.mouseClick(track, Qt.MouseButton.LeftButton, pos=place_of(track, step))


def test_a_click_shows_the_step_in_every_panel_and_live_returns(window, qtbot):
    click(window, 100)
    qtbot.waitUntil(lambda: not window.session.playhead.is_live)
    step = window.session.playhead.step
    assert abs(step - 100) <= 1
    qtbot.waitUntil(lambda: shows(window, step))
    past = Trainer(load_preset("xor"))
    for _ in range(step):
        past.step()
    weights = window.docks["weights"].panel
    expected = past.network.layers[weights.layer.currentData()].weight
    qtbot.waitUntil(lambda: (weights._values == expected).all())
    assert window.transport.figures["step"].text == str(step)
    assert window.timeline.figure.text == str(step)
    curves = window.docks["curves"].panel
    assert [plot.playhead_step for plot in curves.plots] == [step, step]
    QTest.mouseClick(window.timeline.live, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shows(window, END))
    assert window.session.playhead.is_live
    assert window.timeline.live.isChecked()
    assert [plot.playhead_step for plot in curves.plots] == [None, None]
    qtbot.waitUntil(lambda: window.transport.figures["step"].text == str(END))


def test_a_drag_moves_the_playhead_with_the_hand(window, qtbot):
    track = window.timeline.track
    QTest.mousePress(track, Qt.MouseButton.LeftButton, pos=place_of(track, END))
    asked = []
    track.asked.connect(asked.append)
    for step in (250, 150, 60):
        QTest.mouseMove(track, place_of(track, step))
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=place_of(track, 60))
    assert [round(step, -1) for step in asked] == [250, 150, 60]
    qtbot.waitUntil(lambda: shows(window, asked[-1]))


def test_arrow_keys_home_end_comma_period_and_escape(window, qtbot):
    keys = [
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, END - 1),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier, END - 11),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, END - 111),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier, END - 101),
        (Qt.Key.Key_Comma, Qt.KeyboardModifier.NoModifier, END - 102),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, END - 101),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 1),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, END),
        (Qt.Key.Key_Comma, Qt.KeyboardModifier.NoModifier, END - 1),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, END),
    ]
    for key, modifiers, step in keys:
        QTest.keyClick(window, key, modifiers)
        qtbot.waitUntil(lambda step=step: shows(window, step))
        assert window.session.playhead.is_live == (step == END)


def test_held_arrow_keys_add_up(window, qtbot):
    for _ in range(20):
        QTest.keyClick(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shows(window, END - 20))


def test_space_in_the_past_plays_it_at_the_toolbars_speed(window, qtbot):
    window.session.playhead.move(100)
    qtbot.waitUntil(lambda: shows(window, 100))
    window.session.send(c.SetSpeed(50))
    qtbot.waitUntil(lambda: window.session.speed == 50)
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.playhead.step > 103)
    assert window.transport.play.text() == "Pause"
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not window.session.playhead.is_playing)
    step = window.session.playhead.step
    assert step < END
    assert window.session.step == END
    qtbot.waitUntil(lambda: shows(window, step))
    assert window.transport.play.text() == "Play"


def test_the_playhead_stays_while_training_goes_on(window, qtbot):
    window.session.playhead.move(40)
    qtbot.waitUntil(lambda: shows(window, 40))
    window.session.play()
    qtbot.waitUntil(lambda: window.session.step > END + 100)
    assert window.session.playhead.step == 40
    assert window.session.latest.step == 40
    assert window.transport.figures["step"].text == "40"
    window.session.pause()
    qtbot.waitUntil(lambda: not window.session.is_playing)
    window.session.playhead.go_live()
    qtbot.waitUntil(lambda: shows(window, window.session.step))


def test_a_double_click_on_a_curve_goes_there(window, qtbot):
    plot = window.docks["curves"].panel.loss
    qtbot.waitUntil(lambda: plot.getViewBox().viewRange()[0][1] > END)
    place = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(120, 0.1)))
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not window.session.playhead.is_live)
    assert abs(window.session.playhead.step - 120) <= 2


def test_a_command_has_a_mark_with_its_sentence(window, qtbot):
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(learning_rate=0.25))
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(400))
    track = window.timeline.track
    qtbot.waitUntil(lambda: track.scale.place(400) < track.scale.place(track.scale.end))
    place = QPointF(track.scale.place(END), ROW_PLACES[1])
    assert track.words_at(place) == "From step 300 on: rate 0.25."
    click(window, END + 2)
    qtbot.waitUntil(lambda: shows(window, END))


# The painted track, by itself


@pytest.fixture
def track(qtbot, theme):
    made = TimelineTrack(theme)
    qtbot.addWidget(made)
    made.resize(1000, made.height())
    return made


def colour_at(track, x, y):
    return track.grab().toImage().pixelColor(round(x), round(y)).name()


def test_pixels_tell_live_from_past(track):
    track.show_run(700, 700, True, True)
    scale = track.scale
    assert colour_at(track, scale.place(300), MIDDLE) == DARK.accent
    track.show_run(700, 200, False, True)
    assert colour_at(track, scale.place(100), MIDDLE) == DARK.past
    assert colour_at(track, scale.place(200), MIDDLE) == DARK.past
    assert colour_at(track, scale.place(300), MIDDLE) not in (DARK.past, DARK.accent)
    assert colour_at(track, scale.place(700), MIDDLE) == DARK.accent


def test_a_step_that_is_computed_has_a_hollow_handle(track):
    track.show_run(700, 200, False, False)
    x = track.scale.place(200)
    assert colour_at(track, x, MIDDLE) == DARK.window
    track.show_run(700, 200, False, True)
    assert colour_at(track, x, MIDDLE) == DARK.past


@pytest.mark.parametrize("kind", SHAPES)
def test_each_kind_of_mark_has_a_shape_of_its_own(track, kind):
    def shape(kind):
        track.set_marks((TimelineMark(300, kind, "."),), ())
        image = track.grab().toImage()
        x, y = round(track.scale.place(300)), round(ROW_PLACES[track.marks[0].row])
        ground = image.pixel(2, 2)
        return {(i, j) for i in range(-7, 8) for j in range(-6, 6) if image.pixel(x + i, y + j) != ground}

    track.show_run(700, 700, True, True)
    assert len(shape(kind)) > 15
    assert all(shape(kind) != shape(other) for other in SHAPES if other != kind)


def test_marks_stand_on_their_steps_and_the_later_of_two_is_shown(track):
    track.show_run(700, 700, True, True)
    early, late = TimelineMark(300, "command", "early", 0), TimelineMark(302, "command", "late", 1)
    track.set_marks((early, late), ())
    place = QPointF(track.scale.place(301), ROW_PLACES[1])
    assert track.words_at(place) in ("early", "late")
    far = QPointF(track.scale.place(500), ROW_PLACES[1])
    assert track.words_at(far).startswith("Step 500.")


def test_nothing_is_painted_while_no_pixel_moves(track, qtbot):
    track.show()
    qtbot.waitExposed(track)
    track.show_run(100_000, 100_000, True, True)
    qtbot.wait(30)
    paints = []
    track.paintEvent = lambda event: paints.append(event)
    for step in range(100_000, 100_010):
        track.show_run(step, step, True, True)
        qtbot.wait(5)
    assert not paints
    track.show_run(103_000, 103_000, True, True)
    qtbot.waitUntil(lambda: len(paints) == 1)
    track.hide()


@pytest.mark.parametrize("name", ["restart", "runs"])
def test_the_playheads_keys_work_while_a_button_has_the_focus(window, qtbot, name):
    bar = (
        window.timeline.runs if name == "runs" else window.transport.widgetForAction(window.transport.restart)
    )
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    for key, step in ((Qt.Key.Key_Left, END - 1), (Qt.Key.Key_Home, 0), (Qt.Key.Key_End, END)):
        QTest.keyClick(bar, key)
        qtbot.waitUntil(lambda step=step: shows(window, step))
    assert bar.hasFocus()


def test_a_slider_keeps_the_keys_that_mean_nothing_else(window, qtbot):
    slider = window.transport.speed
    slider.setFocus()
    place = slider.value()
    QTest.keyClick(slider, Qt.Key.Key_Down)
    assert slider.value() == place - 1
    QTest.keyClick(slider, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shows(window, END - 1))
    assert slider.value() == place - 1


def test_tab_reaches_every_button_of_the_toolbar_and_a_click_leaves_space_to_play(window, qtbot):
    transport = window.transport
    first = transport.widgetForAction(transport.restart)
    QTest.mouseClick(transport.widgetForAction(transport.step), Qt.MouseButton.LeftButton)
    assert not transport.widgetForAction(transport.step).hasFocus()
    first.setFocus(Qt.FocusReason.TabFocusReason)
    for action in (transport.new_seed, transport.step_back, transport.play, transport.step, transport.epoch):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        assert transport.widgetForAction(action).hasFocus()


@pytest.mark.parametrize(("live", "goal"), [(0, 1000), (300, 1000), (300, 35_000), (5_000, 1_000), (3, None)])
def test_the_goal_is_told_and_stands_in_its_place_unless_it_is_too_far(live, goal):
    end = end_of_track(live, goal)
    assert end >= live
    if goal is None or goal > 20_000:
        assert end == end_of_track(live)
    else:
        assert end >= goal


def test_steps_have_round_numbers_with_room_for_each():
    for width in (200.0, 700.0, 2200.0):
        for end in (100, 1_000, 1_652, 35_000, 10**7):
            scale = TimelineScale(16.0, width, end)
            numbers = scale.ticks
            assert numbers[0] == 0 and numbers[-1] <= end
            every = numbers[1] if len(numbers) > 1 else end
            assert str(every).rstrip("0") in ("1", "2", "5")
            assert scale.place(every) - scale.place(0) >= 79 or len(numbers) == 1
            assert len(numbers) > width / 250


@pytest.mark.parametrize("preset", ["xor", "mnist", "original-mnist", "regression"])
def test_the_goal_is_where_the_run_ends(open_window, preset):
    window = open_window(load_preset(preset), Settings(None))
    track, run = window.timeline.track, window.session.run
    goal = run.setup.planned_steps(run.data.train_count)
    assert f"goal {goal:,}" in track.goal_words
    flags = [mark for mark in track.marks if mark.kind == "goal"]
    assert [mark.step for mark in flags] == [goal]
    if goal <= track.scale.end:
        assert f"{goal:,}" in track.words_at(QPointF(track.scale.place(goal), ROW_PLACES[0]))
    else:
        assert track.goal_words.endswith("→")


def test_a_goal_in_epochs_moves_with_the_batch_size(window, qtbot):
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(batch_size=2))
    qtbot.waitUntil(lambda: window.timeline.track.goal_words == "goal 1,700")
    with qtbot.waitSignal(window.session.paused, timeout=20_000):
        window.session.play()
    assert window.session.step == 1_700


def test_numbers_and_goal_are_painted(window):
    track = window.timeline.track
    picture = track.grab().toImage()
    for step in (0, 200, track._goal):
        x = round(track.scale.place(step))
        colours = {
            picture.pixelColor(min(max(x + dx, 0), picture.width() - 1), y).name()
            for dx in range(-12, 13)
            for y in range(round(LABELS.top()), HEIGHT)
        }
        assert len(colours) > 3, step
