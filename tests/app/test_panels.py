"""Panels: pixels that follow known data, real mouse and keys, and a word for every state."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.predictions import PredictionsPanel
from visualnet.app.panels.surface import SURFACE, SurfacePanel
from visualnet.app.panels.truth_table import TruthTablePanel
from visualnet.app.panels.weights import WeightsPanel
from visualnet.app.theme import blend, class_colour, rgb
from visualnet.app.widgets.heatmap import Cell, Heatmap
from visualnet.core.history.history import History
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.feature_maps import INPUT, FeatureMapsProbe
from visualnet.core.probes.predictions import Predictions
from visualnet.core.probes.surface import Surface
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


def frame_of(session, results, step=1):
    return Frame(session.run.generation, step, 0.0, History().view(), results)


def shown(qtbot, session, theme, kind, size=(500, 400), preset="mnist"):
    panel = kind(session, theme)
    qtbot.addWidget(panel)
    panel.resize(*size)
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(load_preset(preset))
    panel.show_run(session.run)
    panel.show()
    QApplication.processEvents()
    return panel


def colour_at(widget, point):
    return QColor(widget.grab().toImage().pixel(point)).name()


def test_heatmap_colours_follow_the_numbers(qtbot, theme):
    heatmap = Heatmap(theme)
    qtbot.addWidget(heatmap)
    heatmap.resize(400, 200)
    heatmap.show_values(np.array([[-1.0, 0.0, 1.0, 5.0]]), 1.0)
    picture = heatmap.picture
    width = picture.width() // 4
    # A corner of each cell: its number stands in the middle.
    colours = [colour_at(heatmap, picture.topLeft() + QPoint(width * cell + 3, 3)) for cell in range(4)]
    assert colours[1] == theme.panel
    assert colours[2] == colours[3] == theme.positive
    assert colours[0] == blend(theme.negative, theme.panel, 1 / 128)


def test_tiles_show_each_row_of_the_matrix_as_an_image(qtbot, theme):
    values = np.zeros((5, 9), np.float32)
    values[3] = [0, 0, 0, 0, 0, 0, 0, 0, 1]
    heatmap = Heatmap(theme)
    qtbot.addWidget(heatmap)
    heatmap.resize(440, 340)
    heatmap.show_values(values, 1.0, tile_shape=(3, 3))
    found = [
        (x, y)
        for x in range(0, 440, 2)
        for y in range(0, 340, 2)
        if heatmap.cell_at(QPoint(x, y)) == Cell(3, 8)
    ]
    assert found
    image = heatmap.grab().toImage()
    assert {QColor(image.pixel(x, y)).name() for x, y in found[len(found) // 3 : -len(found) // 3]} == {
        theme.positive
    }


def test_a_thin_line_parts_small_tiles_in_a_gap_of_the_panels_tone(qtbot, theme):
    heatmap = Heatmap(theme)
    qtbot.addWidget(heatmap)
    heatmap.resize(440, 240)
    heatmap.show_values(np.ones((2, 9)), 1.0, (3, 3), 2)
    picture = heatmap.picture
    scale = picture.width() // 7
    row = [
        colour_at(heatmap, QPoint(picture.x() + x, picture.y() + scale // 2)) for x in range(picture.width())
    ]
    assert set(row[: 3 * scale]) == set(row[4 * scale :]) == {theme.positive}
    gap = row[3 * scale : 4 * scale]
    assert gap.count(theme.line) == 1 and gap.count(theme.panel) == scale - 1


@pytest.mark.parametrize("shape", [(24, 1), (1, 60), (8, 2)])
def test_a_matrix_of_one_row_or_column_is_more_than_a_stroke(qtbot, theme, shape):
    heatmap = Heatmap(theme)
    qtbot.addWidget(heatmap)
    heatmap.resize(430, 80)
    heatmap.show_values(np.ones(shape), 1.0)
    assert min(heatmap.picture.width(), heatmap.picture.height()) >= 40


def test_streaming_tiles_are_complete_after_all_turns(qtbot, theme):
    rng = np.random.default_rng(0)
    live, still = Heatmap(theme), Heatmap(theme)
    for heatmap in (live, still):
        qtbot.addWidget(heatmap)
        heatmap.resize(400, 300)
    live.turns = 3
    live.show_values(rng.normal(size=(40, 16)), 1.0, (4, 4))
    last = rng.normal(size=(40, 16))
    for _ in range(3):
        live.show_values(last, 1.0, (4, 4))
    still.show_values(last, 1.0, (4, 4))
    assert np.array_equal(live._pixels, still._pixels)


def test_all_tiles_have_the_new_scale_at_once(qtbot, theme):
    live, still = Heatmap(theme), Heatmap(theme)
    values = np.random.default_rng(0).normal(size=(40, 16))
    for heatmap in (live, still):
        qtbot.addWidget(heatmap)
        heatmap.resize(400, 300)
    live.turns = 3
    for limit in (1.0, 2.0, 1.0):
        live.show_values(values, limit, (4, 4))
        still.show_values(values, limit, (4, 4))
        assert np.array_equal(live._pixels, still._pixels)


def test_places_without_a_tile_keep_the_tone_of_zero(qtbot, theme):
    heatmap = Heatmap(theme)
    qtbot.addWidget(heatmap)
    heatmap.resize(400, 400)
    for _ in range(5):
        heatmap.show_values(np.ones((3, 16)), 1.0, (4, 4))
    picture = heatmap.picture
    assert colour_at(heatmap, picture.bottomRight() - QPoint(20, 20)) == theme.panel
    assert colour_at(heatmap, picture.topLeft() + QPoint(20, 20)) == theme.positive


def test_not_a_number_is_shown_without_a_warning(qtbot, theme):
    heatmap = Heatmap(theme)
    qtbot.addWidget(heatmap)
    heatmap.show_values(np.array([[np.nan, np.inf, -np.inf, 1e38]], np.float32), 1e-3)
    assert not heatmap.grab().isNull()


def test_weights_are_read_with_mouse_and_keys(qtbot, session, theme):
    panel = shown(qtbot, session, theme, WeightsPanel, (600, 500), "xor")
    values = np.arange(16, dtype=float).reshape(8, 2) / 16
    (probe,) = panel.probes()
    panel.show_frame(frame_of(session, {probe: values}))
    middle = panel.heatmap._rectangle(Cell(3, 1)).center()
    QTest.mouseMove(panel.heatmap, middle)
    qtbot.waitUntil(lambda: "Neuron 4" in panel.readout.text())
    assert "input 2" in panel.readout.text()
    assert "+0.4375" in panel.readout.text()
    QTest.keyClick(panel.heatmap, Qt.Key.Key_Up)
    assert "Neuron 3" in panel.readout.text()


def test_weights_panel_asks_for_what_was_chosen(qtbot, session, theme):
    panel = shown(qtbot, session, theme, WeightsPanel)
    with qtbot.waitSignal(panel.wants_frame):
        panel.view.setCurrentIndex(2)
    (probe,) = panel.probes()
    assert (probe.layer, probe.which.value) == (0, "change")
    panel.layer.setCurrentIndex(1)
    (probe,) = panel.probes()
    assert probe.layer == 2


def test_kernels_of_a_convolution_are_tiles_and_weights_of_one_axis_are_left_out(qtbot, session, theme):
    layers = (
        LayerSetup("conv2d", channels=3, kernel=2),
        LayerSetup("batch-norm"),
        LayerSetup("conv2d", channels=4, kernel=2),
        LayerSetup("dense", 10),
    )
    panel = WeightsPanel(session, theme)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(replace(load_preset("mnist"), layers=layers))
    panel.show_run(session.run)
    assert [panel.layer.itemData(index) for index in range(panel.layer.count())] == [0, 2, 3]
    assert panel._tile_shape == (2, 2)
    panel.layer.setCurrentIndex(1)
    (probe,) = panel.probes()
    values = np.arange(48, dtype=np.float32).reshape(4, 12)
    panel.show_frame(frame_of(session, {probe: values}))
    # Columns are the four channels out, rows the three channels in.
    shown_values = panel.heatmap._values
    for channel_out in range(4):
        for channel_in in range(3):
            kernel = values[channel_out, 4 * channel_in : 4 * channel_in + 4]
            np.testing.assert_array_equal(shown_values[channel_in * 4 + channel_out], kernel)
    assert panel.heatmap._columns_of_tiles == 4
    panel.heatmap.cell_changed.emit(Cell(6, 3))
    assert "Kernel 3 of channel 2  ·  pixel row 2, column 2  ·  weights +31" in panel.readout.text()


def test_feature_maps_are_tiles_of_channels_and_cells_of_neurons(qtbot, session, theme):
    panel = shown(qtbot, session, theme, FeatureMapsPanel, preset="mnist-1000")
    names = [panel.layer.itemText(index) for index in range(panel.layer.count())]
    assert names[:3] == ["The image", "Conv 1:  8 × 24 × 24", "Conv 1, ReLU:  8 × 24 × 24"]
    probe = panel._probe
    assert probe.layer == 1
    maps = np.zeros((8, 24, 24), np.float32)
    maps[2, 5, 7] = 3
    panel.show_frame(frame_of(session, {probe: maps}))
    assert panel.heatmap._tile_shape == (24, 24)
    assert "silent ones: 7 of 8" in panel.readout.text()
    panel.heatmap.cell_changed.emit(Cell(2, 5 * 24 + 7))
    assert panel.readout.text() == "Channel 3  ·  row 6, column 8  ·  gives 3"
    panel.layer.setCurrentIndex(panel.layer.count() - 1)
    probe = panel._probe
    panel.show_frame(frame_of(session, {probe: np.arange(10) - 4.0}))
    assert panel.heatmap._values.size == 10
    panel.heatmap.cell_changed.emit(Cell(1, 4))
    assert panel.readout.text() == "Class 9  ·  gives 5"


def test_magnitudes_have_no_colour_of_a_sign(qtbot, session, theme):
    panel = shown(qtbot, session, theme, FeatureMapsPanel)
    probe = panel._probe
    values = np.zeros(256, np.float32)
    values[-1] = 1
    panel.show_frame(frame_of(session, {probe: values}))
    picture = panel.heatmap.picture
    assert colour_at(panel.heatmap, picture.bottomRight() - QPoint(2, 2)) == theme.ink
    values[-1], values[0] = 1, -1
    panel.show_frame(frame_of(session, {probe: values}))
    assert colour_at(panel.heatmap, picture.bottomRight() - QPoint(2, 2)) == theme.positive


def test_feature_maps_of_another_image_and_of_the_drawing(qtbot, session, theme):
    panel = shown(qtbot, session, theme, FeatureMapsPanel)
    assert not panel.drawn.isEnabled()
    panel.another.trigger()
    probe = panel._probe
    assert (probe.example, probe.pixels) == (1, b"")
    pixels = bytes(783) + b"\xff"
    panel.show_drawing(pixels)
    panel.drawn.click()
    probe = panel._probe
    assert probe.pixels == pixels
    panel.show_drawing(b"")
    assert not panel.drawn.isEnabled()
    probe = panel._probe
    assert (probe.example, probe.pixels) == (1, b"")


def test_each_feature_map_uses_its_whole_scale_and_stands_beside_its_input(qtbot, session, theme):
    panel = shown(qtbot, session, theme, FeatureMapsPanel, (700, 460), "mnist-1000")
    image = FeatureMapsProbe(INPUT)
    assert panel.probes() == {panel._probe, image}
    maps, pixels = np.zeros((8, 24, 24), np.float32), np.zeros((1, 28, 28), np.float32)
    maps[0, 0, 0], maps[1, 5, 7], pixels[0, 3, 4] = 40, 0.02, 1
    panel.show_frame(frame_of(session, {panel._probe: maps, image: pixels}))
    darkest = np.abs(panel.heatmap._values).max(axis=1)
    assert darkest.tolist() == [1, 1, 0, 0, 0, 0, 0, 0], "a weak channel is not dim, a silent one stays blank"
    assert panel.image.isVisible()
    assert panel.image.name.text() == "Test image 1"
    assert panel.image.heatmap._values.reshape(28, 28)[3, 4] == 1
    panel.layer.setCurrentIndex(0)
    panel.show_frame(frame_of(session, {image: pixels}))
    assert panel.image.isHidden(), "it is shown large already"


@pytest.mark.parametrize("kind", [WeightsPanel, FeatureMapsPanel])
def test_the_marked_cell_leaves_with_its_matrix(qtbot, session, theme, kind):
    panel = shown(qtbot, session, theme, kind, preset="mnist-1000")
    panel.show_frame(
        frame_of(session, {panel._probe: panel._probe.result(TrainerView(Trainer(session.run.setup)))})
    )
    panel.heatmap._point_at(Cell(1, 1))
    panel.layer.setCurrentIndex(panel.layer.currentIndex() + 1)
    assert panel.heatmap.cell is None
    panel.show_frame(
        frame_of(session, {panel._probe: panel._probe.result(TrainerView(Trainer(session.run.setup)))})
    )
    panel.heatmap._point_at(Cell(1, 1))
    panel.show_run(session.run)
    panel.show_frame(
        frame_of(session, {panel._probe: panel._probe.result(TrainerView(Trainer(session.run.setup)))})
    )
    assert panel.heatmap.cell is None


def test_surface_colours_and_wrong_points(qtbot, session, theme):
    panel = shown(qtbot, session, theme, SurfacePanel, (500, 460), "xor")
    scores = np.zeros((64, 64))
    scores[32:] = 1.0
    outputs = np.array([[0.1], [0.9], [0.1], [0.9]])
    surface = Surface(scores, (-0.5, 1.5, -0.5, 1.5), outputs, np.array([0, 1, 0, 1]))
    panel.show_frame(frame_of(session, {SURFACE: surface}))
    picture = panel.plane.picture
    above = QPoint(picture.x() + 10, picture.y() + 10)
    below = QPoint(picture.x() + 10, picture.bottom() - 10)
    assert colour_at(panel.plane, above) == theme.positive
    assert colour_at(panel.plane, below) == blend(theme.negative, theme.panel, 1 / 128)
    assert panel.plane._wrong.tolist() == [2, 3]
    QTest.mouseMove(panel.plane, above)
    qtbot.waitUntil(lambda: "1.000" in panel.readout.text())


def test_truth_table_counts_right_points(qtbot, session, theme):
    panel = shown(qtbot, session, theme, TruthTablePanel, (420, 300), "xor")
    outputs = np.array([[-2.0], [0.3], [0.3], [0.3]])
    surface = Surface(np.zeros((2, 2)), (0, 1, 0, 1), outputs, np.array([0, 1, 1, 1]))
    panel.show_frame(frame_of(session, {SURFACE: surface}))
    assert panel.accessibleDescription() == "3 of 4 right"
    assert not panel.grab().isNull()


def on_data(qtbot, session, theme, kind, **data):
    """The panel with a fitted network on these data, after two steps and a frame."""
    panel = kind(session, theme)
    qtbot.addWidget(panel)
    panel.resize(460, 400)
    setup = replace(load_preset("xor"), data=DataSetup(**data))
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(setup, follows_data=True)
    panel.show_run(session.run)
    panel.show()
    trainer = Trainer(session.run.setup)
    trainer.step()
    surface = SURFACE.result(TrainerView(trainer))
    panel.show_frame(frame_of(session, {SURFACE: surface}))
    QApplication.processEvents()
    panel.grab()
    return panel, surface


def test_values_over_the_plane_have_the_colours_of_their_sign(qtbot, session, theme):
    panel, surface = on_data(qtbot, session, theme, SurfacePanel, name="plane", noise=0)
    assert "below zero" in panel.readout.text()
    values = np.zeros((64, 64))
    values[32:] = surface.reach
    panel.show_frame(frame_of(session, {SURFACE: replace(surface, scores=values)}))
    picture = panel.plane.picture
    assert colour_at(panel.plane, QPoint(picture.x() + 4, picture.y() + 4)) == theme.positive
    assert colour_at(panel.plane, QPoint(picture.x() + 4, picture.bottom() - 4)) == theme.panel
    assert len(panel.plane._wrong) == 0
    QTest.mouseMove(panel.plane, QPoint(picture.x() + 4, picture.y() + 4))
    qtbot.waitUntil(lambda: f"output: {surface.reach:.3f}" in panel.readout.text())


def test_each_of_several_classes_has_its_colour_and_its_shape(qtbot, session, theme):
    panel, surface = on_data(qtbot, session, theme, SurfacePanel, name="gaussians", classes=4)
    bands = np.repeat(np.eye(4), 16, axis=1)[:, :, np.newaxis] * np.ones(64)
    panel.show_frame(frame_of(session, {SURFACE: replace(surface, rivals=(0, 1, 2, 3), rival_scores=bands)}))
    picture = panel.plane.picture
    height = picture.height() // 4
    seen = [
        colour_at(panel.plane, QPoint(picture.right() - 3, picture.bottom() - place * height - height // 2))
        for place in range(4)
    ]
    assert seen == [blend(theme.panel, class_colour(theme, label), 0.45) for label in range(4)]
    QTest.mouseMove(panel.plane, QPoint(picture.x() + 40, picture.y() + 8))
    qtbot.waitUntil(lambda: "class 3" in panel.readout.text())


def test_a_curve_is_painted_where_the_network_says(qtbot, session, theme):
    panel, surface = on_data(qtbot, session, theme, SurfacePanel, name="sine", noise=0)
    curve = panel.curve
    assert curve.isVisible()
    left, _, bottom, top = surface.bounds
    flat = np.full((1, 256), top - 0.1 * (top - bottom))
    panel.show_frame(frame_of(session, {SURFACE: replace(surface, scores=flat)}))
    (place,) = curve.positions_of(np.array([left]), flat[0, :1])
    # The line is two pixels wide and smoothed, so the nearest pixel is mostly its colour.
    painted = rgb(colour_at(curve, QPoint(curve.picture.x() + 3, round(place.y()))))
    assert np.abs(np.subtract(painted, rgb(theme.training))).max() < 50
    broken = replace(surface, scores=np.array([[np.nan, 1e300, -1e300]]))
    panel.show_frame(frame_of(session, {SURFACE: broken}))
    assert not curve.grab().isNull()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "sine"}, "200 points, off by"),
        ({"name": "waves"}, "200 points, off by"),
        ({"name": "gaussians", "classes": 3}, "of 200 right"),
    ],
)
def test_the_table_of_values_and_of_many_classes(qtbot, session, theme, data, words):
    panel, surface = on_data(qtbot, session, theme, TruthTablePanel, **data)
    assert words in panel.accessibleDescription()
    if "off by" in words:
        targets = session.run.data.point_labels
        error = np.sqrt(np.mean((surface.point_outputs - targets) ** 2))
        assert f"off by {error:.3g}" in panel.accessibleDescription()


@pytest.mark.parametrize("kind", [WeightsPanel, SurfacePanel, TruthTablePanel])
@pytest.mark.parametrize("name", ["sine", "plane", "gaussians"])
def test_every_panel_survives_regression_and_many_classes(qtbot, session, theme, kind, name):
    panel, _ = on_data(qtbot, session, theme, kind, name=name, classes=3)
    trainer = Trainer(session.run.setup)
    panel.show_frame(
        frame_of(session, {probe: probe.result(TrainerView(trainer)) for probe in panel.probes()})
    )
    assert not panel.grab().isNull()


def predictions_for(session, labels, guesses):
    count = len(labels)
    inputs = np.zeros((count, 784), np.uint8)
    inputs[:, 300:484] = 255
    scores = np.full((count, 10), 0.01)
    scores[np.arange(count), guesses] = 0.9
    return Predictions(np.arange(count), inputs, np.array(labels), scores, 2)


def test_predictions_tell_right_from_wrong_by_shape(qtbot, session, theme):
    panel = shown(qtbot, session, theme, PredictionsPanel, (420, 300))
    count = panel.grid.capacity
    (probe,) = panel.probes()
    assert probe.count == count
    labels = [7] * count
    right = predictions_for(session, labels, [7] * count)
    panel.show_frame(frame_of(session, {probe: right}))
    assert panel.count.text() == f"{count} of {count} right"
    first = panel.grid.cell_rectangle(0)
    before = panel.grid.grab(first).toImage()
    panel.show_frame(frame_of(session, {probe: predictions_for(session, labels, [1] + [7] * (count - 1))}))
    after = panel.grid.grab(first).toImage()
    wrong = {QColor(after.pixel(x, y)).name() for x in range(after.width()) for y in range(after.height())}
    assert before != after
    assert theme.wrong in wrong
    assert panel.count.text() == f"{count - 1} of {count} right"


def test_another_sample_and_only_the_wrong_ones_change_the_probe(qtbot, session, theme):
    panel = shown(qtbot, session, theme, PredictionsPanel)
    panel.another.trigger()
    assert next(iter(panel.probes())).sample == 1
    QTest.mouseClick(panel.only_wrong, Qt.MouseButton.LeftButton)
    probe = next(iter(panel.probes()))
    assert (probe.only_wrong, probe.sample) == (True, 0)
    empty = Predictions(
        np.empty(0, int), np.empty((0, 784), np.uint8), np.empty(0, int), np.empty((0, 10)), 0
    )
    panel.show_frame(frame_of(session, {probe: empty}))
    assert panel.grid.predictions is None


def test_a_drawn_stroke_is_centred_and_asked_about(qtbot, session, theme):
    panel = shown(qtbot, session, theme, DrawingPanel, (420, 300))
    assert panel.probes() == frozenset()
    pad = panel.pad
    top = QPoint(pad.width() // 2, pad.height() // 2 - 50)
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=top)
    QTest.mouseMove(pad, top + QPoint(0, 90))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=top + QPoint(0, 90))
    assert not pad.is_empty
    (probe,) = panel.probes()
    digit = np.frombuffer(probe.pixels, np.uint8).reshape(28, 28)
    assert abs((digit.sum(axis=1) @ np.arange(28)) / digit.sum() - 14) < 0.6
    scores = np.linspace(0, 0.9, 10)
    panel.show_frame(frame_of(session, {probe: scores}))
    assert panel.bars.accessibleDescription() == "most likely 9, 90%"
    panel.undo.trigger()
    assert pad.is_empty
    assert panel.bars.scores is None


def test_eraser_clear_and_keys_of_the_pad(qtbot, session, theme):
    panel = shown(qtbot, session, theme, DrawingPanel, (420, 300))
    pad = panel.pad
    pad.setFocus()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right):
        QTest.keyClick(pad, key)
    inked = int(pad.pixels.sum())
    assert inked > 0
    QTest.mouseClick(pad, Qt.MouseButton.RightButton, pos=QPoint(pad.width() // 2, pad.height() // 2))
    assert int(pad.pixels.sum()) < inked
    panel.clear.trigger()
    assert pad.is_empty
