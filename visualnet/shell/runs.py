"""``visualnet runs``: what is in a run's file."""

from __future__ import annotations

import json
from math import inf, isnan
from pathlib import Path
from typing import Any

from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.saved_run import SavedBranch, SavedRun
from visualnet.core.setup.plan import plan_at

COLUMNS = (
    "branch", "name", "parent", "from", "steps", "commands", "keyframes", "tests", "best", "loss",
)  # fmt: skip


def describe(path: Path, as_json: bool) -> str:
    """The run's Setup and goal, a table of its branches, and what could not be read.

    Raises:
        RunFileError: when nothing of it can be read.
    """
    run = read_run(path)
    if as_json:
        return json.dumps(_plain(run))
    plan = plan_at(inf, run.setup, run.past_of(ROOT.id).journal)
    goal = (
        f"{plan.steps:,} steps" if plan.steps is not None
        else f"{plan.epochs:,} epochs" if plan.epochs is not None
        else "none"
    )  # fmt: skip
    environments = [f"from step {step:,}: {environment}" for _, step, environment in _environments(run)]
    return "\n".join(
        [
            f"{path}: {run.setup.name}, goal {goal}, seed {run.setup.seed}",
            f"data {run.setup.data.name}, {'in the file' if run.data else 'not in the file'}, "
            f"SHA-256 {run.data_sha256[:16]}",
            *environments,
            "",
            *_table([COLUMNS, *(_cells(branch) for branch in run.branches.values())]),
            *run.damage,
        ]
    )


def _environments(run: SavedRun) -> list[tuple[int, int, str]]:
    return [
        (branch, step, f"NumPy {e.numpy}, {e.blas}, {e.kernel}, {e.threads} threads, {e.machine}")
        for branch, step, e in run.environments
    ]


def _figures(saved: SavedBranch) -> dict[str, Any]:
    accuracies = [float(accuracy) for accuracy in saved.tests[:, 2] if not isnan(accuracy)]
    branch = saved.branch
    return {
        "branch": branch.id,
        "name": branch.name,
        "parent": branch.parent,
        "from_step": branch.step,
        "steps": saved.last_step,
        "commands": len(saved.journal),
        "keyframes": [keyframe.step for keyframe in saved.keyframes],
        "tests": len(saved.tests),
        "best_test_accuracy": max(accuracies, default=None),
        "last_train_loss": float(saved.loss[-1]) if len(saved.loss) else None,
    }


def _cells(saved: SavedBranch) -> tuple[str, ...]:
    """One row of the table; a dash stands for what there is not."""
    figures = _figures(saved)
    figures["keyframes"] = len(figures["keyframes"])
    return tuple(_cell(value) for value in figures.values())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _plain(run: SavedRun) -> dict[str, Any]:
    return {
        "file": str(run.path),
        "setup": run.setup.to_dict(),
        "data_sha256": run.data_sha256,
        "data_in_file": run.data is not None,
        "environments": [
            {"branch": branch, "step": step, **json.loads(environment.to_json())}
            for branch, step, environment in run.environments
        ],
        "branches": [_figures(branch) for branch in run.branches.values()],
        "damage": list(run.damage),
    }
