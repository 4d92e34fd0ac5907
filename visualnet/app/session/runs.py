"""The worker's runs as the window knows them: the tree, what differs, how far each came. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from visualnet.app.text.journal import command_words, figures_at
from visualnet.app.text.setup_labels import differences
from visualnet.core.history.history import Figures, HistoryView
from visualnet.core.messages import events as e
from visualnet.core.messages.commands import RunCommand
from visualnet.core.setup.setup import Setup


@dataclass(slots=True, eq=False)
class RunRecord:
    """One run.

    Attributes:
        run_id: names it.
        name: what it is called.
        parent: the run that it branched from, None where it began anew.
        start_step: the step at which it left its parent.
        setup: what it trains.
        data: what it learns from.
        journal: its commands.
        step: its live edge, as far as is known.
        history: its figures, as far as the window has seen them.
    """

    run_id: int
    name: str
    parent: int | None
    start_step: int
    setup: Setup
    data: e.DataSummary
    journal: list[tuple[int, RunCommand]]
    step: int
    history: HistoryView | None = None

    def figures_at(self, step: int) -> Figures | None:
        """The figures after so many steps, the same wherever they are shown; None before any were seen."""
        return None if self.history is None else figures_at(self.history, step, self, self.journal)

    @property
    def last_figures(self) -> Figures | None:
        """The newest figures."""
        return None if self.history is None else self.figures_at(self.history.step)

    @property
    def best_test(self) -> tuple[float | None, float | None]:
        """The lowest loss and the highest accuracy on the test set."""
        tests = self._tests
        if not len(tests):
            return None, None
        return _known(np.fmin.reduce(tests[:, 1])), _known(np.fmax.reduce(tests[:, 2]))

    @property
    def _tests(self) -> np.ndarray:
        return np.empty((0, 3)) if self.history is None else self.history.tests


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


class Runs(QObject):
    """The runs that there are, in the order in which they began.

    Attributes:
        files: by the run that began anew, the file with a name that it and its branches are kept in.
        recorded: likewise the file that is written as they go on, named or not.
        changed: emitted when a run came, went, or is called otherwise.
        present: id of the present run; 0 before the first.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.present = 0
        self.files: dict[int, Path] = {}
        self.recorded: dict[int, Path] = {}
        self._records: dict[int, RunRecord] = {}
        self._gone: dict[int, RunRecord] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._records

    @property
    def all(self) -> list[RunRecord]:
        """Every run that there is."""
        return list(self._records.values())

    def get(self, run_id: int) -> RunRecord:
        """The run of this number, one that was deleted too."""
        return self._records.get(run_id) or self._gone[run_id]

    def root(self, run_id: int) -> int:
        """The run that began anew from which, over some branches, this one comes."""
        while (parent := self.get(run_id).parent) is not None:
            run_id = parent
        return run_id

    def branches(self, run_id: int) -> list[RunRecord]:
        """The branches that left a run."""
        return [record for record in self.all if record.parent == run_id]

    def note(self, event: e.Event) -> None:
        """Something happened, perhaps to a run."""
        match event:
            case e.RunStarted():
                self._note_started(event)
            case e.BranchCreated():
                self._note_created(event)
            case e.BranchRenamed(_, run_id, name):
                self._records[run_id].name = name
            case e.BranchDeleted(_, run_ids):
                self._note_deleted(run_ids)
            case e.RunRecorded(_, path, run_id):
                self.recorded[run_id] = path
            case e.RunSaved(_, path, run_id):
                self.files[run_id] = self.recorded[run_id] = path
            case e.RunRescued(_, run_id, kept_in):
                if kept_in is None:
                    self.files.pop(run_id, None)
                else:
                    self.files[run_id] = kept_in
            case e.RunOpened(_, _, run_id, kept_in):
                if kept_in is not None:
                    self.files[run_id] = kept_in
            case e.Paused(_, step):
                self.get(self.present).step = step
            case e.Applied(_, step, command):
                self.get(self.present).journal.append((step, command))
            case e.Rewound():
                record = self.get(self.present)
                record.journal[:], record.step = event.journal, event.step
            case _:
                return
        self.changed.emit()

    def _note_started(self, event: e.RunStarted) -> None:
        self.present = event.run_id
        if event.run_id in self._gone:
            self._records[event.run_id] = self._gone.pop(event.run_id)
        if event.run_id not in self:
            self._records[event.run_id] = RunRecord(
                event.run_id, event.name, None, 0, event.setup, event.data, [], event.step
            )
        record = self._records[event.run_id]
        record.journal[:] = event.journal
        record.step = event.step

    def _note_created(self, event: e.BranchCreated) -> None:
        run, known = event.run, self._gone.pop(event.run.run_id, None)
        assert run.parent is not None
        self._records[run.run_id] = RunRecord(
            run.run_id,
            run.name,
            run.parent,
            run.start_step,
            event.setup,
            self.get(run.parent).data,
            list(event.journal),
            run.step,
            known.history if known is not None else None,
        )

    def _note_deleted(self, run_ids: tuple[int, ...]) -> None:
        gone = {run_id: self._records.pop(run_id) for run_id in run_ids}
        self._gone |= gone

    def forget_all(self) -> None:
        """No run is left."""
        self.present = 0
        for known in (self.files, self.recorded, self._records, self._gone):
            known.clear()
        self.changed.emit()

    def note_history(self, run_id: int, history: HistoryView, is_resting: bool = False) -> None:
        """What a run has measured until now; while it rests its step is known better from the event that said so."""
        record = self._records.get(run_id)
        if record is not None:
            record.history = history
            if not is_resting:
                record.step = history.step

    def difference(self, record: RunRecord) -> str:
        """In words, what makes a run another one than its parent, or than the first run where it began anew."""
        if record.parent is None or record.parent not in self:
            first = self.all[0]
            return ", ".join(differences(record.setup, first.setup)) if record is not first else ""
        theirs = self.get(record.parent).journal
        own = [entry for entry in record.journal if entry not in theirs]
        missing = [entry for entry in theirs if entry not in record.journal and entry[0] == record.start_step]
        words = [f"without {command_words(command)}" for _, command in missing if not own]
        return ", ".join([*words, *(command_words(command) for _, command in own)])
