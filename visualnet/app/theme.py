"""Colours, fonts and spacing: two designed themes, and the colour maps that every panel shares.

Blue is negative, orange is positive, and zero has the tone of the panel itself; training and test have
one colour each, everywhere. ``setColorScheme`` does nothing under xcb and offscreen, so the palettes are
our own, on Qt's Fusion style.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from visualnet.core.resources import resource

GRID = 8
"""Every margin and gap is a multiple or a half of this many pixels."""

EVEN_LUMINANCE = 0.179
"""The luminance that has the same contrast with black as with white: (L + 0.05)² = 0.05 · 1.05."""

FONT_FAMILY = "Inter"
SMALL, NORMAL, LARGE = 11, 13, 17
"""The three text sizes, in pixels."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, as ``#rrggbb``.

    Attributes:
        name: ``dark`` or ``light``.
        window: behind the panels.
        panel: the panels' own tone; zero in every diverging colour map.
        raised: controls, and what lies above a panel.
        line: the few lines there are.
        text: what is read first.
        secondary: labels, axes, hints; at least 4.5:1 on panel and window.
        accent: what is live, and what may be pressed next.
        on_accent: text on accent.
        past: the playhead while it is not live, and the figures of its step.
        training: training curves and figures.
        test: test curves and figures.
        negative: negative numbers, and class 0.
        positive: positive numbers, and class 1.
        wrong: mistakes and faults; always together with a shape.
        ink: the strokes of a digit.
    """

    name: str
    window: str
    panel: str
    raised: str
    line: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    past: str
    training: str
    test: str
    negative: str
    positive: str
    wrong: str
    ink: str


DARK = Theme(
    name="dark",
    window="#101318",
    panel="#181c23",
    raised="#252b35",
    line="#323945",
    text="#e9edf2",
    secondary="#a2adbb",
    accent="#3ecfb2",
    on_accent="#06231d",
    past="#e8cf6a",
    training="#3ecfb2",
    test="#d79bf0",
    negative="#4b9df0",
    positive="#f2913d",
    wrong="#ff7b80",
    ink="#f4f6f8",
)

LIGHT = Theme(
    name="light",
    window="#eceff3",
    panel="#ffffff",
    raised="#eef1f5",
    line="#d3d9e1",
    text="#171c24",
    secondary="#556070",
    accent="#08715f",
    on_accent="#ffffff",
    past="#7a6200",
    training="#08715f",
    test="#8a3ab0",
    negative="#1f6fc2",
    positive="#c8590a",
    wrong="#c4242e",
    ink="#171c24",
)

THEMES = {"dark": DARK, "light": LIGHT}


MORE_CLASSES = {
    "dark": ("#3ecfb2", "#d79bf0", "#e8d44d", "#9aa7b5", "#ff7b80", "#7be0ff"),
    "light": ("#08715f", "#8a3ab0", "#8f7a00", "#556070", "#c4242e", "#0b8fb3"),
}
"""After negative and positive, the colours of a third class and those that follow."""


def class_colour(theme: Theme, label: int) -> str:
    """The colour of a class; after the eighth they begin again."""
    return (theme.negative, theme.positive, *MORE_CLASSES[theme.name])[label % 8]


def system_theme() -> Theme:
    """The theme that the desktop asks for; dark where it does not say."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(first: str, second: str, share: float) -> str:
    """The colour ``share`` of the way from the first to the second."""
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(first), rgb(second), strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


@lru_cache(maxsize=8)
def diverging_table(theme: Theme) -> tuple[int, ...]:
    """256 ARGB values for QImage.setColorTable: negative, through the panel's tone at 128, to positive."""
    below = [blend(theme.negative, theme.panel, i / 128) for i in range(128)]
    above = [blend(theme.panel, theme.positive, i / 127) for i in range(128)]
    return tuple(QColor(colour).rgba() for colour in below + above)


