"""Notices: what they cover, whether all of their text is seen, and in which order they come."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, QRect
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton

from visualnet.core.messages import commands as c
from visualnet.core.messages.events import RunPutAside

DIVERGED = (
    "Training broke at step 23: there are numbers that are not finite in the loss alone. "
    "Nothing of that step was applied. Go back to a kept state and lower the learning rate."
)


def on_screen(widget):
    return QRect(widget.mapToGlobal(widget.rect().topLeft()), widget.size())


@pytest.mark.parametrize("size", [(1280, 720), (960, 600), (2560, 1440)])
@pytest.mark.parametrize("words", [1, 3], ids=["long", "longer"])
def test_a_notice_covers_nothing_and_shows_all_of_its_text(xor_window, qtbot, size, words):
    window = xor_window
    window.resize(*size)
    window.notice.show_notice(
        " ".join([DIVERGED] * words), (("Go back to", (("Step 0", print),)), ("Restart", print))
    )
    notice, text = window.notice, window.notice._text
    qtbot.waitUntil(lambda: not on_screen(window.transport).intersects(on_screen(notice)))
    assert text.height() >= text.heightForWidth(text.width())
    buttons = [*notice.findChildren(QPushButton), *notice.findChildren(QToolButton)]
    assert all(notice.rect().contains(button.geometry()) for button in buttons)
    assert on_screen(window).contains(on_screen(notice))
    for other in (window.menus, window.transport, window.timeline, *window.docks.values()):
        assert not other.isVisible() or not on_screen(other).intersects(on_screen(notice)), other


@pytest.mark.parametrize("size", [(1280, 720), (2560, 1440)])
@pytest.mark.parametrize("words", ["Reading digits.", DIVERGED], ids=["short", "long"])
def test_work_in_progress_shows_all_of_its_text(xor_window, qtbot, size, words):
    xor_window.resize(*size)
    notice, text = xor_window.notice, xor_window.notice._text
    notice.show_progress(words, 0.3, print)
    qtbot.waitUntil(lambda: not text.size().isEmpty())
    widest = max(text.fontMetrics().horizontalAdvance(word) for word in words.split())
    assert text.width() >= widest
    assert text.height() >= text.heightForWidth(text.width())
    assert len(words) > 20 or text.width() >= text.fontMetrics().horizontalAdvance(words)


def test_a_notice_that_takes_the_place_of_another_is_as_wide_as_its_text(xor_window):
    notice, text = xor_window.notice, xor_window.notice._text
    for run, action in (("xor", "Undo"), ("spiral", "Go on"), ("flowers", "Show runs")):
        notice.show_notice(f"{run} has taken the 1,950 steps that it was set to.", ((action, print),))
        QApplication.processEvents()
        QApplication.processEvents()
        assert text.width() >= text.fontMetrics().horizontalAdvance(notice.text)


def test_a_notice_that_comes_moves_nothing(xor_window):
    place = on_screen(xor_window.docks["setup"])
    xor_window.notice.show_notice(DIVERGED)
    QApplication.processEvents()
    assert on_screen(xor_window.docks["setup"]) == place


def test_why_a_setting_was_refused_is_told_until_the_next_takes_effect(xor_window, qtbot):
    session, notice = xor_window.session, xor_window.notice
    with qtbot.waitSignals([session.rejected, session.rejected]):
        session.send(c.Change(learning_rate=7e9))
        session.send(c.Change(batch_size=0))
    assert "Batch size must" in notice.text and notice.isVisible()
    with qtbot.waitSignal(session.applied):
        session.send(c.Change(learning_rate=0.1))
    assert not notice.isVisible()


def test_what_a_button_leads_to_is_told(xor_window):
    notice = xor_window.notice
    notice.show_notice("First.", (("Go on", lambda: notice.show_notice("Second.")),))
    notice._buttons[0].click()
    assert (notice.text, notice.isVisible()) == ("Second.", True)


def test_one_that_needs_an_answer_comes_back_after_another(xor_window):
    notice = xor_window.notice
    notice.show_notice("A run was left.", (("Go on with it", print),))
    notice.show_notice("Saved.", seconds=6)
    assert notice.text == "Saved."
    notice.dismiss()
    assert (notice.text, notice.isVisible()) == ("A run was left.", True)
    notice.dismiss()
    assert not notice.isVisible()


def test_work_in_progress_hides_no_notice_for_good(xor_window):
    notice = xor_window.notice
    notice.show_progress("Loading.", 0.1, print)
    notice.show_notice("Something else.")
    notice.show_progress("Loading.", 0.2, print)
    assert notice.text == "Loading."
    notice.hide_progress()
    assert (notice.text, notice.isVisible()) == ("Something else.", True)


def test_a_notice_under_the_mouse_is_not_exchanged(xor_window):
    """A click that was meant for its button would hit the next one's."""
    notice, undone = xor_window.notice, []
    notice.show_notice("First.", (("Undo", lambda: undone.append(1)),), seconds=6)
    QApplication.sendEvent(notice, QEnterEvent(QPointF(), QPointF(), QPointF()))
    notice._timer.timeout.emit()
    notice.show_notice("Second.", (("Discard", lambda: undone.append(2)),))
    assert notice.text == "First."
    QApplication.sendEvent(notice, QEvent(QEvent.Type.Leave))
    assert notice.text == "Second."


def test_only_the_newest_runs_goes_by_itself(xor_window):
    xor_window.session.run_put_aside.emit(RunPutAside(1, Path("/tmp/a.vnet"), "xor"))
    assert "Only the newest runs" in xor_window.notice.text
    assert xor_window.notice._timer.isActive()


def test_a_panel_that_is_asked_for_comes_to_the_front(xor_window, qtbot):
    """Closed, or behind the tab of another."""
    for dock in xor_window.docks.values():
        for hide in (dock.close, xor_window.docks["surface"].bring_to_front):
            hide()
            if not dock.is_in_view:
                dock.toggleViewAction().trigger()
            qtbot.waitUntil(lambda dock=dock: dock.is_in_view)
            assert dock.toggleViewAction().isChecked()
    for dock in xor_window.docks.values():
        dock.bring_to_front()
        qtbot.waitUntil(lambda dock=dock: dock.is_in_view)
        dock.toggleViewAction().trigger()
        assert dock.isHidden()
        assert not dock.toggleViewAction().isChecked()
