"""The table of actions: keys, README and palette follow it, and what is chosen in the palette is done."""

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shiboken6 import isValid

from visualnet.app.window.actions import ACTIONS, Action
from visualnet.app.window.palette import Palette
from visualnet.core.setup.presets import PRESETS

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def palette(xor_window, qtbot):
    QTest.keyClick(
        xor_window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    made = xor_window.findChild(Palette)
    qtbot.waitUntil(made.isVisible)
    yield made
    if isValid(made):
        made.close()


def shown(palette):
    items = [palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount())]
    return [item.text(0) for item in items if not item.isHidden()]


def test_every_action_that_is_possible_now_can_be_found(palette, xor_window):
    lines = shown(palette)
    for entry in ACTIONS:
        if isinstance(entry, Action) and xor_window.menus.action(entry.text).isEnabled():
            assert any(entry.text.replace("&", "") in line for line in lines), entry
        elif isinstance(entry, Action):
            assert not any(f"{entry.menu} › {entry.text}".replace("&", "") in line for line in lines), entry
    assert all(f"File › Open preset › {name}" in lines for name in PRESETS)
    assert any("View › Weights" in line for line in lines)


def test_what_is_typed_and_entered_is_done(palette, xor_window, qtbot):
    QTest.keyClicks(palette.field, "PRESET circ")
    assert shown(palette) == ["File › Open preset › circles"]
    with qtbot.waitSignal(xor_window.session.run_started):
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert xor_window.session.run.setup.name == "circles"
    qtbot.waitUntil(lambda: xor_window.findChild(Palette) is None)


def test_up_and_down_move_the_mark_over_what_is_shown_alone(palette, xor_window):
    QTest.keyClicks(palette.field, "theme")
    assert [line.rsplit(" › ", 1)[1] for line in shown(palette)] == [
        "System theme",
        "Light theme",
        "Dark theme",
    ]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(palette.field, key)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert xor_window.themes.present.name == "light"


def test_a_click_does_it_too(palette, xor_window):
    palette.field.setText("full screen")
    item = palette.list.currentItem()
    QTest.mouseClick(
        palette.list.viewport(), Qt.MouseButton.LeftButton, pos=palette.list.visualItemRect(item).center()
    )
    assert xor_window.isFullScreen()


def test_what_nobody_can_do_is_told_and_enter_does_nothing(palette, xor_window):
    QTest.keyClicks(palette.field, "make coffee")
    assert palette.nothing.isVisible() and not palette.list.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_no_key_means_two_things(xor_window):
    keys = [key.toString() for _, action in xor_window.menus.all_actions() for key in action.shortcuts()]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_the_readme_tells_every_key_of_the_menus(xor_window):
    table = "\n".join(line for line in README.read_text().splitlines() if line.startswith("|"))
    panels = [dock.toggleViewAction() for dock in xor_window.docks.values()]
    for _, action in xor_window.menus.all_actions():
        if action in panels:
            # The table says where they are told.
            continue
        for key in action.shortcuts():
            assert key.toString() in table, (action.text(), key.toString())
