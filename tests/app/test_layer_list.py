"""The layers in the rail: each can be changed, moved and removed, and others put beside it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QSpinBox

from visualnet.app.panels.setup import draft_layers
from visualnet.app.panels.setup.option_field import OptionField
from visualnet.app.text.labels import OPTIONS
from visualnet.app.widgets.menu_name import MenuName
from visualnet.core.nn.layers import activation_kinds, layer_kinds, layer_options
from visualnet.core.nn.layers.names import ROW_NAMES
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.training.trainer import Trainer


def names(panel):
    return [widget.row.name for widget in panel.layers.rows]


def row_of(panel, name):
    return next(widget for widget in panel.layers.rows if widget.row.name == name)


def choose(panel, name, *path):
    """Open the menu of a row, and press the actions of this path."""
    QTest.mouseClick(row_of(panel, name).name, Qt.MouseButton.LeftButton)
    menu = panel.layers.menu
    for words in path:
        action = next(action for action in menu.actions() if action.text() == words)
        menu.setActiveAction(action)
        QTest.keyClick(menu, Qt.Key.Key_Return)
        menu = action.menu()
    assert not panel.layers.menu.isVisible()


def enter(field, text):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def start(panel, qtbot):
    with qtbot.waitSignal(panel.session.run_started, timeout=20_000):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    return panel.session.run.setup.layers


def test_a_plain_network_is_a_number_and_an_activation_a_row(open_panel):
    panel = open_panel("xor")
    assert names(panel) == ["Layer 1", "Outputs"]
    for widget in panel.layers.rows:
        assert [*widget.fields] == ["units"]
        assert widget.activation.isVisible()
        assert not widget.words.isVisible()
        assert not widget.more.isVisible()
    outputs = row_of(panel, "Outputs")
    assert not outputs.remove.isEnabled()
    assert not outputs.fields["units"].isEnabled()


def test_a_convolution_is_put_before_a_layer_of_mnist_changed_and_started(open_panel, qtbot):
    panel = open_panel("mnist")
    running = panel.session.run.setup.layers
    choose(panel, "Layer 1", "Insert above", "Convolution")
    assert names(panel) == ["Conv 1", "Activation", "Dense 2", "Outputs"]
    assert panel.layers.rows[0].name.hasFocus()
    conv = row_of(panel, "Conv 1")
    enter(conv.fields["channels"].field, "4")
    enter(conv.fields["kernel"].field, "7")
    padding = conv.more.fields[0, "padding"]
    assert padding.isVisible()
    padding.field.setFocus()
    QTest.keyClick(padding.field, Qt.Key.Key_Up)
    assert conv.words.text().replace("\u200b", "") == "4×22×22"
    assert panel.session.run.setup.layers == running
    assert start(panel, qtbot)[0] == LayerSetup("conv2d", channels=4, kernel=7)
    assert panel.session.run.layers[0].output_shape == (4, 22, 22)


def test_a_kernel_larger_than_the_image_says_why_and_cannot_be_started(open_panel, qtbot):
    panel = open_panel("mnist-conv")
    conv = row_of(panel, "Conv 1")
    enter(conv.fields["kernel"].field, "30")
    reason = "needs at least 30 numbers along each side, not 28; its inputs are (28, 28)."
    assert panel.needs.text() == f"Conv 1 {reason}"
    assert conv.fault.isVisible()
    assert conv.fault.text() == f"N{reason[1:]}"
    assert not panel.start.isEnabled()
    enter(conv.fields["kernel"].field, "4")
    assert not conv.fault.isVisible()
    assert panel.start.isEnabled()


def test_layers_move_and_leave_but_nothing_passes_the_outputs(open_panel, qtbot):
    panel = open_panel("mnist-conv")
    choose(panel, "Dense 3", "Insert above", "Dropout")
    choose(panel, "Dropout", "Move up")
    assert names(panel)[-4:] == ["Dropout", "Flatten", "Dense 3", "Outputs"]
    assert row_of(panel, "Dropout").name.hasFocus()
    enter(row_of(panel, "Dropout").fields["rate"].field, "0.25")
    choose(panel, "Dropout", "Move down")
    choose(panel, "Dropout", "Move down")
    assert names(panel)[-3:] == ["Dense 3", "Dropout", "Outputs"]
    QTest.mouseClick(row_of(panel, "Conv 2").remove, Qt.MouseButton.LeftButton)
    choose(panel, "Flatten", "Remove")
    layers = start(panel, qtbot)
    assert [layer.kind for layer in layers[-4:]] == ["dense", "relu", "dropout", "dense"]
    assert dict(layers[-2].options) == {"rate": 0.25}
    assert "flatten" not in [layer.kind for layer in layers]
    rows = [widget.row for widget in panel.layers.rows]
    moves = [[*draft_layers.possible_moves(rows, index)] for index in range(len(rows))]
    assert (moves[0], moves[-2], moves[-1]) == ([1], [-1], [])
    assert all(both == [-1, 1] for both in moves[1:-2])


def test_the_keyboard_stays_in_a_field_while_its_layer_changes(open_panel):
    panel = open_panel("xor")
    units = row_of(panel, "Layer 1").fields["units"].field
    enter(units, "12")
    assert panel.draft.hidden == (12,)
    assert units.hasFocus()
    QTest.keyClick(units, Qt.Key.Key_Up)
    assert panel.draft.hidden == (13,)
    assert row_of(panel, "Layer 1").fields["units"].field is QApplication.focusWidget()


def test_what_is_half_typed_goes_with_its_row_when_another_run_begins(open_panel, qtbot):
    panel = open_panel("mnist-conv")
    units = row_of(panel, "Dense 3").fields["units"].field
    units.setFocus()
    units.selectAll()
    QTest.keyClicks(units, "50")
    xor = load_preset("xor")
    with qtbot.waitSignal(panel.session.run_started):
        panel.session.start_run(xor)
    assert panel.draft == xor
    assert not panel.footer.isVisible()


def test_the_keyboard_stays_where_a_row_was_removed(open_panel):
    panel = open_panel("mnist-conv")
    row_of(panel, "Max pool").remove.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert names(panel)[2:5] == ["Activation", "Conv 2", "Batch norm"]
    assert panel.layers.rows[3].name.hasFocus()


def test_the_tab_key_goes_from_row_to_row_and_on_to_what_adds_one(open_panel):
    panel = open_panel("xor")
    QTest.mouseClick(panel.layers.add, Qt.MouseButton.LeftButton)
    first, second, outputs = panel.layers.rows
    first.name.setFocus()
    for control in (
        first.fields["units"].field, first.activation, first.remove,
        second.name, second.fields["units"].field, second.activation, second.remove,
        outputs.name, outputs.activation, panel.layers.add,
    ):  # fmt: skip
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is control
    first.name.setFocus()
    QTest.keyClick(first.name, Qt.Key.Key_Backtab)
    assert not panel.layers.isAncestorOf(QApplication.focusWidget())


def test_an_option_that_cannot_be_is_refused_in_a_sentence(open_panel):
    panel = open_panel("mnist-conv")
    choose(panel, "Dense 3", "Insert below", "Dropout")
    rate = row_of(panel, "Dropout").fields["rate"].field
    enter(rate, "1")
    assert "rate must be at least 0 and below 1" in panel.needs.text()
    assert rate.text() == "0.5"


def test_options_are_folded_away_until_asked_for_or_unusual(open_panel):
    panel = open_panel("mnist-conv")
    pool = row_of(panel, "Max pool")
    assert not pool.more.isVisible()
    choose(panel, "Max pool", "Stride")
    stride = pool.more.fields[0, "stride"].field
    assert stride.text() == "as window"
    enter(stride, "1")
    assert dict(panel.draft.layers[pool.row.first].options) == {"size": 2, "stride": 1}
    enter(stride, "0")
    assert dict(panel.draft.layers[pool.row.first].options) == {"size": 2, "stride": None}
    dense = row_of(panel, "Dense 3")
    assert not dense.more.fields
    dense.activation.setFocus()
    dense.activation.setCurrentIndex(dense.activation.findData("leaky-relu"))
    dense.activation.activated.emit(dense.activation.currentIndex())
    assert [*dense.more.fields] == [(1, "slope")]
    assert dense.activation.hasFocus()
    dense.more.show()
    dense.remove.setFocus()
    QTest.keyClick(dense.remove, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is dense.more.fields[1, "slope"].field


def test_a_padding_is_a_word_or_a_number(open_panel):
    panel = open_panel("mnist-conv")
    choose(panel, "Conv 1", "Stride and padding")
    box = row_of(panel, "Conv 1").more.fields[0, "padding"].field
    assert box.currentText() == "valid"
    box.setFocus()
    for padding in ("same", 1, 2):
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert dict(panel.draft.layers[0].options)["padding"] == padding
    enter(row_of(panel, "Conv 1").fields["kernel"].field, "2")
    assert "padding must be valid, same, or a number from 0 to 1, not 2" in panel.needs.text()
    assert dict(panel.draft.layers[0].options)["kernel"] == 5


def test_a_block_is_told_in_words_and_made_to_fit_its_inputs(open_panel, qtbot):
    panel = open_panel("mnist-conv")
    choose(panel, "Flatten", "Insert above", "Block with a skip")
    assert row_of(panel, "Block 3").words.text() == "24 kernels of 3 × 3 · ReLU"
    choose(panel, "Flatten", "Insert below", "Block with a skip")
    assert row_of(panel, "Block 4").words.text() == "dense 384 · ReLU"
    assert [layer.kind for layer in start(panel, qtbot)].count("residual") == 2


@pytest.mark.parametrize("preset", PRESETS)
def test_each_kind_can_be_put_anywhere_and_never_fails_but_in_a_sentence(preset):
    """On the plane too, where a convolution cannot be: then a row says why, and all that come later say nothing."""
    setup = load_preset(preset)
    shape = draft_layers.example_shape(setup, load_preset("regression"), (1,))
    outputs = setup.layers[draft_layers.output_place(setup)]
    for row in draft_layers.rows(setup, shape):
        assert row.shape is not None
        for kind in layer_kinds():
            draft = draft_layers.with_inserted(setup, kind, row.first, row.given)
            rows = draft_layers.rows(draft, shape)
            faults = [index for index, each in enumerate(rows) if each.fault]
            known = [each.shape is not None for each in rows]
            assert known == [index < min(faults, default=len(rows)) for index in range(len(rows))]
            assert draft.layers[draft_layers.output_place(draft)] == outputs


def test_the_shapes_are_those_of_the_network():
    trainer = Trainer(load_preset("mnist-conv"))
    shapes = {row.stop: row.shape for row in draft_layers.rows(trainer.setup, (28, 28))}
    for number, layer in enumerate(trainer.network.layers, 1):
        assert shapes.get(number, layer.output_shape) == layer.output_shape


def test_every_control_of_a_layer_has_a_name_and_two_sentences(open_panel):
    panel = open_panel("mnist-conv")
    choose(panel, "Flatten", "Insert below", "Layer norm")
    controls = [
        control for kind in (QComboBox, QSpinBox, MenuName) for control in panel.layers.findChildren(kind)
    ] + [field.field for field in panel.layers.findChildren(OptionField)]
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip().count("\n") >= 1, control.accessibleName()


def test_every_layer_and_option_has_words():
    for kind in layer_kinds():
        assert kind in ROW_NAMES or kind in activation_kinds()
        assert {*layer_options(kind)} - {"layers"} <= {*OPTIONS}
