"""Tool tips explain, and hide nothing of what one points at."""

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from visualnet.app.files.settings import Settings
from visualnet.app.widgets.curve_plot import CurvePlot
from visualnet.app.widgets.digit_grid import DigitGrid
from visualnet.app.widgets.distance_plot import DistancePlot
from visualnet.app.widgets.drawing_pad import DrawingPad
from visualnet.app.widgets.function_plot import FunctionPlot
from visualnet.app.widgets.heatmap import Heatmap
from visualnet.app.widgets.plane import Plane
from visualnet.core.setup.presets import load_preset

PICTURES = (Heatmap, CurvePlot, Plane, FunctionPlot, DrawingPad, DigitGrid, DistancePlot)


@pytest.mark.parametrize("preset", ["xor", "mnist-1000"])
def test_no_tip_lies_over_a_picture(open_window, monkeypatch, preset):
    shown = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, *rest: shown.append((place, text, rest)))
    window = open_window(load_preset(preset), Settings(None))
    pictures = [widget for kind in PICTURES for widget in window.findChildren(kind)]
    assert len(pictures) > 6
    for picture in pictures:
        middle = picture.rect().center()
        QApplication.sendEvent(picture, QHelpEvent(QEvent.Type.ToolTip, middle, picture.mapToGlobal(middle)))
        for place, text, _ in shown:
            assert not text or picture.mapFromGlobal(place).y() > middle.y()
            assert picture.mapFromGlobal(place) != middle
        has_own = not isinstance(picture, (DrawingPad, DistancePlot, DigitGrid))
        assert not (has_own and picture.toolTip()), "its read-out has the tip"
        shown.clear()


def test_what_is_said_of_an_example_stands_below_it(qtbot, monkeypatch, theme):
    shown = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, *rest: shown.append((place, text)))
    grid = DigitGrid(theme)
    qtbot.addWidget(grid)
    grid.resize(400, 300)
    grid.set_kind((28, 28), tuple("0123456789"))
    grid.show()
    grid.setToolTip("it is a 7")
    monkeypatch.setattr(grid, "place_at", lambda position: 0)
    cell = grid.cell_rectangle(0)
    place = QPoint(cell.center())
    QApplication.sendEvent(grid, QHelpEvent(QEvent.Type.ToolTip, place, grid.mapToGlobal(place)))
    ((where, text),) = shown
    assert text == "it is a 7"
    assert grid.mapFromGlobal(where) == cell.bottomLeft()
