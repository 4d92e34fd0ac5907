"""The weights of a layer, their gradients, or their change since the start, as colours. GUI thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout

from visualnet.app.panels.info import DataKind, PanelInfo, PanelKey, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.text.labels import neuron_name
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.colour_bar import ColourBar
from visualnet.app.widgets.heatmap import Cell, Heatmap
from visualnet.app.widgets.magnitude_strip import MagnitudeStrip
from visualnet.app.widgets.readout import Readout, row_with
from visualnet.app.widgets.scale import SteppedLimit
from visualnet.app.widgets.side_choice import DIFFERENCE, OTHER, SideChoice
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.nn.layers.names import layer_names
from visualnet.core.number_words import number_words
from visualnet.core.probes.base import Probe
from visualnet.core.probes.weights import MagnitudesProbe, WeightsProbe, WeightView
from visualnet.core.studies.compare_runs import RunComparison

SAMPLE = 4000
"""Values that the colour scale looks at."""

REFRESHES_PER_SECOND = 10
"""How often each tile is written while training; at each frame it is the turn of some of them."""

FRAMES_PER_SCALE = 6
"""Frames between two looks of the colour scale at the data."""

VIEW_NAMES = {
    WeightView.WEIGHTS: "Weights",
    WeightView.GRADIENTS: "Gradients",
    WeightView.CHANGE: "Change since start",
}


def _typical_magnitude(values: NDArray[Any]) -> float:
    """A magnitude that hardly any value exceeds: one outlier must not make all others pale. 0 where all are 0."""
    sample = np.abs(values.ravel()[:: max(1, values.size // SAMPLE)])
    told = sample[np.isfinite(sample) & (sample > 0)]
    return float(np.quantile(told, 0.99)) if len(told) else 0.0


MAGNITUDES = MagnitudesProbe()

LEAST_WIDTH = 452
"""Pixels across: the two choices and the scale beside them for layers of some ten neurons."""

LEAST_PICTURE = 60
"""Pixels of its height that the picture keeps where something appears beside it."""

NOT_YET = "The gradients are not computed yet: they come with the next step."
COMPUTING = "Computing the gradients of this step…"


class WeightsPanel(Panel):
    """Any layer as a heatmap; the first layer of an image network as tiles, one a neuron, and kernels as tiles too."""

    info = PanelInfo(
        name="weights",
        title="Weights",
        places={DataKind.PLANE: Place.BELOW, DataKind.IMAGES: Place.CENTRE, DataKind.NUMBERS: Place.CENTRE},
        shortcut="Ctrl+2",
        keys=(PanelKey("move from cell to cell", "Alt+← → ↑ ↓"),),
    )
    shows_both_runs = True

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._limit = SteppedLimit()
        self._frames = 0
        self._tile_shape: tuple[int, int] | None = None
        self._channels_in = 0
        self._values: NDArray[Any] | None = None
        self._make_choices()
        self._is_exact = True
        self._compared: RunComparison | None = None
        self.heatmap = Heatmap(theme)
        self.heatmap.setAccessibleName("Weights of the layer")
        self.heatmap.set_hint("The weights appear here as soon as there is a network.")
        self.heatmap.cell_changed.connect(self._on_cell_changed)
        self.colour_bar = ColourBar(theme)
        self.strip = MagnitudeStrip(theme)
        self.strip.chosen.connect(self.layer.setCurrentIndex)
        self._has_strip = False
        self.strip.hide()
        self.readout = Readout()
        # Not over the picture: what one points at there is not to be covered.
        self.readout.setToolTip(
            "Each weight says how much an input counts for a neuron.\nPoint at one, or use the arrow keys, to read it."
        )
        self._lay_out()

    def _make_choices(self) -> None:
        self.layer = QComboBox()
        self.layer.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.layer.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.layer.setAccessibleName("Layer")
        self.layer.setToolTip(
            "Which layer to look at.\nEach of its neurons has one weight for each of its inputs."
        )
        self.layer.currentIndexChanged.connect(self._on_layer_changed)
        self.view = QComboBox()
        self.view.setAccessibleName("What to show")
        self.view.setToolTip(
            "Weights are what the layer has learnt; gradients say where the last step pushed them.\n"
            "Change since start shows what training has added to the first, random values."
        )
        for view, text in VIEW_NAMES.items():
            self.view.addItem(text, view)
        self.view.currentIndexChanged.connect(self._on_choice_changed)
        self.side = SideChoice()
        self.side.setToolTip(
            f"{self.side.toolTip()}\nBoth runs have one colour scale, and their difference one of its own."
        )
        self.side.currentIndexChanged.connect(self._on_choice_changed)

    def _lay_out(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(GRID)
        controls.addWidget(self.layer)
        controls.addWidget(self.view)
        controls.addStretch()
        controls.addWidget(self.colour_bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addLayout(controls)
        column.addWidget(self.strip)
        column.addWidget(self.heatmap, 1)
        column.addLayout(row_with(self.readout, self.side))
        # What appears now and then takes its room from the picture, and longer names from their own row: never from
        # another panel.
        self.setMinimumSize(LEAST_WIDTH, column.minimumSize().height())
        self.heatmap.setMinimumHeight(LEAST_PICTURE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_strip()

    def _show_strip(self, is_shown: bool) -> None:
        self._has_strip = is_shown
        self._fit_strip()

    def _fit_strip(self) -> None:
        """Show the sizes of all layers where they are wanted and the picture has room to spare."""
        spare = self.height() - self.minimumHeight()
        self.strip.setVisible(self._has_strip and spare >= self.strip.height() + GRID)

    def probes(self) -> frozenset[Probe]:
        probe = self._probe
        if probe is None:
            return frozenset()
        return frozenset({probe, MAGNITUDES}) if self._shows_gradients else frozenset({probe})

    @property
    def _shows_gradients(self) -> bool:
        return self.view.currentData() is WeightView.GRADIENTS

    def show_comparison(self, comparing: Comparing) -> None:
        """Offer the other run and the difference to it."""
        self._compared = comparing.latest
        self.side.offer(comparing.is_on)
        self._limit.reset()
        self.wants_frame.emit()

    def _of_side(self, values: NDArray[Any], probe: WeightsProbe) -> tuple[NDArray[Any], float]:
        """What to show, and a typical magnitude: that of the difference, or one that both runs share."""
        pair = self._compared
        ours = theirs = None
        if pair is not None:
            ours, theirs = pair.results_a.get(probe), pair.results_b.get(probe)
        if ours is None or theirs is None or ours.shape != theirs.shape:
            return values, _typical_magnitude(values)
        if self.side.side == DIFFERENCE:
            difference = ours - theirs
            return difference, _typical_magnitude(difference)
        shown = theirs if self.side.side == OTHER else values
        return shown, max(_typical_magnitude(ours), _typical_magnitude(theirs))

    @property
    def _probe(self) -> WeightsProbe | None:
        layer = self.layer.currentData()
        return None if layer is None else WeightsProbe(layer, self.view.currentData())

    def show_run(self, run: RunStarted) -> None:
        self._limit.reset()
        self.layer.blockSignals(True)
        self.layer.clear()
        names = layer_names([layer.kind for layer in run.layers])
        for layer in run.layers:
            if layer.weight_shape is not None and len(layer.weight_shape) > 1:
                units, inputs = layer.weight_shape[:2]
                self.layer.addItem(f"{names[layer.index]}:  {inputs:,} → {units:,}", layer.index)
        self.layer.blockSignals(False)
        self._choose_shape()
        self.heatmap.set_hint("")
        self.colour_bar.set_limit(None)

    def _choose_shape(self) -> None:
        """Tiles for a layer that looks straight at images, and for the kernels of a convolution."""
        run, layer = self.session.run, self.layer.currentData()
        shape = run.data.input_shape if run is not None and self.layer.currentIndex() == 0 else ()
        self._tile_shape = (shape[0], shape[1]) if len(shape) == 2 else None
        self._channels_in = 0
        if run is not None and layer is not None:
            weight_shape = run.layers[layer].weight_shape
            if weight_shape is not None and len(weight_shape) == 4:
                self._channels_in = weight_shape[1]
                self._tile_shape = (weight_shape[2], weight_shape[3])
        self._show_readout(self.heatmap.cell)

    def _tiled(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of a convolution, one row a kernel: for each input channel those of all output channels."""
        if not self._channels_in:
            return values
        kernels = values.reshape(len(values), self._channels_in, -1)
        return kernels.swapaxes(0, 1).reshape(-1, kernels.shape[2])

    def show_frame(self, frame: Frame) -> None:
        probe = self._probe
        values = None if probe is None else frame.results.get(probe)
        if probe is None or values is None:
            return
        self._is_exact = frame.is_exact or not self._shows_gradients
        if self._shows_gradients and not self._show_magnitudes(frame):
            return
        self.colour_bar.show()
        values, magnitude = self._of_side(values, probe)
        across = len(values) if self._channels_in > 1 else None
        self._values = values = self._tiled(values)
        is_last = not self.session.is_moving
        if self._frames % FRAMES_PER_SCALE == 0 or self._limit.is_new or is_last:
            self._limit.follow(magnitude, is_last)
            # Where all is zero there is no scale to tell.
            self.colour_bar.set_limit(None if self._limit.is_new else self._limit.value)
        self._frames += 1
        pace = self.session.frame_rate // REFRESHES_PER_SECOND
        self.heatmap.turns = 1 if is_last else max(1, pace)
        self.heatmap.show_values(values, self._limit.value, self._tile_shape, across)
        self._show_readout(self.heatmap.cell)

    def _show_magnitudes(self, frame: Frame) -> bool:
        """Show how large the gradients of all layers are; False where there are none to show."""
        magnitudes = frame.results.get(MAGNITUDES, ())
        if magnitudes is None or not frame.step:
            self._show_strip(False)
            if frame.is_exact:
                self._values = None
                self.colour_bar.hide()
                self.heatmap.set_hint(NOT_YET)
                self._set_readout("")
            else:
                self._set_readout(COMPUTING)
            return False
        names, run = {}, self.session.run
        if run is not None:
            names = dict(enumerate(layer_names([layer.kind for layer in run.layers])))
        told = tuple((names.get(index, ""), size) for index, size in magnitudes)
        self.strip.show_magnitudes(told, self.layer.currentIndex())
        self._show_strip(len(told) > 1)
        return True

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.heatmap.set_theme(theme)
        self.colour_bar.set_theme(theme)
        self.strip.set_theme(theme)

    def _on_layer_changed(self) -> None:
        self.heatmap.forget_cell()
        self._on_choice_changed()

    def _on_choice_changed(self) -> None:
        self._limit.reset()
        if not self._shows_gradients:
            self._show_strip(False)
        self._choose_shape()
        self.wants_frame.emit()

    def _on_cell_changed(self, cell: Cell | None) -> None:
        self._show_readout(cell)

    def _show_readout(self, cell: Cell | None) -> None:
        values = self._values
        if not self._is_exact:
            self._set_readout(COMPUTING)
            return
        if cell is None or values is None or cell.row >= values.shape[0] or cell.column >= values.shape[1]:
            self._set_readout(f"{self._meaning} Point at one to read it.")
            return
        where = f"{self._neuron_name(cell.row)}  ·  input {cell.column + 1:,}"
        if self._tile_shape:
            row, column = divmod(cell.column, self._tile_shape[1])
            where = f"{self._tile_name(cell.row)}  ·  pixel row {row + 1}, column {column + 1}"
        value = number_words(values[cell.row, cell.column], 4, signed=True)
        self._set_readout(f"{where}  ·  {VIEW_NAMES[self.view.currentData()].lower()} {value}")

    @property
    def _meaning(self) -> str:
        """What stands where."""
        if self._channels_in > 1:
            return "Each tile is one kernel: columns are channels out, rows channels in."
        if self._channels_in:
            return "Each tile is the kernel of one channel."
        return "Each tile is one neuron." if self._tile_shape else "Rows are neurons, columns inputs."

    def _tile_name(self, tile: int) -> str:
        """Whose weights a tile shows."""
        if not self._channels_in or self._values is None:
            return self._neuron_name(tile)
        channel_in, channel_out = divmod(tile, len(self._values) // self._channels_in)
        of = f" of channel {channel_in + 1:,}" if self._channels_in > 1 else ""
        return f"Kernel {channel_out + 1:,}{of}"

    def _neuron_name(self, row: int) -> str:
        """Whose weights a row holds; those of the outputs have the names of the classes."""
        run, layer = self.session.run, self.layer.currentData()
        assert run is not None and self._values is not None
        name = layer_names([one.kind for one in run.layers])[layer]
        return neuron_name(name, row, len(self._values), run.data.classes)

    def _set_readout(self, text: str) -> None:
        if text != self.readout.text():
            self.readout.setText(text)
