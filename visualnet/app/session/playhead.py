"""The step that the window shows: the live edge, or a step of the past. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from visualnet.core.messages import commands as c
from visualnet.core.messages.events import PlayheadMoved


class PlayheadControl(QObject):
    """The worker's playhead as the window knows it, and commands that move it.

    Args:
        send: hands a command to the worker.
        parent: its owner.

    Attributes:
        moved: emitted when any of the following changed by a command, or the past is played.
        step: the step that is shown.
        live_step: the live edge.
        is_live: whether that is the live edge, and goes on with it.
        is_exact: False while a state near the step is shown, until the step itself is there.
        is_playing: whether the past is played.
    """

    moved = Signal()

    def __init__(self, send: Callable[[c.Command], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._send = send
        self._asked: int | None = None
        self.live_step = 0
        self.reset(0)

    def reset(self, step: int) -> None:
        """Another run is present, at its live edge."""
        self.step = self.live_step = step
        self.is_live = self.is_exact = True
        self.is_playing = False
        self._asked = None
        self.moved.emit()

    def note_live_edge(self, step: int) -> None:
        """The run has done so many steps."""
        self.live_step = step
        if self.is_live:
            self.step = step

    def note(self, event: PlayheadMoved) -> None:
        """The worker's playhead is there."""
        self.step, self.is_live, self.is_exact = event.step, event.is_live, event.is_exact
        self.is_playing = event.is_playing
        if self.is_live:
            self.live_step = event.step
        if event.step == self._asked or event.is_live:
            self._asked = None
        self.moved.emit()

    def move(self, step: int) -> None:
        """Show this step; from the live edge on, whatever is live."""
        if step >= self.live_step:
            self.go_live()
        else:
            self._asked = max(step, 0)
            self._send(c.SetPlayhead(self._asked))

    def move_by(self, steps: int) -> None:
        """Show a step so many later (or earlier) than the one that is shown, or that was asked for last."""
        self.move((self.step if self._asked is None else self._asked) + steps)

    def go_live(self) -> None:
        """Show the live edge."""
        self._asked = None
        self._send(c.SetPlayhead(None))

    def step_back(self) -> None:
        """Show the step before; from the live edge, training rests first."""
        if self.is_live:
            self._send(c.ShowPreviousStep())
        else:
            self.move_by(-1)

    def play(self, speed: float | None) -> None:
        """Play the past from here, at so many steps a second."""
        self._send(c.PlayFromHere(speed))
