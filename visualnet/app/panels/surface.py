"""The decision surface of a network with two inputs, or the curve of one with a single input, live. GUI thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from visualnet.app.panels.info import DataKind, PanelInfo, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.text.data_labels import axis_names, no_surface
from visualnet.app.text.labels import answer_name
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.controls import toggle
from visualnet.app.widgets.function_plot import FunctionPlot
from visualnet.app.widgets.key import Key, KeyItem, class_sign, line, patch, point, ring
from visualnet.app.widgets.plane import Plane
from visualnet.app.widgets.readout import Readout, row_with
from visualnet.app.widgets.scale import nice_ceiling
from visualnet.app.widgets.side_choice import DIFFERENCE, OTHER, SideChoice
from visualnet.core.messages.events import DataSummary, RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.number_words import decimal_words, number_words
from visualnet.core.probes.base import Probe
from visualnet.core.probes.point_classes import PointClassesProbe
from visualnet.core.probes.surface import Surface, SurfaceProbe
from visualnet.core.studies.compare_runs import RunComparison

SURFACE = SurfaceProbe()
"""One probe for the surface and the truth table, so that it is measured once."""

TEST_CLASSES = PointClassesProbe()

CLASSES = "Colours are what the network says. Point anywhere to read it."
VALUES = "Blue is below zero, orange above. Each point has the colour of its target."
CURVE = "The line is what the network says, the points are its training examples."
MORE_OR_LESS = "Orange: this run says more; blue: less. A ring: classes differ."
OTHER_DATA = "The other run has other data: only this run is shown."

KEY_WIDTH = 136
"""Pixels of the key where it stands beside the picture, which is a square."""

LEAST_SIZE = (232, 264)
"""Pixels of the panel, in which the key stands below the picture."""

WIDEST = (1 << 24) - 1
"""Qt's own limit, which stands for none."""

MOST_NAMES = 10
"""Classes that the key names; of more it says how many there are."""


def wrong_points(surface: Surface, targets: NDArray[Any]) -> NDArray[np.intp]:
    """Places of the points whose output gives another class than their label; none for values."""
    return np.flatnonzero(surface.point_classes != targets) if targets.ndim == 1 else np.empty(0, np.intp)


def surfaces_compared(compared: RunComparison | None) -> tuple[Surface, Surface] | None:
    """This run's and the other's, where both were measured and stand over the same points."""
    if compared is None:
        return None
    ours, theirs = compared.results_a.get(SURFACE), compared.results_b.get(SURFACE)
    if ours is None or theirs is None or ours.bounds != theirs.bounds:
        return None
    return (ours, theirs) if ours.point_outputs.shape == theirs.point_outputs.shape else None


