"""The main window: menus, toolbar, docks and notices. Wiring only; the panels draw, the session knows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStatusBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from visualnet.app.bars.notice_bar import NoticeBar
from visualnet.app.bars.timeline_bar import TimelineBar
from visualnet.app.bars.transport import Transport
from visualnet.app.files.file_dialogs import FileDialogs
from visualnet.app.files.run_file_actions import RunFileActions
from visualnet.app.files.settings import Settings
from visualnet.app.panels.catalogue import PANELS
from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.info import DataKind
from visualnet.app.panels.runs import RunsPanel
from visualnet.app.panels.setup.setup_panel import SetupPanel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.theme import GRID
from visualnet.app.widgets.drawing_pad import DrawingPad
from visualnet.app.widgets.required import required
from visualnet.app.window.actions import COMPARE
from visualnet.app.window.announcements import Announcements
from visualnet.app.window.compared_panels import ComparisonView
from visualnet.app.window.data_layouts import DataLayouts
from visualnet.app.window.dock import PanelDock, panel_of
from visualnet.app.window.help import Help
from visualnet.app.window.keys import PlayheadKeys, press_with_enter
from visualnet.app.window.layout import PanelLayout
from visualnet.app.window.menus import Menus
from visualnet.app.window.other_files import OtherFiles
from visualnet.app.window.palette import Palette
from visualnet.app.window.panel_keys import PanelKeys
from visualnet.app.window.past_memory import PastMemory
from visualnet.app.window.preset_views import PresetViews
from visualnet.app.window.themes import Themes
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.setup.presets import RUN_SUFFIX


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
        self.setWindowTitle("VisualNet")
        self.setObjectName("window")
        self._arrange_docks()
        self.themes = Themes(theme_name, settings, self)
        theme = self.themes.present
        self.transport = Transport(session, theme)
        self.menus = Menus()
        self.timeline = TimelineBar(session, theme)
        self._put_bars_on_top()
        self._put_timeline_below()
        self.notice = NoticeBar(theme, self._notice_area)
        self.docks = {kind.info.name: PanelDock(kind(session, theme), theme) for kind in PANELS}
        for dock in self.docks.values():
            session.add_panel(dock.panel)
        self.panel_layout = PanelLayout(self, self.docks)
        self.panel_layout.show_default(DataKind.IMAGES)
        for dock in self.docks.values():
            # Which panels are of use is known with the first run; until then, none shows what is of no run.
            dock.hide()
        self._make_parts()
        self._connect()
        # After the window, which arranges the panels first.
        self._preset_views = PresetViews(session, self.transport, self.docks, settings.speeds, self)
        # A click on what has no use for the keyboard gives it back to the window.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAcceptDrops(True)

    def _arrange_docks(self) -> None:
        """How panels may stand."""
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        self.setContentsMargins(GRID, 0, GRID, 0)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)

    def _make_parts(self) -> None:
        """What acts on the panels and the run, and the menus that offer it."""
        session, settings = self.session, self._settings
        self.layouts = DataLayouts(self, self.panel_layout, self.docks, settings)
        self.comparing = Comparing(session, self)
        self._comparison_view = ComparisonView(self.comparing, self.docks, self.transport, self)
        self.dialogs = FileDialogs(settings, self)
        self.setup_panel.dialogs = self.dialogs
        self.run_files = RunFileActions(session, settings, self.notice, self.dialogs, self)
        self.other_files = OtherFiles(session, self.dialogs, self.notice, self.runs_panel, self)
        self.past_memory = PastMemory(self, session, settings)
        self.panel_keys = PanelKeys(self.docks, self)
        self.help = Help(self, self.notice, self.menus.all_actions)
        self.menus.fill(self)
        self._keys = PlayheadKeys(self, session.playhead, self.transport.stepping)

    def _put_bars_on_top(self) -> None:
        """Menus and transport in one column across the whole window."""
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        # Menus are a third of the row; what is left is where notices are told.
        self.menus.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._notice_area = QWidget()
        row.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._notice_area, 1)
        column.addLayout(row)
        column.addWidget(self.transport)
        self.setMenuWidget(holder)

    def _put_timeline_below(self) -> None:
        """Across the whole window, below all docks."""
        bar = QStatusBar(sizeGripEnabled=False)
        bar.addPermanentWidget(self.timeline, 1)
        self.setStatusBar(bar)

    def _connect(self) -> None:
        session, live = self.session, self.setup_panel.live
        self.themes.tell(self.transport.set_theme, self.timeline.set_theme, self.notice.set_theme)
        self.themes.tell(*(dock.set_theme for dock in self.docks.values()))
        session.run_started.connect(self._on_session_run_started)
        session.rejected.connect(self._on_session_rejected)
        for named in (session.run_saved, session.run_opened, session.run_rescued):
            named.connect(self._show_title)
        show_runs = self.docks[RunsPanel.info.name].bring_to_front
        self._announcements = Announcements(session, self.comparing, self.notice, show_runs, self)
        live.speed_chosen.connect(self.transport.choose_speed)
        self.transport.speed_changed.connect(live.show_pace)
        self.runs_panel.delete_asked.connect(lambda run_id: session.send(c.DeleteBranch(run_id)))
        self.timeline.compare_asked.connect(self.comparing.start_without)
        self.timeline.compare_run_asked.connect(self.comparing.start)
        self.timeline.runs_asked.connect(self.docks[RunsPanel.info.name].toggle)
        for plot in panel_of(self.docks, CurvesPanel).plots:
            plot.menu_asked.connect(self.timeline.show_command_menu)
        self.comparing.changed.connect(self._on_comparing_changed)
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

    def compare_with_parent(self) -> None:
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

    def show_palette(self) -> None:
        """Let the person find an action by its name."""
        Palette(self.menus, self).open()

    def toggle_full_screen(self) -> None:
        """Take the whole screen, or give it back."""
        # The other states stay: what was maximised will be so again.
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # What the session tells

    def _on_session_run_started(self, run: e.RunStarted) -> None:
        self._show_title()
        self._settings.last_setup = run.setup.to_dict()
        self.layouts.show_run(run)

    def _on_session_rejected(self) -> None:
        if self.layouts.kind is None:
            self.layouts.show(DataKind.IMAGES)

    def _show_title(self) -> None:
        """The file of the present run, or what it is of."""
        runs = self.session.runs
        file = runs.files.get(runs.root(runs.present))
        name = required(self.session.run).setup.name if file is None else file.name
        self.setWindowTitle(f"{name} – VisualNet")

    def _on_comparing_changed(self) -> None:
        self.menus.action(COMPARE).setText("End &comparison" if self.comparing.is_on else COMPARE)

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
        if not self.layouts.is_applied:
            self.layouts.apply()
            self._preset_views.bring_front()
        # Else Qt gives it to the first button, and Space would press that instead of play.
        self.setFocus()
        fault = self._settings.take_fault()
        if fault is not None:
            self.notice.show_notice(fault)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.asks_before_closing and not self.run_files.may_close():
            event.ignore()
            return
        self.layouts.save()
        normal = self.normalGeometry().size() if self.isMaximized() or self.isFullScreen() else self.size()
        self._settings.size = [normal.width(), normal.height()]
        self._settings.is_maximised = self.isMaximized()
        if self.transport.keeps_speed and self.session.run is not None:
            chosen = {self.session.run.setup.name: self.transport.chosen_speed}
            self._settings.speeds = {**self._settings.speeds, **chosen}
        self.session.shut_down(self.run_files.keeps_nameless)
        super().closeEvent(event)
