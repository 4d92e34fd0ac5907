"""The pad obeys mouse and keys, and its bars say what the network says of the drawing."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.widgets.score_bars import NAME_WIDTH, VALUE_WIDTH, ScoreBars
from visualnet.core.datasets.drawing import centred_digit
from visualnet.core.history.history import History
from visualnet.core.messages.events import DataSummary, RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.predictions import DrawingProbe
from visualnet.core.setup.presets import load_preset

CLASSES = tuple("0123456789")
IMAGES = DataSummary("mnist", (28, 28), CLASSES, 100, 100, None, None)
POINTS = DataSummary("xor", (2,), ("0", "1"), 4, 4, None, None)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def run_on(data):
    return RunStarted(1, load_preset("mnist"), data, (), 0, 10, 0, {}, (), load_preset("mnist"))


@pytest.fixture
def panel(qtbot, session, theme):
    made = DrawingPanel(session, theme)
    qtbot.addWidget(made)
    made.resize(400, 300)
    session.add_panel(made)
    made.show_run(run_on(IMAGES))
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def drag(qtbot, pad, *places, button=LEFT):
    """Press at the first place, go through the others, release at the last; shares of the paper."""
    points = [on_pad(pad, *place) for place in places]
    qtbot.mousePress(pad, button, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(pad, point)
    qtbot.mouseRelease(pad, button, pos=points[-1])


def on_pad(pad, across, down):
    side = min(pad.width(), pad.height())
    left = (pad.width() - side) // 2
    return QPoint(left + round(across * side), round(down * side))


def draw_a_one(qtbot, pad):
    drag(qtbot, pad, (0.5, 0.2), (0.5, 0.4), (0.5, 0.6), (0.5, 0.8))


def show(panel, scores):
    (probe,) = panel.probes()
    panel.show_frame(Frame(1, 5, 100.0, History().view(), {probe: np.array(scores)}))


def test_an_empty_pad_asks_for_nothing_and_shows_no_score(panel):
    assert panel.pad.is_empty
    assert panel.probes() == frozenset()
    assert panel.bars.scores is None


def test_the_mouse_draws_where_it_goes(panel, qtbot):
    draw_a_one(qtbot, panel.pad)
    rows, columns = np.nonzero(panel.pad.pixels > 128)
    assert rows.min() == pytest.approx(0.2 * 280 - 12, abs=4)
    assert rows.max() == pytest.approx(0.8 * 280 + 12, abs=4)
    assert columns.mean() == pytest.approx(140, abs=3)
    assert columns.max() - columns.min() < 30


def test_a_click_alone_makes_a_dot(panel, qtbot):
    qtbot.mouseClick(panel.pad, LEFT, pos=on_pad(panel.pad, 0.25, 0.75))
    rows, columns = np.nonzero(panel.pad.pixels > 128)
    assert (rows.mean(), columns.mean()) == pytest.approx((210, 70), abs=4)


def test_the_network_is_asked_about_the_centred_digit_and_the_preview_shows_it(panel, qtbot, theme):
    with qtbot.waitSignal(panel.wants_frame):
        drag(qtbot, panel.pad, (0.1, 0.1), (0.1, 0.3))
    digit = centred_digit(panel.pad.pixels)
    assert panel.probes() == {DrawingProbe(digit.tobytes())}
    picture = panel.preview.grab().toImage()
    middle, corner = picture.pixelColor(14, 14), picture.pixelColor(2, 2)
    assert abs(middle.lightness() - corner.lightness()) > 100


def test_the_right_button_erases(panel, qtbot):
    draw_a_one(qtbot, panel.pad)
    before = panel.pad.pixels.sum(dtype=int)
    drag(qtbot, panel.pad, (0.5, 0.2), (0.5, 0.5), button=RIGHT)
    pixels = panel.pad.pixels
    assert not pixels[60:140].any()
    assert 0 < pixels.sum(dtype=int) < before


def test_e_makes_the_left_button_erase_and_d_makes_it_draw_again(panel, qtbot):
    draw_a_one(qtbot, panel.pad)
    panel.pad.setFocus()
    qtbot.keyClick(panel.pad, Qt.Key.Key_E)
    assert panel.eraser.isChecked()
    draw_a_one(qtbot, panel.pad)
    assert panel.pad.is_empty
    qtbot.keyClick(panel.pad, Qt.Key.Key_D)
    draw_a_one(qtbot, panel.pad)
    assert not panel.pad.is_empty


def test_delete_clears_and_backspace_brings_back(panel, qtbot):
    draw_a_one(qtbot, panel.pad)
    drawn = panel.pad.pixels
    show(panel, np.eye(10)[1])
    panel.pad.setFocus()
    qtbot.keyClick(panel.pad, Qt.Key.Key_Delete)
    assert panel.pad.is_empty
    assert panel.bars.scores is None
    assert panel.probes() == frozenset()
    qtbot.keyClick(panel.pad, Qt.Key.Key_Backspace)
    assert np.array_equal(panel.pad.pixels, drawn)


def test_backspace_takes_back_one_stroke_at_a_time(panel, qtbot):
    draw_a_one(qtbot, panel.pad)
    one = panel.pad.pixels
    drag(qtbot, panel.pad, (0.2, 0.5), (0.8, 0.5))
    panel.pad.setFocus()
    qtbot.keyClick(panel.pad, Qt.Key.Key_Backspace)
    assert np.array_equal(panel.pad.pixels, one)
    qtbot.keyClick(panel.pad, Qt.Key.Key_Backspace)
    qtbot.keyClick(panel.pad, Qt.Key.Key_Backspace)
    assert panel.pad.is_empty


def test_keys_alone_can_draw(panel, qtbot):
    panel.pad.setFocus()
    qtbot.keyClick(panel.pad, Qt.Key.Key_Up)
    assert panel.pad.is_empty
    qtbot.keyClick(panel.pad, Qt.Key.Key_Return)
    for _ in range(5):
        qtbot.keyClick(panel.pad, Qt.Key.Key_Right)
    qtbot.keyClick(panel.pad, Qt.Key.Key_Return)
    drawn = panel.pad.pixels
    rows, columns = np.nonzero(drawn > 128)
    assert rows.mean() == pytest.approx(132, abs=2)
    assert columns.max() - columns.min() == pytest.approx(40 + 24, abs=4)
    qtbot.keyClick(panel.pad, Qt.Key.Key_Down)
    assert np.array_equal(panel.pad.pixels, drawn)


def test_the_bars_are_as_long_as_the_scores_and_only_the_best_has_the_accent(qtbot, theme):
    bars = ScoreBars(theme)
    qtbot.addWidget(bars)
    bars.resize(164, 200)
    bars.set_classes(CLASSES)
    scores = np.zeros(10)
    scores[7], scores[2] = 0.75, 0.25
    bars.show_scores(scores)
    track = 164 - NAME_WIDTH - VALUE_WIDTH
    best, other, none = (run_of_bar(bars, row, track) for row in (7, 2, 0))
    accent, secondary = QColor(theme.accent).name(), QColor(theme.secondary).name()
    assert best.count(accent) == pytest.approx(0.75 * track, abs=1)
    assert other.count(secondary) == pytest.approx(0.25 * track, abs=1)
    assert accent not in other and accent not in none and secondary not in none
    assert bars.accessibleDescription() == "most likely 7, 75%"


def test_even_a_full_score_is_written_out_to_its_end(qtbot, theme):
    bars = ScoreBars(theme)
    qtbot.addWidget(bars)
    bars.resize(164, 200)
    bars.set_classes(CLASSES)
    blank = bars.grab().toImage()
    bars.show_scores(np.eye(10)[7])
    written = bars.grab().toImage()
    assert blank.copy(162, 0, 2, 200) == written.copy(162, 0, 2, 200)
    assert blank.copy(140, 0, 22, 200) != written.copy(140, 0, 22, 200)


def run_of_bar(bars, row, track):
    picture = bars.grab().toImage()
    return [picture.pixelColor(NAME_WIDTH + x, 20 * row + 10).name() for x in range(track)]


def test_the_score_of_an_older_drawing_is_not_shown(panel, qtbot):
    draw_a_one(qtbot, panel.pad)
    (old,) = panel.probes()
    show(panel, np.eye(10)[1])
    drag(qtbot, panel.pad, (0.2, 0.2), (0.8, 0.2))
    panel.show_frame(Frame(1, 6, 100.0, History().view(), {old: np.eye(10)[4]}))
    assert panel.bars.scores.argmax() == 1


def test_a_trained_network_recognises_a_drawn_one(panel, qtbot, session):
    preset = load_preset("mnist")
    session.start_run(replace(preset, data=replace(preset.data, train_size=4000, test_size=200)), play=True)
    draw_a_one(qtbot, panel.pad)
    qtbot.waitUntil(
        lambda: panel.bars.scores is not None and panel.bars.scores[1] > 0.8,
        timeout=20_000,
    )
    assert panel.bars.scores.argmax() == 1


@pytest.mark.parametrize("names", [("circle", "cross"), ("aeroplane", "automobile")])
def test_long_names_push_the_bars_aside(qtbot, theme, names):
    bars = ScoreBars(theme)
    qtbot.addWidget(bars)
    bars.resize(240, 120)
    bars.set_classes(names)
    assert bars._name_width > max(map(bars._bold.width_of, names))
    bars.resize(120, 120)
    assert bars._name_width <= 60


def test_scores_that_are_no_probabilities_have_no_percent_sign(qtbot, theme):
    bars = ScoreBars(theme)
    qtbot.addWidget(bars)
    bars.set_classes(("a", "b"), gives_probabilities=False)
    bars.show_scores(np.array([0.9, 0.87]))
    assert bars._words(0.87) == "0.870"
    assert bars.accessibleDescription() == "most likely a, 0.900"
