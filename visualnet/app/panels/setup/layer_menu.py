"""The menu of a layer's row: its options, layers to put beside it, moving and removing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from visualnet.app.panels.setup import draft_layers as edits
from visualnet.app.panels.setup.draft_layers import DraftRow, Edit
from visualnet.app.panels.setup.layer_row import LayerRow
from visualnet.app.text.labels import LAYER_IDEAS
from visualnet.core.nn.layers import ACTIVATION_KINDS, activation_kinds, layer_kinds
from visualnet.core.nn.layers.names import KINDS

Apply = Callable[[Edit, int], object]
"""Makes the edit, and gives the row of this index the keyboard."""


class LayerMenu(QMenu):
    """The menu of a layer's row, filled anew for the row at which it is opened.

    Args:
        apply: does what is chosen.
        parent: the list.
    """

    def __init__(self, apply: Apply, parent: QWidget) -> None:
        super().__init__(parent)
        self._apply = apply
        self.above, self.below = (
            QMenu(f"Insert {where}", self, toolTipsVisible=True) for where in ("above", "below")
        )

    def fill(self, rows: list[DraftRow], index: int, widget: LayerRow) -> None:
        """Offer what this row allows.

        Args:
            rows: all of them.
            index: of the row at hand.
            widget: which shows it.
        """
        row = rows[index]
        self.clear()
        if widget.more.fields:
            names = " and ".join(field.label.lower() for field in widget.more.fields.values())
            options = self.addAction(names.capitalize())
            options.setCheckable(True)
            options.setChecked(not widget.more.isHidden())
            options.toggled.connect(widget.more.setVisible)
            self.addSeparator()
        self._offer_kinds(self.above, row.first, index, row.given)
        if not row.is_output:
            self._offer_kinds(self.below, row.stop, index + 1, row.shape)
        self.addSeparator()
        moves = edits.possible_moves(rows, index)
        for words, step in (("Move up", -1), ("Move down", 1)):
            action = self.addAction(words)
            action.setEnabled(step in moves)
            if step in moves:
                action.triggered.connect(partial(self._apply, moves[step], index + step))
        removing = partial(self._apply, partial(edits.without, row=row), index)
        self.addAction("Remove", removing).setEnabled(not row.is_output)

    def _offer_kinds(self, menu: QMenu, place: int, index: int, shape: edits.Shape | None) -> None:
        menu.clear()
        bend = ACTIVATION_KINDS[0]
        kinds = {kind: KINDS.get(kind, kind) for kind in layer_kinds() if kind not in activation_kinds()}
        for kind, name in {**kinds, bend: "activation"}.items():
            inserting = partial(edits.with_inserted, kind=kind, place=place, shape=shape)
            action = menu.addAction(name.capitalize(), partial(self._apply, inserting, index))
            action.setToolTip(LAYER_IDEAS.get(kind, ""))
        self.addMenu(menu)
