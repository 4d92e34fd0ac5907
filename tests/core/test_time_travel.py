"""The worker's past: the playhead, branches and comparisons, as the window uses them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.core.worker_harness import MOONS, PATIENCE, STEPS_PER_EPOCH, WorkerHarness, bits_after
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.probes.base import Probe
from visualnet.core.probes.weights import WeightsProbe, WeightView
from visualnet.core.studies.compare_runs import CompareRuns
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer

WEIGHTS, GRADIENTS = WeightsProbe(0), WeightsProbe(0, WeightView.GRADIENTS)
END = 300
RATES = {100: 0.05, 200: 0.1}


@dataclass(frozen=True)
class BitsProbe(Probe):
    """The parameters' checksum and step."""

    def measure(self, view):
        return view.step, view._trainer.parameters_sha256


@dataclass(frozen=True)
class WrongProbe(Probe):
    """What the last test found wrong."""

    def measure(self, view):
        return view.misclassified


BITS, WRONG = BitsProbe(), WrongProbe()


def replayed(steps, rates=RATES, without=None):
    """A fresh run with these rates at these steps."""
    trainer = Trainer(MOONS)
    while True:
        rate = rates.get(trainer.step_count)
        if rate is not None and trainer.step_count != without:
            trainer.apply(c.Change(learning_rate=rate))
        if trainer.step_count == steps:
            return trainer
        trainer.step()


@pytest.fixture
def past():
    """A paused run of END steps whose rate was changed twice."""
    harness = WorkerHarness()
    harness.worker.start()
    harness.send(c.StartRun(MOONS))
    for step, rate in RATES.items():
        harness.send(c.RunTo(step))
        while harness.wait(e.Paused).step < step:
            pass
        harness.send(c.Change(learning_rate=rate))
    harness.send(c.RunTo(END))
    while harness.wait(e.Paused).step < END:
        pass
    yield harness
    assert harness.worker.stop(PATIENCE)


def exactly(harness, step):
    """Wait until the playhead shows this very step."""
    while (moved := harness.wait(e.PlayheadMoved)).step != step or not moved.is_exact:
        pass
    return moved


def go(harness, step):
    harness.send(c.SetPlayhead(step))
    assert not exactly(harness, step).is_live


@pytest.mark.parametrize("step", [0, 1, 37, 100, 101, 199, 200, 299, END])
def test_every_panel_sees_the_step_of_the_playhead(past, step):
    go(past, step)
    frame = past.ask(BITS, WEIGHTS, GRADIENTS)
    assert (frame.step, frame.is_live, frame.is_exact) == (step, False, True)
    assert frame.history.step == END
    expected = replayed(step)
    assert frame.results[BITS] == (step, expected.parameters_sha256)
    np.testing.assert_array_equal(frame.results[WEIGHTS], WEIGHTS.result(TrainerView(expected)))
    np.testing.assert_array_equal(frame.results[GRADIENTS], GRADIENTS.result(TrainerView(expected)))


def test_back_to_live_shows_the_live_edge(past):
    live = past.ask(BITS, GRADIENTS)
    go(past, 50)
    past.send(c.SetPlayhead(None))
    moved = past.wait(e.PlayheadMoved)
    assert (moved.step, moved.is_live, moved.is_exact) == (END, True, True)
    frame = past.ask(BITS, GRADIENTS)
    assert (frame.step, frame.is_live, frame.is_exact) == (END, True, True)
    assert frame.results[BITS] == live.results[BITS]
    np.testing.assert_array_equal(frame.results[GRADIENTS], live.results[GRADIENTS])


def test_a_state_near_the_step_is_shown_at_once_and_a_newer_request_takes_the_place_of_an_older(past):
    steps = [250, 20, 180, 33]
    past.send(
        *(command for step in steps for command in (c.SetPlayhead(step), c.RequestFrame(frozenset({BITS}))))
    )
    exactly(past, 33)
    past.look()
    assert past.frame.step == 33
    assert not past.frame.is_exact
    assert past.frame.results[BITS][0] <= 33
    assert past.ask(BITS).results[BITS] == (33, replayed(33).parameters_sha256)


def test_a_step_that_was_not_reached_yet_is_the_live_edge(past):
    go(past, 10)
    past.send(c.SetPlayhead(END + 5))
    assert past.wait(e.PlayheadMoved).is_live


