"""Who is active shares the time, and who was not has none saved up."""

import pytest

from visualnet.core.worker.scheduler import FairScheduler


class Clock:
    """Time that goes by only where somebody works."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Work:
    """Something that takes so long a turn."""

    def __init__(self, clock, seconds):
        self.is_active = True
        self.next_due = 0.0
        self.spent = 0.0
        self._clock, self._seconds = clock, seconds

    def advance(self):
        self._clock.now += self._seconds
        self.spent += self._seconds

    def cancel(self):
        self.is_active = False


def made(*seconds):
    clock = Clock()
    works = [Work(clock, each) for each in seconds]
    return works, FairScheduler(works, clock)


def take_turns(scheduler, count):
    for _ in range(count):
        scheduler.take_turn(scheduler.active)


def test_short_and_long_turns_share_the_time():
    (short, long), scheduler = made(1, 10)
    take_turns(scheduler, 220)
    assert short.spent == pytest.approx(long.spent, abs=10)


def test_who_rested_has_no_time_saved_up():
    (old, new), scheduler = made(1, 1)
    new.is_active = False
    take_turns(scheduler, 2)
    new.is_active = True
    take_turns(scheduler, 100)
    new.is_active = False
    take_turns(scheduler, 500)
    new.is_active, before = True, old.spent
    take_turns(scheduler, 20)
    assert old.spent - before >= 5


def test_who_is_not_due_waits():
    (later, now), scheduler = made(1, 1)
    later.next_due = 4
    take_turns(scheduler, 4)
    assert (later.spent, now.spent) == (0, 4)
    take_turns(scheduler, 20)
    assert later.spent == pytest.approx(10, abs=1)


@pytest.mark.parametrize("count", [1, 2])
def test_giving_up_ends_all(count):
    _, scheduler = made(*[1] * count)
    scheduler.cancel()
    assert scheduler.active == []
