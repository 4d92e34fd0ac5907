"""Keys that mean the same wherever the keyboard is, walked over every widget that can have it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QSlider, QSpinBox, QWidget

from visualnet.app.files.settings import Settings
from visualnet.app.widgets.fields import NumberField
from visualnet.core.setup.presets import PRESETS, load_preset

Key = Qt.Key


def reachable(window):
    """Every widget that can have the keyboard now."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusProxy() is None
    ]


def state(window):
    """What a key could change beside what it is for."""
    return (
        window.session.run,
        window.docks["setup"].panel.draft,
        window.session.settings,
        [(dock.isFloating(), dock.isVisible()) for dock in window.docks.values()],
        [box.currentIndex() for box in window.findChildren(QComboBox)],
        [slider.value() for slider in window.findChildren(QSlider) if slider.isEnabled()],
        [button.isChecked() for button in window.findChildren(QAbstractButton)],
        [field.text() for field in window.findChildren(NumberField)],
        [field.text() for field in window.findChildren(QSpinBox)],
    )


def show_all(window):
    for dock in window.docks.values():
        dock.show()
    for rules in (window.docks["setup"].panel.data_rules, window.docks["setup"].panel.rules):
        rules.heading.setChecked(True)
    QApplication.processEvents()


@pytest.fixture
def asked(monkeypatch):
    """What keys ask of the session, which is not followed: what is shown stays as it is."""

    def listen(window):
        heard = []
        window.session.toggle = lambda: heard.append("play")
        window.transport.play.triggered.disconnect()
        window.transport.play.triggered.connect(lambda: heard.append("play"))
        window.session.playhead._send = lambda command: heard.append("playhead")
        return heard

    return listen


@pytest.mark.parametrize("is_floating", [False, True], ids=["docked", "floating"])
@pytest.mark.parametrize("name", ["xor", "mnist-conv"])
def test_the_keys_of_the_window_are_eaten_by_no_widget(open_window, asked, name, is_floating):
    window = open_window(load_preset(name), Settings(None))
    show_all(window)
    floated = [dock for dock in window.docks.values() if is_floating]
    for dock in floated:
        dock.setFloating(True)
    heard, before = asked(window), state(window)
    widgets = reachable(window)
    kinds = {type(widget).__name__ for widget in widgets}
    assert {"QComboBox", "QSlider", "QToolButton", "QPushButton", "NumberField", "QSpinBox"} <= kinds
    for widget in widgets:
        widget.window().activateWindow()
        widget.setFocus()
        if isinstance(widget, QLineEdit) and not isinstance(widget, NumberField):
            continue
        for key, meaning in (
            (Key.Key_Space, "play"), (Key.Key_Left, "playhead"), (Key.Key_Right, "playhead"),
            (Key.Key_Home, "playhead"), (Key.Key_End, "playhead"),
        ):  # fmt: skip
            QTest.keyClick(widget, key)
            assert (heard, widget) == ([meaning], widget), key
            heard.clear()
    assert state(window) == before
    for dock in floated:
        dock.setFloating(False)


QUICK = ("xor", "mnist", "mnist-conv")
"""Presets of each kind of data; the slow suite has all others."""


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in PRESETS]
)
def test_space_plays_after_a_panel_was_floated_and_put_back(open_window, asked, qtbot, name):
    window = open_window(load_preset(name), Settings(None))
    heard = asked(window)
    for dock in window.docks.values():
        if dock.isVisible():
            for _ in range(2):
                QTest.mouseClick(dock._title._float, Qt.MouseButton.LeftButton)
                QTest.keyClick(QApplication.focusWidget() or dock.window(), Key.Key_Space)
    assert set(heard) == {"play"}


@pytest.fixture
def field(xor_window):
    """The field of the learning rate."""
    return xor_window.docks["setup"].panel.live.sliders["learning_rate"].field


@pytest.fixture
def seed(xor_window):
    """The field of the seed, a whole number."""
    return xor_window.docks["setup"].panel.seed


def typed(field, text):
    line = field.lineEdit() if isinstance(field, QSpinBox) else field
    QTest.mouseDClick(line, Qt.MouseButton.LeftButton)
    # Its last release is left out, and no window opens its panels while a button is down.
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton)
    QTest.keyClicks(field, text)


def test_a_number_that_is_typed_is_ended_by_enter_and_space_plays(xor_window, field, qtbot):
    typed(field, "0.25")
    QTest.keyClick(field, Key.Key_Return)
    assert not field.hasFocus()
    qtbot.waitUntil(lambda: xor_window.session.settings["learning_rate"] == 0.25)
    with qtbot.waitSignal(xor_window.session.playing_changed):
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Space)


