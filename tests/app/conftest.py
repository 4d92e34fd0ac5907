"""Offscreen Qt for every test of the app, and guards: no leaked thread, timer or window, no Qt warning."""

import os
import threading

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from pytestqt.qtbot import QtBot

from visualnet.app import theme as themes
from visualnet.app.files.settings import Settings
from visualnet.app.main import make_application
from visualnet.app.panels.setup.setup_panel import SetupPanel
from visualnet.app.session.session import Session
from visualnet.app.window.window import Window
from visualnet.core.setup.presets import load_preset

PATIENCE = 30_000
"""Milliseconds."""


@pytest.fixture(scope="session")
def qapp(qapp_args, qapp_cls, pytestconfig):
    return make_application("dark")


class PatientBot(QtBot):
    """Waits for a condition as long as a busy machine may need, unless a test says how long."""

    def waitUntil(self, callback, *, timeout=PATIENCE):
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal, *, timeout=PATIENCE, **options):
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp, request):
    return PatientBot(request)


@pytest.fixture(autouse=True)
def isolated_home(tmp_path, monkeypatch):
    """No test reads or writes the settings, caches and logs of the person who runs it."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture(autouse=True)
def nothing_leaks(qapp, isolated_home):
    """After each test no thread of ours runs and no top-level widget is visible."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("visualnet")]
    assert not left, f"threads left running: {left}"
    qapp.sendPostedEvents()
    qapp.processEvents()
    visible = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    assert not visible, f"windows left open: {visible}"


@pytest.fixture
def theme():
    return themes.DARK


@pytest.fixture
def session(qtbot):
    """A session that ends before qtbot deletes the panels which it feeds."""
    made = Session(frame_rate=60, adapts=False)
    made.start()
    yield made
    assert made.shut_down()


@pytest.fixture
def open_window(qtbot):
    """A function that opens the whole window with a Setup, before its first step, and makes it active."""
    windows = []

    def opened(
        setup,
        settings,
        size=(1280, 720),
        nameless_runs=None,
        asks_before_closing=False,
        keeps_speed=True,
    ):
        # At full speed, whatever pace a preset proposes: nobody watches.
        session = Session(frame_rate=60, adapts=False, nameless_runs=nameless_runs)
        window = Window(session, settings, "dark", asks_before_closing=asks_before_closing)
        windows.append(window)
        window.transport.keeps_speed = keeps_speed
        window.resize(*size)
        session.start()
        with qtbot.waitSignal(session.run_started, timeout=20_000):
            session.start_run(setup)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield opened
    for window in windows:
        window.asks_before_closing = False
        window.close()
        window.deleteLater()


@pytest.fixture
def xor_window(open_window):
    """The whole window with xor before its first step."""
    return open_window(load_preset("xor"), Settings(None))


@pytest.fixture
def open_panel(qtbot, session, theme):
    """A function that gives the rail of a preset's run."""

    def opened(preset):
        made = SetupPanel(session, theme)
        qtbot.addWidget(made)
        made.resize(280, 720)
        made.show()
        session.run_started.connect(made.show_run)
        with qtbot.waitSignal(session.run_started, timeout=20_000):
            session.start_run(load_preset(preset))
        made.activateWindow()
        qtbot.waitUntil(made.isActiveWindow)
        return made

    return opened
