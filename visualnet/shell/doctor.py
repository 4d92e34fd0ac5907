"""``visualnet doctor``: what this machine computes with, and whether it computes rightly."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import numpy as np

from visualnet import __version__
from visualnet.core.training.threads import blas_description
from visualnet.log import log_file

SHAPES = ((1, 784, 100), (64, 784, 100), (3, 2, 1), (257, 129, 65), (1000, 50, 10))
QT_QUESTION = (
    "import PySide6.QtCore as c, PySide6.QtGui as g, PySide6, pyqtgraph as p;"
    "a = g.QGuiApplication([]);"
    "print('PySide6', PySide6.__version__, '· Qt', c.qVersion(), '· pyqtgraph', p.__version__,"
    " '· platform', a.platformName())"
)


def examine() -> tuple[str, bool]:
    """A text to paste into a bug report, and whether the self-check passed."""
    faults = _wrong_products()
    lines = [
        f"visualnet {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} processors",
        f"NumPy {np.__version__}",
        *(
            f"BLAS {b['internal_api']} {b['version']}, kernel {b['architecture']}, {b['num_threads']} threads"
            for b in blas_description()
        ),
        *(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("OPENBLAS_")),
        _qt_line(),
        f"log file {log_file()}",
        "matrix products: " + ("right" if not faults else "WRONG for " + ", ".join(faults)),
    ]
    return "\n".join(lines), not faults


def _qt_line() -> str:
    """Asked in a process of its own: a broken Qt may abort it."""
    environment = {**os.environ}
    if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        answer = subprocess.run(
            [sys.executable, "-c", QT_QUESTION],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Qt: no answer ({error})"
    if answer.returncode == 0:
        return answer.stdout.strip()
    return f"Qt cannot be loaded: {(answer.stderr.strip().splitlines() or ['no reason given'])[-1]}"


def _wrong_products() -> list[str]:
    """Products of small whole numbers, which floating point must give exactly, compared with integers."""
    generator = np.random.Generator(np.random.PCG64(0))
    faults = []
    for rows, inner, columns in SHAPES:
        a = generator.integers(-8, 9, (rows, inner))
        b = generator.integers(-8, 9, (inner, columns))
        faults += [
            f"{rows}×{inner}×{columns} {np.dtype(dtype).name}"
            for dtype in (np.float32, np.float64)
            if not np.array_equal(a.astype(dtype) @ b.astype(dtype), a @ b)
        ]
    return faults
