"""A person's settings in one table, the attributes of ``Settings``: a new one is one more entry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from visualnet.app.files.settings_file import SettingsFile
from visualnet.core.errors import SetupError
from visualnet.core.replay.keyframes import BUDGET
from visualnet.core.setup.setup import Setup

log = logging.getLogger(__name__)

THEME_NAMES = ("system", "light", "dark")

MEGABYTES = range(16, 65_537)
"""How much of the past may be kept."""

SIDES = range(100, 20_001)
"""Pixels that a side of the window may have."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Preference(Generic[Value]):
    """One of a person's settings: reading the attribute gives its value, assigning to it remembers another.

    Attributes:
        name: in the file. Never change one.
        default: its value where the file has none, or a damaged one.
        check: whether a JSON value can be one.
        label: what a person reads where it is asked for; empty where it is not.
    """

    name: str
    default: Value
    check: Callable[[Any], bool]
    label: str = ""

    @overload
    def __get__(self, settings: None, owner: type) -> Preference[Value]: ...

    @overload
    def __get__(self, settings: Settings, owner: type) -> Value: ...

    def __get__(self, settings: Settings | None, owner: type) -> Preference[Value] | Value:
        return self if settings is None else settings.value(self)

    def __set__(self, settings: Settings, value: Value) -> None:
        settings.save(self, value)


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: type(value) is kind


def _is_among(values: range | tuple[str, ...]) -> Callable[[Any], bool]:
    kind = type(values[0])
    return lambda value: type(value) is kind and value in values


def _is_list_of(check: Callable[[Any], bool], count: int | None = None) -> Callable[[Any], bool]:
    return lambda value: type(value) is list and count in (None, len(value)) and all(map(check, value))


def _is_setup(value: Any) -> bool:
    try:
        Setup.from_dict(value)
    except SetupError:
        return False
    return True


class Settings:
    """A person's settings, kept in a file.

    Args:
        path: of the file, usually ``settings_file()``; it need not exist. None: nothing is kept.
    """

    theme = Preference("theme", "system", _is_among(THEME_NAMES))
    size = Preference("size", [1440, 900], _is_list_of(_is_among(SIDES), 2))
    is_maximised = Preference("maximised", False, _is(bool))
    last_setup: Preference[dict[str, Any] | None] = Preference("last_setup", None, _is_setup)
    speeds: Preference[dict[str, Any]] = Preference("speeds", {}, _is(dict))
    """Steps a second that the person last chose, by the name of what was trained."""

    folder = Preference("folder", "", _is(str))
    recent_runs: Preference[list[str]] = Preference("recent_runs", [], _is_list_of(_is(str)))
    past_megabytes = Preference("past_megabytes", BUDGET >> 20, _is_among(MEGABYTES), "Memory for the past")
    layout_of_plane: Preference[dict[str, Any]] = Preference("layout.plane", {}, _is(dict))
    layout_of_images: Preference[dict[str, Any]] = Preference("layout.image", {}, _is(dict))
    layout_of_numbers: Preference[dict[str, Any]] = Preference("layout.numbers", {}, _is(dict))

    def __init__(self, path: Path | None = None) -> None:
        self._file = None if path is None else SettingsFile(path)
        self._values = {} if self._file is None else _sound(self._file.read())

    def take_fault(self) -> str | None:
        """A sentence about a damaged file that was set aside, told once; None: there is none."""
        if self._file is None:
            return None
        fault, self._file.fault = self._file.fault, None
        return fault

    def value(self, preference: Preference[Value]) -> Value:
        """The value in force."""
        value: Value = self._values.get(preference.name, preference.default)
        return value

    def save(self, preference: Preference[Value], value: Value) -> None:
        """Remember a value, here and in the file.

        Raises:
            ValueError: when it cannot be one.
        """
        if value != preference.default and not preference.check(value):
            raise ValueError(f"{value!r} cannot be a value of {preference.name}.")
        self._values[preference.name] = value
        if self._file is not None:
            self._file.change(preference.name, value)


PREFERENCES = tuple(each for each in vars(Settings).values() if isinstance(each, Preference))
"""All of them."""


def _sound(values: dict[str, Any]) -> dict[str, Any]:
    """Those of the values in a file that are known and can be; a damaged one costs no other."""
    sound = {}
    for preference in PREFERENCES:
        if preference.name in values:
            if preference.check(values[preference.name]):
                sound[preference.name] = values[preference.name]
            else:
                log.warning("The setting %s is damaged; its default is used.", preference.name)
    return sound
