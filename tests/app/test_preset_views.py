"""A preset begins at its pace and in its view; what a person chooses stays."""

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from visualnet.app.bars.speeds import SPEEDS
from visualnet.app.bars.transport import Transport
from visualnet.app.files.settings import Settings
from visualnet.app.panels.catalogue import PANELS
from visualnet.app.widgets.function_plot import FunctionPlot
from visualnet.app.window.preset_views import PLAIN, VIEWS
from visualnet.core.probes.surface import Surface, SurfaceProbe
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


def begin(qtbot, window, name):
    begin_in(qtbot, window.session, name)


def begin_in(qtbot, session, name):
    with qtbot.waitSignal(session.run_started, timeout=20_000):
        session.start_run(load_preset(name))


def view_of(window):
    panels = {name: dock.panel for name, dock in window.docks.items()}
    speed = SPEEDS[window.transport.speed.value()]
    return speed, panels["curves"].loss.is_log, panels["weights"].view.currentData()


def test_the_views_are_of_presets_and_can_be_chosen():
    assert set(VIEWS) <= set(PRESETS)
    assert {view.front for view in VIEWS.values()} <= {None, *(kind.info.name for kind in PANELS)}
    assert {view.speed for view in VIEWS.values()} <= set(SPEEDS)


@pytest.mark.parametrize(
    ("name", "is_learnt"),
    [
        ("xor", lambda loss, accuracy: accuracy == 1 and loss < 0.02),
        ("original-xor", lambda loss, accuracy: accuracy == 1 and loss < 0.02),
        ("circles", lambda loss, accuracy: accuracy > 0.98),
        ("spiral", lambda loss, accuracy: accuracy > 0.95),
        ("regression", lambda loss, accuracy: loss < 0.02),
        ("exploding-rate", lambda loss, accuracy: loss > 1e30),
    ],
)
def test_at_its_pace_one_sees_a_small_network_learn(name, is_learnt):
    trainer = Trainer(load_preset(name))
    while not is_learnt(*trainer.evaluate()):
        for _ in range(5):
            trainer.step()
    assert 2 < trainer.step_count / VIEWS[name].speed < 12, "seconds"


def test_every_preset_brings_its_pace_and_its_view(open_window, qtbot):
    window = open_window(load_preset("mnist"), Settings(None), keeps_speed=False)
    for name in (*PRESETS, "exploding-rate", "dead-relus", "mnist"):
        window.docks["runs"].bring_to_front()
        begin(qtbot, window, name)
        view = VIEWS.get(name, PLAIN)
        qtbot.waitUntil(lambda view=view: window.session.speed == view.speed)
        assert view_of(window) == (view.speed, view.has_log_loss, view.weights)
        is_whole = window.session.run.steps_per_epoch == 1
        assert (window.docks["curves"].panel.smoothing.value() > 0) == (view.is_smoothed and not is_whole)
        largest = "weights" if window.session.run.data.points is None else "surface"
        front = window.docks[view.front or largest]
        qtbot.waitUntil(lambda front=front: not front.visibleRegion().isEmpty())


def test_no_speed_is_told_before_there_is_a_run_to_play(qtbot, theme, session):
    transport = Transport(session, theme)
    qtbot.addWidget(transport)
    told = " ".join(label.text() for label in transport.findChildren(QLabel))
    assert "speed" not in told and not transport.speed.isEnabled()
    begin_in(qtbot, session, "xor")
    told = " ".join(label.text() for label in transport.findChildren(QLabel))
    assert "full speed" in told and transport.speed.isEnabled()


def test_a_speed_that_was_chosen_stays_and_a_view_that_was_changed_too(open_window, qtbot):
    window = open_window(load_preset("exploding-rate"), Settings(None), keeps_speed=False)
    assert view_of(window)[:2] == (2, True)
    window.docks["curves"].panel.log.click()
    with qtbot.waitSignal(window.session.run_started):
        window.session.restart()
    assert view_of(window)[:2] == (2, False), "the same preset begins as it was left"
    assert window.docks["curves"].panel.smoothing.value() == 0
    window.transport.faster()
    begin(qtbot, window, "xor")
    begin(qtbot, window, "exploding-rate")
    assert view_of(window)[:2] == (5, True)


def test_a_chosen_speed_comes_back_with_its_run_and_with_no_other(open_window, qtbot, tmp_path):
    path = tmp_path / "settings.json"
    window = open_window(load_preset("xor"), Settings(path), keeps_speed=False)
    window.transport.faster()
    assert window.close()
    again = open_window(load_preset("xor"), Settings(path), keeps_speed=False)
    assert view_of(again)[0] == 20
    begin(qtbot, again, "exploding-rate")
    assert view_of(again)[0] == VIEWS["exploding-rate"].speed
    assert again.close()
    third = open_window(load_preset("xor"), Settings(path), keeps_speed=False)
    assert view_of(third)[0] == 20


@pytest.mark.parametrize("damaged", [3.5, "fast", [1], -1])
def test_a_speed_that_nobody_could_choose_is_not_brought_back(open_window, damaged):
    settings = Settings(None)
    settings.speeds = {"xor": damaged}
    window = open_window(load_preset("xor"), settings, keeps_speed=False)
    assert view_of(window)[0] == VIEWS["xor"].speed


def test_a_curve_that_goes_astray_is_followed(qtbot, theme):
    plot = FunctionPlot(theme)
    qtbot.addWidget(plot)
    inputs = np.linspace(-1, 1, 5)
    plot.set_points(inputs, inputs)
    bounds = (-1.2, 1.2, -1.2, 1.2)
    for size, top in ((1, 1.2), (1.5, 1.2), (1.6, 2), (30, 50), (7e20, 1e21), (30, 50), (1, 1.2)):
        scores = np.full((1, 8), size, float)
        plot.show_curve(Surface(scores, bounds, inputs[:, None], np.empty(0, np.intp)))
        assert plot.bounds[3] == pytest.approx(top)
    for scores in (np.full(8, np.nan), np.array([30, *[1] * 6, -30.0])):
        plot.show_curve(Surface(scores[None], bounds, inputs[:, None], np.empty(0, np.intp)))
        assert plot.bounds == bounds, "where there are no points nothing is followed"


def test_the_axis_of_a_curve_comes_down_with_patience_while_curves_stream(qtbot, theme):
    plot = FunctionPlot(theme)
    qtbot.addWidget(plot)
    inputs = np.linspace(-1, 1, 5)
    plot.set_points(inputs, inputs)

    def top_for(size, is_last):
        scores = np.full((1, 8), size, float)
        plot.show_curve(Surface(scores, (-1, 1, -1, 1), inputs[:, None], np.empty(0, np.intp)), is_last)
        return plot.bounds[3]

    assert [top_for(size, False) for size in (300, 3, 3)] == [500, 500, 500]
    assert top_for(3, True) == 5


def test_the_curve_of_exploding_rate_stays_in_its_picture(qtbot, theme):
    trainer, plot = Trainer(load_preset("exploding-rate")), FunctionPlot(theme)
    qtbot.addWidget(plot)
    points = trainer.dataset.train
    plot.set_points(points.inputs[:, 0], points.targets[:, 0])
    for _ in range(22):
        trainer.step()
        plot.show_curve(SurfaceProbe().result(TrainerView(trainer)))
        outputs = trainer.network.predict(points.inputs)
        assert plot.bounds[2] <= outputs.min() and outputs.max() <= plot.bounds[3]
