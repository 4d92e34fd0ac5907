"""Autosave: save requests of a Trainer, made between two steps, in the thread that steps it.

The clock decides when they are made, never what a step computes: a run has the same bits with and without a file.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.branch import ROOT, Branch
from visualnet.core.runfile.save_request import Journal, SaveRequest
from visualnet.core.runfile.saver import Saver
from visualnet.core.training.trainer import Trainer

PAUSE = 0.7
"""Seconds between two saved keyframes: what is lost if the process is killed, beside the time to write one."""

SHARE = 0.005
"""Share of the time that copying the state may take; for a large network the pauses grow until it does."""


class Autosave:
    """A maker of save requests, which gives a Trainer's progress to a Saver.

    Args:
        trainer: the run.
        saver: writes its file.
        branch: which of the file's branches the Trainer is.
        rewound_to: step and number of commands behind which the file's content is to be replaced; None: nothing of
            it is.
        journal: gives its commands, planned ones included; None: those that took effect.
    """

    def __init__(
        self,
        trainer: Trainer,
        saver: Saver,
        branch: Branch = ROOT,
        rewound_to: tuple[int, int] | None = None,
        journal: Callable[[], Journal] | None = None,
    ) -> None:
        self._trainer = trainer
        self._journal = journal or (lambda: tuple(trainer.journal))
        self._saver = saver
        self._branch = branch
        self._pause = PAUSE
        # The file may hold the very state that the Trainer is in, from before it was measured.
        self._taken = *self._place, -1
        self._due = perf_counter() + PAUSE
        self._rests = True
        if rewound_to is not None:
            self._put(with_state=False, rewound_to=rewound_to)

    def look(self) -> None:
        """Call after each step; does something when the time has come."""
        self._rests = False
        if perf_counter() >= self._due and self._has_begun:
            self._put(with_state=not self._saver.is_behind)

    @property
    def _has_begun(self) -> bool:
        """Whether the Trainer is where its branch begins; one that catches up is still on its parent's way."""
        return self._place >= self._branch.start

    @property
    def _place(self) -> tuple[int, int]:
        return self._trainer.step_count, len(self._trainer.journal)

    def note_measurement(self) -> None:
        """Call when a step was measured: where its state is saved already, it is saved anew with that."""
        if self._taken[:2] == self._place:
            self._put(with_state=True)

    def note_branch(self) -> None:
        """Call when a branch begins: it and its commands are saved, though it may have no step of its own yet."""
        self._put(with_state=self._has_begun)

    def note_command(self) -> None:
        """Call after a command took effect: it is saved at once, with a keyframe unless there was one just now."""
        is_time = perf_counter() >= self._due - self._pause / 2 and not self._saver.is_behind
        self._put(with_state=is_time and self._has_begun)

    def note_other_command(self) -> None:
        """Call after a command took effect that replaces the planned commands in the file."""
        self._put(with_state=False, rewound_to=(self._trainer.step_count, len(self._trainer.journal) - 1))

    def note_rewind(self, place: tuple[int, int]) -> None:
        """Call after a rewind: what the file holds behind this place is replaced by what this Trainer does."""
        self._put(with_state=self._has_begun, rewound_to=place)

    def finish(self) -> None:
        """Call when the run ends or rests: all of it up to here is saved."""
        self._rests = True
        if self._has_begun:
            self._put(with_state=True)

    def _put(self, with_state: bool, rewound_to: tuple[int, int] | None = None) -> None:
        started = perf_counter()
        trainer, view = self._trainer, self._trainer.history.view()
        moment = *self._place, len(view.tests)
        with_state = with_state and (moment != self._taken or rewound_to is not None)
        if with_state:
            self._taken = moment
        request = SaveRequest(
            self._branch,
            view,
            self._journal(),
            Keyframe(trainer.state, trainer.past.misclassified) if with_state else None,
            started,
            rewound_to,
            self._rests,
        )
        self._saver.put(request)
        now = perf_counter()
        if with_state:
            self._pause = max(PAUSE, (now - started) / SHARE)
            self._due = now + self._pause
        else:
            self._due = max(self._due, now + PAUSE / 10)
