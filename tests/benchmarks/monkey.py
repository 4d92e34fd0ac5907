"""Random actions on the real window: mouse, keys, menus, dialogs, docks, sizes, presets, files.

    python -m tests.benchmarks.monkey [--seconds 60] [--seed 0]

An error or a traceback in the log, a warning of Qt's, a freeze of more than 5 seconds, a crash, and a widget or a
thread that is left at the end are failures: then the seed and the last actions are printed. The window lives in a
process of its own, without a screen, with folders that are thrown away, and without a network.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

ROOT = Path(__file__).parents[2]
LONGEST_FREEZE = 5.0
CRASHED_AFTER = 60.0
"""Seconds in one action after which the process is given up, with the stacks of its threads."""

LAST = 15
KNOWN_OF_QT = ("This plugin does not support", "propagateSizeHints", "occurs outside target window")
NEVER_CHOSEN = ("&Quit", "Quit", "&Close")
KEYS = (
    "Space", "Left", "Right", "Home", "End", "Up", "Down", "Tab", "Return", "Escape", "Delete", "Backspace",
    "BracketLeft", "BracketRight", "F11", "F6", "0", "3", "9", "Period", "Minus", "E", "N", "A",
)  # fmt: skip
MODIFIERS = ("NoModifier", "NoModifier", "NoModifier", "ControlModifier", "ShiftModifier", "AltModifier")
SIZES = ((1280, 720), (640, 480), (900, 1000), (1920, 1080), (2560, 1440), (700, 700))


def main() -> int:
    """Read the options; let the window live in another process, and tell what it came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        return Monkey(Random(options.seed), options.child).play(options.seconds)
    failure = fault_of(options.seconds, options.seed)
    print(failure or f"{options.seconds:g} seconds of seed {options.seed}: nothing wrong")
    return int(failure is not None)


def own_seconds() -> float:
    """A clock that stands still while other processes have this thread's processor, where the system tells (Linux)."""
    told = Path("/proc/thread-self/schedstat")
    waited = int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0
    return monotonic() - waited


