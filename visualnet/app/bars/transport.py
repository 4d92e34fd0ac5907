"""The toolbar: play, step, restart, how fast, and the four figures that say where the run is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolBar, QToolButton, QWidget

from visualnet.app.bars.speeds import SPEEDS, speed_words
from visualnet.app.icons import icon
from visualnet.app.session.session import Session
from visualnet.app.text.journal import epochs_of
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.controls import stepped_slider
from visualnet.app.widgets.figure import Figure
from visualnet.app.widgets.focus import return_focus
from visualnet.app.widgets.readout import FittingReadout
from visualnet.core.history.history import Measured
from visualnet.core.messages.commands import SetSpeed, StepEpoch, StepOnce
from visualnet.core.messages.frame import Frame
from visualnet.core.number_words import epoch_words, number_words, share_words

PLAY_KEY = "Space"


class Transport(QToolBar):
    """The toolbar that plays, pauses and steps the run and shows its figures. Its actions are in the Run menu too.

    Attributes:
        speed_changed: emitted with the steps a second that are asked for; None: as fast as it goes.
        keeps_speed: whether the speed stays as it is when a preset proposes another: somebody has chosen it.
    """

    speed_changed = Signal(object)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__("Transport")
        self.setObjectName("transport")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self._session = session
        self.keeps_speed = False
        self._theme = theme
        self._make_actions()
        for action in (self.restart, self.new_seed, self.step_back, self.play, self.step, self.epoch):
            self.addAction(action)
            # By Tab alone: a click leaves Space to play and pause.
            self.widgetForAction(action).setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.widgetForAction(self.play).setObjectName("play")
        # After each change the button has taken over the action's icon, which is for the menu.
        self.play.changed.connect(self._colour_play_button)
        self.addWidget(self._make_speed())
        self.addWidget(self._make_comparison())
        self.figures = self._make_figures()
        for figure in self.figures.values():
            self.addWidget(figure)
        session.playing_changed.connect(self._on_session_playing_changed)
        session.playhead.moved.connect(self._on_playhead_moved)
        session.run_started.connect(self._on_session_run_started)
        session.loading_changed.connect(self._enable)
        session.figure_pace.due.connect(self._show_figures)
        self.set_theme(theme)
        self._enable()

    @staticmethod
    def _make_figures() -> dict[str, Figure]:
        return {
            "step": Figure(
                "step", "000,000", "Steps done. One step is one batch of examples and one update."
            ),
            "epoch": Figure(
                "epoch", "0,000.0", "Passes through the training set. Each example is seen once in each."
            ),
            "speed": Figure(
                "steps/s",
                "00,000",
                "Training steps a second, over the last half second or the last few steps.\n"
                "The time of tests does not count; at rest there is none.",
            ),
            "accuracy": Figure(
                "test",
                "100.0 %",
                "Share of the test set that is recognised, or for values the loss on it. None of it is trained on.\n"
                "The last test at or before the step that is shown.",
            ),
        }

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        icons = {
            "restart": self.restart,
            "new-seed": self.new_seed,
            "step-back": self.step_back,
            "step": self.step,
            "epoch": self.epoch,
        }
        for name, action in icons.items():
            action.setIcon(icon(name, theme))
        self._draw_play()
        for figure in self.figures.values():
            figure.set_theme(theme)
        self.figures["accuracy"].set_colour(theme.test)
        self._on_playhead_moved()
        self.setStyleSheet(
            f"#play {{ background: {theme.accent}; padding: 4px 14px; margin: 0 4px; }}"
            f"#play:focus {{ border: 2px solid {theme.text}; padding: 3px 13px; }}"
            f"#play:disabled {{ background: {theme.raised}; }}"
        )

    @property
    def stepping(self) -> tuple[QAction, ...]:
        """Actions that move the run, with keys of their own that a widget would have another use for."""
        return self.play, self.step, self.step_back, self.epoch

    @property
    def starting(self) -> tuple[QAction, ...]:
        """Actions that begin the run anew."""
        return self.restart, self.new_seed

    def faster(self) -> None:
        """One notch up."""
        self.speed.setValue(self.speed.value() + 1)

    def slower(self) -> None:
        """One notch down."""
        self.speed.setValue(self.speed.value() - 1)

    def _make_actions(self) -> None:
        session = self._session
        self.play = self._action(
            "Play",
            PLAY_KEY,
            "Train, or rest. The network changes only while this runs.\n"
            "In the past: play what was, from here, at the speed beside; training is not touched.",
            session.toggle,
        )
        self.play.setAutoRepeat(False)
        self.step_back = self._action(
            "One step back",
            ",",
            "Show the step before, bit for bit as it was. Training rests; nothing is lost.",
            session.playhead.step_back,
        )
        self.step = self._action(
            "One step",
            ".",
            "Take one step: one batch, one update. Good for looking closely.\nIn the past: show the next step.",
            self._on_step_triggered,
        )
        self.epoch = self._action(
            "One epoch",
            "Shift+.",
            "Train to the end of this pass through the examples, then rest. Each example is then seen once more.",
            self._on_epoch_triggered,
        )
        self.epoch.setShortcuts([QKeySequence("Shift+."), QKeySequence(">")])
        self.restart = self._action(
            "Restart", "Ctrl+R", "Begin again at step 0 with the same seed: the same course, bit for bit. Can be undone.",
            session.restart,
        )  # fmt: skip
        self.new_seed = self._action(
            "New seed", "Ctrl+Shift+R", "Begin again with other first weights and another order. Can be undone.",
            session.new_seed,
        )  # fmt: skip

    def _action(self, text: str, shortcut: str, idea: str, act: object) -> QAction:
        action = QAction(text, self)
        action.setShortcut(shortcut)
        action.setToolTip(f"{text} ({shortcut})\n{idea}")
        action.triggered.connect(act)
        return action

    def _make_speed(self) -> QWidget:
        box = QWidget()
        box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(box)
        row.setContentsMargins(2 * GRID, 0, 0, 0)
        row.setSpacing(GRID)
        self._speed_label = QLabel()
        self._speed_label.setFixedWidth(80)
        self._speed_label.setFont(font(SMALL))
        self.speed = stepped_slider(len(SPEEDS) - 1, len(SPEEDS) - 1)
        self.speed.setFixedWidth(120)
        self.speed.setPageStep(1)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip(
            "How many steps to take a second ([ and ]).\nSlow enough to follow each step, or as fast as it goes."
        )
        self.speed.valueChanged.connect(self._on_speed_changed)
        row.addWidget(self.speed)
        row.addWidget(self._speed_label)
        return box

    def _make_comparison(self) -> QWidget:
        """The name of the compared run and a button that ends the comparison, between speed and figures."""
        box = QWidget()
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.compared_with = FittingReadout()
        self.compared_with.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.end_comparison = QPushButton("End comparison")
        self.end_comparison.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return_focus(self.end_comparison)
        row = QHBoxLayout(box)
        row.setContentsMargins(2 * GRID, 0, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(self.compared_with, 1)
        row.addWidget(self.end_comparison)
        self.show_comparison(None)
        return box

    def show_comparison(self, other: str | None) -> None:
        """Say which run the present one is compared with; None: with none."""
        self.compared_with.show_words(
            *([""] if other is None else [f"Beside “{other}”", "Beside another run"])
        )
        self.end_comparison.setToolTip(f"Show the present run alone. “{other}” stays in Runs.")
        self.end_comparison.setVisible(other is not None)

    def _on_step_triggered(self) -> None:
        self._session.send(StepOnce())

    def _on_epoch_triggered(self) -> None:
        self._session.send(StepEpoch())

    def choose_speed(self, speed: float | None) -> None:
        """Play at one of SPEEDS, because a person said so."""
        self.speed.setValue(SPEEDS.index(speed))
        self.keeps_speed = True

    @property
    def chosen_speed(self) -> float | None:
        """Steps a second that are asked for; None: as fast as it goes."""
        return SPEEDS[self.speed.value()]

    def propose_speed(self, speed: float | None) -> None:
        """Play at one of SPEEDS, unless a person has chosen a speed."""
        if not self.keeps_speed:
            self.speed.setValue(SPEEDS.index(speed))
            self.keeps_speed = False

    def _on_speed_changed(self, place: int) -> None:
        self.keeps_speed = True
        speed = SPEEDS[place]
        self._session.send(SetSpeed(speed))
        self.speed_changed.emit(speed)
        self._show_speed()

    def _show_speed(self) -> None:
        """Before there is a run nobody knows at which speed it will be played."""
        has_run = self._session.run is not None
        self.speed.setEnabled(has_run)
        self._speed_label.setText(speed_words(SPEEDS[self.speed.value()]) if has_run else "")

    def _on_session_playing_changed(self, is_playing: bool) -> None:
        if not is_playing:
            self.figures["speed"].show_text("–")
        self._show_play()

    def _on_playhead_moved(self) -> None:
        """Figures of a step of the past have its colour."""
        playhead, theme = self._session.playhead, self._theme
        for name in ("step", "epoch"):
            self.figures[name].set_colour(theme.text if playhead.is_live else theme.past)
        self.figures["step"].show_name("step" if playhead.is_live else f"of {playhead.live_step:,}")
        self._show_play()

    def _on_session_run_started(self) -> None:
        for figure in self.figures.values():
            figure.show_text("–")
        self._enable()

    def _show_figures(self, frame: Frame) -> None:
        if not frame.is_live:
            self.figures["step"].show_name(f"of {frame.history.step:,}")
        self.figures["step"].show_text(f"{frame.step:,}")
        run = self._session.run
        if run is not None:
            epochs = epochs_of(run, self._session.journal).at(frame.step)
            self.figures["epoch"].show_text(epoch_words(epochs))
        speed = frame.steps_per_second
        self.figures["speed"].show_text(_rounded(speed) if speed and self._session.is_playing else "–")
        self._show_test(frame.history.figures_at(frame.step).test, frame.step)

    def _show_test(self, test: Measured | None, step: int) -> None:
        """The last test at or before the step; one that is older says when it was made."""
        run = self._session.run
        name = "test" if run is None or run.data.classes else "test loss"
        figure = self.figures["accuracy"]
        if test is None:
            figure.show_name(name)
            figure.show_text("–")
            return
        figure.show_name(name if test.step >= step else f"{name} at {test.step:,}")
        figure.show_text(share_words(test.accuracy) if name == "test" else number_words(test.loss))

    def _show_play(self) -> None:
        words = "Pause" if self._session.is_moving else "Play"
        # The playhead may move sixty times a second, and icons take their time to draw.
        if words != self.play.text():
            self.play.setText(words)
            self._draw_play()

    def _draw_play(self) -> None:
        self.play.setIcon(icon(self._play_shape, self._theme))

    @property
    def _play_shape(self) -> str:
        return "pause" if self._session.is_moving else "play"

    def _colour_play_button(self) -> None:
        """The button alone lies on the accent's colour."""
        button = self.widgetForAction(self.play)
        assert isinstance(button, QToolButton)
        button.setIcon(icon(self._play_shape, self._theme, self._theme.on_accent))

    def _enable(self) -> None:
        ready = self._session.run is not None and not self._session.is_loading
        for action in (self.step_back, self.play, self.step, self.epoch, self.restart, self.new_seed):
            action.setEnabled(ready)
        self._show_speed()


def _rounded(number: float) -> str:
    """Three significant digits with thin separators: 3,420 or 12.3."""
    return f"{number:,.1f}" if number < 100 else f"{float(f'{number:.3g}'):,.0f}"