def test_space_ends_a_number_and_plays_with_it(xor_window, field, seed, qtbot):
    typed(field, "0.25")
    with qtbot.waitSignal(xor_window.session.playing_changed):
        QTest.keyClick(field, Key.Key_Space)
    assert xor_window.session.settings["learning_rate"] == 0.25
    assert field.text() == "0.25"
    typed(seed, "17")
    with qtbot.waitSignal(xor_window.session.playing_changed):
        QTest.keyClick(seed, Key.Key_Space)
    assert xor_window.docks["setup"].panel.draft.seed == 17


@pytest.mark.parametrize("name", ["field", "seed"])
def test_brackets_are_the_pace_and_never_typed(xor_window, name, request, qtbot):
    number = request.getfixturevalue(name)
    typed(number, "3")
    for key in (Key.Key_BracketLeft, Key.Key_BracketLeft, Key.Key_BracketRight):
        QTest.keyClick(number, key)
    assert number.text() == "3"
    qtbot.waitUntil(lambda: xor_window.session.speed == 1000)


@pytest.mark.parametrize("name", ["field", "seed"])
def test_a_click_anywhere_frees_a_number(xor_window, name, request):
    number = request.getfixturevalue(name)
    for place in (
        xor_window.docks["weights"]._title, xor_window.timeline.figure, xor_window.transport, xor_window.docks["setup"].panel.description,
        xor_window.transport.widgetForAction(xor_window.transport.step_back),
    ):  # fmt: skip
        typed(number, "3")
        QTest.mouseClick(place, Qt.MouseButton.LeftButton)
        assert not number.hasFocus(), place


@pytest.mark.parametrize("name", ["field", "seed"])
def test_escape_gives_the_number_before_back(xor_window, name, request):
    number = request.getfixturevalue(name)
    before = number.text()
    typed(number, "3")
    QTest.keyClick(number, Key.Key_Escape)
    assert number.text() == before
    assert not number.hasFocus()


@pytest.mark.parametrize("name", ["field", "seed"])
def test_arrows_are_the_texts_while_a_number_is_typed(xor_window, name, request, asked):
    number, heard = request.getfixturevalue(name), asked(xor_window)
    typed(number, "35")
    for key in (Key.Key_Left, Key.Key_Home, Key.Key_End, Key.Key_Left):
        QTest.keyClick(number, key)
    QTest.keyClicks(number, "4")
    assert number.text() == "345"
    assert not heard


def test_a_double_click_takes_the_whole_number(xor_window, field):
    field.setText("1.5e-3")
    QTest.mouseDClick(field, Qt.MouseButton.LeftButton)
    assert field.selectedText() == "1.5e-3"


def test_enter_presses_what_space_does_not(xor_window, qtbot):
    panel = xor_window.docks["setup"].panel
    panel.rules.heading.setFocus()
    QTest.keyClick(panel.rules.heading, Key.Key_Return)
    assert panel.rules.heading.isChecked()
    panel.optimizer.setFocus()
    QTest.keyClick(panel.optimizer, Key.Key_Return)
    assert panel.optimizer.view().isVisible()
    panel.optimizer.hidePopup()


def test_a_name_that_is_written_keeps_its_keys(xor_window, asked):
    heard = asked(xor_window)
    xor_window.docks["runs"].show()
    xor_window.docks["runs"].raise_()
    tree = xor_window.runs_panel.tree
    tree.editItem(tree.topLevelItem(0), 0)
    editor = tree.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "a [b], c.")
    for key in (Key.Key_Home, Key.Key_Right, Key.Key_Left, Key.Key_End):
        QTest.keyClick(editor, key)
    assert editor.text() == "a [b], c."
    assert not heard


def test_space_does_nothing_to_a_button_while_nothing_can_be_played(xor_window):
    """As while a data set is loaded."""
    button = xor_window.docks["setup"].panel.rules.heading
    xor_window.transport.play.setEnabled(False)
    button.setFocus()
    QTest.keyClick(button, Key.Key_Space)
    assert not button.isChecked()
    assert not xor_window.session.is_playing


def test_n_shows_another_sample_in_the_panel_that_has_the_keyboard(open_window):
    window = open_window(load_preset("mnist-conv"), Settings(None), (1280, 720))
    panels = {name: window.docks[name].panel for name in ("predictions", "feature-maps")}
    for name in panels:
        window.docks[name].setFloating(True)
        window.docks[name].show()
    asked = dict.fromkeys(panels, 0)
    for name, panel in panels.items():
        panel.another.triggered.connect(lambda _=False, name=name: asked.update({name: asked[name] + 1}))
    for name, count in (("predictions", 1), ("feature-maps", 1), ("feature-maps", 2)):
        panels[name].activateWindow()
        panels[name].findChild(QAbstractButton).setFocus()
        QApplication.processEvents()
        QTest.keyClick(QApplication.focusWidget(), Key.Key_N)
        assert asked[name] == count, name
    window.docks["predictions"].hide()
    window.setFocus()
    QTest.keyClick(window, Key.Key_N)
    assert asked == {"predictions": 1, "feature-maps": 3}
    window.docks["feature-maps"].setFloating(False)
