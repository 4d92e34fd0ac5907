"""The layout of the panels: default arrangements, a person's own, and what either becomes at another size.

Qt keeps docks in pixels, and gives the room of a larger window to any of them. So the sizes of all are set anew
after each resize, from one thing that is remembered: the default, or the places that a hand has given them. A panel
that comes back to where it was brings back the sizes that were. So no sequence of resizes leaves a trace.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from PySide6.QtCore import QByteArray, QObject, QRect, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar

from visualnet.app.panels.catalogue import default_names
from visualnet.app.panels.info import DataKind, Place
from visualnet.app.theme import GRID
from visualnet.app.widgets.required import required

LAYOUT_VERSION = 4
"""Raise it whenever what is kept changes: older layouts are then left alone, as are those of other panels."""

MAXIMUM_CHARACTERS = 20_000
SIDES = range(100, 100_000)
"""Pixels that the side of a window may have."""

RAIL, RAIL_WIDTH = default_names(DataKind.IMAGES)[Place.RAIL], 300
"""The panel of controls, which are not better for being wider: its width stays, pictures take the room."""

LEAST_CURVES, SHARE_OF_CURVES, SHARE_WITHOUT_PICTURES = 204, 0.3, 0.5
"""Of the height; where there are no pictures, the curves are as much to look at as the weights."""

RIGHT_SHARES, LEAST_RIGHT = {DataKind.PLANE: 0.44, DataKind.IMAGES: 0.35}, 376
"""Share of what the rail leaves for the right column: a surface is square, tiles of weights fill any room."""

TOLERANCE = 3
"""Pixels that Qt's rounding may move an edge by."""

Docks = Mapping[str, QDockWidget]
Sizes = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Places:
    """The places of the docks in view.

    Attributes:
        area: all of the room for docks.
        docks: by panel name.
    """

    area: QRect
    docks: Mapping[str, QRect]

    def sizes_in(self, area: QRect) -> Sizes:
        """The sizes that keep these proportions in an area of another size, the rail's width apart."""
        across, down = self._edges_across(area), self._edges_down(area)
        return {
            name: (
                across(place.right() + 1 + GRID) - across(place.left()) - GRID,
                down(place.bottom() + 1 + GRID) - down(place.top()) - GRID,
            )
            for name, place in self.docks.items()
        }

    def _edges_across(self, area: QRect) -> Any:
        """From the left edge of a dock, or that of its right neighbour, to where it comes to stand."""
        start, end = self._rail
        kept = end - start
        scale = (area.width() + GRID - kept) / max(self.area.width() + GRID - kept, 1)

        def moved(edge: int) -> int:
            x = edge - self.area.left()
            inside = min(max(x - start, 0), kept)
            return round((x - inside) * scale + inside)

        return moved

    def _edges_down(self, area: QRect) -> Any:
        scale = (area.height() + GRID) / max(self.area.height() + GRID, 1)
        return lambda edge: round((edge - self.area.top()) * scale)

    @property
    def _rail(self) -> tuple[int, int]:
        """Where the rail begins and ends across; nowhere, where it lies under pictures and not beside them."""
        rail = self.docks.get(RAIL)
        if rail is None or rail.width() > self.area.width() // 2:
            return 0, 0
        return rail.left() - self.area.left(), rail.right() + 1 + GRID - self.area.left()

    def order(self, names: set[str]) -> dict[tuple[str, str], tuple[int, int]]:
        """Which of each two of these docks lies left of the other, and which above: what dragging one changes."""
        named = sorted(names & self.docks.keys())
        return {
            (one, two): _sides(self.docks[one], self.docks[two])
            for place, one in enumerate(named)
            for two in named[place + 1 :]
        }

    def equals(self, other: Places) -> bool:
        """Whether docks stand in the same places, whichever panel a tab shows there."""
        ours, theirs = (sorted(_numbers(rect) for rect in one.docks.values()) for one in (self, other))
        return len(ours) == len(theirs) and all(
            abs(a - b) <= TOLERANCE
            for one, two in zip(ours, theirs, strict=True)
            for a, b in zip(one, two, strict=True)
        )


