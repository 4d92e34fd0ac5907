"""Gradients as the window shows them: none before a step, on a scale of their own, all layers side by side."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from visualnet.app.files.settings import Settings
from visualnet.app.panels.weights import MAGNITUDES, NOT_YET, WeightsPanel
from visualnet.app.widgets.magnitude_strip import MagnitudeStrip
from visualnet.core.messages import commands as c
from visualnet.core.probes.weights import WeightView
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer

FEW_DIGITS = DataSetup("mnist", train_size=640, test_size=100)


@pytest.fixture
def gradients_of(open_window, qtbot):
    """A function that opens a window with a Setup, its weights panel showing gradients, at some step."""

    def opened(setup, step):
        window = open_window(setup, Settings(None))
        panel = window.findChild(WeightsPanel)
        panel.view.setCurrentIndex(panel.view.findData(WeightView.GRADIENTS))
        go_to(window, step)
        return window, panel

    def go_to(window, step):
        session = window.session
        session.send(c.RunTo(step))
        qtbot.waitUntil(lambda: session.step == step and not session.is_playing)
        panel = window.findChild(WeightsPanel)
        qtbot.waitUntil(
            lambda: session.latest.step == step and panel.probes() <= session.latest.results.keys()
        )

    opened.go_to = go_to
    return opened


def test_before_the_first_step_there_are_no_gradients_and_no_scale(gradients_of, qtbot):
    window, panel = gradients_of(load_preset("xor"), 0)
    qtbot.waitUntil(lambda: panel.heatmap._hint == NOT_YET)
    assert panel.heatmap._values is None
    assert not panel.colour_bar.isVisible()
    assert not panel.readout.text()
    gradients_of.go_to(window, 1)
    assert panel.heatmap._values is not None
    assert panel.colour_bar.isVisible()
    assert panel.readout.text() == "Rows are neurons, columns inputs. Point at one to read it."


def test_where_all_is_zero_no_scale_is_told(gradients_of, qtbot):
    setup = replace(load_preset("zero-init"), data=FEW_DIGITS)
    window, panel = gradients_of(setup, 1)
    assert panel.colour_bar.limit is None, (
        "the outputs' weights are zero, so nothing comes back to the first layer"
    )
    panel.layer.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.colour_bar.limit is not None)
    panel.layer.setCurrentIndex(0)
    qtbot.waitUntil(lambda: panel.colour_bar.limit is None)
    gradients_of.go_to(window, 2)
    assert panel.colour_bar.limit is not None


@pytest.mark.parametrize("step", [1, 30])
def test_the_scale_is_that_of_what_is_shown_from_the_first_step_on(gradients_of, step):
    _, panel = gradients_of(load_preset("xor"), step)
    greatest = np.abs(panel.heatmap._values).max()
    assert greatest <= panel.colour_bar.limit <= 5 * greatest


def test_a_run_that_was_begun_anew_forgets_the_gradients_of_the_one_before(gradients_of, qtbot):
    window, panel = gradients_of(load_preset("xor"), 20)
    window.session.restart()
    qtbot.waitUntil(lambda: panel.heatmap._hint == NOT_YET)
    assert panel.heatmap._values is None


def test_vanishing_gradients_are_seen_in_all_layers_at_once(gradients_of):
    setup = replace(load_preset("vanishing-tanh"), data=FEW_DIGITS)
    window, panel = gradients_of(setup, 5)
    trainer = Trainer(setup)
    for _ in range(5):
        trainer.step()
    expected = [
        np.abs(part["weight"]).mean() / trainer.gradient_scale
        for part in trainer.network.split(trainer.network.gradients)
        if "weight" in part
    ]
    names, sizes = zip(*panel.strip.magnitudes, strict=True)
    assert names == (*(f"Layer {number}" for number in range(1, 9)), "Outputs")
    assert sizes == pytest.approx(expected)
    assert panel.strip.isVisible()
    lengths = panel.strip.lengths
    assert lengths[-1] == 1
    assert lengths[0] < 0.5
    for place in (panel.layer.count() - 1, 0):
        panel.layer.setCurrentIndex(place)
        gradients_of.go_to(window, window.session.step + 1)
        greatest = np.abs(panel.heatmap._values).max()
        assert panel.colour_bar.limit <= 5 * greatest


def test_sizes_of_layers_take_no_room_from_other_panels(gradients_of, qtbot):
    window, panel = gradients_of(load_preset("xor"), 0)
    table = window.docks["truth-table"]
    before = table.geometry()
    gradients_of.go_to(window, 1)
    assert panel.strip.magnitudes and not panel.strip.isVisible()
    assert table.geometry() == before
    window.resize(1920, 1080)
    qtbot.waitUntil(panel.strip.isVisible)
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: not panel.strip.isVisible())
    assert table.geometry() == before


def test_layers_that_are_alike_have_bars_that_are_alike_and_any_size_has_one(qtbot, theme):
    strip = MagnitudeStrip(theme)
    qtbot.addWidget(strip)
    strip.resize(300, strip.height())
    strip.show_magnitudes((("a", 0.1), ("b", 0.09)), 0)
    assert strip.lengths[1] > 0.9
    for sizes in ((0.0, 0.0), (1e-30, 5e100), (float("nan"), 1.0), (float("inf"), 0.0)):
        strip.show_magnitudes(tuple(zip("ab", sizes, strict=True)), 1)
        assert all(0 <= length <= 1 for length in strip.lengths)
        assert not strip.grab().isNull()


def test_a_click_on_a_bar_chooses_its_layer(gradients_of):
    _, panel = gradients_of(replace(load_preset("vanishing-tanh"), data=FEW_DIGITS), 1)
    place = QPoint(round(7.5 * panel.strip.width() / 9), 5)
    QTest.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=place)
    assert panel.layer.currentText().startswith("Layer 8")


def test_what_is_not_known_is_told_apart_from_what_vanished():
    trainer = Trainer(load_preset("xor"))
    assert MAGNITUDES.result(TrainerView(trainer)) is None
    trainer.step()
    assert MAGNITUDES.result(TrainerView(trainer)) is not None
    trainer.restore(trainer.state)
    assert MAGNITUDES.result(TrainerView(trainer)) is None
