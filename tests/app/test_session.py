"""The session: commands go out, acknowledged changes come back as signals, panels get the frames they want."""

from time import perf_counter, sleep

from visualnet.app.panels.weights import WeightsPanel
from visualnet.app.session import adaptive_frame_rate, frame_loop
from visualnet.app.session.session import Session
from visualnet.core.messages import commands as c
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer


def start(session, qtbot, name="xor"):
    with qtbot.waitSignal(session.run_started, timeout=10_000):
        session.start_run(load_preset(name))


def test_a_setting_changes_only_when_it_is_acknowledged(session, qtbot):
    start(session, qtbot)
    session.send(c.Change(learning_rate=0.25))
    assert session.settings["learning_rate"] == 0.05
    qtbot.waitUntil(lambda: session.settings["learning_rate"] == 0.25)
    assert session.journal == [(0, c.Change(learning_rate=0.25))]


def test_a_rejected_command_says_why_and_changes_nothing(session, qtbot):
    start(session, qtbot)
    with qtbot.waitSignal(session.rejected) as rejected:
        session.send(c.Change(learning_rate=-1))
    assert "learning_rate" in rejected.args[0].sentence
    assert session.settings["learning_rate"] == 0.05


def test_at_rest_an_answer_is_looked_for_at_once_and_while_training_at_the_next_tick(session, qtbot):
    start(session, qtbot)
    session._frames._wake_after(0.5, perf_counter())
    session.send(c.SetPlayhead(None))
    assert session._frames._timer.interval() <= 5
    with qtbot.waitSignal(session.playing_changed):
        session.play()
    session._frames._wake_after(0.5, perf_counter())
    session.send(c.SetPlayhead(None))
    assert session._frames._timer.interval() == 500


def test_play_and_pause_are_told(session, qtbot):
    start(session, qtbot)
    with qtbot.waitSignal(session.playing_changed):
        session.play()
    assert session.is_playing
    with qtbot.waitSignal(session.playing_changed):
        session.toggle()
    assert not session.is_playing


def test_restart_can_be_undone_with_the_same_bits(session, qtbot):
    start(session, qtbot)
    with qtbot.waitSignal(session.paused):
        session.send(c.RunTo(40))
    with qtbot.waitSignal(session.run_started):
        session.restart()
    assert session.step == 0
    with qtbot.waitSignal(session.run_started):
        session.history.undo()
    assert session.step == 40
    with qtbot.waitSignal(session.reported) as reported:
        session.send(c.RequestReport())
    plain = Trainer(load_preset("xor"))
    for _ in range(40):
        plain.step()
    assert reported.args[0].report["parameters_sha256"] == plain.parameters_sha256


def test_visible_panels_get_frames_and_hidden_ones_do_not(session, qtbot, theme):
    frames = {"shown": 0, "hidden": 0}

    class Counting(WeightsPanel):
        def show_frame(self, frame):
            frames[self.objectName()] += 1
            super().show_frame(frame)

    for name in frames:
        panel = Counting(session, theme)
        qtbot.addWidget(panel)
        panel.setObjectName(name)
        session.add_panel(panel)
        panel.setVisible(name == "shown")
    start(session, qtbot)
    # As fast as it goes, a quick machine reaches the goal of this run before the sixth frame.
    session.send(c.SetSpeed(100))
    session.play()
    qtbot.waitUntil(lambda: frames["shown"] > 5)
    assert frames["hidden"] == 0


def test_while_paused_no_frame_comes_unless_something_changes(session, qtbot, theme):
    panel = WeightsPanel(session, theme)
    qtbot.addWidget(panel)
    session.add_panel(panel)
    panel.show()
    start(session, qtbot)
    qtbot.waitUntil(lambda: session.latest is not None)
    seen = []
    session.frame_shown.connect(seen.append)
    qtbot.wait(200)
    assert len(seen) <= 1
    before = len(seen)
    panel.wants_frame.emit()
    qtbot.waitUntil(lambda: len(seen) > before)


def test_an_exception_in_the_worker_is_a_sentence_and_the_run_goes_on(session, qtbot):
    class Broken(c.Probe):
        def measure(self, view):
            raise RuntimeError("deliberate")

    start(session, qtbot)
    with qtbot.waitSignal(session.failed) as failed:
        session.send(c.RequestFrame(frozenset({Broken()})))
    assert "deliberate" in failed.args[0].sentence
    with qtbot.waitSignal(session.paused):
        session.send(c.RunTo(5))
    assert session.step == 5


def test_slow_training_does_not_lower_the_frame_rate(qtbot, theme, monkeypatch):
    class Slow(c.Probe):
        def measure(self, view):
            sleep(0.08)

    class SlowPanel(WeightsPanel):
        def probes(self):
            return frozenset({Slow()})

    monkeypatch.setattr(adaptive_frame_rate, "TICKS_PER_JUDGEMENT", 10)
    session = Session(frame_rate=30)
    panel = SlowPanel(session, theme)
    qtbot.addWidget(panel)
    session.add_panel(panel)
    panel.show()
    session.start()
    try:
        start(session, qtbot)
        # A clock by which the window is in time, however busy the machine.
        monkeypatch.setattr(frame_loop, "perf_counter", lambda: session._frames._wakes_at)
        session.send(c.SetSpeed(100))
        session.play()
        qtbot.waitUntil(lambda: session._frames._tick > 25, timeout=20_000)
        assert session.frame_rate == 30
    finally:
        assert session.shut_down()