def fault_of(seconds: float, seed: int) -> str | None:
    """What is wrong after so many seconds of random actions; None where nothing is."""
    with TemporaryDirectory() as folder:
        places = {f"XDG_{name}_HOME": f"{folder}/{name}" for name in ("CONFIG", "CACHE", "STATE", "DATA")}
        own = {"HOME": folder, "QT_QPA_PLATFORM": "offscreen", "NO_AT_BRIDGE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.monkey", "--child", folder]
            + ["--seconds", str(seconds), "--seed", str(seed)],
            cwd=ROOT,
            env={**os.environ, **places, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return None
        actions = Path(folder, "actions").read_text().splitlines()
        last = "\n".join(f"    {line}" for line in actions[-LAST:])
        said = (done.stdout + done.stderr).strip()
        return f"seed {seed}, exit code {done.returncode} after {len(actions)} actions, the last\n{last}\n{said[-6000:]}"


class Faults(logging.Handler):
    """What was logged as an error, by the program, by Qt or by Python itself."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.all: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See Handler."""
        self.all.append(logging.Formatter().format(record))

    def hear_qt(self, kind: Any, context: Any, text: str) -> None:
        """A message handler for Qt."""
        if not any(known in text for known in KNOWN_OF_QT):
            self.all.append(f"Qt: {text}\n{''.join(traceback.format_stack(limit=8)[:-1])}")


class Monkey:
    """Somebody without a plan at the window.

    Args:
        random: what is done.
        folder: for files, and for the list of what was done.
    """

    def __init__(self, random: Random, folder: Path) -> None:
        from PySide6.QtCore import QTimer, qInstallMessageHandler

        from visualnet.app.files.crash_recovery import nameless_runs
        from visualnet.app.files.settings import Settings
        from visualnet.app.files.settings_file import settings_file
        from visualnet.app.interpreter import collect_garbage_here
        from visualnet.app.main import make_application
        from visualnet.app.session.session import Session
        from visualnet.app.window.window import Window
        from visualnet.core.setup.presets import load_preset

        self._random, self._folder = random, folder
        self._actions = (folder / "actions").open("w")
        self._faults = Faults()
        logging.getLogger().addHandler(self._faults)
        sys.excepthook = self._on_error
        threading.excepthook = lambda args: self._on_error(args.exc_type, args.exc_value, args.exc_traceback)
        self._application = make_application("dark")
        qInstallMessageHandler(self._faults.hear_qt)
        self._collector = collect_garbage_here()
        self._session = Session(nameless_runs=nameless_runs())
        self._window = Window(self._session, Settings(settings_file()), "dark", asks_before_closing=True)
        self._window.resize(1280, 720)
        self._session.start()
        self._session.start_run(load_preset("xor"))
        self._window.show()
        self._shoot: Callable[..., None] = QTimer.singleShot
        self._is_at_its_end = False
        self._answer_soon()
        self._make_files()

    def _on_error(self, kind: Any, error: Any, trace: Any) -> None:
        logging.getLogger("monkey").error("Unforeseen error", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)

    def _make_files(self) -> None:
        """Some that can be read, some that cannot."""
        lines = ["a,b,c", *(f"{n},{n * n % 7},{'yes' if n % 3 else 'no'}" for n in range(30))]
        (self._folder / "table.csv").write_text("\n".join(lines))
        (self._folder / "broken.vnet").write_bytes(b"nonsense")
        (self._folder / "broken.csv").write_bytes(b"\0\xff\n,,,")

    def _note(self, words: str) -> None:
        self._actions.write(words.replace("\n", " ")[:300] + "\n")
        self._actions.flush()

    def play(self, seconds: float) -> int:
        """Do things for so long, then close; 0 where nothing was wrong."""
        faulthandler.enable()
        deadline = monotonic() + seconds
        longest = 0.0
        while monotonic() < deadline and not self._faults.all and longest < LONGEST_FREEZE:
            faulthandler.dump_traceback_later(CRASHED_AFTER, exit=True)
            started = own_seconds()
            self._act()
            self._application.processEvents()
            longest = max(longest, own_seconds() - started)
        if longest >= LONGEST_FREEZE:
            self._faults.all.append(f"an action took {longest:.1f} s")
        self._close()
        print("\n".join(self._faults.all[:3]))
        return int(bool(self._faults.all))

    def _close(self) -> None:
        faulthandler.dump_traceback_later(CRASHED_AFTER, exit=True)
        self._note("the end")
        self._is_at_its_end = True
        for widget in (self._application.activePopupWidget(), self._application.activeModalWidget()):
            if widget is not None:
                widget.close()
        self._window.asks_before_closing = False
        self._window.close()
        self._collector.timer.stop()
        self._window.deleteLater()
        self._application.sendPostedEvents(None, 52)  # QEvent.Type.DeferredDelete
        self._application.processEvents()
        shown = [widget for widget in self._application.topLevelWidgets() if widget.isVisible()]
        threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("visualnet")]
        if shown:
            self._faults.all.append(f"left on the screen: {shown}")
        if threads:
            self._faults.all.append(f"threads left: {threads}")

    def _act(self) -> None:
        acts: dict[Callable[[], None], int] = {
            self._click: 10,
            self._drag: 3,
            self._turn_wheel: 2,
            self._press_key: 8,
            self._type: 3,
            self._choose_action: 4,
            self._resize: 1,
            self._choose_preset: 1,
            self._move_dock: 2,
            self._drop_file: 1,
            self._wait: 4,
        }
        (act,) = self._random.choices(list(acts), list(acts.values()))
        act()

    def _some_widget(self) -> Any:
        """What lies at a random place of the window, or of what floats beside it."""
        from PySide6.QtCore import QPoint
        from PySide6.QtWidgets import QDockWidget

        floating = [
            dock for dock in self._window.findChildren(QDockWidget) if dock.isFloating() and dock.isVisible()
        ]
        top = self._random.choice(floating) if floating and self._random.random() < 0.3 else self._window
        place = QPoint(
            self._random.randrange(max(1, top.width())), self._random.randrange(max(1, top.height()))
        )
        widget = top.childAt(place) or top
        return widget, widget.mapFrom(top, place)

    def _click(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        widget, place = self._some_widget()
        button = self._random.choice((Qt.MouseButton.LeftButton,) * 6 + (Qt.MouseButton.RightButton,))
        clicks, window = self._random.choice((1, 1, 1, 2)), widget.window()
        self._note(f"{clicks} clicks {button.name} on {_name(widget)} at {place.x()}, {place.y()}")
        # To the window, as from a mouse: what lies there is found anew for each press, should one delete a widget.
        place = widget.mapTo(window, place)
        for act in (QTest.mousePress, QTest.mouseRelease) * clicks:
            if window.windowHandle() is not None:
                act(window.windowHandle(), button, Qt.KeyboardModifier.NoModifier, place)

    def _drag(self) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        widget, place = self._some_widget()
        to = widget.mapTo(widget.window(), place)
        to += QPoint(self._random.randint(-300, 300), self._random.randint(-200, 200))
        size = widget.window().size()
        to = QPoint(min(max(to.x(), 0), size.width() - 1), min(max(to.y(), 0), size.height() - 1))
        end = widget.mapFrom(widget.window(), to)
        self._note(f"drag on {_name(widget)} from {place.x()}, {place.y()} to {end.x()}, {end.y()}")
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        window, begin = widget.window(), widget.mapTo(widget.window(), place)
        QTest.mousePress(window.windowHandle(), left, none, begin)
        for part in range(1, 5):
            if window.windowHandle() is not None:
                QTest.mouseMove(window.windowHandle(), begin + (to - begin) * (part / 4))
            self._application.processEvents()
        if window.windowHandle() is not None:
            QTest.mouseRelease(window.windowHandle(), left, none, to)

    def _turn_wheel(self) -> None:
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent

        widget, place = self._some_widget()
        turn = QPoint(0, self._random.choice((-120, 120, 600)))
        self._note(f"wheel {turn.y()} on {_name(widget)}")
        event = QWheelEvent(
            QPointF(place), QPointF(widget.mapToGlobal(place)), QPoint(), turn,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        self._application.sendEvent(widget, event)

    def _press_key(self) -> None:
        from PySide6.QtCore import Qt

        name, modifier = self._random.choice(KEYS), self._random.choice(MODIFIERS)
        chance = self._random.random()
        if chance < 0.25:
            # There and back again through what was done.
            name, modifier = "Z" if chance < 0.15 else "Y", "ControlModifier"
        self._note(f"key {modifier} {name} for {_name(self._application.focusWidget())}")
        self._press(getattr(Qt.Key, f"Key_{name}"), getattr(Qt.KeyboardModifier, modifier))

    def _press(self, key: Any, held: Any = None) -> None:
        """Press a key, as from a keyboard: whatever has the focus now gets it."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        none = Qt.KeyboardModifier.NoModifier
        alone = {Qt.KeyboardModifier.AltModifier: Qt.Key.Key_Alt}.get(held)
        if alone is not None:
            # Alt closes a menu. QTest would press it together with the key, in the window that is gone with the menu.
            self._act_on_top(QTest.keyPress, alone, none)
            self._act_on_top(QTest.keyRelease, alone, none)
        for act in (QTest.keyPress, QTest.keyRelease):
            self._act_on_top(act, key, held or none)

    def _act_on_top(self, act: Callable[..., None], key: Any, held: Any) -> None:
        """What has the focus may be gone with the press; without a screen Qt takes it for what has it still."""
        application = self._application
        top = application.activePopupWidget() or application.activeModalWidget() or self._window
        if top.windowHandle() is not None:
            act(top.windowHandle(), key, held)

    def _type(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit

        fields = [
            field
            for kind in (QLineEdit, QAbstractSpinBox)
            for field in self._window.findChildren(kind)
            if field.isVisible() and field.isEnabled()
        ]
        if not fields:
            return
        field = self._random.choice(fields)
        text = self._random.choice(
            ("1", "0", "-3", "0.01", "1e400", "nan", "inf", "40", "abc", "", "~nosuchuser/x", "\ud800x")
        )
        self._note(f"type {text!r} into {_name(field)}")
        field.setFocus()
        field.selectAll()
        for letter in text.encode("utf-8", "replace").decode():
            self._press(letter)
        self._press(self._random.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab)))

    def _choose_action(self) -> None:
        from PySide6.QtWidgets import QMenuBar

        bars = self._window.findChildren(QMenuBar)
        actions = [action for bar in bars for action in _actions_of(bar.actions()) if action.isEnabled()]
        action = self._random.choice(actions)
        self._note(f"action {action.text()!r}")
        action.trigger()

    def _resize(self) -> None:
        size = self._random.choice(SIZES)
        self._note(f"resize to {size}")
        self._window.resize(*size)

    def _choose_preset(self) -> None:
        from visualnet.core.setup.presets import PRESETS, load_preset

        name = self._random.choice(PRESETS)
        self._note(f"preset {name}")
        self._session.start_run(load_preset(name))

    def _move_dock(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QDockWidget

        docks = [dock for dock in self._window.findChildren(QDockWidget) if dock.isVisible()]
        if not docks:
            return
        dock = self._random.choice(docks)
        way = self._random.choice(("float", "raise", "move", "tabify"))
        self._note(f"dock {way} {_name(dock)}")
        other = self._random.choice(docks)
        if way == "float":
            dock.setFloating(not dock.isFloating())
        elif way == "raise":
            dock.raise_()
        elif way == "move":
            areas = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
            self._window.addDockWidget(self._random.choice(areas), dock)
        elif other is not dock and not dock.isFloating() and not other.isFloating():
            self._window.tabifyDockWidget(other, dock)

    def _drop_file(self) -> None:
        from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
        from PySide6.QtGui import QDropEvent

        paths = sorted(path for path in self._folder.iterdir() if path.name != "actions")
        path = self._random.choice(paths)
        self._note(f"drop {path.name}")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        event = QDropEvent(
            QPointF(300, 300),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        self._application.sendEvent(self._window, event)

    def _wait(self) -> None:
        from PySide6.QtTest import QTest

        milliseconds = self._random.choice((0, 20, 100, 400))
        self._note(f"wait {milliseconds} ms")
        QTest.qWait(milliseconds)

    def _answer_soon(self) -> None:
        """An answer may bring another question, so the next one is due before this one is given."""
        if not self._is_at_its_end:
            self._shoot(60, self._answer_soon)
            self._answer()

    def _answer(self) -> None:
        """Whatever asks something gets an answer."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QMenu

        popup = self._application.activePopupWidget()
        if isinstance(popup, QMenu) and self._random.random() < 0.5:
            actions = [
                action
                for action in popup.actions()
                if action.isEnabled() and action.text() not in NEVER_CHOSEN
            ]
            if actions:
                action = self._random.choice(actions)
                self._note(f"chooses {action.text()!r} in a menu")
                popup.close()
                if action.menu() is None:
                    action.trigger()
                return
        if popup is not None:
            self._note(f"closes {_name(popup)}")
            popup.close()
            return
        dialog = self._application.activeModalWidget()
        if dialog is None:
            return
        if isinstance(dialog, QFileDialog):
            self._answer_file_dialog(dialog)
            return
        for field in dialog.findChildren(QLineEdit):
            QTest.keyClicks(field, self._random.choice(("visualnet:1abc", "7", "")))
        buttons = [one for one in dialog.findChildren(QAbstractButton) if one.isVisible() and one.isEnabled()]
        if buttons and self._random.random() < 0.8:
            button = self._random.choice(buttons)
            self._note(f"answers {dialog.windowTitle()!r} with {button.text()!r}")
            button.click()
        else:
            self._note(f"leaves {dialog.windowTitle()!r}")
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    def _answer_file_dialog(self, dialog: Any) -> None:
        names = (
            "one.vnet",
            "two.vnet",
            "table.csv",
            "p.safetensors",
            "picture.png",
            "broken.vnet",
            "n.onnx",
            "s.json",
        )
        name = self._random.choice(names)
        self._note(f"answers {dialog.windowTitle()!r} with {name}")
        if self._random.random() < 0.2:
            dialog.reject()
            return
        dialog.setDirectory(str(self._folder))
        dialog.selectFile(name)
        dialog.accept()
        if dialog.isVisible() and self._application.activeModalWidget() is dialog:
            dialog.reject()


def _actions_of(actions: Iterable[Any]) -> Iterator[Any]:
    """What can be chosen in menus and those inside them."""
    for action in actions:
        if action.menu() is not None:
            yield from _actions_of(action.menu().actions())
        elif action.text() and action.text() not in NEVER_CHOSEN:
            yield action


def _name(widget: Any) -> str:
    """What it is, and in what."""
    names = []
    while widget is not None and len(names) < 4:
        names.append(type(widget).__name__ + (f" {widget.objectName()!r}" if widget.objectName() else ""))
        widget = widget.parentWidget()
    return " in ".join(names)


if __name__ == "__main__":
    sys.exit(main())
