"""The truth table scrolls: every point can be seen, and what is painted in its row is its own."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualnet.app.files.settings import Settings
from visualnet.app.panels.surface import SURFACE
from visualnet.app.panels.truth_table import TruthTablePanel
from visualnet.app.widgets.point_table import ROW
from visualnet.core.history.history import History
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.surface import Surface
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.presets import load_preset

COUNT = 200


@pytest.fixture
def table(qtbot, session, theme):
    """The table of 200 points of two classes, of which only the last is taken for the other."""
    panel = TruthTablePanel(session, theme)
    qtbot.addWidget(panel)
    panel.resize(420, 220)
    setup = replace(load_preset("xor"), data=DataSetup(name="gaussians", classes=2))
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(setup, follows_data=True)
    panel.show_run(session.run)
    labels = session.run.data.point_labels
    assert len(labels) == COUNT
    said = labels.copy()
    said[-1] = 1 - said[-1]
    outputs = np.stack([1.0 - said, said], axis=1)
    surface = Surface(np.zeros((2, 2)), (0, 1, 0, 1), outputs, said, point_answers=said.astype(float))
    panel.show()
    panel.show_frame(frame_of(session, surface))
    return panel


def frame_of(session, surface):
    return Frame(session.run.generation, 1, 0.0, History().view(), {SURFACE: surface})


def wheel_down(widget):
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def colours_right_of(table, row):
    """The colours in the column of marks, of a row that is in view."""
    rows = table.table.rows
    place = rows.mapTo(table, QPoint(rows.width() - 20, ROW * row))
    image = table.grab().toImage()
    return {
        image.pixelColor(place + QPoint(x, y)).name().upper() for x in range(20) for y in range(2, ROW - 2)
    }


def test_rows_out_of_view_come_with_the_wheel_and_with_keys(table, theme):
    wrong, right = QColor(theme.wrong).name().upper(), QColor(theme.accent).name().upper()
    bar = table.table.area.verticalScrollBar()
    assert right in colours_right_of(table, 0) and wrong not in colours_right_of(table, 0)
    for _ in range(COUNT):
        wheel_down(table.table.area.viewport())
    assert bar.value() == bar.maximum() == ROW * COUNT - table.table.area.viewport().height()
    assert wrong in colours_right_of(table, COUNT - 1)
    assert right in colours_right_of(table, COUNT - 2) and wrong not in colours_right_of(table, COUNT - 2)
    QTest.keyClick(table.table.area, Qt.Key.Key_PageUp)
    QTest.keyClick(table.table.area, Qt.Key.Key_Up)
    assert bar.value() == bar.maximum() - table.table.area.viewport().height() - ROW


def test_a_frame_leaves_the_rows_where_they_are_and_another_run_begins_at_its_first(table, session):
    bar = table.table.area.verticalScrollBar()
    bar.setValue(10 * ROW)
    table.table.show_said(table._said, None, 1.0, "output")
    assert bar.value() == 10 * ROW
    table.show_run(session.run)
    assert bar.value() == 0


def test_headings_stay_and_columns_stand_under_them(table):
    headings, rows = table.table.headings, table.table.rows
    before = headings.mapTo(table, QPoint())
    table.table.area.verticalScrollBar().setValue(50 * ROW)
    assert headings.mapTo(table, QPoint()) == before
    assert headings.mapTo(table, QPoint()).x() == rows.mapTo(table, QPoint()).x()
    assert headings.texts == ("x₁", "x₂", "target", "output", "")


def test_all_of_xor_is_in_view_in_a_small_window(open_window):
    window = open_window(load_preset("xor"), Settings(None), (1280, 720))
    table = window.docks["truth-table"].panel.table
    assert table.rows.height() == 4 * ROW <= table.area.viewport().height()
    assert not table.area.verticalScrollBar().isVisible()


def test_points_beyond_those_in_the_table_are_told(qtbot, session, theme):
    panel = TruthTablePanel(session, theme)
    qtbot.addWidget(panel)
    setup = replace(load_preset("xor"), data=DataSetup(name="gaussians", classes=2, count=3000))
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(setup, follows_data=True)
    panel.show_run(session.run)
    labels = session.run.data.point_labels
    surface = Surface(np.zeros((2, 2)), (0, 1, 0, 1), np.stack([1 - labels, labels], axis=1), labels)
    panel.show_frame(frame_of(session, surface))
    assert panel.accessibleDescription() == "1,000 of the first 1,000 right"
