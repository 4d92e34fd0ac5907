"""Restoring a Trainer from a run file, at the file's end or at any of its steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from math import isnan, nan, prod
from time import perf_counter

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.errors import DataError, RunFileError, SetupError
from visualnet.core.history.measurements import Measurements
from visualnet.core.replay.same_state import agree
from visualnet.core.runfile.data_record import data_sha256
from visualnet.core.runfile.save_request import Journal
from visualnet.core.runfile.saved_run import SavedKeyframe, SavedPast, SavedRun
from visualnet.core.setup.checks import require_integer
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.settings import check_settings
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.past import Past
from visualnet.core.training.trainer import Trainer

SECONDS_BETWEEN_LOOKS = 0.05
"""Between two reports of progress, at which a person may cancel."""


class JournalPlayer:
    """The commands of a journal that a Trainer has not had yet, each applied at its step.

    Args:
        trainer: somebody else steps it.
        journal: all commands from the run's first step on.
    """

    def __init__(self, trainer: Trainer, journal: Journal) -> None:
        self._trainer = trainer
        self._due = deque(journal[len(trainer.journal) :])

    def apply_due(self) -> None:
        """Call before each step."""
        while self._due and self._due[0][0] <= self._trainer.step_count:
            self._trainer.apply(self._due.popleft()[1])


def examples_of(run: SavedRun, progress: Progress = no_progress) -> Dataset:
    """The examples that the run was trained on: those in its file, or those of its Setup where they are the same.

    Raises:
        DataError: when they cannot be had.
        Cancelled: raised by ``progress``.
    """
    if run.data is not None:
        return run.data
    for dataset in _possible_examples(run.setup.data, progress):
        if data_sha256(dataset) == run.data_sha256:
            return dataset
    raise DataError(run.setup.data.name, f"holds other examples now than when {run.path} was written")


def _possible_examples(data: DataSetup, progress: Progress) -> Iterator[Dataset]:
    """The examples of a Setup, and those that it meant to files of older formats."""
    dataset = data.load(progress)
    yield dataset
    if dataset.validation is None:
        return
    # Files of format 1 knew nothing of validation parts, and their runs were judged by the test set.
    yield replace(dataset, validation=None)
    # Up to format 2 the training part was limited after the validation part had been taken from all of it.
    if data.train_size is not None:
        yield replace(data, train_size=None).load(progress).limited(data.train_size, None)


def trainer_at(run: SavedRun, past: SavedPast, keyframe: SavedKeyframe, dataset: Dataset) -> Trainer:
    """A Trainer in a saved state, with its past up to there as far as it was sound.

    Raises:
        RunFileError: when the state does not fit the Setup.
        SetupError: when the Setup cannot be trained.
    """
    _check_size(run, dataset, keyframe.state)
    trainer = Trainer(run.setup, dataset)
    _check_fits(run, trainer, keyframe)
    history = past.history
    whole = Past(list(past.journal), history, Measurements.made_at(history.test_places))
    known = whole.until_state(keyframe.state)
    known.misclassified = keyframe.misclassified
    trainer.enter(keyframe.state, known)
    return trainer


def usable_keyframes(past: SavedPast) -> list[SavedKeyframe]:
    """Those whose commands are all known, oldest first."""
    return [keyframe for keyframe in past.keyframes if keyframe.state.journaled <= len(past.journal)]


def _check_size(run: SavedRun, dataset: Dataset, state: TrainerState) -> None:
    """Refuse a state of another size than its Setup's network before memory is taken for that."""
    shape, count = dataset.input_shape, 0
    for layer in (description.make() for description in run.setup.layers):
        try:
            shape = layer.build(shape, np.dtype(run.setup.dtype))
        except ValueError as error:
            raise SetupError("layers", str(error)) from None
        count += sum(prod(parameter) for parameter in layer.parameter_shapes().values())
    if count != len(state.vectors["parameters"]):
        raise RunFileError(
            run.path, f"holds a state at step {state.step:,} that is not of its Setup's network"
        )


def fitting_keyframes(run: SavedRun, trainer: Trainer, past: SavedPast) -> list[SavedKeyframe]:
    """The usable ones whose states a Trainer of the run's Setup could be in, oldest first."""
    fitting: list[SavedKeyframe] = []
    for keyframe in usable_keyframes(past):
        with suppress(RunFileError):
            _check_fits(run, trainer, keyframe)
            fitting.append(keyframe)
    return fitting


def _check_fits(run: SavedRun, trainer: Trainer, keyframe: SavedKeyframe) -> None:
    """Refuse a state that no run of this Setup could be in, before anything of it is used.

    Args:
        run: where it is from.
        trainer: of the Setup.
        keyframe: the state.
    """
    state, wrong = keyframe.state, keyframe.misclassified
    try:
        require_integer(state.consumed, "consumed", 0, len(trainer.dataset.train) - 1)
        check_settings(trainer.setup, state.settings)
        if wrong is not None and len(wrong):
            require_integer(int(wrong[0]), "wrong test examples", 0)
            require_integer(int(wrong[-1]), "wrong test examples", 0, len(trainer.dataset.test) - 1)
    except SetupError as error:
        raise RunFileError(
            run.path, f"holds a state at step {state.step:,} that cannot be: {error}"
        ) from None
    if not trainer.could_be_in(state):
        raise RunFileError(
            run.path, f"holds a state at step {state.step:,} that is not of its Setup's network"
        )


