"""Export of a run to files that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np

from visualnet.core.errors import RunFileError
from visualnet.core.files import replace_file
from visualnet.core.formats.parameters_file import write_parameters
from visualnet.core.formats.tensor_names import named_tensors
from visualnet.core.runfile.restore import trainer_after
from visualnet.core.runfile.saved_run import SavedPast, SavedRun
from visualnet.core.training.trainer import Trainer

CSV_HEADER = (
    "step",
    *("train_loss", "train_accuracy"),
    *("test_loss", "test_accuracy"),
    *("validation_loss", "validation_accuracy"),
)


def export_run(run: SavedRun, branch: int, step: int | None, path: Path, form: str) -> str | None:
    """Write a branch's measurements or parameters into a file; an existing one is replaced when it is complete.

    Args:
        run: as it was read.
        branch: its id.
        step: up to which step, or after which; None: to the end, or at the last keyframe.
        path: the file to write.
        form: a name in FORMS.

    Returns:
        A sentence where the parameters are of another step than asked for.

    Raises:
        RunFileError: when there is no such branch or step.
        DataError: when the file cannot be written, or the examples cannot be had.
    """
    if path.exists() and path.samefile(run.path):
        raise RunFileError(path, "is the run itself; name another file")
    return FORMS[form](run, branch, step, path)


def export_trainer(trainer: Trainer, shown: Trainer, path: Path, form: str) -> None:
    """Write what a run had measured up to a step, and in ``npz`` its parameters there; an existing file is replaced.

    Args:
        trainer: the run.
        shown: the same run at that step; itself for the newest.
        path: the file to write.
        form: ``csv`` or ``npz``.

    Raises:
        DataError: when the file cannot be written.
    """
    view = trainer.history.view()
    figures = view.first_step, view.loss.values(), view.accuracy.values(), view.tests, view.validations
    past = SavedPast(tuple(trainer.journal), *figures, view.commands, ())
    if form == "csv":
        _write_csv(path, past, shown.step_count)
    else:
        _write_npz(path, past, shown)


def _export_csv(run: SavedRun, branch: int, step: int | None, path: Path) -> None:
    past = run.past_of(branch)
    last = past.step if step is None else step
    if last > past.step:
        raise RunFileError(run.path, f"holds a history up to step {past.step:,}, not {last:,}")
    _write_csv(path, past, last)


def _write_csv(path: Path, past: SavedPast, last: int) -> None:
    """One line a step: loss and accuracy of the step that led there, and of each part that was measured there.

    The validation part has columns only where there is one.
    """
    measured = [past.tests, past.validations] if len(past.validations) else [past.tests]
    figures: dict[int, list[float]] = {}

    def line_of(at: int) -> list[float]:
        return figures.setdefault(at, [nan] * 2 * (1 + len(measured)))

    for at, training in enumerate(zip(past.loss, past.accuracy, strict=True), past.first_step + 1):
        line_of(at)[:2] = training
    for part, rows in enumerate(measured, 1):
        for at, *values in rows:
            line_of(int(at))[2 * part : 2 * part + 2] = values
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADER[: 1 + 2 * (1 + len(measured))])
    for at in sorted(at for at in figures if at <= last):
        writer.writerow([at, *(repr(float(value)) if isfinite(value) else "" for value in figures[at])])
    replace_file(path, text.getvalue().encode())


def _export_npz(run: SavedRun, branch: int, step: int | None, path: Path) -> str | None:
    trainer, sentence = trainer_after(run, branch, step)
    _write_npz(path, run.past_of(branch), trainer)
    return sentence


def _write_npz(path: Path, past: SavedPast, trainer: Trainer) -> None:
    """Parameters by name after a step, and all measurements up to there."""
    end = trainer.step_count
    content: dict[str, Any] = {
        **named_tensors(trainer.network),
        "step": np.array(end),
        "train_loss": past.loss[: max(0, end - past.first_step)],
        "train_accuracy": past.accuracy[: max(0, end - past.first_step)],
        "tests": past.tests[past.tests[:, 0] <= end],
        "validations": past.validations[past.validations[:, 0] <= end],
    }
    buffer = io.BytesIO()
    np.savez(buffer, **content)
    replace_file(path, buffer.getvalue())


def _export_safetensors(run: SavedRun, branch: int, step: int | None, path: Path) -> str | None:
    """Parameters after a step, with the Setup; VisualNet itself opens such a file."""
    trainer, sentence = trainer_after(run, branch, step)
    write_parameters(path, trainer)
    return sentence


FORMS: dict[str, Callable[[SavedRun, int, int | None, Path], str | None]] = {
    "csv": _export_csv,
    "npz": _export_npz,
    "safetensors": _export_safetensors,
}
