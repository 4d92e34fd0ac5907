"""The whole window, played as a person would: keys, menus, notices, and closing at any moment."""

import gc
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox, QPushButton, QWidget

from visualnet.app.files import run_file_actions
from visualnet.app.files.settings import Settings
from visualnet.app.session.session import Session
from visualnet.app.theme import DARK, GRID, LIGHT, blend, rgb
from visualnet.app.widgets.figure import Figure
from visualnet.app.window.window import Window
from visualnet.core.messages import commands as c
from visualnet.core.setup.match_data import on_file
from visualnet.core.setup.presets import PRESETS, load_preset


@pytest.fixture
def opened(open_window):
    """A function that opens a window with a preset and waits for its run."""
    return lambda preset="xor", settings=None, size=(1280, 720): open_window(
        load_preset(preset), settings or Settings(None), size
    )


def actions_of(window):
    return {action.text().replace("&", ""): action for action in window.findChildren(QAction)}


def test_space_plays_and_pauses_also_on_a_button_that_has_the_focus(opened, qtbot):
    window = opened()
    session = window.session
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.is_playing)
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not session.is_playing)
    follow = window.docks["curves"].panel.follow
    follow.setFocus()
    QTest.keyClick(follow, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.is_playing)
    assert follow.isChecked()


def test_space_plays_after_a_button_that_has_gone(opened, qtbot):
    """Start anew, and then the notice's Undo: both disappear with the keyboard on them."""
    window = opened()
    session, setup = window.session, window.docks["setup"].panel
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    setup.seed.entered.emit(5)
    for find in (lambda: setup.start, lambda: window.notice.findChild(QPushButton)):
        button = find()
        button.setFocus()
        with qtbot.waitSignal(session.run_started):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda button=button: not button.isVisible())
        assert not session.is_playing
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: session.is_playing)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: not session.is_playing)


def test_one_step_and_one_epoch_by_key(opened, qtbot):
    window = opened("mnist")
    QTest.keyClick(window, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: window.session.step == 1)
    QTest.keyClick(window, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: window.session.step == 2)
    qtbot.waitUntil(lambda: window.transport.figures["step"].text == "2")


def test_toolbar_and_timeline_move_on_with_no_panel_in_view(opened, qtbot):
    window = opened()
    session, figure = window.session, window.transport.figures["step"]
    for dock in window.docks.values():
        dock.close()
    session.send(c.SetSpeed(100))
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: figure.text not in ("–", "0"))
    shown = figure.text
    qtbot.waitUntil(lambda: figure.text != shown and window.timeline.track._live_step > 1)
    with qtbot.waitSignal(session.paused):
        QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: figure.text == window.timeline.figure.text == f"{session.step:,}")
    QTest.keyClick(window, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: figure.text == window.timeline.figure.text == "0")
    assert session.playhead.live_step > 0


def test_speed_keys_slow_the_run_down(opened, qtbot):
    window = opened()
    for _ in range(9):
        QTest.keyClick(window, Qt.Key.Key_BracketLeft)
    qtbot.waitUntil(lambda: window.session.speed == 1)
    assert window.transport._speed_label.text() == "1 step/s"


def test_restart_offers_undo_that_brings_the_run_back(opened, qtbot):
    window = opened()
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(30))
    with qtbot.waitSignal(window.session.run_started):
        window.transport.restart.trigger()
    assert window.notice.isVisible()
    undo = next(button for button in window.notice._buttons if button.text() == "Undo")
    with qtbot.waitSignal(window.session.run_started):
        QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    assert window.session.step == 30
    assert not window.notice.isVisible()


def test_images_and_points_have_each_their_arrangement(opened, qtbot):
    window = opened("xor")
    visible = {name for name, dock in window.docks.items() if dock.isVisible()}
    assert visible == {"setup", "surface", "truth-table", "weights", "curves"}
    with qtbot.waitSignal(window.session.run_started, timeout=20_000):
        window.session.open_preset("mnist")
    visible = {name for name, dock in window.docks.items() if dock.isVisible()}
    assert visible == {"setup", "weights", "predictions", "drawing", "curves"}


