"""Runs of the worker in files: kept from the first step, saved under a name, opened again with their branches."""

from dataclasses import replace

import pytest

from tests.core.older_files import make_older
from tests.core.worker_harness import MOONS, bits_after
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs.tree import MAXIMUM_ROOTS


def nameless(tmp_path):
    return sorted((tmp_path / "nameless").glob("*.vnet"))


def run_to(harness, step):
    harness.send(c.RunTo(step))
    harness.wait(e.Paused)


def test_a_run_without_a_name_is_kept_from_its_first_step_until_it_is_discarded(start_worker, tmp_path):
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    harness.wait(e.RunStarted)
    assert not nameless(tmp_path)
    run_to(harness, 50)
    assert len(nameless(tmp_path)) == 1
    assert harness.worker.stop(keeps_nameless=False)
    assert not list((tmp_path / "nameless").iterdir())


def test_the_oldest_of_many_runs_is_put_aside_in_its_file(start_worker, tmp_path):
    harness = start_worker()
    for _ in range(MAXIMUM_ROOTS):
        harness.send(c.StartRun(MOONS))
        run_to(harness, 40)
    harness.send(c.StartRun(MOONS))
    harness.wait(e.BranchDeleted)
    aside = harness.wait(e.RunPutAside)
    assert aside.name == MOONS.name
    harness.send(c.OpenRun(aside.path))
    harness.wait(e.RunOpened)
    run_to(harness, 60)
    assert harness.report()["parameters_sha256"] == bits_after(MOONS, 60)


def test_a_kept_run_is_opened_and_goes_on_with_the_same_bits(start_worker, tmp_path):
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 300)
    assert harness.worker.stop()
    (left,) = nameless(tmp_path)
    again = start_worker()
    again.send(c.OpenRun(left))
    opened = again.wait(e.RunOpened)
    assert (opened.kept_in, opened.sentences) == (None, ())
    run_to(again, 500)
    assert again.report()["parameters_sha256"] == bits_after(MOONS, 500)
    assert nameless(tmp_path) == [left]


def test_saved_under_a_name_it_goes_on_there_and_the_nameless_file_is_gone(start_worker, tmp_path):
    path = tmp_path / "moons.vnet"
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 100)
    harness.send(c.SaveRunAs(path))
    assert harness.wait(e.RunSaved).path == path
    assert not nameless(tmp_path)
    harness.send(c.Change(learning_rate=0.01))
    run_to(harness, 200)
    assert harness.worker.stop(keeps_nameless=False)
    saved = read_run(path)
    assert [file.name for file in tmp_path.glob("moons*")] == ["moons.vnet"]
    assert (saved.branches[0].step, saved.branches[0].keyframes[-1].step) == (200, 200)
    assert saved.branches[0].journal == ((100, c.Change(learning_rate=0.01)),)


def test_branches_are_in_the_file_and_all_come_back(start_worker, tmp_path):
    path = tmp_path / "tree.vnet"
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 100)
    harness.send(c.SetPlayhead(40), c.Change(learning_rate=0.3))
    harness.wait(e.BranchOpened)
    run_to(harness, 90)
    harness.send(c.RenameBranch(harness.of_kind(e.BranchCreated)[-1].run.run_id, "quick"))
    harness.send(c.SaveRunAs(path))
    harness.wait(e.RunSaved)
    expected = harness.report()["parameters_sha256"]
    assert harness.worker.stop()
    again = start_worker()
    again.send(c.OpenRun(path))
    again.wait(e.RunOpened)
    (branch,) = [event.run for event in again.of_kind(e.BranchCreated)]
    assert (branch.name, branch.start_step, branch.step) == ("quick", 40, 90)
    started = again.of_kind(e.RunStarted)[-1]
    assert (started.run_id, started.step, started.settings["learning_rate"]) == (branch.run_id, 90, 0.3)
    assert again.report()["parameters_sha256"] == expected
    again.send(c.OpenBranch(branch.parent))
    run_to(again, 150)
    assert again.report()["parameters_sha256"] == bits_after(MOONS, 150)


def test_going_back_behind_the_start_of_a_branch_leaves_its_past_in_the_file(start_worker, tmp_path):
    path = tmp_path / "tree.vnet"
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 100)
    harness.send(c.SaveRunAs(path), c.SetPlayhead(60), c.Change(learning_rate=0.3))
    harness.wait(e.BranchOpened)
    run_to(harness, 80)
    branch_bits = harness.report()["parameters_sha256"]
    harness.send(c.OpenBranch(1), c.Rewind(0))
    harness.wait(e.Rewound)
    harness.send(c.Change(batch_size=5))
    run_to(harness, 30)
    root_bits = harness.report()["parameters_sha256"]
    assert harness.worker.stop()
    again = start_worker()
    again.send(c.OpenRun(path))
    again.wait(e.RunOpened)
    assert again.report()["parameters_sha256"] == root_bits
    steps = {event.run.run_id: event.run.step for event in again.of_kind(e.BranchCreated)}
    (branch,) = [run_id for run_id, step in steps.items() if step == 80]
    again.send(c.OpenBranch(branch))
    again.wait(e.BranchOpened)
    assert again.report()["parameters_sha256"] == branch_bits


def test_a_deleted_branch_leaves_the_file_and_comes_back_with_its_undo(start_worker, tmp_path):
    path = tmp_path / "tree.vnet"
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 50)
    harness.send(c.SaveRunAs(path), c.SetPlayhead(20), c.Change(learning_rate=0.3))
    branch = harness.wait(e.BranchOpened).run_id
    run_to(harness, 30)
    harness.send(c.DeleteBranch(branch), c.Undo())
    harness.wait(e.BranchOpened)
    run_to(harness, 35)
    harness.send(c.SetPlayhead(25), c.BranchHere(), c.DeleteBranch(branch + 1))
    harness.wait(e.BranchDeleted)
    assert harness.worker.stop()
    assert sorted(saved.step for saved in read_run(path).branches.values()) == [35, 50]


