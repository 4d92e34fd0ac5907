"""Schedules: the field's formulas, pure in the step, and the person's rate underneath."""

from dataclasses import replace
from math import cos, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.errors import SetupError
from visualnet.core.messages.commands import Change
from visualnet.core.nn.schedules import LEAST_FACTOR, SCHEDULES, Constant, Cosine, Exponential, OneCycle, Step
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.training.trainer import Trainer


def factors(schedule, count):
    return [schedule.factor(step) for step in range(count)]


def test_step_falls_at_once_and_exponential_evenly():
    assert factors(Step(interval=3, decay=0.5), 7) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    np.testing.assert_allclose(factors(Exponential(interval=2, decay=0.25), 5), [1, 0.5, 0.25, 0.125, 0.0625])


def test_cosine_is_half_a_wave():
    expected = [0.1 + 0.9 * (1 + cos(pi * step / 8)) / 2 for step in range(8)]
    np.testing.assert_allclose(factors(Cosine(8, final=0.1), 8), expected)


def test_one_cycle_goes_up_and_then_down():
    """Smith, Topin 2018 with PyTorch's corners: the peak at rise · steps - 1, the end at the last step."""
    values = factors(OneCycle(21, final=0.01, start=0.04, rise=1 / 3), 21)
    assert values[0] == pytest.approx(0.04)
    assert values[3] == pytest.approx(0.52)
    assert values[6] == pytest.approx(1)
    assert values[13] == pytest.approx(0.505)
    assert values[20] == pytest.approx(0.01)
    assert np.argmax(values) == 6


def test_a_warm_up_rises_in_equal_steps_before_the_schedule_begins():
    warmed, plain = Cosine(20, 4), Cosine(16)
    assert factors(warmed, 4) == [0.25, 0.5, 0.75, 1]
    assert factors(warmed, 20)[4:] == factors(plain, 16)
    assert factors(Constant(None, 2), 4) == [0.5, 1, 1, 1]


schedules = st.builds(
    ScheduleSetup,
    name=st.sampled_from(sorted(SCHEDULES)),
    warmup_steps=st.integers(0, 30),
    total_steps=st.none() | st.integers(1, 100),
    interval=st.none() | st.integers(1, 30),
    decay=st.floats(1e-300, 1),
    final=st.floats(0, 1),
    start=st.floats(1e-300, 1),
    rise=st.floats(1e-300, 0.99),
)


@given(schedules, st.integers(1, 100))
def test_whatever_the_schedule_it_is_a_factor_and_stays_after_its_end(setup, goal):
    schedule = setup.make(goal, 10)
    if schedule is None:
        assert (setup.name, setup.warmup_steps) == ("constant", 0)
        return
    end = setup.total_steps or goal
    values = factors(schedule, 150)
    assert all(LEAST_FACTOR <= value <= 1 + 1e-12 for value in values)
    assert set(values[end:]) <= {values[end - 1]}
    assert schedule.factor(10**12) == values[end - 1]


def rates_of(trainer, steps):
    rates = []
    for _ in range(steps):
        rates.append(trainer.effective_learning_rate)
        trainer.step()
        assert trainer.optimizer.effective_learning_rate == rates[-1]
    return rates


def test_a_run_follows_its_schedule_over_its_goal_and_beyond(digits, small_setup):
    """Two epochs of ten steps."""
    setup = replace(small_setup, schedule=ScheduleSetup("cosine", warmup_steps=4, final=0.1))
    schedule = Cosine(20, 4, 0.1)
    trainer = Trainer(setup, digits)
    assert rates_of(trainer, 25) == [0.01 * schedule.factor(step) for step in range(25)]
    assert trainer.settings["learning_rate"] == 0.01


def test_a_fall_each_epoch_is_the_default_and_a_new_rate_is_what_it_multiplies(digits, small_setup):
    trainer = Trainer(replace(small_setup, schedule=ScheduleSetup("step"), epochs=3), digits)
    assert rates_of(trainer, 15) == [0.01] * 10 + [0.005] * 5
    trainer.apply(Change(learning_rate=0.2))
    assert rates_of(trainer, 10) == [0.1] * 5 + [0.05] * 5


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_scheduled_run_equals_one_whose_rate_is_set_by_hand(digits, small_setup, optimizer):
    setup = replace(small_setup, optimizer=OptimizerSetup(optimizer, 0.05))
    scheduled = Trainer(replace(setup, schedule=ScheduleSetup("step", interval=4)), digits)
    by_hand = Trainer(setup, digits)
    for step in range(12):
        by_hand.apply(Change(learning_rate=0.05 * 0.5 ** (step // 4)))
        by_hand.step()
        scheduled.step()
    assert scheduled.parameters_sha256 == by_hand.parameters_sha256


def test_a_schedule_that_needs_an_end_asks_for_one(small_setup):
    endless = replace(small_setup, epochs=None)
    for name, schedule in SCHEDULES.items():
        if schedule.needs_end:
            with pytest.raises(SetupError, match=r"schedule\.total_steps: must be given"):
                replace(endless, schedule=ScheduleSetup(name))
        replace(endless, schedule=ScheduleSetup(name, total_steps=10))
