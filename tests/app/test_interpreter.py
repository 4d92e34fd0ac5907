"""What the threads of the program share: who collects garbage."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject, Qt

from visualnet.app.interpreter import collect_garbage_here


class Knot(QObject):
    """Refers to itself, so that only a collection of cycles ends it."""

    def __init__(self, note):
        super().__init__()
        self.itself = self
        self.destroyed.connect(note, Qt.ConnectionType.DirectConnection)


@pytest.fixture
def collector(qapp):
    gc.enable()
    made = collect_garbage_here()
    yield made
    made.timer.stop()


def test_a_working_thread_collects_nothing_and_the_window_thread_does(collector, qtbot):
    ended_in = []
    Knot(lambda: ended_in.append(threading.get_ident()))

    def allocate():
        kept = [[] for _ in range(50_000)]
        del kept

    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert ended_in == []
    allocated = [[] for _ in range(5_000)]
    qtbot.waitUntil(lambda: ended_in == [threading.get_ident()], timeout=5000)
    assert len(allocated) == 5_000