def test_training_goes_on_while_the_playhead_stays(past):
    go(past, 77)
    past.send(c.Play())
    expected = replayed(77).parameters_sha256
    reached = END
    while reached < END + 200:
        frame = past.ask(BITS)
        assert frame.step == 77
        assert frame.results[BITS] == (77, expected)
        reached = frame.history.step
    past.send(c.Pause())
    reached = past.wait(e.Paused).step
    past.send(c.SetPlayhead(None))
    assert past.ask(BITS).results[BITS] == (reached, replayed(reached).parameters_sha256)


def test_step_back_from_the_live_edge_pauses_and_goes_on_backwards(past):
    past.send(c.Play())
    past.wait(e.Resumed)
    past.send(c.ShowPreviousStep())
    paused = past.wait(e.Paused).step
    exactly(past, paused - 1)
    past.send(c.ShowPreviousStep())
    exactly(past, paused - 2)
    assert past.ask(BITS).results[BITS] == (paused - 2, replayed(paused - 2).parameters_sha256)
    past.send(c.StepOnce())
    exactly(past, paused - 1)
    past.send(c.StepOnce(), c.StepOnce())
    assert past.wait(e.PlayheadMoved).generation == 1
    while not past.of_kind(e.PlayheadMoved)[-1].is_live:
        pass
    assert past.report()["steps"] == paused


def test_step_back_stops_at_the_start(past):
    go(past, 1)
    past.send(c.ShowPreviousStep())
    exactly(past, 0)
    past.send(c.ShowPreviousStep())
    exactly(past, 0)


def test_the_past_is_played_up_to_the_live_edge(past):
    go(past, 150)
    past.send(c.PlayFromHere())
    shown = []
    while not past.of_kind(e.PlayheadMoved)[-1].is_live:
        frame = past.ask(BITS)
        shown.append(frame.step)
        if not frame.is_live:
            assert frame.results[BITS][1] == replayed(frame.step).parameters_sha256
    assert shown == sorted(shown)
    assert past.ask(BITS).results[BITS] == (END, replayed(END).parameters_sha256)


def test_the_past_is_played_slowly_and_paused(past):
    go(past, 150)
    past.send(c.PlayFromHere(0.01))
    assert exactly(past, 151).is_playing
    assert [past.ask().step for _ in range(20)] == [151] * 20
    past.send(c.Pause())
    assert not past.wait(e.PlayheadMoved).is_playing
    past.send(c.PlayFromHere(1e9))
    while not past.of_kind(e.PlayheadMoved)[-1].is_live:
        pass


@pytest.mark.parametrize("command", [c.PlayFromHere(), c.BranchHere(), c.OpenBranch(9), c.DeleteBranch(1), c.UndoTo(99),
                                     c.CompareWithout(2), c.StartStudy(CompareRuns(1, 9)), c.StartStudy(CompareRuns(1, 1, ((5, END + 1),))),
                                     c.StartStudy(CompareRuns(1, 1, ((5, 5), (4, 4)))), c.RenameBranch(1, "  ")])  # fmt: skip
def test_what_cannot_be_is_a_sentence_and_changes_nothing(past, command):
    past.send(command)
    rejected = past.wait(e.CommandRejected)
    assert rejected.command == command
    assert rejected.sentence.endswith(".")
    assert past.ask(BITS).results[BITS] == (END, replayed(END).parameters_sha256)


# Branches


def branch(harness, step, command):
    """Branch there; the event that told of it."""
    harness.send(c.SetPlayhead(step), command)
    created = harness.wait(e.BranchCreated)
    assert harness.wait(e.BranchOpened).run_id == created.run.run_id
    return created.run


def test_a_change_in_the_past_makes_a_branch_that_goes_its_own_way(past):
    run = branch(past, 37, c.Change(learning_rate=0.3))
    assert (run.parent, run.start_step) == (1, 37)
    started = past.of_kind(e.RunStarted)[-1]
    assert (started.run_id, started.step, started.generation) == (run.run_id, 37, 2)
    assert started.journal == ((37, c.Change(learning_rate=0.3)),)
    assert started.settings["learning_rate"] == 0.3
    frame = past.ask(BITS, GRADIENTS)
    assert (frame.step, frame.is_live) == (37, True)
    np.testing.assert_array_equal(frame.results[GRADIENTS], GRADIENTS.result(TrainerView(replayed(37))))

    past.send(c.RunTo(END))
    assert past.wait(e.Paused).step == END
    expected = replayed(END, {37: 0.3})
    frame = past.ask(BITS)
    assert frame.results[BITS] == (END, expected.parameters_sha256)
    np.testing.assert_array_equal(frame.history.loss.values(), expected.history.view().loss.values())
    np.testing.assert_array_equal(frame.history.tests, expected.history.view().tests)

    past.send(c.OpenBranch(1))
    assert past.wait(e.BranchOpened).run_id == 1
    assert past.ask(BITS).results[BITS] == (END, replayed(END).parameters_sha256)
    go(past, 150)
    assert past.ask(BITS).results[BITS] == (150, replayed(150).parameters_sha256)