@lru_cache(maxsize=8)
def text_colours(table: tuple[int, ...]) -> tuple[QColor, ...]:
    """For each ARGB value, black or white, whichever is told from it better: at least 4.5:1."""
    return tuple(
        QColor("black" if luminance(QColor(colour)) > EVEN_LUMINANCE else "white") for colour in table
    )


def luminance(colour: QColor) -> float:
    """Relative luminance in 0..1 (Web Content Accessibility Guidelines 2.2, "relative luminance")."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@lru_cache(maxsize=8)
def class_table(theme: Theme) -> tuple[int, ...]:
    """256 ARGB values for class indices: their colours, toned down so that points stand out upon them."""
    colours = (blend(theme.panel, class_colour(theme, label), 0.45) for label in range(256))
    return tuple(QColor(colour).rgba() for colour in colours)


@lru_cache(maxsize=8)
def ink_table(theme: Theme) -> tuple[int, ...]:
    """256 ARGB values for magnitudes, such as a digit's pixels: from the raised tone to ink."""
    return tuple(QColor(blend(theme.raised, theme.ink, i / 255)).rgba() for i in range(256))


@lru_cache(maxsize=8)
def magnitude_table(theme: Theme) -> tuple[int, ...]:
    """256 ARGB values at the places of diverging_table: up to zero the tone of paper, from there on to ink."""
    ink = ink_table(theme)
    return (ink[0],) * 128 + ink[1::2]


