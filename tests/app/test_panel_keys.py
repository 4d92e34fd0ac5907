"""From panel to panel by a key: every open panel is reached, and the one that has the keyboard is marked."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMessageBox, QPushButton, QSlider, QToolButton
from shiboken6 import delete, isValid

from visualnet.app.files.settings import Settings
from visualnet.app.theme import THEMES
from visualnet.app.window.actions import REDO, UNDO
from visualnet.app.window.dock import PanelDock
from visualnet.core.setup.presets import load_preset

KEYS = (
    (Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier),
)


def press(key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(QApplication.focusWidget() or QApplication.activeWindow(), key, modifier)
    QApplication.processEvents()


def panel_with_keyboard(window):
    focus = QApplication.focusWidget()
    found = [name for name, dock in window.docks.items() if dock is focus or dock.isAncestorOf(focus)]
    return found[0] if found else None


def edge_colour(window, name):
    """Of the upper edge of a panel's title."""
    title = window.docks[name].titleBarWidget()
    return title.grab().toImage().pixelColor(QPoint(title.width() // 2, 0)).name()


@pytest.mark.parametrize(("key", "modifier"), KEYS)
@pytest.mark.parametrize("preset", ["xor", "mnist"])
def test_a_key_goes_through_all_open_panels_and_its_shift_back(open_window, preset, key, modifier):
    window = open_window(load_preset(preset), Settings(None))
    shown = [name for name, dock in window.docks.items() if not dock.isHidden()]
    reached = []
    for _ in shown:
        press(key, modifier)
        reached.append(panel_with_keyboard(window))
    assert sorted(reached) == sorted(shown) and reached[0] == "setup"
    assert window.docks[reached[-1]].is_in_view
    press(key, modifier)
    assert panel_with_keyboard(window) == "setup"
    for name in reversed(reached):
        press(key, modifier | Qt.KeyboardModifier.ShiftModifier)
        assert panel_with_keyboard(window) == name


@pytest.mark.parametrize("theme", THEMES)
def test_the_panel_that_has_the_keyboard_is_marked(xor_window, theme):
    xor_window.themes.choose(theme)
    colours = THEMES[theme]
    press(Qt.Key.Key_F6)
    press(Qt.Key.Key_F6)
    name = panel_with_keyboard(xor_window)
    marked = [other for other in xor_window.docks if edge_colour(xor_window, other) == colours.accent]
    assert marked == [name]
    xor_window.setFocus()
    assert edge_colour(xor_window, name) == colours.panel


def test_the_keyboard_comes_back_to_what_had_it_in_a_panel(xor_window):
    field = xor_window.docks["setup"].panel.live.sliders["learning_rate"].field
    field.setFocus()
    press(Qt.Key.Key_F6)
    assert panel_with_keyboard(xor_window) != "setup"
    press(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is field
    field.setEnabled(False)
    press(Qt.Key.Key_F6)
    press(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert panel_with_keyboard(xor_window) == "setup"
    field.setEnabled(True)


def test_panels_behind_a_tab_and_outside_of_the_window_are_reached(xor_window, qtbot):
    xor_window.docks["runs"].bring_to_front()
    xor_window.docks["surface"].bring_to_front()
    xor_window.docks["weights"].setFloating(True)
    qtbot.waitUntil(lambda: xor_window.docks["weights"].isVisible())
    reached = []
    for _ in range(6):
        press(Qt.Key.Key_F6)
        qtbot.waitUntil(lambda: panel_with_keyboard(xor_window) not in (None, *reached))
        reached.append(panel_with_keyboard(xor_window))
        assert xor_window.docks[reached[-1]].is_in_view
    assert reached[-1] == "weights" and "runs" in reached
    assert xor_window.docks["weights"].isActiveWindow()
    press(Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: panel_with_keyboard(xor_window) == "setup")
    xor_window.docks["weights"].setFloating(False)


def test_a_panel_that_is_taken_out_and_put_back_gives_no_button_the_keyboard(xor_window, qtbot):
    dock = xor_window.docks["weights"]
    button = dock.titleBarWidget().findChildren(QToolButton)[0]
    for is_floating in (True, False):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda is_floating=is_floating: dock.isFloating() == is_floating)
        QApplication.processEvents()
        assert panel_with_keyboard(xor_window) in (None, "weights")
        assert not isinstance(QApplication.focusWidget(), QToolButton)


@pytest.mark.parametrize("take_away", [PanelDock.close, PanelDock.hide])
def test_a_panel_that_goes_away_gives_no_other_the_keyboard(xor_window, take_away):
    for dock in xor_window.docks.values():
        dock.bring_to_front()
        QApplication.processEvents()
        xor_window.setFocus()
        field = dock.panel.findChild(QSlider) or dock.panel.findChild(QComboBox) or dock.panel
        field.setFocus()
        take_away(dock)
        QApplication.processEvents()
        assert panel_with_keyboard(xor_window) is None, dock.panel.name
        dock.show()


def test_going_through_the_panels_makes_the_window_the_child_of_none(xor_window):
    xor_window.notice.show_notice("Done.", (("Undo", lambda: None),))
    for _ in xor_window.docks:
        press(Qt.Key.Key_F6)
    buttons = xor_window.notice.findChildren(QPushButton)
    assert buttons
    for button in buttons:
        delete(button)
    assert all(isValid(action) for action in (xor_window.menus.action(UNDO), xor_window.menus.action(REDO)))


def test_the_keys_are_told(xor_window, qtbot):
    QTest.keyClick(xor_window, Qt.Key.Key_F1)
    (box,) = xor_window.findChildren(QMessageBox)
    assert all(words in box.text() for words in ("Next panel", "Shift+F6", "Playhead a step back or on"))
    box.close()


def test_a_panel_is_reached_whose_last_field_is_gone(open_window):
    window = open_window(load_preset("xor"), Settings(None))
    window.activateWindow()
    field = window.docks["setup"].panel.layers.findChildren(QComboBox)[0]
    field.setFocus()
    window.docks["weights"].panel.view.setFocus()
    delete(field)
    for _ in window.docks:
        press(Qt.Key.Key_F6)
        if panel_with_keyboard(window) == "setup":
            return
    raise AssertionError("the panel is passed over")
