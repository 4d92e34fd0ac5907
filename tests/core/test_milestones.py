"""Milestones worth a mark, found once each, however often one looks."""

import pickle

import numpy as np
import pytest

from visualnet.core.history.history import History
from visualnet.core.history.milestones import Milestones


def history_of(losses, tests=()):
    history = History()
    for loss in losses:
        history.append(float(loss), 0.0)
    for step, loss in tests:
        history.append_test(step, loss, 0.5)
    return history


def found(losses, tests=(), kind=None):
    milestones = Milestones()
    milestones.update(history_of(losses, tests).view())
    return [milestone for milestone in milestones.all if kind in (None, milestone.kind)]


def falling(count, seed=0):
    noise = np.random.default_rng(seed).normal(1, 0.1, count)
    return 2 * np.exp(-np.arange(count) / 2000) * noise


def test_the_best_test_is_the_lowest():
    (best,) = found([1.0] * 40, [(10, 0.9), (20, 0.4), (30, 0.5)], "best")
    assert best.step == 20
    assert best.sentence == "The lowest test loss, 0.4, at step 20."


def test_a_loss_that_falls_quietly_has_no_moments():
    assert not found(falling(6000))


def test_a_jump_of_the_loss_is_a_spike_where_it_begins():
    losses = falling(4000)
    losses[2000:2100] *= 5
    (spike,) = found(losses, kind="spike")
    assert abs(spike.step - 2000) <= 32


def test_a_loss_that_stays_is_a_plateau_told_once():
    losses = np.concatenate([falling(3000), np.full(9000, falling(3000)[-500:].mean())])
    (plateau,) = found(losses, kind="plateau")
    assert 2000 < plateau.step < 4000


def test_what_broke_is_told_once():
    milestones = Milestones()
    milestones.note_broken(7, "It broke.")
    milestones.note_broken(9, "It broke again.")
    assert [(milestone.step, milestone.kind, milestone.sentence) for milestone in milestones.all] == [
        (7, "broken", "It broke.")
    ]


@pytest.mark.parametrize("piece", [1, 7, 100, 1000])
def test_looking_often_finds_the_same(piece):
    losses = np.concatenate([falling(2000), falling(100) * 4, falling(4000) + 1])
    tests = [(step, float(losses[step])) for step in range(50, 6000, 50)]
    history, milestones = History(), Milestones()
    for number, loss in enumerate(losses, 1):
        history.append(float(loss), 0.0)
        if number % 50 == 0 and number < 6000:
            history.append_test(number, float(losses[number]), 0.0)
        if number % piece == 0:
            milestones.update(history.view())
    milestones.update(history.view())
    assert list(milestones.all) == found(losses, tests)
    assert pickle.loads(pickle.dumps(milestones.all)) == milestones.all


def test_moments_are_few():
    losses = falling(40_000)
    losses[np.arange(40_000) // 320 % 2 == 1] *= 20
    assert len(found(losses)) <= 80


@pytest.mark.parametrize("seed", range(8))
def test_the_noise_of_batches_of_one_is_no_jump(seed):
    rng = np.random.default_rng(seed)
    losses = np.exp(-np.arange(35_000) / 12_000) * rng.lognormal(-2, 2, 35_000)
    assert len(found(losses, kind="spike")) <= 1


@pytest.mark.parametrize("factor", [3, 10, 50])
def test_hard_examples_that_come_once_an_epoch_are_told_once_at_the_most(factor):
    rng = np.random.default_rng(0)
    losses = rng.lognormal(-2, 1, 32_000)
    losses[np.arange(32_000) % 1000 > 970] *= factor
    assert len(found(losses, kind="spike")) <= 1


@pytest.mark.parametrize("spread", [0.1, 0.5, 1.0])
def test_a_real_jump_is_found_among_noise(spread):
    losses = 0.2 * np.random.default_rng(1).lognormal(0, spread, 6000)
    losses[4000:4200] *= 12
    (spike,) = found(losses, kind="spike")
    assert abs(spike.step - 4000) <= 32


def test_what_no_eye_can_see_on_the_curve_is_no_jump():
    losses = np.concatenate([falling(2000), np.full(2000, 1e-12), np.full(100, 1e-10), np.full(500, 1e-12)])
    assert not found(losses, kind="spike")
