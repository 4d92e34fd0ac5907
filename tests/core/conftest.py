"""Small data and Setups that every test of the core can use."""

import numpy as np
import pytest
from hypothesis import settings

from tests.core.source_cases import SOURCES, Watcher
from tests.core.worker_harness import WorkerHarness
from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.nn import layers
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import InitializerSetup, OptimizerSetup
from visualnet.core.setup.setup import Setup

settings.register_profile("visualnet", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("visualnet")


@pytest.fixture(autouse=True)
def own_activations(monkeypatch):
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(layers, "_registered", {})


@pytest.fixture
def start_worker(tmp_path):
    """A function that starts a worker which keeps nameless runs in a folder."""
    started = []

    def start():
        harness = WorkerHarness(nameless_runs=tmp_path / "nameless")
        started.append(harness)
        harness.worker.start()
        return harness

    yield start
    for harness in started:
        assert harness.worker.stop()


@pytest.fixture(params=SOURCES, ids=lambda kind: kind.__name__)
def watcher(request):
    """A source of each kind, and what it tells."""
    watching = Watcher(request.param())
    watching.source.start()
    yield watching
    assert watching.source.stop()


@pytest.fixture
def digits():
    """300 training and 70 test images of 4×3 random pixels in three classes, one of which is darker."""
    generator = np.random.default_rng(5)

    def split(count):
        labels = generator.integers(0, 3, count)
        pixels = generator.integers(0, 100, (count, 12)) + 70 * (labels[:, np.newaxis] == 1)
        return Split(pixels.astype(np.uint8), labels)

    return Dataset("digits", split(300), split(70), (4, 3), ("a", "b", "c"), 1 / 255)


@pytest.fixture
def small_setup():
    """A network for ``digits``: 12 - 5 - 3, cross-entropy, Adam, batches of 32, two epochs."""
    return Setup(
        name="small",
        layers=(LayerSetup("dense", 5), LayerSetup("tanh"), LayerSetup("dense", 3)),
        loss="cross-entropy",
        optimizer=OptimizerSetup("adam", learning_rate=0.01),
        initializer=InitializerSetup("xavier"),
        batch_size=32,
        seed=3,
        epochs=2,
    )
