"""Dialogs that ask for a file or a folder: each begins in the folder that the last one ended in. GUI thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from visualnet.app.files.settings import Settings


class FileDialogs:
    """The dialogs for files and folders.

    Args:
        settings: remembers the folder.
        parent: the window that they belong to.
    """

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        self._settings = settings
        self._parent = parent

    def file_to_open(self, title: str, kinds: str) -> Path | None:
        """A file that is there; None where none was chosen.

        Args:
            title: of the dialog.
            kinds: what it offers, as Qt writes it: ``Runs (*.vnet)``.
        """
        return self._noted(QFileDialog.getOpenFileName(self._parent, title, self._place(), kinds)[0])

    def folder_to_open(self, title: str) -> Path | None:
        """A folder that is there; None where none was chosen."""
        return self._noted(QFileDialog.getExistingDirectory(self._parent, title, self._place()))

    def file_to_save(self, title: str, name: str, kinds: str) -> Path | None:
        """A file to write; None where none was chosen, or what is there is to stay.

        Args:
            title: of the dialog.
            name: proposed; what is chosen gets its suffix where that was left away.
            kinds: see file_to_open.
        """
        chosen = QFileDialog.getSaveFileName(self._parent, title, self._place(name), kinds)[0]
        suffix = Path(name).suffix
        if not chosen or chosen.lower().endswith(suffix):
            return self._noted(chosen)
        # The dialog has asked about the name without its suffix.
        chosen += suffix
        return self._noted(chosen) if not Path(chosen).exists() or self._may_replace(title, chosen) else None

    def _may_replace(self, title: str, path: str) -> bool:
        box = QMessageBox(self._parent)
        box.setWindowTitle(title)
        box.setText(f"{Path(path).name} is there already. Replace it?")
        replace = box.addButton("Replace", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is replace

    def _place(self, name: str = "") -> str:
        """The folder last used, with a name in it; without a folder where it is gone."""
        folder = self._settings.folder
        return str(Path(folder, name)) if folder and Path(folder).is_dir() else name

    def _noted(self, chosen: str) -> Path | None:
        if not chosen:
            return None
        path = Path(chosen).absolute()
        self._settings.folder = str(path.parent)
        return path
