"""Buttons, sliders and areas that scroll, as more than one part of the window has them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSlider, QToolButton, QWidget


def toggle(text: str) -> QToolButton:
    """A button that stays down until it is pressed again."""
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    return button


def stepped_slider(maximum: int, value: int = 0) -> QSlider:
    """A horizontal slider over the whole numbers from 0."""
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setMaximum(maximum)
    slider.setValue(value)
    return slider


def scroll_area(content: QWidget) -> QScrollArea:
    """A view of something as wide as there is room, which scrolls up and down alone and has no frame."""
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area
