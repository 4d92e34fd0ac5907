"""Every dialog for a file begins in the folder that the one before it ended in, and pictures are of the window alone."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit, QMessageBox

from visualnet.app.files.settings import Settings
from visualnet.core.setup.presets import load_preset

ENTRIES = (
    "Open run…",
    "Save run as…",
    "Open data…",
    "Open image folder…",
    "Open parameters…",
    "Save parameters…",
    "History (csv)…",
    "History and parameters (npz)…",
    "Save picture…",
    "Save table of runs…",
)
ASKING = ("getOpenFileName", "getSaveFileName", "getExistingDirectory")


def actions_of(window):
    return {action.text().replace("&", ""): action for action in window.findChildren(QAction)}


@pytest.fixture
def asked(monkeypatch):
    """Where each dialog would have begun; nobody chooses anything."""
    places = []
    for name in ASKING:
        nothing = "" if name == "getExistingDirectory" else ("", "")
        monkeypatch.setattr(
            QFileDialog, name, lambda *given, nothing=nothing: (places.append(given[2]), nothing)[1]
        )
    return places


def test_every_dialog_begins_in_the_folder_last_used(open_window, asked, tmp_path):
    window = open_window(load_preset("xor"), Settings(tmp_path / "settings.json"))
    Settings(tmp_path / "settings.json").folder = "/no/longer/there"
    window._settings.folder = str(tmp_path)
    asks_for_a_place = [text for text, action in actions_of(window).items() if text.endswith("…")]
    assert set(ENTRIES) <= set(asks_for_a_place)
    for entry in ENTRIES:
        actions_of(window)[entry].trigger()
    for kind in ("table", "images", "arrays"):
        window.setup_panel.data.setCurrentIndex(window.setup_panel.data.findData(kind))
        window.setup_panel.data.activated.emit(0)
    assert len(asked) == len(ENTRIES) + 3
    assert {place[: len(str(tmp_path))] for place in asked} == {str(tmp_path)}


def test_the_folder_is_remembered_where_something_was_chosen(open_window, monkeypatch, tmp_path):
    settings = Settings(tmp_path / "settings.json")
    window = open_window(load_preset("xor"), settings)
    inner = tmp_path / "pictures"
    inner.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(inner / "now.png"), ""))
    actions_of(window)["Save picture…"].trigger()
    assert Settings(tmp_path / "settings.json").folder == str(inner)
    places = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: (places.append(given[2]), ("", ""))[1])
    actions_of(window)["Open run…"].trigger()
    inner.joinpath("now.png").unlink()
    inner.rmdir()
    actions_of(window)["Open run…"].trigger()
    assert places == [str(inner), ""]


def test_a_picture_holds_no_notice_and_says_where_it_is(open_window, monkeypatch, tmp_path):
    window = open_window(load_preset("xor"), Settings(None))
    window.notice.hide()
    bare = window.other_files.picture().toImage()
    window.notice.show_notice("Something that one need not see in a picture.")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(tmp_path / "now"), ""))
    actions_of(window)["Save picture…"].trigger()
    assert QImage(str(tmp_path / "now.png")) == bare.convertToFormat(
        QImage(str(tmp_path / "now.png")).format()
    )
    assert str(tmp_path / "now.png") in window.notice.text
    assert not window.notice.isHidden()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(tmp_path / "none" / "x.png"), ""))
    actions_of(window)["Save picture…"].trigger()
    assert "cannot be written" in window.notice.text


SAVING = {
    "Save run as…": ".vnet",
    "Save parameters…": ".safetensors",
    "History (csv)…": ".csv",
    "History and parameters (npz)…": ".npz",
    "Save picture…": ".png",
    "Save table of runs…": ".csv",
}


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_name_without_its_suffix_asks_about_the_file_that_is_there(
    open_window, tmp_path, monkeypatch, is_replaced
):
    """With Qt's own dialog, as a hand types into it."""
    window = open_window(load_preset("xor"), Settings(tmp_path / "settings.json"))
    window._settings.folder = str(tmp_path)
    asked = []

    def type_name():
        dialog = window.findChild(QFileDialog)
        dialog.findChild(QLineEdit).setText("foo")
        dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save).click()

    def answer(box):
        asked.append(box.text())
        {button.text(): button for button in box.buttons()}["Replace" if is_replaced else "Cancel"].click()

    monkeypatch.setattr(QMessageBox, "exec", answer)
    for entry, suffix in SAVING.items():
        path = tmp_path / f"foo{suffix}"
        path.write_bytes(b"precious")
        window.session.send = lambda command, path=path: path.write_bytes(b"new")
        QTimer.singleShot(0, type_name)
        actions_of(window)[entry].trigger()
        assert asked.pop() == f"{path.name} is there already. Replace it?"
        assert not asked
        assert (path.read_bytes() == b"precious") is not is_replaced, entry
        assert not (tmp_path / "foo").exists()


def test_a_name_without_its_suffix_that_is_free_is_not_asked_about(open_window, monkeypatch, tmp_path):
    window = open_window(load_preset("xor"), Settings(None))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(tmp_path / "foo"), ""))
    actions_of(window)["Save table of runs…"].trigger()
    assert (tmp_path / "foo.csv").exists()
