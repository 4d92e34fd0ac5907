"""The timeline at the window's lower edge: the step that is shown, the run as a track, and a button back to live."""

from __future__ import annotations

from math import inf

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from visualnet.app.bars.timeline_marks import TimelineMark
from visualnet.app.bars.timeline_scale import end_of_track
from visualnet.app.bars.timeline_track import HEIGHT, TimelineTrack
from visualnet.app.icons import icon
from visualnet.app.session.runs import RunRecord
from visualnet.app.session.session import Session
from visualnet.app.text.journal import command_words, epoch_starts, epochs_of, goal_step
from visualnet.app.theme import GRID, SMALL, Theme, blend, font
from visualnet.app.widgets.controls import toggle
from visualnet.app.widgets.figure import Figure
from visualnet.core.history.milestones import Milestone
from visualnet.core.messages.commands import OpenBranch
from visualnet.core.messages.events import RunStarted, TimelineChanged
from visualnet.core.number_words import epoch_words
from visualnet.core.setup.plan import plan_at

PIXELS_AN_EPOCH = 12


class TimelineBar(QWidget):
    """A bar that shows where the playhead is, and moves it.

    Attributes:
        compare_asked: emitted with the index of a command: show the run beside the one without it.
        compare_run_asked: emitted with the id of a run: show the present one beside it.
        runs_asked: emitted when the tree of runs is to be shown or hidden.
        track: the painted track.
        live: the button that returns to the live edge.
    """

    compare_asked = Signal(int)
    compare_run_asked = Signal(int)
    runs_asked = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._theme = theme
        self._milestones: tuple[Milestone, ...] = ()
        self.setObjectName("timeline")
        self.setFixedHeight(HEIGHT)
        self.figure = Figure(
            "",
            "000,000",
            "The step that all panels show: the live edge, or one of the past.",
            "of 000,000 · epoch 0,000.0",
        )
        self.figure.setAccessibleName("step shown")
        self.track = TimelineTrack(theme)
        self.live = toggle("Live")
        self.runs = QToolButton()
        self.runs.setToolTip("Show or hide the tree of runs: a change in the past makes a branch there.")
        self._lay_out()
        self._connect(session)
        self.set_theme(theme)

    def _lay_out(self) -> None:
        self.live.setFont(font(SMALL))
        self.live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.live.setFixedSize(104, 28)
        self.runs.setFont(font(SMALL))
        self.runs.setFixedSize(64, 28)
        self.runs.setObjectName("runs")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for part in (self.figure, self.track, self.runs, self.live):
            row.addWidget(part, 1 if part is self.track else 0)
            # Before there is a run, nothing can be said of it.
            part.hide()

    def _connect(self, session: Session) -> None:
        self.track.asked.connect(session.playhead.move)
        self.track.menu_asked.connect(self._on_track_menu_asked)
        self.runs.clicked.connect(self.runs_asked)
        session.runs.changed.connect(self._on_runs_changed)
        self.live.clicked.connect(self._on_live_clicked)
        session.run_started.connect(self._on_session_run_started)
        session.timeline_changed.connect(self._on_session_timeline_changed)
        session.applied.connect(self._show_marks)
        session.rewound.connect(self._show_marks)
        session.figure_pace.due.connect(self._show)
        session.playhead.moved.connect(self._show)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.track.set_theme(theme)
        self.figure.set_theme(theme)
        past = blend(theme.past, theme.window, 0.82)
        self.setStyleSheet(
            f"QToolButton {{ color: {theme.past}; border-color: {theme.past}; background: {past}; padding: 2px 8px; }}"
            f"QToolButton:checked {{ color: {theme.accent}; border-color: transparent; background: transparent; }}"
            f"#runs {{ color: {theme.secondary}; border-color: transparent; background: transparent; }}"
            f"QToolButton:hover, QToolButton:focus {{ border-color: {theme.accent}; }}"
        )
        self._colour_live()
        self._show()

    # What the session tells

    def _on_session_run_started(self, run: RunStarted) -> None:
        for part in (self.figure, self.track, self.runs, self.live):
            part.show()
        self._milestones = ()
        self._show_marks()
        self._show()

    def _on_runs_changed(self) -> None:
        count = len(self._session.runs.all)
        self.runs.setText(f"{count:,} runs" if count != 1 else "1 run")
        self._show_marks()

    def _on_session_timeline_changed(self, event: TimelineChanged) -> None:
        run = self._session.run
        if run is not None and event.generation == run.generation and event.milestones != self._milestones:
            self._milestones = event.milestones
            self._show_marks()

    def _show(self) -> None:
        playhead, run = self._session.playhead, self._session.run
        if run is None:
            return
        if end_of_track(playhead.live_step, goal_step(run, self._session.journal)) != self.track.scale.end:
            self._show_marks()
        self.track.show_run(playhead.live_step, playhead.step, playhead.is_live, playhead.is_exact)
        self._show_words(run)

    def _show_words(self, run: RunStarted) -> None:
        playhead, theme = self._session.playhead, self._theme
        epoch = f"epoch {epoch_words(epochs_of(run, self._session.journal).at(playhead.step))}"
        where = epoch if playhead.is_live else f"of {playhead.live_step:,} · {epoch}"
        self.figure.show_text(f"{playhead.step:,}")
        self.figure.show_name(where if playhead.is_exact else "computing…")
        self.figure.set_colour(theme.text if playhead.is_live else theme.past)
        self.track.setAccessibleDescription(f"step {playhead.step:,}, {where}")
        self._show_live(playhead.is_live)

    def _colour_live(self) -> None:
        theme = self._theme
        self.live.setIcon(icon("live", theme, theme.accent if self.live.isChecked() else theme.past))

    def _show_live(self, is_live: bool) -> None:
        if self.live.isChecked() == is_live and self.live.toolTip():
            return
        self.live.setChecked(is_live)
        self.live.setText("Live" if is_live else "Back to live")
        self._colour_live()
        self.live.setToolTip(
            "All panels show the newest step."
            if is_live
            else "All panels show a step of the past. Return to the newest one (Esc)."
        )

    def _show_marks(self) -> None:
        run, session = self._session.run, self._session
        if run is None:
            return
        commands = [
            TimelineMark(step, "command", f"From step {step:,} on: {command_words(command)}.", index)
            for index, (step, command) in enumerate(session.journal)
        ]
        milestones = [
            TimelineMark(milestone.step, milestone.kind, milestone.sentence) for milestone in self._milestones
        ]
        branches = [
            TimelineMark(
                record.start_step,
                "branch",
                _branch_words(record, session.runs.difference(record)),
                record.run_id,
            )
            for record in session.runs.branches(session.runs.present)
        ]
        goal = goal_step(run, session.journal)
        if goal is not None:
            plan = plan_at(inf, run.setup, session.journal)
            epochs = f", after {plan.epochs:,} epochs" if plan.steps is None else ""
            milestones.append(TimelineMark(goal, "goal", f"The goal: step {goal:,}{epochs}."))
        end = end_of_track(session.playhead.live_step, goal)
        most = self.track.width() // PIXELS_AN_EPOCH
        self.track.set_marks(
            (*milestones, *commands, *branches), epoch_starts(run, session.journal, end, most), goal
        )

    # What hands do

    def _on_live_clicked(self) -> None:
        # Checked means live, which only the worker's answer makes true.
        self.live.setChecked(self._session.playhead.is_live)
        self._session.playhead.go_live()

    def _on_track_menu_asked(self, mark: TimelineMark, position: QPoint) -> None:
        menu = self.menu_for(mark)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(position)

    def show_command_menu(self, step: int, position: QPoint) -> None:
        """The menu of the last command at this step, for others who mark commands."""
        marks = [mark for mark in self.track.marks if (mark.kind, mark.step) == ("command", step)]
        if marks:
            self._on_track_menu_asked(marks[-1], position)

    def menu_for(self, mark: TimelineMark) -> QMenu:
        """What can be done with a mark."""
        menu = QMenu(self)
        menu.addAction("Show this step", lambda: self._session.playhead.move(mark.step))
        if mark.kind == "command":
            menu.addAction("Compare with the run without it", lambda: self.compare_asked.emit(mark.subject))
        if mark.kind == "branch":
            menu.addAction("Open this branch", lambda: self._session.send(OpenBranch(mark.subject)))
            menu.addAction("Compare with this branch", lambda: self.compare_run_asked.emit(mark.subject))
        return menu


def _branch_words(branch: RunRecord, difference: str) -> str:
    return f"“{branch.name}” branched from step {branch.start_step:,}: {difference or 'nothing else yet'}."
