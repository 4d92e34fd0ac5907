"""What Qt or the session may lack by its type, and has wherever it is asked for here."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QApplication

Thing = TypeVar("Thing")


def required(thing: Thing | None) -> Thing:
    """The thing itself.

    Raises:
        LookupError: when there is none.
    """
    if thing is None:
        raise LookupError("What must be there is not.")
    return thing


def application() -> QApplication:
    """The one QApplication.

    Raises:
        LookupError: before it was made.
    """
    present = QApplication.instance()
    if not isinstance(present, QApplication):
        raise LookupError("There is no QApplication.")
    return present
