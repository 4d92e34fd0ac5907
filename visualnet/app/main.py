"""Starting and ending the application: QApplication, exception hooks, theme, window, orderly shutdown."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFont, QIcon
from PySide6.QtWidgets import QApplication

from visualnet.app.interpreter import share_interpreter
from visualnet.app.left_runs import nameless_runs
from visualnet.app.session import Session
from visualnet.app.settings import Settings, settings_file
from visualnet.app.theme import FONT_FAMILY, NORMAL, THEMES, apply_theme, load_fonts, system_theme
from visualnet.app.window import Window
from visualnet.core.errors import SetupError
from visualnet.core.resources import resource
from visualnet.core.run.batch import Journal
from visualnet.core.run.commands import RequestReport, RunTo
from visualnet.core.run.events import Paused, Reported, RunStarted
from visualnet.core.run.presets import load_preset
from visualnet.core.run.setup import Setup
from visualnet.log import log_file

log = logging.getLogger(__name__)

DEFAULT_SIZE = (1440, 900)
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

EXAMPLE_STROKE = (
    (95, 95), (110, 70), (140, 60), (170, 72), (180, 100), (168, 130), (140, 165), (105, 205), (90, 220), (140, 216),
    (195, 218),
)  # fmt: skip
"""A two, drawn on the pad of pictures: an empty pad shows nothing of what it is for."""

SETTLING_FRAMES = 12
"""Frames after the last step in which every panel has had its turn."""


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How to open the window.

    Attributes:
        setup: what to train; None: the last one, or the first preset.
        screenshot: write the window's picture here, then end.
        after_steps: steps to train before the picture.
        theme: ``dark`` or ``light``; None: as remembered.
        size: width and height; None: as remembered.
        print_json: print the run's figures as the last line, as ``visualnet train --json`` does.
        journal: commands that take effect at their steps, as a link brings them along.
        run_file: a run's file to open in the place of a setup.
    """

    setup: Setup | None = None
    screenshot: Path | None = None
    after_steps: int = 0
    theme: str | None = None
    size: tuple[int, int] | None = None
    print_json: bool = False
    journal: Journal = ()
    run_file: Path | None = None


def open_window(options: WindowOptions) -> int:
    """Show the window until it is closed; return the process's exit code."""
    share_interpreter()
    qInstallMessageHandler(_log_qt_message)
    # A picture shows the program as it is, not as this person has arranged it.
    settings = Settings(None if options.screenshot else settings_file())
    theme_name = options.theme or settings.get("theme", str, "system")
    application = make_application(theme_name)
    session = Session(nameless_runs=None if options.screenshot else nameless_runs())
    window = Window(session, settings, theme_name, asks_before_closing=options.screenshot is None)
    _report_exceptions(window)
    window.resize(*_size(options, settings))
    session.start()
    if options.run_file is not None:
        window.run_files.open_run(options.run_file, fallback=_last_setup(settings))
    else:
        session.start_run(options.setup or _last_setup(settings), journal=options.journal)
    camera = Camera(window, options) if options.screenshot is not None else None
    _end_on_signals(camera.interrupt if camera is not None else partial(_interrupt, window))
    window.show()
    code = application.exec()
    session.shut_down()
    return camera.exit_code if camera is not None else code


def make_application(theme_name: str) -> QApplication:
    """The QApplication with style, font and theme; the present one where it exists."""
    application = QApplication.instance() or QApplication(["visualnet"])
    application.setApplicationName("visualnet")
    application.setApplicationDisplayName("VisualNet")
    application.setStyle("Fusion")
    load_fonts()
    text_font = QFont(FONT_FAMILY)
    text_font.setPixelSize(NORMAL)
    application.setFont(text_font)
    application.setWindowIcon(QIcon(str(resource("assets", "icon.svg"))))
    apply_theme(application, THEMES.get(theme_name) or system_theme())
    return application


def _size(options: WindowOptions, settings: Settings) -> tuple[int, int]:
    remembered = settings.get("size", list, [])
    if options.size is not None:
        return options.size
    is_sound = len(remembered) == 2 and all(isinstance(n, int) and 640 <= n <= 20_000 for n in remembered)
    width, height = remembered if is_sound else DEFAULT_SIZE
    screen = QApplication.primaryScreen().availableSize()
    if options.screenshot is not None:
        return width, height
    return min(width, screen.width()), min(height, screen.height())


def _last_setup(settings: Settings) -> Setup:
    try:
        return Setup.from_dict(settings.get("last_setup", dict) or load_preset("mnist").to_dict())
    except SetupError as error:
        log.warning("The remembered setup is not valid: %s", error)
        return load_preset("mnist")


def _interrupt(window: Window) -> None:
    """Somebody in the shell wants the program to end: nothing is asked."""
    window.asks_before_closing = False
    window.close()
    QApplication.exit(INTERRUPTED)


def _end_on_signals(end: Callable[[], None]) -> None:
    """Let Ctrl-C in the shell, and a polite kill, end the program in order; the session's ticks let Python hear them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: end())


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """What Qt says is for the log; nobody in a shell can do anything about it."""
    log.warning("Qt: %s", text)


def _report_exceptions(window: Window) -> None:
    """Every traceback goes to the log, one sentence to the window."""

    def report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        log.error("Unforeseen error", exc_info=(kind, error or kind(), trace))
        if threading.current_thread() is threading.main_thread():
            window.notice.show_notice(f"Something went wrong ({error}). Details are in {log_file()}.")

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)


class Camera:
    """Trains to a step, waits until every panel shows it, takes the window's picture, and ends.

    Attributes:
        exit_code: 0 when the picture was written, 130 when it was interrupted.
    """

    def __init__(self, window: Window, options: WindowOptions) -> None:
        self.exit_code = 1
        self._is_interrupted = False
        self._window = window
        self._options = options
        session = window.session
        session.run_started.connect(self._on_session_run_started)
        session.paused.connect(self._on_session_paused)
        session.reported.connect(self._on_session_reported)
        session.diverged.connect(self._on_session_stopped)
        session.failed.connect(self._on_session_stopped)
        session.rejected.connect(self._on_session_stopped)

    def interrupt(self) -> None:
        """End now, without a picture; the figures so far are told."""
        self._is_interrupted = True
        self.exit_code = INTERRUPTED
        self._window.session.pause()
        self._window.session.send(RequestReport())

    def _on_session_run_started(self, run: RunStarted) -> None:
        self._window.drawing_pad.draw(EXAMPLE_STROKE)
        self._window.session.send(RunTo(self._options.after_steps))

    def _on_session_paused(self, event: Paused) -> None:
        if event.reason == "target" and not self._is_interrupted:
            self._later(self._take)

    def _later(self, act: Callable[[], None]) -> None:
        QTimer.singleShot(round(1000 * SETTLING_FRAMES / self._window.session.frame_rate), self._window, act)

    def _take(self) -> None:
        path = self._options.screenshot
        self._window.notice.hide()
        if self._window.grab().save(str(path)):
            self.exit_code = 0
        else:
            print(
                f"{path}: the picture cannot be written there; name a .png in a folder that exists.",
                file=sys.stderr,
            )
        self._window.session.send(RequestReport())

    def _on_session_reported(self, event: Reported) -> None:
        if self._options.print_json:
            interrupted = {"interrupted": True} if self._is_interrupted else {}
            print(json.dumps({**event.report, **interrupted}), flush=True)
        self._window.close()
        QApplication.quit()

    def _on_session_stopped(self, event: Any) -> None:
        print(event.sentence, file=sys.stderr)
        self._window.close()
        QApplication.quit()
