"""The speeds that a person may choose from."""

from __future__ import annotations

SPEEDS: tuple[float | None, ...] = (1, 2, 5, 10, 20, 50, 100, 300, 1000, None)
"""Steps a second; None is as fast as it goes."""


def speed_words(speed: float | None) -> str:
    """A speed, as slider and list show it."""
    if speed is None:
        return "full speed"
    return f"{speed:,g} step{'s' * (speed != 1)}/s"
