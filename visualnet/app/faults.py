"""Unforeseen errors: they are given to ``sys.excepthook``, and everything else goes on."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import TracebackType

from visualnet.core.errors import sentence_of

log = logging.getLogger(__name__)

Hook = Callable[[type[BaseException], BaseException | None, TracebackType | None], None]


def report(error: Exception) -> None:
    """Hand an error to ``sys.excepthook``, as Qt does with those of its slots, and go on."""
    sys.excepthook(type(error), error, error.__traceback__)


def attempt(act: Callable[..., object], *given: object) -> None:
    """Call a function; its error is reported and not raised, so that what comes next is still done."""
    try:
        act(*given)
    except Exception as error:
        report(error)


def reporter(tell: Callable[[str], None]) -> Hook:
    """A hook that logs each traceback and tells of it in a sentence, once for each place where it broke.

    A panel that breaks would break again at each frame, thirty times a second.

    Args:
        tell: told what went wrong.
    """
    known: set[tuple[type[BaseException], str, int]] = set()

    def hook(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        place = (kind, *_place(trace))
        if place in known:
            return
        known.add(place)
        log.error("Unforeseen error", exc_info=(kind, error or kind(), trace))
        tell(sentence_of(error or kind()))

    return hook


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """File and line where it broke."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return ("", 0) if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
