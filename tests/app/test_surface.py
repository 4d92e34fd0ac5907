"""The decision surface: smooth borders, a key, test points, and axes with the names of a table's columns."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualnet.app.panels.surface import SURFACE, TEST_CLASSES, SurfacePanel
from visualnet.app.theme import THEMES, class_colour, class_table
from visualnet.app.widgets.plane import Plane
from visualnet.core.history.history import History
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.surface import Surface
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.match_data import on_file
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer

TABLE = "sepal length,petal width,species\n" + "".join(
    f"{5 + place % 7 / 7},{1 + place % 5 / 5},{kind}\n"
    for kind in ("setosa", "versicolor", "virginica")
    for place in range(20)
)
MIDDLES = (np.arange(64) + 0.5) / 64


@pytest.fixture
def opened(qtbot, session, theme):
    """A function that gives the panel of a run on these data."""

    def open_on(setup, size=(560, 420)):
        panel = SurfacePanel(session, theme)
        qtbot.addWidget(panel)
        panel.resize(*size)
        with qtbot.waitSignal(session.run_started, timeout=10_000):
            session.start_run(setup, follows_data=True)
        panel.show_run(session.run)
        panel.show()
        return panel

    return open_on


def on(**data):
    return replace(load_preset("xor"), data=DataSetup(**data))


def show(panel, results=None):
    """A frame of an untrained network, or of these results; the pixels of the picture inside."""
    session = panel.session
    trainer = Trainer(session.run.setup)
    measured = {probe: probe.result(TrainerView(trainer)) for probe in panel.probes()} | (results or {})
    panel.show_frame(Frame(session.run.generation, 1, 0.0, History().view(), measured))
    QApplication.processEvents()
    return measured


def colours(widget):
    """(height, width, 3) of the pixels."""
    image = widget.grab().toImage()
    pixels = np.array(image.constBits()).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return pixels[:, : image.width(), 2::-1].astype(int)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def border_of(plane, is_second):
    """For each row of the picture, the share of its width at which the colour turns."""
    picture = plane.picture
    inside = colours(plane)[picture.top() : picture.bottom() + 1, picture.left() : picture.right() + 1]
    return is_second(inside).argmax(axis=1) / picture.width()


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("steepness", [30, 500])
def test_a_border_is_where_a_line_is_and_has_no_steps(qtbot, theme, classes, steepness):
    """The network's border is x = 0.3 + 0.4 y: the grid's own steps would be 6 pixels high."""
    plane = Plane(theme)
    qtbot.addWidget(plane)
    plane.resize(480, 480)
    second = sigmoid(steepness * (MIDDLES[np.newaxis] - 0.3 - 0.4 * MIDDLES[:, np.newaxis]))
    points, no_points = np.empty((0, 2)), np.empty(0, int)
    plane.set_points(points, no_points, classes)
    shown = Surface(second, (0, 1, 0, 1), points, no_points, has_odds=True)
    if classes > 2:
        rivals = np.stack([1 - second, second])
        shown = replace(shown, scores=rivals.argmax(0), rivals=(0, 1), rival_scores=rivals)
    plane.show_surface(shown, no_points)
    table = [QColor.fromRgba(colour) for colour in class_table(theme)[:2]]
    is_orange = (lambda c: c[..., 0] > c[..., 2] - 10) if classes == 2 else (lambda c: c[..., 0] > 85)
    assert table[0].red() < 85 < table[1].red()
    border = border_of(plane, is_orange)
    rows = len(border)
    up = 1 - (np.arange(rows) + 0.5) / rows
    # The last half of a cell at the rim has no neighbour.
    inside = slice(rows // 64, -(rows // 64))
    off = np.abs(border - (0.3 + 0.4 * up))[inside] * rows
    assert off.max() < 2.5
    assert max(abs(a - b) for a, b in pairwise(border[inside])) * rows < 2.5
    assert plane.score_at(0.9, 0.1) == pytest.approx(1, abs=1e-3)
    assert plane.score_at(0.1, 0.9) == pytest.approx(0, abs=1e-3)


def test_scores_that_are_cut_or_are_no_numbers_are_drawn_as_they_are(qtbot, theme):
    plane = Plane(theme)
    qtbot.addWidget(plane)
    plane.resize(300, 300)
    points, none = np.empty((0, 2)), np.empty(0, int)
    plane.set_points(points, none, 2)
    scores = np.full((64, 64), 0.5)
    scores[:, :20], scores[:, 40:] = np.nan, np.inf
    for has_odds in (False, True):
        plane.show_surface(Surface(scores, (0, 1, 0, 1), points, none, has_odds=has_odds), none)
        inside = colours(plane)[plane.picture.center().y()]
        assert QColor(*inside[plane.picture.left() + 10]).name() == theme.panel
        assert QColor(*inside[plane.picture.right() - 10]).name() == theme.positive


@pytest.mark.parametrize("name", list(THEMES))
def test_the_key_says_which_colour_is_which_class(opened, qtbot, name):
    panel = opened(on(name="gaussians", classes=4))
    panel.set_theme(THEMES[name])
    show(panel)
    assert panel.key.texts == ("0", "1", "2", "3", "taken for another")
    for label in range(4):
        place = panel.key.place_of(label)
        assert panel.key.grab().toImage().pixelColor(place).name() == class_colour(THEMES[name], label)
    assert panel.key.geometry().bottom() < panel.height()


def test_the_key_of_values_has_their_numbers_and_that_of_a_curve_its_parts(opened):
    panel = opened(on(name="plane", noise=0))
    reach = show(panel)[SURFACE].reach
    assert [float(text.replace("−", "-")) for text in panel.key.texts] == pytest.approx(
        [-reach, 0, reach], rel=0.01
    )
    panel = opened(on(name="sine"))
    show(panel)
    assert panel.key.texts == ("network", "training")


def test_a_key_of_very_many_classes_names_the_first_and_counts_the_rest(opened):
    panel = opened(on(name="gaussians", classes=40, count=200), (600, 400))
    show(panel)
    assert panel.key.texts[9:11] == ("9", "… of 40 classes")
    assert panel.key.heightForWidth(panel.key.width()) <= panel.key.height() < panel.height()


def test_test_points_are_shown_when_asked_for_and_marked_where_they_are_wrong(opened, session, theme):
    panel = opened(on(name="gaussians", classes=2, count=20, noise=0.3), (700, 560))
    show(panel)
    data, plane = session.run.data, panel.plane
    assert panel.probes() == {SURFACE}
    before = colours(plane)
    QTest.mouseClick(panel.test, Qt.MouseButton.LeftButton)
    assert panel.probes() == {SURFACE, TEST_CLASSES}
    assert panel.key.texts[-2:] == ("training", "test")
    alone = [
        place
        for place, point in enumerate(data.test_points)
        if far_from(plane, point, [*data.points, *np.delete(data.test_points, place, 0)])
    ]
    assert len(alone) > 3
    said = data.test_point_labels.copy()
    said[alone[0]] = 1 - said[alone[0]]
    show(panel, {TEST_CLASSES: said})
    after = colours(plane)
    for place in alone:
        position = plane.position_of(*data.test_points[place]).toPoint()
        assert QColor(*after[position.y(), position.x()]).name() == class_colour(
            theme, data.test_point_labels[place]
        )
        near = {
            QColor(*after[position.y() + y, position.x() + x]).name()
            for y in range(-11, 12)
            for x in range(-11, 12)
        }
        assert theme.panel in near
        assert (theme.wrong in near) == (place == alone[0])
    QTest.mouseClick(panel.test, Qt.MouseButton.LeftButton)
    assert np.array_equal(colours(plane), before)


def far_from(plane, point, others):
    """Whether no other point is painted near this one, and nothing of it beyond the picture."""
    place = plane.position_of(*point)
    gaps = [(plane.position_of(*other) - place).manhattanLength() for other in others]
    return min(gaps) > 32 and plane.picture.adjusted(16, 16, -16, -16).contains(place.toPoint())


def test_test_points_of_a_curve_have_the_colour_of_tests(opened, session, theme):
    panel = opened(on(name="sine", count=10, noise=2))
    show(panel)
    QTest.mouseClick(panel.test, Qt.MouseButton.LeftButton)
    assert panel.probes() == {SURFACE}
    data = session.run.data
    seen = colours(panel.curve)
    for place in panel.curve.positions_of(data.test_points[:, 0], data.test_point_labels[:, 0]):
        found = seen[round(place.y()), round(place.x())]
        assert QColor(*found).name() in (theme.test, theme.training)


def test_where_training_and_test_points_are_the_same_none_are_offered(opened):
    panel = opened(load_preset("xor"))
    assert panel.test.isHidden()
    panel.test.setChecked(True)
    assert panel.probes() == {SURFACE}
    assert "test" not in panel.key.texts


def test_axes_and_key_have_the_names_of_a_table(opened, tmp_path, monkeypatch):
    (tmp_path / "iris.csv").write_text(TABLE)
    setup = on_file(load_preset("xor"), tmp_path / "iris.csv")
    panel = opened(replace(setup, data=replace(setup.data, standardize=False)))
    told, paint = [], QPainter.drawText
    monkeypatch.setattr(QPainter, "drawText", lambda *args: (told.append(args[-1]), paint(*args)))
    show(panel)
    panel.plane.grab()
    assert {"sepal length", "petal width"} <= set(told)
    assert panel.key.texts == ("setosa", "versicolor", "virginica", "taken for another")
    panel.plane.pointed.emit((5.5, 1.5))
    assert panel.readout.text().startswith("sepal length 5.500  ·  petal width 1.500  ·  class ")
    panel = opened(replace(setup, data=replace(setup.data, standardize=True)))
    show(panel)
    panel.plane.grab()
    assert "petal width (standardised)" in told


def test_the_axes_of_a_curve_are_its_column_and_its_target(opened, tmp_path, monkeypatch):
    rows = "".join(f"{place / 7},{place**2 / 9.5}\n" for place in range(40))
    (tmp_path / "fall.csv").write_text(f"time,height\n{rows}")
    setup = on_file(load_preset("regression"), tmp_path / "fall.csv")
    panel = opened(replace(setup, data=replace(setup.data, standardize=False)))
    told, paint = [], QPainter.drawText
    monkeypatch.setattr(QPainter, "drawText", lambda *args: (told.append(args[-1]), paint(*args)))
    show(panel)
    panel.curve.grab()
    assert {"time", "height"} <= set(told)


@pytest.mark.parametrize("size", [(560, 360), (300, 640), (240, 260)])
def test_key_picture_and_words_stand_apart(opened, size):
    panel = opened(on(name="gaussians", classes=4), size)
    show(panel)
    QApplication.processEvents()
    picture = panel.plane.picture.translated(panel.plane.mapTo(panel, QPoint()))
    key = panel.key.rect().translated(panel.key.mapTo(panel, QPoint()))
    assert panel.rect().contains(picture) and panel.rect().contains(key)
    assert not picture.intersects(key)
    assert (key.left() > picture.right()) == (size[0] > size[1])
