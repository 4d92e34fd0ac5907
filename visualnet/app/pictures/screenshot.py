"""Pictures of the window for the shell: ``visualnet open PRESET --screenshot FILE``."""

from __future__ import annotations

import atexit
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from visualnet.app.widgets.picture import save_picture
from visualnet.app.widgets.required import required
from visualnet.app.window.options import WindowOptions
from visualnet.app.window.window import Window
from visualnet.core.errors import DataError, RunFileError
from visualnet.core.messages.commands import RequestReport, RunTo
from visualnet.core.messages.events import Paused, Reported, RunOpened, RunStarted
from visualnet.core.runfile.file_parts import copy_run
from visualnet.core.runfile.open_files import refuse_open

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

EXAMPLE_STROKE = (
    (95, 95), (110, 70), (140, 60), (170, 72), (180, 100), (168, 130), (140, 165), (105, 205), (90, 220), (140, 216),
    (195, 218),
)  # fmt: skip
"""A two that is drawn on the pad for a picture, since an empty pad does not show its purpose."""

SETTLING_FRAMES = 12
"""Frames after the last step by which every panel has been drawn."""


class Camera:
    """A screenshot: trains to a step, waits until every panel shows it, saves the window's picture, and ends.

    A run from a file is pictured where it ended, or at the step that is asked for.

    Attributes:
        exit_code: 0 when the picture was written, 1 when it could not be, 130 when it was interrupted.
    """

    def __init__(self, window: Window, options: WindowOptions) -> None:
        self.exit_code = 1
        self._is_interrupted = False
        self._window = window
        self._options = options
        session = window.session
        # Nobody watches: a preset's pace would only be waited for.
        window.transport.keeps_speed = True
        session.run_started.connect(self._on_session_run_started)
        session.run_opened.connect(self._on_session_run_opened)
        session.playhead.moved.connect(self._on_playhead_moved)
        session.paused.connect(self._on_session_paused)
        session.reported.connect(self._on_session_reported)
        session.diverged.connect(self._on_session_stopped)
        session.failed.connect(self._on_session_stopped)
        session.rejected.connect(self._on_session_stopped)

    def interrupt(self) -> None:
        """End now, without a picture; the figures so far are told, where there are any and they are not asked for twice."""
        was_interrupted, self._is_interrupted = self._is_interrupted, True
        self.exit_code = INTERRUPTED
        if was_interrupted or self._window.session.run is None:
            self._end()
            return
        self._window.session.pause()
        self._window.session.send(RequestReport())

    def _on_session_run_started(self, run: RunStarted) -> None:
        self._window.drawing_pad.draw(EXAMPLE_STROKE)
        if self._options.run_file is None:
            self._window.session.send(RunTo(self._options.after_steps))

    def _on_session_run_opened(self, event: RunOpened) -> None:
        session, step = self._window.session, self._options.after_steps
        if 0 < step < session.step:
            session.playhead.move(step)
        else:
            session.send(RunTo(max(step, session.step)))

    def _on_playhead_moved(self) -> None:
        playhead, step = self._window.session.playhead, self._options.after_steps
        if not playhead.is_exact or playhead.is_live:
            return
        playhead.moved.disconnect(self._on_playhead_moved)
        if playhead.step != step:
            print(
                f"Step {step:,} is not known here; the picture is of step {playhead.step:,}.", file=sys.stderr
            )
        self._later(self._take)

    def _on_session_paused(self, event: Paused) -> None:
        if event.reason == "target" and not self._is_interrupted:
            self._later(self._take)

    def _later(self, act: Callable[[], None]) -> None:
        QTimer.singleShot(round(1000 * SETTLING_FRAMES / self._window.session.frame_rate), self._window, act)

    def _take(self) -> None:
        try:
            save_picture(self._window.other_files.picture(), required(self._options.screenshot))
            self.exit_code = 0
        except DataError as error:
            print(f"visualnet: {error}", file=sys.stderr)
        self._window.session.send(RequestReport())

    def _on_session_reported(self, event: Reported) -> None:
        if self._options.print_json:
            interrupted = {"interrupted": True} if self._is_interrupted else {}
            print(json.dumps({**event.report, **interrupted}), flush=True)
        self._end()

    def _on_session_stopped(self, event: Any) -> None:
        self.fail(event.sentence)

    def fail(self, sentence: str) -> None:
        """End without a picture, and say why."""
        print(f"visualnet: {sentence}", file=sys.stderr)
        self.exit_code = self.exit_code or 1
        self._end()

    def _end(self) -> None:
        self._window.close()
        # Later: before the event loop runs there is nothing to quit.
        QTimer.singleShot(0, QApplication.quit)


def copied(run_file: Path) -> Path:
    """A copy of a run's file that ends with the program: a picture leaves the file as it is.

    What is no file, or open, is given back itself: whoever opens it says so, by the name that the person knows.
    """
    try:
        refuse_open(run_file)
    except RunFileError:
        return run_file
    folder = mkdtemp(prefix="visualnet-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = Path(folder, run_file.name)
    copy_run(run_file, copy)
    return copy