def _numbers(rect: QRect) -> tuple[int, int, int, int]:
    return rect.x(), rect.y(), rect.width(), rect.height()


def _sides(one: QRect, two: QRect) -> tuple[int, int]:
    across = (one.right() < two.left()) - (two.right() < one.left())
    return across, (one.bottom() < two.top()) - (two.bottom() < one.top())


def default_sizes(kind: DataKind, width: int, height: int, least_right: int = LEAST_RIGHT) -> Sizes:
    """The default arrangement in an area of this size: whatever it is, the same picture.

    Args:
        kind: of the data.
        width: of the area, in pixels.
        height: likewise.
        least_right: what the panels of the right column need. Sizes that a dock refuses are made up for by Qt, which
            takes what is missing from any of the others.
    """
    names = default_names(kind)
    rest = width - RAIL_WIDTH - 2 * GRID
    right = max(least_right, round(rest * RIGHT_SHARES[kind])) if kind in RIGHT_SHARES else -GRID
    share = SHARE_OF_CURVES if kind in RIGHT_SHARES else SHARE_WITHOUT_PICTURES
    curves = max(LEAST_CURVES, round(height * share))
    top = height - curves - GRID
    upper = (top - GRID) // 2
    sizes = {
        Place.RAIL: (RAIL_WIDTH, height),
        Place.CENTRE: (rest - right, top),
        Place.ABOVE: (right, upper),
        Place.BELOW: (right, top - GRID - upper),
        Place.BOTTOM: (rest + GRID, curves),
    }
    return {name: sizes[place] for place, name in names.items()}


def arrange(window: QMainWindow, docks: Docks, kind: DataKind) -> None:
    """Put the docks in their default order: setup left, the largest panel in the centre, curves below.

    Args:
        window: holds the docks.
        docks: by panel name.
        kind: of the data.
    """
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    side = Qt.DockWidgetArea
    horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    names = default_names(kind)
    at = {place: docks[name] for place, name in names.items()}
    window.addDockWidget(side.LeftDockWidgetArea, at[Place.RAIL])
    window.addDockWidget(side.RightDockWidgetArea, at[Place.CENTRE])
    if Place.ABOVE in at:
        window.splitDockWidget(at[Place.CENTRE], at[Place.ABOVE], horizontal)
        window.splitDockWidget(at[Place.ABOVE], at[Place.BELOW], vertical)
    window.addDockWidget(side.BottomDockWidgetArea, at[Place.BOTTOM])
    for name, dock in docks.items():
        if name not in names.values():
            # Behind the largest, for a small window has no room for one more beside the others. Hidden docks have a
            # place too: only those that were once added are kept in a saved layout, and found by restoring it.
            window.tabifyDockWidget(at[Place.CENTRE], dock)
        dock.setVisible(name in names.values())
    at[Place.CENTRE].raise_()


