"""``visualnet link``: a Setup as a line of text, with a run's commands where they are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from visualnet.core.runfile.link import Link
from visualnet.core.runfile.save_request import Journal
from visualnet.core.setup.presets import LINK_SCHEME, RUN_SUFFIX
from visualnet.core.setup.run_commands import SetParameters
from visualnet.shell.overrides import setup_from
from visualnet.shell.resume import tell


def link_of(source: str, with_journal: bool, **overrides: Any) -> str:
    """The link of a preset, a Setup's file, a run's file or another link.

    Raises:
        SetupError: when there is no such thing, or it is too long for a link.
        RunFileError: when a run's file cannot be read.
    """
    setup, journal = setup_from(source, **overrides), journal_of(source)
    if not with_journal:
        return Link(setup).to_text()
    kept = tuple(entry for entry in journal if not isinstance(entry[1], SetParameters))
    if len(kept) < len(journal):
        tell(
            "parameters that were put in from a file are too large for a link; without them the run is another."
        )
    return Link(setup, kept).to_text()


def journal_of(source: str) -> Journal:
    """The commands that come with a link or a run's file; none with anything else."""
    if source.startswith(LINK_SCHEME):
        return Link.from_text(source).journal
    if Path(source).suffix == RUN_SUFFIX:
        from visualnet.core.runfile.reader import read_run

        return read_run(Path(source)).past_of(0).journal
    return ()
