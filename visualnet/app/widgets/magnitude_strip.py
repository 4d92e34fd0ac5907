"""The mean magnitude of each layer's weights or gradients as bars on one logarithmic scale."""

from __future__ import annotations

from math import floor, isfinite, log10

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualnet.app.theme import SMALL, Theme, font
from visualnet.app.widgets.painted import painted
from visualnet.core.number_words import number_words

BAR, GAP = 18, 4
"""Pixels: height of the longest bar, and between two of them."""

LEAST_DECADES = 3
"""Powers of ten that the scale spans, at least, so that layers that are alike look alike."""

Magnitudes = tuple[tuple[str, float], ...]


class MagnitudeStrip(QWidget):
    """A strip with a bar for each layer, with its mean magnitude beneath; a click chooses the layer.

    Attributes:
        chosen: emitted with the place of the layer that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._magnitudes: Magnitudes = ()
        self._current = 0
        self._font = font(SMALL)
        self._metrics = QFontMetrics(self._font)
        self.setFixedHeight(BAR + self._metrics.height() + 2)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Mean size in each layer")

    @property
    def magnitudes(self) -> Magnitudes:
        """(layer's name, mean size) of each layer, as shown."""
        return self._magnitudes

    def show_magnitudes(self, magnitudes: Magnitudes, current: int) -> None:
        """Show these; the layer at the place ``current`` stands out."""
        if (magnitudes, current) != (self._magnitudes, self._current):
            self._magnitudes, self._current = magnitudes, current
            words = ", ".join(f"{name} {number_words(size)}" for name, size in magnitudes)
            self.setAccessibleDescription(words)
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @property
    def lengths(self) -> list[float]:
        """Of the bars, from 0 to 1: a tenth of the size is a bar shorter by the same piece everywhere."""
        powers = [log10(size) if isfinite(size) and size > 0 else None for _, size in self._magnitudes]
        known = [power for power in powers if power is not None]
        if not known:
            return [0.0] * len(powers)
        top = max(known)
        bottom = min(floor(min(known)), top - LEAST_DECADES)
        return [0.0 if power is None else (power - bottom) / (top - bottom) for power in powers]

    def _pitch(self) -> float:
        return self.width() / max(len(self._magnitudes), 1)

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        theme, pitch = self._theme, self._pitch()
        painter.setFont(self._font)
        for place, ((_, size), length) in enumerate(zip(self._magnitudes, self.lengths, strict=True)):
            is_current = place == self._current
            left, width = place * pitch, max(pitch - GAP, 2)
            painter.fillRect(QRectF(left, 0, width, BAR), QColor(theme.raised))
            height = max(length * BAR, 1)
            colour = QColor(theme.accent if is_current else theme.secondary)
            painter.fillRect(QRectF(left, BAR - height, width, height), colour)
            words = self._words_for(size, width)
            painter.setPen(QColor(theme.text if is_current else theme.secondary))
            painter.drawText(
                QRectF(left, BAR + 2, width, self.height() - BAR - 2), Qt.AlignmentFlag.AlignHCenter, words
            )

    def _words_for(self, size: float, width: float) -> str:
        """The size with as many digits as have room; nothing where none has."""
        several = (number_words(size, digits) for digits in (2, 1))
        return next((words for words in several if self._metrics.horizontalAdvance(words) <= width), "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int(event.position().x() / self._pitch())
        if event.button() == Qt.MouseButton.LeftButton and place < len(self._magnitudes):
            self.chosen.emit(place)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._magnitudes:
            place = min(int(event.pos().x() / self._pitch()), len(self._magnitudes) - 1)
            name, size = self._magnitudes[place]
            below = self.mapToGlobal(self.rect().bottomLeft())
            words = f"{name}: mean size {number_words(size)}.\nAll layers have one scale of powers of ten. Click to see this one."
            QToolTip.showText(below, words, self)
            return True
        return super().event(event)
