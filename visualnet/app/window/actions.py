"""Everything that the menus offer, in one table: menus, keys, the list of keys and the palette are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from visualnet.app.bars.transport import Transport
from visualnet.app.files.run_file_actions import RunFileActions
from visualnet.app.panels.setup.setup_panel import SetupPanel
from visualnet.app.session.session import Session
from visualnet.app.window.data_layouts import DataLayouts
from visualnet.app.window.dock import PanelDock
from visualnet.app.window.help import Help
from visualnet.app.window.history_menu import HistoryMenu
from visualnet.app.window.keys import REDO_KEYS, UNDO_KEY
from visualnet.app.window.other_files import OtherFiles
from visualnet.app.window.panel_keys import NEXT_KEYS, PREVIOUS_KEYS, PanelKeys
from visualnet.app.window.past_memory import PastMemory
from visualnet.app.window.themes import Themes
from visualnet.core.setup.presets import PRESETS


class Parts(Protocol):
    """What actions act on: the parts of a window."""

    session: Session
    transport: Transport
    docks: dict[str, PanelDock]
    run_files: RunFileActions
    other_files: OtherFiles
    past_memory: PastMemory
    panel_keys: PanelKeys
    layouts: DataLayouts
    themes: Themes
    help: Help

    @property
    def setup_panel(self) -> SetupPanel: ...

    def close(self) -> bool: ...

    def compare_with_parent(self) -> None: ...

    def toggle_full_screen(self) -> None: ...

    def show_palette(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a menu that does something.

    Attributes:
        menu: where it stands.
        text: on screen; an ampersand stands before the letter that chooses it.
        run: does it.
        keys: what presses it.
    """

    menu: str
    text: str
    run: Callable[[Parts], object]
    keys: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its text without marks."""
        return self.text.replace("&", "").removesuffix("…")


@dataclass(frozen=True, slots=True)
class Submenu:
    """A menu in a menu.

    Attributes:
        menu: where it stands.
        make: adds it to that menu.
    """

    menu: str
    make: Callable[[Parts, QMenu], object]


@dataclass(frozen=True, slots=True)
class Given:
    """Lines whose actions another part of the window has made.

    Attributes:
        menu: where they stand.
        actions: gives them.
    """

    menu: str
    actions: Callable[[Parts], Iterable[QAction]]


@dataclass(frozen=True, slots=True)
class Line:
    """What parts one group of a menu from the next."""

    menu: str


def _recent(parts: Parts, menu: QMenu) -> None:
    recent = menu.addMenu("&Recent runs")
    recent.aboutToShow.connect(lambda: parts.run_files.fill_recent(recent))


def _presets(parts: Parts, menu: QMenu) -> None:
    presets = menu.addMenu("Open &preset")
    for name in PRESETS:
        presets.addAction(name).triggered.connect(partial(_open_preset, parts, name))


def _open_preset(parts: Parts, name: str) -> None:
    parts.session.open_preset(name)


def _exports(parts: Parts, menu: QMenu) -> None:
    exports = menu.addMenu("&Export")
    for text, form in (("&History (csv)…", "csv"), ("History and &parameters (npz)…", "npz")):
        exports.addAction(text).triggered.connect(partial(_export, parts, form))


def _export(parts: Parts, form: str) -> None:
    parts.run_files.export(form)


def _history(parts: Parts, menu: QMenu) -> None:
    menu.addMenu(HistoryMenu(parts.session.history, menu))


FILE, EDIT, RUN, VIEW, HELP = "&File", "&Edit", "&Run", "&View", "&Help"
UNDO, REDO, COMPARE = "&Undo", "&Redo", "&Compare with parent"

ACTIONS: tuple[Action | Submenu | Given | Line, ...] = (
    Action(FILE, "&Open run…", lambda parts: parts.run_files.choose_run(), ("Ctrl+O",)),
    Submenu(FILE, _recent),
    Action(FILE, "&Kept runs…", lambda parts: parts.run_files.show_kept()),
    Action(FILE, "&Save run as…", lambda parts: parts.run_files.choose_place(), ("Ctrl+S",)),
    Line(FILE),
    Submenu(FILE, _presets),
    Action(FILE, "Open &data…", lambda parts: parts.other_files.choose_data(), ("Ctrl+D",)),
    Action(FILE, "Open &image folder…", lambda parts: parts.other_files.choose_image_folder()),
    Line(FILE),
    Action(FILE, "Open &link…", lambda parts: parts.run_files.open_link(), ("Ctrl+L",)),
    Action(FILE, "&Copy link", lambda parts: parts.run_files.copy_link(), ("Ctrl+Shift+C",)),
    Line(FILE),
    Action(FILE, "Open para&meters…", lambda parts: parts.other_files.choose_parameters()),
    Action(FILE, "Sa&ve parameters…", lambda parts: parts.other_files.choose_place_of_parameters()),
    Submenu(FILE, _exports),
    Action(
        FILE, "Save p&icture…", lambda parts: parts.other_files.choose_place_of_picture(), ("Ctrl+Shift+S",)
    ),
    Action(FILE, "Save &table of runs…", lambda parts: parts.other_files.choose_place_of_table()),
    Line(FILE),
    Action(FILE, "&Quit", lambda parts: parts.close(), ("Ctrl+Q",)),
    Action(EDIT, UNDO, lambda parts: parts.session.history.undo(), (UNDO_KEY,)),
    Action(EDIT, REDO, lambda parts: parts.session.history.redo(), REDO_KEYS),
    Line(EDIT),
    Submenu(EDIT, _history),
    Given(RUN, lambda parts: parts.transport.stepping),
    Action(RUN, "Back to &live", lambda parts: parts.session.playhead.go_live(), ("Esc",)),
    Line(RUN),
    Action(RUN, "&Faster", lambda parts: parts.transport.faster(), ("]",)),
    Action(RUN, "&Slower", lambda parts: parts.transport.slower(), ("[",)),
    Line(RUN),
    Given(RUN, lambda parts: parts.transport.starting),
    Action(RUN, "Find a &rate…", lambda parts: parts.setup_panel.find_rate(), ("Ctrl+F",)),
    Action(RUN, COMPARE, lambda parts: parts.compare_with_parent(), ("Ctrl+K",)),
    Line(RUN),
    Action(RUN, "&Memory for the past…", lambda parts: parts.past_memory.ask()),
    Given(VIEW, lambda parts: [dock.toggleViewAction() for dock in parts.docks.values()]),
    Line(VIEW),
    Action(VIEW, "&Next panel", lambda parts: parts.panel_keys.go_next(), NEXT_KEYS),
    Action(VIEW, "&Previous panel", lambda parts: parts.panel_keys.go_previous(), PREVIOUS_KEYS),
    Action(VIEW, "&Reset panels", lambda parts: parts.layouts.reset()),
    Line(VIEW),
    Given(VIEW, lambda parts: parts.themes.actions),
    Line(VIEW),
    Action(VIEW, "&Full screen", lambda parts: parts.toggle_full_screen(), ("F11",)),
    Action(HELP, "&Find a command…", lambda parts: parts.show_palette(), ("Ctrl+Shift+P",)),
    Action(HELP, "&Keys", lambda parts: parts.help.show_keys(), ("F1",)),
    Action(HELP, "Show &log file", lambda parts: parts.help.show_log()),
    Action(HELP, "&About VisualNet", lambda parts: parts.help.show_about()),
)
"""Menu by menu, line by line."""