def test_a_branch_reaches_the_past_that_it_shares_and_its_own(past):
    branch(past, 150, c.Change(momentum=0.1))
    past.send(c.RunTo(220))
    past.wait(e.Paused)
    expected = Trainer(MOONS)
    bits = {}
    while expected.step_count < 220:
        match expected.step_count:
            case 100:
                expected.apply(c.Change(learning_rate=0.05))
            case 150:
                expected.apply(c.Change(momentum=0.1))
        bits[expected.step_count] = expected.parameters_sha256
        expected.step()
    for step in (0, 99, 120, 150, 151, 210):
        go(past, step)
        assert past.ask(BITS).results[BITS] == (step, bits[step])


def test_commands_after_a_change_in_the_past_wait_for_its_branch(past):
    past.send(c.SetPlayhead(290), c.Change(learning_rate=0.2), c.Change(learning_rate=0.3), c.RunTo(295))
    assert past.wait(e.BranchCreated).run.start_step == 290
    assert past.wait(e.Applied).command == c.Change(learning_rate=0.3)
    paused = past.wait(e.Paused)
    assert (paused.step, paused.generation) == (295, 2)
    assert len(past.of_kind(e.BranchCreated)) == 1
    assert past.report()["parameters_sha256"] == replayed(295, {**RATES, 290: 0.3}).parameters_sha256


def test_an_impossible_change_in_the_past_makes_no_branch(past):
    past.send(c.SetPlayhead(50), c.Change(beta1=0.5, beta2=0.5))
    assert past.wait(e.CommandRejected).command == c.Change(beta1=0.5, beta2=0.5)
    assert not past.of_kind(e.BranchCreated)
    exactly(past, 50)
    assert past.ask(BITS).results[BITS] == (50, replayed(50).parameters_sha256)
    past.send(c.SetPlayhead(None))
    assert past.ask(BITS).results[BITS] == (END, replayed(END).parameters_sha256)


def test_a_branch_while_the_parent_trains_pauses_the_parent(past):
    past.send(c.Play())
    past.wait(e.Resumed)
    run = branch(past, 60, c.BranchHere(name="what if"))
    assert run.name == "what if"
    assert [event.reason for event in past.of_kind(e.Paused)][-1] == "asked"
    first, second = past.ask(BITS), past.ask(BITS)
    assert first.results[BITS] == second.results[BITS] == (60, replayed(60).parameters_sha256)


def test_branches_are_renamed_deleted_and_brought_back(past):
    run = branch(past, 60, c.BranchHere())
    child = branch(past, 30, c.BranchHere())
    past.send(c.RenameBranch(run.run_id, "  a  name "))
    assert past.wait(e.BranchRenamed).name == "a name"
    past.send(c.DeleteBranch(run.run_id))
    assert past.wait(e.BranchOpened).run_id == 1
    assert past.wait(e.BranchDeleted).run_ids == (run.run_id, child.run_id)
    past.send(c.OpenBranch(child.run_id))
    past.wait(e.CommandRejected)
    past.send(c.Undo())
    assert past.wait(e.BranchCreated).run == replace(run, name="a name")
    assert past.wait(e.BranchCreated).run == child
    assert past.wait(e.BranchOpened).run_id == child.run_id
    past.send(c.RunTo(70))
    assert past.wait(e.Paused).step == 70
    assert past.report()["parameters_sha256"] == replayed(70).parameters_sha256


def test_a_new_run_and_the_way_back_leave_branches_as_they_were(past):
    run = branch(past, 60, c.Change(learning_rate=0.3))
    past.send(c.StartRun(replace(MOONS, seed=4)), c.Undo())
    while past.wait(e.RunStarted).run_id != run.run_id:
        pass
    assert past.wait(e.BranchDeleted).run_ids == (3,)
    assert past.ask().step == 60
    past.send(c.OpenBranch(1))
    assert past.wait(e.BranchOpened).run_id == 1


