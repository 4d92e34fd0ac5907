"""What is refused is told in the words of the window, where it was asked for."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from visualnet.app.panels.setup.live_settings import LiveSettings
from visualnet.app.text.refusals import refusal_words
from visualnet.app.widgets.fields import NumberField, WholeNumberField
from visualnet.core.errors import SetupError
from visualnet.core.setup.settings import SETTINGS


@pytest.mark.parametrize("name", SETTINGS)
def test_no_refusal_of_a_setting_shows_a_name_of_the_code(name):
    with pytest.raises(SetupError) as refusal:
        SETTINGS[name].check(-1e9, f"optimizer.{name}")
    words = refusal_words(str(refusal.value))
    assert words.startswith(SETTINGS[name].name.capitalize() + " must ")
    assert "_" not in words and "optimizer" not in words


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("schedule.total_steps: must be given", "Total steps of the schedule must be given"),
        ("layers: need at least one", "Layers need at least one"),
        ("data.augmentation.noise: must be small", "Noise of the augmentation must be small"),
        ("/tmp/data.csv: cannot be read", "/tmp/data.csv: cannot be read"),
        ("numbers.csv: line 3 is empty", "numbers.csv: line 3 is empty"),
        ("The disk is full.", "The disk is full."),
    ],
)
def test_a_field_of_a_setup_is_named_in_words_and_nothing_else_is_changed(sentence, words):
    assert refusal_words(sentence) == words


def test_a_setting_refused_by_the_worker_is_told_in_words_beside_it(xor_window, qtbot):
    live = xor_window.findChild(LiveSettings)
    field = live.sliders["learning_rate"].field
    QTest.mouseDClick(field, Qt.MouseButton.LeftButton)
    QTest.keyClicks(field, "-3")
    with qtbot.waitSignal(xor_window.session.rejected):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert live.rejection.isVisible() and live.rejection.text().startswith("Learning rate must ")
    assert field.text() == "0.05"


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (NumberField, "abc", "“abc” is not a number; 7 stays."),
        (WholeNumberField, "1.5", "“1.5” is not a whole number; 7 stays."),
    ],
)
def test_a_text_that_is_no_number_is_told_of_below_its_field(qtbot, kind, typed, words):
    field = kind()
    qtbot.addWidget(field)
    field.show_value(7)
    field.show()
    QTest.keyClicks(field, typed)
    field.selectAll()
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "7"
    assert QToolTip.text() == words
    QToolTip.hideText()


def test_three_clicks_select_the_whole_number_as_two_do(qtbot):
    field = NumberField()
    qtbot.addWidget(field)
    field.show_value(0.125)
    field.show()
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(field, Qt.MouseButton.LeftButton)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert field.selectedText() == "0.125"
