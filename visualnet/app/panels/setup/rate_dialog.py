"""The learning-rate range test in a dialog: its curve as it comes, and the rate to take from it. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from visualnet.app.session.session import Session
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.rate_plot import RatePlot, rate_words
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.studies.rate_range import RateRange
from visualnet.core.training.rate_finder import RateFinding

STUDY = RateRange()
IDEA = (
    "A network like this one is trained from its first weights, with a rate that grows at each step. "
    "Your run stays as it is."
)


class RateDialog(QDialog):
    """The dialog of a range test, which runs as long as the dialog is open.

    Attributes:
        used: emitted with the rate that the person takes.
    """

    used = Signal(float)

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle("Find a rate")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        idea = QLabel(IDEA, wordWrap=True)
        idea.setProperty("role", "secondary")
        self.plot = RatePlot(theme, STUDY.lowest, STUDY.highest)
        self.plot.chosen.connect(self._on_plot_chosen)
        self.progress = QProgressBar(maximum=100, textVisible=False)
        self.progress.setFixedHeight(4)
        self.sentence = QLabel("Trying rates…", wordWrap=True)
        self.sentence.setMinimumHeight(36)
        self.use = QPushButton("Use this rate", default=True)
        self.use.setEnabled(False)
        self.use.setObjectName("primary")
        self.use.clicked.connect(self.accept)
        self.cancel = QPushButton("Cancel", autoDefault=False)
        self.cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(idea)
        column.addWidget(self.plot, 1)
        column.addWidget(self.progress)
        column.addWidget(self.sentence)
        column.addLayout(buttons)
        self.resize(640, 480)
        session.study_progressed.connect(self._on_session_study_progressed)
        session.study_ended.connect(self._on_session_study_ended)
        session.rejected.connect(self._on_session_rejected)
        session.run_started.connect(self.reject)
        session.send(c.StartStudy(STUDY))

    def done(self, result: int) -> None:
        """Close; what is still being tried is given up."""
        self._session.send(c.CancelStudy(RateRange))
        self._session.study_progressed.disconnect(self._on_session_study_progressed)
        self._session.study_ended.disconnect(self._on_session_study_ended)
        self._session.rejected.disconnect(self._on_session_rejected)
        self._session.run_started.disconnect(self.reject)
        if result == QDialog.DialogCode.Accepted and self.plot.rate is not None:
            self.used.emit(self.plot.rate)
        super().done(result)

    def _on_session_study_progressed(self, event: e.StudyProgressed) -> None:
        if isinstance(event.study, RateRange):
            self.plot.show_points(event.so_far)
            self.progress.setValue(round(100 * event.share))

    def _on_session_study_ended(self, event: e.StudyEnded) -> None:
        if isinstance(event.result, RateFinding):
            self.plot.show_points(event.result.points)
            self.progress.setValue(100)
            self._show_finding(event.result)

    def _show_finding(self, finding: RateFinding) -> None:
        self.plot.suggestion = finding.suggestion
        if finding.suggestion is None:
            self.sentence.setText(
                "The loss fell at none of these rates. Choose one on the curve all the same."
            )
            return
        broke = f", and breaks at {rate_words(finding.broke_at)}" if finding.broke_at is not None else ""
        self.sentence.setText(
            f"The loss falls fastest at about {rate_words(finding.suggestion)}{broke}. "
            "Click on the curve to choose another rate."
        )
        if self.plot.rate is None:
            self._on_plot_chosen(finding.suggestion)

    def _on_session_rejected(self, event: e.CommandRejected) -> None:
        if event.command == c.StartStudy(STUDY):
            self.sentence.setText(event.sentence)

    def _on_plot_chosen(self, rate: float) -> None:
        self.plot.choose(rate)
        self.use.setText(f"Use {rate_words(rate)}")
        self.use.setEnabled(True)
