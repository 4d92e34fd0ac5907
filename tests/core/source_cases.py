"""The sources that there are, and somebody who waits at them."""

from contextlib import suppress
from time import monotonic, sleep

from visualnet.core.errors import VisualNetError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.file_parts import copy_run
from visualnet.core.runfile.reader import read_run
from visualnet.core.sources.process import ProcessSource
from visualnet.core.sources.thread import ThreadSource

SOURCES = (ThreadSource, ProcessSource)
PATIENCE = 60.0


class Watcher:
    """Collects what a source gives out."""

    def __init__(self, source):
        self.source = source
        self.events = []
        self.frame = None

    def look(self):
        drained = self.source.drain()
        self.events += drained.events
        self.frame = drained.frame or self.frame

    def wait(self, kind, count=1):
        """The event of this kind, the ``count``-th in all."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            self.look()
            found = [event for event in self.events if isinstance(event, kind)]
            if len(found) >= count:
                return found[count - 1]
            sleep(0.001)
        raise AssertionError(f"no {kind.__name__} came; the last were {self.events[-20:]}")

    def ask(self, *probes):
        """The frame that answers this very request."""
        self.look()
        self.frame = None
        self.source.send(c.RequestFrame(frozenset(probes)))
        deadline = monotonic() + PATIENCE
        while self.frame is None and monotonic() < deadline:
            self.look()
            sleep(0.001)
        assert self.frame is not None
        return self.frame

    def train(self, setup, steps):
        """Start a run and train it so far."""
        self.source.send(c.StartRun(setup))
        self.source.send(c.RunTo(steps))
        self.wait(e.Paused)


def wait_until_written(path, copy, step):
    """Until whoever writes this run is so far; a copy has no lock, but one of the midst of a write may be unsound."""
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        with suppress(VisualNetError, OSError):
            copy_run(path, copy)
            if read_run(copy).branches[0].last_step >= step:
                return
        sleep(0.01)
    raise AssertionError(f"step {step} is not written")