# Comparing


def caught_up(harness, run_id, goal=END):
    while (progress := harness.wait(e.ReplayProgressed)).step < goal or progress.run_id != run_id:
        pass


@pytest.mark.parametrize(("index", "step"), [(0, 100), (1, 200)])
def test_a_run_without_a_command_is_a_fresh_run_without_it(past, index, step):
    past.send(c.CompareWithout(index))
    created = past.wait(e.BranchCreated)
    run = created.run
    assert (run.parent, run.start_step, created.setup) == (1, step, MOONS)
    assert created.journal == tuple(
        (at, c.Change(learning_rate=rate)) for at, rate in RATES.items() if at != step
    )
    caught_up(past, run.run_id)
    assert past.ask().generation == 1
    past.send(c.OpenBranch(run.run_id))
    past.wait(e.BranchOpened)
    expected = replayed(END, without=step)
    frame = past.ask(BITS)
    assert frame.results[BITS] == (END, expected.parameters_sha256)
    np.testing.assert_array_equal(frame.history.loss.values(), expected.history.view().loss.values())
    assert past.of_kind(e.RunStarted)[-1].journal == tuple(expected.journal)


def test_two_futures_are_compared_at_many_steps(past):
    past.send(c.CompareWithout(1))
    run = past.wait(e.BranchCreated).run
    caught_up(past, run.run_id)
    steps = tuple((step, step) for step in (0, 150, 200, 201, 250, END))
    past.send(c.StartStudy(CompareRuns(1, run.run_id, steps, frozenset({WEIGHTS, BITS}))))
    compared = past.wait(e.StudyEnded).result
    assert compared.steps == steps
    for distance, (step, _) in zip(compared.distances, steps, strict=True):
        ours, theirs = (
            trainer.network.parameters for trainer in (replayed(step), replayed(step, without=200))
        )
        assert distance == pytest.approx(np.linalg.norm(ours.astype(float) - theirs))
    assert compared.distances[:3] == (0, 0, 0)
    assert min(compared.distances[3:]) > 0
    assert compared.results_a[BITS] == (END, replayed(END).parameters_sha256)
    assert compared.results_b[BITS] == (END, replayed(END, without=200).parameters_sha256)
    assert compared.results_a[WEIGHTS].shape == compared.results_b[WEIGHTS].shape
    assert compared.history_a.step == compared.history_b.step == END
    theirs = replayed(END, without=200).history.view()
    np.testing.assert_array_equal(compared.history_b.loss.values(), theirs.loss.values())


def test_runs_of_other_shapes_have_no_distance(past):
    other = replace(MOONS, threads=2).with_hidden((5,))
    past.send(c.StartRun(other), c.RunTo(40))
    while past.wait(e.Paused).step < 40:
        pass
    past.send(c.StartStudy(CompareRuns(1, 2, (), frozenset({BITS}))))
    compared = past.wait(e.StudyEnded).result
    assert compared.steps == ((40, 40),)
    assert compared.distances == (None,)
    assert compared.results_a[BITS] == (40, bits_after(MOONS, 40))
    assert compared.results_b[BITS] == (40, bits_after(other, 40))


def test_what_is_undone_at_the_live_step_is_seen_by_a_playhead_that_stands_there(past):
    past.send(c.Change(batch_size=8), c.SetPlayhead(END))
    while not past.wait(e.PlayheadMoved).is_exact:
        pass
    past.send(c.Undo(), c.BranchHere())
    past.wait(e.BranchOpened)
    journal = past.of_kind(e.RunStarted)[-1].journal
    assert journal[-2:] == ((END, c.Change(batch_size=8)), (END, c.Change(batch_size=MOONS.batch_size)))


def test_what_is_measured_at_the_live_step_is_known_to_a_playhead_that_stands_there(past):
    past.send(c.SetPlayhead(END))
    while not past.wait(e.PlayheadMoved).is_exact:
        pass
    past.report()
    past.send(c.BranchHere())
    past.wait(e.BranchOpened)
    assert past.ask(WRONG).results[WRONG] is not None
    live = past.worker._state.tree.get(1).live_run.trainer
    assert np.array_equal(past.frame.results[WRONG], live.past.misclassified)
    assert past.frame.history.tests[-1, 0] == END


