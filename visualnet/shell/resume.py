"""Runs that are kept in a file, ``visualnet train --run`` and ``visualnet resume``, or play a journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import click

from visualnet.core.errors import RunFileError
from visualnet.core.runfile.autosave import Autosave
from visualnet.core.runfile.branch import ROOT, Branch
from visualnet.core.runfile.creation import refuse_existing
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.restore import JournalPlayer, examples_of, trainer_at, usable_keyframes
from visualnet.core.runfile.save_request import Journal, SaveRequest
from visualnet.core.runfile.saved_run import SavedRun
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.writer import RunStore
from visualnet.core.setup.setup import Setup
from visualnet.core.training.environment import Environment
from visualnet.core.training.trainer import Trainer
from visualnet.shell.train_to_goal import check_output, train_to_goal


def tell(sentence: str) -> None:
    """A sentence to the person, beside the figures."""
    click.echo(f"visualnet: {sentence}", err=True)


def train_played(setup: Setup, print_json: bool, output: Path | None, journal: Journal) -> int:
    """Train with the commands of a journal; return the exit code."""
    trainer = Trainer(setup)
    return train_to_goal(trainer, print_json, output, JournalPlayer(trainer, journal).apply_due)


def train_recorded(
    setup: Setup, path: Path, print_json: bool, output: Path | None, journal: Journal = ()
) -> int:
    """Train a new run that is kept in a file, which is there before the first step; return the exit code.

    Raises:
        RunFileError: when the file exists, or cannot be made.
    """
    refuse_existing(path)
    trainer = Trainer(setup)
    # Commands of steps to come are part of the run: the file never is without them.
    to_come = [SaveRequest(ROOT, trainer.history.view(), journal, None, perf_counter())] if journal else []
    with _saving(RunStore.create(path, trainer, requests=to_come)) as saver:
        autosave, player = Autosave(trainer, saver), JournalPlayer(trainer, journal)
        try:
            return train_to_goal(trainer, print_json, output, player.apply_due, autosave.look)
        finally:
            autosave.finish()


def resume(path: Path, branch: int, print_json: bool, output: Path | None) -> int:
    """Go on with a run to the end that it was started with; return the exit code.

    Raises:
        RunFileError: when it cannot be gone on with.
        DataError: when its examples cannot be had.
    """
    if output is not None:
        check_output(output, path)
    run = read_run(path)
    for sentence in run.damage:
        tell(sentence)
    if not run.is_writable:
        raise RunFileError(
            path, f"{run.obstacle}, so nothing is written to it; visualnet export saves what is in it"
        )
    past = run.past_of(branch)
    keyframes = usable_keyframes(past)
    if not keyframes:
        raise RunFileError(path, "holds no state that the run could go on from")
    trainer = trainer_at(run, past, keyframes[-1], examples_of(run))
    here = run.branches[branch].branch
    with _saving(RunStore.reopen(run)) as saver:
        _note_environment(run, here, trainer, saver)
        autosave = Autosave(trainer, saver, here, rewound_to=(trainer.step_count, len(past.journal)))
        player = JournalPlayer(trainer, past.journal)
        try:
            return train_to_goal(
                trainer, print_json, output, player.apply_due, autosave.look, is_resumed=True
            )
        finally:
            autosave.finish()


def _note_environment(run: SavedRun, branch: Branch, trainer: Trainer, saver: Saver) -> None:
    """Say so where the steps to come may have other bits than they would have had where the run began."""
    step = trainer.step_count
    difference = run.why_irreproducible(branch.id, step)
    if difference is not None:
        tell(f"the run was computed elsewhere ({difference}); from step {step:,} on its bits may differ.")
        environment = Environment.here(run.setup.threads)
        saver.ask(lambda store: store.note_environment(branch.id, step, environment))


@contextmanager
def _saving(store: RunStore) -> Iterator[Saver]:
    """A saver at work; when it ends all is written, and one file is left."""
    saver = Saver(store, tell, on_recovered=lambda: tell(f"{saver.path}: all of the run is saved again."))
    saver.start()
    try:
        yield saver
    finally:
        saver.close()
