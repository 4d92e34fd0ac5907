"""The epochs of a run: where each step stands in the training set, for whoever knows only Setup and journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualnet.core.setup import run_commands as c

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand

EXACTLY = 1e-9
"""Share of a step that rounding may have taken from a place."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps with one batch size, from where it took effect.

    Attributes:
        step: the first step done with another batch size, or 0.
        epoch: epochs done there.
        consumed: examples of the next one that were seen there.
        batch: examples of each step from there on.
        count: examples in the training set.
    """

    step: int
    epoch: int
    consumed: int
    batch: int
    count: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch that is begun in it."""
        return -(-self.count // self.batch)

    @property
    def _rest(self) -> int:
        """Steps until the epoch in which it begins is done."""
        return -(-(self.count - self.consumed) // self.batch)

    def at(self, step: int) -> tuple[int, int]:
        """Epochs done after a step of it, and examples of the next one."""
        steps = step - self.step
        if steps < self._rest:
            return self.epoch, self.consumed + steps * self.batch
        epochs, steps = divmod(steps - self._rest, self.steps_per_epoch)
        return self.epoch + 1 + epochs, steps * self.batch

    def step_of(self, epoch: float) -> int:
        """The step nearest to where so many epochs are done, as if it went on for ever."""
        full = int(epoch + EXACTLY)
        seen = (epoch - full) * self.count
        if full <= self.epoch:
            return self.step + max(round((seen - self.consumed) / self.batch), 0)
        before = self._rest + (full - self.epoch - 1) * self.steps_per_epoch
        return self.step + before + max(round(seen / self.batch), 0)


@dataclass(frozen=True, slots=True)
class Epochs:
    """The epochs of a run, counted as the Trainer counts them: the last batch of one may be shorter.

    Attributes:
        stretches: at least one, in the order of their steps.
    """

    stretches: tuple[Stretch, ...]

    @staticmethod
    def of(count: int, batch: int, journal: Iterable[tuple[int, RunCommand]]) -> Epochs:
        """The epochs of a run.

        Args:
            count: examples in the training set.
            batch: the batch size that it began with.
            journal: its commands, of which some set the batch size.
        """
        stretches = [Stretch(0, 0, 0, batch, count)]
        for step, command in journal:
            if isinstance(command, c.Change) and "batch_size" in command.names:
                size = int(dict(command.values)["batch_size"] or 1)
                stretches.append(Stretch(step, *stretches[-1].at(step), size, count))
        return Epochs(tuple(stretches))

    def at(self, step: int) -> float:
        """Epochs done after so many steps, with the fraction of the present one."""
        stretch = self.stretch(step)
        epoch, consumed = stretch.at(step)
        return epoch + consumed / stretch.count

    def stretch(self, step: int) -> Stretch:
        """The steps with one batch size in which the step after ``step`` is."""
        return next((one for one in reversed(self.stretches) if one.step <= step), self.stretches[0])

    def step_of(self, epoch: float) -> int:
        """The step nearest to where so many epochs are done; of a whole number, the step after which they are."""
        begun = (one for one in reversed(self.stretches) if self.at(one.step) <= epoch + EXACTLY)
        return next(begun, self.stretches[0]).step_of(epoch)

    def starts(self, every: int, end: int) -> list[int]:
        """The steps up to ``end`` after which a multiple of ``every`` epochs was done."""
        last = int(self.at(end) + EXACTLY)
        return [self.step_of(epoch) for epoch in range(every, last + 1, every)]
