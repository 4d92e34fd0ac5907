"""Checks of a Setup's fields: each raises a SetupError that names the field and what it needs."""

from __future__ import annotations

from collections.abc import Mapping

from visualnet.core.errors import SetupError

MAXIMUM_BATCH_SIZE = 65_536
MAXIMUM_COUNT = 10**12


def require(condition: bool, name: str, fault: str) -> None:
    """Raise SetupError with this field and fault unless the condition holds."""
    if not condition:
        raise SetupError(name, fault)


def shown(value: object) -> str:
    """A value as a sentence can hold it: short, whatever somebody put there."""
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and abs(value) > 10**30:
        return "a number beyond all bounds"
    return f"{value!r:.60}"


def is_whole_text(value: str) -> bool:
    """Whether a text can be written in UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def require_text(value: object, name: str, longest: int = 2000) -> None:
    """Raise SetupError unless this is a text of at most so many characters that can be written in UTF-8.

    A file's name in another encoding is text with half characters in it, which no JSON, no link and no run's file can
    hold.
    """
    fits = isinstance(value, str) and len(value) <= longest
    require(fits, name, f"must be a text of at most {longest:,} characters, not {shown(value)}")
    assert isinstance(value, str)
    require(is_whole_text(value), name, f"must be text in UTF-8, not {shown(value)}; rename it")


def require_integer(value: object, name: str, low: int, high: int = MAXIMUM_COUNT) -> None:
    """Raise SetupError unless this is a whole number in [low, high]."""
    fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    require(fits, name, f"must be a whole number from {low:,} to {high:,}, not {shown(value)}")


def require_count_or_none(value: object, name: str) -> None:
    """Raise SetupError unless this is a whole number from 1 on, or None."""
    if value is not None:
        require_integer(value, name, 1)


def require_number(value: object, name: str, low: float, high: float, above: bool = False) -> None:
    """Raise SetupError unless this is a number in [low, high], or in (low, high] where ``above``."""
    fits = False
    if isinstance(value, int | float) and not isinstance(value, bool):
        # NaN compares as False with everything, so it never fits.
        fits = (low < value if above else low <= value) and value <= high
    words = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
    require(fits, name, f"must be a number {words}, not {shown(value)}")


def require_name(value: object, name: str, known: Mapping[str, object]) -> None:
    """Raise SetupError unless this is one of the known names."""
    fits = isinstance(value, str) and value in known
    require(fits, name, f"{shown(value)} is unknown; known are {', '.join(known)}")


def require_learning_rate(value: object, name: str = "optimizer.learning_rate") -> None:
    """Raise SetupError unless this can be a learning rate."""
    require_number(value, name, 0, 1e6, above=True)


def require_share(value: object, name: str) -> None:
    """Raise SetupError unless this lies in [0, 1): what momentum keeps at each step, what smoothing spreads."""
    require_number(value, name, 0, 0.999999999)


def require_batch_size(value: object, name: str = "batch_size") -> None:
    """Raise SetupError unless this can be a batch size."""
    require_integer(value, name, 1, MAXIMUM_BATCH_SIZE)
