"""The range test: every rate once, the curve to its break, and a suggestion that trains."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.errors import Cancelled, SetupError
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.training.rate_finder import RatePoint, find_rate, learning_rate_range_test, rate_points
from visualnet.core.training.trainer import Trainer


def test_rates_grow_by_one_factor_and_the_suggestion_trains(digits, small_setup):
    finding = learning_rate_range_test(small_setup, 1e-5, 1.0, 120, digits)
    rates = [point.rate for point in finding.points]
    np.testing.assert_allclose(rates, np.geomspace(1e-5, 1.0, 120))
    assert finding.broke_at is None
    optimizer = OptimizerSetup("adam", finding.suggestion)
    trainer = Trainer(replace(small_setup, optimizer=optimizer), digits)
    losses = [trainer.step() for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:10])


def test_it_ends_where_the_loss_breaks(digits, small_setup):
    setup = replace(small_setup, optimizer=OptimizerSetup("sgd", 1), loss="mse").with_hidden((8,), "identity")
    finding = learning_rate_range_test(setup, 1e-3, 1e6, 100, digits)
    assert len(finding.points) < 100
    assert finding.broke_at == finding.points[-1].rate
    assert finding.suggestion < finding.broke_at


def test_a_loss_that_is_not_finite_is_the_last_point(digits, small_setup):
    setup = replace(small_setup, optimizer=OptimizerSetup("sgd", 1), loss="mse").with_hidden((8,), "identity")
    finding = learning_rate_range_test(setup, 1e5, 1e6, 100, digits)
    assert np.isnan(finding.points[-1].loss)
    assert finding.broke_at == finding.points[-1].rate
    assert finding.suggestion is None


def test_the_setup_s_own_rate_schedule_and_stopping_do_not_count(digits, small_setup):
    other = replace(
        small_setup,
        optimizer=OptimizerSetup("adam", 5.0),
        schedule=ScheduleSetup("cosine", 7),
        regularization=RegularizationSetup(patience=1, ema_decay=0.5),
        evaluate_every=1,
    )
    plain, bare = (learning_rate_range_test(s, 1e-4, 1.0, 50, digits) for s in (small_setup, other))
    assert plain == bare


def test_the_suggestion_is_where_the_loss_falls_fastest():
    rates = np.geomspace(1e-4, 1, 100)
    losses = 2 - 1 / (1 + np.exp(-3 * (np.log10(rates) + 2))) + 5 * (rates > 0.5)
    points = [RatePoint(rate, loss) for rate, loss in zip(rates.tolist(), losses.tolist(), strict=True)]
    assert find_rate(points, 1.0).suggestion == pytest.approx(0.01, rel=0.15)


def test_rising_losses_suggest_nothing():
    points = [RatePoint(rate, rate) for rate in np.geomspace(1e-4, 1, 100).tolist()]
    assert find_rate(points, 1.0).suggestion is None


def test_it_can_be_cancelled_and_taken_point_by_point(digits, small_setup):
    seen = []

    def cancel(fraction, activity):
        seen.append(fraction)
        if len(seen) == 7:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        learning_rate_range_test(small_setup, steps=50, dataset=digits, progress=cancel)
    np.testing.assert_allclose(seen, np.arange(1, 8) / 50)
    points = rate_points(small_setup, steps=50, dataset=digits)
    assert next(points).rate == pytest.approx(1e-6)
    points.close()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({"lowest": 0}, "lowest"), ({"highest": 1e7}, "highest"), ({"lowest": 2, "highest": 1}, "highest"), ({"steps": 9}, "steps")],
)  # fmt: skip
def test_bounds_that_cannot_be_are_named(digits, small_setup, arguments, field):
    with pytest.raises(SetupError) as caught:
        learning_rate_range_test(small_setup, dataset=digits, **arguments)
    assert caught.value.field == field
