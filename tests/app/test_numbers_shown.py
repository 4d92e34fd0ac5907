"""Numbers in the window: none is cut, none runs into another, whatever its size; scales follow what is shown."""

from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap

from visualnet.app.theme import NORMAL, SMALL, font
from visualnet.app.widgets.colour_bar import ColourBar
from visualnet.app.widgets.figure import Figure
from visualnet.app.widgets.fitted import fitted
from visualnet.app.widgets.function_plot import FunctionPlot
from visualnet.app.widgets.heatmap import Heatmap
from visualnet.app.widgets.plane import Plane
from visualnet.app.widgets.point_table import PointTable, Said
from visualnet.app.widgets.scale import PATIENCE, SteppedLimit, nice_ceiling, ticks
from visualnet.app.widgets.score_bars import ScoreBars
from visualnet.app.widgets.static_texts import StaticTexts
from visualnet.core.number_words import number_words, on_scale
from visualnet.core.probes.surface import Surface

HOSTILE = (0.0, 1e-30, -1e-30, 2.008e19, 5e100, -5e100, 1e308, nan, inf, -inf)


@pytest.fixture
def painted_texts(monkeypatch):
    """All that widgets paint as text, each with the room that it was given."""
    seen, paint = [], QPainter.drawText

    def draw(painter, *parts):
        words = next(part for part in reversed(parts) if isinstance(part, str))
        seen.append((words, parts[0], painter.fontMetrics().horizontalAdvance(words)))
        return paint(painter, *parts)

    monkeypatch.setattr(QPainter, "drawText", draw)
    return seen


@pytest.mark.parametrize("value", HOSTILE)
def test_a_number_in_a_cell_fits_its_cell_or_is_not_painted(qtbot, theme, painted_texts, value):
    for side in (30, 60, 120):
        heatmap = Heatmap(theme)
        qtbot.addWidget(heatmap)
        heatmap.resize(3 * side, 120)
        heatmap.show_values(np.array([[value, 0.5, -value]]), nice_ceiling(abs(value)))
        heatmap.grab()
    assert any(words == on_scale(value, nice_ceiling(abs(value))) for words, _, _ in painted_texts)
    assert all(width <= room.width() for _, room, width in painted_texts)


@pytest.mark.parametrize("limit", [nice_ceiling(abs(value)) for value in HOSTILE])
def test_the_numbers_of_the_colour_bar_stand_clear_of_each_other(qtbot, theme, limit):
    bar = ColourBar(theme)
    qtbot.addWidget(bar)
    bar.set_limit(limit)
    metrics = QFontMetrics(font(SMALL))
    low, high = number_words(-limit), number_words(limit, signed=True)
    taken = sum(metrics.horizontalAdvance(text) for text in (low, "0", high))
    assert taken < bar.minimumWidth()


def test_a_running_number_gets_the_room_that_it_needs_and_keeps_it(qtbot):
    figure = Figure("step", "000,000", "")
    qtbot.addWidget(figure)
    usual = figure.width()
    figure.show_text("1,234,567,890")
    assert figure.width() >= QFontMetrics(figure._large).horizontalAdvance("1,234,567,890")
    grown = figure.width()
    figure.show_text("7")
    assert figure.width() == grown > usual


def test_zeros_set_no_scale_and_the_first_real_value_does():
    limit = SteppedLimit()
    for nothing in (0.0, nan, inf):
        limit.follow(nothing)
        assert limit.is_new
    assert limit.follow(3e-7) == pytest.approx(5e-7)


def test_a_scale_comes_down_with_patience_while_data_stream_and_at_once_at_rest():
    limit = SteppedLimit()
    limit.follow(0.9)
    assert [limit.follow(0.001) for _ in range(PATIENCE)] == [1.0] * PATIENCE
    assert limit.follow(0.001) == 0.001
    limit.follow(0.9)
    assert limit.follow(0.001, is_resting=True) == 0.001


@pytest.mark.parametrize("seed", range(5))
def test_a_scale_never_goes_to_and_fro_within_a_second(seed):
    """Whatever streams: after it came down it stays for a while, and comes down only to where that could be seen."""
    random = np.random.default_rng(seed)
    limit, values = SteppedLimit(), []
    for place in range(3_000):
        noise = 10 ** random.normal(0.0, 0.5)
        values.append(limit.follow(noise * (3.0 if place % 13 == 0 else 0.4)))
    changes = [
        (place, after > before) for place, (before, after) in enumerate(pairwise(values)) if after != before
    ]
    assert len(changes) > 5
    turns = [second[0] - first[0] for first, second in pairwise(changes) if first[1] != second[1]]
    assert turns and min(turns) >= PATIENCE


def test_a_scale_that_came_down_rises_when_the_data_go_on_being_larger():
    limit = SteppedLimit()
    limit.follow(9.0)
    for _ in range(PATIENCE + 1):
        limit.follow(0.9)
    assert limit.value == 1.0
    assert [limit.follow(1.9) for _ in range(PATIENCE)][-1] == 2.0


def test_zeros_leave_a_scale_as_it_is_while_data_stream_and_have_none_at_rest():
    limit = SteppedLimit()
    limit.follow(0.9)
    assert limit.follow(0.0) == 1 and not limit.is_new
    limit.follow(0.0, is_resting=True)
    assert limit.is_new
    assert limit.follow(0.001) == 0.001


