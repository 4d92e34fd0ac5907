"""Files that are no runs: data and parameters that are opened, parameters, pictures and tables that are saved. GUI thread only."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from visualnet.app.bars.notice_bar import SECONDS_TO_READ, NoticeBar
from visualnet.app.files.file_dialogs import FileDialogs
from visualnet.app.panels.runs import RunsPanel
from visualnet.app.panels.setup.setup_panel import IMAGE_FOLDER
from visualnet.app.session.session import Session
from visualnet.app.widgets.picture import save_picture
from visualnet.core.errors import DataError
from visualnet.core.files import replace_file
from visualnet.core.messages import commands as c
from visualnet.core.setup.match_data import on_file

DATA_FILTER = "Tables and arrays (*.csv *.tsv *.txt *.npz)"
FILE_FILTER = "Parameters (*.safetensors)"


class OtherFiles:
    """What the File menu does beside runs.

    Args:
        session: the run.
        dialogs: ask for places.
        notice: tells what became of it.
        runs_panel: has the table of runs.
        window: what pictures are of.
    """

    def __init__(
        self,
        session: Session,
        dialogs: FileDialogs,
        notice: NoticeBar,
        runs_panel: RunsPanel,
        window: QWidget,
    ) -> None:
        self._session, self._dialogs, self._notice = session, dialogs, notice
        self._runs_panel, self._window = runs_panel, window

    def choose_parameters(self) -> None:
        """Ask for saved parameters, and open them."""
        path = self._dialogs.file_to_open("Open parameters", FILE_FILTER)
        if path is not None:
            self._session.send(c.OpenParameters(path))

    def open_data(self, path: Path) -> None:
        """Put the present network on a person's own file or folder; the present run can be brought back."""
        if self._session.run is None:
            return
        try:
            self._session.start_run(on_file(self._session.run.setup, path), follows_data=True)
        except DataError as error:
            self._notice.show_notice(str(error))

    def choose_data(self) -> None:
        """Ask for a table or arrays, and open them."""
        path = self._dialogs.file_to_open("Open data", DATA_FILTER)
        if path is not None:
            self.open_data(path)

    def choose_image_folder(self) -> None:
        """Ask for a folder with one folder of images a class, and open it."""
        path = self._dialogs.folder_to_open(IMAGE_FOLDER)
        if path is not None:
            self.open_data(path)

    def choose_place_of_parameters(self) -> None:
        """Ask for a place, and save the parameters there."""
        path = self._dialogs.file_to_save("Save parameters", "network.safetensors", FILE_FILTER)
        if path is not None:
            self._session.send(c.SaveParameters(path))

    def choose_place_of_picture(self) -> None:
        """Ask for a place, and save a picture of the window there."""
        path = self._dialogs.file_to_save("Save picture", "visualnet.png", "Picture (*.png)")
        if path is None:
            return
        if not path.suffix:
            path = path.with_name(f"{path.name}.png")
        try:
            save_picture(self.picture(), path)
        except DataError as error:
            self._notice.show_notice(f"{error}.")
        else:
            self._notice.show_notice(f"The picture is saved in {path}.", seconds=SECONDS_TO_READ)

    def picture(self) -> QPixmap:
        """The window as it is, without a notice: that lies over what the picture is of."""
        was_shown = not self._notice.isHidden()
        self._notice.hide()
        picture = self._window.grab()
        self._notice.setVisible(was_shown)
        return picture

    def choose_place_of_table(self) -> None:
        """Ask for a place, and save the table of runs there."""
        path = self._dialogs.file_to_save("Save table of runs", "runs.csv", "Table (*.csv)")
        if path is not None:
            self.save_table(path)

    def save_table(self, path: Path) -> None:
        """Write all runs with their figures as CSV."""
        try:
            replace_file(path, self._runs_panel.csv().encode())
        except DataError as error:
            self._notice.show_notice(f"{error}.")
        else:
            self._notice.show_notice(f"The table of runs is saved in {path}.", seconds=SECONDS_TO_READ)
