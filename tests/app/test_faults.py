"""One part's error stays its own: all others hear what they must, it is logged, and it is told in one sentence."""

import sys
from dataclasses import replace

import pytest

from visualnet.app.faults import reporter
from visualnet.app.files.settings import Settings
from visualnet.app.theme import LIGHT
from visualnet.core.setup.presets import load_preset

LARGEST_SEED = 2**63 - 1


def test_the_largest_seed_is_shown_and_trained(open_window, qtbot):
    window = open_window(replace(load_preset("xor"), seed=LARGEST_SEED), Settings(None))
    assert window.setup_panel.seed.text() == str(LARGEST_SEED)
    with qtbot.waitSignal(window.session.frame_shown):
        window.transport.step.trigger()
    window.setup_panel.seed.setText(str(2**63))
    window.setup_panel.seed.setModified(True)
    window.setup_panel.seed.editingFinished.emit()
    assert "9,223,372,036,854,775,807" in window.setup_panel.needs.text()
    assert window.setup_panel.draft.seed == LARGEST_SEED


def breaking(*given):
    raise RuntimeError("of this panel alone")


@pytest.fixture
def sentences(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", reporter(told.append))
    return told


METHODS = ("show_run", "show_frame", "set_theme", "probes")


def test_a_panel_that_breaks_stops_no_other(xor_window, qtbot, sentences, monkeypatch):
    """Each of them in turn, in all that a panel is asked to do."""
    session, panels = xor_window.session, [dock.panel for dock in xor_window.docks.values()]
    heard = set()

    def listening(panel, name):
        act = getattr(type(panel), name)

        def do(*given):
            heard.add((panel, name))
            return act(panel, *given)

        return do

    for broken in panels:
        heard.clear()
        for panel in panels:
            for name in METHODS:
                monkeypatch.setattr(panel, name, breaking if panel is broken else listening(panel, name))
        xor_window.themes.use(LIGHT)
        with qtbot.waitSignal(session.run_started):
            session.restart()
        with qtbot.waitSignal(session.frame_shown):
            xor_window.transport.step.trigger()
        whole = set(panels) - {broken}
        shown = {panel for panel in whole if panel.isVisible()}
        assert {panel for panel, name in heard if name == "show_run"} == whole
        assert {panel for panel, name in heard if name == "set_theme"} == whole
        qtbot.waitUntil(lambda shown=shown: {panel for panel, name in heard if name == "show_frame"} >= shown)
    assert sentences == ["Something went wrong (RuntimeError: of this panel alone)."]
