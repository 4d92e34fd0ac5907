"""The rail: what acts at once acts at once; what needs a new network waits for a press."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QPushButton, QSlider, QSpinBox

from visualnet.app.files.settings import Settings
from visualnet.app.panels.setup import draft as drafts
from visualnet.app.panels.setup import draft_layers
from visualnet.app.panels.setup.rate_dialog import RateDialog
from visualnet.app.text.labels import IDEAS, LABELS
from visualnet.core.datasets.catalogue import DATASETS
from visualnet.core.datasets.mirrors import MIRRORS
from visualnet.core.messages.commands import Change, RunTo
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.layers import activation_kinds
from visualnet.core.nn.layers.activations import ACTIVATIONS
from visualnet.core.nn.layers.names import KINDS
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.nn.schedules import SCHEDULES
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.settings import SETTINGS
from visualnet.core.training.trainer import Trainer

BUILT_IN = {activation.kind for activation in ACTIVATIONS}


@pytest.fixture
def panel(open_panel):
    return open_panel("xor")


def choose(box, name):
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def test_a_typed_rate_acts_at_once_and_is_shown_when_acknowledged(panel, qtbot, session):
    field = panel.live.sliders["learning_rate"].field
    field.selectAll()
    QTest.keyClicks(field, "1e-3")
    with qtbot.waitSignal(session.applied):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.settings["learning_rate"] == 0.001
    assert not panel.footer.isVisible()


def test_a_rejected_rate_says_why_and_returns_to_what_is_in_force(panel, qtbot, session):
    field = panel.live.sliders["learning_rate"].field
    field.selectAll()
    QTest.keyClicks(field, "-5")
    with qtbot.waitSignal(session.rejected):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert panel.live.rejection.isVisible()
    assert field.text() == "0.05"
    with qtbot.waitSignal(session.applied):
        session.send(Change(batch_size=2))
    assert not panel.live.rejection.isVisible(), "it tells of the last command alone, whoever gave the next"


def test_a_dragged_slider_sends_few_commands_and_the_last_one(panel, qtbot, session):
    for place in range(100, 140):
        panel.live.sliders["learning_rate"].slider.setValue(place)
    slider = SETTINGS["learning_rate"].slider
    wanted = slider.low * (slider.high / slider.low) ** (139 / 240)
    qtbot.waitUntil(lambda: session.settings["learning_rate"] == pytest.approx(wanted, rel=0.05))
    assert len(session.journal) <= 3


def test_every_setting_with_a_slider_is_shown_and_set_where_the_run_has_it(open_panel, session, qtbot):
    panel, xor = open_panel("xor"), load_preset("xor")
    for optimizer in OPTIMIZERS:
        layers = (LayerSetup("dropout", rate=0.5), *xor.layers)
        setup = replace(xor, optimizer=OptimizerSetup(optimizer, 0.01), layers=layers)
        with qtbot.waitSignal(session.run_started):
            session.start_run(setup)
        for name, slider in panel.live.sliders.items():
            assert slider.isVisible() == (name in session.settings), (optimizer, name)
            if slider.isVisible():
                slider.field.setFocus()
                slider.field.selectAll()
                QTest.keyClicks(slider.field, "0.25" if name != "batch_size" else "3")
                with qtbot.waitSignal(session.applied):
                    QTest.keyClick(slider.field, Qt.Key.Key_Return)
                assert session.settings[name] == (3 if name == "batch_size" else 0.25), (optimizer, name)


def test_dropout_of_several_rates_says_so_until_it_is_one(open_panel, session, qtbot):
    panel, xor = open_panel("xor"), load_preset("xor")
    layers = (LayerSetup("dropout", rate=0.1), LayerSetup("dropout", rate=0.2), *xor.layers)
    with qtbot.waitSignal(session.run_started):
        session.start_run(replace(xor, layers=layers))
    field = panel.live.sliders["dropout"].field
    assert field.text() == "several"
    with qtbot.waitSignal(session.applied):
        panel.live.sliders["dropout"].slider.setValue(120)
    assert field.text() == "0.45"
    with qtbot.waitSignal(session.applied):
        session.history.undo()
    assert field.text() == "several"


def test_momentum_shows_only_where_the_optimizer_has_it(panel, qtbot, session):
    assert not panel.live.sliders["momentum"].isVisible()
    choose(panel.optimizer, "momentum")
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert panel.live.sliders["momentum"].isVisible()
    assert not panel.live.sliders["beta1"].isVisible()


def test_layers_wait_as_a_draft_until_pressed_or_discarded(panel, qtbot, session):
    running = session.run.setup
    QTest.mouseClick(panel.layers.add, Qt.MouseButton.LeftButton)
    assert panel.footer.isVisible()
    assert "layers" in panel.needs.text()
    assert session.run.setup == running
    QTest.mouseClick(panel.discard, Qt.MouseButton.LeftButton)
    assert not panel.footer.isVisible()
    QTest.mouseClick(panel.layers.add, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert session.run.setup.hidden == (8, 8)


def test_every_preset_and_data_set_makes_a_draft_that_trains(panel):
    for name in DATASETS.keys() - MIRRORS.keys():
        choose(panel.data, name)
        for loss in range(panel.loss.count()):
            choose(panel.loss, panel.loss.itemData(loss))
            Trainer(panel.draft)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_network_of_a_preset_follows_the_data_that_are_chosen(open_panel, preset):
    panel = open_panel(preset)
    for name in ("moons", "sine", "mnist", "waves", "gaussians"):
        choose(panel.data, name)
        assert panel.start.isEnabled()
        Trainer(panel.draft)
    assert (panel.draft.loss == "cross-entropy") or preset.startswith("original")


def test_a_table_is_trained_on_by_a_network_that_had_images(
    open_panel, qtbot, session, tmp_path, monkeypatch
):
    panel = open_panel("mnist-conv")
    path = tmp_path / "trees.csv"
    path.write_text("".join(f"{n},{n % 7},{n % 5},{['ash', 'oak', 'elm'][n % 3]}\n" for n in range(60)))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    choose(panel.data, "table")
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert [layer.kind for layer in session.run.setup.layers] == ["dense", "relu", "dense"]
    with qtbot.waitSignal(session.paused):
        session.send(RunTo(2))


def test_every_choice_tells_its_idea_in_two_sentences(panel):
    boxes = [
        panel.loss,
        panel.initializer,
        panel.optimizer,
        panel.rules.schedule,
        *panel.layers.findChildren(QComboBox),
    ]
    shown = set()
    for box in boxes:
        for place in range(box.count()):
            name = box.itemData(place)
            if name not in activation_kinds() or name in BUILT_IN:
                assert len(box.itemData(place, Qt.ItemDataRole.ToolTipRole).split("\n")) == 2
                assert box.itemText(place) == LABELS.get(name, name)
                shown.add(name)
    assert shown == {*BUILT_IN, "none", *LOSSES, *INITIALIZERS, *OPTIMIZERS, *SCHEDULES} == {*IDEAS}
    assert {*LABELS} <= shown | {*KINDS}


def test_smoothing_shows_only_where_targets_can_be_smoothed(panel):
    assert not panel.smoothing.isVisible()
    choose(panel.loss, "binary-cross-entropy")
    assert panel.smoothing.isVisible()
    panel.smoothing.moved.emit(0.1)
    assert panel.draft.label_smoothing == 0.1
    assert "label smoothing" in panel.needs.text()
    panel.smoothing.moved.emit(2.0)
    assert "Label smoothing must be a number from 0" in panel.needs.text()
    assert panel.draft.label_smoothing == 0.1
    choose(panel.loss, "hinge")
    assert not panel.smoothing.isVisible()
    Trainer(panel.draft)


def test_huber_has_a_delta_and_no_other_loss(panel, qtbot, session):
    choose(panel.data, "sine")
    assert not panel.delta.isVisible()
    choose(panel.loss, "huber")
    assert panel.delta.isVisible()
    enter(panel.delta.field, "0.5")
    assert "Huber's delta" in panel.needs.text()
    enter(panel.delta.field, "0")
    assert "Huber delta must be a number above 0" in panel.needs.text()
    assert panel.delta.field.text() == "0.5"
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert session.run.setup.huber_delta == 0.5


def test_first_weights_come_with_a_scale_that_suits_them(panel):
    for name, scale in (("uniform", 0.5), ("normal", 0.1), ("lecun", 1.0)):
        choose(panel.initializer, name)
        assert panel.draft.initializer.scale == scale
        assert panel.scale.isVisible()
    choose(panel.initializer, "zeros")
    assert not panel.scale.isVisible()


def test_the_list_of_data_tells_of_each_and_shows_what_can_be_set(panel):
    for place in range(panel.data.count()):
        assert panel.data.itemData(place, Qt.ItemDataRole.ToolTipRole).endswith(".")
    shown = {}
    for name in ("xor", "gaussians", "sine", "mnist"):
        choose(panel.data, name)
        assert panel.about_data.text() == DATASETS[name]
        fields = ("train_size", "count", "classes", "noise")
        shown[name] = {field for field in fields if getattr(panel, field).isVisible()}
    assert shown == {
        "xor": set(),
        "gaussians": {"count", "classes", "noise"},
        "sine": {"count", "noise"},
        "mnist": {"train_size"},
    }


def test_more_gaussians_are_more_outputs(panel, qtbot, session):
    choose(panel.data, "gaussians")
    panel.count.setValue(60)
    panel.classes.setValue(5)
    assert panel.draft.layers[draft_layers.output_place(panel.draft)].units == 5
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert (session.run.data.train_count, len(session.run.data.classes)) == (60, 5)


def test_a_person_s_own_table_is_chosen_loaded_and_fitted(panel, qtbot, session, tmp_path, monkeypatch):
    path = tmp_path / "trees.csv"
    path.write_text("".join(f"{n},{n % 7},{n % 5},{['ash', 'oak', 'elm'][n % 3]}\n" for n in range(60)))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    choose(panel.data, "table")
    assert panel.about_data.text() == str(path)
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert session.run.data.classes == ("ash", "elm", "oak")
    assert session.run.setup.name == "trees"
    assert not panel.footer.isVisible()


def test_a_dialog_that_is_cancelled_changes_nothing(panel, monkeypatch):
    before = panel.draft
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: ("", ""))
    choose(panel.data, "arrays")
    assert panel.draft == before
    assert panel.data.currentData() == "xor"


def test_layer_edits_keep_the_outputs():
    setup = load_preset("mnist")
    grown = draft_layers.with_layer_added(setup)
    assert [layer.units for layer in grown.layers if layer.units] == [256, 256, 10]
    shrunk = draft_layers.without(grown, draft_layers.rows(grown)[0])
    assert shrunk.layers == setup.layers
    assert draft_layers.activation_after(draft_layers.with_activation(setup, 0, "tanh"), 0) == "tanh"
    assert draft_layers.activation_after(draft_layers.with_activation(setup, 0, None), 0) is None
    assert drafts.changes(draft_layers.with_option(setup, 0, "units", 5), setup) == ["layers"]


def test_the_wheel_over_the_rail_scrolls_and_changes_nothing(panel):
    for field in (panel.preset, panel.seed, panel.live.sliders["learning_rate"].slider):
        field.clearFocus()
        before = panel.draft
        middle = QPointF(field.rect().center())
        event = QWheelEvent(
            middle, field.mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(field, event)
        assert panel.draft == before


def test_every_control_has_a_name_and_two_sentences(panel):
    for kind in (QComboBox, QSlider, QSpinBox):
        for control in panel.findChildren(kind):
            assert control.accessibleName(), control
            assert control.toolTip().count(".") >= 1, control.accessibleName()
    for button in panel.findChildren(QPushButton):
        assert button.toolTip(), button.text()


def enter(field, text):
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_every_optimizer_starts_with_a_rate_of_its_own(panel):
    for name, kind in OPTIMIZERS.items():
        choose(panel.optimizer, name)
        assert panel.draft.optimizer.name == name
        assert panel.draft.optimizer.learning_rate == kind.first_rate
        Trainer(panel.draft).step()


def test_the_rules_are_folded_and_show_only_what_the_schedule_has(panel):
    rules = panel.rules
    assert not rules.schedule.isVisible()
    QTest.mouseClick(rules.heading, Qt.MouseButton.LeftButton)
    assert rules.schedule.isVisible()
    assert not rules.fields["decay"].isVisible()
    choose(rules.schedule, "step")
    assert panel.draft.schedule.name == "step"
    assert rules.fields["decay"].isVisible()
    assert not rules.fields["final"].isVisible()
    assert "schedule" in panel.needs.text()


def test_a_typed_rule_is_in_the_draft_and_zero_takes_it_away(panel):
    QTest.mouseClick(panel.rules.heading, Qt.MouseButton.LeftButton)
    fields = panel.rules.fields
    for name, text, value in (("l2", "1e-3", 0.001), ("clip_norm", "1", 1), ("patience", "5", 5)):
        enter(fields[name], text)
        assert getattr(panel.draft.regularization, name) == value
    enter(fields["warmup_steps"], "20")
    assert panel.draft.schedule.warmup_steps == 20
    for name, off in (("l2", 0), ("clip_norm", None), ("patience", None)):
        enter(fields[name], "0")
        assert getattr(panel.draft.regularization, name) == off


def test_a_rule_that_cannot_be_says_why_and_returns(panel):
    QTest.mouseClick(panel.rules.heading, Qt.MouseButton.LeftButton)
    field = panel.rules.fields["ema_decay"]
    enter(field, "1.5")
    assert "Moving average must" in panel.needs.text()
    assert field.text() == "0"
    assert panel.draft.regularization.ema_decay is None


def test_every_rule_has_a_name_and_an_idea(panel):
    for field in (*panel.rules.fields.values(), *panel.data_rules.fields.values()):
        assert field.accessibleName()
        assert len(field.toolTip().split("\n")) == 2


def test_a_rate_is_found_chosen_on_the_curve_and_used(panel, qtbot, session):
    QTest.mouseClick(panel.live.find_button, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(RateDialog)
    qtbot.waitUntil(lambda: dialog.plot.rate is not None, timeout=20_000)
    assert dialog.plot.rate == dialog.plot.suggestion
    plot = dialog.plot
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(plot.place_of(1e-5)), 100))
    assert dialog.use.text().endswith("10⁻⁵")
    QTest.mouseClick(
        plot, Qt.MouseButton.LeftButton, pos=QPoint(round(plot.place_of(0.01)), plot.height() // 2)
    )
    chosen = plot.rate
    assert chosen == pytest.approx(0.01, rel=0.1)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.rate > chosen
    with qtbot.waitSignal(session.applied):
        QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert session.settings["learning_rate"] > chosen


def test_a_closed_dialog_tries_no_further_and_changes_nothing(panel, qtbot, session):
    before = session.settings["learning_rate"]
    QTest.mouseClick(panel.live.find_button, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(RateDialog)
    with qtbot.waitSignal(session.study_progressed):
        pass
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    assert session.settings["learning_rate"] == before


def test_the_rate_in_force_is_told_only_where_it_is_another(panel, qtbot, session):
    assert panel.live.in_force.text() == ""
    setup = load_preset("xor")
    with qtbot.waitSignal(session.run_started):
        session.start_run(replace(setup, schedule=ScheduleSetup(warmup_steps=10)))
    assert panel.live.in_force.text() == "0.005 now"
    with qtbot.waitSignal(session.paused):
        session.send(RunTo(10))
    qtbot.waitUntil(lambda: panel.live.in_force.text() == "")
    session.playhead.move(4)
    qtbot.waitUntil(lambda: panel.live.in_force.text() == "0.025 now")


def data_rows(panel):
    return {name for name, field in panel.data_rules.fields.items() if field.isVisible()}


def test_the_rules_for_data_are_folded_and_show_only_what_the_data_have(panel):
    assert data_rows(panel) == set()
    QTest.mouseClick(panel.data_rules.heading, Qt.MouseButton.LeftButton)
    assert data_rows(panel) == {"standardize"}
    choose(panel.data, "moons")
    assert data_rows(panel) == {"standardize", "validation_share"}
    choose(panel.data, "mnist")
    images = {"validation_share", "shift", "rotate", "scale", "elastic", "noise"}
    assert data_rows(panel) == images
    enter(panel.data_rules.fields["elastic"], "30")
    assert data_rows(panel) == {*images, "elastic_sigma"}


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("table", {"standardize"}),
        ("images", {"shift", "rotate", "scale", "elastic", "noise"}),
        ("arrays", {"standardize", "shift", "rotate", "scale", "elastic", "noise"}),
    ],
)
def test_a_person_s_own_data_may_need_a_test_part(panel, kind, rows):
    QTest.mouseClick(panel.data_rules.heading, Qt.MouseButton.LeftButton)
    panel._edit(replace(panel.draft, data=DataSetup(kind, path="somewhere")))
    assert data_rows(panel) == {"test_share", "validation_share", *rows}


@pytest.mark.parametrize(("shape", "are_images"), [((6, 6), True), ((3,), False)])
def test_arrays_that_were_read_are_known_to_be_images_or_not(
    panel, qtbot, session, tmp_path, monkeypatch, shape, are_images
):
    path = tmp_path / "arrays.npz"
    np.savez(path, x=np.random.default_rng(1).random((40, *shape)), y=np.arange(40) % 2)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    QTest.mouseClick(panel.data_rules.heading, Qt.MouseButton.LeftButton)
    choose(panel.data, "arrays")
    assert {"standardize", "shift"} <= data_rows(panel)
    enter(panel.data_rules.fields["test_share"], "0.5")
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert session.run.data.test_count == 20
    assert ("shift" in data_rows(panel)) is are_images
    assert ("standardize" in data_rows(panel)) is not are_images


def test_a_typed_shift_waits_in_the_draft_and_is_in_the_run_that_starts(open_panel, qtbot, session):
    panel = open_panel("mnist-1000")
    QTest.mouseClick(panel.data_rules.heading, Qt.MouseButton.LeftButton)
    field = panel.data_rules.fields["shift"]
    enter(field, "2.5")
    assert panel.draft.data.augmentation.shift == 2.5
    assert field.text() == "2.5 px"
    enter(field, "3 px")
    assert panel.draft.data.augmentation == replace(load_preset("mnist-1000").data.augmentation, shift=3)
    assert session.run.setup == load_preset("mnist-1000")
    with qtbot.waitSignal(session.run_started, timeout=20_000):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert session.run.setup.data.augmentation.shift == 3
    assert field.text() == "3 px"


def test_inputs_are_standardized_by_a_tick(panel, qtbot, session):
    QTest.mouseClick(panel.data_rules.heading, Qt.MouseButton.LeftButton)
    tick = panel.data_rules.fields["standardize"]
    QTest.keyClick(tick, Qt.Key.Key_Space)
    assert panel.draft.data.standardize is True
    assert "data" in panel.needs.text()
    with qtbot.waitSignal(session.run_started):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert session.run.data.points.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert tick.isChecked()
    QTest.keyClick(tick, Qt.Key.Key_Space)
    QTest.mouseClick(panel.discard, Qt.MouseButton.LeftButton)
    assert tick.isChecked()


@pytest.mark.parametrize(
    ("name", "text", "kept"), [("test_share", "0", "0.2"), ("validation_share", "1", "0")]
)
def test_a_share_that_cannot_be_says_why_and_returns(panel, name, text, kept):
    QTest.mouseClick(panel.data_rules.heading, Qt.MouseButton.LeftButton)
    draft = replace(panel.draft, data=DataSetup("table", path="somewhere.csv"))
    panel._edit(draft)
    field = panel.data_rules.fields[name]
    enter(field, text)
    assert f"{name.replace('_', ' ').capitalize()} of the data must be a number" in panel.needs.text()
    assert field.text() == kept
    assert panel.draft == draft


def test_the_rail_shows_its_top_after_a_new_preset(qtbot, session, open_panel):
    panel = open_panel("mnist")
    bar = panel.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    panel.seed.entered.emit(7)
    assert bar.value() > 0, "an edit below moves nothing"
    with qtbot.waitSignal(session.run_started, timeout=20_000):
        choose(panel.preset, "xor")
    assert bar.value() == 0


def needed_height(label):
    """Of the text of a label, in a label of its own."""
    alone = QLabel(label.text(), wordWrap=True)
    alone.setFont(label.font())
    return alone.heightForWidth(label.width())


def test_a_sentence_has_the_height_that_it_needs_whatever_stood_there_before(open_window, qtbot):
    window = open_window(load_preset("original-xor"), Settings(None), (1280, 720))
    panel = window.setup_panel
    for name in ("original-mnist", "xor", "mnist-conv"):
        with qtbot.waitSignal(window.session.run_started):
            window.session.open_preset(name)
        QApplication.processEvents()
        for label in (panel.description, panel.about_data):
            assert label.height() == needed_height(label), label.text()
