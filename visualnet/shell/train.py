"""``visualnet train``: a run without a window, from the first step to its figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer
from visualnet.shell.train_to_goal import check_output, train_to_goal

if TYPE_CHECKING:
    from visualnet.core.runfile.save_request import Journal


def train_headless(
    setup: Setup,
    print_json: bool,
    output: Path | None,
    run_file: Path | None = None,
    journal: Journal = (),
) -> int:
    """Train to the Setup's goal, or until Ctrl-C; print the figures; return the exit code.

    Args:
        setup: what to train.
        print_json: print the figures as JSON.
        output: a file for the figures, or None.
        run_file: a file to keep the run in, or None.
        journal: commands that take effect at their steps.
    """
    if output is not None:
        check_output(output, run_file)
    if run_file is None and not journal:
        return train_to_goal(Trainer(setup), print_json, output)
    from visualnet.shell.resume import train_played, train_recorded

    if run_file is None:
        return train_played(setup, print_json, output, journal)
    return train_recorded(setup, run_file, print_json, output, journal)
