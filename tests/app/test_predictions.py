"""The grid of test examples follows the data, keeps its place, and tells right from wrong by shape."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from visualnet.app.panels.predictions import PredictionsPanel
from visualnet.app.theme import LIGHT
from visualnet.core.history.history import History
from visualnet.core.messages.events import DataSummary, RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.predictions import Predictions, PredictionsProbe
from visualnet.core.setup.presets import load_preset

CLASSES = tuple("0123456789")
IMAGES = DataSummary("mnist", (28, 28), CLASSES, 100, 100, None, None)
POINTS = DataSummary("xor", (2,), ("0", "1"), 4, 4, None, None)


def run_on(data):
    return RunStarted(1, load_preset("mnist"), data, (), 0, 10, 0, {}, (), load_preset("mnist"))


def predictions_of(labels, scores, inputs=None, wrong_known=None):
    count = len(labels)
    pixels = np.zeros((count, 784), np.uint8) if inputs is None else inputs
    return Predictions(np.arange(40, 40 + count), pixels, np.array(labels), np.array(scores), wrong_known)


def sure_of(*guesses):
    return np.eye(10)[list(guesses)]


@pytest.fixture
def panel(qtbot, session, theme):
    made = PredictionsPanel(session, theme)
    qtbot.addWidget(made)
    made.resize(400, 320)
    made.show_run(run_on(IMAGES))
    session.run = run_on(IMAGES)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(panel, predictions):
    (probe,) = panel.probes()
    panel.show_frame(Frame(1, 5, 100.0, History().view(), {probe: predictions}))


def colours_along(panel, points):
    picture = panel.grid.grab().toImage()
    return [picture.pixelColor(point).name() for point in points]


def pixels_in(panel, rectangle, colour):
    """How many pixels of the picture have exactly this colour inside a rectangle."""
    picture = panel.grid.grab().toImage()
    wanted = QColor(colour).name()
    return sum(
        picture.pixelColor(x, y).name() == wanted
        for y in range(rectangle.top(), rectangle.bottom() + 1)
        for x in range(rectangle.left(), rectangle.right() + 1)
    )


def test_the_larger_the_panel_the_more_examples_it_asks_for(panel, qtbot):
    (small,) = panel.probes()
    assert 12 <= small.count <= 40
    panel.resize(600, 420)
    qtbot.waitUntil(lambda: panel.grid.capacity > small.count)
    assert panel.probes() == {PredictionsProbe(panel.grid.capacity)}


def test_an_image_is_painted_as_it_is(panel, theme):
    inputs = np.zeros((2, 784), np.uint8)
    inputs[1].reshape(28, 28)[:14] = 255
    show(panel, predictions_of([3, 4], sure_of(3, 4), inputs))
    first, second = (panel.grid.cell_rectangle(place).topLeft() for place in (0, 1))
    above, below = QPoint(20, 14), QPoint(20, 40)
    paper, ink, blank = colours_along(panel, [first + above, second + above, second + below])
    assert paper == blank != ink
    assert abs(QColor(ink).lightness() - QColor(paper).lightness()) > 100


def test_wrong_has_a_frame_around_its_image_and_right_has_none(panel, theme):
    show(panel, predictions_of([3, 4], sure_of(3, 9)))
    right, wrong = (panel.grid.cell_rectangle(place) for place in (0, 1))
    edge = [QPoint(10, 2), QPoint(30, 2), QPoint(0, 20), QPoint(0, 40)]
    assert set(colours_along(panel, [wrong.topLeft() + point for point in edge])) == {
        QColor(theme.wrong).name()
    }
    assert pixels_in(panel, right, theme.wrong) == 0


def test_a_grid_that_changed_looks_like_one_that_was_painted_anew(panel, theme):
    labels = list(range(6))
    after = predictions_of(labels, sure_of(0, 1, 9, 3, 9, 5))
    show(panel, predictions_of(labels, sure_of(9, 9, 9, 9, 4, 9)))
    panel.grid.grab()
    show(panel, after)
    changed = panel.grid.grab().toImage()
    panel.grid.set_theme(theme)
    assert changed == panel.grid.grab().toImage()


def test_the_first_bar_is_as_long_as_its_score(panel, theme):
    scores = np.zeros((2, 10))
    scores[0, 3], scores[1, 3], scores[1, 5] = 1.0, 0.4, 0.0
    show(panel, predictions_of([3, 3], scores))
    lengths = []
    for place in (0, 1):
        track = panel.grid._cells[place].tracks[0].toRect()
        lengths.append(pixels_in(panel, track, theme.text) / track.height())
    assert lengths[1] == pytest.approx(0.4 * lengths[0], abs=2)
    assert lengths[0] > 20


def test_it_counts_the_right_ones_in_words_for_eyes_and_ears(panel):
    show(panel, predictions_of([3, 4, 5], sure_of(3, 4, 6)))
    assert panel.count.text() == "2 of 3 right"
    assert panel.grid.accessibleDescription() == "2 of 3 right"


def test_another_run_begins_with_the_first_sample(panel):
    panel.another.trigger()
    panel.show_run(run_on(IMAGES))
    assert {probe.sample for probe in panel.probes()} == {0}
    assert panel.grid.predictions is None


def test_only_wrong_before_the_first_test_says_so(panel, qtbot):
    qtbot.mouseClick(panel.only_wrong, Qt.MouseButton.LeftButton)
    assert {probe.only_wrong for probe in panel.probes()} == {True}
    show(panel, predictions_of([3], sure_of(3)))
    assert panel.count.words == "No test was made yet: these are wrong now"


def test_only_wrong_says_how_many_there_are(panel, qtbot):
    qtbot.mouseClick(panel.only_wrong, Qt.MouseButton.LeftButton)
    show(panel, predictions_of([3, 4], sure_of(8, 9), wrong_known=1234))
    assert panel.count.words == panel.count.toolTip() == "2 of 1,234 that the last test got wrong"
    for width in (900, 400):
        panel.resize(width, 300)
        QApplication.processEvents()
        told = panel.count.text()
        assert panel.count.fontMetrics().horizontalAdvance(told) <= panel.count.width()
        assert told in ("2 of 1,234 that the last test got wrong", "2 of 1,234 wrong")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (None, "Of the 24 looked at here none is wrong. Another sample shows others."),
        (0, "Nothing was wrong in the last test."),
        (
            90,
            "Of the 24 looked at here, which the last test got wrong, none is wrong now. Another sample shows others.",
        ),
    ],
)
def test_where_none_is_wrong_no_more_is_claimed_than_was_looked_at(panel, qtbot, known, words):
    qtbot.mouseClick(panel.only_wrong, Qt.MouseButton.LeftButton)
    nothing = predictions_of([], np.zeros((0, 10)), np.zeros((0, 784), np.uint8), wrong_known=known)
    show(panel, replace(nothing, looked_at=24))
    assert panel.grid._hint == words


def test_nothing_wrong_shows_a_sentence_until_something_is(panel, qtbot):
    qtbot.mouseClick(panel.only_wrong, Qt.MouseButton.LeftButton)
    show(panel, predictions_of([], np.zeros((0, 10)), np.zeros((0, 784), np.uint8), wrong_known=0))
    assert panel.grid.predictions is None
    assert panel.count.text() == ""
    show(panel, predictions_of([4], sure_of(9), wrong_known=1))
    assert panel.grid.predictions is not None


def test_pointing_at_an_example_tells_its_place_its_label_and_all_scores(panel, qtbot):
    scores = np.full((2, 10), 0.02)
    scores[1, 9] = 0.82
    show(panel, predictions_of([3, 4], scores))
    qtbot.mouseMove(panel.grid, panel.grid.cell_rectangle(1).center())
    words = panel.grid.toolTip()
    assert "Test example 41" in words and "it is a 4" in words
    assert "9 82%" in words and all(f"{name} " in words for name in CLASSES)


def test_a_frame_without_an_answer_leaves_the_picture_as_it_is(panel):
    shown = predictions_of([3], sure_of(3))
    show(panel, shown)
    panel.show_frame(Frame(1, 6, 100.0, History().view(), {}))
    assert panel.grid.predictions is shown


def test_other_examples_replace_the_images_that_were_painted(panel):
    show(panel, predictions_of([3], sure_of(3)))
    place = panel.grid.cell_rectangle(0).topLeft() + QPoint(20, 20)
    blank = colours_along(panel, [place])
    other = predictions_of([4], sure_of(4), np.full((1, 784), 255, np.uint8))
    show(panel, replace(other, indices=np.array([99])))
    assert colours_along(panel, [place]) != blank


def test_another_theme_repaints_the_images_too(panel):
    inputs = np.zeros((1, 784), np.uint8)
    show(panel, predictions_of([3], sure_of(3), inputs))
    place = panel.grid.cell_rectangle(0).topLeft() + QPoint(20, 20)
    dark = colours_along(panel, [place])
    panel.set_theme(LIGHT)
    light = colours_along(panel, [place])
    assert QColor(light[0]).lightness() - QColor(dark[0]).lightness() > 100


def test_in_a_real_run_the_same_digits_turn_right(qtbot, session, theme):
    panel = PredictionsPanel(session, theme)
    qtbot.addWidget(panel)
    panel.resize(400, 320)
    session.add_panel(panel)
    panel.show()
    preset = load_preset("mnist")
    session.start_run(replace(preset, data=replace(preset.data, train_size=2000, test_size=200)))
    qtbot.waitUntil(lambda: panel.grid.predictions is not None, timeout=20_000)
    first = panel.grid.predictions
    assert np.array_equal(first.indices, np.arange(panel.grid.capacity))
    session.play()
    qtbot.waitUntil(lambda: share_right(panel) >= 0.7, timeout=20_000)
    assert np.array_equal(panel.grid.predictions.indices, first.indices)
    assert share_right(panel) > (first.scores.argmax(axis=1) == first.labels).mean()


def share_right(panel):
    predictions = panel.grid.predictions
    return (predictions.scores.argmax(axis=1) == predictions.labels).mean()


def test_scores_that_are_no_probabilities_are_no_percentages(panel):
    run = replace(run_on(IMAGES), gives_probabilities=False)
    panel.session.run = run
    show(panel, predictions_of([4, 4], np.full((2, 10), 0.23)))
    panel.grid.pointed.emit(1)
    assert "%" not in panel.grid.toolTip()
    assert "Scores: 0 0.230, 1 0.230" in panel.grid.toolTip()


@pytest.mark.parametrize(
    "names", [("circle", "cross"), ("an aeroplane", "an automobile"), ("x" * 80, "x" * 79 + "y")]
)
def test_names_of_classes_stand_clear_of_their_marks_and_bars_and_are_told_apart(panel, names):
    panel.show_run(run_on(replace(IMAGES, classes=names)))
    show(panel, predictions_of([0, 1, 0], np.eye(2)[[0, 0, 1]]))
    grid = panel.grid
    assert len(set(grid._guess_names)) == len(set(grid._other_names)) == 2
    assert all(len(name) > 1 for name in grid._other_names)
    for cell in grid._cells:
        ends = [cell.guess.x() + grid._bold.width_of(name) for name in grid._guess_names]
        assert max(ends) < min(point.x() for point in (*cell.tick, *cell.cross))
        assert max(point.x() for point in (*cell.tick, *cell.cross)) <= cell.whole.right()
        for start, track in zip(cell.names, cell.tracks[1:], strict=True):
            ends = [start.x() + grid._small.width_of(name) for name in grid._other_names]
            assert max(ends) < track.left() < track.right() <= cell.whole.right()


def test_a_long_name_is_whole_where_there_is_width_to_spare(panel):
    names = ("an equilateral triangle", "a circle")
    panel.show_run(run_on(replace(IMAGES, classes=names)))
    grid = panel.grid
    for width, is_whole in ((360, False), (320, True)):
        panel.resize(width, 300)
        QApplication.processEvents()
        assert (tuple(grid._guess_names) == names) == is_whole
    for cell, other in pairwise(grid._cells):
        assert cell.whole.right() < other.whole.left() or cell.whole.top() < other.whole.top()
