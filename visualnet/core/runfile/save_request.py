"""SaveRequest: what is to be saved of a run, as values that no longer change, taken between two steps."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from visualnet.core.history.history import HistoryView
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.branch import Branch
from visualnet.core.setup.run_commands import RunCommand

Journal = tuple[tuple[int, RunCommand], ...]


def is_at_command(journal: Journal, step: int) -> bool:
    """Whether a command takes effect after so many steps."""
    place = bisect_left(journal, step, key=lambda entry: entry[0])
    return place < len(journal) and journal[place][0] == step


@dataclass(frozen=True, slots=True, eq=False)
class SaveRequest:
    """A branch between two steps, with its whole history and journal, so dropping one for a newer one loses no more
    than a keyframe.

    Attributes:
        branch: which.
        history: its measurements.
        journal: its commands.
        keyframe: its state at that moment, or None.
        taken_at: when, in perf_counter's seconds, by which keyframes close to each other replace each other.
        rewound_to: step and number of commands to which the run went back before this, or None.
        rests: whether the run stands still, so that the file alone, without its log, is to hold all.
    """

    branch: Branch
    history: HistoryView
    journal: Journal
    keyframe: Keyframe | None
    taken_at: float
    rewound_to: tuple[int, int] | None = None
    rests: bool = False

    def after(self, earlier: SaveRequest | None) -> SaveRequest:
        """This one in the place of an earlier one of the same branch that was not saved."""
        if earlier is None:
            return self
        rewound = [place for place in (earlier.rewound_to, self.rewound_to) if place is not None]
        takes_earlier = self.keyframe is None and not self.rewound_to
        keyframe = earlier.keyframe if takes_earlier else self.keyframe
        return replace(self, keyframe=keyframe, rewound_to=min(rewound, default=None))
