"""The window's part of runs in files: open, save as, recent ones, links, exports, and what closing asks. GUI thread."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu, QMessageBox, QWidget

from visualnet.app.bars.notice_bar import SECONDS_TO_READ, NoticeBar
from visualnet.app.files.crash_recovery import words_for
from visualnet.app.files.file_dialogs import FileDialogs
from visualnet.app.files.kept_runs import KeptRuns
from visualnet.app.files.settings import Settings
from visualnet.app.session.play_time import PlayTime
from visualnet.app.session.session import Session
from visualnet.core.errors import SetupError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.link import Link
from visualnet.core.runfile.nameless import KeptRun, discard, kept_runs
from visualnet.core.setup.presets import LINK_SCHEME, RUN_SUFFIX
from visualnet.core.setup.setup import Setup

RUN_FILTER = f"Runs (*{RUN_SUFFIX})"
MAXIMUM_RECENT = 10
SLIGHT_SECONDS = 10.0
"""Closing does not ask about a run that was played no longer than this if it follows from its Setup alone: playing it
gives it back."""


class RunFileActions(QObject):
    """The entries of the File menu that are about runs.

    Args:
        session: the runs.
        settings: remembers which files were used.
        notice: tells what became of it.
        dialogs: ask for files.
        window: dialogs belong to it, and it is closed when what was to be saved before is saved.

    Attributes:
        keeps_nameless: whether runs that are in no named file are kept for the next start.
    """

    def __init__(
        self, session: Session, settings: Settings, notice: NoticeBar, dialogs: FileDialogs, window: QWidget
    ) -> None:
        super().__init__(window)
        self.keeps_nameless = True
        self._session = session
        self._settings = settings
        self._notice = notice
        self._dialogs = dialogs
        self._window = window
        self._fallback: Setup | None = None
        self._closes_when_saved = self._has_answered = False
        self._has_offered = False
        self._aside: set[Path] = set()
        self._play_time = PlayTime(session, self)
        self._troubles: dict[int, str] = {}
        session.run_saved.connect(self._on_session_run_saved)
        session.run_put_aside.connect(self._on_session_run_put_aside)
        session.run_rescued.connect(self._on_session_run_rescued)
        session.run_opened.connect(self._on_session_run_opened)
        session.run_shown.connect(self._on_session_run_shown)
        session.saving_failed.connect(self._on_session_saving_failed)
        session.saving_recovered.connect(self._on_session_saving_recovered)
        session.rejected.connect(self._on_session_rejected)
        session.run_started.connect(self._on_session_run_started)
        session.exported.connect(self._on_session_exported)

    # What the menu does

    def choose_run(self) -> None:
        """Ask for a run's file and open it."""
        path = self._dialogs.file_to_open("Open run", RUN_FILTER)
        if path is not None:
            self.open_run(path)

    def open_run(self, path: Path, fallback: Setup | None = None) -> None:
        """Open a run's file; the present run can be brought back.

        Args:
            path: the file.
            fallback: what to train where the file cannot be opened and there is no run yet.
        """
        self._fallback = fallback
        self._session.send(c.OpenRun(path.absolute()))

    def choose_place(self, run_id: int | None = None) -> bool:
        """Ask for a file and keep a run there; None: the present one. False when nothing was chosen."""
        if self._session.run is None:
            return False
        record = self._session.runs.get(run_id or self._session.runs.present)
        name = f"{record.setup.name}{RUN_SUFFIX}"
        path = self._dialogs.file_to_save("Save run as", name, RUN_FILTER)
        if path is not None:
            self._session.send(c.SaveRunAs(path, run_id))
        return path is not None

    def fill_recent(self, menu: QMenu) -> None:
        """One entry for each file that was used of late and is still there."""
        menu.clear()
        for path in (Path(path) for path in self._settings.recent_runs):
            if path.is_file():
                self._offer(menu, path, path.name)
        menu.setToolTipsVisible(True)
        if menu.isEmpty():
            menu.addAction("No run was saved yet").setEnabled(False)

    def _offer(self, menu: QMenu, path: Path, text: str) -> None:
        action = menu.addAction(text.replace("&", "&&"))
        action.setToolTip(str(path))
        action.triggered.connect(lambda checked=False: self.open_run(path))

    def show_kept(self) -> None:
        """Show the runs that nobody saved under a name, to open or to delete them."""
        folder = self._session.nameless_runs
        if folder is None:
            return
        dialog = KeptRuns(folder, self._window)
        dialog.open_asked.connect(self.open_run)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @property
    def _left(self) -> list[KeptRun]:
        """Nameless files that nobody writes any more, the newest first."""
        folder = self._session.nameless_runs
        return kept_runs(folder) if folder is not None else []

    def _note_recent(self, path: Path) -> None:
        others = [other for other in self._settings.recent_runs if other != str(path)]
        self._settings.recent_runs = [str(path), *others][:MAXIMUM_RECENT]

    def copy_link(self) -> None:
        """Put the present run's Setup and commands into the clipboard, as a line of text."""
        if self._session.run is None:
            return
        setup, journal = self._session.run.setup, tuple(self._session.journal)
        kept = tuple(entry for entry in journal if not isinstance(entry[1], c.SetParameters))
        words = "The link is copied; it makes this run again."
        try:
            text = Link(setup, kept).to_text()
            if len(kept) < len(journal):
                words = "The link is copied. Parameters that were opened from a file are not in it."
        except SetupError:
            text = Link(setup).to_text()
            words = "The link is copied, without the changes that were made on the way: they are too many."
        QGuiApplication.clipboard().setText(text)
        self._notice.show_notice(words, seconds=SECONDS_TO_READ)

    def open_link(self) -> None:
        """Start the run of the link in the clipboard; where there is none there, ask for it."""
        text = QGuiApplication.clipboard().text().strip()
        if not text.startswith(LINK_SCHEME):
            text, is_given = QInputDialog.getText(self._window, "Open link", f"A link ({LINK_SCHEME}…):")
            if not is_given or not text.strip():
                return
        try:
            link = Link.from_text(text.strip())
        except SetupError as error:
            self._notice.show_notice(f"The link cannot be opened. {error}.")
            return
        self._session.start_run(link.setup, journal=link.journal)

    def export(self, form: str) -> None:
        """Ask for a file and write the present run's figures there, ``csv`` or ``npz``."""
        if self._session.run is None:
            return
        name = f"{self._session.run.setup.name}.{form}"
        path = self._dialogs.file_to_save("Export", name, f"*.{form}")
        if path is not None:
            self._session.send(c.ExportRun(path, form))

    # Closing

    def may_close(self) -> bool:
        """Ask where steps were taken that no named file holds, or saving failed; saving closes the window afterwards."""
        unsaved, runs = self._session.unsaved_steps, self._session.runs
        troubles = {root: sentence for root, sentence in self._troubles.items() if root in runs}
        if self._has_answered or not (unsaved or troubles):
            return True
        put_aside = [run for run in self._left if run.path in self._aside]
        if not troubles and self._are_slight(unsaved):
            self.keeps_nameless = bool(put_aside)
            return True
        root = runs.root(runs.present)
        in_danger = unsaved | troubles
        first = root if root in in_danger else next(iter(in_danger))
        box = QMessageBox(self._window)
        box.setWindowTitle("Close VisualNet?")
        names = {run_id: runs.get(run_id).name for run_id in unsaved}
        box.setText(" ".join([*troubles.values(), _question(unsaved, root, names)]).strip())
        can_keep = self._session.nameless_runs is not None and not troubles
        box.setInformativeText(_consequences(len(unsaved), len(put_aside), can_keep))
        save = box.addButton("Save…", QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton("Keep", QMessageBox.ButtonRole.YesRole) if can_keep else None
        throw_away = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.exec()
        clicked = box.clickedButton()
        if clicked is save:
            self._closes_when_saved = self.choose_place(first)
        self.keeps_nameless = clicked is not throw_away
        return clicked is throw_away or (keep is not None and clicked is keep)

    def _are_slight(self, unsaved: Iterable[int]) -> bool:
        """Whether nothing was changed by hand in these runs and their branches, and all were played for moments."""
        runs = self._session.runs
        has_commands = any(record.journal for record in runs.all if runs.root(record.run_id) in unsaved)
        seconds = sum(self._play_time.seconds(root) for root in unsaved)
        return not has_commands and seconds < SLIGHT_SECONDS

    # What was left

    def offer_left(self) -> None:
        """Offer to go on with a run that was left when the program was killed, the newest first."""
        left = self._left
        if not left:
            return
        path = left[0].path
        actions = [("Go on with it", lambda: self.open_run(path)), ("Discard", lambda: self._discard(path))]
        if len(left) > 1:
            actions.append(("Show all", self.show_kept))
        self._notice.show_notice(f"{words_for(left[0])} was not saved when VisualNet ended.", tuple(actions))

    def _discard(self, path: Path) -> None:
        discard(path)
        self.offer_left()

    # What the session tells

    def _on_session_run_started(self, run: e.RunStarted) -> None:
        if not self._has_offered:
            self._has_offered = True
            self.offer_left()

    def _on_session_run_saved(self, event: e.RunSaved) -> None:
        self._note_saved(event.run_id)
        self._note_recent(event.path)
        self._notice.show_notice(f"The run is kept in {event.path} as it goes on.", seconds=SECONDS_TO_READ)
        if self._closes_when_saved:
            self._closes_when_saved, self._has_answered = False, True
            self._window.close()

    def _on_session_run_put_aside(self, event: e.RunPutAside) -> None:
        self._aside.add(event.path)
        self._notice.show_notice(
            f"Only the newest runs stay at hand. The oldest, {event.name}, was put aside: File > Kept runs has it.",
            (("Go back to it", lambda: self.open_run(event.path)),),
            SECONDS_TO_READ,
        )

    def _on_session_run_rescued(self, event: e.RunRescued) -> None:
        save = ("Save as…", lambda: self.choose_place(event.run_id))
        self._notice.show_notice(event.sentence, (save,), topic=_topic(event.run_id))

    def _on_session_run_opened(self, event: e.RunOpened) -> None:
        if event.kept_in is not None:
            self._note_recent(event.kept_in)
        if event.sentences:
            self._notice.show_notice(" ".join(event.sentences))

    def _on_session_run_shown(self, event: e.RunShown) -> None:
        path = self._session.runs.files.get(event.run_id)
        if path is not None:
            self._note_recent(path)
        name = "That run" if path is None else path.name
        self._notice.show_notice(f"{name} is open already: here it is.", seconds=SECONDS_TO_READ)

    def _on_session_saving_failed(self, event: e.SavingFailed) -> None:
        self._closes_when_saved = self._has_answered = False
        self._troubles[event.run_id] = event.sentence
        save = ("Save as…", lambda: self.choose_place(event.run_id))
        self._notice.show_notice(event.sentence, (save,), topic=_topic(event.run_id))

    def _on_session_saving_recovered(self, event: e.SavingRecovered) -> None:
        self._note_saved(event.run_id)
        path = self._session.runs.files.get(event.run_id)
        where = f": all of the run is in {path}" if path is not None else ""
        self._notice.show_notice(f"Saving works again{where}.", seconds=SECONDS_TO_READ)

    def _note_saved(self, run_id: int) -> None:
        self._troubles.pop(run_id, None)
        self._notice.withdraw(_topic(run_id))

    def _on_session_rejected(self, event: e.CommandRejected) -> None:
        if isinstance(event.command, c.SaveRunAs):
            self._closes_when_saved = False
        if isinstance(event.command, c.OpenRun) and self._session.run is None and self._fallback is not None:
            self._has_offered = True
            self._session.start_run(self._fallback)

    def _on_session_exported(self, event: e.RunExported) -> None:
        self._notice.show_notice(
            f"{event.path} is written, up to step {event.step:,}.", seconds=SECONDS_TO_READ
        )


def _consequences(unsaved: int, put_aside: int, can_keep: bool) -> str:
    """What saving one run leaves, where runs are kept, and what discarding takes with it."""
    sentences = []
    if unsaved > 1:
        sentences.append("Save… saves one of them; the others stay under File > Kept runs.")
    if can_keep:
        sentences.append(f"Keep leaves {'it' if unsaved == 1 else 'all of them'} under File > Kept runs.")
    if put_aside:
        runs = "one run that was" if put_aside == 1 else f"{put_aside} runs that were"
        sentences.append(f"Discard also removes {runs} put aside.")
    return " ".join(sentences)


def _topic(run_id: int) -> str:
    """Of the notice that this run cannot be saved."""
    return f"saving run {run_id}"


def _question(unsaved: dict[int, int], present: int, names: dict[int, str]) -> str:
    """What would be lost.

    Args:
        unsaved: steps by the run that began anew.
        present: the one that is shown, or that what is shown branched from.
        names: of them all.
    """
    others = {run_id: steps for run_id, steps in unsaved.items() if run_id != present}
    sentences = []
    if present in unsaved:
        sentences.append(f"This run, {names[present]}, has {unsaved[present]:,} steps that are in no file.")
    if others:
        runs = "An earlier run has" if len(others) == 1 else f"{len(others)} earlier runs have"
        which = ", ".join(names[run_id] for run_id in others)
        sentences.append(f"{runs} {sum(others.values()):,} steps that are in no file: {which}.")
    return " ".join(sentences)
