"""What a run leaves behind: nothing lost, nothing changed afterwards, envelopes equal to brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.run.history import CHUNK, Column, GrowingArray, History, mean_training_loss

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
    for part in (LONG_VIEW.tail, LONG_VIEW.chunks[0], LONG_VIEW.levels[0], LONG_VIEW.values(3, 9)):
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
        np.testing.assert_array_equal(view, rows[: 25 * number])


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
