"""What each layer makes of one image: a tile for each channel of a convolution, a cell for each neuron. GUI thread."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout

from visualnet.app.panels.panel import Panel
from visualnet.app.session import Session
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.heatmap import Cell, Heatmap
from visualnet.app.widgets.readout import Readout
from visualnet.app.widgets.scale import SteppedLimit
from visualnet.app.words import KINDS
from visualnet.core.number_words import number_words
from visualnet.core.probes.feature_maps import INPUT, FeatureMapsProbe
from visualnet.core.run.events import RunStarted
from visualnet.core.run.frame import Frame, Probe


class FeatureMapsPanel(Panel):
    """One image on its way through the network: a test image, or the drawn digit."""

    title = "Feature maps"
    name = "feature-maps"
    frames_per_second = 12.0

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._limit = SteppedLimit()
        self._example = 0
        self._drawing = b""
        self._is_for_images = True
        self._has_negatives = False
        self._maps: NDArray[Any] | None = None
        self.layer = QComboBox()
        self.layer.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.layer.setAccessibleName("Layer")
        self.layer.setToolTip(
            "Whose outputs to look at.\nGo from the image to the outputs to see what each layer keeps of it."
        )
        self.layer.currentIndexChanged.connect(self._on_choice_changed)
        self.drawn = QToolButton(text="My drawing", checkable=True, enabled=False)
        self.drawn.setToolTip(
            "Look at the digit that you drew instead of a test image.\nDraw another: the maps follow the pen."
        )
        self.drawn.toggled.connect(self._on_choice_changed)
        self.another = QAction("Another image", self)
        self.another.setShortcut("N")
        self.another.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.another.setToolTip("Look at the next test image (N).\nThe network has never learnt from it.")
        self.another.triggered.connect(self._on_another_triggered)
        self.addAction(self.another)
        self.heatmap = Heatmap(theme)
        self.heatmap.setAccessibleName("Outputs of the layer")
        self.heatmap.set_hint("What the layers make of an image appears here as soon as there is a network.")
        self.heatmap.cell_changed.connect(self._show_readout)
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
        column.addWidget(self.heatmap, 1)
        column.addWidget(self.readout)

    @property
    def _probe(self) -> FeatureMapsProbe | None:
        layer = self.layer.currentData()
        if layer is None or not self._is_for_images:
            return None
        pixels = self._drawing if self.drawn.isChecked() else b""
        return FeatureMapsProbe(layer, 0 if pixels else self._example, pixels)

    def probes(self) -> frozenset[Probe]:
        probe = self._probe
        return frozenset() if probe is None else frozenset({probe})

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
        self._is_for_images = len(run.data.input_shape) > 1
        self._maps = None
        self._example = 0
        self._fill_layers(run)
        self._offer_drawing()
        self._forget_scale()
        for part in (self.layer, self.another):
            part.setEnabled(self._is_for_images)
        self.heatmap.set_hint(
            "Press play: what the layers make of an image appears with the first step."
            if self._is_for_images
            else f"{run.data.name} has no images. What the network says of its points is on the decision surface."
        )
        self._show_readout(None)

    def _fill_layers(self, run: RunStarted) -> None:
        """Every layer that changes the picture; the first activation is what one wants to see first."""
        self.layer.blockSignals(True)
        self.layer.clear()
        self.layer.addItem("The image", INPUT)
        for layer in run.layers:
            size = " × ".join(str(side) for side in layer.output_shape)
            if layer.kind not in ("flatten", "dropout"):
                self.layer.addItem(
                    f"{layer.index + 1}  {KINDS.get(layer.kind, layer.kind)}:  {size}", layer.index
                )
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
        limit = self._limit.follow(float(np.abs(finite).max()), not self.session.is_moving)
        if maps.ndim == 3:
            self.heatmap.show_values(maps.reshape(len(maps), -1), limit, (maps.shape[1], maps.shape[2]))
        else:
            self.heatmap.show_values(maps.reshape(_rows(len(maps)), -1), limit)
        self._show_readout(self.heatmap.cell)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.heatmap.set_theme(theme)

    def _forget_scale(self) -> None:
        self._limit.reset()
        self._has_negatives = False

    def _on_choice_changed(self) -> None:
        self._forget_scale()
        self.wants_frame.emit()

    def _on_another_triggered(self) -> None:
        self._example += 1
        self.drawn.setChecked(False)
        self.wants_frame.emit()

    def _show_readout(self, cell: Cell | None) -> None:
        text = self._words(cell)
        if text != self.readout.text():
            self.readout.setText(text)

    def _words(self, cell: Cell | None) -> str:
        maps = self._maps
        if maps is None:
            return ""
        if cell is None:
            what = "Each tile is one channel" if maps.ndim == 3 else "Each cell is one neuron"
            return f"{what}; silent ones: {_silent(maps)} of {len(maps)}. Point at one to read it."
        if maps.ndim == 1:
            place = min(cell.row * (len(maps) // _rows(len(maps))) + cell.column, len(maps) - 1)
            return f"Neuron {place + 1}  ·  gives {number_words(maps[place])}"
        channel, (row, column) = min(cell.row, len(maps) - 1), divmod(cell.column, maps.shape[2])
        row = min(row, maps.shape[1] - 1)
        return (
            f"Channel {channel + 1}  ·  row {row + 1}, column {column + 1}"
            f"  ·  gives {number_words(maps[channel, row, column])}"
        )


def _rows(count: int) -> int:
    """Rows that a layer of so many neurons is laid out in: about square, and full."""
    return max(rows for rows in range(1, isqrt(count) + 1) if count % rows == 0)


def _silent(maps: NDArray[Any]) -> int:
    """Channels or neurons that give nothing anywhere."""
    return int((maps.reshape(len(maps), -1) == 0).all(axis=1).sum())
