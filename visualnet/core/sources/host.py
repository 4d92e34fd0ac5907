"""The main program of the engine process: a worker between two pipes, without Qt. It ends when its input does."""

from __future__ import annotations

import logging
import os
import signal
from io import FileIO
from pathlib import Path
from threading import Event, Thread

from visualnet.core.messages.commands import Stop
from visualnet.core.messages.outbox import Outbox
from visualnet.core.sources.channel import ChannelClosed, Receiver, Sender
from visualnet.core.worker.worker import Worker
from visualnet.log import start_log

log = logging.getLogger(__name__)

SECONDS_TO_END = 0.8
"""That the worker has to close its files once the window is gone; what is written is sound at any moment."""


def main() -> None:
    """Serve the commands that come in at standard input, until Stop or its end."""
    start_log()
    commands, answers = _take_pipes()
    receiver = Receiver(commands)
    try:
        nameless_runs: Path | None = receiver.receive()
    except ChannelClosed:
        return
    outbox = Outbox()
    worker = Worker(outbox, nameless_runs)
    signal.signal(signal.SIGTERM, lambda number, frame: worker.send(Stop()))
    is_abandoned = Event()
    Thread(
        target=_pass_on, args=(receiver, worker, is_abandoned), daemon=True, name="visualnet-commands"
    ).start()
    teller = Thread(target=_tell, args=(outbox, Sender(answers)), daemon=True, name="visualnet-answers")
    teller.start()
    worker.start()
    while worker.is_alive() and not is_abandoned.is_set():
        # With a limit, so that this thread hears signals.
        worker.join(0.2)
    worker.join(SECONDS_TO_END)
    outbox.close()
    if not is_abandoned.is_set():
        teller.join()
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


def _pass_on(receiver: Receiver, worker: Worker, is_abandoned: Event) -> None:
    try:
        while True:
            worker.send(receiver.receive())
    except ChannelClosed:
        is_abandoned.set()
        worker.send(Stop())


def _tell(outbox: Outbox, sender: Sender) -> None:
    try:
        while (drained := outbox.wait()) is not None:
            sender.send(drained)
    except ChannelClosed:
        # The window is gone; the end of the commands says so too.
        pass
