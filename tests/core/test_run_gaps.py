"""Files that lack rows of a history: all others stay, what is missing is told exactly, and nothing is claimed of it."""

import sqlite3
from contextlib import closing
from random import Random

import numpy as np
import pytest

from tests.benchmarks.fuzz_run_files import batch_of
from tests.core.every_setup import run_to
from tests.core.worker_harness import MOONS, WorkerHarness
from visualnet.core.history.gaps import are_between, gaps_of, until, words_of
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile import writer as store_module
from visualnet.core.runfile.branch import ROOT, Branch
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.restore import trainer_after
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.tree import RunTree
from visualnet.core.training.trainer import Trainer

ROW = 16
"""Steps in a row of these files."""

STATES = (0, 100, 200)


@pytest.fixture(autouse=True)
def small_rows(monkeypatch):
    monkeypatch.setattr(store_module, "CHUNK", ROW)


def kept(path, states=STATES):
    trainer = Trainer(MOONS)
    store = RunStore.create(path, trainer)
    for step in states[1:]:
        run_to(trainer, step)
        store.save(batch_of(trainer, ROOT, 10.0 * step))
    store.close()
    return trainer


def change(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def damage(path, table, where):
    change(path, f"UPDATE {table} SET record = zeroblob(40) WHERE {where}")


def losses_of(trainer):
    return trainer.history.view().loss.values()


def without(losses, *gaps):
    left = losses.copy()
    for begin, end in gaps:
        left[begin:end] = np.nan
    return left


def is_equal(one, other):
    return np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize(
    "gaps",
    [((0, 16),), ((48, 64),), ((16, 32), (96, 112)), ((192, 200),), ((64, 128), (160, 200)), ((0, 200),)],
)
def test_all_rows_but_those_that_are_lost_are_there(tmp_path, gaps):
    path = tmp_path / "run.vnet"
    trainer = kept(path)
    for begin, end in gaps:
        damage(path, "history", f"step >= {begin} AND step < {end}")
    saved = read_run(path)
    left = without(losses_of(trainer), *gaps)
    assert is_equal(saved.branches[0].loss, left)
    assert gaps_of(0, left) == gaps
    assert saved.damage[-1] == f"The losses of moons are missing at {words_of(gaps)}."
    ((run, _),), sentences = reopened(saved, RunTree())
    assert sentences == saved.damage
    live_run = run.live_run
    assert is_equal(losses_of(live_run.trainer), left)
    assert live_run.trainer.state.to_bytes() == trainer.state.to_bytes()
    assert live_run.trainer.history.view().tests.tolist() == trainer.history.view().tests.tolist()
    for step in (1, 17, 63, 99, 100, 101, 130, 199, 200):
        start = max(state for state in STATES if state < step)
        is_known = not are_between(gaps, start, step)
        expected = step if is_known else max(state for state in STATES if state <= step)
        shown = live_run.timeline.at(step)
        assert shown.step_count == expected
        fresh = Trainer(MOONS)
        run_to(fresh, expected)
        assert shown.parameters_sha256 == fresh.parameters_sha256


def test_losses_after_a_gap_prove_the_way_through_it(tmp_path):
    path = tmp_path / "run.vnet"
    trainer = kept(path)
    damage(path, "history", "step = 112")
    damage(path, "keyframes", "step = 200")
    ((run, _),), _ = reopened(read_run(path), RunTree())
    assert run.live_run.trainer.parameters_sha256 == trainer.parameters_sha256
    assert is_equal(losses_of(run.live_run.trainer), losses_of(trainer))
    assert run.live_run.timeline.at(120).step_count == 120
    shown, sentence = trainer_after(read_run(path), 0, 120)
    assert shown.step_count == 100 and "no record" in sentence
    shown, sentence = trainer_after(read_run(path), 0, 150)
    assert (shown.step_count, sentence) == (150, None)


def test_a_branch_stands_where_it_began_though_its_parent_lost_what_leads_there(tmp_path):
    path = tmp_path / "run.vnet"
    trainer = Trainer(MOONS)
    store = RunStore.create(path, trainer)
    run_to(trainer, 90)
    store.save(batch_of(trainer, ROOT, 1.0))
    branch = Branch(1, 0, 90, 0, "other")
    run_to(trainer, 130)
    store.save(batch_of(trainer, branch, 99.0))
    store.close()
    damage(path, "history", "branch = 0 AND step >= 48")
    damage(path, "keyframes", "branch = 0 AND step = 90")
    saved = read_run(path)
    assert is_equal(saved.past_of(1).loss, without(losses_of(trainer), (48, 90)))
    runs, _ = reopened(saved, RunTree())
    assert is_equal(losses_of(runs[1][0].live_run.trainer), without(losses_of(trainer), (48, 90)))


def test_a_run_with_a_gap_is_gone_on_with_and_saved_elsewhere(tmp_path):
    path, copy = tmp_path / "run.vnet", tmp_path / "copy.vnet"
    trainer = kept(path)
    damage(path, "history", "step = 32")
    ((run, _),), _ = reopened(read_run(path), RunTree())
    again = run.live_run.trainer
    store = RunStore.reopen(read_run(path))
    run_to(again, 230)
    store.save(batch_of(again, ROOT, 1.0))
    store.save_copy(copy)
    store.close()
    RunStore.create(tmp_path / "new.vnet", again, requests=[batch_of(again, ROOT, 1.0)]).close()
    run_to(trainer, 230)
    for name in ("run", "copy", "new"):
        saved = read_run(tmp_path / f"{name}.vnet")
        assert is_equal(saved.branches[0].loss, without(losses_of(trainer), (32, 48)))
        assert saved.damage[-1] == "The losses of moons are missing at steps 33 to 48."


def test_going_back_to_before_a_gap_leaves_none(tmp_path):
    path = tmp_path / "run.vnet"
    kept(path)
    damage(path, "history", "step = 112")
    ((run, _),), _ = reopened(read_run(path), RunTree())
    live_run = run.live_run.forked(run.live_run.newest_sound(100))
    run_to(live_run.trainer, 150)
    assert live_run.timeline.at(120).step_count == 120
    assert not np.isnan(losses_of(live_run.trainer)).any()


def in_order(path):
    change(path, "VACUUM")


def shuffled(path):
    """The rows of the history on pages that lie in the order of chance."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows = connection.execute("SELECT * FROM history").fetchall()
        connection.execute("DELETE FROM history")
        Random(3).shuffle(rows)
        connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", rows)


@pytest.mark.parametrize("layout", [in_order, shuffled])
def test_of_a_file_that_was_cut_anywhere_each_row_that_is_left_is_there(tmp_path, layout):
    path = tmp_path / "run.vnet"
    trainer = kept(path, (0, 500, 1000))
    layout(path)
    with closing(sqlite3.connect(path)) as connection:
        records = connection.execute("SELECT step, record FROM history").fetchall()
        (page,) = connection.execute("PRAGMA page_size").fetchone()
        (top,) = connection.execute("SELECT max(rootpage) FROM sqlite_schema").fetchone()
    losses, content = losses_of(trainer), path.read_bytes()
    counts = set()
    for size in range((top + 1) * page, len(content), page):
        path.write_bytes(content[:size])
        saved = read_run(path)
        lost = [step for step, record in records if record not in content[:size]]
        left = without(losses, *((step, step + ROW) for step in lost))
        left = left[: max(np.flatnonzero(~np.isnan(left)), default=-1) + 1]
        found = saved.branches[0].loss
        assert is_equal(found[: len(left)], left) and np.isnan(found[len(left) :]).all()
        gaps = gaps_of(0, found)
        assert not gaps or any(words_of(gaps) in sentence for sentence in saved.damage)
        counts.add(len(lost))
    assert len(counts) > 3


def test_words_and_ends_of_gaps():
    assert words_of(((0, 1),)) == "step 1"
    assert words_of(((0, 16), (40, 41))) == "steps 1 to 16, 41"
    assert words_of(tuple((2 * n, 2 * n + 1) for n in range(10))).endswith("15 and at 2 more places")
    assert until(((0, 16), (40, 50), (60, 70)), 45) == ((0, 16), (40, 45))


@pytest.mark.parametrize("where", ["journal", "branches", "facts"])
def test_a_file_that_lacks_what_the_rest_belongs_to_is_shown_and_left_as_it_is(tmp_path, where):
    path = tmp_path / "run.vnet"
    harness = WorkerHarness()
    harness.worker.start()
    harness.send(c.StartRun(MOONS), c.SaveRunAs(path))
    for step in (40, 80, 120):
        harness.send(c.RunTo(step))
        while harness.wait(e.Paused).step < step:
            pass
        harness.send(c.Change(learning_rate=1 / step))
    harness.send(c.SetPlayhead(100), c.BranchHere())
    harness.wait(e.BranchOpened)
    assert harness.worker.stop()
    damage(path, where, {"journal": "number = 1", "branches": "id = 1", "facts": "id = 3"}[where])
    before = path.read_bytes()
    again = WorkerHarness()
    again.worker.start()
    again.send(c.OpenRun(path))
    opened = again.wait(e.RunOpened)
    assert opened.kept_in is None
    assert any(f"1 row of {where} cannot be read" in sentence for sentence in opened.sentences)
    assert any("The file is damaged, so it stays as it is" in sentence for sentence in opened.sentences)
    again.send(c.RunTo(again.ask().step + 30))
    again.wait(e.Paused)
    again.send(c.SaveRunAs(tmp_path / "other.vnet"))
    again.wait(e.RunSaved)
    assert again.worker.stop()
    assert path.read_bytes() == before
    assert read_run(tmp_path / "other.vnet").damage == ()
