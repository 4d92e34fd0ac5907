"""A run without a window: steps to its goal, or until Ctrl-C, and its figures."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

import click

from visualnet.core.errors import DataError
from visualnet.core.files import check_writable, replace_file
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.report import per_epoch, report
from visualnet.core.training.trainer import Trainer
from visualnet.shell.progress import TrainingBar

DONE, FAILED, INTERRUPTED = 0, 1, 130


Look = Callable[[], None]


def nothing() -> None:
    """What is done between two steps where nothing is."""


def check_output(output: Path, run_file: Path | None) -> None:
    """Find out before the training that the figures can be written after it.

    Raises:
        DataError: when they cannot.
    """
    check_writable(output)
    if run_file is not None and os.path.realpath(output) == os.path.realpath(run_file):
        raise DataError(output, "is the file that the run is kept in; name another one for the figures")


def train_to_goal(
    trainer: Trainer,
    print_json: bool,
    output: Path | None,
    before_step: Look = nothing,
    after_step: Look = nothing,
    is_resumed: bool = False,
) -> int:
    """Train from where a Trainer is to its goal, or until Ctrl-C; print the figures; return the exit code.

    Args:
        trainer: the run.
        print_json: print the figures as JSON.
        output: a file for the figures, or None.
        before_step: called before each step.
        after_step: called after each step.
        is_resumed: whether the run was begun elsewhere; then the figures say where it was gone on from.
    """
    code, first_step = DONE, trainer.step_count
    with _interrupts() as was_interrupted:
        try:
            fit_seconds, evaluation_seconds = _fit(trainer, was_interrupted, before_step, after_step)
        except Diverged as error:
            click.echo(f"visualnet: {error}", err=True)
            return FAILED
        if was_interrupted():
            code = INTERRUPTED
        started = perf_counter()
        trainer.evaluate()
        evaluation_seconds += perf_counter() - started
    figures: dict[str, Any] = report(trainer, fit_seconds, evaluation_seconds, first_step)
    if is_resumed:
        figures |= {"resumed_from_step": first_step, "steps_run": trainer.step_count - first_step}
    if code == INTERRUPTED:
        figures["interrupted"] = True
    _hand_out(trainer, figures, print_json, output)
    return code


def _fit(trainer: Trainer, was_interrupted: Any, before_step: Look, after_step: Look) -> tuple[float, float]:
    """Step to the goal; return the seconds spent in steps, and those spent in evaluations."""
    fit_seconds = evaluation_seconds = 0.0
    with TrainingBar(trainer) as bar:
        while not was_interrupted():
            # A command of the last step may set another goal.
            before_step()
            if trainer.is_finished:
                break
            started = perf_counter()
            trainer.step()
            stepped = perf_counter()
            fit_seconds += stepped - started
            if trainer.is_evaluating:
                trainer.evaluate()
                evaluation_seconds += perf_counter() - stepped
            after_step()
            bar.look()
    return fit_seconds, evaluation_seconds


@contextmanager
def _interrupts() -> Iterator[Any]:
    """Let Ctrl-C and SIGTERM end the run after the step in progress; a second one ends at once."""
    seen: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _hand_out(trainer: Trainer, figures: dict[str, Any], print_json: bool, output: Path | None) -> None:
    """Write the figures into a file where one is wanted, and print them."""
    try:
        if output is not None:
            _write(output, {**figures, "setup": trainer.setup.to_dict(), "per_epoch": per_epoch(trainer)})
    finally:
        # The last line, also where the file cannot be written.
        click.echo(json.dumps(figures) if print_json else _summary(figures))


def _write(path: Path, figures: dict[str, Any]) -> None:
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    replace_file(path, text.encode())


def _summary(figures: dict[str, Any]) -> str:
    accuracy, loss = figures["test_accuracy"], figures["train_loss"]
    parts = [
        f"{figures['preset']}: {figures['steps']:,} steps, {figures['epochs']:g} epochs in "
        f"{figures['fit_seconds']:.2f} s ({figures['steps_per_second'] or 0:,.0f} steps/s)",
        f"training loss {loss:.4g}" if loss is not None else "no step was taken",
        f"test accuracy {accuracy:.2%}" if accuracy is not None else f"test loss {figures['test_loss']:.4g}",
    ]
    if figures["validation_accuracy"] is not None:
        parts.append(f"validation accuracy {figures['validation_accuracy']:.2%}")
    elif figures["validation_loss"] is not None:
        parts.append(f"validation loss {figures['validation_loss']:.4g}")
    if figures.get("interrupted"):
        parts.append("interrupted")
    return ", ".join(parts)
