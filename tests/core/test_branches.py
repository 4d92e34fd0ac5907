"""The tree of runs: branches share their past, go their own way, and leave nothing behind when they are gone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_timeline import DATA, SETUP, STEPS, commands_for, look, some_parameters
from visualnet.core.errors import VisualNetError
from visualnet.core.history.history import CHUNK
from visualnet.core.messages import commands as c
from visualnet.core.runs.tree import MAXIMUM_ROOTS, MAXIMUM_RUNS, RunTree
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.studies.compare_runs import difference
from visualnet.core.training.trainer import Trainer


def begun(tree, setup=SETUP, commands=None, steps=STEPS):
    """A root that has trained, with its commands where they belong."""
    run = tree.begin(Trainer(setup, DATA))
    train(run, steps, commands or {})
    return run


def train(run, steps, commands):
    trainer = run.live_run.trainer
    while True:
        while trainer.is_evaluating:
            run.live_run.advance()
        for command in commands.get(trainer.step_count, ()):
            run.live_run.apply(command)
        if trainer.step_count == steps:
            return
        run.live_run.advance()


def branched(tree, parent, step):
    return tree.branch(parent, parent.live_run.timeline.at(step), None)


def fresh(setup, journal, steps):
    """A run that never was anything else."""
    trainer, left = Trainer(setup, DATA), list(journal)
    while True:
        while left and left[0][0] == trainer.step_count:
            trainer.apply(left.pop(0)[1])
        while trainer.is_evaluating:
            trainer.evaluate_chunk()
        if trainer.step_count == steps:
            return trainer
        trainer.step()


@settings(max_examples=30)
@given(data=st.data())
def test_a_run_without_a_command_equals_a_fresh_run_without_it(data):
    optimizer = data.draw(st.sampled_from(["sgd", "momentum", "adam"]))
    setup = replace(SETUP, optimizer=OptimizerSetup(optimizer, 0.05))
    tree = RunTree()
    parent = begun(tree, setup, data.draw(commands_for(optimizer).filter(bool)))
    journal = list(parent.live_run.trainer.journal)
    before = look(parent.live_run.trainer)
    index = data.draw(st.integers(0, len(journal) - 1))
    run = tree.without(parent, index)
    assert run.start_step == journal[index][0]
    train(run, STEPS, {})
    run.live_run.apply_planned()
    del journal[index]
    expected = fresh(setup, journal, STEPS)
    assert look(run.live_run.trainer) == look(expected)
    view, wanted = run.live_run.trainer.history.view(), expected.history.view()
    np.testing.assert_array_equal(view.loss.values(), wanted.loss.values())
    np.testing.assert_array_equal(view.tests, wanted.tests)
    assert look(parent.live_run.trainer) == before


@pytest.mark.parametrize("later", [(), (c.Change(learning_rate=0.3),)])
def test_a_run_that_began_with_opened_parameters_equals_its_setups_own_without_them(later):
    tree, trainer = RunTree(), Trainer(SETUP, DATA)
    opened = c.SetParameters((trainer.network.parameters / 2).tobytes())
    trainer.apply(opened)
    for command in later:
        trainer.apply(command)
    parent = tree.begin(trainer)
    train(parent, STEPS, {})
    run = tree.without(parent, 0)
    assert run.start == (0, 0)
    train(run, STEPS, {})
    run.live_run.apply_planned()
    assert look(run.live_run.trainer) == look(fresh(SETUP, [(0, command) for command in later], STEPS))


def test_a_branch_has_the_measurement_that_its_parent_was_interrupted_in():
    setup = replace(SETUP, evaluate_every=10, regularization=RegularizationSetup(patience=2))
    tree = RunTree()
    parent = begun(tree, setup, steps=39)
    parent.live_run.advance()
    assert parent.live_run.trainer.is_evaluating
    run = branched(tree, parent, 40)
    for trainer in (run.live_run.trainer, parent.live_run.trainer):
        expected = fresh(setup, (), 40)
        assert trainer.history.view().tests.tolist() == expected.history.view().tests.tolist()
        assert trainer.state.to_bytes() == expected.state.to_bytes()


@settings(max_examples=30)
@given(st.integers(0, STEPS), st.integers(0, STEPS), st.integers(0, STEPS))
def test_a_branch_of_a_branch_has_all_of_its_past(first, second, seen):
    tree = RunTree()
    parent = begun(tree, commands={10: [c.Change(learning_rate=0.1)], 30: [c.Change(batch_size=5)]})
    child = branched(tree, parent, first)
    child.live_run.apply(c.Change(learning_rate=0.02))
    train(child, STEPS, {})
    second = max(first, second)
    grandchild = branched(tree, child, second)
    grandchild.live_run.apply(c.SetParameters(some_parameters(2)))
    train(grandchild, STEPS, {})
    journal = grandchild.live_run.trainer.journal
    assert look(grandchild.live_run.timeline.at(seen)) == look(
        fresh(SETUP, [entry for entry in journal if entry[0] <= seen], seen)
    )


def test_what_a_branch_shares_is_not_copied():
    tree = RunTree()
    parent = begun(tree, steps=2 * CHUNK + 100)
    used = tree.budget.used
    child = branched(tree, parent, CHUNK + 50)
    ours, theirs = (run.live_run.trainer.history.view().loss.chunks for run in (child, parent))
    assert ours[0] is theirs[0]
    shared = list(child.live_run.timeline.keyframes)
    assert shared[:-1] == list(parent.live_run.timeline.keyframes)[: len(shared) - 1]
    assert tree.budget.used - used <= shared[-1].nbytes


def test_too_many_runs_are_a_sentence_and_too_many_roots_let_the_oldest_go():
    tree = RunTree()
    roots = [begun(tree, steps=1) for _ in range(MAXIMUM_ROOTS)]
    child = branched(tree, roots[0], 1)
    assert tree.let_oldest_go() == []
    begun(tree, steps=1)
    assert tree.let_oldest_go() == [roots[0], child]
    for _ in range(MAXIMUM_RUNS - MAXIMUM_ROOTS):
        branched(tree, roots[1], 1)
    with pytest.raises(VisualNetError, match="Delete a branch first"):
        branched(tree, roots[1], 1)
    with pytest.raises(VisualNetError, match="Delete a branch first"):
        tree.without(roots[1], 0)


def test_the_difference_of_two_runs_is_the_distance_of_their_parameters():
    a, b = Trainer(SETUP, DATA), Trainer(SETUP, DATA)
    assert difference(a, b) == 0
    b.network.parameters[3] += 4
    b.network.parameters[9] -= 3
    assert difference(a, b) == pytest.approx(5)
    assert difference(a, Trainer(SETUP.with_hidden((6,)), DATA)) is None
