"""What the benchmark scripts share: alternating repeats, medians, and rows that say whether a bound holds."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

FORCED_KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


@dataclass(frozen=True)
class Row:
    """One figure: ``bound`` and ``holds`` are None for information and for peers that are not installed."""

    name: str
    value: float | None
    unit: str
    bound: float | None = None
    better: str = "higher"
    holds: bool | None = None
    skipped: str | None = None


def judged(name: str, value: float, unit: str, bound: float | None, better: str = "higher") -> Row:
    """A figure beside its bound."""
    holds = None if bound is None else value >= bound if better == "higher" else value <= bound
    return Row(name, value, unit, bound, better, holds)


def skipped(name: str, unit: str, bound: float | None, why: str, better: str = "higher") -> Row:
    """A figure that could not be taken."""
    return Row(name, None, unit, bound, better, None, why)


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    started = perf_counter()
    act()
    return perf_counter() - started


def alternating_ratio(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> float:
    """Median of peer seconds over our seconds, the two measured in turn after one round of warming up."""
    ours()
    peer()
    ratios = []
    for repeat in range(repeats):
        first, second = (ours, peer) if repeat % 2 == 0 else (peer, ours)
        times = {first: seconds(first)}
        times[second] = seconds(second)
        ratios.append(times[peer] / times[ours])
    return median(ratios)


def arguments(description: str | None) -> argparse.Namespace:
    """``--json`` and ``--repeats``, and ``--only`` for some rows."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON, as the last line")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="measure only rows whose name holds this text")
    return parser.parse_args()


def run_with_own_kernels() -> None:
    """Start this script again without the variables that force an old BLAS kernel, and end with its code."""
    if any(name in os.environ for name in FORCED_KERNELS):
        environment = {name: value for name, value in os.environ.items() if name not in FORCED_KERNELS}
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=environment, check=False).returncode)


def print_rows(rows: Sequence[Row], as_json: bool) -> None:
    """A table for people; with ``as_json`` the rows as the last line."""
    for row in rows:
        value = f"skipped: {row.skipped}" if row.value is None else f"{row.value:10.3f} {row.unit}"
        sign = "≥" if row.better == "higher" else "≤"
        bound = "" if row.bound is None else f"bound {sign} {row.bound:g}"
        holds = {True: "holds", False: "FAILS", None: ""}[row.holds]
        print(f"{row.name:24} {value:24} {bound:16} {holds}")
    if as_json:
        plain = [asdict(row) for row in rows]
        for row in plain:
            if row["skipped"] is None:
                del row["skipped"]
        print(json.dumps(plain), flush=True)
