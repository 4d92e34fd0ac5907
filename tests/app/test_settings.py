"""Settings survive, two windows do not spoil each other's, and damage is set aside and reported."""

import json

import pytest
from PySide6.QtWidgets import QMainWindow

from visualnet.app.files.settings import Settings, settings_file
from visualnet.app.window.layout import layout_of, restore_layout


def test_values_are_kept_and_types_checked(tmp_path):
    path = tmp_path / "settings.json"
    Settings(path).save(theme="light", size=[800, 600])
    again = Settings(path)
    assert again.get("theme", str) == "light"
    assert again.get("size", list) == [800, 600]
    assert again.get("size", str, "default") == "default"


def test_two_windows_change_only_what_they_name(tmp_path):
    path = tmp_path / "settings.json"
    first, second = Settings(path), Settings(path)
    first.save(theme="light")
    second.save(size=[1, 2])
    assert json.loads(path.read_text()) == {"theme": "light", "size": [1, 2]}


@pytest.mark.parametrize("damage", [b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_set_aside_and_reported(tmp_path, damage):
    path = tmp_path / "settings.json"
    path.write_bytes(damage)
    settings = Settings(path)
    assert "damaged" in settings.fault
    assert (tmp_path / "settings.json.damaged").read_bytes() == damage
    settings.save(theme="dark")
    assert Settings(path).get("theme", str) == "dark"


def test_a_folder_that_cannot_be_made_costs_only_the_memory(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.json")
    settings.save(theme="dark")
    assert settings.get("theme", str) == "dark"


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
