"""What a network with two inputs says everywhere in the plane, live. GUI thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from visualnet.app.data_words import no_surface
from visualnet.app.panels.panel import Panel
from visualnet.app.session import Session
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.function_plot import FunctionPlot
from visualnet.app.widgets.plane import Plane
from visualnet.app.widgets.readout import Readout, row_with
from visualnet.app.widgets.side_choice import DIFFERENCE, OTHER, SideChoice
from visualnet.app.words import answer_name
from visualnet.core.number_words import decimal_words
from visualnet.core.probes.surface import Surface, SurfaceProbe
from visualnet.core.run.events import RunsCompared, RunStarted
from visualnet.core.run.frame import Frame, Probe

SURFACE = SurfaceProbe()
"""One probe for the surface and the truth table, so that it is measured once."""

TWO_CLASSES = "Circles are class 0, squares class 1. A ring: taken for the other."
MORE_CLASSES = "A point's shape and colour are its class. A ring: taken for another."
VALUES = "Blue is below zero, orange above. Each point has the colour of its target."
CURVE = "The line is what the network says, the points are its training examples."
MORE_OR_LESS = "Orange: this run says more; blue: less. A ring: classes differ."
OTHER_DATA = "The other run has other data: only this run is shown."


def wrong_points(surface: Surface, targets: NDArray[Any]) -> NDArray[np.intp]:
    """Places of the points whose output gives another class than their label; none for values."""
    return np.flatnonzero(surface.point_classes != targets) if targets.ndim == 1 else np.empty(0, np.intp)


def surfaces_compared(compared: RunsCompared | None) -> tuple[Surface, Surface] | None:
    """This run's and the other's, where both were measured and stand over the same points."""
    if compared is None:
        return None
    ours, theirs = compared.results_a.get(SURFACE), compared.results_b.get(SURFACE)
    if ours is None or theirs is None or ours.bounds != theirs.bounds:
        return None
    return (ours, theirs) if ours.point_outputs.shape == theirs.point_outputs.shape else None


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
        self.readout = Readout(self._legend)
        self.side = SideChoice()
        self.side.currentIndexChanged.connect(self._on_side_changed)
        self._compared: RunsCompared | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._pictures, 1)
        column.addLayout(row_with(self.readout, self.side))

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE})

    def show_run(self, run: RunStarted) -> None:
        points, targets = run.data.points, run.data.point_labels
        if points is None or targets is None:
            self._show_legend(self.plane, "")
            self.plane.set_hint(no_surface(run.data))
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
        self.plane.set_hint("")

    def _show_legend(self, picture: QWidget, legend: str) -> None:
        self._pictures.setCurrentWidget(picture)
        self._legend = legend
        self._show_words()

    def show_comparison(self, is_on: bool, compared: RunsCompared | None) -> None:
        """Offer the other run, and the difference where scores can be subtracted; None: not known as yet."""
        self._compared = compared
        run = self.session.run
        classes = 0 if run is None else len(run.data.classes)
        self.side.offer(is_on, classes <= 2 and self._pictures.currentWidget() is self.plane)
        self._show_words()
        self.wants_frame.emit()

    def _show_words(self) -> None:
        """The legend of what is shown."""
        words = self._legend
        if self._has_other_data:
            words = OTHER_DATA
        elif self._shows_difference:
            words = MORE_OR_LESS
        self.readout.setText(words)

    @property
    def _answer(self) -> str:
        """What the number is that the colours stand for."""
        run = self.session.run
        assert run is not None
        outputs = run.layers[-1].output_shape[0]
        return answer_name(run.data.classes, outputs, run.gives_probabilities)

    @property
    def _shows_difference(self) -> bool:
        """Not before both runs are known: until then this run is shown."""
        return self.side.side == DIFFERENCE and surfaces_compared(self._compared) is not None

    @property
    def _has_other_data(self) -> bool:
        return (
            self._compared is not None
            and SURFACE in self._compared.results_a
            and surfaces_compared(self._compared) is None
        )

    def _of_side(self, surface: Surface, targets: NDArray[Any]) -> tuple[Surface, NDArray[np.intp]]:
        """What to show, and the places of the points to mark."""
        pair = surfaces_compared(self._compared)
        if pair is not None and self.side.side == DIFFERENCE:
            ours, theirs = pair
            taken_differently = np.flatnonzero(ours.point_classes != theirs.point_classes)
            return replace(ours, scores=ours.scores - theirs.scores, centre=0.0), taken_differently
        if pair is not None and self.side.side == OTHER:
            surface = pair[1]
        return surface, wrong_points(surface, targets)

    def show_frame(self, frame: Frame) -> None:
        surface = frame.results.get(SURFACE)
        run = self.session.run
        if surface is None or run is None or run.data.point_labels is None:
            return
        shown, marked = self._of_side(surface, run.data.point_labels)
        if self._pictures.currentWidget() is self.curve:
            self.curve.show_curve(shown)
        else:
            self.plane.show_surface(shown, marked)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.plane.set_theme(theme)
        self.curve.set_theme(theme)

    def _on_side_changed(self) -> None:
        self._show_words()
        self.wants_frame.emit()

    def _on_plane_pointed(self, place: tuple[float, float] | None) -> None:
        score = None if place is None else self.plane.score_at(*place)
        run = self.session.run
        if place is None or score is None or run is None:
            self._show_words()
            return
        classes = run.data.classes
        said = f"{self._answer}: {decimal_words(score)}"
        if len(classes) > 2:
            said = f"class {classes[int(score)]}"
        if self._shows_difference:
            said = f"this − other: {decimal_words(score, signed=True)}"
        self.readout.setText(f"x₁ {decimal_words(place[0])}  ·  x₂ {decimal_words(place[1])}  ·  {said}")
