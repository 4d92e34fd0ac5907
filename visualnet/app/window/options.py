"""The options with which the shell opens the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from visualnet.core.runfile.save_request import Journal
from visualnet.core.setup.setup import Setup


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """The options of a window that is to be opened.

    Attributes:
        setup: what to train; None: the last one, or the first preset.
        screenshot: write the window's picture here, then end.
        after_steps: steps to train before the picture.
        theme: ``dark`` or ``light``; None: as remembered.
        size: width and height; None: as remembered.
        print_json: print the run's figures as the last line, as ``visualnet train --json`` does.
        journal: commands that take effect at their steps, as a link brings them along.
        run_file: a run's file to open in the place of a setup.
        engine: the process that trains, started already; None: a thread of this process does.
    """

    setup: Setup | None = None
    screenshot: Path | None = None
    after_steps: int = 0
    theme: str | None = None
    size: tuple[int, int] | None = None
    print_json: bool = False
    journal: Journal = ()
    run_file: Path | None = None
    engine: Popen[bytes] | None = None
