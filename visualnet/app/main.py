"""Starting and ending the application: QApplication, exception hooks, theme, window, orderly shutdown."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QMessageLogContext, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFont, QIcon
from PySide6.QtWidgets import QApplication

from visualnet.app.faults import reporter
from visualnet.app.files.crash_recovery import nameless_runs
from visualnet.app.files.engine_recovery import EngineRecovery
from visualnet.app.files.settings import Settings
from visualnet.app.files.settings_file import settings_file
from visualnet.app.interpreter import collect_garbage_here, share_interpreter
from visualnet.app.pictures.screenshot import INTERRUPTED, Camera, copied
from visualnet.app.session.session import Session
from visualnet.app.theme import FONT_FAMILY, NORMAL, THEMES, apply_theme, load_fonts, system_theme
from visualnet.app.window.options import WindowOptions
from visualnet.app.window.window import Window
from visualnet.core.resources import resource
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.setup import Setup
from visualnet.core.sources.process import ProcessSource
from visualnet.core.sources.thread import ThreadSource
from visualnet.log import log_file

log = logging.getLogger(__name__)

FRAME = (16, 40)
"""Pixels that a window manager's frame may take, whose size is known only once the window is shown."""


def open_window(options: WindowOptions) -> int:
    """Show the window until it is closed; return the process's exit code."""
    if options.engine is None:
        share_interpreter()
    qInstallMessageHandler(_log_qt_message)
    # A picture shows the program as it is, not as this person has arranged it.
    settings = Settings(None if options.screenshot else settings_file())
    theme_name = options.theme or settings.theme
    application = make_application(theme_name)
    collector = collect_garbage_here()
    folder = None if options.screenshot else nameless_runs()
    source = ThreadSource(folder) if options.engine is None else ProcessSource(folder, options.engine)
    session = Session(nameless_runs=folder, source=source)
    window = Window(session, settings, theme_name, asks_before_closing=options.screenshot is None)
    EngineRecovery(session, window.notice, partial(ProcessSource, folder), window)
    window.resize(*_size(options, settings))
    if options.size is None and options.screenshot is None and settings.is_maximised:
        window.setWindowState(Qt.WindowState.WindowMaximized)
    camera = Camera(window, options) if options.screenshot is not None else None
    _report_exceptions(window, camera)
    session.start()
    if options.run_file is not None and options.screenshot is not None:
        window.run_files.open_run(copied(options.run_file))
    elif options.run_file is not None:
        window.run_files.open_run(options.run_file, fallback=_last_setup(settings))
    else:
        session.start_run(options.setup or _last_setup(settings), journal=options.journal)
    _end_on_signals(camera.interrupt if camera is not None else partial(_interrupt, window))
    window.show()
    code = application.exec()
    session.shut_down()
    collector.timer.stop()
    return camera.exit_code if camera is not None else code


def make_application(theme_name: str) -> QApplication:
    """The QApplication with style, font and theme; the present one where it exists."""
    present = QApplication.instance()
    application = present if isinstance(present, QApplication) else QApplication(["visualnet"])
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
    if options.size is not None:
        return options.size
    width, height = settings.size
    if options.screenshot is not None:
        return width, height
    screen = QApplication.primaryScreen().availableSize()
    return min(width, screen.width() - FRAME[0]), min(height, screen.height() - FRAME[1])


def _last_setup(settings: Settings) -> Setup:
    return load_preset("mnist") if settings.last_setup is None else Setup.from_dict(settings.last_setup)


def _interrupt(window: Window) -> None:
    """End the program at a signal, without asking anything."""
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


def _report_exceptions(window: Window, camera: Camera | None) -> None:
    """Every traceback goes to the log, one sentence to the window, or to the shell where a picture was asked for."""

    def tell(sentence: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        words = f"{sentence} Details are in {log_file()}."
        if camera is not None:
            camera.fail(words)
        else:
            # Later: it may have been in the middle of a paint.
            QTimer.singleShot(0, window, lambda: window.notice.show_notice(words))

    sys.excepthook = hook = reporter(tell)
    threading.excepthook = lambda args: hook(args.exc_type, args.exc_value, args.exc_traceback)
