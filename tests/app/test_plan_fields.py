"""Goal, test interval and pace stand in the rail and change while the run trains."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from visualnet.app.bars.speeds import SPEEDS
from visualnet.app.files.settings import Settings
from visualnet.app.text.journal import command_words
from visualnet.core.messages import commands as c
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.schedule import ScheduleSetup

XOR = replace(load_preset("xor"), epochs=30, evaluate_every=20)


def enter(field, text):
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def choose(box, name):
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def shown(field):
    return field.number.text() if field.number.isVisible() else "", field.unit.currentText()


@pytest.fixture
def window(open_window):
    return open_window(XOR, Settings(None))


@pytest.fixture
def rail(window):
    return window.setup_panel.live


def run_to(qtbot, window, step):
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(step))


def test_a_typed_goal_acts_at_once_and_is_where_the_run_ends(window, rail, qtbot):
    assert shown(rail.goal) == ("30", "epochs")
    run_to(qtbot, window, 5)
    with qtbot.waitSignal(window.session.applied):
        enter(rail.goal.number, "12")
    assert not window.setup_panel.footer.isVisible()
    qtbot.waitUntil(lambda: window.timeline.track.goal_words == "goal 12")
    with qtbot.waitSignal(window.session.paused) as paused:
        window.session.play()
    assert (paused.args[0].step, paused.args[0].reason) == (12, "goal")
    assert "has taken the 12 steps that it was set to" in window.notice.text
    with qtbot.waitSignal(window.session.applied):
        window.session.history.undo()
    assert shown(rail.goal) == ("30", "epochs")


def test_a_goal_that_is_passed_already_is_told_as_that(window, rail, qtbot):
    run_to(qtbot, window, 5)
    window.session.send(c.SetSpeed(20.0))
    window.session.play()
    qtbot.waitUntil(lambda: window.session.step > 5)
    with qtbot.waitSignal(window.session.paused) as paused:
        enter(rail.goal.number, "3")
    step = paused.args[0].step
    assert step > 3
    assert window.notice.text == f"xor has taken {step} steps; it is to end at step 3."


def test_a_goal_is_counted_in_epochs_in_steps_or_not_at_all(window, rail, qtbot):
    seen = []
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(batch_size=2))
    for unit in ("steps", "epochs", "no-end", "epochs", "no-end", "steps"):
        with qtbot.waitSignal(window.session.applied):
            choose(rail.goal.unit, unit)
        qtbot.waitUntil(lambda unit=unit: rail.goal.unit.currentData() == unit)
        seen.append(shown(rail.goal))
    assert seen == [
        ("60", "steps"), ("30", "epochs"), ("", "no end"), ("10", "epochs"), ("", "no end"), ("20", "steps"),
    ]  # fmt: skip


def test_a_goal_that_cannot_be_is_refused_and_what_is_in_force_stays(window, rail, qtbot):
    with qtbot.waitSignal(window.session.rejected):
        enter(rail.goal.number, "0")
    assert "Goal in epochs must be a whole number from 1" in rail.rejection.text()
    assert shown(rail.goal) == ("30", "epochs")
    with qtbot.waitSignal(window.session.run_started):
        window.session.start_run(replace(XOR, schedule=ScheduleSetup("cosine")))
    with qtbot.waitSignal(window.session.rejected):
        choose(rail.goal.unit, "no-end")
    assert "no goal to end at" in rail.rejection.text()
    assert shown(rail.goal) == ("30", "epochs")


def test_the_test_set_is_measured_as_often_as_was_typed(window, rail, qtbot):
    assert shown(rail.interval) == ("20", "steps")
    with qtbot.waitSignal(window.session.applied):
        enter(rail.interval.number, "4")
    run_to(qtbot, window, 9)
    with qtbot.waitSignal(window.session.applied):
        choose(rail.interval.unit, "epoch")
    assert shown(rail.interval) == ("", "epoch")
    run_to(qtbot, window, 11)
    qtbot.waitUntil(lambda: window.session.latest.history.step == 11)
    assert window.session.latest.history.tests[:, 0].tolist() == [4, 8, 10, 11]
    with qtbot.waitSignal(window.session.applied):
        choose(rail.interval.unit, "steps")
    assert shown(rail.interval) == ("1", "steps"), "as many as an epoch has"


def test_what_was_in_force_at_a_step_of_the_past_is_shown_there(window, rail, qtbot):
    run_to(qtbot, window, 6)
    for command in (c.Change(epochs=None, steps=50), c.Change(evaluate_every=3)):
        with qtbot.waitSignal(window.session.applied):
            window.session.send(command)
    assert (shown(rail.goal), shown(rail.interval)) == (("50", "steps"), ("3", "steps"))
    window.session.playhead.move(5)
    qtbot.waitUntil(lambda: shown(rail.goal) == ("30", "epochs"))
    assert shown(rail.interval) == ("20", "steps")


def test_a_rate_in_force_follows_the_goal(open_window, qtbot):
    window = open_window(replace(XOR, schedule=ScheduleSetup("cosine")), Settings(None))
    rail = window.setup_panel.live
    run_to(qtbot, window, 15)
    qtbot.waitUntil(lambda: rail.in_force.text() == "0.025 now")
    with qtbot.waitSignal(window.session.applied):
        enter(rail.goal.number, "60")
    qtbot.waitUntil(lambda: rail.in_force.text() == "0.0427 now")


def test_commands_of_a_link_show_when_their_step_is_reached(window, rail, qtbot):
    planned = [(3, c.Change(learning_rate=0.25)), (3, c.Change(epochs=None, steps=9))]
    with qtbot.waitSignal(window.session.run_started):
        window.session.start_run(XOR, journal=tuple(planned))
    rate = rail.sliders["learning_rate"].field
    assert (rate.text(), shown(rail.goal)) == ("0.05", ("30", "epochs"))
    run_to(qtbot, window, 5)
    qtbot.waitUntil(lambda: rate.text() == "0.25")
    assert shown(rail.goal) == ("9", "steps")
    assert window.session.journal == planned
    qtbot.waitUntil(lambda: window.timeline.track.goal_words == "goal 9")
    with qtbot.waitSignal(window.session.run_started):
        window.session.history.undo()
    assert shown(rail.goal) == ("30", "epochs")
    assert not window.session.journal


def test_the_pace_of_the_rail_and_the_slider_are_one(window, rail, qtbot):
    assert rail.pace.currentText() == "full speed"
    choose(rail.pace, 20)
    assert SPEEDS[window.transport.speed.value()] == rail.pace.currentData() == 20
    assert window.transport.keeps_speed
    qtbot.waitUntil(lambda: window.session.speed == 20)
    window.transport.faster()
    assert (rail.pace.currentData(), rail.pace.currentText()) == (50, "50 steps/s")
    assert not window.session.journal, "pace is no part of the run"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (c.Change(epochs=2000, steps=None), "goal 2,000 epochs"),
        (c.Change(epochs=1, steps=None), "goal 1 epoch"),
        (c.Change(epochs=3, steps=1), "goal 1 step"),
        (c.Change(epochs=None, steps=None), "no goal"),
        (c.Change(evaluate_every=1000), "test every 1,000 steps"),
        (c.Change(evaluate_every=1), "test every step"),
        (c.Change(evaluate_every=None), "test every epoch"),
    ],
)
def test_they_have_words(command, words):
    assert command_words(command) == words
