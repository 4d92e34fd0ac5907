"""The table of panels: each is declared whole, has its four states in both themes, and can be named and reached."""

import importlib
import pkgutil

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox, QWidget

import visualnet.app.panels
from visualnet.app.files.settings import Settings
from visualnet.app.panels.catalogue import PANELS, default_names
from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.panels.info import DataKind, Place, kind_of
from visualnet.app.panels.panel import Panel
from visualnet.app.pictures.screenshot import EXAMPLE_STROKE
from visualnet.app.theme import THEMES
from visualnet.core.messages.commands import RunTo
from visualnet.core.messages.events import DataSummary
from visualnet.core.setup.presets import load_preset

PRESETS = ("xor", "mnist-conv")
"""One of each kind of data: each panel has something to show of one of them."""


def test_every_panel_that_there_is_has_its_line():
    for module in pkgutil.walk_packages(visualnet.app.panels.__path__, "visualnet.app.panels."):
        importlib.import_module(module.name)
    assert {kind for kind in Panel.__subclasses__() if kind.__module__.startswith("visualnet.app")} == set(
        PANELS
    )


@pytest.mark.parametrize("what", ["name", "title", "shortcut"])
def test_no_two_panels_share(what):
    told = [each for kind in PANELS if (each := getattr(kind.info, what))]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("data_kind", DataKind)
def test_no_two_panels_stand_in_one_place_and_none_where_it_has_nothing_to_show(data_kind):
    infos = [kind.info for kind in PANELS if data_kind in kind.info.places]
    names = default_names(data_kind)
    assert sorted(names.values()) == sorted(info.name for info in infos)
    assert names.keys() >= {Place.RAIL, Place.CENTRE, Place.BOTTOM}
    assert (Place.ABOVE in names) == (Place.BELOW in names)
    shape, points = {
        DataKind.PLANE: ((2,), np.zeros((4, 2))),
        DataKind.IMAGES: ((28, 28), None),
        DataKind.NUMBERS: ((7,), None),
    }[data_kind]
    data = DataSummary("table", shape, ("a", "b"), 9, 9, points, None)
    assert kind_of(data) is data_kind
    assert not any(info.why_not(data) for info in infos)


def test_the_rail_is_one_panel_for_all_data():
    assert len({default_names(data_kind)[Place.RAIL] for data_kind in DataKind}) == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", PANELS, ids=lambda kind: kind.info.name)
def test_each_panel_is_painted_before_there_is_a_run(qtbot, session, kind, theme):
    panel = kind(session, THEMES[theme])
    qtbot.addWidget(panel)
    panel.resize(300, 260)
    assert not panel.grab().isNull()


def opened(open_window, preset):
    """A window with each panel outside of it, so that all are seen at once."""
    window = open_window(load_preset(preset), Settings(None), (1440, 900))
    for dock in window.docks.values():
        if dock.panel.info.name == DrawingPanel.info.name:
            dock.panel.pad.draw(EXAMPLE_STROKE)
        dock.bring_to_front()
        dock.setFloating(True)
        dock.resize(520, 420)
    QApplication.processEvents()
    return window


def picture(dock):
    return dock.panel.grab().toImage()


def draws_frames(dock):
    return type(dock.panel).show_frame is not Panel.show_frame


def put_back(window):
    for dock in window.docks.values():
        dock.setFloating(False)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("preset", PRESETS)
