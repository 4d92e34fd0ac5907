"""What a network with two inputs says everywhere in the plane, live. GUI thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout

from visualnet.app.panels.panel import Panel
from visualnet.app.session import Session
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.plane import Plane
from visualnet.core.probes.surface import Surface, SurfaceProbe
from visualnet.core.run.events import RunStarted
from visualnet.core.run.frame import Frame, Probe

SURFACE = SurfaceProbe()
"""One probe for the surface and the truth table, so that it is measured once."""

LEGEND = "Circles are class 0, squares class 1. A ring: taken for the other."


def wrong_points(surface: Surface, labels: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of the points whose output gives another class than their label."""
    return np.flatnonzero(surface.point_classes != labels)


class SurfacePanel(Panel):
    """The decision surface of 2-D data with the training points upon it."""

    title = "Decision surface"
    name = "surface"

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self.plane = Plane(theme)
        self.plane.setAccessibleName("Decision surface")
        self.plane.set_hint("The decision surface appears here as soon as there is a network.")
        self.plane.pointed.connect(self._on_plane_pointed)
        self.readout = QLabel(LEGEND)
        self.readout.setFont(font(SMALL))
        self.readout.setProperty("role", "secondary")
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.plane, 1)
        column.addWidget(self.readout)

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE})

    def show_run(self, run: RunStarted) -> None:
        if run.data.points is None or run.data.point_labels is None:
            self.plane.set_hint(f"{run.data.name} has more than two inputs, so there is no plane to show.")
            return
        self.plane.set_points(run.data.points, run.data.point_labels)
        self.plane.set_hint("Press play: the surface appears with the first step.")

    def show_frame(self, frame: Frame) -> None:
        surface = frame.results.get(SURFACE)
        run = self.session.run
        if surface is None or run is None or run.data.point_labels is None:
            return
        self.plane.show_surface(surface, wrong_points(surface, run.data.point_labels))

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.plane.set_theme(theme)

    def _on_plane_pointed(self, place: tuple[float, float] | None) -> None:
        score = None if place is None else self.plane.score_at(*place)
        if place is None or score is None:
            self.readout.setText(LEGEND)
        else:
            text = f"x₁ {place[0]:.2f}  ·  x₂ {place[1]:.2f}  ·  score of class 1: {score:.3f}"
            self.readout.setText(text.replace("-", "−"))
