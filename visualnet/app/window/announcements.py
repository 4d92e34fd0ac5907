"""What a window tells in notices of what happened in its session. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from visualnet.app.bars.notice_bar import SECONDS_TO_READ, NoticeBar
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.runs import RunRecord
from visualnet.app.session.session import Session
from visualnet.app.text.journal import goal_step
from visualnet.app.text.refusals import refusal_words
from visualnet.app.widgets.required import required
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.done import Done
from visualnet.log import log_file

SECONDS_TO_UNDO = 12.0
RESTING, DONE, REFUSED = "resting", "done", "refused"
"""Topics of notices that are withdrawn when they are no longer true."""


class Announcements(QObject):
    """The notices of a session's events, each with the way back or on.

    Args:
        session: what happens.
        comparing: the comparison, whose progress is told too.
        notice: where it is told.
        show_runs: brings the tree of runs to the front.
        parent: its owner.
    """

    def __init__(
        self,
        session: Session,
        comparing: Comparing,
        notice: NoticeBar,
        show_runs: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._notice, self._show_runs = session, notice, show_runs
        session.run_started.connect(self._on_session_run_started)
        session.history.changed.connect(self._on_history_changed)
        session.history.grew.connect(self._on_history_grew)
        session.paused.connect(self._on_session_paused)
        session.playing_changed.connect(self._on_session_playing_changed)
        session.rewound.connect(self._on_session_rewound)
        session.diverged.connect(self._on_session_diverged)
        session.rejected.connect(self._on_session_rejected)
        session.applied.connect(self._on_session_applied)
        session.irreproducible.connect(self._on_session_irreproducible)
        session.failed.connect(self._on_session_failed)
        session.loading_progressed.connect(self._on_session_loading_progressed)
        session.loading_changed.connect(self._on_session_loading_changed)
        session.parameters_saved.connect(self._on_session_parameters_saved)
        comparing.progressed.connect(self._on_comparing_progressed)

    def _on_session_run_started(self) -> None:
        for topic in (RESTING, REFUSED):
            self._notice.withdraw(topic)

    def _on_history_changed(self) -> None:
        self._notice.withdraw(DONE)

    def _on_session_rejected(self, event: e.CommandRejected) -> None:
        # Why a setting was refused is of no use any more when the next one takes effect.
        topic = REFUSED if isinstance(event.command, c.RunCommand) else ""
        self._notice.show_notice(refusal_words(event.sentence), topic=topic)

    def _on_session_applied(self) -> None:
        self._notice.withdraw(REFUSED)

    def _tell_of_branch(self, branch: RunRecord) -> None:
        """A change in the past was made: what became of it, and the way back."""
        changes = self._session.runs.difference(branch) or "nothing else yet"
        parent = self._session.runs.get(branch.parent or 0).name
        self._notice.show_notice(
            f"A branch of {parent} begins at step {branch.start_step:,}: {changes}. {parent} stays as it was.",
            (("Undo", self._session.history.undo), ("Show runs", self._show_runs)),
            SECONDS_TO_UNDO,
            DONE,
        )

    def _on_comparing_progressed(self, done: int, goal: int) -> None:
        if done >= goal:
            self._notice.hide_progress()
            return
        text = f"Training the run without that change: step {done:,} of {goal:,}."
        self._notice.show_progress(text, done / goal, lambda: self._session.send(c.CancelCatchUp()))

    def _on_history_grew(self, done: Done) -> None:
        """Tell of what is easily done by mistake, with the way back."""
        runs = self._session.runs
        undo = ("Undo", self._session.history.undo)
        if done.kind == "branch" and done.run_id == runs.present:
            self._tell_of_branch(runs.get(done.run_id))
        elif done.kind == "run":
            setup = required(self._session.run).setup
            text = f"A new run of {setup.name} with seed {setup.seed:,}. The run before it is kept."
            self._notice.show_notice(text, (undo,), SECONDS_TO_UNDO, DONE)
        elif done.kind == "deletion" and isinstance(done.before, int):
            more = done.before - 1
            others = f" and {more:,} more that branched from it" if more else ""
            self._notice.show_notice(f"“{done.subject}”{others} is deleted.", (undo,), SECONDS_TO_UNDO, DONE)

    def _on_session_paused(self, event: e.Paused) -> None:
        run = required(self._session.run)
        goal = goal_step(run, self._session.journal) or event.step
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
            go_on = ("Go on", self._session.play)
            self._notice.show_notice(endings[event.reason], (go_on,), SECONDS_TO_UNDO, RESTING)

    def _on_session_playing_changed(self, is_playing: bool) -> None:
        if is_playing:
            self._notice.withdraw(RESTING)

    def _on_session_rewound(self) -> None:
        self._notice.withdraw(RESTING)

    def _on_session_diverged(self, event: e.RunDiverged) -> None:
        steps = tuple(
            (f"Step {step:,}", lambda step=step: self._session.send(c.Rewind(step)))
            for step in reversed(event.kept_steps)
        )
        actions = (("Go back to", steps), ("Restart", self._session.restart))
        self._notice.show_notice(event.sentence, actions, topic=RESTING)

    def _on_session_irreproducible(self, event: e.ReplayIrreproducible) -> None:
        self._notice.show_notice(event.sentence)

    def _on_session_failed(self, event: e.WorkerFailed) -> None:
        self._notice.show_notice(f"{event.sentence} Details are in {log_file()}.")

    def _on_session_loading_progressed(self, event: e.LoadingProgressed) -> None:
        self._notice.show_progress(
            event.activity, event.fraction, lambda: self._session.send(c.CancelLoading())
        )

    def _on_session_loading_changed(self, is_loading: bool) -> None:
        if not is_loading:
            self._notice.hide_progress()

    def _on_session_parameters_saved(self, event: e.ParametersSaved) -> None:
        words = f"The parameters after step {event.step:,} are saved in {event.path}."
        self._notice.show_notice(words, seconds=SECONDS_TO_READ)
