"""What a kind of panel tells of itself: all that the window, its layout, menus and keys know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from visualnet.core.messages.events import DataSummary, RunStarted


class DataKind(Enum):
    """The kinds of data, for each of which there is a default arrangement of the panels."""

    PLANE = auto()
    """Points in the plane, or of a curve."""
    IMAGES = auto()
    NUMBERS = auto()
    """Examples of any count of numbers that stand for no image."""


def kind_of(data: DataSummary) -> DataKind:
    """Which of the kinds these data are."""
    if data.points is not None:
        return DataKind.PLANE
    return DataKind.IMAGES if len(data.input_shape) > 1 else DataKind.NUMBERS


class Place(Enum):
    """Where a panel stands in a default arrangement."""

    RAIL = auto()
    """At the left edge, from top to bottom."""
    CENTRE = auto()
    """The largest, right of the rail."""
    ABOVE = auto()
    """At the upper right."""
    BELOW = auto()
    """Under that one."""
    BOTTOM = auto()
    """Along the lower edge, right of the rail."""


@dataclass(frozen=True, slots=True)
class PanelKey:
    """A key that means something in a panel.

    Attributes:
        text: what it does.
        keys: as they are told.
        act: does it for a panel that is in view, wherever the keyboard is, where ``keys`` is one key; None: the panel
            hears it while it has the keyboard.
    """

    text: str
    keys: str
    act: Callable[[Any], object] | None = None


def _for_all(data: DataSummary) -> str:
    return ""


def _never(run: RunStarted) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class PanelInfo:
    """What a kind of panel tells of itself.

    Attributes:
        name: what a remembered layout knows it by. Never change one.
        title: shown above the panel, and in the View menu.
        shortcut: shows or closes it; empty where the View menu alone does.
        places: where it stands by default, by the kind of the data. Where it has none it is closed, and a tab behind
            the centre once it is opened.
        why_not: a sentence, shown in its place, on why it has nothing to show for some data; empty where it has.
        comes_with: whether a run brings it into view.
        keys: of its own.
    """

    name: str
    title: str
    shortcut: str = ""
    places: Mapping[DataKind, Place] = field(default_factory=dict)
    why_not: Callable[[DataSummary], str] = _for_all
    comes_with: Callable[[RunStarted], bool] = _never
    keys: tuple[PanelKey, ...] = ()
