"""The curve of a range test: what is chosen and what is suggested are told apart, and rates are readable."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from visualnet.app.widgets.rate_plot import RatePlot, rate_words
from visualnet.core.training.rate_finder import RatePoint


@pytest.fixture
def plot(qtbot, theme):
    made = RatePlot(theme, 1e-6, 10.0)
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    made.chosen.connect(made.choose)
    made.show_points(tuple(RatePoint(10.0**n, 2.0 - 0.1 * n) for n in range(-6, 2)))
    return made


def picture(plot):
    return plot.grab(plot.picture).toImage()


def test_small_rates_are_told_with_powers_of_ten():
    rates = (1e-6, 10.0**-5, 1.3e-5, 0.0095, 0.001, 0.091, 0.1, 1.0, 10.0, 9.96e-5)
    told = ["10⁻⁶", "10⁻⁵", "1.3 · 10⁻⁵", "0.0095", "0.001", "0.091", "0.1", "1", "10", "10⁻⁴"]
    assert [rate_words(rate) for rate in rates] == told


def test_a_suggestion_that_is_chosen_is_one_line(plot):
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(plot.place_of(0.01)), 150))
    one = picture(plot)
    plot.suggestion = plot.rate
    assert picture(plot) == one
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.rate > plot.suggestion
    both = picture(plot)
    plot.suggestion = None
    assert picture(plot) != both
