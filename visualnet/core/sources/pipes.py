"""Pipes between two processes: whether there is something to read, and whether the other end is gone."""

from __future__ import annotations

import sys
from io import FileIO
from time import perf_counter, sleep

if sys.platform == "win32":
    import _winapi
    import msvcrt

    LOOK_SECONDS = 0.002
    """Between two looks at a pipe, where nobody wakes who waits for it."""

    def has_input(pipe: FileIO, seconds: float = 0.0) -> bool:
        """Whether a read returns at once, also because the other end is gone; waits so long for it."""
        deadline = perf_counter() + seconds
        while not (is_abandoned(pipe) or _waiting_bytes(pipe)):
            if perf_counter() >= deadline:
                return False
            sleep(LOOK_SECONDS)
        return True

    def is_abandoned(pipe: FileIO) -> bool:
        """Whether the end that writes is closed, whatever is left to be read."""
        try:
            _waiting_bytes(pipe)
        except BrokenPipeError:
            return True
        return False

    def _waiting_bytes(pipe: FileIO) -> int:
        return _winapi.PeekNamedPipe(msvcrt.get_osfhandle(pipe.fileno()), 0)[0]

else:
    import select

    def has_input(pipe: FileIO, seconds: float = 0.0) -> bool:
        """Whether a read returns at once, also because the other end is gone; waits so long for it."""
        return bool(select.select([pipe], [], [], seconds)[0])

    def is_abandoned(pipe: FileIO) -> bool:
        """Whether the end that writes is closed, whatever is left to be read."""
        poll = select.poll()
        # Nothing is asked for: an end that was closed is told all the same.
        poll.register(pipe, 0)
        return bool(poll.poll(0))
