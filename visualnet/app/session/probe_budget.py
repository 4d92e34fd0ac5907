"""How often what takes long to measure is asked for, so that a run that trains loses little to those who look. No widgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from visualnet.core.probes.base import Probe

SHARE = 0.03
"""Of the time of a run that trains, for all that is measured for pictures. What is quick has its turn at each frame."""


class ProbeBudget:
    """Tells whether a probe is due again, by how long it took the last time."""

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
