"""ProbeBudget: slow probes are asked for less often while a run trains, so that measuring costs little. No widgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from visualnet.core.probes.base import Probe

SHARE = 0.02
"""Share of the worker's time that all probes together may take while it trains. Quick probes fit into each frame. A
frame itself takes about as much at 60 a second, and a window is to leave 95 % of the training speed."""


class ProbeBudget:
    """The times at which probes may be measured again, by how long each took the last time."""

    def __init__(self) -> None:
        self._due: dict[Probe, float] = {}

    def note(self, seconds: Mapping[Probe, float], now: float) -> None:
        """Take in what each probe of a frame took.

        Args:
            seconds: of the processor's time.
            now: a clock's seconds.
        """
        waiting = {probe: due for probe, due in self._due.items() if due > now}
        sharing = len(waiting.keys() | seconds.keys())
        self._due = waiting | {probe: now + spent * sharing / SHARE for probe, spent in seconds.items()}

    def allows(self, probes: Iterable[Probe], now: float) -> bool:
        """Whether each of these may be measured now."""
        return all(self._due.get(probe, now) <= now for probe in probes)
