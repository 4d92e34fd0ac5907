"""What takes long to measure is asked for seldom while a run trains, what is quick always, and all of it at rest."""

from dataclasses import dataclass, replace
from time import thread_time

import pytest

from visualnet.app.panels.info import PanelInfo
from visualnet.app.panels.panel import Panel
from visualnet.app.session.probe_budget import SHARE, ProbeBudget
from visualnet.core.probes.base import Probe
from visualnet.core.setup.presets import load_preset


@dataclass(frozen=True, slots=True)
class BusyProbe(Probe):
    """Takes so many seconds of the processor's time."""

    seconds: float

    def measure(self, view):
        ended = thread_time() + self.seconds
        while thread_time() < ended:
            pass
        return self.seconds


class CountingPanel(Panel):
    """Counts the frames that it gets with what it asked for."""

    info = PanelInfo(name="counts", title="Counts")

    def __init__(self, session, theme, seconds):
        super().__init__(session, theme)
        self.probe, self.count = BusyProbe(seconds), 0
        self.setFixedSize(20, 20)

    def probes(self):
        return frozenset({self.probe})

    def show_frame(self, frame):
        self.count += frame.results[self.probe] == self.probe.seconds


@pytest.mark.parametrize("costs", [(1e-5,), (1e-3,), (1e-5, 1e-3), (4e-4, 1e-3, 5e-2)])
def test_all_that_is_measured_takes_its_share_of_the_time(costs):
    budget, probes = ProbeBudget(), [BusyProbe(cost) for cost in costs]
    now = spent = 0.0
    while now < 100:
        allowed = [probe for probe in probes if budget.allows([probe], now)]
        took = {probe: probe.seconds for probe in allowed}
        budget.note(took, now)
        spent += sum(took.values())
        now += 1 / 60
    assert spent <= SHARE * now + sum(costs)
    assert budget.allows([BusyProbe(9.0)], now)


def test_a_dear_probe_delays_no_other_and_is_asked_for_at_once_at_rest(session, qtbot, theme):
    session.start_run(replace(load_preset("xor"), steps=None, epochs=None))
    qtbot.waitUntil(lambda: session.run is not None)
    quick, dear = CountingPanel(session, theme, 1e-6), CountingPanel(session, theme, 0.02)
    for panel in (quick, dear):
        qtbot.addWidget(panel)
        session.add_panel(panel)
        panel.show()
    session.play()
    qtbot.waitUntil(lambda: quick.count >= 60, timeout=20_000)
    assert 1 <= dear.count <= quick.count / 4
    with qtbot.waitSignal(session.paused):
        session.pause()
    before = dear.count
    dear.wants_frame.emit()
    qtbot.waitUntil(lambda: dear.count > before)


def test_a_panel_that_is_hidden_while_it_waits_gets_no_frame(session, qtbot, theme):
    session.start_run(replace(load_preset("xor"), steps=None, epochs=None))
    qtbot.waitUntil(lambda: session.run is not None)
    panel = CountingPanel(session, theme, 1e-6)
    qtbot.addWidget(panel)
    session.add_panel(panel)
    panel.show()
    session.play()
    qtbot.waitUntil(
        lambda: panel.count > 0 and session._frames._frame_is_asked and panel in session._frames._due
    )
    panel.hide()
    before = panel.count
    with qtbot.waitSignals([session.frame_shown] * 3):
        pass
    assert panel.count == before
