"""What a run leaves behind: nothing lost, nothing changed afterwards, envelopes equal to brute force."""

from mmap import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.history.growing_array import GrowingArray
from visualnet.core.history.history import (
    CHUNK,
    FACTOR,
    FINE_BUCKETS,
    MAXIMUM_TESTS,
    RAW_CHUNKS,
    Column,
    History,
    Measured,
    mean_training_loss,
)
from visualnet.core.history.milestones import Milestones

COUNT = 16 * CHUNK + 17 * 300 + 5


def values_of(count, seed=0):
    return np.random.default_rng(seed).normal(size=count)


def filled(values):
    column = Column()
    column.extend(values)
    return column


LONG = values_of(COUNT)
LONG_VIEW = filled(LONG).view()


def check_envelope(view, values, start, stop, buckets):
    envelope = view.envelope(start, stop, buckets)
    start, stop = max(0, start), min(stop, len(values))
    if start >= stop:
        assert len(envelope.positions) == len(envelope.low) == len(envelope.mean) == 0
        return
    positions = envelope.positions.astype(int)
    assert start - envelope.stride < positions[0] <= start
    assert positions[-1] < stop
    if stop < view.first_kept:
        whole = max(FACTOR**level for level in range(6) if envelope.stride % FACTOR**level == 0)
        stop = min(-(-stop // whole) * whole, len(values))
    np.testing.assert_array_equal(np.diff(positions), envelope.stride)
    assert len(positions) <= 2 * buckets + 2
    parts = [values[begin : min(begin + envelope.stride, stop)] for begin in positions]
    np.testing.assert_array_equal(envelope.low, [part.min() for part in parts])
    np.testing.assert_array_equal(envelope.high, [part.max() for part in parts])
    np.testing.assert_allclose(envelope.mean, [part.mean() for part in parts], rtol=1e-9, atol=1e-12)


places = st.integers(-10, COUNT + 10)


@given(places, places, st.integers(1, 3000))
def test_an_envelope_equals_brute_force_at_any_range_and_size(start, stop, buckets):
    check_envelope(LONG_VIEW, LONG, start, stop, buckets)


@given(st.integers(0, 3 * CHUNK), st.integers(1, 200))
def test_an_envelope_of_all_there_is_equals_brute_force_at_any_length(count, buckets):
    values = LONG[:count]
    check_envelope(filled(values).view(), values, 0, count, buckets)


@pytest.mark.parametrize(("buckets", "stride"), [(COUNT, 1), (4000, 16), (250, 256), (15, 4096), (1, 65_536)])
def test_every_level_of_the_pyramid_is_used(buckets, stride):
    assert LONG_VIEW.envelope(0, COUNT, buckets).stride % stride == 0
    assert LONG_VIEW.envelope(0, COUNT, buckets).stride < 16 * stride
    check_envelope(LONG_VIEW, LONG, 0, COUNT, buckets)


def test_nothing_is_left_out_where_the_screen_is_wide_enough():
    envelope = LONG_VIEW.envelope(5000, 5400, 400)
    assert envelope.stride == 1
    np.testing.assert_array_equal(envelope.positions, np.arange(5000, 5400))
    for curve in (envelope.low, envelope.high, envelope.mean):
        np.testing.assert_array_equal(curve, LONG[5000:5400])


def test_the_newest_values_are_drawn_as_finely_as_the_others():
    count = 20 * CHUNK - 1
    view = filled(np.arange(float(count))).view()
    envelope = view.envelope(0, count, 1000)
    assert envelope.high[-1] == count - 1
    assert envelope.positions[-1] >= count - envelope.stride


def test_nan_stays_where_it_was():
    values = values_of(CHUNK + 100)
    values[CHUNK // 2] = np.nan
    envelope = filled(values).view().envelope(0, len(values), 50)
    assert np.isnan(envelope.mean).sum() == np.isnan(envelope.low).sum() == 1


@given(places, places)
def test_values_are_a_slice(start, stop):
    expected = LONG[max(start, 0) : max(stop, 0)]
    np.testing.assert_array_equal(LONG_VIEW.values(start, stop), expected)


def test_an_empty_column_has_an_empty_view():
    view = Column().view()
    assert view.count == 0
    assert len(view.values()) == 0
    assert len(view.envelope(0, 100, 10).positions) == 0


@given(st.lists(st.integers(0, 2 * CHUNK), max_size=4))
def test_a_view_never_changes(pieces):
    column, kept, count = Column(), [], 0
    for piece in pieces:
        column.extend(LONG[count : count + piece])
        count += piece
        view = column.view()
        kept.append((view, count, view.envelope(0, count, 30)))
    column.extend(LONG[count : 5 * CHUNK])
    for view, seen, envelope in kept:
        assert view.count == seen
        np.testing.assert_array_equal(view.values(), LONG[:seen])
        again = view.envelope(0, seen, 30)
        np.testing.assert_array_equal(again.mean, envelope.mean)
        np.testing.assert_array_equal(again.high, envelope.high)


def test_a_view_cannot_be_written():
    for part in (LONG_VIEW.tail, LONG_VIEW.chunks[0], LONG_VIEW.levels[0].rows, LONG_VIEW.values(3, 9)):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1


def test_sealed_chunks_are_shared_not_copied():
    column = filled(LONG[: 2 * CHUNK + 3])
    first, second = column.view(), column.view()
    assert all(a is b for a, b in zip(first.chunks, second.chunks, strict=True))


def test_a_growing_array_keeps_its_rows_and_its_views():
    array, rows = GrowingArray(2), values_of(600).reshape(300, 2)
    views = []
    for start in range(0, 300, 25):
        array.extend(rows[start : start + 25])
        views.append(array.view())
    for number, view in enumerate(views, start=1):
        np.testing.assert_array_equal(view.rows, rows[: 25 * number])


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(1, 50))
def test_a_bounded_array_keeps_the_newest_rows(pieces, keep):
    array, rows, count = GrowingArray(1, keep), np.arange(2000.0)[:, np.newaxis], 0
    for piece in pieces:
        array.extend(rows[count : count + piece])
        count += piece
        view = array.view()
        assert len(array) == count
        assert min(count, keep) <= len(view.rows)
        np.testing.assert_array_equal(view.rows, rows[view.first : count])
        assert len(array._data) <= max(64, 2 * keep + piece)


def owner(array):
    """What holds the memory of an array."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array.obj if isinstance(array, memoryview) else array


@pytest.mark.parametrize(("count", "is_mapped"), [(100, False), (10_000, True)])
def test_a_large_array_has_memory_of_its_own_that_goes_back_to_the_system(count, is_mapped):
    array, rows = GrowingArray(3), values_of(3 * count).reshape(count, 3)
    for part in np.array_split(rows, 7):
        array.extend(part)
    view = array.view().rows
    assert np.array_equal(view, rows)
    assert isinstance(owner(view), mmap) == is_mapped


def test_the_beginning_of_a_growing_array_is_an_array_of_its_own():
    array, rows = GrowingArray(1), np.arange(10.0)[:, np.newaxis]
    array.extend(rows)
    beginning = array.until(4)
    beginning.extend(-rows[:3])
    array.extend(rows)
    np.testing.assert_array_equal(beginning.view().rows.ravel(), [0, 1, 2, 3, 0, -1, -2])
    np.testing.assert_array_equal(array.view().rows[:10], rows)


# Longer than what is kept singly, and than what is kept in buckets of 16

LONGER = (2 * FINE_BUCKETS + 4000) * FACTOR + 77


def quickly_filled(values):
    """As if appended one by one."""
    column = Column()
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        column._open[: len(part)] = part
        column._count = len(part)
        if len(part) == CHUNK:
            column._seal()
    return column


LONGER_VALUES = values_of(LONGER, seed=1)
LONGER_COLUMN = quickly_filled(LONGER_VALUES)
LONGER_VIEW = LONGER_COLUMN.view()


def test_what_is_kept_of_a_long_column_is_bounded():
    assert len(LONGER_VIEW.chunks) == RAW_CHUNKS
    assert all(len(level.rows) <= 2 * FINE_BUCKETS for level in LONGER_VIEW.levels)
    assert LONGER_VIEW.levels[0].first > 0
    assert LONGER_VIEW.count == LONGER
    np.testing.assert_array_equal(
        LONGER_VIEW.values(LONGER_VIEW.first_kept), LONGER_VALUES[LONGER_VIEW.first_kept :]
    )


@given(st.integers(-10, LONGER + 10), st.integers(-10, LONGER + 10), st.integers(1, 3000))
def test_an_envelope_of_a_long_column_equals_brute_force(start, stop, buckets):
    check_envelope(LONGER_VIEW, LONGER_VALUES, start, stop, buckets)


@pytest.mark.parametrize("where", [0, 1000, LONGER // 20, LONGER // 2, LONGER - RAW_CHUNKS * CHUNK - 5000])
def test_old_values_are_the_means_of_their_buckets(where):
    values = LONGER_VIEW.values(where, where + 9000)
    known = [
        np.repeat(LONGER_VALUES[: LONGER // stride * stride].reshape(-1, stride).mean(1), stride)[
            where : where + 9000
        ]
        for stride in (1, FACTOR, FACTOR**2)
    ]
    assert np.any([np.isclose(values, mean, rtol=1e-9, atol=1e-12) for mean in known], axis=0).all()


@pytest.mark.parametrize("count", [0, 5, CHUNK, LONGER // 30, LONGER // 2 + 3, LONGER - 10, LONGER])
def test_the_beginning_of_a_long_column_goes_on_as_one_of_its_own(count):
    kept = LONGER_COLUMN.until(count)
    assert len(kept) == count
    np.testing.assert_array_equal(kept.view().values(), LONGER_VIEW.values(0, count))
    more = values_of(2 * CHUNK, seed=2)
    kept.extend(more)
    view = kept.view()
    np.testing.assert_array_equal(view.values(count), more)
    means = view.envelope(0, count + len(more), 300)
    assert means.positions[0] == 0
    assert np.isfinite(means.mean).all()
    np.testing.assert_array_equal(LONGER_VIEW.values(), LONGER_COLUMN.view().values())


def test_old_measurements_are_thinned_and_the_newest_stay():
    history = History()
    for step in range(3 * MAXIMUM_TESTS):
        history.append_test(step, 0.0, 0.0)
    steps = history.view().tests[:, 0]
    assert len(steps) <= MAXIMUM_TESTS
    assert steps[0] == 0
    np.testing.assert_array_equal(
        steps[-MAXIMUM_TESTS // 4 :], np.arange(3 * MAXIMUM_TESTS)[-MAXIMUM_TESTS // 4 :]
    )
    assert (np.diff(steps) > 0).all()


def test_measurements_of_a_long_run_are_known_at_every_time_of_it():
    """A curve of them has points everywhere, and no figure told of a step is from long before it."""
    history, last = History(), 6 * MAXIMUM_TESTS
    for step in range(last):
        history.append_test(step, 0.0, 0.0, (0.0, 0.0))
    view = history.view()
    np.testing.assert_array_equal(view.tests[:, 0], view.validations[:, 0])
    assert np.diff(view.tests[:, 0]).max() < last / 2000
    assert view.figures_at(last // 2).test.step > last // 2 - last / 2000
    assert len(view.tests) > MAXIMUM_TESTS // 2


def history_of(count, first_step=0, tests=()):
    history = History(first_step)
    for value in values_of(count):
        history.append(value, value / 2)
    for step in tests:
        history.append_test(step, step / 10, step / 100)
    return history


def test_a_history_holds_each_step_and_each_test():
    history = history_of(10, first_step=5, tests=(8, 15))
    view = history.view()
    assert view.step == history.step == 15
    np.testing.assert_array_equal(view.loss.values(), values_of(10))
    np.testing.assert_array_equal(view.accuracy.values(), values_of(10) / 2)
    np.testing.assert_array_equal(view.tests, [[8, 0.8, 0.08], [15, 1.5, 0.15]])
    assert history.last_test_step == 15
    assert History().last_test_step == -1


@pytest.mark.parametrize("step", [5, 8, 11, 15])
def test_until_is_a_history_of_its_own(step):
    history = history_of(10, first_step=5, tests=(8, 15))
    kept = history.until(step)
    assert kept.step == step
    np.testing.assert_array_equal(kept.view().loss.values(), values_of(10)[: step - 5])
    np.testing.assert_array_equal(kept.view().tests[:, 0], [test for test in (8, 15) if test <= step])
    kept.append(7.0, 1.0)
    assert history.step == 15
    assert kept.view().loss.values()[-1] == 7
    np.testing.assert_array_equal(history.view().loss.values(), values_of(10))


@pytest.mark.parametrize(
    ("steps", "per_epoch", "part"),
    [(7, 10, slice(0, 7)), (10, 10, slice(0, 10)), (25, 10, slice(10, 20)), (1, 1, slice(0, 1))],
)
def test_the_mean_training_loss_is_that_of_the_last_full_epoch(steps, per_epoch, part):
    mean = mean_training_loss(history_of(steps).view(), per_epoch)
    assert mean == pytest.approx(values_of(steps)[part].mean())


def test_the_mean_training_loss_of_nothing_is_none():
    assert mean_training_loss(History().view(), 10) is None


def test_the_mean_training_loss_after_a_start_without_past():
    assert mean_training_loss(history_of(12, first_step=25).view(), 10) == pytest.approx(
        values_of(12)[:5].mean()
    )
    assert mean_training_loss(history_of(3, first_step=25).view(), 10) == pytest.approx(values_of(3).mean())


def test_figures_of_a_step_know_nothing_that_came_later():
    history = History(5)
    for loss in (4.0, 2.0, 1.0):
        history.append(loss, loss / 4)
    history.append_test(5, 0.9, 0.1, (0.8, 0.2))
    history.append_test(7, 0.5, 0.6, (0.4, 0.7))
    history.append_test(7, 0.3, 0.8, (0.2, 0.9))
    view = history.view()
    early, middle, last = (view.figures_at(step, 2) for step in (5, 6, 8))
    assert (early.averaged, early.loss, early.accuracy, early.test) == (0, None, None, Measured(5, 0.9, 0.1))
    assert (middle.averaged, middle.loss, middle.validation) == (1, 4.0, Measured(5, 0.8, 0.2))
    # Of two measurements at one step, as early stopping leaves them, the later one is in force.
    assert (last.averaged, last.loss, last.test) == (2, 1.5, Measured(7, 0.3, 0.8))
    assert view.figures_at(4).test is None


LARGEST = [1.7e308, 1e308, 1e200, 1e-200, 1e-300, 0.0]


@pytest.mark.parametrize("loss", [*LARGEST, -1.7e308])
def test_a_mean_of_the_largest_losses_is_their_mean(loss):
    history = History()
    for _ in range(3 * CHUNK + 5):
        history.append(loss, 1.0)
    view = history.view()
    for buckets in (1, 7, 1000, 20_000):
        mean = view.loss.envelope(0, view.loss.count, buckets).mean
        np.testing.assert_allclose(mean, loss, rtol=1e-12, atol=1e-300)
    assert mean_training_loss(view, 100) == pytest.approx(loss, rel=1e-12, abs=1e-300)
    assert view.figures_at(4000, 2000).loss == pytest.approx(loss, rel=1e-12, abs=1e-300)


def test_moments_of_losses_from_the_least_to_the_largest():
    history, milestones = History(), Milestones()
    for loss in (1e-200, *LARGEST, *LARGEST):
        for _ in range(64 * 16):
            history.append(loss, 1.0)
    history.append_test(history.step, 1.7e308, 0.5)
    milestones.update(history.view())
    assert {moment.kind for moment in milestones.all} >= {"spike", "best"}
