"""Starting the engine's process. Imports next to nothing, so that the engine can load NumPy while the window loads Qt."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path[:] = {path!r}
from visualnet.core.sources.host import main
main()"""
"""Not ``-m`` and not multiprocessing: the program that starts us, a notebook or a script without a guard, is not run
again, and finds its modules where this process does. Ctrl-C reaches all processes of a terminal; what it means is for
the window to say."""

PIPE_BYTES = 1 << 20
"""Room for a frame with the weights of a large layer, where the system gives it: the engine need not wait for the window
to read. As much as Linux gives anybody; elsewhere it is not asked for."""


def launch_engine() -> subprocess.Popen[bytes]:
    """A process that waits for commands at its standard input and tells at its standard output what happens.

    It ends when its input does, and with it when this process does, however that ends.
    """
    program = PROGRAM.format(path=sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        pipesize=PIPE_BYTES,
    )
