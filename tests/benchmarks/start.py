"""How light a start is: ``visualnet train original-xor`` beside a bare script of the same, as whole processes.

python tests/benchmarks/start.py [--json] [--repeats 15]
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import rows as bench

OURS = (sys.executable, "-m", "visualnet", "train", "original-xor")
BARE = (sys.executable, str(Path(__file__).parent / "bare_xor.py"))
REPEATS = 15


def process(command: tuple[str, ...], environment: dict[str, str]) -> Callable[[], None]:
    """Run this to its end, silently."""

    def act() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

    return act


if __name__ == "__main__":
    bench.run_with_own_kernels()
    options = bench.arguments(__doc__)
    # As for anybody, the first start leaves compiled modules for those after it.
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    share = bench.alternating_ratio(
        process(BARE, environment), process(OURS, environment), max(REPEATS, options.repeats)
    )
    bench.print_rows(
        [bench.judged("start.original_xor", share, "of a bare script", 1.0, "lower")], options.json
    )
