"""The main program of the engine process: a worker between two pipes, without Qt. It ends when its input does."""

from __future__ import annotations

import logging
import os
import signal
from io import FileIO
from pathlib import Path

from visualnet.core.messages.commands import Stop
from visualnet.core.sources.channel import ChannelClosed, Receiver
from visualnet.core.sources.pipe_mail import PipeInbox, PipeOutbox
from visualnet.core.sources.pipes import is_abandoned
from visualnet.core.worker.worker import Worker
from visualnet.log import start_log

log = logging.getLogger(__name__)

SECONDS_TO_END = 0.8
"""That the worker has to close its files once the window is gone; what is written is sound at any moment."""


def main() -> None:
    """Serve the commands that come in at standard input, until Stop or its end."""
    start_log()
    commands, answers = _take_pipes()
    try:
        nameless_runs: Path | None = Receiver(commands).receive()
    except ChannelClosed:
        return
    worker = Worker(PipeOutbox(answers), nameless_runs, PipeInbox(commands))
    signal.signal(signal.SIGTERM, lambda number, frame: worker.send(Stop()))
    worker.start()
    while worker.is_alive() and not is_abandoned(commands):
        # With a limit, so that this thread hears signals, and of the window's end while the worker is busy.
        worker.join(0.2)
    worker.join(SECONDS_TO_END)
    # A thread that is still busy must not keep the process.
    logging.shutdown()
    os._exit(0)


def _take_pipes() -> tuple[FileIO, FileIO]:
    """The two pipes, out of reach of whoever prints."""
    commands, answers = FileIO(os.dup(0), "rb"), FileIO(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return commands, answers