def test_a_comparison_is_given_up_when_its_run_is_gone(past):
    run = branch(past, 60, c.BranchHere())
    past.send(c.OpenBranch(1))
    past.wait(e.BranchOpened)
    past.send(c.StartStudy(CompareRuns(1, run.run_id, ((60, 60),) * 10_000)), c.DeleteBranch(run.run_id))
    past.wait(e.BranchDeleted)
    past.ask()
    assert not past.worker._branching._studies.is_active
    assert not past.of_kind(e.StudyEnded)
    past.send(c.StartStudy(CompareRuns(1, 1)))
    assert past.wait(e.StudyEnded).result.a == 1


def test_a_comparison_is_given_up_when_its_run_goes_back(past):
    run = branch(past, 60, c.BranchHere())
    past.send(c.RunTo(END))
    while past.wait(e.Paused).step < END:
        pass
    steps = tuple((step, step) for step in range(END + 1))
    past.send(c.StartStudy(CompareRuns(run.run_id, 1, steps)), c.Rewind(80))
    back = past.wait(e.Rewound)
    past.ask()
    assert not past.worker._branching._studies.is_active
    assert not past.of_kind(e.StudyEnded)
    past.send(c.StartStudy(CompareRuns(1, run.run_id)))
    assert past.wait(e.StudyEnded).result.steps == ((back.step, back.step),)


@pytest.mark.parametrize("goes_back_to", [250, 150, 0])
def test_a_branch_catches_up_with_a_run_that_went_back_to_where_that_is(past, goes_back_to):
    past.send(c.CompareWithout(1), c.Rewind(goes_back_to))
    run, back = past.wait(e.BranchCreated).run, past.wait(e.Rewound)
    while (progress := past.wait(e.ReplayProgressed)).step < progress.goal:
        pass
    assert (progress.run_id, progress.goal) == (run.run_id, back.step)
    past.send(c.OpenBranch(run.run_id))
    past.wait(e.BranchOpened)
    reached = past.ask(BITS).results[BITS]
    assert max(back.step, 200) >= reached[0] >= back.step
    assert reached[1] == replayed(reached[0], without=200).parameters_sha256


# What the timeline shows


def test_the_timeline_has_keyframes_marks_and_moments(past):
    past.report()
    changed = past.of_kind(e.TimelineChanged)[-1]
    assert changed.run_id == 1
    assert changed.marks == tuple(RATES)
    assert changed.keyframes[0] == 0
    assert set(RATES) <= set(changed.keyframes)
    assert changed.keyframes == tuple(sorted(changed.keyframes))
    (best,) = [moment for moment in changed.milestones if moment.kind == "best"]
    tests = past.ask().history.tests
    assert best.step == tests[tests[:, 1].argmin(), 0]
    assert best.step % STEPS_PER_EPOCH == 0


def test_a_window_that_stalls_finds_one_timeline_and_one_playhead(past):
    past.look()
    past.send(
        *(command for step in range(100) for command in (c.SetPlayhead(step), c.Change(learning_rate=-1.0)))
    )
    for _ in range(100):
        past.worker.send(c.SetPlayhead(None))
    past.worker.send(c.RequestReport())
    while True:
        batch = past.outbox.drain()
        past.events += batch.events
        for kind in (e.PlayheadMoved, e.TimelineChanged):
            assert sum(isinstance(event, kind) for event in batch.events) <= 1
        if any(isinstance(event, e.Reported) for event in batch.events):
            break
    assert len([event for event in past.events if isinstance(event, e.CommandRejected)]) == 100


@dataclass(frozen=True)
class BrokenProbe(Probe):
    """A defect of ours."""

    def measure(self, view):
        raise RuntimeError("a probe with a defect")


def test_a_defect_while_the_past_is_shown_returns_to_the_live_edge(past):
    past.send(c.SetPlayhead(50), c.PlayFromHere(0.01), c.RequestFrame(frozenset({BrokenProbe()})))
    past.wait(e.WorkerFailed)
    frame = past.ask(BITS)
    assert (frame.is_live, frame.results[BITS]) == (True, (END, replayed(END).parameters_sha256))


