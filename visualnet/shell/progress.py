"""Live bars on a terminal; nothing at all where the output is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from visualnet.core.datasets.dataset import Progress, no_progress
from visualnet.core.history.history import mean_of
from visualnet.core.number_words import epoch_words
from visualnet.core.training.trainer import Trainer

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar

UPDATES_PER_SECOND = 8
STEPS_PER_LOOK = 16


@contextmanager
def loading_progress(activity: str = "Downloading") -> Iterator[Progress]:
    """A Progress that draws a bar on the terminal's error stream."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import Progress as RichBar

    with RichBar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(activity, total=1.0)
        yield lambda fraction, activity: bar.update(task, completed=fraction, description=activity)


class TrainingBar:
    """Epoch, speed, loss, accuracy and time left; looks at the clock only every few steps.

    Use it as a context. Where standard output is no terminal it does nothing.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._first_step = trainer.step_count
        self._bar: RichBar | None = None
        self._looks = 0
        self._shown_at = self._started = perf_counter()
        if sys.stdout.isatty():
            self._bar = _make_bar()

    def __enter__(self) -> TrainingBar:
        if self._bar is not None:
            self._task = self._bar.add_task("", total=1.0, words="")
            self._bar.start()
        return self

    def __exit__(self, *unused: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def look(self) -> None:
        """Call once a step; draws now and then."""
        self._looks += 1
        if self._bar is None or self._looks % STEPS_PER_LOOK:
            return
        now = perf_counter()
        if now - self._shown_at >= 1 / UPDATES_PER_SECOND:
            self._shown_at = now
            self._bar.update(self._task, completed=self._share_done(), words=self._words(now))

    def _share_done(self) -> float:
        plan = self._trainer.plan
        if plan.steps is not None:
            return self._trainer.step_count / plan.steps
        return self._trainer.course.epoch / plan.epochs if plan.epochs else 0.0

    def _words(self, now: float) -> str:
        trainer = self._trainer
        view = trainer.history.view()
        loss = mean_of(view.loss.values(max(0, view.loss.count - 50)))
        speed = (trainer.step_count - self._first_step) / (now - self._started)
        words = f"epoch {epoch_words(trainer.course.epoch)}  {speed:,.0f} steps/s  loss {loss:.4f}"
        if len(view.tests):
            words += f"  test accuracy {view.tests[-1, 2]:.2%}"
        if len(view.validations):
            words += f"  validation {view.validations[-1, 2]:.2%}"
        return words


def _make_bar() -> RichBar:
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichBar

    return RichBar(
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[words]}"),
        TimeRemainingColumn(),
        transient=True,
    )
