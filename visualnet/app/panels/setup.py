"""What is trained, on what, and how. GUI thread.

Rate, momentum, betas and batch size act on the running run at once. Everything else needs a new network:
it is gathered as a draft, and nothing restarts before the person says so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import SystemRandom

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from visualnet.app import draft as drafts
from visualnet.app.journal import settings_at
from visualnet.app.panels.panel import Panel
from visualnet.app.session import Session
from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.fields import SliderField, choice, whole_number
from visualnet.app.widgets.layer_list import LayerList
from visualnet.app.widgets.training_rules import TrainingRules
from visualnet.core.datasets.catalogue import DATASETS, FILE_KINDS, IMAGE_SETS
from visualnet.core.datasets.curves import CURVES
from visualnet.core.datasets.toy import CLOUDS
from visualnet.core.errors import DataError, SetupError, VisualNetError
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.losses import LOSSES, LogitLoss
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.run import commands as c
from visualnet.core.run.events import Applied, CommandRejected, RunStarted
from visualnet.core.run.fit import on_file
from visualnet.core.run.optimizer_setup import OptimizerSetup
from visualnet.core.run.presets import PRESETS, load_preset
from visualnet.core.run.setup import Setup

MILLISECONDS_BETWEEN_COMMANDS = 100
WORDS = {
    "mnist": "MNIST digits",
    "fashion-mnist": "Fashion-MNIST",
    "kmnist": "KMNIST letters",
    "gaussians": "Gaussians",
    "table": "Your table…",
    "arrays": "Your arrays…",
    "images": "Your images…",
    "xor": "XOR",
    "and": "AND",
    "or": "OR",
}
FIRST_RATES = {
    "sgd": 0.1,
    "momentum": 0.05,
    "nesterov": 0.05,
    "adagrad": 0.02,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "lion": 0.0002,
    "muon": 0.003,
}
"""A learning rate to begin with, where another optimizer is chosen: their steps have different sizes."""


class SetupPanel(Panel):
    """The left rail: what acts at once on top, the draft of a new network below.

    Attributes:
        draft: the Setup as edited.
        draft_changed: emitted when it is another.
    """

    title = "Setup"
    name = "setup"
    draft_changed = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self.draft: Setup | None = None
        self._waiting: dict[type[c.RunCommand], c.RunCommand] = {}
        self._timer = QTimer(self, singleShot=True, interval=MILLISECONDS_BETWEEN_COMMANDS)
        self._timer.timeout.connect(self._send_waiting)
        self._headings: list[QLabel] = []
        self._settings: dict[str, float] = {}
        self._make_live_controls()
        self._make_draft_controls()
        self._lay_out()
        session.applied.connect(self._on_session_applied)
        session.went_back.connect(self._show_settings)
        session.playhead.moved.connect(self._on_playhead_moved)
        session.rejected.connect(self._on_session_rejected)
        self.setEnabled(False)

    # Making

    def _make_live_controls(self) -> None:
        self.rate = SliderField(1e-5, 10, is_log=True)
        self.rate.name(
            "Learning rate",
            "How far each step moves the weights against their gradient.\nToo small and nothing happens; too large and the loss jumps or breaks. Acts at once.",
        )
        self.rate.moved.connect(lambda value: self._ask(c.SetLearningRate(value)))
        self.momentum = SliderField(0, 0.99)
        self.momentum.name(
            "Momentum",
            "How much of the last direction each step keeps.\nIt carries the weights through small bumps and smooths their zigzag. Acts at once.",
        )
        self.momentum.moved.connect(lambda value: self._ask(c.SetMomentum(value)))
        self.beta1 = SliderField(0, 0.99)
        self.beta1.name(
            "Beta 1",
            "How long the optimizer remembers the mean gradient.\nNearer to 1 is smoother and slower to turn. Acts at once.",
        )
        self.beta1.moved.connect(lambda value: self._ask_betas(value, self._settings["beta2"]))
        self.beta2 = SliderField(0.9, 0.9999)
        self.beta2.name(
            "Beta 2",
            "How long the optimizer remembers the size of the gradient (Lion: its direction).\nAdam divides each weight's step by that size. Acts at once.",
        )
        self.beta2.moved.connect(lambda value: self._ask_betas(self._settings["beta1"], value))
        self.batch = SliderField(1, 1024, is_log=True)
        self.batch.name(
            "Batch size",
            "How many examples each step looks at.\nFew give quick, noisy steps; many give slow, steady ones. Acts at once.",
        )
        self.batch.moved.connect(lambda value: self._ask(c.SetBatchSize(max(1, round(value)))))
        self.rejection = _small_label("wrong")
        self.rejection.hide()

    def _make_draft_controls(self) -> None:
        self.preset = choice(list(PRESETS))
        self.preset.activated.connect(self._on_preset_chosen)
        self.description = _small_label("secondary")
        self.data = choice(list(DATASETS | FILE_KINDS), WORDS)
        for place, idea in enumerate((DATASETS | FILE_KINDS).values()):
            self.data.setItemData(place, idea, Qt.ItemDataRole.ToolTipRole)
        self.about_data = _small_label("secondary")
        self.data.activated.connect(self._on_data_chosen)
        self.count = whole_number(4, 1_000_000)
        self.count.valueChanged.connect(lambda count: self._edit_data(count=count))
        self.classes = whole_number(2, 8)
        self.classes.valueChanged.connect(self._on_classes_changed)
        self.train_size = whole_number(0, 60_000)
        self.train_size.setSpecialValueText("all")
        self.train_size.valueChanged.connect(self._on_train_size_changed)
        self.noise = SliderField(0, 0.5)
        self.noise.moved.connect(lambda value: self._edit_data(noise=value))
        self.layers = LayerList(self.theme)
        self.layers.edited.connect(self._edit)
        self.loss = choice(list(LOSSES))
        self.loss.activated.connect(
            lambda: self._edit(drafts.with_loss(self._present, self.loss.currentData()))
        )
        self.smoothing = SliderField(0, 0.5)
        self.smoothing.moved.connect(self._on_smoothing_moved)
        self.rules = TrainingRules()
        self.rules.edited.connect(self._edit)
        self.rules.refused.connect(self._show_fault)
        self.optimizer = choice(list(OPTIMIZERS))
        self.optimizer.activated.connect(self._on_optimizer_chosen)
        self.initializer = choice(list(INITIALIZERS))
        self.initializer.activated.connect(self._on_initializer_chosen)
        self.scale = SliderField(0.01, 10, is_log=True)
        self.scale.moved.connect(self._on_scale_moved)
        self.seed = whole_number(0, 2_147_483_647)
        self.seed.setGroupSeparatorShown(False)
        self.seed.valueChanged.connect(lambda seed: self._edit(replace(self._present, seed=seed)))
        self.dice = QPushButton("New")
        self.dice.clicked.connect(lambda: self.seed.setValue(SystemRandom().randrange(1_000_000)))
        self._explain_draft_controls()
        self.needs = _small_label("text")
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
            self.preset: ("Preset", "A network and data that belong together, with settings that work.\nEverything can be changed from there."),
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
            self._form("", ("Preset", self.preset), ("", self.description)),
            self._form(
                "Acts at once",
                ("Rate", self.rate), ("Momentum", self.momentum), ("Beta 1", self.beta1), ("Beta 2", self.beta2),
                ("Batch", self.batch), ("", self.rejection),
            ),
            self._form(
                "Data",
                ("Examples", self.data), ("", self.about_data), ("Train on", self.train_size),
                ("Points", self.count), ("Classes", self.classes), ("Noise", self.noise),
            ),
        ]  # fmt: skip
        for form in self._forms:
            column.addLayout(form)
        column.addWidget(self._heading("Network"))
        column.addWidget(self.layers)
        seed = QWidget()
        row = QHBoxLayout(seed)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        training = self._form(
            "Training",
            ("Loss", self.loss), ("Smoothing", self.smoothing), ("Optimizer", self.optimizer),
            ("Weights", self.initializer), ("Scale", self.scale), ("Seed", seed),
        )  # fmt: skip
        self._forms.append(training)
        column.addLayout(training)
        column.addWidget(self.rules)
        column.addStretch()
        area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, GRID // 2, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addWidget(self._make_footer())
        self.setMinimumWidth(264)
        self.setMaximumWidth(320)

    def _make_footer(self) -> QWidget:
        self.footer = QWidget()
        column = QVBoxLayout(self.footer)
        column.setContentsMargins(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID * 3 // 2)
        column.setSpacing(GRID)
        column.addWidget(self.needs)
        column.addWidget(self.start)
        column.addWidget(self.discard)
        self.footer.hide()
        return self.footer

    def _form(self, heading: str, *rows: tuple[str, QWidget]) -> QFormLayout:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, GRID)
        form.setHorizontalSpacing(GRID)
        form.setVerticalSpacing(GRID // 2 + 2)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if heading:
            form.addRow(self._heading(heading))
        for name, field in rows:
            if not name:
                form.addRow(field)
                continue
            label = QLabel(name)
            label.setFont(font(SMALL))
            label.setProperty("role", "secondary")
            label.setFixedWidth(60)
            label.setMinimumHeight(26)
            label.setBuddy(field)
            label.setToolTip(field.toolTip())
            form.addRow(label, field)
        return form

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setFont(font(NORMAL, QFont.Weight.DemiBold))
        return label

    # Showing

    def show_run(self, run: RunStarted) -> None:
        self.setEnabled(True)
        self.draft = run.setup
        self._show_settings()
        self._show_draft()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.layers.set_theme(theme)
        self.rejection.setStyleSheet(f"color: {theme.wrong};")

    def reset_draft(self) -> None:
        """Forget what was edited; show the Setup of the run."""
        if self.session.run is not None:
            self.draft = self.session.run.setup
            self._show_draft()

    def _show_settings(self) -> None:
        """What is in force at the step that is shown."""
        settings = self._settings = self._shown_settings
        self.rate.show_value(settings["learning_rate"])
        self.batch.show_value(settings["batch_size"])
        for name, field in (("momentum", self.momentum), ("beta1", self.beta1), ("beta2", self.beta2)):
            self._forms[1].setRowVisible(field, name in settings)
            if name in settings:
                field.show_value(settings[name])

    @property
    def _shown_settings(self) -> dict[str, float]:
        session = self.session
        if session.playhead.is_live or session.run is None:
            return session.settings
        then = settings_at(session.playhead.step, session.run.setup, session.journal)
        return {name: then[name] for name in session.settings}

    def _on_playhead_moved(self) -> None:
        if self.session.settings and self._shown_settings != self._settings:
            self._show_settings()

    def _show_draft(self) -> None:
        draft, run = self.draft, self.session.run
        if draft is None or run is None:
            return
        self._show_choices(draft)
        self.layers.show_draft(draft)
        self.rules.show_draft(draft)
        changed = drafts.changes(draft, run.setup)
        self.footer.setVisible(bool(changed))
        self.needs.setText(f"Changed: {', '.join(changed)}. This needs a new network.")
        self.draft_changed.emit()

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
            (self.train_size, draft.data.train_size or 0),
            (self.count, draft.data.count),
            (self.classes, draft.data.classes),
            (self.seed, draft.seed),
        )
        for number, value in numbers:
            number.blockSignals(True)
            number.setValue(value)
            number.blockSignals(False)
        self.smoothing.show_value(draft.label_smoothing)
        self.scale.show_value(draft.initializer.scale)
        self.noise.show_value(draft.data.noise)
        self.description.setText(draft.description)
        self.description.setVisible(bool(draft.description))
        data, form = draft.data, self._forms[2]
        self.about_data.setText(data.path or (DATASETS | FILE_KINDS).get(data.name, ""))
        form.setRowVisible(self.noise, data.name in CLOUDS or data.name in CURVES)
        form.setRowVisible(self.count, data.name in CLOUDS or data.name in CURVES)
        form.setRowVisible(self.classes, data.name == "gaussians")
        form.setRowVisible(self.train_size, data.name in IMAGE_SETS)
        self._forms[3].setRowVisible(self.smoothing, issubclass(LOSSES[draft.loss], LogitLoss))
        self._forms[3].setRowVisible(self.scale, draft.initializer.name != "zeros")

    # What acts at once

    def _ask(self, command: c.RunCommand) -> None:
        """Send it; while a slider is dragged, at most one of a kind every so often, the last one always."""
        self.rejection.hide()
        self._waiting[type(command)] = command
        if not self._timer.isActive():
            self._send_waiting()

    def _ask_betas(self, beta1: float, beta2: float) -> None:
        self._ask(c.SetBetas(beta1, beta2))

    def _send_waiting(self) -> None:
        if self._waiting:
            for command in self._waiting.values():
                self.session.send(command)
            self._waiting.clear()
            self._timer.start()

    def _on_session_applied(self, event: Applied) -> None:
        self._show_settings()

    def _on_session_rejected(self, event: CommandRejected) -> None:
        if isinstance(event.command, c.RunCommand):
            self.rejection.setText(event.sentence)
            self.rejection.show()
            self._show_settings()

    # What is gathered

    @property
    def _present(self) -> Setup:
        assert self.draft is not None
        return self.draft

    def _edit(self, draft: Setup) -> None:
        self.draft = draft
        self._show_draft()

    def _edit_data(self, **values: float | int | None) -> None:
        try:
            self._edit(replace(self._present, data=replace(self._present.data, **values)))
        except SetupError as error:
            self._show_fault(error)

    def _show_fault(self, error: VisualNetError) -> None:
        self._show_draft()
        self.needs.setText(str(error))
        self.footer.show()

    def _on_data_chosen(self) -> None:
        name = self.data.currentData()
        if name not in FILE_KINDS:
            self._edit(drafts.with_data(self._present, name))
            return
        path = self._ask_for_path(name)
        try:
            self._edit(on_file(self._present, Path(path)) if path else self._present)
        except DataError as error:
            self._show_fault(error)

    def _ask_for_path(self, kind: str) -> str:
        """A file or folder that the person chooses; empty where none was."""
        if kind == "images":
            return QFileDialog.getExistingDirectory(self, "Open a folder with one folder of images a class")
        what = {"table": "Tables (*.csv *.tsv *.txt)", "arrays": "Arrays (*.npz)"}[kind]
        return QFileDialog.getOpenFileName(self, "Open data", "", what)[0]

    def _on_classes_changed(self, classes: int) -> None:
        draft = replace(self._present, data=replace(self._present.data, classes=classes))
        self._edit(drafts.with_outputs(draft))

    def _on_preset_chosen(self) -> None:
        self._edit(load_preset(self.preset.currentData()))

    def _on_train_size_changed(self, size: int) -> None:
        self._edit_data(train_size=size or None)

    def _on_optimizer_chosen(self) -> None:
        name = self.optimizer.currentData()
        self._edit(replace(self._present, optimizer=OptimizerSetup(name, FIRST_RATES[name])))

    def _on_initializer_chosen(self) -> None:
        name = self.initializer.currentData()
        scale = {"uniform": 0.5, "normal": 0.1}.get(name, 1.0)
        self._edit(
            replace(self._present, initializer=replace(self._present.initializer, name=name, scale=scale))
        )

    def _on_smoothing_moved(self, smoothing: float) -> None:
        try:
            self._edit(replace(self._present, label_smoothing=smoothing))
        except SetupError as error:
            self._show_fault(error)

    def _on_scale_moved(self, scale: float) -> None:
        try:
            self._edit(replace(self._present, initializer=replace(self._present.initializer, scale=scale)))
        except SetupError as error:
            self._show_fault(error)

    def _on_start_clicked(self) -> None:
        self.session.start_run(self._present, fits=self._present.data.name in FILE_KINDS)


def _small_label(role: str) -> QLabel:
    label = QLabel(wordWrap=True)
    label.setFont(font(SMALL))
    label.setProperty("role", role)
    return label
