"""Settings that act on the run at once: rate, momentum, betas, batch size, goal, tests, pace. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from visualnet.app.bars.speeds import SPEEDS, speed_words
from visualnet.app.panels.setup.forms import form, heading, small_label
from visualnet.app.panels.setup.plan_fields import GoalField, IntervalField
from visualnet.app.session.session import Session
from visualnet.app.text.journal import schedule_at, settings_at
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.fields import SliderField, choice, counted
from visualnet.core.messages import commands as c
from visualnet.core.messages.events import CommandRejected
from visualnet.core.nn.schedules import Schedule
from visualnet.core.number_words import number_words

MILLISECONDS_BETWEEN_COMMANDS = 100


class LiveSettings(QWidget):
    """Fields with the settings in force at the step that is shown, in which a person asks for other values.

    Attributes:
        find_asked: emitted when the person wants to find a rate.
        speed_chosen: emitted with the steps a second that the person chose; None: as fast as it goes.
    """

    find_asked = Signal()
    speed_chosen = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._waiting: dict[type[c.RunCommand], c.RunCommand] = {}
        self._timer = QTimer(self, singleShot=True, interval=MILLISECONDS_BETWEEN_COMMANDS)
        self._timer.timeout.connect(self._send_waiting)
        self._settings: dict[str, float] = {}
        self._schedule: Schedule | None = None
        self._make_fields()
        self._form = form(
            None,
            ("Rate", self.rate), ("", self._rate_line()), ("Momentum", self.momentum),
            ("Beta 1", self.beta1), ("Beta 2", self.beta2), ("Batch", self.batch), ("Goal", self.goal),
            ("Test every", self.interval), ("Pace", self.pace), ("", self.rejection),
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, GRID)
        column.addWidget(heading("Acts at once"))
        column.addLayout(self._form)
        session.history.moving.connect(self._send_waiting)
        session.applied.connect(self.show_settings)
        session.rewound.connect(self.show_settings)
        for moved in (session.playhead.moved, session.frame_shown, session.paused):
            moved.connect(self._on_step_changed)
        session.rejected.connect(self._on_session_rejected)

    def _make_fields(self) -> None:
        self.rate = SliderField(1e-5, 10, is_log=True)
        self.rate.name(
            "Learning rate",
            "How far each step moves the weights against their gradient.\nToo small and nothing happens; too large and the loss jumps or breaks. Acts at once.",
        )
        self.rate.moved.connect(self.use_rate)
        self.momentum = SliderField(0, 0.99)
        self.momentum.name(
            "Momentum",
            "How much of the last direction each step keeps.\nIt carries the weights through small bumps and smooths their zigzag. Acts at once.",
        )
        self.momentum.moved.connect(lambda value: self._ask(c.SetMomentum(value)))
        self.beta1 = SliderField(0, 0.99)
        self.beta1.name(
            "Beta 1",
            "How long the optimizer remembers the mean gradient.\nNearer to 1 is smoother and slower to turn. Acts at once.",
        )
        self.beta1.moved.connect(lambda value: self._ask(c.SetBetas(value, self._settings["beta2"])))
        self.beta2 = SliderField(0.9, 0.9999)
        self.beta2.name(
            "Beta 2",
            "How long the optimizer remembers the size of the gradient (Lion: its direction).\nAdam divides each weight's step by that size. Acts at once.",
        )
        self.beta2.moved.connect(lambda value: self._ask(c.SetBetas(self._settings["beta1"], value)))
        self.batch = SliderField(1, 1024, is_log=True)
        self.batch.name(
            "Batch size",
            "How many examples each step looks at.\nFew give quick, noisy steps; many give slow, steady ones. Acts at once.",
        )
        self.batch.moved.connect(lambda value: self._ask(c.SetBatchSize(counted(value))))
        self.goal = GoalField(self._session)
        self.goal.asked.connect(self._ask)
        self.interval = IntervalField(self._session)
        self.interval.asked.connect(self._ask)
        self.pace = choice([])
        for speed in SPEEDS:
            self.pace.addItem(speed_words(speed), speed)
        self.show_pace(None)
        self.pace.setAccessibleName("Pace")
        self.pace.setToolTip(
            "How many steps to take a second, as the slider above says too.\nIt changes when a step is taken, never what it does."
        )
        self.pace.activated.connect(self._on_pace_chosen)
        self.rejection = small_label("wrong")
        self.rejection.hide()

    def _rate_line(self) -> QWidget:
        """Below the rate: the rate in force, and the way to a better one."""
        self.in_force = small_label("secondary")
        self.in_force.setToolTip(
            "The rate that the next step takes: yours, times what schedule and warm-up make of it."
        )
        self.find = QPushButton("Find a rate…")
        self.find.setToolTip(
            "Try all rates on a copy of this network, and see where the loss falls fastest.\nThe run goes on meanwhile."
        )
        self.find.clicked.connect(self.find_asked)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.in_force, 1)
        row.addWidget(self.find)
        return line

    def show_run(self) -> None:
        """Another run is present."""
        self.show_settings()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self.rejection.setStyleSheet(f"color: {theme.wrong};")

    def use_rate(self, rate: float) -> None:
        """Ask for this learning rate."""
        self._ask(c.SetLearningRate(rate))

    def show_settings(self) -> None:
        """What is in force at the step that is shown."""
        self.rejection.hide()
        settings = self._settings = self._shown_settings
        self.rate.show_value(settings["learning_rate"])
        self.batch.show_value(settings["batch_size"])
        for name, field in (("momentum", self.momentum), ("beta1", self.beta1), ("beta2", self.beta2)):
            self._form.setRowVisible(field, name in settings)
            if name in settings:
                field.show_value(settings[name])
        self.goal.show_settings(settings)
        self.interval.show_settings(settings)
        run = self._session.run
        assert run is not None
        self._schedule = schedule_at(self._session.playhead.step, run, self._session.journal)
        self._show_rate_in_force()

    def _show_rate_in_force(self) -> None:
        factor = 1.0 if self._schedule is None else self._schedule.factor(self._session.playhead.step)
        words = "" if factor == 1 else f"{number_words(self._settings['learning_rate'] * factor)} now"
        if words != self.in_force.text():
            self.in_force.setText(words)

    @property
    def _shown_settings(self) -> dict[str, float]:
        """By the journal, which knows also what is to change at a later step."""
        session = self._session
        assert session.run is not None
        then = settings_at(session.playhead.step, session.run.setup, session.journal)
        return {name: then[name] for name in session.settings}

    def _on_step_changed(self) -> None:
        if self._session.run is None:
            return
        if self._shown_settings != self._settings:
            self.show_settings()
        else:
            self._show_rate_in_force()

    def _on_pace_chosen(self) -> None:
        self.speed_chosen.emit(self.pace.currentData())

    def show_pace(self, speed: float | None) -> None:
        """Show one of SPEEDS, without telling anybody."""
        self.pace.setCurrentIndex(SPEEDS.index(speed))

    def _ask(self, command: c.RunCommand) -> None:
        """Send it; while a slider is dragged, at most one of a kind every so often, the last one always."""
        self.rejection.hide()
        self._waiting[type(command)] = command
        if not self._timer.isActive():
            self._send_waiting()

    def _send_waiting(self) -> None:
        if self._waiting:
            for command in self._waiting.values():
                self._session.send(command)
            self._waiting.clear()
            self._timer.start()

    def _on_session_rejected(self, event: CommandRejected) -> None:
        if isinstance(event.command, c.RunCommand):
            self.show_settings()
            self.rejection.setText(event.sentence)
            self.rejection.show()