@pytest.mark.parametrize("outputs", [(-11.524, 9.55, 0.5), (0.1, 4.52e5, -999.123), (2.01e19, 1.0, -1e20)])
def test_bars_begin_below_each_other_and_right_of_all_numbers(qtbot, theme, monkeypatch, outputs):
    ends, tracks = [], []
    write, draw = QPainter.drawText, QPainter.drawRoundedRect

    def write_and_note(painter, cell, alignment, words):
        if painter.font().bold() or painter.font().weight() > 500:
            ends.append(cell.x() + painter.fontMetrics().horizontalAdvance(words))
        write(painter, cell, alignment, words)

    def draw_and_note(painter, bar, *radii):
        tracks.append(bar.x())
        draw(painter, bar, *radii)

    monkeypatch.setattr(QPainter, "drawText", write_and_note)
    monkeypatch.setattr(QPainter, "drawRoundedRect", draw_and_note)
    table, count = PointTable(theme), len(outputs)
    qtbot.addWidget(table)
    table.resize(430, 200)
    table.show_points(np.zeros((count, 1)), np.zeros((count, 1)), (), ("x",))
    said = Said(np.array(outputs), np.array(outputs) > 0, np.empty(0, int))
    table.show_said(said, None, 1.0, "output")
    table.grab()
    assert len(ends) >= count and len(set(tracks)) == 1
    assert tracks[0] >= max(ends) + 4


def test_the_best_score_has_no_larger_letters_than_there_is_room_for(qtbot, theme, monkeypatch):
    fonts, begin = [], StaticTexts.begin

    def begin_and_note(texts, painter):
        fonts.append(texts.font)
        begin(texts, painter)

    monkeypatch.setattr(StaticTexts, "begin", begin_and_note)
    bars = ScoreBars(theme)
    qtbot.addWidget(bars)
    bars.set_classes(tuple("0123456789"))
    bars.show_scores(np.eye(10)[2])
    for height in (bars.minimumHeight(), 200, 400):
        bars.resize(160, height)
        fonts.clear()
        bars.grab()
        assert fonts and all(QFontMetrics(used).capHeight() <= height / 10 - 2 for used in fonts)


@pytest.mark.parametrize("value", [value for value in HOSTILE if value > 0])
def test_a_scale_of_any_size_can_be_divided_by(value):
    limit = nice_ceiling(value)
    assert 0 < limit < inf
    assert np.isfinite(127 / limit)


@pytest.mark.parametrize(
    "ends", [(0, 1), (-1.5, 1.5), (1e19, 3e19), (-5e100, 5e100), (1e-30, 2e-30), (7, 7.0001)]
)
def test_an_axis_has_a_few_round_numbers_that_differ(ends):
    told = ticks(*ends, 4)
    assert 2 <= len(set(told.values())) == len(told) <= 4
    assert all(ends[0] <= number <= ends[1] * (1 + 1e-12) for number in told)


@pytest.mark.parametrize("end", [1, 1.3, 1.6, 2.4, 3.9, 4.4, 5.5, 9.9, 2.008e19, 3e-30])
def test_no_axis_around_zero_has_zero_alone(end):
    told = ticks(-end, end, 3)
    assert len(told) == 3
    assert max(told) > end / 2


def test_an_axis_without_an_end_has_no_numbers():
    assert ticks(-1e308, 1e308, 4) == {}


@pytest.mark.parametrize("size", [200, 320])
@pytest.mark.parametrize("scale", [1, 1e-30, 2.008e19, 5e100])
@pytest.mark.parametrize("kind", [Plane, FunctionPlot])
def test_the_numbers_on_a_plane_and_beside_a_curve_stand_inside_and_apart(
    qtbot, theme, monkeypatch, kind, scale, size
):
    rows, paint = {}, QPainter.drawText

    def draw(painter, area, alignment, words):
        width = painter.fontMetrics().horizontalAdvance(words)
        left = (
            area.center().x() - width / 2
            if alignment & Qt.AlignmentFlag.AlignHCenter
            else area.right() - width
        )
        rows.setdefault(round(area.y()), []).append((left, left + width))
        paint(painter, area, alignment, words)

    monkeypatch.setattr(QPainter, "drawText", draw)
    widget = kind(theme)
    qtbot.addWidget(widget)
    widget.resize(size, 300)
    bounds = (-scale, 1.5 * scale, -scale, scale)
    points = np.array([[0.0, 0.0], [scale, scale]])
    if kind is Plane:
        widget.set_points(points, np.array([0, 1]))
        widget.show_surface(Surface(np.zeros((8, 8)), bounds, points, np.array([0, 1])), np.empty(0, int))
    else:
        widget.set_points(points[:, 0], points[:, 1])
        widget.show_curve(Surface(np.zeros((1, 8)), bounds, points, np.empty(0, int)))
    widget.grab()
    spans = [sorted(row) for row in rows.values()]
    assert sum(map(len, spans)) >= 4
    for row in spans:
        assert row[0][0] >= 0 and row[-1][1] <= widget.width()
        assert all(left[1] < right[0] for left, right in pairwise(row))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("width", [30, 56, 70, 120])
def test_a_number_in_a_column_is_never_cut(qtbot, value, width):
    picture = QPixmap(10, 10)
    painter = QPainter(picture)
    painter.setFont(font(NORMAL))
    words = fitted(painter, value, width)
    assert words == "…" or painter.fontMetrics().horizontalAdvance(words) <= width
    if width >= 70 and np.isfinite(value):
        assert words in {number_words(value, digits) for digits in (1, 2, 3)}
    painter.end()