@pytest.mark.parametrize("content", [b"nonsense", b"", b"SQLite format 3\0" + bytes(200)])
def test_what_is_no_run_is_refused_in_a_sentence_and_stays_as_it_is(start_worker, tmp_path, content):
    path = tmp_path / "other.vnet"
    path.write_bytes(content)
    harness = start_worker()
    harness.send(c.StartRun(MOONS), c.OpenRun(path))
    assert str(path) in harness.wait(e.CommandRejected).sentence
    assert path.read_bytes() == content
    run_to(harness, 5)


def test_a_damaged_run_is_shown_and_its_file_is_left_alone(start_worker, tmp_path):
    path = tmp_path / "cut.vnet"
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 200)
    harness.send(c.SaveRunAs(path))
    harness.wait(e.RunSaved)
    assert harness.worker.stop()
    cut = path.read_bytes()[:-4096]
    path.write_bytes(cut)
    again = start_worker()
    again.send(c.OpenRun(path))
    opened = again.wait(e.RunOpened)
    assert opened.kept_in is None
    assert "damaged" in opened.sentences[0]
    run_to(again, 250)
    again.send(c.SaveRunAs(tmp_path / "new.vnet"))
    again.wait(e.RunSaved)
    assert path.read_bytes() == cut


def test_commands_of_a_link_take_effect_and_are_in_the_file_before_their_steps(start_worker, tmp_path):
    journal = ((10, c.Change(learning_rate=0.1)), (400, c.Change(batch_size=8)))
    harness = start_worker()
    harness.send(c.StartRun(MOONS, journal=journal))
    run_to(harness, 20)
    assert harness.worker.stop()
    (left,) = nameless(tmp_path)
    assert read_run(left).branches[0].journal == journal
    again = start_worker()
    again.send(c.OpenRun(left))
    again.wait(e.RunOpened)
    run_to(again, 500)
    assert again.of_kind(e.RunStarted)[-1].settings["learning_rate"] == 0.1
    other = start_worker()
    other.send(c.StartRun(MOONS, journal=journal))
    run_to(other, 500)
    assert again.report()["parameters_sha256"] == other.report()["parameters_sha256"]


def test_where_no_file_can_be_made_the_run_goes_on_and_says_so(start_worker, tmp_path):
    (tmp_path / "nameless").write_text("in the way")
    harness = start_worker()
    harness.send(c.StartRun(replace(MOONS, seed=4)))
    run_to(harness, 5)
    assert "without being saved" in harness.of_kind(e.SavingFailed)[0].sentence


def test_a_restarted_run_that_is_kept_has_its_file_until_it_is_gone(start_worker, tmp_path):
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to(harness, 50)
    harness.send(c.StartRun(MOONS))
    run_to(harness, 60)
    assert len(nameless(tmp_path)) == 2
    harness.send(c.Undo())
    harness.wait(e.BranchDeleted)
    assert len(nameless(tmp_path)) == 2
    harness.send(c.RenameBranch(1, "something new"))
    harness.wait(e.BranchRenamed)
    harness.ask()
    assert len(nameless(tmp_path)) == 1


def test_a_branch_that_is_killed_while_it_catches_up_keeps_its_commands(start_worker, tmp_path):
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    for step, rate in ((100, 0.05), (200, 0.02), (250, 0.03)):
        run_to(harness, step)
        harness.send(c.Change(learning_rate=rate))
    run_to(harness, 300)
    (path,) = nameless(tmp_path)
    harness.send(c.CompareWithout(0), c.CancelCatchUp())
    harness.wait(e.BranchCreated)
    assert harness.worker.stop()
    expected = ((200, c.Change(learning_rate=0.02)), (250, c.Change(learning_rate=0.03)))
    assert read_run(path).branches[1].journal == expected


@pytest.mark.parametrize("name", ["another", "main", MOONS.name])
@pytest.mark.parametrize("how", ["renamed, then saved", "saved, then renamed", "never saved"])
def test_a_first_run_has_its_new_name_when_it_is_reopened(start_worker, tmp_path, name, how):
    harness, path = start_worker(), tmp_path / "saved.vnet"
    harness.send(c.StartRun(MOONS))
    run_to(harness, 20)
    orders = {
        "renamed, then saved": (c.RenameBranch(1, name), c.SaveRunAs(path)),
        "saved, then renamed": (c.SaveRunAs(path), c.RenameBranch(1, name)),
        "never saved": (c.RenameBranch(1, name),),
    }
    harness.send(*orders[how])
    assert harness.worker.stop()
    again = start_worker()
    again.send(c.OpenRun(nameless(tmp_path)[0] if how == "never saved" else path))
    assert again.wait(e.RunStarted).name == name


@pytest.mark.parametrize(("written", "read"), [("main", MOONS.name), ("another", "another")])
def test_a_file_of_format_2_called_each_first_run_main(start_worker, tmp_path, written, read):
    harness, path = start_worker(), tmp_path / "old.vnet"
    harness.send(c.StartRun(MOONS))
    run_to(harness, 20)
    harness.send(c.RenameBranch(1, written), c.SaveRunAs(path))
    assert harness.worker.stop()
    make_older(path, 2)
    for _ in range(2):
        assert read_run(path).branches[0].branch.name == read
        RunStore.reopen(read_run(path)).close()
