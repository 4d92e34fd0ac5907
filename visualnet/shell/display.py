"""Whether a window, or a picture of one, can be had here, found out before Qt could abort the process."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

from visualnet.core.errors import DataError
from visualnet.core.files import check_writable

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".xpm")
"""Formats that every Qt writes, by the ends of their names; PNG where a name has none."""

WHAT_WORKS = (
    "Without one, use: visualnet train mnist, or visualnet open mnist --screenshot out.png --after-steps 2000"
)
LIBRARIES = "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1"
PLATFORMS_WITHOUT_DISPLAY = ("offscreen", "minimal", "vnc")


def check_picture(path: Path) -> None:
    """Find out before long work that a picture can be written there after it.

    Raises:
        DataError: when it cannot.
    """
    if path.suffix and path.suffix.lower() not in PICTURES:
        raise DataError(path, f"cannot be written: {path.suffix} is no format of pictures; name a .png")
    check_writable(path)


def prepare_display(needs_window: bool) -> str | None:
    """Choose Qt's platform; return a sentence where a window is needed and none can be opened."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if not sys.platform.startswith("linux"):
        return None
    if platform.split(":")[0] in PLATFORMS_WITHOUT_DISPLAY:
        return None
    if _has_display():
        return None
    if needs_window:
        return f"visualnet: there is no display to open a window on. {WHAT_WORKS}"
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return None


def _has_display() -> bool:
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and _connects(os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/"), wayland)):  # noqa: PTH118
        return True
    return bool(os.environ.get("DISPLAY")) and _x_server_answers(os.environ["DISPLAY"])


def _x_server_answers(display: str) -> bool:
    """Whether something listens where DISPLAY points; a remote one counts as listening."""
    match = re.fullmatch(r"(unix)?:(\d+)(\.\d+)?", display)
    if match is None:
        return ":" in display
    path = f"/tmp/.X11-unix/X{match[2]}"
    return _connects(path) or _connects(f"\0{path}")


def _connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def explain_missing_display(error: ImportError) -> str:
    """One line for a Qt that cannot be imported."""
    if error.name and error.name.partition(".")[0] in ("PySide6", "pyqtgraph"):
        return f"visualnet: {error.name} is not installed, so no window can be opened. Install it: pip install visualnet"
    return f"visualnet: Qt cannot be loaded ({error}). On Debian or Ubuntu: sudo apt-get install {LIBRARIES}"
