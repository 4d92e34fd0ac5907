"""The base of all panels: widgets that draw Frames and keep no state of the run.

A panel never sees a live network. It says which probes it wants, gets frames while it is visible, and
asks the session for everything else. All of it runs in the GUI thread.
"""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from visualnet.app.panels.info import PanelInfo
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.theme import Theme
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.base import Probe


class Panel(QWidget):
    """Base of the panels.

    Attributes:
        info: what the window knows of this kind of panel.
        frames_per_second: the most often it needs a frame; None: at each tick of the session.
        shows_live_edge: whether it shows the run up to the live edge, even while the playhead is in the past.
        shows_both_runs: whether its probes are measured of another run too, while one is compared.
        title_controls: what stands in the line of the panel's title, right of it; None: nothing.
        wants_frame: emitted when its picture is out of date though the run did not move: another layer
            was chosen, another digit drawn.
    """

    info: ClassVar[PanelInfo]
    frames_per_second: ClassVar[float | None] = None
    shows_live_edge: ClassVar[bool] = False
    shows_both_runs: ClassVar[bool] = False
    wants_frame = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self.title_controls: QWidget | None = None
        self.setObjectName(self.info.name)
        self.setAccessibleName(self.info.title)

    def probes(self) -> frozenset[Probe]:
        """What to measure for its next frame."""
        return frozenset()

    def show_run(self, run: RunStarted) -> None:
        """Another network is present: forget the old one; show the empty state until a frame comes."""

    def show_frame(self, frame: Frame) -> None:
        """Draw this frame: keep what is needed of it and call update()."""

    def show_comparison(self, comparing: Comparing) -> None:
        """Show the other run too, as far as it is known, or the present one alone again."""

    def showEvent(self, event: QShowEvent) -> None:
        """What was hidden is out of date."""
        super().showEvent(event)
        self.wants_frame.emit()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours from now on."""
        self.theme = theme
        self.update()