def test_a_table_of_numbers_has_its_own_arrangement_without_panels_that_show_nothing(opened, qtbot, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b,c,class\n" + "\n".join(f"{i},{i * i % 7},{i % 3},{'xy'[i % 2]}" for i in range(40)))
    window = opened("mnist")
    with qtbot.waitSignal(window.session.run_started, timeout=20_000):
        window.session.start_run(on_file(load_preset("xor"), table), follows_data=True)
    shown = [dock for dock in window.docks.values() if dock.isVisible()]
    assert {dock.panel.info.name for dock in shown} == {"setup", "weights", "curves"}
    assert all(dock.panel.isVisible() for dock in shown), "none says why it has nothing to show"
    weights, curves = (window.docks[name] for name in ("weights", "curves"))
    qtbot.waitUntil(lambda: weights.width() == curves.width())
    assert curves.height() == pytest.approx(weights.height(), abs=GRID)
    assert window.panel_layout.is_default
    with qtbot.waitSignal(window.session.run_started, timeout=20_000):
        window.session.open_preset("mnist")
    assert window.docks["predictions"].isVisible() and window.docks["drawing"].isVisible()


@pytest.mark.parametrize("from_rail", [True, False])
def test_a_preset_opens_alike_from_the_menu_and_from_the_rail(opened, qtbot, from_rail):
    window = opened("xor")
    rail = window.setup_panel
    rail.seed.entered.emit(7)
    assert rail.footer.isVisible()
    with qtbot.waitSignal(window.session.history.grew):
        if from_rail:
            rail.preset.setCurrentIndex(rail.preset.findData("spiral"))
            rail.preset.activated.emit(rail.preset.currentIndex())
            assert rail.preset.currentData() == "xor", "told when it is there"
        else:
            next(action for action in window.findChildren(QAction) if action.text() == "spiral").trigger()
    assert window.session.run.setup == rail.draft == load_preset("spiral")
    assert rail.preset.currentData() == "spiral"
    assert not rail.footer.isVisible()
    assert "A new run of spiral" in window.notice.text
    with qtbot.waitSignal(window.session.run_started):
        window.session.history.undo()
    assert rail.preset.currentData() == "xor"


def words_in_view(window):
    """Every text that a person can read in the window, and each number in a field."""
    widgets = [window, *window.findChildren(QWidget)]
    read = ("text", "currentText")
    words = [getattr(w, name) for w in widgets if w.isVisible() for name in read if hasattr(w, name)]
    words += [w.name for w in window.findChildren(Figure) if w.isVisible()]
    return {str(one() if callable(one) else one) for one in words} | {window.windowTitle()}


@pytest.mark.parametrize("preset", ["mnist", "xor", "regression", "mnist-conv"])
def test_before_the_first_run_nothing_is_said_of_any_and_then_of_this_one_alone(qtbot, preset):
    session = Session(frame_rate=60, adapts=False)
    window = Window(session, Settings(None), "dark", asks_before_closing=False)
    qtbot.addWidget(window)
    window.show()
    others = set(PRESETS) - {preset}
    seen = [words_in_view(window)]
    session.run_started.connect(lambda: seen.append(words_in_view(window)))
    session.frame_shown.connect(lambda: seen.append(words_in_view(window)))
    session.start()
    session.start_run(load_preset(preset))
    qtbot.waitUntil(lambda: session.latest is not None, timeout=20_000)
    assert {words for words in seen[0] if any(letter.isdigit() for letter in words)} == set()
    assert not {words.lower() for words in seen[0]} & set(PRESETS)
    for words in seen[1:]:
        assert preset in words and window.windowTitle() in words and not words & others
        assert not any("000" in one.split() or "Press play" in one for one in words)
    window.close()


@pytest.mark.parametrize("preset", ["xor", "regression", "mnist", "mnist-conv"])
def test_panels_stand_where_reset_puts_them_from_the_first_run_on(opened, preset):
    window = opened(preset)

    def in_view():
        QApplication.processEvents()
        return {name for name, dock in window.docks.items() if dock.isVisible()}

    at_start = in_view()
    window.layouts.reset()
    assert in_view() == at_start
    assert ("feature-maps" in at_start) == (preset == "mnist-conv")


def test_feature_maps_come_and_go_with_networks_that_have_them(opened, qtbot):
    window = opened("mnist")
    for preset, has_maps in (("mnist-1000", True), ("mnist", False)):
        with qtbot.waitSignal(window.session.run_started, timeout=20_000):
            window.session.open_preset(preset)
        assert window.docks["feature-maps"].toggleViewAction().isChecked() == has_maps
        assert window.docks["weights"].panel.isVisible()


def test_a_closed_panel_stays_closed_the_next_time(opened, tmp_path):
    path = tmp_path / "settings.json"
    window = opened("xor", Settings(path))
    window.docks["weights"].close()
    window.close()
    again = opened("xor", Settings(path))
    assert not again.docks["weights"].isVisible()
    assert again.docks["surface"].isVisible()
    actions_of(again)["Reset panels"].trigger()
    assert again.docks["weights"].isVisible()


def test_a_broken_run_names_the_layer_and_goes_back(opened, qtbot):
    window = opened("xor")
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(10))
    setup = load_preset("xor")
    identity = replace(
        setup, layers=(*setup.layers[:1], setup.layers[2]), initializer=replace(setup.initializer, scale=10.0)
    )
    exploding = replace(
        identity, optimizer=replace(setup.optimizer, name="sgd", learning_rate=1e6), epochs=None
    )
    with qtbot.waitSignal(window.session.diverged, timeout=10_000):
        window.session.start_run(exploding, play=True)
    assert "not finite" in window.notice.text
    back = next(button for button in window.notice._buttons if button.text() == "Go back to")
    steps = [action.text() for action in back.menu().actions()]
    assert steps and all(words.startswith("Step ") for words in steps)
    with qtbot.waitSignal(window.session.rewound):
        back.menu().actions()[0].trigger()
    assert not window.notice.isVisible()
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.Change(learning_rate=1e-4))
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(window.session.step + 3))