def trainer_after(
    run: SavedRun, branch: int, step: int | None, progress: Progress = no_progress
) -> tuple[Trainer, str | None]:
    """A Trainer after a step of a branch: the keyframe before it, and from there the same steps again.

    Each step's loss is compared with the recorded one, and the keyframe that comes next with what leads there,
    bit for bit. Where they differ, or the steps were computed in another environment, the keyframe before is
    given itself. Behind the last keyframe only steps are run again whose loss was recorded.

    Args:
        run: as it was read.
        branch: its id.
        step: steps done; None: those of the last keyframe.
        progress: told of the steps that are run again; may raise Cancelled.

    Returns:
        The Trainer, and a sentence where it is not after that step but after one before.

    Raises:
        RunFileError: when the branch does not reach that step, or no state of it is left.
        Cancelled: raised by ``progress``.
    """
    past = run.past_of(branch)
    (keyframe, following), dataset = _keyframes_at(run, branch, past, step), examples_of(run, progress)
    trainer = trainer_at(run, past, keyframe, dataset)
    if step is None or step == keyframe.step:
        return trainer, None
    # What was measured on the way, by the plan or because a person asked for it, is measured there again.
    places = past.history.test_places
    trainer.past.measurements = Measurements.made_at(place for place in places if place[0] <= step)
    reason = _doubt(run, branch, past, keyframe.step, step, following is not None)
    if reason is None and _has_recorded_losses(trainer, past, step, progress):
        if following is None:
            return trainer, None
        here = replace(keyframe, state=trainer.state, misclassified=trainer.past.misclassified)
        if _leads_to(trainer, past, following.state, progress):
            return trainer_at(run, past, here, dataset), None
    reason = reason or "has other numbers when it is computed again"
    sentence = f"The run {reason}, so only its keyframes count: this is step {keyframe.step:,}, not {step:,}."
    return trainer_at(run, past, keyframe, dataset), sentence


def _keyframes_at(
    run: SavedRun, branch: int, past: SavedPast, step: int | None
) -> tuple[SavedKeyframe, SavedKeyframe | None]:
    """The last usable keyframe at or before a step of a branch, None: of all of it; and the next, if there is one.

    Raises:
        RunFileError: when the branch does not reach that step, or no state of it is left.
    """
    last = run.branches[branch].last_step
    if step is not None and step > last:
        raise RunFileError(run.path, f"ends at step {last:,}; step {step:,} is not in it")
    keyframes = usable_keyframes(past)
    before = [keyframe for keyframe in keyframes if step is None or keyframe.step <= step]
    if not before:
        raise RunFileError(run.path, "holds no state from which that step could be reached")
    return before[-1], next(iter(keyframes[len(before) :]), None)


def _doubt(
    run: SavedRun, branch: int, past: SavedPast, start: int, step: int, is_followed: bool
) -> str | None:
    """Why a step is not to be reached from a state at another one; None where it is."""
    difference = run.why_irreproducible(branch, start)
    if difference is not None:
        return f"was computed elsewhere ({difference})"
    # The losses after a gap tell whether what was run again in it is what it was.
    is_recorded = (
        past.first_step <= start and step <= past.step and not isnan(past.loss[step - 1 - past.first_step])
    )
    return None if is_recorded or is_followed else "has no record of the steps between"


def _has_recorded_losses(trainer: Trainer, past: SavedPast, step: int, progress: Progress) -> bool:
    """Run the steps up to one again; False where a loss is not what was recorded."""
    for loss in _run_again(trainer, past.journal, step, progress):
        at = trainer.step_count - 1 - past.first_step
        recorded = past.loss[at] if 0 <= at < len(past.loss) else nan
        if loss is None or (loss != recorded and not isnan(recorded)):
            return False
    return True


def _leads_to(trainer: Trainer, past: SavedPast, state: TrainerState, progress: Progress) -> bool:
    """Whether the steps up to a state of the same run, run again, lead to its very bits."""
    journal = past.journal[: state.journaled]
    for _ in _run_again(trainer, journal, state.step, progress):
        pass
    JournalPlayer(trainer, journal).apply_due()
    return agree(trainer.state, state)


def _run_again(trainer: Trainer, journal: Journal, step: int, progress: Progress) -> Iterator[float | None]:
    """The loss of each step up to one; None, and no more, where it is not finite."""
    player, first, looked_at = JournalPlayer(trainer, journal), trainer.step_count, 0.0
    while trainer.step_count < step:
        now = perf_counter()
        if now - looked_at >= SECONDS_BETWEEN_LOOKS:
            looked_at, done = now, trainer.step_count
            progress((done - first) / (step - first), f"Computing step {done:,} of {step:,} again")
        player.apply_due()
        try:
            yield trainer.step()
        except Diverged:
            yield None
            return
