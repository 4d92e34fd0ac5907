"""What a run hands over to be saved: values that no longer change, taken between two steps."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from visualnet.core.run.branch import Branch
from visualnet.core.run.history import HistoryView
from visualnet.core.run.run_commands import RunCommand
from visualnet.core.run.state import TrainerState

Journal = tuple[tuple[int, RunCommand], ...]


def is_at_command(journal: Journal, step: int) -> bool:
    """Whether a command takes effect after so many steps."""
    place = bisect_left(journal, step, key=lambda entry: entry[0])
    return place < len(journal) and journal[place][0] == step


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A branch at one moment. History and journal are all there is, so a batch that is dropped loses nothing.

    Attributes:
        branch: which.
        history: its measurements.
        journal: its commands.
        state: a keyframe, or None.
        taken_at: when, in seconds of a clock of the process: keyframes close to each other replace each other.
        rewound_to: step and number of commands to which the run went back before this, or None.
    """

    branch: Branch
    history: HistoryView
    journal: Journal
    state: TrainerState | None
    taken_at: float
    rewound_to: tuple[int, int] | None = None

    def after(self, earlier: Batch | None) -> Batch:
        """This one in the place of an earlier one of the same branch that was not saved."""
        if earlier is None:
            return self
        rewound = [place for place in (earlier.rewound_to, self.rewound_to) if place is not None]
        state = earlier.state if self.state is None and not self.rewound_to else self.state
        return replace(self, state=state, rewound_to=min(rewound, default=None))
