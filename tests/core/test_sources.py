"""One contract for all sources, and what only a process of its own can do wrong."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from tests.core.source_cases import PATIENCE, SOURCES, Watcher, wait_until_written
from tests.core.worker_harness import MOONS
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.probes.weights import WeightsProbe
from visualnet.core.runfile.reader import read_run
from visualnet.core.sources.process import ProcessSource
from visualnet.core.training.trainer import Trainer


@pytest.fixture
def engine(tmp_path):
    watching = Watcher(ProcessSource(tmp_path))
    watching.source.start()
    yield watching
    watching.source.stop()


def test_a_run_has_the_bits_of_a_trainer_alone(watcher):
    watcher.train(MOONS, 40)
    watcher.source.send(c.Change(learning_rate=0.1))
    watcher.source.send(c.RunTo(60))
    watcher.wait(e.Paused, 2)
    watcher.source.send(c.RequestReport())
    trainer = Trainer(MOONS)
    for _ in range(40):
        trainer.step()
    trainer.apply(c.Change(learning_rate=0.1))
    for _ in range(20):
        trainer.step()
    history = watcher.ask().history
    np.testing.assert_array_equal(history.loss.values(), trainer.history.view().loss.values())
    assert watcher.wait(e.Reported).report["parameters_sha256"] == trainer.parameters_sha256


def test_what_a_probe_measures_arrives_read_only(watcher):
    watcher.train(MOONS, 3)
    probe = WeightsProbe(0)
    assert not watcher.ask(probe).results[probe].flags.writeable


def test_events_keep_their_order_and_none_is_lost(watcher):
    watcher.train(MOONS, 1)
    rates = [0.001 * (number + 1) for number in range(200)]
    for rate in rates:
        watcher.source.send(c.Change(learning_rate=rate))
    watcher.wait(e.Applied, len(rates))
    told = [event.command.values for event in watcher.events if isinstance(event, e.Applied)]
    assert told == [(("learning_rate", rate),) for rate in rates]


def test_a_history_that_goes_back_is_the_one_that_is_told(watcher):
    watcher.train(MOONS, 30)
    watcher.ask()
    watcher.source.send(c.Rewind(0))
    watcher.wait(e.Rewound)
    assert watcher.ask().history.loss.count == 0
    watcher.source.send(c.Change(learning_rate=0.3))
    watcher.source.send(c.RunTo(5))
    watcher.wait(e.Paused, 2)
    trainer = Trainer(MOONS)
    trainer.apply(c.Change(learning_rate=0.3))
    losses = [trainer.step() for _ in range(5)]
    np.testing.assert_array_equal(watcher.ask().history.loss.values(), losses)


def test_a_source_that_never_began_ends():
    for kind in SOURCES:
        assert kind().stop()


def test_an_engine_that_is_killed_is_an_event_and_its_file_is_sound(engine, tmp_path):
    engine.train(MOONS, 50)
    path = engine.wait(e.RunRecorded).path
    wait_until_written(path, tmp_path / "copy.vnet", 50)
    os.kill(engine.source.process_id, signal.SIGKILL)
    assert "ended from outside" in engine.wait(e.EngineEnded).sentence
    assert read_run(path).branches[0].last_step == 50


def test_an_engine_in_terms_ends_in_order(engine, tmp_path):
    engine.train(MOONS, 50)
    path = engine.wait(e.RunRecorded).path
    os.kill(engine.source.process_id, signal.SIGTERM)
    engine.wait(e.EngineEnded)
    assert read_run(path).branches[0].last_step == 50


def test_ctrl_c_is_for_the_window_alone(engine):
    engine.train(MOONS, 5)
    os.kill(engine.source.process_id, signal.SIGINT)
    assert engine.ask().step == 5


PARENT = """
import sys, time
from tests.core.worker_harness import MOONS
from tests.core.source_cases import Watcher
from pathlib import Path
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.sources.process import ProcessSource
watcher = Watcher(ProcessSource(Path(sys.argv[1])))
watcher.source.start()
watcher.train(MOONS, 30)
watcher.source.send(c.Play())
print(watcher.source.process_id, watcher.wait(e.RunRecorded).path, flush=True)
time.sleep(600)
"""


def test_an_engine_ends_with_its_window_however_that_ends(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with parent:
        process_id, path = parent.stdout.readline().split()
        parent.kill()
    deadline = monotonic() + PATIENCE
    while is_running(int(process_id)):
        assert monotonic() < deadline, "the engine lives on"
        sleep(0.01)
    assert read_run(tmp_path / path).branches[0].last_step >= 30


def is_running(process_id):
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_starts_and_ends_leave_nothing_open():
    before = set(Path("/proc/self/fd").iterdir())
    for _ in range(3):
        source = ProcessSource()
        source.start()
        assert source.stop()
        assert not is_running(source.process_id)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_the_engine_brings_no_qt():
    code = "import visualnet.core.sources.host, sys; print([m for m in sys.modules if 'PySide' in m or 'pyqtgraph' in m])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
