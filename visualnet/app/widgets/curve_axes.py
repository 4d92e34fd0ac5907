"""The axes of a curve: few ticks with readable numbers, at 1, 2 or 5 times a power of ten."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from visualnet.app.theme import SMALL, Theme, font
from visualnet.app.widgets.painted import painted_item
from visualnet.app.widgets.scale import nice_ceiling
from visualnet.core.number_words import number_words, tick_words

Ticks = list[tuple[float, list[float]]]

GREATEST_POWER = 308
"""The greatest power of ten that a number can have."""

MOST_VALUES = 12
"""Ticks of an axis of values, however tall it is."""

NAMED_DECADES = 3
"""Decades up to which a logarithmic axis names 2 and 5 between the powers of ten."""


class CurveAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph tells no types
    """An axis with one level of ticks and cached bounds, which pyqtgraph computes several times a paint.

    Attributes:
        gap: least distance between two ticks, in pixels.
    """

    gap = 20
    _bounds: QRectF | None = None

    def boundingRect(self) -> QRectF:
        if self._bounds is None:
            self._bounds = super().boundingRect()
        return self._bounds

    def resizeEvent(self, event: Any = None) -> None:
        self._bounds = None
        super().resizeEvent(event)

    @painted_item
    def paint(self, painter: QPainter, option: Any, widget: Any) -> None:
        super().paint(painter, option, widget)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self.setPen(pg.mkPen(theme.line, width=1))
        self.setTextPen(pg.mkPen(theme.secondary))
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self.setStyle(tickFont=font(SMALL), tickLength=-4, tickTextOffset=6)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:
        return _even_ticks(minVal, maxVal, nice_ceiling((maxVal - minVal) * self.gap / max(size, 1)))


class StepAxis(CurveAxis):
    """An axis of whole steps with thousands separators."""

    gap = 72

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:
        return _even_ticks(minVal, maxVal, max(1.0, super().tickValues(minVal, maxVal, size)[0][0]))

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [f"{value:,.0f}" for value in values]


class ValueAxis(CurveAxis):
    """An axis of plain numbers, powers of ten, or percent."""

    is_log = False
    is_percent = False

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:
        # No share is more than all, though the axis ends a little above.
        maxVal = min(maxVal, 1.0) if self.is_percent else maxVal
        size = min(size, self.gap * MOST_VALUES)
        if not self.is_log:
            return super().tickValues(minVal, maxVal, size)
        spacing = max(1.0, nice_ceiling((maxVal - minVal) * self.gap / max(size, 1)))
        ticks = _even_ticks(minVal, maxVal, spacing)
        if maxVal - minVal > NAMED_DECADES or size < 3 * self.gap * (maxVal - minVal):
            return ticks
        decades = np.arange(floor(minVal), ceil(maxVal) + 1)
        named = (decades[:, np.newaxis] + np.log10([1, 2, 5])).ravel()
        return [(spacing, named[(named >= minVal) & (named <= maxVal)].tolist())]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.is_percent:
            return [f"{100 * value:.4g} %" for value in values]
        if self.is_log:
            return [number_words(10**value) if abs(value) <= GREATEST_POWER else "" for value in values]
        return [tick_words(value, spacing) for value in values]


def _even_ticks(low: float, high: float, spacing: float) -> Ticks:
    """Multiples of the spacing from low to high."""
    places = np.arange(ceil(low / spacing), floor(high / spacing) + 1)
    return [(spacing, (places * spacing).tolist())]
