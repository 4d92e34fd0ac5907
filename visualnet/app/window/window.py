"""The main window: menus, toolbar, docks and notices. Wiring only; the panels draw, the session knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QMenuBar,
    QMessageBox,
    QSizePolicy,
    QStatusBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from visualnet import __version__
from visualnet.app.bars.notice_bar import NoticeBar
from visualnet.app.bars.timeline_bar import TimelineBar
from visualnet.app.bars.transport import PLAY_KEY, Transport
from visualnet.app.faults import attempt
from visualnet.app.files.file_dialogs import FileDialogs
from visualnet.app.files.run_file_actions import RunFileActions
from visualnet.app.files.settings import Settings
from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.panel import Panel
from visualnet.app.panels.predictions import PredictionsPanel
from visualnet.app.panels.runs import RunsPanel
from visualnet.app.panels.setup.setup_panel import IMAGE_FOLDER, SetupPanel
from visualnet.app.panels.surface import SurfacePanel
from visualnet.app.panels.truth_table import TruthTablePanel
from visualnet.app.panels.weights import WeightsPanel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.runs import RunRecord
from visualnet.app.session.session import Session
from visualnet.app.text.journal import goal_step
from visualnet.app.theme import GRID, THEMES, Theme, apply_theme, system_theme
from visualnet.app.widgets.drawing_pad import DrawingPad
from visualnet.app.widgets.picture import save_picture
from visualnet.app.widgets.required import application, required
from visualnet.app.window.compared_panels import ComparisonView
from visualnet.app.window.dock import PanelDock, panel_of
from visualnet.app.window.history_menu import HistoryMenu
from visualnet.app.window.keys import PLAYHEAD_KEYS, REDO_KEYS, UNDO_KEY, PlayheadKeys, press_with_enter
from visualnet.app.window.layout import PanelLayout
from visualnet.app.window.panel_keys import NEXT_KEYS, PREVIOUS_KEYS, PanelKeys
from visualnet.app.window.past_memory import PastMemory
from visualnet.app.window.preset_views import PresetViews
from visualnet.core.errors import DataError
from visualnet.core.files import replace_file
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.done import Done
from visualnet.core.setup.match_data import on_file
from visualnet.core.setup.presets import PRESETS, RUN_SUFFIX
from visualnet.log import log_file

PANELS: tuple[type[Panel], ...] = (
    SetupPanel,
    WeightsPanel,
    FeatureMapsPanel,
    SurfacePanel,
    PredictionsPanel,
    TruthTablePanel,
    DrawingPanel,
    CurvesPanel,
    RunsPanel,
)

PANEL_KEYS = (
    ("Another sample of test digits", "N"),
    ("Pen, eraser, back, clear", "D, E, Backspace or Ctrl+Z, Del"),
    ("Drawing, weights: move; pen down or up", "Alt+← → ↑ ↓, Enter"),
    ("Curves: follow, logarithmic, closer, wider", "F, L, +, −"),
    ("Curves: earlier, later", "Alt+← →"),
)
"""Keys of single panels, which work while the panel has the focus."""

COMPARE = "&Compare with parent"
SECONDS_TO_UNDO = 12.0
SECONDS_TO_READ = 6.0
MILLISECONDS_TO_LET_GO = 50
"""Milliseconds between two looks at whether the mouse button was released."""

RESTING, DONE, REFUSED = "resting", "done", "refused"
"""Topics of notices that are withdrawn when they are no longer true."""
DATA_FILTER = "Tables and arrays (*.csv *.tsv *.txt *.npz)"
FILE_FILTER = "Parameters (*.safetensors)"


def _run_in(data: QMimeData) -> Path | None:
    """The run's file that is dragged, where it is just one."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].suffix == RUN_SUFFIX else None