class SurfacePanel(Panel):
    """The decision surface of 2-D data with the training points upon it; the curve of a single input."""

    info = PanelInfo(
        name="surface",
        title="Decision surface",
        places={DataKind.PLANE: Place.CENTRE},
        shortcut="Ctrl+4",
        why_not=no_surface,
    )
    shows_both_runs = True

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
        self.key = Key(theme)
        self.test = toggle("Test points")
        self.test.setToolTip("Show the test points too, which the network does not learn from.")
        self.test.toggled.connect(self._on_test_toggled)
        self._legend = CLASSES
        self.readout = Readout(self._legend)
        self.side = SideChoice()
        self.side.currentIndexChanged.connect(self._on_side_changed)
        self._compared: RunComparison | None = None
        self._names: tuple[str, ...] = ()
        self._reach = 1.0
        self._lay_out()

    def _lay_out(self) -> None:
        self._beside = QWidget()
        self._beside_column = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._beside)
        self._beside_column.setContentsMargins(0, 0, 0, 0)
        self._beside_column.setSpacing(GRID)
        self._beside_column.addWidget(self.key)
        self._beside_column.addWidget(self.test)
        self._beside_column.addStretch()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(GRID)
        self._body.addWidget(self._pictures, 1)
        self._body.addWidget(self._beside)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addLayout(self._body, 1)
        column.addLayout(row_with(self.readout, self.side))
        # Less than key and picture take beside each other: there is always the other way.
        self.setMinimumSize(*LEAST_SIZE)

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE, TEST_CLASSES} if self._marks_test_points else {SURFACE})

    # The data

    def show_run(self, run: RunStarted) -> None:
        data = run.data
        points, targets = data.points, data.point_labels
        self._beside.setVisible(points is not None)
        self._show_test_points(None)
        self.test.setVisible(_has_other_test_points(data))
        if points is None or targets is None:
            return
        self._names = axis_names(data, run.setup.data.standardize)
        if points.shape[1] == 1:
            self.curve.set_points(points[:, 0], targets[:, 0], (self._names[0], self._names[-1]))
            self._show_picture(self.curve, CURVE)
        else:
            classes = len(data.classes)
            self.plane.set_points(points, targets, classes, (self._names[0], self._names[1]))
            self.plane.set_hint("")
            self._show_picture(self.plane, CLASSES if classes else VALUES)
        self._on_test_toggled()

    def _show_picture(self, picture: QWidget, legend: str) -> None:
        self._pictures.setCurrentWidget(picture)
        self._legend = legend
        self._place_key()
        self._show_words()

    def _on_test_toggled(self) -> None:
        run = self.session.run
        self._show_test_points(run.data if run is not None and self._shows_test_points else None)
        self._show_words()
        self.wants_frame.emit()

    def _show_test_points(self, data: DataSummary | None) -> None:
        points, targets = (None, None) if data is None else (data.test_points, data.test_point_labels)
        if points is None or targets is None:
            self.plane.show_test_points(None, None)
            self.curve.show_test_points(None, None)
        elif points.shape[1] == 1:
            self.curve.show_test_points(points[:, 0], targets[:, 0])
        else:
            self.plane.show_test_points(points, targets)

    @property
    def _shows_test_points(self) -> bool:
        run = self.session.run
        return self.test.isChecked() and run is not None and _has_other_test_points(run.data)

    @property
    def _marks_test_points(self) -> bool:
        run = self.session.run
        return self._shows_test_points and run is not None and bool(run.data.classes)

    # The key and the words

    def _show_words(self) -> None:
        """What is shown, in a sentence and in signs."""
        words = self._legend
        if self._has_other_data:
            words = OTHER_DATA
        elif self._shows_difference:
            words = MORE_OR_LESS
        self.readout.setText(words)
        self.key.show_items(self._key_items())

    def _key_items(self) -> list[KeyItem]:
        run = self.session.run
        if run is None or run.data.points is None:
            return []
        classes = run.data.classes
        is_curve = self._pictures.currentWidget() is self.curve
        if self._shows_difference:
            most = number_words(self._reach)
            items = [
                KeyItem(f"this run says more, by {most}", patch("positive")),
                KeyItem(f"less, by {most}", patch("negative")),
            ]
        elif is_curve:
            items = [KeyItem("network", line)]
        elif classes:
            items = [KeyItem(name, class_sign(label)) for label, name in enumerate(classes[:MOST_NAMES])]
            if len(classes) > MOST_NAMES:
                items.append(KeyItem(f"… of {len(classes):,} classes", lambda *_: None))
        else:
            ends = (-self._reach, "negative"), (0.0, "panel"), (self._reach, "positive")
            items = [KeyItem(number_words(value), patch(colour)) for value, colour in ends]
        if classes:
            items.append(KeyItem("classes differ" if self._shows_difference else "taken for another", ring))
        if is_curve or self._shows_test_points:
            items.append(KeyItem("training", point("secondary", "panel" if is_curve else "text")))
        if self._shows_test_points:
            items.append(KeyItem("test", point("test" if is_curve else "secondary", "panel")))
        return items

    def show_comparison(self, comparing: Comparing) -> None:
        """Offer the other run, and the difference where scores can be subtracted."""
        self._compared = comparing.latest
        run = self.session.run
        classes = 0 if run is None else len(run.data.classes)
        self.side.offer(comparing.is_on, classes <= 2 and self._pictures.currentWidget() is self.plane)
        self._show_words()
        self.wants_frame.emit()

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
            difference = ours.scores - theirs.scores
            # On a scale of its own: two runs that nearly agree would else be one tone.
            reach = nice_ceiling(float(np.abs(difference[np.isfinite(difference)]).max(initial=0.0)))
            shown = replace(ours, scores=difference, centre=0.0, reach=reach, has_odds=False)
            return shown, taken_differently
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
            self.curve.show_curve(shown, is_last=not self.session.is_moving)
        else:
            self.plane.show_surface(shown, marked)
            self._mark_test_points(frame, run.data)
        if shown.reach != self._reach:
            self._reach = shown.reach
            self.key.show_items(self._key_items())

    def _mark_test_points(self, frame: Frame, data: DataSummary) -> None:
        """As the training points: those taken for another class, or differently by two runs."""
        said = frame.results.get(TEST_CLASSES)
        other = None if self._compared is None else self._compared.results_b.get(TEST_CLASSES)
        if self._shows_difference or (self.side.side == OTHER and other is not None):
            ours = self._compared.results_a.get(TEST_CLASSES) if self._compared is not None else None
            said, compared_with = (ours, other) if self._shows_difference else (other, data.test_point_labels)
        else:
            compared_with = data.test_point_labels
        if self._marks_test_points and said is not None and compared_with is not None:
            self.plane.mark_test_points(np.flatnonzero(said != compared_with))

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self.plane, self.curve, self.key):
            part.set_theme(theme)

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
        across, up = (f"{name} {decimal_words(at)}" for name, at in zip(self._names, place, strict=False))
        self.readout.setText(f"{across}  ·  {up}  ·  {said}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_key()

    def _place_key(self) -> None:
        """Where the picture leaves room: beside a square in a wide panel, else below."""
        is_wide = self.width() - KEY_WIDTH >= self.height() // 2
        is_wide = is_wide and self._pictures.currentWidget() is self.plane
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.LeftToRight if is_wide else direction.TopToBottom)
        self._beside_column.setDirection(direction.TopToBottom if is_wide else direction.LeftToRight)
        self._beside.setMinimumWidth(KEY_WIDTH if is_wide else 0)
        self._beside.setMaximumWidth(KEY_WIDTH if is_wide else WIDEST)
        for place, stretch in enumerate((0, 0, 1) if is_wide else (1, 0, 0)):
            self._beside_column.setStretch(place, stretch)


def _has_other_test_points(data: DataSummary) -> bool:
    """Whether there are test points, and not the training points themselves."""
    points, tested = data.points, data.test_points
    return (
        points is not None and tested is not None and len(tested) > 0 and not np.array_equal(points, tested)
    )
