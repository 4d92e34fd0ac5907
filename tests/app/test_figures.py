"""One figure for one step: legend, toolbar and table say the same, live and past, and nothing that came later."""

import csv
from dataclasses import replace
from io import StringIO

import pytest
from PySide6.QtCore import QObject

from visualnet.app.files.settings import Settings
from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.runs import COLUMNS
from visualnet.app.session.figure_pace import SECONDS_BETWEEN_FIGURES, FigurePace
from visualnet.app.theme import GRID
from visualnet.app.widgets.legend import Legend, Names
from visualnet.core.messages import commands as c
from visualnet.core.number_words import number_words
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer

EVERY = 20
"""Steps from one test of the xor preset to the next."""


@pytest.fixture
def at_step(qtbot):
    """A function that shows a step of a window's run, live or past, until every panel shows it."""

    def shown(window, step):
        session, panel = window.session, window.findChild(CurvesPanel)
        if step > session.step:
            with qtbot.waitSignal(session.paused, timeout=20_000):
                session.send(c.RunTo(step))
        session.playhead.move(step)
        qtbot.waitUntil(lambda: session.playhead.step == step and session.playhead.is_exact)
        qtbot.waitUntil(lambda: session.latest is not None and session.latest.step == step)
        qtbot.waitUntil(lambda: session.latest.history.step == session.step)
        return panel.legends

    return shown


def figures_of(window, legends):
    """Training loss, test loss, training and test accuracy of the legends, and what the toolbar says."""
    bar = window.transport.figures["accuracy"]
    return (*legends[0].texts[:2], *legends[1].texts[:2], bar.text, legends[0].names, bar._name)


@pytest.mark.parametrize("batch_size", [4, 1])
def test_a_step_has_the_same_figures_live_and_past(open_window, at_step, batch_size):
    setup = replace(load_preset("xor"), batch_size=batch_size)
    window = open_window(setup, Settings(None))
    live = {step: figures_of(window, at_step(window, step)) for step in (1, 10, EVERY, 75, 90)}
    past = {step: figures_of(window, at_step(window, step)) for step in (75, EVERY, 10, 1)}
    assert past == {step: figures for step, figures in live.items() if step < 90}


def test_at_an_early_step_no_later_test_is_told(open_window, at_step):
    window = open_window(load_preset("xor"), Settings(None))
    at_step(window, 3 * EVERY)
    for step in (EVERY - 1, 1, 0):
        loss, accuracy = at_step(window, step)
        assert (loss.texts[1], accuracy.texts[1]) == ("–", "–")
        assert window.transport.figures["accuracy"].text == "–"
    assert loss.texts[0] == accuracy.texts[0] == "–"


def test_an_older_test_says_its_step(open_window, at_step):
    window = open_window(load_preset("xor"), Settings(None))
    legends = at_step(window, EVERY + 7)
    assert legends[0].names == ("training", f"test (at step {EVERY})")
    assert window.transport.figures["accuracy"]._name == f"test at {EVERY}"
    legends = at_step(window, 2 * EVERY)
    assert legends[0].names == ("training", "test")
    assert window.transport.figures["accuracy"]._name == "test"


def test_where_a_batch_is_all_of_the_data_the_step_itself_is_told(open_window, at_step):
    window = open_window(load_preset("xor"), Settings(None))
    legends = at_step(window, 400)
    trainer = Trainer(load_preset("xor"))
    losses = [trainer.step() for _ in range(400)]
    assert legends[0].texts[0] == number_words(losses[-1])
    assert legends[1].texts[0] == "100.0 %"
    assert at_step(window, 399)[0].texts[0] == number_words(losses[-2])


def test_a_mean_says_of_how_many_steps_it_is(open_window, at_step):
    window = open_window(replace(load_preset("xor"), batch_size=1), Settings(None))
    for step, mean in (
        (1, "training"),
        (3, "training (mean of 3 steps)"),
        (30, "training (mean of 4 steps)"),
    ):
        assert at_step(window, step)[0].names[0] == mean


def test_a_batch_that_became_all_of_the_data_is_no_longer_averaged(open_window, at_step, qtbot):
    window = open_window(replace(load_preset("xor"), batch_size=1), Settings(None))
    at_step(window, 30)
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(batch_size=4))
    assert at_step(window, 31)[0].names[0] == "training"
    assert at_step(window, 30)[0].names[0] == "training (mean of 4 steps)"


def test_the_table_of_runs_has_the_figures_of_the_legend(open_window, at_step):
    window = open_window(load_preset("xor"), Settings(None))
    legends = at_step(window, EVERY + 7)
    window.runs_panel.show_frame(window.session.latest)
    (row,) = csv.DictReader(StringIO(window.runs_panel.csv()))
    item = window.runs_panel.tree.topLevelItem(0)
    texts = {window.runs_panel.tree.headerItem().text(i): item.text(i) for i in range(item.columnCount())}
    assert (texts["Loss"], texts["Test loss"], texts["Test"]) == (*legends[0].texts[:2], legends[1].texts[1])
    assert texts["Tested at"] == row["Tested at"] == str(EVERY)
    assert float(row["Loss"]) == pytest.approx(float(texts["Loss"]), rel=6e-3)


