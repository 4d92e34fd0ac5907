"""The comparison of the present run with another, at the same step or the same epoch. GUI thread only."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

from visualnet.app.session.runs import RunRecord
from visualnet.app.session.session import Session
from visualnet.app.text.journal import epochs_of
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.probes.base import Probe
from visualnet.core.studies.compare_runs import CompareRuns, RunComparison

DISTANCES = 24
"""Steps at which the distance between two runs is measured."""

SECONDS_BETWEEN_LOOKS = 0.5
RESTS_A_LOOK = 4
"""Pause between two comparisons while training goes on, in times that the last one took: replay costs training."""


class Comparing(QObject):
    """A comparison that the worker measures at each step where the playhead rests, and now and then in between.

    Attributes:
        changed: emitted when a comparison began, ended or has news.
        progressed: emitted with steps done and to do while a run without a command catches up.
        other: id of the other run; 0 while nothing is compared.
        locks_epochs: whether the other run stands at the same epoch, not at the same step.
        latest: what the worker measured last of both.
        distances: (step, distance of the parameter vectors) over the time that both have.
    """

    changed = Signal()
    progressed = Signal(int, int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.other = 0
        self.locks_epochs = False
        self.latest: RunComparison | None = None
        self.distances: tuple[tuple[int, float], ...] = ()
        self._session = session
        self._probes: dict[object, frozenset[Probe]] = {}
        self._is_asked = self._is_stale = False
        self._catching_up = 0
        self._waits_for_branch = False
        self._asked_at = 0.0
        self._next_look = QTimer(self, singleShot=True)
        self._next_look.timeout.connect(self._look)
        session.study_ended.connect(self._on_session_study_ended)
        session.branched.connect(self._on_session_branched)
        session.replay_progressed.connect(self._on_session_replay_progressed)
        session.branch_deleted.connect(self._on_session_branch_deleted)
        session.rewound.connect(self._on_session_rewound)
        session.run_started.connect(self._on_session_run_started)
        session.rejected.connect(self._on_session_rejected)
        session.paused.connect(self.refresh)
        session.playing_changed.connect(self._plan_look)
        session.playhead.moved.connect(self.refresh)

    @property
    def is_on(self) -> bool:
        """Whether another run is shown beside the present one."""
        return bool(self.other)

    @property
    def other_run(self) -> RunRecord:
        """The other run."""
        return self._session.runs.get(self.other)

    def start(self, run_id: int) -> None:
        """Show this run beside the present one."""
        if run_id not in self._session.runs or run_id == self._session.runs.present:
            return
        self.other, self.latest, self.distances = run_id, None, ()
        self._is_asked = False
        self.changed.emit()
        self.refresh()

    def start_without(self, index: int) -> None:
        """Show, as soon as it is trained, the run in which this command of the journal never was."""
        self._waits_for_branch = True
        self._session.send(c.CompareWithout(index))

    def stop(self) -> None:
        """Show the present run alone."""
        self.other, self.latest, self.distances = 0, None, ()
        self._session.send(c.CancelStudy(CompareRuns))
        self._session.send(c.CancelCatchUp())
        self.changed.emit()

    def lock(self, to_epochs: bool) -> None:
        """Hold the other run at the same epoch, or at the same step."""
        self.locks_epochs = to_epochs
        self.refresh()

    def want(self, asker: object, probes: frozenset[Probe]) -> None:
        """Set the probes that a panel wants of both runs, in the place of those it wanted before."""
        if self._probes.get(asker) != probes:
            self._probes[asker] = probes
            self.refresh()

    def refresh(self) -> None:
        """Ask for both runs at the step that is shown; while a question is open, once more after its answer."""
        playhead = self._session.playhead
        is_still = playhead.is_exact and not self._session.is_moving
        if not self.other or not is_still or self._is_asked:
            self._is_stale = self._is_stale or self._is_asked
            if not self._is_asked:
                self._plan_look()
            return
        self._ask_at(playhead.step)

    def _look(self) -> None:
        """Compare at the live edge of a run that trains, unless an answer is still awaited."""
        session = self._session
        if self.other and session.is_playing and session.playhead.is_live and not self._is_asked:
            self._ask_at(session.step)

    def _plan_look(self) -> None:
        if self.other and self._session.is_playing:
            took = perf_counter() - self._asked_at if self._is_asked else 0.0
            self._next_look.start(round(1000 * max(SECONDS_BETWEEN_LOOKS, RESTS_A_LOOK * took)))

    def _ask_at(self, step: int) -> None:
        """Ask what the panels show of both runs at a step of the present one."""
        self._ask((self._pair(step),), frozenset().union(*self._probes.values()))

    def _ask(self, steps: tuple[tuple[int, int], ...], probes: frozenset[Probe]) -> None:
        self._is_asked, self._is_stale = True, False
        self._asked_at = perf_counter()
        self._session.send(c.StartStudy(CompareRuns(self._session.runs.present, self.other, steps, probes)))

    def _pair(self, step: int) -> tuple[int, int]:
        """A step of the present run, and the one of the other that stands beside it."""
        theirs, ours, session = self.other_run, step, self._session
        if self.locks_epochs and session.run is not None:
            epoch = epochs_of(session.run, session.journal).at(step)
            ours = epochs_of(theirs, theirs.journal).step_of(epoch)
        return step, min(ours, theirs.step)

    def _ask_for_distances(self) -> None:
        last = min(self._session.step, self.other_run.step)
        steps = sorted({last * place // DISTANCES for place in range(DISTANCES + 1)})
        self._ask(tuple((step, step) for step in steps), frozenset())

    def _on_session_study_ended(self, event: e.StudyEnded) -> None:
        if isinstance(event.result, RunComparison):
            self._take(event.result)

    def _take(self, compared: RunComparison) -> None:
        """Show what was measured of both runs, and ask for what is still missing."""
        runs = self._session.runs
        for run_id, history in ((compared.a, compared.history_a), (compared.b, compared.history_b)):
            runs.note_history(run_id, history)
        if (compared.a, compared.b) != (runs.present, self.other):
            return
        self._plan_look()
        self._is_asked = False
        if len(compared.steps) > 1:
            pairs = zip(compared.steps, compared.distances, strict=True)
            self.distances = tuple((a, distance) for (a, _), distance in pairs if distance is not None)
        else:
            self.latest = compared
        self.changed.emit()
        last = min(compared.history_a.step, compared.history_b.step)
        if self._is_stale:
            self.refresh()
        elif self._lacks_distances(last) and compared.distances[0] is not None:
            self._ask_for_distances()

    def _lacks_distances(self, last: int) -> bool:
        """Whether distances are to be measured; not while the run trains: they would be out of date at once."""
        return not self._session.is_playing and (not self.distances or self.distances[-1][0] < last)

    def _on_session_branched(self, event: e.BranchCreated) -> None:
        if self._waits_for_branch:
            self._waits_for_branch = False
            self._catching_up = event.run.run_id

    def _on_session_replay_progressed(self, event: e.ReplayProgressed) -> None:
        if event.run_id != self._catching_up:
            return
        self.progressed.emit(event.step, event.goal)
        if event.step >= event.goal:
            self._catching_up = 0
            self._session.runs.get(event.run_id).step = event.step
            self.start(event.run_id)

    def _on_session_branch_deleted(self, event: e.BranchDeleted) -> None:
        if self.other in event.run_ids:
            self.stop()
        if self._catching_up in event.run_ids:
            self._catching_up = 0

    def _on_session_rewound(self) -> None:
        """What was asked before is not answered any more, and what was answered is of steps that are gone."""
        if self._catching_up == self._session.runs.present:
            self._catching_up = 0
            self.progressed.emit(1, 1)
        if self.other:
            self.latest, self.distances, self._is_asked = None, (), False
            self.changed.emit()
            self.refresh()

    def _on_session_run_started(self, event: e.RunStarted) -> None:
        """Whoever opens the other run still has both before them; any other run ends the comparison."""
        if not self.other:
            return
        before = self.latest.a if self.latest is not None else 0
        self._is_asked = False
        if event.run_id == self.other and before in self._session.runs:
            self.start(before)
        elif event.run_id != before:
            self.stop()

    def _on_session_rejected(self, event: e.CommandRejected) -> None:
        if isinstance(event.command, c.StartStudy) and isinstance(event.command.study, CompareRuns):
            self._is_asked = False
            self._plan_look()
        elif isinstance(event.command, c.CompareWithout):
            self._waits_for_branch = False