class PanelLayout(QObject):
    """The proportions of a window's docks: the default ones until a hand has moved something.

    Args:
        window: the window, which tells of each resize and of each separator that was let go.
        docks: by panel name.
    """

    def __init__(self, window: QMainWindow, docks: Docks) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._kind = DataKind.IMAGES
        self._is_restoring = False
        self._chosen: Places | None = None
        """What a hand has chosen; None: the default."""
        self._fitted = Places(QRect(), {})
        self._before: tuple[Places | None, Places] | None = None
        """What was chosen, and where all stood, before the first panel was taken out that is still away."""
        window.setAnimated(False)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._look)
        for dock in docks.values():
            for signal in (dock.topLevelChanged, dock.visibilityChanged, dock.dockLocationChanged):
                signal.connect(self._on_dock_changed)

    @property
    def is_default(self) -> bool:
        """Whether no hand has moved anything."""
        return self._chosen is None

    def show_default(self, kind: DataKind) -> None:
        """The default arrangement for this kind of data."""
        self._forget()
        self._kind = kind
        arrange(self._window, self._docks, kind)
        self.fit()

    def fit(self) -> None:
        """Give all docks the sizes that they should have in the window as large as it is now."""
        if not self._is_restoring:
            self._fit(self._chosen)

    def _fit(self, chosen: Places | None) -> None:
        self._lay_out()
        area = self._area
        if chosen is None:
            sizes = default_sizes(self._kind, area.width(), area.height(), self._least_right)
        else:
            sizes = chosen.sizes_in(area)
        names = [name for name in sizes if self._is_docked(name)]
        if names:
            docks = [self._docks[name] for name in names]
            for side, direction in enumerate((Qt.Orientation.Horizontal, Qt.Orientation.Vertical)):
                self._window.resizeDocks(docks, [max(1, sizes[name][side]) for name in names], direction)
        self._lay_out()
        self._fitted = self._present

    def _lay_out(self) -> None:
        """Have Qt give the docks their places now, not after the next event."""
        required(self._window.layout()).activate()

    @property
    def _least_right(self) -> int:
        """What the panels of the default right column need across."""
        names = default_names(self._kind)
        right = [self._docks[names[place]] for place in (Place.ABOVE, Place.BELOW) if place in names]
        return max([LEAST_RIGHT, *(dock.minimumSizeHint().width() for dock in right)])

    def note_separator_moved(self) -> None:
        """A hand has let go of a separator: what stands now is what it chose."""
        if not self._present.equals(self._fitted):
            self._before = None
            self._choose()

    @property
    def state(self) -> dict[str, Any]:
        """What ``restore`` takes: the arrangement as JSON values, nothing where it is the default."""
        if self._later.isActive():
            self._look()
        return {} if self.is_default else layout_of(self._window, self._chosen)

    def restore(self, saved: Any) -> bool:
        """Arrange the docks as ``state`` said, in a window of any size; False, and no dock moved, where it is not sound."""
        self._forget()
        # Qt resizes the window while half of the docks are in their places, which asks for a fit.
        self._is_restoring = True
        try:
            if not restore_layout(self._window, saved):
                return False
        finally:
            self._is_restoring = False
        self._chosen = _places_of(saved)
        self.fit()
        return True

    def _forget(self) -> None:
        """All docks are about to be put in other places: none of them is away."""
        self._chosen, self._before, self._fitted = None, None, Places(QRect(), {})

    # What hands do

    def _on_dock_changed(self) -> None:
        """The first of those that are away takes with it what was; the rest is seen when all have moved."""
        if self._before is None and not all(self._is_docked(name) for name in self._fitted.docks):
            self._before = self._chosen, self._fitted
        self._later.start()

    def _look(self) -> None:
        """A dock came, went, was taken out or put somewhere: what a program does within tabs moves no edge."""
        if not self._window.isVisible():
            return
        self._lay_out()
        present = self._present
        if present.equals(self._fitted):
            self._fitted = present
            return
        if self._before is not None and self._is_as_before(present):
            self._put_back(present)
        else:
            self._choose()

    def _is_as_before(self, present: Places) -> bool:
        assert self._before is not None
        names, places = set(present.docks), self._before[1]
        is_back = len(names) > len(self._fitted.docks)
        return is_back and names <= places.docks.keys() and present.order(names) == places.order(names)

    def _put_back(self, present: Places) -> None:
        """What was taken out is where it was: so are the proportions."""
        assert self._before is not None
        chosen, places = self._before
        if present.docks.keys() == places.docks.keys():
            self._chosen, self._before = chosen, None
            self.fit()
        else:
            self._fit(places)
            self._chosen = self._fitted

    def _choose(self) -> None:
        self._chosen = self._fitted = self._present

    # What stands

    @property
    def _area(self) -> QRect:
        """The room between menus and timeline."""
        window = self._window
        margins = window.contentsMargins()
        top, bottom = required(window.menuWidget()).height(), window.statusBar().height()
        return window.rect().adjusted(margins.left(), top, -margins.right(), -bottom)

    def _is_docked(self, name: str) -> bool:
        dock = self._docks[name]
        return not (dock.isHidden() or dock.isFloating())

    @property
    def _present(self) -> Places:
        """Docks behind a tab stand outside of the window."""
        inside = self._window.rect()
        places = {name: self._place_of(dock) for name, dock in self._docks.items() if self._is_docked(name)}
        return Places(self._area, {name: place for name, place in places.items() if inside.intersects(place)})

    def _place_of(self, dock: QDockWidget) -> QRect:
        """Of docks behind each other, the row of their tabs included."""
        place = dock.geometry()
        if self._window.tabifiedDockWidgets(dock):
            # A row that is new has its place before it is seen; one that is put away has no two tabs.
            rows = (bar.geometry() for bar in self._window.findChildren(QTabBar) if bar.count() > 1)
            for row in rows:
                if row.left() == place.left() and 0 <= place.top() - row.bottom() <= TOLERANCE:
                    return place.united(row)
        return place


