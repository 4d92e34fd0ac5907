"""A worker and somebody who waits at its outbox, for tests of what comes out of it."""

from time import monotonic, sleep

from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.outbox import Outbox
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.worker import Worker

PATIENCE = 30.0

MOONS = Setup(
    name="moons",
    data=DataSetup("moons", count=200),
    layers=(LayerSetup("dense", 8), LayerSetup("relu"), LayerSetup("dense", 1)),
    loss="mse",
    optimizer=OptimizerSetup("momentum", 0.02),
    batch_size=16,
    epochs=None,
)
STEPS_PER_EPOCH = 13


class WorkerHarness:
    """A worker and somebody who waits at its outbox."""

    def __init__(self, nameless_runs=None):
        self.outbox = Outbox()
        self.worker = Worker(self.outbox, nameless_runs)
        self.events = []
        self.frame = None
        self._read = 0

    def send(self, *commands):
        for command in commands:
            self.worker.send(command)

    def look(self):
        batch = self.outbox.drain()
        self.events += batch.events
        self.frame = batch.frame or self.frame

    def wait(self, kind):
        """The next event of this kind that was not waited for yet."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            self.look()
            for place in range(self._read, len(self.events)):
                if isinstance(self.events[place], kind):
                    self._read = place + 1
                    return self.events[place]
            sleep(0.0005)
        raise AssertionError(f"no {kind.__name__} came; the last were {self.events[-20:]}")

    def ask(self, *probes):
        """The frame that answers this very request."""
        self.look()
        self.frame = None
        self.send(c.RequestFrame(frozenset(probes)))
        deadline = monotonic() + PATIENCE
        while self.frame is None and monotonic() < deadline:
            self.look()
            sleep(0.0005)
        assert self.frame is not None
        return self.frame

    def report(self):
        self.send(c.RequestReport())
        return self.wait(e.Reported).report

    def of_kind(self, kind):
        self.look()
        return [event for event in self.events if isinstance(event, kind)]


def bits_after(setup, steps):
    trainer = Trainer(setup)
    for _ in range(steps):
        trainer.step()
    return trainer.parameters_sha256
