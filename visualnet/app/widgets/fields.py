"""Fields for numbers: typed freely, read strictly, and not changed by a wheel that scrolls the page."""

from __future__ import annotations

from math import isfinite, isnan, log10, nan

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QToolTip, QWidget

from visualnet.app.text.labels import IDEAS, LABELS
from visualnet.app.theme import GRID
from visualnet.app.widgets.controls import stepped_slider
from visualnet.app.widgets.number_keys import NumberKeys

SLIDER_STEPS = 240


class _WheelNeedsFocus(QObject):
    """An event filter that lets the wheel scroll the page unless the field has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(field: QWidget) -> None:
    """From now on the wheel changes this field only while it has the focus."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_WheelNeedsFocus(field))


def choice(names: list[str], words: dict[str, str] | None = None) -> QComboBox:
    """A list to choose one name from, shown by its word; each says its idea under the mouse."""
    box = QComboBox()
    for place, name in enumerate(names):
        box.addItem((words or LABELS).get(name, name), name)
        box.setItemData(place, IDEAS.get(name), Qt.ItemDataRole.ToolTipRole)
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    guard_wheel(box)
    return box


def whole_number(low: int, high: int) -> QSpinBox:
    """A field for a whole number of at most 32 bits; it speaks when the person is done typing."""
    box = QSpinBox(minimum=low, maximum=high)
    box.setKeyboardTracking(False)
    box.setGroupSeparatorShown(True)
    box.lineEdit().setTextMargins(GRID, 0, 0, 0)
    guard_wheel(box)
    NumberKeys(box, restore=lambda: box.setValue(box.value()))
    return box


class NumberField(QLineEdit):
    """A number with three significant digits; 1e-3 is as good as 0.001.

    Args:
        unit: shown behind the number; need not be typed.

    Attributes:
        entered: emitted with the number when the person is done typing; a text that is no number is told of, and
            replaced by the one before.
    """

    entered = Signal(float)

    _wanted = "a number"

    def __init__(self, unit: str = "") -> None:
        super().__init__()
        self._value: float = 0
        self._unit = unit
        self.editingFinished.connect(self._on_editing_finished)
        NumberKeys(self, restore=self._show_text)

    @property
    def value(self) -> float:
        """The number shown."""
        return self._value

    def show_value(self, value: float) -> None:
        """Show this number; nan: that there are several."""
        self._value = value
        if not self.hasFocus() or not self.isModified():
            self._show_text()

    def _on_editing_finished(self) -> None:
        if not self.isModified():
            return
        self.setModified(False)
        try:
            value = self._read(self.text().strip().removesuffix(self._unit.strip()))
        except ValueError:
            typed = self.text()
            self._show_text()
            self._tell(f"“{typed:.40}” is not {self._wanted}; {self.text()} stays.")
            return
        self.entered.emit(value)

    def _tell(self, sentence: str) -> None:
        """Say it below the field, where whoever typed looks."""
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), sentence, self)

    def _read(self, text: str) -> float:
        return float(text.replace(",", "."))

    def _show_text(self) -> None:
        self.setText("several" if isnan(self._value) else f"{self._value:.3g}{self._unit}")


class WholeNumberField(NumberField):
    """A whole number of any size, all digits of it: a seed goes beyond what Qt's own fields hold.

    Attributes:
        entered: see NumberField.
    """

    entered = Signal(object)

    _wanted = "a whole number"

    def _read(self, text: str) -> int:
        return int(text)

    def _show_text(self) -> None:
        self.setText(f"{self._value:d}")
        self.setCursorPosition(0)


def counted(value: float) -> float:
    """A typed number as the whole one that it is near; one that no computer can count stays, for its reader to refuse."""
    return round(value) if isfinite(value) else value


class Switch(QCheckBox):
    """A yes or no.

    Args:
        text: what yes means.

    Attributes:
        entered: emitted with the answer when the person changes it.
    """

    entered = Signal(bool)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setMinimumHeight(26)
        self.clicked.connect(self.entered)

    def show_value(self, value: float) -> None:
        """Show yes where this is not 0, without telling anybody."""
        self.setChecked(bool(value))


class SliderField(QWidget):
    """A slider over many sizes of a number, beside a field for the number itself.

    Args:
        low: least value of the slider, above 0 where it is logarithmic.
        high: greatest value of the slider.
        is_log: equal distances are equal factors.

    Attributes:
        moved: emitted with the number that the person asks for.
    """

    moved = Signal(float)

    def __init__(self, low: float, high: float, is_log: bool = False) -> None:
        super().__init__()
        self._low, self._high, self._is_log = low, high, is_log
        self.slider = stepped_slider(SLIDER_STEPS)
        guard_wheel(self.slider)
        self.field = NumberField()
        self.field.setFixedWidth(64)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(self._on_slider_changed)
        self.field.entered.connect(self.moved)

    def name(self, name: str, idea: str) -> None:
        """Accessible name and tooltip of both parts."""
        for part in (self.slider, self.field):
            part.setAccessibleName(name)
            part.setToolTip(idea)

    def show_value(self, value: float | None) -> None:
        """Show this number, without telling anybody; None: that there are several."""
        if value is None:
            self.field.show_value(nan)
            return
        self.field.show_value(value)
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(self._place_of(value))
            self.slider.blockSignals(False)

    def _place_of(self, value: float) -> int:
        value = min(max(value, self._low), self._high)
        if self._is_log:
            share = log10(value / self._low) / log10(self._high / self._low)
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(share * SLIDER_STEPS)

    def _on_slider_changed(self, place: int) -> None:
        share = place / SLIDER_STEPS
        if self._is_log:
            value = self._low * (self._high / self._low) ** share
        else:
            value = self._low + (self._high - self._low) * share
        self.moved.emit(float(f"{value:.2g}"))
