"""The two ends of the pipes that the engine's worker reads and writes itself."""

import os
from io import FileIO
from queue import Empty
from threading import Thread

import pytest

from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.sources.channel import Receiver, Sender
from visualnet.core.sources.pipe_mail import PipeInbox, PipeOutbox
from visualnet.core.sources.pipes import has_input, is_abandoned


@pytest.fixture
def pipe():
    """The reading and the writing end."""
    reading, writing = os.pipe()
    ends = FileIO(reading, "rb"), FileIO(writing, "wb")
    yield ends
    for end in ends:
        end.close()


def test_commands_come_in_order_and_one_at_a_time(pipe):
    inbox, sender = PipeInbox(pipe[0]), Sender(pipe[1])
    assert inbox.empty()
    for step in (1, 2, 3):
        sender.send(c.RunTo(step))
    assert not inbox.empty()
    assert [inbox.get() for _ in range(3)] == [c.RunTo(1), c.RunTo(2), c.RunTo(3)]
    assert inbox.empty()


def test_who_waits_in_vain_hears_so(pipe):
    with pytest.raises(Empty):
        PipeInbox(pipe[0]).get(timeout=0.0)
    with pytest.raises(Empty):
        PipeInbox(pipe[0]).get(timeout=0.01)


def test_what_this_process_puts_in_is_found_also_by_who_waits_already(pipe):
    inbox = PipeInbox(pipe[0])
    found = []
    waiting = Thread(target=lambda: found.append(inbox.get()))
    waiting.start()
    inbox.put(c.Stop(keeps_nameless=False))
    waiting.join(10)
    assert found == [c.Stop(keeps_nameless=False)]


def test_the_end_of_the_pipe_is_a_stop_after_all_that_was_sent(pipe):
    inbox, sender = PipeInbox(pipe[0]), Sender(pipe[1])
    assert not is_abandoned(pipe[0])
    sender.send(c.Pause())
    sender.close()
    assert is_abandoned(pipe[0]) and has_input(pipe[0])
    assert [inbox.get(), inbox.get(), inbox.get()] == [c.Pause(), c.Stop(), c.Stop()]


def test_an_event_is_there_at_once_and_one_that_nobody_can_read_hurts_nobody(pipe):
    outbox, receiver = PipeOutbox(pipe[1]), Receiver(pipe[0])
    outbox.post(e.Resumed(1, 5))
    assert has_input(pipe[0])
    assert receiver.receive().events == (e.Resumed(1, 5),)
    receiver.close()
    outbox.post(e.Resumed(2, 6))
