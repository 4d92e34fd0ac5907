"""The Setup panel: what is trained, on what data, and how. GUI thread.

Rate, momentum, betas, batch size, goal, tests and pace act on the running run at once. Everything else needs a new
network: it is gathered as a draft, and nothing restarts before the person says so.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from random import SystemRandom

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualnet.app.files.file_dialogs import FileDialogs
from visualnet.app.files.settings import Settings
from visualnet.app.panels.info import DataKind, PanelInfo, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.panels.setup import draft as drafts
from visualnet.app.panels.setup import draft_layers
from visualnet.app.panels.setup.data_rules import DataRules
from visualnet.app.panels.setup.forms import form, heading, small_label
from visualnet.app.panels.setup.layer_list import LayerList
from visualnet.app.panels.setup.live_settings import LiveSettings
from visualnet.app.panels.setup.rate_dialog import RateDialog
from visualnet.app.panels.setup.training_rules import TrainingRules
from visualnet.app.session.session import Session
from visualnet.app.text.edit_labels import edit_words
from visualnet.app.text.labels import DATA_LABELS
from visualnet.app.text.refusals import refusal_words
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.controls import scroll_area
from visualnet.app.widgets.fields import SliderField, WholeNumberField, choice, whole_number
from visualnet.app.widgets.focus import return_focus
from visualnet.core.datasets.catalogue import DATASETS, FILE_KINDS, IMAGE_SETS
from visualnet.core.datasets.curves import CURVES
from visualnet.core.datasets.toy import CLOUDS
from visualnet.core.errors import DataError, SetupError, VisualNetError
from visualnet.core.messages.events import RunStarted
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.losses import LOSSES, Huber, LogitLoss
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.setup.match_data import on_file
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import PRESETS
from visualnet.core.setup.setup import Setup

IMAGE_FOLDER = "Open a folder with one folder of images a class"

LEAST_WIDTH, MOST_WIDTH = 296, 320
"""Pixels across: every field and its bar to scroll have room, and no more is of use."""


class SetupPanel(Panel):
    """The left rail: what acts at once on top, the draft of a new network below.

    Attributes:
        dialogs: ask for a person's own data.
    """

    info = PanelInfo(
        name="setup",
        title="Setup",
        places=dict.fromkeys(DataKind, Place.RAIL),
        shortcut="Ctrl+1",
    )

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._shown_preset = ""
        self.dialogs = FileDialogs(Settings(), self)
        self.live = LiveSettings(session)
        self.live.find_asked.connect(self.find_rate)
        session.draft_changed.connect(self._show_draft)
        self._make_draft_controls()
        self._lay_out()
        self.setEnabled(False)

    # Making

    def _make_draft_controls(self) -> None:
        self._make_data_controls()
        self._make_network_controls()
        self._make_training_controls()
        self._explain_draft_controls()
        self._make_buttons()

    def _make_data_controls(self) -> None:
        self.preset = choice(list(PRESETS))
        self.preset.setPlaceholderText("none: a setup of your own")
        self.preset.activated.connect(self._on_preset_chosen)
        self.description = small_label("secondary")
        self.data = choice(list(DATASETS | FILE_KINDS), DATA_LABELS)
        for place, idea in enumerate((DATASETS | FILE_KINDS).values()):
            self.data.setItemData(place, idea, Qt.ItemDataRole.ToolTipRole)
        self.about_data = small_label("secondary")
        self.data.activated.connect(self._on_data_chosen)
        self.count = whole_number(4, 1_000_000)
        self.count.valueChanged.connect(partial(self._edit_field, "data.count"))
        self.classes = whole_number(2, 8)
        self.classes.valueChanged.connect(self._on_classes_changed)
        self.train_size = whole_number(0, 60_000)
        self.train_size.setSpecialValueText("all")
        self.train_size.valueChanged.connect(lambda size: self._edit_field("data.train_size", size or None))
        self.noise = SliderField(0, 0.5)
        self.noise.moved.connect(partial(self._edit_field, "data.noise"))
        self.data_rules = DataRules()
        self._watch_rules(self.data_rules)

    def _make_network_controls(self) -> None:
        self.layers = LayerList(self.theme)
        self.layers.edited.connect(self._edit)
        self.layers.refused.connect(self._show_fault)
        self.loss = choice(list(LOSSES))
        self.loss.activated.connect(
            lambda: self._edit(drafts.with_loss(self._present, self.loss.currentData()))
        )
        self.smoothing = SliderField(0, 0.5)
        self.smoothing.moved.connect(partial(self._edit_field, "label_smoothing"))
        self.delta = SliderField(0.01, 10, is_log=True)
        self.delta.moved.connect(partial(self._edit_field, "huber_delta"))

    def _make_training_controls(self) -> None:
        self.rules = TrainingRules()
        self._watch_rules(self.rules)
        self.optimizer = choice(list(OPTIMIZERS))
        self.optimizer.activated.connect(self._on_optimizer_chosen)
        self.initializer = choice(list(INITIALIZERS))
        self.initializer.activated.connect(self._on_initializer_chosen)
        self.scale = SliderField(0.01, 10, is_log=True)
        self.scale.moved.connect(partial(self._edit_field, "initializer.scale"))
        self.seed = WholeNumberField()
        self.seed.setMinimumWidth(80)
        self.seed.entered.connect(partial(self._edit_field, "seed"))
        self.dice = QPushButton("New")
        self.dice.clicked.connect(lambda: self._edit_field("seed", SystemRandom().randrange(1_000_000)))

    def _watch_rules(self, rules: DataRules | TrainingRules) -> None:
        rules.edited.connect(self._edit)
        rules.refused.connect(self._show_fault)

    def _make_buttons(self) -> None:
        self.needs = small_label("text")
        self.start = QPushButton("Start anew with these changes")
        self.start.setObjectName("primary")
        self.start.setToolTip(
            "Build this network and begin at step 0.\nThe present run is kept and can be brought back."
        )
        self.start.clicked.connect(self._on_start_clicked)
        self.discard = QPushButton("Discard")
        self.discard.setToolTip("Forget these changes.\nThe run goes on as it is.")
        self.discard.clicked.connect(self.reset_draft)

    def _explain_draft_controls(self) -> None:
        ideas = {
            self.preset: ("Preset", "A network and data that belong together, with settings that work.\nIt starts anew at once; the present run is kept and can be brought back."),
            self.data: ("Data", "The examples to learn from, and others to test with.\nA network is worth what it does on examples that it has never seen."),
            self.train_size: ("Training examples", "Learn from the first so many examples only; 0 takes all.\nWith few, a network learns them by heart and fails on new ones."),
            self.count: ("Points", "How many points are drawn to learn from, and as many again to test with.\nFew of them leave room for many shapes, most of them wrong."),
            self.classes: ("Classes", "How many kinds of points there are, each with an output of its own.\nThe more there are, the more borders the network has to learn."),
            self.loss: ("Loss", "One number for how wrong the outputs are; training makes it small.\nCross-entropy suits classes, squared error suits values."),
            self.optimizer: ("Optimizer", "How the weights follow their gradient.\nEach remembers something else about past gradients; hold the mouse over a name."),
            self.initializer: ("First weights", "How the weights are drawn before step 0.\nToo small and signals die from layer to layer; too large and they explode."),
            self.seed: ("Seed", "The number that all chance follows from: first weights and the order of examples.\nThe same seed gives the same run, bit for bit."),
            self.dice: ("New seed", "Draw another seed.\nHow different the run becomes shows how much is luck."),
        }  # fmt: skip
        for field, (name, idea) in ideas.items():
            field.setAccessibleName(name)
            field.setToolTip(idea)
        self.noise.name(
            "Noise",
            "How far the points are scattered around their true place.\nMuch noise makes the classes overlap, and no network can part them wholly.",
        )
        self.smoothing.name(
            "Label smoothing",
            "How much of each target is spread evenly over all classes.\nThe network is asked to be right without being certain, which often serves it on new examples.",
        )
        self.delta.name(
            "Huber's delta",
            "The error from which the loss grows evenly, no longer with the square.\nThe smaller it is, the less outliers pull at the weights.",
        )
        self.scale.name(
            "Scale of first weights",
            "A factor on the size of the first weights.\nTry 0.01 or 10 to see why it matters.",
        )

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(GRID * 3 // 2, 0, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        self._forms = [
            form(None, ("Preset", self.preset), ("", self.description)),
            form(
                None,
                ("Examples", self.data), ("", self.about_data), ("Train on", self.train_size),
                ("Points", self.count), ("Classes", self.classes), ("Noise", self.noise),
            ),
        ]  # fmt: skip
        column.addLayout(self._forms[0])
        column.addWidget(self.live)
        column.addWidget(heading("Data"))
        column.addLayout(self._forms[1])
        column.addWidget(self.data_rules)
        column.addWidget(heading("Network"))
        column.addWidget(self.layers)
        training = self._make_training_form()
        self._forms.append(training)
        column.addWidget(heading("Training"))
        column.addLayout(training)
        column.addWidget(self.rules)
        column.addStretch()
        self.area = area = scroll_area(page)
        area.setAccessibleName("Fields of the setup")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, GRID // 2, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addWidget(self._make_footer())
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(MOST_WIDTH)

    def _make_training_form(self) -> QFormLayout:
        seed = QWidget()
        row = QHBoxLayout(seed)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        return form(
            None,
            ("Loss", self.loss), ("Smoothing", self.smoothing), ("Delta", self.delta), ("Optimizer", self.optimizer),
            ("Weights", self.initializer), ("Scale", self.scale), ("Seed", seed),
        )  # fmt: skip

    def _make_footer(self) -> QWidget:
        self.footer = QWidget()
        column = QVBoxLayout(self.footer)
        column.setContentsMargins(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID * 3 // 2)
        column.setSpacing(GRID)
        column.addWidget(self.needs)
        column.addWidget(self.start)
        column.addWidget(self.discard)
        return_focus(self.footer)
        self.footer.hide()
        return self.footer

    # Showing

    def show_run(self, run: RunStarted) -> None:
        self.setEnabled(True)
        if run.setup.name != self._shown_preset:
            self._show_top()
        self._shown_preset = run.setup.name
        self.live.show_run()
        self._show_draft()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.layers.set_theme(theme)
        self.live.set_theme(theme)

    def _show_top(self) -> None:
        """Another preset: what it is about stands first."""
        self.area.verticalScrollBar().setValue(0)

    def reset_draft(self) -> None:
        """Forget what was edited; show the Setup of the run."""
        if self.session.run is not None:
            self.session.edit_draft(self.session.run.setup, "changes discarded")

    def _show_draft(self) -> None:
        draft, run = self.draft, self.session.run
        if draft is None or run is None:
            return
        self._show_choices(draft)
        shape = draft_layers.example_shape(draft, run.setup, run.data.input_shape)
        self.layers.show_draft(draft, shape)
        self.data_rules.input_shape = shape
        self.data_rules.show_draft(draft)
        self.rules.show_draft(draft)
        changed = drafts.changes(draft, run.setup)
        self.footer.setVisible(bool(changed))
        needs = f"Changed: {', '.join(changed)}. This needs a new network."
        self.needs.setText(self.layers.fault or needs)
        self.start.setEnabled(not self.layers.fault)

    def _show_choices(self, draft: Setup) -> None:
        fields = (
            (self.preset, draft.name),
            (self.data, draft.data.name),
            (self.loss, draft.loss),
            (self.optimizer, draft.optimizer.name),
            (self.initializer, draft.initializer.name),
        )
        for box, name in fields:
            box.setCurrentIndex(box.findData(name))
        numbers = (
            (self.train_size, min(draft.data.train_size or 0, self.train_size.maximum())),
            (self.count, draft.data.count),
            (self.classes, draft.data.classes),
        )
        for number, value in numbers:
            number.blockSignals(True)
            number.setValue(value)
            number.blockSignals(False)
        self.smoothing.show_value(draft.label_smoothing)
        self.delta.show_value(draft.huber_delta)
        self.scale.show_value(draft.initializer.scale)
        self.noise.show_value(draft.data.noise)
        self.seed.show_value(draft.seed)
        self.description.setText(draft.description)
        self.description.setVisible(bool(draft.description))
        data, data_form = draft.data, self._forms[1]
        self.about_data.setText(data.path or (DATASETS | FILE_KINDS).get(data.name, ""))
        data_form.setRowVisible(self.noise, data.name in CLOUDS or data.name in CURVES)
        data_form.setRowVisible(self.count, data.name in CLOUDS or data.name in CURVES)
        data_form.setRowVisible(self.classes, data.name == "gaussians")
        data_form.setRowVisible(self.train_size, data.name in IMAGE_SETS)
        self._forms[2].setRowVisible(self.smoothing, issubclass(LOSSES[draft.loss], LogitLoss))
        self._forms[2].setRowVisible(self.delta, draft.loss == Huber.kind)
        self._forms[2].setRowVisible(self.scale, draft.initializer.name != "zeros")

    def find_rate(self) -> None:
        """Open the range test for the present run."""
        if self.session.run is not None:
            dialog = RateDialog(self.session, self.theme, self.window())
            dialog.used.connect(self.live.use_rate)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    # What is gathered

    @property
    def draft(self) -> Setup | None:
        """The Setup as edited; None before the first run."""
        return self.session.draft

    @property
    def _present(self) -> Setup:
        assert self.draft is not None
        return self.draft

    def _edit(self, draft: Setup) -> None:
        self.session.edit_draft(draft, *edit_words(self._present, draft))

    def _edit_field(self, path: str, value: float | None) -> None:
        """Another value of one field of the draft, such as ``data.noise``."""
        try:
            self._edit(drafts.with_value(self._present, path, value))
        except SetupError as error:
            self._show_fault(error)

    def _show_fault(self, error: VisualNetError) -> None:
        self._show_draft()
        self.needs.setText(refusal_words(str(error)))
        self.footer.show()

    def _on_data_chosen(self) -> None:
        name = self.data.currentData()
        if name not in FILE_KINDS:
            self._edit(drafts.with_data(self._present, name))
            return
        path = self._ask_for_path(name)
        try:
            self._edit(self._present if path is None else on_file(self._present, path))
        except DataError as error:
            self._show_fault(error)

    def _ask_for_path(self, kind: str) -> Path | None:
        """A file or folder that the person chooses; None where none was."""
        if kind == "images":
            return self.dialogs.folder_to_open(IMAGE_FOLDER)
        what = {"table": "Tables (*.csv *.tsv *.txt)", "arrays": "Arrays (*.npz)"}[kind]
        return self.dialogs.file_to_open("Open data", what)

    def _on_classes_changed(self, classes: int) -> None:
        draft = replace(self._present, data=replace(self._present.data, classes=classes))
        self._edit(drafts.with_outputs(draft))

    def _on_preset_chosen(self) -> None:
        """Starts as from the menu; which preset it is stands here when its run is there."""
        name = self.preset.currentData()
        self._show_draft()
        self.session.open_preset(name)

    def _on_optimizer_chosen(self) -> None:
        chosen = OptimizerSetup.first(self.optimizer.currentData())
        self._edit(replace(self._present, optimizer=chosen))

    def _on_initializer_chosen(self) -> None:
        name = self.initializer.currentData()
        scale = {"uniform": 0.5, "normal": 0.1}.get(name, 1.0)
        self._edit(
            replace(self._present, initializer=replace(self._present.initializer, name=name, scale=scale))
        )

    def _on_start_clicked(self) -> None:
        self.session.start_run(self._present, follows_data=self._present.data.name in FILE_KINDS)