def test_each_panel_shows_what_it_has_live_and_in_the_past_or_says_why_not(open_window, qtbot, preset, theme):
    window = opened(open_window, preset)
    window.themes.choose(theme)
    data, ground = window.session.run.data, THEMES[theme].panel
    docks = [dock for dock in window.docks.values() if not dock.panel.info.why_not(data)]
    assert all(dock.panel.isVisible() and not dock._why_not.isVisible() for dock in docks)
    for dock in window.docks.values():
        if dock not in docks:
            assert dock._why_not.isVisible() and dock._why_not.text() == dock.panel.info.why_not(data)
            assert not dock.panel.isVisible(), "it is asked for no probes"
    for dock in window.docks.values():
        assert dock.grab().toImage().pixelColor(QPoint(4, dock.height() - 12)) == QColor(ground)
    drawn = [dock for dock in docks if draws_frames(dock)]
    before = {dock: picture(dock) for dock in drawn}
    with qtbot.waitSignal(window.session.paused):
        window.session.send(RunTo(30))
    for dock in drawn:
        qtbot.waitUntil(lambda dock=dock: picture(dock) != before[dock])
    QTest.qWait(50)
    live = {dock: picture(dock) for dock in drawn}
    window.session.playhead.move(10)
    for dock in drawn:
        if not dock.panel.shows_live_edge:
            qtbot.waitUntil(lambda dock=dock: picture(dock) != live[dock])
    put_back(window)


def test_each_panel_has_something_to_show_of_a_preset_and_each_preset_lacks_one(open_window):
    shown = {}
    for preset in PRESETS:
        data = open_window(load_preset(preset), Settings(None)).session.run.data
        shown[preset] = {kind for kind in PANELS if not kind.info.why_not(data)}
    assert set.union(*shown.values()) == set(PANELS)
    assert all(kinds < set(PANELS) for kinds in shown.values())


@pytest.mark.parametrize("preset", PRESETS)
def test_both_themes_are_painted(open_window, preset):
    window = opened(open_window, preset)
    pictures = []
    for theme in THEMES:
        window.themes.choose(theme)
        pictures.append({name: dock.widget().grab().toImage() for name, dock in window.docks.items()})
    first, second = pictures
    assert all(first[name] != second[name] for name in window.docks)
    put_back(window)


@pytest.mark.parametrize("preset", PRESETS)
def test_whatever_has_the_keyboard_in_a_panel_has_a_name(open_window, preset):
    window = opened(open_window, preset)
    for name, dock in window.docks.items():
        assert dock.panel.accessibleName() == dock.panel.info.title
        for widget in dock.panel.findChildren(QWidget):
            if (
                widget.isVisible()
                and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                and not widget.focusProxy()
            ):
                text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
                assert widget.accessibleName() or text, (name, widget)
    put_back(window)


def test_each_panel_is_shown_and_closed_by_its_key(xor_window):
    for dock in xor_window.docks.values():
        action = dock.toggleViewAction()
        assert action.shortcut() == QKeySequence(dock.panel.info.shortcut)
        if not dock.panel.info.shortcut:
            continue
        keys = QKeySequence(dock.panel.info.shortcut)[0]
        for _ in range(2):
            was_seen = dock.is_in_view
            QTest.keyClick(xor_window, keys.key(), keys.keyboardModifiers())
            QApplication.processEvents()
            assert dock.is_in_view != was_seen, dock.panel.info.name


def test_the_keys_of_each_panel_are_told(xor_window):
    QTest.keyClick(xor_window, Qt.Key.Key_F1)
    (box,) = xor_window.findChildren(QMessageBox)
    for kind in PANELS:
        assert kind.info.shortcut in box.text()
        for key in kind.info.keys:
            assert f"{kind.info.title}: {key.text}" in box.text()
    box.close()


def test_each_panel_stands_in_the_view_menu(xor_window):
    offered = {action for path, action in xor_window.menus.all_actions() if path == "View"}
    assert offered >= {dock.toggleViewAction() for dock in xor_window.docks.values()}


def test_each_panel_is_reached_by_the_key_for_the_next(xor_window):
    for dock in xor_window.docks.values():
        dock.show()
    QApplication.processEvents()
    reached = set()
    for _ in PANELS:
        QTest.keyClick(QApplication.focusWidget() or xor_window, Qt.Key.Key_F6)
        reached |= {
            name
            for name, dock in xor_window.docks.items()
            if dock.isAncestorOf(QApplication.focusWidget()) or dock.hasFocus()
        }
    assert reached == {kind.info.name for kind in PANELS}
