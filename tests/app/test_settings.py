"""Every setting of the table survives, two windows do not spoil each other's, and damage costs no more than it must."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

from visualnet.app.files.settings import PREFERENCES, Settings
from visualnet.app.files.settings_file import settings_file
from visualnet.app.window.layout import layout_of, restore_layout
from visualnet.core.setup.presets import load_preset

VALUES = [
    None, True, 0, 1, -5, 64, 1.5, 1e300, "", "dark", "no such theme", "/tmp", [], [1], [800, 600], [800, True],
    [-800, 600], [1e9, 600], ["a", "b"], ["a", 1], {}, {"version": 4}, load_preset("xor").to_dict(),
    {**load_preset("xor").to_dict(), "loss": "nonsense"},
]  # fmt: skip
"""JSON values of every kind: each setting can have some of them."""

each_setting = pytest.mark.parametrize("preference", PREFERENCES, ids=lambda each: each.name)


def others_of(preference):
    """A value other than the default for each setting but this one, by its name in the file."""
    return {
        each.name: next(value for value in VALUES if each.check(value) and value != each.default)
        for each in PREFERENCES
        if each is not preference
    }


@each_setting
@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:20])
def test_what_can_be_a_value_is_kept_and_what_cannot_gives_the_default_and_costs_no_other(
    tmp_path, preference, value
):
    path, others = tmp_path / "settings.json", others_of(preference)
    path.write_text(json.dumps({**others, preference.name: value}))
    settings = Settings(path)
    expected = value if preference.check(value) else preference.default
    assert settings.value(preference) == expected
    assert {name: settings.value(each) for each in PREFERENCES if (name := each.name) in others} == others
    assert settings.take_fault() is None


@each_setting
def test_what_is_assigned_is_there_the_next_time_and_leaves_all_else_in_the_file(tmp_path, preference):
    path, others = tmp_path / "settings.json", {**others_of(preference), "of another version": [1, 2]}
    path.write_text(json.dumps(others))
    settings = Settings(path)
    for value in filter(preference.check, VALUES):
        settings.save(preference, value)
        assert settings.value(preference) == Settings(path).value(preference) == value
        assert json.loads(path.read_text()) == {**others, preference.name: value}


@each_setting
def test_what_cannot_be_a_value_is_not_kept(tmp_path, preference):
    settings = Settings(tmp_path / "settings.json")
    for value in VALUES:
        if not preference.check(value) and value != preference.default:
            with pytest.raises(ValueError, match=preference.name):
                settings.save(preference, value)
    assert not (tmp_path / "settings.json").exists()


def test_no_two_settings_have_one_name_in_the_file():
    assert len({each.name for each in PREFERENCES}) == len(PREFERENCES)


def test_a_setting_is_read_and_assigned_as_an_attribute(tmp_path):
    path = tmp_path / "settings.json"
    Settings(path).theme = "light"
    assert (Settings(path).theme, Settings(path).size) == ("light", [1440, 900])


def test_two_windows_change_only_what_they_name(tmp_path):
    path = tmp_path / "settings.json"
    first, second = Settings(path), Settings(path)
    first.theme = "light"
    second.size = [800, 600]
    assert json.loads(path.read_text()) == {"theme": "light", "size": [800, 600]}


@pytest.mark.parametrize("damage", [b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_set_aside_and_reported(tmp_path, damage):
    path = tmp_path / "settings.json"
    path.write_bytes(damage)
    settings = Settings(path)
    assert "damaged" in settings.take_fault()
    assert settings.take_fault() is None
    assert (tmp_path / "settings.json.damaged").read_bytes() == damage
    settings.theme = "dark"
    assert Settings(path).theme == "dark"


def test_a_folder_that_cannot_be_made_costs_only_the_memory(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.json")
    settings.theme = "dark"
    assert settings.theme == "dark"


def test_the_settings_file_lies_in_the_isolated_home(tmp_path):
    assert str(settings_file()).startswith(str(tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"sha256": "0" * 64},
        {"state": "not base64!"},
        {"state": 5},
        {"size": [10, 10]},
        {"size": "big"},
        None,
    ],
)
def test_unsound_layouts_are_refused_before_qt_sees_them(qtbot, change):
    window = QMainWindow()
    qtbot.addWidget(window)
    saved = layout_of(window)
    assert restore_layout(window, saved)
    assert not restore_layout(window, None if change is None else {**saved, **change})


@pytest.mark.parametrize("names", [("a", "b"), ("a",), ("a", "bb"), ("a", "b", "c"), ("ab",)])
def test_a_layout_of_other_panels_is_left_alone(qtbot, names):
    def window_with(names):
        window = QMainWindow()
        qtbot.addWidget(window)
        for name in names:
            dock = QDockWidget(name, objectName=f"dock-{name}")
            window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        return window

    saved = layout_of(window_with(("a", "b")))
    assert restore_layout(window_with(names), saved) == (names == ("a", "b"))