def test_toolbar_and_timeline_tell_the_same_step_at_any_moment_of_a_run(xor_window, qtbot):
    window, told = xor_window, []
    session = window.session

    def note():
        told.append((window.transport.figures["step"].text, window.timeline.figure.text))

    session.frame_shown.connect(note)
    session.send(c.RunTo(300))
    qtbot.waitUntil(lambda: session.step == 300 and session.latest.step == 300)
    note()
    assert [pair for pair in told if pair[0] != pair[1]] == []
    assert told[-1] == ("300", "300")


def test_toolbar_and_legend_tell_the_same_test_at_any_moment_of_a_run(xor_window, qtbot):
    """While the run trains as fast as it goes, and while the playhead goes back and returns."""
    window, told = xor_window, []
    session, panel, bar = window.session, window.findChild(CurvesPanel), window.transport.figures["accuracy"]

    def note():
        name = panel.legends[1].names[1].replace("(at step ", "at ").rstrip(")")
        told.append(((bar.name, bar.text), (name, panel.legends[1].texts[1])))

    # After the toolbar and the panel have heard of the frame.
    session.figure_pace.due.connect(note)
    session.frame_shown.connect(note)
    session.playhead.moved.connect(note)
    session.send(c.RunTo(3_010))
    qtbot.waitUntil(lambda: session.step == 3_010 and bar.name == "test at 3,000")
    for step in (37, 3_010):
        session.playhead.move(step)
        qtbot.waitUntil(lambda step=step: bar.name == f"test at {step // EVERY * EVERY:,}")
    assert [pair for pair in told if pair[0] != pair[1]] == []
    assert len({pair[0] for pair in told}) >= 3


def test_the_epoch_is_one_figure_everywhere(open_window, at_step, qtbot):
    """Also where it is between two tenths, and where the batch size changed in the middle of an epoch."""
    window = open_window(replace(load_preset("circles"), batch_size=48), Settings(None))
    at_step(window, 3)
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(batch_size=7))
    at_step(window, 40)
    panel = window.findChild(CurvesPanel)
    for step in (40, 1, 2, 3, 4, 23, 24):
        at_step(window, step)
        epoch = window.transport.figures["epoch"].text
        assert window.timeline.figure.name.endswith(f"epoch {epoch}")
        panel.loss.pointed.emit(float(step))
        assert panel.legends[0].texts[2] == f"step {step}, epoch {epoch}"
        panel.loss.pointed.emit(None)


def test_figures_come_seldom_all_of_one_frame_and_the_last_always(qtbot, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("visualnet.app.session.figure_pace.monotonic", lambda: clock[0])
    parent = QObject()
    told, pace = [], FigurePace(parent)
    pace.due.connect(told.append)
    pace.note("first", is_playing=True)
    pace.note("second", is_playing=True)
    pace.note("third", is_playing=True)
    assert told == ["first"]
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == ["first", "third"]
    pace.note("fourth", is_playing=True)
    pace.note("last", is_playing=False)
    assert told[2:] == ["last"]
    pace.note("of a run that went", is_playing=True)
    pace.forget()
    qtbot.wait(round(1000 * SECONDS_BETWEEN_FIGURES) + 20)
    assert told[3:] == []


def test_the_pace_that_is_chosen_is_told_at_once(xor_window):
    transport = xor_window.transport
    transport.slower()
    assert transport._speed_label.text() == "1,000 steps/s"


def test_no_heading_of_the_table_of_runs_is_cut_in_the_least_window(open_window, qtbot):
    window = open_window(load_preset("exploding-rate"), Settings(None))
    window.docks["runs"].bring_to_front()
    header = window.runs_panel.tree.header()
    qtbot.waitUntil(lambda: header.width() > 200)
    for column, name in enumerate(COLUMNS):
        assert header.sectionSize(column) >= header.fontMetrics().horizontalAdvance(name) + GRID


@pytest.mark.parametrize("preset", ["xor", "circles", "overfit-100"])
def test_in_the_least_window_both_legends_say_what_their_figures_are(open_window, at_step, preset):
    window = open_window(load_preset(preset), Settings(None))
    for legend in at_step(window, 27):
        told, _ = legend._fitting()
        assert told[0].endswith("training") or "mean of" in told[0]
        assert told[1].endswith(("at 20", "at step 20)"))


@pytest.mark.parametrize("width", [200, 300, 400, 500, 900])
def test_the_words_of_a_legend_never_leave_it(qtbot, theme, width, monkeypatch):
    from PySide6.QtGui import QPainter

    ends, paint = [], QPainter.drawText

    def draw(painter, place, text):
        ends.append(place.x() + painter.fontMetrics().horizontalAdvance(text))
        paint(painter, place, text)

    monkeypatch.setattr(QPainter, "drawText", draw)
    legend = Legend(theme, "Loss")
    qtbot.addWidget(legend)
    legend.resize(width, 24)
    names = (Names("training (mean of 50 steps)", "mean of 50"), Names("test (at step 4,000)", "at 4,000"))
    legend.show_texts("2.01·10¹⁹", "9.99·10⁻³⁰⁸", "step 4,001, epoch 1,000.3", "step 4,001", names=names)
    legend.grab()
    assert max(ends) <= legend.width()