def layout_of(window: QMainWindow, places: Places | None = None) -> dict[str, Any]:
    """The present arrangement as JSON values, with what is needed to check it, and where the docks stand."""
    state = bytes(window.saveState(LAYOUT_VERSION).data())
    places = places or Places(window.rect(), {})
    return {
        "version": LAYOUT_VERSION,
        "size": [window.width(), window.height()],
        "area": list(_numbers(places.area)),
        "places": {name: list(_numbers(place)) for name, place in places.docks.items()},
        "sha256": hashlib.sha256(state).hexdigest(),
        "state": base64.b64encode(state).decode(),
    }


def restore_layout(window: QMainWindow, saved: Any) -> bool:
    """Restore the order of docks that ``layout_of`` gave; False, and nothing done, where it is not sound.

    Qt aborts on some damaged states, so version and checksum are compared first.
    """
    if not isinstance(saved, dict) or saved.get("version") != LAYOUT_VERSION:
        return False
    if not (_are_sides(saved.get("size")) and _places_of(saved) is not None):
        return False
    text = saved.get("state")
    if not isinstance(text, str) or len(text) > MAXIMUM_CHARACTERS:
        return False
    try:
        state = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    if hashlib.sha256(state).hexdigest() != saved.get("sha256") or not _is_of_all_docks(state, window):
        return False
    return window.restoreState(QByteArray(state), LAYOUT_VERSION)


def _is_of_all_docks(state: bytes, window: QMainWindow) -> bool:
    """Whether a state has each dock of the window and no other: Qt writes their names, length first, as UTF-16."""
    names = [dock.objectName().encode("utf-16-be") for dock in window.findChildren(QDockWidget)]
    written = [len(name).to_bytes(4, "big") + name for name in names]
    return all(map(state.__contains__, written)) and state.count("dock-".encode("utf-16-be")) == len(names)


def _places_of(saved: dict[str, Any]) -> Places | None:
    """The places that ``layout_of`` wrote; None where they are not sound."""
    area, docks = saved.get("area"), saved.get("places")
    if not (_is_rectangle(area) and isinstance(docks, dict) and all(map(_is_rectangle, docks.values()))):
        return None
    return Places(QRect(*area), {name: QRect(*place) for name, place in docks.items()})


def _is_rectangle(numbers: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(numbers, list)
        and len(numbers) == 4
        and all(type(number) is int and 0 <= number < SIDES.stop for number in numbers)
        and min(numbers[2:]) > 0
    )


def _are_sides(size: Any) -> bool:
    return (
        isinstance(size, list)
        and len(size) == 2
        and all(type(side) is int and side in SIDES for side in size)
    )
