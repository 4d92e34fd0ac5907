"""Frame: a run between two steps, as a value that panels draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from visualnet.core.history.history import HistoryView
from visualnet.core.probes.base import Probe


@dataclass(frozen=True, slots=True)
class Frame:
    """The present run between two steps, at its live edge or where the playhead is.

    Attributes:
        generation: counts the networks that the worker has held; frames of an older one are stale.
        step: steps done; the playhead's step where it is in the past.
        steps_per_second: recent speed of training, 0 while paused.
        history: all losses and accuracies up to the live edge.
        results: what each wanted probe measured.
        is_live: whether this is the live edge.
        is_exact: False where a state near ``step`` was measured; its gradients are not known.
        seconds: how long each probe took, of the processor's time.
    """

    generation: int
    step: int
    steps_per_second: float
    history: HistoryView
    results: Mapping[Probe, Any]
    is_live: bool = True
    is_exact: bool = True
    seconds: Mapping[Probe, float] = field(default_factory=dict)
