"""Feature maps: each layer's outputs for one image, a tile a channel of a convolution, a cell a neuron. GUI thread."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from visualnet.app.panels.info import PanelInfo, PanelKey
from visualnet.app.panels.panel import Panel
from visualnet.app.session.session import Session
from visualnet.app.text.data_labels import no_feature_maps
from visualnet.app.text.labels import neuron_name
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.controls import toggle
from visualnet.app.widgets.heatmap import Cell, Heatmap
from visualnet.app.widgets.readout import Readout
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.nn.layers.names import layer_names
from visualnet.core.number_words import number_words
from visualnet.core.probes.base import Probe
from visualnet.core.probes.feature_maps import INPUT, FeatureMapsProbe

LARGEST_IMAGE = 280
"""Pixels that the image beside the maps may be wide."""


def _has_maps(run: RunStarted) -> bool:
    """Whether a layer gives some; a dense one gives a number a neuron."""
    return any(len(layer.output_shape) == 3 for layer in run.layers)


class FeatureMapsPanel(Panel):
    """The panel of feature maps of one image: a test image, or the drawn digit."""

    info = PanelInfo(
        name="feature-maps",
        title="Feature maps",
        shortcut="Ctrl+3",
        why_not=no_feature_maps,
        comes_with=_has_maps,
        keys=(
            PanelKey("another image", "N", lambda panel: panel.another.trigger()),
            PanelKey("move from cell to cell", "Alt+← → ↑ ↓"),
        ),
    )
    frames_per_second = 12.0

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._example = 0
        self._drawing = b""
        self._has_negatives = False
        self._maps: NDArray[Any] | None = None
        self.layer = QComboBox()
        self.layer.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.layer.setAccessibleName("Layer")
        self.layer.setToolTip(
            "Whose outputs to look at.\nGo from the image to the outputs to see what each layer keeps of it."
        )
        self.layer.currentIndexChanged.connect(self._on_layer_changed)
        self.drawn = toggle("My drawing")
        self.drawn.setEnabled(False)
        self.drawn.setToolTip(
            "Look at the digit that you drew instead of a test image.\nDraw another: the maps follow the pen."
        )
        self.drawn.toggled.connect(self.wants_frame)
        self.another = QAction("Another image", self)
        self.another.setToolTip("Look at the next test image (N).\nThe network has never learnt from it.")
        self.another.triggered.connect(self._on_another_triggered)
        self.heatmap = Heatmap(theme)
        self.heatmap.setAccessibleName("Outputs of the layer")
        self.heatmap.set_hint("What the layers make of an image appears here as soon as there is a network.")
        self.heatmap.cell_changed.connect(self._show_readout)
        self.image = _Image(theme)
        self.readout = Readout()
        self._lay_out()

    def _lay_out(self) -> None:
        button = QToolButton()
        button.setDefaultAction(self.another)
        controls = QHBoxLayout()
        controls.setSpacing(GRID)
        controls.addWidget(self.layer)
        controls.addStretch()
        controls.addWidget(self.drawn)
        controls.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addLayout(controls)
        pictures = QHBoxLayout()
        pictures.setSpacing(2 * GRID)
        pictures.addWidget(self.image, 1)
        pictures.addWidget(self.heatmap, 4)
        column.addLayout(pictures, 1)
        column.addWidget(self.readout)

    @property
    def _probe(self) -> FeatureMapsProbe | None:
        layer = self.layer.currentData()
        return None if layer is None else self._probe_of(layer)

    def _probe_of(self, layer: int) -> FeatureMapsProbe:
        pixels = self._drawing if self.drawn.isChecked() else b""
        return FeatureMapsProbe(layer, 0 if pixels else self._example, pixels)

    def probes(self) -> frozenset[Probe]:
        probe = self._probe
        return frozenset() if probe is None else frozenset({probe, self._probe_of(INPUT)})

    def show_drawing(self, pixels: bytes) -> None:
        """The digit on the drawing pad is this; empty where there is none."""
        self._drawing = pixels
        self._offer_drawing()
        if self.drawn.isChecked():
            self.wants_frame.emit()

    def _offer_drawing(self) -> None:
        run = self.session.run
        fits = run is not None and int(np.prod(run.data.input_shape)) == len(self._drawing)
        self.drawn.setEnabled(fits)
        if not fits:
            self.drawn.setChecked(False)

    def show_run(self, run: RunStarted) -> None:
        if no_feature_maps(run.data):
            return
        self._maps = None
        self._example = 0
        self._fill_layers(run)
        self._offer_drawing()
        self._has_negatives = False
        self.image.hide()
        self.heatmap.set_hint("")
        self._show_readout(None)

    def _fill_layers(self, run: RunStarted) -> None:
        """Every layer that changes the picture; the first activation is what one wants to see first."""
        self.layer.blockSignals(True)
        self.layer.clear()
        self.layer.addItem("The image", INPUT)
        names = layer_names([layer.kind for layer in run.layers])
        for layer in run.layers:
            size = " × ".join(str(side) for side in layer.output_shape)
            if layer.kind not in ("flatten", "dropout"):
                self.layer.addItem(f"{names[layer.index]}:  {size}", layer.index)
        bends = [layer.index for layer in run.layers if layer.kind in ("relu", "tanh", "sigmoid")]
        self.layer.setCurrentIndex(max(1, self.layer.findData(bends[0] if bends else 0)))
        self.layer.blockSignals(False)

    def show_frame(self, frame: Frame) -> None:
        probe = self._probe
        maps = None if probe is None else frame.results.get(probe)
        if maps is None:
            return
        self._maps = maps
        finite = np.nan_to_num(maps, posinf=0, neginf=0)
        # Once a layer went below zero its colours keep the sign, so that they do not change from frame to frame.
        self._has_negatives |= bool(finite.min() < 0)
        self.heatmap.use_magnitudes(not self._has_negatives)
        if maps.ndim == 3:
            # Each channel on a scale of its own, else the strongest leaves all others pale.
            shown = _scaled(finite.reshape(len(maps), -1))
            self.heatmap.show_values(shown, 1.0, (maps.shape[1], maps.shape[2]))
        else:
            limit = float(np.abs(finite).max()) or 1.0
            self.heatmap.show_values(maps.reshape(_rows(len(maps)), -1), limit)
        self._show_image(frame.results.get(self._probe_of(INPUT)))
        self._show_readout(self.heatmap.cell)

    def _show_image(self, image: NDArray[Any] | None) -> None:
        """What the layer's maps are made of, beside them; where the image itself is looked at it stands there already."""
        is_beside = image is not None and self.layer.currentData() != INPUT
        self.image.setVisible(is_beside)
        if image is not None and is_beside:
            self.image.show_image(
                image, "Your drawing" if self.drawn.isChecked() else f"Test image {self._example + 1:,}"
            )

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.heatmap.set_theme(theme)
        self.image.set_theme(theme)

    def _on_layer_changed(self) -> None:
        self.heatmap.forget_cell()
        self._has_negatives = False
        self.wants_frame.emit()

    def _on_another_triggered(self) -> None:
        self._example += 1
        self.drawn.setChecked(False)
        self.wants_frame.emit()

    def _neuron_name(self, place: int, count: int) -> str:
        """What a cell stands for; the layer that gives the outputs has the names of the classes."""
        run, layer = self.session.run, self.layer.currentData()
        assert run is not None
        name = layer_names([one.kind for one in run.layers])[layer]
        return neuron_name(name, place, count, run.data.classes)

    def _show_readout(self, cell: Cell | None) -> None:
        text = self._words(cell)
        if text != self.readout.text():
            self.readout.setText(text)

    def _words(self, cell: Cell | None) -> str:
        maps = self._maps
        if maps is None:
            return ""
        if cell is None:
            what = (
                "Each tile is one channel on a scale of its own"
                if maps.ndim == 3
                else "Each cell is one neuron"
            )
            return f"{what}; silent ones: {_silent(maps)} of {len(maps)}. Point at one to read it."
        if maps.ndim == 1:
            place = min(cell.row * (len(maps) // _rows(len(maps))) + cell.column, len(maps) - 1)
            return f"{self._neuron_name(place, len(maps))}  ·  gives {number_words(maps[place])}"
        channel, (row, column) = min(cell.row, len(maps) - 1), divmod(cell.column, maps.shape[2])
        row = min(row, maps.shape[1] - 1)
        return (
            f"Channel {channel + 1}  ·  row {row + 1}, column {column + 1}"
            f"  ·  gives {number_words(maps[channel, row, column])}"
        )


class _Image(QWidget):
    """The input image: a square in the middle of the height, with its name below."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.heatmap = Heatmap(theme)
        self.heatmap.setAccessibleName("The image that goes in")
        self.heatmap.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.heatmap.setMouseTracking(False)
        self.heatmap.use_magnitudes(True)
        self.name = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter)
        self.name.setFont(font(SMALL))
        self.name.setProperty("role", "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addStretch()
        column.addWidget(self.heatmap)
        column.addWidget(self.name)
        column.addStretch()
        self.setMaximumWidth(LARGEST_IMAGE)

    def show_image(self, image: NDArray[Any], name: str) -> None:
        """Show (channels, height, width) numbers from 0 up, and say what they are."""
        channels, height, width = image.shape
        self.heatmap.show_values(_scaled(image.reshape(channels, -1)), 1.0, (height, width), 1)
        self.name.setText(name)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self.heatmap.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = min(self.width(), self.height() - self.name.sizeHint().height() - GRID)
        self.heatmap.setFixedHeight(max(side, self.heatmap.minimumWidth()))


def _scaled(rows: NDArray[Any]) -> NDArray[Any]:
    """Each row divided by its largest magnitude; one that is zero all over stays so."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return rows / np.where(largest > 0, largest, 1)


def _rows(count: int) -> int:
    """Rows that a layer of so many neurons is laid out in: about square, and full."""
    return max(rows for rows in range(1, isqrt(count) + 1) if count % rows == 0)


def _silent(maps: NDArray[Any]) -> int:
    """Channels or neurons that give nothing anywhere."""
    return int((maps.reshape(len(maps), -1) == 0).all(axis=1).sum())
