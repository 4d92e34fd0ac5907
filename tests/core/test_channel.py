"""Values between two processes: what crosses, and what crosses but once."""

import os
from io import FileIO
from threading import Thread

import numpy as np
import pytest

from visualnet.core.history.history import CHUNK, MAXIMUM_TESTS, History
from visualnet.core.sources.channel import KEPT_HISTORIES, ChannelClosed, Receiver, Sender


class Counting(FileIO):
    """A pipe's writing end that counts."""

    count = 0

    def write(self, content):
        written = super().write(content)
        self.count += written
        return written


class Line:
    """Both ends."""

    def __init__(self):
        reading, writing = os.pipe()
        self.pipe = Counting(writing, "wb")
        self.sender, self.receiver = Sender(self.pipe), Receiver(FileIO(reading, "rb"))

    def through(self, value):
        before = self.pipe.count
        thread = Thread(target=self.sender.send, args=(value,))
        thread.start()
        got = self.receiver.receive()
        thread.join()
        self.size = self.pipe.count - before
        return got


@pytest.fixture
def line():
    made = Line()
    yield made
    made.sender.close()
    made.receiver.close()


def assert_same(view, other):
    assert view.first_step == other.first_step
    for name in ("loss", "accuracy"):
        ours, theirs = getattr(view, name), getattr(other, name)
        assert (ours.count, ours.first_chunk) == (theirs.count, theirs.first_chunk)
        np.testing.assert_array_equal(ours.values(), theirs.values())
        for level, expected in zip(ours.levels, theirs.levels, strict=True):
            np.testing.assert_array_equal(level.rows, expected.rows[level.first - expected.first :])
    np.testing.assert_array_equal(view.tests, other.tests)
    np.testing.assert_array_equal(view.validations, other.validations)


def grown(history, random, steps):
    for loss, accuracy in random.random((steps, 2)):
        history.append(loss, accuracy)


def test_arrays_of_all_sizes_arrive_and_large_ones_cannot_be_written(line):
    for count in (0, 1, 100, 1_000_000):
        array = np.arange(count, dtype=np.float32)
        got = line.through({"array": array})["array"]
        np.testing.assert_array_equal(got, array)
    assert not got.flags.writeable


def test_of_a_history_only_what_is_new_crosses(line):
    history, random = History(), np.random.default_rng(0)
    for steps in (10, CHUNK, 3 * CHUNK + 5, 1, 0, 40 * CHUNK, 7):
        grown(history, random, steps)
        history.append_test(history.step, 0.5, 0.9, (0.4, 0.8))
        assert_same(line.through(history.view()), history.view())
    assert line.size < 2000


def test_a_history_that_went_back_crosses_anew(line):
    history, random = History(), np.random.default_rng(0)
    grown(history, random, 100)
    line.through(history.view())
    other = history.until(90)
    grown(other, random, 20)
    assert_same(line.through(other.view()), other.view())
    grown(history, random, 3)
    assert_same(line.through(history.view()), history.view())


def test_measurements_that_are_thinned_or_forgotten_cross_anew(line):
    history = History()
    for step in range(MAXIMUM_TESTS + 10):
        history.append(0.1, 0.2)
        history.append_test(step + 1, 0.5, 0.9)
        if step > MAXIMUM_TESTS - 5:
            assert_same(line.through(history.view()), history.view())
    history.forget_measurement(history.step)
    history.append_test(history.step, 0.25, 0.75)
    assert_same(line.through(history.view()), history.view())


def test_more_histories_than_are_remembered_arrive_all_the_same(line):
    random = np.random.default_rng(0)
    histories = [History() for _ in range(KEPT_HISTORIES + 3)]
    for _ in range(3):
        for history in histories:
            grown(history, random, 5)
            assert_same(line.through([history.view(), "and more"])[0], history.view())


def test_an_end_that_is_gone_is_told_to_the_other(line):
    line.sender.close()
    with pytest.raises(ChannelClosed):
        line.receiver.receive()
    other = Line()
    other.receiver.close()
    with pytest.raises(ChannelClosed):
        other.sender.send(1)
    other.sender.close()