def test_a_past_that_comes_out_differently_is_said_and_shown_at_its_keyframes(past):
    keyframes = past.worker._state.live_run.timeline.keyframes
    place = keyframes.steps.index(100)
    vectors = {name: vector + 1 for name, vector in keyframes._kept[place].state.vectors.items()}
    other = replace(keyframes._kept[place].state, vectors=vectors)
    keyframes._kept[place] = replace(keyframes._kept[place], state=other)
    # From a keyframe before the one that differs, over it.
    del keyframes._kept[place + 1 :]
    past.send(c.SetPlayhead(100))
    assert past.wait(e.ReplayIrreproducible).sentence.startswith("Step 100 does not come out")
    past.send(c.SetPlayhead(99), c.PlayFromHere())
    assert past.wait(e.CommandRejected).command == c.PlayFromHere()
    frame = past.ask(BITS)
    assert frame.step == frame.results[BITS][0] == keyframes.steps[place - 1]


def test_a_keyframe_whose_optimizer_differs_is_noticed_on_crossing_it(past):
    keyframes = past.worker._state.live_run.timeline.keyframes
    place = keyframes.steps.index(100)
    state = keyframes._kept[place].state
    velocity = {"velocity": state.vectors["velocity"] * 2}
    keyframes._kept[place] = replace(
        keyframes._kept[place], state=replace(state, vectors={**state.vectors, **velocity})
    )
    past.send(c.SetPlayhead(99))
    exactly(past, 99)
    past.send(c.StepOnce())
    assert past.wait(e.ReplayIrreproducible).sentence.startswith("Step 100 does not come out")
    assert past.ask(BITS).step == 100


def test_a_compared_run_that_comes_out_differently_is_named_and_shown_at_its_keyframes(past):
    go(past, 50)
    past.send(c.BranchHere())
    branch = past.wait(e.BranchCreated).run.run_id
    past.send(c.RunTo(END))
    past.wait(e.Paused)
    keyframes = past.worker._state.tree.get(1).live_run.timeline.keyframes
    place = keyframes.steps.index(100)
    vectors = {name: vector + 1 for name, vector in keyframes._kept[place].state.vectors.items()}
    other = replace(keyframes._kept[place].state, vectors=vectors)
    keyframes._kept[place] = replace(keyframes._kept[place], state=other)
    past.send(c.StartStudy(CompareRuns(branch, 1, ((99, 99), (100, 100)), frozenset({BITS}))))
    irreproducible, compared = past.wait(e.ReplayIrreproducible), past.wait(e.StudyEnded).result
    assert irreproducible.run_id == 1
    assert [ours for ours, _ in compared.steps] == [99, 100]
    assert {theirs for _, theirs in compared.steps} <= {*keyframes.steps, 99}
    assert compared.results_b[BITS][0] == compared.steps[-1][1]


def test_a_smaller_memory_for_keyframes_leaves_the_past_reachable(past):
    past.send(c.SetKeyframeBudget(1), c.SetPlayhead(150))
    exactly(past, 150)
    assert past.ask(BITS).results[BITS] == (150, replayed(150).parameters_sha256)
    assert len(past.worker._state.live_run.timeline.keyframes) == 2


def test_divergence_is_a_moment_and_the_way_back_lies_in_the_past(past):
    past.send(c.Change(learning_rate=1e6), c.Play())
    diverged = past.wait(e.RunDiverged)
    changed = past.of_kind(e.TimelineChanged)[-1]
    assert [moment.step for moment in changed.milestones if moment.kind == "broken"] == [diverged.step]
    go(past, 250)
    past.send(c.Rewind(250))
    back = past.wait(e.Rewound)
    assert back.step <= 250
    frame = past.ask(BITS)
    assert frame.is_live
    assert frame.results[BITS] == (back.step, replayed(back.step).parameters_sha256)


def test_what_is_saved_and_exported_is_what_the_playhead_shows(past, tmp_path):
    """Commands right behind the playhead's wait until it is exactly there."""
    names = [tmp_path / name for name in ("net.safetensors", "net.npz", "net.csv")]
    past.send(
        c.SetPlayhead(150),
        c.SaveParameters(names[0]),
        c.ExportRun(names[1], "npz"),
        c.ExportRun(names[2], "csv"),
    )
    assert past.wait(e.ParametersSaved).step == 150
    past.wait(e.RunExported)
    assert past.wait(e.RunExported).step == 150
    weight = replayed(150).network.layers[0].weight
    tensors = load_file(names[0])
    with np.load(names[1]) as arrays:
        for found in (tensors, arrays):
            np.testing.assert_array_equal(found["0.weight"], weight)
        assert arrays["step"] == len(arrays["train_loss"]) == 150
    assert names[2].read_text().splitlines()[-1].startswith("150,")
