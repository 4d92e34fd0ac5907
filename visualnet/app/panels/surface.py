"""What a network with two inputs says everywhere in the plane, live. GUI thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from visualnet.app.panels.panel import Panel
from visualnet.app.session import Session
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.function_plot import FunctionPlot
from visualnet.app.widgets.plane import Plane
from visualnet.core.probes.surface import Surface, SurfaceProbe
from visualnet.core.run.events import RunStarted
from visualnet.core.run.frame import Frame, Probe

SURFACE = SurfaceProbe()
"""One probe for the surface and the truth table, so that it is measured once."""

TWO_CLASSES = "Circles are class 0, squares class 1. A ring: taken for the other."
MORE_CLASSES = "A point's shape and colour are its class. A ring: taken for another."
VALUES = "Blue is below zero, orange above. Each point has the colour of its target."
CURVE = "The line is what the network says, the points are its training examples."


def wrong_points(surface: Surface, targets: NDArray[Any]) -> NDArray[np.intp]:
    """Places of the points whose output gives another class than their label; none for values."""
    return np.flatnonzero(surface.point_classes != targets) if targets.ndim == 1 else np.empty(0, np.intp)


class SurfacePanel(Panel):
    """The decision surface of 2-D data with the training points upon it; the curve of a single input."""

    title = "Decision surface"
    name = "surface"

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self.plane = Plane(theme)
        self.plane.setAccessibleName("Decision surface")
        self.plane.set_hint("The decision surface appears here as soon as there is a network.")
        self.plane.pointed.connect(self._on_plane_pointed)
        self.curve = FunctionPlot(theme)
        self.curve.setAccessibleName("Curve of the network")
        self._pictures = QStackedWidget()
        self._pictures.addWidget(self.plane)
        self._pictures.addWidget(self.curve)
        self._legend = TWO_CLASSES
        self.readout = QLabel(self._legend)
        self.readout.setFont(font(SMALL))
        self.readout.setProperty("role", "secondary")
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._pictures, 1)
        column.addWidget(self.readout)

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE})

    def show_run(self, run: RunStarted) -> None:
        points, targets = run.data.points, run.data.point_labels
        if points is None or targets is None:
            self._show_legend(self.plane, "")
            count = "more than two inputs" if run.data.input_shape != (1,) else "one input"
            self.plane.set_hint(f"{run.data.name} has {count}, so there is no plane to show.")
            return
        if points.shape[1] == 1:
            self._show_legend(self.curve, CURVE)
            self.curve.set_points(points[:, 0], targets[:, 0])
            return
        classes = len(run.data.classes)
        self._show_legend(
            self.plane, VALUES if not classes else TWO_CLASSES if classes == 2 else MORE_CLASSES
        )
        self.plane.set_points(points, targets, classes)
        self.plane.set_hint("Press play: the surface appears with the first step.")

    def _show_legend(self, picture: QWidget, legend: str) -> None:
        self._pictures.setCurrentWidget(picture)
        self._legend = legend
        self.readout.setText(legend)

    def show_frame(self, frame: Frame) -> None:
        surface = frame.results.get(SURFACE)
        run = self.session.run
        if surface is None or run is None or run.data.point_labels is None:
            return
        if self._pictures.currentWidget() is self.curve:
            self.curve.show_curve(surface)
        else:
            self.plane.show_surface(surface, wrong_points(surface, run.data.point_labels))

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.plane.set_theme(theme)
        self.curve.set_theme(theme)

    def _on_plane_pointed(self, place: tuple[float, float] | None) -> None:
        score = None if place is None else self.plane.score_at(*place)
        run = self.session.run
        if place is None or score is None or run is None:
            self.readout.setText(self._legend)
            return
        classes = run.data.classes
        words = {0: f"output: {score:.3f}", 2: f"score of class 1: {score:.3f}"}
        said = words.get(len(classes)) or f"class {classes[int(score)]}"
        self.readout.setText(f"x₁ {place[0]:.2f}  ·  x₂ {place[1]:.2f}  ·  {said}".replace("-", "−"))