def diverging_indices(
    values: NDArray[Any], limit: float, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Map -limit..limit to places 0..255 in diverging_table, zero to 128.

    Args:
        values: any shape; what lies outside is cut, what is not a number shows as zero.
        limit: above 0.
        out: uint8 of the same shape to write to.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.multiply(values, 127 / limit, dtype=np.float32)
        np.clip(scaled, -127, 127, out=scaled)
        np.add(scaled, 128.5, out=scaled)
        if out is None:
            out = np.empty(scaled.shape, np.uint8)
        np.copyto(out, scaled, casting="unsafe")
    return out


def load_fonts() -> None:
    """Make the bundled font (Inter, OFL) known to Qt."""
    for path in sorted(resource("assets", "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))


def font(size: int = NORMAL, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The text font with tabular figures, so that running numbers do not dance.

    Args:
        size: SMALL, NORMAL or LARGE, in pixels.
        weight: Normal, Medium or DemiBold are bundled.
    """
    made = QFont(QApplication.font())
    made.setPixelSize(size)
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Give the application this theme's palette and style sheet."""
    application.setPalette(_palette(theme))
    application.setStyleSheet(_style_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.raised,
        role.AlternateBase: theme.panel,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.wrong,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.secondary,
        role.Link: theme.accent,
        role.Light: theme.line,
        role.Midlight: theme.line,
        role.Mid: theme.line,
        role.Dark: theme.line,
        role.Shadow: theme.window,
    }
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    faint = QColor(blend(theme.secondary, theme.panel, 0.45))
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, faint)
    return palette


def _style_sheet(t: Theme) -> str:
    return _style_of_controls(t) + _style_of_variants(t) + _style_of_surroundings(t)


def _style_of_controls(t: Theme) -> str:
    hover = blend(t.raised, t.text, 0.08)
    return f"""
    QMainWindow::separator {{ background: {t.window}; width: {GRID}px; height: {GRID}px; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 6px; }}
    QToolButton, QPushButton {{ background: transparent; color: {t.text}; border: 1px solid transparent;
        border-radius: 6px; padding: 4px 8px; }}
    QPushButton {{ background: {t.raised}; border-color: {t.line}; padding: 5px 12px; }}
    QToolButton:hover, QPushButton:hover {{ background: {hover}; }}
    QToolButton:checked {{ background: {t.raised}; border-color: {t.line}; }}
    QToolButton:focus, QPushButton:focus, QComboBox:focus, QAbstractSpinBox:focus, QLineEdit:focus
        {{ border-color: {t.accent}; }}
    QCheckBox:focus {{ color: {t.accent}; }}
    QToolButton:disabled, QPushButton:disabled {{ color: {blend(t.secondary, t.panel, 0.45)}; }}
    QPushButton#primary {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600; }}
    QPushButton#primary:disabled {{ background: {t.raised}; color: {blend(t.secondary, t.panel, 0.45)};
        border-color: {t.line}; }}
    QSlider::groove:horizontal {{ height: 4px; background: {t.line}; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {blend(t.secondary, t.panel, 0.3)}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ background: {t.text}; width: 12px; margin: -4px 0; border-radius: 6px; }}
    QSlider::handle:horizontal:focus {{ background: {t.accent}; }}
    QSlider::handle:horizontal:disabled {{ background: {t.line}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: margin; width: 0px; border: none; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url({resource("assets", "chevron.svg").as_posix()}); width: 12px; height: 12px; }}
    QComboBox, QAbstractSpinBox, QLineEdit {{ background: {t.raised}; color: {t.text};
        border: 1px solid {t.line}; border-radius: 6px; padding: 3px 8px; min-height: 20px;
        selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QTreeWidget {{ background: {t.panel}; border: none; outline: 0; }}
    QTreeWidget::item {{ padding: 3px 4px; }}
    QTreeWidget::item:selected {{ background: {t.raised}; color: {t.text}; }}
    QHeaderView::section {{ background: {t.panel}; color: {t.secondary}; border: none;
        border-bottom: 1px solid {t.line}; padding: 3px 4px; }}
    """


def _style_of_variants(t: Theme) -> str:
    hover = blend(t.raised, t.text, 0.08)
    return f"""
    QToolButton[slim="true"] {{ padding: 0; }}
    QToolButton[folds="true"] {{ padding: 4px 8px 4px 0; color: {t.secondary}; }}
    QToolButton[folds="true"]:checked {{ background: transparent; border-color: transparent; color: {t.text}; }}
    QToolButton[folds="true"]:focus {{ border-color: {t.accent}; }}
    QAbstractSpinBox[slim="true"], QLineEdit[slim="true"] {{ padding: 3px 2px; }}
    QComboBox[slim="true"] {{ padding: 3px 0 3px 6px; }}
    QPushButton[quiet="true"] {{ background: transparent; border-color: transparent; color: {t.secondary};
        padding: 4px 0 4px 10px; text-align: left; }}
    QPushButton[quiet="true"]:hover {{ background: {hover}; }}
    QPushButton[quiet="true"]:focus {{ border-color: {t.accent}; }}
    QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0 0 0 6px; min-height: 0; }}
    QComboBox QAbstractItemView {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line};
        selection-background-color: {t.accent}; selection-color: {t.on_accent}; outline: 0; }}
    """


def _style_of_surroundings(t: Theme) -> str:
    return f"""
    QMenuBar {{ background: {t.window}; color: {t.text}; }}
    QMenuBar::item:selected {{ background: {t.raised}; }}
    QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px; border-radius: 4px; }}
    QMenu::item:disabled {{ color: {blend(t.secondary, t.panel, 0.45)}; background: transparent; }}
    QMenu::item:selected:enabled {{ background: {t.accent}; color: {t.on_accent}; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {t.line}; border-radius: 4px; min-height: 24px; }}
    QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {t.line}; border-radius: 4px; min-width: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QToolBar {{ background: {t.window}; border: none; spacing: 4px; padding: 0 {GRID}px; }}
    QStatusBar {{ background: {t.window}; border: none; }}
    QStatusBar::item {{ border: none; }}
    QTabBar {{ background: {t.window}; border: none; }}
    QTabBar::tab {{ background: transparent; color: {t.secondary}; border: none; padding: 3px 12px; }}
    QTabBar::tab:selected {{ background: {t.panel}; color: {t.text}; border-top-left-radius: 6px;
        border-top-right-radius: 6px; }}
    QLabel[role="secondary"] {{ color: {t.secondary}; }}
    """
