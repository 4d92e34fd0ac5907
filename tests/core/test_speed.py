"""Steps a second: right when slow and fast, whatever happens between two steps."""

import pytest

from visualnet.core.training.speed import Speed


def speed_of(times):
    speed = Speed()
    for step, seconds in enumerate(times, 1):
        speed.note_step(seconds, step)
    return speed.steps_per_second


@pytest.mark.parametrize("rate", [0.5, 1, 2, 5, 50, 3000])
def test_an_even_pace_is_told_as_it_is(rate):
    for count in (2, 3, 10, 40):
        times = [place / rate for place in range(count)]
        told = speed_of(times)
        # Steps that follow each other faster than marks are set tell nothing as yet.
        assert told == pytest.approx(rate) or (told == 0 and times[-1] < 0.02)


def test_one_late_step_hardly_counts_and_the_pace_of_before_is_forgotten():
    assert speed_of([place / 5 + 0.02 * (place == 19) for place in range(20)]) == pytest.approx(5, rel=0.03)
    assert speed_of([place / 1000 for place in range(1000)] + [1 + place / 10 for place in range(20)]) == (
        pytest.approx(10)
    )


def test_nothing_is_told_after_a_rest():
    speed = Speed()
    for step in range(10):
        speed.note_step(step / 5, step)
    speed.forget()
    assert speed.steps_per_second == 0
    speed.note_step(100, 11)
    assert speed.steps_per_second == 0
