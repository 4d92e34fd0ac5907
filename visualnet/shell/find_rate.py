"""``visualnet find-rate``: a short run with every learning rate, its curve, and the rate to try first."""

from __future__ import annotations

import json
from math import isfinite

import click
import numpy as np

from visualnet.core.setup.setup import Setup
from visualnet.core.training.rate_finder import RateFinding, find_rate, rate_points
from visualnet.shell.progress import loading_progress

ROWS = 20
BAR = 40

FULL_BAR = 1.25
"""The longest bar stands for so many times the first loss, and for all above."""


def show_rates(setup: Setup, lowest: float, highest: float, steps: int, print_json: bool) -> None:
    """Take the test and print its curve, or one JSON object.

    Raises:
        SetupError: names the option that cannot be.
    """
    points = []
    with loading_progress("Trying learning rates") as progress:
        for point in rate_points(setup, lowest, highest, steps):
            points.append(point)
            progress(len(points) / steps, f"Learning rate {point.rate:.1e}")
    finding = find_rate(points, highest)
    if print_json:
        click.echo(json.dumps(_figures(setup, finding)))
    else:
        _draw(finding)
        click.echo(_sentence(finding))


def _figures(setup: Setup, finding: RateFinding) -> dict[str, object]:
    return {
        "preset": setup.name,
        "suggestion": finding.suggestion,
        "broke_at": finding.broke_at,
        "rates": [point.rate for point in finding.points],
        "losses": [point.loss if isfinite(point.loss) else None for point in finding.points],
    }


def _draw(finding: RateFinding) -> None:
    """A table of some twenty rates with a bar for each loss; the row nearest to the suggestion is marked."""
    from rich.console import Console
    from rich.table import Table

    places = np.unique(np.linspace(0, len(finding.points) - 1, ROWS).round().astype(int))
    points = [finding.points[place] for place in places]
    full = FULL_BAR * points[0].loss if isfinite(points[0].loss) and points[0].loss > 0 else 1.0
    table = Table("rate", "loss", "", box=None)
    best = finding.suggestion
    nearest = min(points, key=lambda point: abs(np.log(point.rate / best))) if best else None
    for point in points:
        bar = "█" * round(BAR * min(1.0, point.loss / full)) if isfinite(point.loss) else "not finite"
        style = "bold green" if point is nearest else None
        table.add_row(f"{point.rate:.1e}", f"{point.loss:.4g}", bar, style=style)
    Console().print(table)


def _sentence(finding: RateFinding) -> str:
    if finding.suggestion is None:
        return "The loss did not fall at any of these rates. Try other bounds, or more steps."
    words = f"The loss falls fastest at a learning rate of about {finding.suggestion:g}"
    return f"{words}, and breaks at {finding.broke_at:.2g}." if finding.broke_at else f"{words}."
