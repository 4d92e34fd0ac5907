"""Run files whose seals hold and whose numbers cannot be: what is impossible is left out, and nobody waits for ever."""

import sqlite3
from contextlib import closing
from threading import Event

import numpy as np
import pytest

from tests.benchmarks.fuzz_run_files import make_sound_file
from tests.core.worker_harness import WorkerHarness
from visualnet.core.errors import Cancelled
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.schema import COLUMNS, WIDTHS
from visualnet.core.runfile.sealed import DIGEST_BYTES, sealed
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.tree import RunTree

BEYOND = 10**12


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "run.vnet"
    make_sound_file(made, with_log=False)
    return made


def rewrite(path, table, change, where="1"):
    """Change rows and seal them anew: ``change`` gets the numbers beside a payload and the payload."""
    columns = ", ".join(f"{column} = ?" for column in (*COLUMNS[table], "record"))
    with closing(sqlite3.connect(path)) as connection, connection:
        for id_, *numbers, record in connection.execute(f"SELECT * FROM {table} WHERE {where}").fetchall():
            numbers, payload = change(list(numbers), record[DIGEST_BYTES:])
            record = sealed(payload, table, *numbers)
            connection.execute(f"UPDATE {table} SET {columns} WHERE id = ?", (*numbers, record, id_))


def drop(path, table, where):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"DELETE FROM {table} WHERE {where}")


def with_value(value, place):
    """Puts a number into floats."""

    def change(numbers, payload):
        values = np.frombuffer(payload, np.float64).copy()
        values[place] = value
        return numbers, values.tobytes()

    return change


def from_step(step):
    def change(numbers, payload):
        numbers[COLUMNS["history"].index("step")] = step
        return numbers, payload

    return change


@pytest.fixture
def harness():
    made = WorkerHarness()
    made.worker.start()
    yield made
    assert made.worker.stop()


def opened(harness, path):
    harness.send(c.OpenRun(path))
    told = harness.wait(e.RunOpened)
    frame = harness.ask()
    assert not harness.of_kind(e.WorkerFailed)
    return told, frame


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_is_not_known_and_the_others_stay(path, harness, value):
    before = read_run(path).branches[0].loss
    rewrite(path, "history", with_value(value, 40), "branch = 0")
    run = read_run(path)
    expected = np.where(np.arange(len(before)) == 40, np.nan, before)
    assert np.array_equal(run.branches[0].loss, expected, equal_nan=True)
    assert run.damage == ("The losses of xor are missing at step 41.",)
    told, frame = opened(harness, path)
    assert told.sentences == run.damage
    assert np.array_equal(frame.history.loss.values(0, 500), expected[:500], equal_nan=True)


@pytest.mark.parametrize("value", [1e308, -1e308])
def test_a_loss_of_any_finite_size_stays(path, harness, value):
    rewrite(path, "history", with_value(value, 40), "branch = 0")
    assert read_run(path).branches[0].loss[40] == value
    opened(harness, path)


@pytest.mark.parametrize("value", [np.inf, -0.1, 1.5, 1e308])
def test_an_accuracy_that_is_no_share_is_not_known(path, value):
    rewrite(path, "history", with_value(value, 640), "branch = 0")
    assert np.flatnonzero(np.isnan(read_run(path).branches[0].accuracy)).tolist() == [40]


@pytest.mark.parametrize("table", ["tests", "validations"])
@pytest.mark.parametrize(
    ("column", "value"), [(0, np.nan), (0, np.inf), (0, 1e12), (0, -5.0), (0, 10.5), (2, 2.0), (2, np.inf), (2, -1e308)]
)  # fmt: skip
def test_a_measurement_that_cannot_be_ends_them(path, harness, table, column, value):
    place, whole = WIDTHS[table] + column, len(getattr(read_run(path).branches[0], table))
    rewrite(path, table, with_value(value, place), "branch = 0")
    run = read_run(path)
    assert len(getattr(run.branches[0], table)) < whole
    assert any("Measurements" in sentence for sentence in run.damage)
    opened(harness, path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e308, 0.5])
def test_a_number_of_commands_that_cannot_be_is_not_known(path, harness, value):
    rewrite(path, "tests", with_value(value, 7), "branch = 0")
    whole = len(read_run(path).past_of(1).tests)
    told, frame = opened(harness, path)
    assert told.sentences == ()
    assert len(frame.history.tests) == whole


@pytest.mark.parametrize("step", [BEYOND, BEYOND - 700, 2**62])
def test_a_history_far_from_all_states_is_none(path, harness, step):
    rewrite(path, "history", from_step(step), "branch = 0")
    told, frame = opened(harness, path)
    assert told.sentences
    assert frame.step < 1000


@pytest.mark.parametrize("step", [BEYOND, 2**62])
def test_a_branch_that_begins_far_behind_its_parent_is_opened_without_running_there(path, harness, step):
    def beyond(numbers, payload):
        numbers[COLUMNS["branches"].index("step")] = step
        return numbers, payload

    rewrite(path, "branches", beyond, "id = 1")
    drop(path, "keyframes", "branch = 1")
    opened(harness, path)


def longer(path):
    """A history that goes on for long behind the last state; which is what damaged keyframes leave."""
    drop(path, "keyframes", "step > 0")
    drop(path, "branches", "id = 1")


def test_opening_is_told_and_can_be_cancelled_wherever_it_is(path):
    longer(path)
    saved, tree, told = read_run(path), RunTree(), []

    def look(fraction, activity):
        told.append((fraction, activity))
        if "step" in activity:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        reopened(saved, tree, look)
    assert "of 600" in told[-1][1]
    with pytest.raises(Cancelled):
        read_run(path, lambda fraction, activity: (_ for _ in ()).throw(Cancelled("enough")))
    runs, _ = reopened(saved, tree)
    assert runs[0][0].live_run.trainer.step_count == 600


def watched(harness, path, monkeypatch, command):
    """Send a command as soon as opening a file has told how far it is."""
    longer(path)
    post, has_told = harness.outbox.post, Event()

    def posting(event):
        if isinstance(event, e.LoadingProgressed) and "Computing" in event.activity and not has_told.is_set():
            has_told.set()
            harness.send(command)
        post(event)

    monkeypatch.setattr(harness.outbox, "post", posting)
    monkeypatch.setattr("visualnet.core.runfile.restore.SECONDS_BETWEEN_LOOKS", 0.0)
    harness.send(c.OpenRun(path))
    return has_told


def test_cancelling_leaves_no_run_and_says_so(path, harness, monkeypatch):
    watched(harness, path, monkeypatch, c.CancelLoading())
    assert "cancelled" in harness.wait(e.CommandRejected).sentence
    assert not harness.of_kind(e.RunStarted)
    harness.send(c.OpenRun(path))
    harness.wait(e.RunOpened)


def test_the_worker_stops_at_once_while_a_file_is_opened(path, harness, monkeypatch):
    has_told = watched(harness, path, monkeypatch, c.Stop(True))
    harness.worker.join(30)
    assert not harness.worker.is_alive()
    assert has_told.is_set()
    assert not harness.of_kind(e.RunStarted)
