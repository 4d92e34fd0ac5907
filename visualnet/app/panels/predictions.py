"""Test examples with the network's predictions, live. GUI thread."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout

from visualnet.app.panels.info import DataKind, PanelInfo, PanelKey, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.text.data_labels import no_predictions
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.controls import toggle
from visualnet.app.widgets.digit_grid import DigitGrid
from visualnet.app.widgets.readout import FittingReadout
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.number_words import decimal_words
from visualnet.core.probes.base import Probe
from visualnet.core.probes.predictions import Predictions, PredictionsProbe
from visualnet.core.studies.compare_runs import RunComparison


class PredictionsPanel(Panel):
    """A grid of test examples: the same ones from frame to frame, until another sample is asked for."""

    info = PanelInfo(
        name="predictions",
        title="Predictions",
        places={DataKind.IMAGES: Place.ABOVE},
        shortcut="Ctrl+5",
        why_not=no_predictions,
        keys=(PanelKey("another sample", "N", lambda panel: panel.another.trigger()),),
    )
    frames_per_second = 12.0
    shows_both_runs = True

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._sample = 0
        self.grid = DigitGrid(theme)
        self.grid.setAccessibleName("Test examples")
        self.grid.set_hint("Test digits appear here as soon as there is a network.")
        self.grid.capacity_changed.connect(self.wants_frame)
        self.grid.pointed.connect(self._on_grid_pointed)
        self.only_wrong = toggle("Only wrong")
        self.only_wrong.setToolTip(
            "Show only what is wrong now, of what the last test got wrong.\nWhat turns right while the network learns leaves."
        )
        self.only_wrong.toggled.connect(self._on_only_wrong_toggled)
        self.other = toggle("Other run")
        self.other.setToolTip("Show what the other run says of the same examples.")
        self.other.toggled.connect(self.wants_frame)
        self.other.hide()
        self._compared: RunComparison | None = None
        self.another = QAction("Another sample", self)
        self.another.setToolTip("Show other test examples (N).\nNone of them is ever trained on.")
        self.another.triggered.connect(self._on_another_triggered)
        self.count = FittingReadout()
        self._lay_out()

    def _lay_out(self) -> None:
        button = QToolButton()
        button.setDefaultAction(self.another)
        controls = QHBoxLayout()
        controls.setSpacing(GRID)
        controls.addWidget(self.count, 1)
        controls.addWidget(self.other)
        controls.addWidget(self.only_wrong)
        controls.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, 0, GRID * 3 // 2, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(controls)
        column.addWidget(self.grid, 1)

    @property
    def _probe(self) -> PredictionsProbe:
        return PredictionsProbe(self.grid.capacity, self._sample, self.only_wrong.isChecked())

    def probes(self) -> frozenset[Probe]:
        return frozenset({self._probe})

    def show_run(self, run: RunStarted) -> None:
        if no_predictions(run.data):
            return
        self._sample = 0
        self.count.show_words("")
        height, width = run.data.input_shape
        self.grid.set_kind((height, width), run.data.classes)
        self.grid.set_hint("")

    def show_comparison(self, comparing: Comparing) -> None:
        """Offer the other run's guesses."""
        self._compared, is_on = comparing.latest, comparing.is_on
        self.other.setVisible(is_on)
        # What one run gets wrong are other examples than what the other does.
        self.only_wrong.setVisible(not is_on)
        if is_on:
            self.only_wrong.setChecked(False)
        else:
            self.other.setChecked(False)
        self.wants_frame.emit()

    def show_frame(self, frame: Frame) -> None:
        predictions = frame.results.get(self._probe)
        if self.other.isChecked() and self._compared is not None:
            predictions = self._compared.results_b.get(self._probe) or predictions
        if predictions is None:
            return
        if not len(predictions.indices):
            self.grid.set_hint(self._why_none(predictions, frame))
            self._show_count("")
            return
        self.grid.show_predictions(predictions)
        right = int((predictions.guesses == predictions.labels).sum())
        several: tuple[str, ...] = (f"{right} of {len(predictions.labels)} right",)
        if self.only_wrong.isChecked():
            known, count = predictions.wrong_known, len(predictions.labels)
            several = (
                ("No test was made yet: these are wrong now", "not tested yet")
                if known is None
                else (
                    f"{count} of {known:,} that {self._test_words(frame)} got wrong",
                    f"{count} of {known:,} wrong",
                )
            )
        self._show_count(*several)

    def _why_none(self, predictions: Predictions, frame: Frame) -> str:
        """What to say where nothing of what was looked at is wrong."""
        test, looked_at = self._test_words(frame), f"Of the {predictions.looked_at:,} looked at here"
        if predictions.wrong_known is None:
            return f"{looked_at} none is wrong. Another sample shows others."
        if not predictions.wrong_known:
            return f"Nothing was wrong in {test}."
        return f"{looked_at}, which {test} got wrong, none is wrong now. Another sample shows others."

    @staticmethod
    def _test_words(frame: Frame) -> str:
        """The test that is meant, with its step where it is older than what is shown."""
        test = frame.history.figures_at(frame.step).test
        return (
            "the last test" if test is None or test.step == frame.step else f"the test at step {test.step:,}"
        )

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.grid.set_theme(theme)

    def _show_count(self, *several: str) -> None:
        self.count.show_words(*several)
        self.grid.setAccessibleDescription(several[0])

    def _on_only_wrong_toggled(self) -> None:
        self._sample = 0
        self.wants_frame.emit()

    def _on_another_triggered(self) -> None:
        self._sample += 1
        self.wants_frame.emit()

    def _on_grid_pointed(self, place: int | None) -> None:
        predictions, run = self.grid.predictions, self.session.run
        if place is None or predictions is None or run is None:
            self.grid.setToolTip("")
            return
        classes = run.data.classes
        tell = "{:.0%}".format if run.gives_probabilities else decimal_words
        scores = ", ".join(
            f"{name} {tell(float(score))}"
            for name, score in zip(classes, predictions.scores[place], strict=True)
        )
        kind = "Probabilities" if run.gives_probabilities else "Scores"
        label = classes[predictions.labels[place]]
        self.grid.setToolTip(
            f"Test example {predictions.indices[place]:,}: it is a {label}.\n{kind}: {scores}"
        )
