"""The interpreter lock between the window's thread and a training thread in the same process (``--engine thread``).

While the window computes, the training thread asks for the interpreter after each NumPy call, some thirty
times a step, and waits until the holder's time is over. Measured at 60 Hz, its steps waited 0.15 s of each
second with turns of 0.1 ms and Linux's usual 50 µs of slack on every timer, and 0.02 s with short turns and no
slack; part of what that saves goes into the many turns themselves.

Python collects reference cycles in whichever thread happens to allocate. A Qt object among them would be destroyed
there, and wait for the interpreter while it holds a lock that the window's thread, which has the interpreter, waits
for: both stand still for ever. So only the window's thread collects.
"""

from __future__ import annotations

import ctypes
import sys

from pyqtgraph.util.garbage_collector import GarbageCollector

TURN_SECONDS = 1e-5
"""How long a Python thread may keep the interpreter while another waits."""

PR_SET_TIMERSLACK = 29
"""From linux/prctl.h. The kernel may wake this thread, and those it starts, so many nanoseconds late."""


def share_interpreter() -> None:
    """Let threads take turns quickly. Call it before the training thread starts, which inherits the slack.

    Not where another process trains: the threads that talk to it would take the interpreter from the window at each
    line of Python. Measured so, the window painted 20 to 40 frames of the 60 that it paints without.
    """
    sys.setswitchinterval(TURN_SECONDS)
    if sys.platform == "linux":
        # Without it training is slower, nothing else; so a refusal needs no words.
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, ctypes.c_ulong(1), 0, 0, 0)


def collect_garbage_here() -> GarbageCollector:
    """Let nobody but this thread collect reference cycles, looking each second; needs a QApplication.

    Returns:
        What collects; automatic collection stays off, so keep it as long as the program runs.
    """
    return GarbageCollector()
