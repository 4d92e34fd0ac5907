"""Loss and accuracy over the steps, training and test, with a mark where a command took effect. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from visualnet.app.panels.info import DataKind, PanelInfo, PanelKey, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.text.journal import command_words, epochs_of, figures_at
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.controls import stepped_slider, toggle
from visualnet.app.widgets.curve_plot import CurvePlot
from visualnet.app.widgets.legend import Legend, Names
from visualnet.core.history.history import Figures, HistoryView
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.number_words import epoch_words, number_words, share_words

TITLE_BUTTON = 24
"""Height of the buttons in the title's line."""

SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
USUAL = 3
"""Place among them that a run begins with, unless each of its batches is all of the data: then it is 0."""

LOSS_HINT = "The loss of every step appears here once training starts."
EXAMPLES_OF_A_VALUE = 16
"""Examples that one value of the faint band is a mean over, at least: smaller batches are averaged."""

ACCURACY_HINT = "And here the share of right answers."
NO_CLASSES = "These data have no classes, so there is no accuracy."


class CurvesPanel(Panel):
    """The panel of two plots, loss and accuracy, with one read-out line; while training they are drawn by turns."""

    info = PanelInfo(
        name="curves",
        title="Curves",
        places=dict.fromkeys(DataKind, Place.BOTTOM),
        shortcut="Ctrl+8",
        keys=(
            PanelKey("follow, logarithmic, closer, wider", "F, L, +, −"),
            PanelKey("earlier, later", "Alt+← →"),
        ),
    )
    shows_live_edge = True

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._history: HistoryView | None = None
        self._told: Frame | None = None
        self._ticks = 0
        self._pointed: int | None = None
        self._other_name = ""
        self._keeps_smoothing = False
        self.loss = CurvePlot(theme, "Loss", is_share=False, hint=LOSS_HINT)
        self.accuracy = CurvePlot(theme, "Accuracy", is_share=True, hint=ACCURACY_HINT)
        self.plots = (self.loss, self.accuracy)
        self.legends = (Legend(theme, "Loss"), Legend(theme, "Accuracy"))
        self._make_controls()
        self._lay_out()
        for plot in self.plots:
            plot.pointed.connect(self._on_plot_pointed)
            plot.chosen.connect(session.playhead.move)
            plot.follow_changed.connect(self._on_plot_follow_changed)
        for legend in self.legends:
            # Not over the plots: what one points at there is not to be covered.
            legend.setToolTip(
                "Every step of the run, and what was measured on the test set.\nDouble-click a plot to see the run as it was at that step."
            )
        session.applied.connect(self._show_marks)
        session.rewound.connect(self._show_marks)
        session.playhead.moved.connect(self._on_playhead_moved)
        # From the frame that the toolbar tells of, so that both have one figure at any moment.
        session.figure_pace.due.connect(self._on_figures_due)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(120)

    def _make_controls(self) -> None:
        self.log = toggle("Log")
        self.log.setToolTip(
            "Show the loss on a logarithmic axis (L).\nEach line upwards is ten times as much, so small losses can be told apart."
        )
        self.log.toggled.connect(self.loss.set_log)
        self.follow = toggle("Follow")
        self.follow.setChecked(True)
        self.follow.setToolTip(
            "Keep the newest step in view (F).\nZooming (wheel, + and −) or panning (drag, ← and →) switches this off and keeps your place."
        )
        self.follow.clicked.connect(self._on_follow_clicked)
        self.smoothing = stepped_slider(len(SMOOTHINGS) - 1, USUAL)
        self.smoothing.setFixedWidth(88)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip(
            "How strongly the bright line is smoothed: a moving average over the steps.\n"
            "The faint band behind it goes from the least to the greatest value. Where a batch is\n"
            f"less than {EXAMPLES_OF_A_VALUE} examples, each value is the mean over so many or more."
        )
        self.smoothing.valueChanged.connect(self._on_smoothing_changed)
        self.smoothing.actionTriggered.connect(self._on_smoothing_action_triggered)

    def _lay_out(self) -> None:
        label = QLabel("Smoothing")
        label.setFont(font(SMALL))
        label.setProperty("role", "secondary")
        label.setBuddy(self.smoothing)
        # In the title's line: what the figures are needs the whole width of a plot.
        self.title_controls = QWidget(self)
        controls = QHBoxLayout(self.title_controls)
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setSpacing(GRID)
        controls.addStretch()
        for widget in (label, self.smoothing, self.log, self.follow):
            controls.addWidget(widget)
        for button in (self.log, self.follow):
            button.setFont(font(SMALL))
            button.setFixedHeight(TITLE_BUTTON)
            button.setProperty("slim", True)
            button.setFixedWidth(button.fontMetrics().horizontalAdvance(button.text()) + 2 * GRID)
            # By Tab alone: a click leaves the panel's keys to the panel.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(GRID * 3 // 2, 0, GRID * 3 // 2, GRID // 2)
        grid.setHorizontalSpacing(3 * GRID)
        grid.setVerticalSpacing(0)
        for column, legend in enumerate(self.legends):
            grid.addWidget(legend, 0, column)
        grid.addWidget(self.accuracy, 1, 1)
        grid.setRowStretch(1, 1)
        self._give_room(has_accuracy=True)

    def _give_room(self, has_accuracy: bool) -> None:
        """Where there is no accuracy, the loss has the whole width."""
        parts: tuple[QWidget, ...] = (self.legends[0], self.loss)
        for row, part in enumerate(parts):
            self._grid.removeWidget(part)
            self._grid.addWidget(part, row, 0, 1, 1 if has_accuracy else 2)
        for place in (0, 1):
            self._grid.setColumnStretch(place, 1 if has_accuracy or place == 0 else 0)
        self.legends[1].setVisible(has_accuracy)
        self.accuracy.setVisible(has_accuracy)

    def show_run(self, run: RunStarted) -> None:
        self._history = self._told = None
        self.loss.clear_data()
        self.accuracy.clear_data(None if run.data.classes else NO_CLASSES)
        self._give_room(has_accuracy=bool(run.data.classes))
        self.propose_smoothing(0 if run.steps_per_epoch == 1 else USUAL)
        for legend in self.legends:
            legend.show_texts("–", "–", "")
        self._show_marks()

    def show_frame(self, frame: Frame) -> None:
        self._history = frame.history
        self._ticks += 1
        if not self.session.is_playing:
            self._show_plot(0)
            self._show_plot(1)
        else:
            self._show_plot(self._ticks % 2)

    def _on_figures_due(self, frame: Frame) -> None:
        self._told = frame
        self._show_legends()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (*self.plots, *self.legends):
            part.set_theme(theme)

    def _show_plot(self, place: int) -> None:
        history = self._history
        assert history is not None
        column = (history.loss, history.accuracy)[place]
        if place == 1 and not self._has_classes:
            return
        self.plots[place].is_live = self.session.is_playing
        self.plots[place].unit = self._steps_of_a_value
        tests, validations = (rows[:, [0, 1 + place]] for rows in (history.tests, history.validations))
        self.plots[place].show_column(column, history.first_step, tests, validations)

    @property
    def _steps_of_a_value(self) -> int:
        """Steps that one value of the band is the mean of: no more than an epoch, after which nothing is left to chance."""
        run = self.session.run
        assert run is not None
        batch = max(1, round(self.session.settings.get("batch_size") or run.setup.batch_size))
        return min(ceil(EXAMPLES_OF_A_VALUE / batch), ceil(run.data.train_count / batch))

    @property
    def _has_classes(self) -> bool:
        return self.session.run is not None and bool(self.session.run.data.classes)

    def _show_marks(self) -> None:
        marks = [(step, command_words(command)) for step, command in self.session.journal]
        for plot in self.plots:
            plot.set_marks(marks)

    def _on_playhead_moved(self) -> None:
        playhead = self.session.playhead
        for plot in self.plots:
            plot.set_playhead(None if playhead.is_live else playhead.step)

    def show_comparison(self, comparing: Comparing) -> None:
        if comparing.is_on:
            self.show_other(comparing.other_run.history, comparing.other_run.name)
        else:
            self.show_other(None)

    def show_other(self, history: HistoryView | None, name: str = "") -> None:
        """Draw the curves of another run of this name beside those of the present one; None: of no other."""
        self._other_name = name
        self._show_legends()
        first_step = 0 if history is None else history.first_step
        self.loss.show_other(None if history is None else history.loss, first_step)
        accuracy = None if history is None or not self._has_classes else history.accuracy
        self.accuracy.show_other(accuracy, first_step)

    def _on_smoothing_changed(self, place: int) -> None:
        for plot in self.plots:
            plot.set_smoothing(SMOOTHINGS[place])

    def propose_smoothing(self, place: int) -> None:
        """Smooth as one of SMOOTHINGS says, unless a hand has chosen."""
        if not self._keeps_smoothing:
            self.smoothing.setValue(place)

    def _on_smoothing_action_triggered(self) -> None:
        """A hand moved the slider: what it chose stays for the runs to come."""
        self._keeps_smoothing = True

    def _on_follow_clicked(self, is_checked: bool) -> None:
        for plot in self.plots:
            plot.set_following(is_checked)

    def _on_plot_follow_changed(self) -> None:
        self.follow.setChecked(all(plot.is_following for plot in self.plots))

    def _on_plot_pointed(self, step: float | None) -> None:
        self._pointed = None if step is None else round(step)
        self._show_legends()

    def _show_legends(self) -> None:
        """The figures at the step under the mouse, or at the one that is shown."""
        frame, run = self._told, self.session.run
        if frame is None or run is None:
            return
        history, step = frame.history, frame.step
        if self._pointed is not None:
            history = self._history or history
            step = min(max(self._pointed, 0), history.step)
        for plot in self.plots:
            # Where the figures are of, which is no later than the curves are, and nowhere before there are any.
            plot.set_cursor(step if self._pointed is not None and history.step else None)
        figures = figures_at(history, step, run, self.session.journal)
        notes: tuple[str, ...] = ("",)
        if self._pointed is not None or not frame.is_live:
            where = f"step {step:,}"
            notes = (f"{where}, epoch {epoch_words(epochs_of(run, self.session.journal).at(step))}", where)
            if self._pointed is None:
                # The timeline tells the step too; what the figures are is told here alone.
                notes = (*notes, "")
        self._show_figures(figures, notes)

    def _show_figures(self, figures: Figures, notes: tuple[str, ...]) -> None:
        """Loss, and accuracy where there are classes; what is a mean or older is said."""
        names, test, validation = _names(figures), figures.test, figures.validation
        other = [f"dashed: {self._other_name}"] if self._other_name else []
        loss_notes = [[note] if note else [] for note in notes]
        if validation is not None:
            for parts in loss_notes:
                parts.append(f"dotted: validation {number_words(validation.loss)}")
            if self._has_classes:
                other.append(f"dotted: validation {share_words(validation.accuracy)}")
        if not self._has_classes:
            # Where there is no accuracy, the loss tells all.
            for parts in loss_notes:
                parts.extend(other)
        self.legends[0].show_texts(
            "–" if figures.loss is None else number_words(figures.loss),
            "–" if test is None else number_words(test.loss),
            *(", ".join(parts) for parts in loss_notes),
            names=names,
        )
        is_told = self._has_classes
        self.legends[1].show_texts(
            share_words(figures.accuracy) if is_told and figures.accuracy is not None else "–",
            share_words(test.accuracy) if is_told and test is not None else "–",
            ", ".join(other),
            names=names,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_F:
                self._on_follow_clicked(True)
            case Qt.Key.Key_L:
                self.log.toggle()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._on_each(lambda plot: plot.zoom(0.8))
            case Qt.Key.Key_Minus:
                self._on_each(lambda plot: plot.zoom(1.25))
            case Qt.Key.Key_Left:
                self._on_each(lambda plot: plot.pan(-0.1))
            case Qt.Key.Key_Right:
                self._on_each(lambda plot: plot.pan(0.1))
            case _:
                super().keyPressEvent(event)

    def _on_each(self, act: Callable[[CurvePlot], None]) -> None:
        for plot in self.plots:
            act(plot)


def _names(figures: Figures) -> tuple[Names, Names]:
    """What the two figures are, in full and in short: a mean says so, and an older test its step."""
    mean, test = figures.averaged, figures.test
    training = Names("training", "training")
    if mean > 1:
        training = Names(f"training (mean of {mean} steps)", f"mean of {mean}")
    tested = Names("test", "test")
    if test is not None and test.step < figures.step:
        tested = Names(f"test (at step {test.step:,})", f"at {test.step:,}")
    return training, tested
