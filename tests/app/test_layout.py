"""Where the panels stand, measured after resizing, full screen, floating, closing, and hands on separators."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from visualnet.app import main
from visualnet.app.files.settings import Settings
from visualnet.app.panels.info import DataKind
from visualnet.app.theme import THEMES
from visualnet.app.window.layout import RAIL_WIDTH
from visualnet.app.window.options import WindowOptions
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.presets import load_preset

SIZES = ((1280, 720), (1440, 900), (1920, 1080), (2560, 1440))


@pytest.fixture
def opened(open_window):
    return lambda preset="xor", settings=None, size=(1280, 720): open_window(
        load_preset(preset), settings or Settings(None), size
    )


def places(window):
    """Where each panel in view stands, as soon as everything stands still."""
    QTest.qWait(1)
    QApplication.processEvents()
    return {
        name: dock.geometry().getRect()
        for name, dock in window.docks.items()
        if not (dock.isHidden() or dock.isFloating()) and window.rect().intersects(dock.geometry())
    }


def resize(window, size):
    window.resize(*size)
    return places(window)


def drag(window, start, by):
    """What a hand does to a separator."""
    assert window.isSeparator(start), start
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.5, 1.0):
        QTest.mouseMove(window, start + by * share)
        QTest.qWait(1)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=start + by)
    return places(window)


def drag_rightmost(window, by):
    """Move the separator left of the right column."""
    left, top, _, _ = places(window)["truth-table"]
    return drag(window, QPoint(left - 4, top + 40), QPoint(by, 0))


@pytest.mark.parametrize("preset", ["xor", "mnist"])
def test_a_larger_window_gives_its_room_to_the_pictures_and_a_smaller_one_takes_it_back(opened, preset):
    window = opened(preset)
    first = {size: resize(window, size) for size in SIZES}
    for size in (*reversed(SIZES), (1600, 1000), *SIZES):
        assert resize(window, size) == first.get(size, places(window))
        assert places(window)["setup"][2] == RAIL_WIDTH
    for name in first[SIZES[0]]:
        if name != "setup":
            widths, heights = ([first[size][name][side] for size in SIZES] for side in (2, 3))
            assert widths == sorted(widths) and heights == sorted(set(heights)), name
            assert widths[-1] > 1.5 * widths[0]


@pytest.mark.parametrize("preset", ["xor", "mnist"])
@pytest.mark.parametrize("size", SIZES)
def test_the_default_is_the_same_whatever_was_before_and_no_panel_is_squeezed(opened, preset, size):
    window = opened(preset, size=size)
    at_once = places(window)
    assert at_once["curves"][3] >= max(200, size[1] // 4)
    for dock in window.docks.values():
        assert dock.isHidden() or (
            dock.minimumSize().height() <= dock.height() and dock.minimumSize().width() <= dock.width()
        )
    resize(window, (1111, 777))
    assert resize(window, size) == at_once
    drag_rightmost(window, -40) if preset == "xor" else window.docks["curves"].close()
    assert places(window) != at_once
    window.layouts.reset()
    assert places(window) == at_once
    resize(window, (1555, 888))
    assert resize(window, size) == at_once


@pytest.mark.parametrize("size", [(1264, 680), (2560, 1440)])
def test_one_preset_after_another_squeezes_nothing_and_leaves_the_window_as_large_as_it_was(
    opened, qtbot, size
):
    window = opened("xor", size=size)
    rail = window.docks["setup"].panel
    for rules in (rail.data_rules, rail.rules):
        rules.heading.setChecked(True)
    seen = {}
    digits = DataSetup(name="mnist", train_size=100, test_size=100)
    for name in ("mnist-conv", "circles", "mnist-conv", "dead-relus", "xor", "mnist-conv", "spiral", "xor"):
        setup = load_preset(name)
        with qtbot.waitSignal(window.session.run_started):
            window.session.start_run(replace(setup, data=digits) if setup.data.name == "mnist" else setup)
        now = places(window)
        assert now == seen.setdefault(name, now)
        assert window.panel_layout.is_default, name
        assert (window.width(), window.height()) == size
        assert now["setup"][2] == RAIL_WIDTH
        assert rail.area.widget().minimumSizeHint().width() <= rail.area.viewport().width(), name


def test_what_a_hand_has_moved_is_kept_in_proportion_at_every_size_and_the_next_time(opened, tmp_path):
    settings = Settings(tmp_path / "settings.json")
    window = opened(settings=settings)
    before = places(window)
    moved = drag_rightmost(window, -120)
    assert moved["truth-table"][2] == before["truth-table"][2] + 120
    large = resize(window, (2560, 1440))
    assert large["setup"][2] == RAIL_WIDTH
    assert large["truth-table"][2] / large["surface"][2] == pytest.approx(
        moved["truth-table"][2] / moved["surface"][2], rel=0.02
    )
    assert resize(window, (1280, 720)) == moved
    window.close()
    again = opened(settings=Settings(tmp_path / "settings.json"), size=(2560, 1440))
    assert places(again) == large
    assert resize(again, (1280, 720)) == moved


def test_the_rail_keeps_the_width_that_a_hand_gave_it(opened):
    window = opened()
    left, top, width, _ = places(window)["setup"]
    wider = drag(window, QPoint(left + width + 4, top + 40), QPoint(60, 0))["setup"][2]
    assert wider == width + 60
    assert resize(window, (2560, 1440))["setup"][2] == wider


@pytest.mark.parametrize("is_maximised", [False, True])
def test_full_screen_twice_gives_back_what_was(opened, is_maximised):
    window = opened()
    drag_rightmost(window, -50)
    if is_maximised:
        window.showMaximized()
    before, size, state = places(window), window.geometry(), window.windowState()
    window.toggle_full_screen()
    assert window.isFullScreen()
    places(window)
    window.toggle_full_screen()
    assert (places(window), window.geometry(), window.windowState()) == (before, size, state)


@pytest.mark.parametrize("preset", ["xor", "mnist"])
def test_a_panel_that_was_away_comes_back_to_the_proportions_that_were(opened, preset):
    window = opened(preset)
    before, large = places(window), resize(window, (2560, 1440))
    resize(window, (1280, 720))
    for name in before:
        dock = window.docks[name]
        for leave, come in ((dock.setFloating, dock.setFloating), (dock.setHidden, dock.setHidden)):
            leave(True)
            assert places(window) != before
            come(False)
            assert places(window) == before, name
            assert resize(window, (2560, 1440)) == large
            resize(window, (1280, 720))
    assert window.panel_layout.is_default


def test_two_panels_come_back_in_either_order_and_after_a_resize(opened):
    window = opened()
    before, large = places(window), resize(window, (2560, 1440))
    resize(window, (1280, 720))
    one, two = window.docks["truth-table"], window.docks["surface"]
    for first, second in ((one, two), (two, one)):
        for dock in (one, two):
            dock.setFloating(True)
            places(window)
        for dock in (first, second):
            dock.setFloating(False)
            places(window)
        assert places(window) == before
    one.setFloating(True)
    resize(window, (2560, 1440))
    one.setFloating(False)
    assert places(window) == large


def test_a_window_that_comes_back_from_the_task_bar_is_as_it_was_left(opened, qtbot):
    window = opened("mnist")
    window.docks["drawing"].close()
    window.docks["runs"].bring_to_front()
    qtbot.waitUntil(lambda: window.docks["runs"].is_in_view)
    window.hide()
    window.show()
    qtbot.waitUntil(lambda: window.docks["runs"].is_in_view)
    assert window.docks["drawing"].isHidden()


def test_a_tab_that_comes_and_goes_moves_nothing(opened):
    window = opened()
    before = places(window)
    for shown, others in (("runs", "surface"), ("surface", "runs")):
        window.docks[shown].show()
        window.docks[shown].raise_()
        now = places(window)
        assert now.pop(shown)[2] == before["surface"][2]
        assert now == {name: place for name, place in before.items() if name not in (shown, others)}
    assert window.panel_layout.is_default


@pytest.mark.parametrize("preset", ["xor", "mnist"])
def test_a_panel_that_is_asked_for_has_room_in_the_smallest_window(opened, preset):
    size = (1264, 680)
    window = opened(preset, size=size)
    before = places(window)
    for name, dock in window.docks.items():
        dock.bring_to_front()
        assert name in places(window)
        assert (window.width(), window.height()) == size, name
    assert before.keys() - places(window).keys() <= {"surface", "weights"}, "only the largest is behind a tab"
    assert window.panel_layout.is_default


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_a_panel_outside_of_the_window_has_an_edge(opened, theme):
    window = opened()
    window.themes.choose(theme.name)
    dock = window.docks["surface"]
    dock.setFloating(True)
    places(window)
    picture = dock.grab().toImage()
    right, bottom = picture.width() - 1, picture.height() - 1
    for x, y in ((0, 50), (50, 0), (right, 50), (50, bottom)):
        edge = picture.pixelColor(x, y).lightness()
        for ground in (theme.panel, theme.window):
            assert abs(edge - QColor(ground).lightness()) > 50, (x, y)
    dock.setFloating(False)


def test_the_first_window_fits_the_screen_with_its_frame(opened, monkeypatch):
    screen = QApplication.primaryScreen().availableSize()
    width, height = main._size(WindowOptions(), Settings(None))
    assert width < screen.width() and height < screen.height() - 30
    least = opened().minimumSizeHint()
    assert least.width() < 1280 and least.height() < 720 - main.FRAME[1]


def test_a_maximised_window_is_so_again_and_its_normal_size_is_kept(opened, tmp_path):
    settings = Settings(tmp_path / "settings.json")
    window = opened(settings=settings, size=(1200, 690))
    normal = window.size()
    window.showMaximized()
    window.close()
    assert settings.is_maximised
    assert settings.size == [normal.width(), normal.height()]


def test_an_arrangement_comes_back_where_another_one_needed_a_larger_window(opened):
    window = opened(size=(640, 480))
    moved = drag_rightmost(window, -120)
    state = window.panel_layout.state
    window.panel_layout.show_default(DataKind.IMAGES)
    places(window)
    assert window.panel_layout.restore(state)
    assert places(window).keys() == moved.keys()


def test_no_arrangement_takes_the_place_of_one_in_which_a_hand_drags_a_panel(opened, qtbot):
    window = opened("xor")
    title = window.docks["weights"].titleBarWidget()
    start, screen = title.mapTo(window, QPoint(60, 10)), window.windowHandle()
    before = places(window).keys()
    QTest.mousePress(screen, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for way in (5, 40, 80):
        QTest.mouseMove(screen, start + QPoint(-way, way))
    window.session.start_run(replace(load_preset("mnist"), data=DataSetup(name="mnist", train_size=100)))
    qtbot.waitUntil(lambda: window.session.run.setup.name == "mnist")
    assert places(window).keys() <= before
    QTest.mouseRelease(screen, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    qtbot.waitUntil(lambda: "predictions" in places(window))