class Window(QMainWindow):
    """One session on screen.

    Args:
        session: the run to show.
        settings: what to remember.
        theme_name: ``dark``, ``light``, or ``system`` to follow the desktop.
        asks_before_closing: whether closing a run in progress asks first.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        theme_name: str = "system",
        asks_before_closing: bool = True,
    ) -> None:
        super().__init__()
        self.session = session
        self.asks_before_closing = asks_before_closing
        self._settings = settings
        self._theme_name = theme_name
        self._theme = THEMES.get(theme_name) or system_theme()
        self._is_plane: bool | None = None
        self._is_arranged_for_plane: bool | None = None
        self._has_feature_maps = False
        self.setWindowTitle("VisualNet")
        self.setObjectName("window")
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        self.setContentsMargins(GRID, 0, GRID, 0)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.transport = Transport(session, self._theme)
        self._menus = QMenuBar()
        self.timeline = TimelineBar(session, self._theme)
        self._put_bars_on_top()
        self._put_timeline_below()
        self.notice = NoticeBar(self._theme, self._notice_area)
        self.docks = {kind.name: PanelDock(kind(session, self._theme), self._theme) for kind in PANELS}
        for dock in self.docks.values():
            session.add_panel(dock.panel)
        self.panel_layout = PanelLayout(self, self.docks)
        self.panel_layout.show_default(is_plane=False)
        for dock in self.docks.values():
            # Which panels are of use is known with the first run; until then, none shows what is of no run.
            dock.hide()
        self.comparing = Comparing(session, self)
        self._comparison_view = ComparisonView(self.comparing, self.docks, self.transport, self)
        self.dialogs = FileDialogs(settings, self)
        self.setup_panel.dialogs = self.dialogs
        self.run_files = RunFileActions(session, settings, self.notice, self.dialogs, self)
        self.past_memory = PastMemory(self, session, settings)
        self._panel_keys = PanelKeys(self.docks, self)
        samples = (panel_of(self.docks, PredictionsPanel), panel_of(self.docks, FeatureMapsPanel))
        self._panel_keys.share("N", {panel.name: panel.another for panel in samples})
        self._make_menus()
        self._keys = PlayheadKeys(self, session.playhead, self.transport.actions_of_keys)
        # A click on what has no use for the keyboard gives it back to the window.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._connect()
        # After the window, which arranges the panels first.
        self._preset_views = PresetViews(session, self.transport, self.docks, self)
        self.setAcceptDrops(True)

    def _put_bars_on_top(self) -> None:
        """Menus and transport in one column across the whole window."""
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        # Menus are a third of the row; what is left is where notices are told.
        self._menus.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._notice_area = QWidget()
        row.addWidget(self._menus, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._notice_area, 1)
        column.addLayout(row)
        column.addWidget(self.transport)
        self.setMenuWidget(holder)

    def _put_timeline_below(self) -> None:
        """Across the whole window, below all docks."""
        bar = QStatusBar(sizeGripEnabled=False)
        bar.addPermanentWidget(self.timeline, 1)
        self.setStatusBar(bar)

    def _make_menus(self) -> None:
        self._make_file_menu()
        self._make_edit_menu()
        self._make_run_menu()
        self._make_view_menu()
        self._make_help_menu()

    def _make_file_menu(self) -> None:
        menu, files = self._menus.addMenu("&File"), self.run_files
        self._add(menu, "&Open run…", "Ctrl+O", files.choose_run)
        recent = menu.addMenu("&Recent runs")
        recent.aboutToShow.connect(lambda: files.fill_recent(recent))
        self._add(menu, "&Kept runs…", None, files.show_kept)
        self._add(menu, "&Save run as…", "Ctrl+S", lambda: files.choose_place())
        menu.addSeparator()
        presets = menu.addMenu("Open &preset")
        for name in PRESETS:
            self._add(presets, name, None, lambda checked=False, name=name: self.session.open_preset(name))
        self._add(menu, "Open &data…", "Ctrl+D", self._on_data_triggered)
        self._add(menu, "Open &image folder…", None, self._on_image_folder_triggered)
        menu.addSeparator()
        self._add(menu, "Open &link…", "Ctrl+L", files.open_link)
        self._add(menu, "&Copy link", "Ctrl+Shift+C", files.copy_link)
        menu.addSeparator()
        self._add(menu, "Open para&meters…", None, self._on_open_triggered)
        self._add(menu, "Sa&ve parameters…", None, self._on_save_triggered)
        exports = menu.addMenu("&Export")
        self._add(exports, "&History (csv)…", None, lambda: files.export("csv"))
        self._add(exports, "History and &parameters (npz)…", None, lambda: files.export("npz"))
        self._add(menu, "Save p&icture…", "Ctrl+Shift+S", self._on_picture_triggered)
        self._add(menu, "Save &table of runs…", None, self._on_table_triggered)
        menu.addSeparator()
        self._add(menu, "&Quit", "Ctrl+Q", self.close)

    def _make_edit_menu(self) -> None:
        menu, history = self._menus.addMenu("&Edit"), self.session.history
        self._undo = self._add(menu, "&Undo", UNDO_KEY, history.undo)
        self._redo = self._add(menu, "&Redo", None, history.redo)
        self._redo.setShortcuts([QKeySequence(key) for key in REDO_KEYS])
        for action, name in ((self._undo, "Undo"), (self._redo, "Redo")):
            # What the list of keys calls it, whatever it would undo.
            action.setIconText(name)
            action.setEnabled(False)
        menu.addSeparator()
        self.history_menu = HistoryMenu(history, menu)
        menu.addMenu(self.history_menu)

    def _make_run_menu(self) -> None:
        menu = self._menus.addMenu("&Run")
        transport = self.transport
        for action in (transport.play, transport.step, transport.step_back, transport.epoch):
            menu.addAction(action)
        self._add(menu, "Back to &live", "Esc", self.session.playhead.go_live)
        menu.addSeparator()
        self._add(menu, "&Faster", "]", transport.faster)
        self._add(menu, "&Slower", "[", transport.slower)
        menu.addSeparator()
        for action in (transport.restart, transport.new_seed):
            menu.addAction(action)
        self._add(menu, "Find a &rate…", "Ctrl+F", self.setup_panel.find_rate)
        self._compare = self._add(menu, COMPARE, "Ctrl+K", self._on_compare_triggered)
        menu.addSeparator()
        self._add(menu, "&Memory for the past…", None, self.past_memory.ask)

    def _make_view_menu(self) -> None:
        menu = self._menus.addMenu("&View")
        for dock in self.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        for text, keys, go in (
            ("&Next panel", NEXT_KEYS, self._panel_keys.go_next),
            ("&Previous panel", PREVIOUS_KEYS, self._panel_keys.go_previous),
        ):
            self._add(menu, text, None, go).setShortcuts([QKeySequence(key) for key in keys])
        self._add(menu, "&Reset panels", None, self._on_reset_triggered)
        menu.addSeparator()
        self._themes = QActionGroup(self)
        for name in ("system", "light", "dark"):
            action = self._add(
                menu,
                f"{name.capitalize()} theme",
                None,
                lambda checked=False, name=name: self.choose_theme(name),
            )
            action.setCheckable(True)
            action.setChecked(name == self._theme_name)
            self._themes.addAction(action)
        menu.addSeparator()
        self._add(menu, "&Full screen", "F11", self._on_full_screen_triggered)

    def _make_help_menu(self) -> None:
        menu = self._menus.addMenu("&Help")
        self._add(menu, "&Keys", "F1", self._on_keys_triggered)
        self._add(menu, "Show &log file", None, self._on_log_triggered)
        self._add(menu, "&About VisualNet", None, self._on_about_triggered)

    def _add(self, menu: QMenu, text: str, shortcut: str | None, act: Callable[..., object]) -> QAction:
        action = menu.addAction(text)
        if shortcut:
            action.setShortcut(shortcut)
        action.triggered.connect(act)
        return action

    def _connect(self) -> None:
        session = self.session
        session.run_started.connect(self._on_session_run_started)
        session.history.changed.connect(self._on_history_changed)
        session.history.grew.connect(self._on_history_grew)
        self.setup_panel.live.speed_chosen.connect(self.transport.choose_speed)
        self.transport.speed_changed.connect(self.setup_panel.live.show_pace)
        self.runs_panel.delete_asked.connect(lambda run_id: session.send(c.DeleteBranch(run_id)))
        self.timeline.compare_asked.connect(self.comparing.start_without)
        self.timeline.compare_run_asked.connect(self.comparing.start)
        for plot in panel_of(self.docks, CurvesPanel).plots:
            plot.menu_asked.connect(self.timeline.show_command_menu)
        self.comparing.changed.connect(self._on_comparing_changed)
        self.comparing.progressed.connect(self._on_comparing_progressed)
        self.timeline.runs_asked.connect(self.docks["runs"].toggle)
        session.paused.connect(self._on_session_paused)
        session.playing_changed.connect(self._on_session_playing_changed)
        session.rewound.connect(self._on_session_rewound)
        session.diverged.connect(self._on_session_diverged)
        session.rejected.connect(self._on_session_rejected)
        session.applied.connect(self._on_session_applied)
        session.irreproducible.connect(self._on_session_mistrusted)
        session.failed.connect(self._on_session_failed)
        session.loading_progressed.connect(self._on_session_loading_progressed)
        session.loading_changed.connect(self._on_session_loading_changed)
        session.run_saved.connect(self._show_title)
        session.run_opened.connect(self._show_title)
        session.run_rescued.connect(self._show_title)
        session.parameters_saved.connect(self._on_session_parameters_saved)
        QApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme_changed)
        maps = panel_of(self.docks, FeatureMapsPanel)
        panel_of(self.docks, DrawingPanel).digit_changed.connect(maps.show_drawing)

    @property
    def drawing_pad(self) -> DrawingPad:
        """The paper of the drawing panel."""
        return panel_of(self.docks, DrawingPanel).pad

    @property
    def setup_panel(self) -> SetupPanel:
        """The left rail."""
        return panel_of(self.docks, SetupPanel)

    @property
    def runs_panel(self) -> RunsPanel:
        """The tree of runs."""
        return panel_of(self.docks, RunsPanel)

    # What the menus do

    def choose_theme(self, name: str) -> None:
        """Use ``dark``, ``light`` or the ``system``'s theme from now on."""
        self._theme_name = name
        self._settings.save(theme=name)
        self._set_theme(THEMES.get(name) or system_theme())

    def _set_theme(self, theme: Theme) -> None:
        self._theme = theme
        apply_theme(application(), theme)
        bars = (self.transport.set_theme, self.timeline.set_theme, self.notice.set_theme)
        for use in (*bars, *(dock.set_theme for dock in self.docks.values())):
            attempt(use, theme)

    def _on_system_theme_changed(self) -> None:
        if self._theme_name == "system":
            self._set_theme(system_theme())

    def _on_open_triggered(self) -> None:
        path = self.dialogs.file_to_open("Open parameters", FILE_FILTER)
        if path is not None:
            self.session.send(c.OpenParameters(path))

    def open_data(self, path: Path) -> None:
        """Put the present network on a person's own file or folder; the present run can be brought back."""
        if self.session.run is None:
            return
        try:
            self.session.start_run(on_file(self.session.run.setup, path), follows_data=True)
        except DataError as error:
            self.notice.show_notice(str(error))

    def _on_data_triggered(self) -> None:
        path = self.dialogs.file_to_open("Open data", DATA_FILTER)
        if path is not None:
            self.open_data(path)

    def _on_image_folder_triggered(self) -> None:
        path = self.dialogs.folder_to_open(IMAGE_FOLDER)
        if path is not None:
            self.open_data(path)

    def _on_save_triggered(self) -> None:
        path = self.dialogs.file_to_save("Save parameters", "network.safetensors", FILE_FILTER)
        if path is not None:
            self.session.send(c.SaveParameters(path))

    def _on_picture_triggered(self) -> None:
        path = self.dialogs.file_to_save("Save picture", "visualnet.png", "Picture (*.png)")
        if path is None:
            return
        if not path.suffix:
            path = path.with_name(f"{path.name}.png")
        try:
            save_picture(self.picture(), path)
        except DataError as error:
            self.notice.show_notice(f"{error}.")
        else:
            self.notice.show_notice(f"The picture is saved in {path}.", seconds=SECONDS_TO_READ)

    def picture(self) -> QPixmap:
        """The window as it is, without a notice: that lies over what the picture is of."""
        was_shown = not self.notice.isHidden()
        self.notice.hide()
        picture = self.grab()
        self.notice.setVisible(was_shown)
        return picture

    def _on_table_triggered(self) -> None:
        path = self.dialogs.file_to_save("Save table of runs", "runs.csv", "Table (*.csv)")
        if path is not None:
            self.save_table(path)

    def save_table(self, path: Path) -> None:
        """Write all runs with their figures as CSV."""
        try:
            replace_file(path, self.runs_panel.csv().encode())
        except DataError as error:
            self.notice.show_notice(f"{error}.")
        else:
            self.notice.show_notice(f"The table of runs is saved in {path}.", seconds=SECONDS_TO_READ)

    def _on_compare_triggered(self) -> None:
        """Show the present run beside its parent, or show it alone again."""
        runs = self.session.runs
        parent = runs.get(runs.present).parent if runs.present else None
        if self.comparing.is_on:
            self.comparing.stop()
        elif parent is not None and parent in runs:
            self.comparing.start(parent)
        else:
            self.notice.show_notice(
                "This run began anew: there is no parent to compare it with. Change a setting in its past first."
            )

    def _on_reset_triggered(self) -> None:
        self._show_default_layout()

    def _on_full_screen_triggered(self) -> None:
        # The other states stay: what was maximised will be so again.
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _on_keys_triggered(self) -> None:
        rows = [
            (action.iconText(), ", ".join(key.toString() for key in action.shortcuts()))
            for menu in self._menus.findChildren(QMenu)
            for action in menu.actions()
            if not action.shortcut().isEmpty() and action is not self.transport.play
        ]
        rows = [("Play or pause", PLAY_KEY), *rows, *PLAYHEAD_KEYS, *PANEL_KEYS]
        table = "".join(f"<tr><td>{keys}&nbsp;&nbsp;&nbsp;</td><td>{text}</td></tr>" for text, keys in rows)
        self._tell("Keys", f"<table>{table}</table>")

    def _on_log_triggered(self) -> None:
        self.notice.show_notice(
            f"The log file is {log_file()}.",
            (
                (
                    "Open its folder",
                    lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent))),
                ),
            ),
        )

    def _on_about_triggered(self) -> None:
        self._tell(
            "About VisualNet",
            f"<b>VisualNet {__version__}</b><p>Watch a neural network, written from scratch in NumPy, learn."
            "<p>MIT licence. Uses Qt and PySide6 (LGPL 3), pyqtgraph (MIT), NumPy (BSD), the Inter font (OFL) and the "
            f"MNIST digits (CC BY-SA 3.0).<p>Log file: {log_file()}",
        )

    def _tell(self, title: str, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Close, self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # What the session tells

    def _on_session_run_started(self, run: e.RunStarted) -> None:
        self._show_title()
        self._settings.save(last_setup=run.setup.to_dict())
        has_maps = any(len(layer.output_shape) == 3 for layer in run.layers)
        if not has_maps:
            # Before others come: a small window has no room for the panels of both.
            self._offer_feature_maps(False)
        self._show_layout(run.data.points is not None)
        self._offer_feature_maps(has_maps)
        for topic in (RESTING, REFUSED):
            self.notice.withdraw(topic)

    def _show_title(self) -> None:
        """The file of the present run, or what it is of."""
        runs = self.session.runs
        file = runs.files.get(runs.root(runs.present))
        name = required(self.session.run).setup.name if file is None else file.name
        self.setWindowTitle(f"{name} – VisualNet")

    def _tell_of_branch(self, branch: RunRecord) -> None:
        """A change in the past was made: what became of it, and the way back."""
        changes = self.session.runs.difference(branch) or "nothing else yet"
        parent = self.session.runs.get(branch.parent or 0).name
        self.notice.show_notice(
            f"A branch of {parent} begins at step {branch.start_step:,}: {changes}. {parent} stays as it was.",
            (("Undo", self.session.history.undo), ("Show runs", self.docks["runs"].bring_to_front)),
            SECONDS_TO_UNDO,
            DONE,
        )

    def _on_comparing_changed(self) -> None:
        self._compare.setText("End &comparison" if self.comparing.is_on else COMPARE)

    def _on_comparing_progressed(self, done: int, goal: int) -> None:
        if done >= goal:
            self.notice.hide_progress()
            return
        text = f"Training the run without that change: step {done:,} of {goal:,}."
        self.notice.show_progress(text, done / goal, lambda: self.session.send(c.CancelComparison()))

    def _on_history_changed(self) -> None:
        history = self.session.history
        self.notice.withdraw(DONE)
        for action, words in ((self._undo, history.undo_words), (self._redo, history.redo_words)):
            action.setText(f"&{action.iconText()} {(words or '').replace('&', '&&')}".strip())
            action.setEnabled(words is not None)

    def _on_history_grew(self, done: Done) -> None:
        """Tell of what is easily done by mistake, with the way back."""
        runs = self.session.runs
        undo = ("Undo", self.session.history.undo)
        if done.kind == "branch" and done.run_id == runs.present:
            self._tell_of_branch(runs.get(done.run_id))
        elif done.kind == "run":
            setup = required(self.session.run).setup
            text = f"A new run of {setup.name} with seed {setup.seed:,}. The run before it is kept."
            self.notice.show_notice(text, (undo,), SECONDS_TO_UNDO, DONE)
        elif done.kind == "deletion" and isinstance(done.before, int):
            more = done.before - 1
            others = f" and {more:,} more that branched from it" if more else ""
            self.notice.show_notice(f"“{done.subject}”{others} is deleted.", (undo,), SECONDS_TO_UNDO, DONE)

    def _offer_feature_maps(self, are_there: bool) -> None:
        """A network with feature maps brings their panel, as a tab behind the weights; one without takes it away."""
        if are_there != self._has_feature_maps:
            self._has_feature_maps = are_there
            self.docks["feature-maps"].setVisible(are_there)
            self.docks["weights"].raise_()

    def _show_layout(self, is_plane: bool) -> None:
        """Points in the plane and images each have their own arrangement of panels."""
        if is_plane == self._is_plane:
            return
        self._save_layout()
        self._is_plane = is_plane
        if self.isVisible():
            self._apply_layout()

    def _apply_layout(self) -> None:
        """The remembered arrangement for this kind of data, or the default one; once no hand drags a panel any more.

        Qt keeps pointers into the arrangement that a drag began in, and a new one in its place ends the program.
        """
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            QTimer.singleShot(MILLISECONDS_TO_LET_GO, self, self._apply_layout)
            return
        self._is_arranged_for_plane = self._is_plane
        saved = self._settings.get(self._layout_name, dict)
        if not self.panel_layout.restore(saved):
            self._show_default_layout()

    def _show_default_layout(self) -> None:
        self.panel_layout.show_default(bool(self._is_plane))
        if self._has_feature_maps:
            self.docks["feature-maps"].show()
            self.docks["weights"].raise_()

    @property
    def _layout_name(self) -> str:
        """Each has an entry of its own, so that two windows do not undo each other's."""
        return "layout.plane" if self._is_plane else "layout.image"

    def _save_layout(self) -> None:
        if self._is_plane is not None and self.isVisible():
            self._settings.save(**{self._layout_name: self.panel_layout.state})

    def _on_session_paused(self, event: e.Paused) -> None:
        run = required(self.session.run)
        goal = goal_step(run, self.session.journal) or event.step
        steps = f"{event.step:,} steps"
        taken = (
            f"the {steps} that it was set to"
            if goal == event.step
            else f"{steps}; it is to end at step {goal:,}"
        )
        judge = "loss on the validation part" if run.data.validation_count else "test loss"
        endings = {
            "goal": f"{run.setup.name} has taken {taken}.",
            "early-stopping": f"Stopped early at step {event.step:,}: the {judge} no longer fell. The best weights are back.",
        }
        if event.reason in endings:
            go_on = ("Go on", self.session.play)
            self.notice.show_notice(endings[event.reason], (go_on,), SECONDS_TO_UNDO, RESTING)

    def _on_session_playing_changed(self, is_playing: bool) -> None:
        if is_playing:
            self.notice.withdraw(RESTING)

    def _on_session_rewound(self) -> None:
        self.notice.withdraw(RESTING)

    def _on_session_diverged(self, event: e.RunDiverged) -> None:
        steps = tuple(
            (f"Step {step:,}", lambda step=step: self.session.send(c.Rewind(step)))
            for step in reversed(event.kept_steps)
        )
        actions = (("Go back to", steps), ("Restart", self.session.restart))
        self.notice.show_notice(event.sentence, actions, topic=RESTING)

    def _on_session_rejected(self, event: e.CommandRejected) -> None:
        if self._is_plane is None:
            self._show_layout(is_plane=False)
        # Why a setting was refused is of no use any more when the next one takes effect.
        topic = REFUSED if isinstance(event.command, c.RunCommand) else ""
        self.notice.show_notice(event.sentence, topic=topic)

    def _on_session_applied(self) -> None:
        self.notice.withdraw(REFUSED)

    def _on_session_mistrusted(self, event: e.ReplayIrreproducible) -> None:
        self.notice.show_notice(event.sentence)

    def _on_session_failed(self, event: e.WorkerFailed) -> None:
        self.notice.show_notice(f"{event.sentence} Details are in {log_file()}.")

    def _on_session_loading_progressed(self, event: e.LoadingProgressed) -> None:
        self.notice.show_progress(
            event.activity, event.fraction, lambda: self.session.send(c.CancelLoading())
        )

    def _on_session_loading_changed(self, is_loading: bool) -> None:
        if not is_loading:
            self.notice.hide_progress()

    def _on_session_parameters_saved(self, event: e.ParametersSaved) -> None:
        words = f"The parameters after step {event.step:,} are saved in {event.path}."
        self.notice.show_notice(words, seconds=SECONDS_TO_READ)

    # What Qt tells

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the widget with the focus had no use for."""
        if not press_with_enter(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A run's file may be dropped anywhere on the window."""
        if _run_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _run_in(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.run_files.open_run(path)

    def event(self, event: QEvent) -> bool:
        """Separators between docks are Qt's; that one was let go is told by the end of a press on one."""
        if event.type() == QEvent.Type.MouseButtonRelease:
            QTimer.singleShot(0, self.panel_layout.note_separator_moved)
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.panel_layout.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Qt restores docks rightly only in a window that is shown. One that comes back from the task bar is left alone.
        if self._is_plane is not self._is_arranged_for_plane:
            self._apply_layout()
            self._preset_views.bring_front()
        # Else Qt gives it to the first button, and Space would press that instead of play.
        self.setFocus()
        if self._settings.fault:
            self.notice.show_notice(self._settings.fault)
            self._settings.fault = None

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.asks_before_closing and not self.run_files.may_close():
            event.ignore()
            return
        self._save_layout()
        normal = self.normalGeometry().size() if self.isMaximized() or self.isFullScreen() else self.size()
        self._settings.save(size=[normal.width(), normal.height()], maximised=self.isMaximized())
        self.session.shut_down(self.run_files.keeps_nameless)
        super().closeEvent(event)
