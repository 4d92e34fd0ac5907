"""Whatever goes wrong in a paint, the painter ends, the program goes on, and the log has the traceback once."""

import importlib
import inspect
import pkgutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsItem, QVBoxLayout, QWidget

import visualnet.app
from visualnet.app.faults import reporter


def all_classes():
    """Every class of the application, from all its modules."""
    for module in pkgutil.walk_packages(visualnet.app.__path__, "visualnet.app."):
        yield from vars(importlib.import_module(module.name)).values()


def overriding(base, *names):
    """The application's classes of this kind that override one of these methods."""
    found = {
        each
        for each in all_classes()
        if inspect.isclass(each) and issubclass(each, base) and each.__module__.startswith("visualnet.app")
    }
    return sorted((each for each in found if set(names) & vars(each).keys()), key=lambda each: each.__name__)


def unbuilt(each, *names):
    """An object whose ``__init__`` never ran, so that these methods miss whatever they ask of it; others are Qt's."""
    base = native_base(each)
    qt = {
        name: getattr(base, name) for name in dir(each) if name not in names and is_override(each, base, name)
    }
    made = type(each.__name__, (each,), qt)
    broken = made.__new__(made)
    base.__init__(broken)
    return broken


def is_override(each, base, name):
    """Whether a class has a virtual method of Qt's anew."""
    return name[0] != "_" and hasattr(base, name) and getattr(each, name) is not getattr(base, name)


def native_base(each):
    """The class of Qt that it is made of."""
    return next(base for base in each.__mro__ if base.__module__.startswith("PySide6"))


@pytest.fixture
def told(caplog, monkeypatch):
    """The program's log, and its hook, which would else be the test's."""
    caplog.set_level("ERROR")
    monkeypatch.setattr(sys, "excepthook", reporter(lambda sentence: None))
    return caplog


WIDGETS = overriding(QWidget, "paintEvent")


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda each: each.__name__)
def test_a_widget_whose_paint_raises_shows_a_plain_ground_and_is_logged_once(widget, qtbot, told):
    broken = unbuilt(widget, "paintEvent")
    qtbot.addWidget(broken)
    broken.resize(300, 100)
    for _ in range(3):
        image = QImage(300, 100, QImage.Format.Format_RGB32)
        image.fill(0)
        QWidget.render(broken, image)
    assert len(told.records) == 1
    assert told.records[0].exc_info is not None
    assert image.pixelColor(2, 2) == broken.palette().window().color()


@pytest.mark.parametrize("item", overriding(QGraphicsItem, "paint"), ids=lambda each: each.__name__)
def test_an_item_whose_paint_raises_shows_nothing_and_is_logged_once(item, told):
    broken = unbuilt(item, "paint")
    image = QImage(30, 10, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        for _ in range(3):
            broken.paint(painter, None, None)
    assert len(told.records) == 1


def test_no_painter_is_opened_but_where_it_is_sure_to_end():
    """In ``with``; on the screen by ``painted`` alone."""
    for file in Path(visualnet.app.__path__[0]).rglob("*.py"):
        source = file.read_text()
        assert source.count("QPainter(") == source.count("with QPainter("), file
        assert "QPainter(self)" not in source or file.name == "painted.py", file


@pytest.mark.parametrize("widget", overriding(QWidget, "sizeHint"), ids=lambda each: each.__name__)
def test_a_size_hint_that_raises_leaves_the_window_standing(widget, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(unbuilt(widget, "sizeHint"))
    with qtbot.captureExceptions(), suppress(AttributeError):
        window.adjustSize()
    assert window.layout().count() == 1


@pytest.mark.parametrize("watcher", overriding(QObject, "eventFilter"), ids=lambda each: each.__name__)
def test_an_event_filter_that_raises_lets_the_event_pass(watcher, qtbot):
    filtering, watched = unbuilt(watcher, "eventFilter"), QWidget()
    qtbot.addWidget(watched)
    watched.installEventFilter(filtering)
    with qtbot.captureExceptions(), suppress(AttributeError):
        assert QApplication.sendEvent(watched, QEvent(QEvent.Type.User)) in (True, False)
