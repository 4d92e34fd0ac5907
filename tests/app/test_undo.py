"""One Ctrl+Z for everything, with real keys in the whole window: settings, runs, branches and edits of the draft."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from visualnet.app.files.settings import Settings
from visualnet.app.panels.setup.data_rules import RULES as DATA_RULES
from visualnet.app.panels.setup.draft import with_value
from visualnet.app.panels.setup.training_rules import RULES
from visualnet.app.text.edit_labels import edit_words
from visualnet.app.text.journal import done_words
from visualnet.app.window.actions import REDO, UNDO
from visualnet.app.window.history_menu import HistoryMenu
from visualnet.core.messages import commands as c
from visualnet.core.messages.done import Done
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.worker import undo_history

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
XOR = load_preset("xor")


@pytest.fixture(autouse=True)
def each_change_alone(monkeypatch):
    """No two changes are of one gesture, however soon they follow each other."""
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", -1.0)


def press(window, qtbot, modifiers=CTRL, key=Qt.Key.Key_Z):
    """Ctrl+Z wherever the keyboard is, and what it made of the history."""
    with qtbot.waitSignal(window.session.history.changed):
        QTest.keyClick(window.focusWidget() or window, key, modifiers)


def do(window, qtbot, act):
    """Do something, and wait until it has its place in the history."""
    with qtbot.waitSignal(window.session.history.grew):
        act()


def enter(field, text):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_draft_and_settings_have_one_order(xor_window, qtbot):
    window, panel = xor_window, xor_window.setup_panel
    first = panel.draft
    do(window, qtbot, lambda: enter(panel.seed, "17"))
    do(window, qtbot, lambda: enter(panel.live.sliders["learning_rate"].field, "0.5"))
    do(window, qtbot, panel.layers.add.click)
    do(window, qtbot, panel.discard.click)
    do(window, qtbot, lambda: panel._edit(replace(panel.draft, loss="huber")))
    do(window, qtbot, panel.start.click)
    words = []
    while window.menus.action(UNDO).isEnabled():
        words.append(window.menus.action(UNDO).text())
        press(window, qtbot)
    assert words == [
        "&Undo new run of xor (2)",
        "&Undo loss squared error → Huber",
        "&Undo changes discarded",
        "&Undo dense added",
        "&Undo learning rate 0.05 → 0.5",
        "&Undo seed 0 → 17",
    ]
    assert panel.draft == first
    assert window.session.settings["learning_rate"] == XOR.optimizer.learning_rate
    assert window.session.runs.present == 1
    assert not panel.footer.isVisible()
    seen = []
    while window.menus.action(REDO).isEnabled():
        press(window, qtbot, CTRL | SHIFT)
        seen.append((panel.draft.seed, len(panel.draft.layers), panel.draft.loss))
    assert seen == [
        (17, 4, "mse"), (17, 4, "mse"), (17, 6, "mse"), (0, 4, "mse"), (0, 4, "huber"), (0, 4, "huber"),
    ]  # fmt: skip
    assert window.session.runs.present == 2
    assert window.session.run.setup.loss == "huber"


def test_a_preset_that_is_chosen_over_a_draft_is_undone_with_the_draft_as_it_was(xor_window, qtbot):
    panel = xor_window.setup_panel
    do(xor_window, qtbot, lambda: enter(panel.seed, "17"))

    def choose():
        panel.preset.setCurrentIndex(panel.preset.findData("circles"))
        panel.preset.activated.emit(panel.preset.currentIndex())

    do(xor_window, qtbot, choose)
    assert panel.draft == load_preset("circles")
    assert xor_window.menus.action(UNDO).text() == "&Undo new run of circles"
    press(xor_window, qtbot)
    assert (panel.draft, panel.preset.currentData()) == (replace(XOR, seed=17), "xor")
    assert panel.description.text() == XOR.description
    assert panel.footer.isVisible()
    press(xor_window, qtbot, key=Qt.Key.Key_Y)
    assert panel.draft == load_preset("circles")
    assert not panel.footer.isVisible()


def test_undo_in_the_field_that_was_typed_in_is_the_texts_own_only_while_it_is_typed(xor_window, qtbot):
    panel, rate = xor_window.setup_panel, xor_window.setup_panel.live.sliders["learning_rate"].field
    do(xor_window, qtbot, lambda: enter(panel.seed, "17"))
    rate.setFocus()
    rate.selectAll()
    QTest.keyClicks(rate, "9")
    QTest.keyClick(rate, Qt.Key.Key_Z, CTRL)
    assert rate.text() == "0.05"
    assert panel.draft.seed == 17
    press(xor_window, qtbot)
    assert panel.draft.seed == 0


def test_a_name_is_edited_like_a_text_and_then_undone_like_all_else(xor_window, qtbot):
    tree = xor_window.runs_panel.tree
    xor_window.docks["runs"].bring_to_front()
    tree.setCurrentItem(xor_window.runs_panel._item_of(1))
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_F2)
    editor = tree.findChild(QLineEdit)
    QTest.keyClicks(editor, "bold")
    do(xor_window, qtbot, lambda: QTest.keyClick(editor, Qt.Key.Key_Return))
    assert xor_window.menus.action(UNDO).text() == "&Undo name xor → bold"
    press(xor_window, qtbot)
    assert xor_window.session.runs.get(1).name == "xor"


def test_a_name_with_nothing_typed_leaves_undo_to_the_window(xor_window, qtbot):
    tree, panel = xor_window.runs_panel.tree, xor_window.setup_panel
    do(xor_window, qtbot, lambda: enter(panel.seed, "17"))
    xor_window.docks["runs"].bring_to_front()
    tree.setCurrentItem(xor_window.runs_panel._item_of(1))
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_F2)
    editor = tree.findChild(QLineEdit)
    QTest.keyClicks(editor, "b")
    QTest.keyClick(editor, Qt.Key.Key_Z, CTRL)
    assert (editor.text(), panel.draft.seed) == ("xor", 17)
    press(xor_window, qtbot)
    assert panel.draft.seed == 0


def test_strokes_are_undone_on_the_paper_and_then_all_else(open_window, qtbot):
    window = open_window(load_preset("mnist-1000"), Settings(None))
    do(window, qtbot, lambda: window.session.send(c.Change(learning_rate=0.5)))
    pad = window.drawing_pad
    pad.setFocus()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Return):
        QTest.keyClick(pad, key)
    inked = pad.pixels.sum()
    QTest.keyClick(pad, Qt.Key.Key_Z, CTRL)
    assert pad.is_empty
    QTest.keyClick(pad, Qt.Key.Key_Z, CTRL | SHIFT)
    assert pad.pixels.sum() == inked > 0
    QTest.keyClick(pad, Qt.Key.Key_Z, CTRL)
    assert window.session.history.count == 1
    press(window, qtbot)
    assert window.session.history.count == 0


def test_a_drag_is_undone_whole_though_its_end_was_not_sent_yet(xor_window, qtbot, monkeypatch):
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", 60.0)
    session, rate = xor_window.session, xor_window.setup_panel.live.sliders["learning_rate"]
    for value in (0.1, 0.2, 0.3):
        rate.moved.emit(value)
    session.history.undo()
    qtbot.waitUntil(
        lambda: [command for _, command in session.journal][-1:] == [c.Change(learning_rate=0.05)]
    )
    assert [command for _, command in session.journal] == [
        c.Change(learning_rate=rate) for rate in (0.1, 0.3, 0.05)
    ]
    qtbot.waitUntil(lambda: (session.history.count, len(session.history.done)) == (0, 1))


def test_the_history_shows_everything_and_a_click_goes_there(xor_window, qtbot):
    window, panel = xor_window, xor_window.setup_panel
    for seed in ("1", "2", "3"):
        do(window, qtbot, lambda seed=seed: enter(panel.seed, seed))
    do(window, qtbot, lambda: window.session.send(c.Change(learning_rate=0.5)))
    menu = window.findChild(HistoryMenu)

    def lines():
        menu.fill()
        return [(action.text(), action.isChecked(), action.font().italic()) for action in menu.actions()]

    assert lines() == [
        ("Learning rate 0.05 → 0.5", True, False),
        ("Seed 2 → 3", False, False),
        ("Seed 1 → 2", False, False),
        ("Seed 0 → 1", False, False),
        ("The beginning", False, False),
    ]
    with qtbot.waitSignal(window.session.history.changed):
        menu.actions()[3].trigger()
    qtbot.waitUntil(lambda: window.session.history.count == 1)
    assert panel.draft.seed == 1
    assert [line[1:] for line in lines()] == [(False, True)] * 3 + [(True, False), (False, False)]
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: window.session.history.count == 4)
    assert window.session.settings["learning_rate"] == 0.5
    menu.fill()
    menu.actions()[-1].trigger()
    qtbot.waitUntil(lambda: window.session.history.count == 0)
    assert panel.draft == XOR


def test_a_long_history_shows_what_is_around_the_present_place(xor_window, qtbot):
    history, menu = xor_window.session.history, xor_window.findChild(HistoryMenu)
    for number in range(40):
        xor_window.session.send(c.RenameBranch(1, f"name {number}"))
    qtbot.waitUntil(lambda: history.count == 40)
    menu.fill()
    assert (len(menu.actions()), menu.actions()[0].text()) == (20, "Name name 38 → name 39")
    history.go_to(history.done[4].number)
    qtbot.waitUntil(lambda: history.count == 5)
    menu.fill()
    assert menu.actions()[-1].text() == "The beginning"
    assert sum(action.isChecked() for action in menu.actions()) == 1


def test_a_notice_about_what_was_done_goes_when_something_else_is_done(xor_window, qtbot):
    do(xor_window, qtbot, xor_window.transport.restart.trigger)
    assert xor_window.notice.text.startswith("A new run of xor")
    do(xor_window, qtbot, lambda: xor_window.session.send(c.Change(learning_rate=0.5)))
    assert not xor_window.notice.isVisible()


def test_edits_that_follow_each_other_before_the_worker_answers_are_all_kept(xor_window, qtbot):
    session, panel = xor_window.session, xor_window.setup_panel
    for seed in range(1, 6):
        session.edit_draft(replace(XOR, seed=seed), "seed", str(seed - 1), str(seed))
        assert panel.draft.seed == seed
    session.history.undo()
    session.edit_draft(replace(XOR, seed=9), "seed", "5", "9")
    qtbot.waitUntil(lambda: session.history.count == 5)
    assert panel.draft.seed == 9
    press(xor_window, qtbot)
    assert panel.draft.seed == 4


SETTINGS = {
    "learning rate 0.1 → 0.01": (c.Change(learning_rate=0.1), c.Change(learning_rate=0.01)),
    "momentum 0.9 → 0": (c.Change(momentum=0.9), c.Change(momentum=0.0)),
    "batch size 4 → 1,000": (c.Change(batch_size=4), c.Change(batch_size=1000)),
    "beta 1 0.9 → 0.5, beta 2 0.99 → 0.9": (c.Change(beta1=0.9, beta2=0.99), c.Change(beta1=0.5, beta2=0.9)),
    "dropout as in the Setup → 0.3": (c.Change(dropout=None), c.Change(dropout=0.3)),
    "goal 3 epochs → 200 steps": (c.Change(epochs=3, steps=None), c.Change(epochs=None, steps=200)),
    "goal 3 epochs → no goal": (c.Change(epochs=3, steps=None), c.Change(epochs=None, steps=None)),
    "no goal → goal 1 step": (c.Change(epochs=None, steps=None), c.Change(epochs=None, steps=1)),
    "test every epoch → every 5 steps": (c.Change(evaluate_every=None), c.Change(evaluate_every=5)),
}


@pytest.mark.parametrize("words", SETTINGS)
def test_a_setting_is_told_with_what_it_was(words):
    before, after = SETTINGS[words]
    assert done_words(Done("setting", 1, "", before, after)) == words


EDITS = {
    ("data", "XOR", "moons"): replace(XOR, data=DataSetup("moons")),
    ("noise", "0.1", "0.2"): replace(XOR, data=replace(XOR.data, noise=0.2)),
    ("standardised", "no", "yes"): replace(XOR, data=replace(XOR.data, standardize=True)),
    ("optimizer", "Adam", "Lion"): replace(XOR, optimizer=replace(XOR.optimizer, name="lion")),
    ("first weights", "Xavier", "He"): replace(XOR, initializer=replace(XOR.initializer, name="he")),
    ("clip norm", "none", "2"): replace(XOR, regularization=replace(XOR.regularization, clip_norm=2.0)),
    ("preset", "xor", "spiral"): load_preset("spiral"),
    ("neurons of Layer 1", "8", "1,000"): replace(XOR, layers=(LayerSetup("dense", 1000), *XOR.layers[1:])),
    ("activation of Layer 1", "tanh", "ReLU"): replace(XOR, layers=(XOR.layers[0], LayerSetup("relu"), *XOR.layers[2:])),
    ("dropout added", "", ""): replace(XOR, layers=(*XOR.layers[:2], LayerSetup("dropout", rate=0.5), *XOR.layers[2:])),
    ("tanh removed", "", ""): replace(XOR, layers=(XOR.layers[0], *XOR.layers[2:])),
    ("dense moved", "", ""): replace(XOR, layers=(XOR.layers[1], XOR.layers[0], *XOR.layers[2:])),
    ("", "", ""): XOR,
}  # fmt: skip


@pytest.mark.parametrize("words", EDITS)
def test_an_edit_has_words(words):
    assert edit_words(XOR, EDITS[words]) == words


@pytest.mark.parametrize("rule", [*RULES, *DATA_RULES], ids=lambda rule: f"{rule.part}.{rule.name}")
def test_every_rule_of_the_rail_has_words_for_its_edit(rule):
    value = rule.value_in(XOR)
    other = not value if rule.is_switch else 7 if rule.is_whole else 0.75
    subject, before, after = edit_words(XOR, with_value(XOR, f"{rule.part}.{rule.name}", other))
    assert subject
    assert before != after
