"""Settings that act on the run at once: rate, momentum, betas, batch size, goal, tests, pace. GUI thread only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from visualnet.app.bars.speeds import SPEEDS, speed_words
from visualnet.app.panels.setup.forms import form, heading, small_label
from visualnet.app.panels.setup.plan_fields import GoalField, IntervalField
from visualnet.app.session.session import Session
from visualnet.app.text.journal import schedule_at, settings_at
from visualnet.app.text.refusals import refusal_words
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.fields import SliderField, choice, counted
from visualnet.core.messages import commands as c
from visualnet.core.messages.events import CommandRejected
from visualnet.core.nn.schedules import Schedule
from visualnet.core.number_words import number_words
from visualnet.core.setup.run_commands import SettingValue
from visualnet.core.setup.settings import SETTINGS, Setting

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
        self._waiting: dict[tuple[str, ...], c.Change] = {}
        self._timer = QTimer(self, singleShot=True, interval=MILLISECONDS_BETWEEN_COMMANDS)
        self._timer.timeout.connect(self._send_waiting)
        self._settings: dict[str, SettingValue] = {}
        self._schedule: Schedule | None = None
        self._make_fields()
        self._form = form(
            None,
            *self._slider_rows(), ("Goal", self.goal), ("Test every", self.interval), ("Pace", self.pace),
            ("", self.rejection),
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
        self.sliders = {
            name: self._slider(name, setting) for name, setting in SETTINGS.items() if setting.slider
        }
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

    def _slider(self, name: str, setting: Setting) -> SliderField:
        assert setting.slider is not None
        made = SliderField(setting.slider.low, setting.slider.high, setting.slider.is_log)
        made.name(setting.name.capitalize(), f"{setting.idea} Acts at once.")
        made.moved.connect(partial(self._ask_for, name))
        return made

    def _slider_rows(self) -> Iterator[tuple[str, QWidget]]:
        """All sliders with their labels; below the rate what is in force of it."""
        for name, slider in self.sliders.items():
            yield SETTINGS[name].label, slider
            if name == "learning_rate":
                yield "", self._rate_line()

    def _ask_for(self, name: str, value: float) -> None:
        self._ask(c.Change(**{name: counted(value) if SETTINGS[name].is_whole else value}))

    def _rate_line(self) -> QWidget:
        """Below the rate: the rate in force, and the way to a better one."""
        self.in_force = small_label("secondary")
        self.in_force.setToolTip(
            "The rate that the next step takes: yours, times what schedule and warm-up make of it."
        )
        self.find_button = QPushButton("Find a rate…")
        self.find_button.setToolTip(
            "Try all rates on a copy of this network, and see where the loss falls fastest.\nThe run goes on meanwhile."
        )
        self.find_button.clicked.connect(self.find_asked)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.in_force, 1)
        row.addWidget(self.find_button)
        return line

    def show_run(self) -> None:
        """Another run is present."""
        self.show_settings()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self.rejection.setStyleSheet(f"color: {theme.wrong};")

    def use_rate(self, rate: float) -> None:
        """Ask for this learning rate."""
        self._ask_for("learning_rate", rate)

    def show_settings(self) -> None:
        """What is in force at the step that is shown."""
        self.rejection.hide()
        settings = self._settings = self._shown_settings
        for name, slider in self.sliders.items():
            self._form.setRowVisible(slider, name in settings)
            if name in settings:
                slider.show_value(settings[name])
        self.goal.show_settings(settings)
        self.interval.show_settings(settings)
        run = self._session.run
        assert run is not None
        self._schedule = schedule_at(self._session.playhead.step, run, self._session.journal)
        self._show_rate_in_force()

    def _show_rate_in_force(self) -> None:
        factor = 1.0 if self._schedule is None else self._schedule.factor(self._session.playhead.step)
        words = "" if factor == 1 else f"{number_words((self._settings['learning_rate'] or 0) * factor)} now"
        if words != self.in_force.text():
            self.in_force.setText(words)

    @property
    def _shown_settings(self) -> dict[str, SettingValue]:
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

    def _ask(self, command: c.Change) -> None:
        """Send it; while a slider is dragged, at most one of a kind every so often, the last one always."""
        self.rejection.hide()
        self._waiting[command.names] = command
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
            self.rejection.setText(refusal_words(event.sentence))
            self.rejection.show()
