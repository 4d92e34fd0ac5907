"""A cache of short texts that are painted often: each is laid out once, which is most of its cost."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText

REMEMBERED = 512


class StaticTexts:
    """A cache of laid-out texts in one font.

    Args:
        text_font: what they are painted with.
    """

    def __init__(self, text_font: QFont) -> None:
        self.font = text_font
        self._metrics = QFontMetricsF(text_font)
        self._texts: dict[str, QStaticText] = {}

    def begin(self, painter: QPainter) -> None:
        """Make the painter ready; the pen's colour is the caller's."""
        painter.setFont(self.font)

    def width_of(self, text: str) -> float:
        """Pixels that a text takes."""
        return self._metrics.horizontalAdvance(text)

    def elided(self, text: str, width: float) -> str:
        """As much of both ends of a text as this width has room for: names often differ in their last letters."""
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)

    def paint(self, painter: QPainter, x: float, baseline: float, text: str) -> None:
        """Paint a text whose letters stand on the baseline."""
        static = self._texts.get(text)
        if static is None:
            if len(self._texts) >= REMEMBERED:
                self._texts.clear()
            static = self._texts[text] = QStaticText(text)
            static.setTextFormat(Qt.TextFormat.PlainText)
        painter.drawStaticText(QPointF(x, baseline - self._metrics.ascent()), static)