def test_themes_reach_every_panel(opened):
    window = opened("xor")
    window.themes.choose("light")
    assert all(dock.panel.theme is LIGHT for dock in window.docks.values())
    image = window.grab().toImage()
    assert image.pixelColor(2, image.height() - 2).name() == LIGHT.window
    window.themes.choose("dark")
    assert window.grab().toImage().pixelColor(2, 700).name() == DARK.window


def luminance(colour):
    parts = [value / 255 for value in rgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_text_stands_out_from_what_lies_behind_it(theme):
    for text in (theme.text, theme.secondary, theme.training, theme.test, theme.wrong):
        for behind in (theme.panel, theme.window):
            assert contrast(text, behind) >= 4.5, (text, behind)
    assert contrast(theme.text, theme.raised) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert blend(theme.negative, theme.panel, 1) == theme.panel


@pytest.mark.parametrize("preset", ["xor", "mnist"])
@pytest.mark.parametrize("size", [(1280, 720), (2560, 1440)])
def test_the_window_fits_its_size(opened, preset, size):
    window = opened(preset, size=size)
    assert (window.width(), window.height()) == size
    for dock in window.docks.values():
        if dock.isVisible():
            assert window.rect().contains(dock.geometry())


def test_closing_asks_once_where_steps_would_be_lost(opened, qtbot, monkeypatch):
    window = opened()
    with qtbot.waitSignal(window.session.paused):
        # A run that only followed from its Setup for moments is not asked about.
        window.session.send(c.Change(learning_rate=0.25))
        window.session.send(c.RunTo(5))
    window.asks_before_closing = True
    asked = []

    def answer(box):
        asked.append(box.text())
        choices = {button.text(): button for button in box.buttons()}
        choices[answers.pop(0)].click()

    monkeypatch.setattr(run_file_actions.QMessageBox, "exec", answer)
    answers = ["Cancel", "Discard"]
    assert not window.close()
    assert window.isVisible()
    assert window.close()
    assert len(asked) == 2
    assert "5 steps" in asked[0]


def test_parameters_are_saved_and_opened_again(opened, qtbot, tmp_path):
    window = opened()
    with qtbot.waitSignal(window.session.paused):
        window.session.send(c.RunTo(50))
    with qtbot.waitSignal(window.session.parameters_saved):
        window.session.send(c.SaveParameters(tmp_path / "net.safetensors"))
    assert "net.safetensors" in window.notice.text
    with qtbot.waitSignal(window.session.applied):
        window.session.send(c.OpenParameters(tmp_path / "net.safetensors"))
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with qtbot.waitSignal(window.session.rejected):
        window.session.send(c.OpenParameters(tmp_path / "bad.safetensors"))
    assert "bad.safetensors" in window.notice.text


def test_a_damaged_settings_file_is_told_in_the_window(opened, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text("{{{")
    assert "damaged" in opened("xor", Settings(path)).notice.text


def test_about_and_keys_open_and_close(opened, qtbot):
    window = opened()
    actions = actions_of(window)
    for name, words in (("About VisualNet", "LGPL"), ("Keys", "Space")):
        actions[name].trigger()
        box = next(
            widget
            for widget in QApplication.topLevelWidgets()
            if isinstance(widget, QMessageBox) and widget.isVisible()
        )
        assert words in box.text()
        box.close()
    actions["Show log file"].trigger()
    assert "visualnet.log" in window.notice.text


@pytest.mark.parametrize("count", [5, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_opening_and_closing_while_training_leaves_nothing(qtbot, count):
    setup = load_preset("xor")
    before = threading.active_count()
    for _ in range(count):
        session = Session(frame_rate=60)
        window = Window(session, Settings(None), "dark", asks_before_closing=False)
        window.show()
        session.start()
        session.start_run(setup, play=True)
        qtbot.waitUntil(lambda session=session: session.step > 0, timeout=10_000)
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents()
    gc.collect()
    assert threading.active_count() == before


def test_a_file_is_opened_with_the_present_network_and_can_be_undone(opened, qtbot, tmp_path, monkeypatch):
    window = opened()
    path = tmp_path / "squares.csv"
    path.write_text("x,y\n" + "".join(f"{n / 10},{n * n / 100 + 0.5}\n" for n in range(40)))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    with qtbot.waitSignal(window.session.run_started):
        actions_of(window)["Open data…"].trigger()
    run = window.session.run
    assert (run.setup.name, run.data.classes, run.setup.loss) == ("squares", (), "mse")
    window.session.play()
    qtbot.waitUntil(lambda: window.session.step > 50)
    with qtbot.waitSignal(window.session.run_started):
        window.session.history.undo()
    assert window.session.run.setup.name == "xor"


def test_a_file_that_cannot_be_read_is_a_notice_and_the_run_stays(opened, qtbot, tmp_path):
    window = opened()
    run = window.session.run
    window.other_files.open_data(tmp_path / "none.doc")
    assert "neither a file nor" in window.notice.text
    (tmp_path / "bad.csv").write_text("x,y\n1,2\noops,3\n")
    with qtbot.waitSignal(window.session.rejected):
        window.other_files.open_data(tmp_path / "bad.csv")
    assert "line 3, column 1 (x) holds 'oops'" in window.notice.text
    assert window.session.run is run


def test_no_two_actions_share_a_key(opened):
    actions = opened().findChildren(QAction)
    everywhere = [one for one in actions if one.shortcutContext() == Qt.ShortcutContext.WindowShortcut]
    keys = [key.toString() for action in everywhere for key in action.shortcuts()]
    assert len(keys) > 20
    assert sorted(keys) == sorted(set(keys))


def test_memory_for_the_past_is_asked_for_acts_and_is_remembered(opened, qtbot, tmp_path):
    settings = Settings(tmp_path / "settings.json")
    window = opened(settings=settings)
    budget = window.session._source._worker._branching._tree.budget
    qtbot.waitUntil(lambda: budget.nbytes == 256 << 20)

    def answer():
        dialog = window.findChild(QInputDialog)
        dialog.setIntValue(64)
        dialog.accept()

    QTimer.singleShot(0, answer)
    actions_of(window)["Memory for the past…"].trigger()
    qtbot.waitUntil(lambda: budget.nbytes == 64 << 20)
    assert Settings(tmp_path / "settings.json").past_megabytes == 64


@pytest.mark.parametrize("has_validation", [False, True])
def test_an_early_stop_names_the_loss_that_decided(opened, qtbot, has_validation):
    window, setup = opened(), load_preset("circles")
    rules = replace(setup.regularization, patience=1, min_delta=1.0)
    data = replace(setup.data, validation_share=0.2 if has_validation else 0.0)
    with qtbot.waitSignal(window.session.run_started):
        window.session.start_run(replace(setup, regularization=rules, data=data))
    with qtbot.waitSignal(window.session.paused):
        window.session.play()
    judge = "loss on the validation part" if has_validation else "test loss"
    assert f": the {judge} no longer fell." in window.notice.text


def test_the_end_of_a_run_claims_no_success(opened, qtbot):
    window = opened("dead-relus")
    with qtbot.waitSignal(window.session.run_started):
        window.session.start_run(replace(load_preset("dead-relus"), epochs=None, steps=20))
    with qtbot.waitSignal(window.session.paused):
        window.session.play()
    assert window.notice.text == "dead-relus has taken the 20 steps that it was set to."
