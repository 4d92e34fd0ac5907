"""Where a run's file is: saved under another name, copied, linked, taken away, beside another's log, on a full disk."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from time import monotonic, sleep

import pytest

from tests.core.older_files import make_older
from tests.core.shell_runs import run
from tests.core.worker_harness import MOONS, PATIENCE, WorkerHarness, bits_after
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile import saver as saving
from visualnet.core.runfile.autosave import Autosave
from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.file_parts import MARK_BYTES, log_of
from visualnet.core.runfile.nameless import MOST_FILES, remove_oldest
from visualnet.core.runfile.place import PIECE, FileGone, Place
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.restore import trainer_after
from visualnet.core.runfile.save_request import SaveRequest
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.writer import RunStore
from visualnet.core.training.trainer import Trainer

FULL = "database or disk is full"


@pytest.fixture
def quick_looks(monkeypatch):
    """Savers look after their files, and try again, more often."""
    monkeypatch.setattr(saving, "SECONDS_BETWEEN_LOOKS", 0.02)


@pytest.fixture
def harness(tmp_path, quick_looks):
    """A worker that keeps nameless runs in a folder, with a run of 40 steps."""
    harness = WorkerHarness(nameless_runs=tmp_path / "nameless")
    harness.worker.start()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 40)
    yield harness
    assert harness.worker.stop()


def run_to(harness, step):
    harness.send(c.RunTo(step))
    harness.wait(e.Paused)


def save_as(harness, path):
    harness.send(c.SaveRunAs(path))
    assert harness.wait(e.RunSaved).path == path


def nameless(tmp_path):
    return sorted(path.name for path in (tmp_path / "nameless").iterdir())


def names(folder):
    return {path.name for path in folder.iterdir() if path.is_file() or path.is_symlink()}


def step_of(path):
    return read_run(path).branches[0].step


def eventually(is_so):
    deadline = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < deadline
        sleep(0.005)


def is_copied_whole(path, copy, step):
    shutil.copyfile(path, copy)
    return step_of(copy) == step


def trained(trainer, steps):
    for _ in range(steps):
        trainer.step()
        if trainer.is_evaluating:
            trainer.evaluate()
    return trainer


def killed(path, steps=30, **changes):
    """A file and its log, as a process leaves them that is killed."""
    store = RunStore.create(path, trainer := Trainer(replace(MOONS, **changes)))
    with Written(store) as autosave:
        autosave(trained(trainer, 10))
        autosave(trained(trainer, steps - 10))
        for part in (path, log_of(path)):
            shutil.copyfile(part, part.with_name(f"{part.name}.kept"))
    for part in (path, log_of(path)):
        part.with_name(f"{part.name}.kept").replace(part)


class Written:
    """A function that writes a Trainer as it is into a store, which is closed afterwards."""

    def __init__(self, store):
        self.store = store

    def __enter__(self):
        def write(trainer, rests=False):
            state = Keyframe(trainer.state, trainer.past.misclassified)
            journal = tuple(trainer.journal)
            self.store.save(SaveRequest(ROOT, trainer.history.view(), journal, state, 0.0))
            if rests:
                self.store.fold()

        return write

    def __exit__(self, *error):
        self.store.close()


@pytest.fixture
def no_room(monkeypatch):
    """A function that fills the disk under some files, told by a word in their paths, or gives room again."""
    words = []

    class Connection(sqlite3.Connection):
        place = ""

        def execute(self, statement, *arguments):
            written = list(arguments[0]) if statement.startswith("VACUUM") else [self.place, statement]
            is_writing = statement.startswith(("INSERT", "COMMIT", "VACUUM", "PRAGMA wal_checkpoint"))
            if is_writing and any(word in place for word in words for place in written):
                raise sqlite3.OperationalError(FULL)
            return super().execute(statement, *arguments)

    def connect(path, **options):
        connection = really(path, factory=Connection, **options)
        connection.place = str(path)
        return connection

    really = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", connect)
    return words


# Save as


def test_a_full_disk_then_save_as_to_one_with_room_saves_all_and_ends(no_room, harness, tmp_path):
    no_room.append("/nameless/")
    run_to(harness, 60)
    eventually(lambda: harness.of_kind(e.SavingFailed))
    assert "disk is full" in harness.of_kind(e.SavingFailed)[0].sentence
    path = tmp_path / "room" / "x.vnet"
    path.parent.mkdir()
    save_as(harness, path)
    run_to(harness, 80)
    assert harness.worker.stop()
    assert (step_of(path), names(path.parent)) == (80, {"x.vnet"})
    assert read_run(path).branches[0].keyframes[-1].state.step == 80


@pytest.mark.parametrize("is_named", [False, True])
def test_a_save_as_that_fails_leaves_all_as_it_was(no_room, harness, tmp_path, is_named):
    if is_named:
        save_as(harness, tmp_path / "mine.vnet")
    target = tmp_path / "full" / "x.vnet"
    target.parent.mkdir()
    killed(target, seed=1)
    before = target.read_bytes(), log_of(target).read_bytes()
    no_room.append("/full/")
    for _ in range(2):
        harness.send(c.SaveRunAs(target))
        sentence = harness.wait(e.CommandRejected).sentence
        assert "disk is full" in sentence and "without being saved" not in sentence
    assert (target.read_bytes(), log_of(target).read_bytes()) == before
    assert names(target.parent) == {"x.vnet", "x.vnet-wal"}
    run_to(harness, 70)
    assert harness.worker.stop()
    assert not harness.of_kind(e.SavingFailed)
    kept = tmp_path / "mine.vnet" if is_named else next((tmp_path / "nameless").glob("*.vnet"))
    assert step_of(kept) == 70


def test_two_in_quick_succession_are_both_whole_and_the_second_is_gone_on_with(harness, tmp_path):
    first, second = tmp_path / "a.vnet", tmp_path / "b.vnet"
    killed(first, seed=1)
    harness.send(c.SaveRunAs(first), c.SaveRunAs(second), c.SaveRunAs(second))
    assert [harness.wait(e.RunSaved).path for _ in range(3)] == [first, second, second]
    run_to(harness, 60)
    assert harness.worker.stop()
    assert (step_of(first), step_of(second)) == (40, 60)
    assert read_run(first).damage == ()
    assert nameless(tmp_path) == []
    assert names(tmp_path) == {"a.vnet", "b.vnet"}


def test_the_second_succeeds_where_the_first_fails(no_room, harness, tmp_path):
    no_room.append("/full/")
    (tmp_path / "full").mkdir()
    harness.send(c.SaveRunAs(tmp_path / "full" / "a.vnet"), c.SaveRunAs(tmp_path / "b.vnet"))
    harness.wait(e.CommandRejected)
    assert harness.wait(e.RunSaved).path == tmp_path / "b.vnet"
    assert harness.worker.stop()
    assert (names(tmp_path), names(tmp_path / "full")) == ({"b.vnet"}, set())


def test_a_file_that_cannot_be_opened_leaves_the_run_where_it_is(harness, tmp_path, monkeypatch):
    def connect(path, **options):
        if path.name == "x.vnet":
            raise sqlite3.OperationalError("unable to open database file")
        return really(path, **options)

    really, path = sqlite3.connect, tmp_path / "x.vnet"
    monkeypatch.setattr(sqlite3, "connect", connect)
    harness.send(c.SaveRunAs(path))
    assert "unable to open" in harness.wait(e.CommandRejected).sentence
    run_to(harness, 60)
    monkeypatch.setattr(sqlite3, "connect", really)
    save_as(harness, path)
    assert harness.worker.stop()
    assert (step_of(path), nameless(tmp_path)) == (60, [])


def test_something_unforeseen_does_not_end_the_saver(tmp_path):
    path, told = tmp_path / "x.vnet", []
    saver = Saver(RunStore.create(path, trainer := Trainer(MOONS)), told.append)
    saver.start()
    saver.move(path, lambda before: 1 / 0, told.append)
    autosave = Autosave(trained(trainer, 10), saver)
    autosave.finish()
    saver.close()
    assert "ZeroDivisionError" in told[0] and step_of(path) == 10


def test_save_as_over_files_that_must_not_be_replaced(harness, tmp_path):
    held, pipe, read_only = tmp_path / "held.vnet", tmp_path / "pipe.vnet", tmp_path / "read-only.vnet"
    store = RunStore.create(held, Trainer(MOONS))
    os.mkfifo(pipe)
    read_only.write_text("mine")
    read_only.chmod(0o400)
    for path, words in (
        (held, "is open"),
        (pipe, "a folder or a device"),
        (read_only, "may only be read"),
        (tmp_path, "a folder"),
        (tmp_path / "nowhere" / "x.vnet", "cannot be written"),
    ):
        harness.send(c.SaveRunAs(path))
        assert words in harness.wait(e.CommandRejected).sentence
    store.close()
    assert read_only.read_text() == "mine"


def test_a_run_that_may_only_be_read_is_shown_and_left_as_it_is(harness, tmp_path):
    path = tmp_path / "x.vnet"
    killed(path, seed=1)
    path.chmod(0o444)
    before = path.read_bytes(), log_of(path).read_bytes()
    harness.send(c.OpenRun(path))
    opened = harness.wait(e.RunOpened)
    assert opened.kept_in is None and "may only be read" in " ".join(opened.sentences)
    run_to(harness, 50)
    harness.send(c.SaveRunAs(path))
    assert "may only be read" in harness.wait(e.CommandRejected).sentence
    assert "may only be read, so nothing is written" in run("resume", path).output
    assert (path.read_bytes(), log_of(path).read_bytes()) == before
    save_as(harness, tmp_path / "mine.vnet")
    assert harness.worker.stop()
    assert bits_in(tmp_path / "mine.vnet") == bits_after(replace(MOONS, seed=1), 50)


def test_save_as_through_a_link_writes_what_it_means(harness, tmp_path):
    real, link = tmp_path / "there" / "real.vnet", tmp_path / "link.vnet"
    real.parent.mkdir()
    killed(real, seed=1)
    real.chmod(0o640)
    link.symlink_to(real)
    save_as(harness, link)
    run_to(harness, 50)
    assert harness.worker.stop()
    assert link.is_symlink() and real.stat().st_mode & 0o777 == 0o640
    assert (step_of(link), names(real.parent)) == (50, {"real.vnet"})


@pytest.mark.parametrize("folder", [None, "nameless"])
def test_a_run_without_a_step_is_saved_over_another(tmp_path, folder, no_room):
    harness, path = WorkerHarness(folder and tmp_path / folder), tmp_path / "x.vnet"
    killed(path, seed=1)
    before = path.read_bytes()
    harness.worker.start()
    harness.send(c.StartRun(MOONS))
    no_room.append("x.vnet")
    no_room.append(".part")
    harness.send(c.SaveRunAs(path))
    assert "disk is full" in harness.wait(e.CommandRejected).sentence
    assert path.read_bytes() == before
    no_room.clear()
    save_as(harness, path)
    run_to(harness, 20)
    assert harness.worker.stop()
    assert (step_of(path), names(tmp_path)) == (20, {"x.vnet"})


def test_a_failed_save_as_of_what_was_unsaved_leaves_nothing(no_room, harness, tmp_path):
    (tmp_path / "full").mkdir()
    no_room.append("/nameless/")
    run_to(harness, 60)
    eventually(lambda: harness.of_kind(e.SavingFailed))
    no_room.append(".part")
    harness.send(c.SaveRunAs(tmp_path / "full" / "x.vnet"))
    assert "disk is full" in harness.wait(e.CommandRejected).sentence
    assert names(tmp_path / "full") == set()
    no_room.clear()
    save_as(harness, tmp_path / "full" / "x.vnet")
    assert harness.worker.stop()
    assert (step_of(tmp_path / "full" / "x.vnet"), names(tmp_path / "full")) == (60, {"x.vnet"})


def test_a_run_is_made_where_a_link_points_to_nothing(tmp_path):
    link, real = tmp_path / "link.vnet", tmp_path / "there" / "real.vnet"
    real.parent.mkdir()
    link.symlink_to(real)
    with Written(RunStore.create(link, Trainer(MOONS))) as write:
        write(trained(Trainer(MOONS), 20))
    assert link.is_symlink() and step_of(real) == 20


# Trouble and its end


def test_what_could_not_be_saved_is_saved_by_itself_when_there_is_room(no_room, harness, tmp_path):
    path, copy = tmp_path / "x.vnet", tmp_path / "copy.vnet"
    save_as(harness, path)
    no_room.append("x.vnet")
    for step in (50, 60):
        run_to(harness, step)
    eventually(lambda: harness.of_kind(e.SavingFailed))
    no_room.clear()
    assert harness.wait(e.SavingRecovered).run_id == harness.of_kind(e.SavingFailed)[0].run_id
    assert is_copied_whole(path, copy, 60)
    assert "without being saved" in harness.of_kind(e.SavingFailed)[0].sentence
    assert len(harness.of_kind(e.SavingFailed)) == 1


def test_names_and_deletions_of_a_full_disk_are_in_the_other_file(no_room, harness, tmp_path):
    save_as(harness, tmp_path / "x.vnet")
    branches = []
    for _ in range(2):
        harness.send(c.SetPlayhead(20), c.BranchHere())
        branches.append(harness.wait(e.BranchCreated).run.run_id)
        harness.send(c.OpenBranch(harness.of_kind(e.RunSaved)[0].run_id))
    harness.report()
    no_room.append("x.vnet")
    harness.send(c.RenameBranch(branches[0], "slow"), c.RenameBranch(branches[0], "slower"))
    harness.send(c.DeleteBranch(branches[1]), c.SaveRunAs(tmp_path / "mine.vnet"))
    harness.wait(e.RunSaved)
    assert harness.worker.stop()
    branches = list(read_run(tmp_path / "mine.vnet").branches.values())
    assert [saved.branch.name for saved in branches[1:]] == ["slower"]


def test_a_branch_that_is_deleted_while_it_cannot_be_saved_does_not_come_back(no_room, harness, tmp_path):
    path = tmp_path / "x.vnet"
    save_as(harness, path)
    harness.send(c.SetPlayhead(20), c.BranchHere())
    branch = harness.wait(e.BranchCreated).run.run_id
    harness.report()
    no_room.append("INTO keyframes")
    run_to(harness, 50)
    eventually(lambda: harness.of_kind(e.SavingFailed))
    harness.send(c.DeleteBranch(branch))
    harness.report()
    no_room.clear()
    eventually(lambda: harness.of_kind(e.SavingRecovered))
    assert harness.worker.stop()
    assert list(read_run(path).branches) == [0]


def test_a_worse_trouble_is_told_after_a_lesser_one(no_room, tmp_path):
    path, told, recovered = tmp_path / "x.vnet", [], []
    saver = Saver(
        RunStore.create(path, trainer := Trainer(MOONS)),
        told.append,
        on_recovered=lambda: recovered.append(len(told)),
    )
    saver.start()
    autosave = Autosave(trainer, saver)
    for words in ("PRAGMA wal_checkpoint", "x.vnet"):
        no_room.append(words)
        for _ in range(2):
            trained(trainer, 10)
            autosave.finish()
            eventually(lambda: len(told) == len(no_room))
    no_room.clear()
    autosave.finish()
    eventually(lambda: recovered)
    saver.close()
    assert ["log beside it" in told[0], "without being saved" in told[1]] == [True, True]
    assert (len(told), recovered, step_of(path)) == (2, [2], 40)


# The log


def test_a_copy_of_the_file_alone_of_a_run_at_rest_holds_all(harness, tmp_path):
    path, copy = tmp_path / "x.vnet", tmp_path / "copy.vnet"
    save_as(harness, path)
    run_to(harness, 300)
    eventually(lambda: is_copied_whole(path, copy, 300))
    harness.send(c.Change(learning_rate=0.001))
    harness.wait(e.Applied)
    eventually(lambda: is_copied_whole(path, copy, 300) and len(read_run(copy).branches[0].journal) == 1)
    other = WorkerHarness()
    other.worker.start()
    other.send(c.OpenRun(copy))
    other.wait(e.RunOpened)
    assert other.report()["parameters_sha256"] == harness.report()["parameters_sha256"]
    assert other.worker.stop()


def test_what_is_renamed_at_rest_is_in_a_copy_of_the_file_too(harness, tmp_path):
    path, copy = tmp_path / "x.vnet", tmp_path / "copy.vnet"
    save_as(harness, path)
    eventually(lambda: is_copied_whole(path, copy, 40))
    harness.send(c.SetPlayhead(20), c.BranchHere())
    branch = harness.wait(e.BranchCreated).run.run_id
    harness.send(c.RenameBranch(branch, "slower"))

    def is_named():
        shutil.copyfile(path, copy)
        return "slower" in [saved.branch.name for saved in read_run(copy).branches.values()]

    eventually(is_named)


def test_a_branch_that_has_caught_up_is_in_a_copy_of_the_file_too(harness, tmp_path):
    path, copy = tmp_path / "x.vnet", tmp_path / "copy.vnet"
    save_as(harness, path)
    harness.send(c.Change(learning_rate=0.01))
    run_to(harness, 60)
    harness.send(c.CompareWithout(0))

    def has_caught_up():
        shutil.copyfile(path, copy)
        branches = read_run(copy).branches
        return 1 in branches and branches[1].last_step == 60

    eventually(has_caught_up)


def test_what_is_measured_at_rest_is_in_a_copy_of_the_file_too(harness, tmp_path):
    path, copy = tmp_path / "x.vnet", tmp_path / "copy.vnet"
    save_as(harness, path)
    assert harness.report()["tested_at_step"] == 40

    def is_measured():
        shutil.copyfile(path, copy)
        return read_run(copy).branches[0].tests[-1, 0] == 40

    eventually(is_measured)


def test_a_log_that_cannot_be_folded_in_is_told_as_what_it_is(no_room, tmp_path):
    path, told = tmp_path / "x.vnet", []
    saver = Saver(RunStore.create(path, trainer := Trainer(MOONS)), told.append)
    saver.start()
    autosave = Autosave(trained(trainer, 10), saver)
    no_room.append("PRAGMA wal_checkpoint")
    autosave.finish()
    eventually(lambda: told)
    trained(trainer, 10)
    autosave.finish()
    no_room.clear()
    saver.close()
    assert "its newest steps are in the log beside it" in told[0] and "without being saved" not in told[0]
    assert (step_of(path), names(tmp_path)) == (20, {"x.vnet"})


def test_a_killed_run_is_opened_through_a_link(tmp_path):
    real, link = tmp_path / "there" / "real.vnet", tmp_path / "link.vnet"
    real.parent.mkdir()
    killed(real)
    link.symlink_to(real)
    run = read_run(link)
    assert (run.damage, run.branches[0].step) == ((), 30)
    store, trainer = RunStore.reopen(run), trained(Trainer(MOONS), 45)
    with Written(store) as write:
        write(trainer)
    assert (step_of(real), read_run(link).damage, names(real.parent)) == (45, (), {"real.vnet"})


def other_run(tmp_path, path):
    killed(tmp_path / "other.vnet", steps=20, seed=1)
    other = tmp_path / "other.vnet"
    RunStore.reopen(read_run(other)).close()
    return other


def same_run_later(tmp_path, path):
    copy = tmp_path / "later.vnet"
    for part in (path, log_of(path)):
        shutil.copyfile(part, copy.with_name(part.name.replace(path.name, copy.name)))
    with Written(RunStore.reopen(read_run(copy))) as write:
        write(trained(Trainer(MOONS), 50))
    return copy


def same_run_saved_as(tmp_path, path):
    twin, copy = tmp_path / "twin.vnet", tmp_path / "copy.vnet"
    shutil.copyfile(path, twin)
    store = RunStore.reopen(read_run(twin))
    store.save_copy(copy)
    store.close()
    return copy


@pytest.mark.parametrize("make", [other_run, same_run_later, same_run_saved_as])
def test_a_log_that_is_not_of_the_file_is_left_out_and_kept(tmp_path, make):
    path = tmp_path / "place" / "x.vnet"
    path.parent.mkdir()
    killed(path)
    other = make(tmp_path, path)
    alone = read_run(other)
    log = log_of(path).read_bytes()
    shutil.copyfile(other, path)
    before = path.read_bytes()
    run = read_run(path)
    assert run.is_writable and run.has_other_log
    assert "it was left out" in run.damage[0] and len(run.damage) == 1
    assert run.setup == alone.setup and run.branches[0].step == alone.branches[0].step
    assert (path.read_bytes(), log_of(path).read_bytes()) == (before, log)
    with Written(RunStore.reopen(run)) as write:
        write(trained(Trainer(run.setup), 60))
    assert (step_of(path), read_run(path).damage) == (60, ())
    assert (path.parent / "x.vnet-wal.other-1").read_bytes() == log


def test_a_log_of_any_moment_belongs_to_its_file(tmp_path):
    """However often the log was folded in before the kill, and whatever hindered it."""
    path, copy, trainer = tmp_path / "x.vnet", tmp_path / "copy.vnet", Trainer(MOONS)
    with Written(RunStore.create(path, trainer)) as write:
        for step in range(1, 13):
            write(trained(trainer, 1), rests=step % 4 == 3)
            for part in (path, log_of(path)):
                shutil.copyfile(part, part.with_name(part.name.replace("x", "copy", 1)))
            assert (step_of(copy), read_run(copy).damage) == (step, ())


def test_files_of_older_formats_are_written_on_and_have_marks_then(tmp_path):
    path = tmp_path / "x.vnet"
    killed(path)
    RunStore.reopen(read_run(path)).close()
    make_older(path, 2)
    with Written(RunStore.reopen(read_run(path))) as write:
        write(trained(Trainer(MOONS), 40))
        for part in (path, log_of(path)):
            shutil.copyfile(part, part.with_name(part.name.replace("x", "copy", 1)))
    assert (step_of(tmp_path / "copy.vnet"), read_run(tmp_path / "copy.vnet").damage) == (40, ())
    killed(tmp_path / "other.vnet", seed=1)
    shutil.copyfile(log_of(tmp_path / "other.vnet"), log_of(path))
    assert read_run(path).has_other_log


@pytest.mark.parametrize("is_whole", [False, True])
def test_an_older_file_with_the_log_of_another_is_read_alone(tmp_path, is_whole):
    """Also where that log holds every page of the other."""
    path = tmp_path / "x.vnet"
    killed(path)
    RunStore.reopen(read_run(path)).close()
    trainer = Trainer(replace(MOONS, seed=1))
    with Written(RunStore.create(tmp_path / "other.vnet", trainer)) as write:
        write(trained(trainer, 2500), rests=not is_whole)
        write(trained(trainer, 30))
        log = log_of(tmp_path / "other.vnet").read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM facts WHERE id = 4")
        connection.commit()
    log_of(path).write_bytes(log)
    run = read_run(path)
    assert run.has_other_log and run.branches[0].step == 30


def test_the_log_of_a_file_that_is_gone_keeps_no_name_from_being_used(tmp_path):
    path = tmp_path / "x.vnet"
    killed(path)
    path.unlink()
    log = log_of(path).read_bytes()
    with Written(RunStore.create(path, Trainer(MOONS))) as write:
        write(trained(Trainer(MOONS), 20))
    assert (step_of(path), names(tmp_path)) == (20, {"x.vnet", "x.vnet-wal.other-1"})
    assert (tmp_path / "x.vnet-wal.other-1").read_bytes() == log
    path.unlink()
    log_of(path).touch()
    RunStore.create(path, Trainer(MOONS)).close()
    assert names(tmp_path) == {"x.vnet", "x.vnet-wal.other-1"}
    path.unlink()
    log_of(path).write_bytes(log)
    RunStore.create(path, Trainer(MOONS), replaces=True).close()
    assert names(tmp_path) == {"x.vnet", "x.vnet-wal.other-1", "x.vnet-wal.other-2"}


# Taken away while it is open


def test_a_file_that_is_taken_away_at_the_last_moment_is_kept_whatever_is_discarded(
    harness, tmp_path, monkeypatch
):
    monkeypatch.setattr(saving, "SECONDS_BETWEEN_LOOKS", 100.0)
    save_as(harness, tmp_path / "x.vnet")
    harness.report()
    (tmp_path / "x.vnet").unlink()
    assert harness.worker.stop(keeps_nameless=False)
    (left,) = (tmp_path / "nameless").iterdir()
    assert step_of(left) == 40


def deleted(path, other):
    path.unlink()


def moved(path, other):
    path.rename(path.with_name("moved.vnet"))


def replaced(path, other):
    other.replace(path)


@pytest.mark.parametrize("take_away", [deleted, moved, replaced])
@pytest.mark.parametrize("when", ["training", "resting"])
def test_a_file_that_is_taken_away_is_told_and_the_run_is_kept(
    harness, tmp_path, monkeypatch, take_away, when
):
    place, other = tmp_path / "place", tmp_path / "other.vnet"
    place.mkdir()
    killed(other, seed=1)
    log_of(other).unlink()
    path = place / "x.vnet"
    save_as(harness, path)
    run_to(harness, 50)
    eventually(lambda: is_copied_whole(path, tmp_path / "copy.vnet", 50))
    if when == "training":
        monkeypatch.setattr(saving, "SECONDS_BETWEEN_LOOKS", 100.0)
    take_away(path, other)
    if when == "training":
        run_to(harness, 80)
    eventually(lambda: harness.of_kind(e.RunRescued))
    (rescued,) = harness.of_kind(e.RunRescued)
    assert rescued.kept_in is None and "was deleted or replaced" in rescued.sentence
    assert names(place) == {deleted: set(), moved: {"moved.vnet"}, replaced: {"x.vnet"}}[take_away]
    run_to(harness, 90)
    save_as(harness, place / "again.vnet")
    assert harness.worker.stop()
    assert step_of(place / "again.vnet") == 90
    assert bits_after(MOONS, 90) == bits_in(place / "again.vnet")
    if take_away is moved:
        assert step_of(place / "moved.vnet") >= 50
    if take_away is replaced:
        assert read_run(path).damage == ()


def bits_in(path):
    return trainer_after(read_run(path), 0, None)[0].parameters_sha256


def test_a_file_that_another_program_writes_over_is_left_to_it(harness, tmp_path):
    other, path = tmp_path / "other.vnet", tmp_path / "x.vnet"
    killed(other, seed=1)
    RunStore.reopen(read_run(other)).close()
    save_as(harness, path)
    run_to(harness, 50)
    eventually(lambda: is_copied_whole(path, tmp_path / "copy.vnet", 50))
    os.utime(path, (1, 1))
    run_to(harness, 60)
    eventually(lambda: is_copied_whole(path, tmp_path / "copy.vnet", 60))
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(other.read_bytes())
    run_to(harness, 70)
    eventually(lambda: harness.of_kind(e.SavingFailed))
    assert "was written by another program" in harness.of_kind(e.SavingFailed)[0].sentence
    save_as(harness, tmp_path / "mine.vnet")
    run_to(harness, 90)
    assert harness.worker.stop()
    assert path.read_bytes() == other.read_bytes()
    assert step_of(tmp_path / "mine.vnet") == 90
    assert bits_in(tmp_path / "mine.vnet") == bits_after(MOONS, 90)
    assert not log_of(path).exists()


def test_what_another_program_writes_in_between_is_not_taken_for_ours(tmp_path):
    path, mark = tmp_path / "x.vnet", bytes(range(MARK_BYTES))
    path.write_bytes(bytes(PIECE - 5) + mark + bytes(PIECE))
    place = Place(path)
    place.note(mark)
    os.utime(path, (1, 1))
    place.check()
    path.write_bytes(bytes(2 * PIECE + 11))
    place.note(mark)
    with pytest.raises(FileGone, match="by another program"):
        place.check()
    place.release()


def test_in_the_shell_the_run_goes_on_beside(tmp_path):
    path, trainer, told = tmp_path / "x.vnet", Trainer(MOONS), []
    saver = Saver(RunStore.create(path, trainer), told.append)
    saver.start()
    autosave = Autosave(trainer, saver)
    trained(trainer, 10)
    autosave.finish()
    eventually(lambda: is_copied_whole(path, tmp_path / "copy.vnet", 10))
    path.unlink()
    trained(trainer, 10)
    autosave.finish()
    saver.close()
    assert step_of(path) == 20
    assert len(told) == 1 and f"kept in {path} now" in told[0]


# What is left behind


def test_what_a_killed_process_was_making_goes_when_a_run_is_opened_there(tmp_path):
    path = tmp_path / "x.vnet"
    killed(path)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (
        f"x.vnet.{dead.pid}.new",
        f"x.vnet.{dead.pid}.new-journal",
        f".visualnet-{dead.pid}-{'0' * 16}.part-journal",
    ):
        (tmp_path / name).touch()
    RunStore.reopen(read_run(path)).close()
    assert names(tmp_path) == {"x.vnet"}


def test_nameless_runs_that_are_left_are_bounded(tmp_path):
    kept = RunStore.create(tmp_path / "first.vnet", Trainer(MOONS))
    for number in range(MOST_FILES + 5):
        path = tmp_path / f"run.{number}.vnet"
        path.write_bytes(b"")
        os.utime(path, (number, number))
        log_of(path).touch()
    harness = WorkerHarness(nameless_runs=tmp_path)
    harness.worker.start()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 3)
    assert harness.worker.stop(keeps_nameless=False)
    kept.close()
    left = {f"run.{number}.vnet" for number in range(5, MOST_FILES + 5)}
    assert names(tmp_path) == {"first.vnet", *left, *(f"{name}-wal" for name in left)}


def test_a_log_without_its_file_does_not_stay_among_nameless_runs(tmp_path):
    for name in ("x.vnet", "x.vnet-wal.other-1", "gone.vnet-wal", "gone.vnet-wal.other-1"):
        (tmp_path / name).touch()
    remove_oldest(tmp_path)
    assert names(tmp_path) == {"x.vnet", "x.vnet-wal.other-1"}


def test_discarding_takes_what_was_put_aside_too(tmp_path):
    harness = WorkerHarness(nameless_runs=tmp_path / "nameless")
    harness.worker.start()
    for _ in range(12):
        harness.send(c.StartRun(MOONS))
        run_to(harness, 3)
    assert harness.of_kind(e.RunPutAside)
    assert harness.worker.stop(keeps_nameless=False)
    assert nameless(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    harness = WorkerHarness(nameless_runs=tmp_path / "file" / "nameless")
    harness.worker.start()
    harness.send(c.StartRun(MOONS), c.RunTo(3))
    sentence = harness.wait(e.SavingFailed).sentence
    assert "Errno" not in sentence and "no folder can be made there: Not a directory" in sentence
    assert harness.worker.stop()
