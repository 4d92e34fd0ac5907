"""FrameReceiver: what the Session gives frames to, a panel or another widget."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import SignalInstance

from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.base import Probe


class FrameReceiver(Protocol):
    """A widget that gets frames while it is visible; for its attributes and methods see Panel."""

    @property
    def frames_per_second(self) -> float | None: ...

    @property
    def shows_live_edge(self) -> bool: ...

    @property
    def wants_frame(self) -> SignalInstance: ...

    def isVisible(self) -> bool: ...

    def probes(self) -> frozenset[Probe]: ...

    def show_run(self, run: RunStarted) -> None: ...

    def show_frame(self, frame: Frame) -> None: ...
